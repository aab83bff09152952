// Finds the Chromium that console tests drive; on Debian as root it is installed when it is missing.
import { existsSync } from "node:fs";
import { aptInstall, isDebianRoot } from "./debian.ts";
import { Refusal, runMain, say } from "./shell.ts";

const places = [
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
];

/** The browser's path, or null when there is none. CHROMIUM in the environment goes first. */
export function chromiumPath(): string | null {
  return [process.env.CHROMIUM ?? "", ...places].find((place) => place !== "" && existsSync(place)) ?? null;
}

export async function ensureChromium(): Promise<void> {
  if (process.env.CHROMIUM && !existsSync(process.env.CHROMIUM))
    throw new Refusal(`CHROMIUM names ${process.env.CHROMIUM}, which is not there.`);
  if (chromiumPath()) return;
  if (!isDebianRoot())
    throw new Refusal(
      "The console tests need Chromium. Install it (Debian: `apt-get install chromium`) or name one by the environment variable CHROMIUM.",
    );
  say("Chromium by apt, for the console tests (once, about 1 minute)");
  // A machine without a Chinese font would draw boxes into the screenshots.
  await aptInstall(["chromium", "fonts-wqy-microhei"]);
}

if (import.meta.main) await runMain(ensureChromium);
