// What a customer does on the phone, turned into messages and events to push.
import { grant } from './grants.ts';
import type { Trigger } from './grants.ts';
import type { Customer, Message, Platform } from './platform.ts';
import { Refusal } from './refusal.ts';
import type { Fields } from './xml.ts';

/** A test may repeat an earlier identity: the same MsgId and CreateTime are the same message. */
export interface Identity {
  msgid?: string;
  createTimeS?: number;
}

interface Act {
  fields: Fields;
  line: { kind: string; text: string; data?: Record<string, unknown> };
  /** The line is WeChat's, not the customer's. */
  system?: true;
  trigger?: Trigger;
}

/** Types for which a news reply shows one article only. */
const PLAIN_TYPES = ['text', 'image', 'voice', 'video', 'shortvideo', 'location'];
/** Events that take no passive reply. */
const SILENT_EVENTS = ['unsubscribe', 'view', 'view_miniprogram', 'templatesendjobfinish', 'masssendjobfinish', 'kf_create_session', 'kf_close_session', 'kf_switch_session'];
const MENU_EVENTS = ['click', 'scancode_push', 'scancode_waitmsg'];

export function text(platform: Platform, customer: Customer, content: string, menuItem: string | undefined, identity: Identity): Message {
  const fields: Fields = { MsgType: 'text', Content: content };
  if (menuItem !== undefined) fields.bizmsgmenuid = menuItem;
  // A tap on a msgmenu item counts as a menu click and does not open the 48 hours.
  return act(platform, customer, { fields, line: { kind: 'text', text: content }, trigger: menuItem === undefined ? 'message' : 'menu' }, identity);
}

export function image(platform: Platform, customer: Customer, bytes: Buffer, type: string, pictureBase: string): Message {
  const media = platform.addMedia(customer.account.id, 'image', type, bytes);
  const fields = { MsgType: 'image', PicUrl: `${pictureBase}/media/${media.id}`, MediaId: media.id };
  return act(platform, customer, { fields, line: { kind: 'image', text: '[图片]', data: { media_id: media.id } }, trigger: 'message' }, {});
}

export function location(platform: Platform, customer: Customer, latitude: number, longitude: number, label: string): Message {
  const fields = { MsgType: 'location', Location_X: latitude, Location_Y: longitude, Scale: 16, Label: label };
  return act(platform, customer, { fields, line: { kind: 'location', text: label, data: { latitude, longitude } }, trigger: 'message' }, {});
}

export function menuClick(platform: Platform, customer: Customer, key: string): Message {
  const name = customer.account.menu.find((button) => button.key === key)?.name ?? key;
  const fields = { MsgType: 'event', Event: 'CLICK', EventKey: key };
  return act(platform, customer, { fields, line: { kind: 'menu_click', text: name, data: { key } }, trigger: 'menu' }, {});
}

export function follow(platform: Platform, customer: Customer, scene: string | undefined): Message {
  if (customer.following) throw new Refusal(409, 'customer.following', 'this customer follows already');
  customer.following = true;
  customer.followedAtMs = platform.nowMs();
  platform.announce({ type: 'customer', openid: customer.openid });
  const fields: Fields = { MsgType: 'event', Event: 'subscribe', EventKey: scene === undefined ? '' : `qrscene_${scene}` };
  if (scene !== undefined) fields.Ticket = ticket(scene);
  return act(platform, customer, { fields, line: { kind: 'follow', text: '你已关注该公众号' }, system: true, trigger: 'follow' }, {});
}

export function unfollow(platform: Platform, customer: Customer): Message {
  if (!customer.following) throw new Refusal(409, 'customer.not_following', 'this customer does not follow');
  const fields = { MsgType: 'event', Event: 'unsubscribe', EventKey: '' };
  const message = act(platform, customer, { fields, line: { kind: 'unfollow', text: '你已取消关注该公众号' }, system: true }, {});
  customer.following = false;
  customer.grants = {};
  platform.announce({ type: 'customer', openid: customer.openid });
  return message;
}

/** A scan by someone who does not follow yet is a follow. */
export function scan(platform: Platform, customer: Customer, scene: string): Message {
  if (!customer.following) return follow(platform, customer, scene);
  const fields = { MsgType: 'event', Event: 'SCAN', EventKey: scene, Ticket: ticket(scene) };
  return act(platform, customer, { fields, line: { kind: 'scan', text: `已扫描二维码：${scene}`, data: { scene } }, system: true, trigger: 'scan' }, {});
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

function act(platform: Platform, customer: Customer, what: Act, identity: Identity): Message {
  if (!customer.following) throw new Refusal(409, 'customer.not_following', 'only a follower can write; POST …/follow first');
  const isEvent = what.fields.MsgType === 'event';
  const msgid = identity.msgid ?? (isEvent ? `event-${platform.serial()}` : platform.newMsgid());
  const fields: Fields = {
    ToUserName: customer.account.originalId,
    FromUserName: customer.openid,
    CreateTime: identity.createTimeS ?? Math.floor(Date.now() / 1000) + platform.faultsOf(customer.account).skew_s,
    ...what.fields,
  };
  // BigInt: a bare number on the wire, and 19 digits do not fit a double.
  if (!isEvent) fields.MsgId = BigInt(msgid);
  const event = String(what.fields.Event ?? '').toLowerCase();
  const message: Message = {
    msgid, customer, fields, attempts: 0, outcome: 'pending',
    plainMessage: PLAIN_TYPES.includes(String(what.fields.MsgType)),
    replyable: !isEvent || !SILENT_EVENTS.includes(event),
  };
  platform.addMessage(message);
  if (what.trigger) customer.grants = grant(customer.grants, what.trigger, platform.nowMs());
  customer.lastInboundMs = platform.nowMs();
  platform.addItem(customer, { from: what.system ? 'system' : 'customer', msgid, ...what.line });
  return message;
}

function ticket(scene: string): string {
  return `gQ_${Buffer.from(scene).toString('base64url')}`;
}
