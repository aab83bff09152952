// What a simulator is started with: parsed once, every fault reported together.

export type Mode = 'plaintext' | 'compat' | 'safe';

export interface MenuButton {
  key: string;
  name: string;
}

/** One WeChat account that we play the platform for. */
export interface Account {
  id: string;
  name: string;
  /** Last part of the callback address. */
  path: string;
  token: string;
  encodingAesKey: string;
  appid: string;
  appSecret: string;
  originalId: string;
  mode: Mode;
  menu: MenuButton[];
}

export interface Config {
  port: number;
  /** Where callbacks go: `{callbackBase}/callback/{path}`. */
  callbackBase: string;
  accounts: Account[];
  /** WeChat waits 5 s for a callback's response. */
  deliveryTimeoutMs: number;
  /** Pause before the next attempt after a quick failure (a time-out is followed at once). */
  redeliveryPauseMs: number;
  /** The file that keeps the phones over a restart; without one nothing is kept. */
  keep: string | null;
}

const DEFAULT_MENU: MenuButton[] = [
  { key: 'MENU_HUMAN', name: '人工客服' },
  { key: 'MENU_HOURS', name: '营业时间' },
];

const CONFIG_KEYS = ['port', 'callbackBase', 'accounts', 'deliveryTimeoutMs', 'redeliveryPauseMs', 'keep'];
const ACCOUNT_FORMS: Record<string, RegExp> = {
  id: /^[a-z][a-z0-9_]{0,31}$/,
  path: /^[A-Za-z0-9_-]{1,64}$/,
  token: /^[A-Za-z0-9]{3,32}$/,
  appid: /^wx[A-Za-z0-9]{1,30}$/,
  appSecret: /^[A-Za-z0-9]{1,128}$/,
  originalId: /^gh_[A-Za-z0-9]{1,30}$/,
  mode: /^(plaintext|compat|safe)$/,
};
const ACCOUNT_KEYS = [...Object.keys(ACCOUNT_FORMS), 'name', 'encodingAesKey', 'menu'];

/** Throws one `Error` that lists every fault; never quotes a value, since some are secrets. */
export function parseConfig(raw: unknown): Config {
  const faults: string[] = [];
  const input = isRecord(raw) ? raw : {};
  if (!isRecord(raw)) faults.push('the configuration must be a JSON object');
  unknownKeys(input, CONFIG_KEYS, '', faults);
  const config: Config = {
    port: integer(input.port ?? 0, 0, 65_535, 'port', faults),
    callbackBase: parseLoopback(input.callbackBase, faults),
    accounts: parseAccounts(input.accounts, faults),
    deliveryTimeoutMs: integer(input.deliveryTimeoutMs ?? 5_000, 10, 60_000, 'deliveryTimeoutMs', faults),
    redeliveryPauseMs: integer(input.redeliveryPauseMs ?? 1_000, 0, 60_000, 'redeliveryPauseMs', faults),
    keep: typeof input.keep === 'string' && input.keep !== '' ? input.keep : null,
  };
  if (input.keep !== undefined && config.keep === null) faults.push('keep must be the name of a file');
  if (faults.length > 0) throw new Error(`simulator configuration: ${faults.join('; ')}`);
  return config;
}

/** An http address on this machine, without a trailing slash; the simulator never calls elsewhere. */
export function parseLoopback(value: unknown, faults: string[]): string {
  const url = typeof value === 'string' && URL.canParse(value) ? new URL(value) : null;
  if (url?.protocol !== 'http:' || !['127.0.0.1', 'localhost', '[::1]'].includes(url.hostname)) {
    faults.push('callbackBase must be an http:// address on 127.0.0.1');
    return '';
  }
  return url.href.replace(/\/$/, '');
}

function parseAccounts(value: unknown, faults: string[]): Account[] {
  if (!Array.isArray(value) || value.length < 1 || value.length > 100) {
    faults.push('accounts must list 1 to 100 accounts');
    return [];
  }
  const accounts = value.map((entry, at) => parseAccount(entry, `accounts[${at}]`, faults));
  for (const key of ['id', 'path', 'appid', 'originalId'] as const) {
    if (new Set(accounts.map((a) => a[key])).size < accounts.length) faults.push(`accounts: ${key} must be unique`);
  }
  return accounts;
}

function parseAccount(entry: unknown, where: string, faults: string[]): Account {
  const input = isRecord(entry) ? entry : {};
  unknownKeys(input, ACCOUNT_KEYS, `${where}.`, faults);
  const text: Record<string, string> = {};
  for (const [key, form] of Object.entries(ACCOUNT_FORMS)) {
    const value = input[key];
    if (typeof value !== 'string' || !form.test(value)) faults.push(`${where}.${key} must match ${form.source}`);
    text[key] = String(value);
  }
  const key = input.encodingAesKey ?? '';
  if (text.mode !== 'plaintext' && (typeof key !== 'string' || !/^[A-Za-z0-9]{43}$/.test(key))) {
    faults.push(`${where}.encodingAesKey must be 43 letters and digits`);
  }
  return { ...text, name: String(input.name ?? text.id), encodingAesKey: String(key), menu: parseMenu(input.menu, where, faults) } as Account;
}

function parseMenu(value: unknown, where: string, faults: string[]): MenuButton[] {
  if (value === undefined) return DEFAULT_MENU;
  const menu = Array.isArray(value) ? value : [null];
  const good = menu.length <= 3 && menu.every((b) => isRecord(b) && typeof b.key === 'string' && typeof b.name === 'string');
  if (!good) faults.push(`${where}.menu must list at most 3 of {key, name}`);
  return good ? (menu as MenuButton[]) : [];
}

function integer(value: unknown, low: number, high: number, name: string, faults: string[]): number {
  if (Number.isInteger(value) && (value as number) >= low && (value as number) <= high) return value as number;
  faults.push(`${name} must be a whole number from ${low} to ${high}`);
  return low;
}

function unknownKeys(input: Record<string, unknown>, known: string[], prefix: string, faults: string[]): void {
  for (const key of Object.keys(input)) if (!known.includes(key)) faults.push(`${prefix}${key} is not a setting`);
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
