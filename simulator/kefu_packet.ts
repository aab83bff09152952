// Callback packets of WeCom: always encrypted, signed over the ciphertext, with AgentID beside it; and the URL check.
import { randomBytes } from 'node:crypto';
import { encrypt, getSignature } from '@wecom/crypto';
import type { KefuAccount } from './kefu_config.ts';
import { newNonce } from './packet.ts';
import type { Packet } from './packet.ts';
import { cdata, renderXml } from './xml.ts';
import type { Fields } from './xml.ts';

const OTHER_KEY = 'ZYXWVUTSRQPONMLKJIHGFEDCBA9876543210abcdefg';
const OTHER_CORP = 'ww0000000000000000';
const HOUR_MS = 3_600_000;

/** What may be wrong inside a packet; its signature fits unless `token` is another. */
interface Flaws {
  corpid?: string;
  key?: string;
  token?: string;
  atMs?: number;
}

const FLAWS: Record<string, (atMs: number) => Flaws> = {
  none: () => ({}),
  wrong_token: () => ({ token: 'wrongtoken' }),
  wrong_key: () => ({ key: OTHER_KEY }),
  wrong_corpid: () => ({ corpid: OTHER_CORP }),
  stale: (atMs) => ({ atMs: atMs - HOUR_MS }),
  future: (atMs) => ({ atMs: atMs + HOUR_MS }),
};
const QUERY_TAMPERS = ['wrong_signature', 'missing_signature'];
const BODY_TAMPERS = ['body_changed', 'plaintext', 'doctype', 'empty', 'not_xml'];
export const CHECK_TAMPERS = [...Object.keys(FLAWS), ...QUERY_TAMPERS];
export const PACKET_TAMPERS = [...CHECK_TAMPERS, ...BODY_TAMPERS];

/** One attempt: fresh nonce, signature and random bytes each time. */
export function buildKefuPacket(account: KefuAccount, fields: Fields, atMs: number): Packet {
  return seal(account, renderXml(fields), atMs, {});
}

function seal(account: KefuAccount, xml: string, atMs: number, flaws: Flaws): Packet {
  const cipher = cipherOf(account, xml, flaws);
  const body = `<xml><ToUserName>${cdata(account.corpid)}</ToUserName><Encrypt>${cdata(cipher)}</Encrypt><AgentID>${cdata(account.agentId)}</AgentID></xml>`;
  return { query: signed(account, cipher, atMs, flaws), body: Buffer.from(body) };
}

function cipherOf(account: KefuAccount, text: string, { corpid = account.corpid, key = account.encodingAesKey }: Flaws): string {
  return encrypt(key, text, corpid, randomBytes(16));
}

function signed(account: KefuAccount, cipher: string, nowMs: number, { token = account.token, atMs = nowMs }: Flaws): Record<string, string> {
  const timestamp = String(Math.floor(atMs / 1000));
  const nonce = newNonce();
  return { msg_signature: getSignature(token, timestamp, nonce, cipher), timestamp, nonce };
}

/** A packet damaged in one named way; null for an unknown name. */
export function damagedKefu(account: KefuAccount, xml: string, atMs: number, tamper: string): Packet | null {
  if (!PACKET_TAMPERS.includes(tamper)) return null;
  const inner = tamper === 'doctype' ? `<!DOCTYPE xml [<!ENTITY x "y">]>${xml}` : xml;
  const packet = seal(account, inner, atMs, FLAWS[tamper]?.(atMs) ?? {});
  const query = tamperedQuery(packet.query, tamper);
  if (tamper === 'body_changed') return { query, body: seal(account, xml, atMs, {}).body };
  if (tamper === 'plaintext') return { query, body: Buffer.from(xml) };
  if (tamper === 'empty') return { query, body: Buffer.alloc(0) };
  return { query, body: tamper === 'not_xml' ? Buffer.from('{"hello":"world"}') : packet.body };
}

/** The query of the URL check; null for an unknown name. Its ciphertext has `+` and `/`, which must survive the way. */
export function kefuCheckQuery(account: KefuAccount, echostr: string, atMs: number, tamper: string): Record<string, string> | null {
  const flaws = CHECK_TAMPERS.includes(tamper) ? (FLAWS[tamper]?.(atMs) ?? {}) : null;
  if (flaws === null) return null;
  let cipher = cipherOf(account, echostr, flaws);
  // About one ciphertext in two has both.
  for (let tries = 0; tries < 100 && !(cipher.includes('+') && cipher.includes('/')); tries += 1) cipher = cipherOf(account, echostr, flaws);
  return tamperedQuery({ ...signed(account, cipher, atMs, flaws), echostr: cipher }, tamper);
}

function tamperedQuery(query: Record<string, string>, tamper: string): Record<string, string> {
  const { msg_signature: signature = '', ...rest } = query;
  if (tamper === 'missing_signature') return rest;
  if (tamper !== 'wrong_signature') return query;
  return { ...query, msg_signature: signature.replace(/^./, (digit) => (digit === '0' ? '1' : '0')) };
}
