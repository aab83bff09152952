// The callback doctor: everything healthy is well, and each fault that the simulator can play is named by one check.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { after, before, test } from "node:test";
import { expectStatus, Stage, testChannel } from "./support/stage.ts";

const notice = { way: "template", template: "TPL_REPLY_WAITING", values: { thing1: "{question}", time2: "{time}" } };
const unverified = testChannel("quiet", { tier: "unverified" });
const kefu = testChannel("kefu", { kind: "kefu", appid: "ww0123456789abcdef", open_kfid: "wkAAAA", mode: undefined, original_id: undefined });

let stage: Stage;
before(async () => {
  stage = await Stage.open({
    secondHost: true, settings: { public_url: "https://shop.example" },
    channels: [testChannel("main", { notice }), unverified, kefu],
  });
});
after(() => stage?.close());

interface Check {
  id: string;
  title: Record<string, string>;
  verdict: string;
  code: string;
  detail: string;
  fix: Record<string, string> | null;
}

async function diagnosed(channel = "main"): Promise<Check[]> {
  const answer = await stage.asOperator("POST", `channels/${channel}/diagnosis`);
  expectStatus(200, answer);
  return answer.body.checks;
}

/** What is not well: `id verdict code`. Each has a fix in both languages. */
async function unwell(channel = "main"): Promise<string[]> {
  const checks = (await diagnosed(channel)).filter((check) => ["warning", "failed"].includes(check.verdict));
  for (const { code, fix } of checks) assert.ok(fix?.["zh-CN"] && fix.en, code);
  return checks.map(({ id, verdict, code }) => `${id} ${verdict} ${code}`);
}

/** A customer says something and WeChat has had its answer, good or bad. */
async function callback(account = "main"): Promise<void> {
  await stage.says(await stage.customer(account), "保修多久");
}

const account = (id: string, faults: object): Promise<any> => stage.control("POST", "faults", { account: { id, ...faults } });

async function healAll(): Promise<void> {
  await stage.control("DELETE", "faults");
  expectStatus(200, await stage.putChannel(testChannel("main", { notice }), stage.channelSecrets.main));
  await callback();
}

test("the doctor finds everything well where everything is", async () => {
  await callback();
  const checks = await diagnosed();
  assert.deepEqual(checks.filter((check) => check.verdict !== "ok"), []);
  assert.deepEqual(checks.map((check) => check.id), [
    "address", "path", "token", "aes_key", "appid", "clock", "api", "ip_list", "app_secret", "tier", "template", "quota", "callback_ips", "callbacks", "storage", "knowledge",
  ]);
  assert.match(checks.find((check) => check.id === "quota")!.detail, /^\d+ \/ \d+$/);
});

const faults: [name: string, switchOn: () => Promise<unknown>, named: string][] = [
  ["the callback host has no address", () => account("main", { callback_check: "dns" }), "address failed address.dns"],
  ["the callback host cannot be reached", () => account("main", { callback_check: "unreachable" }), "address failed address.unreachable"],
  ["another token in WeChat's console", async () => (await account("main", { callback_token: "wrong" }), callback()), "token failed token.differs"],
  ["another AES key in WeChat's console", async () => (await account("main", { callback_key: "wrong" }), callback()), "aes_key failed aes_key.differs"],
  ["plaintext where the channel says safe", async () => {
    for (let n = 0; n < 3; n += 1) await stage.control("POST", "raw-callback", { account: "main", tamper: "downgrade" });
  }, "aes_key failed mode.differs"],
  ["messages for another appid", async () => {
    for (let n = 0; n < 3; n += 1) await stage.control("POST", "raw-callback", { account: "main", tamper: "wrong_appid" });
  }, "appid failed appid.other"],
  ["clocks an hour apart", async () => (await account("main", { skew_s: -3600 }), callback()), "clock failed clock.stale"],
  ["an appid that WeChat does not know", () => account("main", { appid: "unknown" }), "appid failed appid.unknown"],
  ["an address that is not on the list (40164)", () => account("main", { ip_allow_list: ["203.0.113.7"] }), "ip_list failed ip_list.missing"],
  ["a wrong app secret (40125)", () => account("main", { secret: "wrong" }), "app_secret failed app_secret.wrong"],
  ["a frozen app secret (40243)", () => account("main", { secret: "frozen" }), "app_secret failed app_secret.frozen"],
  ["a tier without the right to send (48001)", async () => {
    // A right lost, not the templates: one part only.
    await stage.fault({ path: "/cgi-bin/message/custom/typing", errcode: 48001 });
  }, "tier failed tier.no_right"],
  ["no right to template messages", () => account("main", { template_right: false }), "template failed template.no_right"],
  ["a template that the account does not have", async () => {
    await stage.putChannel(testChannel("main", { notice: { ...notice, template: "TPL_OTHER" } }));
  }, "template failed template.unknown"],
  ["no calls left today", () => account("main", { daily_limits: { "/cgi-bin/message/custom/send": 0 } }), "quota failed quota.used_up"],
  ["WeChat does not tell where it calls from", () => account("main", { callback_ips: "failing" }), "callback_ips warning callback_ips.unknown"],
  ["a paused channel", async () => {
    await stage.putChannel(testChannel("main", { notice, enabled: false }));
  }, "path warning path.paused"],
  ["the first API host is down", () => stage.control("POST", "faults", { host: { host: "api", down: "reset" } }), "api warning api.second_host"],
];
for (const [name, switchOn, named] of faults)
  test(`the doctor names: ${name}`, async () => {
    await healAll();
    assert.deepEqual(await unwell(), []);
    await switchOn();
    assert.deepEqual(await unwell(), [named]);
    await healAll();
    assert.deepEqual((await unwell()).filter((one) => !one.startsWith("api ")), []);
  });

