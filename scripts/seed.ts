// `npm run seed -- [--faq FILE.json] [--channels FILE.json] [--url URL] [--state DIR]`: publishes another bank of questions
// and answers, puts channels.
import path from "node:path";
import { parseArgs } from "node:util";
import { channelsFrom, knowledgeFrom, publishKnowledge, putChannel, readJson } from "./operator.ts";
import { Refusal, root, runMain } from "./shell.ts";
import { target } from "./target.ts";

const options = {
  faq: { type: "string" },
  channels: { type: "string" },
  url: { type: "string" },
  state: { type: "string", default: path.join(root, ".shunda") },
} as const;

await runMain(async () => {
  const { values } = parseArgs({ options });
  if (!values.faq && !values.channels)
    throw new Refusal(
      "Usage: npm run seed -- [--faq FILE.json] [--channels FILE.json] [--url URL] [--state DIR]\n" +
        '  Secrets in a file of channels are {"env": "NAME"}: they are read from the environment.',
    );
  const channels = values.channels ? channelsFrom(values.channels) : [];
  const knowledge = values.faq ? knowledgeFrom(readJson(values.faq)) : undefined;
  const { url, token } = target(values.url, values.state);
  for (const channel of channels) {
    await putChannel(url, token, channel);
    console.log(`Put channel ${channel.id}; its callback address is ${url}/callback/${channel.path}.`);
  }
  if (knowledge) {
    const { entries, version } = await publishKnowledge(url, token, knowledge);
    console.log(`Published ${entries} entries as version ${version}; the worker takes it up within 35 s.`);
  }
});
