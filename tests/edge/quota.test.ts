// The quota meter: what may still be said, for every trigger; what cannot be said now waits or says so.
import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { after, before, describe, test } from "node:test";
import { customSend, expectStatus, Stage, testChannel, until } from "./support/stage.ts";

const notice = { way: "template", template: "TPL_REPLY_WAITING", values: { thing1: "您的问题有新回复", time2: "{time}" } };
const channels = [
  testChannel("main", { notice }),
  testChannel("mini", { kind: "mini_program" }),
  testChannel("plain", { tier: "unverified" }),
];
const hourMs = 3_600_000;

let stage: Stage;
before(async () => {
  stage = await Stage.open({ channels, cap: 50 });
  await stage.socket("lin");
});
after(() => stage?.close());

async function quota(openid: string, channel = "main"): Promise<any> {
  return (await stage.conversation("chen", openid, channel)).body.quota;
}

/** A customer whose ticket lin has; `say` replies in it. */
async function ticketed(channel = "main"): Promise<{ openid: string; ticket: any; say: (text: string, more?: object) => Promise<any> }> {
  const openid = await stage.customer(channel);
  await stage.says(openid, "转人工");
  const ticket = await stage.ticket("lin", openid);
  const say = (text: string, more: object = {}) => {
    const client_id = crypto.randomUUID();
    return until("the lease", async () => {
      const body = { client_id, ticket: ticket.id, epoch: ticket.epoch, text, ...more };
      const answer = await stage.as("lin", "POST", `conversations/${channel}/${openid}/replies`, body);
      return answer.body.code === "reply.lease_pending" ? undefined : answer;
    });
  };
  return { openid, ticket, say };
}

async function statusOf(openid: string, seq: number, channel = "main"): Promise<any> {
  const { messages } = (await stage.conversation("chen", openid, channel)).body;
  return messages.find((one: any) => one.seq === seq);
}

/** Four replies, which is all but the one that is kept back. */
async function usedUp(): Promise<Awaited<ReturnType<typeof ticketed>>> {
  const one = await ticketed();
  for (const text of ["一", "二", "三", "四"]) {
    const answer = await one.say(text);
    expectStatus(202, answer);
    // Lines that come slowly are messages of their own.
    await stage.settled("lin", one.openid, answer.body.seq);
  }
  return one;
}

