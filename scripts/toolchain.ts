// The tools that build the Wasm: their pins, where they are, and how what is missing is made.
import { existsSync, readFileSync } from "node:fs";
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
}

async function ensureCargoTool({ name, version, bin }: (typeof cargoTools)[number]): Promise<void> {
  if (
    existsSync(toolPath(bin)) &&
    readFileSync(path.join(tools, ".crates.toml"), "utf8").includes(`"${name} ${version} `)
  )
    return;
  say(`${name} ${version} (once, 2 to 4 minutes)`);
  const made = await run(
    "cargo",
    ["install", "--locked", "--quiet", "--root", tools, "--version", version, name],
    { show: true },
  );
  if (made.code !== 0)
    throw new Refusal(
      `\`cargo install ${name}\` failed (its own words are above). Check the network and that a C compiler is installed, then run the same command again.`,
    );
}
