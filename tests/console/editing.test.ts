// What the knowledge's pure modules decide: forms and their faults, figures in words, offers, training, routes.
import assert from "node:assert/strict";
import { test } from "node:test";
import { ApiError } from "../../console/src/api.ts";
import { entryOf, fasterOf, faultsOf, fieldOf, formOf, linesOf, rowFaults, withTrial, withVariant } from "../../console/src/knowledge/form.ts";
import { addVariant, judgedOf } from "../../console/src/knowledge/offers.ts";
import { pendingOf } from "../../console/src/knowledge/pending.ts";
import { byWords, changeCount, fieldChanges, percent, points, riseWords, rowName, shareWords, stoppedLines, verdictWords } from "../../console/src/knowledge/texts.ts";
import { train } from "../../console/src/knowledge/train.ts";
import { unsavedOf } from "../../console/src/knowledge/unsaved.ts";
import type { DraftState, Entry, Offer, Row, RowChange, Training } from "../../console/src/knowledge/wire.ts";
import { formatRoute, parseRoute } from "../../console/src/views/route.ts";
import { en } from "../../console/src/words/en.ts";
import { zh } from "../../console/src/words/zh.ts";
import { memoryStorage } from "./support/storage.ts";

const entry: Entry = { id: "e1", question: "怎么退货", answer: "七天内", variants: ["退货", "想退"], status: "off", note: "ours" };

test("a form puts back what it was made of, with what it has no field for", () => {
  assert.deepEqual(entryOf(formOf(entry), entry), entry);
  assert.deepEqual(entryOf({ ...formOf(entry), variants: " 退货 \n\n退货\n退款\n", active: true }, entry), { id: "e1", question: "怎么退货", answer: "七天内", note: "ours", variants: ["退货", "退款"] });
  assert.deepEqual(linesOf("\n a \r\nb\na"), ["a", "b"]);
});

test("what is wrong is known by its field before the worker is asked", () => {
  const form = formOf(entry);
  assert.equal(faultsOf({ ...form, valid_from: "2026-11-01", valid_to: "2026-11-01" }).size, 0);
  assert.deepEqual([...faultsOf({ ...form, question: " ", valid_from: "2026-02-30" })], [["question", "missing"], ["valid_from", "date"]]);
  assert.deepEqual([...faultsOf({ ...form, valid_from: "2026-11-02", valid_to: "2026-11-01" })], [["valid_to", "reversed"]]);
  const many = Array.from({ length: 201 }, (_, place) => `v${place}`).join("\n");
  assert.deepEqual([...faultsOf({ ...form, variants: many })], [["variants", "tooMany"]]);
});

test("a fault of the worker's stands at its field", () => {
  assert.deepEqual(["variants[3]", "valid_to", "status", "extra.deep"].map(fieldOf), ["variants", "valid_to", "active", null]);
  assert.deepEqual(rowFaults([{ path: "answer", code: "empty", message: "" }, { code: "x" }, null]).length, 1);
  assert.equal(fasterOf([]), null);
  assert.equal(fasterOf([{ row: { kind: "entry", id: "e1" }, revision: 4, by: "operator", at_ms: 9 }])?.revision, 4);
});

test("what was typed survives a reload, per person, and nonsense in the storage is nothing", () => {
  const storage = memoryStorage();
  unsavedOf(storage, "li").write("e1", { form: { ...formOf(entry), answer: "新" }, revision: 2 });
  assert.equal(unsavedOf(storage, "li").read("e1")?.form.answer, "新");
  assert.equal(unsavedOf(storage, "chen").read("e1"), null);
  storage.setItem("shunda.entry.li.e2", "{");
  assert.equal(unsavedOf(storage, "li").read("e2"), null);
  unsavedOf(storage, "li").write("e1", null);
  assert.equal(unsavedOf(storage, "li").read("e1"), null);
});

