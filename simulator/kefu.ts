// The state of WeCom KF: apps, accounts with their message logs, customers and their phones, one-time codes. No I/O.
import { randomBytes } from 'node:crypto';
import { HEALTHY, platformSide } from './account_faults.ts';
import type { AccountFaults } from './account_faults.ts';
import type { Config } from './config.ts';
import type { KefuAccount, Reception } from './kefu_config.ts';
import { CODES_MAX, KEPT_MS, LOG_MESSAGES_MAX, LONG_CODE_MS, SESSION_MS, SHORT_CODE_MS, UNTOKENED_PER_MINUTE } from './kefu_limits.ts';
import { AppToken, CallbackTokens, dropOldest } from './kefu_tokens.ts';
import { CUSTOMERS_MAX, TRANSCRIPT_ITEMS_MAX } from './limits.ts';
import type { Item, Platform } from './platform.ts';
import { Refusal } from './refusal.ts';

/** 0 new, 1 with the API, 2 in the pool, 3 with a servicer, 4 ended or not begun. */
export type ServiceState = 0 | 1 | 2 | 3 | 4;

export interface KefuCustomer {
  /** Name for the control API: the external_userid, with the account's id behind it for the same person elsewhere. */
  key: string;
  externalUserid: string;
  account: KefuAccount;
  name: string;
  gender: 0 | 1 | 2;
  /** Customers of one person have one unionid at accounts of one Open Platform. */
  person: string;
  /** As of the last change; `Kefu.stateOf` knows of the 48 hours. */
  state: ServiceState;
  servicer: string | null;
  /** Changes of this session for which a reply code was given. */
  coded: ServiceState[];
  lastInboundMs: number;
  /** The last message of either side, or welcome. */
  lastExchangeMs: number;
  /** Messages that send_msg may still send. */
  left: number;
  context: { scene: string; scene_param: string } | null;
  transcript: Item[];
}

export interface Servicer {
  userid: string;
  receiving: boolean;
  /** 0 stopped, 1 suspended; of one who does not receive. */
  stopType: 0 | 1;
}

/** What sync_msg gives: `seq` never repeats, nor over a restart. */
export interface Entry {
  seq: number;
  atMs: number;
  message: Record<string, unknown>;
}

/** How an account behaves at present; control changes it. */
export interface KefuSettings {
  reception: Reception;
  /** The console has a welcome of its own, so that no welcome_code is given. */
  nativeWelcome: boolean;
  /** The app may manage this account. */
  granted: boolean;
  /** Callbacks to gather into one; 0 = off. */
  merge: number;
  /** Next callbacks never sent. */
  lose: number;
  pageMax: number;
  /** Next pages that are empty although more follows. */
  emptyPages: number;
  /** Next sync_msg calls whose cursor counts as lost. */
  replay: number;
  untokenedPerMinute: number;
  /** WeChat's own code for a repeated msgid is not known. */
  duplicateErrcode: number;
  /** Accepted messages that fail later. */
  failSends: { failType: number; times: number };
}

/** One KF account at work. */
export interface Desk {
  account: KefuAccount;
  settings: KefuSettings;
  log: Entry[];
  callbackTokens: CallbackTokens;
  /** When sync_msg was called without a token, ms. */
  untokenedAtMs: number[];
  msgids: Set<string>;
  servicers: Map<string, Servicer>;
}

/** A welcome_code or msg_code. */
export interface Code {
  customer: KefuCustomer;
  endsMs: number;
  types: string[];
  welcome: boolean;
}

export class Kefu {
  readonly platform: Platform;
  readonly desks: Map<string, Desk>;
  customers = new Map<string, KefuCustomer>();
  /** Set by the server: tells the callback that something is there; resolves with how that went. */
  ring: (desk: Desk, about: string) => Promise<string> = () => Promise.resolve('pending');
  #apps = new Map<string, AppToken>();
  #faults = new Map<string, AccountFaults>();
  #codes = new Map<string, Code>();
  #seq = 0;

  constructor(config: Config, platform: Platform) {
    this.platform = platform;
    this.desks = new Map(config.kefu.map((account) => [account.id, newDesk(account)]));
  }

