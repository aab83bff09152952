// How often each account called each API today, against WeChat's daily limits; and clear_quota.
import type { Account } from './config.ts';

const DAY_MS = 86_400_000;
/** WeChat's day turns at midnight in China. */
const CHINA_MS = 8 * 3_600_000;
const CLEARS_PER_MONTH_MAX = 10;
const MONTH_MS = 30 * DAY_MS;

/** Documented calls a day; the second number is a test account's. */
const LIMITS: Record<string, [number, number]> = {
  '/cgi-bin/message/custom/send': [500_000, 50_000],
  '/cgi-bin/media/upload': [100_000, 500],
  '/cgi-bin/media/get': [200_000, 1_000],
  '/cgi-bin/message/template/send': [100_000, 100_000],
  '/cgi-bin/user/info': [5_000_000, 5_000_000],
  '/cgi-bin/qrcode/create': [100_000, 100_000],
};
/** Of every other API. */
const OTHER: [number, number] = [500_000, 50_000];

export interface Use {
  daily_limit: number;
  used: number;
  remain: number;
}

export class DailyQuota {
  #day = 0;
  #used = new Map<string, number>();
  #cleared = new Map<string, number[]>();

  /** False when the day's calls are used up; otherwise this one is counted. */
  take(account: Account, path: string, limits: Record<string, number>, nowMs: number): boolean {
    const { remain, used } = this.use(account, path, limits, nowMs);
    if (remain <= 0) return false;
    this.#used.set(keyOf(account, path), used + 1);
    return true;
  }

  use(account: Account, path: string, limits: Record<string, number>, nowMs: number): Use {
    const day = Math.floor((nowMs + CHINA_MS) / DAY_MS);
    if (day !== this.#day) this.#used.clear();
    this.#day = day;
    const [usual, test] = LIMITS[path] ?? OTHER;
    const limit = limits[path] ?? (account.tier === 'test' ? test : usual);
    const used = this.#used.get(keyOf(account, path)) ?? 0;
    return { daily_limit: limit, used, remain: Math.max(0, limit - used) };
  }

  /** clear_quota: false when this month's ten are used up. */
  clear(account: Account, nowMs: number): boolean {
    const earlier = (this.#cleared.get(account.id) ?? []).filter((at) => nowMs - at < MONTH_MS);
    if (earlier.length >= CLEARS_PER_MONTH_MAX) return false;
    this.#cleared.set(account.id, [...earlier, nowMs]);
    for (const key of [...this.#used.keys()]) if (key.startsWith(`${account.id} `)) this.#used.delete(key);
    return true;
  }

  reset(): void {
    this.#used.clear();
    this.#cleared.clear();
  }
}

function keyOf(account: Account, path: string): string {
  return `${account.id} ${path}`;
}
