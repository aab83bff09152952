// Channels are added, edited, rotated, paused while the worker runs; their secrets are readable nowhere.
import assert from "node:assert/strict";
import { readdirSync, readFileSync, statSync } from "node:fs";
import path from "node:path";
import { after, before, test } from "node:test";
import { randomSecret } from "../../scripts/secrets.ts";
import { expectStatus, passwordOf, Stage, testChannel, until, type Answer } from "./support/stage.ts";

const main = testChannel("main");
const shop = testChannel("shop", { mode: "compat" });
const second = testChannel("second", { floor: "two" });
const mini = testChannel("mini", { kind: "mini_program" });

let stage: Stage;
before(async () => void (stage = await Stage.open({ channels: [main], later: [shop, second, mini] })));
after(() => stage?.close());

function expectFault(answer: { status: number; body: any }, status: number, code: string): void {
  assert.deepEqual([answer.status, answer.body?.code], [status, code]);
}

/** A correct callback of this account, and what the worker says to it. */
async function callback(account: string, more: object = {}): Promise<{ status: number; body: any }> {
  const answer = await stage.control("POST", "raw-callback", { account, ...more });
  const isJson = answer.headers["content-type"]?.startsWith("application/json");
  return { status: answer.status, body: isJson ? JSON.parse(answer.body) : undefined };
}

const put = (channel: typeof main, more: object = {}): Promise<Answer> =>
  stage.putChannel({ ...channel, ...more }, "token" in more ? {} : stage.channelSecrets[channel.id]);

const edit = ({ id, ...settings }: typeof main, more: object = {}): Promise<Answer> =>
  stage.asOperator("PUT", `channels/${id}`, { ...settings, ...more });

async function shown(id: string): Promise<any> {
  return (await stage.asOperator("GET", "channels")).body.channels.find((channel: any) => channel.id === id);
}

test("a channel is added while the worker runs, and answers at once", async () => {
  expectFault(await callback("shop"), 404, "wechat.unknown_account");
  expectStatus(200, await put(shop));
  const customer = await stage.customer("shop");
  await stage.says(customer, "你们的保修期多久");
  assert.match((await stage.heard(customer)).join(), /保修/);
  assert.equal((await stage.control("POST", "verify-url", { account: "shop" })).verified, true);
  const { body } = await stage.conversation("chen", customer, "shop");
  assert.equal(body.last_seq > 0, true);
  assert.equal((await (await fetch(`${stage.worker.url}/api/health`)).json() as any).channels, 2);
});

test("a new token and AES key work at once, the old ones until they are forgotten", async () => {
  const before = stage.channelSecrets.main!;
  const next = { token: randomSecret("token"), aes_key: randomSecret("aes_key") };
  expectStatus(200, await edit(main, next));
  // WeChat's console has not been told yet.
  assert.equal((await callback("main")).status, 200);
  await stage.control("PATCH", "accounts/main", { token: next.token, encoding_aes_key: next.aes_key });
  const customer = await stage.customer();
  await stage.says(customer, "你们的保修期多久");
  assert.match((await stage.heard(customer)).join(), /保修/, "the reply opens with the new key");
  assert.deepEqual((({ set, previous }) => [set, previous])((await shown("main")).secrets.aes_key), [true, true]);
  expectStatus(200, await edit(main, { forget_previous: true }));
  await stage.control("PATCH", "accounts/main", { token: before.token, encoding_aes_key: before.aes_key });
  expectFault(await callback("main"), 403, "wechat.signature");
  await stage.control("PATCH", "accounts/main", { token: next.token, encoding_aes_key: next.aes_key });
  assert.equal((await callback("main")).status, 200);
  stage.channelSecrets.main = { ...before, ...next };
});

test("faults are told together, by place and code, and nothing changes", async () => {
  const answer = await edit(main, { appid: "wxother", kept_back: 9, path: "shop", token: "no token" });
  expectFault(answer, 422, "channel.invalid");
  assert.deepEqual(answer.body.faults, [
    { at: "kept_back", code: "channel.shape" },
    { at: "token", code: "channel.shape" },
    { at: "path", code: "channel.taken" },
    { at: "appid", code: "channel.fixed" },
  ]);
  assert.equal(JSON.stringify(answer.body).includes("no token"), false);
  assert.equal((await shown("main")).settings.path, "main");
});

test("the operator and supervisors see and put channels; nobody else, and no foreign page", async () => {
  expectStatus(200, await stage.as("chen", "GET", "channels"));
  const { id: _, ...settings } = main;
  expectStatus(200, await stage.as("chen", "PUT", "channels/main", settings));
  expectFault(await stage.as("lin", "GET", "channels"), 403, "session.not_supervisor");
  expectFault(await stage.as("lin", "PUT", "channels/main", settings), 403, "session.not_supervisor");
  const url = `${stage.worker.url}/api/channels`;
  assert.equal((await fetch(url)).status, 401);
  const json = { "content-type": "application/json" };
  const signIn = await fetch(`${stage.worker.url}/api/session`, {
    method: "POST", headers: { ...json, origin: stage.worker.url }, body: JSON.stringify({ login: "chen", password: passwordOf("chen") }),
  });
  const cookie = signIn.headers.get("set-cookie")!.split(";")[0]!;
  const write = (origin: string): Promise<Response> =>
    fetch(`${url}/main`, { method: "PUT", headers: { ...json, cookie, origin }, body: JSON.stringify(settings) });
  assert.equal((await write("https://evil.example")).status, 403);
  assert.equal((await write(stage.worker.url)).status, 200);
});

