// Pushes a message to its callback: attempts, time-out, redelivery, and what the phone shows in the end.
import http from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { platformSide } from './account_faults.ts';
import type { Config } from './config.ts';
import type { Faults } from './faults.ts';
import { ATTEMPTS_MAX, BODY_BYTES_MAX, DELIVERIES_IN_FLIGHT_MAX } from './limits.ts';
import { buildPacket, renderMessage } from './packet.ts';
import type { Packet } from './packet.ts';
import type { Delivery, Message, Platform } from './platform.ts';
import { Refusal } from './refusal.ts';
import { judge } from './reply.ts';
import type { HttpResponse, Verdict } from './reply.ts';

/** The bubble WeChat shows when an account does not answer. */
export const FAILURE_TEXT = '该公众号提供的服务出现故障，请稍后再试';
const MINI_PROGRAM_FAILURE_TEXT = '该小程序客服暂时无法提供服务，请稍后再试';

/** How a message ended: `superseded` when a later round took over. */
export type Outcome = 'ack' | 'reply' | 'transfer' | 'failed' | 'superseded';

export class Courier {
  callbackBase: string;
  readonly #platform: Platform;
  readonly #faults: Faults;
  readonly #timeoutMs: number;
  readonly #pauseMs: number;
  #inFlight = 0;
  #stop = new AbortController();

  constructor(config: Config, platform: Platform, faults: Faults) {
    this.callbackBase = config.callbackBase;
    this.#timeoutMs = config.deliveryTimeoutMs;
    this.#pauseMs = config.redeliveryPauseMs;
    this.#platform = platform;
    this.#faults = faults;
  }

