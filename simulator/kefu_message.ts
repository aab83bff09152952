// send_msg and send_msg_on_event: what the platform accepts, in the order it complains.
import { isRecord } from './config.ts';
import { newMsgid } from './kefu.ts';
import type { Desk, Kefu, KefuCustomer } from './kefu.ts';
import { BYTES_MAX, MENU_ITEMS_MAX, MSGIDS_MAX, SESSION_MS } from './kefu_limits.ts';
import { dropOldest } from './kefu_tokens.ts';
import type { Shown } from './reply.ts';

type Part = Record<string, unknown>;
/** Whether this media is of this kind and not too old. */
export type MediaKnown = (id: string, kind: string) => boolean;
type Reader = (part: Part, known: MediaKnown) => Omit<Shown, 'kind'> | number;
/** The msgid, or an errcode with the field that it is about. */
export type Sent = { msgid: string } | { errcode: number; detail?: string };

const MSGID = /^[0-9a-zA-Z_-]{1,32}$/;

/** send_msg. A repeated msgid is refused before state and quota are looked at, and shows nothing. */
export function send(kefu: Kefu, desk: Desk, customer: KefuCustomer, body: Part, known: MediaKnown): Sent {
  const shown = readPart(body, known);
  if (typeof shown === 'number') return { errcode: shown };
  const msgid = body.msgid ?? newMsgid();
  if (typeof msgid !== 'string' || !MSGID.test(msgid)) return { errcode: 40058, detail: 'msgid' };
  if (desk.msgids.has(msgid)) return { errcode: desk.settings.duplicateErrcode, detail: 'msgid exists' };
  if (customer.lastInboundMs > 0 && kefu.platform.nowMs() - customer.lastInboundMs >= SESSION_MS) return { errcode: 95002 };
  if (kefu.stateOf(customer) > 1) return { errcode: 95018 };
  if (customer.left === 0) return { errcode: 95001 };
  customer.left -= 1;
  remember(desk, msgid);
  const { failSends } = desk.settings;
  if (failSends.times > 0) {
    failSends.times -= 1;
    void kefu.appendEvent(desk, customer, 'msg_send_fail', { fail_msgid: msgid, fail_type: failSends.failType });
    return { msgid };
  }
  show(kefu, customer, { via: 'kf_send', kind: String(body.msgtype), msgid, ...shown });
  return { msgid };
}

/** send_msg_on_event: one line by a welcome_code or msg_code; it counts against no quota. */
export function sendOnEvent(kefu: Kefu, desk: Desk, customer: KefuCustomer, body: Part): Sent {
  const code = kefu.code(body.code);
  if (!code) return { errcode: 40058, detail: 'code' };
  if (!code.types.includes(String(body.msgtype))) return { errcode: 40008 };
  const shown = readPart(body, () => false);
  if (typeof shown === 'number') return { errcode: shown };
  const msgid = body.msgid ?? newMsgid();
  if (typeof msgid !== 'string' || !MSGID.test(msgid)) return { errcode: 40058, detail: 'msgid' };
  if (desk.msgids.has(msgid)) return { errcode: desk.settings.duplicateErrcode, detail: 'msgid exists' };
  kefu.useCode(String(body.code));
  remember(desk, msgid);
  show(kefu, customer, { via: 'kf_event', kind: String(body.msgtype), msgid, ...shown });
  return { msgid };
}

function remember(desk: Desk, msgid: string): void {
  desk.msgids.add(msgid);
  dropOldest(desk.msgids, MSGIDS_MAX);
}

function show(kefu: Kefu, customer: KefuCustomer, line: { via: 'kf_send' | 'kf_event'; kind: string; msgid: string; text: string }): void {
  customer.lastExchangeMs = kefu.platform.nowMs();
  kefu.addItem(customer, { from: 'account', ...line });
}

function readPart(body: Part, known: MediaKnown): Omit<Shown, 'kind'> | number {
  const kind = String(body.msgtype);
  const read = Object.hasOwn(READERS, kind) ? READERS[kind] : undefined;
  if (!read) return 40008;
  const part = body[kind];
  return isRecord(part) ? read(part, known) : 40058;
}

