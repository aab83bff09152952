// The worker's contracts as types (docs/PROTOCOL.md, sections 3 and 4).

export type Staff = {
  id: string;
  login: string;
  name: string;
  role: "agent" | "editor" | "supervisor";
  skill_groups: string[];
  cap: number;
  floor?: string;
};

export type Session = { staff: Staff; expires_at_ms: number };

export type Ticket = {
  id: string;
  channel: string;
  customer: string;
  question: string;
  urgency: "normal" | "high";
  skill_group: string;
  state: "waiting" | "assigned" | "resolved";
  agent: string | null;
  epoch: number;
  opened_at_ms: number;
  resolved_at_ms: number | null;
  waiting_since_ms: number | null;
  unanswered: number;
  last_seq: number;
  trouble: boolean;
  /** How much earlier than it was opened its place among the waiting is. */
  head_start_ms?: number;
  mood?: Mood;
};

export type Aspect = "negative" | "anger" | "abuse" | "urgency";
/** How a message or a ticket feels, from 0 to 1, with the words that say so. */
export type Mood = Partial<Record<Aspect, number>> & { words?: { aspect: Aspect; word: string }[] };
/** What who serves says of a message: which aspects it has, and which not. */
export type MoodLabels = Partial<Record<Aspect, boolean>>;

export type Agent = { id: string; name: string; online: boolean; load: number; cap: number };

export type Snapshot = { tickets: Ticket[]; agents: Agent[] };

export type Change =
  | { kind: "ticket"; ticket: Ticket }
  | { kind: "ticket_gone"; id: string }
  | { kind: "agent"; agent: Agent };

export type Hello = { type: "hello"; seq: number; me: Staff; snapshot: Snapshot };
export type Frame = { type: "frame"; seq: number; prev: number; changes: Change[] };
export type Incoming = Hello | Frame;

export type Content =
  | { kind: "text"; text: string; menu_id?: string }
  | { kind: "image"; media_id: string; url: string }
  | { kind: "voice"; media_id: string; format: string; recognition?: string }
  | { kind: "video"; media_id: string; thumb_media_id: string }
  | { kind: "location"; latitude: string; longitude: string; label: string }
  | { kind: "link"; title: string; description: string; url: string }
  | { kind: "file"; title: string; size_bytes: string }
  | { kind: "mini_program_page"; title: string; appid: string; page_path: string }
  | { kind: "follow"; scene?: string }
  | { kind: "enter"; scene?: string }
  | { kind: "unfollow" }
  | { kind: "revoke"; scope: string }
  | { kind: "native_session"; open: boolean; agent: string }
  | { kind: "native_reply"; agent: string; text: string }
  | { kind: "recall" }
  | { kind: "send_failed"; id: string; reason: string }
  | { kind: "notice_ended"; job: string; delivered: boolean; detail: string }
  | { kind: "consent"; template: string; allowed: boolean }
  | { kind: "whereabouts"; latitude: string; longitude: string }
  | { kind: "scan"; scene: string }
  | { kind: "menu_click"; key: string }
  | { kind: "erased" }
  | { kind: "unsupported"; message_type: string }
  // Ours only, but for `notice`, which is an event from the channel or a notice to the customer.
  | { kind: "media"; media: MediaKind; key: string; name: string }
  | { kind: "menu"; head: string; items: { id: string; text: string }[]; tail?: string }
  | { kind: "notice"; event?: string; detail?: string; template?: string; values?: Record<string, string> };

export type MediaKind = "image" | "voice" | "video" | "file";

/** What became of the file in a customer's message. */
export type Media =
  | { state: "fetching" }
  | { state: "kept"; key: string; content_type: string; bytes: number }
  | { state: "lost"; reason: string };

/** When each step of a customer's message was done. */
export type Receipt = { received_at_ms: number; verified_at_ms: number; decided_at_ms?: number; offered_at_ms?: number };

/** One attempt to send; `errcode` 0: taken, absent: no answer that could be read. */
export type Try = { began_at_ms: number; ended_at_ms: number; errcode?: number };

export type Origin = { at_ms: number; by: string; scene?: string };

export type Evidence = { source?: string; entry: string; question: string; score: number; version: number; remote?: RemoteWork };
/** How a model elsewhere came to an answer. */
export type RemoteWork = { passages: string[]; model: string; mode: string; tokens: number; ms: number };
export type Answer = { text: string; evidence?: Evidence | null };

export type SendStatus = "queued" | "waiting" | "attempting" | "delivered" | "failed" | "uncertain";

