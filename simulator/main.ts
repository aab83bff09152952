// Starts the simulator from the command line: main.ts --config FILE [--port PORT]
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { startSimulator } from './server.ts';

const USAGE = 'usage: node simulator/main.ts --config FILE [--port PORT]';

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { config: { type: 'string' }, port: { type: 'string' } } });
  if (values.config === undefined) throw new Error(USAGE);
  const config = readConfig(values.config);
  if (values.port !== undefined) config.port = Number(values.port);
  const simulator = await startSimulator(config);
  console.log(`simulator: ${simulator.url}`);
  const stop = (): void => {
    void simulator.close().then(() => process.exit(0));
  };
  process.once('SIGTERM', stop).once('SIGINT', stop);
}

function readConfig(file: string): Record<string, unknown> {
  const text = readFileSync(file, 'utf8');
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    // The parser's own message would quote the file, which holds secrets.
    throw new Error(`${file} is not JSON`);
  }
}

main().catch((error: unknown) => {
  console.error(`simulator: ${error instanceof Error ? error.message : String(error)}`);
  process.exit(1);
});