const READERS: Record<string, Reader> = {
  text: ({ content }) => {
    if (str(content).trim() === '') return 44004;
    return over(content, BYTES_MAX.text) ? 45002 : { text: str(content) };
  },
  image: (part, known) => media(part, known, 'image', '[图片]'),
  voice: (part, known) => media(part, known, 'voice', '[语音]'),
  video: (part, known) => media(part, known, 'video', '[视频]'),
  file: (part, known) => media(part, known, 'file', '[文件]'),
  link: ({ title, desc, url, thumb_media_id: thumb }, known) => {
    if (!str(title) || !/^https?:\/\//i.test(str(url))) return 40058;
    if (over(title, BYTES_MAX.linkTitle) || over(desc, BYTES_MAX.linkDesc) || over(url, BYTES_MAX.url)) return 45002;
    if (!known(str(thumb), 'image')) return 40007;
    return { text: str(title), data: { articles: [{ title, description: str(desc), picture: '', url }] } };
  },
  miniprogram: ({ appid, title, thumb_media_id: thumb, pagepath }, known) => {
    if (!/^wx[A-Za-z0-9]{1,30}$/.test(str(appid)) || !str(pagepath)) return 40058;
    if (!known(str(thumb), 'image')) return 40007;
    return { text: cut(str(title), BYTES_MAX.miniTitle) || '[小程序]', data: { appid, pagepath } };
  },
  msgmenu: ({ head_content: head, list, tail_content: tail }) => {
    const items = Array.isArray(list) ? list : [];
    if (items.length > MENU_ITEMS_MAX) return 95008;
    if (over(head, BYTES_MAX.menuHead) || over(tail, BYTES_MAX.menuTail)) return 45002;
    const read = items.map(menuItem);
    const fault = read.find((one) => typeof one === 'number');
    if (fault !== undefined) return fault;
    const choices = read.filter((one) => typeof one === 'object');
    if (choices.length === 0 && !str(head)) return 40058;
    const lines = [str(head), ...choices.map((one) => one.content), str(tail)];
    return { text: lines.filter((line) => line !== '').join('\n'), data: { head: str(head), tail: str(tail), list: choices } };
  },
  location: ({ name, address, latitude, longitude }) => {
    const good = typeof latitude === 'number' && Math.abs(latitude) <= 90 && typeof longitude === 'number' && Math.abs(longitude) <= 180;
    return good ? { text: str(name) || str(address) || '[位置]', data: { latitude, longitude } } : 40058;
  },
  ca_link: ({ link_url: url }) => (/^https:\/\//i.test(str(url)) ? { text: str(url) } : 40058),
};

interface Choice {
  id: string;
  type: string;
  content: string;
  url?: string;
}

function menuItem(item: unknown): Choice | number {
  const type = isRecord(item) ? str(item.type) : '';
  const part = isRecord(item) && isRecord(item[type]) ? item[type] : null;
  if (!part || !['click', 'view', 'miniprogram', 'text'].includes(type)) return 95009;
  const content = str(part.content);
  if (content === '') return 40058;
  if (over(content, type === 'click' ? BYTES_MAX.clickContent : BYTES_MAX.viewContent)) return 45002;
  if (type === 'click') return over(part.id, BYTES_MAX.clickId) ? 45002 : { id: str(part.id), type, content };
  if (type === 'view' && !/^https?:\/\//i.test(str(part.url))) return 40058;
  if (over(part.url, BYTES_MAX.url) || over(part.appid, BYTES_MAX.appid) || over(part.pagepath, BYTES_MAX.pagepath)) return 45002;
  if (type === 'miniprogram' && (!str(part.appid) || !str(part.pagepath))) return 40058;
  return { id: '', type, content, ...(type === 'view' ? { url: str(part.url) } : {}) };
}

function media(part: Part, known: MediaKnown, kind: string, label: string): Omit<Shown, 'kind'> | number {
  const id = str(part.media_id);
  return known(id, kind) ? { text: label, data: { media_id: id } } : 40007;
}

function str(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function over(value: unknown, bytes: number): boolean {
  return Buffer.byteLength(str(value)) > bytes;
}

/** As many whole characters as fit. */
function cut(text: string, bytes: number): string {
  let kept = '';
  for (const char of text) {
    if (Buffer.byteLength(kept + char) > bytes) break;
    kept += char;
  }
  return kept;
}