  reset(dropTokens: boolean): void {
    for (const [id, { account }] of this.desks) this.desks.set(id, newDesk(account));
    this.customers.clear();
    this.#codes.clear();
    this.heal();
    if (dropTokens) this.#apps.clear();
    else for (const app of this.#apps.values()) app.endAfter(0, null);
  }

  /** Accounts with one corpid and secret are one app, with one token. */
  appToken(account: KefuAccount): AppToken {
    const app = this.#apps.get(appOf(account)) ?? new AppToken(() => this.platform.nowMs());
    this.#apps.set(appOf(account), app);
    return app;
  }

  /** What is wrong with this account's app at present. */
  faultsOf(account: KefuAccount): AccountFaults {
    return this.#faults.get(appOf(account)) ?? { ...HEALTHY, ip_allow_list: account.ipAllowList };
  }

  setFaults(account: KefuAccount, faults: AccountFaults): void {
    this.#faults.set(appOf(account), faults);
  }

  isFaulty(account: KefuAccount): boolean {
    return this.#faults.has(appOf(account));
  }

  heal(): void {
    this.#faults.clear();
  }

  /** The account as WeCom has it, which signs and encrypts its callbacks. */
  platformSide(account: KefuAccount): KefuAccount {
    return platformSide(account, this.faultsOf(account));
  }

  /** The time that WeCom's callbacks carry. */
  callbackTimeMs(account: KefuAccount): number {
    return Date.now() + this.faultsOf(account).skew_s * 1000;
  }

  desk(id: unknown): Desk {
    const desk = this.desks.get(String(id));
    if (!desk) throw new Refusal(404, 'account.unknown', 'no such KF account; see GET /control/accounts');
    return desk;
  }

  deskOf(customer: KefuCustomer): Desk {
    return this.desk(customer.account.id);
  }

  customer(key: string): KefuCustomer {
    const customer = this.customers.get(key);
    if (!customer) throw new Refusal(404, 'customer.unknown', 'no such customer; create it with POST /control/customers');
    return customer;
  }

  /** The customer of this account by the name that the API uses. */
  find(desk: Desk, externalUserid: unknown): KefuCustomer | undefined {
    const elsewhere = this.customers.get(`${String(externalUserid)}-${desk.account.id}`);
    if (elsewhere) return elsewhere;
    const customer = this.customers.get(String(externalUserid));
    return customer?.account === desk.account ? customer : undefined;
  }

  addCustomer(desk: Desk, wanted: { externalUserid?: string | undefined; name?: string | undefined; gender: 0 | 1 | 2; person?: string | undefined }): KefuCustomer {
    const externalUserid = wanted.externalUserid ?? `wm${randomBytes(23).toString('base64url').slice(0, 30)}`;
    const known = this.find(desk, externalUserid);
    if (known) return known;
    const first = this.customers.get(externalUserid);
    if (first && first.account.corpid !== desk.account.corpid) throw new Refusal(409, 'customer.other_account', 'this external_userid belongs to another corp');
    if (this.customers.size >= CUSTOMERS_MAX) throw new Refusal(429, 'customer.too_many', `at most ${CUSTOMERS_MAX} customers; POST /control/reset`);
    const customer: KefuCustomer = {
      key: first ? `${externalUserid}-${desk.account.id}` : externalUserid, externalUserid, account: desk.account,
      name: wanted.name ?? first?.name ?? `客户 ${this.customers.size + 1}`, gender: wanted.gender, person: wanted.person ?? first?.person ?? externalUserid,
      state: 4, servicer: null, coded: [], lastInboundMs: 0, lastExchangeMs: 0, left: 0, context: null, transcript: [],
    };
    this.customers.set(customer.key, customer);
    this.platform.announce({ type: 'customer', openid: customer.key });
    return customer;
  }

  /** A session ends by itself 48 hours after the customer's last message. */
  stateOf(customer: KefuCustomer): ServiceState {
    if (customer.state !== 4 && this.platform.nowMs() - customer.lastInboundMs >= SESSION_MS) {
      Object.assign(customer, { state: 4, servicer: null });
    }
    return customer.state;
  }

  enter(customer: KefuCustomer, state: ServiceState, servicer: string | null): void {
    Object.assign(customer, { state, servicer });
    this.platform.announce({ type: 'customer', openid: customer.key });
  }

  /** Keeps a message or an event for sync_msg and rings the callback. */
  append(desk: Desk, about: KefuCustomer | null, message: Record<string, unknown>): Promise<string> {
    const nowMs = this.platform.nowMs();
    // From the clock, so that a cursor from before a restart still points to before everything new.
    this.#seq = Math.max(this.#seq + 1, Date.now() * 100);
    desk.log.push({ seq: this.#seq, atMs: nowMs, message });
    while (desk.log.length > LOG_MESSAGES_MAX || nowMs - (desk.log[0]?.atMs ?? nowMs) >= KEPT_MS) desk.log.shift();
    return this.ring(desk, about?.key ?? '');
  }

  /** A system event: its ids are inside `event`. */
  appendEvent(desk: Desk, about: KefuCustomer | null, type: string, fields: Record<string, unknown>): { msgid: string; course: Promise<string> } {
    const msgid = newMsgid();
    const ids = { open_kfid: desk.account.openKfid, ...(about ? { external_userid: about.externalUserid } : {}) };
    return { msgid, course: this.append(desk, about, { msgid, send_time: nowS(), origin: 4, msgtype: 'event', event: { event_type: type, ...ids, ...fields } }) };
  }

  addItem(customer: KefuCustomer, line: Omit<Item, 'id' | 'at_ms'>): Item {
    const item: Item = { id: this.platform.serial(), at_ms: Date.now(), ...line };
    customer.transcript.push(item);
    if (customer.transcript.length > TRANSCRIPT_ITEMS_MAX) customer.transcript.shift();
    this.platform.announce({ type: 'item', openid: customer.key, item });
    return item;
  }

  /** What a phone shows of a message that was taken back. */
  withdraw(customer: KefuCustomer, msgid: string): boolean {
    const item = customer.transcript.find((one) => one.msgid === msgid);
    if (!item || item.kind === 'recalled') return false;
    Object.assign(item, { kind: 'recalled', text: '[已撤回]', data: undefined });
    this.platform.announce({ type: 'item', openid: customer.key, item });
    return true;
  }

  newCode(customer: KefuCustomer, kind: 'welcome' | 'reply' | 'closing'): string {
    const code = randomBytes(24).toString('base64url');
    const life = kind === 'reply' ? LONG_CODE_MS : SHORT_CODE_MS;
    this.#codes.set(code, { customer, endsMs: this.platform.nowMs() + life, types: kind === 'reply' ? ['text'] : ['text', 'msgmenu'], welcome: kind === 'welcome' });
    dropOldest(this.#codes, CODES_MAX);
    return code;
  }

  /** A code that is known, unused and not too old. */
  code(text: unknown): Code | undefined {
    const code = this.#codes.get(String(text));
    return code && code.endsMs > this.platform.nowMs() ? code : undefined;
  }

  useCode(text: string): void {
    this.#codes.delete(text);
  }
}

export function newMsgid(): string {
  return randomBytes(24).toString('base64url');
}

export function nowS(): number {
  return Math.floor(Date.now() / 1000);
}

function appOf({ corpid, secret }: KefuAccount): string {
  return `${corpid} ${secret}`;
}

function newDesk(account: KefuAccount): Desk {
  return {
    account,
    settings: {
      reception: account.reception, nativeWelcome: false, granted: true, merge: 0, lose: 0, pageMax: 1_000, emptyPages: 0, replay: 0,
      untokenedPerMinute: UNTOKENED_PER_MINUTE, duplicateErrcode: 95099, failSends: { failType: 0, times: 0 },
    },
    log: [], callbackTokens: new CallbackTokens(), untokenedAtMs: [], msgids: new Set(),
    servicers: new Map(account.servicers.map((userid) => [userid, { userid, receiving: true, stopType: 0 }])),
  };
}
