// What is measured: each subject is one workerd process, and knows how a customer's message to it looks and what
// answer is right.
import { mkdirSync } from "node:fs";
import path from "node:path";
import type { Channel, ChannelSecrets } from "../../scripts/channels.ts";
import { knowledgeFrom, publishKnowledge, putChannel } from "../../scripts/operator.ts";
import { randomChannelSecrets, randomEnvironment } from "../../scripts/secrets.ts";
import type { Settings } from "../../scripts/settings.ts";
import { startWorkerd, type Workerd, type WorkerdOptions } from "../../scripts/workerd.ts";
import { readWranglerConfig } from "../../scripts/wrangler-config.ts";
import { ACCOUNT_DEFAULTS } from "../../simulator/config.ts";
import type { Account } from "../../simulator/config.ts";
import { buildPacket } from "../../simulator/packet.ts";
import { judge } from "../../simulator/reply.ts";
import { renderXml } from "../../simulator/xml.ts";
import { bank, question } from "./bank.ts";
import { floorBuild, floorConfig } from "./floor.ts";
import { post, type Response } from "./load.ts";

export type Addressing = { mode: "per_customer" } | { mode: "sharded"; shards: number };

/** One message, ready to be sent, and why its response is wrong, if it is. */
export interface Message {
  bytes: Buffer;
  fault(response: Response): string | undefined;
}

export interface Subject {
  name: string;
  /** What holds its state, as the tables call it. */
  storage: string;
  worker: Workerd;
  options: WorkerdOptions;
  message(customer: string): Message;
}

const channel: Channel = { id: "main", name: "测试", path: "main", kind: "official_account", appid: "wx0123456789abcdef", original_id: "gh_0123456789ab", mode: "safe" };
const channelSecrets = randomChannelSecrets(channel);
let messages = 0;

/** Ours, with a bank of so many entries published by the operator's API. */
export async function ours(stateDir: string, storage: string, addressing: Addressing, entryCount: number): Promise<Subject> {
  const options = optionsIn(stateDir, addressing);
  const worker = await startWorkerd(options);
  await putChannel(worker.url, options.secrets.OPERATOR_TOKEN!, channel, channelSecrets);
  const entries = bank(entryCount);
  await publishKnowledge(worker.url, options.secrets.OPERATOR_TOKEN!, knowledgeFrom(entries));
  // Takes the bundle up; what that costs is measured apart.
  await fetch(`${worker.url}/api/health`);
  const account = accountOf(channelSecrets);
  const message = (customer: string): Message => {
    const number = ++messages;
    const asked = question(entries, number);
    const fault = (response: Response): string | undefined => {
      const judged = judge(account, { openid: customer, plainMessage: true, mediaKnown: () => false }, { ...response, headers: {} });
      if (judged.result !== "reply") return `${response.status} ${JSON.stringify(judged)} to ${asked.text}`;
      return judged.shown.text === asked.answer ? undefined : `${judged.shown.text} to ${asked.text}`;
    };
    return { bytes: callback(account, customer, asked.text, number), fault };
  };
  const name = `${entryCount.toLocaleString("en")} entries, ${addressing.mode === "sharded" ? "sharded" : "per customer"}`;
  return { name, storage, worker, options, message };
}

/** The empty worker. */
export function empty(stateDir: string, storage: string): Promise<Subject> {
  return floor(stateDir, storage, "empty worker", () => "/", "empty");
}

/** The floor of any exactly-once design. */
export function oneRow(stateDir: string, storage: string, addressing: Addressing): Promise<Subject> {
  const { mode } = addressing;
  const object = (customer: string, number: number): string => (mode === "sharded" ? `shard-${number % addressing.shards}` : customer);
  const name = `floor, ${mode === "sharded" ? "sharded" : "per customer"}`;
  return floor(stateDir, storage, name, (customer, number) => `/row/${object(customer, number)}/${number}`, "row");
}

async function floor(
  stateDir: string,
  storage: string,
  name: string,
  pathOf: (customer: string, number: number) => string,
  right: string,
): Promise<Subject> {
  const options = { ...optionsIn(stateDir, { mode: "per_customer" }), build: floorBuild, config: floorConfig(readWranglerConfig()) };
  const worker = await startWorkerd(options);
  // It is sent the very body that ours is sent, so that reading a request off the wire costs the same.
  const body = bodyOf(callback(accountOf(channelSecrets), "o".padEnd(28, "0"), "请问晨光破壁机 P1保修期是多久呢", 1));
  const message = (customer: string): Message => ({
    bytes: post(pathOf(customer, ++messages), body),
    fault: (response) => (response.status === 200 && String(response.body) === right ? undefined : `${response.status} ${response.body}`),
  });
  return { name, storage, worker, options, message };
}

function optionsIn(stateDir: string, addressing: Addressing): WorkerdOptions {
  mkdirSync(path.resolve(stateDir), { recursive: true });
  const settings: Settings = {
    wechat_api: "http://127.0.0.1:9", addressing, freshness_s: 600, ledger_days: 7, message_days: 180, session_hours: 12,
  };
  return { port: 0, stateDir, settings, secrets: randomEnvironment() };
}

function accountOf(secrets: ChannelSecrets): Account {
  return {
    ...ACCOUNT_DEFAULTS, ...channel, kind: "official_account", originalId: channel.original_id!, mode: "safe", menu: [],
    token: secrets.token!, encodingAesKey: secrets.aes_key!, appSecret: secrets.app_secret!,
  };
}

/** WeChat's callback for a customer's text, in safe mode. */
function callback(account: Account, customer: string, text: string, number: number): Buffer {
  const now_ms = Date.now();
  const xml = renderXml({
    ToUserName: account.originalId, FromUserName: customer, CreateTime: Math.floor(now_ms / 1000), MsgType: "text", Content: text,
    MsgId: 24_000_000_000_000_000n + BigInt(number),
  });
  const { query, body } = buildPacket(account, customer, Buffer.from(xml), now_ms);
  return post(`/callback/${account.path}?${new URLSearchParams(query)}`, body);
}

function bodyOf(request: Buffer): Buffer {
  return request.subarray(request.indexOf("\r\n\r\n") + 4);
}
