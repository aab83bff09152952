// Keeps one open conversation read: at its opening, at every sign of news, and while a reply is unsettled.
import { asApiError, type Api, type ApiError } from "../api.ts";
import { createStore, type Store } from "../base/store.ts";
import type { Timers } from "../base/timers.ts";
import { CATCH_UP_PAGES_MAX, PAGE_MESSAGES, UNSETTLED_PACE_MS } from "../limits.ts";
import type { ConversationKey } from "../wire.ts";
import { firstAfter, hasUnsettled, lastSeen, mergePage, newsAfter, olderAfter, type Thread } from "./thread.ts";

export type Reading = { thread: Thread | null; loading_older: boolean; error: ApiError | null };

export type Reader = {
  store: Store<Reading>;
  /** Something changed: read again, at the quick pace. Ends when what was there at the call has been read, or failed. */
  refresh(): Promise<void>;
  readOlder(): void;
  close(): void;
};

export type ReaderOptions = {
  api: Api;
  timers: Timers;
  key: ConversationKey;
  /** What an earlier visit has read. */
  kept: Thread | null;
  /** The newest `seq` as the ticket has it; null when there is no ticket. */
  last_seq: number | null;
};

export function openReader(options: ReaderOptions): Reader {
  const { api, key, timers } = options;
  const store = createStore<Reading>({ thread: options.kept, loading_older: false, error: null });
  let reading: Promise<void> | null = null;
  let again = false;
  let step = 0;
  let closed = false;
  let cancelTimer: (() => void) | null = null;

  function patch(change: Partial<Reading>): void {
    if (!closed) store.write({ ...store.read(), ...change });
  }

  async function readPage(after: number, limit: number): Promise<Thread> {
    const page = await api.conversation(key, after, limit);
    const thread = mergePage(store.read().thread, page, after);
    patch({ thread, error: null });
    return thread;
  }

  async function startingPoint(): Promise<number> {
    const { thread } = store.read();
    if (thread !== null) return newsAfter(thread);
    return firstAfter(options.last_seq ?? (await api.conversation(key, 0, 1)).last_seq);
  }

  async function catchUp(): Promise<void> {
    let after = await startingPoint();
    for (let pages = 0; pages < CATCH_UP_PAGES_MAX && !closed; pages += 1) {
      const thread = await readPage(after, PAGE_MESSAGES);
      const seen = lastSeen(thread);
      const next = Math.min(seen, after + PAGE_MESSAGES);
      if (seen >= thread.head.last_seq && next >= seen) return;
      if (next <= after) return;
      after = next;
    }
  }

  /** One read at a time; a sign that comes meanwhile adds one more round to it. */
  function read(): Promise<void> {
    again = true;
    reading ??= readRounds();
    return reading;
  }

  async function readRounds(): Promise<void> {
    cancelTimer?.();
    cancelTimer = null;
    try {
      while (again && !closed) {
        again = false;
        await catchUp();
      }
    } catch (error) {
      patch({ error: asApiError(error) });
    }
    reading = null;
    if (!closed) plan();
  }

  /** Read again later while something is open: a reply's fate, or a read that failed. */
  function plan(): void {
    const { thread, error } = store.read();
    const open = error !== null ? error.status === 0 || error.status >= 500 : thread !== null && hasUnsettled(thread);
    if (!open) return void (step = 0);
    const wait_ms = UNSETTLED_PACE_MS[Math.min(step, UNSETTLED_PACE_MS.length - 1)] ?? 0;
    step += 1;
    cancelTimer = timers.after(wait_ms, () => void read());
  }

  async function readOlder(): Promise<void> {
    const { thread, loading_older } = store.read();
    const after = thread === null ? null : olderAfter(thread);
    if (thread === null || after === null || loading_older) return;
    patch({ loading_older: true });
    try {
      await readPage(after, thread.after - after);
    } catch (error) {
      patch({ error: asApiError(error) });
    }
    patch({ loading_older: false });
  }

  void read();
  return {
    store,
    refresh() {
      step = 0;
      return read();
    },
    readOlder: () => void readOlder(),
    close() {
      closed = true;
      cancelTimer?.();
    },
  };
}
