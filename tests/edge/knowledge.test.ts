// Published knowledge reaches the running worker in time, also through a late KV, and never breaks it.
import assert from "node:assert/strict";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { after, describe, test } from "node:test";
import { root } from "../../scripts/shell.ts";
import type { WorkerdOptions } from "../../scripts/workerd.ts";
import { expectStatus, passwordOf, Stage, until } from "./support/stage.ts";

/** How late KV is, where it is. */
const kvStaleSeconds = 5;

const seed = JSON.parse(readFileSync(path.join(root, "kv-seed/knowledge.json"), "utf8"));
const question = "你们卖不卖月球上的房子";
const document = (answer: string): any => ({
  ...seed,
  entries: [...seed.entries, { id: "moon", question, answer, category: "test" }],
});

async function publish(stage: Stage, answer: string): Promise<any> {
  const published = await stage.operator("PUT", "knowledge", document(answer));
  expectStatus(200, published);
  return published.body;
}

async function asked(stage: Stage): Promise<string | undefined> {
  const customer = await stage.customer();
  await stage.says(customer, question);
  return (await stage.heard(customer)).at(-1);
}

/** Waits until this is the answer. */
async function answers(stage: Stage, expected: string): Promise<void> {
  await until(expected, async () => {
    await sleep(500);
    return (await asked(stage)) === expected || undefined;
  });
}

/** The files of every bundle part that KV holds. */
function parts(stage: Stage): string[] {
  const folder = path.join(stage.worker.stateDir, "kv");
  const isPart = (file: string): boolean => decodeURIComponent(file.replaceAll("=", "%")).startsWith("knowledge:part:");
  return readdirSync(folder).filter(isPart).map((file) => path.join(folder, file));
}

const stages: Stage[] = [];
async function bare(worker: Partial<WorkerdOptions> = {}): Promise<Stage> {
  const stage = await Stage.open({ bare: true, worker });
  stages.push(stage);
  return stage;
}
after(() => Promise.all(stages.map((stage) => stage.close())));

// Mostly waiting, so all at once.
describe("published knowledge", { concurrency: true }, () => {
  test("nothing published: a person is asked for, in the callback itself", async () => {
    const stage = await bare();
    const lin = { id: "lin", login: "lin", name: "林", role: "agent", skill_groups: ["sales"], cap: 5, password: passwordOf("lin") };
    expectStatus(200, await stage.operator("PUT", "staff", { staff: [lin] }));
    const customer = await stage.customer();
    assert.equal((await stage.says(customer, question)).outcome, "reply");
    await stage.socket("lin");
    const ticket = await stage.ticket("lin", customer);
    assert.deepEqual([ticket.skill_group, ticket.question], ["", question]);
    const answer = await stage.replyOnceLeased("lin", customer, ticket, "您好");
    assert.equal((await stage.settled("lin", customer, answer.body.seq)).status, "delivered");
  });

  test("the first publication and the next one are answered from in time, without a restart", async (t) => {
    const stage = await bare();
    await asked(stage);
    await publish(stage, "第一版");
    // A worker without knowledge looks at every question; one with it, when half a minute has passed.
    assert.equal(await asked(stage), "第一版");
    await publish(stage, "第二版");
    const publishedAt = Date.now();
    await answers(stage, "第二版");
    t.diagnostic(`answered from the next version after ${((Date.now() - publishedAt) / 1_000).toFixed(1)} s`);
    const health = await fetch(`${stage.worker.url}/api/health`);
    assert.deepEqual(await health.json(), { ok: true, knowledge_version: 2, channels: 1 });
  });

  test("a late KV, which also remembers what was not there, delays both and stops neither", async () => {
    const stage = await bare({ kvStaleSeconds });
    await asked(stage);
    await publish(stage, "第一版");
    await answers(stage, "第一版");
    await sleep(kvStaleSeconds * 1_000);
    await publish(stage, "第二版");
    await answers(stage, "第二版");
  });

  test("a damaged part changes nothing; a cold start takes the version before; the next one is taken again", async () => {
    const stage = await bare();
    await publish(stage, "第一版");
    assert.equal(await asked(stage), "第一版");
    const before = new Set(parts(stage));
    await publish(stage, "第二版");
    const fresh = parts(stage).filter((part) => !before.has(part));
    assert.notDeepEqual(fresh, []);
    for (const part of fresh) writeFileSync(part, "damaged");
    await until("the worker to look", async () => {
      await sleep(500);
      assert.equal(await asked(stage), "第一版");
      return stage.worker.logged().includes("knowledge.part") || undefined;
    });
    assert.equal(await asked(stage), "第一版");
    await stage.killAndStartAgain();
    assert.equal(await asked(stage), "第一版");
    await publish(stage, "第三版");
    await stage.killAndStartAgain();
    assert.equal(await asked(stage), "第三版");
  });

  test("a document with faults is refused as a whole, each fault named, and changes nothing", async () => {
    const stage = await bare();
    await publish(stage, "第一版");
    const refused = await stage.operator("PUT", "knowledge", { ...document("坏"), default_skill_group: "nobody", misses_before_handoff: 0 });
    assert.deepEqual([refused.status, refused.body.code], [422, "knowledge.invalid"]);
    assert.deepEqual(refused.body.faults.map((fault: any) => fault.path), ["misses_before_handoff", "default_skill_group"]);
    const shapeless = await stage.operator("PUT", "knowledge", { company: "x" });
    assert.deepEqual([shapeless.status, shapeless.body.code], [422, "knowledge.invalid"]);
    assert.equal(await asked(stage), "第一版");
  });
});
