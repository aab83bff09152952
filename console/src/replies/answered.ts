// Repeats one idempotent request, under one client-made id, until the worker has answered.
import { asApiError, type ApiError } from "../api.ts";
import { backoffMs } from "../base/backoff.ts";
import type { Timers } from "../base/timers.ts";
import { LEASE_TRIES_MAX, RETRY_FIRST_MS, RETRY_LONGEST_MS, UNANSWERED_TRIES_MAX } from "../limits.ts";

/** `refused` is the worker's word; `unanswered` means that nobody knows, and the same id must be used again. */
export type Outcome<T> =
  | { kind: "answered"; value: T }
  | { kind: "refused"; error: ApiError }
  | { kind: "unanswered"; error: ApiError };

export type Patience = { timers: Timers; random(): number };

export async function untilAnswered<T>(call: () => Promise<T>, patience: Patience): Promise<Outcome<T>> {
  for (let tries = 1; ; tries += 1) {
    try {
      return { kind: "answered", value: await call() };
    } catch (caught) {
      const error = asApiError(caught);
      const tries_max = triesFor(error);
      if (tries_max === 0) return { kind: "refused", error };
      if (tries >= tries_max) return { kind: "unanswered", error };
      await pause(patience, backoffMs(tries - 1, RETRY_FIRST_MS, RETRY_LONGEST_MS, patience.random()));
    }
  }
}

/** 0: an answer, never repeated. A 401 is none: after signing in again the same id may go out again. */
function triesFor(error: ApiError): number {
  if (error.code === "reply.lease_pending") return LEASE_TRIES_MAX;
  if (error.status === 401) return 1;
  if (error.status === 0 || error.status >= 500 || error.status === 429) return UNANSWERED_TRIES_MAX;
  return 0;
}

function pause({ timers }: Patience, wait_ms: number): Promise<void> {
  return new Promise((resume) => void timers.after(wait_ms, resume));
}
