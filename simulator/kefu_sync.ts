// sync_msg: pages of the message log by cursor.
import { createHash } from 'node:crypto';
import type { Desk, Kefu } from './kefu.ts';
import { CURSOR_BYTES_MAX, KEPT_MS, PAGE_MAX } from './kefu_limits.ts';

type Page = { next_cursor: string; has_more: 0 | 1; msg_list: Record<string, unknown>[] };
const MINUTE_MS = 60_000;

/** A page, or an errcode with the field that it is about. Nothing is lost by reading: whoever loses a cursor reads again. */
export function sync(kefu: Kefu, desk: Desk, body: Record<string, unknown>): Page | { errcode: number; detail?: string } {
  const { settings } = desk;
  const nowMs = kefu.platform.nowMs();
  const limit = body.limit ?? PAGE_MAX;
  if (typeof limit !== 'number' || !Number.isInteger(limit) || limit < 1 || limit > PAGE_MAX) return { errcode: 40058, detail: 'limit' };
  if (![undefined, 0, 1].includes(body.voice_format as undefined)) return { errcode: 40058, detail: 'voice_format' };
  const start = settings.replay > 0 ? 0 : positionOf(desk, body.cursor);
  if (start === null) return { errcode: 40058, detail: 'cursor' };
  if (body.token === undefined || body.token === '') {
    desk.untokenedAtMs = desk.untokenedAtMs.filter((at) => nowMs - at < MINUTE_MS);
    if (desk.untokenedAtMs.length >= settings.untokenedPerMinute) return { errcode: 45009 };
    desk.untokenedAtMs.push(nowMs);
  } else if (typeof body.token !== 'string' || !desk.callbackTokens.good(body.token, nowMs)) return { errcode: 95007 };
  settings.replay = Math.max(0, settings.replay - 1);
  const rest = desk.log.filter((entry) => entry.seq > start && nowMs - entry.atMs < KEPT_MS);
  if (settings.emptyPages > 0 && rest.length > 0) {
    settings.emptyPages -= 1;
    return { next_cursor: cursorOf(desk, start), has_more: 1, msg_list: [] };
  }
  const page = rest.slice(0, Math.min(limit, settings.pageMax));
  const end = page.at(-1)?.seq ?? start;
  return { next_cursor: cursorOf(desk, end), has_more: rest.length > page.length ? 1 : 0, msg_list: page.map((entry) => entry.message) };
}

/** Opaque to the caller: a position, bound to its account. */
function cursorOf(desk: Desk, seq: number): string {
  const position = Buffer.alloc(8);
  position.writeBigUInt64BE(BigInt(seq));
  return Buffer.concat([position, mark(desk, position)]).toString('base64url');
}

/** 0 without a cursor; null for one that was never given by this account. */
function positionOf(desk: Desk, cursor: unknown): number | null {
  if (cursor === undefined || cursor === '') return 0;
  if (typeof cursor !== 'string' || Buffer.byteLength(cursor) > CURSOR_BYTES_MAX) return null;
  const bytes = Buffer.from(cursor, 'base64url');
  if (bytes.length !== 24 || !mark(desk, bytes.subarray(0, 8)).equals(bytes.subarray(8))) return null;
  return Number(bytes.readBigUInt64BE(0));
}

function mark(desk: Desk, position: Buffer): Buffer {
  return createHash('sha256').update(desk.account.openKfid).update(position).digest().subarray(0, 16);
}
