// `npm run export -- --out FILE.(csv|xlsx|json) [--url URL] [--state DIR]`: the published questions and answers as a file
// that `npm run seed -- --faq` takes again.
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { Refusal, runMain } from "./shell.ts";
import { exportTable, formatOf } from "./tables.ts";
import { targetOf, targetOptions } from "./target.ts";

await runMain(async () => {
  const { values } = parseArgs({ options: { out: { type: "string" }, ...targetOptions } });
  if (!values.out)
    throw new Refusal("Usage: npm run export -- --out FILE.(csv|xlsx|json) [--url URL] [--state DIR]");
  const file = await exportTable(targetOf(values), formatOf(values.out));
  writeFileSync(values.out, file);
  console.log(`Wrote ${values.out}: ${file.length} bytes.`);
});
