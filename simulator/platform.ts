// The platform's state: customers and their phones, messages, media, logs, clock. No I/O.
import { createHash, randomBytes } from 'node:crypto';
import { HEALTHY } from './account_faults.ts';
import type { AccountFaults } from './account_faults.ts';
import type { Account, Config } from './config.ts';
import { ClientMsgIds } from './client_msg_ids.ts';
import { DailyQuota } from './daily_quota.ts';
import type { Grants } from './grants.ts';
import { CUSTOMERS_MAX, LOG_LINES_MAX, MESSAGES_MAX, TRANSCRIPT_ITEMS_MAX } from './limits.ts';
import { MediaStore } from './media_store.ts';
import type { Media } from './media_store.ts';
import { Refusal } from './refusal.ts';
import type { BodyKind, Shown } from './reply.ts';
import { Tokens } from './tokens.ts';
import type { Fields } from './xml.ts';

/** One line on a phone. `in_reply_to` is the msgid that a passive reply answers. */
export interface Item {
  id: number;
  at_ms: number;
  from: 'customer' | 'account' | 'system';
  kind: string;
  text: string;
  via?: 'passive' | 'custom_send' | 'template' | 'subscribe' | 'kf_send' | 'kf_event' | 'kf_servicer';
  msgid?: string;
  in_reply_to?: string;
  data?: Record<string, unknown>;
}

export interface Customer {
  openid: string;
  account: Account;
  name: string;
  following: boolean;
  followedAtMs: number;
  lastInboundMs: number;
  typingUntilMs: number;
  grants: Grants;
  transcript: Item[];
  /** Who holds the phone: the same in several accounts once they are said to be. */
  person: string;
  /** Of the QR code that made this customer follow. */
  scene: string | null;
  /** Switched off messages of this account. */
  blocked: boolean;
  /** How often each subscribe template may still be sent. */
  consents: Record<string, number>;
  /** A session of WeChat's own customer service. */
  kfSession: { kfAccount: string; openedAtMs: number } | null;
}

/** A customer of whom nothing is known yet. */
export function newCustomer(account: Account, openid: string, name: string): Customer {
  return {
    openid, account, name, following: false, followedAtMs: 0, lastInboundMs: 0, typingUntilMs: 0, grants: {}, transcript: [],
    person: openid, scene: null, blocked: false, consents: {}, kfSession: null,
  };
}

/** One message or event of a customer, as it is pushed, again and again if need be. */
export interface Message {
  /** WeChat's MsgId; for events, which have none, a name of ours that never goes out. */
  msgid: string;
  customer: Customer;
  fields: Fields;
  /** Of a type for which a news reply shows one article only. */
  plainMessage: boolean;
  /** WeChat takes no reply to some events. */
  replyable: boolean;
  /** Goes to WeChat's own customer service instead of the account's server. */
  withheld: boolean;
  attempts: number;
  outcome: string;
}

/** One attempt at one callback. `status` is HTTP's, null when no response came. */
export interface Delivery {
  id: number;
  msgid: string;
  openid: string;
  account: string;
  attempt: number;
  at_ms: number;
  ms: number | null;
  status: number | null;
  result: 'pending' | 'ack' | 'reply' | 'transfer' | 'failed';
  /** False when a newer attempt had begun: the phone never saw this response. */
  counted: boolean;
  why: string | null;
  body_kind: BodyKind;
  reply_kind: string | null;
  reply_text: string | null;
}

/** One call of the API; a token appears only by its last four characters. */
export interface Call {
  id: number;
  at_ms: number;
  ms: number | null;
  host: 'api' | 'api2';
  method: string;
  path: string;
  account: string | null;
  token_end: string | null;
  openid: string | null;
  text: string | null;
  accepted: boolean;
  result: 'under_way' | 'answered' | 'abandoned' | 'reset';
  status: number | null;
  errcode: number | null;
}

