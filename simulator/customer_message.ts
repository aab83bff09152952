// custom/send: what WeChat accepts, in the order it complains.
import type { Account } from './config.ts';
import { isRecord } from './config.ts';
import { quota, spend } from './grants.ts';
import { TEXT_BYTES_MAX } from './limits.ts';
import type { Platform } from './platform.ts';
import type { Shown } from './reply.ts';

/** 0 when the message reached the phone, otherwise WeChat's errcode. */
export function accept(platform: Platform, account: Account, rawText: string): number {
  const body = parse(rawText);
  if (typeof body === 'number') return body;
  const customer = typeof body.touser === 'string' ? platform.customers.get(body.touser) : undefined;
  if (!customer || customer.account !== account) return 40003;
  const read = READERS[String(body.msgtype)];
  if (!read) return 40008;
  const part = body[String(body.msgtype)];
  const shown = isRecord(part) ? read(part, (id) => platform.media(account.id, id) !== undefined) : 44004;
  if (typeof shown === 'number') return shown;
  const left = customer.following ? quota(customer.grants, platform.nowMs()) : null;
  if (left === null) return 45015;
  if (left.left === 0) return 45047;
  customer.grants = spend(customer.grants);
  platform.addItem(customer, { from: 'account', via: 'custom_send', kind: String(body.msgtype), ...shown });
  return 0;
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
type Reader = (part: Part, mediaKnown: (id: string) => boolean) => Omit<Shown, 'kind'> | number;

const READERS: Record<string, Reader> = {
  text: (part) => {
    const text = str(part.content);
    if (text.trim() === '') return 44004;
    return Buffer.byteLength(text) > TEXT_BYTES_MAX ? 45002 : { text };
  },
  image: (part, known) => media(part, known, '[图片]'),
  voice: (part, known) => media(part, known, '[语音]'),
  video: (part, known) => media(part, known, '[视频]'),
  music: (part) => ({ text: str(part.title) || '[音乐]', data: { url: str(part.musicurl) } }),
  news: (part) => {
    const articles = Array.isArray(part.articles) ? part.articles.filter(isRecord) : [];
    if (articles.length === 0) return 44004;
    if (articles.length > 1) return 45008;
    return {
      text: articles.map((one) => str(one.title)).join('\n'),
      data: { articles: articles.map((one) => ({ title: str(one.title), description: str(one.description), picture: str(one.picurl), url: str(one.url) })) },
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
  miniprogrampage: (part) => (str(part.appid) && str(part.pagepath) ? { text: str(part.title) || '[小程序]', data: { pagepath: str(part.pagepath) } } : 44004),
};

function media(part: Part, known: (id: string) => boolean, label: string): Omit<Shown, 'kind'> | number {
  const id = str(part.media_id);
  return known(id) ? { text: label, data: { media_id: id } } : 40007;
}

function str(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
