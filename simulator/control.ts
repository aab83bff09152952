// The control API: what tests and the page may ask of the platform. Reference: docs/SIMULATOR.md.
import { isRecord, parseLoopback } from './config.ts';
import type { Courier } from './delivery.ts';
import type { ApiRule, Faults, Stage } from './faults.ts';
import { quota } from './grants.ts';
import { flag, number, onlyKeys, oneOf, optionalString, string, whole } from './input.ts';
import type { Input } from './input.ts';
import { COPIES_MAX, WAIT_MS_MAX } from './limits.ts';
import { newNonce } from './packet.ts';
import * as phone from './phone.ts';
import { newOpenid } from './platform.ts';
import type { Customer, Message, Platform } from './platform.ts';
import { Refusal } from './refusal.ts';
import type { HttpResponse } from './reply.ts';
import { SAMPLE_PICTURE } from './sample_picture.ts';
import { checkQuery, damaged, TAMPERS } from './tamper.ts';
import { isFields, renderXml } from './xml.ts';

export interface World {
  platform: Platform;
  faults: Faults;
  courier: Courier;
  /** Our own address, for PicUrl. */
  url: () => string;
}

/** `arg` is the path's variable part. */
interface Asked {
  world: World;
  arg: string;
  query: URLSearchParams;
  input: Input;
}

type Route = (asked: Asked) => unknown;

const STAGES: readonly Stage[] = ['before_accept', 'after_accept'];
const OPENID = /^[A-Za-z0-9_-]{1,64}$/;

/** Method and path; `:id` stands for one openid. */
const ROUTES: Record<string, Route> = {
  'POST reset': ({ world, input }) => {
    onlyKeys(input, ['tokens']);
    world.courier.abort();
    world.faults.clear();
    world.platform.reset(flag(input, 'tokens'));
    return {};
  },
  'GET accounts': ({ world }) => ({ accounts: world.platform.accounts.map(({ id, name, path, appid, originalId, mode, menu }) => ({ id, name, path, appid, original_id: originalId, mode, menu })) }),
  'GET customers': ({ world }) => ({ customers: [...world.platform.customers.values()].map((one) => customerView(world, one)) }),
  'POST customers': ({ world, input }) => {
    onlyKeys(input, ['account', 'openid', 'name', 'following']);
    const openid = optionalString(input, 'openid', OPENID) ?? newOpenid();
    const name = optionalString(input, 'name', /^[^]{1,40}$/) ?? `客户 ${world.platform.customers.size + 1}`;
    return customerView(world, world.platform.addCustomer(world.platform.account(input.account), openid, name, flag(input, 'following', true)));
  },
  'GET customers/:id': ({ world, arg }) => customerView(world, world.platform.customer(arg)),
  'GET customers/:id/transcript': ({ world, arg }) => ({ items: world.platform.customer(arg).transcript }),
  'POST customers/:id/text': (asked) => acted(asked, ['text', 'msgid', 'create_time', 'menu_id'], (customer, { world, input }) =>
    phone.text(world.platform, customer, string(input, 'text'), optionalString(input, 'menu_id'), identity(input))),
  'POST customers/:id/image': (asked) => acted(asked, ['data_base64', 'content_type'], (customer, { world, input }) => {
    const data = optionalString(input, 'data_base64', /^[A-Za-z0-9+/]{4,1000000}={0,2}$/);
    const type = oneOf(input, 'content_type', ['image/png', 'image/jpeg', 'image/gif'] as const) ?? 'image/png';
    return phone.image(world.platform, customer, data === undefined ? SAMPLE_PICTURE : Buffer.from(data, 'base64'), type, world.url());
  }),
  'POST customers/:id/location': (asked) => acted(asked, ['latitude', 'longitude', 'label'], (customer, { world, input }) =>
    phone.location(world.platform, customer, number(input, 'latitude', -90, 90), number(input, 'longitude', -180, 180), string(input, 'label'))),
  'POST customers/:id/menu': (asked) => acted(asked, ['key'], (customer, { world, input }) => phone.menuClick(world.platform, customer, string(input, 'key'))),
  'POST customers/:id/follow': (asked) => acted(asked, ['scene'], (customer, { world, input }) => phone.follow(world.platform, customer, optionalString(input, 'scene'))),
  'POST customers/:id/unfollow': (asked) => acted(asked, [], (customer, { world }) => phone.unfollow(world.platform, customer)),
  'POST customers/:id/scan': (asked) => acted(asked, ['scene'], (customer, { world, input }) => phone.scan(world.platform, customer, string(input, 'scene'))),
  'POST customers/:id/raw': (asked) => acted(asked, ['fields', 'msgid', 'create_time'], (customer, { world, input }) => {
    if (!isFields(input.fields)) throw new Refusal(400, 'control.invalid', 'fields must be an object of XML elements: strings, numbers, objects, lists of objects');
    return phone.raw(world.platform, customer, input.fields, identity(input));
  }),
  'POST redeliver': redeliver,
  'GET deliveries': ({ world, query }) => ({ deliveries: chosen(world.platform.deliveries, query, ['openid', 'msgid']) }),
  'GET calls': ({ world, query }) => ({ calls: chosen(world.platform.calls, query, ['openid', 'path']) }),
  'GET faults': ({ world }) => ({ delivery: world.faults.delivery, api: world.faults.api }),
  'POST faults': addFaults,
  'DELETE faults': ({ world }) => {
    world.faults.clear();
    return {};
  },
  'GET held': async ({ world, query }) => ({ held: await world.faults.heldWithin(whole({ wait_ms: Number(query.get('wait_ms') ?? 0) }, 'wait_ms', 0, WAIT_MS_MAX, 0)) }),
  'POST release': ({ world, input }) => {
    onlyKeys(input, ['id']);
    return { released: world.faults.release(input.id === undefined ? undefined : whole(input, 'id', 1, Number.MAX_SAFE_INTEGER, 1)) };
  },
  'POST clock': ({ world, input }) => {
    onlyKeys(input, ['advance_ms']);
    world.platform.advance(whole(input, 'advance_ms', 0, 365 * 86_400_000, 0));
    return { now_ms: world.platform.nowMs() };
  },
  'PUT callback-base': ({ world, input }) => {
    const faults: string[] = [];
    const base = parseLoopback(input.url, faults);
    if (faults.length > 0) throw new Refusal(400, 'control.invalid', faults.join('; ').replace('callbackBase', 'url'));
    world.courier.callbackBase = base;
    return {};
  },
  'POST raw-callback': rawCallback,
  'POST verify-url': verifyUrl,
};

