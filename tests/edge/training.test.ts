// What is published is trained by steps; customers then hear answers that they did not ask for word by word.
import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { after, describe, test } from "node:test";
import { encoderDigest, holdsEncoder } from "../../scripts/encoder/files.ts";
import { train } from "../../scripts/training.ts";
import { readWranglerConfig } from "../../scripts/wrangler-config.ts";
import { assetsWith } from "./support/assets.ts";
import { Stage, until } from "./support/stage.ts";

const ended: (() => Promise<void>)[] = [];
after(async () => {
  for (const end of ended) await end();
});

async function stageWith(files: boolean): Promise<Stage> {
  const { directory } = assetsWith(files);
  const stage = await Stage.open({ worker: { config: { ...readWranglerConfig(), assets: { binding: "ASSETS", directory } } } });
  ended.push(async () => {
    await stage.close();
    rmSync(directory, { recursive: true });
  });
  return stage;
}

const target = (stage: Stage) => ({ url: stage.worker.url, token: stage.worker.secrets.OPERATOR_TOKEN! });

/** What a new customer hears first. */
async function heard(stage: Stage, question: string): Promise<string> {
  const customer = await stage.customer();
  await stage.says(customer, question);
  return (await stage.heard(customer)).at(-1) ?? "";
}

describe("training", () => {
  test("without an encoder words are trained, and a second time gives the same model", async () => {
    const stage = await stageWith(false);
    const trained = await train(target(stage));
    assert.deepEqual([trained.encoder, trained.batches, trained.model?.encoder], [null, 0, null]);
    assert.ok(trained.model!.judged >= 200, JSON.stringify(trained.model));
    assert.deepEqual((await train(target(stage))).model, trained.model);
    const step = (body: object) => stage.asOperator("POST", "knowledge/training", body);
    const other = await step({ digest: "0".repeat(64), encoder: null });
    assert.deepEqual([other.status, other.body.code], [409, "knowledge.not_current"]);
    const { digest } = (await stage.asOperator("GET", "knowledge/training")).body;
    const changed = await step({ digest, encoder: "0".repeat(64) });
    assert.deepEqual([changed.status, changed.body.code], [409, "encoder.changed"]);
    const batch = await step({ digest, encoder: null, batch: 0 });
    assert.deepEqual([batch.status, batch.body.code], [409, "encoder.absent"]);
  });

  test("with the encoder, what shares hardly a word with any phrasing is answered", { skip: !holdsEncoder() && "npm run encoder was not run" }, async () => {
    const stage = await stageWith(true);
    // None of the seed's phrasings has these words.
    const question = "机器出了毛病谁来修";
    const before = await heard(stage, question);
    const lines: string[] = [];
    const trained = await train(target(stage), (line) => lines.push(line));
    assert.deepEqual([trained.encoder, trained.model?.encoder], [encoderDigest, encoderDigest]);
    assert.equal(lines.length, trained.batches);
    assert.ok(trained.batches >= 2);
    const after = await until("the model is taken up", async () => {
      const now = await heard(stage, question);
      return now !== before ? now : undefined;
    });
    assert.match(after, /报修/);
    // What has nothing to do with the company is still not answered.
    assert.match(await heard(stage, "量子纠缠能超光速通信吗"), /还没学会/);
  });
});
