// The console in Chromium against the fake: sign in, see, answer, survive a gap, resolve; on a desk and on a phone.
import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { after, before, test } from "node:test";
import type { Browser, Locator, Page } from "playwright-core";
import type { Message, Staff, Ticket } from "../../console/src/wire.ts";
import { buildConsole, composeAndEnter, openBrowser, shoot } from "./support/browser.ts";
import { startFake, type Fake } from "./support/fake.ts";

const me: Staff = { id: "lin", login: "lin", name: "林晓", role: "agent", skill_groups: ["after_sales"], cap: 5 };
const PASSWORD = "correct horse";
/** Generous: a slow machine may take its time, only a console that never gets there fails. */
const PATIENCE_MS = 60_000;
const HOUR_MS = 3_600_000;

let dist = "";
let browser: Browser;
let fake: Fake;
let page: Page;
const faults: string[] = [];

before(async () => {
  dist = await buildConsole();
  browser = await openBrowser();
});
after(async () => {
  await browser?.close();
  if (dist !== "") rmSync(dist, { recursive: true });
});

async function arrive(viewport: { width: number; height: number }, phone = false): Promise<void> {
  fake = await startFake(dist, me, PASSWORD);
  const context = await browser.newContext({ viewport, locale: "zh-CN", reducedMotion: "reduce", hasTouch: phone, isMobile: phone });
  context.setDefaultTimeout(PATIENCE_MS);
  page = await context.newPage();
  faults.length = 0;
  page.on("pageerror", (error) => faults.push(String(error)));
  page.on("console", (line) => line.type() === "error" && !line.text().includes("status of 4") && faults.push(line.text()));
  page.on("request", (request) => request.url().startsWith(fake.origin) || faults.push(`left our origin: ${request.url()}`));
  await page.goto(fake.origin);
}

async function leave(): Promise<void> {
  await page.context().close();
  await fake.close();
  assert.deepEqual(faults, []);
}

const the = (name: string): Locator => page.getByTestId(name);

async function signIn(password = PASSWORD): Promise<void> {
  await the("sign-in-login").fill("lin");
  await the("sign-in-password").fill(password);
  await the("sign-in-submit").click();
}

function ticket(id: string, question: string, more: Partial<Ticket> = {}): Ticket {
  const waiting_since_ms = Date.now() - 65_000;
  return {
    id,
    channel: "main",
    customer: `oX7p${id}`,
    question,
    urgency: "normal",
    skill_group: "after_sales",
    state: "assigned",
    agent: "lin",
    epoch: 1,
    opened_at_ms: waiting_since_ms,
    resolved_at_ms: null,
    waiting_since_ms,
    unanswered: 1,
    last_seq: 0,
    trouble: false,
    ...more,
  };
}

function said(seq: number, text: string, more: Partial<Message> = {}): Message {
  return { seq, at_ms: Date.now() - 120_000 + seq * 1_000, author: "customer", content: { kind: "text", text }, carrier: "ticket", answer: null, ...more };
}

const answered = said(1, "保修期多久？", {
  carrier: "passive",
  answer: { text: "整机保修一年，电机保修三年。", evidence: { entry: "e12", question: "保修多久", score: 0.8123, version: 3 } },
});
const quota = () => ({ left: 4, of: 5, closes_at_ms: Date.now() + 31.5 * HOUR_MS });

async function until(holds: () => boolean): Promise<void> {
  const limit_ms = Date.now() + PATIENCE_MS;
  while (!holds()) {
    assert.ok(Date.now() < limit_ms, "never came true");
    await new Promise((resume) => setTimeout(resume, 50));
  }
}

/** Safari ends the composition first and reports the Enter that did it afterwards, no longer as composing. */
async function endCompositionAsSafari(): Promise<void> {
  await the("composer-text").evaluate((box) => {
    const enter = { key: "Enter", code: "Enter", keyCode: 13, bubbles: true, cancelable: true };
    box.dispatchEvent(new CompositionEvent("compositionstart", { bubbles: true }));
    box.dispatchEvent(new CompositionEvent("compositionend", { bubbles: true, data: "" }));
    box.dispatchEvent(new KeyboardEvent("keydown", enter));
    box.dispatchEvent(new KeyboardEvent("keyup", enter));
  });
}

