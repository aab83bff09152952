// The events a customer causes: following, scanning, tapping a menu, consenting, withdrawing; and those of WeChat's own customer service.
import { act, onlyFor } from './phone.ts';
import type { Customer, Message, Platform } from './platform.ts';
import { Refusal } from './refusal.ts';
import type { Fields } from './xml.ts';

export interface Choice {
  templateId: string;
  accept: boolean;
  /** 1 an H5 page, 2 an article. */
  scene: string;
}

export const WITHDRAWALS = ['user_info_modified', 'user_authorization_revoke', 'user_authorization_cancellation'] as const;

export function menuClick(platform: Platform, customer: Customer, key: string): Message {
  onlyFor(customer, 'official_account');
  const name = customer.account.menu.find((button) => button.key === key)?.name ?? key;
  const fields = { MsgType: 'event', Event: 'CLICK', EventKey: key };
  return act(platform, customer, { fields, line: { kind: 'menu_click', text: name, data: { key } }, trigger: 'menu' });
}

/** A menu button that opens a page: no window opens and nothing shows. */
export function view(platform: Platform, customer: Customer, url: string): Message {
  onlyFor(customer, 'official_account');
  return act(platform, customer, { fields: { MsgType: 'event', Event: 'VIEW', EventKey: url, MenuId: '428000000' } });
}

export function follow(platform: Platform, customer: Customer, scene: string | undefined): Message {
  onlyFor(customer, 'official_account');
  if (customer.following) throw new Refusal(409, 'customer.following', 'this customer follows already');
  Object.assign(customer, { following: true, followedAtMs: platform.nowMs(), scene: scene ?? null });
  platform.announce({ type: 'customer', openid: customer.openid });
  const fields: Fields = { MsgType: 'event', Event: 'subscribe', EventKey: scene === undefined ? '' : `qrscene_${scene}` };
  if (scene !== undefined) fields.Ticket = ticketOf(scene);
  return act(platform, customer, { fields, line: { kind: 'follow', text: '你已关注该公众号' }, system: true, trigger: 'follow' });
}

export function unfollow(platform: Platform, customer: Customer): Message {
  onlyFor(customer, 'official_account');
  if (!customer.following) throw new Refusal(409, 'customer.not_following', 'this customer does not follow');
  const fields = { MsgType: 'event', Event: 'unsubscribe', EventKey: '' };
  const message = act(platform, customer, { fields, line: { kind: 'unfollow', text: '你已取消关注该公众号' }, system: true });
  Object.assign(customer, { following: false, grants: {}, consents: {}, kfSession: null });
  platform.announce({ type: 'customer', openid: customer.openid });
  return message;
}

/** A scan by someone who does not follow yet is a follow. */
export function scan(platform: Platform, customer: Customer, scene: string): Message {
  onlyFor(customer, 'official_account');
  if (!customer.following) return follow(platform, customer, scene);
  const fields = { MsgType: 'event', Event: 'SCAN', EventKey: scene, Ticket: ticketOf(scene) };
  return act(platform, customer, { fields, line: { kind: 'scan', text: `已扫描二维码：${scene}`, data: { scene } }, system: true, trigger: 'scan' });
}

/** The phone tells where it is; the customer does nothing, so no window opens. */
export function reportLocation(platform: Platform, customer: Customer, latitude: number, longitude: number, precision: number): Message {
  onlyFor(customer, 'official_account');
  return act(platform, customer, { fields: { MsgType: 'event', Event: 'LOCATION', Latitude: latitude, Longitude: longitude, Precision: precision } });
}

/** A tap on the customer-service button of a mini program; WeChat cuts what the page says of itself at 1,000 bytes. */
export function enter(platform: Platform, customer: Customer, sessionFrom: string): Message {
  onlyFor(customer, 'mini_program');
  const fields = { MsgType: 'event', Event: 'user_enter_tempsession', SessionFrom: Buffer.from(sessionFrom).subarray(0, 1_000).toString('utf8').replace(/�+$/, '') };
  return act(platform, customer, { fields, line: { kind: 'enter', text: '进入客服会话' }, system: true, trigger: 'enter' });
}

/** Each template accepted may be sent once more. */
export function choose(platform: Platform, customer: Customer, choices: Choice[]): Message {
  for (const { templateId, accept } of choices) if (accept) customer.consents[templateId] = (customer.consents[templateId] ?? 0) + 1;
  const List = choices.map(({ templateId, accept, scene }) => ({ TemplateId: templateId, SubscribeStatusString: accept ? 'accept' : 'reject', PopupScene: scene }));
  return act(platform, customer, { fields: { MsgType: 'event', Event: 'subscribe_msg_popup_event', SubscribeMsgPopupEvent: { List } }, aside: true });
}

/** Switched off in the phone's settings. */
export function refuse(platform: Platform, customer: Customer, templateIds: string[]): Message {
  for (const id of templateIds) delete customer.consents[id];
  const List = templateIds.map((id) => ({ TemplateId: id, SubscribeStatusString: 'reject' }));
  return act(platform, customer, { fields: { MsgType: 'event', Event: 'subscribe_msg_change_event', SubscribeMsgChangeEvent: { List } }, aside: true });
}

export function withdraw(platform: Platform, customer: Customer, event: (typeof WITHDRAWALS)[number], revokeInfo: string): Message {
  const { openid, account } = customer;
  return act(platform, customer, { fields: { MsgType: 'event', Event: event, OpenID: openid, AppID: account.appid, RevokeInfo: revokeInfo, PluginID: '', OpenPID: '' }, aside: true });
}

/** 'Push test' of WeChat's console. */
export function debug(platform: Platform, customer: Customer, text: string): Message {
  return act(platform, customer, { fields: { MsgType: 'event', Event: 'debug_demo', debug_str: text }, aside: true });
}

export function openKf(platform: Platform, customer: Customer, kfAccount: string): Message {
  customer.kfSession = { kfAccount, openedAtMs: platform.nowMs() };
  return act(platform, customer, { fields: { MsgType: 'event', Event: 'kf_create_session', KfAccount: kfAccount }, aside: true });
}

export function closeKf(platform: Platform, customer: Customer): Message {
  const { kfAccount } = openSession(customer);
  customer.kfSession = null;
  return act(platform, customer, { fields: { MsgType: 'event', Event: 'kf_close_session', KfAccount: kfAccount }, aside: true });
}

export function switchKf(platform: Platform, customer: Customer, to: string): Message {
  const session = openSession(customer);
  customer.kfSession = { ...session, kfAccount: to };
  return act(platform, customer, { fields: { MsgType: 'event', Event: 'kf_switch_session', FromKfAccount: session.kfAccount, ToKfAccount: to }, aside: true });
}

function openSession(customer: Customer): { kfAccount: string; openedAtMs: number } {
  if (!customer.kfSession) throw new Refusal(409, 'customer.no_kf_session', 'no session is open; POST …/kf-open first');
  return customer.kfSession;
}

/** Of the QR code with this scene. */
export function ticketOf(scene: string): string {
  return `gQ_${Buffer.from(scene).toString('base64url')}`;
}
