// kill -9 around an agent's send: what was accepted is sent once, or shown as uncertain; never twice.
// After each restart nobody asks the conversation anything: its alarm alone must finish the work.
import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { after, describe, test } from "node:test";
import { customSend, expectStatus, Stage, stableToken, until } from "./support/stage.ts";

/** Long enough for alarms that would send again: twice the guard behind every drain. */
const quietMs = 10_000;

const stages: Stage[] = [];
after(() => Promise.all(stages.map((stage) => stage.close())));

interface Scene {
  stage: Stage;
  customer: string;
  ticket: any;
}

/** A house of its own, to be killed, with a customer whose ticket is lin's; `fault` from before the ticket is open. */
async function scene(fault?: { path: string; hang: string }): Promise<Scene> {
  const stage = await Stage.open();
  stages.push(stage);
  if (fault) await stage.fault(fault);
  await stage.socket("lin");
  return { stage, ...(await stage.ticketed("lin")) };
}

async function accept({ stage, customer, ticket }: Scene, text: string): Promise<number> {
  const answer = await stage.replyOnceLeased("lin", customer, ticket, text);
  expectStatus(202, answer);
  return answer.body.seq;
}

/** What the phone shows of people; the bot's own words come as passive replies. */
async function sent({ stage, customer }: Scene): Promise<string[]> {
  return (await stage.phone(customer)).filter((item) => item.via === "custom_send").map((item) => item.text);
}

async function accepted({ stage, customer }: Scene): Promise<number> {
  return (await stage.sends(customer)).filter((call) => call.accepted).length;
}

async function trouble({ stage, customer }: Scene): Promise<void> {
  await until("the floor's word of trouble", async () => {
    const { body } = await stage.as("chen", "GET", "tickets");
    return body.tickets.find((one: any) => one.customer === customer)?.trouble || undefined;
  });
}

async function expectUncertain({ stage, customer }: Scene, seq: number): Promise<void> {
  const message = await stage.settled("lin", customer, seq);
  assert.deepEqual([message.status, message.reason], ["uncertain", "interrupted"]);
}

/** Kills the worker and starts it again, with a platform that behaves. */
async function killAndStartAgain({ stage }: Scene): Promise<void> {
  await stage.worker.kill();
  // What it held is let go by the caller's death, not by us.
  await until("the held call ended", async () => (await stage.control("GET", "held")).held.length === 0 || undefined);
  await stage.control("DELETE", "faults");
  await stage.startAgain();
}

// Mostly waiting, so all at once.
describe("kill -9", { concurrency: true }, () => {
  test("before the attempt is durable: exactly once on the phone", async () => {
    // Who the customer is is asked as soon as the ticket is open: the token is wanted before the first reply.
    const at = await scene({ path: stableToken, hang: "before_accept" });
    await accept(at, "一");
    await at.stage.held(stableToken);
    assert.deepEqual(await sent(at), []);
    await killAndStartAgain(at);
    await until("the message on the phone", async () => (await sent(at)).length > 0 || undefined);
    await sleep(quietMs);
    assert.deepEqual(await sent(at), ["一"]);
    assert.equal((await at.stage.sends(at.customer)).length, 1);
  });

  test("after it is durable, before WeChat accepts: none, shown as uncertain; a person may repeat it", async () => {
    const at = await scene();
    await at.stage.fault({ path: customSend, hang: "before_accept" });
    const seq = await accept(at, "二");
    await at.stage.held(customSend);
    await killAndStartAgain(at);
    await trouble(at);
    await expectUncertain(at, seq);
    await sleep(quietMs);
    assert.deepEqual(await sent(at), []);
    assert.equal((await at.stage.sends(at.customer)).length, 1);

    const again = await at.stage.reply("lin", at.customer, at.ticket, "二", { resend_of: seq });
    expectStatus(202, again);
    const message = await at.stage.settled("lin", at.customer, again.body.seq);
    assert.deepEqual([message.status, message.resend_of], ["delivered", seq]);
    assert.deepEqual(await sent(at), ["二"]);
  });

  test("after WeChat accepted, before our record: once, shown as uncertain", async () => {
    const at = await scene();
    await at.stage.fault({ path: customSend, hang: "after_accept" });
    const seq = await accept(at, "三");
    await at.stage.held(customSend);
    await killAndStartAgain(at);
    await trouble(at);
    await sleep(quietMs);
    await expectUncertain(at, seq);
    assert.deepEqual(await sent(at), ["三"]);
    assert.equal(await accepted(at), 1);
    assert.equal((await at.stage.sends(at.customer)).length, 1);
  });

  test("with several replies waiting: the first is uncertain, the others follow in order, each once", async () => {
    const at = await scene();
    await at.stage.fault({ path: customSend, hang: "after_accept" });
    const first = await accept(at, "一");
    await at.stage.held(customSend);
    await accept(at, "二");
    const last = await accept(at, "三");
    await killAndStartAgain(at);
    await until("the last message on the phone", async () => (await sent(at)).includes("三") || undefined);
    assert.equal((await at.stage.settled("lin", at.customer, last)).status, "delivered");
    await expectUncertain(at, first);
    assert.deepEqual(await sent(at), ["一", "二", "三"]);
  });

  test("just after a customer asked for a person: the ticket reaches the floor", async () => {
    const { stage } = await scene();
    const customer = await stage.customer();
    const said = stage.says(customer, "转人工");
    await until("the words on the phone", async () => (await stage.heard(customer)).length > 0 || undefined);
    await stage.worker.kill();
    await stage.startAgain();
    await said;
    await until("the ticket", async () => {
      const { body } = await stage.as("chen", "GET", "tickets");
      return body.tickets.some((one: any) => one.customer === customer) || undefined;
    });
  });
});
