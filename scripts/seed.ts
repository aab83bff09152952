// `npm run seed -- --faq FILE.json [--url URL] [--state DIR]`: publishes another bank of questions and answers.
import path from "node:path";
import { parseArgs } from "node:util";
import { knowledgeFrom, publishKnowledge, readJson } from "./operator.ts";
import { readSecrets } from "./secrets.ts";
import { Refusal, root, runMain } from "./shell.ts";

await runMain(async () => {
  const { values } = parseArgs({
    options: {
      faq: { type: "string" },
      url: { type: "string", default: "http://127.0.0.1:8787" },
      state: { type: "string", default: path.join(root, ".shunda") },
    },
  });
  if (!values.faq) throw new Refusal("Usage: npm run seed -- --faq FILE.json [--url URL] [--state DIR]");
  const token =
    process.env.OPERATOR_TOKEN ??
    readSecrets(path.join(values.state, "secrets.json")).environment.OPERATOR_TOKEN;
  if (!token)
    throw new Refusal(
      "There is no operator token: set OPERATOR_TOKEN, or name the state folder of `npm start` by --state.",
    );
  const published = await publishKnowledge(values.url, token, knowledgeFrom(readJson(values.faq)));
  console.log(
    `Published ${published.entries} entries as version ${published.version}; the worker takes it up within 35 s.`,
  );
});
