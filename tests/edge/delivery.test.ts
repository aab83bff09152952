// Messages to customers while WeChat misbehaves: what is tried again, what is not, in which order, and what is shown.
import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { Console, customSend, expectStatus, Stage, stableToken, until } from "./support/stage.ts";

let stage: Stage;
let console: Console;
before(async () => {
  // One shard: customers in it must not wait for one another.
  stage = await Stage.open({ cap: 100, settings: { addressing: { mode: "sharded", shards: 1 } } });
  console = await stage.socket("lin");
});
after(() => {
  console?.socket.close();
  return stage?.close();
});
beforeEach(() => stage.control("DELETE", "faults"));

async function accept(customer: string, ticket: any, text: string): Promise<number> {
  const answer = await stage.replyOnceLeased("lin", customer, ticket, text);
  expectStatus(202, answer);
  return answer.body.seq;
}

const settled = (customer: string, seq: number): Promise<any> => stage.settled("lin", customer, seq);

async function sent(customer: string): Promise<string[]> {
  return (await stage.phone(customer)).filter((item) => item.via === "custom_send").map((item) => item.text);
}

async function tokenCalls(): Promise<any[]> {
  return (await stage.control("GET", `calls?path=${stableToken}`)).calls;
}

test("a token that ran out under many conversations is fetched anew once, and everything arrives", async () => {
  const people = await Promise.all(Array.from({ length: 6 }, () => stage.ticketed("lin")));
  await Promise.all(people.map(async ({ customer, ticket }) => settled(customer, await accept(customer, ticket, "一"))));
  const before = (await tokenCalls()).length;
  await stage.control("POST", "faults", { token: { account: "main", expire: true } });
  const seqs = await Promise.all(people.map(({ customer, ticket }) => accept(customer, ticket, "二")));
  for (const [i, { customer }] of people.entries()) {
    assert.equal((await settled(customer, seqs[i]!)).status, "delivered");
    assert.deepEqual(await sent(customer), ["一", "二"]);
  }
  assert.equal((await tokenCalls()).length - before, 1);
});

test("a token that WeChat refuses and hands out again is replaced by force", async () => {
  const { customer, ticket } = await stage.ticketed("lin");
  await settled(customer, await accept(customer, ticket, "一"));
  const before = (await tokenCalls()).length;
  await stage.control("POST", "faults", { token: { account: "main", revoke: true } });
  const seq = await accept(customer, ticket, "二");
  assert.equal((await settled(customer, seq)).status, "delivered");
  assert.deepEqual(await sent(customer), ["一", "二"]);
  assert.equal((await tokenCalls()).length - before, 2, "a normal one and a forced one");
});

test("a passing refusal is tried again, and later lines wait their turn", async () => {
  const { customer, ticket } = await stage.ticketed("lin");
  await stage.fault({ path: customSend, errcode: 45011 });
  await stage.fault({ path: customSend, errcode: -1 });
  await accept(customer, ticket, "一");
  await accept(customer, ticket, "二");
  const last = await accept(customer, ticket, "三");
  assert.equal((await settled(customer, last)).status, "delivered");
  assert.deepEqual(await sent(customer), ["一", "二", "三"]);
  const errcodes = (await stage.sends(customer)).map((call) => call.errcode);
  assert.deepEqual(errcodes.sort(), [-1, 0, 0, 0, 45011]);
});

test("while one customer's message hangs, another one's in the same shard is delivered", async () => {
  const [slow, other] = [await stage.ticketed("lin"), await stage.ticketed("lin")];
  await stage.fault({ path: customSend, hang: "before_accept" });
  await accept(slow.customer, slow.ticket, "慢一");
  await stage.held(customSend);
  const second = await accept(slow.customer, slow.ticket, "慢二");
  const quick = await settled(other.customer, await accept(other.customer, other.ticket, "快"));
  assert.equal(quick.status, "delivered");
  assert.deepEqual(await sent(slow.customer), []);
  await stage.control("POST", "release", {});
  assert.equal((await settled(slow.customer, second)).status, "delivered");
  assert.deepEqual(await sent(slow.customer), ["慢一", "慢二"]);
});

