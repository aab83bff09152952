// The secrets of a local deployment: random, made at the first start, kept in the ignored state folder.
import { randomInt } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { Refusal } from "./shell.ts";
import { requiredSecrets, type Secrets, type Settings } from "./settings.ts";

/** `environment` is what the worker is given by name; `passwords` is by login, for people. */
export interface SecretsFile {
  environment: Secrets;
  passwords: Record<string, string>;
}

const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
/** Without those that are mistaken for one another when read aloud or typed. */
const plainLetters = "abcdefghjkmnpqrstuvwxyz23456789";

const randomText = (from: string, length: number): string =>
  Array.from({ length }, () => from[randomInt(from.length)]).join("");

/** 43 letters are an EncodingAESKey (256 bits of base64 without its last sign); a token may have at most 32. */
const lengthOf = (name: string): number => (/_AES_KEY(_PREVIOUS)?$/.test(name) ? 43 : 32);

/** In the shape that WeChat prescribes for a secret of this name. */
export const randomSecret = (name: string): string => randomText(letters, lengthOf(name));

/** Reads the file and fills in what it lacks; what is there stays. Only its owner may read it. */
export function ensureSecrets(file: string, settings: Settings, logins: string[]): SecretsFile {
  const { environment, passwords } = existsSync(file)
    ? readSecrets(file)
    : { environment: {}, passwords: {} };
  for (const name of requiredSecrets(settings)) environment[name] ??= randomSecret(name);
  for (const login of logins)
    passwords[login] ??= [4, 4, 4, 4].map((length) => randomText(plainLetters, length)).join("-");
  writeFileSync(file, `${JSON.stringify({ environment, passwords }, null, 2)}\n`, { mode: 0o600 });
  return { environment, passwords };
}

export function readSecrets(file: string): SecretsFile {
  if (!existsSync(file)) throw new Refusal(`There is no file ${file}.`);
  try {
    const { environment = {}, passwords = {} } = JSON.parse(
      readFileSync(file, "utf8"),
    ) as Partial<SecretsFile>;
    return { environment, passwords };
  } catch {
    // The parser's own message would quote the file.
    throw new Refusal(
      `${file} cannot be read as JSON {"environment":{NAME:value}}. Mend it, or begin anew with \`npm start -- --fresh\`.`,
    );
  }
}
