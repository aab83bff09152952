// What may be wrong between one account's owner and the platform, switched on by control: the causes a callback doctor names.
import { isRecord } from './config.ts';
import { flag, onlyKeys, oneOf, optionalString, whole } from './input.ts';
import type { Input } from './input.ts';
import { Refusal } from './refusal.ts';

export interface AccountFaults {
  /** Addresses that may ask for a token (otherwise 40164); null: any. */
  ip_allow_list: string[] | null;
  /** `wrong`: the secret was reset on the platform (40125); `frozen`: 40243. */
  secret: 'ok' | 'wrong' | 'frozen';
  /** `unknown`: no such appid here (40013). */
  appid: 'ok' | 'unknown';
  /** Without it template/send is 48001. */
  template_right: boolean;
  /** What TEMPLATESENDJOBFINISH says in place of success or `failed:user block`. */
  template_status: string | null;
  /** Types that custom/send refuses with 48008. */
  refused_types: string[];
  /** custom/send to someone who does not follow. */
  unfollowed_errcode: 45015 | 43004 | 50005;
  /** Calls a day by path (then 45009), in place of the documented numbers. */
  daily_limits: Record<string, number>;
  /** Seconds by which the platform's clock is ahead of ours in pushes; negative: behind. */
  skew_s: number;
  /** `wrong`: the platform signs and checks with another token. */
  callback_token: 'ok' | 'wrong';
  /** `wrong`: the platform encrypts and decrypts with another AES key. */
  callback_key: 'ok' | 'wrong';
  /** getcallbackip: `failing` answers -1; `other` lists addresses that no push comes from. */
  callback_ips: 'ok' | 'failing' | 'other';
  /** What callback/check finds: `dns` no address, `unreachable` every packet lost. */
  callback_check: 'ok' | 'dns' | 'unreachable';
}

export const HEALTHY: Readonly<AccountFaults> = {
  ip_allow_list: null, secret: 'ok', appid: 'ok', template_right: true, template_status: null, refused_types: [], unfollowed_errcode: 45015,
  daily_limits: {}, skew_s: 0, callback_token: 'ok', callback_key: 'ok', callback_ips: 'ok', callback_check: 'ok',
};

const SKEW_S_MAX = 86_400;
const LIST_MAX = 20;
const PATH = /^\/cgi-bin\/[a-z0-9_/]{1,100}$/;
/** A token and a key that are never the account's own. */
const OTHER_TOKEN = 'anothertoken';
const OTHER_KEY = 'ZYXWVUTSRQPONMLKJIHGFEDCBA9876543210abcdefg';

/** `old` with what `input` changes. */
export function changedFaults(old: AccountFaults, input: Input): AccountFaults {
  onlyKeys(input, ['id', ...Object.keys(HEALTHY)]);
  const code = whole(input, 'unfollowed_errcode', 0, 99_999, old.unfollowed_errcode);
  if (code !== 45015 && code !== 43004 && code !== 50005) throw new Refusal(400, 'control.invalid', 'unfollowed_errcode must be 45015, 43004 or 50005');
  return {
    ip_allow_list: input.ip_allow_list === null ? null : (texts(input, 'ip_allow_list') ?? old.ip_allow_list),
    secret: oneOf(input, 'secret', ['ok', 'wrong', 'frozen'] as const) ?? old.secret,
    appid: oneOf(input, 'appid', ['ok', 'unknown'] as const) ?? old.appid,
    template_right: flag(input, 'template_right', old.template_right),
    template_status: input.template_status === null ? null : (optionalString(input, 'template_status', /^[a-z :]{1,40}$/) ?? old.template_status),
    refused_types: texts(input, 'refused_types') ?? old.refused_types,
    unfollowed_errcode: code,
    daily_limits: limits(input) ?? old.daily_limits,
    skew_s: whole(input, 'skew_s', -SKEW_S_MAX, SKEW_S_MAX, old.skew_s),
    callback_token: oneOf(input, 'callback_token', ['ok', 'wrong'] as const) ?? old.callback_token,
    callback_key: oneOf(input, 'callback_key', ['ok', 'wrong'] as const) ?? old.callback_key,
    callback_ips: oneOf(input, 'callback_ips', ['ok', 'failing', 'other'] as const) ?? old.callback_ips,
    callback_check: oneOf(input, 'callback_check', ['ok', 'dns', 'unreachable'] as const) ?? old.callback_check,
  };
}

/** The account as the platform's side has it: what it signs, encrypts and checks with. */
export function platformSide<T extends { token: string; encodingAesKey: string }>(account: T, faults: AccountFaults): T {
  if (faults.callback_token === 'ok' && faults.callback_key === 'ok') return account;
  return {
    ...account,
    ...(faults.callback_token === 'wrong' ? { token: OTHER_TOKEN } : {}),
    ...(faults.callback_key === 'wrong' ? { encodingAesKey: OTHER_KEY } : {}),
  };
}

function texts(input: Input, name: string): string[] | undefined {
  const value = input[name];
  if (value === undefined) return undefined;
  if (Array.isArray(value) && value.length <= LIST_MAX && value.every((one) => typeof one === 'string')) return value;
  throw new Refusal(400, 'control.invalid', `${name} must list at most ${LIST_MAX} texts`);
}

function limits(input: Input): Record<string, number> | undefined {
  const value = input.daily_limits;
  if (value === undefined) return undefined;
  const good = isRecord(value) && Object.entries(value).every(([path, count]) => PATH.test(path) && Number.isInteger(count) && (count as number) >= 0);
  if (!good) throw new Refusal(400, 'control.invalid', 'daily_limits must map paths such as /cgi-bin/message/custom/send to whole numbers');
  return value as Record<string, number>;
}
