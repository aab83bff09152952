// `npm run serve`: the built worker under plain workerd, for one's own machine and for benchmarks.
import { mkdirSync } from "node:fs";
import { parseArgs } from "node:util";
import { buildWorker } from "./build.ts";
import { buildConsole } from "./build-console.ts";
import { readJson, seed } from "./operator.ts";
import { choosePort } from "./ports.ts";
import { readSecrets } from "./secrets.ts";
import { demandSecrets, optionalSecrets, requiredSecrets, type Secrets, type Settings } from "./settings.ts";
import { onStop, Refusal, runMain } from "./shell.ts";
import { startWorkerd } from "./workerd.ts";

const usage = `Usage: npm run serve -- --state DIR [--port P] [--secrets FILE] [--settings FILE] [--kv-stale-seconds N]
  Settings: --settings, else the environment's SETTINGS, else kv-seed/settings.json.
  Secrets: --secrets {"environment":{NAME:value}}, and the environment, which goes first.`;

const options = {
  state: { type: "string" },
  port: { type: "string" },
  secrets: { type: "string" },
  settings: { type: "string" },
  "kv-stale-seconds": { type: "string", default: "0" },
} as const;

function settingsFrom(file: string | undefined): Settings {
  if (file) return readJson(file) as Settings;
  return process.env.SETTINGS ? (JSON.parse(process.env.SETTINGS) as Settings) : seed.settings();
}

function secretsFrom(file: string | undefined): Secrets {
  const fromFile = file ? readSecrets(file).environment : {};
  const names = [...requiredSecrets, ...optionalSecrets];
  return {
    ...fromFile,
    ...Object.fromEntries(names.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : []))),
  };
}

await runMain(async () => {
  const { values } = parseArgs({ options });
  const kvStaleSeconds = Number(values["kv-stale-seconds"]);
  if (!values.state || !(kvStaleSeconds >= 0)) throw new Refusal(usage);
  const settings = settingsFrom(values.settings);
  const secrets = secretsFrom(values.secrets);
  demandSecrets(secrets);
  await buildWorker();
  await buildConsole();
  mkdirSync(values.state, { recursive: true, mode: 0o700 });
  const port = await choosePort("the worker", 8787, values.port);
  const worker = await startWorkerd({ port, stateDir: values.state, settings, secrets, kvStaleSeconds });
  console.log(`Shunda 瞬答 answers at ${worker.url} (state in ${values.state}); Ctrl-C ends it.`);
  onStop(() => void worker.stop());
  await worker.exited;
});
