// One entry of the draft: its fields, what is wrong at each, and what to do when somebody else was faster.
import { Alert, Button, Empty, Form } from "antd";
import { useCallback, useMemo, useState } from "react";
import { asApiError, type ApiError } from "../../api.ts";
import type { KnowledgeApi } from "../../knowledge/api.ts";
import { entryOf, FIELDS, faultsOf, fieldOf, formOf, isSameForm, rowFaults, type EntryForm } from "../../knowledge/form.ts";
import { fieldChanges } from "../../knowledge/texts.ts";
import { unsavedOf, type Unsaved } from "../../knowledge/unsaved.ts";
import type { Row, RowPair } from "../../knowledge/wire.ts";
import { errorWords } from "../../words/phrases.ts";
import { useDesk, useWords } from "../context.ts";
import { goToKnowledge } from "../watch.ts";
import { ConflictNote, type Conflict } from "./ConflictNote.tsx";
import { EntryField } from "./EntryField.tsx";
import { ConfirmButton, FieldChanges, Section, Shown, useDeed, useLoaded } from "./parts.tsx";
import { TrialPanel } from "./TrialPanel.tsx";

const NONE: RowPair = { row: null, published: null };

/** `id` "": a new one. */
export function EntryEditor({ api, id }: { api: KnowledgeApi; id: string }) {
  const words = useWords();
  const { staff } = useDesk();
  const unsaved = useMemo(() => unsavedOf(sessionStorage, staff.id), [staff.id]);
  const begun = unsaved.read(id);
  const read = useCallback(async (): Promise<RowPair> => {
    if (id === "") return NONE;
    try {
      return await api.entry(id);
    } catch (caught) {
      if (asApiError(caught).code === "knowledge.no_row") return NONE;
      throw caught;
    }
  }, [api, id]);
  const loaded = useLoaded(read);
  return (
    <Shown loaded={loaded}>
      {(pair) =>
        id !== "" && pair.row === null && pair.published === null && begun === null ? (
          <Empty className="list-empty" description={words.knowledge.editor.gone} />
        ) : (
          <Editing key={pair.row?.revision ?? 0} api={api} id={id} pair={pair} begun={begun} keep={(typed) => unsaved.write(id, typed)} onChanged={loaded.again} />
        )
      }
    </Shown>
  );
}

type Props = { api: KnowledgeApi; id: string; pair: RowPair; begun: Unsaved | null; keep(typed: Unsaved | null): void; onChanged(): Promise<void> };

