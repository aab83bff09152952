// How long is too long to wait. Pure.
import { WAIT_LATE_MS, WAIT_WARN_MS } from "../limits.ts";

export function waitLevel(waited_ms: number): "fine" | "warn" | "late" {
  if (waited_ms >= WAIT_LATE_MS) return "late";
  return waited_ms >= WAIT_WARN_MS ? "warn" : "fine";
}