  /** Refuses when too much is under way: checked before a message is written, so that none is left without a delivery. */
  admit(): void {
    if (this.#inFlight >= DELIVERIES_IN_FLIGHT_MAX) throw new Refusal(429, 'delivery.busy', `${DELIVERIES_IN_FLIGHT_MAX} deliveries are under way`);
  }

  /** A message's whole course: up to three attempts, each begun when the one before has failed. */
  deliver(message: Message): Promise<Outcome> {
    return this.#faults.inOrder(() => this.#course(message, 1 + this.#faults.delivery.duplicate, ATTEMPTS_MAX));
  }

  /** The same message again, `copies` at once; no further attempts follow. */
  redeliver(message: Message, copies: number): Promise<Outcome> {
    return this.#course(message, copies, 1);
  }

  /** Cuts every connection; what is under way ends as failed and shows nothing. */
  abort(): void {
    this.#stop.abort();
    this.#stop = new AbortController();
  }

  async #course(message: Message, copies: number, rounds: number): Promise<Outcome> {
    const { signal } = this.#stop;
    let verdict: Verdict | null = null;
    for (let round = 1; round <= rounds; round += 1) {
      const all = await Promise.all(Array.from({ length: copies }, () => this.#attempt(message, signal)));
      verdict = all.at(-1) ?? null;
      if (signal.aborted || verdict === null || verdict.result !== 'failed') break;
      if (round < rounds && verdict.why !== 'timeout') await sleep(this.#pauseMs, undefined, { signal }).catch(() => {});
    }
    if (signal.aborted) return 'failed';
    if (verdict === null) return 'superseded';
    this.#show(message, verdict);
    message.outcome = verdict.result;
    return verdict.result;
  }

  #show(message: Message, verdict: Verdict): void {
    const { customer, msgid } = message;
    if (!customer.following || !message.replyable) return;
    if (verdict.result === 'reply') this.#platform.showPassive(message, verdict.shown);
    const answered = customer.transcript.some((item) => item.in_reply_to === msgid);
    if (verdict.result === 'failed' && !answered) {
      this.#platform.addItem(customer, { from: 'system', kind: 'failure', text: customer.account.kind === 'mini_program' ? MINI_PROGRAM_FAILURE_TEXT : FAILURE_TEXT, msgid });
    }
  }

  /** One push. Null when a newer attempt began meanwhile: then this response counts for nothing. */
  async #attempt(message: Message, signal: AbortSignal): Promise<Verdict | null> {
    const attempt = (message.attempts += 1);
    const { openid, account } = message.customer;
    const delivery: Delivery = {
      id: this.#platform.serial(), msgid: message.msgid, openid, account: account.id, attempt, at_ms: Date.now(), ms: null,
      status: null, result: 'pending', counted: false, why: null, body_kind: 'none', reply_kind: null, reply_text: null,
    };
    this.#platform.addDelivery(delivery);
    this.#inFlight += 1;
    const verdict = await this.#push(message, delivery, signal).finally(() => (this.#inFlight -= 1));
    const counted = attempt === message.attempts;
    Object.assign(delivery, { ms: Date.now() - delivery.at_ms, result: verdict.result, body_kind: verdict.bodyKind, counted });
    if (verdict.result === 'failed') delivery.why = verdict.why;
    if (verdict.result === 'reply') Object.assign(delivery, { reply_kind: verdict.shown.kind, reply_text: verdict.shown.text });
    return counted ? verdict : null;
  }

  async #push(message: Message, delivery: Delivery, signal: AbortSignal): Promise<Verdict> {
    const failed = (why: string): Verdict => ({ bodyKind: 'none', result: 'failed', why });
    try {
      if (this.#faults.takeDrop()) return failed('dropped');
      if (this.#faults.delivery.delay_ms > 0) await sleep(this.#faults.delivery.delay_ms, undefined, { signal });
      const { openid } = message.customer;
      const faults = this.#platform.faultsOf(message.customer.account);
      const account = platformSide(message.customer.account, faults);
      const packet = buildPacket(account, openid, renderMessage(account, message.fields), Date.now() + faults.skew_s * 1000);
      const response = await this.post(account.path, packet, signal);
      delivery.status = response.status;
      const mediaKnown = (id: string): boolean => this.#platform.media(account.id, id) !== undefined;
      return judge(account, { openid, plainMessage: message.plainMessage, mediaKnown }, response);
    } catch (error) {
      return failed(error instanceof Error && error.message === 'timeout' ? 'timeout' : 'connection');
    }
  }

  /** POST to a callback; throws `timeout` after WeChat's patience, other errors when the connection fails. */
  post(path: string, packet: Packet, signal?: AbortSignal): Promise<HttpResponse> {
    return this.#request('POST', path, packet.query, packet.body, signal);
  }

  /** GET of the URL check. */
  check(path: string, query: Record<string, string>): Promise<HttpResponse> {
    return this.#request('GET', path, query, null);
  }

  #request(method: string, path: string, query: Record<string, string>, body: Buffer | null, signal?: AbortSignal): Promise<HttpResponse> {
    const url = `${this.callbackBase}/callback/${path}?${new URLSearchParams(query)}`;
    const headers = body ? { 'content-type': body[0] === 0x7b ? 'application/json' : 'text/xml', 'content-length': body.length } : {};
    return new Promise((resolve, reject) => {
      // A connection of its own per push: a kept one may be dead after a restart of the other side.
      const request = http.request(url, { method, headers, agent: false, ...(signal ? { signal } : {}) }, (response) => {
        collect(response).then((bytes) => resolve({ status: response.statusCode ?? 0, headers: flat(response.headers), body: bytes }), reject);
      });
      const timer = setTimeout(() => {
        reject(new Error('timeout'));
        request.destroy();
      }, this.#timeoutMs);
      request.on('error', reject).on('close', () => clearTimeout(timer));
      request.end(body ?? undefined);
    });
  }
}

async function collect(response: http.IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of response) {
    bytes += (chunk as Buffer).length;
    if (bytes > BODY_BYTES_MAX) throw new Error('response too long');
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks);
}

function flat(headers: http.IncomingHttpHeaders): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));
}
