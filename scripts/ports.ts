// Ports on this machine: a named one or none, a usual one or the next that is free.
import { createServer } from "node:net";
import { Refusal } from "./shell.ts";

/** How many ports after the usual one are tried. */
const triesMax = 20;

/** The port to take for `what`. A port that was named and is busy is a refusal; a usual one gives way to the next. */
export async function choosePort(
  what: string,
  usual: number,
  named: string | undefined,
  taken: number[] = [],
): Promise<number> {
  if (named !== undefined) {
    const port = parsePort(named);
    if (!(await isFree(port)))
      throw new Refusal(
        `Port ${port} for ${what} is busy. Name another, or leave it out to have a free one chosen.`,
      );
    return port;
  }
  for (let port = usual; port < usual + triesMax; port++) {
    if (taken.includes(port)) continue;
    if (await isFree(port)) {
      if (port !== usual) console.log(`  port ${usual} is busy, ${what} takes ${port}`);
      return port;
    }
  }
  throw new Refusal(`Ports ${usual} to ${usual + triesMax - 1} for ${what} are all busy. Name a free one.`);
}

export function parsePort(text: string): number {
  const port = Number(text);
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw new Refusal(`\`${text}\` is no port: a number from 0 to 65535 is.`);
  return port;
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen({ port, host: "127.0.0.1", exclusive: true }, () => server.close(() => resolve(true)));
  });
}
