// Builds the worker's Wasm into build/; does nothing when nothing that matters has changed. Also wrangler's own
// build command.
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { digestOf, Refusal, root, run, runMain, say } from "./shell.ts";
import { withoutNames } from "./wasm-names.ts";
import { buildEnv, ensureToolchain, pins, toolPath } from "./toolchain.ts";

const out = path.join(root, "build");
const stamp = path.join(out, ".digest");

/** Builds unless build/ is already what the sources say. */
export async function buildWorker(): Promise<void> {
  // wrangler refuses a configuration whose assets folder is missing; without a console it is empty.
  mkdirSync(path.join(root, "console/dist"), { recursive: true });
  await ensureToolchain();
  const digest = digestOf(["src", "scripts/wasm-names.ts", "Cargo.toml", "Cargo.lock"], pins());
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === digest) return;
  say("the worker's Wasm (3 to 9 minutes after a change, on two cores)");
  rmSync(stamp, { force: true });
  const built = await run(toolPath("worker-build"), ["--release", "--features", "edge"], { env: buildEnv() });
  if (built.code !== 0) {
    console.error(built.output);
    throw new Refusal("The Wasm build failed: the compiler's words are above.");
  }
  const wasm = path.join(out, "index_bg.wasm");
  writeFileSync(wasm, withoutNames(readFileSync(wasm)));
  writeFileSync(stamp, digest);
}

if (import.meta.main) await runMain(buildWorker);
