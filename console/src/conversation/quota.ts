// How near the end of what may be sent is. Pure.
import { QUOTA_LOW_LEFT, QUOTA_LOW_MS } from "../limits.ts";
import type { Quota } from "../wire.ts";

export type QuotaLevel = "plenty" | "low" | "out";

/** `kept_back`: how many of what is left are for closing words only. */
export function quotaLevel(quota: Quota | null, now_ms: number, kept_back: number): QuotaLevel {
  if (quota === null || quota.closes_at_ms <= now_ms || quota.left <= kept_back) return "out";
  return quota.left - kept_back <= QUOTA_LOW_LEFT || quota.closes_at_ms - now_ms < QUOTA_LOW_MS ? "low" : "plenty";
}

/** What else can be done with a reply that was refused with `code`, while `left` messages are left. */
export function otherWays(code: string, left: number): ("wait" | "closing")[] {
  if (code === "reply.quota_used") return left > 0 ? ["closing", "wait"] : ["wait"];
  return code === "reply.window_closed" || code === "reply.native_session" ? ["wait"] : [];
}
