// The control API of KF. What names no KF account or customer goes on to the rest. Reference: docs/SIMULATOR.md.
import { changedFaults } from './account_faults.ts';
import { isRecord } from './config.ts';
import type { Courier } from './delivery.ts';
import { flag, onlyKeys, oneOf, optionalString, string, whole } from './input.ts';
import type { Input } from './input.ts';
import type { Desk, Kefu, KefuCustomer, KefuSettings } from './kefu.ts';
import { damagedKefu, CHECK_TAMPERS, kefuCheckQuery, PACKET_TAMPERS } from './kefu_packet.ts';
import type { Bell } from './kefu_callback.ts';
import { USERID } from './kefu_config.ts';
import { PAGE_MAX, SERVICERS_MAX } from './kefu_limits.ts';
import { KEFU_ACTS } from './kefu_phone.ts';
import { newNonce } from './packet.ts';
import { Refusal } from './refusal.ts';
import type { HttpResponse } from './reply.ts';
import { renderXml } from './xml.ts';

export interface KefuWorld {
  kefu: Kefu;
  bell: Bell;
  courier: Courier;
}

export interface KefuAsked extends KefuWorld {
  method: string;
  path: string;
  input: Input;
  /** The control API of the other accounts. */
  next: (input: Input) => Promise<unknown>;
}

/** `wm…`: a person of one corp. */
const EXTERNAL = /^[A-Za-z0-9_-]{1,64}$/;

/** Null when there is no such route. */
export async function kefuControl(asked: KefuAsked): Promise<unknown> {
  const { kefu, method, path, input, next } = asked;
  const call = `${method} ${path}`;
  const shared = Object.hasOwn(SHARED, call) ? SHARED[call] : undefined;
  if (shared) return shared(asked);
  const [, key, act] = /^customers\/([^/]+)(?:\/([a-z-]+))?$/.exec(path) ?? [];
  if (key !== undefined && kefu.customers.has(key)) return customerCall(asked, kefu.customer(key), act);
  const [, id, part] = /^kefu\/([^/]+)(?:\/([a-z-]+))?$/.exec(path) ?? [];
  if (id !== undefined) return deskCall(asked, kefu.desk(id), part);
  return next(input);
}

/** Routes that KF shares with the other accounts. */
const SHARED: Record<string, (asked: KefuAsked) => Promise<unknown>> = {
  'POST reset': async ({ kefu, bell, input, next }) => {
    onlyKeys(input, ['tokens']);
    bell.abort();
    kefu.reset(flag(input, 'tokens'));
    return next(input);
  },
  'GET accounts': async ({ kefu, input, next }) => {
    const { accounts } = (await next(input)) as { accounts: unknown[] };
    return { accounts: [...accounts, ...[...kefu.desks.values()].map(deskName)] };
  },
  'GET customers': async ({ kefu, input, next }) => {
    const { customers } = (await next(input)) as { customers: unknown[] };
    return { customers: [...customers, ...[...kefu.customers.values()].map((one) => customerView(kefu, one))] };
  },
  'POST customers': async ({ kefu, input, next }) => (kefu.desks.has(String(input.account)) ? addCustomer(kefu, input) : next(input)),
  'POST faults': async ({ kefu, input, next }) => {
    const { token, account, ...rest } = input;
    const [ownToken, ownAccount] = [isRecord(token) && kefu.desks.has(String(token.account)), isRecord(account) && kefu.desks.has(String(account.id))];
    if (isRecord(token) && (ownToken || token.account === undefined)) tokenFault(kefu, token);
    if (isRecord(account) && ownAccount) accountFault(kefu, account);
    return next({ ...rest, ...(ownToken || token === undefined ? {} : { token }), ...(ownAccount || account === undefined ? {} : { account }) });
  },
  'GET faults': async ({ kefu, input, next }) => {
    const faults = (await next(input)) as { accounts: object };
    const own = [...kefu.desks.values()].filter(({ account }) => kefu.isFaulty(account)).map(({ account }) => [account.id, kefu.faultsOf(account)]);
    return { ...faults, accounts: { ...faults.accounts, ...Object.fromEntries(own) } };
  },
  'DELETE faults': async ({ kefu, input, next }) => {
    kefu.heal();
    return next(input);
  },
  'POST raw-callback': async (asked) => (asked.kefu.desks.has(String(asked.input.account)) ? rawCallback(asked) : asked.next(asked.input)),
  'POST verify-url': async (asked) => (asked.kefu.desks.has(String(asked.input.account)) ? verifyUrl(asked) : asked.next(asked.input)),
};

function tokenFault(kefu: Kefu, token: Input): void {
  onlyKeys(token, ['account', 'expire', 'revoke', 'after_calls']);
  const desks = token.account === undefined ? [...kefu.desks.values()] : [kefu.desk(token.account)];
  const after = whole(token, 'after_calls', 0, 100_000, 0);
  for (const { account } of desks) {
    if (flag(token, 'expire')) kefu.appToken(account).endAfter(after, 'expire');
    if (flag(token, 'revoke')) kefu.appToken(account).endAfter(after, 'revoke');
  }
}

