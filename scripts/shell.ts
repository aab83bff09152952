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
    const isBadArgument = (error as NodeJS.ErrnoException).code?.startsWith("ERR_PARSE_ARGS");
    console.error(error instanceof Refusal || isBadArgument ? `\n✗ ${(error as Error).message}` : error);
    process.exitCode = 1;
  }
}

let stop = (): void => process.exit(130);
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => stop());

/** What Ctrl-C does instead of ending at once. */
export function onStop(handler: () => void): void {
  stop = handler;
}

/** Names a step as it begins. */
export function say(step: string): void {
  console.log(`▸ ${step}`);
}

export interface Finished {
  code: number;
  output: string;
}

/** Leaders of the process groups that `run` has begun; they end with us. */
const running = new Set<number>();
process.on("exit", () => {
  for (const pid of running) signalGroup(pid, "SIGTERM");
});

/** Whether anybody in the group was there to hear it. */
export function signalGroup(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(-pid, signal);
  } catch {
    return false;
  }
}

/** Runs a command to its end; `show` streams what it prints, and the text is handed back either way. */
export function run(
  command: string,
  args: string[],
  options: SpawnOptions & { show?: boolean } = {},
): Promise<Finished> {
  const { show, ...rest } = options;
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd: root,
      ...rest,
      stdio: ["ignore", "pipe", "pipe"],
      detached: true,
    });
    if (child.pid !== undefined) running.add(child.pid);
    let output = "";
    for (const [from, to] of [
      [child.stdout, process.stdout],
      [child.stderr, process.stderr],
    ] as const)
      from?.on("data", (chunk: Buffer) => {
        output += chunk;
        if (show) to.write(chunk);
      });
    child.on("error", (error) => resolve({ code: 127, output: String(error) }));
    child.on("close", (code) => {
      running.delete(child.pid ?? 0);
      resolve({ code: code ?? 1, output });
    });
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
