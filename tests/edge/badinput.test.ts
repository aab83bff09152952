// Bad input: a clear status and a stable code, counted and not stored, and the worker goes on.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Stage, testChannel, until } from "./support/stage.ts";

let stage: Stage;
before(async () => {
  const channels = [testChannel("main"), testChannel("both", { mode: "compat" }), testChannel("open", { mode: "plaintext" })];
  stage = await Stage.open({ channels });
});
after(() => stage?.close());

/** What the simulator calls a damage, and what the worker says to it. */
const refusals: [tamper: string, status: number, code: string][] = [
  ["wrong_signature", 403, "wechat.signature"],
  ["missing_signature", 403, "wechat.signature"],
  ["wrong_token", 403, "wechat.signature"],
  ["stale", 403, "wechat.stale"],
  ["future", 403, "wechat.stale"],
  ["wrong_key", 403, "wechat.key"],
  ["wrong_appid", 403, "wechat.appid"],
  ["truncated", 400, "wechat.ciphertext"],
  ["truncated_block", 403, "wechat.key"],
  ["bad_base64", 400, "wechat.ciphertext"],
  ["downgrade", 403, "wechat.downgrade"],
  ["no_encrypt", 403, "wechat.downgrade"],
  ["doctype", 400, "wechat.xml"],
  ["doctype_outer", 400, "wechat.xml"],
  ["invalid_utf8", 400, "wechat.utf8"],
  ["empty", 400, "wechat.empty"],
  ["not_xml", 403, "wechat.downgrade"],
  ["huge", 413, "wechat.too_large"],
];

/** The counters of one channel, by code. */
async function counted(id: string): Promise<Record<string, number>> {
  const { body } = await stage.operator("GET", `refusals?channel=${id}`);
  return Object.fromEntries(body.refusals.map((one: any) => [one.code, one.count]));
}

async function raw(order: object): Promise<{ status: number; body: any; text: string }> {
  const answer = await stage.control("POST", "raw-callback", order);
  assert.equal(answer.error, undefined, JSON.stringify(order));
  const isJson = answer.headers["content-type"]?.startsWith("application/json");
  return { status: answer.status, body: isJson ? JSON.parse(answer.body) : undefined, text: answer.body };
}

function expectRefusal(what: string, answer: { status: number; body: any }, status: number, code: string): void {
  assert.deepEqual([what, answer.status, answer.body?.code], [what, status, code]);
  assert.equal(typeof answer.body.message, "string", what);
  assert.match(answer.body.request_id, /^[0-9a-f]{16}$/, what);
}

test("each damage has its status and its code; nothing is stored but a count; a good message is answered", async () => {
  const customers: string[] = [];
  for (const [tamper, status, code] of refusals) {
    const openid = await stage.customer();
    customers.push(openid);
    expectRefusal(tamper, await raw({ account: "main", openid, tamper }), status, code);
  }
  for (const openid of customers) {
    const { body } = await stage.conversation("chen", openid);
    assert.deepEqual([body.last_seq, body.messages], [0, []], openid);
  }
  const expected: Record<string, number> = {};
  for (const [, , code] of refusals) expected[code] = (expected[code] ?? 0) + 1;
  const sum = (counts: Record<string, number>): number => Object.values(counts).reduce((a, b) => a + b, 0);
  await until("every refusal counted", async () => sum(await counted("main")) >= refusals.length || undefined);
  assert.deepEqual(await counted("main"), expected);

  const customer = await stage.customer();
  assert.equal((await stage.says(customer, "你们的保修期多久")).outcome, "reply");
  for (const openid of customers) assert.doesNotMatch(stage.worker.logged(), new RegExp(openid));
});

test("the same message, undamaged, is taken: a refusal leaves nothing behind that would swallow it", async () => {
  const openid = await stage.customer();
  expectRefusal("stale", await raw({ account: "main", openid, tamper: "stale" }), 403, "wechat.stale");
  assert.equal((await raw({ account: "main", openid, tamper: "none" })).status, 200);
  assert.equal((await stage.conversation("chen", openid)).body.last_seq, 1);
});

