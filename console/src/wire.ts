// The worker's contracts as types (docs/PROTOCOL.md, sections 3 and 4).

export type Staff = {
  id: string;
  login: string;
  name: string;
  role: "agent" | "supervisor";
  skill_groups: string[];
  cap: number;
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
};

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
  | { kind: "unfollow" }
  | { kind: "scan"; scene: string }
  | { kind: "menu_click"; key: string }
  | { kind: "notice"; event: string; detail: string }
  | { kind: "unsupported"; message_type: string };

export type Evidence = { entry: string; question: string; score: number; version: number };
export type Answer = { text: string; evidence?: Evidence | null };

export type SendStatus = "queued" | "attempting" | "delivered" | "failed" | "uncertain";

export type Message = {
  seq: number;
  at_ms: number;
  author: "customer" | "bot" | "agent";
  content: Content;
  carrier?: string;
  answer?: Answer | null;
  /** Why the bot said it, beside a customer-service message of the bot. */
  evidence?: Evidence | null;
  staff?: string;
  client_id?: string;
  status?: SendStatus;
  reason?: string | null;
  resend_of?: number | null;
};

export type Quota = { left: number; closes_at_ms: number };

export type Conversation = {
  channel: string;
  customer: string;
  state: "bot" | "waiting" | "with_agent";
  ticket: { id: string; epoch: number; staff: string | null } | null;
  quota: Quota | null;
  /** The channel's callbacks are neither encrypted nor signed: anybody may have written this. */
  forgeable: boolean;
  last_seq: number;
  messages: Message[];
};

export type ReplyRequest = { client_id: string; ticket: string; epoch: number; text: string; resend_of?: number };
export type ReplyAccepted = { seq: number; status: SendStatus; quota: Quota | null };
export type ResolutionRequest = { client_id: string; ticket: string; epoch: number; last_seen_seq: number };

/** Which conversation: a customer on a channel. */
export type ConversationKey = { channel: string; customer: string };
