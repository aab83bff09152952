// The API's endpoints as pure steps on the platform: method, token, answer.
import { isRecord } from './config.ts';
import type { Account } from './config.ts';
import * as customerMessage from './customer_message.ts';
import { errcode } from './errors.ts';
import { parseUpload } from './multipart.ts';
import type { Platform } from './platform.ts';
import { allowed } from './tiers.ts';
import type { Issue, Tokens } from './tokens.ts';

/** One call with its body read. */
export interface Request {
  /** The caller's address, as the platform sees it. */
  ip: string;
  method: string;
  query: URLSearchParams;
  contentType: string;
  body: Buffer;
}

/** `json` is what goes out unless `file` is there. `accepted`: the platform's state changed as asked. */
export interface Answer {
  json: Record<string, unknown>;
  file?: { type: string; name: string; bytes: Buffer };
  accepted: boolean;
}

type Endpoint = { method: 'GET' | 'POST' } & (
  | { open: (platform: Platform, request: Request) => Answer }
  | { run: (platform: Platform, account: Account, request: Request) => Answer }
);

const done = (json: Record<string, unknown>): Answer => ({ json, accepted: true });
const refused = (code: number): Answer => ({ json: { ...errcode(code) }, accepted: false });
const verdict = (code: number): Answer => (code === 0 ? done({ ...errcode(0) }) : refused(code));

const TYPING_MS = 15_000;
const TYPING_AFTER_INBOUND_MS = 30_000;

const ENDPOINTS: Record<string, Endpoint> = {
  '/cgi-bin/token': { method: 'GET', open: (platform, { query, ip }) => issue(platform, Object.fromEntries(query), ip, (tokens, now) => tokens.classic(now)) },
  '/cgi-bin/stable_token': {
    method: 'POST',
    open: (platform, { body, ip }) => {
      const input = customerMessage.parse(body.toString('utf8'));
      if (typeof input === 'number') return refused(input);
      return issue(platform, input, ip, (tokens, now) => tokens.stable(input.force_refresh === true, now));
    },
  },
  '/cgi-bin/message/custom/send': { method: 'POST', run: (platform, account, { body }) => verdict(customerMessage.accept(platform, account, body.toString('utf8'))) },
  '/cgi-bin/message/custom/typing': { method: 'POST', run: typing },
  '/cgi-bin/media/upload': { method: 'POST', run: upload },
  '/cgi-bin/media/get': { method: 'GET', run: download },
  '/cgi-bin/user/info': { method: 'GET', run: userInfo },
};

/** The account whose token this is, or the errcode. */
export function authorise(platform: Platform, token: string | null): Account | number {
  if (!token) return 41001;
  const states = platform.accounts.map((account) => ({ account, state: platform.tokens.get(account.id)?.state(token, platform.nowMs()) }));
  const good = states.find((one) => one.state === 'good');
  if (good) return good.account;
  return states.some((one) => one.state === 'expired') ? 42001 : 40001;
}

/** Null for a path that WeChat does not have either. */
export function answer(platform: Platform, path: string, request: Request): Answer | null {
  const endpoint = ENDPOINTS[path];
  if (!endpoint) return null;
  if (request.method !== endpoint.method) return refused(endpoint.method === 'GET' ? 43001 : 43002);
  if ('open' in endpoint) return endpoint.open(platform, request);
  const account = authorise(platform, request.query.get('access_token'));
  if (typeof account === 'number') return refused(account);
  platform.tokens.get(account.id)?.countCall(platform.nowMs());
  const faults = platform.faultsOf(account);
  if (!allowed(account, path, faults)) return refused(48001);
  if (!platform.dailyQuota.take(account, path, faults.daily_limits, platform.nowMs())) return refused(45009);
  return endpoint.run(platform, account, request);
}

function issue(platform: Platform, input: Record<string, unknown>, ip: string, take: (tokens: Tokens, nowMs: number) => Issue): Answer {
  if (input.grant_type !== 'client_credential') return refused(40002);
  if (!input.appid) return refused(41002);
  if (!input.secret) return refused(41004);
  const account = platform.accounts.find((one) => one.appid === input.appid);
  const tokens = account && platform.tokens.get(account.id);
  if (!tokens) return refused(40013);
  const { appid, secret, ip_allow_list: allowList } = platform.faultsOf(account);
  if (appid === 'unknown') return refused(40013);
  if (secret === 'frozen') return refused(40243);
  if (input.secret !== account.appSecret || secret === 'wrong') return refused(40125);
  if (allowList && !allowList.includes(ip)) return { json: { ...errcode(40164, `invalid ip ${ip} ipv6 ::ffff:${ip}, not in whitelist`) }, accepted: false };
  const issued = take(tokens, platform.nowMs());
  return 'errcode' in issued ? refused(issued.errcode) : done({ access_token: issued.token, expires_in: issued.expiresInS });
}