test("what stands outside the signed envelope is not believed, and does no harm", async () => {
  const openid = await stage.customer();
  assert.equal((await raw({ account: "main", openid, tamper: "body_changed" })).status, 200);
  assert.equal((await stage.conversation("chen", openid)).body.last_seq, 1);
  expectRefusal("plaintext", await raw({ account: "open", openid, tamper: "body_changed" }), 403, "wechat.original_id");
});

test("an address that no channel has, and one that does not exist, are 404", async () => {
  expectRefusal("account", await raw({ account: "main", path: "nobody" }), 404, "wechat.unknown_account");
  const elsewhere = await fetch(`${stage.worker.url}/callback/main/more`, { method: "POST", body: "<xml/>" });
  expectRefusal("path", { status: elsewhere.status, body: await elsewhere.json() }, 404, "http.not_found");
});

test("other methods than GET and POST are 405", async () => {
  const answer = await fetch(`${stage.worker.url}/callback/main`, { method: "PUT", body: "<xml/>" });
  expectRefusal("PUT", { status: answer.status, body: await answer.json() }, 405, "http.method");
});

test("a push for another account, or without what every push has, is refused", async () => {
  const push = (to: string, rest: string): string =>
    `<xml><ToUserName>${to}</ToUserName>${rest}<CreateTime>1700000000</CreateTime><MsgType>text</MsgType><Content>hi</Content></xml>`;
  const from = "<FromUserName>o1</FromUserName>";
  expectRefusal("original id", await raw({ account: "main", body: push("gh_other", from) }), 403, "wechat.original_id");
  expectRefusal("no sender", await raw({ account: "main", body: push("gh_main", "") }), 400, "wechat.incomplete");
});

test("the URL check echoes to WeChat and refuses others", async () => {
  assert.equal((await stage.control("POST", "verify-url", { account: "main" })).verified, true);
  for (const tamper of ["wrong_signature", "missing_signature"]) {
    const answer = await stage.control("POST", "verify-url", { account: "main", tamper });
    expectRefusal(tamper, { status: answer.status, body: JSON.parse(answer.body) }, 403, "wechat.signature");
  }
});

test("compat mode answers what is encrypted and refuses what is not", async () => {
  const customer = await stage.customer("both");
  assert.equal((await stage.says(customer, "你们的保修期多久")).outcome, "reply");
  for (const tamper of ["downgrade", "no_encrypt"])
    expectRefusal(tamper, await raw({ account: "both", tamper }), 403, "wechat.downgrade");
});

test("plaintext mode answers, says in log and console that messages can be forged, and still wants the signature", async () => {
  const customer = await stage.customer("open");
  assert.equal((await stage.says(customer, "你们的保修期多久")).outcome, "reply");
  await until("the log's word", async () => stage.worker.logged().includes("forgeable_message") || undefined);
  await stage.says(customer, "转人工");
  assert.equal((await stage.conversation("chen", customer, "open")).body.forgeable, true);
  expectRefusal("signature", await raw({ account: "open", tamper: "wrong_signature" }), 403, "wechat.signature");
  expectRefusal("stale", await raw({ account: "open", tamper: "stale" }), 403, "wechat.stale");
});

test("channels keep their customers and their counts apart", async () => {
  const customer = await stage.customer("both");
  await stage.says(customer, "转人工");
  const { body } = await stage.conversation("chen", customer, "both");
  assert.equal(body.last_seq, 1);
  assert.equal(body.forgeable, false);
  assert.equal((await stage.conversation("chen", customer, "main")).body.last_seq, 0);
  await until("compat's own count", async () => (await counted("both"))["wechat.downgrade"] === 2 || undefined);
  assert.deepEqual(Object.keys(await counted("both")), ["wechat.downgrade"]);
});
