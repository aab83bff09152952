// custom/send: what WeChat accepts, in the order it complains.
import type { AccountFaults } from './account_faults.ts';
import type { Account } from './config.ts';
import { isRecord } from './config.ts';
import { quota, spend } from './grants.ts';
import { TEXT_BYTES_MAX } from './limits.ts';
import type { Platform } from './platform.ts';
import type { Shown } from './reply.ts';

const MINI_PROGRAM_TYPES = ['text', 'image', 'link', 'miniprogrampage'];

/** 0 when the message reached the phone, otherwise WeChat's errcode. */
export function accept(platform: Platform, account: Account, rawText: string): number {
  const body = parse(rawText);
  if (typeof body === 'number') return body;
  const customer = typeof body.touser === 'string' ? platform.customers.get(body.touser) : undefined;
  if (!customer || customer.account !== account) return 40003;
  const faults = platform.faultsOf(account);
  const kind = String(body.msgtype);
  const code = typeAllowed(account, kind, faults);
  if (code !== 0) return code;
  const part = body[kind];
  const shown = isRecord(part) ? READERS[kind]?.(part, { account, find: (id) => platform.media(account.id, id)?.kind }) ?? 40008 : 44004;
  if (typeof shown === 'number') return shown;
  if (!customer.following) return faults.unfollowed_errcode;
  if (customer.blocked) return 48002;
  const left = quota(customer.grants, platform.nowMs());
  if (left === null) return 45015;
  if (left.left === 0) return 45047;
  customer.grants = spend(customer.grants);
  const data = { ...shown.data, ...marks(body) };
  platform.addItem(customer, { from: 'account', via: 'custom_send', kind, text: shown.text, ...(Object.keys(data).length === 0 ? {} : { data }) });
  return 0;
}

function typeAllowed(account: Account, kind: string, faults: AccountFaults): number {
  const known = kind in READERS && (account.kind === 'mini_program' ? MINI_PROGRAM_TYPES.includes(kind) : kind !== 'link');
  if (!known) return 40008;
  if (faults.refused_types.includes(kind)) return 48008;
  return account.kind === 'official_account' && account.tier === 'test' && kind === 'msgmenu' ? 40200 : 0;
}

/** As whom, and whether as a machine, a message is shown. */
function marks(body: Record<string, unknown>): Record<string, unknown> {
  const { customservice, aimsgcontext } = body;
  return {
    ...(isRecord(customservice) ? { kf_account: str(customservice.kf_account) } : {}),
    ...(isRecord(aimsgcontext) && aimsgcontext.is_ai_msg === 1 ? { ai: true } : {}),
  };
}

/** WeChat wants raw UTF-8: a `\u4f60` is refused. Control characters have no other form. */
export function parse(rawText: string): Record<string, unknown> | number {
  if (rawText === '') return 44002;
  let body: unknown;
  try {
    body = JSON.parse(rawText);
  } catch {
    return 47001;
  }
  if (!isRecord(body)) return 47001;
  for (const [, hex] of rawText.matchAll(/\\(?:u([0-9a-fA-F]{4})|.)/gs)) {
    if (hex !== undefined && parseInt(hex, 16) >= 0x20) return 40033;
  }
  return body;
}

type Part = Record<string, unknown>;
/** `find` gives the kind of a media_id, nothing when it is unknown or expired. */
interface Library {
  account: Account;
  find: (id: string) => string | undefined;
}

type Reader = (part: Part, library: Library) => Omit<Shown, 'kind'> | number;

const READERS: Record<string, Reader> = {
  text: (part) => {
    const text = str(part.content);
    if (text.trim() === '') return 44004;
    return Buffer.byteLength(text) > TEXT_BYTES_MAX ? 45002 : { text };
  },
  image: (part, library) => media(part, library, 'image', '[图片]'),
  voice: (part, library) => media(part, library, 'voice', '[语音]'),
  video: (part, library) => (part.thumb_media_id !== undefined && !hasThumb(part, library) ? 40007 : media(part, library, 'video', str(part.title) || '[视频]')),
  music: (part, library) => (hasThumb(part, library) ? { text: str(part.title) || '[音乐]', data: { url: str(part.musicurl) } } : 40007),
  mpnews: (part, library) => media(part, library, 'news', '[图文]'),
  mpnewsarticle: (part) => (str(part.article_id) ? { text: '[图文]', data: { article_id: part.article_id } } : 44004),
  wxcard: (part) => (str(part.card_id) ? { text: '[卡券]', data: { card_id: part.card_id } } : 44004),
  link: (part) => (str(part.title) && str(part.url) ? { text: str(part.title), data: { articles: [article({ ...part, picurl: part.thumb_url })] } } : 44004),
  news: (part) => {
    const articles = Array.isArray(part.articles) ? part.articles.filter(isRecord) : [];
    if (articles.length === 0) return 44004;
    if (articles.length > 1) return 45008;
    return {
      text: articles.map((one) => str(one.title)).join('\n'),
      data: { articles: articles.map(article) },
    };
  },
  msgmenu: (part) => {
    const list = Array.isArray(part.list) ? part.list.filter(isRecord) : [];
    if (list.length === 0) return 44004;
    return {
      text: [str(part.head_content), ...list.map((one) => str(one.content)), str(part.tail_content)].filter((line) => line !== '').join('\n'),
      data: { head: str(part.head_content), tail: str(part.tail_content), list: list.map((one) => ({ id: String(one.id), content: str(one.content) })) },
    };
  },
  miniprogrampage: (part, library) => {
    const { account } = library;
    if (!str(part.pagepath) || (account.kind !== 'mini_program' && !str(part.appid))) return 44004;
    if (account.miniPrograms !== null && account.kind !== 'mini_program' && !account.miniPrograms.includes(str(part.appid))) return 45064;
    return hasThumb(part, library) ? { text: str(part.title) || '[小程序]', data: { pagepath: str(part.pagepath) } } : 40007;
  },
};

function media(part: Part, { find }: Library, kind: string, text: string): Omit<Shown, 'kind'> | number {
  const id = str(part.media_id);
  return find(id) === kind ? { text, data: { media_id: id } } : 40007;
}

function hasThumb(part: Part, { find }: Library): boolean {
  return ['thumb', 'image'].includes(find(str(part.thumb_media_id)) ?? '');
}

function article(one: Part): { title: string; description: string; picture: string; url: string } {
  return { title: str(one.title), description: str(one.description), picture: str(one.picurl), url: str(one.url) };
}

function str(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
