// The tools that build the Wasm: their pins, where they are, and how what is missing is made.
import { existsSync, readFileSync, rmSync } from "node:fs";
import path from "node:path";
import { packageFile, Refusal, run, say, tools } from "./shell.ts";
import { ensureWasmTarget, wasmBinFolders, wasmCompiler } from "./wasm-target.ts";

/** Each must be the very version that Cargo.toml pins for its library. */
const cargoTools = [
  { name: "wasm-bindgen-cli", version: "0.2.129", bin: "wasm-bindgen" },
  { name: "worker-build", version: "0.8.7", bin: "worker-build" },
];

/** The environment in which `worker-build` runs: nothing is left for it to download. */
export function buildEnv(): NodeJS.ProcessEnv {
  return {
    ...process.env,
    PATH: [...wasmBinFolders(), process.env.PATH].join(path.delimiter),
    WASM_BINDGEN_BIN: toolPath("wasm-bindgen"),
    WASM_OPT_BIN: packageFile("binaryen", "bin/wasm-opt"),
    ESBUILD_BIN: packageFile("esbuild", "bin/esbuild"),
  };
}

export function toolPath(bin: string): string {
  return path.join(tools, "bin", bin);
}

/** The pins as text, part of what decides whether a build is still good. */
export function pins(): string {
  return JSON.stringify([cargoTools, wasmCompiler()]);
}

/** Makes what is missing; quick when nothing is. */
export async function ensureToolchain(): Promise<void> {
  await ensureWasmTarget();
  for (const tool of cargoTools) await ensureCargoTool(tool);
  rmSync(scratch, { recursive: true, force: true });
}

/** What both tools are made of is compiled once; nothing of it is kept. */
const scratch = path.join(tools, "scratch");

/** Tools that run for seconds, once a build, need not be made fast: they are made soon. */
const quickToBuild = { CARGO_PROFILE_RELEASE_OPT_LEVEL: "1", CARGO_PROFILE_RELEASE_LTO: "off", CARGO_PROFILE_RELEASE_DEBUG: "0" };

async function ensureCargoTool({ name, version, bin }: (typeof cargoTools)[number]): Promise<void> {
  if (
    existsSync(toolPath(bin)) &&
    readFileSync(path.join(tools, ".crates.toml"), "utf8").includes(`"${name} ${version} `)
  )
    return;
  say(`${name} ${version} (once, 1 to 4 minutes)`);
  const made = await run(
    "cargo",
    ["install", "--locked", "--quiet", "--root", tools, "--target-dir", scratch, "--version", version, name],
    { show: true, env: { ...process.env, ...quickToBuild } },
  );
  if (made.code !== 0)
    throw new Refusal(
      `\`cargo install ${name}\` failed (its own words are above). Check the network and that a C compiler is installed, then run the same command again.`,
    );
}
