// Everything behind one signed-in agent's screen, wired together: floor, replies, drafts, marks, open conversation.
import type { Api } from "./api.ts";
import { createStore, type Store } from "./base/store.ts";
import type { Timers } from "./base/timers.ts";
import { createDrafts, type Drafts } from "./composer/drafts.ts";
import { openReader, type Reader } from "./conversation/reader.ts";
import type { Thread } from "./conversation/thread.ts";
import { openLink, type Connection, type Socket } from "./floor/link.ts";
import { keyText, ticketOf } from "./floor/list.ts";
import { createMarks, type MarkStore } from "./floor/marks.ts";
import { emptyFloor, type FloorState } from "./floor/state.ts";
import { HISTORY_MESSAGES, THREADS_KEPT_MAX } from "./limits.ts";
import { untilAnswered, type Outcome } from "./replies/answered.ts";
import { createReplies, type Replies } from "./replies/replies.ts";
import type { ConversationKey, MoodLabels, Person, PersonMessage, ReplyChoices, ReplyMedia, Staff, Ticket, Uploaded } from "./wire.ts";

export type Lease = { ticket: string; epoch: number };

export type Desk = {
  floor: Store<FloorState>;
  connection: Store<Connection>;
  replies: Replies;
  drafts: Drafts;
  marks: MarkStore;
  /** Reads a conversation until the next one is opened or this one closed. */
  openConversation(key: ConversationKey): Reader;
  reply(key: ConversationKey, lease: Lease, what: string | ReplyMedia, choices?: ReplyChoices): void;
  /** Gives the worker a file, to be sent with a reply. */
  upload(key: ConversationKey, file: File): Promise<Uploaded>;
  /** Says what a message feels like, for the worker to learn from. */
  labelMood(key: ConversationKey, seq: number, labels: MoodLabels): Promise<void>;
  /** Takes back a message that waits for the customer. */
  withdraw(key: ConversationKey, lease: Lease, seq: number): Promise<Outcome<void>>;
  resolve(key: ConversationKey, lease: Lease, last_seen_seq: number): Promise<Outcome<void>>;
  /** Who the customer is on every channel of this floor, and what was said there. */
  person(key: ConversationKey): Promise<Person>;
  personHistory(key: ConversationKey): Promise<{ messages: PersonMessage[]; more: boolean }>;
  wake(): void;
  /** Signed out: the next person at this tab finds no drafts. */
  forget(): void;
  close(): void;
};

export type DeskOptions = {
  api: Api;
  staff: Staff;
  connect(): Socket;
  timers: Timers;
  random(): number;
  newId(): string;
  local: Storage;
  tab: Storage;
  onSessionEnded(): void;
};

export function openDesk(options: DeskOptions): Desk {
  const { api, timers, random, staff } = options;
  const floor = createStore<FloorState>(emptyFloor);
  const connection = createStore<Connection>("connecting");
  const threads = new Map<string, Thread>();
  let open: { key: ConversationKey; reader: Reader } | null = null;

  function takeFloor(next: FloorState): void {
    const before = open && ticketOf(floor.read(), open.key);
    floor.write(next);
    if (open && hasNews(before, ticketOf(next, open.key))) void open.reader.refresh();
  }

  function refreshIfOpen(key: ConversationKey): void {
    if (open && keyText(open.key) === keyText(key)) void open.reader.refresh();
  }

  function keepThread(key: ConversationKey, thread: Thread | null): void {
    if (thread === null) return;
    threads.delete(keyText(key));
    threads.set(keyText(key), thread);
    for (const oldest of threads.keys()) {
      if (threads.size <= THREADS_KEPT_MAX) break;
      threads.delete(oldest);
    }
  }

  const replies = createReplies({
    api,
    timers,
    random,
    storage: options.tab,
    staff: staff.id,
    onAccepted: refreshIfOpen,
  });
  const link = openLink({
    connect: options.connect,
    timers,
    random,
    onFloor: takeFloor,
    onConnection(next) {
      connection.write(next);
      if (next === "ended") options.onSessionEnded();
    },
    // A 401 of this call ends the session; any other failure is the network's, and the link tries again.
    onRefused: () => void api.session().catch(() => undefined),
  });

  return {
    floor,
    connection,
    replies,
    drafts: createDrafts(options.tab, staff.id),
    marks: createMarks(options.local, staff.id),
    openConversation(key) {
      const last_seq = ticketOf(floor.read(), key)?.last_seq ?? null;
      const reader = openReader({ api, timers, key, kept: threads.get(keyText(key)) ?? null, last_seq });
      const stop = reader.store.subscribe(() => {
        const { thread } = reader.store.read();
        if (thread !== null) replies.seen(key, thread.messages);
      });
      const opened = { key, reader };
      open = opened;
      return {
        ...reader,
        close() {
          stop();
          keepThread(key, reader.store.read().thread);
          reader.close();
          if (open === opened) open = null;
        },
      };
    },
    reply(key, lease, what, choices = {}) {
      const content = typeof what === "string" ? { text: what } : { media: what };
      replies.send(key, { client_id: options.newId(), ticket: lease.ticket, epoch: lease.epoch, ...content, ...choices });
    },
    upload: (key, file) => api.upload(key, file),
    labelMood: (key, seq, labels) => api.labelMood(key, seq, labels),
    person: (key) => api.person(key),
    personHistory: (key) => api.personHistory(key, HISTORY_MESSAGES),
    async withdraw(key, lease, seq) {
      const request = { ticket: lease.ticket, epoch: lease.epoch, seq };
      const outcome = await untilAnswered(() => api.withdraw(key, request), { timers, random });
      refreshIfOpen(key);
      return outcome;
    },
    resolve(key, lease, last_seen_seq) {
      const request = { client_id: options.newId(), ticket: lease.ticket, epoch: lease.epoch, last_seen_seq };
      return untilAnswered(() => api.resolve(key, request), { timers, random });
    },
    wake: () => link.wake(),
    forget() {
      const names = Object.keys(options.tab).filter((name) => /^shunda\.(draft|replies)\./.test(name));
      for (const name of names) options.tab.removeItem(name);
    },
    close() {
      link.close();
      replies.close();
      open?.reader.close();
    },
  };
}

function hasNews(before: Ticket | null, after: Ticket | null): boolean {
  if (before === null || after === null) return before !== after;
  return (
    before.last_seq !== after.last_seq ||
    before.trouble !== after.trouble ||
    before.state !== after.state ||
    before.epoch !== after.epoch
  );
}
