// Misbehaviour on demand: rules for deliveries and API calls, and the calls held open by a hang.
import { DELIVERIES_IN_FLIGHT_MAX, FAULT_RULES_MAX, HELD_CALLS_MAX } from './limits.ts';
import type { PictureFault } from './pictures.ts';
import { Refusal } from './refusal.ts';

export type Stage = 'before_accept' | 'after_accept';

/** The API's hosts: the usual one, and the one for when that is down. */
export const HOSTS = ['api', 'api2'] as const;
export type Host = (typeof HOSTS)[number];
export const OUTAGES = ['reset', 'timeout', 'http_502'] as const;
export type Outage = (typeof OUTAGES)[number];

export interface ApiRule {
  /** Either host when left out. */
  host?: Host;
  /** Exact path, such as `/cgi-bin/message/custom/send`. */
  path: string;
  /** Calls it still applies to. */
  times: number;
  delay_ms?: number;
  errcode?: number;
  http_status?: number;
  hang?: Stage;
  reset?: Stage;
}

export interface DeliveryFaults {
  /** Before each attempt. */
  delay_ms: number;
  /** Attempts that get lost on the way; WeChat counts them as failed. */
  drop: number;
  /** Extra copies of each attempt, sent at the same moment. */
  duplicate: number;
  /** Collect this many messages, then deliver the last one first; 0 = off. */
  reorder: number;
}

export interface HeldCall {
  id: number;
  path: string;
  stage: Stage;
  openid: string | null;
  at_ms: number;
}

/** A part group that is not full after this long goes out as it is. */
const REORDER_WAIT_MS = 2_000;
const QUIET: DeliveryFaults = { delay_ms: 0, drop: 0, duplicate: 0, reorder: 0 };

export class Faults {
  delivery: DeliveryFaults = { ...QUIET };
  api: ApiRule[] = [];
  /** Which host does not answer, and how; null: it does. */
  hosts: Record<Host, Outage | null> = { api: null, api2: null };
  /** What PicUrl leads to in place of the picture. */
  pictures: PictureFault | null = null;
  #outages: { host: Host; end: () => void }[] = [];
  #held = new Map<number, { call: HeldCall; end: (released: boolean) => void }>();
  #heldWaiters = new Set<() => void>();
  #reordering: (() => Promise<unknown>)[] = [];
  #reorderTimer: NodeJS.Timeout | undefined;

  addRule(rule: ApiRule): void {
    if (this.api.length >= FAULT_RULES_MAX) throw new Refusal(429, 'faults.too_many', `at most ${FAULT_RULES_MAX} rules; DELETE /control/faults`);
    this.api.push(rule);
  }

  /** The first rule for this path on this host, used up by one. */
  take(path: string, host: Host): ApiRule | undefined {
    const rule = this.api.find((one) => one.path === path && (one.host ?? host) === host);
    if (rule && --rule.times <= 0) this.api.splice(this.api.indexOf(rule), 1);
    return rule;
  }

  takeDrop(): boolean {
    if (this.delivery.drop <= 0) return false;
    this.delivery.drop -= 1;
    return true;
  }

  clear(): void {
    this.delivery = { ...QUIET };
    this.api = [];
    this.hosts = { api: null, api2: null };
    this.pictures = null;
    for (const host of HOSTS) this.endOutage(host);
    this.release();
    this.#flushReorder();
  }

  /** Waits with a call to a host that does not answer, until the caller leaves or the outage ends. */
  silence(host: Host, gone: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const entry = { host, end: resolve };
      this.#outages.push(entry);
      gone.addEventListener('abort', () => {
        this.#outages = this.#outages.filter((one) => one !== entry);
        resolve();
      }, { once: true });
    });
  }

  /** Calls that were kept waiting are cut. */
  endOutage(host: Host): void {
    const ended = this.#outages.filter((one) => one.host === host);
    this.#outages = this.#outages.filter((one) => one.host !== host);
    for (const one of ended) one.end();
  }

  held(): HeldCall[] {
    return [...this.#held.values()].map((one) => one.call);
  }

  /** Resolves as soon as a call is held, or after `waitMs`. */
  heldWithin(waitMs: number): Promise<HeldCall[]> {
    if (this.#held.size > 0 || waitMs <= 0) return Promise.resolve(this.held());
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        this.#heldWaiters.delete(done);
        resolve(this.held());
      };
      const timer = setTimeout(done, waitMs);
      this.#heldWaiters.add(done);
    });
  }

  /** True once released, false when the caller hung up first (`gone` fires). */
  hold(call: HeldCall, gone: AbortSignal): Promise<boolean> {
    if (gone.aborted || this.#held.size >= HELD_CALLS_MAX) return Promise.resolve(false);
    return new Promise((resolve) => {
      const end = (released: boolean): void => {
        this.#held.delete(call.id);
        resolve(released);
      };
      gone.addEventListener('abort', () => end(false), { once: true });
      this.#held.set(call.id, { call, end });
      for (const wake of [...this.#heldWaiters]) wake();
    });
  }

  /** Lets held calls go on: all, or the one with this id. Returns how many. */
  release(id?: number): number {
    const chosen = [...this.#held.values()].filter((one) => id === undefined || one.call.id === id);
    for (const one of chosen) one.end(true);
    return chosen.length;
  }

  /** Runs `run` now, or after those that came later when messages are being reordered. */
  inOrder<T>(run: () => Promise<T>): Promise<T> {
    if (this.delivery.reorder < 2) return run();
    return new Promise((resolve, reject) => {
      this.#reordering.push(() => run().then(resolve, reject));
      clearTimeout(this.#reorderTimer);
      if (this.#reordering.length >= Math.min(this.delivery.reorder, DELIVERIES_IN_FLIGHT_MAX)) this.#flushReorder();
      else this.#reorderTimer = setTimeout(() => this.#flushReorder(), REORDER_WAIT_MS);
    });
  }

  async #flushReorder(): Promise<void> {
    clearTimeout(this.#reorderTimer);
    for (const run of this.#reordering.splice(0).reverse()) await run();
  }
}
