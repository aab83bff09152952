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

export async function shoot(page: Page, name: string): Promise<void> {
  mkdirSync(shots, { recursive: true });
  // For the eye only: what is still moving comes to rest.
  await page.waitForTimeout(REST_MS);
  await page.screenshot({ path: join(shots, `${name}.png`), animations: "disabled" });
}