test("an agent's day at a desk", { timeout: 5 * PATIENCE_MS }, async (t) => {
  await arrive({ width: 1280, height: 800 });
  t.after(leave);

  await t.test("a wrong password is told, the right one leads in", async () => {
    await signIn("wrong");
    await the("sign-in-error").getByText("账号或密码不对").waitFor();
    await shoot(page, "desk-sign-in");
    await signIn();
    await page.locator('[data-testid=connection][data-state=online]').waitFor();
  });

  await t.test("a ticket appears without a reload", async () => {
    assert.equal(await the("ticket-row").count(), 0);
    const messages = [answered, said(2, "我的电热水壶漏电，还有点烫手，怎么办？"), said(3, "转人工")];
    fake.addTicket(ticket("t9k2aa", "我的电热水壶漏电，还有点烫手，怎么办？", { urgency: "high", unanswered: 2 }), messages, quota());
    fake.addTicket(ticket("t9k2bb", "发票能开专票吗", { waiting_since_ms: Date.now() - 200_000 }), [said(1, "发票能开专票吗")], quota());
    await the("ticket-row").nth(1).waitFor();
    const first = the("ticket-row").first();
    assert.equal(await first.getAttribute("data-ticket"), "t9k2bb", "the longest waiting first");
    assert.equal(await first.getAttribute("data-unread"), "true");
  });

  await t.test("opening shows the messages, the bot's answer with its evidence, the quota", async () => {
    await page.locator("[data-ticket=t9k2aa]").click();
    await the("answer").getByText("电机保修三年").waitFor();
    await page.locator("[data-ticket=t9k2aa][data-unread=false]").waitFor();
    await the("quota").getByText("还可发 4/5 条，31 小时后关闭").waitFor();
    await the("evidence-open").click();
    await the("evidence").getByText("相似度 0.81，知识库第 3 版").waitFor();
    await shoot(page, "desk-evidence");
  });

  await t.test("Enter that ends a composition does not send; the next Enter does, once", async () => {
    await the("composer-text").click();
    await composeAndEnter(page, "您好，请先拔掉电源");
    assert.equal(await the("composer-text").inputValue(), "您好，请先拔掉电源");
    await page.keyboard.press("Shift+Enter");
    await page.keyboard.type("不要再使用。");
    await endCompositionAsSafari();
    assert.equal(fake.called("POST", "/replies").length, 0);
    await shoot(page, "desk-composing");
    await page.keyboard.press("Enter");
    await page.locator('[data-testid=message][data-seq="4"][data-status=queued]').waitFor();
    assert.deepEqual(fake.called("POST", "/replies").map(({ body }) => body.text), ["您好，请先拔掉电源\n不要再使用。"]);
    assert.equal(await the("composer-text").inputValue(), "");
  });

  await t.test("its fate is read until it is settled", async () => {
    fake.settle("t9k2aa", 4, "attempting");
    await page.locator('[data-seq="4"][data-status=attempting]').waitFor();
    fake.settle("t9k2aa", 4, "delivered");
    await page.locator('[data-seq="4"]').getByText("已送达").waitFor();
  });

  await t.test("an answer lost on the way is asked for again under the same id", async () => {
    fake.refusals.reply.push("drop");
    fake.settle_as = "uncertain";
    await the("composer-text").fill("售后师傅今天会联系您。");
    await the("composer-send").click();
    await page.locator('[data-seq="5"][data-status=uncertain]').waitFor();
    fake.settle("t9k2aa", 5, "uncertain", "no_answer");
    const ids = () => fake.called("POST", "/replies").slice(1).map(({ body }) => body.client_id);
    await until(() => ids().length >= 2);
    assert.equal(new Set(ids()).size, 1);
    assert.equal(fake.messages("t9k2aa").length, 5);
    await page.locator('[data-ticket=t9k2aa] [data-testid=ticket-trouble]').waitFor();
  });

  await t.test("an unknown outcome can be sent again, linked, after a question", async () => {
    fake.settle_as = "delivered";
    await page.locator('[data-seq="5"]').getByTestId("send-again").click();
    await shoot(page, "desk-send-again");
    await the("send-again-ok").click();
    await page.locator('[data-seq="6"][data-status=delivered]').waitFor();
    assert.equal(fake.messages("t9k2aa").at(-1)?.resend_of, 5);
    await page.locator('[data-seq="5"]').getByTestId("sent-again").waitFor();
    assert.equal(await the("send-again").count(), 0);
  });

  await t.test("a refusal is told in plain words and gives the text back", async () => {
    fake.refusals.reply.push({ status: 409, code: "reply.quota_used" });
    await the("composer-text").fill("还有一句");
    await page.keyboard.press("Enter");
    await the("pending-why").getByText("可发条数已用完，这条没有发出").waitFor();
    await the("pending-back").click();
    assert.equal(await the("composer-text").inputValue(), "还有一句");
    await the("composer-text").fill("");
  });

  await t.test("a lost frame is resumed, a lost socket too", async () => {
    fake.loseFrames(2);
    fake.customerSends("t9k2aa", { kind: "image", media_id: "m1", url: "http://mmbiz.qpic.cn/x.jpg" });
    fake.customerSends("t9k2bb", { kind: "text", text: "急用" });
    await page.locator('[data-seq="7"]').getByText("图片没有保存下来").waitFor();
    await page.locator("[data-ticket=t9k2bb]").getByTitle("2 条待回复").waitFor();
    fake.dropSockets(1012);
    await page.locator('[data-testid=connection][data-state=reconnecting]').waitFor();
    await page.locator('[data-testid=connection][data-state=online]').waitFor();
    const resumes = fake.called("RESUME", "").map(({ body }) => body.seq);
    assert.ok(resumes.length >= 3 && resumes.slice(1).every((seq) => typeof seq === "number"), String(resumes));
    await shoot(page, "desk-conversation");
  });

  await t.test("resolving shows what came meanwhile and asks again", async () => {
    fake.loseFrames(Infinity);
    await the("resolve").click();
    await the("resolve-ok").waitFor();
    fake.customerSends("t9k2aa", { kind: "text", text: "等等，还有一个问题" });
    await the("resolve-ok").click();
    await the("new-messages").getByText("等等，还有一个问题").waitFor();
    await shoot(page, "desk-new-messages");
    assert.equal(fake.ticket("t9k2aa").state, "assigned");
    fake.loseFrames(0);
    await page.getByRole("button", { name: "仍然结束" }).click();
    await the("not-mine").getByText("会话已结束").waitFor();
    assert.equal(fake.ticket("t9k2aa").state, "resolved");
    await the("tab-resolved").click();
    await page.locator("[data-testid=rows-resolved] [data-ticket=t9k2aa] [data-testid=ticket-resolved]").waitFor();
  });

  await t.test("speaks English, and remembers it", async () => {
    await the("language-switch").click();
    await the("not-mine").getByText("This conversation is resolved").waitFor();
    await page.reload();
    await page.locator('[data-testid=connection][data-state=online]').getByText("Online").waitFor();
    await shoot(page, "desk-english");
    await page.emulateMedia({ colorScheme: "dark" });
    await page.locator("[data-ticket=t9k2bb]").click();
    await the("quota").waitFor();
    await shoot(page, "desk-dark");
  });

  await t.test("a session that ends leads to the sign-in page", async () => {
    fake.endSession();
    await the("sign-in").getByText("Your session has ended").waitFor();
  });
});

