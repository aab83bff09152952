// What the message log shows, in order: days, messages, replies on their way. Pure.
import type { PendingReply } from "../replies/replies.ts";
import type { Message } from "../wire.ts";
import { dayOf } from "./thread.ts";

export type Line =
  | { kind: "day"; key: string; at_ms: number }
  | { kind: "event"; key: string; message: Message }
  | { kind: "message"; key: string; message: Message }
  | { kind: "answer"; key: string; message: Message }
  | { kind: "pending"; key: string; reply: PendingReply };

const EVENT_KINDS: readonly string[] = [
  ...["follow", "enter", "unfollow", "revoke", "scan", "menu_click", "notice", "native_session", "native_reply"],
  ...["recall", "send_failed", "notice_ended", "consent", "whereabouts"],
];

export function linesOf(messages: readonly Message[], pending: readonly PendingReply[]): Line[] {
  const lines: Line[] = [];
  let day = "";
  for (const message of messages) {
    if (dayOf(message.at_ms) !== day) {
      day = dayOf(message.at_ms);
      lines.push({ kind: "day", key: `day ${message.seq}`, at_ms: message.at_ms });
    }
    // A notice of ours to the customer has a fate, like any message.
    const isEvent = message.author === "customer" && EVENT_KINDS.includes(message.content.kind);
    const kind = isEvent ? "event" : "message";
    // A reply keeps its place on the screen when its message arrives: same key before and after.
    lines.push({ kind, key: message.client_id ?? `${message.seq}`, message });
    if (message.answer) lines.push({ kind: "answer", key: `answer ${message.seq}`, message });
  }
  const shown = new Set(messages.map(({ client_id }) => client_id));
  for (const reply of pending) {
    const { client_id } = reply.request;
    if (!shown.has(client_id)) lines.push({ kind: "pending", key: client_id, reply });
  }
  return lines;
}
