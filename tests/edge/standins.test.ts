// The stand-ins for KV and assets behave, where we rely on it, like what they stand in for.
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { after, before, describe, test } from "node:test";
import { readWranglerConfig } from "../../scripts/wrangler-config.ts";
import { startWorker, type TestWorker } from "./support/worker.ts";

const files = mkdtempSync(path.join(os.tmpdir(), "shunda-assets-"));
const config = {
  ...readWranglerConfig(),
  objects: [{ binding: "COUNTERS", className: "Counter" }],
  assets: { binding: "ASSETS", directory: files },
};
const build = path.join(import.meta.dirname, "support/probe");
let worker: TestWorker;

const kv = async (key: string, method = "GET", body?: string): Promise<unknown> =>
  (
    await fetch(`${worker.url}/?kv=${encodeURIComponent(key)}`, {
      method,
      ...(body === undefined ? {} : { body }),
    })
  ).json();

before(async () => {
  mkdirSync(path.join(files, "assets"));
  writeFileSync(path.join(files, "index.html"), "<title>瞬答</title>");
  writeFileSync(path.join(files, "assets/app.js"), "export {};");
  writeFileSync(
    path.join(files, "_headers"),
    "/*\n  X-Frame-Options: DENY\n\n/assets/*\n  Cache-Control: immutable\n",
  );
  worker = await startWorker({ build, config });
});
after(async () => {
  await worker.close();
  rmSync(files, { recursive: true });
});

describe("KV", () => {
  test("keeps values by key, over a restart too", async () => {
    assert.equal(await kv("knowledge:current"), null);
    await kv("knowledge:current", "PUT", "一");
    await kv("knowledge/..%2F=当前", "PUT", "二");
    await worker.kill();
    worker = await worker.again();
    assert.equal(await kv("knowledge:current"), "一");
    assert.equal(await kv("knowledge/..%2F=当前"), "二");
    await kv("knowledge:current", "DELETE");
    assert.equal(await kv("knowledge:current"), null);
  });

  test("is late when told to be, also about what is not there", async () => {
    await worker.stop();
    worker = await worker.again({ kvStaleSeconds: 3600 });
    assert.equal(await kv("late"), null);
    await kv("late", "PUT", "写了");
    assert.equal(await kv("late"), null);
    await worker.stop();
    worker = await worker.again({ kvStaleSeconds: 0 });
    assert.equal(await kv("late"), "写了");
  });
});

test("an object keeps what it has answered for, also when the process is killed", async () => {
  const call = async (): Promise<unknown> => (await fetch(`${worker.url}/object`)).json();
  assert.equal(await call(), 1);
  await worker.kill();
  worker = await worker.again();
  assert.equal(await call(), 2);
});

describe("assets", () => {
  test("have their content types and an ETag that answers 304", async () => {
    const first = await fetch(`${worker.url}/assets/app.js`);
    assert.equal(first.headers.get("content-type"), "text/javascript; charset=utf-8");
    assert.equal(await first.text(), "export {};");
    const etag = first.headers.get("etag") ?? "";
    const again = await fetch(`${worker.url}/assets/app.js`, { headers: { "if-none-match": etag } });
    assert.equal(again.status, 304);
  });

  test("carry the headers that the rules of _headers give them", async () => {
    const page = await fetch(`${worker.url}/tickets`);
    assert.equal(page.headers.get("x-frame-options"), "DENY");
    assert.equal(page.headers.get("cache-control"), "public, max-age=0, must-revalidate");
    const file = await fetch(`${worker.url}/assets/app.js`);
    assert.equal(file.headers.get("x-frame-options"), "DENY");
    assert.equal(file.headers.get("cache-control"), "immutable");
  });

  test("answer every other address with the application", async () => {
    for (const address of ["/", "/tickets/12", "/assets", "/assets/gone.js", "/..%2Fsecret"]) {
      const response = await fetch(worker.url + address);
      assert.equal(response.status, 200, address);
      assert.equal(response.headers.get("content-type"), "text/html; charset=utf-8", address);
      assert.match(await response.text(), /瞬答/, address);
    }
  });
});
