// The parts of the scripts that decide something: what they read, what they refuse, what they count.
import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import os from "node:os";
import path from "node:path";
import { after, test } from "node:test";
import { withSecretsFrom, type Channel } from "../../scripts/channels.ts";
import { choosePort } from "../../scripts/ports.ts";
import { ensureSecrets, readSecrets } from "../../scripts/secrets.ts";
import { requiredSecrets } from "../../scripts/settings.ts";
import { root } from "../../scripts/shell.ts";
import { countTests } from "../../scripts/test.ts";
import { openState } from "../../scripts/state.ts";
import { startWorkerd } from "../../scripts/workerd.ts";
import { readWranglerConfig } from "../../scripts/wrangler-config.ts";
import { withoutNames } from "../../scripts/wasm-names.ts";

const dir = mkdtempSync(path.join(os.tmpdir(), "shunda-scripts-"));
after(() => rmSync(dir, { recursive: true }));
const channel = (id: string, mode: string): Channel => ({
  id, name: id, path: id, kind: "official_account", appid: `wx${id}`, mode,
});
const channels = [channel("main", "safe"), channel("open", "plaintext")];

test("the bindings are read from wrangler.toml, and what cannot be read is refused by its line", () => {
  const file = path.join(dir, "wrangler.toml");
  const text = `compatibility_date = "2026-06-01" # a day
[[durable_objects.bindings]]
name = "FLOOR"
class_name = "FloorObject"
[[durable_objects.bindings]]
name = "OFFICE"
class_name = "OfficeObject"
[[kv_namespaces]]
binding = "KNOWLEDGE"
[[r2_buckets]]
binding = "MEDIA"
[assets]
binding = "ASSETS"
directory = "console/dist"
run_worker_first = ["/api/*"]
`;
  writeFileSync(file, text);
  assert.deepEqual(readWranglerConfig(file), {
    compatibilityDate: "2026-06-01",
    kvNamespaces: ["KNOWLEDGE"],
    r2Buckets: ["MEDIA"],
    objects: [
      { binding: "FLOOR", className: "FloorObject" },
      { binding: "OFFICE", className: "OfficeObject" },
    ],
    assets: { binding: "ASSETS", directory: "console/dist" },
  });
  writeFileSync(file, `${text}key = '''\nmore\n'''`);
  assert.throws(() => readWranglerConfig(file), /line 16/);
});

test("our own wrangler.toml can be read", () => {
  const config = readWranglerConfig(path.join(root, "wrangler.toml"));
  assert.deepEqual([config.kvNamespaces, config.r2Buckets], [["KNOWLEDGE"], ["MEDIA"]]);
});

test("secrets are made once, in WeChat's shapes, for their owner's eyes only", () => {
  const file = path.join(dir, "secrets.json");
  const first = ensureSecrets(file, channels, ["lin"]);
  assert.deepEqual(Object.keys(first.environment), requiredSecrets);
  assert.match(first.environment.DEPLOYMENT_KEY!, /^[A-Za-z0-9]{43}$/);
  assert.deepEqual(Object.keys(first.channels.open!), ["token", "app_secret"]);
  assert.match(first.channels.main!.token!, /^[A-Za-z0-9]{3,32}$/);
  assert.match(first.channels.main!.aes_key!, /^[A-Za-z0-9]{43}$/);
  assert.equal(statSync(file).mode & 0o777, 0o600);
  const second = ensureSecrets(file, channels, ["lin", "zhou"]);
  assert.deepEqual(second.channels, first.channels);
  assert.deepEqual(second.environment, first.environment);
  assert.equal(second.passwords.lin, first.passwords.lin);
  assert.ok(second.passwords.zhou);
});

test("a broken secrets file is refused without being quoted", () => {
  const file = path.join(dir, "broken.json");
  writeFileSync(file, '{"environment": {"OPERATOR_TOKEN": "geheim" ');
  assert.throws(
    () => readSecrets(file),
    (error: Error) => error.message.includes(file) && !error.message.includes("geheim"),
  );
});