test("no route, no log and no file shows a secret", async () => {
  const answers = [await put(shop), await stage.asOperator("GET", "channels"), await stage.as("chen", "GET", "channels")];
  const seen = [...answers.map((answer) => JSON.stringify(answer.body)), stage.worker.logged(), ...filesIn(stage.worker.stateDir)];
  assert.equal(seen.some((text) => text.includes("gh_shop")), true, "the settings are there to be found");
  const secrets = Object.values(stage.channelSecrets).flatMap((one) => Object.values(one));
  for (const secret of [...secrets, stage.worker.secrets.DEPLOYMENT_KEY!])
    assert.equal(seen.some((text) => text.includes(secret)), false);
});

function filesIn(dir: string): string[] {
  return readdirSync(dir, { recursive: true })
    .map((name) => path.join(dir, String(name)))
    .filter((file) => statSync(file).isFile() && !file.endsWith(".wasm"))
    .map((file) => readFileSync(file, "latin1"));
}

test("a paused channel hears nothing, and what it owes waits until it goes on", async () => {
  const { socket } = await stage.socket("lin");
  const { customer, ticket } = await stage.ticketed("lin");
  expectStatus(202, await stage.replyOnceLeased("lin", customer, ticket, "第一句"));
  await until("the first one delivered", async () => (await stage.heard(customer)).includes("第一句") || undefined);
  expectStatus(200, await edit(main, { enabled: false }));
  expectFault(await callback("main"), 404, "wechat.unknown_account");
  const mark = stage.worker.logged().length;
  const answer = await stage.reply("lin", customer, ticket, "第二句");
  expectStatus(202, answer);
  await until("it waits", async () => stage.worker.logged().slice(mark).includes("channel.paused") || undefined);
  assert.equal((await stage.heard(customer)).includes("第二句"), false);
  expectStatus(200, await edit(main, { enabled: true }));
  assert.equal((await stage.settled("lin", customer, answer.body.seq)).status, "delivered");
  socket.close();
});

test("each floor has its own tickets, people and conversations", async () => {
  expectStatus(200, await put(second));
  const two = { id: "wang", login: "wang", name: "王芳", role: "agent", skill_groups: ["sales", "after_sales"], cap: 5, floor: "two" };
  expectStatus(200, await stage.operator("PUT", "staff", { staff: [{ ...two, password: passwordOf("wang") }] }));
  const [here, there] = [await stage.socket("lin"), await stage.socket("wang")];
  await there.frame("hello", (frame) => frame.type === "hello");
  const customer = await stage.customer("second");
  await stage.says(customer, "转人工");
  const ticket = await stage.ticket("wang", customer);
  assert.deepEqual([ticket.channel, ticket.agent], ["second", "wang"]);
  const reply = await until("the lease", async () => {
    const body = { client_id: "r1", ticket: ticket.id, epoch: ticket.epoch, text: "二号台为您服务" };
    const answer = await stage.as("wang", "POST", `conversations/second/${customer}/replies`, body);
    return answer.body.code === "reply.lease_pending" ? undefined : answer;
  });
  expectStatus(202, reply);
  await until("the reply", async () => (await stage.heard(customer)).includes("二号台为您服务") || undefined);
  const { body } = await stage.as("chen", "GET", "tickets");
  assert.equal(body.tickets.some((one: any) => one.customer === customer), false);
  expectFault(await stage.conversation("chen", customer, "second"), 403, "conversation.not_entitled");
  // Who moves, or has no floor to stand on, is told.
  expectStatus(200, await stage.operator("PUT", "staff", { staff: [{ ...two, floor: "nowhere" }] }));
  await until("the socket closed", async () => there.closed);
  expectFault(await stage.as("wang", "GET", "tickets"), 409, "floor.unknown");
  here.socket.close();
});

test("with another deployment key a channel is unavailable until its secrets are put anew", async () => {
  const right = stage.worker.secrets;
  await stage.worker.kill();
  await stage.startAgain({ secrets: { ...right, DEPLOYMENT_KEY: randomSecret("DEPLOYMENT_KEY") } });
  expectFault(await callback("shop"), 503, "channel.sealed");
  assert.equal((await shown("shop")).state, "sealed");
  const kept = await edit(main);
  expectFault(kept, 422, "channel.invalid");
  assert.deepEqual(kept.body.faults.map((fault: any) => fault.code), ["channel.sealed", "channel.sealed", "channel.sealed"]);
  expectStatus(200, await put(main));
  assert.equal((await callback("main")).status, 200, "the others go on");
  // The key before opens what it sealed.
  const changed = stage.worker.secrets.DEPLOYMENT_KEY!;
  await stage.worker.kill();
  await stage.startAgain({ secrets: { ...right, DEPLOYMENT_KEY: changed, DEPLOYMENT_KEY_PREVIOUS: right.DEPLOYMENT_KEY! } });
  assert.equal((await callback("shop")).status, 200);
  assert.equal((await callback("main")).status, 200);
});

test("a mini program stands beside an official account", async () => {
  expectStatus(200, await put(mini));
  assert.equal((await stage.control("POST", "verify-url", { account: "mini" })).verified, true);
  assert.deepEqual((({ settings, state }) => [settings.kind, settings.tier, state])(await shown("mini")), ["mini_program", "verified", "ready"]);
});
