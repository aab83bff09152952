// The knowledge pages: what their pure modules decide, and the editors' ways through them in Chromium.
import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { after, before, test } from "node:test";
import type { Browser } from "playwright-core";
import type { Entry, Version } from "../../console/src/knowledge/wire.ts";
import type { Staff } from "../../console/src/wire.ts";
import { buildConsole, openBrowser, shoot } from "./support/browser.ts";
import { lin } from "./support/samples.ts";
import { DESK, openStage, PATIENCE_MS, PHONE } from "./support/stage.ts";

const chief: Staff = { ...lin, role: "supervisor" };
const editor: Staff = { ...lin, role: "editor" };
const timeout = 5 * PATIENCE_MS;
const sizes = [["desk", DESK], ["phone", PHONE]] as const;

let dist = "";
let browser: Browser;

before(async () => {
  dist = await buildConsole();
  browser = await openBrowser();
});
after(async () => {
  await browser?.close();
  if (dist !== "") rmSync(dist, { recursive: true });
});

const warranty: Entry = { id: "warranty", question: "保修期多久？", answer: "自购买之日起保修两年，人为损坏不在保修范围。", variants: ["保修几年", "质保多久"], category: "售后" };
const refund: Entry = { id: "refund", question: "怎么退货？", answer: "收到货 7 天内，未拆封的商品可以无理由退货。请在订单页点「申请退货」，填写原因，等客服确认后寄回。", category: "售后" };
const invoice: Entry = { id: "invoice", question: "可以开发票吗？", answer: "可以，下单时填写抬头即可。", status: "off" };

function aVersion(version: number, note: string): Version {
  const by = { staff: "chen" };
  return { version, is_published: true, counts: { entries: 128, products: 6 }, review: version, author: { staff: "li" }, reviewer: by, published_by: by, note, at_ms: Date.now() - (9 - version) * 3_600_000 };
}

