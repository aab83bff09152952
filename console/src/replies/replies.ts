// The replies that this browser has sent off and not yet seen in their conversation.
import type { Api } from "../api.ts";
import { createStore, type Store } from "../base/store.ts";
import { keyText } from "../floor/list.ts";
import type { ConversationKey, Message, ReplyRequest, SendStatus } from "../wire.ts";
import { untilAnswered, type Patience } from "./answered.ts";

export type ReplyState =
  | { kind: "sending" }
  | { kind: "accepted"; seq: number; status: SendStatus }
  | { kind: "refused"; code: string }
  | { kind: "unanswered"; code: string };

export type PendingReply = {
  key: ConversationKey;
  request: ReplyRequest;
  made_at_ms: number;
  state: ReplyState;
};

export type Replies = {
  store: Store<readonly PendingReply[]>;
  send(key: ConversationKey, request: ReplyRequest): void;
  /** Sends an unanswered one again, under the id it has. */
  retry(client_id: string): void;
  discard(client_id: string): void;
  /** Forgets what the conversation itself now shows. */
  seen(key: ConversationKey, messages: readonly Message[]): void;
  close(): void;
};

export type RepliesOptions = Patience & {
  api: Api;
  storage: Storage;
  staff: string;
  /** A reply was accepted: the conversation has something new. */
  onAccepted(key: ConversationKey): void;
};

export function createReplies(options: RepliesOptions): Replies {
  const name = `shunda.replies.${options.staff}`;
  const store = createStore<readonly PendingReply[]>(load(options.storage, name));
  const busy = new Set<string>();
  let closed = false;

  function change(next: readonly PendingReply[]): void {
    store.write(next);
    const open = next.filter(({ state }) => state.kind === "sending" || state.kind === "unanswered");
    keep(options.storage, name, open);
  }

  function setState(client_id: string, state: ReplyState): void {
    change(store.read().map((reply) => (reply.request.client_id === client_id ? { ...reply, state } : reply)));
  }

  /** One at a time per conversation: what was written first arrives first. */
  async function pump(key: ConversationKey): Promise<void> {
    const conversation = keyText(key);
    if (busy.has(conversation)) return;
    busy.add(conversation);
    for (let next = head(store.read(), conversation); next && !closed; next = head(store.read(), conversation)) {
      const { client_id } = next.request;
      const state = await deliver(next);
      if (closed) return;
      setState(client_id, state);
      if (state.kind === "accepted") options.onAccepted(key);
    }
    busy.delete(conversation);
  }

  async function deliver({ key, request }: PendingReply): Promise<ReplyState> {
    const outcome = await untilAnswered(() => options.api.reply(key, request), options);
    if (outcome.kind !== "answered") return { kind: outcome.kind, code: outcome.error.code };
    return { kind: "accepted", seq: outcome.value.seq, status: outcome.value.status };
  }

  for (const { key } of store.read()) void pump(key);
  return {
    store,
    send(key, request) {
      const reply: PendingReply = { key, request, made_at_ms: options.timers.now(), state: { kind: "sending" } };
      change([...store.read(), reply]);
      void pump(key);
    },
    retry(client_id) {
      const reply = store.read().find(({ request }) => request.client_id === client_id);
      if (reply?.state.kind !== "unanswered") return;
      setState(client_id, { kind: "sending" });
      void pump(reply.key);
    },
    discard(client_id) {
      change(store.read().filter(({ request }) => request.client_id !== client_id));
    },
    seen(key, messages) {
      const conversation = keyText(key);
      const shown = new Set(messages.map((message) => message.client_id));
      const left = store.read().filter((reply) => !isShown(reply, conversation, shown));
      if (left.length < store.read().length) change(left);
    },
    close() {
      closed = true;
    },
  };
}

function isShown(reply: PendingReply, conversation: string, shown: ReadonlySet<string | undefined>): boolean {
  return keyText(reply.key) === conversation && shown.has(reply.request.client_id);
}

function head(replies: readonly PendingReply[], conversation: string): PendingReply | undefined {
  return replies.find(({ key, state }) => state.kind === "sending" && keyText(key) === conversation);
}

function load(storage: Storage, name: string): PendingReply[] {
  try {
    const value: unknown = JSON.parse(storage.getItem(name) ?? "[]");
    return Array.isArray(value) ? (value as PendingReply[]) : [];
  } catch {
    return [];
  }
}

function keep(storage: Storage, name: string, replies: readonly PendingReply[]): void {
  try {
    if (replies.length === 0) storage.removeItem(name);
    else storage.setItem(name, JSON.stringify(replies));
  } catch {
    // Without storage a reload forgets an unanswered reply's id; this page still has it.
  }
}
