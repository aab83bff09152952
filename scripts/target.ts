// Which worker a script talks to, with whose token, and one call of its API.
import path from "node:path";
import { readJson } from "./operator.ts";
import { readSecrets } from "./secrets.ts";
import { Refusal, root } from "./shell.ts";

export interface Target {
  url: string;
  token: string;
}

/** Options of every script that talks to a worker. */
export const targetOptions = {
  url: { type: "string" },
  state: { type: "string", default: path.join(root, ".shunda") },
} as const;

/** As named, or that of the state folder of `npm start`. */
export function targetOf({ url, state }: { url?: string; state: string }): Target {
  const inState = (file: string): string => path.join(state, file);
  const token = process.env.OPERATOR_TOKEN ?? readSecrets(inState("secrets.json")).environment.OPERATOR_TOKEN;
  if (!token)
    throw new Refusal("There is no operator token: set OPERATOR_TOKEN, or name a state folder by --state.");
  return { url: url ?? (readJson(inState("addresses.json")) as { worker: string }).worker, token };
}

/** The API's answer; a refusal ends the script with its words. */
export async function call({ url, token }: Target, method: string, route: string, body?: unknown): Promise<any> {
  const headers = {
    authorization: `Bearer ${token}`,
    ...(body === undefined ? {} : { "content-type": "application/json" }),
  };
  const sent = { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) };
  const response = await fetch(`${url}/api/${route}`, sent).catch(() => {
    throw new Refusal(`Nothing answers at ${url}. Is the worker up?`);
  });
  const text = await response.text();
  if (!response.ok) throw new Refusal(`${method} /api/${route} was refused with ${response.status}: ${text}`);
  return JSON.parse(text);
}
