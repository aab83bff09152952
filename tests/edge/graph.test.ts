// What a company knows of its products, asked over several messages: on an official account and in WeCom's customer service.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Kefu, kefuChannel } from "./support/kefu.ts";
import { Stage, testChannel, until } from "./support/stage.ts";

let stage: Stage;
let kf: Kefu;
before(async () => {
  stage = await Stage.open({ channels: [testChannel("main"), kefuChannel("kf")], cap: 20, worker: { environment: { DEBUG_ROWS: "1" } } });
  kf = new Kefu(stage);
});
after(() => stage?.close());

/** The first line of the newest thing the phone shows from the account. */
const line = (text: string | undefined): string => text?.split("\n")[0] ?? "";
const asked = async (customer: string, text: string, more: object = {}): Promise<string> => {
  await stage.says(customer, text, more);
  return line((await stage.heard(customer)).at(-1));
};

test("an official account: a question is asked back, filled in, and followed up", async () => {
  const customer = await stage.customer();
  await stage.says(customer, "漏水怎么办");
  const [question] = await stage.heard(customer);
  assert.equal(question, "请问是哪个型号？\n1. 破壁机 P10\n2. 破壁机 P6\n3. 养生壶 H2\n回复序号或型号即可。");
  assert.equal(await asked(customer, "H2"), "请先停用：");
  assert.match((await stage.heard(customer)).at(-1)!, /^请先停用：\n1\. .*\n2\. .*\n3\. /);
  assert.equal(await asked(customer, "那容量呢？"), "养生壶 H2 的容量是 1.5 升。");
  assert.equal(await asked(customer, "P10呢"), "破壁机 P10 的容量是 1.75 升。");
  assert.equal(await asked(customer, "它多重"), "破壁机 P10 的重量是 4.6 千克。");
  assert.match(await asked(customer, "怎么退货"), /无理由退货/);
  assert.match(await asked(customer, "那容量呢？"), /^请问是哪个型号？/);
  assert.equal(await asked(customer, "第二个"), "榨汁机 J3 的容量是 350 毫升。");
});

test("every composed answer names the fact that it rests on", async () => {
  const customer = await stage.customer();
  await stage.says(customer, "P10的保修期多久");
  await stage.says(customer, "P6和P10的容量分别是多少");
  const { messages } = (await stage.conversation("chen", customer)).body;
  assert.deepEqual(messages.map((one: any) => [one.answer.evidence.source, one.answer.evidence.entry]), [
    ["graph", "破壁机 P10/保修期"],
    ["graph", "破壁机 P6/容量 + 破壁机 P10/容量"],
  ]);
});

test("a redelivery is given the stored answer, whatever is talked about by then, and writes nothing", async () => {
  const customer = await stage.customer();
  await stage.says(customer, "漏水怎么办");
  const { msgid } = await stage.says(customer, "H2");
  await stage.says(customer, "P10容量");
  const before = await stage.heard(customer);
  const record = (await stage.conversation("chen", customer)).body.messages;
  const redelivered = await stage.control("POST", "redeliver", { msgid, openid: customer, times: 2 });
  assert.equal(redelivered.outcome, "reply");
  assert.deepEqual((await stage.conversation("chen", customer)).body.messages, record);
  assert.equal((await stage.heard(customer))[1], before[1]);
});

test("a person can be had in the middle of it, and who is no wiser gets one", async () => {
  const customer = await stage.customer();
  await stage.socket("chen");
  await stage.says(customer, "漏水怎么办");
  await stage.says(customer, "转人工");
  assert.equal((await stage.ticket("chen", customer)).question, "漏水怎么办");
  const other = await stage.customer();
  for (const text of ["漏水怎么办", "漏水", "漏水怎么办"]) await stage.says(other, text);
  await stage.ticket("chen", other);
});

test("WeCom: the same with menus to tap, and a tap needs no memory", async () => {
  const customer = await kf.customer();
  const shown = async (count: number): Promise<any> => {
    await kf.hears(customer, count);
    return (await stage.phone(customer)).filter((item) => item.from === "account").at(-1);
  };
  await kf.act(customer, "text", { text: "容量多少" });
  const question = await shown(1);
  assert.equal(line(question.text), "请问是哪个型号？");
  const choices: { id: string; content: string }[] = question.data.list.map((one: any) => one.click ?? one);
  assert.deepEqual(choices.slice(0, 2).map((one) => [one.id, one.content]), [["破壁机 P10/容量", "破壁机 P10"], ["榨汁机 J3/容量", "榨汁机 J3"]]);
  await kf.act(customer, "text", { text: choices[1]!.content, menu_id: choices[1]!.id });
  const answer = await shown(2);
  assert.equal(line(answer.text), "榨汁机 J3 的容量是 350 毫升。");
  // Related questions are choices too.
  const related = answer.data.list.map((one: any) => one.click ?? one)[0];
  await kf.act(customer, "text", { text: related.content, menu_id: related.id });
  assert.equal(line((await shown(3)).text), "榨汁机 J3 的重量是 0.6 千克。");
  await kf.act(customer, "text", { text: "那容量呢" });
  assert.equal(line((await shown(4)).text), "榨汁机 J3 的容量是 350 毫升。");
  // An old menu still does what it says.
  await kf.act(customer, "text", { text: choices[0]!.content, menu_id: choices[0]!.id });
  assert.equal(line((await shown(5)).text), "破壁机 P10 的容量是 1.75 升。");
});

test("a message that is filled in writes what any other does", async (t) => {
  const customer = await stage.customer();
  await stage.says(customer, "P10容量");
  const mark = stage.worker.logged().length;
  await stage.says(customer, "那保修呢");
  const turns = await until("the turn's rows", async () => {
    const found = stage.rowsWritten(mark);
    return found.length > 0 ? found : undefined;
  });
  t.diagnostic(JSON.stringify(turns));
  assert.deepEqual([turns.length, turns[0]!.rows <= 3], [1, true]);
});
