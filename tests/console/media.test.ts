// Files both ways in Chromium: shown, played, saved; chosen, pasted and dropped into a reply.
import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { after, before, test } from "node:test";
import type { Browser } from "playwright-core";
import { buildConsole, composeAndEnter, openBrowser, shoot } from "./support/browser.ts";
import { lin } from "./support/samples.ts";
import { DESK, openStage, openTicket, PATIENCE_MS, PHONE, said } from "./support/stage.ts";

const timeout = 5 * PATIENCE_MS;
/** One grey pixel. */
const PNG = Buffer.from("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNoAAAAggCBd81ytgAAAABJRU5ErkJggg==", "base64");
const key = (place: number) => `0123456789abcdef/${place.toString(16).padStart(32, "f")}`;

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

const kept = (place: number, content_type: string, bytes = PNG.length) => ({ state: "kept" as const, key: key(place), content_type, bytes });

for (const [where, viewport] of [["desk", DESK], ["phone", PHONE]] as const) {
  test(`what customers send is shown, played or saved (${where})`, { timeout }, async (t) => {
    const stage = await openStage(browser, dist, lin, viewport);
    const { fake, page, the } = stage;
    t.after(stage.leave);
    for (const [place, content_type] of [[1, "image/png"], [2, "audio/mpeg"], [3, "video/mp4"]] as const) fake.media.set(key(place), { content_type, body: PNG });
    await stage.signIn();
    fake.addTicket(openTicket("tm", "看看这个"), [
      said(1, "", { content: { kind: "image", media_id: "m", url: "" }, media: kept(1, "image/png") }),
      said(2, "", { content: { kind: "voice", media_id: "m", format: "mp3", recognition: "水壶一直响" }, media: kept(2, "audio/mpeg") }),
      said(3, "", { content: { kind: "voice", media_id: "m", format: "amr" }, media: kept(4, "audio/amr", 5_120) }),
      said(4, "", { content: { kind: "video", media_id: "m", thumb_media_id: "t" }, media: kept(3, "video/mp4") }),
      said(5, "", { content: { kind: "file", title: "发票.pdf", size_bytes: "1" }, media: kept(5, "application/pdf", 3_145_728) }),
      said(6, "", { content: { kind: "image", media_id: "m", url: "" }, media: { state: "lost", reason: "gone" } }),
      said(7, "", { content: { kind: "image", media_id: "m", url: "" }, media: { state: "fetching" } }),
    ], { left: 4, of: 5, closes_at_ms: Date.now() + 3_600_000 });
    await page.locator("[data-ticket=tm]").click();
    const picture = the("media-image").locator("img");
    await picture.scrollIntoViewIfNeeded();
    await page.waitForFunction(() => document.querySelector<HTMLImageElement>("[data-testid=media-image] img")?.naturalWidth === 1);
    await page.locator('[data-seq="2"]').getByText("水壶一直响").waitFor();
    assert.equal(await the("media-audio").count(), 1, "no browser plays amr");
    assert.equal(await page.locator('[data-seq="5"]').getByTestId("media-file").getAttribute("download"), "发票.pdf");
    await page.locator('[data-seq="5"]').getByText("下载（3.0 MB）").waitFor();
    await page.locator('[data-seq="6"]').getByText("没有保存下来：微信那里已经没有了").waitFor();
    await shoot(page, `${where}-media-top`);
    await page.locator('[data-seq="7"]').scrollIntoViewIfNeeded();
    await shoot(page, `${where}-media`);
  });

  test(`a file goes into a reply by a button, a paste or a drop (${where})`, { timeout }, async (t) => {
    const stage = await openStage(browser, dist, lin, viewport);
    const { fake, page, the } = stage;
    t.after(stage.leave);
    await stage.signIn();
    fake.addTicket(openTicket("tf", "怎么清洗？"), [said(1, "怎么清洗？")], { left: 5, of: 5, closes_at_ms: Date.now() + 3_600_000 });
    await page.locator("[data-ticket=tf]").click();
    fake.settle_as = "delivered";
    await the("attach-input").setInputFiles({ name: "清洗步骤.png", mimeType: "image/png", buffer: PNG });
    await the("attachment").getByText("清洗步骤.png").waitFor();
    await the("composer-text").click();
    await composeAndEnter(page, "请看图");
    assert.equal(fake.called("POST", "/media").length, 0, "the Enter of an input method sends no file either");
    await shoot(page, `${where}-attachment`);
    await the("composer-send").click();
    await page.locator('[data-testid=message][data-seq="3"][data-status=delivered]').getByText("请看图").waitFor();
    await page.locator('[data-testid=message][data-seq="2"]').getByTestId("media-image").waitFor();
    const [first, second] = fake.called("POST", "/replies").map(({ body }) => body);
    assert.deepEqual(first?.media, { key: fake.media.keys().next().value, kind: "image", name: "清洗步骤.png" });
    assert.ok(!("text" in (first ?? {})) && second?.text === "请看图", "the file and the words are a message each");
    assert.equal(await the("attachment").count(), 0);
    await shoot(page, `${where}-file-sent`);

    fake.refusals.media.push({ status: 422, code: "media.type" });
    await page.evaluate((bytes) => {
      const data = new DataTransfer();
      data.items.add(new File([new Uint8Array(bytes)], "pasted.bmp", { type: "image/bmp" }));
      document.querySelector("[data-testid=composer-text]")?.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true }));
    }, [...PNG]);
    await the("attachment").getByText("pasted.bmp").waitFor();
    await the("composer-send").click();
    await the("attachment-why").getByText("该渠道不支持这种文件格式").waitFor();
    await shoot(page, `${where}-file-refused`);
    await the("attachment-remove").click();
    await the("attachment").waitFor({ state: "detached" });

    await page.evaluate(() => {
      const data = new DataTransfer();
      data.items.add(new File(["x"], "dropped.png", { type: "image/png" }));
      document.querySelector("[data-testid=composer]")?.dispatchEvent(new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true }));
    });
    await the("attachment").getByText("dropped.png").waitFor();
    await the("composer-send").click();
    await page.locator('[data-testid=message][data-seq="4"]').getByTestId("media-image").waitFor();
  });
}