function typing(platform: Platform, account: Account, { body }: Request): Answer {
  const input = customerMessage.parse(body.toString('utf8'));
  if (typeof input === 'number') return refused(input);
  const customer = platform.customers.get(String(input.touser));
  if (customer?.account !== account) return refused(40003);
  if (input.command === 'CancelTyping') {
    platform.endTyping(customer);
    return verdict(0);
  }
  if (input.command !== 'Typing') return refused(45072);
  const now = platform.nowMs();
  if (now - customer.lastInboundMs > TYPING_AFTER_INBOUND_MS) return refused(45080);
  if (customer.typingUntilMs > now) return refused(45081);
  customer.typingUntilMs = now + TYPING_MS;
  platform.announce({ type: 'typing', openid: customer.openid, on: true });
  return verdict(0);
}

const UPLOADS: Record<string, { types: RegExp; bytesMax: number }> = {
  image: { types: /^image\/(png|jpeg|jpg|gif)$/, bytesMax: 10_485_760 },
  voice: { types: /^audio\/(amr|mp3|mpeg)$/, bytesMax: 2_097_152 },
  video: { types: /^video\/mp4$/, bytesMax: 10_485_760 },
  thumb: { types: /^image\/(jpeg|jpg)$/, bytesMax: 65_536 },
};

function upload(platform: Platform, account: Account, { query, contentType, body }: Request): Answer {
  const kind = query.get('type') ?? '';
  const rule = UPLOADS[kind];
  if (!rule) return refused(40004);
  const part = parseUpload(contentType, body);
  if (!part || part.bytes.length === 0) return refused(41005);
  if (!rule.types.test(part.type)) return refused(40005);
  if (part.bytes.length > rule.bytesMax) return refused(40006);
  const media = platform.addMedia(account.id, kind, part.type, part.bytes);
  const createdAtS = Math.floor(media.createdAtMs / 1000);
  return done({ type: kind, [kind === 'thumb' ? 'thumb_media_id' : 'media_id']: media.id, created_at: createdAtS });
}

function download(platform: Platform, account: Account, { query }: Request): Answer {
  const media = platform.media(account.id, query.get('media_id') ?? '');
  if (!media) return refused(40007);
  if (media.kind === 'video') return done({ video_url: `https://mp.weixin.qq.com/video/${media.id}` });
  return { ...done({}), file: { type: media.type, name: `${media.id.slice(0, 16)}.${media.type.split('/')[1]}`, bytes: media.bytes } };
}

function userInfo(platform: Platform, account: Account, { query }: Request): Answer {
  const customer = platform.customers.get(query.get('openid') ?? '');
  if (customer?.account !== account) return refused(40003);
  if (!customer.following) return done({ subscribe: 0, openid: customer.openid });
  return done({
    subscribe: 1, openid: customer.openid, language: query.get('lang') ?? 'zh_CN', subscribe_time: Math.floor(customer.followedAtMs / 1000),
    remark: '', groupid: 0, tagid_list: [], subscribe_scene: 'ADD_SCENE_SEARCH', qr_scene: 0, qr_scene_str: '',
  });
}

/** For the call log: whom a call is about, and the appid of a call without a token. */
export function aboutOf(request: Request): { openid: string | null; text: string | null; appid: string | null } {
  const nothing = { openid: null, text: null, appid: null };
  if (request.contentType.startsWith('multipart/')) return nothing;
  try {
    const body: unknown = request.method === 'GET' ? Object.fromEntries(request.query) : JSON.parse(request.body.toString('utf8'));
    if (!isRecord(body)) return nothing;
    const string = (value: unknown): string | null => (typeof value === 'string' ? value : null);
    return { openid: string(body.touser ?? body.openid), text: isRecord(body.text) ? string(body.text.content) : null, appid: string(body.appid) };
  } catch {
    return nothing;
  }
}
