// WeCom customer service: pulled, answered by the API, and silent while a person has the customer in WeCom's app.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { getToken, Kefu, kefuChannel, sendMsg, sendOnEvent } from "./support/kefu.ts";
import { expectStatus, Stage, until } from "./support/stage.ts";

let stage: Stage;
let kf: Kefu;
before(async () => {
  stage = await Stage.open({ channels: [kefuChannel("kf"), kefuChannel("kf2")], cap: 50, account: () => ({ servicers: ["zhangsan", "lisi"] }) });
  kf = new Kefu(stage);
  await stage.socket("chen");
});
after(() => stage?.close());

const authors = (view: any): string[] => view.messages.map((one: any) => one.author);
const errcodes = async (customer: string): Promise<number[]> => (await kf.calls(sendMsg, customer)).map((call) => call.errcode);

test("WeCom checks the address with an encrypted echostr", async () => {
  const answer = await stage.control("POST", "verify-url", { account: "kf" });
  assert.deepEqual([answer.status, answer.verified], [200, true]);
  for (const tamper of ["wrong_signature", "wrong_key", "wrong_corpid"]) {
    const refused = await stage.control("POST", "verify-url", { account: "kf", tamper });
    assert.deepEqual([refused.status === 200, refused.verified], [false, false], tamper);
  }
  for (const tamper of ["wrong_token", "wrong_key", "plaintext", "body_changed", "not_xml"]) {
    const { status } = await stage.control("POST", "raw-callback", { account: "kf", tamper });
    assert.ok(status === 400 || status === 403, `${tamper}: ${status}`);
  }
});

test("an FAQ is pulled with sync_msg and answered with send_msg, by the bot's own reception", async () => {
  const customer = await kf.customer();
  assert.equal((await kf.act(customer, "text", { text: "你们的保修期多久" })).outcome, "ack");
  const [answer] = await kf.hears(customer, 1);
  assert.match(answer!, /保修/);
  assert.equal(await kf.state(customer), 1);
  const view = await kf.shows("chen", customer, "the record", (one) => one.messages.at(-1).status === "delivered");
  assert.deepEqual([authors(view), view.messages[0].carrier, await errcodes(customer)], [["customer", "bot"], "customer_message", [0]]);
});

test("two accounts on one path are told apart by their OpenKfId", async () => {
  const other = new Kefu(stage, "kf2");
  const customer = await other.customer();
  await other.act(customer, "text", { text: "你们的保修期多久" });
  await other.hears(customer, 1);
  assert.deepEqual(authors(await other.conversation("chen", customer)), ["customer", "bot"]);
});

test("an unknown question becomes a ticket, and the agent's reply arrives", async () => {
  const customer = await kf.customer();
  for (const [text, lines] of [["量子纠缠是什么味道", 1], ["海王星上有分店吗", 2]] as const) {
    await kf.act(customer, "text", { text });
    await kf.hears(customer, lines);
  }
  const ticket = await stage.ticket("chen", customer);
  expectStatus(202, await kf.reply("chen", customer, ticket, "您好，我来看看。"));
  const heard = await kf.hears(customer, 3);
  assert.equal(heard[2], "您好，我来看看。");
});

test("a welcome goes out by the code of the customer's entry, and takes no place", async () => {
  const customer = await kf.customer();
  await kf.act(customer, "enter", { scene: "shop" });
  const [welcome] = await kf.hears(customer, 1);
  assert.match(welcome!, /您好/);
  assert.deepEqual((await kf.calls(sendOnEvent)).map((call) => call.errcode), [0]);
  assert.deepEqual(await kf.calls(sendMsg, customer), []);
});

test("95001 and 95002 are never reached: what exceeds five messages waits for the customer", async () => {
  const { customer, ticket } = await kf.ticketed("chen");
  for (let i = 1; i <= 6; i++) expectStatus(202, await kf.reply("chen", customer, ticket, `第${i}句`));
  const agents = (view: any): string[] => view.messages.filter((one: any) => one.author === "agent").map((one: any) => one.status);
  const full = await kf.shows("chen", customer, "what waits", (view) => agents(view).every((status) => status === "delivered" || status === "waiting"));
  assert.ok(agents(full).includes("waiting"));
  await kf.act(customer, "text", { text: "还在吗" });
  await kf.shows("chen", customer, "all delivered", (view) => agents(view).every((status) => status === "delivered"));
  const said = (await stage.heard(customer)).join("\n");
  assert.deepEqual([1, 2, 3, 4, 5, 6].map((i) => said.split(`第${i}句`).length - 1), Array(6).fill(1));
  assert.deepEqual([...new Set(await errcodes(customer))], [0]);
});