test("the doctor shows the address that WeChat saw, and the skew of a clock", async () => {
  await healAll();
  await account("main", { ip_allow_list: ["203.0.113.7"], skew_s: -3600 });
  await callback();
  const checks = await diagnosed();
  const detail = (id: string): string => checks.find((check) => check.id === id)!.detail;
  assert.match(detail("ip_list"), /^127\.0\.0\.1 errcode 40164$/);
  assert.match(detail("clock"), /^36\d\d s$/);
  await healAll();
});

test("the doctor repeats its questions at the second host, and says when none answers", async () => {
  await healAll();
  for (const host of ["api", "api2"]) await stage.control("POST", "faults", { host: { host, down: "reset" } });
  assert.deepEqual(await unwell(), ["api failed api.no_answer"]);
  await stage.control("POST", "faults", { host: { host: "api2", down: null } });
  assert.deepEqual(await unwell(), ["api warning api.second_host"]);
  const { calls } = await stage.control("GET", "calls?path=/cgi-bin/openapi/quota/get");
  assert.equal(calls.at(-1).host, "api2");
  await healAll();
});

test("an account that may only answer is well when its tier says so", async () => {
  await callback("quiet");
  const checks = await diagnosed("quiet");
  assert.deepEqual(checks.filter((check) => check.id !== "api" && !["ok", "skipped"].includes(check.verdict)), []);
  assert.equal(checks.find((check) => check.id === "tier")!.detail, "unverified");
});

test("the doctor names what is wrong with an account of WeCom", async () => {
  // What callbacks show is said above; a host that was silent a moment ago may still count as that.
  const others = ["token", "aes_key", "api", "callbacks"];
  const parts = async (): Promise<string[]> => (await unwell("kefu")).filter((one) => !others.includes(one.split(" ")[0]!));
  assert.deepEqual(await parts(), []);
  await account("kefu", { ip_allow_list: ["203.0.113.7"] });
  assert.deepEqual(await parts(), ["ip_list failed ip_list.missing"]);
  await stage.control("DELETE", "faults");
  await account("kefu", { secret: "wrong" });
  assert.deepEqual(await parts(), ["app_secret failed app_secret.wrong"]);
  await stage.control("DELETE", "faults");
  await account("kefu", { appid: "unknown" });
  assert.deepEqual(await parts(), ["appid failed appid.unknown"]);
  await stage.control("DELETE", "faults");
  await stage.control("POST", "kefu/kefu", { granted: false });
  assert.deepEqual(await parts(), ["account failed account.not_granted"]);
});

test("the doctor is for supervisors and the operator", async () => {
  const agent = await stage.as("lin", "POST", "channels/main/diagnosis");
  assert.deepEqual([agent.status, agent.body.code], [403, "session.not_supervisor"]);
  const unknown = await stage.asOperator("POST", "channels/nobody/diagnosis");
  assert.deepEqual([unknown.status, unknown.body.code], [404, "channel.unknown"]);
});

test("one command prints the diagnosis in Chinese or English, and fails when a part has failed", async () => {
  await healAll();
  const run = (...more: string[]): Promise<{ status: number; stdout: string }> => new Promise((resolve) => {
    const env = { ...process.env, OPERATOR_TOKEN: stage.worker.secrets.OPERATOR_TOKEN };
    const child = execFile(process.execPath, ["scripts/doctor.ts", "--url", stage.worker.url, "--channel", "main", ...more], { env }, (_, stdout) => resolve({ status: child.exitCode ?? -1, stdout }));
  });
  const well = await run();
  assert.deepEqual([well.status, /AppSecret/.test(well.stdout), /知识库/.test(well.stdout)], [0, true, true]);
  await account("main", { secret: "wrong" });
  const bad = await run("--lang", "en");
  assert.equal(bad.status, 1);
  assert.match(bad.stdout, /✗ App secret.*\n.*Take the new one from WeChat's console/);
  await healAll();
});
