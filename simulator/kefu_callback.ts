// Rings the callback of KF: that something is there, never what. Attempts, merging, loss.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Courier } from './delivery.ts';
import type { Faults } from './faults.ts';
import type { Desk, Kefu } from './kefu.ts';
import { MERGE_WAIT_MS } from './kefu_limits.ts';
import { buildKefuPacket } from './kefu_packet.ts';
import { ATTEMPTS_MAX, DELIVERIES_IN_FLIGHT_MAX } from './limits.ts';
import type { Delivery } from './platform.ts';
import type { Fields } from './xml.ts';

/** `lost`: never sent. */
export type BellOutcome = 'ack' | 'failed' | 'lost';

interface Group {
  about: string;
  size: number;
  ring: PromiseWithResolvers<BellOutcome>;
  timer: NodeJS.Timeout;
}

export class Bell {
  readonly #kefu: Kefu;
  readonly #courier: Courier;
  readonly #faults: Faults;
  readonly #pauseMs: number;
  #groups = new Map<Desk, Group>();
  #inFlight = 0;
  #stop = new AbortController();

  constructor(kefu: Kefu, courier: Courier, faults: Faults, pauseMs: number) {
    this.#kefu = kefu;
    this.#courier = courier;
    this.#faults = faults;
    this.#pauseMs = pauseMs;
  }

  /** Something new for sync_msg; one callback may stand for several when `merge` says so. */
  ring(desk: Desk, about: string): Promise<BellOutcome> {
    const { settings } = desk;
    if (settings.merge < 2) return this.#send(desk, about, messageEvent(this.#kefu, desk));
    const group = this.#groups.get(desk) ?? {
      about, size: 0, ring: Promise.withResolvers<BellOutcome>(), timer: setTimeout(() => this.#flush(desk), MERGE_WAIT_MS),
    };
    this.#groups.set(desk, Object.assign(group, { about, size: group.size + 1 }));
    if (group.size >= settings.merge) this.#flush(desk);
    return group.ring.promise;
  }

  /** The account's API rights were given or taken. */
  tellGrant(desk: Desk, granted: boolean): Promise<BellOutcome> {
    const { corpid, openKfid } = desk.account;
    return this.#send(desk, '', {
      ToUserName: corpid, FromUserName: 'sys', CreateTime: Math.floor(Date.now() / 1000), MsgType: 'event', Event: 'kf_account_auth_change',
      [granted ? 'AuthAddOpenKfId' : 'AuthDelOpenKfId']: openKfid,
    });
  }

  /** Cuts what is under way; it ends as failed. */
  abort(): void {
    for (const { timer, ring } of this.#groups.values()) {
      clearTimeout(timer);
      ring.resolve('failed');
    }
    this.#groups.clear();
    this.#stop.abort();
    this.#stop = new AbortController();
  }

  #flush(desk: Desk): void {
    const group = this.#groups.get(desk);
    if (!group) return;
    clearTimeout(group.timer);
    this.#groups.delete(desk);
    void this.#send(desk, group.about, messageEvent(this.#kefu, desk)).then(group.ring.resolve);
  }

  #send(desk: Desk, about: string, fields: Fields): Promise<BellOutcome> {
    if (desk.settings.lose > 0) {
      desk.settings.lose -= 1;
      return Promise.resolve('lost');
    }
    if (this.#inFlight >= DELIVERIES_IN_FLIGHT_MAX) return Promise.resolve('lost');
    this.#inFlight += 1;
    return this.#faults.inOrder(() => this.#course(desk, about, fields)).finally(() => (this.#inFlight -= 1));
  }

  /** Up to three attempts, each begun when the one before has failed. */
  async #course(desk: Desk, about: string, fields: Fields): Promise<BellOutcome> {
    const { signal } = this.#stop;
    const name = `kf-${this.#kefu.platform.serial()}`;
    const copies = 1 + this.#faults.delivery.duplicate;
    for (let round = 1; round <= ATTEMPTS_MAX; round += 1) {
      const whys = await Promise.all(Array.from({ length: copies }, (_, copy) => this.#attempt(desk, about, fields, { name, attempt: (round - 1) * copies + copy + 1 }, signal)));
      if (whys.includes(null)) return 'ack';
      if (signal.aborted) break;
      if (round < ATTEMPTS_MAX && !whys.includes('timeout')) await sleep(this.#pauseMs, undefined, { signal }).catch(() => {});
    }
    return 'failed';
  }

  /** Null when the other side answered 200, whatever it said; else why it failed. */
  async #attempt(desk: Desk, about: string, fields: Fields, { name, attempt }: { name: string; attempt: number }, signal: AbortSignal): Promise<string | null> {
    const { platform } = this.#kefu;
    const delivery: Delivery = {
      id: platform.serial(), msgid: name, openid: about, account: desk.account.id, attempt, at_ms: Date.now(), ms: null,
      status: null, result: 'pending', counted: true, why: null, body_kind: 'none', reply_kind: null, reply_text: null,
    };
    platform.addDelivery(delivery);
    delivery.why = await this.#push(desk, fields, delivery, signal);
    Object.assign(delivery, { ms: Date.now() - delivery.at_ms, result: delivery.why === null ? 'ack' : 'failed' });
    return delivery.why;
  }

  async #push(desk: Desk, fields: Fields, delivery: Delivery, signal: AbortSignal): Promise<string | null> {
    try {
      if (this.#faults.takeDrop()) return 'dropped';
      if (this.#faults.delivery.delay_ms > 0) await sleep(this.#faults.delivery.delay_ms, undefined, { signal });
      const response = await this.#courier.post(desk.account.path, buildKefuPacket(this.#kefu.platformSide(desk.account), fields, this.#kefu.callbackTimeMs(desk.account)), signal);
      const text = response.body.toString('utf8');
      Object.assign(delivery, { status: response.status, body_kind: text === '' ? 'empty' : text === 'success' ? 'success' : 'other' });
      return response.status === 200 ? null : `http_${response.status}`;
    } catch (error) {
      return error instanceof Error && error.message === 'timeout' ? 'timeout' : 'connection';
    }
  }
}

function messageEvent(kefu: Kefu, { account, callbackTokens }: Desk): Fields {
  return {
    ToUserName: account.corpid, CreateTime: Math.floor(Date.now() / 1000), MsgType: 'event', Event: 'kf_msg_or_event',
    Token: callbackTokens.issue(kefu.platform.nowMs()), OpenKfId: account.openKfid,
  };
}