test("shares are told with their intervals, and nothing is told of no questions", () => {
  assert.deepEqual([0, 0.004, 0.05, 0.5, 0.966, 1].map(percent), ["0%", "0.4%", "5%", "50%", "96.6%", "100%"]);
  assert.equal(shareWords(zh, { count: 31, of: 50, share: 0.62, low: 0.48, high: 0.74 }), "62%（31/50，95% 区间 48%–74%）");
  assert.equal(shareWords(zh, { count: 0, of: 0, share: null, low: null, high: null }), "还没有数据");
  assert.equal(shareWords(en, { count: 1, of: 2, share: 0.5, low: null, high: null }), "50% (1 of 2)");
});

test("an interval that holds nothing at all is no change", () => {
  assert.deepEqual([0.151, -0.061, 0.0001].map(points), ["+15.1", "−6.1", "0"]);
  assert.match(riseWords(zh, { difference: 0.1, low: 0.02, high: 0.2 }), /确有提高/);
  assert.match(riseWords(zh, { difference: -0.1, low: -0.2, high: -0.02 }), /确有下降/);
  assert.match(riseWords(zh, { difference: 0.1, low: -0.02, high: 0.2 }), /还不能说有变化/);
  assert.equal(riseWords(zh, null), zh.knowledge.figures.noRise);
});

test("a verdict is a sentence, and what stopped an answer says why", () => {
  const against = { metric: "resolved", difference: 0.151, low: 0.043, high: 0.259, evidence: 26, needed: 20, verdict: "better" as const };
  assert.equal(verdictWords(zh, against), "解决率：比原来的回答好。差 +15.1 个百分点（区间 +4.3 到 +25.9，随时查看都有效）");
  const lines = stoppedLines(zh, { at_ms: 0, by: "guardrail", why: "handed_off", note: "" }, 0);
  assert.equal(lines.length, 2);
  assert.match(lines.join(), /护栏.*转人工率变差/);
  assert.deepEqual([byWords(zh, "operator"), byWords(zh, { staff: "li" }), byWords(zh, null)], ["运维", "li", "无"]);
});

test("a change is told field by field, whatever its values are", () => {
  const change: RowChange = { kind: "entry", id: "e1", change: "changed", before: entry, after: { ...entry, answer: "十天内", variants: ["退货"], extra: { a: 1 } }, revision: 2, by: "operator", at_ms: 0 };
  assert.deepEqual(fieldChanges(change).map(({ field, before, after }) => [field, before, after.replaceAll(/\s/g, "")]), [["answer", "七天内", "十天内"], ["variants", "退货\n想退", "退货"], ["extra", "", '{"a":1}']]);
  assert.equal(rowName(zh, { ...change, before: null, after: {} }), "e1");
  assert.equal(changeCount({ added: 1, changed: 2, removed: 3 }), 6);
});

test("another wording joins the experiment that the entry has, or a new one, as far as there is room", () => {
  const frame = withTrial({ company: "晨光" }, "a/b", "十天内", 0.5)!;
  const b = { id: "b", answer: "十天内", share: 0.5 };
  assert.deepEqual(frame, { company: "晨光", experiments: [{ id: "a_b-1", entry: "a/b", arms: [b] }] });
  const two = withTrial(frame, "a/b", "五天内", 0.4)!;
  assert.deepEqual(two.experiments, [{ id: "a_b-1", entry: "a/b", arms: [b, { id: "c", answer: "五天内", share: 0.4 }] }]);
  assert.equal(withTrial(two, "a/b", "两天内", 0.1), null, "the entry's own answer keeps a tenth");
  assert.deepEqual(withTrial(frame, "a_b", "两天内", 0.9)!.experiments!.map(({ id }) => id), ["a_b-1", "a_b-2"]);
});

const offer: Offer = { id: "o1", kind: "phrasing", text: "想退货", entry: "e1", score: 0.5, count: 2, chosen: 1 };