for (const [where, viewport] of sizes) {
  test(`an editor changes an entry, and loses nothing when somebody was faster (${where})`, { timeout }, async (t) => {
    const stage = await openStage(browser, dist, editor, viewport);
    const { fake, page, the } = stage;
    t.after(stage.leave);
    fake.knowledge.add(warranty);
    fake.knowledge.add(refund, { answer: "收到货 15 天内可以退货。" });
    fake.knowledge.add(invoice);
    await stage.signIn();
    await the("knowledge-open").click();
    await page.locator("[data-entry=refund]").getByText("修改").waitFor();
    assert.equal(await page.locator("[data-entry=warranty] [data-change]").count(), 0);
    assert.equal(await the("knowledge-clusters").count(), 0);
    await shoot(page, `${where}-knowledge-entries`);

    await page.locator("[data-entry=warranty]").click();
    await the("entry-field-answer").fill("");
    await the("entry-field-valid_from").fill("2026-11-31");
    await the("entry-save").click();
    await the("entry-item-answer").getByText("请填写").waitFor();
    await the("entry-item-valid_from").getByText("这样的日期").waitFor();
    await shoot(page, `${where}-knowledge-faults`);
    await the("entry-field-valid_from").fill("");
    await the("entry-field-answer").fill("保修三年。");
    await page.reload();
    await the("entry-restored").waitFor();
    assert.equal(await the("entry-field-answer").inputValue(), "保修三年。");

    fake.knowledge.changeBehind("warranty", { answer: "保修两年半。" });
    await the("entry-save").click();
    await the("entry-conflict").getByText("chen 在").waitFor();
    await the("conflict-show").click();
    await the("entry-conflict").getByText("保修两年半。").waitFor();
    assert.equal(await the("entry-field-answer").inputValue(), "保修三年。");
    await shoot(page, `${where}-knowledge-conflict`);
    await the("conflict-mine").click();
    await the("entry-conflict").waitFor({ state: "detached" });
    await the("entry-pending").getByText("保修三年。").waitFor();
    assert.equal(fake.knowledge.draft.get("warranty")?.value.answer, "保修三年。");
    assert.deepEqual(fake.knowledge.draft.get("warranty")?.value.variants, ["保修几年", "质保多久"]);
    await shoot(page, `${where}-knowledge-entry`);

    await the("entry-field-category").fill("保修");
    fake.knowledge.changeBehind("warranty", { category: "质保" });
    await the("entry-save").click();
    await the("conflict-theirs").click();
    await the("entry-conflict").waitFor({ state: "detached" });
    assert.equal(await the("entry-field-category").inputValue(), "质保");
    await the("entry-field-category").fill("售后");
    await the("entry-save").click();
    await the("entry-pending").getByText("分类").waitFor({ state: "detached" });
    assert.equal(fake.knowledge.draft.get("warranty")?.value.category, "售后");

    await the("trial-open").click();
    await the("trial-answer").fill("保修三年，全国联保。");
    await the("trial-add").click();
    await the("trial").waitFor({ state: "detached" });
    assert.deepEqual(fake.called("PUT", "/frame").at(-1)?.body, {
      value: { company: "晨光小家电", experiments: [{ id: "warranty-1", entry: "warranty", arms: [{ id: "b", answer: "保修三年，全国联保。", share: 0.5 }] }] },
      revision: 3,
    });

    await the("knowledge-back").click();
    await the("pending-open").getByText("（2）").waitFor();
    await the("pending-open").click();
    await page.locator("[data-testid=change][data-row=refund]").getByTestId("change-revert").click();
    await the("pending-open").getByText("（1）").waitFor();
    await the("submit-note").fill("保修改为三年");
    await shoot(page, `${where}-knowledge-pending`);
    await the("submit").click();
    await page.getByText("已提交，等待他人审核").waitFor();
    assert.deepEqual(fake.knowledge.reviews.map(({ note }) => note), ["保修改为三年"]);
    await the("knowledge-versions").click();
    await the("review-own").waitFor();
    assert.ok(await the("review-approve").isDisabled());
  });

  test(`a table with faults is not imported, a good one goes into the draft (${where})`, { timeout }, async (t) => {
    const stage = await openStage(browser, dist, editor, viewport);
    const { fake, page, the } = stage;
    t.after(stage.leave);
    fake.knowledge.table_faults = [
      { row: 3, column: "问题", code: "empty", message: { "zh-CN": "问题不能为空", en: "The question is empty" } },
      { row: 7, column: "生效时间", code: "bad_date", message: { "zh-CN": "认不出这个日期：2026-13-40", en: "Not a date: 2026-13-40" } },
    ];
    await stage.signIn();
    await the("knowledge-open").click();
    await the("entries").getByText("还没有条目").waitFor();
    await the("import-open").click();
    const file = { name: "faq.csv", mimeType: "text/csv", buffer: Buffer.from("问题,答案\n怎么退货,七天内\n") };
    await the("import-input").setInputFiles(file);
    await the("import-fault").getByText("第 7 行 生效时间").waitFor();
    assert.equal(await the("import-put").count(), 0);
    await shoot(page, `${where}-knowledge-import-faults`);
    const [download] = await Promise.all([page.waitForEvent("download"), the("import-download").click()]);
    assert.equal(download.suggestedFilename(), "错误.csv");
    fake.knowledge.table_faults = [];
    await the("import-input").setInputFiles(file);
    await the("import-good").getByText("12 行").waitFor();
    await the("import-put").click();
    await page.getByText("4 条有改动").waitFor();
    assert.ok(fake.called("POST", "/table/draft?format=auto&mode=merge").length === 1);
  });

  test(`a supervisor approves, publishes, compares, trains and goes back (${where})`, { timeout }, async (t) => {
    const stage = await openStage(browser, dist, chief, viewport);
    const { fake, page, the } = stage;
    t.after(stage.leave);
    const { knowledge } = fake;
    knowledge.versions = [aVersion(1, "第一版"), aVersion(2, "双十一活动说明")];
    knowledge.current = 2;
    knowledge.reviews = [{ id: 3, state: "open", note: "保修改为三年", author: { staff: "li" }, at_ms: Date.now() - 600_000, changes: { added: 0, changed: 1, removed: 0 }, decided: null, version: null }];
    knowledge.review_changes = [{ kind: "entry", id: "warranty", change: "changed", before: warranty, after: { ...warranty, answer: "保修三年。" }, revision: 2, by: { staff: "li" }, at_ms: Date.now() - 700_000 }];
    const decided = { source: "entry", score: 0.9, threshold: 0.7, others: [] };
    knowledge.differences = { asked: 2, same: 1, counts: { reworded: 1 }, differences: [{ asked: "保修多长时间", change: "reworded", before: { ...decided, kind: "answer", question: "保修期多久？", text: "自购买之日起保修两年。" }, after: { ...decided, kind: "answer", question: "保修期多久？", text: "保修三年。" } }] };
    knowledge.shadow = { running: true, trained: false, shadow: { candidate: { review: 3 }, since_ms: Date.now() - 300_000, by: "li", share: 1, asked: 240, same: 231, counts: { reworded: 7, gained: 2 }, examples: [{ ...knowledge.differences.differences[0]!, at_ms: Date.now() }] } };
    await stage.signIn();
    await the("knowledge-open").click();
    await the("knowledge-versions").click();
    await the("review-show").click();
    await the("change").getByText("保修三年。").waitFor();
    await shoot(page, `${where}-knowledge-review`);
    await the("review-approve").click();
    knowledge.refusals = [{ status: 422, body: { code: "knowledge.invalid", faults: [{ row: { kind: "entry", id: "warranty" }, path: "answer", code: "empty", message: "empty" }] } }];
    await the("publish").click();
    await the("publish-ok").click();
    await the("review-error").getByText("warranty answer: empty").waitFor();
    await the("publish").click();
    await the("publish-ok").click();
    await page.locator("[data-version='3'] [data-testid=version-current]").waitFor();

    await page.locator("[data-version='2']").getByTestId("rollback").click();
    await the("rollback-note").fill("三年写错了");
    await the("rollback-ok").click();
    await page.locator("[data-version='2'] [data-testid=version-current]").waitFor();
    assert.deepEqual(fake.called("POST", "/versions/2/rollback").at(-1)?.body, { note: "三年写错了" });
    await shoot(page, `${where}-knowledge-versions`);

    await the("differences-questions").fill("保修多长时间\n怎么退货");
    await the("differences-run").click();
    await the("differences-sum").getByText("比较了 2 个问题，1 个回答不变").waitFor();
    assert.deepEqual(fake.called("POST", "/differences").at(-1)?.body, { questions: ["保修多长时间", "怎么退货"], candidate: "draft" });
    await the("differences").scrollIntoViewIfNeeded();
    await shoot(page, `${where}-knowledge-differences`);
    await the("shadow-sum").getByText("9 个会得到不同的回答").waitFor();
    await the("train-shadow").waitFor();
    await the("train").click();
    await page.locator("[data-testid=training-state][data-trained=true]").waitFor();
    assert.equal(fake.called("POST", "/training").length, 4);
    await the("training").scrollIntoViewIfNeeded();
    await shoot(page, `${where}-knowledge-training`);
  });

  test(`a cluster becomes an entry, a phrasing its variant, an experiment is stopped (${where})`, { timeout }, async (t) => {
    const stage = await openStage(browser, dist, chief, viewport);
    const { fake, page, the } = stage;
    t.after(stage.leave);
    const { knowledge } = fake;
    knowledge.add(warranty);
    knowledge.versions = [aVersion(2, "双十一活动说明")];
    knowledge.clusters = [{ id: "c1", question: "破壁机可以打热豆浆吗", count: 18, count_before: 5, askers: 15, examples: ["破壁机可以打热豆浆吗", "能直接打热的吗", "热豆浆行不行"], last_at_ms: Date.now(), nearest: { entry: "warranty", question: "保修期多久？", score: 0.31 } }];
    knowledge.cluster_draft = { entry: { id: "q-1f", question: "破壁机可以打热豆浆吗", answer: "可以，选「豆浆」档，水温不超过 100 度。", variants: ["能直接打热的吗"] }, evidence: { staff: "林晓", at_ms: Date.now() - 3_600_000, text: "可以，选「豆浆」档，水温不超过 100 度。" } };
    const share = (count: number, of: number, low: number, high: number) => ({ count, of, share: count / of, low, high });
    knowledge.figures = { before: { unresolved: 18, span_ms: 30 * 86_400_000, resolved: share(12, 40, 0.181, 0.454) }, after: { unresolved: 2, span_ms: 7 * 86_400_000, resolved: share(31, 40, 0.625, 0.877) }, resolved_rise: { difference: 0.475, low: 0.26, high: 0.63 } };
    knowledge.offers = [{ id: "o1", kind: "phrasing", text: "保修是几年来着", entry: "warranty", score: 0.64, count: 6, chosen: 5 }];
    knowledge.experiments = [{ id: "warranty-1", key: "k", entry: "warranty", question: "保修期多久？", running: true, since_ms: Date.now() - 86_400_000, arms: [
      { arm: "control", answer: warranty.answer, share: 0.4, customers: 210, waiting: 4, stopped: null, metrics: { resolved: share(132, 206, 0.573, 0.703), handed_off: share(31, 206, 0.108, 0.206), thumbs_down: share(6, 206, 0.013, 0.062), rating: null } },
      { arm: "b", answer: "保修三年，全国联保。", share: 0.3, customers: 205, waiting: 3, stopped: null, metrics: { resolved: share(160, 202, 0.731, 0.842), handed_off: share(18, 202, 0.057, 0.136), thumbs_down: share(4, 202, 0.008, 0.05), rating: null }, against: [{ metric: "resolved", difference: 0.151, low: 0.043, high: 0.259, evidence: 26, needed: 20, verdict: "better" }, { metric: "handed_off", difference: -0.061, low: -0.14, high: 0.018, evidence: 2, needed: 20, verdict: "open" }] },
      { arm: "c", answer: "请看说明书。", share: 0.3, customers: 90, waiting: 0, stopped: { at_ms: Date.now() - 3_600_000, by: "guardrail", why: "handed_off", note: "" }, metrics: { resolved: share(30, 90, 0.24, 0.44), handed_off: share(48, 90, 0.43, 0.63) } },
    ] }];
    await stage.signIn();
    await the("knowledge-open").click();
    await the("knowledge-clusters").click();
    await the("cluster").getByText("18 次（上一期 5 次）").waitFor();
    await shoot(page, `${where}-knowledge-clusters`);
    await the("offers-phrasing").getByTestId("offer-yes").click();
    await page.getByText("并加进草稿的相似问").waitFor();
    assert.deepEqual(fake.called("POST", "/offers/o1").at(-1)?.body, { judgement: "yes", text: "保修是几年来着", entry: "warranty" });
    assert.deepEqual(knowledge.draft.get("warranty")?.value.variants, ["保修几年", "质保多久", "保修是几年来着"]);

    await the("cluster").click();
    await the("figures-rise").getByText("+47.5 个百分点（95% 区间 +26 到 +63）。确有提高。").waitFor();
    await the("cluster-evidence").getByText("林晓").waitFor();
    await shoot(page, `${where}-knowledge-cluster`);
    await the("cluster-put").click();
    await the("entry-editor").waitFor();
    assert.equal(await the("entry-field-answer").inputValue(), "可以，选「豆浆」档，水温不超过 100 度。");
    assert.ok(knowledge.draft.has("q-1f"));

    await the("knowledge-experiments").click();
    await page.locator("[data-arm=b] [data-verdict=better]").getByText("比原来的回答好").waitFor();
    await page.locator("[data-arm=c] [data-testid=arm-stopped]").getByText("护栏").waitFor();
    await shoot(page, `${where}-knowledge-experiments`);
    await page.locator("[data-arm=b]").getByTestId("arm-stop").click();
    await the("arm-stop-note").fill("活动结束");
    await the("arm-stop-ok").click();
    await page.locator("[data-arm=b] [data-testid=arm-stopped]").getByText("活动结束").waitFor();
    assert.deepEqual(fake.called("POST", "/experiments/warranty-1/arms/b").at(-1)?.body, { stop: true, note: "活动结束" });
  });
}

test("an agent does not see the knowledge, and its address shows a refusal", { timeout }, async (t) => {
  const stage = await openStage(browser, dist, lin);
  const { page, the } = stage;
  t.after(stage.leave);
  await stage.signIn();
  assert.equal(await the("knowledge-open").count(), 0);
  await page.goto(`${stage.fake.origin}/#/knowledge/entries`);
  await the("knowledge-refused").waitFor();
  assert.deepEqual(stage.fake.called("GET", "/api/knowledge"), []);
});
