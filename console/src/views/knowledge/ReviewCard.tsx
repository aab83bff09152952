// One review: its changes, what somebody else decides about it, its publication and what stands in its way.
import { Alert, Button, Input, Tag } from "antd";
import { useState } from "react";
import { asApiError, type ApiError } from "../../api.ts";
import type { KnowledgeApi } from "../../knowledge/api.ts";
import { rowFaults } from "../../knowledge/form.ts";
import { byWords, changeCount, signedWords } from "../../knowledge/texts.ts";
import type { FasterRow, Review, RowChange } from "../../knowledge/wire.ts";
import { errorWords } from "../../words/phrases.ts";
import { useDesk, useWords } from "../context.ts";
import { ChangeList, ConfirmButton, useDeed } from "./parts.tsx";

type Props = { api: KnowledgeApi; review: Review; onChanged(): void };

export function ReviewCard({ api, review, onChanged }: Props) {
  const words = useWords();
  const { staff } = useDesk();
  const deed = useDeed();
  const [page, setPage] = useState<{ changes: RowChange[]; more: boolean } | null>(null);
  const [comment, setComment] = useState("");
  const [error, setError] = useState<ApiError | null>(null);
  const own = byWords(words, review.author) === staff.id;

  async function show(before: RowChange[]): Promise<void> {
    await deed.run(async () => {
      const last = before.at(-1);
      const next = await api.reviewChanges(review.id, last === undefined ? null : { kind: last.kind, id: last.id });
      setPage({ changes: [...before, ...next.changes], more: next.more });
      return null;
    });
  }

  async function act(deedOf: () => Promise<string>): Promise<void> {
    await deed.run(async () => {
      try {
        const said = await deedOf();
        setError(null);
        onChanged();
        return said;
      } catch (caught) {
        setError(asApiError(caught));
        return null;
      }
    });
  }

  const decide = (verdict: "approve" | "return") =>
    act(async () => {
      await api.decide(review.id, verdict, comment.trim());
      return verdict === "approve" ? words.knowledge.reviews.approved : words.knowledge.reviews.returned;
    });
  const publish = () => act(async () => words.knowledge.reviews.published((await api.publish(review.id)).version));

  return (
    <li className="knowledge-item" data-testid="review" data-review={review.id} data-state={review.state}>
      <div className="channel-head">
        <b>{words.knowledge.reviews.number(review.id)}</b>
        <Tag color={review.state === "approved" ? "green" : "blue"}>{words.knowledge.reviews.states[review.state]}</Tag>
        <span className="knowledge-note">{words.knowledge.reviews.count(changeCount(review.changes))}</span>
        <span className="spring" />
        <Button size="small" loading={deed.busy} onClick={() => (page === null ? void show([]) : setPage(null))} data-testid="review-show">
          {page === null ? words.knowledge.reviews.show : words.knowledge.reviews.hide}
        </Button>
      </div>
      <p className="knowledge-text">{review.note}</p>
      <p className="knowledge-note">{signedWords(words, review.author, review.at_ms, Date.now())}</p>
      {review.decided !== null && review.decided.comment !== "" && <p className="knowledge-note">{words.knowledge.reviews.decided(byWords(words, review.decided.by), review.decided.comment)}</p>}
      {page !== null && <ChangeList changes={page.changes} />}
      {page?.more === true && <Button onClick={() => void show(page.changes)}>{words.knowledge.more}</Button>}
      {error !== null && <PublishFault error={error} />}
      {review.state === "open" && own && <p className="knowledge-note" data-testid="review-own">{words.knowledge.reviews.own}</p>}
      {review.state === "open" && (
        <>
          <Input.TextArea value={comment} onChange={(event) => setComment(event.target.value)} placeholder={words.knowledge.reviews.comment} aria-label={words.knowledge.reviews.comment} autoSize={{ minRows: 1, maxRows: 6 }} data-testid="review-comment" />
          <div className="knowledge-tools">
            <Button type="primary" disabled={deed.busy || own} onClick={() => void decide("approve")} data-testid="review-approve">{words.knowledge.reviews.approve}</Button>
            <Button disabled={deed.busy || comment.trim() === ""} onClick={() => void decide("return")} data-testid="review-return">{words.knowledge.reviews.return}</Button>
          </div>
        </>
      )}
      {review.state === "approved" && (
        <ConfirmButton label={words.knowledge.reviews.publish} title={words.knowledge.reviews.publishTitle} mark="publish" kind="primary" busy={deed.busy} run={publish} />
      )}
    </li>
  );
}

/** Which rows stand in the way, where the worker says so. */
function PublishFault({ error }: { error: ApiError }) {
  const words = useWords();
  const faults = rowFaults(error.fields.faults);
  const outdated = error.code === "knowledge.outdated" && Array.isArray(error.fields.rows) ? (error.fields.rows as FasterRow[]) : [];
  return (
    <Alert
      type="error"
      title={errorWords(words, error)}
      data-testid="review-error"
      description={
        <>
          {outdated.length > 0 && <p>{words.knowledge.reviews.outdated}</p>}
          {outdated.map(({ row }) => row !== undefined && <p key={row.id}>{row.id}</p>)}
          {faults.map(({ row, path, message }) => <p key={`${row?.id}/${path}`}>{row?.id} {path}: {message}</p>)}
        </>
      }
    />
  );
}
