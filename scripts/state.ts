// The state folder of `npm start`: made, emptied on demand, and held by one start at a time.
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { Refusal } from "./shell.ts";

/** The folder, ours until this process ends. `isFresh` empties it, but only one of our own making. */
export function openState(dir: string, isFresh: boolean): string {
  const state = path.resolve(dir);
  const lock = path.join(state, "start.pid");
  const holder = existsSync(lock) ? Number(readFileSync(lock, "utf8")) : 0;
  if (holder > 0 && holder !== process.pid && isRunning(holder))
    throw new Refusal(
      `${state} is in use by another \`npm start\` (process ${holder}). End that one with Ctrl-C, or name another folder with --state.`,
    );
  if (isFresh && existsSync(state)) {
    if (!existsSync(path.join(state, "secrets.json")))
      throw new Refusal(
        `${state} is not a state folder of ours, so --fresh leaves it alone. Remove it by hand or name another.`,
      );
    rmSync(state, { recursive: true });
  }
  mkdirSync(state, { recursive: true, mode: 0o700 });
  writeFileSync(lock, String(process.pid));
  process.on("exit", () => rmSync(lock, { force: true }));
  return state;
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    // Somebody else's process is still a process.
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
