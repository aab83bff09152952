// React hooks that watch stores, the clock, the screen and the address.
import { useMemo, useSyncExternalStore } from "react";
import type { Store } from "../base/store.ts";
import { createStore } from "../base/store.ts";
import { formatRoute, parseRoute, type KnowledgeTab, type Route } from "./route.ts";
import type { ConversationKey } from "../wire.ts";

export function useStore<T>(store: Store<T>): T {
  return useSyncExternalStore(store.subscribe, store.read);
}

const TICK_MS = 1_000;
const clock = createStore(Date.now());
let watchers = 0;
let ticking: ReturnType<typeof setInterval> | null = null;

/** One timer for every waiting time on the screen; none when nothing shows one. */
function watchClock(listener: () => void): () => void {
  const stop = clock.subscribe(listener);
  watchers += 1;
  if (ticking === null) {
    clock.write(Date.now());
    ticking = setInterval(() => clock.write(Date.now()), TICK_MS);
  }
  return () => {
    stop();
    watchers -= 1;
    if (watchers > 0 || ticking === null) return;
    clearInterval(ticking);
    ticking = null;
  };
}

/** Now, to the second. */
export function useNow(): number {
  return useSyncExternalStore(watchClock, clock.read);
}

export function useMedia(query: string): boolean {
  const list = useMemo(() => matchMedia(query), [query]);
  return useSyncExternalStore(
    (listener) => {
      list.addEventListener("change", listener);
      return () => list.removeEventListener("change", listener);
    },
    () => list.matches,
  );
}

export function useVisible(): boolean {
  return useSyncExternalStore(
    (listener) => {
      document.addEventListener("visibilitychange", listener);
      return () => document.removeEventListener("visibilitychange", listener);
    },
    () => document.visibilityState === "visible",
  );
}

function watchHash(listener: () => void): () => void {
  addEventListener("hashchange", listener);
  return () => removeEventListener("hashchange", listener);
}

/** The page in the address, so that a reload and the phone's back key do what people expect. */
export function useRoute(): Route {
  const hash = useSyncExternalStore(watchHash, () => location.hash);
  return useMemo(() => parseRoute(hash), [hash]);
}

export function goTo(key: ConversationKey | null): void {
  location.hash = formatRoute({ page: "desk", key });
}

/** To the channels, or to one of them; "" is a new one. */
export function goToChannels(id: string | null): void {
  location.hash = formatRoute({ page: "channels", id });
}

/** To a tab of the knowledge, or to one of its things; "" is a new one. */
export function goToKnowledge(tab: KnowledgeTab, id: string | null = null): void {
  location.hash = formatRoute({ page: "knowledge", tab, id });
}
