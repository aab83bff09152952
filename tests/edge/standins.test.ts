// The stand-ins for KV, R2 and assets behave, where we rely on it, like what they stand in for.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
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

describe("R2", () => {
  const bucket = async (asked: Record<string, unknown>): Promise<any> =>
    (await fetch(`${worker.url}/bucket`, { method: "POST", body: JSON.stringify(asked) })).json();
  const pancake = "煎饼";
  const md5 = createHash("md5").update(pancake).digest("hex");

  test("keeps an object with what is said about it, over a restart too", async () => {
    const key = "main/..%2F=图.png";
    const options = { httpMetadata: { contentType: "image/png" }, customMetadata: { name: "图.png" } };
    const about = { key, size: 6, etag: md5, type: "image/png", custom: { name: "图.png" } };
    assert.deepEqual(await bucket({ op: "put", key, value: pancake, options }), about);
    await worker.kill();
    worker = await worker.again();
    const { range, ...head } = await bucket({ op: "head", key });
    assert.deepEqual(head, about);
    assert.deepEqual(await bucket({ op: "get", key }), {
      ...about,
      range: { offset: 0, length: 6 },
      text: pancake,
    });
  });

  test("says null of what is not there, and of what was removed", async () => {
    for (const op of ["head", "get"]) assert.equal(await bucket({ op, key: "gone" }), null, op);
    await bucket({ op: "put", key: "soon", value: "1" });
    await bucket({ op: "delete", key: "soon" });
    assert.equal(await bucket({ op: "get", key: "soon" }), null);
    assert.equal(await bucket({ op: "delete", key: "soon" }), null);
  });

  test("replaces an object whole", async () => {
    const options = { customMetadata: { a: "1" } };
    await bucket({ op: "put", key: "twice", value: "the longer one", options });
    await bucket({ op: "put", key: "twice", value: "short" });
    const { text, custom } = await bucket({ op: "get", key: "twice" });
    assert.deepEqual([text, custom], ["short", {}]);
  });

  test("gives a part of an object", async () => {
    await bucket({ op: "put", key: "digits", value: "0123456789" });
    const parts: [Record<string, number>, string, Record<string, number>][] = [
      [{ offset: 2, length: 3 }, "234", { offset: 2, length: 3 }],
      [{ offset: 8 }, "89", { offset: 8, length: 2 }],
      [{ length: 2 }, "01", { offset: 0, length: 2 }],
      [{ suffix: 4 }, "6789", { offset: 6, length: 4 }],
      [{ offset: 8, length: 99 }, "89", { offset: 8, length: 2 }],
    ];
    for (const [asked, expected, range] of parts) {
      const found = await bucket({ op: "get", key: "digits", options: { range: asked } });
      assert.deepEqual([found.text, found.range, found.size], [expected, range, 10]);
    }
    const beyond = await bucket({ op: "get", key: "digits", options: { range: { offset: 10 } } });
    assert.match(beyond.error, /10039/);
  });

  test("lists keys by prefix, page by page", async () => {
    for (const key of ["list/b", "list/a", "list/c", "other"]) await bucket({ op: "put", key, value: key });
    const first = await bucket({ op: "list", options: { prefix: "list/", limit: 2 } });
    assert.deepEqual(first.objects.map(({ key }: { key: string }) => key), ["list/a", "list/b"]);
    assert.equal(first.truncated, true);
    const rest = await bucket({ op: "list", options: { prefix: "list/", cursor: first.cursor } });
    assert.deepEqual(rest.objects.map(({ key }: { key: string }) => key), ["list/c"]);
    assert.equal(rest.truncated, false);
  });

  test("refuses what is damaged, too large or badly named, and stores nothing of it", async () => {
    const wrong = { md5: createHash("md5").update("other").digest("hex") };
    const refused: [Record<string, unknown>, RegExp][] = [
      [{ op: "put", value: pancake, options: wrong }, /10037/],
      [{ op: "put", value: "", options: { customMetadata: { a: "b".repeat(8_192) } } }, /10012/],
      [{ op: "fill", value: 32 * 1024 * 1024 + 1 }, /100100/],
    ];
    for (const [asked, error] of refused)
      assert.match((await bucket({ key: "refused", ...asked })).error, error);
    assert.equal(await bucket({ op: "head", key: "refused" }), null);
    assert.match((await bucket({ op: "put", key: "好".repeat(100), value: "" })).error, /10020/);
    const right = await bucket({ op: "put", key: "right", value: pancake, options: { md5 } });
    assert.equal(right.etag, md5);
  });

  test("refuses what it does not know", async () => {
    const options = { onlyIf: { etagMatches: md5 } };
    assert.match((await bucket({ op: "put", key: "on condition", value: "", options })).error, /10029/);
    assert.match((await bucket({ op: "list", options: { delimiter: "/" } })).error, /10029/);
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