test("a judgement names what its kind asks for", () => {
  assert.deepEqual(judgedOf(offer, "other", " e2 "), { judgement: "other", other: "e2", text: "想退货", entry: "e1" });
  assert.deepEqual(judgedOf({ ...offer, kind: "audit", questions: ["q9"] }, "yes", ""), { judgement: "yes", question: "q9" });
});

test("an approved phrasing is added to the row as it is then, not over what somebody wrote meanwhile", async () => {
  assert.equal(withVariant(entry, " 退货 "), null);
  const row = (revision: number, variants: string[]): Row => ({ id: "e1", value: { ...entry, variants }, revision, by: "operator", at_ms: 0 });
  const rows = [row(1, ["退货"]), row(2, ["退货", "新的"])];
  const put: [string[] | undefined, number][] = [];
  const api = {
    entry: () => Promise.resolve({ row: rows[put.length] ?? null, published: null }),
    putEntry(value: Entry, revision: number) {
      put.push([value.variants, revision]);
      return put.length === 1 ? Promise.reject(new ApiError(409, "knowledge.changed_since")) : Promise.resolve({ revision: 3, changed: 1 });
    },
  };
  assert.equal(await addVariant(api, "e1", "想退货"), true);
  assert.deepEqual(put, [[["退货", "想退货"], 1], [["退货", "新的", "想退货"], 2]]);
  assert.equal(await addVariant(api, "e1", "想退货"), false);
});

test("all that is pending is read page after page", async () => {
  const one = (id: string): RowChange => ({ kind: "entry", id, change: "added", before: null, after: {}, revision: 1, by: "operator", at_ms: 0 });
  const page = (pending: RowChange[], more: boolean): DraftState => ({ current: null, answering: 1, changes: { added: 2, changed: 0, removed: 0 }, pending, more, reviews: [] });
  const asked: (string | null)[] = [];
  const state = await pendingOf({ draft: (last) => (asked.push(last?.id ?? null), Promise.resolve(last === null ? page([one("a")], true) : page([one("b")], false))) });
  assert.deepEqual([state.pending.map(({ id }) => id), state.more, asked], [["a", "b"], false, [null, "a"]]);
});

test("training encodes every batch, waits for KV, and stops where it is left", async () => {
  const training: Training = { version: 1, digest: "d", encoder: "e", batches: 2, phrasings: 9, model: null };
  const did: string[] = [];
  let missing = 1;
  const steps = {
    training: () => Promise.resolve(training),
    encodeBatch: (_digest: string, _encoder: string | null, batch: number) => Promise.resolve(void did.push(`batch ${batch}`)),
    finishTraining(): Promise<Training> {
      did.push("train");
      missing -= 1;
      return missing >= 0 ? Promise.reject(new ApiError(409, "knowledge.batch_missing")) : Promise.resolve(training);
    },
  };
  const told: number[] = [];
  assert.equal(await train(steps, "current", (done) => told.push(done), () => false, () => Promise.resolve()), training);
  assert.deepEqual([did, told], [["batch 0", "batch 1", "train", "train"], [0, 1, 2]]);
  assert.equal(await train(steps, "current", () => {}, () => did.length > 4, () => Promise.resolve()), null);
  assert.deepEqual(did.slice(4), ["batch 0"]);
  await assert.rejects(train({ ...steps, finishTraining: () => Promise.reject(new ApiError(409, "knowledge.not_current")) }, "shadow", () => {}, () => false, () => Promise.resolve()), { code: "knowledge.not_current" });
});

test("the knowledge has addresses, and the back key finds them", () => {
  for (const route of [{ page: "knowledge", tab: "entries", id: null }, { page: "knowledge", tab: "entries", id: "" }, { page: "knowledge", tab: "clusters", id: "a/b 1" }] as const) {
    assert.deepEqual(parseRoute(formatRoute(route)), route);
  }
  assert.deepEqual(parseRoute("#/knowledge/nonsense"), { page: "knowledge", tab: "entries", id: null });
});
