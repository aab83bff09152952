// An open conversation: pages merge, news is read at a bounded pace, lines come in order.
import assert from "node:assert/strict";
import { test } from "node:test";
import { ApiError } from "../../console/src/api.ts";
import { isWebAddress } from "../../console/src/conversation/address.ts";
import { linesOf } from "../../console/src/conversation/lines.ts";
import { openReader } from "../../console/src/conversation/reader.ts";
import { customerAfter, mergePage, newsAfter, olderAfter, resentSeqs } from "../../console/src/conversation/thread.ts";
import { PAGE_MESSAGES, UNSETTLED_PACE_MS } from "../../console/src/limits.ts";
import type { PendingReply } from "../../console/src/replies/replies.ts";
import type { Message } from "../../console/src/wire.ts";
import { aConversation, aMessage, anApi, key, ledgerApi } from "./support/samples.ts";
import { fakeTime, settle } from "./support/time.ts";

const many = (count: number) => Array.from({ length: count }, (_, place) => aMessage(place + 1));
const seqs = (messages: readonly Message[] | undefined) => messages?.map(({ seq }) => seq);

test("pages merge by seq, the newer reading wins", () => {
  const first = mergePage(null, aConversation([aMessage(3), aMessage(4, { status: "queued" })]), 2);
  const both = mergePage(first, aConversation([aMessage(4, { status: "delivered" }), aMessage(5)]), 3);
  assert.deepEqual(seqs(both.messages), [3, 4, 5]);
  assert.equal(both.messages[1]?.status, "delivered");
  assert.equal(both.after, 2);
  const late = mergePage(both, aConversation([aMessage(3)], 3), 2);
  assert.equal(late.head.last_seq, 5, "an overtaken answer does not take the head back");
});

test("news starts at the first message whose fate is open", () => {
  const thread = mergePage(null, aConversation([aMessage(1), aMessage(2, { status: "attempting" }), aMessage(3)]), 0);
  assert.equal(newsAfter(thread), 1);
  const done = mergePage(thread, aConversation([aMessage(2, { status: "uncertain" }), aMessage(3)]), 1);
  assert.equal(newsAfter(done), 3);
});

test("what was sent again, and what the customer said since", () => {
  assert.deepEqual([...resentSeqs([aMessage(1), aMessage(2, { resend_of: 1 }), { resend_of: null }])], [1]);
  assert.deepEqual(seqs(customerAfter([aMessage(1), aMessage(2), aMessage(3, { author: "agent" }), aMessage(4)], 1)), [2, 4]);
});

test("opens at the last page, reads older on demand until the beginning", async () => {
  const { api, asked } = ledgerApi(many(120));
  const reader = openReader({ api, timers: fakeTime(), key, kept: null, last_seq: 120 });
  await settle();
  const thread = () => reader.store.read().thread ?? assert.fail("not read");
  assert.deepEqual([thread().messages[0]?.seq, thread().messages.length], [71, 50]);
  assert.equal(olderAfter(thread()), 20);
  reader.readOlder();
  await settle();
  reader.readOlder();
  await settle();
  assert.deepEqual(seqs(thread().messages), seqs(many(120)));
  assert.equal(olderAfter(thread()), null);
  assert.deepEqual(asked, [{ after: 70, limit: 50 }, { after: 20, limit: 50 }, { after: 0, limit: 20 }]);
});

test("catches up over several pages", async () => {
  const ledger = many(10);
  const { api } = ledgerApi(ledger);
  const reader = openReader({ api, timers: fakeTime(), key, kept: null, last_seq: 10 });
  await settle();
  ledger.push(...many(10 + 3 * PAGE_MESSAGES).slice(10));
  await reader.refresh();
  assert.equal(reader.store.read().thread?.messages.length, 10 + 3 * PAGE_MESSAGES);
});

test("without a ticket it asks first where the conversation ends", async () => {
  const { api, asked } = ledgerApi(many(70));
  openReader({ api, timers: fakeTime(), key, kept: null, last_seq: null });
  await settle();
  assert.deepEqual(asked, [{ after: 0, limit: 1 }, { after: 20, limit: 50 }]);
});

