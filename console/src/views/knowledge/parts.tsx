// What every tab of the knowledge uses: reading with its states, deeds with a word after, lists that grow, changes.
import { Alert, App, Button, Empty, Input, Modal, Spin, Tag } from "antd";
import { useCallback, useEffect, useRef, useState, type ReactNode } from "react";
import { asApiError, type ApiError } from "../../api.ts";
import { SHOWN_STEP } from "../../limits.ts";
import { fieldChanges, rowName, signedWords, type FieldChange } from "../../knowledge/texts.ts";
import type { RowChange } from "../../knowledge/wire.ts";
import { entry, errorWords } from "../../words/phrases.ts";
import { useWords } from "../context.ts";

export type Loaded<Value> = { value: Value | null; error: ApiError | null; again(): Promise<void> };

/** `read` must stay the same function while it reads the same thing. */
export function useLoaded<Value>(read: () => Promise<Value>): Loaded<Value> {
  const [state, setState] = useState<{ value: Value | null; error: ApiError | null }>({ value: null, error: null });
  const newest = useRef(0);
  const again = useCallback(async () => {
    const mine = (newest.current += 1);
    try {
      const value = await read();
      if (mine === newest.current) setState({ value, error: null });
    } catch (caught) {
      if (mine === newest.current) setState((before) => ({ ...before, error: asApiError(caught) }));
    }
  }, [read]);
  useEffect(() => {
    setState({ value: null, error: null });
    void again();
    return () => void (newest.current += 1);
  }, [again]);
  return { ...state, again };
}

/** Loading, refused, or the thing itself. */
export function Shown<Value>({ loaded, children }: { loaded: Loaded<Value>; children(value: Value): ReactNode }) {
  const words = useWords();
  const { value, error, again } = loaded;
  return (
    <>
      {error !== null && (
        <Alert
          type="error"
          title={errorWords(words, error)}
          action={<Button size="small" onClick={() => void again()}>{words.knowledge.retry}</Button>}
          data-testid="knowledge-error"
        />
      )}
      {value === null && error === null && <Spin className="list-empty" />}
      {value !== null && children(value)}
    </>
  );
}

/** Does something once at a time, and says when it was refused. True when it was done. */
export function useDeed() {
  const words = useWords();
  const { message } = App.useApp();
  const [busy, setBusy] = useState(false);
  const run = useCallback(
    async (act: () => Promise<string | null>): Promise<boolean> => {
      setBusy(true);
      try {
        const said = await act();
        if (said !== null) void message.success(said);
        return true;
      } catch (caught) {
        void message.error(errorWords(words, asApiError(caught)));
        return false;
      } finally {
        setBusy(false);
      }
    },
    [message, words],
  );
  return { busy, run };
}

type SectionProps = { title: string; explain?: string; extra?: ReactNode; mark: string; children: ReactNode };

export function Section({ title, explain, extra, mark, children }: SectionProps) {
  return (
    <section className="knowledge-section" data-testid={mark}>
      <div className="channel-head">
        <h3>{title}</h3>
        <span className="spring" />
        {extra}
      </div>
      {explain !== undefined && <p className="knowledge-note">{explain}</p>}
      {children}
    </section>
  );
}

/** So many, and more at a tap. */
export function Growing<Item>({ items, children }: { items: readonly Item[]; children(item: Item): ReactNode }) {
  const words = useWords();
  const [shown, setShown] = useState(SHOWN_STEP);
  return (
    <>
      <ul className="knowledge-list">{items.slice(0, shown).map(children)}</ul>
      {items.length > shown && <Button onClick={() => setShown(shown + SHOWN_STEP)}>{words.knowledge.more}</Button>}
    </>
  );
}

export function Nothing({ children }: { children: ReactNode }) {
  return <Empty className="knowledge-empty" image={Empty.PRESENTED_IMAGE_SIMPLE} description={children} />;
}

