// Builds a correct callback packet, then damages it in one named way.
import { getSignature } from '@wecom/crypto';
import type { Account } from './config.ts';
import { buildPacket, newNonce, plainSignature, querySigned, seal, wrapCipher } from './packet.ts';
import type { Packet } from './packet.ts';

export interface Order {
  account: Account;
  openid: string;
  /** The inner XML, or JSON. */
  xml: Buffer;
  /** Signing time. */
  atMs: number;
}

/** A key that is never the account's own. */
const OTHER_KEY = 'ZYXWVUTSRQPONMLKJIHGFEDCBA9876543210abcdefg';
const STALE_MS = 3_600_000;
const HUGE_BYTES = 2_097_152;

type Damage = (order: Order) => Packet;

const plain = (order: Order): Packet => buildPacket(order.account, order.openid, order.xml, order.atMs);

/** Signs correctly around whatever ciphertext it is given. */
function withCipher({ account, openid, atMs }: Order, cipher: string): Packet {
  return wrapCipher(account, querySigned(account, openid, atMs), cipher, null);
}

/** Every signature in the query replaced by that of another text. */
function missigned(packet: Packet): Packet {
  const wrong = plainSignature('wrong', '0', newNonce());
  return { ...packet, query: { ...packet.query, signature: wrong, ...(packet.query.msg_signature ? { msg_signature: wrong } : {}) } };
}

function without(packet: Packet, ...names: string[]): Packet {
  return { ...packet, query: Object.fromEntries(Object.entries(packet.query).filter(([name]) => !names.includes(name))) };
}

function signedWithToken(order: Order, token: string): Packet {
  return plain({ ...order, account: { ...order.account, token } });
}

const DAMAGES: Record<string, Damage> = {
  none: plain,
  wrong_signature: (order) => missigned(plain(order)),
  missing_signature: (order) => without(plain(order), 'signature', 'msg_signature'),
  wrong_token: (order) => signedWithToken(order, 'anothertoken'),
  stale: (order) => plain({ ...order, atMs: order.atMs - STALE_MS }),
  future: (order) => plain({ ...order, atMs: order.atMs + STALE_MS }),
  wrong_key: (order) => withCipher(order, seal(order.account, order.xml, order.account.appid, OTHER_KEY)),
  wrong_appid: (order) => withCipher(order, seal(order.account, order.xml, 'wxffffffffffffffff')),
  truncated: (order) => {
    const bytes = Buffer.from(seal(order.account, order.xml), 'base64');
    return withCipher(order, bytes.subarray(0, bytes.length - 20).toString('base64'));
  },
  truncated_block: (order) => {
    const bytes = Buffer.from(seal(order.account, order.xml), 'base64');
    return withCipher(order, bytes.subarray(0, bytes.length - 32).toString('base64'));
  },
  bad_base64: (order) => withCipher(order, `${seal(order.account, order.xml).slice(0, -4)}!*!*`),
  body_changed: (order) => {
    const packet = plain(order);
    return { ...packet, body: Buffer.from(packet.body.toString('latin1').replace(/\[CDATA\[|"Encrypt":"/, (start) => `${start}A`), 'latin1') };
  },
  downgrade: (order) => {
    const { query } = plain(order);
    return without({ query, body: order.xml }, 'encrypt_type', 'msg_signature');
  },
  no_encrypt: (order) => ({ ...plain(order), body: order.xml }),
  doctype: (order) => plain({ ...order, xml: Buffer.concat([Buffer.from('<!DOCTYPE xml [<!ENTITY x "y">]>'), order.xml]) }),
  doctype_outer: (order) => {
    const packet = plain(order);
    return { ...packet, body: Buffer.concat([Buffer.from('<!DOCTYPE xml [<!ENTITY x SYSTEM "file:///etc/hostname">]>'), packet.body]) };
  },
  invalid_utf8: (order) => plain({ ...order, xml: Buffer.from(order.xml.toString('latin1').replace('<Content><![CDATA[', '<Content><![CDATA[\xff\xfe'), 'latin1') }),
  empty: (order) => ({ ...plain(order), body: Buffer.alloc(0) }),
  not_xml: (order) => ({ ...plain(order), body: Buffer.from('{"hello":"world"}') }),
  huge: (order) => {
    const packet = plain(order);
    return { ...packet, body: Buffer.concat([packet.body, Buffer.alloc(HUGE_BYTES, 0x20)]) };
  },
};

export const TAMPERS = Object.keys(DAMAGES);

/** Null for an unknown name. */
export function damaged(order: Order, tamper: string): Packet | null {
  return DAMAGES[tamper]?.(order) ?? null;
}

/** The query of the URL check; `encrypted` as some accounts' consoles send it. */
export function checkQuery(account: Account, echostr: string, atMs: number, tamper: string): Record<string, string> | null {
  const base = querySigned(account, '', tamper === 'stale' ? atMs - STALE_MS : atMs);
  const { openid: _, ...query } = base;
  if (tamper === 'wrong_signature') query.signature = plainSignature('wrong', '0', newNonce());
  if (tamper === 'missing_signature') delete query.signature;
  if (tamper !== 'encrypted') return ['none', 'stale', 'wrong_signature', 'missing_signature'].includes(tamper) ? { ...query, echostr } : null;
  const cipher = seal(account, Buffer.from(echostr));
  const { timestamp = '', nonce = '' } = query;
  return { ...query, echostr: cipher, encrypt_type: 'aes', msg_signature: getSignature(account.token, timestamp, nonce, cipher) };
}