/** Of the faults that the other accounts know, those that an app of WeCom can have. */
function accountFault(kefu: Kefu, change: Input): void {
  onlyKeys(change, ['id', 'ip_allow_list', 'secret', 'appid', 'callback_token', 'callback_key', 'skew_s']);
  const { account } = kefu.desk(change.id);
  kefu.setFaults(account, changedFaults(kefu.faultsOf(account), change));
}

function deskName({ account }: Desk): unknown {
  const { id, name, path, kind, corpid, openKfid } = account;
  return { id, name, path, kind, corpid, open_kfid: openKfid, menu: [] };
}

function addCustomer(kefu: Kefu, input: Input): unknown {
  onlyKeys(input, ['account', 'external_userid', 'name', 'gender', 'same_person_as', 'following']);
  const desk = kefu.desk(input.account);
  const other = optionalString(input, 'same_person_as', EXTERNAL);
  const customer = kefu.addCustomer(desk, {
    externalUserid: optionalString(input, 'external_userid', EXTERNAL), name: optionalString(input, 'name', /^[^]{1,40}$/),
    gender: whole(input, 'gender', 0, 2, 0) as 0 | 1 | 2,
    person: other === undefined ? undefined : (kefu.customers.get(other) ?? kefu.platform.customer(other)).person,
  });
  return customerView(kefu, customer);
}

function customerView(kefu: Kefu, customer: KefuCustomer): unknown {
  const { key, externalUserid, account, name, left, lastInboundMs } = customer;
  const state = kefu.stateOf(customer);
  const open = state < 4;
  return {
    openid: key, external_userid: externalUserid, account: account.id, name, unionid: kefu.platform.unionid(customer), following: true, typing: false,
    service_state: state, servicer_userid: customer.servicer, quota: open ? { left, closes_at_ms: lastInboundMs + 48 * 3_600_000 } : null,
  };
}

async function customerCall(asked: KefuAsked, customer: KefuCustomer, name: string | undefined): Promise<unknown> {
  const { kefu, method, input } = asked;
  if (method === 'GET' && name === undefined) return customerView(kefu, customer);
  if (method === 'GET' && name === 'transcript') return { items: customer.transcript };
  const act = name !== undefined && Object.hasOwn(KEFU_ACTS, name) ? KEFU_ACTS[name] : undefined;
  if (method !== 'POST' || !act) return null;
  onlyKeys(input, [...act.keys, 'wait']);
  const wait = flag(input, 'wait');
  const { msgid, course } = act.run(kefu, customer, input);
  return { msgid, outcome: wait ? await course : 'pending' };
}

/** `kefu/{account}`: how the account behaves; its servicers; a callback for nothing. */
async function deskCall({ kefu, bell, method, input }: KefuAsked, desk: Desk, part: string | undefined): Promise<unknown> {
  if (method === 'GET' && part === undefined) return deskView(desk);
  if (method === 'POST' && part === undefined) return change(bell, desk, input);
  if (method === 'POST' && part === 'servicers') return setServicer(kefu, desk, input);
  if (method === 'POST' && part === 'callback') {
    onlyKeys(input, []);
    return { outcome: await bell.ring(desk, '') };
  }
  return null;
}

function deskView(desk: Desk): unknown {
  const { settings: s, servicers, log } = desk;
  return {
    reception: s.reception, native_welcome: s.nativeWelcome, granted: s.granted, merge: s.merge, lose: s.lose, page_max: s.pageMax,
    empty_pages: s.emptyPages, replay: s.replay, untokened_per_minute: s.untokenedPerMinute, duplicate_errcode: s.duplicateErrcode,
    fail_sends: { fail_type: s.failSends.failType, times: s.failSends.times }, servicers: [...servicers.values()].map(servicerView), log_length: log.length,
  };
}

const CHANGES = [
  'reception', 'native_welcome', 'granted', 'merge', 'lose', 'page_max', 'empty_pages', 'replay', 'untokened_per_minute', 'duplicate_errcode', 'fail_sends', 'wait',
];

