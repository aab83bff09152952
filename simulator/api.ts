// The API as seen on the wire: logs each call and lets the faults have their way around it.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { finished } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Answer, Request } from './answer.ts';
import { aboutOf, answer, authorise } from './endpoints.ts';
import { errcode } from './errors.ts';
import type { ApiRule, Faults, Host, Stage } from './faults.ts';
import { readBody, send } from './http.ts';
import { stringify } from './json.ts';
import type { Kefu } from './kefu.ts';
import { aboutKefu, answerKefu } from './kefu_api.ts';
import { BODY_BYTES_MAX, UPLOAD_BYTES_MAX } from './limits.ts';
import type { Call, Platform } from './platform.ts';
import { Refusal } from './refusal.ts';

interface Turn {
  call: Call;
  request: Request;
  response: ServerResponse;
  rule: ApiRule | undefined;
  /** Fires when the caller hangs up. */
  gone: AbortSignal;
}

export class Api {
  readonly #platform: Platform;
  readonly #faults: Faults;
  readonly #kefu: Kefu;

  constructor(platform: Platform, faults: Faults, kefu: Kefu) {
    this.#kefu = kefu;
    this.#platform = platform;
    this.#faults = faults;
  }

  async handle(incoming: IncomingMessage, response: ServerResponse, url: URL, host: Host): Promise<void> {
    const hangUp = new AbortController();
    response.on('close', () => hangUp.abort());
    const request = await readRequest(incoming, url);
    const call = this.#log(url, request, host);
    if (this.#faults.hosts[host] !== null) return this.#out(call, host, response, hangUp.signal);
    const turn: Turn = { call, request, response, rule: this.#faults.take(url.pathname, host), gone: hangUp.signal };
    if (turn.rule?.delay_ms) await sleep(turn.rule.delay_ms);
    if (await this.#interrupted(turn, 'before_accept')) return;
    const reply = this.#reply(turn);
    turn.call.accepted = reply?.accepted ?? false;
    if (await this.#interrupted(turn, 'after_accept')) return;
    this.#finish(turn, reply);
  }

  /** A host that is down: nothing is accepted. */
  async #out(call: Call, host: Host, response: ServerResponse, gone: AbortSignal): Promise<void> {
    const outage = this.#faults.hosts[host];
    if (outage === 'timeout') await this.#faults.silence(host, gone);
    call.ms = Date.now() - call.at_ms;
    if (outage === 'http_502') {
      Object.assign(call, { result: 'answered', status: 502 });
      send(response, 502, 'text/html', Buffer.from('<html><body><h1>502 Bad Gateway</h1></body></html>'));
      return;
    }
    call.result = outage === 'timeout' ? 'abandoned' : 'reset';
    response.destroy();
  }

  /** True when the call ends here: cut by a reset, or the caller left while it was held. */
  async #interrupted({ call, response, rule, gone }: Turn, stage: Stage): Promise<boolean> {
    if (rule?.hang === stage) {
      const released = await this.#faults.hold({ id: call.id, path: call.path, stage, openid: call.openid, at_ms: Date.now() }, gone);
      if (!released) {
        call.result = 'abandoned';
        response.destroy();
        return true;
      }
    }
    if (rule?.reset !== stage) return false;
    call.result = 'reset';
    response.destroy();
    return true;
  }

  #reply({ call, request, rule }: Turn): Answer | null {
    if (rule?.errcode !== undefined) return { json: { ...errcode(rule.errcode) }, accepted: false };
    if (rule?.http_status !== undefined) return null;
    return answerKefu(this.#kefu, call.path, request) ?? answer(this.#platform, call.path, request);
  }

  #finish({ call, response, rule, gone }: Turn, reply: Answer | null): void {
    call.ms = Date.now() - call.at_ms;
    call.result = gone.aborted ? 'abandoned' : 'answered';
    call.status = reply ? 200 : (rule?.http_status ?? 404);
    if (!reply) {
      send(response, call.status, 'text/html', Buffer.from(`<html><body><h1>${call.status}</h1></body></html>`));
      return;
    }
    call.errcode = typeof reply.json.errcode === 'number' ? reply.json.errcode : 0;
    const { file } = reply;
    if (file) send(response, 200, file.type, file.bytes, { 'content-disposition': `attachment; filename="${file.name}"` });
    else send(response, 200, 'application/json; encoding=utf-8', Buffer.from(stringify(reply.json)));
  }

  #log(url: URL, request: Request, host: Host): Call {
    const token = url.searchParams.get('access_token');
    const about = aboutOf(request);
    const account = token === null ? (this.#platform.accounts.find((one) => one.appid === about.appid) ?? null) : authorise(this.#platform, token);
    const call: Call = {
      id: this.#platform.serial(), at_ms: Date.now(), ms: null, host, method: request.method, path: url.pathname,
      account: account !== null && typeof account !== 'number' ? account.id : null, token_end: token === null ? null : token.slice(-4),
      openid: about.openid, text: about.text, accepted: false, result: 'under_way', status: null, errcode: null, ...aboutKefu(this.#kefu, request),
    };
    this.#platform.addCall(call);
    return call;
  }
}

async function readRequest(incoming: IncomingMessage, url: URL): Promise<Request> {
  const upload = url.pathname === '/cgi-bin/media/upload';
  const body = await readBody(incoming, upload ? UPLOAD_BYTES_MAX : BODY_BYTES_MAX).catch(async (error: unknown) => {
    if (!upload || !(error instanceof Refusal)) throw error;
    // The caller hears the answer only after it has sent everything.
    await finished(incoming.resume(), { writable: false }).catch(() => {});
    return null;
  });
  const { 'content-type': contentType = '', 'content-length': length } = incoming.headers;
  return {
    ip: (incoming.socket.remoteAddress ?? '').replace(/^::ffff:/, ''), method: incoming.method ?? 'GET', query: url.searchParams, contentType,
    contentLength: length === undefined ? null : Number(length), body: body ?? Buffer.alloc(0), tooLarge: body === null,
  };
}
