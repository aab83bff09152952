// The composer: which key sends, which text may go, and drafts that outlive a reload.
import assert from "node:assert/strict";
import { test } from "node:test";
import { createDrafts } from "../../console/src/composer/drafts.ts";
import { keyMeaning, noComposition, type KeyPress } from "../../console/src/composer/keys.ts";
import { bytesOf, isSendable } from "../../console/src/composer/text.ts";
import { memoryStorage } from "./support/storage.ts";

const enter: KeyPress = {
  key: "Enter",
  keyCode: 13,
  isComposing: false,
  shiftKey: false,
  ctrlKey: false,
  metaKey: false,
  altKey: false,
  timeStamp: 10_000,
};

const cases: [string, Partial<KeyPress>, { composing: boolean; ended_at: number | null }, boolean, "send" | "text"][] = [
  ["plain Enter", {}, noComposition, true, "send"],
  ["Shift+Enter", { shiftKey: true }, noComposition, true, "text"],
  ["Alt+Enter", { altKey: true }, noComposition, true, "text"],
  ["another key", { key: "a", keyCode: 65 }, noComposition, true, "text"],
  ["Enter while the event says composing", { isComposing: true }, noComposition, true, "text"],
  ["Enter between compositionstart and compositionend", {}, { composing: true, ended_at: null }, true, "text"],
  ["Enter taken by the input method (229)", { keyCode: 229 }, noComposition, true, "text"],
  ["Safari: compositionend, then Enter as 229", { keyCode: 229 }, { composing: false, ended_at: 9_999 }, true, "text"],
  ["Safari: compositionend, then Enter as 13", {}, { composing: false, ended_at: 9_998 }, true, "text"],
  ["Enter well after the composition", {}, { composing: false, ended_at: 9_000 }, true, "send"],
  ["Ctrl+Enter while composing", { ctrlKey: true, isComposing: true }, noComposition, true, "text"],
  ["Enter on a phone", {}, noComposition, false, "text"],
  ["Ctrl+Enter on a phone's keyboard", { ctrlKey: true }, noComposition, false, "send"],
  ["Cmd+Enter", { metaKey: true }, noComposition, true, "send"],
];

for (const [name, press, composition, enter_sends, meaning] of cases) {
  test(`${name}: ${meaning}`, () => assert.equal(keyMeaning({ ...enter, ...press }, composition, enter_sends), meaning));
}

test("bytes, not characters", () => {
  assert.equal(bytesOf("瞬答"), 6);
  assert.equal(bytesOf("👍"), 4);
  assert.ok(isSendable("字".repeat(682)));
  assert.ok(!isSendable("字".repeat(683)));
  assert.ok(!isSendable(" \n\u3000"));
});

test("drafts are kept per conversation and per person, also over a reload", () => {
  const tab = memoryStorage();
  const drafts = createDrafts(tab, "lin");
  drafts.write("main/o1", "您好");
  drafts.write("main/o2", "稍等");
  drafts.write("main/o2", "");
  const later = createDrafts(tab, "lin");
  assert.deepEqual([later.read("main/o1"), later.read("main/o2")], ["您好", ""]);
  assert.equal(createDrafts(tab, "chen").read("main/o1"), "");
  later.putBack("main/o1", "没发出的");
  assert.equal(later.read("main/o1"), "没发出的\n您好");
});
