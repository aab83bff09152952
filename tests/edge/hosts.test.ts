// WeChat's API without an answer: what the second host is asked, what waits, what agents see, and that nothing is sent twice.
import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { customSend, expectStatus, Stage, stableToken, until, type Console } from "./support/stage.ts";

const manners = ["reset", "http_502", "timeout"] as const;
type Down = (typeof manners)[number] | null;

interface Floor {
  stage: Stage;
  customer: string;
  ticket: any;
}

/** A ticket of lin's. As soon as it is open the channel is asked who the customer is: `before` is before any call. */
async function floor(t: TestContext, secondHost = true, before?: (stage: Stage) => Promise<void>): Promise<Floor> {
  const stage = await Stage.open({ secondHost });
  let console: Console | undefined;
  t.after(async () => {
    console?.socket.close();
    await stage.close();
  });
  console = await stage.socket("lin");
  await before?.(stage);
  return { stage, ...(await stage.ticketed("lin")) };
}

async function down(stage: Stage, host: "api" | "api2", how: Down): Promise<void> {
  await stage.control("POST", "faults", { host: { host, down: how } });
}

async function accept({ stage, customer, ticket }: Floor, text: string): Promise<number> {
  const answer = await stage.replyOnceLeased("lin", customer, ticket, text);
  expectStatus(202, answer);
  return answer.body.seq;
}

const settled = ({ stage, customer }: Floor, seq: number): Promise<any> => stage.settled("lin", customer, seq);

async function statuses({ stage, customer }: Floor): Promise<string[]> {
  const { body } = await stage.conversation("lin", customer);
  return body.messages.filter((one: any) => one.author === "agent").map((one: any) => one.status);
}

async function sent({ stage, customer }: Floor): Promise<string[]> {
  return (await stage.phone(customer)).filter((item) => item.via === "custom_send").map((item) => item.text);
}

async function hostsOf(stage: Stage, path: string): Promise<string[]> {
  return (await stage.control("GET", `calls?path=${path}`)).calls.map((call: any) => call.host);
}

async function health(stage: Stage): Promise<any> {
  const answer = await stage.as("lin", "GET", "health/channels");
  expectStatus(200, answer);
  return answer.body.channels.find((one: any) => one.channel === "main");
}

for (const how of manners)
  test(`the first host is down (${how}) before it is asked anything: the token comes from the second, and so does the message`, async (t) => {
    const it = await floor(t, true, (stage) => down(stage, "api", how));
    assert.equal((await settled(it, await accept(it, "一"))).status, "delivered");
    assert.deepEqual(await hostsOf(it.stage, stableToken), ["api", "api2"]);
    assert.deepEqual(await hostsOf(it.stage, customSend), ["api2"]);
    assert.deepEqual(await sent(it), ["一"]);
    assert.deepEqual([(await health(it.stage)).state, (await health(it.stage)).code], ["degraded", "api.second_host"]);
  });

for (const how of manners)
  test(`the first host goes down (${how}) under a send: it stays uncertain and is not repeated, the next ones leave by the second`, async (t) => {
    const it = await floor(t);
    await settled(it, await accept(it, "零"));
    assert.equal((await health(it.stage)).state, "ok");
    await it.stage.says(it.customer, "在吗");
    await down(it.stage, "api", how);
    const first = await settled(it, await accept(it, "一"));
    assert.deepEqual([first.status, first.reason], ["uncertain", "no_answer"]);
    await accept(it, "二");
    assert.equal((await settled(it, await accept(it, "三"))).status, "delivered");
    assert.deepEqual(await sent(it), ["零", "二", "三"]);
    assert.deepEqual(await hostsOf(it.stage, customSend), ["api", "api", "api2", "api2"]);
  });

test("the API is down: messages wait, agents see it, and when it is back all are delivered in order, none twice", async (t) => {
  const it = await floor(t, false);
  await settled(it, await accept(it, "零"));
  await it.stage.says(it.customer, "在吗");
  await down(it.stage, "api", "reset");
  const first = await settled(it, await accept(it, "一"));
  assert.equal(first.status, "uncertain");
  await accept(it, "二");
  const last = await accept(it, "三");
  const seen = await until("word of the outage", async () => {
    const now = await health(it.stage);
    return now.state === "down" ? now : undefined;
  });
  assert.equal(seen.code, "api.no_answer");
  assert.ok(seen.since_ms > 0);
  assert.deepEqual(await statuses(it), ["delivered", "uncertain", "queued", "queued"]);
  const before = (await it.stage.sends(it.customer)).length;
  assert.equal(before, 2, "what waits is not risked on a silent host");
  await down(it.stage, "api", null);
  assert.equal((await settled(it, last)).status, "delivered");
  assert.deepEqual(await sent(it), ["零", "二", "三"]);
  assert.deepEqual(await statuses(it), ["delivered", "uncertain", "delivered", "delivered"]);
  assert.equal((await it.stage.sends(it.customer)).length, 4);
  await until("word that it is over", async () => (await health(it.stage)).state === "ok" || undefined);
  const { body } = await it.stage.asOperator("GET", "channels");
  assert.equal(body.channels[0].health.state, "ok");
});

test("both hosts are down before anything is sent: nothing is uncertain, everything waits and arrives", async (t) => {
  const it = await floor(t, true, async (stage) => {
    await down(stage, "api", "reset");
    await down(stage, "api2", "http_502");
  });
  await accept(it, "一");
  const last = await accept(it, "二");
  await until("word of the outage", async () => (await health(it.stage)).state === "down" || undefined);
  assert.deepEqual(await statuses(it), ["queued", "queued"]);
  assert.deepEqual(await it.stage.sends(it.customer), []);
  await down(it.stage, "api2", null);
  assert.equal((await settled(it, last)).status, "delivered");
  assert.deepEqual(await sent(it), ["一", "二"]);
  assert.equal((await it.stage.sends(it.customer)).length, 2);
});

test("a host that comes back is trusted with a message again after a harmless question", async (t) => {
  const it = await floor(t, false);
  await settled(it, await accept(it, "一"));
  await it.stage.fault({ path: customSend, reset: "before_accept" });
  await accept(it, "二");
  assert.equal((await settled(it, await accept(it, "三"))).status, "delivered");
  assert.deepEqual(await sent(it), ["一", "三"]);
  assert.equal((await hostsOf(it.stage, "/cgi-bin/getcallbackip")).length, 1);
});

for (const how of ["reset", "http_502"] as const)
  test(`a customer's voice is fetched at the second host while the first is down (${how})`, async (t) => {
    const it = await floor(t);
    await down(it.stage, "api", how);
    await it.stage.control("POST", `customers/${it.customer}/voice`, { wait: true });
    await until("the voice kept", async () => {
      const { body } = await it.stage.conversation("lin", it.customer);
      return body.messages.findLast((one: any) => one.author === "customer").media?.state === "kept" || undefined;
    });
    assert.equal((await hostsOf(it.stage, "/cgi-bin/media/get")).at(-1), "api2");
  });
