// A reply that has left the composer and is not yet part of the conversation.
import { Button } from "antd";
import { keyText } from "../floor/list.ts";
import type { PendingReply } from "../replies/replies.ts";
import type { ConversationKey } from "../wire.ts";
import { refusalWords } from "../words/phrases.ts";
import { useDesk, useWords } from "./context.ts";
import { Bubble } from "./MessageView.tsx";

export function PendingView({ reply, conversation }: { reply: PendingReply; conversation: ConversationKey }) {
  const { desk } = useDesk();
  const words = useWords();
  const { request, state } = reply;

  function takeBack(): void {
    desk.drafts.putBack(keyText(conversation), request.text);
    desk.replies.discard(request.client_id);
  }

  const failed = state.kind === "refused" || state.kind === "unanswered";
  return (
    <div data-testid="pending" data-state={state.kind} data-client-id={request.client_id}>
      <Bubble kind="agent" author={words.message.you} at_ms={reply.made_at_ms}>
        <span className="text">{request.text}</span>
        <span className={`status ${failed ? "status-failed" : "status-queued"}`}>
          {state.kind === "sending" && words.message.submitting}
          {state.kind === "accepted" && words.message.status[state.status]}
          {failed && <span data-testid="pending-why">{refusalWords(words, state.code)}</span>}
          {state.kind === "unanswered" && (
            <Button type="link" size="small" onClick={() => desk.replies.retry(request.client_id)} data-testid="pending-retry">
              {words.message.tryAgain}
            </Button>
          )}
          {state.kind === "refused" && (
            <Button type="link" size="small" onClick={takeBack} data-testid="pending-back">{words.message.backToComposer}</Button>
          )}
        </span>
      </Bubble>
    </div>
  );
}
