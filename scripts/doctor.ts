// `npm run doctor -- [--channel ID] [--url URL] [--state DIR] [--lang zh-CN|en]`: walks the chain of each channel, from its
// callback to its knowledge, and says which part is wrong and what to do. Ends with 1 when a part has failed.
import path from "node:path";
import { parseArgs } from "node:util";
import { Refusal, root, runMain } from "./shell.ts";
import { call, target } from "./target.ts";

type Lang = "zh-CN" | "en";
type Words = Record<Lang, string>;

interface Check {
  id: string;
  title: Words;
  verdict: "ok" | "warning" | "failed" | "skipped";
  code: string;
  detail: string;
  fix: Words | null;
}

const options = {
  channel: { type: "string" },
  url: { type: "string" },
  state: { type: "string", default: path.join(root, ".shunda") },
  lang: { type: "string", default: "zh-CN" },
} as const;

const marks = { ok: "✓", warning: "!", failed: "✗", skipped: "-" } as const;

/** One check: its mark, what it is called, why, and what to do. */
function lines({ title, verdict, code, detail, fix }: Check, lang: Lang): string[] {
  const why = [verdict === "ok" ? "" : code, detail].filter((part) => part !== "").join("  ");
  return [`  ${marks[verdict]} ${title[lang]}${why === "" ? "" : `  ${why}`}`, ...(fix ? [`      → ${fix[lang]}`] : [])];
}

await runMain(async () => {
  const { values } = parseArgs({ options });
  if (values.lang !== "zh-CN" && values.lang !== "en") throw new Refusal("--lang is zh-CN or en.");
  const lang: Lang = values.lang;
  const to = target(values.url, values.state);
  const { channels } = await call(to, "GET", "channels");
  const ids: string[] = values.channel ? [values.channel] : channels.map((channel: { id: string }) => channel.id);
  if (ids.length === 0) throw new Refusal("There is no channel yet: put one first (npm run seed -- --channels FILE.json).");
  let failed = false;
  for (const id of ids) {
    const { checks } = (await call(to, "POST", `channels/${encodeURIComponent(id)}/diagnosis`)) as { checks: Check[] };
    console.log([id, ...checks.flatMap((check) => lines(check, lang))].join("\n"));
    failed ||= checks.some((check) => check.verdict === "failed");
  }
  if (failed) process.exitCode = 1;
});
