// The console's test double of the worker: docs/PROTOCOL.md sections 3 and 4 over HTTP and WebSocket, in memory.
// It decides only what a test tells it to; what the real worker decides is proved elsewhere.
import { createReadStream, existsSync, readFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join, normalize } from "node:path";
import { WebSocketServer, type WebSocket } from "ws";
import { FakeKnowledge } from "./fake-knowledge.ts";
import type { Agent, Change, Channel, ChannelFault, ChannelHealth, ChannelSettings, Check, Content, Conversation, Message, Person, PersonMessage, Quota, ReplyMedia, ShownSecret, Staff, Ticket, Try } from "../../../console/src/wire.ts";

export type Refusal = { status: number; code: string; fields?: Record<string, unknown> };
export type Call = { method: string; path: string; body: Record<string, unknown> };

const TYPES: Record<string, string> = { ".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml" };
const COOKIE = "shunda=token";

export async function startFake(dist: string, staff: Staff, password: string) {
  const fake = new Fake(dist, staff, password);
  await fake.listen();
  return fake;
}

export class Fake {
  readonly calls: Call[] = [];
  readonly tickets = new Map<string, Ticket>();
  readonly agents = new Map<string, Agent>();
  /** Taken one by one by the calls of that route: `null` lets one call through. */
  readonly refusals: { reply: (Refusal | "drop" | null)[]; resolution: (Refusal | null)[]; media: (Refusal | null)[] } = { reply: [], resolution: [], media: [] };
  readonly channels = new Map<string, Channel>();
  /** Of the next channel that is put: it is refused with these. */
  channel_faults: ChannelFault[] = [];
  checks: Check[] = [];
  health: ChannelHealth[] = [];
  /** Of whichever conversation is asked about. */
  person: Person = { identities: [], elsewhere: 0 };
  history: PersonMessage[] = [];
  readonly knowledge: FakeKnowledge;
  /** What is kept, by its key. */
  readonly media = new Map<string, { content_type: string; body: Buffer }>();
  /** New replies end so at once; null leaves them queued for the test to settle. */
  settle_as: Message["status"] | null = null;
  origin = "";

  private readonly dist: string;
  /** The policy the console is deployed with; the browser test fails if the build needs more. */
  private readonly policy: string;
  private readonly me: Staff;
  private readonly password: string;
  private readonly conversations = new Map<string, Conversation>();
  private readonly answers = new Map<string, unknown>();
  private readonly log: { seq: number; prev: number; changes: Change[] }[] = [];
  private readonly sockets = new Set<WebSocket>();
  private readonly server = createServer((request, response) => void this.serve(request, response));
  private readonly upgrader = new WebSocketServer({ noServer: true });
  private seq = 1;
  private lost = 0;
  private signed_in = false;

  constructor(dist: string, me: Staff, password: string) {
    this.dist = dist;
    this.policy = /Content-Security-Policy: (.+)/.exec(readFileSync(join(dist, "_headers"), "utf8"))?.[1] ?? "default-src 'none'";
    this.me = me;
    this.knowledge = new FakeKnowledge(me.id);
    this.password = password;
    this.agents.set(me.id, { id: me.id, name: me.name, online: true, load: 0, cap: me.cap });
    this.server.on("upgrade", (request, socket, head) => {
      if (!this.mayEnter(request) || request.headers.origin !== this.origin) return void socket.destroy();
      this.upgrader.handleUpgrade(request, socket, head, (opened) => this.attend(opened));
    });
  }

