// The API's endpoints as pure steps on the platform: method, token, answer.
import * as accounts from './account_api.ts';
import { done, refused, verdict } from './answer.ts';
import type { Answer, Request, Run } from './answer.ts';
import { isRecord } from './config.ts';
import type { Account } from './config.ts';
import * as customerMessage from './customer_message.ts';
import { errcode } from './errors.ts';
import * as media from './media_api.ts';
import * as notices from './notices.ts';
import type { Platform } from './platform.ts';
import { allowed } from './tiers.ts';
import type { Issue, Tokens } from './tokens.ts';
import { typing } from './typing.ts';
import * as users from './user_api.ts';

type Endpoint = { method: 'GET' | 'POST' } & (
  | { open: (platform: Platform, request: Request) => Answer }
  | { run: Run }
);

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
  '/cgi-bin/message/template/send': { method: 'POST', run: notices.sendTemplate },
  '/cgi-bin/template/get_all_private_template': { method: 'GET', run: notices.listTemplates },
  '/cgi-bin/message/subscribe/bizsend': { method: 'POST', run: notices.sendSubscribed },
  '/cgi-bin/message/subscribe/send': { method: 'POST', run: notices.sendSubscribed },
  '/cgi-bin/media/upload': { method: 'POST', run: media.upload },
  '/cgi-bin/media/get': { method: 'GET', run: media.download },
  '/cgi-bin/user/info': { method: 'GET', run: users.userInfo },
  '/cgi-bin/user/info/batchget': { method: 'POST', run: users.batchInfo },
  '/cgi-bin/qrcode/create': { method: 'POST', run: users.createQr },
  '/cgi-bin/getcallbackip': { method: 'GET', run: accounts.callbackIps },
  '/cgi-bin/get_api_domain_ip': { method: 'GET', run: accounts.apiIps },
  '/cgi-bin/callback/check': { method: 'POST', run: accounts.checkNetwork },
  '/cgi-bin/openapi/quota/get': { method: 'POST', run: (platform, account, request) => accounts.quotaOf(platform, account, request, (path) => path in ENDPOINTS) },
  '/cgi-bin/clear_quota': { method: 'POST', run: accounts.clearQuota },
  '/cgi-bin/clear_quota/v2': { method: 'POST', open: accounts.clearQuotaBySecret },
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
