// Time as a value, so that tests can hold it still.

export type Timers = {
  now(): number;
  /** Runs `run` once after `wait_ms`; the returned function cancels it. */
  after(wait_ms: number, run: () => void): () => void;
};

export const browserTimers: Timers = {
  now: () => Date.now(),
  after(wait_ms, run) {
    const handle = setTimeout(run, wait_ms);
    return () => clearTimeout(handle);
  },
};
