// Events that mean something: where customers come from, what they tap, when they leave, and who else has them.
import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";
import { after, before, describe, test } from "node:test";
import { expectStatus, Stage, until } from "./support/stage.ts";

let stage: Stage;
before(async () => {
  stage = await Stage.open({ cap: 20 });
  await Promise.all([stage.socket("lin"), stage.socket("zhao")]);
});
after(() => stage?.close());

const at = (openid: string, what: string, body: object = {}): Promise<any> => stage.control("POST", `customers/${openid}/${what}`, { ...body, wait: true });

const view = async (openid: string): Promise<any> => (await stage.conversation("chen", openid)).body;

async function stranger(): Promise<string> {
  return (await stage.control("POST", "customers", { account: "main", following: false })).openid;
}

/** Every value in every row that the objects keep. */
function kept(folder: string): string {
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".sqlite"));
  return files.map((name) => rows(path.join(folder, name))).join("\n");
}

function rows(file: string): string {
  const db = new DatabaseSync(file, { readOnly: true });
  const tables = db.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").all().map((row) => String(row.name));
  const all = tables.map((name) => {
    const query = db.prepare(`SELECT * FROM "${name}"`);
    query.setReadBigInts(true);
    return JSON.stringify(query.all(), (_, value) => (typeof value === "bigint" ? String(value) : value));
  });
  db.close();
  return all.join("\n");
}

describe("events", () => {
  test("a follow is greeted; by a QR code with a scene it has its own welcome, and the scene is kept as source", async () => {
    const plain = await stranger();
    await at(plain, "follow");
    const greeting = (await stage.heard(plain)).join();
    const coded = await stranger();
    await at(coded, "follow", { scene: "box_card" });
    const welcome = (await stage.heard(coded)).join();
    assert.match(welcome, /感谢选购/);
    assert.notEqual(greeting, welcome);
    const { origins } = await view(coded);
    assert.deepEqual(origins.map(({ by, scene }: any) => [by, scene]), [["follow", "box_card"]]);
  });

  test("a scan by a follower is welcomed by its source too, and its skill group takes the ticket", async () => {
    const openid = await stage.customer();
    await at(openid, "scan", { scene: "box_card" });
    assert.match((await stage.heard(openid)).join(), /感谢选购/);
    await stage.says(openid, "转人工");
    const { tickets } = (await stage.as("chen", "GET", "tickets")).body;
    assert.equal(tickets.find((one: any) => one.customer === openid).skill_group, "after_sales");
  });

  test("menu clicks lead to answers, to skill groups, and to people", async () => {
    const answered = await stage.customer();
    await at(answered, "menu", { key: "MENU_HOURS" });
    assert.match((await stage.heard(answered)).join(), /人工客服/);
    const group = await stage.customer();
    await at(group, "menu", { key: "MENU_AFTER_SALES" });
    const ticket = (await stage.as("chen", "GET", "tickets")).body.tickets.find((one: any) => one.customer === group);
    assert.deepEqual([ticket.skill_group, ticket.question], ["after_sales", "联系售后同事"]);
    const human = await stage.customer();
    await at(human, "menu", { key: "MENU_HUMAN" });
    assert.notEqual((await view(human)).state, "bot");
  });

  test("a tap on a menu message answers its entry, not its words", async () => {
    const openid = await stage.customer();
    await at(openid, "text", { text: "随便什么", menu_id: "MENU_FIRST_USE" });
    assert.match((await stage.heard(openid)).join(), /500 毫升/);
  });

  test("who unfollows is forgotten in every row, blocks sends, and may come back; also when WeChat says it twice", async () => {
    const openid = await stage.customer();
    const secret = `我的电话是139${Date.now()}`;
    await stage.says(openid, secret);
    await stage.says(openid, "转人工");
    const ticket = await stage.ticket("lin", openid);
    expectStatus(202, await stage.replyOnceLeased("lin", openid, ticket, "收到您的电话"));
    await at(openid, "unfollow", { times: 3 });
    const { gone, messages, quota } = await until("it is known", async () => {
      const now = await view(openid);
      return now.gone ? now : undefined;
    });
    assert.deepEqual([gone, quota], [true, null]);
    const words = messages.filter((one: any) => one.content.kind !== "unfollow").map((one: any) => one.content.kind);
    assert.deepEqual([...new Set(words)], ["erased"]);
    const refused = await stage.reply("lin", openid, ticket, "还在吗");
    assert.deepEqual([refused.status, refused.body.code], [409, "reply.window_closed"]);
    await stage.worker.stop();
    const left = kept(path.join(stage.worker.stateDir, "objects"));
    assert.equal(left.includes(openid), true, "the rows are read");
    assert.equal(left.includes(secret), false, `no row holds the words: ${left.slice(Math.max(0, left.indexOf(secret) - 300), left.indexOf(secret) + 100)}`);
    await stage.startAgain();
    await Promise.all([stage.socket("lin"), stage.socket("zhao")]);
    await at(openid, "follow");
    assert.equal((await view(openid)).gone, false);
  });

  test("withdrawn consent forgets like an unfollow", async () => {
    const openid = await stage.customer();
    await stage.says(openid, "我叫王小明");
    await at(openid, "privacy", { event: "user_authorization_revoke", revoke_info: "1" });
    const { messages } = await until("forgotten", async () => {
      const now = await view(openid);
      return now.messages[0].content.kind === "erased" ? now : undefined;
    });
    assert.equal(JSON.stringify(messages).includes("王小明"), false);
  });

  test("consents to notices are counted, places are recorded, results of notices are kept; none of it is answered", async () => {
    const openid = await stage.customer();
    await at(openid, "subscribe-popup", { choices: [{ template_id: "TPL_REPLY_WAITING", accept: true }] });
    await at(openid, "report-location", { latitude: 31.2, longitude: 121.4 });
    const kinds = (await view(openid)).messages.map((one: any) => [one.content.kind, one.carrier]);
    assert.deepEqual(kinds, [["consent", "none"], ["whereabouts", "none"]]);
    assert.deepEqual(await stage.heard(openid), []);
  });

  test("while WeChat's own agents have a customer, bot and desk stay silent", async () => {
    const openid = await stage.customer();
    await stage.says(openid, "转人工");
    const ticket = await stage.ticket("lin", openid);
    await at(openid, "kf-open", { kf_account: "kf2001@test" });
    await until("it is known", async () => ((await view(openid)).native ? true : undefined));
    const refused = await stage.replyOnceLeased("lin", openid, ticket, "您好");
    assert.deepEqual([refused.status, refused.body.code], [409, "reply.native_session"]);
    const waiting = await stage.reply("lin", openid, ticket, "您好", { wait: true });
    expectStatus(202, waiting);
    await at(openid, "kf-close");
    await stage.settled("lin", openid, waiting.body.seq);
    assert.equal((await stage.heard(openid)).at(-1), "您好");
  });
});