function Editing({ api, id, pair, begun, keep, onChanged }: Props) {
  const words = useWords();
  const deed = useDeed();
  const stored = pair.row?.value ?? null;
  // What was removed from the draft can be put back as it is published.
  const base = stored ?? pair.published?.value ?? null;
  const fresh = useMemo(() => (id === "" ? { ...formOf(null), id: `q-${crypto.randomUUID().slice(0, 8)}` } : formOf(base ?? { id })), [id, base]);
  const restored = begun !== null && !isSameForm(begun.form, fresh);
  const [form, setForm] = useState<EntryForm>(restored ? begun.form : fresh);
  // What was typed is judged against the row that was on the page when typing began.
  const [seen, setSeen] = useState(restored ? begun.revision : (pair.row?.revision ?? 0));
  const [error, setError] = useState<ApiError | null>(null);
  const [conflict, setConflict] = useState<Conflict | null>(null);
  const [tried, setTried] = useState(false);
  const [wasRestored, setWasRestored] = useState(restored);

  const local = faultsOf(form);
  const told = rowFaults(error?.fields.faults);
  const elsewhere = told.filter(({ path }) => fieldOf(path) === null);
  const faultAt = (field: keyof EntryForm): string | null => {
    const code = tried ? local.get(field) : undefined;
    if (code !== undefined) return words.knowledge.faults[code];
    return told.find(({ path }) => fieldOf(path) === field)?.message ?? null;
  };

  function change(next: EntryForm): void {
    setForm(next);
    if (next.id !== form.id) setConflict(null);
    keep({ form: next, revision: seen });
  }

  async function save(revision: number): Promise<void> {
    setTried(true);
    if (local.size > 0) return;
    await deed.run(async () => {
      try {
        const put = await api.putEntry(entryOf(form, base), revision);
        keep(null);
        setError(null);
        setConflict(null);
        setWasRestored(false);
        if (id === "") goToKnowledge("entries");
        else await onChanged();
        return put.changed === 0 ? words.knowledge.editor.unchanged : words.knowledge.editor.saved;
      } catch (caught) {
        await refused(asApiError(caught));
        return null;
      }
    });
  }

  async function refused(why: ApiError): Promise<void> {
    setError(why);
    keep({ form, revision: seen });
    if (why.code !== "knowledge.changed_since") return;
    const theirs = await api.entry(form.id.trim()).catch(() => null);
    setConflict({ rows: why.fields.rows, theirs: theirs?.row ?? null, known: theirs !== null });
  }

  function take(theirs: Row | null): void {
    keep(null);
    setError(null);
    setConflict(null);
    setWasRestored(false);
    setForm(formOf(theirs?.value ?? null));
    setSeen(theirs?.revision ?? 0);
    if (id !== "") void onChanged();
  }

  async function leave(act: () => Promise<unknown>, said: string): Promise<void> {
    const done = await deed.run(async () => {
      await act();
      return said;
    });
    if (!done) return;
    keep(null);
    goToKnowledge("entries");
  }

  const changes = id === "" ? [] : fieldChanges({ before: pair.published?.value ?? null, after: stored });
  return (
    <>
      <Section title={id === "" ? words.knowledge.editor.add : (stored?.question ?? form.question)} mark="entry-editor">
        {wasRestored && conflict === null && (
          <Alert
            type="info"
            title={words.knowledge.editor.restored}
            action={<Button size="small" onClick={() => (keep(null), setForm(fresh), setSeen(pair.row?.revision ?? 0), setWasRestored(false))} data-testid="entry-discard">{words.knowledge.editor.discard}</Button>}
            data-testid="entry-restored"
          />
        )}
        {conflict !== null && <ConflictNote conflict={conflict} mine={entryOf(form, base)} isNew={id === ""} onTheirs={take} onMine={(revision) => void save(revision)} />}
        {error !== null && conflict === null && (
          <Alert
            type="error"
            title={errorWords(words, error)}
            description={elsewhere.map(({ path, code }) => <p key={path}>{words.knowledge.editor.elsewhere(path, code)}</p>)}
            data-testid="entry-error"
          />
        )}
        <Form layout="vertical" className="entry-form" autoComplete="off" onFinish={() => void save(seen)}>
          {FIELDS.map((field) => (
            <EntryField key={field} field={field} form={form} fixed={field === "id" && id !== ""} fault={faultAt(field)} onChange={change} />
          ))}
          <div className="knowledge-tools entry-deeds">
            <Button type="primary" htmlType="submit" loading={deed.busy} data-testid="entry-save">{words.knowledge.editor.save}</Button>
            {changes.length > 0 && pair.row !== null && (
              <ConfirmButton
                label={words.knowledge.editor.revert}
                title={words.knowledge.editor.revertTitle}
                mark="entry-revert"
                run={() => leave(() => api.revert({ kind: "entry", id, revision: pair.row?.revision ?? 0 }), words.knowledge.editor.reverted)}
              />
            )}
            {id !== "" && pair.row !== null && (
              <ConfirmButton
                label={words.knowledge.editor.remove}
                title={words.knowledge.editor.removeTitle}
                mark="entry-remove"
                danger
                run={() => leave(() => api.removeEntry(id, pair.row?.revision ?? 0), words.knowledge.editor.removed)}
              />
            )}
          </div>
        </Form>
        {changes.length > 0 && pair.row !== null && (
          <div data-testid="entry-pending">
            <p className="knowledge-note">{words.knowledge.editor.pending}</p>
            <FieldChanges fields={changes} />
          </div>
        )}
      </Section>
      {id !== "" && stored !== null && <TrialPanel api={api} entry={stored} />}
    </>
  );
}
