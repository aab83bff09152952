// What happens on a customer's phone, turned into a message or an event to push; and the line the phone keeps of it.
import { grant } from './grants.ts';
import type { Trigger } from './grants.ts';
import type { Kind } from './config.ts';
import type { Customer, Message, Platform } from './platform.ts';
import { Refusal } from './refusal.ts';
import type { Fields } from './xml.ts';

/** A test may repeat an earlier identity: the same MsgId and CreateTime are the same message. */
export interface Identity {
  msgid?: string;
  createTimeS?: number;
}

export interface Act {
  fields: Fields;
  /** What the phone keeps; nothing for what happens behind its back. */
  line?: { kind: string; text: string; data?: Record<string, unknown> };
  /** The line is WeChat's, not the customer's. */
  system?: true;
  /** Not an act in the conversation: possible without following, and no sign of life. */
  aside?: true;
  trigger?: Trigger;
}

/** Types for which a news reply shows one article only. */
const PLAIN_TYPES = ['text', 'image', 'voice', 'video', 'shortvideo', 'location'];
/** Events that a passive reply may answer. */
const ANSWERED_EVENTS = ['subscribe', 'scan', 'click', 'scancode_waitmsg', 'scancode_push', 'location', 'location_select', 'pic_sysphoto', 'pic_photo_or_album', 'pic_weixin', 'user_enter_tempsession', 'debug_demo'];
/** Without a close, WeChat pushes to the account again after so long. */
const KF_SESSION_MS = 30 * 60_000;

export function act(platform: Platform, customer: Customer, what: Act, identity: Identity = {}): Message {
  const { account } = customer;
  if (!customer.following && !what.aside) throw new Refusal(409, 'customer.not_following', 'only a follower can write; POST …/follow first');
  const isEvent = what.fields.MsgType === 'event';
  const createTimeS = identity.createTimeS ?? Math.floor(Date.now() / 1000) + platform.faultsOf(account).skew_s;
  const msgid = identity.msgid ?? (isEvent ? `event-${platform.serial()}` : platform.newMsgid(account, createTimeS));
  const fields: Fields = { ToUserName: account.originalId, FromUserName: customer.openid, CreateTime: createTimeS, ...what.fields };
  // BigInt: a bare number on the wire, and 19 digits do not fit a double.
  if (!isEvent) fields.MsgId = /^\d+$/.test(msgid) ? BigInt(msgid) : msgid;
  const message: Message = {
    msgid, customer, fields, attempts: 0, outcome: 'pending',
    plainMessage: PLAIN_TYPES.includes(String(what.fields.MsgType)),
    replyable: !isEvent || ANSWERED_EVENTS.includes(String(what.fields.Event).toLowerCase()),
    withheld: !isEvent && inKfSession(platform, customer),
  };
  platform.addMessage(message);
  if (what.trigger) customer.grants = grant(customer.grants, what.trigger, platform.nowMs());
  if (!what.aside) customer.lastInboundMs = platform.nowMs();
  if (what.line) platform.addItem(customer, { from: what.system ? 'system' : 'customer', msgid, ...what.line });
  return message;
}

/** While a session of WeChat's own customer service is open, messages go there and not to the account's server. */
export function inKfSession(platform: Platform, customer: Customer): boolean {
  return customer.kfSession !== null && platform.nowMs() - customer.kfSession.openedAtMs < KF_SESSION_MS;
}

export function onlyFor(customer: Customer, kind: Kind): void {
  if (customer.account.kind !== kind) throw new Refusal(409, 'account.kind', `only customers of an account of kind ${kind} can do this`);
}
