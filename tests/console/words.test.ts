// Words: both languages say everything, durations, refusals, statuses and quotas read well.
import assert from "node:assert/strict";
import { test } from "node:test";
import { ApiError } from "../../console/src/api.ts";
import { en } from "../../console/src/words/en.ts";
import { clockWords, dayWords, durationWords, errorWords, momentWords, quotaWords, refusalWords, statusWords, ticketTitle } from "../../console/src/words/phrases.ts";
import { zh } from "../../console/src/words/zh.ts";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** Every text of a dictionary by its path; functions are called with sample values. */
function texts(table: object, path = ""): Map<string, string> {
  const found = new Map<string, string>();
  for (const [name, value] of Object.entries(table)) {
    if (typeof value === "object") for (const [below, text] of texts(value, `${path}${name}.`)) found.set(below, text);
    else found.set(path + name, typeof value === "function" ? value(3, 2) : value);
  }
  return found;
}

test("English has no Chinese left in it, and Chinese speaks Chinese", () => {
  const foreign = new Set(["languageSwitch", "language", "message.reason", "trail.after", "trail.code", "channels.elsewhere"]);
  for (const name of ["appid", "token", "aes_key", "app_secret", "secret"]) foreign.add(`channels.fields.${name}`).add(`doctor.checks.${name}`);
  for (const [path, text] of texts(en)) if (!foreign.has(path)) assert.ok(text !== "" && !/\p{Script=Han}/u.test(text), `${path}: ${text}`);
  for (const [path, text] of texts(zh)) if (!foreign.has(path)) assert.ok(/\p{Script=Han}/u.test(text), `${path}: ${text}`);
  assert.deepEqual([...texts(en).keys()], [...texts(zh).keys()]);
});

test("durations round down, in the unit people use", () => {
  const told = [-5, 59_999, MINUTE, HOUR - 1, 31 * HOUR + 59 * MINUTE, 47 * HOUR, 48 * HOUR].map((ms) => durationWords(zh, ms));
  assert.deepEqual(told, ["0 秒", "59 秒", "1 分钟", "59 分钟", "31 小时", "47 小时", "2 天"]);
  assert.deepEqual([HOUR, 2 * HOUR, 72 * HOUR].map((ms) => durationWords(en, ms)), ["1 hour", "2 hours", "3 days"]);
});

test("a waiting time is a clock", () => {
  const told = [-1, 5_000, 65_000, HOUR + 61_000, 25 * HOUR, 49 * HOUR].map((ms) => clockWords(zh, ms));
  assert.deepEqual(told, ["0:00", "0:05", "1:05", "1:01:01", "25 小时", "2 天"]);
});

test("the quota line", () => {
  const quota = (left: number, open_ms: number) => quotaWords(zh, { left, of: 5, closes_at_ms: 1_000 + open_ms }, 1_000);
  assert.equal(quota(3, 31 * HOUR), "还可发 3/5 条，31 小时后关闭");
  assert.equal(quota(0, HOUR), zh.quota.used("1 小时"));
  assert.equal(quota(3, 0), zh.quota.closed);
  assert.equal(quotaWords(zh, null, 0), zh.quota.none);
  assert.equal(quotaWords(en, { left: 1, of: 5, closes_at_ms: 2 * HOUR }, 0), "1 of 5 messages left, closes in 2 hours");
});

test("every refusal of the contract has words of its own", () => {
  const codes = ["reply.stale_lease", "reply.lease_pending", "reply.not_assigned", "reply.window_closed", "reply.quota_used", "reply.native_session", "reply.no_customer_messages", "reply.too_many_waiting", "withdrawal.not_waiting", "reply.too_long", "reply.blank", "resolution.new_messages", "session.wrong_password", "session.required"];
  for (const words of [zh, en]) {
    const told = codes.map((code) => refusalWords(words, code));
    assert.equal(new Set(told).size, codes.length);
    for (const [place, text] of told.entries()) assert.ok(!text.includes(codes[place] ?? ""), text);
  }
});

test("what is unknown is told by its code, trouble of the server as such", () => {
  assert.equal(refusalWords(zh, "reply.brand_new"), "没有成功（reply.brand_new）");
  assert.equal(refusalWords(zh, "toString"), "没有成功（toString）");
  assert.equal(errorWords(zh, new ApiError(502, "http.502")), zh.serverTrouble);
  assert.equal(errorWords(zh, new ApiError(503, "config.invalid")), zh.errors["config.invalid"]);
  assert.equal(errorWords(zh, new ApiError(429, "session.too_many_attempts", { retry_after_ms: 90_000 })), "尝试太多次了，请 1 分钟后再试");
  assert.equal(errorWords(zh, new ApiError(0, "network.no_answer")), "网络没有回应");
});

test("a status says why in plain words, and shows a reason it does not know", () => {
  assert.equal(statusWords(zh, { status: "queued" }), "排队中");
  assert.equal(statusWords(zh, { status: "attempting" }), "发送中");
  assert.equal(statusWords(zh, { status: "delivered", reason: null }), "已送达");
  assert.equal(statusWords(zh, { status: "failed", reason: "unreachable" }), "发送失败：客户已取消关注或无法接收");
  assert.equal(statusWords(zh, { status: "uncertain", reason: "no_answer" }), "结果未知：微信没有回应");
  assert.equal(statusWords(en, { status: "failed", reason: "new_reason" }), "Failed: new_reason");
  assert.equal(statusWords(zh, {}), "");
});

test("a ticket is named by its question, without one by its customer", () => {
  assert.equal(ticketTitle(zh, { question: "保修多久", customer: "oX7p000123" }), "保修多久");
  assert.equal(ticketTitle(zh, { question: " ", customer: "oX7p000123" }), "客户 000123");
});

test("days have names near today", () => {
  const now = new Date(2026, 2, 5, 0, 30).getTime();
  assert.equal(dayWords(zh, now - 10 * MINUTE, now), "今天");
  assert.equal(dayWords(zh, now - HOUR, now), "昨天");
  assert.match(momentWords(zh, now - 10 * MINUTE, now), /^\d\d:\d\d$/);
  assert.match(momentWords(zh, now - HOUR, now), /^昨天 \d\d:\d\d$/);
  assert.match(dayWords(zh, new Date(2026, 1, 1).getTime(), now), /^2月1日/);
  assert.match(dayWords(zh, new Date(2025, 11, 31).getTime(), now), /^2025年12月31日/);
});
