// Folds the floor's frames into what this agent may see. Pure.
import type { Agent, Change, Frame, Incoming, Snapshot, Staff, Ticket } from "../wire.ts";

export type FloorState = {
  /** The last `seq` received; null before the first hello. */
  seq: number | null;
  me: Staff | null;
  tickets: ReadonlyMap<string, Ticket>;
  agents: ReadonlyMap<string, Agent>;
};

/** `gap`: a frame is missing, ask with `resume`. */
export type Received = { state: FloorState; gap: boolean };

export const emptyFloor: FloorState = { seq: null, me: null, tickets: new Map(), agents: new Map() };

export function receive(state: FloorState, message: Incoming): Received {
  if (message.type === "hello") {
    const { tickets, agents } = message.snapshot;
    return {
      state: { seq: message.seq, me: message.me, tickets: byId(tickets), agents: byId(agents) },
      gap: false,
    };
  }
  if (state.seq === null || message.seq <= state.seq) return { state, gap: false };
  if (message.prev !== state.seq) return { state, gap: true };
  return { state: applyFrame(state, message), gap: false };
}

/** What the fold amounts to, in the shape and order of a snapshot sorted by id. */
export function snapshotOf(state: FloorState): Snapshot {
  return { tickets: sortedById(state.tickets), agents: sortedById(state.agents) };
}

function applyFrame(state: FloorState, frame: Frame): FloorState {
  const tickets = new Map(state.tickets);
  const agents = new Map(state.agents);
  for (const change of frame.changes) applyChange(tickets, agents, change);
  return { ...state, seq: frame.seq, tickets, agents };
}

function applyChange(tickets: Map<string, Ticket>, agents: Map<string, Agent>, change: Change): void {
  switch (change.kind) {
    case "ticket":
      tickets.set(change.ticket.id, change.ticket);
      break;
    case "ticket_gone":
      tickets.delete(change.id);
      break;
    case "agent":
      agents.set(change.agent.id, change.agent);
      break;
    default:
      // A newer worker may tell more than this page understands; what it understands stays right.
      change satisfies never;
  }
}

function byId<T extends { id: string }>(items: readonly T[]): Map<string, T> {
  return new Map(items.map((item) => [item.id, item]));
}

function sortedById<T extends { id: string }>(items: ReadonlyMap<string, T>): T[] {
  return [...items.values()].sort((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0));
}
