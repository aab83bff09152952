// Starts the built worker under plain workerd: what `npm run serve`, the edge tests and the bench all use.
import { spawn, type ChildProcess } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import type { Readable } from "node:stream";
import { workerdConfig } from "./capnp.ts";
import { Refusal, root } from "./shell.ts";
import { demandSecrets, optionalSecrets, requiredSecrets, type Secrets, type Settings } from "./settings.ts";
import { readWranglerConfig, type WranglerConfig } from "./wrangler-config.ts";

/** How long a start may take before it counts as failed; a loaded machine needs a few seconds. */
const startMsMax = 60_000;
/** How long a stop by signal may take before the process is killed. */
const stopMsMax = 10_000;

export interface WorkerdOptions {
  /** 0 takes a free one. */
  port: number;
  /** Holds all state: objects, KV, R2. Made when missing. */
  stateDir: string;
  settings: Settings;
  secrets: Secrets;
  /** Another worker than ours, for comparison: the folder of its modules, and what it is bound to. */
  build?: string;
  config?: WranglerConfig;
  /** How late KV is; 0 (the default) is never. */
  kvStaleSeconds?: number;
  /** Changes to the worker's environment, after the secrets were checked; `undefined` takes a name away. */
  environment?: Record<string, string | undefined>;
  /** Where the worker's own log goes; inherited when left out. */
  log?: (chunk: string) => void;
}

export interface Workerd {
  url: string;
  port: number;
  pid: number;
  /** Settles when it has ended, for whatever reason. */
  exited: Promise<void>;
  /** Ends it in an orderly way. */
  stop(): Promise<void>;
  /** SIGKILL: as if the machine had lost power, but for what the kernel already holds. */
  kill(): Promise<void>;
}

export async function startWorkerd(options: WorkerdOptions): Promise<Workerd> {
  const environment = checkedEnvironment(options);
  const config = options.config ?? readWranglerConfig();
  const at = layOut(options, config, Object.keys(environment));
  const child = spawn(
    workerdBinary(),
    [
      "serve",
      at.config,
      `--socket-addr=http=127.0.0.1:${options.port}`,
      `--directory-path=objects-disk=${at.objects}`,
      `--directory-path=kv-disk=${at.kv}`,
      `--directory-path=r2-disk=${at.r2}`,
      `--directory-path=assets-disk=${path.resolve(root, config.assets.directory)}`,
      "--control-fd=3",
    ],
    { env: environment, stdio: ["ignore", "pipe", "pipe", "pipe"] },
  );
  const log = options.log ?? ((chunk: string) => void process.stderr.write(chunk));
  for (const stream of [child.stdout, child.stderr])
    stream?.on("data", (chunk: Buffer) => log(String(chunk)));
  const endWithUs = (): void => void child.kill("SIGKILL");
  process.once("exit", endWithUs);
  child.once("exit", () => process.off("exit", endWithUs));
  const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const port = await listening(child);
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    pid: child.pid!,
    exited,
    stop: () => end(child, exited, "SIGTERM"),
    kill: () => end(child, exited, "SIGKILL"),
  };
}

/** SETTINGS and the secrets, and nothing else of our own environment. */
function checkedEnvironment({ settings, secrets, environment }: WorkerdOptions): Record<string, string> {
  demandSecrets(secrets);
  const names = [...requiredSecrets, ...optionalSecrets.filter((name) => secrets[name])];
  const all = {
    SETTINGS: JSON.stringify(settings),
    ...Object.fromEntries(names.map((name) => [name, secrets[name]!])),
    ...environment,
  };
  return Object.fromEntries(Object.entries(all).filter((pair): pair is [string, string] => pair[1] !== undefined));
}

/** Copies what workerd loads beside its configuration, so that a rebuild never changes what already runs. */
function layOut(
  { stateDir, build, kvStaleSeconds }: WorkerdOptions,
  config: WranglerConfig,
  environment: string[],
): { config: string; objects: string; kv: string; r2: string } {
  const from = build ?? path.join(root, "build");
  if (!existsSync(path.join(from, "index.js")))
    throw new Refusal("There is no built worker. Run `npm run build` first.");
  const dir = path.resolve(stateDir, "worker");
  const at = {
    config: path.join(dir, "config.capnp"),
    objects: path.resolve(stateDir, "objects"),
    kv: path.resolve(stateDir, "kv"),
    r2: path.resolve(stateDir, "r2"),
  };
  for (const folder of [dir, at.objects, at.kv, at.r2]) mkdirSync(folder, { recursive: true });
  const modules = readdirSync(from).filter((file) => /\.(js|wasm)$/.test(file));
  for (const file of modules) copyFileSync(path.join(from, file), path.join(dir, file));
  for (const file of ["kv.js", "r2.js", "assets.js"])
    copyFileSync(path.join(root, "scripts/standins", file), path.join(dir, `standin-${file}`));
  writeFileSync(at.config, workerdConfig(config, modules, environment, kvStaleSeconds ?? 0));
  return at;
}

/** The binary that the pinned wrangler itself depends on. */
function workerdBinary(): string {
  const require = createRequire(import.meta.url);
  const wrangler = createRequire(require.resolve("wrangler/package.json"));
  return (wrangler("workerd") as { default: string }).default;
}

/** The port it listens on, as it tells on its control pipe. */
function listening(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      child.kill("SIGKILL");
      reject(new Refusal(`workerd did not listen within ${startMsMax / 1000} s.`));
    }, startMsMax);
    let told = "";
    (child.stdio[3] as Readable).on("data", (chunk: Buffer) => {
      told += chunk;
      const port = /"event":"listen","socket":"http","port":(\d+)/.exec(told.replaceAll(" ", ""))?.[1];
      if (port) resolve((clearTimeout(timer), Number(port)));
    });
    child.once("error", reject);
    child.once("exit", (code) => {
      clearTimeout(timer);
      reject(new Refusal(`workerd ended at start with ${code}; its own words are above.`));
    });
  });
}

async function end(child: ChildProcess, exited: Promise<void>, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill(signal);
  const timer = setTimeout(() => child.kill("SIGKILL"), stopMsMax);
  await exited;
  clearTimeout(timer);
}
