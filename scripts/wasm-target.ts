// The Rust standard library for Wasm: there already, by rustup, or built from Debian's packages into a toolchain folder
// of this project's own.
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import os from "node:os";
import path from "node:path";
import { aptInstall, hasDebianPackages, isDebianRoot } from "./debian.ts";
import { Refusal, run, say, tools } from "./shell.ts";

const target = "wasm32-unknown-unknown";
const debianPackages = ["rustc-web", "cargo-web", "rust-web-src", "rust-web-llvm", "lld-22"];

/** Debian's compiler with the Wasm library beside it. */
const local = path.join(tools, "rust-wasm");
const localBin = path.join(local, "bin");
const localLib = path.join(local, "lib/rustlib", target, "lib");
const madeBy = path.join(local, "made-by");

/** What goes before the PATH when compiling to Wasm. */
export function wasmBinFolders(): string[] {
  return existsSync(localLib) ? [localBin] : [];
}

/** Which compiler that is, part of what decides whether a build is still good. */
export function wasmCompiler(): string {
  return existsSync(localLib) ? readFileSync(madeBy, "utf8") : "rustup";
}

/** Makes the library when it is missing; quick when it is there. */
export async function ensureWasmTarget(): Promise<void> {
  if (await isLocalLibCurrent()) return;
  // SHUNDA_WASM_TARGET=debian proves the last way on a machine where an earlier one would do.
  if (process.env.SHUNDA_WASM_TARGET !== "debian") {
    const dir = await run("rustc", ["--print", "target-libdir", "--target", target]);
    if (dir.code === 0 && existsSync(dir.output.trim())) return;
    say(`the ${target} target by rustup (once, about 20 s)`);
    if ((await run("rustup", ["target", "add", target])).code === 0) return;
  }
  if (!isDebianRoot())
    throw new Refusal(
      `The Rust target ${target} is missing and rustup could not fetch it. Run \`rustup target add ${target}\` where there is a network, or run this command as root on Debian, where it is built from packages.`,
    );
  await installDebianCompiler();
  await buildStandardLibrary();
}

/** A library works only with the very compiler that built it; apt may have brought another. */
async function isLocalLibCurrent(): Promise<boolean> {
  if (!existsSync(localLib)) return false;
  return (await run("/usr/bin/rustc", ["-vV"])).output === readFileSync(madeBy, "utf8");
}

async function installDebianCompiler(): Promise<void> {
  if (await hasDebianPackages(debianPackages)) return;
  say(
    `rustup could not fetch it; Debian's own Rust by apt (once, about 1 minute): ${debianPackages.join(" ")}`,
  );
  await aptInstall(debianPackages);
}

/** Builds core, alloc and std for Wasm from Debian's source, into the project's own toolchain folder. */
async function buildStandardLibrary(): Promise<void> {
  say(`the ${target} standard library from Debian's source (once, about 1 minute)`);
  const work = mkdtempSync(path.join(os.tmpdir(), "shunda-std-"));
  try {
    mkdirSync(path.join(work, "src"));
    writeFileSync(
      path.join(work, "Cargo.toml"),
      '[package]\nname = "empty"\nversion = "0.0.0"\nedition = "2021"\n[workspace]\n',
    );
    writeFileSync(path.join(work, "src/lib.rs"), "");
    // `embed-bitcode`: without it link-time optimisation of the worker finds no section `.llvmbc`.
    const env = {
      ...process.env,
      PATH: `/usr/bin:/bin`,
      RUSTC_BOOTSTRAP: "1",
      RUSTFLAGS: "-Cembed-bitcode=yes",
      CARGO_TARGET_DIR: path.join(work, "target"),
    };
    const crates = "core,alloc,std,proc_macro,panic_abort,panic_unwind";
    const built = await run(
      "/usr/bin/cargo",
      ["build", "--quiet", "--release", "--target", target, `-Zbuild-std=${crates}`],
      { cwd: work, env, show: true },
    );
    if (built.code !== 0)
      throw new Refusal(
        "Building the Wasm standard library failed (the compiler's words are above). `rustup target add wasm32-unknown-unknown` does the same where there is a network.",
      );
    await layOut(path.join(work, "target", target, "release/deps"));
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** Lays the folder out as a toolchain: two commands, the host's own library, the Wasm library just built. */
async function layOut(deps: string): Promise<void> {
  const version = await run("/usr/bin/rustc", ["-vV"]);
  const host = /^host: (.+)$/m.exec(version.output)?.[1];
  if (!host)
    throw new Refusal(
      "`/usr/bin/rustc -vV` names no host. Reinstall the package rustc-web, then run the same command again.",
    );
  rmSync(local, { recursive: true, force: true });
  mkdirSync(localBin, { recursive: true });
  mkdirSync(path.dirname(localLib), { recursive: true });
  symlinkSync("/usr/bin/cargo", path.join(localBin, "cargo"));
  symlinkSync(path.join("/usr/lib/rustlib", host), path.join(local, "lib/rustlib", host));
  writeFileSync(
    path.join(localBin, "rustc"),
    '#!/bin/sh\nexec /usr/bin/rustc --sysroot "${0%/bin/rustc}" "$@"\n',
  );
  chmodSync(path.join(localBin, "rustc"), 0o755);
  writeFileSync(madeBy, version.output);
  const unfinished = `${localLib}.unfinished`;
  mkdirSync(unfinished, { recursive: true });
  for (const file of readdirSync(deps))
    if (file.endsWith(".rlib") && !file.startsWith("libempty-"))
      copyFileSync(path.join(deps, file), path.join(unfinished, file));
  renameSync(unfinished, localLib);
}
