// 200 customers with every trigger and agents who talk as they please: WeChat refuses nothing for window or quota, nothing is lost or doubled.
import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { after, before, test } from "node:test";
import { customSend, Stage, testChannel, until } from "./support/stage.ts";

const customers = 200;
const channels = [testChannel("main"), testChannel("mini", { kind: "mini_program" })];
const staff = ["lin", "zhao"];

let stage: Stage;
before(async () => void (stage = await Stage.open({ channels, cap: customers })));
after(() => stage?.close());

/** A sequence that is the same in every run. */
function chance(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

const words = ["你们的保修期多久", "转人工", "天书一样的话", "你好", "在吗", "快一点"];

async function act(openid: string, channel: string, pick: (below: number) => number): Promise<void> {
  const at = (what: string, body: object = {}) => stage.control("POST", `customers/${openid}/${what}`, { ...body, wait: true });
  const say = () => at("text", { text: words[pick(words.length)] });
  if (channel === "mini") return pick(4) === 0 ? at("enter", { session_from: "page" }) : say();
  switch (pick(9)) {
    case 0: return at("menu", { key: "MENU_HOURS" });
    case 1: return at("scan", { scene: "box_card" });
    case 2: return at("text", { text: "营业时间", menu_id: "MENU_HOURS" });
    case 3: return at("location", { latitude: 31.2, longitude: 121.4, label: "上海" });
    default: return say();
  }
}

/** Talks in whatever is theirs until told to stop; what cannot be sent now may wait. Returns what was accepted. */
async function talk(login: string, number: number, done: () => boolean): Promise<Accepted[]> {
  const pick = chance(login.length * 1_000 + number);
  const accepted: Accepted[] = [];
  while (!done()) {
    const { body } = await stage.as(login, "GET", "tickets");
    const mine = body.tickets.filter((one: any) => one.agent === login && one.state === "assigned");
    const ticket = mine[pick(Math.max(1, mine.length))];
    if (!ticket) {
      await sleep(100);
      continue;
    }
    const route = `conversations/${ticket.channel}/${ticket.customer}/replies`;
    const text = `${login} ${number}-${accepted.length + 1}`;
    const reply = { client_id: crypto.randomUUID(), ticket: ticket.id, epoch: ticket.epoch, text, wait: pick(2) === 0 };
    const answer = await stage.as(login, "POST", route, reply);
    if (answer.status === 202) accepted.push({ ...ticket, seq: answer.body.seq, text });
  }
  return accepted;
}

interface Accepted {
  channel: string;
  customer: string;
  seq: number;
  text: string;
}

test("200 customers with mixed triggers and agents talking freely: nothing refused for window or quota, nothing lost unseen, nothing doubled", async (t) => {
  const sockets = await Promise.all(staff.map((login) => stage.socket(login)));
  const everyone = await Promise.all(Array.from({ length: customers }, async (_, number) => {
    const channel = channels[number % 5 === 0 ? 1 : 0]!.id;
    return { channel, openid: await stage.customer(channel), pick: chance(number + 1) };
  }));
  let over = false;
  // Each has four windows open.
  const talks = staff.flatMap((login) => [1, 2, 3, 4].map((number) => talk(login, number, () => over)));
  for (let round = 0; round < 8; round += 1) {
    for (let from = 0; from < everyone.length; from += 20) {
      await Promise.all(everyone.slice(from, from + 20).map(({ openid, channel, pick }) => act(openid, channel, pick)));
    }
  }
  await sleep(10_000);
  over = true;
  const accepted = (await Promise.all(talks)).flat();
  const ends = new Map<string, number>();
  const settled = await until("every accepted reply settled or visibly waiting", async () => {
    ends.clear();
    for (const { openid, channel } of everyone) {
      const { messages } = (await stage.conversation("chen", openid, channel)).body;
      for (const one of messages.filter((one: any) => one.author !== "customer")) {
        if (["queued", "attempting"].includes(one.status) && !isBehindWaiting(messages, one.seq)) return undefined;
        ends.set(one.status, (ends.get(one.status) ?? 0) + 1);
      }
    }
    return ends;
  });
  const calls = (await stage.control("GET", `calls?path=${customSend}`)).calls;
  const refused = calls.filter((call: any) => [45015, 45047].includes(call.errcode));
  t.diagnostic(`${accepted.length} replies accepted, ${calls.length} sends, ${refused.length} refused; ends: ${JSON.stringify(Object.fromEntries(settled))}`);
  assert.deepEqual(refused, []);
  assert.equal(accepted.length > 200, true, "agents who say little prove little");
  for (const { channel, openid } of everyone) {
    const lines = (await stage.heard(openid)).flatMap((text) => text.split("\n"));
    const { messages } = (await stage.conversation("chen", openid, channel)).body;
    for (const { text, seq } of accepted.filter((one) => one.customer === openid)) {
      const { status } = messages.find((one: any) => one.seq === seq);
      assert.equal(lines.filter((line) => line === text).length, status === "delivered" ? 1 : 0, `${text} is ${status}`);
    }
  }
  for (const socket of sockets) socket.socket.close();
});

/** What stands behind a message that waits for the customer is not stuck: it waits too. */
function isBehindWaiting(messages: any[], seq: number): boolean {
  return messages.some((one) => one.status === "waiting" && one.seq < seq);
}
