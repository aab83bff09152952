// Where PicUrl and video_url lead: the bytes, or what a hostile or broken host would serve instead.
import { setTimeout as sleep } from 'node:timers/promises';
import type { ServerResponse } from 'node:http';
import { isRecord } from './config.ts';
import { send } from './http.ts';
import { onlyKeys, oneOf, optionalString, string, whole } from './input.ts';
import { HUGE_PICTURE_BYTES_MAX } from './limits.ts';
import type { Platform } from './platform.ts';
import { Refusal } from './refusal.ts';

export type PictureFault =
  | { how: 'redirect'; to: string; status: number }
  /** So many bytes, without saying so beforehand. */
  | { how: 'huge'; bytes: number }
  /** One byte, then another each so often, and never the end. */
  | { how: 'slow'; every_ms: number }
  /** Another content type, or other bytes than it says. */
  | { how: 'lie'; content_type: string; body_base64: string | null }
  | { how: 'gone' };

const HOWS = ['redirect', 'huge', 'slow', 'lie', 'gone'] as const;
const CHUNK = Buffer.alloc(65_536, 0x89);

/** Null ends the fault. */
export function parsePictureFault(value: unknown): PictureFault | null {
  if (value === null) return null;
  if (!isRecord(value)) throw new Refusal(400, 'control.invalid', 'pictures must be an object or null');
  onlyKeys(value, ['how', 'to', 'status', 'bytes', 'every_ms', 'content_type', 'body_base64']);
  const how = oneOf(value, 'how', HOWS);
  if (how === 'redirect') return { how, to: string(value, 'to', /^[^\r\n]{1,2000}$/), status: whole(value, 'status', 300, 399, 302) };
  if (how === 'huge') return { how, bytes: whole(value, 'bytes', 1, HUGE_PICTURE_BYTES_MAX, HUGE_PICTURE_BYTES_MAX) };
  if (how === 'slow') return { how, every_ms: whole(value, 'every_ms', 1, 60_000, 1_000) };
  if (how === 'lie') return { how, content_type: optionalString(value, 'content_type', /^[\w/+.-]{1,100}$/) ?? 'text/html', body_base64: optionalString(value, 'body_base64', /^[A-Za-z0-9+/]{0,1000000}={0,2}$/) ?? null };
  if (how === 'gone') return { how };
  throw new Refusal(400, 'control.invalid', `how must be one of ${HOWS.join(', ')}`);
}

/** `path` is `/mmbiz/{media id}/0` or `/video/{media id}.mp4`. */
export async function servePicture(platform: Platform, fault: PictureFault | null, path: string, response: ServerResponse): Promise<void> {
  const id = /^\/(?:mmbiz|video)\/([A-Za-z0-9_-]+)/.exec(path)?.[1] ?? '';
  const media = platform.media(null, id);
  if (!media || fault?.how === 'gone') return send(response, 404, 'text/html', Buffer.from('<html><body>404</body></html>'));
  const headers = { 'content-security-policy': "default-src 'none'" };
  if (!fault) return send(response, 200, media.type, media.bytes, headers);
  if (fault.how === 'redirect') return send(response, fault.status, 'text/html', Buffer.alloc(0), { location: fault.to });
  if (fault.how === 'lie') return send(response, 200, fault.content_type, fault.body_base64 === null ? media.bytes : Buffer.from(fault.body_base64, 'base64'), headers);
  response.writeHead(200, { 'content-type': media.type });
  if (fault.how === 'huge') await pour(response, fault.bytes);
  else await drip(response, fault.every_ms);
}

async function pour(response: ServerResponse, bytes: number): Promise<void> {
  for (let left = bytes; left > 0 && !response.destroyed; left -= CHUNK.length) {
    if (!response.write(CHUNK.subarray(0, Math.min(left, CHUNK.length)))) await drained(response);
  }
  response.end();
}

function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      response.off('drain', done).off('close', done);
      resolve();
    };
    response.on('drain', done).on('close', done);
  });
}

async function drip(response: ServerResponse, everyMs: number): Promise<void> {
  const gone = new AbortController();
  response.on('close', () => gone.abort());
  while (!response.destroyed) {
    response.write(CHUNK.subarray(0, 1));
    await sleep(everyMs, undefined, { signal: gone.signal }).catch(() => {});
  }
}