const refusals: [errcode: number, reason: string, left: number | null][] = [
  [40003, "unreachable", null],
  [45002, "content", 5],
  [48001, "account", 5],
];
for (const [errcode, reason, left] of refusals)
  test(`refused for good with ${errcode}: failed, ${reason}, said on the floor, tried once`, async () => {
    const { customer, ticket } = await stage.ticketed("lin");
    await stage.fault({ path: customSend, errcode });
    const message = await settled(customer, await accept(customer, ticket, "一"));
    assert.deepEqual([message.status, message.reason], ["failed", reason]);
    const { body } = await stage.conversation("lin", customer);
    assert.equal(body.quota?.left ?? null, left);
    await until("the floor's word of trouble", async () => {
      const { body } = await stage.as("lin", "GET", "tickets");
      return body.tickets.find((one: any) => one.id === ticket.id).trouble || undefined;
    });
    assert.equal((await stage.sends(customer)).length, 1);
    if (left === null) {
      const refused = await stage.reply("lin", customer, ticket, "二");
      assert.deepEqual([refused.status, refused.body.code], [409, "reply.window_closed"]);
    }
    if (left === 0) {
      const refused = await stage.reply("lin", customer, ticket, "二");
      assert.deepEqual([refused.status, refused.body.code], [409, "reply.quota_used"]);
    }
    // A word from the customer opens everything again.
    await stage.says(customer, "在吗");
    const again = await settled(customer, await accept(customer, ticket, "二"));
    assert.equal(again.status, "delivered");
  });

test("no answer, a reset and a page of HTML leave it uncertain, and the next line goes on", async () => {
  for (const fault of [{ hang: "after_accept" }, { reset: "after_accept" }, { reset: "before_accept" }, { http_status: 502 }]) {
    const { customer, ticket } = await stage.ticketed("lin");
    await stage.control("DELETE", "faults");
    await stage.fault({ path: customSend, ...fault });
    const seq = await accept(customer, ticket, "一");
    const next = await accept(customer, ticket, "二");
    const message = await settled(customer, seq);
    assert.deepEqual([message.status, message.reason], ["uncertain", "no_answer"], JSON.stringify(fault));
    assert.equal((await settled(customer, next)).status, "delivered");
    const arrived = Object.values(fault).includes("after_accept") ? ["一", "二"] : ["二"];
    assert.deepEqual(await sent(customer), arrived, JSON.stringify(fault));
    assert.equal((await stage.sends(customer)).length, 2);
  }
});

test("five replies to one message, the last of them to close; the sixth is refused; the same client id gives the same answer", async () => {
  const { customer, ticket } = await stage.ticketed("lin");
  const first = await stage.replyOnceLeased("lin", customer, ticket, "1");
  assert.equal(first.body.quota.left, 4);
  // One after another: lines at once would be joined when few are left.
  for (const text of ["2", "3", "4"]) await settled(customer, await accept(customer, ticket, text));
  const last = { client_id: "same", closing: true };
  const twice = await Promise.all([1, 2, 3].map(() => stage.reply("lin", customer, ticket, "5", last)));
  for (const one of twice) assert.deepEqual([one.status, one.body.seq], [202, twice[0]!.body.seq]);
  assert.equal((await settled(customer, twice[0]!.body.seq)).status, "delivered");
  const sixth = await stage.reply("lin", customer, ticket, "6", { closing: true });
  assert.deepEqual([sixth.status, sixth.body.code], [409, "reply.quota_used"]);
  assert.deepEqual(await sent(customer), ["1", "2", "3", "4", "5"]);
});

test("a stale lease and an unseen message are refused", async () => {
  const { customer, ticket } = await stage.ticketed("lin");
  await accept(customer, ticket, "1");
  const stale = await stage.reply("lin", customer, { ...ticket, epoch: 0 }, "2");
  assert.deepEqual([stale.status, stale.body.code, stale.body.epoch], [409, "reply.stale_lease", 1]);
  await stage.says(customer, "还在吗");
  const resolution = { client_id: "r", ticket: ticket.id, epoch: ticket.epoch, last_seen_seq: 1 };
  const refused = await stage.as("lin", "POST", `conversations/main/${customer}/resolution`, resolution);
  assert.deepEqual([refused.status, refused.body.code], [409, "resolution.new_messages"]);
});
