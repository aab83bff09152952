// A callback packet: query and body as WeChat builds them in each mode.
import { createHash, randomBytes, randomInt } from 'node:crypto';
import { encrypt, getSignature } from '@wecom/crypto';
import type { Account } from './config.ts';
import { renderJson } from './json.ts';
import { Refusal } from './refusal.ts';
import { cdata, renderXml } from './xml.ts';
import type { Fields } from './xml.ts';

export interface Packet {
  query: Record<string, string>;
  body: Buffer;
}

/** A message as this account has chosen to get it. */
export function renderMessage(account: Account, fields: Fields): Buffer {
  return Buffer.from(account.format === 'json' ? renderJson(fields) : renderXml(fields));
}

/** `getSignature` without a ciphertext: the plain `signature` of every callback and of the URL check. */
export function plainSignature(token: string, timestamp: string, nonce: string): string {
  return createHash('sha1').update([token, timestamp, nonce].sort().join('')).digest('hex');
}

export function newNonce(): string {
  return String(randomInt(100_000_000, 2_000_000_000));
}

/** Bytes, since a test may want a text that is not UTF-8; the types of `encrypt` know only strings. */
export function seal(account: Account, message: Buffer, receiveId = account.appid, key = account.encodingAesKey): string {
  if (key === '') throw new Refusal(409, 'account.no_key', 'this account has no encodingAesKey');
  return encrypt(key, message as unknown as string, receiveId, randomBytes(16));
}

export function querySigned(account: Account, openid: string, atMs: number): Record<string, string> {
  const timestamp = String(Math.floor(atMs / 1000));
  const nonce = newNonce();
  return { signature: plainSignature(account.token, timestamp, nonce), timestamp, nonce, openid };
}

/** One delivery of a message, XML or JSON: fresh nonce, signature and random bytes each time. */
export function buildPacket(account: Account, openid: string, message: Buffer, atMs: number): Packet {
  const query = querySigned(account, openid, atMs);
  if (account.mode === 'plaintext') return { query, body: message };
  return wrapCipher(account, query, seal(account, message), account.mode === 'compat' ? message : null);
}

/** The outer packet around a ciphertext; in compat mode `plain` keeps the readable fields beside it. */
export function wrapCipher(account: Account, query: Record<string, string>, cipher: string, plain: Buffer | null): Packet {
  const { timestamp = '', nonce = '' } = query;
  const outer = account.format === 'json' ? outerJson(account, cipher, plain) : outerXml(account, cipher, plain);
  const signed = { encrypt_type: 'aes', msg_signature: getSignature(account.token, timestamp, nonce, cipher) };
  return { query: { ...query, ...signed }, body: outer };
}

function outerXml(account: Account, cipher: string, plain: Buffer | null): Buffer {
  if (plain) return Buffer.concat([plain.subarray(0, plain.length - '</xml>'.length), Buffer.from(`<Encrypt>${cdata(cipher)}</Encrypt></xml>`)]);
  return Buffer.from(`<xml><ToUserName>${cdata(account.originalId)}</ToUserName><Encrypt>${cdata(cipher)}</Encrypt></xml>`);
}

function outerJson(account: Account, cipher: string, plain: Buffer | null): Buffer {
  if (plain) return Buffer.concat([plain.subarray(0, plain.length - '}'.length), Buffer.from(`,"Encrypt":"${cipher}"}`)]);
  return Buffer.from(JSON.stringify({ ToUserName: account.originalId, Encrypt: cipher }));
}
