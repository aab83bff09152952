// The address of a conversation within the page. Pure.
import type { ConversationKey } from "../wire.ts";

export function parseRoute(hash: string): ConversationKey | null {
  const match = /^#\/c\/([^/]+)\/([^/]+)$/.exec(hash);
  if (match?.[1] === undefined || match[2] === undefined) return null;
  try {
    return { channel: decodeURIComponent(match[1]), customer: decodeURIComponent(match[2]) };
  } catch {
    return null;
  }
}

export function formatRoute(key: ConversationKey | null): string {
  return key === null ? "#/" : `#/c/${encodeURIComponent(key.channel)}/${encodeURIComponent(key.customer)}`;
}