/** Null when there is no such route; a `Refusal` is thrown for what cannot be done. */
export async function control(world: World, method: string, path: string, query: URLSearchParams, input: Input): Promise<unknown> {
  const [, openid] = /^customers\/([^/]+)/.exec(path) ?? [];
  const route = ROUTES[`${method} ${openid === undefined ? path : path.replace(openid, ':id')}`];
  return route ? await route({ world, arg: openid ?? '', query, input }) : null;
}

async function acted(asked: Asked, keys: string[], act: (customer: Customer, asked: Asked) => Message): Promise<unknown> {
  onlyKeys(asked.input, [...keys, 'wait']);
  const wait = flag(asked.input, 'wait');
  asked.world.courier.admit();
  const message = act(asked.world.platform.customer(asked.arg), asked);
  const course = asked.world.courier.deliver(message);
  return { msgid: message.msgid, outcome: wait ? await course : 'pending' };
}

async function redeliver({ world, input }: Asked): Promise<unknown> {
  onlyKeys(input, ['msgid', 'openid', 'times', 'parallel']);
  const message = world.platform.message(string(input, 'msgid'), optionalString(input, 'openid', OPENID));
  const times = whole(input, 'times', 1, COPIES_MAX, 1);
  world.courier.admit();
  if (flag(input, 'parallel')) return { msgid: message.msgid, outcome: await world.courier.redeliver(message, times) };
  let outcome = 'pending';
  for (let time = 0; time < times; time += 1) outcome = await world.courier.redeliver(message, 1);
  return { msgid: message.msgid, outcome };
}

async function addFaults({ world, input }: Asked): Promise<unknown> {
  onlyKeys(input, ['delivery', 'api', 'token']);
  const { delivery, token } = input;
  const rules = (Array.isArray(input.api) ? input.api : input.api === undefined ? [] : [input.api]).map(apiRule);
  if (delivery !== undefined) {
    if (!isRecord(delivery)) throw new Refusal(400, 'control.invalid', 'delivery must be an object');
    onlyKeys(delivery, ['delay_ms', 'drop', 'duplicate', 'reorder']);
    const old = world.faults.delivery;
    world.faults.delivery = {
      delay_ms: whole(delivery, 'delay_ms', 0, WAIT_MS_MAX, old.delay_ms),
      drop: whole(delivery, 'drop', 0, 10_000, old.drop),
      duplicate: whole(delivery, 'duplicate', 0, COPIES_MAX, old.duplicate),
      reorder: whole(delivery, 'reorder', 0, 100, old.reorder),
    };
  }
  for (const rule of rules) world.faults.addRule(rule);
  if (token !== undefined) tokenFault(world, token);
  return {};
}

