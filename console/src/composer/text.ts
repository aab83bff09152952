// Whether a text may be sent as one reply. Pure.
import { REPLY_BYTES_MAX } from "../limits.ts";

const encoder = new TextEncoder();

export function bytesOf(text: string): number {
  return encoder.encode(text).length;
}

export function isSendable(text: string): boolean {
  return text.trim() !== "" && bytesOf(text) <= REPLY_BYTES_MAX;
}