test("an unsettled reply is read again, ever slower, until it is settled", async () => {
  const time = fakeTime();
  const ledger = [aMessage(1), aMessage(2, { author: "agent", status: "queued" })];
  const { api, asked } = ledgerApi(ledger);
  const reader = openReader({ api, timers: time, key, kept: null, last_seq: 2 });
  const waits: number[] = [];
  await settle();
  for (let round = 0; round < UNSETTLED_PACE_MS.length + 2; round += 1) {
    assert.equal(time.planned().length, 1);
    waits.push(time.planned()[0] ?? 0);
    await time.pass(waits.at(-1) ?? 0);
  }
  assert.deepEqual(waits, [...UNSETTLED_PACE_MS, 60_000, 60_000]);
  assert.deepEqual(asked.at(-1), { after: 1, limit: PAGE_MESSAGES });
  void reader.refresh();
  await settle();
  assert.deepEqual(time.planned(), [1_000], "a sign of news brings the quick pace back");
  Object.assign(ledger[1] ?? {}, { status: "delivered" });
  await time.pass(1_000);
  assert.equal(reader.store.read().thread?.messages[1]?.status, "delivered");
  assert.deepEqual(time.planned(), []);
});

test("signs that come during a read add one round, not one each", async () => {
  const gates: (() => void)[] = [];
  const api = anApi({
    conversation: () => new Promise((resume) => gates.push(() => resume(aConversation([aMessage(1)])))),
  });
  const reader = openReader({ api, timers: fakeTime(), key, kept: null, last_seq: 1 });
  for (let sign = 0; sign < 5; sign += 1) void reader.refresh();
  await settle();
  for (let round = 0; round < 5; round += 1) {
    gates[round]?.();
    await settle();
  }
  assert.equal(gates.length, 2);
});

test("a read that fails is tried again, a refused one is not", async () => {
  const time = fakeTime();
  let status = 503;
  const api = anApi({ conversation: () => Promise.reject(new ApiError(status, "x")) });
  const reader = openReader({ api, timers: time, key, kept: null, last_seq: 1 });
  await settle();
  assert.deepEqual(time.planned(), [1_000]);
  status = 403;
  await time.pass(1_000);
  assert.equal(reader.store.read().error?.status, 403);
  assert.deepEqual(time.planned(), []);
});

test("closed, it reads no more", async () => {
  const time = fakeTime();
  const { api, asked } = ledgerApi([aMessage(1, { author: "agent", status: "queued" })]);
  const reader = openReader({ api, timers: time, key, kept: null, last_seq: 1 });
  await settle();
  reader.close();
  await time.pass(600_000);
  assert.equal(asked.length, 1);
});

test("lines: days, events, answers, and a reply that keeps its place when it arrives", () => {
  const day_ms = 86_400_000;
  const answered = aMessage(1, { answer: { text: "一年", evidence: null } });
  const followed = aMessage(2, { at_ms: 2 * day_ms, content: { kind: "follow" } });
  const request = { client_id: "c1", ticket: "t1", epoch: 1, text: "您好" };
  const pending: PendingReply = { key, request, made_at_ms: 0, state: { kind: "sending" } };
  const before = linesOf([answered, followed], [pending]);
  assert.deepEqual(before.map(({ kind }) => kind), ["day", "message", "answer", "day", "event", "pending"]);
  const arrived = aMessage(3, { at_ms: 2 * day_ms, author: "agent", client_id: "c1" });
  const after = linesOf([answered, followed, arrived], [pending]);
  assert.deepEqual(after.map(({ kind }) => kind), ["day", "message", "answer", "day", "event", "message"]);
  assert.equal(after.at(-1)?.key, before.at(-1)?.key);
});

test("only web addresses become links", () => {
  assert.ok(isWebAddress("https://mmbiz.qpic.cn/a"));
  for (const bad of ["javascript:alert(1)", "data:text/html,x", "//host", "", "file:///etc/passwd"]) assert.ok(!isWebAddress(bad), bad);
});
