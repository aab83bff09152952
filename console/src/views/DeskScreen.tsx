// The signed-in screen: opens the desk and shows the list and the conversation, side by side or one at a time.
import { App, Spin } from "antd";
import { useEffect, useRef, useState } from "react";
import { asApiError, type Api } from "../api.ts";
import { browserTimers } from "../base/timers.ts";
import { openDesk, type Desk } from "../desk.ts";
import type { Socket } from "../floor/link.ts";
import { isUnread, keyText, tabOf } from "../floor/list.ts";
import type { Staff } from "../wire.ts";
import { errorWords } from "../words/phrases.ts";
import { ConversationPane } from "./ConversationPane.tsx";
import { ChannelsPage } from "./ChannelsPage.tsx";
import { DeskContext, useDesk, useWords } from "./context.ts";
import { HealthBanner } from "./HealthBanner.tsx";
import { KnowledgePage } from "./knowledge/KnowledgePage.tsx";
import { ListPane } from "./ListPane.tsx";
import { goTo, useMedia, useRoute, useStore } from "./watch.ts";

type Props = { api: Api; staff: Staff; onLeft(ended: boolean): void };

export default function DeskScreen({ api, staff, onLeft }: Props) {
  const words = useWords();
  const { message } = App.useApp();
  const [desk, setDesk] = useState<Desk | null>(null);
  // Signing out closes the socket as a lost session does, perhaps before the answer is here.
  const leaving = useRef(false);
  useEffect(() => {
    const opened = openDesk({
      api,
      staff,
      connect: openSocket,
      timers: browserTimers,
      random: Math.random,
      newId: () => crypto.randomUUID(),
      local: localStorage,
      tab: sessionStorage,
      onSessionEnded: () => onLeft(!leaving.current),
    });
    const wake = () => document.visibilityState === "visible" && opened.wake();
    addEventListener("online", wake);
    document.addEventListener("visibilitychange", wake);
    setDesk(opened);
    return () => {
      removeEventListener("online", wake);
      document.removeEventListener("visibilitychange", wake);
      opened.close();
    };
  }, [api, staff, onLeft]);

  async function signOut(): Promise<void> {
    leaving.current = true;
    try {
      await api.signOut();
    } catch (caught) {
      leaving.current = false;
      // Still signed in as far as we know: saying otherwise would leave the session to the next person.
      const error = asApiError(caught);
      if (error.status !== 401) return void message.error(errorWords(words, error));
    }
    desk?.forget();
    goTo(null);
    onLeft(false);
  }

  if (desk === null) return <Spin className="centred" />;
  return (
    <DeskContext value={{ desk, staff }}>
      <Panes api={api} onSignOut={() => void signOut()} />
    </DeskContext>
  );
}

function Panes({ api, onSignOut }: { api: Api; onSignOut(): void }) {
  const { desk } = useDesk();
  const words = useWords();
  const route = useRoute();
  const narrow = useMedia("(max-width: 767.98px)");
  useTitle();
  return (
    <div className="frame">
      <HealthBanner api={api} />
      {route.page === "channels" ? (
        <ChannelsPage api={api} id={route.id} />
      ) : route.page === "knowledge" ? (
        <KnowledgePage api={api.knowledge} tab={route.tab} id={route.id} />
      ) : (
        <div className="desk" data-testid="desk">
          {(!narrow || route.key === null) && <ListPane open={route.key} onSignOut={onSignOut} />}
          {route.key !== null && <ConversationPane key={keyText(route.key)} conversation={route.key} narrow={narrow} desk={desk} />}
          {!narrow && route.key === null && <div className="nothing-open">{words.conversation.choose}</div>}
        </div>
      )}
    </div>
  );
}

/** The tab of the browser tells how many of my conversations are unread. */
function useTitle(): void {
  const { desk, staff } = useDesk();
  const words = useWords();
  const floor = useStore(desk.floor);
  const marks = useStore(desk.marks);
  const unread = [...floor.tickets.values()].filter((ticket) => tabOf(ticket, staff) === "mine" && isUnread(ticket, marks)).length;
  useEffect(() => {
    document.title = unread > 0 ? `(${unread}) ${words.product}` : words.product;
  }, [unread, words]);
}

function openSocket(): Socket {
  const url = new URL("/api/floor/socket", location.href);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  return new WebSocket(url) as Socket;
}
