// media/upload and media/get: what WeChat takes, judged by the bytes, and what it gives back.
import { done, refused } from './answer.ts';
import type { Answer, Request } from './answer.ts';
import type { Account } from './config.ts';
import { OA_UPLOAD_BYTES_MAX } from './limits.ts';
import { parseUpload } from './multipart.ts';
import type { Platform } from './platform.ts';

interface Rule {
  types: string[];
  bytesMax: number;
  /** errcode above the limit. */
  tooLarge: number;
}

const RULES: Record<string, Rule> = {
  image: { types: ['image/png', 'image/jpeg', 'image/gif'], bytesMax: 10_485_760, tooLarge: 40009 },
  voice: { types: ['audio/amr', 'audio/mp3'], bytesMax: 2_097_152, tooLarge: 40010 },
  video: { types: ['video/mp4'], bytesMax: 10_485_760, tooLarge: 40011 },
  thumb: { types: ['image/jpeg'], bytesMax: 65_536, tooLarge: 40012 },
};
export const AMR_SECONDS_MAX = 60;
const AMR_FRAMES_PER_SECOND = 50;
/** Bytes of an AMR frame by its mode, with its head. */
const AMR_FRAME_BYTES = [13, 14, 16, 18, 20, 21, 27, 32, 6, 1, 1, 1, 1, 1, 1, 1];

export function upload(platform: Platform, account: Account, request: Request): Answer {
  const kind = request.query.get('type') ?? '';
  const rule = RULES[kind];
  if (!rule || (account.kind === 'mini_program' && kind !== 'image')) return refused(40004);
  if (request.tooLarge || request.body.length > OA_UPLOAD_BYTES_MAX) return refused(45001);
  // A chunked body has no length: WeChat finds no media in it.
  const part = request.contentLength === null ? null : parseUpload(request.contentType, request.body);
  if (!part) return refused(41005);
  const { bytes } = part;
  if (bytes.length === 0) return refused(40006);
  if (bytes.length > rule.bytesMax) return refused(rule.tooLarge);
  const type = sniff(bytes);
  if (type === null || !rule.types.includes(type)) return refused(40005);
  if (type === 'audio/amr' && amrSeconds(bytes) > AMR_SECONDS_MAX) return refused(40010);
  const media = platform.addMedia(account.id, kind, type, bytes);
  const createdAtS = Math.floor(media.createdAtMs / 1000);
  return done({ type: kind, [kind === 'thumb' ? 'thumb_media_id' : 'media_id']: media.id, created_at: createdAtS });
}

/** The content type by the first bytes, whatever the caller says it is. */
export function sniff(bytes: Buffer): string | null {
  const head = bytes.subarray(0, 12).toString('latin1');
  if (head.startsWith('\x89PNG\r\n\x1a\n')) return 'image/png';
  if (head.startsWith('\xff\xd8\xff')) return 'image/jpeg';
  if (/^GIF8[79]a/.test(head)) return 'image/gif';
  if (head.startsWith('#!AMR')) return 'audio/amr';
  if (head.startsWith('ID3') || (bytes[0] === 0xff && ((bytes[1] ?? 0) & 0xe6) === 0xe2)) return 'audio/mp3';
  if (head.slice(4, 8) === 'ftyp') return 'video/mp4';
  return null;
}

export function amrSeconds(bytes: Buffer): number {
  let frames = 0;
  for (let at = '#!AMR\n'.length; at < bytes.length; frames += 1) at += AMR_FRAME_BYTES[((bytes[at] ?? 0) >> 3) & 15] ?? 1;
  return frames / AMR_FRAMES_PER_SECOND;
}

export function download(platform: Platform, account: Account, { query }: Request): Answer {
  const media = platform.media(account.id, query.get('media_id') ?? '');
  if (!media) return refused(40007);
  if (media.kind === 'video') return done({ video_url: `${platform.pictureBase}/video/${media.id}.mp4` });
  return { ...done({}), file: { type: media.type, name: `${media.id.slice(0, 16)}.${media.type.split('/')[1]}`, bytes: media.bytes } };
}
