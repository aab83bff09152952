// When and how often an account may write to a customer: WeChat's window and quota table, as pure rules.

export type Trigger = 'message' | 'menu' | 'follow' | 'scan' | 'enter';

export interface Grant {
  left: number;
  closesAtMs: number;
}

export type Grants = Partial<Record<Trigger, Grant>>;

const MINUTE_MS = 60_000;
const TABLE: Record<Trigger, { count: number; windowMs: number }> = {
  message: { count: 5, windowMs: 48 * 60 * MINUTE_MS },
  menu: { count: 3, windowMs: MINUTE_MS },
  follow: { count: 3, windowMs: MINUTE_MS },
  scan: { count: 3, windowMs: MINUTE_MS },
  /** Into the customer-service session of a mini program. */
  enter: { count: 2, windowMs: MINUTE_MS },
};

/** A trigger renews its own grant; grants run side by side and do not add up. */
export function grant(grants: Grants, trigger: Trigger, nowMs: number): Grants {
  const { count, windowMs } = TABLE[trigger];
  return { ...grants, [trigger]: { left: count, closesAtMs: nowMs + windowMs } };
}

/** What is left: the best open grant; null outside of every window. */
export function quota(grants: Grants, nowMs: number): { left: number; closes_at_ms: number } | null {
  const open = Object.values(grants).filter((one) => one.closesAtMs > nowMs);
  if (open.length === 0) return null;
  return { left: Math.max(...open.map((one) => one.left)), closes_at_ms: Math.max(...open.map((one) => one.closesAtMs)) };
}

/** The windows that are open, by what opened them. */
export function open(grants: Grants, nowMs: number): Record<string, { left: number; closes_at_ms: number }> {
  const entries = Object.entries(grants).filter(([, one]) => one.closesAtMs > nowMs);
  return Object.fromEntries(entries.map(([trigger, { left, closesAtMs }]) => [trigger, { left, closes_at_ms: closesAtMs }]));
}

/** One message sent counts against every grant. */
export function spend(grants: Grants): Grants {
  return Object.fromEntries(Object.entries(grants).map(([name, one]) => [name, { ...one, left: Math.max(0, one.left - 1) }]));
}