export type Change =
  | { type: 'customer'; openid: string }
  | { type: 'item'; openid: string; item: Item }
  | { type: 'typing'; openid: string; on: boolean }
  | { type: 'reset' };

export class Platform {
  readonly accounts: Account[];
  readonly tokens: Map<string, Tokens>;
  readonly dailyQuota = new DailyQuota();
  readonly clientMsgIds = new ClientMsgIds();
  customers = new Map<string, Customer>();
  deliveries: Delivery[] = [];
  calls: Call[] = [];
  /** Set by the server: what PicUrl begins with. */
  pictureBase = '';
  /** Set by the server: pushes what the platform itself has to say. */
  push: (message: Message) => void = () => {};
  /** Set by the server: tells the pages. */
  announce: (change: Change) => void = () => {};
  #messages = new Map<string, Message>();
  readonly #media = new MediaStore();
  #advancedMs = 0;
  #serial = 0;
  #configured: Account[];
  #faults = new Map<string, AccountFaults>();

  constructor(config: Config) {
    this.#configured = config.accounts;
    this.accounts = config.accounts.map((account) => ({ ...account }));
    this.tokens = new Map(config.accounts.map((account) => [account.id, new Tokens()]));
  }

  /** The clock of windows, quotas, tokens and media, which a test may push ahead; callbacks carry the real time. */
  nowMs(): number {
    return Date.now() + this.#advancedMs;
  }

  advance(ms: number): void {
    this.#advancedMs += ms;
  }

  serial(): number {
    return ++this.#serial;
  }

  /** A MsgId: 19 digits below 2^63, rising with time, so that a restart repeats none; or as cloud functions get it. */
  newMsgid(account?: Account, createTimeS = 0): string {
    if (account?.msgidForm === 'string') return `${randomBytes(16).toString('hex')}_${createTimeS}`;
    return `24${Date.now()}${String(this.serial() % 10_000).padStart(4, '0')}`;
  }

