// Chromium for the console's tests, and a fresh build for it to show.
import { mkdirSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium, type Browser, type Page } from "playwright-core";
import { build } from "vite";

const shots = fileURLToPath(new URL("../shots/", import.meta.url));

const REST_MS = 300;

export async function buildConsole(): Promise<string> {
  const outDir = mkdtempSync(join(tmpdir(), "shunda-console-"));
  const configFile = fileURLToPath(new URL("../../../console/vite.config.ts", import.meta.url));
  await build({ configFile, logLevel: "warn", build: { outDir, emptyOutDir: true } });
  return outDir;
}

export function openBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: [
      "--no-sandbox",
      "--disable-gpu",
      "--disable-quic",
      "--no-first-run",
      "--disable-background-networking",
      "--disable-component-update",
      "--disable-sync",
    ],
  });
}

/** What an input method does: composes, takes the Enter that ends the composition, commits. */
export async function composeAndEnter(page: Page, text: string): Promise<void> {
  const devtools = await page.context().newCDPSession(page);
  await devtools.send("Input.imeSetComposition", { text: "nin'hao", selectionStart: 7, selectionEnd: 7 });
  const enter = { key: "Enter", code: "Enter", windowsVirtualKeyCode: 229 };
  await devtools.send("Input.dispatchKeyEvent", { type: "rawKeyDown", ...enter });
  await devtools.send("Input.insertText", { text });
  await devtools.send("Input.dispatchKeyEvent", { type: "keyUp", ...enter });
  await devtools.detach();
}

export async function shoot(page: Page, name: string): Promise<void> {
  mkdirSync(shots, { recursive: true });
  // For the eye only: what is still moving comes to rest.
  await page.waitForTimeout(REST_MS);
  await page.screenshot({ path: join(shots, `${name}.png`), animations: "disabled" });
}
