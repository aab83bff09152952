// One browser page on one fake, for a journey: arrives, signs in, leaves, and minds what must never happen.
import assert from "node:assert/strict";
import type { Browser, Locator, Page } from "playwright-core";
import type { Message, Staff, Ticket } from "../../../console/src/wire.ts";
import { startFake, type Fake } from "./fake.ts";

const PASSWORD = "correct horse";
/** Generous: a slow machine may take its time, only a console that never gets there fails. */
export const PATIENCE_MS = 60_000;

export const DESK = { width: 1280, height: 800 };
export const PHONE = { width: 390, height: 844 };

export type Stage = {
  fake: Fake;
  page: Page;
  the(name: string): Locator;
  signIn(): Promise<void>;
  leave(): Promise<void>;
};

export async function openStage(browser: Browser, dist: string, staff: Staff, viewport = DESK): Promise<Stage> {
  const fake = await startFake(dist, staff, PASSWORD);
  const phone = viewport === PHONE;
  const context = await browser.newContext({ viewport, locale: "zh-CN", reducedMotion: "reduce", hasTouch: phone, isMobile: phone });
  context.setDefaultTimeout(PATIENCE_MS);
  const page = await context.newPage();
  const faults: string[] = [];
  page.on("pageerror", (error) => faults.push(String(error)));
  page.on("console", (line) => line.type() === "error" && !line.text().includes("status of 4") && faults.push(line.text()));
  page.on("request", (request) => request.url().startsWith(fake.origin) || faults.push(`left our origin: ${request.url()}`));
  const the = (name: string): Locator => page.getByTestId(name);
  return {
    fake,
    page,
    the,
    async signIn() {
      await page.goto(fake.origin);
      await the("sign-in-login").fill(staff.login);
      await the("sign-in-password").fill(PASSWORD);
      await the("sign-in-submit").click();
      await page.locator("[data-testid=connection][data-state=online]").waitFor({ state: "attached" });
    },
    async leave() {
      await context.close();
      await fake.close();
      assert.deepEqual(faults, []);
    },
  };
}

export function openTicket(id: string, question: string, more: Partial<Ticket> = {}): Ticket {
  const opened_at_ms = Date.now() - 65_000;
  return {
    ...{ id, channel: "main", customer: `oX7p${id}`, question, urgency: "normal", skill_group: "after_sales", state: "assigned", agent: "lin" },
    ...{ epoch: 1, opened_at_ms, resolved_at_ms: null, waiting_since_ms: null, unanswered: 0, last_seq: 0, trouble: false },
    ...more,
  };
}

export function said(seq: number, text: string, more: Partial<Message> = {}): Message {
  return { seq, at_ms: Date.now() - 120_000 + seq * 1_000, author: "customer", content: { kind: "text", text }, carrier: "ticket", ...more };
}
