// `npm run knowledge -- COMMAND …`: what differs from what is published, what that would change for customers, and the one
// command that publishes it or takes it back. The same API as the console's, with the operator's token.
import { parseArgs } from "node:util";
import { readFileSync } from "node:fs";
import { readJson } from "./operator.ts";
import { Refusal, runMain } from "./shell.ts";
import { call, targetOf, targetOptions, type Target } from "./target.ts";
import { importTable, line } from "./tables.ts";
import { train, trainedLine } from "./training.ts";

const usage = `Usage: npm run knowledge -- COMMAND [--url URL] [--state DIR]
  status                       the current version, the draft's changes, the reviews
  changes [--review N]         every change: added +, changed ~, removed -
  diff --questions FILE|sample|unresolved [--days N] [--review N | --version N] [--base N]
                               which of these questions (a JSON list, or one a line), or of those that customers
                               asked, get another answer
  shadow                       the last shadow run: what live questions would have been answered otherwise
  shadow start [--review N | --version N] [--share S]
                               puts the draft, a review or a version beside live traffic, heard by nobody, and trains it
  shadow end
  import FILE [--replace]      puts a table (CSV, XLSX, JSON) into the draft; --replace: entries that it has not go
  submit --note TEXT           asks for a review of the draft
  approve N [--note TEXT]      return N --note TEXT
  publish --review N           publishes a review that is approved
  publish --note TEXT          publishes the draft at once
  versions                     the versions, newest first
  show N                       a version's document
  rollback N --note TEXT       makes an old version current again
  train                        trains what is current, so that more is answered
  acts                         who did what`;

const options = {
  ...targetOptions,
  questions: { type: "string" },
  review: { type: "string" },
  version: { type: "string" },
  base: { type: "string" },
  note: { type: "string" },
  days: { type: "string" },
  share: { type: "string" },
  replace: { type: "boolean", default: false },
} as const;

type Values = ReturnType<typeof parsed>["values"];
const parsed = () => parseArgs({ options, allowPositionals: true });

const who = (by: "operator" | { staff: string }): string => (by === "operator" ? by : by.staff);
const at = (ms: number): string => new Date(ms).toISOString().slice(0, 16).replace("T", " ");
const mark = { added: "+", changed: "~", removed: "-" } as Record<string, string>;

function number(text: string | undefined, what: string): number {
  if (!/^\d+$/.test(text ?? "")) throw new Refusal(`Say which ${what}, as a number.\n${usage}`);
  return Number(text);
}

function note({ note }: Values): string {
  if (!note) throw new Refusal(`Say what for: --note TEXT.\n${usage}`);
  return note;
}

/** Every change of the draft or of a review, page by page. */
async function changes(to: Target, review?: string): Promise<any[]> {
  const all: any[] = [];
  for (let more = true; more; ) {
    const last = all.at(-1);
    const after = last ? `&after_kind=${last.kind}&after=${encodeURIComponent(last.id)}` : "";
    const route = review ? `reviews/${number(review, "review")}` : "draft";
    const page = await call(to, "GET", `knowledge/${route}?limit=200${after}`);
    const found = review ? page.changes : page.pending;
    all.push(...found);
    more = page.more && found.length > 0;
  }
  return all;
}

async function status(to: Target): Promise<string[]> {
  const { current, answering, changes, reviews, publication } = await call(to, "GET", "knowledge/draft");
  const { added, changed, removed } = changes;
  const version = current
    ? `version ${current.version} (${current.counts.entries} entries, ${at(current.at_ms)}, ${who(current.published_by)}): ${current.note}`
    : "nothing is published";
  return [
    version,
    ...(answering === (current?.version ?? null) ? [] : [`KV still names version ${answering}: wait a minute, then publish or roll back once more`]),
    `the draft: ${added} added, ${changed} changed, ${removed} removed`,
    ...reviews.map((one: any) => `review ${one.id}, ${one.state}, by ${who(one.author)}: ${one.note}`),
    ...(publication ? [`version ${publication.version} is being published by ${who(publication.mark.by)}`] : []),
  ];
}

function questionsFrom(file: string | undefined): string[] {
  if (!file) throw new Refusal(`Name a file of questions: --questions FILE.\n${usage}`);
  const questions = file.endsWith(".json") ? readJson(file) : readFileSync(file, "utf8").split("\n");
  if (!Array.isArray(questions)) throw new Refusal(`${file} must be a JSON list of questions, or text with one a line.`);
  return questions.map(String).filter((question) => question.trim() !== "");
}

/** What of a list goes into one request. */
const questionsAtOnce = 1_000;

const candidateOf = ({ review, version }: Values): unknown =>
  review ? { review: number(review, "review") } : version ? { version: number(version, "version") } : "draft";

const side = (one: any): string => [one.kind, one.entry, one.score].filter((part) => part !== null).join(" ");
const differenceLine = (one: any): string => `${one.change}\t${one.asked}\t${side(one.before)} → ${side(one.after)}`;
const told = (counts: Record<string, number>): string =>
  Object.entries(counts).map(([change, count]) => `${count} ${change}`).join(", ") || "none changes its answer";

