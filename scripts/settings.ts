// The worker's environment: SETTINGS and the secrets it demands, by name.
import { Refusal } from "./shell.ts";

export interface Channel {
  id: string;
  mode?: string;
  [key: string]: unknown;
}

/** What docs/PROTOCOL.md section 1 describes; only what scripts look at is typed. */
export interface Settings {
  channels: Channel[];
  [key: string]: unknown;
}

export type Secrets = Record<string, string>;

/** The secrets that a deployment with these settings must have. */
export function requiredSecrets(settings: Settings): string[] {
  const names = settings.channels.flatMap(({ id, mode }) => {
    const prefix = `CHANNEL_${id.toUpperCase()}`;
    return [
      `${prefix}_TOKEN`,
      ...(mode === "plaintext" ? [] : [`${prefix}_AES_KEY`]),
      `${prefix}_APP_SECRET`,
    ];
  });
  return ["OPERATOR_TOKEN", ...names];
}

/** Refuses to go on without each of them; names are told, never values. */
export function demandSecrets(settings: Settings, secrets: Secrets): void {
  const missing = requiredSecrets(settings).filter((name) => !secrets[name]);
  if (missing.length > 0) throw new Refusal(`Missing secrets: ${missing.join(", ")}.`);
}

/** Those that may also be there, while a key is being changed. */
export function optionalSecrets(settings: Settings): string[] {
  return settings.channels.flatMap(({ id }) => {
    const prefix = `CHANNEL_${id.toUpperCase()}`;
    return [`${prefix}_TOKEN_PREVIOUS`, `${prefix}_AES_KEY_PREVIOUS`];
  });
}
