// The whole house for one test file: simulator, worker in workerd, channels, staff and knowledge; and hands to act with.
import { readFileSync } from "node:fs";
import path from "node:path";
import { WebSocket } from "ws";
import { simulatedAccount, type Channel, type ChannelSecrets } from "../../../scripts/channels.ts";
import { randomChannelSecrets } from "../../../scripts/secrets.ts";
import { root } from "../../../scripts/shell.ts";
import type { Settings } from "../../../scripts/settings.ts";
import type { WorkerdOptions } from "../../../scripts/workerd.ts";
import { startSimulator } from "../../../simulator/server.ts";
import { startWorker, testSettings, type TestWorker } from "./worker.ts";

/** Longest wait for something that is about to happen; generous, because the machine may be busy. */
const waitMsMax = 60_000;

export interface Answer {
  status: number;
  body: any;
  headers: Headers;
}

export interface StageChanges {
  settings?: Partial<Settings>;
  simulator?: object;
  worker?: Partial<WorkerdOptions>;
  /** Instead of one official account `main`. */
  channels?: Channel[];
  /** Accounts that the simulator plays from the start, and the worker is not told of. */
  later?: Channel[];
  /** What the simulator plays of one of them, beside what they have in common. */
  account?: (channel: Channel) => object;
  /** The worker knows the platform's second host too. */
  secondHost?: boolean;
  /** Neither staff nor knowledge. */
  bare?: boolean;
  /** How many tickets each member of staff takes at once, where a test needs more than kv-seed gives. */
  cap?: number;
}

export class Stage {
  worker: TestWorker;
  readonly simulatorUrl: string;
  readonly settings: Settings;
  /** What both sides know of each channel. */
  readonly channelSecrets: Record<string, ChannelSecrets>;
  readonly #closeSimulator: () => Promise<void>;
  readonly #tokens = new Map<string, string>();

  private constructor(worker: TestWorker, settings: Settings, secrets: Record<string, ChannelSecrets>, simulatorUrl: string, closeSimulator: () => Promise<void>) {
    this.worker = worker;
    this.channelSecrets = secrets;
    this.settings = settings;
    this.simulatorUrl = simulatorUrl;
    this.#closeSimulator = closeSimulator;
  }