export type Message = {
  seq: number;
  at_ms: number;
  author: "customer" | "bot" | "agent";
  content: Content;
  carrier?: string;
  answer?: Answer | null;
  receipt?: Receipt;
  media?: Media;
  mood?: Mood;
  /** Why the bot said it, beside a customer-service message of the bot. */
  evidence?: Evidence | null;
  staff?: string;
  client_id?: string;
  status?: SendStatus;
  reason?: string | null;
  resend_of?: number | null;
  tries?: Try[];
  /** Sent together with that message of ours, as one. */
  joined_to?: number;
  /** The customer's message that this one of the bot answers. */
  answers?: number;
};

export type Quota = { left: number; of: number; closes_at_ms: number };

export type Conversation = {
  channel: string;
  customer: string;
  state: "bot" | "waiting" | "with_agent";
  ticket: { id: string; epoch: number; staff: string | null } | null;
  quota: Quota | null;
  /** How many of `quota.left` are kept for closing words. */
  kept_back?: number;
  /** How many of our messages wait for the customer to do something. */
  waiting: number;
  /** Who has the customer in WeChat's own console. */
  native: string | null;
  /** The customer left: nothing reaches them. */
  gone: boolean;
  /** Where the customer came from: the first time, and the newest ones. */
  origins: Origin[];
  /** The channel's callbacks are neither encrypted nor signed: anybody may have written this. */
  forgeable: boolean;
  last_seq: number;
  messages: Message[];
};

export type ReplyRequest = { client_id: string; ticket: string; epoch: number } & ReplyContent & ReplyChoices;
/** Either words or a file that has been uploaded. */
export type ReplyContent = { text: string; media?: never } | { media: ReplyMedia; text?: never };
export type ReplyMedia = { key: string; kind: MediaKind; name: string };
export type Uploaded = ReplyMedia & { content_type: string; bytes: number };
export type ReplyChoices = {
  resend_of?: number;
  /** It may wait for the customer's next word when it cannot be sent now. */
  wait?: boolean;
  /** It may take the place that is kept for closing words. */
  closing?: boolean;
};
export type WithdrawalRequest = { ticket: string; epoch: number; seq: number };
export type ReplyAccepted = { seq: number; status: SendStatus; quota: Quota | null };
export type ResolutionRequest = { client_id: string; ticket: string; epoch: number; last_seen_seq: number };

/** Which conversation: a customer on a channel. */
export type ConversationKey = { channel: string; customer: string };

export type ChannelKind = "official_account" | "mini_program" | "kefu";
export type SecretName = "token" | "aes_key" | "app_secret";
export type ShownSecret = { set: boolean; previous: boolean; changed_at_ms: number | null };

/** As they can be put again; what the page has no field for travels along unchanged. */
export type ChannelSettings = {
  name: string;
  path: string;
  kind: ChannelKind;
  tier: string;
  enabled: boolean;
  floor: string;
  kept_back: number;
  mode: "safe" | "compat" | "plaintext";
  appid: string;
  original_id?: string | null;
  open_kfid?: string | null;
  hours?: unknown;
  notice?: unknown;
};

export type Channel = {
  id: string;
  settings: ChannelSettings;
  secrets: Record<SecretName, ShownSecret>;
  changed_at_ms: number;
  state: "ready" | "paused" | "sealed";
};

export type ChannelFault = { at: string; code: string };

export type Bilingual = { "zh-CN": string; en: string };

/** One link of the chain between WeChat and us, and how to mend it. */
export type Check = {
  id: string;
  title: Bilingual;
  verdict: "ok" | "warning" | "failed" | "skipped";
  code?: string | null;
  detail?: string | null;
  fix?: Bilingual | null;
};

/** How WeChat's API answers for a channel. */
export type ChannelHealth = { channel: string; state: "ok" | "degraded" | "down" | "refused"; errcode?: number | null };

/** One customer of one channel; what a channel did not tell is absent. */
export type Identity = {
  channel: string;
  channel_name: string;
  customer: string;
  joined_by: string;
  nickname?: string;
  language?: string;
  remark?: string;
  subscribed_at_ms?: number;
  subscribe_scene?: string;
  qr_scene?: string;
};

/** Everyone that one person is; the conversation's own identity first. `elsewhere`: how many are on other floors. */
export type Person = { identities: Identity[]; elsewhere: number };

/** What the person said on another channel, or heard there. */
export type PersonMessage = Message & { channel: string; channel_name: string; customer: string };
