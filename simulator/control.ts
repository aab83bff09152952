// The control API: what tests and the page may ask of the platform. Reference: docs/SIMULATOR.md.
import { platformSide } from './account_faults.ts';
import { isRecord, parseAccount, parseLoopback } from './config.ts';
import type { Account } from './config.ts';
import { CUSTOMER_ROUTES } from './control_customers.ts';
import { FAULT_ROUTES } from './control_faults.ts';
import { flag, oneOf, onlyKeys, optionalString, string, whole } from './input.ts';
import type { Input } from './input.ts';
import { COPIES_MAX } from './limits.ts';
import { newNonce, renderMessage } from './packet.ts';
import { newOpenid } from './platform.ts';
import { Refusal } from './refusal.ts';
import type { HttpResponse } from './reply.ts';
import { SAMPLE_PICTURE } from './samples.ts';
import { checkQuery, damaged, TAMPERS } from './tamper.ts';
import { OPENID } from './world.ts';
import type { Asked, Route, World } from './world.ts';

/** Method and path; `:id` stands for one openid. */
const ROUTES: Record<string, Route> = {
  'POST reset': ({ world, input }) => {
    onlyKeys(input, ['tokens']);
    world.courier.abort();
    world.faults.clear();
    world.platform.healAccounts();
    world.platform.reset(flag(input, 'tokens'));
    return {};
  },
  'GET accounts': ({ world }) => ({ accounts: world.platform.accounts.map(accountView) }),
  'PATCH accounts/:id': changeAccount,
  'GET hosts': ({ world }) => ({ api: world.url(), api2: world.api2Url() }),
  ...CUSTOMER_ROUTES,
  'POST redeliver': redeliver,
  'GET deliveries': ({ world, query }) => ({ deliveries: chosen(world.platform.deliveries, query, ['openid', 'msgid']) }),
  'GET calls': ({ world, query }) => ({ calls: chosen(world.platform.calls, query, ['openid', 'path']) }),
  ...FAULT_ROUTES,
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
  'POST media': addMedia,
  'POST raw-callback': rawCallback,
  'POST verify-url': verifyUrl,
};

/** Null when there is no such route; a `Refusal` is thrown for what cannot be done. */
export async function control(world: World, method: string, path: string, query: URLSearchParams, input: Input): Promise<unknown> {
  const [, base, id] = /^(customers|accounts)\/([^/]+)/.exec(path) ?? [];
  const route = ROUTES[`${method} ${id === undefined ? path : path.replace(`${base}/${id}`, `${base}/:id`)}`];
  return route ? await route({ world, arg: id ?? '', query, input }) : null;
}

function accountView({ id, name, path, appid, originalId, mode, menu, kind, tier, format, msgidForm, openPlatform, templates }: Account): unknown {
  return { id, name, path, appid, original_id: originalId, mode, menu, kind, tier, format, msgid_form: msgidForm, open_platform: openPlatform, templates };
}

/** What an account's owner may change in WeChat's console; until the next reset. */
const CHANGEABLE: Record<string, keyof Account> = {
  name: 'name', mode: 'mode', tier: 'tier', format: 'format', msgid_form: 'msgidForm', open_platform: 'openPlatform', token: 'token',
  encoding_aes_key: 'encodingAesKey', app_secret: 'appSecret', templates: 'templates', mini_programs: 'miniPrograms', menu: 'menu',
};

function changeAccount({ world, arg, input }: Asked): unknown {
  onlyKeys(input, Object.keys(CHANGEABLE));
  const account = world.platform.account(arg);
  const change = Object.fromEntries(Object.entries(input).map(([name, value]) => [CHANGEABLE[name], value]));
  const faults: string[] = [];
  const next = parseAccount({ ...account, ...change }, arg, faults);
  if (faults.length > 0) throw new Refusal(400, 'control.invalid', faults.join('; '));
  Object.assign(account, next);
  return accountView(account);
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

/** What an account has in its library; permanent unless told otherwise. */
function addMedia({ world, input }: Asked): unknown {
  onlyKeys(input, ['account', 'kind', 'content_type', 'data_base64', 'permanent']);
  const data = optionalString(input, 'data_base64', /^[A-Za-z0-9+/]{4,1000000}={0,2}$/);
  const kind = oneOf(input, 'kind', ['image', 'voice', 'video', 'thumb', 'news'] as const) ?? 'image';
  const bytes = data === undefined ? SAMPLE_PICTURE : Buffer.from(data, 'base64');
  const type = optionalString(input, 'content_type', /^[\w/+.-]{1,100}$/) ?? 'image/png';
  return { media_id: world.platform.addMedia(world.platform.account(input.account).id, kind, type, bytes, flag(input, 'permanent', true)).id };
}

/** The account and the clock as the platform's side has them. */
function sender({ platform }: World, input: Input): { account: Account; nowMs: number } {
  const account = platform.account(input.account);
  const faults = platform.faultsOf(account);
  return { account: platformSide(account, faults), nowMs: Date.now() + faults.skew_s * 1000 };
}

async function rawCallback({ world, input }: Asked): Promise<unknown> {
  onlyKeys(input, ['account', 'path', 'openid', 'body', 'query', 'tamper', 'send_base64']);
  const { account, nowMs } = sender(world, input);
  const openid = optionalString(input, 'openid', OPENID) ?? newOpenid();
  const xml = optionalString(input, 'body') ?? renderMessage(account, {
    ToUserName: account.originalId, FromUserName: openid, CreateTime: Math.floor(nowMs / 1000), MsgType: 'text', Content: '你好', MsgId: BigInt(world.platform.newMsgid()),
  });
  const packet = damaged({ account, openid, xml: Buffer.from(xml), atMs: nowMs }, optionalString(input, 'tamper') ?? 'none');
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
  const { account, nowMs } = sender(world, input);
  const echostr = newNonce() + newNonce();
  const query = checkQuery(account, echostr, nowMs, optionalString(input, 'tamper') ?? 'none');
  if (!query) throw new Refusal(400, 'control.invalid', 'tamper must be one of none, encrypted, stale, wrong_signature, missing_signature');
  const answer = await answered(world.courier.check(account.path, query));
  return { ...answer, verified: answer.status === 200 && answer.body === echostr };
}

function chosen<T extends object>(lines: T[], query: URLSearchParams, names: (keyof T & string)[]): T[] {
  return lines.filter((line) => names.every((name) => !query.has(name) || line[name] === query.get(name)));
}