  static async open(changes: StageChanges = {}): Promise<Stage> {
    const draft = testSettings(changes.settings);
    const channels = changes.channels ?? [testChannel("main")];
    const played = [...channels, ...(changes.later ?? [])];
    const secrets = secretsFor(played);
    const simulator = await startSimulator({
      port: 0, callbackBase: "http://127.0.0.1:9", accounts: played.map((channel) => ({ ...simulatedAccount(channel, secrets[channel.id]!), ...changes.account?.(channel) })),
      deliveryTimeoutMs: 20_000, redeliveryPauseMs: 50, ...changes.simulator,
    });
    const settings = { ...draft, wechat_api: simulator.url, wecom_api: simulator.url, ...(changes.secondHost ? { wechat_api_second: simulator.api2Url } : {}) };
    const worker = await startWorker({ settings, ...changes.worker }).catch(async (error: unknown) => {
      await simulator.close();
      throw error;
    });
    const stage = new Stage(worker, settings, secrets, simulator.url, simulator.close);
    // What does not come up must not stay up: the test runner would wait for it.
    await stage.#begin(channels, changes).catch(async (error: unknown) => {
      await stage.close();
      throw error;
    });
    return stage;
  }

  async #begin(channels: Channel[], changes: StageChanges): Promise<void> {
    await this.control("PUT", "callback-base", { url: this.worker.url });
    for (const channel of channels) expectStatus(200, await this.putChannel(channel, this.channelSecrets[channel.id]));
    if (!changes.bare) await this.seed(changes.cap);
  }

  /** Publishes kv-seed and gives every member of staff the password `password-` and their login. */
  async seed(cap?: number): Promise<void> {
    const staff = JSON.parse(readFileSync(path.join(root, "kv-seed/staff.json"), "utf8")).staff as { login: string }[];
    expectStatus(200, await this.operator("PUT", "staff", { staff: staff.map((one) => ({ ...one, ...(cap ? { cap } : {}), password: passwordOf(one.login) })) }));
    expectStatus(200, await this.operator("PUT", "knowledge", JSON.parse(readFileSync(path.join(root, "kv-seed/knowledge.json"), "utf8"))));
  }

  async close(): Promise<void> {
    await this.#closeSimulator();
    // Nobody needs its state: an orderly end would wait for open sockets.
    await this.worker.kill();
    await this.worker.close();
  }

  /** The process is gone as if by power cut; its successor finds the state. */
  async killAndStartAgain(): Promise<void> {
    await this.worker.kill();
    await this.startAgain();
  }

  async startAgain(changes: Partial<WorkerdOptions> = {}): Promise<void> {
    this.worker = await this.worker.again(changes);
    await this.control("PUT", "callback-base", { url: this.worker.url });
  }

  /** Adds or replaces a channel, as the operator; secrets that are left out stay as they are. */
  putChannel({ id, ...channel }: Channel, secrets: ChannelSecrets = {}): Promise<Answer> {
    return this.asOperator("PUT", `channels/${id}`, { ...channel, ...secrets });
  }

  /** The API by the operator's token. */
  asOperator(method: string, route: string, body?: unknown): Promise<Answer> {
    return this.#call(method, `/api/${route}`, body, this.worker.secrets.OPERATOR_TOKEN);
  }

  operator(method: string, route: string, body?: unknown): Promise<Answer> {
    return this.asOperator(method, `operator/${route}`, body);
  }

  /** The API as this member of staff, signed in at first use. */
  async as(login: string, method: string, route: string, body?: unknown): Promise<Answer> {
    return this.#call(method, `/api/${route}`, body, await this.token(login));
  }

  async token(login: string): Promise<string> {
    const known = this.#tokens.get(login);
    if (known) return known;
    const answer = await this.#call("POST", "/api/session", { login, password: passwordOf(login), bearer: true });
    expectStatus(200, answer);
    this.#tokens.set(login, answer.body.token);
    return answer.body.token;
  }

  forgetToken(login: string): void {
    this.#tokens.delete(login);
  }

  async #call(method: string, route: string, body: unknown, token?: string): Promise<Answer> {
    const response = await fetch(this.worker.url + route, {
      method,
      headers: { ...(token ? { authorization: `Bearer ${token}` } : {}), ...(body === undefined ? {} : { "content-type": "application/json" }) },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, body: text === "" ? undefined : JSON.parse(text), headers: response.headers };
  }

  /** The simulator's control API (docs/SIMULATOR.md). */
  async control(method: string, route: string, body?: unknown): Promise<any> {
    const response = await fetch(`${this.simulatorUrl}/control/${route}`, {
      method,
      ...(body === undefined ? {} : { headers: { "content-type": "application/json" }, body: JSON.stringify(body) }),
    });
    const answer: any = await response.json();
    if (!response.ok) throw new Error(`control ${route}: ${JSON.stringify(answer)}`);
    return answer;
  }

  async customer(account = "main"): Promise<string> {
    return (await this.control("POST", "customers", { account })).openid;
  }

  /** A customer who asked for a person, and the ticket as `login`, who must be online, was given it. */
  async ticketed(login: string): Promise<{ customer: string; ticket: any }> {
    const customer = await this.customer();
    await this.says(customer, "转人工");
    return { customer, ticket: await this.ticket(login, customer) };
  }

  /** The customer says this; resolves when WeChat has its answer. Returns what it came to. */
  says(openid: string, text: string, more: object = {}): Promise<any> {
    return this.control("POST", `customers/${openid}/text`, { text, wait: true, ...more });
  }

  /** What the phone shows. */
  async phone(openid: string): Promise<any[]> {
    return (await this.control("GET", `customers/${openid}/transcript`)).items;
  }

  /** What the phone shows from the account. */
  async heard(openid: string): Promise<string[]> {
    return (await this.phone(openid)).filter((item) => item.from === "account").map((item) => item.text);
  }

  /** The calls of the worker that sent, or tried to send, to this customer. */
  async sends(openid: string): Promise<any[]> {
    return (await this.control("GET", `calls?openid=${openid}&path=${customSend}`)).calls;
  }

  /** From now on the platform misbehaves so (docs/SIMULATOR.md, section 4). */
  async fault(rule: { path: string; [key: string]: unknown }): Promise<void> {
    await this.control("POST", "faults", { api: [rule] });
  }

  /** Waits until the platform holds a call of this path. */
  async held(path: string): Promise<void> {
    await until(`a held call of ${path}`, async () => {
      const { held } = await this.control("GET", "held?wait_ms=1000");
      return held.some((call: any) => call.path === path) || undefined;
    });
  }

  /** What has been logged since `mark` (a length of `worker.logged()`) by area: how many rows each turn wrote. */
  rowsWritten(mark: number): { area: string; rows: number }[] {
    const lines = this.worker.logged().slice(mark).split("\n").filter((line) => line.includes('"rows_written"'));
    return lines.map((line) => JSON.parse(line.slice(line.indexOf("{")))).map((line) => ({ area: line.area, rows: line.fields }));
  }

  /** The customer's open ticket as this member of staff sees it. */
  async ticket(login: string, openid: string): Promise<any> {
    return until(`a ticket of ${openid}`, async () => {
      const { body } = await this.as(login, "GET", "tickets");
      return body.tickets.find((ticket: any) => ticket.customer === openid && ticket.state === "assigned");
    });
  }

  /** Opens a console's socket; frames are kept in `frames`. */
  async socket(login: string, headers: Record<string, string> = {}): Promise<Console> {
    const url = `${this.worker.url.replace("http", "ws")}/api/floor/socket`;
    const socket = new WebSocket(url, { headers: { authorization: `Bearer ${await this.token(login)}`, ...headers } });
    return Console.open(socket);
  }

  conversation(login: string, openid: string, channel = "main"): Promise<Answer> {
    return this.as(login, "GET", `conversations/${channel}/${openid}`);
  }

  reply(login: string, openid: string, ticket: any, text: string, more: object = {}): Promise<Answer> {
    const body = { client_id: crypto.randomUUID(), ticket: ticket.id, epoch: ticket.epoch, text, ...more };
    return this.as(login, "POST", `conversations/main/${openid}/replies`, body);
  }

  /** Replies as soon as the conversation has heard of the lease. */
  async replyOnceLeased(login: string, openid: string, ticket: any, text: string): Promise<Answer> {
    const client_id = crypto.randomUUID();
    return until("the lease", async () => {
      const answer = await this.reply(login, openid, ticket, text, { client_id });
      return answer.body.code === "reply.lease_pending" ? undefined : answer;
    });
  }

  /** The message `seq`, once its sending has ended. */
  async settled(login: string, openid: string, seq: number, channel = "main"): Promise<any> {
    return until(`message ${seq} settled`, async () => {
      const { body } = await this.conversation(login, openid, channel);
      const message = body.messages?.find((one: any) => one.seq === seq);
      return ["delivered", "failed", "uncertain"].includes(message?.status) ? message : undefined;
    });
  }
}