  async listen(): Promise<void> {
    await new Promise<void>((resume) => this.server.listen(0, "127.0.0.1", resume));
    this.origin = `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.terminate();
    this.server.closeAllConnections();
    await new Promise<void>((resume) => void this.server.close(() => resume()));
  }

  // What a test does to the world

  addTicket(ticket: Ticket, messages: Message[], quota: Quota | null): void {
    const { channel, customer } = ticket;
    const last_seq = messages.at(-1)?.seq ?? 0;
    this.conversations.set(`${channel}/${customer}`, {
      channel,
      customer,
      state: ticket.state === "assigned" ? "with_agent" : ticket.state === "waiting" ? "waiting" : "bot",
      ticket: { id: ticket.id, epoch: ticket.epoch, staff: ticket.agent },
      quota,
      waiting: 0,
      native: null,
      gone: false,
      origins: [],
      forgeable: false,
      last_seq,
      messages,
    });
    this.changeTicket({ ...ticket, last_seq });
  }

  /** Anything else about a conversation. */
  changeConversation(ticket: string, change: Partial<Conversation>): void {
    const conversation = Object.assign(this.conversationOf(ticket), change);
    // A new lease is a sign to read again, and changes nothing else.
    const epoch = this.ticket(ticket).epoch + 1;
    if (conversation.ticket !== null) conversation.ticket.epoch = epoch;
    this.changeTicket({ ...this.ticket(ticket), epoch });
  }

  customerSends(ticket: string, content: Content): void {
    const at_ms = Date.now();
    this.append(ticket, { seq: 0, at_ms, author: "customer", content, carrier: "ticket", answer: null });
    const now = this.ticket(ticket);
    this.changeTicket({ ...now, unanswered: now.unanswered + 1, waiting_since_ms: now.waiting_since_ms ?? at_ms });
  }

  settle(ticket: string, seq: number, status: NonNullable<Message["status"]>, reason: string | null = null, tries: Try[] = []): void {
    const message = this.conversationOf(ticket).messages.find((one) => one.seq === seq);
    if (message === undefined) throw new Error(`no message ${seq}`);
    Object.assign(message, { status, reason, tries });
    const trouble = status === "failed" || status === "uncertain";
    if (trouble) this.changeTicket({ ...this.ticket(ticket), trouble });
  }

  changeTicket(ticket: Ticket): void {
    this.tickets.set(ticket.id, ticket);
    this.tell([{ kind: "ticket", ticket }]);
  }

  /** The next frames are recorded, and never arrive. */
  loseFrames(count: number): void {
    this.lost = count;
  }

  dropSockets(code: number): void {
    for (const socket of this.sockets) socket.close(code);
  }

  endSession(): void {
    this.signed_in = false;
    this.dropSockets(4001);
  }

  ticket(id: string): Ticket {
    const ticket = this.tickets.get(id);
    if (ticket === undefined) throw new Error(`no ticket ${id}`);
    return ticket;
  }

  messages(ticket: string): readonly Message[] {
    return this.conversationOf(ticket).messages;
  }

  called(method: string, part: string): Call[] {
    return this.calls.filter((call) => call.method === method && call.path.includes(part));
  }

  // The floor

  private tell(changes: Change[]): void {
    const frame = { seq: this.seq + 1, prev: this.seq, changes };
    this.seq = frame.seq;
    this.log.push(frame);
    if (this.lost > 0) return void (this.lost -= 1);
    for (const socket of this.sockets) socket.send(JSON.stringify({ type: "frame", ...frame }));
  }

  private attend(socket: WebSocket): void {
    socket.on("message", (data) => {
      const text = String(data);
      if (text === "ping") return void socket.send("pong");
      this.resume(socket, (JSON.parse(text) as { seq: number | null }).seq);
      this.sockets.add(socket);
    });
    socket.on("close", () => void this.sockets.delete(socket));
  }

  private resume(socket: WebSocket, seq: number | null): void {
    this.calls.push({ method: "RESUME", path: "/api/floor/socket", body: { seq } });
    if (seq === null) return void socket.send(JSON.stringify({ type: "hello", seq: this.seq, me: this.me, snapshot: this.snapshot() }));
    for (const frame of this.log) if (frame.seq > seq) socket.send(JSON.stringify({ type: "frame", ...frame }));
  }

  private snapshot() {
    return { tickets: [...this.tickets.values()], agents: [...this.agents.values()] };
  }

  // HTTP

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? "/", this.origin);
    if (!url.pathname.startsWith("/api/")) return this.file(url.pathname, response);
    const isFile = url.pathname.endsWith("/media") && request.method === "POST";
    const isTable = url.pathname.startsWith("/api/knowledge/table");
    const body = isFile ? await this.keepFile(request) : isTable ? await tableOf(request) : await bodyOf(request);
    this.calls.push({ method: request.method ?? "", path: url.pathname + url.search, body });
    const refusal = this.guard(request, url.pathname);
    if (refusal !== null) return refuse(response, refusal);
    const known = this.knowledge.answer(request.method ?? "", url, body);
    if (known !== null) return json(response, known.status, known.body);
    this.route(`${request.method} ${url.pathname}`, url, body, response);
  }

  private guard(request: IncomingMessage, path: string): Refusal | null {
    const changes = request.method !== "GET";
    if (changes && !path.endsWith("/media") && !path.startsWith("/api/knowledge/table") && request.headers["content-type"] !== "application/json") return { status: 415, code: "request.content_type" };
    if (changes && request.headers.origin !== this.origin) return { status: 403, code: "request.origin" };
    const open = path === "/api/session" && request.method === "POST";
    return open || this.mayEnter(request) ? null : { status: 401, code: "session.required" };
  }

  private mayEnter(request: IncomingMessage): boolean {
    return this.signed_in && (request.headers.cookie ?? "").includes(COOKIE);
  }

  private route(route: string, url: URL, body: Record<string, unknown>, response: ServerResponse): void {
    const match = /^(GET|POST) \/api\/conversations\/([^/]+)\/([^/]+)(?:\/(replies|withdrawals|resolution|media|mood))?$/.exec(route);
    if (match !== null) return this.conversationCall(match, url, body, response);
    if (route === "POST /api/session") return this.signIn(body, response);
    if (route === "GET /api/session") return json(response, 200, { staff: this.me, expires_at_ms: Date.now() + 3_600_000 });
    if (route.endsWith("/person")) return json(response, 200, this.person);
    if (route.endsWith("/person/history")) return json(response, 200, { messages: this.history, more: true });
    if (route.startsWith("GET /api/media/")) return this.medium(decodeURIComponent(route.slice("GET /api/media/".length)), response);
    if (route === "GET /api/health/channels") return json(response, 200, { channels: this.health });
    if (route === "GET /api/channels") return json(response, 200, { channels: [...this.channels.values()] });
    if (route.startsWith("PUT /api/channels/")) return this.putChannel(url.pathname.split("/").at(-1) ?? "", body, response);
    if (/^POST \/api\/channels\/[^/]+\/diagnosis$/.test(route)) return json(response, 200, { checks: this.checks });
    if (route === "GET /api/tickets") return json(response, 200, this.snapshot());
    if (route === "DELETE /api/session") {
      this.endSession();
      return void response.writeHead(204).end();
    }
    refuse(response, { status: 404, code: "http.not_found" });
  }

  private signIn(body: Record<string, unknown>, response: ServerResponse): void {
    if (body.login !== this.me.login || body.password !== this.password) return refuse(response, { status: 401, code: "session.wrong_password" });
    this.signed_in = true;
    response.setHeader("set-cookie", `${COOKIE}; HttpOnly; SameSite=Strict; Path=/`);
    json(response, 200, { staff: this.me, expires_at_ms: Date.now() + 3_600_000 });
  }

  private conversationCall(match: RegExpExecArray, url: URL, body: Record<string, unknown>, response: ServerResponse): void {
    const conversation = this.conversations.get(`${decodeURIComponent(match[2] ?? "")}/${decodeURIComponent(match[3] ?? "")}`);
    if (conversation === undefined) return refuse(response, { status: 404, code: "conversation.unknown" });
    if (match[4] === "replies") return this.reply(conversation, body, response);
    if (match[4] === "media") {
      const refusal = this.refusals.media.shift() ?? null;
      return refusal === null ? json(response, 201, body) : refuse(response, refusal);
    }
    if (match[4] === "mood") return json(response, 200, { seq: body.seq, labels: body });
    if (match[4] === "withdrawals") return this.withdrawal(conversation, Number(body.seq), response);
    if (match[4] === "resolution") return this.resolution(conversation, body, response);
    const after = Number(url.searchParams.get("after"));
    const limit = Number(url.searchParams.get("limit"));
    json(response, 200, { ...conversation, messages: conversation.messages.filter(({ seq }) => seq > after).slice(0, limit) });
  }

  private reply(conversation: Conversation, body: Record<string, unknown>, response: ServerResponse): void {
    const id = String(body.client_id);
    const known = this.answers.get(id);
    if (known !== undefined) return json(response, 202, known);
    const refusal = this.refusals.reply.shift() ?? null;
    if (refusal !== null && refusal !== "drop") return refuse(response, refusal);
    const message: Message = {
      seq: 0,
      at_ms: Date.now(),
      author: "agent",
      staff: this.me.id,
      content: sentContent(body),
      client_id: id,
      status: body.wait === true ? "waiting" : (this.settle_as ?? "queued"),
      reason: body.wait === true ? "window_closed" : null,
      resend_of: typeof body.resend_of === "number" ? body.resend_of : null,
    };
    const seq = this.append(String(body.ticket), message);
    if (body.wait === true) conversation.waiting += 1;
    else if (conversation.quota !== null) conversation.quota.left -= 1;
    this.changeTicket({ ...this.ticket(String(body.ticket)), unanswered: 0, waiting_since_ms: null });
    const answer = { seq, status: message.status, quota: conversation.quota };
    this.answers.set(id, answer);
    // Accepted, and the answer lost on the way.
    if (refusal === "drop") return void response.destroy();
    json(response, 202, answer);
  }

  private withdrawal(conversation: Conversation, seq: number, response: ServerResponse): void {
    const message = conversation.messages.find((one) => one.seq === seq);
    if (message?.status !== "waiting") return refuse(response, { status: 409, code: "withdrawal.not_waiting" });
    Object.assign(message, { status: "failed", reason: "withdrawn" });
    conversation.waiting -= 1;
    json(response, 200, {});
  }

  private resolution(conversation: Conversation, body: Record<string, unknown>, response: ServerResponse): void {
    const refusal = this.refusals.resolution.shift() ?? null;
    if (refusal !== null) return refuse(response, refusal);
    const newest = conversation.messages.findLast(({ author }) => author === "customer")?.seq ?? 0;
    if (newest > Number(body.last_seen_seq)) {
      return refuse(response, { status: 409, code: "resolution.new_messages", fields: { last_seq: conversation.last_seq } });
    }
    conversation.state = "bot";
    this.changeTicket({ ...this.ticket(String(body.ticket)), state: "resolved", resolved_at_ms: Date.now(), unanswered: 0, waiting_since_ms: null });
    json(response, 200, {});
  }

  private append(ticket: string, message: Message): number {
    const conversation = this.conversationOf(ticket);
    const seq = conversation.last_seq + 1;
    conversation.last_seq = seq;
    conversation.messages.push({ ...message, seq });
    this.changeTicket({ ...this.ticket(ticket), last_seq: seq });
    return seq;
  }

  private conversationOf(ticket: string): Conversation {
    const { channel, customer } = this.ticket(ticket);
    const conversation = this.conversations.get(`${channel}/${customer}`);
    if (conversation === undefined) throw new Error(`no conversation for ${ticket}`);
    return conversation;
  }

  private putChannel(id: string, body: Record<string, unknown>, response: ServerResponse): void {
    const faults = this.channel_faults.splice(0);
    if (faults.length > 0) return refuse(response, { status: 422, code: "channel.invalid", fields: { faults } });
    const { token, aes_key, app_secret, forget_previous: _, ...settings } = body;
    const before = this.channels.get(id)?.secrets;
    const secret = (given: unknown, known: ShownSecret | undefined): ShownSecret =>
      given === undefined ? (known ?? { set: false, previous: false, changed_at_ms: null }) : { set: true, previous: known?.set === true, changed_at_ms: Date.now() };
    const secrets = { token: secret(token, before?.token), aes_key: secret(aes_key, before?.aes_key), app_secret: secret(app_secret, before?.app_secret) };
    const channel: Channel = { id, settings: settings as ChannelSettings, secrets, changed_at_ms: Date.now(), state: settings.enabled === false ? "paused" : "ready" };
    this.channels.set(id, channel);
    json(response, 200, channel);
  }

  /** A file as it is uploaded: a picture, whatever it is. */
  private async keepFile(request: IncomingMessage): Promise<Record<string, unknown>> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    const key = `0123456789abcdef/${this.media.size.toString(16).padStart(32, "0")}`;
    this.media.set(key, { content_type: "image/png", body });
    return { key, kind: "image", content_type: "image/png", bytes: body.length, name: decodeURIComponent(String(request.headers["x-file-name"])) };
  }

  private medium(key: string, response: ServerResponse): void {
    const found = this.media.get(key);
    if (found === undefined) return refuse(response, { status: 404, code: "media.unknown" });
    response.writeHead(200, { "content-type": found.content_type, "content-length": found.body.length }).end(found.body);
  }

  private file(path: string, response: ServerResponse): void {
    const file = join(this.dist, normalize(path === "/" ? "/index.html" : path));
    if (!file.startsWith(this.dist) || !existsSync(file)) return void response.writeHead(404).end();
    response.writeHead(200, { "content-type": TYPES[extname(file)] ?? "application/octet-stream", "content-security-policy": this.policy });
    createReadStream(file).pipe(response);
  }
}

const BODY_BYTES_MAX = 64 * 1024;

async function bodyOf(request: IncomingMessage): Promise<Record<string, unknown>> {
  let text = "";
  for await (const chunk of request) {
    text += chunk;
    if (text.length > BODY_BYTES_MAX) throw new Error("the console sent too much");
  }
  return text === "" ? {} : JSON.parse(text);
}

/** A table as the browser sent it. */
async function tableOf(request: IncomingMessage): Promise<Record<string, unknown>> {
  let text = "";
  for await (const chunk of request) text += chunk;
  return { text };
}

function sentContent(body: Record<string, unknown>): Content {
  if (body.media === undefined) return { kind: "text", text: String(body.text) };
  const { key, kind, name } = body.media as ReplyMedia;
  return { kind: "media", media: kind, key, name };
}

function json(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}

function refuse(response: ServerResponse, { status, code, fields }: Refusal): void {
  json(response, status, { code, message: code, request_id: "r1", ...fields });
}
