// Small tickets, messages and conversations for tests.
import { knowledgeApi } from "../../../console/src/knowledge/api.ts";
import { ApiError, type Api } from "../../../console/src/api.ts";
import type { Conversation, Message, Staff, Ticket } from "../../../console/src/wire.ts";

export const lin: Staff = { id: "lin", login: "lin", name: "林晓", role: "agent", skill_groups: ["after_sales"], cap: 5 };
export const key = { channel: "main", customer: "o1" };

export function aTicket(more: Partial<Ticket> = {}): Ticket {
  return {
    id: "t1",
    ...key,
    question: "保修多久",
    urgency: "normal",
    skill_group: "after_sales",
    state: "assigned",
    agent: "lin",
    epoch: 1,
    opened_at_ms: 1_000,
    resolved_at_ms: null,
    waiting_since_ms: 1_000,
    unanswered: 1,
    last_seq: 1,
    trouble: false,
    ...more,
  };
}

export function aMessage(seq: number, more: Partial<Message> = {}): Message {
  return { seq, at_ms: seq * 1_000, author: "customer", content: { kind: "text", text: `第 ${seq} 条` }, ...more };
}

export function aConversation(messages: Message[], last_seq = messages.at(-1)?.seq ?? 0): Conversation {
  return { ...key, state: "with_agent", ticket: { id: "t1", epoch: 1, staff: "lin" }, quota: null, waiting: 0, native: null, gone: false, origins: [], forgeable: false, last_seq, messages };
}

/** An API of which a test gives the parts it expects to be called. */
export function anApi(parts: Partial<Api>): Api {
  const unexpected = () => Promise.reject(new ApiError(500, "test.unexpected_call"));
  return {
    session: unexpected,
    knowledge: knowledgeApi(unexpected, unexpected),
    signIn: unexpected,
    signOut: unexpected,
    conversation: unexpected,
    reply: unexpected,
    person: unexpected,
    personHistory: unexpected,
    upload: unexpected,
    labelMood: unexpected,
    withdraw: unexpected,
    channels: unexpected,
    putChannel: unexpected,
    diagnose: unexpected,
    channelsHealth: unexpected,
    resolve: unexpected,
    ...parts,
  };
}

/** Serves pages out of `messages`, which the test may change, and notes what was asked. */
export function ledgerApi(messages: Message[]) {
  const asked: { after: number; limit: number }[] = [];
  const api = anApi({
    async conversation(_key, after, limit) {
      asked.push({ after, limit });
      const page = messages.filter(({ seq }) => seq > after).slice(0, limit);
      return aConversation(structuredClone(page), messages.at(-1)?.seq ?? 0);
    },
  });
  return { api, asked };
}
