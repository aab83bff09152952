// The worker is up in the real runtime: it answers, refuses what it does not know, and serves the console's files.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { startWorker, type TestWorker } from "./support/worker.ts";

let worker: TestWorker;
before(async () => void (worker = await startWorker()));
after(() => worker.close());

test("health answers, and says that there is neither knowledge nor a channel yet", async () => {
  const response = await fetch(`${worker.url}/api/health`);
  assert.equal(response.status, 200);
  assert.deepEqual(await response.json(), { ok: false, knowledge_version: null, channels: 0 });
});

test("an unknown route is refused as JSON with a stable code", async () => {
  for (const path of ["/api/nothing", "/api/nothing/at/all"]) {
    const response = await fetch(worker.url + path);
    assert.equal(response.status, 404, path);
    assert.match(response.headers.get("content-type") ?? "", /^application\/json/);
    assert.equal(typeof ((await response.json()) as { code: string }).code, "string");
  }
});
