// Whether this agent may answer a conversation, and under which epoch. Pure.
import type { ThreadHead } from "../conversation/thread.ts";
import type { Staff, Ticket } from "../wire.ts";

export type Right =
  | { kind: "mine"; ticket: string; epoch: number }
  | { kind: "waiting" | "others" | "resolved" | "none" };

/**
 * The floor's ticket says whose it is. The conversation may already know a higher epoch of the same ticket,
 * when its frame is still on the way.
 */
export function rightTo(ticket: Ticket | null, head: ThreadHead | null, me: Staff): Right {
  if (ticket === null) return { kind: "none" };
  if (ticket.state !== "assigned") return { kind: ticket.state };
  if (ticket.agent !== me.id) return { kind: "others" };
  const known = head?.ticket;
  const epoch = known?.id === ticket.id && known.staff === me.id ? Math.max(known.epoch, ticket.epoch) : ticket.epoch;
  return { kind: "mine", ticket: ticket.id, epoch };
}
