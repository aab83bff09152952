// Knowledge from a draft to what customers hear, and back: by several people, through crashes, two at once.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { readFileSync, watch, writeFileSync } from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { after, before, describe, test } from "node:test";
import { promisify } from "node:util";
import { root } from "../../scripts/shell.ts";
import type { WorkerdOptions } from "../../scripts/workerd.ts";
import { expectStatus, passwordOf, Stage, until, type Answer } from "./support/stage.ts";

const seed = JSON.parse(readFileSync(path.join(root, "kv-seed/knowledge.json"), "utf8"));
const question = "你们卖不卖月球上的房子";
const moon = (answer: string): any => ({ id: "moon", question, answer, category: "test" });

/** With 李 who edits, beside 陈 who is a supervisor, and 林 who serves. */
async function open(worker: Partial<WorkerdOptions> = {}): Promise<Stage> {
  const stage = await Stage.open({ worker });
  const li = { id: "li", login: "li", name: "李静", role: "editor", skill_groups: [], cap: 0, password: passwordOf("li") };
  expectStatus(200, await stage.operator("PUT", "staff", { staff: [li] }));
  return stage;
}

async function asked(stage: Stage): Promise<string | undefined> {
  const customer = await stage.customer();
  await stage.says(customer, question);
  return (await stage.heard(customer)).at(-1);
}

/** Waits until customers hear what they should; resolves with the milliseconds it took. */
async function hears(stage: Stage, what: string, is: (heard: string | undefined) => boolean): Promise<number> {
  const began = Date.now();
  await until(what, async () => {
    if (is(await asked(stage))) return true;
    await sleep(1_000);
    return undefined;
  });
  return Date.now() - began;
}

function expectFault(answer: Answer, status: number, code: string): any {
  assert.deepEqual([answer.status, answer.body?.code], [status, code], JSON.stringify(answer.body));
  return answer.body;
}

const body = (answer: Answer): any => (expectStatus(200, answer), answer.body);
const draft = async (stage: Stage): Promise<any> => body(await stage.asOperator("GET", "knowledge/draft"));

/** Puts an entry over whatever is there. */
async function put(stage: Stage, login: string, entry: any): Promise<void> {
  const edits = [{ kind: "entry", id: entry.id, value: entry }];
  body(await stage.as(login, "POST", "knowledge/edits", { edits, overwrite: true }));
}

/** Puts an entry, submits it as one, approves it as another. */
async function approved(stage: Stage, entry: any): Promise<number> {
  await put(stage, "li", entry);
  const review = body(await stage.as("li", "POST", "knowledge/reviews", { note: "月球" }));
  body(await stage.as("chen", "POST", `knowledge/reviews/${review.id}/decision`, { verdict: "approve" }));
  return review.id;
}

/** Where the stand-in for KV keeps a key. */
const kvFile = (stage: Stage, key: string): string =>
  path.join(stage.worker.stateDir, "kv", encodeURIComponent(key).replaceAll(".", "%2E").replaceAll("%", "="));

const pointer = (stage: Stage): any => JSON.parse(readFileSync(kvFile(stage, "knowledge:current"), "utf8"));

const stages: Stage[] = [];
const kept = (stage: Stage): Stage => (stages.push(stage), stage);
after(() => Promise.all(stages.map((stage) => stage.close())));

