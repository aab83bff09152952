// One conversation as far as it has been read: merges pages, knows what to read next. Pure.
import { PAGE_MESSAGES } from "../limits.ts";
import type { Conversation, Message, SendStatus } from "../wire.ts";

export type ThreadHead = Omit<Conversation, "messages">;

export type Thread = {
  head: ThreadHead;
  /** Everything after this `seq` has been asked for. */
  after: number;
  /** Rising `seq`, each once. */
  messages: readonly Message[];
};

/** The `after` of the first read: the last page. */
export function firstAfter(last_seq: number): number {
  return Math.max(0, last_seq - PAGE_MESSAGES);
}

/** Adds a page that was asked for with `after`. A newer page wins, message by message. */
export function mergePage(thread: Thread | null, page: Conversation, after: number): Thread {
  const { messages, ...head } = page;
  const bySeq = new Map(thread?.messages.map((message) => [message.seq, message]));
  for (const message of messages) bySeq.set(message.seq, message);
  return {
    head: thread !== null && thread.head.last_seq > head.last_seq ? thread.head : head,
    after: Math.min(after, thread?.after ?? after),
    messages: [...bySeq.values()].sort((a, b) => a.seq - b.seq),
  };
}

/** The `after` that brings the page before what is there; null when there is nothing before. */
export function olderAfter(thread: Thread): number | null {
  return thread.after === 0 ? null : Math.max(0, thread.after - PAGE_MESSAGES);
}

/** The `after` that brings news: new messages, and the fate of those not yet settled. */
export function newsAfter(thread: Thread): number {
  const open = thread.messages.find((message) => isUnsettled(message) || message.status === "waiting");
  return open === undefined ? lastSeen(thread) : open.seq - 1;
}

/** The newest `seq` that is on screen. */
export function lastSeen(thread: Thread): number {
  return thread.messages.at(-1)?.seq ?? thread.after;
}

export function hasUnsettled(thread: Thread): boolean {
  return thread.messages.some(isUnsettled);
}

const UNSETTLED: readonly (SendStatus | undefined)[] = ["queued", "attempting"];

/** What changes by itself soon. What waits for the customer changes with their next message, which is news. */
function isUnsettled({ status, carrier, media }: Message): boolean {
  return UNSETTLED.includes(status) || carrier === "pending" || media?.state === "fetching";
}

/** The sequence numbers that another message already sends again. */
export function resentSeqs(messages: readonly Pick<Message, "resend_of">[]): ReadonlySet<number> {
  return new Set(messages.flatMap(({ resend_of }) => (typeof resend_of === "number" ? [resend_of] : [])));
}

/** What the customer said after `seq`. */
export function customerAfter(messages: readonly Message[], seq: number): Message[] {
  return messages.filter((message) => message.author === "customer" && message.seq > seq);
}

/** The local calendar day, to part the messages by. */
export function dayOf(at_ms: number): string {
  const at = new Date(at_ms);
  return `${at.getFullYear()}-${at.getMonth() + 1}-${at.getDate()}`;
}
