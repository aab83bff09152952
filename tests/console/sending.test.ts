// What may be sent, what became of it, and who cannot be reached: in Chromium, at a desk and on a phone.
import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { after, before, test } from "node:test";
import type { Browser } from "playwright-core";
import type { Message } from "../../console/src/wire.ts";
import { buildConsole, openBrowser, shoot } from "./support/browser.ts";
import { lin } from "./support/samples.ts";
import { DESK, openStage, openTicket, PATIENCE_MS, PHONE, said, type Stage } from "./support/stage.ts";

const HOUR_MS = 3_600_000;
const timeout = 5 * PATIENCE_MS;

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

const quota = (left: number, open_ms = 31.5 * HOUR_MS) => ({ left, of: 5, closes_at_ms: Date.now() + open_ms });

async function write(stage: Stage, text: string): Promise<void> {
  await stage.the("composer-text").fill(text);
  await stage.the("composer-send").click();
}

for (const [where, viewport] of [["desk", DESK], ["phone", PHONE]] as const) {
  test(`what is left to send, and what waits for the customer (${where})`, { timeout }, async (t) => {
    const stage = await openStage(browser, dist, lin, viewport);
    const { fake, page, the } = stage;
    t.after(stage.leave);
    await stage.signIn();
    fake.addTicket(openTicket("tq", "电饭煲的内胆能单独买吗？"), [said(1, "电饭煲的内胆能单独买吗？")], quota(3));
    fake.changeConversation("tq", { kept_back: 1 });
    await page.locator("[data-ticket=tq]").click();
    await page.locator("[data-testid=quota][data-level=plenty]").getByText("还可发 3/5 条，31 小时后关闭（保留 1 条给结束语）").waitFor();
    await shoot(page, `${where}-quota`);

    fake.changeConversation("tq", { quota: quota(2, 20 * 60_000) });
    await page.locator("[data-testid=quota][data-level=low]").getByText("19 分钟后关闭").waitFor();
    fake.changeConversation("tq", { quota: quota(1) });
    await page.locator("[data-testid=quota][data-level=out]").getByText("只剩留给结束语的条数").waitFor();
    fake.refusals.reply.push({ status: 409, code: "reply.quota_used" });
    await write(stage, "可以单独买，型号是 NJ-3。");
    await the("pending-why").getByText("可发条数已用完").waitFor();
    await shoot(page, `${where}-refused`);
    const refused = fake.called("POST", "/replies").at(-1)?.body.client_id;
    fake.settle_as = "delivered";
    await the("pending-closing").click();
    await page.locator('[data-testid=message][data-seq="2"][data-status=delivered]').waitFor();
    const closing = fake.called("POST", "/replies").at(-1)?.body;
    assert.equal(closing?.closing, true);
    assert.notEqual(closing?.client_id, refused, "a refused reply is over: this is a new one");

    await page.locator("[data-testid=quota][data-level=out]").getByText("可发条数已用完").waitFor();
    fake.refusals.reply.push({ status: 409, code: "reply.window_closed" });
    await write(stage, "内胆到货后我再通知您。");
    await the("pending-why").getByText("超出可回复时间").waitFor();
    assert.equal(await the("pending-closing").count(), 0, "no place is kept outside of the window");
    await the("pending-wait").click();
    const waiting = page.locator('[data-testid=message][data-seq="3"][data-status=waiting]');
    await waiting.getByText("等客户发言后发送：超出可回复时间").waitFor();
    assert.equal(fake.called("POST", "/replies").at(-1)?.body.wait, true);
    await the("quota-waiting").getByText("1 条等客户发言后发送").waitFor();
    await shoot(page, `${where}-waiting`);
    await waiting.getByTestId("withdraw").click();
    await page.locator('[data-seq="3"]').getByText("已撤回，没有发出").waitFor();
    await the("quota-waiting").waitFor({ state: "detached" });
    assert.equal(fake.called("POST", "/withdrawals").length, 1);
  });

  test(`each message has its trail (${where})`, { timeout }, async (t) => {
    const stage = await openStage(browser, dist, lin, viewport);
    const { fake, page, the } = stage;
    t.after(stage.leave);
    await stage.signIn();
    const at_ms = Date.now() - 60_000;
    const receipt = { received_at_ms: at_ms, verified_at_ms: at_ms + 3, decided_at_ms: at_ms + 41, offered_at_ms: at_ms + 48 };
    const mine = (seq: number, text: string, more: Partial<Message>): Message => ({ seq, at_ms: at_ms + seq * 1_000, author: "agent", staff: "lin", content: { kind: "text", text }, ...more });
    const tried = (errcode?: number, ms = 300) => ({ began_at_ms: at_ms + 5_000, ended_at_ms: at_ms + 5_000 + ms, ...(errcode === undefined ? {} : { errcode }) });
    const messages = [
      said(1, "保修多久？", { at_ms, carrier: "passive", receipt, answer: { text: "整机一年。", evidence: { source: "responder", entry: "手册 3.2", question: "保修多久", score: 0.9, version: 3 } } }),
      said(2, "转人工", { at_ms: at_ms + 2_000, receipt: { received_at_ms: at_ms + 2_000, verified_at_ms: at_ms + 2_002, decided_at_ms: at_ms + 2_020 } }),
      mine(3, "您好，我是客服小林。", { status: "delivered", tries: [tried(-1), { ...tried(0, 120), began_at_ms: at_ms + 6_500, ended_at_ms: at_ms + 6_620 }] }),
      mine(4, "请问买了多久？", { status: "delivered", joined_to: 3 }),
      mine(5, "补充一张保修卡说明", { status: "failed", reason: "account", tries: [tried(48_001)] }),
    ];
    fake.addTicket(openTicket("tt", "保修多久？"), messages, quota(4));
    await page.locator("[data-ticket=tt]").click();
    await page.locator('[data-seq="4"]').getByTestId("joined").waitFor();
    await page.locator('[data-seq="1"]').getByTestId("trail-open").click();
    const trail = the("trail");
    await trail.getByText("随回调送出，微信受理").waitFor();
    assert.deepEqual(await trail.locator(".trail-lapse").allTextContents(), ["", "+3 ms", "+38 ms", "+7 ms"]);
    await shoot(page, `${where}-trail-received`);
    await page.keyboard.press("Escape");
    await trail.waitFor({ state: "detached" });
    await page.locator('[data-seq="3"]').getByTestId("trail-open").click();
    await trail.getByText("微信系统繁忙，会自动重试（-1）").waitFor();
    assert.deepEqual(await trail.locator("li").evaluateAll((steps) => steps.map((step) => step.getAttribute("data-step"))), ["queued", "sent", "refused", "sent", "accepted"]);
    await shoot(page, `${where}-trail-sent`);
    await page.keyboard.press("Escape");
    await trail.waitFor({ state: "detached" });
    await the("evidence-open").click();
    await the("evidence").getByText("来自企业自己的应答服务：手册 3.2").waitFor();
  });

  test(`who the customer is with, where they came from, and that they left (${where})`, { timeout }, async (t) => {
    const stage = await openStage(browser, dist, lin, viewport);
    const { fake, page, the } = stage;
    t.after(stage.leave);
    await stage.signIn();
    fake.addTicket(openTicket("th", "我想退货"), [said(1, "我想退货")], quota(4));
    const origins = [{ at_ms: 1, by: "scan", scene: "box_card" }, { at_ms: 2, by: "enter", scene: "shop_home" }];
    fake.changeConversation("th", { native: "kf2001@corp", origins });
    await page.locator("[data-ticket=th]").click();
    await the("native").getByText("微信客服（kf2001@corp）接待").waitFor();
    await the("origins").getByText("来源：扫码 box_card · 最近：进入会话 shop_home").waitFor();
    await shoot(page, `${where}-native`);
    fake.person = {
      identities: [
        { channel: "main", channel_name: "公众号", customer: "oX7pth", joined_by: "itself", remark: "老客户", subscribed_at_ms: Date.now() - HOUR_MS, language: "zh_CN" },
        { channel: "kf", channel_name: "微信客服", customer: "wm0001", joined_by: "unionid", nickname: "王小明" },
      ],
      elsewhere: 1,
    };
    fake.history = [{ ...said(4, "上次买的水壶漏水"), channel: "kf", channel_name: "微信客服", customer: "wm0001" }];
    await the("person-open").click();
    await the("person").getByText("王小明").waitFor();
    await the("person-said").getByText("上次买的水壶漏水").waitFor();
    await shoot(page, `${where}-person`);
    await page.keyboard.press("Escape");
    await the("person").waitFor({ state: "detached" });
    fake.changeConversation("th", { native: null, gone: true, quota: null });
    await the("gone").getByText("已取消关注").waitFor();
    await the("native").waitFor({ state: "detached" });
    await shoot(page, `${where}-gone`);
    await the("composer-text").fill("x");
  });
}
