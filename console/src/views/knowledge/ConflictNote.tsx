// Somebody else changed the entry first: who, when, what they made of it, and which of the two is to stay.
import { Alert, Button } from "antd";
import { useState } from "react";
import { fasterOf } from "../../knowledge/form.ts";
import { byWords, fieldChanges } from "../../knowledge/texts.ts";
import type { Entry, Row } from "../../knowledge/wire.ts";
import { momentWords } from "../../words/phrases.ts";
import { useWords } from "../context.ts";
import { FieldChanges } from "./parts.tsx";

/** `rows` as the worker told them; `theirs` null: they removed it, where it is `known` how the row is now. */
export type Conflict = { rows: unknown; theirs: Row | null; known: boolean };

type Props = { conflict: Conflict; mine: Entry; isNew: boolean; onTheirs(theirs: Row | null): void; onMine(revision: number): void };

export function ConflictNote({ conflict, mine, isNew, onTheirs, onMine }: Props) {
  const words = useWords();
  const [shown, setShown] = useState(false);
  const faster = fasterOf(conflict.rows);
  const revision = conflict.theirs?.revision ?? faster?.revision ?? 0;
  const title = faster === null ? words.knowledge.editor.conflictGone : words.knowledge.editor.conflict(byWords(words, faster.by), momentWords(words, faster.at_ms, Date.now()));
  return (
    <Alert
      type="warning"
      title={isNew ? words.knowledge.editor.taken : title}
      data-testid="entry-conflict"
      description={
        <div className="conflict">
          {isNew && <p>{title}</p>}
          {shown && conflict.theirs === null && <p>{words.knowledge.editor.theirsRemoved}</p>}
          {shown && conflict.theirs !== null && (
            <>
              <p className="knowledge-note">{words.knowledge.editor.sides}</p>
              <FieldChanges fields={fieldChanges({ before: mine, after: conflict.theirs.value })} />
            </>
          )}
          <div className="knowledge-tools">
            {conflict.known && !shown && <Button onClick={() => setShown(true)} data-testid="conflict-show">{words.knowledge.editor.theirs}</Button>}
            {conflict.known && !isNew && <Button onClick={() => onTheirs(conflict.theirs)} data-testid="conflict-theirs">{words.knowledge.editor.useTheirs}</Button>}
            {!isNew && <Button danger onClick={() => onMine(revision)} data-testid="conflict-mine">{words.knowledge.editor.keepMine}</Button>}
          </div>
        </div>
      }
    />
  );
}
