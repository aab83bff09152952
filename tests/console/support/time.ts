// Timers that move only when a test says so.
import type { Timers } from "../../../console/src/base/timers.ts";

export type FakeTime = Timers & {
  /** Runs what is due within `ms`, in order, letting promises settle in between. */
  pass(ms: number): Promise<void>;
  /** How long until each planned thing, soonest first. */
  planned(): number[];
};

export function fakeTime(): FakeTime {
  let now = 1_000_000;
  let planned: { at: number; run: () => void }[] = [];
  const soonest = () => planned.sort((a, b) => a.at - b.at)[0];
  return {
    now: () => now,
    after(wait_ms, run) {
      const entry = { at: now + wait_ms, run };
      planned.push(entry);
      return () => void (planned = planned.filter((other) => other !== entry));
    },
    async pass(ms) {
      const until = now + ms;
      await settle();
      for (let next = soonest(); next !== undefined && next.at <= until; next = soonest()) {
        planned.shift();
        now = next.at;
        next.run();
        await settle();
      }
      now = until;
    },
    planned: () => planned.map(({ at }) => at - now).sort((a, b) => a - b),
  };
}

/** Lets every promise that can settle do so. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn += 1) await new Promise<void>((resume) => setImmediate(resume));
}
