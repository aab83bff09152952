// Rows written are the bill: an FAQ reply, a redelivery and an agent's reply stay within their budgets, alarms included.
import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { after, before, test } from "node:test";
import { expectStatus, Stage, until } from "./support/stage.ts";

const faqRowsMax = 3;
const replyRowsMax = 8;
/** Nothing written for so long: longer than the alarm behind a drain takes to go off. */
const quietMs = 6_000;

let stage: Stage;
before(async () => {
  // One shard, so that the object's alarm is armed by whoever comes first.
  const settings = { addressing: { mode: "sharded", shards: 1 } };
  stage = await Stage.open({ settings, worker: { environment: { DEBUG_ROWS: "1" } } });
});
after(() => stage?.close());

/** Waits until nothing more is written. */
async function quiet(): Promise<void> {
  for (let before = -1, now = 0; now !== before; ) {
    before = stage.rowsWritten(0).length;
    await sleep(quietMs);
    now = stage.rowsWritten(0).length;
  }
}

async function rowsOf(act: () => Promise<unknown>): Promise<{ area: string; rows: number }[]> {
  await quiet();
  const mark = stage.worker.logged().length;
  await act();
  await quiet();
  return stage.rowsWritten(mark);
}

const sum = (turns: { rows: number }[]): number => turns.reduce((total, turn) => total + turn.rows, 0);

test("an FAQ reply: the ledger, the message, the conversation; and nothing when it is delivered again", async (t) => {
  // The very first message also arms the object's alarm.
  await stage.says(await stage.customer(), "你们的保修期多久");
  const customer = await stage.customer();
  const all = await rowsOf(async () => {
    const { msgid } = await stage.says(customer, "你们的保修期多久");
    await stage.control("POST", "redeliver", { msgid, times: 3 });
    await stage.says(customer, "怎么退货");
  });
  t.diagnostic(`rows: ${JSON.stringify(all)}`);
  // One in twenty answers is told to the insight, behind the turn.
  const turns = all.filter(({ area }) => area !== "insight");
  assert.equal(turns.length, 2, "a turn that writes nothing says nothing");
  for (const turn of turns) assert.equal(turn.rows > 0 && turn.rows <= faqRowsMax, true, JSON.stringify(turn));
});

test("an agent's reply over all objects, with the alarm that guards it; then the alarm sets the next one", async (t) => {
  await stage.socket("lin");
  const { customer, ticket } = await stage.ticketed("lin");
  // The first one also fetches the account's token.
  const first = await stage.replyOnceLeased("lin", customer, ticket, "您好");
  await stage.settled("lin", customer, first.body.seq);
  const turns = await rowsOf(async () => {
    expectStatus(202, await stage.reply("lin", customer, ticket, "请稍等"));
    await until("delivered", async () => (await stage.heard(customer)).includes("请稍等") || undefined);
  });
  t.diagnostic(`rows: ${JSON.stringify(turns)}`);
  const alarm = turns.pop();
  assert.deepEqual(alarm, { area: "conversation", rows: 1 });
  assert.equal(turns.length, 3, "the reply's turn, the floor's, the drain's");
  assert.equal(sum(turns) <= replyRowsMax, true, JSON.stringify(turns));
});
