// The addresses within the page: conversations, the supervisors' channels, the editors' knowledge. Pure.
import type { ConversationKey } from "../wire.ts";

export const TABS = ["entries", "versions", "clusters", "experiments"] as const;
export type KnowledgeTab = (typeof TABS)[number];

/** `id`: the channel, entry or cluster that is open; "" is a new one, null the list. */
export type Route =
  | { page: "desk"; key: ConversationKey | null }
  | { page: "channels"; id: string | null }
  | { page: "knowledge"; tab: KnowledgeTab; id: string | null };

const NEW = "+";

export function parseRoute(hash: string): Route {
  const [first, second, third, ...more] = hash.replace(/^#\//, "").split("/").map(decoded);
  if (first === "channels" && third === undefined) return { page: "channels", id: second === NEW ? "" : (second ?? null) };
  if (first === "knowledge" && more.length === 0) {
    return { page: "knowledge", tab: TABS.find((tab) => tab === second) ?? "entries", id: third === NEW ? "" : (third ?? null) };
  }
  const isConversation = first === "c" && second && third && more.length === 0;
  return { page: "desk", key: isConversation ? { channel: second, customer: third } : null };
}

export function formatRoute(route: Route): string {
  if (route.page === "channels") return route.id === null ? "#/channels" : `#/channels/${encodeURIComponent(route.id || NEW)}`;
  if (route.page === "knowledge") return `#/knowledge/${route.tab}${route.id === null ? "" : `/${encodeURIComponent(route.id || NEW)}`}`;
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
