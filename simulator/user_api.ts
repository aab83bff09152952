// user/info, user/info/batchget and qrcode/create.
import { done, refused } from './answer.ts';
import type { Answer, Request } from './answer.ts';
import { isRecord } from './config.ts';
import type { Account } from './config.ts';
import { parse } from './customer_message.ts';
import { ticketOf } from './phone_events.ts';
import type { Customer, Platform } from './platform.ts';

const USERS_PER_CALL_MAX = 100;
const QR_SECONDS_MAX = 2_592_000;
const QR_SECONDS_DEFAULT = 60;

export function userInfo(platform: Platform, account: Account, { query }: Request): Answer {
  const customer = platform.customers.get(query.get('openid') ?? '');
  if (customer?.account !== account) return refused(40003);
  return done(infoOf(platform, customer, query.get('lang')));
}

export function batchInfo(platform: Platform, account: Account, { body }: Request): Answer {
  const input = parse(body.toString('utf8'));
  if (typeof input === 'number') return refused(input);
  const list = Array.isArray(input.user_list) ? input.user_list.filter(isRecord) : [];
  if (list.length === 0 || list.length > USERS_PER_CALL_MAX) return refused(40032);
  const infos = [];
  for (const { openid, lang } of list) {
    const customer = platform.customers.get(String(openid));
    if (customer?.account !== account) return refused(40003);
    infos.push(infoOf(platform, customer, lang));
  }
  return done({ user_info_list: infos });
}

/** Names and portraits are no longer given; of someone who does not follow, nothing. */
function infoOf(platform: Platform, customer: Customer, lang: unknown): Record<string, unknown> {
  const { openid, scene } = customer;
  if (!customer.following) return { subscribe: 0, openid };
  const unionid = platform.unionid(customer);
  return {
    subscribe: 1, openid, language: typeof lang === 'string' ? lang : 'zh_CN', subscribe_time: Math.floor(customer.followedAtMs / 1000),
    ...(unionid === null ? {} : { unionid }),
    remark: '', groupid: 0, tagid_list: [], subscribe_scene: scene === null ? 'ADD_SCENE_SEARCH' : 'ADD_SCENE_QR_CODE',
    qr_scene: /^\d{1,9}$/.test(scene ?? '') ? Number(scene) : 0, qr_scene_str: scene !== null && !/^\d{1,9}$/.test(scene) ? scene : '',
  };
}

export function createQr(_platform: Platform, _account: Account, { body }: Request): Answer {
  const input = parse(body.toString('utf8'));
  if (typeof input === 'number') return refused(input);
  const info = isRecord(input.action_info) && isRecord(input.action_info.scene) ? input.action_info.scene : {};
  const scene = sceneOf(String(input.action_name), info);
  if (scene === null) return refused(40053);
  const lasting = String(input.action_name).includes('LIMIT');
  const seconds = Math.min(typeof input.expire_seconds === 'number' ? input.expire_seconds : QR_SECONDS_DEFAULT, QR_SECONDS_MAX);
  const ticket = ticketOf(scene);
  return done({ ticket, ...(lasting ? {} : { expire_seconds: seconds }), url: `http://weixin.qq.com/q/${ticket}` });
}

function sceneOf(action: string, { scene_id: id, scene_str: text }: Record<string, unknown>): string | null {
  const within = (max: number): string | null => (Number.isInteger(id) && (id as number) >= 1 && (id as number) <= max ? String(id) : null);
  if (action === 'QR_SCENE') return within(4_294_967_295);
  if (action === 'QR_LIMIT_SCENE') return within(100_000);
  if (action !== 'QR_STR_SCENE' && action !== 'QR_LIMIT_STR_SCENE') return null;
  return typeof text === 'string' && text.length >= 1 && text.length <= 64 ? text : null;
}
