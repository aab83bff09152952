// The access token of one WeCom app, and the tokens that callbacks bring for sync_msg.
import { randomBytes } from 'node:crypto';
import { CALLBACK_TOKEN_MS, CALLBACK_TOKENS_MAX, OLD_TOKENS_MAX, TOKEN_LIFE_MS } from './kefu_limits.ts';

export type KefuTokenState = 'good' | 'expired' | 'invalid' | 'unknown';

/** gettoken: the same token during its life; `expires_in` is what is left of it. */
export class AppToken {
  /** Each token's end, ms; null when it was taken back. */
  #known = new Map<string, number | null>();
  #current: string | null = null;
  #ending: { calls: number; how: 'expire' | 'revoke' } | null = null;
  readonly #nowMs: () => number;

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  take(): { token: string; expiresInS: number } {
    const nowMs = this.#nowMs();
    if (this.#current === null || this.state(this.#current) !== 'good') {
      this.#current = randomBytes(96).toString('base64url');
      this.#known.set(this.#current, nowMs + TOKEN_LIFE_MS);
      dropOldest(this.#known, OLD_TOKENS_MAX);
    }
    const end = this.#known.get(this.#current) ?? nowMs;
    return { token: this.#current, expiresInS: Math.ceil((end - nowMs) / 1000) };
  }

  state(token: string): KefuTokenState {
    const end = this.#known.get(token);
    if (end === undefined) return 'unknown';
    if (end === null) return 'invalid';
    return end <= this.#nowMs() ? 'expired' : 'good';
  }

  /** Fault: every token ends, now or after so many more calls; null: none does. */
  endAfter(calls: number, how: 'expire' | 'revoke' | null): void {
    this.#ending = calls > 0 && how ? { calls, how } : null;
    if (calls === 0 && how) this[how]();
  }

  /** A call with one of these tokens: an end that was put off comes nearer. */
  countCall(): void {
    if (!this.#ending || --this.#ending.calls > 0) return;
    this[this.#ending.how]();
    this.#ending = null;
  }

  /** Runs out now (42001); the next gettoken gives another. */
  expire(): void {
    const nowMs = this.#nowMs();
    for (const [token, end] of this.#known) if (end !== null) this.#known.set(token, Math.min(end, nowMs));
  }

  /** Taken back before its time (40014), as WeCom may do; the next gettoken gives another. */
  revoke(): void {
    for (const token of this.#known.keys()) this.#known.set(token, null);
  }
}

/** Each callback brings one; it is good for its account, ten minutes, any number of calls. */
export class CallbackTokens {
  #endsMs = new Map<string, number>();

  issue(nowMs: number): string {
    const token = `ENC${randomBytes(48).toString('base64url')}`;
    this.#endsMs.set(token, nowMs + CALLBACK_TOKEN_MS);
    dropOldest(this.#endsMs, CALLBACK_TOKENS_MAX);
    return token;
  }

  good(token: string, nowMs: number): boolean {
    return (this.#endsMs.get(token) ?? 0) > nowMs;
  }
}

export function dropOldest(kept: Map<string, unknown> | Set<string>, max: number): void {
  const [oldest] = kept.keys();
  if (kept.size > max && oldest !== undefined) kept.delete(oldest);
}
