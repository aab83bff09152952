// Channels as files name them: what they are, and where their secrets come from. They are put through the API.
import { Refusal } from "./shell.ts";
import type { Secrets } from "./settings.ts";

/** A channel as `PUT /api/channels/{id}` takes it, with its id; only what scripts look at is typed. */
export interface Channel {
  id: string;
  name: string;
  path: string;
  kind: "official_account" | "mini_program" | "kefu";
  appid: string;
  mode?: string;
  original_id?: string;
  open_kfid?: string;
  [key: string]: unknown;
}

/** What a channel's secrets are called in the API. */
export type ChannelSecrets = Partial<Record<"token" | "aes_key" | "app_secret", string>>;

const secretNames = ["token", "aes_key", "app_secret"] as const;

/** The secrets that a channel must have. */
export const secretsOf = ({ mode }: Channel): (typeof secretNames)[number][] =>
  secretNames.filter((name) => name !== "aes_key" || mode !== "plaintext");

/** The same account as a simulator is to play it. */
export function simulatedAccount(channel: Channel, secrets: ChannelSecrets): Record<string, unknown> {
  const { id, name, path, kind, appid, mode, tier } = channel;
  const common = { id, name, path, kind, token: secrets.token, encodingAesKey: secrets.aes_key };
  if (kind === "kefu")
    return { ...common, corpid: appid, secret: secrets.app_secret, openKfid: channel.open_kfid };
  const official = kind === "official_account" && tier ? { tier } : {};
  return { ...common, ...official, appid, mode, originalId: channel.original_id, appSecret: secrets.app_secret };
}

/** Secrets stand in a file as `{"env": "NAME"}` and nowhere else: they are never written down, nor on a command line. */
export function withSecretsFrom(environment: NodeJS.ProcessEnv, channel: Channel): Channel {
  const secrets = secretNames.flatMap((name) => {
    const named = channel[name];
    if (named === undefined) return [];
    const variable = (named as { env?: unknown } | null)?.env;
    if (typeof variable !== "string")
      throw new Refusal(`Channel ${channel.id}: ${name} must be {"env": "NAME"}.`);
    const value = environment[variable];
    if (!value) throw new Refusal(`Channel ${channel.id}: the environment has no ${variable}.`);
    return [[name, value] as const];
  });
  return { ...channel, ...(Object.fromEntries(secrets) as Secrets) };
}