describe("the library", () => {
  let stage: Stage;
  before(async () => void (stage = kept(await open({ kvStaleSeconds: 5 }))));

  test("a draft is edited, reviewed, published, answered from, and rolled back, all by the API", async (t) => {
    assert.equal((await draft(stage)).current.version, 1, "what the operator published is the first version");
    const review = await approved(stage, moon("第二版：不卖"));
    const version = body(await stage.as("li", "POST", "knowledge/versions", { review }));
    assert.deepEqual([version.version, version.author.staff, version.reviewer.staff, version.note], [2, "li", "chen", "月球"]);
    assert.equal((await draft(stage)).changes.added, 0);
    t.diagnostic(`answered from the next version after ${await hears(stage, "the new version", (heard) => heard === "第二版：不卖")} ms`);
    assert.equal(body(await stage.as("chen", "POST", "knowledge/versions/1/rollback", { note: "写错了" })).version, 1);
    const waited = await hears(stage, "the old version", (heard) => heard !== "第二版：不卖");
    t.diagnostic(`answered from the old version after ${waited} ms`);
    assert.ok(waited < 40_000);
    const now = await draft(stage);
    assert.deepEqual([now.current.version, now.changes.added], [1, 1], "the draft is compared with the old version");
    assert.equal(now.pending[0].after.answer, "第二版：不卖");
    const { acts } = body(await stage.as("li", "GET", "knowledge/acts"));
    assert.deepEqual([acts[0].by, acts[0].deed], [{ staff: "chen" }, { rolled_back: { from: 2, to: 1, note: "写错了" } }]);
    assert.deepEqual(body(await stage.as("li", "GET", "knowledge/versions/2")).entries.at(-1), { ...moon("第二版：不卖"), variants: [] });
  });

  test("who is slower is told who was faster, and both who may not are told so", async () => {
    const { row } = body(await stage.as("li", "GET", "knowledge/entries/price"));
    const change = (answer: string): any => ({ value: { ...row.value, answer }, revision: row.revision });
    body(await stage.as("chen", "PUT", "knowledge/entries/price", change("陈写的")));
    const late = expectFault(await stage.as("li", "PUT", "knowledge/entries/price", change("李写的")), 409, "knowledge.changed_since");
    assert.deepEqual([late.rows[0].row.id, late.rows[0].by.staff], ["price", "chen"]);
    assert.equal(body(await stage.as("chen", "PUT", "knowledge/entries/price", change("陈写的"))).changed, 0, "said again");
    const pending = (await draft(stage)).pending.find((one: any) => one.id === "price");
    assert.deepEqual([pending.before.answer, pending.after.answer, pending.by.staff], [row.value.answer, "陈写的", "chen"]);
    body(await stage.as("li", "POST", "knowledge/reverts", { rows: [{ kind: "entry", id: "price", revision: pending.revision }] }));
    assert.equal(body(await stage.as("li", "GET", "knowledge/entries/price")).row.value.answer, row.value.answer);
    expectFault(await stage.as("lin", "GET", "knowledge/draft"), 403, "session.not_editor");
    assert.equal((await fetch(`${stage.worker.url}/api/knowledge/draft`)).status, 401);
    expectFault(await stage.as("li", "POST", "knowledge/draft", {}), 405, "http.method");
    expectFault(await stage.as("li", "GET", "knowledge/nothing"), 404, "http.not_found");
  });

  test("nobody approves their own, and nobody publishes what nobody approved", async () => {
    await put(stage, "li", moon("四只眼睛"));
    expectFault(await stage.as("li", "POST", "knowledge/versions", { note: "我自己" }), 403, "knowledge.not_approved");
    const review = body(await stage.as("li", "POST", "knowledge/reviews", { note: "看看" }));
    expectFault(await stage.as("li", "POST", `knowledge/reviews/${review.id}/decision`, { verdict: "approve" }), 403, "knowledge.own_review");
    expectFault(await stage.as("li", "POST", "knowledge/versions", { review: review.id }), 403, "knowledge.not_approved");
    const { changes } = body(await stage.as("chen", "GET", `knowledge/reviews/${review.id}`));
    assert.deepEqual(changes.map((one: any) => [one.id, one.change]), [["moon", "added"]]);
    const returned = { verdict: "return", comment: "再想想" };
    assert.equal(body(await stage.as("chen", "POST", `knowledge/reviews/${review.id}/decision`, returned)).state, "returned");
    expectFault(await stage.as("li", "POST", "knowledge/versions", { review: review.id }), 409, "knowledge.review_over");
  });

  test("faults come back with the row that they belong to, and nothing is published", async () => {
    const before = (await draft(stage)).current.version;
    await put(stage, "li", moon(" "));
    const refused = expectFault(await stage.asOperator("POST", "knowledge/versions", { note: "坏" }), 422, "knowledge.invalid");
    assert.deepEqual(refused.faults.map((fault: any) => [fault.row, fault.path, fault.code]), [[{ kind: "entry", id: "moon" }, "answer", "empty"]]);
    const shapeless = { value: { id: "moon" }, revision: 0 };
    assert.deepEqual(expectFault(await stage.as("li", "PUT", "knowledge/entries/moon", shapeless), 422, "knowledge.row").row, { kind: "entry", id: "moon" });
    assert.equal((await draft(stage)).current.version, before);
    const { rows } = body(await stage.as("li", "GET", `knowledge/products?query=${encodeURIComponent("漏水")}`));
    assert.ok(rows.length > 0);
    const product = `knowledge/products/${encodeURIComponent(rows[0].id)}`;
    body(await stage.as("li", "PUT", product, { value: { ...rows[0].value, aliases: ["神机"] }, revision: rows[0].revision }));
    assert.deepEqual(body(await stage.as("li", "GET", product)).row.value.aliases, ["神机"]);
  });

  test("the report says which questions would get another answer", async () => {
    await put(stage, "li", moon("不卖月球"));
    const asking = { questions: [question, "破壁机 P10 多少钱", "转人工"] };
    const report = body(await stage.as("li", "POST", "knowledge/differences", asking));
    assert.deepEqual([report.asked, report.same, report.counts], [3, 2, { gained: 1 }]);
    const [gained] = report.differences;
    assert.deepEqual([gained.asked, gained.after.kind, gained.after.entry, gained.after.text], [question, "answer", "moon", "不卖月球"]);
    const versions = body(await stage.as("li", "POST", "knowledge/differences", { ...asking, candidate: { version: 2 }, base: 1 }));
    assert.equal(versions.differences[0].after.text, "第二版：不卖");
    expectFault(await stage.as("li", "POST", "knowledge/differences", { questions: [] }), 400, "knowledge.questions");
  });

  test("of several who publish at once, the numbers differ and the pointer is where the office says", async () => {
    await put(stage, "li", moon("同时"));
    const whole = (answer: string): any => ({ ...seed, entries: [...seed.entries, moon(answer)] });
    const answers = await Promise.all([
      stage.asOperator("POST", "knowledge/versions", { note: "草稿" }),
      stage.operator("PUT", "knowledge", whole("整个一")),
      stage.operator("PUT", "knowledge", whole("整个二")),
    ]);
    const codes = answers.map((answer) => (answer.status === 200 ? "" : answer.body.code));
    assert.ok(codes.includes(""), codes.join());
    const refusals = ["knowledge.publishing", "knowledge.superseded", "knowledge.nothing_changed"];
    assert.ok(codes.every((code) => code === "" || refusals.includes(code)), codes.join());
    const numbers = answers.filter((answer) => answer.status === 200).map((answer) => answer.body.version);
    assert.equal(new Set(numbers).size, numbers.length);
    const { current } = await draft(stage);
    assert.deepEqual([pointer(stage).version, pointer(stage).digest], [current.version, current.pointer.digest]);
  });

  test("the command line does the same", async () => {
    const env = { ...process.env, OPERATOR_TOKEN: stage.worker.secrets.OPERATOR_TOKEN };
    const knowledge = async (...args: string[]): Promise<string> => {
      const told = await promisify(execFile)(process.execPath, [path.join(root, "scripts/knowledge.ts"), ...args, "--url", stage.worker.url], { env });
      return told.stdout;
    };
    const before = (await draft(stage)).current.version;
    await put(stage, "li", moon("命令行"));
    assert.match(await knowledge("status"), new RegExp(`^version ${before} .*^the draft: .*1 (added|changed)`, "ms"));
    assert.match(await knowledge("changes"), /[+~] entry moon\tli/);
    const file = path.join(stage.worker.stateDir, "questions.txt");
    writeFileSync(file, `${question}\n转人工\n`);
    assert.match(await knowledge("diff", "--questions", file), /2 questions: 1 (gained|reworded)/);
    assert.match(await knowledge("publish", "--note", "由命令行"), /Version \d+ is current/);
    assert.match(await knowledge("versions"), /由命令行/);
    assert.match(await knowledge("rollback", String(before), "--note", "退"), new RegExp(`Version ${before} is current`));
    await assert.rejects(knowledge("rollback", "99", "--note", "退"), /knowledge.unknown/);
    await assert.rejects(knowledge("publish"), /Say what for/);
  });
});

