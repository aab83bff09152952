// The messages a customer writes or sends, one function per type.
import { createHash, randomBytes } from 'node:crypto';
import { act, onlyFor } from './phone.ts';
import type { Identity } from './phone.ts';
import type { Customer, Message, Platform } from './platform.ts';
import { Refusal } from './refusal.ts';
import { SAMPLE_PICTURE, SAMPLE_THUMB, SAMPLE_VIDEO, SAMPLE_VOICE } from './samples.ts';
import type { Fields } from './xml.ts';

/** Bytes and content type, ours when the caller brings none. */
export interface Content {
  bytes: Buffer | undefined;
  type: string | undefined;
  /** Zero bytes behind them, for media as large as a test needs. */
  padding: number;
}

function padded({ bytes, padding }: Content, sample: Buffer): Buffer {
  return Buffer.concat([bytes ?? sample, Buffer.alloc(padding)]);
}

const MENU_EVENTS = ['click', 'scancode_push', 'scancode_waitmsg'];

export function text(platform: Platform, customer: Customer, content: string, menuItem: string | undefined, identity: Identity): Message {
  const fields: Fields = { MsgType: 'text', Content: content };
  if (menuItem !== undefined) fields.bizmsgmenuid = menuItem;
  // A tap on a msgmenu item counts as a menu click and does not open the 48 hours.
  return act(platform, customer, { fields, line: { kind: 'text', text: content }, trigger: menuItem === undefined ? 'message' : 'menu' }, identity);
}

/** `picUrl` in place of the address where we keep the picture. */
export function image(platform: Platform, customer: Customer, content: Content, picUrl: string | undefined): Message {
  const media = platform.addMedia(customer.account.id, 'image', content.type ?? 'image/png', padded(content, SAMPLE_PICTURE));
  const fields = { MsgType: 'image', PicUrl: picUrl ?? platform.pictureUrl(media.id), MediaId: media.id };
  return act(platform, customer, { fields, line: { kind: 'image', text: '[图片]', data: { media_id: media.id } }, trigger: 'message' });
}

/** `recognition`: what WeChat heard, with accounts that still get it. */
export function voice(platform: Platform, customer: Customer, content: Content, recognition: string | undefined): Message {
  onlyFor(customer, 'official_account');
  const media = platform.addMedia(customer.account.id, 'voice', content.type ?? 'audio/amr', padded(content, SAMPLE_VOICE));
  const fields: Fields = { MsgType: 'voice', MediaId: media.id, Format: media.type === 'audio/speex' ? 'speex' : 'amr', MediaId16K: media.id };
  if (recognition !== undefined) fields.Recognition = recognition;
  return act(platform, customer, { fields, line: { kind: 'voice', text: recognition ? `[语音] ${recognition}` : '[语音]', data: { media_id: media.id } }, trigger: 'message' });
}

export function video(platform: Platform, customer: Customer, content: Content, short: boolean): Message {
  onlyFor(customer, 'official_account');
  const media = platform.addMedia(customer.account.id, 'video', content.type ?? 'video/mp4', padded(content, SAMPLE_VIDEO));
  const thumb = platform.addMedia(customer.account.id, 'thumb', 'image/jpeg', SAMPLE_THUMB);
  const kind = short ? 'shortvideo' : 'video';
  const fields = { MsgType: kind, MediaId: media.id, ThumbMediaId: thumb.id };
  return act(platform, customer, { fields, line: { kind, text: '[视频]', data: { media_id: media.id } }, trigger: 'message' });
}

export function location(platform: Platform, customer: Customer, latitude: number, longitude: number, label: string): Message {
  onlyFor(customer, 'official_account');
  const fields = { MsgType: 'location', Location_X: latitude, Location_Y: longitude, Scale: 16, Label: label };
  return act(platform, customer, { fields, line: { kind: 'location', text: label, data: { latitude, longitude } }, trigger: 'message' });
}

export function link(platform: Platform, customer: Customer, title: string, description: string, url: string): Message {
  onlyFor(customer, 'official_account');
  const fields = { MsgType: 'link', Title: title, Description: description, Url: url };
  return act(platform, customer, { fields, line: { kind: 'link', text: title, data: { articles: [{ title, description, url }] } }, trigger: 'message' });
}

/** A file reaches an official account without a MediaId: its bytes cannot be had. */
export function file(platform: Platform, customer: Customer, title: string, bytes: number): Message {
  onlyFor(customer, 'official_account');
  const fields = { MsgType: 'file', Title: title, Description: '', FileKey: randomBytes(32).toString('base64url'), FileMd5: createHash('md5').update(title).digest('hex'), FileTotalLen: bytes };
  return act(platform, customer, { fields, line: { kind: 'file', text: `[文件] ${title}`, data: { bytes } }, trigger: 'message' });
}

export function card(platform: Platform, customer: Customer, title: string, appid: string, pagePath: string): Message {
  const thumb = platform.addMedia(customer.account.id, 'thumb', 'image/jpeg', SAMPLE_THUMB);
  const fields = { MsgType: 'miniprogrampage', Title: title, AppId: appid, PagePath: pagePath, ThumbUrl: platform.pictureUrl(thumb.id), ThumbMediaId: thumb.id };
  return act(platform, customer, { fields, line: { kind: 'miniprogrampage', text: `[小程序] ${title}`, data: { pagepath: pagePath } }, trigger: 'message' });
}

/** Any other message or event, by its own XML fields; `MsgType` decides which. */
export function raw(platform: Platform, customer: Customer, fields: Fields, identity: Identity): Message {
  const type = String(fields.MsgType ?? '');
  const event = String(fields.Event ?? '').toLowerCase();
  if (type === '') throw new Refusal(400, 'control.invalid', 'fields.MsgType is missing');
  const line = { kind: type, text: type === 'event' ? String(fields.Event ?? '') : `[${type}]` };
  if (type === 'event') return act(platform, customer, { fields, line, ...(MENU_EVENTS.includes(event) ? { trigger: 'menu' as const } : {}) }, identity);
  return act(platform, customer, { fields, line, trigger: 'message' }, identity);
}