test("reading back in a long conversation", { timeout: 5 * PATIENCE_MS }, async (t) => {
  await arrive({ width: 1024, height: 768 });
  t.after(leave);
  const day_ms = 24 * HOUR_MS;
  const messages = Array.from({ length: 112 }, (_, place) => said(place + 1, `第 ${place + 1} 条`, { at_ms: Date.now() - (place < 90 ? 2 * day_ms : day_ms) }));
  const seq = (place: number) => ({ seq: messages.length + place, at_ms: Date.now() - 60_000 });
  const reply = (place: number, more: Partial<Message>): Message => ({ ...said(0, "您好，已为您登记"), author: "agent", staff: "lin", ...seq(place), ...more });
  messages.push(
    said(0, "", { ...seq(1), content: { kind: "follow", scene: "poster" } }),
    said(0, "", { ...seq(2), content: { kind: "voice", media_id: "m", format: "amr", recognition: "水壶一直响" } }),
    said(0, "", { ...seq(3), content: { kind: "location", latitude: "31.2304", longitude: "121.4737", label: "上海市黄浦区人民大道" } }),
    said(0, "", { ...seq(4), content: { kind: "link", title: "这是什么", description: "点开看看", url: "javascript:alert(1)" } }),
    reply(5, { status: "failed", reason: "content" }),
    reply(6, { status: "uncertain", reason: "interrupted" }),
    reply(7, { staff: "chen", status: "delivered" }),
    said(0, "响声一般是水垢，可用柠檬酸清洗。", { ...seq(8), author: "bot", status: "delivered", evidence: { entry: "e7", question: "水壶响", score: 0.7, version: 3 } }),
  );
  fake.addTicket(ticket("t9k2dd", "水壶一直响"), messages, { left: 0, of: 5, closes_at_ms: Date.now() + HOUR_MS });
  await signIn();
  await page.locator("[data-ticket=t9k2dd]").click();
  const last = page.locator('[data-seq="120"]');
  await last.waitFor();
  assert.ok(await inView(last), "opens at its end");
  await shoot(page, "desk-kinds");
  assert.equal(await the("messages").locator("a").count(), 0, "a script is no address");
  await last.getByTestId("evidence-open").click();
  await last.getByTestId("evidence").getByText("相似度 0.70").waitFor();
  await page.locator('[data-seq="117"]').getByText("发送失败：微信不接受这段内容").waitFor();
  await page.locator('[data-seq="117"]').getByTestId("back-to-composer").click();
  assert.equal(await the("composer-text").inputValue(), "您好，已为您登记");

  await the("older").scrollIntoViewIfNeeded();
  const first = page.locator('[data-seq="71"]');
  const before = (await first.boundingBox())?.y ?? assert.fail("not there");
  await the("older").click();
  await page.locator('[data-seq="21"]').waitFor({ state: "attached" });
  const after_y = (await first.boundingBox())?.y ?? assert.fail("gone");
  assert.ok(Math.abs(after_y - before) <= 60, `what was being read moved from ${before} to ${after_y}`);

  fake.customerSends("t9k2dd", { kind: "text", text: "还在吗" });
  await the("new-below").waitFor();
  assert.ok(await inView(first), "a new message does not take the page away");
  await shoot(page, "desk-new-below");
  await the("new-below").click();
  await page.locator('[data-seq="121"]').getByText("还在吗").waitFor();
  await the("new-below").waitFor({ state: "detached" });
});

