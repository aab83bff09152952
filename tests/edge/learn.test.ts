// What customers asked and were not told: it reaches the insight once, whatever dies, and is forgotten with them.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { after, before, describe, test } from "node:test";
import { root } from "../../scripts/shell.ts";
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
    // One in twenty is there all the same, as a sample.
    const answered = (await questions()).filter((one) => textOf(one) === "保修期多久");
    assert.equal(answered.every((one) => !one.unresolved && signs(one).join() === "sampled"), true);
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

  test("what is asked most is at the top, with its rows, and a person's reply becomes a draft of an answer", async () => {
    await Promise.all(["lin", "zhao"].map((login) => stage.socket(login)));
    const words = ["刀头上的锈迹能自己打磨吗", "刀头有锈迹可以打磨吗", "请问刀头锈迹自己打磨行不行"];
    const customers: string[] = [];
    for (const text of words) {
      const customer = await stage.customer();
      customers.push(customer);
      await stage.says(customer, text);
      await stage.says(customer, "转人工");
      await told(text, "missed", "handed_off");
    }
    const reply = "请不要自己打磨，把刀头寄回来，我们免费更换。";
    const customer = customers[1]!;
    const ticket = await stage.ticket("chen", customer);
    const { body } = await stage.replyOnceLeased(ticket.agent, customer, ticket, reply);
    await stage.settled("chen", customer, body.seq);

    const top = await stage.as("chen", "GET", "insight/clusters?days=1&limit=50");
    expectStatus(200, top);
    const cluster = top.body.clusters.find((one: any) => words.includes(one.question));
    assert.deepEqual([cluster.count, cluster.askers, cluster.count_before, cluster.signs.handed_off], [3, 3, 0, 3]);
    assert.equal(typeof cluster.nearest?.score === "number" || cluster.nearest === null, true);
    const { questions: rows } = (await stage.as("chen", "GET", `insight/clusters/${cluster.id}?days=1`)).body;
    assert.deepEqual(rows.map(textOf).sort(), [...words].sort());
    assert.equal(rows.some((one: any) => "sealed" in one), false);
    const draft = await stage.as("chen", "GET", `insight/clusters/${cluster.id}/draft`);
    expectStatus(200, draft);
    assert.deepEqual([draft.body.entry.answer, draft.body.entry.question], [reply, cluster.question]);
    assert.deepEqual([draft.body.evidence.customer, draft.body.evidence.seq, draft.body.evidence.staff], [customer, body.seq, ticket.agent]);
    const figures = await stage.as("chen", "GET", `insight/clusters/${cluster.id}/figures?version=1000000`);
    assert.deepEqual([figures.body.before.unresolved, figures.body.after.unresolved, figures.body.resolved_rise], [3, 0, null]);
    const unknown = await stage.as("chen", "GET", "insight/clusters/000000000000");
    assert.deepEqual([unknown.status, unknown.body.code], [404, "cluster.unknown"]);
  });

  test("a phrasing is offered, taken with one word, and offered no more; an answer is judged", async () => {
    // Near what is known, and not near enough to be answered, most of them.
    const texts = ["保修卡要是丢掉了会怎么样", "退货的时候运费算谁头上", "豆浆打出来全是渣子", "发票抬头写错了能改开吗", "手机搜不到机器的 WiFi"];
    for (const text of texts) await stage.says(await stage.customer(), text);
    const listed = async (): Promise<any[]> => (await stage.as("chen", "GET", "insight/offers?limit=500")).body.offers;
    const offer = await until("an offer", async () => (await listed()).find((one: any) => texts.includes(one.text)));
    const { text, entry } = offer;
    const on = { text, entry };
    for (let time = 0; time < 2; time += 1) {
      const judged = await stage.as("chen", "POST", `insight/offers/${offer.id}`, { judgement: "yes", ...on });
      expectStatus(200, judged);
      assert.deepEqual([judged.body.judgement, judged.body.by, judged.body.text], ["yes", "chen", text]);
    }
    assert.equal((await listed()).some((one: any) => one.id === offer.id), false);
    const wrong = async (id: string, body: object): Promise<unknown[]> => {
      const answer = await stage.as("chen", "POST", `insight/offers/${id}`, body);
      return [answer.status, answer.body.code];
    };
    assert.deepEqual(await wrong(offer.id, { judgement: "other", other: "no-such-entry", ...on }), [422, "offer.unknown_entry"]);
    assert.deepEqual(await wrong("p-0", { judgement: "no", ...on }), [404, "offer.unknown"]);
    assert.deepEqual(await wrong(offer.id, { judgement: "other", ...on }), [400, "offer.judgement"]);
    assert.equal((await stage.as("lin", "POST", `insight/offers/${offer.id}`, { judgement: "no", ...on })).status, 403);

    const [audit] = (await stage.as("chen", "GET", "insight/offers?kind=audit")).body.offers;
    assert.equal(audit.text, "怎么查物流");
    expectStatus(200, await stage.asOperator("POST", `insight/offers/${audit.id}`, { judgement: "no", question: audit.questions[0] }));
    const { judgements, precision } = (await stage.as("chen", "GET", "insight/judgements")).body;
    assert.deepEqual([precision.count, precision.of, precision.low], [0, 1, 0]);
    assert.deepEqual(judgements.map((one: any) => [one.kind, one.judgement, one.by]).sort(), [["audit", "no", "operator"], ["phrasing", "yes", "chen"]]);
  });

  test("the command says the same: the top, its rows, and a judgement", async () => {
    const env = { ...process.env, OPERATOR_TOKEN: stage.worker.secrets.OPERATOR_TOKEN };
    const learn = async (...words: string[]): Promise<string> => {
      const args = ["scripts/learn.ts", ...words, "--url", stage.worker.url];
      return (await promisify(execFile)(process.execPath, args, { env, cwd: root })).stdout;
    };
    const top = await learn("top", "--days", "1", "--limit", "50");
    const [, id] = /([0-9a-f]{12}) {2}3× by 3, before 0×/.exec(top)!;
    assert.equal((await learn("cluster", id!)).match(/missed/g)?.length, 3);
    assert.match(await learn("figures", id!, "--published", "1000000"), /before: 3 unresolved.*\nsince: 0 unresolved/);
    const [offer] = /^p-[0-9a-f]+/m.exec(await learn("offers"))!;
    assert.match(await learn("judge", offer, "no"), /: no, by operator/);
    assert.equal((await learn("offers", "--limit", "500")).includes(offer), false);
    await assert.rejects(learn("judge", offer), /Usage: npm run learn/);
  });

  test("kill -9 between the turn and its report: every question is there, and once", async () => {
    const words = Array.from({ length: 24 }, (_, number) => `${"甲乙丙丁戊己庚辛"[number % 8]}${"子丑寅"[Math.floor(number / 8)]}的咒语`);
    await Promise.all(words.map(async (text) => stage.says(await stage.customer(), text)));
    await stage.killAndStartAgain();
    for (const text of words) await told(text, "missed");
  });
});
