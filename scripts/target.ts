// Which worker a command speaks with, as its operator: named by --url and OPERATOR_TOKEN, or that of a state folder.
import path from "node:path";
import { readJson } from "./operator.ts";
import { readSecrets } from "./secrets.ts";
import { Refusal } from "./shell.ts";

export interface Target {
  url: string;
  token: string;
}

/** `state` is the folder of `npm start`. */
export function target(url: string | undefined, state: string): Target {
  const inState = (file: string): string => path.join(state, file);
  const token = process.env.OPERATOR_TOKEN ?? readSecrets(inState("secrets.json")).environment.OPERATOR_TOKEN;
  if (!token)
    throw new Refusal("There is no operator token: set OPERATOR_TOKEN, or name a state folder by --state.");
  return { url: url ?? (readJson(inState("addresses.json")) as { worker: string }).worker, token };
}

/** The answer of the worker's API, as JSON; what is refused ends the command with the worker's own words. */
export async function call({ url, token }: Target, method: string, route: string, body?: unknown): Promise<any> {
  const json: Record<string, string> = body === undefined ? {} : { "content-type": "application/json" };
  const headers = { authorization: `Bearer ${token}`, ...json };
  const sent = fetch(`${url}/api/${route}`, { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
  const response = await sent.catch(() => {
    throw new Refusal(`Nothing answers at ${url}. Is the worker up?`);
  });
  const text = await response.text();
  if (!response.ok) throw new Refusal(`${method} /api/${route} was refused with ${response.status}: ${text}`);
  return JSON.parse(text);
}