async function inView(target: Locator): Promise<boolean> {
  const [box, log] = [await target.boundingBox(), await the("messages").boundingBox()];
  return box !== null && log !== null && box.y >= log.y - 1 && box.y + box.height <= log.y + log.height + 1;
}

test("the same on a phone", { timeout: 5 * PATIENCE_MS }, async (t) => {
  await arrive({ width: 390, height: 844 }, true);
  t.after(leave);
  await shoot(page, "phone-sign-in");
  await signIn();
  fake.addTicket(ticket("t9k2aa", "我的电热水壶漏电，还有点烫手，怎么办？", { urgency: "high", trouble: true }), [answered, said(2, "我的电热水壶漏电，还有点烫手，怎么办？")], quota());
  fake.addTicket(ticket("t9k2cc", "在吗", { state: "waiting", agent: null }), [said(1, "在吗")], quota());
  await page.locator("[data-ticket=t9k2aa]").waitFor();
  await shoot(page, "phone-list");
  await page.locator("[data-ticket=t9k2aa]").tap();
  await the("answer").waitFor();
  assert.equal(await the("list").count(), 0);
  fake.settle_as = "delivered";
  await the("composer-text").fill("您好");
  await page.keyboard.press("Enter");
  assert.equal(fake.called("POST", "/replies").length, 0, "Enter starts a line on a phone");
  await the("composer-send").tap();
  await page.locator('[data-seq="3"][data-status=delivered]').waitFor();
  await shoot(page, "phone-conversation");
  await the("pane-back").tap();
  await the("tab-waiting").tap();
  await page.locator("[data-ticket=t9k2cc]").tap();
  await the("not-mine").getByText("分配给您后即可回复").waitFor();
  await page.goBack();
  await the("sign-out").tap();
  await the("sign-in").waitFor();
  assert.equal(await the("sign-in-ended").count(), 0);
  assert.equal(new URL(page.url()).hash, "#/");
  assert.equal(await page.evaluate(() => Object.keys(sessionStorage).filter((name) => name.startsWith("shunda.draft")).length), 0);
});
