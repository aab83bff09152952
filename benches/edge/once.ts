// What is dear once and not per reply: signing in, and the first answer after a start.
import { publishStaff, seed } from "../../scripts/operator.ts";
import { startWorkerd } from "../../scripts/workerd.ts";
import { drive } from "./load.ts";
import { cpuMs, rssMiB } from "./process.ts";
import { median } from "./rounds.ts";
import type { Subject } from "./subjects.ts";

export interface SignIns {
  count: number;
  wall_ms: number;
  cpu_ms: number;
  rss_mib_before: number;
  rss_mib_after: number;
}

/** Signs the same person in, one time after the other. */
export async function signIns({ worker, options }: Subject, count: number): Promise<SignIns> {
  const [person] = seed.staff();
  const password = "a-long-password-of-their-own";
  // Before the password is first hashed, which is what takes the memory.
  const rss_mib_before = rssMiB(worker.pid);
  await publishStaff(worker.url, options.secrets.OPERATOR_TOKEN!, [person!], { [person!.login]: password });
  const walls_ms: number[] = [];
  const cpu_before_ms = cpuMs(worker.pid);
  for (let at = 0; at < count; at++) {
    const begin_ms = performance.now();
    const body = JSON.stringify({ login: person!.login, password, bearer: true });
    const response = await fetch(`${worker.url}/api/session`, { method: "POST", headers: { "content-type": "application/json" }, body });
    if (response.status !== 200) throw new Error(`A sign-in was refused with ${response.status}: ${await response.text()}`);
    await response.arrayBuffer();
    walls_ms.push(performance.now() - begin_ms);
  }
  const cpu_ms = (cpuMs(worker.pid) - cpu_before_ms) / count;
  return { count, wall_ms: median(walls_ms), cpu_ms, rss_mib_before, rss_mib_after: rssMiB(worker.pid) };
}

export interface ColdStart {
  /** Customers who write at once, and how many of them got their answer. */
  customers: number;
  answered: number;
  /** How long the last of them waited, and what it cost. */
  last_answer_ms: number;
  cpu_ms: number;
  rss_mib: number;
  /** The next answer, when all is loaded. */
  next_answer_ms: number;
}

/** Stops the subject and starts it on the same state: how long its first customers wait, the bundle being loaded meanwhile. */
export async function coldStart(subject: Subject, customers: number): Promise<ColdStart> {
  await subject.worker.stop();
  subject.worker = await startWorkerd(subject.options);
  const { pid, port } = subject.worker;
  const cpu_before_ms = cpuMs(pid);
  const messages = Array.from({ length: customers }, (_, at) => subject.message(`oBenchFirst${at}`.padEnd(28, "0")));
  const { responses, latencies_ms } = await drive(port, messages.map((message) => message.bytes), customers);
  const cpu_ms = cpuMs(pid) - cpu_before_ms;
  const answered = messages.filter((message, at) => message.fault(responses[at]!) === undefined).length;
  const next = await drive(port, [subject.message("oBenchNext".padEnd(28, "0")).bytes], 1);
  return { customers, answered, last_answer_ms: Math.max(...latencies_ms), cpu_ms, rss_mib: rssMiB(pid), next_answer_ms: next.latencies_ms[0]! };
}
