// The one entry of every npm command: `node scripts/run.mjs NAME [ARGUMENT…]`. Plain JavaScript and the standard
// library only, because nothing is installed yet when it runs: checks what must be there, installs the npm packages,
// then goes on as scripts/NAME.ts under a Node that runs TypeScript as it is.
import { spawn, spawnSync } from "node:child_process";
import { existsSync, lstatSync, readFileSync, writeFileSync } from "node:fs";
import { createHash } from "node:crypto";
import { createRequire } from "node:module";
import path from "node:path";
import { fileURLToPath } from "node:url";

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const signals = ["SIGINT", "SIGTERM", "SIGHUP"];

function refuse(sentence) {
  console.error(`\n✗ ${sentence}`);
  process.exit(1);
}

/** Whether a Node of this version runs `.ts` files and wrangler. */
function runsTypeScript(version) {
  const [major, minor] = version.split(".").map(Number);
  return major > 22 ? major > 23 || minor >= 6 : major === 22 && minor >= 18;
}

function checkPrerequisites() {
  if (Number(process.versions.node.split(".")[0]) < 20)
    refuse(
      `Node ${process.versions.node} is too old. Install Node 20 or newer, then run the same command again.`,
    );
  if (spawnSync("cargo", ["--version"]).status !== 0)
    refuse(
      "Rust is missing: there is no working `cargo` on the PATH. Install it by rustup (see rustup.rs), open a new shell, then run the same command again.",
    );
  const wanted = /^rust-version = "1\.(\d+)"/m.exec(readFileSync(path.join(root, "Cargo.toml"), "utf8"))?.[1];
  const found = /^rustc 1\.(\d+)/.exec(String(spawnSync("rustc", ["--version"]).stdout))?.[1];
  if (Number(found) < Number(wanted))
    refuse(
      `Rust 1.${found} is too old: 1.${wanted} or newer is needed. Run \`rustup update stable\`, then the same command again.`,
    );
}

/** Installs the npm packages unless those of this very lock file are there. Linked from elsewhere, they stay as they are. */
function installPackages() {
  if (lstatSync(path.join(root, "node_modules"), { throwIfNoEntry: false })?.isSymbolicLink()) return;
  const lock = createHash("sha256")
    .update(readFileSync(path.join(root, "package-lock.json")))
    .digest("hex");
  const stamp = path.join(root, "node_modules", ".shunda-lock");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === lock) return;
  console.log("▸ npm packages (once, about 30 s)");
  const npm = spawnSync("npm", ["ci", "--no-fund", "--no-audit", "--loglevel=error"], {
    cwd: root,
    stdio: "inherit",
  });
  if (npm.error) refuse("There is no `npm` on the PATH. Install Node 20 or newer together with npm.");
  if (npm.status !== 0)
    refuse(
      "`npm ci` failed (its own words are above). Check the network and the npm registry, then run the same command again.",
    );
  writeFileSync(stamp, lock);
}

/** The folder of a Node that runs TypeScript: this one, or the one among the npm packages. */
function nodeFolder() {
  if (runsTypeScript(process.versions.node)) return path.dirname(process.execPath);
  const name = `node-${process.platform}-${process.arch}`;
  try {
    return path.join(path.dirname(createRequire(import.meta.url).resolve(`${name}/package.json`)), "bin");
  } catch {
    refuse(
      `Node ${process.versions.node} cannot run the tools here. Install Node 22.18 or newer (24 is what we use), then run the same command again.`,
    );
  }
}

/** Runs scripts/NAME.ts; signals reach it too, and its end is ours. */
function goOn(name, args) {
  const bin = nodeFolder();
  const env = { ...process.env, PATH: `${bin}${path.delimiter}${process.env.PATH}` };
  const child = spawn(path.join(bin, "node"), [path.join(root, "scripts", `${name}.ts`), ...args], {
    env,
    stdio: "inherit",
  });
  for (const signal of signals) process.on(signal, () => child.kill(signal));
  child.on("exit", (code, signal) => process.exit(code ?? (signal ? 1 : 0)));
}

const [name, ...args] = process.argv.slice(2);
if (!name || !existsSync(path.join(root, "scripts", `${name}.ts`)))
  refuse("Usage: node scripts/run.mjs NAME, where scripts/NAME.ts is there.");
checkPrerequisites();
installPackages();
goOn(name, args);
