// One message is decided once: however often, however closely together it is delivered, also over a kill -9.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Stage } from "./support/stage.ts";

const question = "你们的保修期多久";
let stage: Stage;
before(async () => void (stage = await Stage.open()));
after(() => stage?.close());

/** The replies that WeChat was given to this message, one per delivery. */
async function replies(msgid: string): Promise<string[]> {
  const { deliveries } = await stage.control("GET", `deliveries?msgid=${msgid}`);
  assert.deepEqual(deliveries.filter((one: any) => one.result !== "reply"), []);
  return deliveries.map((one: any) => one.reply_text);
}

async function messages(customer: string): Promise<any[]> {
  return (await stage.conversation("chen", customer)).body.messages;
}

test("the same message three times at once, and again after a kill: one answer, one message", async () => {
  const customer = await stage.customer();
  await stage.control("POST", "faults", { delivery: { duplicate: 2 } });
  const { msgid } = await stage.says(customer, question);
  await stage.control("DELETE", "faults");
  const [answer] = await stage.heard(customer);
  assert.match(answer!, /保修/);
  assert.deepEqual(await replies(msgid), [answer, answer, answer]);
  const before = await messages(customer);
  assert.equal(before.length, 1);

  await stage.killAndStartAgain();
  await stage.control("POST", "redeliver", { msgid, times: 3, parallel: true });
  await stage.control("POST", "redeliver", { msgid });
  assert.deepEqual(await replies(msgid), Array.from({ length: 7 }, () => answer));
  assert.deepEqual(await stage.heard(customer), [answer]);
  assert.deepEqual(await messages(customer), before);
});

test("a redelivery gets the stored answer, also when the knowledge would give another one by now", async () => {
  const customer = await stage.customer();
  const { msgid } = await stage.says(customer, "转人工");
  const [answer] = await stage.heard(customer);
  // Meanwhile a person is asked for: a new message of the same words would be answered differently.
  await stage.says(customer, "转人工");
  assert.notEqual((await stage.heard(customer))[1], answer);
  await stage.control("POST", "redeliver", { msgid });
  assert.deepEqual(await replies(msgid), [answer, answer]);
  assert.equal((await messages(customer)).length, 2);
});

test("an event delivered twice is one event", async () => {
  const customer = (await stage.control("POST", "customers", { account: "main", following: false })).openid;
  const { msgid } = await stage.control("POST", `customers/${customer}/follow`, { wait: true });
  await stage.control("POST", "redeliver", { msgid, openid: customer, times: 2, parallel: true });
  assert.equal((await messages(customer)).length, 1);
});
