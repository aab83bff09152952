// `npm run learn -- COMMAND`: what customers asked and were not told, and what can be made of it.
import { parseArgs } from "node:util";
import { Refusal, runMain } from "./shell.ts";
import { call, targetOf, targetOptions, type Target } from "./target.ts";

const usage = `Usage: npm run learn -- COMMAND [--url URL] [--state DIR] [--json]
  top [--days N] [--limit N]               the questions of the last days that were answered least
  cluster ID [--days N]                    one of them, with the questions behind its figures
  draft ID [--days N]                      an entry made of it, with a person's own reply
  figures ID --published VERSION           how it fared before that version and since
  offers [--kind phrasing|audit]           phrasings to be taken, hardest first; or answers to be judged
  judge OFFER yes|no|ENTRY                 what is said to an offer; ENTRY: it belongs to that one
  judgements [--published VERSION]         what was said, and how often the answers were right
  questions [--kind unresolved|sampled|all] [--days N] [--limit N]
  experiments                              wordings that are tried, and what their customers did; look as often as you like
  stop EXPERIMENT ARM [--note TEXT]        nobody hears it any more; resume EXPERIMENT ARM [--note TEXT]
  adopt EXPERIMENT ARM                     puts that wording into the draft, and the experiment out of it
  moods [--limit N]                        what people said of the mood of messages, and what was learned from it
  train-moods                              learns from all of it`;

const options = {
  days: { type: "string" },
  limit: { type: "string" },
  kind: { type: "string" },
  published: { type: "string" },
  note: { type: "string" },
  json: { type: "boolean", default: false },
  ...targetOptions,
} as const;

type Values = { days?: string; limit?: string; kind?: string; published?: string; note?: string };

const day = (ms: number): string => new Date(ms).toISOString().slice(0, 10);
const percent = (share: number): string => `${(share * 100).toFixed(1)} %`;
const shareOf = ({ count, of, share, low, high }: any): string =>
  share === null ? "none" : `${count} of ${of}: ${percent(share)} (95 %: ${percent(low)} to ${percent(high)})`;

function query(values: Values, ...names: (keyof Values)[]): string {
  const named = names.filter((name) => values[name] !== undefined);
  return named.map((name) => `${name === "published" ? "version" : name}=${encodeURIComponent(values[name]!)}`).join("&");
}

function topLines({ clusters }: any): string[] {
  return clusters.map((one: any, index: number) => {
    const nearest = one.nearest ? `${one.nearest.entry} (${one.nearest.score})` : "-";
    const examples = one.examples.map((text: string) => `\n      · ${text}`).join("");
    return `${index + 1}. ${one.id}  ${one.count}× by ${one.askers}, before ${one.count_before}×  ${one.question}\n      nearest ${nearest}${examples}`;
  });
}

const questionLine = (one: any): string =>
  `${day(one.asked.at_ms)}  ${one.asked.text}  [${one.signs.map((sign: any) => sign.sign).join(" ")}]  ${one.id}`;

const labelLine = (one: any): string => {
  const said = Object.entries(one.labels).map(([aspect, is]) => (is ? aspect : `not ${aspect}`));
  return `${day(one.at_ms)}  ${one.text}  [${said.join(", ")}] by ${one.said.at(-1).by}  ${one.id}`;
};

function moodLines(in_use: any): string[] {
  if (in_use === null) return ["nothing has been learned: moods are read by the lexicon alone"];
  const auroc = (share: number | null): string => share?.toFixed(3) ?? "-";
  const aspects = Object.entries<any>(in_use.aspects).map(
    ([aspect, { yes, no, lexicon, learned, used }]) =>
      `${aspect}: ${yes} yes, ${no} no; AUROC ${auroc(lexicon)} by the lexicon, ${auroc(learned)} with a head${used ? ", used" : ""}`,
  );
  return [`learned from ${in_use.labels} messages, ${in_use.digest.slice(0, 12)}`, ...aspects];
}

function offerLines({ offers }: any): string[] {
  return offers.map((one: any) => {
    const margin = one.margin === undefined ? "" : `, margin ${one.margin}`;
    return `${one.id}  ${one.text}  → ${one.entry} (${one.score}${margin}, ${one.count}×)`;
  });
}

function figureLines({ question, before, after, resolved_rise: rise }: any): string[] {
  const fared = (name: string, one: any): string =>
    `${name}: ${one.unresolved} unresolved in ${(one.span_ms / 86_400_000).toFixed(1)} days; resolved of the sample ${shareOf(one.resolved)}`;
  const change = rise === null ? "unknown" : `${percent(rise.difference)} (95 %: ${percent(rise.low)} to ${percent(rise.high)})`;
  return [question, fared("before", before), fared("since", after), `rise of the resolved share: ${change}`];
}

