// Trails, quotas and what else can be done with a refused reply: the decisions behind the views.
import assert from "node:assert/strict";
import { test } from "node:test";
import { otherWays, quotaLevel } from "../../console/src/conversation/quota.ts";
import { hasUnsettled, mergePage, newsAfter } from "../../console/src/conversation/thread.ts";
import { trailOf } from "../../console/src/conversation/trail.ts";
import { en } from "../../console/src/words/en.ts";
import { errcodeWords, lapseWords, originWords, quotaWords, sizeWords, statusWords } from "../../console/src/words/phrases.ts";
import { zh } from "../../console/src/words/zh.ts";
import { aConversation, aMessage } from "./support/samples.ts";

const HOUR = 3_600_000;

test("a trail counts from step to step", () => {
  const receipt = { received_at_ms: 100, verified_at_ms: 103, decided_at_ms: 141, offered_at_ms: 150 };
  assert.deepEqual(trailOf(aMessage(1, { receipt })), [
    { kind: "received", at_ms: 100, since_ms: null },
    { kind: "verified", at_ms: 103, since_ms: 3 },
    { kind: "decided", at_ms: 141, since_ms: 38 },
    { kind: "offered", at_ms: 150, since_ms: 9 },
  ]);
  assert.deepEqual(trailOf(aMessage(1)), [], "nothing is known of a message of before receipts were kept");
});

test("a sent message's trail has each attempt with its end", () => {
  const tries = [{ began_at_ms: 1_010, ended_at_ms: 1_300, errcode: -1 }, { began_at_ms: 2_300, ended_at_ms: 2_400 }, { began_at_ms: 5_000, ended_at_ms: 5_100, errcode: 0 }];
  const steps = trailOf(aMessage(1, { author: "agent", status: "delivered", tries }));
  assert.deepEqual(steps.map(({ kind, since_ms }) => [kind, since_ms]), [["queued", null], ["sent", 10], ["refused", 290], ["sent", 1_000], ["unanswered", 100], ["sent", 2_600], ["accepted", 100]]);
  assert.equal(steps[2]?.errcode, -1);
});

test("a code of WeChat's never stands alone", () => {
  assert.equal(errcodeWords(zh, 45015), "超出可回复时间，或客户已取消关注（45015）");
  assert.equal(errcodeWords(en, 123456), "WeChat answered with another error (123456)");
});

test("what is kept for closing words is told, and is not for replies", () => {
  const quota = { left: 3, of: 5, closes_at_ms: 31 * HOUR };
  assert.equal(quotaWords(zh, quota, 0, 1), "还可发 3/5 条，31 小时后关闭（保留 1 条给结束语）");
  assert.equal(quotaWords(zh, { ...quota, left: 1 }, 0, 1), "只剩留给结束语的条数（31 小时后关闭）");
  assert.deepEqual([5, 3, 2, 1, 0].map((left) => quotaLevel({ ...quota, left }, 0, 1)), ["plenty", "plenty", "low", "out", "out"]);
  assert.equal(quotaLevel({ ...quota, closes_at_ms: 60_000 }, 0, 0), "low");
  assert.equal(quotaLevel({ ...quota, closes_at_ms: 60_000 }, 60_000, 0), "out");
  assert.equal(quotaLevel(null, 0, 0), "out");
});

test("a refused reply can wait, or close while a place is kept", () => {
  assert.deepEqual(otherWays("reply.quota_used", 1), ["closing", "wait"]);
  assert.deepEqual(otherWays("reply.quota_used", 0), ["wait"]);
  assert.deepEqual(otherWays("reply.window_closed", 1), ["wait"]);
  assert.deepEqual(otherWays("reply.native_session", 1), ["wait"]);
  assert.deepEqual(otherWays("reply.stale_lease", 1), []);
});

test("what waits is read again with the next news, and not asked for over and over", () => {
  const waiting = mergePage(null, aConversation([aMessage(1), aMessage(2, { author: "agent", status: "waiting" }), aMessage(3)]), 0);
  assert.equal(newsAfter(waiting), 1);
  assert.equal(hasUnsettled(waiting), false);
  const asked = mergePage(null, aConversation([aMessage(1, { carrier: "pending" }), aMessage(2)]), 0);
  assert.equal(newsAfter(asked), 0);
  assert.ok(hasUnsettled(asked));
  assert.ok(hasUnsettled(mergePage(null, aConversation([aMessage(1, { media: { state: "fetching" } })]), 0)));
});

test("waiting and taken back, in words", () => {
  assert.equal(statusWords(zh, { status: "waiting", reason: "native_session" }), "等客户发言后发送：正在由微信客服接待");
  assert.equal(statusWords(zh, { status: "failed", reason: "withdrawn" }), "已撤回，没有发出");
});

test("origins, sizes and short times", () => {
  assert.equal(originWords(zh, { at_ms: 0, by: "scan", scene: "box_card" }), "扫码 box_card");
  assert.equal(originWords(en, { at_ms: 0, by: "new_door" }), "new_door");
  assert.deepEqual([500, 4_096, 5_452_595].map(sizeWords), ["500 B", "4 KB", "5.2 MB"]);
  assert.deepEqual([0, 999, 9_999, 12_345, 90_000].map((ms) => lapseWords(zh, ms)), ["0 ms", "999 ms", "9999 ms", "12.3 s", "1 分钟"]);
});
