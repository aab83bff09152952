// Judges a callback's response exactly as WeChat would: acknowledged, a reply for the phone, or a failure.
import { decrypt, getSignature } from '@wecom/crypto';
import type { Account } from './config.ts';
import { parseJson } from './json.ts';
import { TEXT_BYTES_MAX } from './limits.ts';
import { childrenOf, parseXml, textOf } from './xml.ts';
import type { Fields } from './xml.ts';

export interface HttpResponse {
  status: number;
  headers: Record<string, string>;
  body: Buffer;
}

/** What the phone shows: `text` for reading, `data` for the page. */
export interface Shown {
  kind: string;
  text: string;
  data?: Record<string, unknown>;
}

export type BodyKind = 'none' | 'empty' | 'success' | 'plain_xml' | 'encrypted_xml' | 'plain_json' | 'encrypted_json' | 'other';
export type Verdict = { bodyKind: BodyKind } & (
  | { result: 'ack' }
  | { result: 'transfer' }
  | { result: 'reply'; shown: Shown }
  | { result: 'failed'; why: string }
);

/** What a response must answer: who wrote, and whether it was one of the five plain message types. */
export interface Question {
  openid: string;
  plainMessage: boolean;
  mediaKnown: (mediaId: string) => boolean;
}

export function judge(account: Account, question: Question, response: HttpResponse): Verdict {
  const failed = (bodyKind: BodyKind, why: string): Verdict => ({ bodyKind, result: 'failed', why });
  const text = response.body.toString('utf8');
  if (response.status !== 200) return failed('other', `http_${response.status}`);
  if (text === '') return { bodyKind: 'empty', result: 'ack' };
  if (text === 'success') return { bodyKind: 'success', result: 'ack' };
  if (response.headers['content-encoding']) return failed('other', 'content_encoding');
  if (!Buffer.from(text, 'utf8').equals(response.body)) return failed('other', 'not_utf8');
  const { format } = account;
  const outer = parse(account, text);
  if (!outer) return failed('other', `not_${format}`);
  if (!('Encrypt' in outer)) {
    if (account.mode === 'safe') return failed(`plain_${format}`, 'not_encrypted');
    return { bodyKind: `plain_${format}`, ...judgeReply(account, question, outer) };
  }
  if (account.mode === 'plaintext') return failed(`encrypted_${format}`, 'encrypted_in_plaintext_mode');
  const opened = open(account, outer);
  if (typeof opened === 'string') return failed(`encrypted_${format}`, opened);
  return { bodyKind: `encrypted_${format}`, ...judgeReply(account, question, opened) };
}

/** A reply must have the format of the push. */
function parse(account: Account, text: string): Fields | null {
  return account.format === 'json' ? parseJson(text) : parseXml(text);
}

/** The reply inside `Encrypt`, or why it cannot be had. */
function open(account: Account, outer: Fields): Fields | string {
  const [cipher, timestamp, nonce] = ['Encrypt', 'TimeStamp', 'Nonce'].map((name) => textOf(outer, name)) as [string, string, string];
  if (!/^\d{1,12}$/.test(timestamp)) return 'reply_timestamp';
  if (getSignature(account.token, timestamp, nonce, cipher) !== textOf(outer, 'MsgSignature')) return 'reply_signature';
  let opened: { message: string; id: string };
  try {
    opened = decrypt(account.encodingAesKey, cipher);
  } catch {
    return 'reply_cipher';
  }
  if (opened.id !== account.appid) return 'reply_appid';
  return parse(account, opened.message) ?? `not_${account.format}`;
}

type Judged = { result: 'reply'; shown: Shown } | { result: 'transfer' } | { result: 'failed'; why: string };

function judgeReply(account: Account, question: Question, reply: Fields): Judged {
  const failed = (why: string): Judged => ({ result: 'failed', why });
  if (textOf(reply, 'ToUserName') !== question.openid) return failed('to_user');
  if (textOf(reply, 'FromUserName') !== account.originalId) return failed('from_user');
  const kind = textOf(reply, 'MsgType');
  if (kind === 'transfer_customer_service') return { result: 'transfer' };
  const read = READERS[kind];
  if (!read) return failed('msg_type');
  // Its customers are answered by custom/send alone.
  if (account.kind === 'mini_program') return failed('not_for_mini_programs');
  const shown = read(reply, question);
  return typeof shown === 'string' ? failed(shown) : { result: 'reply', shown: { kind, ...shown } };
}

type Reader = (reply: Fields, question: Question) => Omit<Shown, 'kind'> | string;

/** Per MsgType: what to show, or why WeChat refuses it. */
const READERS: Record<string, Reader> = {
  text: (reply) => {
    const text = textOf(reply, 'Content');
    if (text.trim() === '') return 'content_empty';
    return Buffer.byteLength(text) > TEXT_BYTES_MAX ? 'content_too_long' : { text };
  },
  image: (reply, question) => readMedia('Image', '[图片]', reply, question),
  voice: (reply, question) => readMedia('Voice', '[语音]', reply, question),
  video: (reply, question) => readMedia('Video', '[视频]', reply, question),
  music: (reply) => {
    const music = childrenOf(reply, 'Music');
    return { text: textOf(music, 'Title') || '[音乐]', data: { url: textOf(music, 'MusicUrl') } };
  },
  news: (reply, question) => {
    const item = childrenOf(reply, 'Articles').item;
    const all = (Array.isArray(item) ? item : item === undefined ? [] : [item]) as Fields[];
    if (all.length === 0 || textOf(reply, 'ArticleCount') !== String(all.length)) return 'article_count';
    const articles = all.slice(0, question.plainMessage ? 1 : 8).map((one) => ({
      title: textOf(one, 'Title'), description: textOf(one, 'Description'), picture: textOf(one, 'PicUrl'), url: textOf(one, 'Url'),
    }));
    return { text: articles.map((one) => one.title).join('\n'), data: { articles } };
  },
};

function readMedia(element: string, label: string, reply: Fields, question: Question): Omit<Shown, 'kind'> | string {
  const mediaId = textOf(childrenOf(reply, element), 'MediaId');
  return question.mediaKnown(mediaId) ? { text: label, data: { media_id: mediaId } } : 'media_id';
}
