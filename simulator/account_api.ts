// Calls about the account itself: WeChat's addresses, the network check, quotas.
import { done, refused, verdict } from './answer.ts';
import type { Answer, Request } from './answer.ts';
import type { Account } from './config.ts';
import { parse } from './customer_message.ts';
import { errcode } from './errors.ts';
import type { Platform } from './platform.ts';

/** Where our pushes come from, and a range beside it, as the real list has some. */
const CALLBACK_IPS = ['127.0.0.1', '203.0.113.0/24'];
/** No push comes from here. */
const OTHER_IPS = ['198.51.100.7', '203.0.113.0/24'];
const ACTIONS = ['dns', 'ping', 'all'];
const OPERATORS = ['CHINANET', 'UNICOM', 'CAP', 'DEFAULT'];

export function callbackIps(platform: Platform, account: Account): Answer {
  const { callback_ips: how } = platform.faultsOf(account);
  if (how === 'failing') return refused(-1);
  return done({ ip_list: how === 'other' ? OTHER_IPS : CALLBACK_IPS });
}

export function apiIps(): Answer {
  return done({ ip_list: ['127.0.0.1'] });
}

export function checkNetwork(platform: Platform, account: Account, { body }: Request): Answer {
  const input = parse(body.toString('utf8'));
  if (typeof input === 'number') return refused(input);
  const { action, check_operator: operator = 'DEFAULT' } = input;
  if (!ACTIONS.includes(String(action))) return refused(40202);
  if (!OPERATORS.includes(String(operator))) return refused(40203);
  const { callback_check: found } = platform.faultsOf(account);
  const loss = found === 'unreachable' ? '100%' : '0%';
  return done({
    ...(action === 'ping' ? {} : { dns: found === 'dns' ? [] : [{ ip: '127.0.0.1', real_operator: 'UNICOM' }] }),
    ...(action === 'dns' ? {} : { ping: found === 'dns' ? [] : [{ ip: '127.0.0.1', from_operator: operator, package_loss: loss, time: '1.250ms' }] }),
  });
}

/** `known`: whether WeChat has this path at all. */
export function quotaOf(platform: Platform, account: Account, { body }: Request, known: (path: string) => boolean): Answer {
  const input = parse(body.toString('utf8'));
  if (typeof input === 'number') return refused(input);
  const path = String(input.cgi_path);
  if (!known(path)) return refused(76003);
  const quota = platform.dailyQuota.use(account, path, platform.faultsOf(account).daily_limits, platform.nowMs());
  return done({ ...errcode(0), quota, rate_limit: { call_count: 10_000, refresh_second: 60 } });
}

export function clearQuota(platform: Platform, account: Account, { body }: Request): Answer {
  const input = parse(body.toString('utf8'));
  if (typeof input === 'number') return refused(input);
  if (input.appid !== account.appid) return refused(40013);
  return verdict(platform.dailyQuota.clear(account, platform.nowMs()) ? 0 : 48006);
}

/** The way without a token. */
export function clearQuotaBySecret(platform: Platform, { body }: Request): Answer {
  const input = parse(body.toString('utf8'));
  if (typeof input === 'number') return refused(input);
  const account = platform.accounts.find((one) => one.appid === input.appid);
  if (!account) return refused(40013);
  if (input.appsecret !== account.appSecret) return refused(40125);
  return verdict(platform.dailyQuota.clear(account, platform.nowMs()) ? 0 : 48006);
}
