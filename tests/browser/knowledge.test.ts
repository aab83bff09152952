// Knowledge as editor and supervisor live it: the console's pages on the real Wasm, customers on the simulator.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import path from "node:path";
import { after, before, test } from "node:test";
import type { Browser, Locator, Page } from "playwright-core";
import { buildConsole } from "../../scripts/build-console.ts";
import { root } from "../../scripts/shell.ts";
import { openBrowser, shoot } from "../console/support/browser.ts";
import { expectStatus, passwordOf, Stage, until } from "../edge/support/stage.ts";

/** Generous: a slow machine may take its time, only what never comes fails. */
const PATIENCE_MS = 90_000;
const unknown = "你们老板喜欢什么颜色的袜子呀";

let stage: Stage;
let browser: Browser;
const faults: string[] = [];

before(async () => {
  await buildConsole();
  [stage, browser] = await Promise.all([Stage.open({ settings: { experiment_s: 1 } }), openBrowser()]);
  const li = { id: "li", login: "li", name: "李静", role: "editor", skill_groups: [], cap: 0, password: passwordOf("li") };
  expectStatus(200, await stage.operator("PUT", "staff", { staff: [li] }));
  const seed = JSON.parse(readFileSync(path.join(root, "kv-seed/knowledge.json"), "utf8"));
  const arms = [{ id: "b", answer: "不卖，谢谢关注。", share: 0.5 }];
  const entries = [...seed.entries, { id: "moon", question: "月球上的房子卖吗", answer: "不卖。" }];
  expectStatus(200, await stage.operator("PUT", "knowledge", { ...seed, entries, experiments: [{ id: "moon-1", entry: "moon", arms }] }));
});
after(async () => {
  await browser?.close();
  await stage?.close();
});

async function signedIn(login: string): Promise<Page> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, locale: "zh-CN", timezoneId: "Asia/Shanghai", reducedMotion: "reduce" });
  context.setDefaultTimeout(PATIENCE_MS);
  const page = await context.newPage();
  page.on("pageerror", (error) => faults.push(String(error)));
  await page.goto(stage.worker.url);
  await page.getByTestId("sign-in-login").fill(login);
  await page.getByTestId("sign-in-password").fill(passwordOf(login));
  await page.getByTestId("sign-in-submit").click();
  await page.getByTestId("knowledge-open").click();
  return page;
}

/** What somebody new hears. */
async function heard(text: string): Promise<string> {
  const customer = await stage.customer();
  await stage.says(customer, text);
  return (await stage.heard(customer)).at(-1) ?? "";
}

test("an edit goes from an editor over a supervisor to customers", { timeout: 10 * PATIENCE_MS }, async (t) => {
  let isBroken = false;
  const step = (name: string, act: () => Promise<void>): Promise<void> =>
    t.test(name, { skip: isBroken && "an earlier step failed" }, async () => {
      isBroken = true;
      await act();
      isBroken = false;
    });
  let li: Page;
  let chen: Page;
  const the = (page: Page, name: string): Locator => page.getByTestId(name);

  await step("the editor changes an entry and imports a table", async () => {
    li = await signedIn("li");
    await li.locator("[data-entry=moon]").click();
    await the(li, "entry-field-answer").fill("月球上的房子不卖，火星的也不卖。");
    await the(li, "entry-save").click();
    await the(li, "entry-pending").getByText("火星的也不卖").waitFor();
    await the(li, "knowledge-back").click();
    await the(li, "import-open").click();
    const table = (text: string) => ({ name: "faq.csv", mimeType: "text/csv", buffer: Buffer.from(text) });
    await the(li, "import-input").setInputFiles(table("编号,问题,答案\nsocks,,绿色\n"));
    await the(li, "import-fault").waitFor();
    await shoot(li, "knowledge-1-faults");
    await the(li, "import-input").setInputFiles(table(`编号,问题,答案\nsocks,${unknown},绿色的。\n`));
    await the(li, "import-put").click();
    await li.locator("[data-entry=socks]").waitFor();
    await shoot(li, "knowledge-2-entries");
  });

  await step("live questions are put to the draft, and what would change is shown", async () => {
    await the(li, "knowledge-versions").click();
    await the(li, "shadow-begin").click();
    await until("the run has scored a question", async () => {
      await heard(unknown);
      const { shadow } = (await stage.as("li", "GET", "knowledge/shadow")).body;
      return shadow?.counts.gained > 0 || undefined;
    });
    await li.reload();
    await the(li, "shadow-sum").getByText("会得到不同的回答").waitFor();
    await the(li, "shadow-sum").scrollIntoViewIfNeeded();
    await shoot(li, "knowledge-3-shadow");
    await the(li, "shadow-end").click();
    await the(li, "shadow-end-ok").click();
    await the(li, "shadow-begin").waitFor();
  });

  await step("submitted, approved by another, published, heard", async () => {
    await the(li, "knowledge-entries").click();
    await the(li, "pending-open").click();
    await the(li, "submit-note").fill("月球与袜子");
    await the(li, "submit").click();
    await li.getByText("已提交，等待他人审核").waitFor();
    chen = await signedIn("chen");
    await the(chen, "knowledge-versions").click();
    await the(chen, "review-approve").click();
    await the(chen, "publish").click();
    await the(chen, "publish-ok").click();
    await chen.locator("[data-version='3']").getByTestId("version-current").waitFor();
    await shoot(chen, "knowledge-4-versions");
    await until("customers hear it", async () => (await heard(unknown)).includes("绿色的。") || undefined);
  });

  await step("what nobody could answer is listed, experiments are shown with their figures", async () => {
    await heard("你们公司几点发工资呀");
    await until("it is told", async () => (await stage.as("chen", "GET", "insight/questions")).body.questions.some((one: any) => one.asked.text.includes("发工资")) || undefined);
    for (let number = 0; number < 6; number += 1) await heard("月球上的房子卖吗");
    await the(chen, "knowledge-clusters").click();
    await chen.getByText("你们公司几点发工资呀").first().waitFor();
    await shoot(chen, "knowledge-5-clusters");
    await until("a customer counts", async () => (await stage.as("chen", "GET", "insight/experiments")).body.experiments[0].arms[0].customers > 0 || undefined);
    await the(chen, "knowledge-experiments").click();
    await chen.getByText("月球上的房子卖吗").first().waitFor();
    await shoot(chen, "knowledge-6-experiments");
    assert.deepEqual(faults, []);
  });
});