test("a person takes over in WeCom's app: bot and desk are silent, and a waiting reply goes after the end", async () => {
  const { customer, ticket } = await kf.ticketed("chen");
  assert.equal((await kf.api("service_state/trans", { external_userid: customer, service_state: 2 })).errcode, 0);
  await kf.act(customer, "take", { servicer: "zhangsan" });
  await kf.shows("chen", customer, "the session in WeCom", (view) => view.native === "zhangsan");
  await kf.act(customer, "servicer-text", { text: "我是张三" });
  await kf.act(customer, "text", { text: "你们的保修期多久" });
  expectStatus(202, await kf.reply("chen", customer, ticket, "等会儿再说"));
  const during = await kf.shows("chen", customer, "the record", (view) => JSON.stringify(view.messages).includes("我是张三") && JSON.stringify(view.messages).includes("保修期"));
  assert.equal(JSON.stringify(during.messages).includes("native_reply"), true);
  const sentBefore = (await kf.calls(sendMsg, customer)).length;
  assert.deepEqual((await stage.heard(customer)).slice(1), ["我是张三"]);
  await kf.act(customer, "end");
  await kf.shows("chen", customer, "the end", (view) => view.native === null);
  assert.equal((await kf.calls(sendMsg, customer)).length, sentBefore);
  await kf.act(customer, "text", { text: "还有一个问题" });
  await until("the reply that waited", async () => (await stage.heard(customer)).includes("等会儿再说") || undefined);
  assert.deepEqual([...new Set(await errcodes(customer))], [0]);
});

test("a take-over that no event tells is seen before the send, and nothing is sent in state 3", async () => {
  const { customer, ticket } = await kf.ticketed("chen");
  assert.equal((await kf.api("service_state/trans", { external_userid: customer, service_state: 3, servicer_userid: "lisi" })).errcode, 0);
  expectStatus(202, await kf.reply("chen", customer, ticket, "我来了"));
  const view = await kf.shows("chen", customer, "the reply waits", (one) => one.messages.at(-1).status === "waiting");
  assert.deepEqual([view.native, view.messages.at(-1).reason], ["lisi", "native_session"]);
  assert.deepEqual(await errcodes(customer), [0]);
});

test("msg_send_fail is shown at the message and at its ticket", async () => {
  const { customer, ticket } = await kf.ticketed("chen");
  await kf.set({ fail_sends: { fail_type: 10, times: 1 } });
  expectStatus(202, await kf.reply("chen", customer, ticket, "收得到吗"));
  const view = await kf.shows("chen", customer, "the failure", (one) => one.messages.some((m: any) => m.author === "agent" && m.status === "failed"));
  assert.equal(view.messages.find((one: any) => one.author === "agent").reason, "unreachable");
  await until("the ticket's mark", async () => (await stage.ticket("chen", customer)).trouble || undefined);
});

test("a message that the customer takes back is masked", async () => {
  const { customer } = await kf.ticketed("chen");
  const { msgid } = await kf.act(customer, "text", { text: "我的密码是一二三" });
  await kf.shows("chen", customer, "the message", (view) => JSON.stringify(view.messages).includes("密码"));
  await kf.act(customer, "recall", { msgid });
  const view = await kf.shows("chen", customer, "the mask", (one) => !JSON.stringify(one.messages).includes("密码"));
  assert.ok(view.messages.some((one: any) => one.content.kind === "erased"));
});

test("a send_msg without an answer is tried again with the same msgid and shown once", async () => {
  const { customer, ticket } = await kf.ticketed("chen");
  await stage.fault({ path: sendMsg, hang: "after_accept" });
  expectStatus(202, await kf.reply("chen", customer, ticket, "只说一遍"));
  await kf.shows("chen", customer, "delivered", (one) => one.messages.some((m: any) => m.author === "agent" && m.status === "delivered"));
  assert.equal((await stage.heard(customer)).filter((text) => text === "只说一遍").length, 1);
  assert.equal((await errcodes(customer)).at(-1), 95099);
});

test("an expired token is fetched again, for pulls and for sends", async () => {
  const before = (await kf.calls(getToken)).length;
  await stage.control("POST", "faults", { token: { account: "kf", expire: true } });
  const customer = await kf.customer();
  await kf.act(customer, "text", { text: "你们的保修期多久" });
  await kf.hears(customer, 1);
  assert.ok((await kf.calls(getToken)).length > before);
});
