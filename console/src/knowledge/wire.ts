// The contracts of knowledge and of what is learned as types (docs/PROTOCOL.md, sections 3, 5 and 8).
import type { Bilingual } from "../wire.ts";

/** Who did something: the id of somebody of the staff, or the operator. */
export type By = { staff: string } | string;

/** What the page has no field for travels along unchanged. */
export type Entry = {
  id: string;
  question: string;
  answer: string;
  variants?: string[];
  keywords?: string[];
  category?: string;
  valid_from?: string;
  valid_to?: string;
  channels?: string[];
  status?: "active" | "off";
  [more: string]: unknown;
};

export type Row<Value = Entry> = { id: string; value: Value; revision: number; by: By; at_ms: number };
export type RowPair<Value = Entry> = { row: Row<Value> | null; published: Row<Value> | null };
export type RowKey = { kind: "entry" | "product" | "frame"; id: string };
export type Put = { revision: number; changed: number };
type Values = Record<string, unknown>;
export type RowChange = RowKey & { change: "added" | "changed" | "removed"; before: Values | null; after: Values | null; revision: number; by: By; at_ms: number };
/** A row that somebody else changed first. */
export type FasterRow = { row: RowKey; revision: number; by: By; at_ms: number };
/** What keeps a document from being published; `path` is within the row. */
export type RowFault = { row?: RowKey; path: string; code: string; message: string };

export type Frame = { experiments?: ExperimentSetting[]; [more: string]: unknown };
export type ExperimentSetting = { id: string; entry: string; arms: { id: string; answer: string; share: number }[] };

/** How many rows are new, say something else, are to go. */
export type Tally = { added: number; changed: number; removed: number };

export type Review = {
  id: number;
  state: "open" | "approved" | "returned" | "published";
  note: string;
  author: By;
  at_ms: number;
  changes: Tally;
  decided: { by: By; at_ms: number; comment: string } | null;
  version: number | null;
};

export type DraftState = {
  current: Version | null;
  answering: number | null;
  changes: Tally;
  pending: RowChange[];
  more: boolean;
  reviews: Review[];
};

export type Version = {
  version: number;
  is_published: boolean;
  counts: { entries: number; products: number };
  review: number | null;
  author: By | null;
  reviewer: By | null;
  published_by: By | null;
  note: string;
  at_ms: number;
};

export type Candidate = "draft" | { review: number } | { version: number };
export type Decided = { kind: string; entry?: string | null; question?: string | null; text?: string | null };
export type Difference = { asked: string; change: string; before: Decided; after: Decided };
export type Differences = { asked: number; same: number; counts: Record<string, number>; differences: Difference[] };
export type Asked = { questions: string[] } | { questions_of: "sample" | "unresolved"; days: number };

/** What is trained: what is current, or the candidate of the shadow run. */
export type Trainee = "current" | "shadow";
export type Training = {
  version: number;
  digest: string;
  encoder: string | null;
  batches: number;
  phrasings: number;
  model: { encoder: string | null; judged: number } | null;
};

export type Shadow = {
  shadow: {
    candidate: Candidate;
    since_ms: number;
    ended_ms?: number | null;
    by: By;
    share: number;
    asked: number;
    same: number;
    counts: Record<string, number>;
    examples: (Difference & { at_ms: number })[];
  } | null;
  running?: boolean;
  trained?: boolean;
};

export type TableFault = { row: number; column: string; code: string; message: Bilingual };
export type TableResult = { rows: number; entries?: number | unknown[]; changed?: number; removed?: number; faults?: TableFault[]; more?: boolean; warnings?: { message?: Bilingual; code?: string }[] };
export type ImportMode = "merge" | "replace";

export type Share = { count: number; of: number; share: number | null; low: number | null; high: number | null };
export type Nearest = { entry: string; question?: string; score: number };
export type Cluster = { id: string; question: string; count: number; count_before: number; askers: number; examples: string[]; last_at_ms: number; nearest: Nearest | null };
export type ClusterPage = { cluster: Cluster; questions: { id: string; channel: string; asked: { at_ms: number; text: string; verdict: string } }[]; more: boolean };
export type ClusterDraft = { entry: Entry; evidence: { staff: string; at_ms: number; text: string } | null };
export type Side = { unresolved: number; span_ms: number; resolved: Share };
export type Figures = { before: Side; after: Side; resolved_rise: { difference: number; low: number; high: number } | null };
export type Offer = { id: string; kind: "phrasing" | "audit"; text: string; entry: string; score: number; count: number; chosen: number; questions?: string[] };
export type Judged = { judgement: "yes" | "no" | "other"; other?: string; text?: string; entry?: string; question?: string };

export type Against = { metric: string; difference: number | null; low: number; high: number; evidence: number; needed: number; verdict: "open" | "better" | "worse" };
export type Stopped = { at_ms: number; by: By; why: string | null; note: string };
/** Without answer and share where the experiment is over. */
export type Arm = { arm: string; answer: string | null; share: number | null; customers: number; waiting: number; stopped: Stopped | null; metrics: Record<string, Share | number | null>; against?: Against[] };
/** `entry` and `question` are null where it is over, `since_ms` where nobody has heard any arm. */
export type Experiment = { id: string; key: string; entry: string | null; question: string | null; running: boolean; since_ms: number | null; arms: Arm[] };