async function change(bell: Bell, desk: Desk, input: Input): Promise<unknown> {
  onlyKeys(input, CHANGES);
  const old = desk.settings;
  const wait = flag(input, 'wait');
  const settings: KefuSettings = {
    reception: oneOf(input, 'reception', ['api', 'humans'] as const) ?? old.reception,
    nativeWelcome: flag(input, 'native_welcome', old.nativeWelcome),
    granted: flag(input, 'granted', old.granted),
    merge: whole(input, 'merge', 0, 1_000, old.merge),
    lose: whole(input, 'lose', 0, 10_000, old.lose),
    pageMax: whole(input, 'page_max', 1, PAGE_MAX, old.pageMax),
    emptyPages: whole(input, 'empty_pages', 0, 1_000, old.emptyPages),
    replay: whole(input, 'replay', 0, 1_000, old.replay),
    untokenedPerMinute: whole(input, 'untokened_per_minute', 0, 100_000, old.untokenedPerMinute),
    duplicateErrcode: whole(input, 'duplicate_errcode', 1, 999_999, old.duplicateErrcode),
    failSends: input.fail_sends === undefined ? old.failSends : failSends(input.fail_sends),
  };
  desk.settings = settings;
  const course = settings.granted === old.granted ? null : bell.tellGrant(desk, settings.granted);
  return { ...(deskView(desk) as object), ...(course && wait ? { outcome: await course } : {}) };
}

function failSends(value: unknown): KefuSettings['failSends'] {
  if (!isRecord(value)) throw new Refusal(400, 'control.invalid', 'fail_sends must be {fail_type, times}');
  onlyKeys(value, ['fail_type', 'times']);
  return { failType: whole(value, 'fail_type', 0, 13, 0), times: whole(value, 'times', 0, 10_000, 1) };
}

function servicerView({ userid, receiving, stopType }: { userid: string; receiving: boolean; stopType: number }): unknown {
  return { userid, receiving, stop_type: receiving ? null : stopType };
}

/** Adds a servicer, or changes whether one receives, which sync_msg tells. */
async function setServicer(kefu: Kefu, desk: Desk, input: Input): Promise<unknown> {
  onlyKeys(input, ['userid', 'receiving', 'suspended', 'wait']);
  const userid = string(input, 'userid', USERID);
  const old = desk.servicers.get(userid);
  if (!old && desk.servicers.size >= SERVICERS_MAX) throw new Refusal(429, 'servicer.too_many', `at most ${SERVICERS_MAX} servicers`);
  const receiving = flag(input, 'receiving', true);
  const stopType = flag(input, 'suspended') ? 1 : 0;
  desk.servicers.set(userid, { userid, receiving, stopType });
  if (!old || old.receiving === receiving) return { outcome: 'unchanged' };
  const { course } = kefu.appendEvent(desk, null, 'servicer_status_change', { servicer_userid: userid, status: receiving ? 1 : 2, ...(receiving ? {} : { stop_type: stopType }) });
  return { outcome: flag(input, 'wait') ? await course : 'pending' };
}

async function rawCallback({ kefu, courier, input }: KefuAsked): Promise<unknown> {
  onlyKeys(input, ['account', 'path', 'body', 'query', 'tamper', 'send_base64']);
  const { account, callbackTokens } = kefu.desk(input.account);
  const xml = optionalString(input, 'body') ?? renderXml({
    ToUserName: account.corpid, CreateTime: Math.floor(Date.now() / 1000), MsgType: 'event', Event: 'kf_msg_or_event',
    Token: callbackTokens.issue(kefu.platform.nowMs()), OpenKfId: account.openKfid,
  });
  const packet = damagedKefu(kefu.platformSide(account), xml, kefu.callbackTimeMs(account), optionalString(input, 'tamper') ?? 'none');
  if (!packet) throw new Refusal(400, 'control.invalid', `tamper of a KF account must be one of ${PACKET_TAMPERS.join(', ')}`);
  const override = isRecord(input.query) ? input.query : {};
  const query = Object.fromEntries(Object.entries({ ...packet.query, ...override }).filter(([, value]) => value !== null).map(([name, value]) => [name, String(value)]));
  const sent = optionalString(input, 'send_base64', /^[A-Za-z0-9+/]{0,1000000}={0,2}$/);
  const body = sent === undefined ? packet.body : Buffer.from(sent, 'base64');
  return answered(courier.post(optionalString(input, 'path', /^[^]{0,200}$/) ?? account.path, { query, body }));
}

async function verifyUrl({ kefu, courier, input }: KefuAsked): Promise<unknown> {
  onlyKeys(input, ['account', 'tamper']);
  const { account } = kefu.desk(input.account);
  const echostr = newNonce() + newNonce();
  const query = kefuCheckQuery(kefu.platformSide(account), echostr, kefu.callbackTimeMs(account), optionalString(input, 'tamper') ?? 'none');
  if (!query) throw new Refusal(400, 'control.invalid', `tamper of a KF account must be one of ${CHECK_TAMPERS.join(', ')}`);
  const answer = await answered(courier.check(account.path, query));
  return { ...answer, verified: answer.status === 200 && answer.body === echostr };
}

async function answered(response: Promise<HttpResponse>): Promise<{ status: number | null; body: string | null; headers?: Record<string, string>; error?: string }> {
  try {
    const { status, body, headers } = await response;
    return { status, body: body.toString('utf8'), headers };
  } catch (error) {
    return { status: null, body: null, error: error instanceof Error ? error.message : 'connection' };
  }
}
