// The tools that build the Wasm: their pins, where they are, and how what is missing is made.
import { chmodSync, copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { packageFile, Refusal, run, say, tools } from "./shell.ts";

const target = "wasm32-unknown-unknown";
/** Each must be the very version that Cargo.toml pins for its library. */
const cargoTools = [
  { name: "wasm-bindgen-cli", version: "0.2.129", bin: "wasm-bindgen" },
  { name: "worker-build", version: "0.8.7", bin: "worker-build" },
];
const debianPackages = ["rustc-web", "cargo-web", "rust-web-src", "rust-web-llvm", "lld-22"];

/** The project's own toolchain folder: Debian's compiler with a Wasm standard library beside it. */
const local = path.join(tools, "rust-wasm");
const localBin = path.join(local, "bin");
const localLib = path.join(local, "lib/rustlib", target, "lib");

/** The environment in which `worker-build` runs: nothing is left for it to download. */
export function buildEnv(): NodeJS.ProcessEnv {
  const first = existsSync(localLib) ? [localBin] : [];
  return {
    ...process.env,
    PATH: [...first, process.env.PATH].join(path.delimiter),
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
  return JSON.stringify([cargoTools, existsSync(localLib) ? readFileSync(path.join(local, "made-by"), "utf8") : "rustup"]);
}

/** Makes what is missing; quick when nothing is. */
export async function ensureToolchain(): Promise<void> {
  await ensureWasmTarget();
  for (const tool of cargoTools) await ensureCargoTool(tool);
}

async function ensureCargoTool({ name, version, bin }: (typeof cargoTools)[number]): Promise<void> {
  if (existsSync(toolPath(bin)) && readFileSync(path.join(tools, ".crates.toml"), "utf8").includes(`"${name} ${version} `)) return;
  say(`${name} ${version} (once, 2 to 4 minutes)`);
  const made = await run("cargo", ["install", "--locked", "--quiet", "--root", tools, "--version", version, name], { show: true });
  if (made.code !== 0)
    throw new Refusal(`\`cargo install ${name}\` failed (its own words are above). Check the network and that a C compiler is installed, then run the same command again.`);
}

/** The Wasm standard library: there already, by rustup, or from Debian's packages. */
async function ensureWasmTarget(): Promise<void> {
  if (existsSync(localLib)) return;
  // SHUNDA_WASM_TARGET=debian proves the last way on a machine where an earlier one would do.
  if (process.env.SHUNDA_WASM_TARGET !== "debian") {
    const dir = await run("rustc", ["--print", "target-libdir", "--target", target]);
    if (dir.code === 0 && existsSync(dir.output.trim())) return;
    say(`the ${target} target by rustup (once, about 20 s)`);
    if ((await run("rustup", ["target", "add", target])).code === 0) return;
  }
  if (!existsSync("/etc/debian_version") || process.getuid?.() !== 0)
    throw new Refusal(`The Rust target ${target} is missing and rustup could not fetch it. Run \`rustup target add ${target}\` where there is a network, or run this command as root on Debian, where it is built from packages.`);
  await installDebianCompiler();
  await buildStandardLibrary();
}

async function installDebianCompiler(): Promise<void> {
  if (await hasDebianPackages(debianPackages)) return;
  say(`rustup could not fetch it; Debian's own Rust by apt (once, about 1 minute): ${debianPackages.join(" ")}`);
  await aptInstall(debianPackages);
}

export async function hasDebianPackages(names: string[]): Promise<boolean> {
  const found = await run("dpkg-query", ["-W", "-f", "${Status}\\n", ...names]);
  return found.code === 0 && found.output.trim().split("\n").every((line) => line === "install ok installed");
}

export async function aptInstall(names: string[]): Promise<void> {
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  const install = () => run("apt-get", ["install", "-y", "--no-install-recommends", ...names], { env });
  let done = await install();
  if (done.code !== 0 && (await run("apt-get", ["update"], { env })).code === 0) done = await install();
  if (done.code === 0) return;
  console.error(done.output.split("\n").slice(-8).join("\n"));
  throw new Refusal(`apt-get could not install ${names.join(" ")} (its own words are above). Install them by hand, then run the same command again.`);
}

/** Builds core, alloc and std for Wasm from Debian's source, into the project's own toolchain folder. */
async function buildStandardLibrary(): Promise<void> {
  say(`the ${target} standard library from Debian's source (once, about 1 minute)`);
  const work = mkdtempSync(path.join(os.tmpdir(), "shunda-std-"));
  try {
    mkdirSync(path.join(work, "src"));
    writeFileSync(path.join(work, "Cargo.toml"), '[package]\nname = "empty"\nversion = "0.0.0"\nedition = "2021"\n[workspace]\n');
    writeFileSync(path.join(work, "src/lib.rs"), "");
    // `embed-bitcode`: without it link-time optimisation of the worker finds no section `.llvmbc`.
    const env = { ...process.env, PATH: `/usr/bin:/bin`, RUSTC_BOOTSTRAP: "1", RUSTFLAGS: "-Cembed-bitcode=yes", CARGO_TARGET_DIR: path.join(work, "target") };
    const crates = "core,alloc,std,proc_macro,panic_abort,panic_unwind";
    const built = await run("/usr/bin/cargo", ["build", "--quiet", "--release", "--target", target, `-Zbuild-std=${crates}`], { cwd: work, env, show: true });
    if (built.code !== 0)
      throw new Refusal("Building the Wasm standard library failed (the compiler's words are above). `rustup target add wasm32-unknown-unknown` does the same where there is a network.");
    await layOut(path.join(work, "target", target, "release/deps"));
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** Lays the folder out as a toolchain: two commands, the host's own library, the Wasm library just built. */
async function layOut(deps: string): Promise<void> {
  const version = await run("/usr/bin/rustc", ["-vV"]);
  const host = /^host: (.+)$/m.exec(version.output)?.[1];
  if (!host) throw new Refusal("`/usr/bin/rustc -vV` names no host. Reinstall the package rustc-web, then run the same command again.");
  rmSync(local, { recursive: true, force: true });
  mkdirSync(localBin, { recursive: true });
  mkdirSync(path.dirname(localLib), { recursive: true });
  symlinkSync("/usr/bin/cargo", path.join(localBin, "cargo"));
  symlinkSync(path.join("/usr/lib/rustlib", host), path.join(local, "lib/rustlib", host));
  writeFileSync(path.join(localBin, "rustc"), `#!/bin/sh\nexec /usr/bin/rustc --sysroot '${local}' "$@"\n`);
  chmodSync(path.join(localBin, "rustc"), 0o755);
  writeFileSync(path.join(local, "made-by"), version.output);
  const unfinished = `${localLib}.unfinished`;
  mkdirSync(unfinished, { recursive: true });
  for (const file of readdirSync(deps))
    if (file.endsWith(".rlib") && !file.startsWith("libempty-")) copyFileSync(path.join(deps, file), path.join(unfinished, file));
  renameSync(unfinished, localLib);
}
