// The addresses within the page: conversations, and the supervisors' channels. Pure.
import type { ConversationKey } from "../wire.ts";

/** `id`: the channel that is open; "" is a new one, null the list. */
export type Route = { page: "desk"; key: ConversationKey | null } | { page: "channels"; id: string | null };

const NEW_CHANNEL = "+";

export function parseRoute(hash: string): Route {
  const [first, second, third, ...more] = hash.replace(/^#\//, "").split("/").map(decoded);
  if (first === "channels" && third === undefined) return { page: "channels", id: second === NEW_CHANNEL ? "" : (second ?? null) };
  const isConversation = first === "c" && second && third && more.length === 0;
  return { page: "desk", key: isConversation ? { channel: second, customer: third } : null };
}

export function formatRoute(route: Route): string {
  if (route.page === "channels") return route.id === null ? "#/channels" : `#/channels/${encodeURIComponent(route.id || NEW_CHANNEL)}`;
  const { key } = route;
  return key === null ? "#/" : `#/c/${encodeURIComponent(key.channel)}/${encodeURIComponent(key.customer)}`;
}

function decoded(part: string): string | undefined {
  try {
    return decodeURIComponent(part);
  } catch {
    return undefined;
  }
}
