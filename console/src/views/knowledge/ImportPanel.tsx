// A table of entries: checked, its faults shown and given back as a file, put into the draft all or none.
import { Alert, Button, Radio } from "antd";
import { useRef, useState } from "react";
import { asApiError, type ApiError } from "../../api.ts";
import type { KnowledgeApi } from "../../knowledge/api.ts";
import type { ImportMode, TableFault, TableResult } from "../../knowledge/wire.ts";
import { TABLE_BYTES_MAX } from "../../limits.ts";
import { bilingual, errorWords } from "../../words/phrases.ts";
import { useWords } from "../context.ts";
import { Growing, Section, useDeed } from "./parts.tsx";

type State = { file: File; result: TableResult | null; error: ApiError | null };

export function ImportPanel({ api, onImported }: { api: KnowledgeApi; onImported(): void }) {
  const words = useWords();
  const deed = useDeed();
  const picker = useRef<HTMLInputElement>(null);
  const [state, setState] = useState<State | null>(null);
  const [mode, setMode] = useState<ImportMode>("merge");
  const faults = state?.result?.faults ?? [];
  const tooLarge = state !== null && state.file.size > TABLE_BYTES_MAX;

  async function check(file: File): Promise<void> {
    setState({ file, result: null, error: null });
    if (file.size > TABLE_BYTES_MAX) return;
    try {
      const result = await api.checkTable(file);
      setState({ file, result, error: null });
    } catch (caught) {
      setState({ file, result: null, error: asApiError(caught) });
    }
  }

  async function put(file: File): Promise<void> {
    await deed.run(async () => {
      const result = await api.importTable(file, mode);
      if ((result.faults ?? []).length > 0) {
        setState({ file, result, error: null });
        return null;
      }
      setState(null);
      onImported();
      return words.knowledge.table.done(result.changed ?? 0, result.removed ?? 0);
    });
  }

  async function download(file: File): Promise<void> {
    await deed.run(async () => {
      const blob = await api.tableErrors(file);
      const name = /\.xlsx$/i.test(file.name) ? words.knowledge.table.downloadName.replace(/csv$/, "xlsx") : words.knowledge.table.downloadName;
      save(blob, name);
      return null;
    });
  }

  return (
    <Section title={words.knowledge.table.title} explain={words.knowledge.table.explain} mark="import">
      <input
        ref={picker}
        type="file"
        hidden
        accept=".csv,.xlsx,.json"
        onChange={(event) => {
          const file = event.target.files?.[0];
          event.target.value = "";
          if (file !== undefined) void check(file);
        }}
        data-testid="import-input"
      />
      <Button className="knowledge-deed" onClick={() => picker.current?.click()} loading={state !== null && !tooLarge && state.result === null && state.error === null}>
        {words.knowledge.table.choose}
      </Button>
      {state !== null && <p className="knowledge-name">{state.file.name}</p>}
      {tooLarge && <Alert type="error" title={words.knowledge.table.tooLarge} />}
      {state !== null && state.error !== null && <Alert type="error" title={errorWords(words, state.error)} data-testid="import-error" />}
      {state !== null && state.result !== null && faults.length > 0 && (
        <>
          <Alert type="error" title={state.result.more === true ? words.knowledge.table.badMore(faults.length) : words.knowledge.table.bad(faults.length)} data-testid="import-faults" />
          <Growing items={faults}>{(fault) => <FaultLine key={`${fault.row}/${fault.column}/${fault.code}`} fault={fault} />}</Growing>
          <Button className="knowledge-deed" loading={deed.busy} onClick={() => void download(state.file)} data-testid="import-download">{words.knowledge.table.download}</Button>
        </>
      )}
      {state !== null && state.result !== null && faults.length === 0 && (
        <>
          <Alert type="success" title={words.knowledge.table.good(state.result.rows)} data-testid="import-good" />
          {state.result.warnings?.map((warning, place) => warning.message !== undefined && <p key={place} className="knowledge-note">{bilingual(words, warning.message)}</p>)}
          <Radio.Group className="knowledge-choices" value={mode} onChange={(event) => setMode(event.target.value as ImportMode)}>
            <Radio value="merge">{words.knowledge.table.merge}</Radio>
            <Radio value="replace">{words.knowledge.table.replace}</Radio>
          </Radio.Group>
          <Button className="knowledge-deed" type="primary" danger={mode === "replace"} loading={deed.busy} onClick={() => void put(state.file)} data-testid="import-put">{words.knowledge.table.put}</Button>
        </>
      )}
    </Section>
  );
}

function FaultLine({ fault }: { fault: TableFault }) {
  const words = useWords();
  return (
    <li className="fault-line" data-testid="import-fault">
      <b>{fault.row === 0 ? words.knowledge.table.whole : words.knowledge.table.place(fault.row, fault.column)}</b>
      <span>{bilingual(words, fault.message)}</span>
    </li>
  );
}

function save(blob: Blob, name: string): void {
  const address = URL.createObjectURL(blob);
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  URL.revokeObjectURL(address);
}
