// The supervisors' channels in Chromium: list, add, faults at their fields, secrets that stay, diagnosis, health.
import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { after, before, test } from "node:test";
import type { Browser } from "playwright-core";
import { bodyOf, fieldsFor, formOf, sortFaults } from "../../console/src/channels/form.ts";
import type { Channel, Check, Staff } from "../../console/src/wire.ts";
import { buildConsole, openBrowser, shoot } from "./support/browser.ts";
import { lin } from "./support/samples.ts";
import { DESK, openStage, PATIENCE_MS, PHONE } from "./support/stage.ts";

const chief: Staff = { ...lin, role: "supervisor" };
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

function aChannel(more: Partial<Channel["settings"]> = {}): Channel {
  const since = { set: true, previous: false, changed_at_ms: Date.now() - 90_000 };
  return {
    id: "main",
    settings: {
      ...{ name: "晨光小家电", path: "main", kind: "official_account", tier: "service", enabled: true, floor: "main", kept_back: 1 },
      ...{ mode: "safe", appid: "wx0123456789abcdef", original_id: "gh_0123456789ab", hours: { weekly: {} }, notice: null },
      ...more,
    },
    secrets: { token: { ...since, previous: true }, aes_key: since, app_secret: since },
    changed_at_ms: Date.now() - 90_000,
    state: "ready",
  };
}

test("what is put is the form, and what it has no fields for as it was", () => {
  const channel = aChannel();
  const body = bodyOf({ ...formOf(channel), name: " 晨光 ", app_secret: "new" }, channel.settings);
  assert.deepEqual(body, {
    ...{ hours: { weekly: {} }, name: "晨光", kind: "official_account", path: "main", appid: "wx0123456789abcdef", original_id: "gh_0123456789ab" },
    ...{ tier: "service", mode: "safe", app_secret: "new", floor: "main", kept_back: 1, enabled: true },
  });
  assert.ok(bodyOf({ ...formOf(channel), forget_previous: true }, channel.settings).forget_previous);
});

test("each kind has its own fields", () => {
  assert.ok(!fieldsFor({ kind: "kefu", mode: "safe" }).some((field) => ["mode", "tier", "original_id"].includes(field)));
  assert.ok(fieldsFor({ kind: "kefu", mode: "safe" }).includes("open_kfid"));
  assert.ok(!fieldsFor({ kind: "mini_program", mode: "plaintext" }).some((field) => ["tier", "aes_key", "open_kfid"].includes(field)));
});

test("a fault without a field is told all the same", () => {
  const { at, elsewhere } = sortFaults([{ at: "path", code: "channel.taken" }, { at: "notice.values", code: "channel.shape" }], ["path"]);
  assert.deepEqual([...at], [["path", "channel.taken"]]);
  assert.deepEqual(elsewhere, [{ at: "notice.values", code: "channel.shape" }]);
});

const checks: Check[] = [
  { id: "address", title: { "zh-CN": "回调地址", en: "Callback address" }, verdict: "ok", code: "address.ok", detail: "https", fix: null },
  { id: "ip_list", title: { "zh-CN": "IP 白名单", en: "IP list" }, verdict: "failed", code: "ip_list.refused", detail: "203.0.113.7", fix: { "zh-CN": "在公众号后台「基本配置」里把 203.0.113.7 加入 IP 白名单。", en: "Add 203.0.113.7 to the IP list in WeChat's console." } },
  { id: "clock", title: { "zh-CN": "时钟", en: "Clock" }, verdict: "warning", code: "clock.skewed", detail: "+42 s", fix: { "zh-CN": "校准服务器时间。", en: "Set the server's clock." } },
  { id: "template", title: { "zh-CN": "模板消息", en: "Template messages" }, verdict: "skipped", code: "template.unused", detail: "", fix: null },
];

for (const [where, viewport] of [["desk", DESK], ["phone", PHONE]] as const) {
  test(`a supervisor keeps the channels (${where})`, { timeout }, async (t) => {
    const stage = await openStage(browser, dist, chief, viewport);
    const { fake, page, the } = stage;
    t.after(stage.leave);
    fake.channels.set("main", aChannel());
    fake.checks = checks;
    await stage.signIn();
    await the("channels-open").click();
    await the("channel-address").getByText(`${fake.origin}/callback/main`).waitFor();
    assert.ok(!(await the("channels").innerText()).includes("undefined"));
    await shoot(page, `${where}-channels`);

    await the("diagnose").click();
    await the("diagnosis-sum").getByText("2 项需要处理").waitFor();
    await page.locator("[data-check=ip_list][data-verdict=failed]").getByText("加入 IP 白名单").waitFor();
    await shoot(page, `${where}-diagnosis`);
    await page.keyboard.press("Escape");
    await the("diagnosis").waitFor({ state: "detached" });

    await the("channel-edit").click();
    await the("item-token").getByText("已设置，留空则不变").waitFor();
    assert.equal(await the("field-token").inputValue(), "");
    assert.ok(await the("field-appid").isDisabled());
    await the("field-name").fill("晨光小家电旗舰店");
    await shoot(page, `${where}-channel-edit`);
    await the("channel-save").click();
    await page.getByText("晨光小家电旗舰店").waitFor();
    const put = fake.called("PUT", "/api/channels/main").at(-1)?.body ?? assert.fail("nothing was put");
    assert.deepEqual(["token", "aes_key", "app_secret", "forget_previous"].filter((name) => name in put), []);
    assert.deepEqual(put.hours, { weekly: {} });

    await the("channel-add").click();
    await the("field-id").fill("main");
    await the("item-id").getByText("已有这个编号的渠道").waitFor();
    await the("field-id").fill("shop");
    await the("field-name").fill("晨光商城");
    await the("field-path").fill("main");
    await the("item-path").getByText(`${fake.origin}/callback/main`).waitFor();
    fake.channel_faults = [{ at: "path", code: "channel.taken" }, { at: "appid", code: "channel.missing" }, { at: "hours.weekly", code: "channel.shape" }];
    await the("channel-save").click();
    await the("item-path").getByText("已被其他渠道使用").waitFor();
    await the("item-appid").getByText("请填写").waitFor();
    await the("channel-faults").getByText("hours.weekly：格式不对").waitFor();
    await shoot(page, `${where}-channel-faults`);
    await the("field-path").fill("shop");
    await the("field-token").fill("shopToken1");
    await the("channel-save").click();
    await page.locator("[data-testid=channel][data-channel=shop]").waitFor();
    assert.equal(fake.called("PUT", "/api/channels/shop").at(-1)?.body.token, "shopToken1");
    assert.ok(!(await page.content()).includes("shopToken1"));
    await the("channels-back").click();
    await the("list").waitFor();
  });
}

test("everybody is told when WeChat's API does not answer; only supervisors have the channels", { timeout }, async (t) => {
  const stage = await openStage(browser, dist, lin);
  const { fake, page, the } = stage;
  t.after(stage.leave);
  fake.health = [{ channel: "main", state: "down" }, { channel: "shop", state: "ok" }];
  await stage.signIn();
  await the("health").getByText("渠道「main」的微信接口不通").waitFor();
  assert.equal(await the("health").locator("[data-state]").count(), 1);
  assert.equal(await the("channels-open").count(), 0);
  await shoot(page, "desk-health");
});
