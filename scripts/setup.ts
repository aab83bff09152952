// Set-up by itself: the tools that build the worker, with `--tests` also what only tests need.
import { ensureChromium } from "./chromium.ts";
import { runMain } from "./shell.ts";
import { ensureToolchain } from "./toolchain.ts";

await runMain(async () => {
  await ensureToolchain();
  if (process.argv.includes("--tests")) await ensureChromium();
});
