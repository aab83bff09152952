// What a simulator is started with: parsed once, every fault reported together.
import { isKefu, parseKefuAccounts } from './kefu_config.ts';
import type { KefuAccount } from './kefu_config.ts';

export type Mode = 'plaintext' | 'compat' | 'safe';
export type Kind = 'official_account' | 'mini_program';
/** What WeChat lets an official account do: unverified, verified subscription account, service account, test account. */
export type Tier = 'unverified' | 'verified' | 'service' | 'test';

/** A template of template or subscribe messages; `fields` are the keywords its data must hold. */
export interface Template {
  id: string;
  title: string;
  fields: string[];
}

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
  kind: Kind;
  /** Only of official accounts. */
  tier: Tier;
  /** Of pushes and passive replies; JSON is for mini programs only. */
  format: 'xml' | 'json';
  /** `number`: 64 bits; `string`: as cloud functions get it, `<hex>_<unix seconds>`. */
  msgidForm: 'number' | 'string';
  /** Accounts of one Open Platform name share their customers' unionids; none without. */
  openPlatform: string | null;
  templates: Template[];
  /** Appids that a mini program card may carry (otherwise 45064); null: not checked. */
  miniPrograms: string[] | null;
}

export interface Config {
  port: number;
  /** Of the second API host, which answers the same calls. */
  api2Port: number;
  /** What PicUrl begins with, when a name of WeChat's is made to lead here; null: our own address. */
  pictureBase: string | null;
  /** Where callbacks go: `{callbackBase}/callback/{path}`. */
  callbackBase: string;
  accounts: Account[];
  /** 微信客服 accounts; in the file they stand among the others. */
  kefu: KefuAccount[];
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

/** What every account has been given that says nothing else. */
export const TEMPLATES: Template[] = [
  { id: 'TPL_REPLY_WAITING', title: '客服回复提醒', fields: ['thing1', 'time2'] },
  { id: 'TPL_ORDER_PROGRESS', title: '处理进度通知', fields: ['character_string1', 'phrase2', 'thing3'] },
];

/** An account that says only who it is. */
export const ACCOUNT_DEFAULTS = {
  kind: 'official_account', tier: 'service', format: 'xml', msgidForm: 'number', openPlatform: null, templates: TEMPLATES, miniPrograms: null,
} as const satisfies Partial<Account>;

const CONFIG_KEYS = ['port', 'api2Port', 'pictureBase', 'callbackBase', 'accounts', 'deliveryTimeoutMs', 'redeliveryPauseMs', 'keep'];
const ACCOUNT_FORMS: Record<string, RegExp> = {
  id: /^[a-z][a-z0-9_]{0,31}$/,
  path: /^[A-Za-z0-9_-]{1,64}$/,
  token: /^[A-Za-z0-9]{3,32}$/,
  appid: /^wx[A-Za-z0-9]{1,30}$/,
  appSecret: /^[A-Za-z0-9]{1,128}$/,
  originalId: /^gh_[A-Za-z0-9]{1,30}$/,
  mode: /^(plaintext|compat|safe)$/,
};
/** Of texts that may be left out. */
const OPTIONAL_FORMS: Record<string, RegExp> = {
  kind: /^(official_account|mini_program)$/,
  tier: /^(unverified|verified|service|test)$/,
  format: /^(xml|json)$/,
  msgidForm: /^(number|string)$/,
  openPlatform: /^[A-Za-z0-9_-]{1,64}$/,
};
const ACCOUNT_KEYS = [...Object.keys(ACCOUNT_FORMS), ...Object.keys(OPTIONAL_FORMS), 'name', 'encodingAesKey', 'menu', 'templates', 'miniPrograms'];

/** Throws one `Error` that lists every fault; never quotes a value, since some are secrets. */
export function parseConfig(raw: unknown): Config {
  const faults: string[] = [];
  const input = isRecord(raw) ? raw : {};
  if (!isRecord(raw)) faults.push('the configuration must be a JSON object');
  unknownKeys(input, CONFIG_KEYS, '', faults);
  const accounts = parseAccounts(input.accounts, faults);
  const config: Config = {
    port: integer(input.port ?? 0, 0, 65_535, 'port', faults),
    api2Port: integer(input.api2Port ?? 0, 0, 65_535, 'api2Port', faults),
    pictureBase: parsePictureBase(input.pictureBase, faults),
    callbackBase: parseLoopback(input.callbackBase, faults),
    accounts,
    kefu: parseKefuAccounts(input.accounts, accounts, faults),
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

function parsePictureBase(value: unknown, faults: string[]): string | null {
  if (value === undefined || value === null) return null;
  if (typeof value === 'string' && URL.canParse(value) && /^https?:\/\//.test(value)) return value.replace(/\/$/, '');
  faults.push('pictureBase must be an http address');
  return null;
}

function parseAccounts(value: unknown, faults: string[]): Account[] {
  if (!Array.isArray(value) || value.length < 1 || value.length > 100) {
    faults.push('accounts must list 1 to 100 accounts');
    return [];
  }
  const accounts = value.flatMap((entry, at) => (isKefu(entry) ? [] : [parseAccount(entry, `accounts[${at}]`, faults)]));
  for (const key of ['id', 'path', 'appid', 'originalId'] as const) {
    if (new Set(accounts.map((a) => a[key])).size < accounts.length) faults.push(`accounts: ${key} must be unique`);
  }
  return accounts;
}

/** One account, every fault of it added to `faults`; `where` is its place in the file. */
export function parseAccount(entry: unknown, where: string, faults: string[]): Account {
  const input = isRecord(entry) ? entry : {};
  unknownKeys(input, ACCOUNT_KEYS, `${where}.`, faults);
  const text: Record<string, unknown> = { ...ACCOUNT_DEFAULTS };
  for (const [key, form] of [...Object.entries(ACCOUNT_FORMS), ...Object.entries(OPTIONAL_FORMS).filter(([name]) => input[name] !== undefined && input[name] !== null)]) {
    const value = input[key];
    if (typeof value !== 'string' || !form.test(value)) faults.push(`${where}.${key} must match ${form.source}`);
    text[key] = String(value);
  }
  const key = input.encodingAesKey ?? '';
  if (text.mode !== 'plaintext' && (typeof key !== 'string' || !/^[A-Za-z0-9]{43}$/.test(key))) {
    faults.push(`${where}.encodingAesKey must be 43 letters and digits`);
  }
  if (text.format === 'json' && text.kind !== 'mini_program') faults.push(`${where}.format json is for mini programs only`);
  return {
    ...text, name: String(input.name ?? text.id), encodingAesKey: String(key), menu: text.kind === 'official_account' ? parseMenu(input.menu, where, faults) : [],
    templates: parseTemplates(input.templates, where, faults), miniPrograms: parseAppids(input.miniPrograms, where, faults),
  } as Account;
}

function parseTemplates(value: unknown, where: string, faults: string[]): Template[] {
  if (value === undefined) return TEMPLATES;
  const good = Array.isArray(value) && value.length <= 25 && value.every((one) => isRecord(one) && typeof one.id === 'string' && typeof one.title === 'string' && isTexts(one.fields));
  if (!good) faults.push(`${where}.templates must list at most 25 of {id, title, fields}`);
  return good ? (value as Template[]) : [];
}

function parseAppids(value: unknown, where: string, faults: string[]): string[] | null {
  if (value === undefined || value === null) return null;
  if (!isTexts(value)) faults.push(`${where}.miniPrograms must list appids`);
  return isTexts(value) ? value : [];
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.length <= 100 && value.every((one) => typeof one === 'string');
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
