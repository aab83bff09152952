// The draft's entries: search, marks on what is not published yet, what is pending, the import of a table.
import { PlusOutlined } from "@ant-design/icons";
import { Button, Input, Tag } from "antd";
import { useCallback, useState } from "react";
import { asApiError, type ApiError } from "../../api.ts";
import type { KnowledgeApi } from "../../knowledge/api.ts";
import { pendingOf } from "../../knowledge/pending.ts";
import { changeCount } from "../../knowledge/texts.ts";
import type { Row, RowChange } from "../../knowledge/wire.ts";
import { errorWords } from "../../words/phrases.ts";
import { useWords } from "../context.ts";
import { goToKnowledge } from "../watch.ts";
import { EntryEditor } from "./EntryEditor.tsx";
import { ImportPanel } from "./ImportPanel.tsx";
import { ChangeTag, Nothing, Section, Shown, useLoaded } from "./parts.tsx";
import { PendingPanel } from "./PendingPanel.tsx";

/** `id`: the entry that is open; "" is a new one, null the list. */
export function EntriesTab({ api, id }: { api: KnowledgeApi; id: string | null }) {
  if (id !== null) return <EntryEditor key={id} api={api} id={id} />;
  return <EntryList api={api} />;
}

function EntryList({ api }: { api: KnowledgeApi }) {
  const words = useWords();
  const [query, setQuery] = useState("");
  const [panel, setPanel] = useState<"import" | "pending" | null>(null);
  const state = useLoaded(useCallback(() => pendingOf(api), [api]));
  const entries = useLoaded(useCallback(() => api.entries(query, null), [api, query]));
  const changes = state.value?.changes;
  const pending = changes === undefined ? 0 : changeCount(changes);
  const open = (which: "import" | "pending") => setPanel(panel === which ? null : which);
  const changed = () => void Promise.all([state.again(), entries.again()]);
  return (
    <>
      <div className="knowledge-tools">
        <Input.Search allowClear placeholder={words.knowledge.entries.search} aria-label={words.knowledge.entries.search} onSearch={(text) => setQuery(text.trim())} data-testid="entry-search" />
        <Button onClick={() => open("pending")} data-testid="pending-open">{words.knowledge.entries.pendingOpen(pending)}</Button>
        <Button onClick={() => open("import")} data-testid="import-open">{words.knowledge.entries.import}</Button>
        <Button type="primary" icon={<PlusOutlined />} onClick={() => goToKnowledge("entries", "")} data-testid="entry-add">{words.knowledge.entries.add}</Button>
      </div>
      {panel === "import" && <ImportPanel api={api} onImported={changed} />}
      {panel === "pending" && <PendingPanel api={api} state={state} onChanged={changed} />}
      <Section title={words.knowledge.tabs.entries} mark="entries">
        <Shown loaded={entries}>
          {(page) =>
            page.rows.length === 0 ? (
              <Nothing>{query === "" ? words.knowledge.entries.none : words.knowledge.entries.noMatch}</Nothing>
            ) : (
              <Pages key={`${query}/${page.rows[0]?.id}`} api={api} query={query} first={page} pending={state.value?.pending ?? []} />
            )
          }
        </Shown>
      </Section>
    </>
  );
}

type PagesProps = { api: KnowledgeApi; query: string; first: { rows: Row[]; more: boolean }; pending: readonly RowChange[] };

function Pages({ api, query, first, pending }: PagesProps) {
  const words = useWords();
  const [later, setLater] = useState<{ rows: Row[]; more: boolean }>({ rows: [], more: first.more });
  const [error, setError] = useState<ApiError | null>(null);
  const [busy, setBusy] = useState(false);
  const rows = [...first.rows, ...later.rows];
  const marks = new Map(pending.filter(({ kind }) => kind === "entry").map((change) => [change.id, change.change]));

  async function readMore(): Promise<void> {
    setBusy(true);
    try {
      const page = await api.entries(query, rows.at(-1)?.id ?? null);
      setLater({ rows: [...later.rows, ...page.rows], more: page.more });
      setError(null);
    } catch (caught) {
      setError(asApiError(caught));
    }
    setBusy(false);
  }

  return (
    <>
      <ul className="knowledge-list">
        {rows.map(({ id, value }) => {
          const mark = marks.get(id);
          return (
            <li key={id}>
              <button type="button" className="entry-row" onClick={() => goToKnowledge("entries", id)} data-testid="entry" data-entry={id}>
                <span className="channel-head">
                  <b className="knowledge-name">{value.question}</b>
                  {mark !== undefined && <ChangeTag change={mark} />}
                  {value.status === "off" && <Tag>{words.knowledge.entries.off}</Tag>}
                  {value.category && <Tag>{value.category}</Tag>}
                </span>
                <span className="entry-answer">{value.answer}</span>
              </button>
            </li>
          );
        })}
      </ul>
      {error !== null && <p className="secret-unset">{errorWords(words, error)}</p>}
      {later.more && <Button loading={busy} onClick={() => void readMore()} data-testid="entries-more">{words.knowledge.more}</Button>}
    </>
  );
}
