// What every script shares: where things are, how a step is named, how a command is run, how a refusal is said.
import { spawn, type SpawnOptions } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";

export const root = path.dirname(import.meta.dirname);
/** What set-up builds for this project alone; another folder proves set-up from nothing. */
export const tools = path.resolve(process.env.SHUNDA_TOOLS ?? path.join(root, ".tools"));
const require = createRequire(import.meta.url);

/** A refusal in one sentence that says how to mend it; printed without a stack. */
export class Refusal extends Error {}

/** Runs `main`; a refusal is printed and ends the process with 1. */
export async function runMain(main: () => Promise<void>): Promise<void> {
  try {
    await main();
  } catch (error) {
    console.error(error instanceof Refusal ? `\n✗ ${error.message}` : error);
    process.exitCode = 1;
  }
}

/** Names a step as it begins. */
export function say(step: string): void {
  console.log(`▸ ${step}`);
}

export interface Finished {
  code: number;
  output: string;
}

/** Runs a command to its end; `show` streams what it prints, and the text is handed back either way. */
export function run(command: string, args: string[], options: SpawnOptions & { show?: boolean } = {}): Promise<Finished> {
  const { show, ...rest } = options;
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd: root, ...rest, stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    for (const [from, to] of [[child.stdout, process.stdout], [child.stderr, process.stderr]] as const)
      from?.on("data", (chunk: Buffer) => {
        output += chunk;
        if (show) to.write(chunk);
      });
    child.on("error", (error) => resolve({ code: 127, output: String(error) }));
    child.on("close", (code) => resolve({ code: code ?? 1, output }));
  });
}

/** The file of an npm package, wherever npm put it. */
export function packageFile(name: string, file: string): string {
  return path.join(path.dirname(require.resolve(`${name}/package.json`)), file);
}

/** One digest over files and whole folders (names and bytes), in a fixed order; what is missing counts as empty. */
export function digestOf(paths: string[], also: string = ""): string {
  const hash = createHash("sha256").update(also);
  const visit = (at: string): void => {
    if (!existsSync(at)) return;
    if (statSync(at).isDirectory()) for (const name of readdirSync(at).sort()) visit(path.join(at, name));
    else hash.update(`\0${path.relative(root, at)}\0`).update(readFileSync(at));
  };
  for (const at of paths) visit(path.resolve(root, at));
  return hash.digest("hex");
}