type NoteProps = { label: string; title: string; placeholder: string; mark: string; danger?: boolean; disabled?: boolean; run(note: string): Promise<boolean> };

/** A deed that wants a confirmation with a note. */
export function NoteButton({ label, title, placeholder, mark, danger = false, disabled = false, run }: NoteProps) {
  const words = useWords();
  const [note, setNote] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  async function confirm(): Promise<void> {
    setBusy(true);
    if (await run((note ?? "").trim())) setNote(null);
    setBusy(false);
  }
  return (
    <>
      <Button danger={danger} disabled={disabled} onClick={() => setNote("")} data-testid={mark}>{label}</Button>
      <Modal
        open={note !== null}
        title={title}
        okText={label}
        cancelText={words.knowledge.cancel}
        confirmLoading={busy}
        okButtonProps={{ disabled: (note ?? "").trim() === "", danger, ...{ "data-testid": `${mark}-ok` } }}
        onOk={() => void confirm()}
        onCancel={() => setNote(null)}
      >
        <Input.TextArea value={note ?? ""} onChange={(event) => setNote(event.target.value)} placeholder={placeholder} aria-label={placeholder} autoSize={{ minRows: 2, maxRows: 6 }} data-testid={`${mark}-note`} />
      </Modal>
    </>
  );
}

type ConfirmProps = { label: string; title: string; mark: string; kind?: "primary" | "default"; danger?: boolean; busy?: boolean; run(): Promise<unknown> };

/** A deed that wants a confirmation. */
export function ConfirmButton({ label, title, mark, kind = "default", danger = false, busy = false, run }: ConfirmProps) {
  const words = useWords();
  const [asked, setAsked] = useState(false);
  const confirm = () => {
    setAsked(false);
    void run();
  };
  return (
    <>
      <Button className="knowledge-deed" type={kind} danger={danger} loading={busy} onClick={() => setAsked(true)} data-testid={mark}>{label}</Button>
      <Modal open={asked} title={title} okText={label} cancelText={words.knowledge.cancel} okButtonProps={{ danger, ...{ "data-testid": `${mark}-ok` } }} onOk={confirm} onCancel={() => setAsked(false)} />
    </>
  );
}

const CHANGE_COLOURS = { added: "green", changed: "blue", removed: "red" } as const;

export function ChangeTag({ change }: { change: RowChange["change"] }) {
  const words = useWords();
  return <Tag color={CHANGE_COLOURS[change]} data-change={change}>{words.knowledge.change[change]}</Tag>;
}

/** Rows before and after, field by field. */
export function ChangeList({ changes, action }: { changes: readonly RowChange[]; action?: (change: RowChange) => ReactNode }) {
  const words = useWords();
  return (
    <Growing items={changes}>
      {(change) => (
        <li key={`${change.kind}/${change.id}`} className="knowledge-item" data-testid="change" data-row={change.id}>
          <div className="channel-head">
            <ChangeTag change={change.change} />
            <b className="knowledge-name">{rowName(words, change)}</b>
            <span className="spring" />
            {action?.(change)}
          </div>
          <FieldChanges fields={fieldChanges(change)} />
          <p className="knowledge-note">{change.id} · {signedWords(words, change.by, change.at_ms, Date.now())}</p>
        </li>
      )}
    </Growing>
  );
}

export function FieldChanges({ fields }: { fields: readonly FieldChange[] }) {
  const words = useWords();
  return (
    <dl className="field-changes">
      {fields.map(({ field, before, after }) => (
        <div key={field}>
          <dt>{entry(words.knowledge.fields, field) ?? field}</dt>
          {before !== "" && <dd className="field-before" aria-label={words.knowledge.pending.before}><del>{before}</del></dd>}
          <dd className="field-after" aria-label={words.knowledge.pending.after}>{after === "" ? words.knowledge.pending.empty : after}</dd>
        </div>
      ))}
    </dl>
  );
}
