// What a process has used, by Linux' own book-keeping.
import { readFileSync } from "node:fs";

/** The kernel counts in ticks of a hundredth of a second, on every machine that Linux runs on today. */
const tick_ms = 10;

/** User and system time so far. */
export function cpuMs(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  // The second field is a name in brackets and may hold spaces; what counts comes after it.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) * tick_ms;
}

/** Memory in use now. */
export function rssMiB(pid: number): number {
  return Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) / 1024;
}
