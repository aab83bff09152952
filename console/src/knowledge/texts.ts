// Figures, people and changes of the knowledge pages in words. Pure.
import { entry as known, momentWords } from "../words/phrases.ts";
import type { Words } from "../words/zh.ts";
import type { Against, By, Candidate, Decided, RowChange, Share, Stopped, Tally } from "./wire.ts";

export function byWords(words: Words, by: By | null | undefined): string {
  if (by === null || by === undefined) return words.knowledge.nobody;
  const name = typeof by === "string" ? by : by.staff;
  return name === "operator" ? words.knowledge.operator : name;
}

/** Who and when. */
export function signedWords(words: Words, by: By | null | undefined, at_ms: number, now_ms: number): string {
  return `${byWords(words, by)} · ${momentWords(words, at_ms, now_ms)}`;
}

/** A share of 1 as per cent: whole numbers but near nothing and near all, where a tenth counts. */
export function percent(share: number): string {
  const whole = share * 100;
  const digits = (whole > 0 && whole < 10) || (whole > 90 && whole < 100) ? 1 : 0;
  return `${whole.toFixed(digits).replace(/\.0$/, "")}%`;
}

/** "62%（95% 区间 48%–74%，31/50）"; without a question there is no share. */
export function shareWords(words: Words, share: Share | null): string {
  if (share === null || share.of === 0 || share.share === null) return words.knowledge.noFigure;
  const { count, of, low, high } = share;
  if (low === null || high === null) return words.knowledge.shareOnly(percent(share.share), count, of);
  return words.knowledge.share(percent(share.share), percent(low), percent(high), count, of);
}

/** A difference of shares in percentage points, with its sign. */
export function points(difference: number): string {
  const rounded = Number((difference * 100).toFixed(1));
  if (rounded === 0) return "0";
  return rounded > 0 ? `+${rounded}` : `−${-rounded}`;
}

/** Chinese sets no space between sentences. */
function sentences(words: Words, ...parts: string[]): string {
  return parts.join(words.language === "zh-CN" ? "" : " ");
}

/** Whether a rise is one: an interval that holds 0 says nothing. */
export function riseWords(words: Words, rise: { difference: number; low: number; high: number } | null): string {
  if (rise === null) return words.knowledge.figures.noRise;
  const told = words.knowledge.figures.rise(points(rise.difference), points(rise.low), points(rise.high));
  if (rise.low > 0) return sentences(words, told, words.knowledge.figures.better);
  return sentences(words, told, rise.high < 0 ? words.knowledge.figures.worse : words.knowledge.figures.unsure);
}

export function metricWords(words: Words, metric: string): string {
  return known(words.knowledge.experiments.metrics, metric) ?? metric;
}

/** The verdict as a sentence, with the difference that it is about. */
export function verdictWords(words: Words, against: Against): string {
  const metric = metricWords(words, against.metric);
  if (against.difference === null) return words.knowledge.experiments.incomparable(metric);
  const interval = words.knowledge.experiments.difference(points(against.difference), points(against.low), points(against.high));
  return sentences(words, words.knowledge.experiments.verdicts[against.verdict](metric), interval);
}

export function candidateWords(words: Words, candidate: Candidate): string {
  if (candidate === "draft") return words.knowledge.candidate.draft;
  return "review" in candidate ? words.knowledge.candidate.review(candidate.review) : words.knowledge.candidate.version(candidate.version);
}

export function decidedWords(words: Words, decided: Decided): string {
  const kind = known(words.knowledge.decided, decided.kind) ?? decided.kind;
  return decided.question ? `${kind} · ${decided.question}` : kind;
}

export function changeCount({ added, changed, removed }: Tally): number {
  return added + changed + removed;
}

export type FieldChange = { field: string; before: string; after: string };

/** The fields of a row that differ, in the order of the row. */
export function fieldChanges({ before, after }: Pick<RowChange, "before" | "after">): FieldChange[] {
  const fields = [...new Set([...Object.keys(before ?? {}), ...Object.keys(after ?? {})])].filter((field) => field !== "id");
  return fields
    .map((field) => ({ field, before: valueWords(before?.[field]), after: valueWords(after?.[field]) }))
    .filter((change) => change.before !== change.after);
}

function valueWords(value: unknown): string {
  if (value === undefined || value === null) return "";
  if (typeof value === "string") return value;
  if (Array.isArray(value) && value.every((item) => typeof item === "string")) return value.join("\n");
  return JSON.stringify(value, null, 1);
}

/** What a row is called on the page. */
export function rowName(words: Words, { kind, id, before, after }: Pick<RowChange, "kind" | "id" | "before" | "after">): string {
  if (kind === "frame") return words.knowledge.frame;
  const question = (after ?? before)?.question;
  return typeof question === "string" && question !== "" ? question : id;
}

/** Who stopped an answer, when, why. */
export function stoppedLines(words: Words, { at_ms, by, why, note }: Stopped, now_ms: number): string[] {
  const { experiments } = words.knowledge;
  const who = by === "guardrail" ? experiments.stoppedBy.guardrail : byWords(words, by);
  return [
    experiments.stopped(who, momentWords(words, at_ms, now_ms)),
    why === null ? "" : experiments.stoppedFor(metricWords(words, why)),
    note === "" ? "" : experiments.stoppedNote(note),
  ].filter((line) => line !== "");
}