function armLines(one: any): string[] {
  const rate = ({ count, of, share, low, high }: any): string => (share === null ? "none" : `${count} of ${of} (${percent(low)} to ${percent(high)})`);
  const metrics = Object.entries(one.metrics).map(([metric, measured]) => `${metric} ${rate(measured)}`);
  const by = one.stopped && (one.stopped.by.staff ?? one.stopped.by);
  const stopped = one.stopped ? `, stopped by ${by} ${day(one.stopped.at_ms)}${one.stopped.why ? `: worse in ${one.stopped.why}` : ""}` : "";
  const compared = (one.against ?? []).map((against: any) => {
    const change = against.difference === null ? "unknown" : `${percent(against.difference)} (${percent(against.low)} to ${percent(against.high)})`;
    return `      ${against.metric}: ${change}, evidence ${against.evidence.toPrecision(2)} of ${against.needed}: ${against.verdict}`;
  });
  return [`    ${one.arm}: ${one.customers} customers, ${one.waiting} waiting${stopped}; ${metrics.join(", ")}`, ...compared];
}

const experimentLines = ({ experiments }: any): string[] =>
  experiments.flatMap((one: any) => [`${one.key}  ${one.question ?? ""}  ${one.running ? "running" : "over"}`, ...one.arms.flatMap(armLines)]);

const onArm = (to: Target, id: string, arm: string, stop: boolean, note = ""): Promise<any> =>
  call(to, "POST", `insight/experiments/${encodeURIComponent(id)}/arms/${encodeURIComponent(arm)}`, { stop, note });

/** Says yes, no or another entry to an offer that is listed now. */
async function judge(to: Target, id: string, said: string): Promise<any> {
  const kind = id.startsWith("a-") ? "audit" : "phrasing";
  const { offers } = await call(to, "GET", `insight/offers?kind=${kind}&limit=1000`);
  const offer = offers.find((one: any) => one.id === id);
  if (!offer) throw new Refusal(`There is no offer ${id} that waits for a judgement.`);
  const on = kind === "audit" ? { question: offer.questions[0] } : { text: offer.text, entry: offer.entry };
  const judgement = said === "yes" || said === "no" ? { judgement: said } : { judgement: "other", other: said };
  return call(to, "POST", `insight/offers/${id}`, { ...judgement, ...on });
}

type Command = { answer: (to: Target, values: Values, [first, second]: string[]) => Promise<any>; lines: (answer: any) => string[]; needs?: number };
const get = (to: Target, route: string): Promise<any> => call(to, "GET", `insight/${route}`);
const commands: Record<string, Command> = {
  top: { answer: (to, values) => get(to, `clusters?${query(values, "days", "limit")}`), lines: topLines },
  cluster: {
    answer: (to, values, [id]) => get(to, `clusters/${id}?${query(values, "days")}`),
    lines: ({ cluster, questions }) => [...topLines({ clusters: [cluster] }), ...questions.map(questionLine)],
    needs: 1,
  },
  draft: {
    answer: (to, values, [id]) => get(to, `clusters/${id}/draft?${query(values, "days")}`),
    lines: (draft) => [JSON.stringify(draft, null, 2)],
    needs: 1,
  },
  figures: { answer: (to, values, [id]) => get(to, `clusters/${id}/figures?${query(values, "published")}`), lines: figureLines, needs: 1 },
  offers: { answer: (to, values) => get(to, `offers?${query(values, "kind", "limit")}`), lines: offerLines },
  judge: {
    answer: (to, _values, [id, said]) => judge(to, id!, said!),
    lines: (judged) => [`${judged.offer}: ${judged.judgement}${judged.other ? ` ${judged.other}` : ""}, by ${judged.by}`],
    needs: 2,
  },
  judgements: {
    answer: (to, values) => get(to, `judgements?${query(values, "published")}`),
    lines: ({ judgements, precision }) => [
      ...judgements.map((one: any) => `${day(one.at_ms)}  ${one.offer}  ${one.judgement} ${one.other ?? ""} by ${one.by}  ${one.text ?? ""}`),
      `right: ${shareOf(precision)}`,
    ],
  },
  moods: {
    answer: (to, values) => get(to, `moods?${query(values, "limit")}`),
    lines: ({ labels, in_use }) => [...labels.map(labelLine), ...moodLines(in_use)],
  },
  "train-moods": { answer: (to) => call(to, "POST", "insight/moods/training", {}), lines: ({ in_use }) => moodLines(in_use) },
  questions: {
    answer: (to, values) => get(to, `questions?${query(values, "kind", "days", "limit")}`),
    lines: ({ questions }) => questions.map(questionLine),
  },
  experiments: { answer: (to) => get(to, "experiments"), lines: experimentLines },
  stop: { answer: (to, { note }, [id, arm]) => onArm(to, id!, arm!, true, note), lines: experimentLines, needs: 2 },
  resume: { answer: (to, { note }, [id, arm]) => onArm(to, id!, arm!, false, note), lines: experimentLines, needs: 2 },
  adopt: {
    answer: (to, _values, [id, arm]) => call(to, "POST", `insight/experiments/${encodeURIComponent(id!)}/adoption`, { arm }),
    lines: ({ changed }) => [`${changed} rows of the draft changed; publish it as any edit (npm run knowledge).`],
    needs: 2,
  },
};

await runMain(async () => {
  const { values, positionals } = parseArgs({ options, allowPositionals: true });
  const [name, ...rest] = positionals;
  const command = commands[name ?? ""];
  if (!command || rest.length !== (command.needs ?? 0)) throw new Refusal(usage);
  const answer = await command.answer(targetOf(values), values, rest);
  console.log(values.json ? JSON.stringify(answer, null, 2) : command.lines(answer).join("\n"));
});
