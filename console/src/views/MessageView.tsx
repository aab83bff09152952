// One message, with its author, its evidence or its status in plain words.
import { App, Button } from "antd";
import { useState, type ReactNode } from "react";
import type { Right } from "../floor/lease.ts";
import { hasWords } from "../conversation/mood.ts";
import { keyText } from "../floor/list.ts";
import type { ConversationKey, Evidence, Message, RemoteWork } from "../wire.ts";
import { errorWords, statusWords, timeOfDay } from "../words/phrases.ts";
import { ContentView } from "./ContentView.tsx";
import { useDesk, useWords } from "./context.ts";
import { MoodMark } from "./MoodMark.tsx";
import { TrailMark } from "./TrailMark.tsx";

type Props = { message: Message; conversation: ConversationKey; right: Right; resent: boolean };

export function MessageView({ message, conversation, right, resent }: Props) {
  const author = useAuthor(message);
  return (
    <Bubble kind={message.author} author={author} at_ms={message.at_ms} message={message}>
      <ContentView content={message.content} media={message.media} />
      {message.author === "customer" && hasWords(message) && <MoodMark message={message} conversation={conversation} />}
      {message.evidence && <EvidenceMark evidence={message.evidence} />}
      <Status message={message} conversation={conversation} right={right} resent={resent} />
      {message.author === "customer" && <TrailMark message={message} />}
    </Bubble>
  );
}

/** The bot's passive answer, which the customer's message carries. */
export function AnswerView({ message }: { message: Message }) {
  const words = useWords();
  if (!message.answer) return null;
  return (
    <Bubble kind="bot" author={words.message.bot} at_ms={message.at_ms}>
      <span className="text" data-testid="answer">{message.answer.text}</span>
      {message.answer.evidence && <EvidenceMark evidence={message.answer.evidence} />}
    </Bubble>
  );
}

export function EventView({ message }: { message: Message }) {
  return (
    <p className="event" data-testid="message" data-seq={message.seq} data-author={message.author}>
      <ContentView content={message.content} /> · {timeOfDay(message.at_ms)}
    </p>
  );
}

type BubbleProps = { kind: Message["author"]; author: string; at_ms: number; message?: Message; children: ReactNode };

export function Bubble({ kind, author, at_ms, message, children }: BubbleProps) {
  const marks = message && { "data-testid": "message", "data-seq": message.seq, "data-author": kind, "data-status": message.status };
  return (
    <div className={`line line-${kind}${message?.joined_to === undefined ? "" : " line-joined"}`} {...marks}>
      <div className="line-who">{author} · {timeOfDay(at_ms)}</div>
      <div className={`bubble bubble-${kind}`}>{children}</div>
    </div>
  );
}

function useAuthor({ author, staff: who }: Message): string {
  const { desk, staff } = useDesk();
  const words = useWords();
  if (author === "customer") return words.message.customer;
  if (author === "bot") return words.message.bot;
  if (who === undefined) return words.message.agent;
  if (who === staff.id) return words.message.you;
  return desk.floor.read().agents.get(who)?.name ?? who;
}

function RemoteMark({ work: { mode, model, passages, tokens, ms } }: { work: RemoteWork }) {
  const words = useWords();
  return <span>{words.message.evidenceRemote(mode, model, passages.join(", "), tokens, (ms / 1_000).toFixed(1))}</span>;
}

function EvidenceMark({ evidence }: { evidence: Evidence }) {
  const words = useWords();
  const [open, setOpen] = useState(false);
  return (
    <>
      <Button type="link" size="small" className="evidence-open" aria-expanded={open} onClick={() => setOpen(!open)} data-testid="evidence-open">
        {words.message.evidence}
      </Button>
      {open && (
        <span className="evidence" data-testid="evidence">
          <span>{evidence.source === "responder" ? words.message.evidenceResponder(evidence.entry) : words.message.evidenceQuestion(evidence.question, evidence.entry)}</span>
          {evidence.remote && <RemoteMark work={evidence.remote} />}
          <span>{words.message.evidenceScore(evidence.score.toFixed(2), evidence.version)}</span>
        </span>
      )}
    </>
  );
}

function Status({ message, conversation, right, resent }: Props) {
  const { desk } = useDesk();
  const words = useWords();
  const { modal, message: toast } = App.useApp();
  const { status, content } = message;
  if (status === undefined) return null;
  const said = content.kind === "text" ? content.text : content.kind === "media" ? { key: content.key, kind: content.media, name: content.name } : null;
  const can = right.kind === "mine" && message.author === "agent" && said !== null;

  async function sendAgain(): Promise<void> {
    if (right.kind !== "mine" || said === null) return;
    const sure = await modal.confirm({
      title: words.message.sendAgainTitle,
      content: words.message.sendAgainHint,
      okText: words.message.sendAgain,
      cancelText: words.conversation.cancel,
      centered: true,
      autoFocusButton: "cancel",
      okButtonProps: { "data-testid": "send-again-ok" },
    });
    if (sure) desk.reply(conversation, right, said, { resend_of: message.seq });
  }

  async function withdraw(): Promise<void> {
    if (right.kind !== "mine") return;
    const outcome = await desk.withdraw(conversation, right, message.seq);
    if (outcome.kind !== "answered") void toast.error(errorWords(words, outcome.error));
  }

  return (
    <span className={`status status-${message.reason === "withdrawn" ? "queued" : status}`}>
      <TrailMark message={message} />
      <span data-testid="message-status">{statusWords(words, message)}</span>
      {typeof message.resend_of === "number" && <span>{words.message.resend}</span>}
      {message.joined_to !== undefined && <span data-testid="joined">{words.message.joined}</span>}
      {status === "waiting" && right.kind === "mine" && message.author === "agent" && (
        <Button type="link" size="small" onClick={() => void withdraw()} data-testid="withdraw">{words.message.withdraw}</Button>
      )}
      {resent && <span data-testid="sent-again">{words.message.sentAgain}</span>}
      {status === "uncertain" && can && !resent && (
        <Button type="link" size="small" onClick={() => void sendAgain()} data-testid="send-again">{words.message.sendAgain}</Button>
      )}
      {status === "failed" && can && content.kind === "text" && (
        <Button type="link" size="small" onClick={() => desk.drafts.putBack(keyText(conversation), content.text)} data-testid="back-to-composer">
          {words.message.backToComposer}
        </Button>
      )}
    </span>
  );
}
