// A reply that has left the composer and is not yet part of the conversation.
import { Button } from "antd";
import { keyText } from "../floor/list.ts";
import type { PendingReply } from "../replies/replies.ts";
import { otherWays } from "../conversation/quota.ts";
import type { Right } from "../floor/lease.ts";
import type { ConversationKey } from "../wire.ts";
import { refusalWords } from "../words/phrases.ts";
import { ContentView } from "./ContentView.tsx";
import { useDesk, useWords } from "./context.ts";
import { Bubble } from "./MessageView.tsx";

/** `left`: messages that the window still takes, those that are kept back included. */
type Props = { reply: PendingReply; conversation: ConversationKey; right: Right; left: number };

export function PendingView({ reply, conversation, right, left }: Props) {
  const { desk } = useDesk();
  const words = useWords();
  const { request, state } = reply;

  function takeBack(): void {
    if (request.text !== undefined) desk.drafts.putBack(keyText(conversation), request.text);
    desk.replies.discard(request.client_id);
  }

  /** A refused reply is over: what follows is a new one, under an id of its own. */
  function sendOtherwise(way: "wait" | "closing"): void {
    if (right.kind !== "mine") return;
    const { resend_of } = request;
    desk.replies.discard(request.client_id);
    desk.reply(conversation, right, request.media ?? request.text, { ...(resend_of === undefined ? {} : { resend_of }), [way]: true });
  }

  const ways = state.kind === "refused" && right.kind === "mine" ? otherWays(state.code, left) : [];
  const wayWords = { wait: words.message.sendWaiting, closing: words.message.sendClosing };
  const failed = state.kind === "refused" || state.kind === "unanswered";
  return (
    <div data-testid="pending" data-state={state.kind} data-client-id={request.client_id}>
      <Bubble kind="agent" author={words.message.you} at_ms={reply.made_at_ms}>
        <ContentView content={request.media ? { ...request.media, kind: "media", media: request.media.kind } : { kind: "text", text: request.text }} />
        <span className={`status ${failed ? "status-failed" : "status-queued"}`}>
          {state.kind === "sending" && words.message.submitting}
          {state.kind === "accepted" && words.message.status[state.status]}
          {failed && <span data-testid="pending-why">{refusalWords(words, state.code)}</span>}
          {state.kind === "unanswered" && (
            <Button type="link" size="small" onClick={() => desk.replies.retry(request.client_id)} data-testid="pending-retry">
              {words.message.tryAgain}
            </Button>
          )}
          {ways.map((way) => (
            <Button key={way} type="link" size="small" onClick={() => sendOtherwise(way)} data-testid={`pending-${way}`}>{wayWords[way]}</Button>
          ))}
          {state.kind === "refused" && (
            <Button type="link" size="small" onClick={takeBack} data-testid="pending-back">{request.media ? words.message.discard : words.message.backToComposer}</Button>
          )}
        </span>
      </Bubble>
    </div>
  );
}
