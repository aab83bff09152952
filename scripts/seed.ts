// `npm run seed -- [--faq FILE.(csv|xlsx|json) [--dry-run] [--errors OUT]] [--channels FILE.json] [--url URL] [--state DIR]`:
// publishes another bank of questions and answers, puts channels.
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { channelsFrom, knowledgeFrom, publishKnowledge, putChannel, readJson, type Knowledge } from "./operator.ts";
import { Refusal, runMain } from "./shell.ts";
import { faultsOf, formatOf, line, readTable } from "./tables.ts";
import { train, trainedLine } from "./training.ts";
import { targetOf, targetOptions, type Target } from "./target.ts";

const options = {
  faq: { type: "string" },
  "dry-run": { type: "boolean", default: false },
  errors: { type: "string" },
  channels: { type: "string" },
  ...targetOptions,
} as const;

/** Faults that are shown; a file of faults has them all. */
const linesMax = 20;

/** A whole document is published as it is; of a table, entries that the worker has found good replace those of the seed. */
async function knowledgeIn(file: string, errors: string | undefined, isDryRun: boolean, target: Target): Promise<Knowledge> {
  const whole = formatOf(file) === "json" ? readJson(file) : [];
  if (!Array.isArray(whole) && !isDryRun) return whole as Knowledge;
  const { rows, entries, faults, more, warnings } = await readTable(target, file);
  for (const warning of warnings.slice(0, linesMax)) console.log(`! ${line(warning)}`);
  if (errors) {
    writeFileSync(errors, await faultsOf(target, file));
    console.log(`Wrote ${errors}: the table with its faults.`);
  }
  if (!entries) {
    for (const fault of faults.slice(0, linesMax)) console.error(`✗ ${line(fault)}`);
    const hint = errors ? "" : " --errors OUT.csv writes them beside their rows.";
    throw new Refusal(`${file} has ${more ? "more than " : ""}${faults.length} faults in ${rows} rows; nothing was imported.${hint}`);
  }
  console.log(`${file}: ${rows} rows, all good.`);
  return knowledgeFrom(entries);
}

await runMain(async () => {
  const { values } = parseArgs({ options });
  if (!values.faq && !values.channels)
    throw new Refusal(
      "Usage: npm run seed -- [--faq FILE.(csv|xlsx|json) [--dry-run] [--errors OUT]] [--channels FILE.json] [--url URL] [--state DIR]\n" +
        '  Secrets in a file of channels are {"env": "NAME"}: they are read from the environment.',
    );
  if ((values["dry-run"] || values.errors) && (!values.faq || values.channels))
    throw new Refusal("--dry-run and --errors are about a file of questions and answers: --faq FILE, without --channels.");
  const channels = values.channels ? channelsFrom(values.channels) : [];
  const target = targetOf(values);
  const knowledge = values.faq ? await knowledgeIn(values.faq, values.errors, values["dry-run"], target) : undefined;
  for (const channel of channels) {
    await putChannel(target.url, target.token, channel);
    console.log(`Put channel ${channel.id}; its callback address is ${target.url}/callback/${channel.path}.`);
  }
  if (knowledge && !values["dry-run"]) {
    const { entries, version } = await publishKnowledge(target.url, target.token, knowledge);
    console.log(`Published ${entries} entries as version ${version}; the worker takes it up within 35 s.`);
    console.log(trainedLine(await train(target)));
  }
});
