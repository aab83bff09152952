// Builds what the worker is measured against: an empty worker and the floor, both in one Wasm (./floor).
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { digestOf, Refusal, root, run, say } from "../../scripts/shell.ts";
import { buildEnv, ensureToolchain, pins, toolPath } from "../../scripts/toolchain.ts";
import type { WranglerConfig } from "../../scripts/wrangler-config.ts";

const crate = path.join(import.meta.dirname, "floor");
export const floorBuild = path.join(crate, "build");

/** What the floor is bound to: one kind of object, and the date of the worker beside it. */
export function floorConfig(own: WranglerConfig): WranglerConfig {
  return { ...own, kvNamespaces: [], objects: [{ binding: "ROWS", className: "RowsObject" }] };
}

/** Builds it by the same tools as the worker, unless that is done. */
export async function buildFloor(): Promise<void> {
  await ensureToolchain();
  const stamp = path.join(floorBuild, ".digest");
  const digest = digestOf(["src", "Cargo.toml", "Cargo.lock"].map((file) => path.join(crate, file)), pins());
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === digest) return;
  say("the floor's Wasm (first time 1 to 3 minutes)");
  rmSync(stamp, { force: true });
  // The worker's own target folder: the libraries that both use are built once.
  const env = { ...buildEnv(), CARGO_TARGET_DIR: path.join(root, "target") };
  const built = await run(toolPath("worker-build"), ["--release"], { cwd: crate, env });
  if (built.code !== 0) {
    console.error(built.output);
    throw new Refusal("The build of the floor failed: the compiler's words are above.");
  }
  writeFileSync(stamp, digest);
}