  reset(dropTokens: boolean): void {
    this.customers.clear();
    this.#messages.clear();
    this.#media.clear();
    this.deliveries = [];
    this.calls = [];
    this.#advancedMs = 0;
    this.dailyQuota.reset();
    this.clientMsgIds.clear();
    for (const [at, account] of this.accounts.entries()) {
      Object.assign(account, this.#configured[at]);
      if (dropTokens) this.tokens.set(account.id, new Tokens());
      else this.tokens.get(account.id)?.resetLimits();
    }
    this.announce({ type: 'reset' });
  }

  account(id: unknown): Account {
    const account = this.accounts.find((one) => one.id === id);
    if (!account) throw new Refusal(404, 'account.unknown', 'no such account; see GET /control/accounts');
    return account;
  }

  /** What is wrong with this account at present. */
  faultsOf(account: Account): AccountFaults {
    return this.#faults.get(account.id) ?? HEALTHY;
  }

  setFaults(account: Account, faults: AccountFaults): void {
    this.#faults.set(account.id, faults);
  }

  healAccounts(): void {
    this.#faults.clear();
  }

  customer(openid: string): Customer {
    const customer = this.customers.get(openid);
    if (!customer) throw new Refusal(404, 'customer.unknown', 'no such customer; create it with POST /control/customers');
    return customer;
  }

  addCustomer(account: Account, openid: string, name: string, following: boolean): Customer {
    const known = this.customers.get(openid);
    if (known && known.account !== account) throw new Refusal(409, 'customer.other_account', 'this openid belongs to another account');
    if (known) return known;
    if (this.customers.size >= CUSTOMERS_MAX) throw new Refusal(429, 'customer.too_many', `at most ${CUSTOMERS_MAX} customers; POST /control/reset`);
    // A mini program has no followers: whoever opens it may write.
    const followed = following || account.kind === 'mini_program';
    const customer: Customer = { ...newCustomer(account, openid, name), following: followed, followedAtMs: followed ? this.nowMs() : 0 };
    this.customers.set(openid, customer);
    this.announce({ type: 'customer', openid });
    return customer;
  }

  /** Customers as they were before a restart; line numbers go on from theirs. */
  restore(customers: Customer[]): void {
    for (const customer of customers) {
      this.customers.set(customer.openid, customer);
      this.#serial = Math.max(this.#serial, ...customer.transcript.map((item) => item.id));
    }
  }

  addMessage(message: Message): void {
    const key = `${message.customer.openid} ${message.msgid}`;
    if (this.#messages.has(key)) throw new Refusal(409, 'message.exists', 'this msgid was sent; use POST /control/redeliver');
    this.#messages.set(key, message);
    trimMap(this.#messages, MESSAGES_MAX);
  }

  /** The message with this msgid, the newest when several customers share it and none is named. */
  message(msgid: string, openid?: string): Message {
    const found = [...this.#messages.values()].findLast((one) => one.msgid === msgid && (!openid || one.customer.openid === openid));
    if (!found) throw new Refusal(404, 'message.unknown', 'no such msgid');
    return found;
  }

  addItem(customer: Customer, line: Omit<Item, 'id' | 'at_ms'>): Item {
    const item = { id: this.serial(), at_ms: Date.now(), ...line };
    if (item.from === 'account') this.endTyping(customer);
    customer.transcript.push(item);
    if (customer.transcript.length > TRANSCRIPT_ITEMS_MAX) customer.transcript.shift();
    this.announce({ type: 'item', openid: customer.openid, item });
    return item;
  }

  /** 'Typing…' ends with the account's next message, or when it says so. */
  endTyping(customer: Customer): void {
    if (customer.typingUntilMs === 0) return;
    customer.typingUntilMs = 0;
    this.announce({ type: 'typing', openid: customer.openid, on: false });
  }

  /** A phone shows one passive reply per message: that of the newest attempt. */
  showPassive(message: Message, shown: Shown): void {
    const { customer, msgid } = message;
    const old = customer.transcript.find((item) => item.in_reply_to === msgid);
    if (!old) {
      this.addItem(customer, { from: 'account', via: 'passive', in_reply_to: msgid, ...shown });
      return;
    }
    Object.assign(old, { data: undefined }, shown);
    this.announce({ type: 'item', openid: customer.openid, item: old });
  }

  addDelivery(delivery: Delivery): void {
    this.deliveries.push(delivery);
    if (this.deliveries.length > LOG_LINES_MAX) this.deliveries.shift();
  }

  addCall(call: Call): void {
    this.calls.push(call);
    if (this.calls.length > LOG_LINES_MAX) this.calls.shift();
  }

  addMedia(account: string, kind: string, type: string, bytes: Buffer, permanent = false): Media {
    return this.#media.add({ account, kind, type, bytes, createdAtMs: this.nowMs(), permanent });
  }

  /** Of this account (any, when null) and not older than three days. */
  media(account: string | null, id: string): Media | undefined {
    return this.#media.find(account, id, this.nowMs());
  }

  /** A PicUrl, which needs no token. */
  pictureUrl(mediaId: string): string {
    return `${this.pictureBase}/mmbiz/${mediaId}/0`;
  }

  /** One per person and Open Platform name; null for an account that is bound to none. */
  unionid({ account, person }: { account: { openPlatform: string | null }; person: string }): string | null {
    if (account.openPlatform === null) return null;
    return `o${createHash('sha256').update(`${account.openPlatform}|${person}`).digest('base64url').slice(0, 27)}`;
  }
}

function trimMap(map: Map<string, unknown>, max: number): void {
  const [oldest] = map.keys();
  if (map.size > max && oldest !== undefined) map.delete(oldest);
}

/** 28 characters beginning with `o`. */
export function newOpenid(): string {
  return `o${randomBytes(21).toString('base64url').slice(0, 27)}`;
}
