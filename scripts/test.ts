// `npm test`: all that CI runs, in order, with one summary at the end. A step that fails does not hide the others,
// unless they need what it makes.
import { stripVTControlCharacters } from "node:util";
import { chromiumPath } from "./chromium.ts";
import { packageFile, run, type Finished } from "./shell.ts";

interface Step {
  name: string;
  command: string[];
  /** Steps without whose result this one would say nothing. */
  needs?: string[];
}

const node = process.execPath;
const nodeTest = (...globs: string[]): string[] => [
  node,
  "--test",
  "--test-concurrency=1",
  "--test-reporter=spec",
  ...globs,
];

const types = (project: string): string[] => [
  node,
  packageFile("typescript", "bin/tsc"),
  "--noEmit",
  "-p",
  project,
];

const steps: Step[] = [
  { name: "set-up", command: [node, "scripts/setup.ts", "--tests"] },
  { name: "format", command: ["cargo", "fmt", "--check"] },
  { name: "clippy", command: ["cargo", "clippy", "--locked", "--all-targets", "--", "-D", "warnings"] },
  {
    name: "clippy, edge",
    command: ["cargo", "clippy", "--locked", "--all-targets", "--features", "edge", "--", "-D", "warnings"],
  },
  {
    name: "clippy, eval",
    command: ["cargo", "clippy", "--locked", "--manifest-path", "benches/answering/Cargo.toml", "--target-dir", "target/answering", "--", "-D", "warnings"],
  },
  { name: "encoder", command: [node, "scripts/encoder.ts"] },
  { name: "Rust tests", command: ["cargo", "test", "--locked"] },
  { name: "Wasm build", command: [node, "scripts/build.ts"], needs: ["set-up"] },
  { name: "Wasm check", command: [node, "scripts/check-wasm.ts"], needs: ["Wasm build"] },
  { name: "types", command: types(".") },
  { name: "types, simulator", command: types("simulator") },
  { name: "types, console", command: types("console") },
  { name: "console build", command: [node, "scripts/build-console.ts"] },
  { name: "script tests", command: nodeTest("tests/scripts/*.test.ts") },
  { name: "simulator tests", command: nodeTest("simulator/*.test.ts") },
  { name: "edge tests", command: nodeTest("tests/edge/*.test.ts"), needs: ["Wasm build"] },
  { name: "console tests", command: nodeTest("tests/console/*.test.ts"), needs: ["set-up", "console build"] },
  {
    name: "main journey",
    command: nodeTest("tests/browser/*.test.ts"),
    needs: ["set-up", "Wasm build", "console build"],
  },
];

interface Result {
  name: string;
  state: "ok" | "FAILED" | "not run";
  passed: number;
  failed: number;
  seconds: number;
}

/** Adds up the closing lines of `cargo test` and `node --test`. */
export function countTests(output: string): { passed: number; failed: number } {
  const text = stripVTControlCharacters(output);
  const sum = (pattern: RegExp): number =>
    [...text.matchAll(pattern)].reduce((total, match) => total + Number(match[1]), 0);
  return {
    passed: sum(/^test result: \w+\. (\d+) passed;/gm) + sum(/^ℹ pass (\d+)$/gm),
    failed: sum(/^test result: \w+\. \d+ passed; (\d+) failed;/gm) + sum(/^ℹ (?:fail|cancelled) (\d+)$/gm),
  };
}

/** A step that fails without a failing test of its own (a lint, a build) counts as one. */
function resultOf(name: string, { code, output }: Finished, seconds: number): Result {
  const { passed, failed } = countTests(output);
  return code === 0
    ? { name, state: "ok", passed, failed, seconds }
    : { name, state: "FAILED", passed, failed: Math.max(failed, 1), seconds };
}

async function runAll(): Promise<Result[]> {
  const results: Result[] = [];
  for (const { name, command, needs = [] } of steps) {
    const broken = results.find((result) => result.state !== "ok" && needs.includes(result.name));
    if (broken) {
      results.push({ name, state: "not run", passed: 0, failed: 0, seconds: 0 });
      continue;
    }
    console.log(`\n━━ ${name}`);
    const begin_ms = Date.now();
    const [program, ...args] = command;
    const env = { ...process.env, CHROMIUM: chromiumPath() ?? undefined };
    const finished = await run(program!, args, { show: true, env });
    results.push(resultOf(name, finished, (Date.now() - begin_ms) / 1000));
  }
  return results;
}

function summarise(results: Result[]): void {
  console.log("\n━━ summary");
  for (const { name, state, passed, failed, seconds } of results)
    console.log(
      `${state.padEnd(8)} ${name.padEnd(16)} ${`${seconds.toFixed(1)} s`.padStart(9)}${passed + failed > 0 ? `   ${passed} passed, ${failed} failed` : ""}`,
    );
  const total = (of: (result: Result) => number): number =>
    results.reduce((sum, result) => sum + of(result), 0);
  console.log(`${total((result) => result.passed)} passed, ${total((result) => result.failed)} failed`);
}

if (import.meta.main) {
  const results = await runAll();
  summarise(results);
  process.exitCode = results.every((result) => result.state === "ok") ? 0 : 1;
}
