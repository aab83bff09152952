// What customers asked and were not told: it reaches the insight once, whatever dies, and is forgotten with them.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { expectStatus, Stage, until } from "./support/stage.ts";

let stage: Stage;
before(async () => {
  stage = await Stage.open();
});
after(() => stage?.close());

const signs = (question: any): string[] => question.signs.map((one: any) => one.sign).sort();

async function questions(kind = "all"): Promise<any[]> {
  const answer = await stage.as("chen", "GET", `insight/questions?kind=${kind}`);
  expectStatus(200, answer);
  return answer.body.questions;
}

const textOf = (question: any): string => question.asked.text;

/** The question in these words, once it has these signs. */
const told = (text: string, ...expected: string[]): Promise<any> =>
  until(`${text} told as ${expected}`, async () => {
    const found = (await questions()).filter((one) => textOf(one) === text);
    assert.equal(found.length <= 1, true, `${text} is there ${found.length} times`);
    return found.find((one) => expected.every((sign) => signs(one).includes(sign)));
  });

describe("the insight", () => {
  test("an unanswered question is there once, without its asker, and an answered one is not", async () => {
    const customer = await stage.customer();
    await stage.says(customer, "保修期多久");
    const { msgid } = await stage.says(customer, "你们老板姓什么，我电话13800138000");
    await stage.control("POST", "redeliver", { msgid, times: 2 });
    const question = await told("你们老板姓什么，我电话###########", "missed");
    assert.deepEqual([question.asked.verdict, question.unresolved, question.channel], ["unanswered", true, "main"]);
    assert.equal(JSON.stringify(question).includes(customer), false);
    assert.equal((await questions()).some((one) => textOf(one) === "保修期多久"), false);
  });

  test("blame, and the same question again, are told of the answer they are about", async () => {
    const customer = await stage.customer();
    await stage.says(customer, "运费多少钱");
    await stage.says(customer, "没用");
    const blamed = await told("运费多少钱", "thumbs_down");
    assert.deepEqual([blamed.asked.verdict, blamed.asked.near.length, blamed.unresolved], ["answered", 1, true]);
    const other = await stage.customer();
    await stage.says(other, "怎么开发票");
    await stage.says(other, "请问怎么开发票呢");
    await told("怎么开发票", "asked_again");
    assert.equal((await questions()).some((one) => textOf(one) === "没用"), false);
  });

  test("who unfollows is forgotten, and whoever asks is told no more", async () => {
    const customer = await stage.customer();
    await stage.says(customer, "火星上怎么充电");
    await told("火星上怎么充电", "missed");
    await stage.control("POST", `customers/${customer}/unfollow`, { wait: true });
    await until("forgotten", async () => !(await questions()).some((one) => textOf(one) === "火星上怎么充电") || undefined);
  });

  test("one in twenty answered questions is there too", async (t) => {
    const sampled = async (): Promise<any[]> => (await questions("sampled")).filter((one) => textOf(one) === "怎么查物流");
    let asked = 0;
    // None in 400 happens once in a thousand million times.
    for (; asked < 400 && (await sampled()).length === 0; asked += 20)
      await Promise.all(Array.from({ length: 20 }, async () => stage.says(await stage.customer(), "怎么查物流")));
    const found = await sampled();
    t.diagnostic(`${found.length} of ${asked} are in the sample`);
    assert.equal(found.length > 0 && found.length < asked, true);
    for (const one of found) assert.deepEqual([one.asked.verdict, one.unresolved, signs(one)], ["answered", false, ["sampled"]]);
  });

  test("it is for supervisors and the operator", async () => {
    assert.equal((await stage.as("lin", "GET", "insight/questions")).status, 403);
    assert.equal((await stage.asOperator("GET", "insight/questions")).status, 200);
    const wrong = await stage.asOperator("GET", "insight/questions?kind=some");
    assert.deepEqual([wrong.status, wrong.body.code], [400, "http.query"]);
  });

  test("kill -9 between the turn and its report: every question is there, and once", async () => {
    const words = Array.from({ length: 24 }, (_, number) => `${"甲乙丙丁戊己庚辛"[number % 8]}${"子丑寅"[Math.floor(number / 8)]}的咒语`);
    await Promise.all(words.map(async (text) => stage.says(await stage.customer(), text)));
    await stage.killAndStartAgain();
    for (const text of words) await told(text, "missed");
  });
});
