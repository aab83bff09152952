// What an operator publishes, through the worker's own operator API: staff, knowledge, channels. And the seed it comes from.
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";
import { withSecretsFrom, type Channel, type ChannelSecrets } from "./channels.ts";
import { Refusal, root } from "./shell.ts";
import type { Settings } from "./settings.ts";

export interface Staff {
  id: string;
  login: string;
  name: string;
  [key: string]: unknown;
}

export interface Entry {
  id: string;
  question: string;
  answer: string;
  variants: string[];
  category: string;
}

export interface Knowledge {
  entries: Entry[];
  [key: string]: unknown;
}

/** What a new deployment starts with: kv-seed/. */
export const seed = {
  settings: (): Settings => readJson(path.join(root, "kv-seed/settings.json")) as Settings,
  channels: (): Channel[] => channelsFrom(path.join(root, "kv-seed/channels.json")),
  staff: (): Staff[] => (readJson(path.join(root, "kv-seed/staff.json")) as { staff: Staff[] }).staff,
  knowledge: (): Knowledge => readJson(path.join(root, "kv-seed/knowledge.json")) as Knowledge,
};

export function readJson(file: string): unknown {
  if (!existsSync(file)) throw new Refusal(`There is no file ${file}.`);
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch (error) {
    throw new Refusal(`${file} is not JSON: ${(error as Error).message}`);
  }
}

/** Staff, with the passwords of those who are to get one. */
export async function publishStaff(
  url: string,
  token: string,
  staff: Staff[],
  passwords: Record<string, string>,
): Promise<void> {
  const withPasswords = staff.map((one) =>
    passwords[one.login] ? { ...one, password: passwords[one.login] } : one,
  );
  await put(`${url}/api/operator/staff`, token, { staff: withPasswords });
}

export async function publishKnowledge(
  url: string,
  token: string,
  knowledge: Knowledge,
): Promise<{ version: number; entries: number }> {
  return (await put(`${url}/api/operator/knowledge`, token, knowledge)) as {
    version: number;
    entries: number;
  };
}

/** Adds or replaces a channel; secrets that are left out stay as they are. */
export async function putChannel(
  url: string,
  token: string,
  channel: Channel,
  secrets: ChannelSecrets = {},
): Promise<void> {
  const { id, ...body } = channel;
  await put(`${url}/api/channels/${id}`, token, { ...body, ...secrets });
}

/** The channels in a file, with the secrets that it names by their variables. */
export function channelsFrom(file: string): Channel[] {
  const { channels } = readJson(file) as { channels?: Channel[] };
  if (!Array.isArray(channels)) throw new Refusal(`${file} must be {"channels": [{"id": …}]}.`);
  return channels.map((channel) => withSecretsFrom(process.env, channel));
}

/** A whole document is taken as it is; a bare list of questions and answers replaces the entries of the seed. */
export function knowledgeFrom(given: unknown): Knowledge {
  if (!Array.isArray(given)) return given as Knowledge;
  const entries = given.map(
    (entry: Partial<Entry>, index) =>
      ({ id: `q${index + 1}`, variants: [], category: "", ...entry }) as Entry,
  );
  return { ...seed.knowledge(), entries };
}

async function put(url: string, token: string, body: unknown): Promise<unknown> {
  const headers = { "content-type": "application/json", authorization: `Bearer ${token}` };
  const response = await fetch(url, { method: "PUT", headers, body: JSON.stringify(body) }).catch(
    (error: Error) => {
      throw new Refusal(
        `Nothing answers at ${url} (${String(error.cause ?? error.message)}). Is the worker up?`,
      );
    },
  );
  const text = await response.text();
  if (!response.ok) throw new Refusal(`PUT ${url} was refused with ${response.status}: ${text}`);
  return JSON.parse(text);
}
