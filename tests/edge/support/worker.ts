// The harness of the edge tests: the real Wasm in workerd, on a free port, with state in a folder of its own.
import { mkdtempSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { startWorkerd, type Workerd, type WorkerdOptions } from "../../../scripts/workerd.ts";
import { randomEnvironment } from "../../../scripts/secrets.ts";
import type { Secrets, Settings } from "../../../scripts/settings.ts";

/** WeChat and WeCom answer nowhere; a test that needs them names their addresses. */
export function testSettings(changes: Partial<Settings> = {}): Settings {
  return {
    wechat_api: "http://127.0.0.1:9",
    wecom_api: "http://127.0.0.1:9",
    addressing: { mode: "sharded", shards: 4 },
    freshness_s: 600,
    ledger_days: 7,
    message_days: 180,
    session_hours: 12,
    ...changes,
  };
}

export interface TestWorker extends Workerd {
  secrets: Secrets;
  stateDir: string;
  /** What the worker logged so far. */
  logged(): string;
  /** Starts again on the same state; the old process must have been stopped or killed. */
  again(changes?: Partial<WorkerdOptions>): Promise<TestWorker>;
  /** Stops it and removes its state. */
  close(): Promise<void>;
}

export async function startWorker(changes: Partial<WorkerdOptions> = {}): Promise<TestWorker> {
  const settings = changes.settings ?? testSettings();
  const secrets = changes.secrets ?? randomEnvironment();
  const stateDir = changes.stateDir ?? mkdtempSync(path.join(os.tmpdir(), "shunda-edge-"));
  let log = "";
  const options: WorkerdOptions = {
    port: 0,
    log: (chunk) => void (log += chunk),
    ...changes,
    settings,
    secrets,
    stateDir,
  };
  const workerd = await startWorkerd(options).catch((error: unknown) => {
    throw new Error(`${String(error)}\n${log}`);
  });
  return {
    ...workerd,
    secrets,
    stateDir,
    logged: () => log,
    again: (more) => startWorker({ ...changes, settings, secrets, stateDir, ...more }),
    close: async () => {
      await workerd.stop();
      rmSync(stateDir, { recursive: true, force: true });
    },
  };
}
