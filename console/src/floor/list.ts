// Which tickets a tab lists, in which order, and which of them are unread. Pure.
import { RESOLVED_SHOWN_MAX } from "../limits.ts";
import type { ConversationKey, Staff, Ticket } from "../wire.ts";
import type { FloorState } from "./state.ts";

export type Tab = "mine" | "waiting" | "others" | "resolved";

/** Only a supervisor sees what others have. */
export function tabsFor(me: Staff): Tab[] {
  return me.role === "supervisor" ? ["mine", "waiting", "others", "resolved"] : ["mine", "waiting", "resolved"];
}

export function tabOf(ticket: Ticket, me: Staff): Tab {
  if (ticket.state === "resolved") return "resolved";
  if (ticket.state === "waiting") return "waiting";
  return ticket.agent === me.id ? "mine" : "others";
}

export function listTab(floor: FloorState, tab: Tab): Ticket[] {
  const { me } = floor;
  if (me === null) return [];
  const tickets = [...floor.tickets.values()].filter((ticket) => tabOf(ticket, me) === tab);
  if (tab === "resolved") return tickets.sort(lastResolvedFirst).slice(0, RESOLVED_SHOWN_MAX);
  return tickets.sort(tab === "waiting" ? nextFirst : longestWaitingFirst);
}

export function countTabs(floor: FloorState): Record<Tab, number> {
  const counts: Record<Tab, number> = { mine: 0, waiting: 0, others: 0, resolved: 0 };
  if (floor.me !== null) for (const ticket of floor.tickets.values()) counts[tabOf(ticket, floor.me)] += 1;
  return counts;
}

/** The ticket that a conversation is about now: one that is open, else the newest. */
export function ticketOf(floor: FloorState, key: ConversationKey): Ticket | null {
  let found: Ticket | null = null;
  for (const ticket of floor.tickets.values()) {
    if (ticket.channel !== key.channel || ticket.customer !== key.customer) continue;
    if (found === null || moreCurrent(ticket, found)) found = ticket;
  }
  return found;
}

export function keyText(key: ConversationKey): string {
  return `${key.channel}/${key.customer}`;
}

/** A resolved ticket asks for nothing, so it is never unread. */
export function isUnread(ticket: Ticket, marks: ReadonlyMap<string, number>): boolean {
  return ticket.state !== "resolved" && ticket.last_seq > (marks.get(keyText(ticket)) ?? 0);
}

function moreCurrent(a: Ticket, b: Ticket): boolean {
  const open = Number(a.state !== "resolved") - Number(b.state !== "resolved");
  return open !== 0 ? open > 0 : a.opened_at_ms > b.opened_at_ms;
}

/** As the floor gives them out: by when they were opened, less the head start of what presses. */
function nextFirst(a: Ticket, b: Ticket): number {
  return placeOf(a) - placeOf(b) || byId(a, b);
}

function placeOf(ticket: Ticket): number {
  return ticket.opened_at_ms - (ticket.head_start_ms ?? 0);
}

function longestWaitingFirst(a: Ticket, b: Ticket): number {
  return (
    (a.waiting_since_ms ?? Infinity) - (b.waiting_since_ms ?? Infinity) ||
    a.opened_at_ms - b.opened_at_ms ||
    byId(a, b)
  );
}

function lastResolvedFirst(a: Ticket, b: Ticket): number {
  return (b.resolved_at_ms ?? 0) - (a.resolved_at_ms ?? 0) || byId(a, b);
}

function byId(a: Ticket, b: Ticket): number {
  return a.id < b.id ? -1 : 1;
}
