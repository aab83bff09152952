// The secrets of a local deployment: random, made at the first start, kept in the ignored state folder.
import { randomInt } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { Refusal } from "./shell.ts";
import { secretsOf, type Channel, type ChannelSecrets } from "./channels.ts";
import { requiredSecrets, type Secrets } from "./settings.ts";

/** `environment` is what the worker is given by name; `channels` what it is told of each; `passwords` is by login. */
export interface SecretsFile {
  environment: Secrets;
  channels: Record<string, ChannelSecrets>;
  passwords: Record<string, string>;
}

const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
/** Without those that are mistaken for one another when read aloud or typed. */
const plainLetters = "abcdefghjkmnpqrstuvwxyz23456789";

const randomText = (from: string, length: number): string =>
  Array.from({ length }, () => from[randomInt(from.length)]).join("");

/** 43 letters are 256 bits of base64 without its last sign; a token may have at most 32. */
const lengthOf = (name: string): number => (/KEY/i.test(name) ? 43 : 32);

/** In the shape that is prescribed for a secret of this name. */
export const randomSecret = (name: string): string => randomText(letters, lengthOf(name));

/** What a worker needs, made up. */
export const randomEnvironment = (): Secrets =>
  Object.fromEntries(requiredSecrets.map((name) => [name, randomSecret(name)]));

/** What a channel needs, made up. */
export const randomChannelSecrets = (channel: Channel): ChannelSecrets =>
  Object.fromEntries(secretsOf(channel).map((name) => [name, randomSecret(name)]));

/** Reads the file and fills in what it lacks; what is there stays. Only its owner may read it. */
export function ensureSecrets(file: string, seeded: Channel[], logins: string[]): SecretsFile {
  const before = existsSync(file) ? readSecrets(file) : { environment: {}, channels: {}, passwords: {} };
  const { passwords } = before;
  const environment = { ...randomEnvironment(), ...before.environment };
  const channels = { ...before.channels };
  for (const channel of seeded)
    channels[channel.id] = { ...randomChannelSecrets(channel), ...channels[channel.id] };
  for (const login of logins)
    passwords[login] ??= [4, 4, 4, 4].map((length) => randomText(plainLetters, length)).join("-");
  writeFileSync(file, `${JSON.stringify({ environment, channels, passwords }, null, 2)}\n`, { mode: 0o600 });
  return { environment, channels, passwords };
}

export function readSecrets(file: string): SecretsFile {
  if (!existsSync(file)) throw new Refusal(`There is no file ${file}.`);
  try {
    const { environment = {}, channels = {}, passwords = {} } = JSON.parse(
      readFileSync(file, "utf8"),
    ) as Partial<SecretsFile>;
    return { environment, channels, passwords };
  } catch {
    // The parser's own message would quote the file.
    throw new Refusal(
      `${file} cannot be read as JSON {"environment":{NAME:value}}. Mend it, or begin anew with \`npm start -- --fresh\`.`,
    );
  }
}
