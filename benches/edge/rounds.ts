// The measuring itself: every subject in turn, round after round, so that what else the machine does meets all alike.
import { cpuMs, rssMiB } from "./process.ts";
import { drive, type Load } from "./load.ts";
import type { Message, Subject } from "./subjects.ts";

/** Every message of a warm customer but the first; or each customer's first. */
export type Customers = "warm" | "cold";

export interface Case {
  subject: Subject;
  customers: Customers;
}

export interface Sample {
  rps: number;
  p50_ms: number;
  p99_ms: number;
  /** CPU of the process under test for 1,000 replies. */
  cpu_ms: number;
  rss_mib: number;
  /** Replies that were not the bank's answer. One is enough to fail the run. */
  errors: number;
  /** How much of one core the generator itself took: near 1, it and not the subject sets the pace. */
  generator_share: number;
}

export interface Plan {
  rounds: number;
  replies: number;
  concurrency: number;
  /** Replies of each subject before the first round, which do not count: until then V8 has not compiled for speed. */
  uncounted: number;
  warmCustomers: number;
}

/** Samples of each case, one per round. */
export async function measure(cases: Case[], plan: Plan, tell: (text: string) => void): Promise<Sample[][]> {
  const samples: Sample[][] = cases.map(() => []);
  for (const subject of new Set(cases.map((one) => one.subject)))
    await answered(subject, messagesTo(subject, plan.uncounted, (at) => openid("w", 0, at % plan.warmCustomers)), plan);
  for (let round = 1; round <= plan.rounds; round++) {
    for (const [at, { subject, customers }] of cases.entries()) samples[at]!.push(await once(subject, customers, plan, round));
    tell(`round ${round} of ${plan.rounds}`);
  }
  return samples;
}

async function once(subject: Subject, customers: Customers, plan: Plan, round: number): Promise<Sample> {
  const { worker } = subject;
  if (customers === "warm") await answered(subject, messagesTo(subject, plan.warmCustomers, (at) => openid("w", 0, at)), plan);
  const messages = messagesTo(subject, plan.replies, (at) => (customers === "warm" ? openid("w", 0, at % plan.warmCustomers) : openid("c", round, at)));
  const before_ms = cpuMs(worker.pid);
  const { elapsed_ms, latencies_ms, own_cpu_ms, errors } = await answered(subject, messages, plan);
  const cpu_ms = cpuMs(worker.pid) - before_ms;
  return {
    rps: (plan.replies / elapsed_ms) * 1000,
    p50_ms: quantile(latencies_ms, 0.5),
    p99_ms: quantile(latencies_ms, 0.99),
    cpu_ms: (cpu_ms / plan.replies) * 1000,
    rss_mib: rssMiB(worker.pid),
    errors,
    generator_share: own_cpu_ms / elapsed_ms,
  };
}

function messagesTo(subject: Subject, count: number, customer: (at: number) => string): Message[] {
  return Array.from({ length: count }, (_, at) => subject.message(customer(at)));
}

/** Sends them and counts the responses that are not the right answer; the first of those is shown. */
async function answered(subject: Subject, messages: Message[], plan: Plan): Promise<Omit<Load, "responses"> & { errors: number }> {
  const { responses, ...load } = await drive(subject.worker.port, messages.map((message) => message.bytes), plan.concurrency);
  const faults = responses.flatMap((response, at) => messages[at]!.fault(response) ?? []);
  if (faults.length > 0)
    console.error(`${subject.name} on ${subject.storage}: ${faults.length} of ${responses.length} not answered; the first: ${faults[0]}`);
  return { ...load, errors: faults.length };
}

/** As long as WeChat's own, and never the same for two customers. */
function openid(kind: string, round: number, at: number): string {
  return `oBench${kind}${String(round).padStart(4, "0")}${String(at).padStart(17, "0")}`;
}

export function quantile(values: number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]!;
}

export function median(values: number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
