// `npm start [-- --fresh --state DIR --port P --simulator-port P]`: builds what has changed, then runs the worker, a WeChat simulator and the console on this machine.
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { parseArgs } from "node:util";
import { buildWorker } from "./build.ts";
import { buildConsole } from "./build-console.ts";
import { simulatedAccount } from "./channels.ts";
import { answering, begin, endAll } from "./children.ts";
import { publishKnowledge, publishStaff, putChannel, seed } from "./operator.ts";
import { train } from "./training.ts";
import { choosePort } from "./ports.ts";
import { ensureSecrets, type SecretsFile } from "./secrets.ts";
import type { Settings } from "./settings.ts";
import { digestOf, onStop, packageFile, Refusal, root, runMain, say } from "./shell.ts";
import { openState } from "./state.ts";

const options = {
  fresh: { type: "boolean", default: false },
  state: { type: "string", default: path.join(root, ".shunda") },
  port: { type: "string" },
  "simulator-port": { type: "string" },
} as const;

interface Local {
  state: string;
  settings: Settings;
  secrets: SecretsFile;
  workerUrl: string;
  simulatorUrl: string;
  ports: { worker: number; simulator: number };
}

/** Settings and secrets as the worker and the simulator are to have them: both sides of one table. */
function compose(state: string, ports: Local["ports"]): Local {
  const simulatorUrl = `http://127.0.0.1:${ports.simulator}`;
  const settings = { ...seed.settings(), wechat_api: simulatorUrl, wecom_api: simulatorUrl };
  const logins = seed.staff().map(({ login }) => login);
  const secrets = ensureSecrets(path.join(state, "secrets.json"), seed.channels(), logins);
  const workerUrl = `http://127.0.0.1:${ports.worker}`;
  // Where `npm run seed` finds this worker, whatever port it took.
  writeFileSync(
    path.join(state, "addresses.json"),
    JSON.stringify({ worker: workerUrl, simulator: simulatorUrl }),
  );
  return { state, settings, secrets, ports, simulatorUrl, workerUrl };
}

function beginSimulator(local: Local, onExit: (reason: string) => void): void {
  const accounts = seed
    .channels()
    .map((channel) => simulatedAccount(channel, local.secrets.channels[channel.id]!));
  const file = path.join(local.state, "simulator.json");
  writeFileSync(
    file,
    JSON.stringify({
      port: local.ports.simulator,
      callbackBase: local.workerUrl,
      accounts,
      keep: path.join(local.state, "phones.json"),
    }),
    { mode: 0o600 },
  );
  begin(
    "the simulator",
    process.execPath,
    ["simulator/main.ts", "--config", file],
    process.env,
    path.join(local.state, "simulator.log"),
    onExit,
  );
}

/** Settings and secrets reach wrangler by a file that only its owner may read, never by the command line. */
function beginWorker(local: Local, onExit: (reason: string) => void): void {
  const file = path.join(local.state, "worker.env");
  // In single quotes a value is taken as it is; JSON can do without them.
  const lines = Object.entries({
    SETTINGS: JSON.stringify(local.settings).replaceAll("'", "\\u0027"),
    ...local.secrets.environment,
  });
  writeFileSync(file, lines.map(([name, value]) => `${name}='${value}'\n`).join(""), { mode: 0o600 });
  const env = {
    ...process.env,
    CLOUDFLARE_CF_FETCH_ENABLED: "false",
    WRANGLER_SEND_METRICS: "false",
    CI: "true",
  };
  const args = [
    "dev",
    "--ip",
    "127.0.0.1",
    "--port",
    String(local.ports.worker),
    "--inspector-port",
    "0",
    "--env-file",
    file,
    "--persist-to",
    path.join(local.state, "worker"),
    "--show-interactive-dev-session",
    "false",
  ];
  begin(
    "the worker",
    process.execPath,
    [packageFile("wrangler", "bin/wrangler.js"), ...args],
    env,
    path.join(local.state, "worker.log"),
    onExit,
  );
}

/** Publishes kv-seed/ when it has changed; whoever has a password already keeps it, and so their session. */
async function seedWorker({ state, workerUrl, secrets }: Local): Promise<void> {
  const file = path.join(state, "seeded.json");
  const before = existsSync(file)
    ? (JSON.parse(readFileSync(file, "utf8")) as { digest: string; logins: string[] })
    : { digest: "", logins: [] };
  const digest = digestOf(["kv-seed/channels.json", "kv-seed/knowledge.json", "kv-seed/staff.json"]);
  if (before.digest === digest) return;
  say("channels, staff and knowledge from kv-seed (a few seconds)");
  const token = secrets.environment.OPERATOR_TOKEN!;
  for (const channel of seed.channels())
    await putChannel(workerUrl, token, channel, secrets.channels[channel.id]);
  const staff = seed.staff();
  const fresh = Object.entries(secrets.passwords).filter(([login]) => !before.logins.includes(login));
  await publishStaff(workerUrl, token, staff, Object.fromEntries(fresh));
  await publishKnowledge(workerUrl, token, seed.knowledge());
  await train({ url: workerUrl, token });
  writeFileSync(file, JSON.stringify({ digest, logins: staff.map(({ login }) => login) }));
}

function tell(local: Local, isFirst: boolean): void {
  const secretsFile = path.relative(process.cwd(), path.join(local.state, "secrets.json"));
  console.log(`
瞬答已就绪 · Shunda is up

  手机 phone     ${local.simulatorUrl}/
                 扮演微信客户：问「保修多久」，再发「转人工」 · play a WeChat customer: ask 保修多久, then send 转人工
  坐席 console   ${local.workerUrl}/
                 登录后接待转人工的客户，回复会出现在手机上 · sign in, answer, and see the reply on the phone
`);
  if (isFirst) {
    console.log("  登录 sign-in   （只显示这一次 · shown this once; 保存在 kept in " + secretsFile + "）");
    for (const { login, name } of seed.staff())
      console.log(`                 ${login.padEnd(10)} ${local.secrets.passwords[login]}   ${name}`);
  } else
    console.log(`  登录 sign-in   账号密码在 · logins and passwords are in ${secretsFile} ("passwords")`);
  console.log(
    `\n  日志 logs      ${path.relative(process.cwd(), local.state)}/worker.log, simulator.log\n  按 Ctrl-C 全部结束 · Ctrl-C ends all of it\n`,
  );
}

async function start(onExit: (reason: string) => void): Promise<void> {
  const { values } = parseArgs({ options });
  const state = openState(values.state, values.fresh);
  await buildWorker();
  await buildConsole();
  const worker = await choosePort("the worker", 8787, values.port);
  const simulator = await choosePort("the simulator", 8788, values["simulator-port"], [worker]);
  const isFirst = !existsSync(path.join(state, "seeded.json"));
  const local = compose(state, { worker, simulator });
  say("the simulator and the worker (about 10 s)");
  beginSimulator(local, onExit);
  beginWorker(local, onExit);
  await Promise.all([
    answering("the simulator", `${local.simulatorUrl}/control/accounts`),
    answering("the worker", `${local.workerUrl}/api/health`),
  ]);
  await seedWorker(local);
  tell(local, isFirst);
}

await runMain(async () => {
  const ended = Promise.withResolvers<void>();
  onStop(() => ended.resolve());
  try {
    await Promise.race([
      start((reason) => ended.reject(new Refusal(reason))).then(() => ended.promise),
      ended.promise,
    ]);
  } finally {
    await endAll();
  }
});
process.exit();
