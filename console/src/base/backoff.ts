// How long to wait before trying again.

/**
 * Doubles from `first_ms` up to `longest_ms`, and takes a random part between half and all of it,
 * so that a floor of consoles does not come back in one instant. `tries` counts from 0, `random` is in [0, 1).
 */
export function backoffMs(tries: number, first_ms: number, longest_ms: number, random: number): number {
  const whole = Math.min(longest_ms, first_ms * 2 ** Math.min(tries, 30));
  return Math.round(whole * (0.5 + random / 2));
}
