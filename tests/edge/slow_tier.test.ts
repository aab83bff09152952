// A decision that takes long, on each kind of account: every question is answered once or reaches people, and nobody has to ask again.
import assert from "node:assert/strict";
import http from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { after, before, describe, test } from "node:test";
import { kefuChannel } from "./support/kefu.ts";
import { Stage, testChannel, until } from "./support/stage.ts";

/** How long the responder thinks about a question, in seconds: the question says so itself. */
const delays = [0.5, 6, 12, 30, 90];
/** After this people take the question. */
const waitS = 60;

const channels = [
  testChannel("service"),
  testChannel("unverified", { tier: "unverified" }),
  testChannel("mini", { kind: "mini_program" }),
  kefuChannel("kf"),
];

interface Seen {
  /** Seconds from the question to what the phone showed. */
  at_s: number;
  via: string;
  text: string;
}

let stage: Stage;
let responder: http.Server;
const asked: { headers: http.IncomingHttpHeaders; body: any }[] = [];

before(async () => {
  responder = http.createServer((request, response) => void respond(request, response));
  await new Promise<void>((resolve) => responder.listen(0, "127.0.0.1", resolve));
  const address = `http://127.0.0.1:${(responder.address() as AddressInfo).port}`;
  stage = await Stage.open({
    channels,
    settings: { responder: { address, wait_s: waitS } },
    // WeChat's own patience.
    simulator: { deliveryTimeoutMs: 5_000, redeliveryPauseMs: 1_000 },
  });
});
after(async () => {
  responder?.closeAllConnections();
  responder?.close();
  await stage?.close();
});

async function respond(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const body = JSON.parse(Buffer.concat(chunks).toString("utf8"));
  asked.push({ headers: request.headers, body });
  const delay = /等([\d.]+)秒/.exec(body.question)?.[1];
  await sleep(Number(delay ?? 0) * 1_000);
  const answer = body.question.includes("无解") ? null : `慢答：${body.question}`;
  response.writeHead(200, { "content-type": "application/json" });
  response.end(JSON.stringify({ answer, source: "手册", confidence: 0.9 }));
}

/** Asks, and waits until the phone shows something or people have it. */
async function ask(account: string, question: string): Promise<{ customer: string; seen: Seen[]; state: string }> {
  const customer = await stage.customer(account);
  const began = Date.now();
  await stage.control("POST", `customers/${customer}/text`, { text: question });
  await until(`an answer to ${question} on ${account}`, async () => (await stage.heard(customer)).length > 0 || undefined, 150_000);
  const { state } = (await stage.conversation("chen", customer, account)).body;
  const items = (await stage.phone(customer)).filter((item) => item.from === "account");
  return { customer, state, seen: items.map(({ at_ms, via, text }: any) => ({ at_s: (at_ms - began) / 1_000, via, text })) };
}

describe("late-answer upgrade", () => {
  test("a tier with 0.5, 6, 12, 30 and 90 s of delay on each kind of account: all answered or with people, each once", async (t) => {
    const runs = channels.flatMap((channel) => delays.map(async (delay) => ({ channel: channel.id, delay, ...(await ask(channel.id, `这个能不能等${delay}秒的蓝牙连接`)) })));
    const results = await Promise.all(runs);
    // Whatever would come twice has come by now.
    await sleep(3_000);
    for (const { channel, delay, customer, seen, state } of results) {
      t.diagnostic(`${channel}, ${delay} s: ${seen.map(({ at_s, via, text }) => `${at_s.toFixed(1)} s ${via} ${text.slice(0, 12)}`).join(" | ")} (${state})`);
      const where = `${channel} at ${delay} s`;
      assert.equal((await stage.heard(customer)).length, 1, `${where}: one visible answer`);
      const [only] = seen;
      const answered = only!.text.startsWith("慢答");
      assert.equal(answered, state === "bot", `${where}: answered by the bot, or with people and told so`);
      const phone = await stage.phone(customer);
      assert.equal(phone.filter((item) => item.kind === "failure").length, 0, `${where}: WeChat's error bubble`);
    }
    const find = (channel: string, delay: number) => results.find((one) => one.channel === channel && one.delay === delay)!;
    for (const channel of ["service", "unverified"])
      for (const delay of [0.5, 6]) assert.equal(find(channel, delay).seen[0]!.via, "passive", `${channel} at ${delay} s`);
    assert.equal(find("service", 30).seen[0]!.via, "custom_send");
    assert.equal(find("unverified", 30).state !== "bot", true, "no way to write later: people have it");
    assert.equal(find("unverified", 30).seen[0]!.via, "passive", "and the customer was told while it could be said");
    for (const delay of delays.slice(0, 4)) {
      assert.equal(find("mini", delay).seen[0]!.via, "custom_send");
      assert.equal(find("kf", delay).seen[0]!.via, "kf_send");
    }
    for (const channel of channels) assert.notEqual(find(channel.id, 90).state, "bot", "longer than anybody waits");
  });

  test("the receipt trail tells each step with its time and WeChat's code", async () => {
    const { customer } = await ask("service", "这个能不能等14.5秒的蓝牙连接");
    const trail = await until("the sending settled", async () => {
      const { messages } = (await stage.conversation("chen", customer, "service")).body;
      return messages.find((one: any) => one.author === "bot")?.status === "delivered" ? messages : undefined;
    });
    const [question, answer] = trail;
    assert.equal(question.carrier, "customer_message");
    const { received_at_ms, verified_at_ms, decided_at_ms } = question.receipt;
    assert.equal(received_at_ms <= verified_at_ms && verified_at_ms <= decided_at_ms, true, JSON.stringify(question.receipt));
    assert.deepEqual([answer.answers, answer.evidence.source, answer.evidence.entry], [question.seq, "responder", "手册"]);
    const [attempt, ...more] = answer.tries;
    assert.deepEqual([attempt.errcode, more], [0, []]);
    assert.equal(answer.at_ms <= attempt.began_at_ms && attempt.began_at_ms <= attempt.ended_at_ms, true);
  });

  test("what the responder does not know is decided as if there were none", async () => {
    const { seen, state } = await ask("service", "无解的蓝牙问题");
    assert.deepEqual([seen[0]!.via, state], ["passive", "bot"]);
    assert.doesNotMatch(seen[0]!.text, /慢答/);
  });

  test("the responder hears the question and what was near, and nothing of who asked", () => {
    for (const { body } of asked) assert.deepEqual(Object.keys(body).sort(), ["candidates", "channel", "question"]);
  });
});
