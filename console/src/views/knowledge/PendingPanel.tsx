// What differs from what is published: before and after, taken back one by one, or put up for review together.
import { Button, Input } from "antd";
import { useState } from "react";
import type { KnowledgeApi } from "../../knowledge/api.ts";
import type { DraftState, RowChange } from "../../knowledge/wire.ts";
import { useWords } from "../context.ts";
import { ChangeList, Nothing, Section, Shown, useDeed, type Loaded } from "./parts.tsx";

type Props = { api: KnowledgeApi; state: Loaded<DraftState>; onChanged(): void };

export function PendingPanel({ api, state, onChanged }: Props) {
  const words = useWords();
  const deed = useDeed();
  const [note, setNote] = useState("");

  async function submit(): Promise<void> {
    const done = await deed.run(async () => {
      await api.submit(note.trim());
      return words.knowledge.pending.submitted;
    });
    if (done) setNote("");
    onChanged();
  }

  async function revert(change: RowChange): Promise<void> {
    await deed.run(async () => {
      await api.revert(change);
      return words.knowledge.editor.reverted;
    });
    onChanged();
  }

  return (
    <Section title={words.knowledge.pending.title} mark="pending-changes">
      <Shown loaded={state}>
        {({ pending, changes }) =>
          pending.length === 0 ? (
            <Nothing>{words.knowledge.pending.none}</Nothing>
          ) : (
            <>
              <p className="knowledge-note">{words.knowledge.pending.sum(changes.added, changes.changed, changes.removed)}</p>
              <ChangeList
                changes={pending}
                action={(change) => (
                  <Button size="small" disabled={deed.busy} onClick={() => void revert(change)} data-testid="change-revert">{words.knowledge.pending.revert}</Button>
                )}
              />
              <Input.TextArea value={note} onChange={(event) => setNote(event.target.value)} placeholder={words.knowledge.pending.note} aria-label={words.knowledge.pending.note} autoSize={{ minRows: 2, maxRows: 6 }} data-testid="submit-note" />
              <Button className="knowledge-deed" type="primary" loading={deed.busy} disabled={note.trim() === ""} onClick={() => void submit()} data-testid="submit">{words.knowledge.pending.submit}</Button>
            </>
          )
        }
      </Shown>
    </Section>
  );
}
