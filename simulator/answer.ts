// An API call as its endpoint sees it, and the ways to answer it.
import type { Account } from './config.ts';
import { errcode } from './errors.ts';
import type { Platform } from './platform.ts';

/** One call with its body read. */
export interface Request {
  /** The caller's address, as the platform sees it. */
  ip: string;
  method: string;
  query: URLSearchParams;
  contentType: string;
  /** Null when the caller did not say. */
  contentLength: number | null;
  /** Empty when there was more than the platform takes: `tooLarge`. */
  body: Buffer;
  tooLarge: boolean;
}

/** `json` is what goes out unless `file` is there. `accepted`: the platform's state changed as asked. */
export interface Answer {
  json: Record<string, unknown>;
  file?: { type: string; name: string; bytes: Buffer };
  accepted: boolean;
}

export type Run = (platform: Platform, account: Account, request: Request) => Answer;

export const done = (json: Record<string, unknown>): Answer => ({ json, accepted: true });
export const refused = (code: number): Answer => ({ json: { ...errcode(code) }, accepted: false });
export const verdict = (code: number): Answer => (code === 0 ? done({ ...errcode(0) }) : refused(code));