test("a worker without its secrets is not started, and each is named", async () => {
  const started = startWorkerd({ port: 0, stateDir: dir, settings: {}, secrets: { OPERATOR_TOKEN: "x" } });
  await assert.rejects(started, /Missing secrets: DEPLOYMENT_KEY\./);
});

test("a file of channels names its secrets by their variables, and holds none", () => {
  const named = { ...channel("main", "safe"), token: { env: "MAIN_TOKEN" } };
  assert.equal(withSecretsFrom({ MAIN_TOKEN: "geheim" }, named).token, "geheim");
  assert.throws(() => withSecretsFrom({}, named), /main: the environment has no MAIN_TOKEN/);
  const written = { ...named, token: "geheim" };
  assert.throws(
    () => withSecretsFrom({}, written),
    (error: Error) => /token must be/.test(error.message) && !error.message.includes("geheim"),
  );
});

test("a busy usual port gives way, a busy named one is refused", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address() as { port: number };
  assert.notEqual(await choosePort("the worker", port, undefined), port);
  await assert.rejects(choosePort("the worker", 8787, String(port)), /busy/);
  await assert.rejects(choosePort("the worker", 8787, "http"), /no port/);
  await new Promise((resolve) => server.close(resolve));
});

test("a state folder is held by one start at a time, and only one of ours is emptied", () => {
  const state = path.join(dir, "state");
  openState(state, false);
  assert.equal(readFileSync(path.join(state, "start.pid"), "utf8"), String(process.pid));
  writeFileSync(path.join(state, "start.pid"), String(process.ppid));
  assert.throws(() => openState(state, true), new RegExp(`in use by another .*process ${process.ppid}`));
  // Larger than any process number: whoever held it is gone.
  writeFileSync(path.join(state, "start.pid"), "99999999");
  writeFileSync(path.join(state, "secrets.json"), "{}");
  openState(state, true);
  assert.equal(existsSync(path.join(state, "secrets.json")), false);
  const other = path.join(dir, "other");
  mkdirSync(other);
  assert.throws(() => openState(other, true), /not a state folder of ours/);
});

test("the closing lines of both runners are added up", () => {
  const output =
    "test result: ok. 12 passed; 0 failed; 1 ignored\ntest result: FAILED. 3 passed; 2 failed; 0 ignored\nℹ pass 5\nℹ fail 1\nℹ cancelled 1\n";
  assert.deepEqual(countTests(output), { passed: 20, failed: 4 });
});

test("the lock file names no registry and leaves out no system's package", () => {
  const text = readFileSync(path.join(root, "package-lock.json"), "utf8");
  assert.doesNotMatch(text, /"resolved"/);
  const packages = (
    JSON.parse(text) as { packages: Record<string, { dependencies?: object; optionalDependencies?: object }> }
  ).packages;
  // `npm ci` refuses a lock file that lacks one, and a registry may not have had all of them when it was written.
  const wanted = Object.values(packages).flatMap((one) =>
    Object.keys({ ...one.dependencies, ...one.optionalDependencies }),
  );
  const there = new Set(
    Object.keys(packages).map((at) => at.slice(at.lastIndexOf("node_modules/") + "node_modules/".length)),
  );
  assert.deepEqual(
    wanted.filter((name) => !there.has(name)),
    [],
  );
});

test("the names in a Wasm module are left out, and nothing else of it", () => {
  const section = (id: number, ...body: number[]): number[] => [id, body.length, ...body];
  const custom = (name: string, ...body: number[]): number[] => section(0, name.length, ...Buffer.from(name), ...body);
  const head = [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0];
  const [type, producers, data] = [section(1, 0), custom("producers", 0), section(11, 0)];
  const stripped = withoutNames(Uint8Array.from([...head, ...type, ...custom("name", 1, 2, 3), ...producers, ...data]));
  assert.deepEqual([...stripped], [...head, ...type, ...producers, ...data]);
  assert.ok(WebAssembly.validate(Uint8Array.from([...head, ...producers])));
  assert.throws(() => withoutNames(Uint8Array.from([...head, 1, 0x80])));
});
