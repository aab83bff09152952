// The worker's environment: SETTINGS and the secrets it demands, by name.
import { Refusal } from "./shell.ts";

/** What docs/PROTOCOL.md section 1 describes. */
export type Settings = Record<string, unknown>;

export type Secrets = Record<string, string>;

/** The secrets that every deployment must have. */
export const requiredSecrets = ["OPERATOR_TOKEN", "DEPLOYMENT_KEY"];

/** Those that may also be there: while the key is being changed, and where another tier wants to see something. */
export const optionalSecrets = ["DEPLOYMENT_KEY_PREVIOUS", "RESPONDER_TOKEN", "REMOTE_CHAT_TOKEN", "REMOTE_EMBEDDINGS_TOKEN"];

/** Refuses to go on without each of them; names are told, never values. */
export function demandSecrets(secrets: Secrets): void {
  const missing = requiredSecrets.filter((name) => !secrets[name]);
  if (missing.length > 0) throw new Refusal(`Missing secrets: ${missing.join(", ")}.`);
}
