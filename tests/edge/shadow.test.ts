// A candidate beside live traffic: scored and not heard, trained before it is published; and what editors put into the
// draft by the table.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import path from "node:path";
import { after, before, describe, test } from "node:test";
import { promisify } from "node:util";
import { root } from "../../scripts/shell.ts";
import { train } from "../../scripts/training.ts";
import { expectStatus, passwordOf, Stage, until, type Answer } from "./support/stage.ts";

const seed = JSON.parse(readFileSync(path.join(root, "kv-seed/knowledge.json"), "utf8"));
const question = "你们卖不卖月球上的房子";
const moon = { id: "moon", question, answer: "月球上的房子不卖。" };

let stage: Stage;
before(async () => {
  stage = await Stage.open();
  const li = { id: "li", login: "li", name: "李静", role: "editor", skill_groups: [], cap: 0, password: passwordOf("li") };
  expectStatus(200, await stage.operator("PUT", "staff", { staff: [li] }));
});
after(() => stage?.close());

const body = (answer: Answer): any => (expectStatus(200, answer), answer.body);
const refused = (answer: Answer): [number, string] => [answer.status, answer.body?.code];
const shadow = async (): Promise<any> => body(await stage.as("li", "GET", "knowledge/shadow"));
const put = async (entry: any): Promise<void> =>
  void body(await stage.as("li", "POST", "knowledge/edits", { edits: [{ kind: "entry", id: entry.id, value: entry }], overwrite: true }));

/** Says this as somebody new, and what they hear. */
async function heard(text: string): Promise<string> {
  const customer = await stage.customer();
  await stage.says(customer, text);
  return (await stage.heard(customer)).at(-1) ?? "";
}

/** Asks until the isolates have taken up the run; each question is somebody's. */
async function scored(text: string, is: (shown: any) => boolean): Promise<any> {
  return until(`${text} is scored`, async () => {
    await heard(text);
    const shown = (await shadow()).shadow;
    return is(shown) ? shown : undefined;
  });
}

describe("a shadow run", () => {
  test("there is none at first, and none of what is published already", async () => {
    assert.deepEqual(await shadow(), { shadow: null });
    assert.deepEqual(refused(await stage.as("li", "POST", "knowledge/shadow", { candidate: "draft" })), [409, "knowledge.nothing_changed"]);
    assert.deepEqual(refused(await stage.as("lin", "GET", "knowledge/shadow")), [403, "session.not_editor"]);
  });

  test("scores what customers ask, says nothing to them, and shows what would change", async () => {
    await put(moon);
    const begun = body(await stage.as("li", "POST", "knowledge/shadow", { candidate: "draft" }));
    assert.deepEqual([begun.running, begun.trained, begun.shadow.by, begun.shadow.candidate, begun.shadow.asked], [true, false, "li", "draft", 0]);
    const other = await stage.as("chen", "POST", "knowledge/shadow", { candidate: "draft" });
    assert.deepEqual([...refused(other), other.body.by], [409, "shadow.running", "li"]);
    const shown = await scored(question, ({ counts }) => counts.gained > 0);
    const example = shown.examples.find((one: any) => one.asked === question);
    assert.deepEqual([example.change, example.after.text, example.after.entry], ["gained", moon.answer, "moon"]);
    assert.notEqual(await heard(question), moon.answer, "the candidate is heard by nobody");
    const { same } = (await shadow()).shadow;
    await scored("保修期多久", (now) => now.same > same);
    const now = (await shadow()).shadow;
    assert.equal(now.asked, now.same + Object.values(now.counts as Record<string, number>).reduce((sum, count) => sum + count, 0));
  });

  test("a redelivery is not counted twice, and a customer who leaves is in no example", async () => {
    const text = "请问你们卖不卖月球上的房子，我电话13800138000";
    const customer = await stage.customer();
    const before = (await shadow()).shadow.asked;
    const { msgid } = await stage.says(customer, text);
    const masked = text.replace("13800138000", "###########");
    const named = (one: any): boolean => one.asked === masked;
    await until("it is scored", async () => (await shadow()).shadow.examples.some(named) || undefined);
    await stage.control("POST", "redeliver", { msgid, times: 3 });
    await scored("保修期多久", (now) => now.asked > before + 1);
    assert.equal((await shadow()).shadow.examples.filter(named).length, 1);
    await stage.control("POST", `customers/${customer}/unfollow`, {});
    await until("it is forgotten", async () => !(await shadow()).shadow.examples.some(named) || undefined);
  });

  test("is trained before it is published, and has its model when it is", async () => {
    const target = { url: stage.worker.url, token: stage.worker.secrets.OPERATOR_TOKEN! };
    const trained = await train(target, () => {}, "shadow");
    assert.ok(trained.model);
    assert.equal((await shadow()).trained, true);
    assert.equal(body(await stage.as("li", "GET", "knowledge/training")).model, null, "what is current is not trained by it");
    body(await stage.asOperator("POST", "knowledge/versions", { note: "月球" }));
    assert.deepEqual(body(await stage.as("li", "GET", "knowledge/training")).model, trained.model);
  });

  test("ends when somebody says so, and its figures stay", async () => {
    const { asked } = (await shadow()).shadow;
    const ended = body(await stage.as("chen", "DELETE", "knowledge/shadow"));
    assert.deepEqual([ended.running, ended.shadow.asked >= asked, ended.shadow.ended_ms > 0], [false, true, true]);
    const { stdout } = await promisify(execFile)(process.execPath, ["scripts/knowledge.ts", "shadow", "--url", stage.worker.url], {
      cwd: root,
      env: { ...process.env, OPERATOR_TOKEN: stage.worker.secrets.OPERATOR_TOKEN },
    });
    assert.match(stdout, /^draft over version 1, .* ended/m);
    assert.match(stdout, /gained\t你们卖不卖月球上的房子/);
  });
});

