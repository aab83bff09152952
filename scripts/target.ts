// Which worker an operator's command talks to, and by which token.
import path from "node:path";
import { readJson } from "./operator.ts";
import { readSecrets } from "./secrets.ts";
import { Refusal, root } from "./shell.ts";

export interface Target {
  url: string;
  token: string;
}

/** The options that name it. */
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
