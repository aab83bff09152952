// The knowledge part of the test double: a draft, reviews and versions in memory, what is learned as a test says it.
import type { Cluster, ClusterDraft, Differences, Entry, Experiment, Figures, Offer, Review, Row, RowChange, Shadow, TableFault, Tally, Training, Version } from "../../../console/src/knowledge/wire.ts";

export type Answered = { status: number; body: unknown };
type Body = Record<string, unknown>;

const BY = { staff: "chen" };

export class FakeKnowledge {
  readonly me: string;
  readonly published = new Map<string, Entry>();
  readonly draft = new Map<string, Row>();
  frame: Row<Record<string, unknown>> = { id: "frame", value: { company: "晨光小家电" }, revision: 3, by: BY, at_ms: Date.now() - 90_000 };
  reviews: Review[] = [];
  review_changes: RowChange[] = [];
  versions: Version[] = [];
  current: number | null = null;
  table_faults: TableFault[] = [];
  /** Taken one by one by calls that change something. */
  refusals: Answered[] = [];
  differences: Differences = { asked: 0, same: 0, counts: {}, differences: [] };
  training: Training = { version: 2, digest: "d2", encoder: "e5", batches: 3, phrasings: 190, model: null };
  shadow: Shadow = { shadow: null };
  clusters: Cluster[] = [];
  cluster_draft: ClusterDraft | null = null;
  figures: Figures | null = null;
  offers: Offer[] = [];
  experiments: Experiment[] = [];

  constructor(me: string) {
    this.me = me;
  }

  /** As published and, unless `changed` says otherwise, in the draft. */
  add(entry: Entry, changed: Partial<Entry> = {}): void {
    this.published.set(entry.id, entry);
    this.draft.set(entry.id, { id: entry.id, value: { ...entry, ...changed }, revision: 1, by: BY, at_ms: Date.now() - 60_000 });
  }

  /** Somebody else saves. */
  changeBehind(id: string, change: Partial<Entry>): void {
    const row = this.draft.get(id) ?? { id, value: { id, question: "", answer: "" }, revision: 0, by: BY, at_ms: 0 };
    this.draft.set(id, { ...row, value: { ...row.value, ...change }, revision: row.revision + 1, by: BY, at_ms: Date.now() });
  }

  pending(): RowChange[] {
    const ids = [...new Set([...this.published.keys(), ...this.draft.keys()])].sort();
    return ids.flatMap((id): RowChange[] => {
      const row = this.draft.get(id);
      const before = this.published.get(id) ?? null;
      const after = row?.value ?? null;
      if (JSON.stringify(before) === JSON.stringify(after)) return [];
      const change = before === null ? "added" : after === null ? "removed" : "changed";
      return [{ kind: "entry", id, change, before, after, revision: row?.revision ?? 2, by: row?.by ?? BY, at_ms: row?.at_ms ?? Date.now() }];
    });
  }

  private tally(): Tally {
    const count = (change: RowChange["change"]) => this.pending().filter((one) => one.change === change).length;
    return { added: count("added"), changed: count("changed"), removed: count("removed") };
  }