/** A console's socket. */
export class Console {
  readonly frames: any[] = [];
  closed: number | undefined;
  readonly socket: WebSocket;

  private constructor(socket: WebSocket) {
    this.socket = socket;
    socket.on("message", (data) => this.frames.push(JSON.parse(String(data))));
    socket.on("close", (code) => (this.closed = code));
  }

  static open(socket: WebSocket): Promise<Console> {
    return new Promise((resolve, reject) => {
      const console = new Console(socket);
      socket.on("error", reject);
      socket.on("unexpected-response", (_, response) => reject(new Error(`socket refused: ${response.statusCode}`)));
      socket.on("open", () => {
        socket.send(JSON.stringify({ type: "resume", seq: null }));
        resolve(console);
      });
    });
  }

  /** The first frame that this holds for. */
  frame(what: string, test: (frame: any) => boolean): Promise<any> {
    return until(what, async () => this.frames.find(test));
  }
}

/** The platform's address for messages to customers, and the one for tokens. */
export const customSend = "/cgi-bin/message/custom/send";
export const stableToken = "/cgi-bin/stable_token";

export const passwordOf = (login: string): string => `password-${login}`;

export async function until<T>(what: string, look: () => Promise<T | undefined>, waitMs = waitMsMax): Promise<T> {
  const end = Date.now() + waitMs;
  for (;;) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
    if (Date.now() > end) throw new Error(`waited in vain for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

export function expectStatus(status: number, answer: Answer): void {
  if (answer.status !== status) throw new Error(`expected ${status}, got ${answer.status}: ${JSON.stringify(answer.body)}`);
}

/** An official account with everything that it needs. */
export const testChannel = (id: string, more: Partial<Channel> = {}): Channel => ({
  id, name: id, path: id, kind: "official_account", appid: `wx${id}`, original_id: `gh_${id}`, mode: "safe", ...more,
});

/** Secrets of their own for each; accounts of one corporation have theirs together. */
function secretsFor(channels: Channel[]): Record<string, ChannelSecrets> {
  const made = new Map<string, ChannelSecrets>();
  return Object.fromEntries(channels.map((channel) => {
    const whose = channel.kind === "kefu" ? channel.appid : channel.id;
    if (!made.has(whose)) made.set(whose, randomChannelSecrets(channel));
    return [channel.id, made.get(whose)!];
  }));
}