async function diff(to: Target, values: Values): Promise<string[]> {
  const { base, days, questions: named } = values;
  const about = { candidate: candidateOf(values), ...(base ? { base: number(base, "version") } : {}) };
  const compared = (by: object): Promise<any> => call(to, "POST", "knowledge/differences", { ...about, ...by });
  if (named === "sample" || named === "unresolved") {
    const report = await compared({ questions_of: named, ...(days ? { days: number(days, "number of days") } : {}) });
    return [...report.differences.map(differenceLine), `${report.asked} questions: ${told(report.counts)}`];
  }
  const questions = questionsFrom(named);
  const lines: string[] = [];
  const counts: Record<string, number> = {};
  for (let from = 0; from < questions.length; from += questionsAtOnce) {
    const report = await compared({ questions: questions.slice(from, from + questionsAtOnce) });
    for (const [change, count] of Object.entries(report.counts)) counts[change] = (counts[change] ?? 0) + Number(count);
    lines.push(...report.differences.map(differenceLine));
  }
  return [...lines, `${questions.length} questions: ${told(counts)}`];
}

const candidateName = (candidate: any): string => (candidate === "draft" ? candidate : Object.entries(candidate).flat().join(" "));

function shadowLines({ shadow, running, trained }: any): string[] {
  if (shadow === null) return ["There has been no shadow run."];
  const state = running ? "under way" : "ended";
  const head = `${candidateName(shadow.candidate)} over version ${shadow.base}, since ${at(shadow.since_ms)} by ${shadow.by}, ${trained ? "trained" : "untrained"}, ${state}`;
  return [head, `${shadow.asked} questions, ${shadow.same} answered the same; otherwise: ${told(shadow.counts)}`, ...shadow.examples.map(differenceLine)];
}

async function shadow(to: Target, what: string | undefined, values: Values): Promise<string[]> {
  if (what === undefined) return shadowLines(await call(to, "GET", "knowledge/shadow"));
  if (what === "end") return shadowLines(await call(to, "DELETE", "knowledge/shadow"));
  if (what !== "start") throw new Refusal(usage);
  const share = values.share === undefined ? {} : { share: Number(values.share) };
  await call(to, "POST", "knowledge/shadow", { candidate: candidateOf(values), ...share });
  await train(to, (line) => console.log(line), "shadow");
  return shadowLines(await call(to, "GET", "knowledge/shadow"));
}

async function imported(to: Target, file: string | undefined, { replace }: Values): Promise<string[]> {
  if (!file) throw new Refusal(`Name a table.\n${usage}`);
  const found = await importTable(to, file, replace ?? false);
  if (found.faults.length > 0) throw new Refusal([...found.faults.map(line), `${file} was not imported: nothing has changed.`].join("\n"));
  return [`${found.entries} entries: ${found.changed} rows of the draft changed, ${found.removed} removed.`];
}

async function decide(to: Target, id: string | undefined, verdict: string, comment: string): Promise<string[]> {
  const review = await call(to, "POST", `knowledge/reviews/${number(id, "review")}/decision`, { verdict, comment });
  return [`Review ${review.id} is ${review.state}.`];
}

const current = (version: any): string[] => [`Version ${version.version} is current (${version.counts.entries} entries); workers take it up within 35 s.`];

async function run(to: Target, command: string | undefined, which: string | undefined, values: Values): Promise<string[]> {
  switch (command) {
    case "status":
      return status(to);
    case "changes":
      return (await changes(to, values.review)).map((one) => `${mark[one.change]} ${one.kind} ${one.id}\t${who(one.by)}`);
    case "diff":
      return diff(to, values);
    case "shadow":
      return shadow(to, which, values);
    case "import":
      return imported(to, which, values);
    case "submit":
      return [`Review ${(await call(to, "POST", "knowledge/reviews", { note: note(values) })).id} waits for somebody else.`];
    case "approve":
      return decide(to, which, "approve", values.note ?? "");
    case "return":
      return decide(to, which, "return", note(values));
    case "publish": {
      const body = values.review ? { review: number(values.review, "review") } : { note: note(values) };
      console.log(current(await call(to, "POST", "knowledge/versions", body)).join("\n"));
      return [trainedLine(await train(to))];
    }
    case "versions": {
      const { versions } = await call(to, "GET", "knowledge/versions");
      return versions.map((one: any) => `${one.version}\t${at(one.at_ms)}\t${one.counts.entries} entries\t${one.is_published ? who(one.published_by) : "not confirmed"}\t${one.note}`);
    }
    case "show":
      return [JSON.stringify(await call(to, "GET", `knowledge/versions/${number(which, "version")}`), null, 2)];
    case "rollback":
      return current(await call(to, "POST", `knowledge/versions/${number(which, "version")}/rollback`, { note: note(values) }));
    case "train":
      return [trainedLine(await train(to, (line) => console.log(line)))];
    case "acts": {
      const { acts } = await call(to, "GET", "knowledge/acts");
      return acts.map(({ at_ms, by, number, deed }: any) => `${number}\t${at(at_ms)}\t${who(by)}\t${JSON.stringify(deed)}`);
    }
    default:
      throw new Refusal(usage);
  }
}

await runMain(async () => {
  const { values, positionals } = parsed();
  const [command, which] = positionals;
  if (!command) throw new Refusal(usage);
  console.log((await run(targetOf(values), command, which, values)).join("\n"));
});
