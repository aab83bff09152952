// The processes that a script began: each leads a group of its own, its words go to a file, and none outlives us.
import { spawn, type ChildProcess } from "node:child_process";
import { closeSync, openSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { Refusal, signalGroup } from "./shell.ts";

/** How long a process may take to end by itself. */
const endMsMax = 8_000;
/** How long a server may take to answer for the first time. */
const answerMsMax = 120_000;

interface Child {
  name: string;
  process: ChildProcess;
  logFile: string;
}

const children: Child[] = [];
let isEnding = false;

/** Starts a command; `onExit` hears of an end that we did not ask for. */
export function begin(
  name: string,
  command: string,
  args: string[],
  env: NodeJS.ProcessEnv,
  logFile: string,
  onExit: (reason: string) => void,
): void {
  const log = openSync(logFile, "w", 0o600);
  const process = spawn(command, args, { env, stdio: ["ignore", log, log], detached: true });
  closeSync(log);
  const child = { name, process, logFile };
  children.push(child);
  process.once("error", (error) => onExit(`${name} could not be started: ${error.message}`));
  process.once("exit", (code, signal) => {
    if (!isEnding) onExit(`${name} ended with ${signal ?? code}. Its last words:\n${lastWords(logFile)}`);
  });
}

/** Ends every group: first politely, then for certain. */
export async function endAll(): Promise<void> {
  if (isEnding) return;
  isEnding = true;
  const groups = children.flatMap(({ process }) => process.pid ?? []);
  for (const pid of groups) signalGroup(pid, "SIGTERM");
  const until_ms = Date.now() + endMsMax;
  while (groups.some((pid) => signalGroup(pid, 0)) && Date.now() < until_ms) await sleep(50);
  for (const pid of groups) signalGroup(pid, "SIGKILL");
}

/** Waits until the address answers with anything but a refusal to serve; `isGone` ends the wait early. */
export async function answering(name: string, url: string): Promise<void> {
  const until_ms = Date.now() + answerMsMax;
  let last = "no answer";
  while (Date.now() < until_ms && !isEnding) {
    const response = await fetch(url, { signal: AbortSignal.timeout(5_000) }).catch(() => null);
    const body = await response?.text().catch(() => "");
    if (response?.ok) return;
    if (response) last = `${response.status} ${body}`;
    if (body?.includes("config.invalid")) break;
    await sleep(200);
  }
  const child = children.find((one) => one.name === name);
  throw new Refusal(
    `${name} does not answer at ${url} (${last}).${child ? ` Its last words:\n${lastWords(child.logFile)}` : ""}`,
  );
}

function lastWords(file: string): string {
  return readFileSync(file, "utf8").trimEnd().split("\n").slice(-15).join("\n");
}
