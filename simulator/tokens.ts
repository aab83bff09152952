// Access tokens of one account: /token and stable_token with their overlaps and limits.
import { randomBytes } from 'node:crypto';

/** The life of a token, and the overlap of an old one with its successor. */
const LIFE_MS = 7_200_000;
const OVERLAP_MS = 300_000;
const DAY_MS = 86_400_000;
const FORCE_GAP_MS = 30_000;
const FORCE_PER_DAY_MAX = 20;
const CLASSIC_PER_DAY_MAX = 2_000;
/** Old tokens worth remembering, to tell "expired" from "never ours". */
const KNOWN_MAX = 200;

interface Known {
  expiresAtMs: number;
  /** Replaced or taken back: answers 40001 where a token that ran out answers 42001. */
  replacedAtMs: number | null;
}

export type Issue = { token: string; expiresInS: number } | { errcode: 45009 };
export type TokenState = 'good' | 'expired' | 'invalid';

export class Tokens {
  #known = new Map<string, Known>();
  #stable: string | null = null;
  #classic: string | null = null;
  #forcedAtMs: number[] = [];
  #classicCallsAtMs: number[] = [];
  #ending: { calls: number; how: 'expire' | 'revoke' } | null = null;

  /** stable_token. Normal mode keeps the token until 5 minutes before its end; force mode kills it at once. */
  stable(force: boolean, nowMs: number): Issue {
    const current = this.#stable === null ? undefined : this.#known.get(this.#stable);
    const fresh = this.#stable !== null && current !== undefined && current.expiresAtMs - nowMs > OVERLAP_MS;
    const last = this.#forcedAtMs.at(-1) ?? -Infinity;
    if (force && nowMs - last >= FORCE_GAP_MS) {
      this.#forcedAtMs = this.#forcedAtMs.filter((at) => nowMs - at < DAY_MS);
      if (this.#forcedAtMs.length >= FORCE_PER_DAY_MAX) return { errcode: 45009 };
      this.#forcedAtMs.push(nowMs);
      if (current) current.replacedAtMs ??= nowMs;
      return this.#issue('stable', nowMs);
    }
    if (fresh && current && this.#stable !== null) {
      return { token: this.#stable, expiresInS: Math.floor((current.expiresAtMs - nowMs) / 1000) };
    }
    return this.#issue('stable', nowMs);
  }

  /** /cgi-bin/token: each call makes a new one; the old one lives 5 more minutes. */
  classic(nowMs: number): Issue {
    this.#classicCallsAtMs = this.#classicCallsAtMs.filter((at) => nowMs - at < DAY_MS);
    if (this.#classicCallsAtMs.length >= CLASSIC_PER_DAY_MAX) return { errcode: 45009 };
    this.#classicCallsAtMs.push(nowMs);
    const current = this.#classic === null ? undefined : this.#known.get(this.#classic);
    if (current) current.replacedAtMs ??= nowMs + OVERLAP_MS;
    return this.#issue('classic', nowMs);
  }

  state(token: string, nowMs: number): TokenState {
    const known = this.#known.get(token);
    if (!known || (known.replacedAtMs !== null && known.replacedAtMs <= nowMs)) return 'invalid';
    return known.expiresAtMs <= nowMs ? 'expired' : 'good';
  }

  /** Fault: every token ends, now or after so many more calls. */
  endAfter(calls: number, how: 'expire' | 'revoke', nowMs: number): void {
    this.#ending = calls > 0 ? { calls, how } : null;
    if (calls === 0) this[how](nowMs);
  }

  /** A call with one of these tokens: an end that was put off comes nearer. */
  countCall(nowMs: number): void {
    if (!this.#ending || --this.#ending.calls > 0) return;
    this[this.#ending.how](nowMs);
    this.#ending = null;
  }

  /** Fault: every token runs out now; the next call of normal mode issues another. */
  expire(nowMs: number): void {
    for (const known of this.#known.values()) known.expiresAtMs = Math.min(known.expiresAtMs, nowMs);
  }

  /** Fault: every token is refused from now on, yet normal mode still hands the same one out. */
  revoke(nowMs: number): void {
    for (const known of this.#known.values()) known.replacedAtMs ??= nowMs;
  }

  /** Forgets the counted calls, not the tokens. */
  resetLimits(): void {
    this.#forcedAtMs = [];
    this.#classicCallsAtMs = [];
    this.#ending = null;
  }

  #issue(line: 'stable' | 'classic', nowMs: number): Issue {
    const token = `${line === 'stable' ? 'S' : 'C'}_${randomBytes(64).toString('base64url')}`;
    this.#known.set(token, { expiresAtMs: nowMs + LIFE_MS, replacedAtMs: null });
    if (line === 'stable') this.#stable = token;
    else this.#classic = token;
    const [oldest] = this.#known.keys();
    if (this.#known.size > KNOWN_MAX && oldest !== undefined) this.#known.delete(oldest);
    return { token, expiresInS: LIFE_MS / 1000 };
  }
}