function apiRule(rule: unknown): ApiRule {
  if (!isRecord(rule)) throw new Refusal(400, 'control.invalid', 'api must be a rule or a list of rules');
  onlyKeys(rule, ['path', 'times', 'delay_ms', 'errcode', 'http_status', 'hang', 'reset']);
  const hang = oneOf(rule, 'hang', STAGES);
  const reset = oneOf(rule, 'reset', STAGES);
  return {
    path: string(rule, 'path', /^\/[A-Za-z0-9_/-]{1,100}$/),
    times: whole(rule, 'times', 1, 100_000, 1),
    delay_ms: whole(rule, 'delay_ms', 0, WAIT_MS_MAX, 0),
    ...(rule.errcode === undefined ? {} : { errcode: whole(rule, 'errcode', -1, 999_999, 0) }),
    ...(rule.http_status === undefined ? {} : { http_status: whole(rule, 'http_status', 200, 599, 500) }),
    ...(hang ? { hang } : {}),
    ...(reset ? { reset } : {}),
  };
}

function tokenFault({ platform }: World, token: unknown): void {
  if (!isRecord(token)) throw new Refusal(400, 'control.invalid', 'token must be an object');
  onlyKeys(token, ['account', 'expire', 'revoke']);
  const accounts = token.account === undefined ? platform.accounts : [platform.account(token.account)];
  for (const { id } of accounts) {
    if (flag(token, 'expire')) platform.tokens.get(id)?.expire(platform.nowMs());
    if (flag(token, 'revoke')) platform.tokens.get(id)?.revoke(platform.nowMs());
  }
}

async function rawCallback({ world, input }: Asked): Promise<unknown> {
  onlyKeys(input, ['account', 'path', 'openid', 'body', 'query', 'tamper', 'send_base64']);
  const account = world.platform.account(input.account);
  const openid = optionalString(input, 'openid', OPENID) ?? newOpenid();
  const xml = optionalString(input, 'body') ?? renderXml({
    ToUserName: account.originalId, FromUserName: openid, CreateTime: Math.floor(Date.now() / 1000), MsgType: 'text', Content: '你好', MsgId: BigInt(world.platform.newMsgid()),
  });
  const packet = damaged({ account, openid, xml: Buffer.from(xml), atMs: Date.now() }, optionalString(input, 'tamper') ?? 'none');
  if (!packet) throw new Refusal(400, 'control.invalid', `tamper must be one of ${TAMPERS.join(', ')}`);
  const override = isRecord(input.query) ? input.query : {};
  const query = Object.fromEntries(Object.entries({ ...packet.query, ...override }).filter(([, value]) => value !== null).map(([name, value]) => [name, String(value)]));
  const sent = optionalString(input, 'send_base64', /^[A-Za-z0-9+/]{0,1000000}={0,2}$/);
  const body = sent === undefined ? packet.body : Buffer.from(sent, 'base64');
  return answered(world.courier.post(optionalString(input, 'path', /^[^]{0,200}$/) ?? account.path, { query, body }));
}

async function answered(response: Promise<HttpResponse>): Promise<{ status: number | null; body: string | null; headers?: Record<string, string>; error?: string }> {
  try {
    const { status, body, headers } = await response;
    return { status, body: body.toString('utf8'), headers };
  } catch (error) {
    return { status: null, body: null, error: error instanceof Error ? error.message : 'connection' };
  }
}

async function verifyUrl({ world, input }: Asked): Promise<unknown> {
  onlyKeys(input, ['account', 'tamper']);
  const account = world.platform.account(input.account);
  const echostr = newNonce() + newNonce();
  const query = checkQuery(account, echostr, Date.now(), optionalString(input, 'tamper') ?? 'none');
  if (!query) throw new Refusal(400, 'control.invalid', 'tamper must be one of none, encrypted, stale, wrong_signature, missing_signature');
  const answer = await answered(world.courier.check(account.path, query));
  return { ...answer, verified: answer.status === 200 && answer.body === echostr };
}

function identity(input: Input): phone.Identity {
  const msgid = optionalString(input, 'msgid', /^\d{1,19}$/);
  const createTimeS = input.create_time === undefined ? undefined : whole(input, 'create_time', 0, 4_102_444_800, 0);
  return { ...(msgid === undefined ? {} : { msgid }), ...(createTimeS === undefined ? {} : { createTimeS }) };
}

function customerView({ platform }: World, customer: Customer): unknown {
  const { openid, name, following, account } = customer;
  return { openid, account: account.id, name, following, typing: customer.typingUntilMs > platform.nowMs(), quota: following ? quota(customer.grants, platform.nowMs()) : null };
}

function chosen<T extends object>(lines: T[], query: URLSearchParams, names: (keyof T & string)[]): T[] {
  return lines.filter((line) => names.every((name) => !query.has(name) || line[name] === query.get(name)));
}
