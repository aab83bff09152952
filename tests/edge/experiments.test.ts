// Two wordings of one answer: each customer always hears the same, what they do about it is counted, a wording that harms is
// stopped by itself, and the better one is adopted into the draft.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import path from "node:path";
import { after, before, describe, test } from "node:test";
import { promisify } from "node:util";
import { root } from "../../scripts/shell.ts";
import { expectStatus, Stage, until, type Answer } from "./support/stage.ts";

const seed = JSON.parse(readFileSync(path.join(root, "kv-seed/knowledge.json"), "utf8"));
const question = "月球上的房子卖吗";
const [own, other] = ["不卖，谢谢关注。", "去问别人。"];
const arms = [{ id: "rude", answer: other, share: 0.5 }];
const document = {
  ...seed,
  entries: [...seed.entries, { id: "moon", question, answer: own }],
  experiments: [{ id: "月球-1", entry: "moon", arms }],
};

let stage: Stage;
before(async () => {
  stage = await Stage.open({ settings: { experiment_s: 2 } });
  expectStatus(200, await stage.operator("PUT", "knowledge", document));
});
after(() => stage?.close());

const body = (answer: Answer): any => (expectStatus(200, answer), answer.body);
const shown = async (): Promise<any> => body(await stage.as("chen", "GET", "insight/experiments")).experiments[0];
const arm = async (name: string): Promise<any> => (await shown()).arms.find((one: any) => one.arm === name);

/** Somebody new asks, and takes against it if it was the other wording. */
async function asks(complains = true): Promise<{ customer: string; words: string }> {
  const customer = await stage.customer();
  await stage.says(customer, question);
  const words = (await stage.heard(customer)).at(-1) ?? "";
  if (words === other && complains) await stage.says(customer, "答非所问");
  return { customer, words };
}

describe("an experiment", () => {
  test("each customer always hears the same wording, and the evidence says which", async () => {
    await until("the document is answered from", async () => [own, other].includes((await asks(false)).words) || undefined);
    const heard = new Set<string>();
    for (let number = 0; number < 12; number += 1) {
      const { customer, words } = await asks(false);
      heard.add(words);
      await stage.says(customer, `请问${question}`);
      assert.equal((await stage.heard(customer)).at(-1), words);
      const { messages } = (await stage.conversation("chen", customer)).body;
      const { tried } = messages[0].answer.evidence;
      assert.match(tried.experiment, /^月球-1@[0-9a-f]{8}$/);
      assert.equal(tried.arm, words === own ? "control" : "rude");
    }
    assert.deepEqual([...heard].sort(), [own, other].sort());
  });

  test("a wording that harms is stopped by itself, says why, and is heard by nobody any more", async () => {
    // Each of them one after the other, as customers come.
    for (let number = 0; number < 100; number += 1) await asks();
    const { stopped, metrics, against, customers } = await until("it is stopped", async () => {
      const rude = await arm("rude");
      return rude.stopped ? rude : undefined;
    });
    assert.deepEqual([stopped.by, stopped.rests_on.verdict], ["guardrail", "worse"]);
    assert.ok(stopped.rests_on.evidence >= stopped.rests_on.needed);
    assert.ok(metrics.thumbs_down.share > 0.5 && metrics.thumbs_down.of === customers, JSON.stringify(metrics));
    assert.equal(against.find((one: any) => one.metric === "thumbs_down").verdict, "worse");
    const control = await arm("control");
    assert.deepEqual([control.metrics.thumbs_down.count, control.stopped, control.against], [0, null, undefined]);
    await until("isolates know", async () => {
      for (let number = 0; number < 6; number += 1) if ((await asks(false)).words === other) return undefined;
      return true;
    });
  });

  test("a person may decide otherwise, and is not overruled", async () => {
    const route = `insight/experiments/${encodeURIComponent("月球-1")}/arms/rude`;
    const refused = await stage.as("lin", "POST", route, { stop: false });
    assert.deepEqual([refused.status, refused.body.code], [403, "session.not_supervisor"]);
    body(await stage.as("chen", "POST", route, { stop: false, note: "再试一天" }));
    assert.equal((await arm("rude")).stopped, null);
    await asks();
    body(await stage.as("chen", "POST", route, { stop: true, note: "够了" }));
    const { stopped } = await arm("rude");
    assert.deepEqual([stopped.by, stopped.note, stopped.why], [{ staff: "chen" }, "够了", null]);
    const unknown = await stage.as("chen", "POST", "insight/experiments/none/arms/rude", { stop: true });
    assert.deepEqual([unknown.status, unknown.body.code], [404, "experiment.unknown"]);
  });

  test("a wording is adopted into the draft, as an edit like any other", async () => {
    const adopted = body(await stage.as("chen", "POST", `insight/experiments/${encodeURIComponent("月球-1")}/adoption`, { arm: "rude" }));
    assert.equal(adopted.changed, 2);
    const draft = body(await stage.as("chen", "GET", "knowledge/draft"));
    const pending = Object.fromEntries(draft.pending.map((one: any) => [one.id, one]));
    assert.deepEqual([pending.moon.after.answer, pending.moon.by.staff], [other, "chen"]);
    assert.deepEqual([pending.frame.before.experiments.length, pending.frame.after.experiments], [1, undefined]);
    const { stdout } = await promisify(execFile)(process.execPath, ["scripts/learn.ts", "experiments", "--url", stage.worker.url], {
      cwd: root,
      env: { ...process.env, OPERATOR_TOKEN: stage.worker.secrets.OPERATOR_TOKEN },
    });
    assert.match(stdout, /^月球-1@[0-9a-f]{8} .*running/m);
    assert.match(stdout, /rude: .* customers.*stopped by chen/);
  });
});
