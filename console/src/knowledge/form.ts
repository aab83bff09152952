// The form of an entry: from what is stored, to what is put, and what is wrong by field. Pure.
import { ARM_IDS, LIST_ITEMS_MAX, TRIED_SHARE_MAX } from "../limits.ts";
import type { Entry, ExperimentSetting, FasterRow, Frame, RowFault } from "./wire.ts";

/** Lists are one item a line. */
export type EntryForm = {
  id: string;
  question: string;
  answer: string;
  variants: string;
  keywords: string;
  category: string;
  valid_from: string;
  valid_to: string;
  channels: string[];
  active: boolean;
};

export const FIELDS = ["id", "question", "answer", "variants", "keywords", "category", "valid_from", "valid_to", "channels", "active"] as const satisfies (keyof EntryForm)[];

export type FaultCode = "missing" | "date" | "reversed" | "tooMany";

export function formOf(entry: Partial<Entry> | null): EntryForm {
  return {
    id: entry?.id ?? "",
    question: entry?.question ?? "",
    answer: entry?.answer ?? "",
    variants: (entry?.variants ?? []).join("\n"),
    keywords: (entry?.keywords ?? []).join("\n"),
    category: entry?.category ?? "",
    valid_from: entry?.valid_from ?? "",
    valid_to: entry?.valid_to ?? "",
    channels: entry?.channels ?? [],
    active: entry?.status !== "off",
  };
}

/** What is put: the form, and what it has no fields for as it was. What is empty is left out, as documents do. */
export function entryOf(form: EntryForm, stored: Entry | null): Entry {
  const { variants: _v, keywords: _k, category: _c, valid_from: _f, valid_to: _t, channels: _h, status: _s, ...rest } = stored ?? {};
  const entry: Entry = { ...rest, id: form.id.trim(), question: form.question.trim(), answer: form.answer.trim() };
  const variants = linesOf(form.variants);
  const keywords = linesOf(form.keywords);
  if (variants.length > 0) entry.variants = variants;
  if (keywords.length > 0) entry.keywords = keywords;
  for (const field of ["category", "valid_from", "valid_to"] as const) if (form[field].trim() !== "") entry[field] = form[field].trim();
  if (form.channels.length > 0) entry.channels = form.channels;
  if (!form.active) entry.status = "off";
  return entry;
}

/** Each line once, without the space around it. */
export function linesOf(text: string): string[] {
  return [...new Set(text.split("\n").map((line) => line.trim()).filter((line) => line !== ""))];
}

/** What can be said before the worker is asked. */
export function faultsOf(form: EntryForm): Map<keyof EntryForm, FaultCode> {
  const faults = new Map<keyof EntryForm, FaultCode>();
  for (const field of ["id", "question", "answer"] as const) if (form[field].trim() === "") faults.set(field, "missing");
  for (const field of ["variants", "keywords"] as const) if (linesOf(form[field]).length > LIST_ITEMS_MAX) faults.set(field, "tooMany");
  for (const field of ["valid_from", "valid_to"] as const) if (form[field].trim() !== "" && !isDate(form[field].trim())) faults.set(field, "date");
  const dated = form.valid_from.trim() !== "" && form.valid_to.trim() !== "" && !faults.has("valid_from") && !faults.has("valid_to");
  if (dated && form.valid_from.trim() > form.valid_to.trim()) faults.set("valid_to", "reversed");
  return faults;
}

function isDate(text: string): boolean {
  const at = new Date(`${text}T00:00:00Z`);
  return /^\d{4}-\d\d-\d\d$/.test(text) && !Number.isNaN(at.getTime()) && at.toISOString().startsWith(text);
}

/** The field that shows a fault of the worker's; null: the page has none. `path` is within the row, as `variants[3]`. */
export function fieldOf(path: string): keyof EntryForm | null {
  const name = /[a-z_]+/.exec(path)?.[0] ?? "";
  if (name === "status") return "active";
  return FIELDS.find((field) => field === name) ?? null;
}

/** The faults in a refusal, as far as they have their shape. */
export function rowFaults(value: unknown): RowFault[] {
  if (!Array.isArray(value)) return [];
  return value.filter((fault): fault is RowFault => typeof fault?.path === "string" && typeof fault.code === "string");
}

/** Who was faster, in a refusal `knowledge.changed_since`. */
export function fasterOf(value: unknown): FasterRow | null {
  const first: unknown = Array.isArray(value) ? value[0] : null;
  const row = first as FasterRow | null;
  return typeof row?.revision === "number" && typeof row.at_ms === "number" ? row : null;
}

export function isSameForm(one: EntryForm, other: EntryForm): boolean {
  return FIELDS.every((field) => String(one[field]) === String(other[field]));
}

/** The entry with one more way to ask, null where it has it. */
export function withVariant(entry: Entry, text: string): Entry | null {
  const asked = text.trim();
  const known = [entry.question, ...(entry.variants ?? [])];
  return known.includes(asked) ? null : { ...entry, variants: [...(entry.variants ?? []), asked] };
}

/** The frame with another wording of an entry's answer: an arm of the experiment that the entry has, or of a new one. Null:
 * the entry's own answer would be left with too few customers, or there are too many wordings. */
export function withTrial(frame: Frame, entry: string, answer: string, share: number): Frame | null {
  const all = frame.experiments ?? [];
  const known = all.find((one) => one.entry === entry) ?? { id: experimentId(all, entry), entry, arms: [] };
  const taken = new Set(known.arms.map(({ id }) => id));
  const id = ARM_IDS.find((name) => !taken.has(name));
  const shares = known.arms.reduce((sum, arm) => sum + arm.share, share);
  if (id === undefined || shares > TRIED_SHARE_MAX + Number.EPSILON) return null;
  const made = { ...known, arms: [...known.arms, { id, answer, share }] };
  return { ...frame, experiments: [...all.filter((one) => one.entry !== entry), made] };
}

/** One that no other experiment has, and that fits an address. */
function experimentId(all: ExperimentSetting[], entry: string): string {
  const name = entry.replace(/[@/]/g, "_");
  const taken = new Set(all.map(({ id }) => id));
  let number = 1;
  while (taken.has(`${name}-${number}`)) number += 1;
  return `${name}-${number}`;
}
