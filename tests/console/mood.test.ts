// Moods: what is shown of them, in which order tickets wait, and the one tap that says otherwise.
import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { after, before, test } from "node:test";
import type { Browser } from "playwright-core";
import { hasWords, shownAspects } from "../../console/src/conversation/mood.ts";
import { listTab } from "../../console/src/floor/list.ts";
import { emptyFloor } from "../../console/src/floor/state.ts";
import type { Mood } from "../../console/src/wire.ts";
import { en } from "../../console/src/words/en.ts";
import { moodEvidence, pressesBecause } from "../../console/src/words/phrases.ts";
import { zh } from "../../console/src/words/zh.ts";
import { buildConsole, openBrowser, shoot } from "./support/browser.ts";
import { aMessage, aTicket, lin } from "./support/samples.ts";
import { openStage, openTicket, PATIENCE_MS, said } from "./support/stage.ts";

const angry: Mood = { anger: 0.82, urgency: 0.3, words: [{ aspect: "anger", word: "忍无可忍" }, { aspect: "negative", word: "忍无可忍" }, { aspect: "anger", word: "气死" }] };

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

test("what is strong enough is shown, and what people say holds", () => {
  assert.deepEqual(shownAspects(angry), ["anger"]);
  assert.deepEqual(shownAspects(angry, { anger: false, urgency: true }), ["urgency"]);
  assert.deepEqual(shownAspects(undefined), []);
});

test("only words have a mood", () => {
  assert.ok(hasWords(aMessage(1)));
  assert.ok(hasWords({ content: { kind: "voice", media_id: "m", format: "amr", recognition: "气死我了" } }));
  assert.ok(!hasWords({ content: { kind: "voice", media_id: "m", format: "amr" } }));
  assert.ok(!hasWords({ content: { kind: "image", media_id: "m", url: "" } }));
});

test("a mood says why, and a head start what it is worth", () => {
  assert.equal(moodEvidence(zh, angry, "anger"), "依据：忍无可忍，气死（82%）");
  assert.equal(moodEvidence(en, { anger: 0.6 }, "anger"), "Likelihood 60 %");
  const ticket = aTicket({ urgency: "high", head_start_ms: 30 * 60_000, mood: { urgency: 0.9, words: [{ aspect: "urgency", word: "漏电" }] } });
  assert.equal(pressesBecause(zh, ticket), "依据：漏电（90%），排队时提前 30 分钟");
  assert.equal(pressesBecause(zh, aTicket()), "");
});

test("who waits is listed in the order in which the floor gives tickets out", () => {
  const waiting = (id: string, opened_at_ms: number, head_start_ms?: number) =>
    aTicket({ id, state: "waiting", agent: null, opened_at_ms, ...(head_start_ms === undefined ? {} : { head_start_ms }) });
  const tickets = [waiting("a", 1_000), waiting("b", 2_000, 1_500), waiting("c", 900)];
  const floor = { ...emptyFloor, me: lin, tickets: new Map(tickets.map((ticket) => [ticket.id, ticket])) };
  assert.deepEqual(listTab(floor, "waiting").map(({ id }) => id), ["b", "c", "a"]);
});

test("a tag says angry, its words why, and one tap says otherwise", { timeout: 5 * PATIENCE_MS }, async (t) => {
  const stage = await openStage(browser, dist, lin);
  const { fake, page, the } = stage;
  t.after(stage.leave);
  await stage.signIn();
  fake.addTicket(openTicket("tm", "忍无可忍，什么时候修好", { mood: angry, head_start_ms: 600_000 }), [
    said(1, "保修多久"),
    said(2, "忍无可忍，什么时候修好", { mood: angry }),
  ], { left: 5, of: 5, closes_at_ms: Date.now() + 3_600_000 });
  const row = page.locator("[data-ticket=tm]");
  await row.locator("[data-testid=mood][data-aspect=anger]").getByText("生气").hover();
  await page.getByText("依据：忍无可忍，气死（82%）").first().waitFor();
  await row.click();
  const mine = page.locator('[data-seq="2"]');
  await mine.getByTestId("mood").getByText("生气").waitFor();
  await shoot(page, "desk-mood");
  await mine.getByTestId("mood-open").click();
  await the("mood-say-anger").getByText("不是生气").click();
  await page.getByText("已记下").first().waitFor();
  assert.equal(await mine.getByTestId("mood").count(), 0);
  const call = fake.calls.find(({ path }) => path.endsWith("/mood"));
  assert.deepEqual(call?.body, { seq: 2, anger: false });
});