describe("past questions", () => {
  test("show what a draft would change without anybody typing them", async () => {
    await put({ ...moon, answer: "月球上的房子明年才卖。" });
    await put({ id: "mars", question: "火星上能种菜吗", answer: "不能。" });
    await heard("火星上能种菜吗");
    const report = await until("the question is kept", async () => {
      const answer = body(await stage.as("chen", "POST", "knowledge/differences", { questions_of: "unresolved", days: 7 }));
      return answer.differences.some((one: any) => one.asked === "火星上能种菜吗") ? answer : undefined;
    });
    const gained = report.differences.find((one: any) => one.asked === "火星上能种菜吗");
    assert.deepEqual([gained.change, gained.after.entry], ["gained", "mars"]);
    const both = await stage.as("chen", "POST", "knowledge/differences", { questions_of: "sample", questions: ["在吗"] });
    assert.deepEqual(refused(both), [400, "knowledge.questions"]);
  });
});

describe("a table of an editor", () => {
  const post = async (route: string, csv: string, as = "li"): Promise<any> => {
    const response = await fetch(`${stage.worker.url}/api/knowledge/${route}`, {
      method: "POST",
      headers: { authorization: `Bearer ${await stage.token(as)}` },
      body: new Uint8Array(Buffer.from(csv)),
    });
    return { status: response.status, body: await response.json().catch(() => null) };
  };
  const draft = async (): Promise<any> => body(await stage.as("li", "GET", "knowledge/draft"));

  test("goes into the draft as a whole or not at all", async () => {
    const before = (await draft()).revision;
    const faulty = await post("table/draft", "编号,问题,答案\nvenus,金星热吗,很热\njupiter,,大\n");
    assert.deepEqual([faulty.status, faulty.body.entries, faulty.body.faults[0].code], [200, undefined, "empty"]);
    assert.equal((await draft()).revision, before, "nothing half-imported");
    const good = await post("table/draft", "编号,问题,答案\nvenus,金星热吗,很热\nsaturn,土星有几个环,很多\n");
    assert.deepEqual([good.status, good.body.entries, good.body.changed, good.body.removed], [200, 2, 2, 0]);
    const again = await post("table/draft", "编号,问题,答案\nvenus,金星热吗,很热\nsaturn,土星有几个环,很多\n");
    assert.deepEqual([again.body.changed, again.body.removed], [0, 0], "what is so already is no change");
    const entry = body(await stage.as("li", "GET", "knowledge/entries/venus"));
    assert.deepEqual([entry.row.value.answer, entry.published, entry.row.by.staff], ["很热", null, "li"]);
    const replaced = await post("table/draft?mode=replace", "编号,问题,答案\nvenus,金星热吗,很热\n");
    assert.equal(replaced.body.removed, seed.entries.length + 3, "the seed's, the moon, mars and saturn");
    const { stdout } = await promisify(execFile)(process.execPath, ["scripts/knowledge.ts", "status", "--url", stage.worker.url], {
      cwd: root,
      env: { ...process.env, OPERATOR_TOKEN: stage.worker.secrets.OPERATOR_TOKEN },
    });
    assert.match(stdout, /removed/);
  });

  test("is looked through by editors, and by no one else", async () => {
    const looked = await post("table", "问题,答案\n水星冷吗,不冷\n");
    assert.deepEqual([looked.status, looked.body.entries.length], [200, 1]);
    const errors = await fetch(`${stage.worker.url}/api/knowledge/table/errors`, {
      method: "POST",
      headers: { authorization: `Bearer ${await stage.token("li")}` },
      body: new Uint8Array(Buffer.from("问题,答案\n,不冷\n")),
    });
    assert.match(await errors.text(), /错误/);
    assert.equal((await post("table/draft", "问题,答案\n水星冷吗,不冷\n", "lin")).status, 403);
  });
});