describe("quota meter", () => {
  test("a message opens 5 for 48 h, shown as left, of, and until when", async () => {
    const openid = await stage.customer();
    await stage.says(openid, "你们的保修期多久");
    const { left, of, closes_at_ms } = await quota(openid);
    assert.deepEqual([left, of], [5, 5]);
    assert.equal(Math.abs(closes_at_ms - Date.now() - 48 * hourMs) < 60_000, true);
  });

  test("a menu click, a scan, a follow and a tap on a menu open 3 for a minute", async () => {
    const triggers: [string, object][] = [["menu", { key: "MENU_HOURS" }], ["scan", { scene: "s1" }], ["text", { text: "1", menu_id: "MENU_HOURS" }]];
    for (const [what, body] of triggers) {
      const openid = await stage.customer();
      await stage.control("POST", `customers/${openid}/${what}`, { ...body, wait: true });
      const { left, of, closes_at_ms } = await quota(openid);
      assert.deepEqual([left, of], [3, 3], what);
      assert.equal(closes_at_ms - Date.now() <= 60_000, true, what);
    }
    const openid = (await stage.control("POST", "customers", { account: "main", following: false })).openid;
    await stage.control("POST", `customers/${openid}/follow`, { wait: true });
    assert.equal((await quota(openid)).left, 3, "follow");
  });

  test("entering a mini program's session opens 2 for a minute, a message there 5 for 48 h", async () => {
    const openid = await stage.customer("mini");
    await stage.control("POST", `customers/${openid}/enter`, { session_from: "detail", wait: true });
    assert.equal((await quota(openid, "mini")).left, 1);
    // What is still on its way when the customer writes is counted against the new window too: nobody can know better.
    await stage.settled("chen", openid, 2, "mini");
    await stage.says(openid, "你们的保修期多久");
    await until("the answer counted", async () => ((await quota(openid, "mini"))?.left === 4) || undefined);
    assert.equal((await quota(openid, "mini")).of, 5);
  });

  test("one place is kept for closing: refused before WeChat would, and taken by a closing line", async () => {
    const { openid, say } = await usedUp();
    const refused = await say("五");
    assert.deepEqual([refused.status, refused.body.code], [409, "reply.quota_used"]);
    const closing = await say("感谢咨询，再见", { closing: true });
    expectStatus(202, closing);
    await stage.settled("lin", openid, closing.body.seq);
    assert.equal((await quota(openid)).left, 0);
    assert.deepEqual((await stage.sends(openid)).map((call) => call.errcode), [0, 0, 0, 0, 0]);
  });

  test("what cannot be sent now waits for the customer's next message, and tells them so by a notice", async () => {
    const { openid, say } = await usedUp();
    const waiting = await say("明天发货", { wait: true });
    expectStatus(202, waiting);
    assert.equal((await statusOf(openid, waiting.body.seq)).status, "waiting");
    assert.equal((await stage.conversation("chen", openid)).body.waiting >= 1, true);
    await until("the notice on the phone", async () => (await stage.phone(openid)).some((item) => item.via === "template") || undefined);
    assert.equal((await stage.heard(openid)).includes("明天发货"), false);
    await stage.says(openid, "在吗");
    await stage.settled("lin", openid, waiting.body.seq);
    assert.equal((await stage.heard(openid)).filter((text) => text === "明天发货").length, 1);
  });

  test("a message that waits can be taken back", async () => {
    const { openid, ticket, say } = await usedUp();
    const { seq } = (await say("说错了", { wait: true })).body;
    const withdraw = () => stage.as("lin", "POST", `conversations/main/${openid}/withdrawals`, { ticket: ticket.id, epoch: ticket.epoch, seq });
    expectStatus(200, await withdraw());
    assert.deepEqual([(await withdraw()).body.code, (await statusOf(openid, seq)).reason], ["withdrawal.not_waiting", "withdrawn"]);
    await stage.says(openid, "在吗");
    await sleep(500);
    assert.equal((await stage.heard(openid)).includes("说错了"), false);
  });

  test("short lines are joined when few are left", async () => {
    const { openid, say } = await ticketed();
    for (const text of ["一", "二"]) await stage.settled("lin", openid, (await say(text)).body.seq);
    const seqs = [];
    for (const text of ["第三", "第四", "第五"]) seqs.push((await say(text)).body.seq);
    for (const seq of seqs) await stage.settled("lin", openid, seq);
    assert.equal((await stage.heard(openid)).at(-1), "第三\n第四\n第五");
    assert.equal((await quota(openid)).left, 2, "one place for three lines");
    assert.equal((await statusOf(openid, seqs[1])).joined_to, seqs[0]);
  });

  test("a refusal of WeChat's own (45047, 45015) is no message to anybody: the reply waits and its attempts are on record", async () => {
    for (const errcode of [45047, 45015]) {
      const { openid, say } = await ticketed();
      await stage.fault({ path: customSend, errcode });
      const { seq } = (await say("您好")).body;
      const message = await until("it waits", async () => {
        const one = await statusOf(openid, seq);
        return one.status === "waiting" ? one : undefined;
      });
      assert.deepEqual(message.tries.map((one: any) => one.errcode), [errcode]);
      assert.equal((await stage.heard(openid)).some((text) => text.includes(String(errcode))), false);
      await stage.says(openid, "在吗");
      await stage.settled("lin", openid, seq);
      assert.deepEqual((await statusOf(openid, seq)).tries.map((one: any) => one.errcode), [errcode, 0]);
    }
  });

  test("an account that may not write says so instead of trying", async () => {
    const { openid, say } = await ticketed("plain");
    const answer = await say("您好");
    assert.deepEqual([answer.status, answer.body.code], [409, "reply.no_customer_messages"]);
    assert.deepEqual(await stage.sends(openid), []);
  });
});
