// WeCom KF accounts of the configuration. Accounts of one app share corpid, secret, token, key and path.
import { isRecord } from './config.ts';

/** What the console does with a new session: leaves it to the API, or gives it to people. */
export type Reception = 'api' | 'humans';

/** One 微信客服 account. */
export interface KefuAccount {
  kind: 'kefu';
  id: string;
  name: string;
  /** Last part of the callback address. */
  path: string;
  corpid: string;
  secret: string;
  token: string;
  encodingAesKey: string;
  agentId: string;
  openKfid: string;
  reception: Reception;
  /** Addresses that may call the API; null lets everyone. */
  ipAllowList: string[] | null;
  /** Accounts of one Open Platform name share their customers' unionids; none without. */
  openPlatform: string | null;
  /** userids of the people who serve here. */
  servicers: string[];
}

const FORMS: Record<string, RegExp> = {
  id: /^[a-z][a-z0-9_]{0,31}$/,
  path: /^[A-Za-z0-9_-]{1,64}$/,
  corpid: /^ww[A-Za-z0-9]{1,30}$/,
  secret: /^[A-Za-z0-9_-]{1,128}$/,
  token: /^[A-Za-z0-9]{3,32}$/,
  encodingAesKey: /^[A-Za-z0-9]{43}$/,
  openKfid: /^wk[A-Za-z0-9_-]{1,62}$/,
  reception: /^(api|humans)$/,
  agentId: /^\d{1,10}$/,
};
const DEFAULTS: Record<string, string> = { reception: 'api', agentId: '1000002' };
const KEYS = [...Object.keys(FORMS), 'kind', 'name', 'ipAllowList', 'openPlatform', 'servicers'];
/** What the accounts of one app have in common. */
const SHARED = ['corpid', 'secret', 'token', 'encodingAesKey', 'agentId'] as const;
export const USERID = /^[A-Za-z0-9_@.-]{1,64}$/;
const IP = /^[0-9a-f.:]{2,45}$/i;

export function isKefu(entry: unknown): boolean {
  return isRecord(entry) && entry.kind === 'kefu';
}

/** Picks the KF accounts out of the list of accounts; `taken` names what the other accounts use already. */
export function parseKefuAccounts(value: unknown, taken: { id: string; path: string }[], faults: string[]): KefuAccount[] {
  if (!Array.isArray(value)) return [];
  const accounts = value.flatMap((entry, at) => (isRecord(entry) && isKefu(entry) ? [parseOne(entry, `accounts[${at}]`, faults)] : []));
  for (const name of ['id', 'openKfid'] as const) {
    if (new Set(accounts.map((one) => one[name])).size < accounts.length) faults.push(`accounts: ${name} must be unique`);
  }
  for (const one of accounts) {
    if (taken.some((other) => other.id === one.id || other.path === one.path)) faults.push(`accounts: id and path of ${one.id} must be its own`);
    const same = accounts.filter((other) => other.path === one.path || (other.corpid === one.corpid && other.secret === one.secret));
    if (same.some((other) => other.path !== one.path || SHARED.some((name) => other[name] !== one[name]))) {
      faults.push(`accounts: ${one.id} must share path, ${SHARED.join(', ')} with the KF accounts of its app, and with no other`);
    }
  }
  return accounts;
}

function parseOne(input: Record<string, unknown>, where: string, faults: string[]): KefuAccount {
  for (const key of Object.keys(input)) if (!KEYS.includes(key)) faults.push(`${where}.${key} is not a setting of a KF account`);
  const text: Record<string, string> = {};
  for (const [key, form] of Object.entries(FORMS)) {
    const value = input[key] ?? DEFAULTS[key];
    if (typeof value !== 'string' || !form.test(value)) faults.push(`${where}.${key} must match ${form.source}`);
    text[key] = String(value);
  }
  const list = (name: string, form: RegExp): string[] | null => {
    const value = input[name];
    if (value === undefined) return null;
    if (Array.isArray(value) && value.length <= 100 && value.every((one) => typeof one === 'string' && form.test(one))) return value as string[];
    faults.push(`${where}.${name} must list at most 100 of ${form.source}`);
    return null;
  };
  const openPlatform = input.openPlatform ?? null;
  if (openPlatform !== null && (typeof openPlatform !== 'string' || !/^[A-Za-z0-9_-]{1,64}$/.test(openPlatform))) faults.push(`${where}.openPlatform must be a name`);
  return {
    ...text, openPlatform, kind: 'kefu', name: String(input.name ?? text.id), ipAllowList: list('ipAllowList', IP), servicers: list('servicers', USERID) ?? [],
  } as unknown as KefuAccount;
}
