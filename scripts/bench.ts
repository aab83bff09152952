// `npm run bench [-- --quick]`: replies from the knowledge under plain workerd, beside an empty worker and the floor of
// any exactly-once design, in one run.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { buildFloor } from "../benches/edge/floor.ts";
import { coldStart, signIns, type ColdStart } from "../benches/edge/once.ts";
import { judgeTargets, machine, report, rowsOf, type Results } from "../benches/edge/report.ts";
import { measure, type Case, type Plan } from "../benches/edge/rounds.ts";
import { empty, oneRow, ours, type Addressing, type Subject } from "../benches/edge/subjects.ts";
import { buildWorker } from "./build.ts";
import { Refusal, root, runMain, say } from "./shell.ts";

const full: Plan = { rounds: 5, replies: 400, concurrency: 16, uncounted: 600, warmCustomers: 100 };
const quick: Plan = { rounds: 2, replies: 100, concurrency: 16, uncounted: 300, warmCustomers: 50 };
const sharded: Addressing = { mode: "sharded", shards: 8 };
const perCustomer: Addressing = { mode: "per_customer" };
const out = path.join(root, ".shunda/bench");

/** Starts every subject on both kinds of storage. */
async function subjectsIn(storages: Record<string, string>, started: Subject[]): Promise<void> {
  for (const [storage, dir] of Object.entries(storages)) {
    const stateDir = (name: string): string => path.join(dir, name);
    if (storage === "tmpfs") started.push(await empty(stateDir("empty"), storage));
    for (const addressing of [sharded, perCustomer]) {
      started.push(await oneRow(stateDir(`floor-${addressing.mode}`), storage, addressing));
      for (const count of [1_000, 10_000]) started.push(await ours(stateDir(`${addressing.mode}-${count}`), storage, addressing, count));
    }
  }
}

function casesOf(subjects: Subject[]): Case[] {
  return subjects.flatMap((subject) => [
    { subject, customers: "warm" } as Case,
    // Without state, every customer is the same.
    ...(subject.name === "empty worker" ? [] : [{ subject, customers: "cold" } as Case]),
  ]);
}

/** Each subject is a process that ends with ours. */
process.setMaxListeners(32);

async function run(plan: Plan, command: string): Promise<Results> {
  mkdirSync(out, { recursive: true });
  const storages = { tmpfs: mkdtempSync("/dev/shm/shunda-bench-"), disk: mkdtempSync(path.join(out, "state-")) };
  const subjects: Subject[] = [];
  try {
    const [date, before] = [new Date().toISOString().slice(0, 16), os.loadavg()[0]!];
    say("starting and seeding every subject (about 30 s)");
    await subjectsIn(storages, subjects);
    const large = subjects.find((subject) => subject.name === "10,000 entries, sharded" && subject.storage === "disk")!;
    say(`${plan.rounds} rounds of ${plan.replies} replies each, ${plan.concurrency} at a time`);
    const cases = casesOf(subjects);
    const rows = rowsOf(cases, await measure(cases, plan, say));
    say("sign-ins, and starts from cold");
    const sign_in = await signIns(large, 15);
    const colds: ColdStart[] = [];
    for (let at = 0; at < 3; at++) colds.push(await coldStart(large, 16));
    const cold_start = colds.sort((a, b) => a.last_answer_ms - b.last_answer_ms)[1]!;
    const load_average = [before, os.loadavg()[0]!];
    return { machine: machine(), date, command, load_average, rows, targets: judgeTargets(rows), sign_in, cold_start };
  } finally {
    for (const { worker } of subjects) await worker.stop();
    for (const dir of Object.values(storages)) rmSync(dir, { recursive: true, force: true });
  }
}

await runMain(async () => {
  const { values } = parseArgs({ options: { quick: { type: "boolean", default: false } } });
  if (process.platform !== "linux") throw new Refusal("The bench reads CPU and memory from /proc, so it runs on Linux only.");
  await buildWorker();
  await buildFloor();
  const results = await run(values.quick ? quick : full, `npm run bench${values.quick ? " -- --quick" : ""}`);
  const file = path.join(out, `${results.date.replaceAll(":", "")}.json`);
  writeFileSync(file, `${JSON.stringify(results, null, 2)}\n`);
  console.log(`\n${report(results)}\n\nAlso in ${path.relative(root, file)}.`);
  if (results.rows.some((row) => row.errors > 0)) throw new Refusal("Not every message was answered; see the column of errors.");
});