  /** Null: not a route of ours. */
  answer(method: string, url: URL, body: Body): Answered | null {
    const path = url.pathname.replace(/^\/api\//, "").split("/").map(decodeURIComponent);
    if (path[0] !== "knowledge" && path[0] !== "insight") return null;
    const refusal = method === "GET" ? undefined : this.refusals.shift();
    if (refusal !== undefined) return refusal;
    return path[0] === "knowledge" ? this.library(method, path.slice(1), url, body) : this.learned(method, path.slice(1), url, body);
  }

  private library(method: string, [what, id, deed]: string[], url: URL, body: Body): Answered | null {
    switch (`${method} ${what}`) {
      case "GET draft": {
        const pending = this.pending();
        const reviews = this.reviews.filter(({ state }) => state === "open" || state === "approved");
        return ok({ revision: 9, current: this.versions.find(({ version }) => version === this.current) ?? null, answering: this.current, publication: null, changes: this.tally(), pending, more: false, reviews });
      }
      case "GET entries":
        return id === undefined ? this.list(url) : this.pair(id);
      case "PUT entries":
        return this.put(id ?? "", body.value as Entry, Number(body.revision));
      case "DELETE entries":
        this.draft.delete(id ?? "");
        return ok({ revision: 10, changed: 1 });
      case "POST reverts":
        for (const { id: row } of body.rows as { id: string }[]) {
          const before = this.published.get(row);
          if (before === undefined) this.draft.delete(row);
          else this.draft.set(row, { id: row, value: before, revision: 9, by: BY, at_ms: Date.now() });
        }
        return ok({ revision: 10, changed: 1 });
      case "GET frame":
        return ok({ row: this.frame, published: null });
      case "PUT frame":
        this.frame = { ...this.frame, value: body.value as Body, revision: this.frame.revision + 1 };
        return ok({ revision: this.frame.revision, changed: 1 });
      case "GET reviews":
        return ok({ changes: this.review_changes, more: false });
      case "POST reviews":
        return id === undefined ? this.submit(String(body.note)) : this.decide(Number(id), String(body.verdict), String(body.comment));
      case "GET versions":
        return ok({ versions: [...this.versions].reverse() });
      case "POST versions":
        return deed === "rollback" ? this.rollBack(Number(id)) : this.publish(Number(body.review));
      case "POST differences":
        return ok(this.differences);
      case "GET training":
        return ok(this.training);
      case "POST training":
        if (body.batch !== undefined) return ok({ batch: body.batch });
        this.training = { ...this.training, model: { encoder: "e5", judged: 84 } };
        return ok(this.training);
      case "GET shadow":
        return ok(this.shadow);
      case "POST table":
        return this.table(id);
      default:
        return null;
    }
  }

  private list(url: URL): Answered {
    const query = url.searchParams.get("query") ?? "";
    const after = url.searchParams.get("after") ?? "";
    const limit = Number(url.searchParams.get("limit"));
    const rows = [...this.draft.values()].filter((row) => JSON.stringify(row.value).includes(query) && row.id > after).sort((one, other) => (one.id < other.id ? -1 : 1));
    return ok({ rows: rows.slice(0, limit), more: rows.length > limit });
  }

  private pair(id: string): Answered {
    const row = this.draft.get(id) ?? null;
    const before = this.published.get(id);
    if (row === null && before === undefined) return { status: 404, body: { code: "knowledge.no_row" } };
    return ok({ row, published: before === undefined ? null : { id, value: before, revision: 1, by: BY, at_ms: 0 } });
  }

  private put(id: string, value: Entry, revision: number): Answered {
    const row = this.draft.get(id);
    if ((row?.revision ?? 0) !== revision) {
      const rows = [{ row: { kind: "entry", id }, revision: row?.revision ?? 0, by: row?.by ?? BY, at_ms: row?.at_ms ?? Date.now() }];
      return { status: 409, body: { code: "knowledge.changed_since", rows } };
    }
    this.draft.set(id, { id, value, revision: revision + 1, by: { staff: this.me }, at_ms: Date.now() });
    return ok({ revision: revision + 1, changed: 1 });
  }

  private submit(note: string): Answered {
    const review: Review = { id: this.reviews.length + 1, state: "open", note, author: { staff: this.me }, at_ms: Date.now(), changes: this.tally(), decided: null, version: null };
    this.reviews.push(review);
    return ok(review);
  }

  private decide(id: number, verdict: string, comment: string): Answered {
    const review = this.reviews.find((one) => one.id === id);
    if (review === undefined) return { status: 404, body: { code: "knowledge.unknown" } };
    Object.assign(review, { state: verdict === "approve" ? "approved" : "returned", decided: { by: { staff: this.me }, at_ms: Date.now(), comment } });
    return ok(review);
  }

  private publish(id: number): Answered {
    const review = this.reviews.find((one) => one.id === id);
    if (review?.state !== "approved") return { status: 403, body: { code: "knowledge.not_approved" } };
    review.state = "published";
    const version = (this.versions.at(-1)?.version ?? 0) + 1;
    const told: Version = { version, is_published: true, counts: { entries: this.draft.size, products: 0 }, review: id, author: review.author, reviewer: { staff: this.me }, published_by: { staff: this.me }, note: review.note, at_ms: Date.now() };
    this.versions.push(told);
    this.current = version;
    return ok(told);
  }

  private rollBack(version: number): Answered {
    this.current = version;
    return ok(this.versions.find((one) => one.version === version));
  }

  private table(what: string | undefined): Answered {
    if (what === "errors") return ok({ file: "faults" });
    const faults = this.table_faults;
    if (faults.length > 0) return ok({ rows: 12, faults, more: false, warnings: [] });
    return ok({ rows: 12, entries: 12, changed: what === "draft" ? 4 : 0, removed: 0, faults, more: false, warnings: [] });
  }

  private learned(method: string, [what, id, deed, arm]: string[], url: URL, body: Body): Answered | null {
    switch (`${method} ${what}`) {
      case "GET clusters":
        return id === undefined ? ok({ clusters: this.clusters, since_ms: 0, until_ms: 0 }) : this.cluster(id, deed);
      case "GET offers":
        return ok({ offers: this.offers.filter(({ kind }) => kind === url.searchParams.get("kind")) });
      case "POST offers":
        this.offers = this.offers.filter((offer) => offer.id !== id);
        return ok({});
      case "GET experiments":
        return ok({ experiments: this.experiments, level: 0.05 });
      case "POST experiments": {
        const stopped = { at_ms: Date.now(), by: { staff: this.me }, why: null, note: String(body.note) };
        const found = this.experiments.find((one) => one.id === id)?.arms.find((one) => one.arm === arm);
        if (found !== undefined) found.stopped = body.stop === true ? stopped : null;
        return ok({});
      }
      default:
        return null;
    }
  }

  private cluster(id: string, deed: string | undefined): Answered {
    const cluster = this.clusters.find((one) => one.id === id);
    if (cluster === undefined) return { status: 404, body: { code: "cluster.unknown" } };
    if (deed === "draft") return ok(this.cluster_draft);
    if (deed === "figures") return ok(this.figures);
    const questions = cluster.examples.map((text, place) => ({ id: `${place}`, channel: "main", asked: { at_ms: Date.now() - place * 60_000, text, verdict: "unanswered" } }));
    return ok({ cluster, questions, more: false, since_ms: 0, until_ms: 0 });
  }
}

function ok(body: unknown): Answered {
  return { status: 200, body };
}
