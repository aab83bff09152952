// The sentence encoder in the real runtime: a deployment without its files works, one with them gives the reference
// engine's vectors, loaded once; files that are not right are refused and named.
import assert from "node:assert/strict";
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { after, describe, test } from "node:test";
import { encoderDigest, holdsEncoder } from "../../scripts/encoder/files.ts";
import { root } from "../../scripts/shell.ts";
import { readWranglerConfig } from "../../scripts/wrangler-config.ts";
import { assetsWith } from "./support/assets.ts";
import { startWorker, type TestWorker } from "./support/worker.ts";

interface Case {
  text: string;
  tokens: number;
  values: string;
}

interface Encoded {
  digest: string;
  vectors: number[][];
}

const read = (name: string): unknown =>
  JSON.parse(readFileSync(path.join(root, "tests/contract/vectors", name), "utf8"));
const { cases } = read("encoder.json") as { cases: Case[] };
const made: (() => Promise<void>)[] = [];
after(async () => {
  for (const end of made) await end();
});

/** A worker whose assets are a page and, with files, an encoder. */
async function workerWith(files: boolean): Promise<{ worker: TestWorker; folder: string }> {
  const { directory, folder } = assetsWith(files);
  const worker = await startWorker({
    config: { ...readWranglerConfig(), assets: { binding: "ASSETS", directory } },
  });
  made.push(async () => {
    await worker.close();
    rmSync(directory, { recursive: true });
  });
  return { worker, folder };
}

function ask(worker: TestWorker, body?: unknown, token = worker.secrets.OPERATOR_TOKEN): Promise<Response> {
  return fetch(`${worker.url}/api/operator/encoder`, {
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    ...(body === undefined ? {} : { method: "POST", body: JSON.stringify(body) }),
  });
}

async function encode(worker: TestWorker, texts: string[]): Promise<Encoded> {
  const response = await ask(worker, { texts });
  assert.equal(response.status, 200, await response.clone().text());
  return (await response.json()) as Encoded;
}

function cosine(a: ArrayLike<number>, b: ArrayLike<number>): number {
  const product = (x: ArrayLike<number>, y: ArrayLike<number>): number =>
    Array.from(x).reduce((sum, value, i) => sum + value * y[i]!, 0);
  return product(a, b) / Math.sqrt(product(a, a) * product(b, b));
}

test("without its files the worker works, says so, and does not look again", async () => {
  const { worker } = await workerWith(false);
  assert.deepEqual(await (await ask(worker)).json(), { state: "unasked" });
  const refused = await ask(worker, { texts: ["你好"] });
  assert.equal(refused.status, 503);
  const { code, encoder } = (await refused.json()) as { code: string; encoder: { state: string; since_ms: number } };
  assert.deepEqual([code, encoder.state], ["encoder.none", "absent"]);
  await ask(worker, { texts: ["你好"] });
  assert.deepEqual(await (await ask(worker)).json(), encoder, "the first look still counts");
  assert.equal((await fetch(`${worker.url}/api/health`)).status, 200);
});

test("only the operator may ask, and not for too much", async () => {
  const { worker } = await workerWith(false);
  assert.equal((await ask(worker, { texts: [] }, "wrong")).status, 401);
  assert.equal((await ask(worker, { texts: Array(65).fill("a") })).status, 422);
  assert.equal((await ask(worker, { texts: ["a"], role: "query" })).status, 400);
});

describe("with its files", { skip: !holdsEncoder() && "npm run encoder has not been run" }, () => {
  test("vectors are the reference engine's, and the encoder is loaded once for all who wait", async () => {
    const { worker } = await workerWith(true);
    const first = await Promise.all([1, 2, 3, 4].map(() => encode(worker, ["你好"])));
    assert.equal(new Set(first.map(({ vectors }) => JSON.stringify(vectors))).size, 1);
    const { digest, vectors } = await encode(worker, cases.map(({ text }) => text));
    assert.equal(digest, encoderDigest);
    for (const [i, { text, values }] of cases.entries()) {
      const expected = new Int16Array(Uint8Array.from(Buffer.from(values, "base64")).buffer);
      const found = cosine(vectors[i]!, expected);
      assert.ok(found >= (text.includes("naïve") ? 0.98 : 0.9995), `${found} for ${text}`);
      const squares = vectors[i]!.reduce((sum, value) => sum + value * value, 0);
      assert.ok(Math.abs(squares - 1) < 1e-5, `${squares} for ${text}`);
    }
    assert.equal(worker.logged().match(/"event":"loaded"/g)?.length, 1);
    const shown = (await (await ask(worker)).json()) as { state: string; digest: string };
    assert.deepEqual([shown.state, shown.digest], ["ready", encoderDigest]);
  });

  test("a damaged part is refused by name", async () => {
    const { worker, folder } = await workerWith(true);
    const name = readdirSync(folder).find((one) => one.endsWith(".bin"))!;
    const bytes = readFileSync(path.join(folder, name));
    bytes[bytes.length - 1]! ^= 1;
    writeFileSync(path.join(folder, name), bytes);
    const refused = await ask(worker, { texts: ["你好"] });
    const { code, encoder } = (await refused.json()) as { code: string; encoder: { state: string; code: string } };
    assert.deepEqual([refused.status, code, encoder.state, encoder.code], [503, "encoder.none", "broken", "encoder.part_digest"]);
  });

  test("a part that is missing is refused by name", async () => {
    const { worker, folder } = await workerWith(true);
    rmSync(path.join(folder, readdirSync(folder).find((one) => one.endsWith(".bin"))!));
    await ask(worker, { texts: ["你好"] });
    const { code } = (await (await ask(worker)).json()) as { code: string };
    assert.equal(code, "encoder.part_missing");
  });
});