test("killed between parts and pointer, the old version answers, and saying it again publishes", async () => {
  const stage = kept(await open());
  // Several parts, so that the first one shows when more are to come.
  const variants = (id: number): string[] => Array.from({ length: 60 }, (_, at) => `${`填充 ${id} ${at} `.repeat(20)}`.slice(0, 130));
  const filling = Array.from({ length: 1_000 }, (_, id) => ({ id: `f${id}`, question: `填充 ${id}`, variants: variants(id), answer: `填充 ${id}` }));
  const large = { ...seed, entries: [...seed.entries, ...filling, moon("大版本")] };
  const parts = Math.ceil(Buffer.byteLength(JSON.stringify(large)) / (8 * 1024 * 1024));
  assert.ok(parts > 1);
  const before = pointer(stage);
  const killed = new Promise<void>((resolve, reject) => {
    const watcher = watch(path.join(stage.worker.stateDir, "kv"), (_, name) => {
      if (!name?.includes("part")) return;
      watcher.close();
      stage.worker.kill().then(resolve, reject);
    });
  });
  const lost = stage.operator("PUT", "knowledge", large).catch((error: unknown) => error);
  await killed;
  assert.ok((await lost) instanceof Error, "nobody was answered");
  assert.deepEqual(pointer(stage), before);
  await stage.startAgain();
  assert.notEqual(await asked(stage), "大版本");
  const { current, publication } = await draft(stage);
  assert.deepEqual([current.version, publication.version], [1, 2]);
  const again = body(await stage.operator("PUT", "knowledge", large));
  assert.deepEqual([again.version, again.entries], [3, large.entries.length]);
  await hears(stage, "the large version", (heard) => heard === "大版本");
  assert.equal(pointer(stage).digest, again.digest);
  const { versions } = body(await stage.asOperator("GET", "knowledge/versions"));
  assert.deepEqual(versions.map((one: any) => one.version), [3, 1]);
});

test("what was published before there was a library becomes its first version", async () => {
  const stage = kept(await Stage.open({ bare: true }));
  const bytes = JSON.stringify(seed);
  const digest = createHash("sha256").update(bytes).digest("hex");
  const key = `knowledge:part:${digest}`;
  writeFileSync(kvFile(stage, key), bytes);
  const old = { version: 7, digest, parts: [{ key, bytes: Buffer.byteLength(bytes) }], previous: null };
  writeFileSync(kvFile(stage, "knowledge:current"), JSON.stringify(old));
  const found = await draft(stage);
  assert.deepEqual([found.current.version, found.current.counts.entries, found.pending], [7, seed.entries.length, []]);
  const edits = [{ kind: "entry", id: "moon", value: moon("八"), revision: 0 }];
  body(await stage.asOperator("POST", "knowledge/edits", { edits }));
  assert.equal(body(await stage.asOperator("POST", "knowledge/versions", { note: "八" })).version, 8);
  assert.equal(await asked(stage), "八");
});
