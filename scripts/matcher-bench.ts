// `npm run bench:matcher [-- --sizes 100x5,1000x5,…]`: what matching by words costs in workerd, by the size of the bank: CPU
// time of a question by itself, the load of a cold isolate, memory.
import { mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { bank, question } from "../benches/edge/bank.ts";
import { cpuMs, rssMiB } from "../benches/edge/process.ts";
import { machine } from "../benches/edge/report.ts";
import { buildWorker } from "./build.ts";
import { randomEnvironment } from "./secrets.ts";
import { knowledgeFrom, publishKnowledge, seed } from "./operator.ts";
import { runMain } from "./shell.ts";
import { call } from "./target.ts";
import { startWorkerd } from "./workerd.ts";

/** How many questions are timed, each in a request of its own, and so often that the kernel's ticks do not show. */
const asked = 100;
const times = 200;

const nth = (sorted: number[], share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]!;

async function measure(entryCount: number, phrasings: number): Promise<string> {
  const stateDir = mkdtempSync(path.join(os.tmpdir(), "shunda-matcher-bench-"));
  const secrets = randomEnvironment();
  const options = { port: 0, stateDir, settings: seed.settings(), secrets, log: () => {} };
  const entries = bank(entryCount, phrasings);
  const first = await startWorkerd(options);
  await publishKnowledge(first.url, secrets.OPERATOR_TOKEN!, knowledgeFrom(entries));
  await first.stop();
  const worker = await startWorkerd(options);
  const target = { url: worker.url, token: secrets.OPERATOR_TOKEN! };
  try {
    const empty = rssMiB(worker.pid);
    const [cpu, begin] = [cpuMs(worker.pid), performance.now()];
    await call(target, "GET", "health");
    const cold = { wall_ms: performance.now() - begin, cpu_ms: cpuMs(worker.pid) - cpu };
    // Both sides of the report are the same answerer, the one that the isolate has.
    const compare = (text: string) =>
      call(target, "POST", "knowledge/differences", { candidate: { version: 1 }, questions: Array<string>(times).fill(text) });
    await compare(question(entries, 0).text);
    const ms: number[] = [];
    for (let number = 1; number <= asked; number += 1) {
      const before = cpuMs(worker.pid);
      await compare(question(entries, number).text);
      ms.push((cpuMs(worker.pid) - before) / times / 2);
    }
    ms.sort((a, b) => a - b);
    const cells = [entryCount.toLocaleString("en"), (entryCount * phrasings).toLocaleString("en"), nth(ms, 0.5).toFixed(2), nth(ms, 0.99).toFixed(2), cold.wall_ms.toFixed(0), cold.cpu_ms.toFixed(0), empty.toFixed(0), rssMiB(worker.pid).toFixed(0)];
    return `| ${cells.join(" | ")} |`;
  } finally {
    await worker.stop();
    rmSync(stateDir, { recursive: true, force: true });
  }
}

await runMain(async () => {
  const { values } = parseArgs({ options: { sizes: { type: "string", default: "100x5,1000x5,10000x5,100000x2" } } });
  await buildWorker();
  console.log(`${machine()}; ${new Date().toISOString().slice(0, 16)}; load average ${os.loadavg()[0]!.toFixed(1)}`);
  console.log(`CPU time of one question in Wasm, ${asked} questions, each ${2 * times} times`);
  console.log("\n| entries | phrasings | median ms | p99 ms | cold load, wall ms | CPU ms | RSS MiB before | RSS MiB after |\n|--:|--:|--:|--:|--:|--:|--:|--:|");
  for (const size of values.sizes.split(",")) {
    const [entryCount, phrasings] = size.split("x").map(Number) as [number, number];
    console.log(await measure(entryCount, phrasings));
  }
});
