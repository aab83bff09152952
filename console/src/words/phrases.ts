// Turns durations, refusals, statuses and quotas into the words of one language. Pure.
import type { ApiError } from "../api.ts";
import type { Aspect, Bilingual, Identity, Message, Mood, Origin, Quota, Ticket } from "../wire.ts";
import type { Words } from "./zh.ts";

const SECOND_MS = 1_000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** The largest unit that fits, rounded down; hours up to two days, since reply windows are told in hours. */
export function durationWords(words: Words, ms: number): string {
  const whole = Math.max(0, ms);
  if (whole >= 2 * DAY_MS) return words.duration.days(Math.floor(whole / DAY_MS));
  if (whole >= HOUR_MS) return words.duration.hours(Math.floor(whole / HOUR_MS));
  if (whole >= MINUTE_MS) return words.duration.minutes(Math.floor(whole / MINUTE_MS));
  return words.duration.seconds(Math.floor(whole / SECOND_MS));
}

/** A running clock: `m:ss`, from an hour on `h:mm:ss`, from a day on in words. */
export function clockWords(words: Words, ms: number): string {
  if (ms >= DAY_MS) return durationWords(words, ms);
  const seconds = Math.floor(Math.max(0, ms) / SECOND_MS);
  const parts = [Math.floor(seconds / 60) % 60, seconds % 60];
  const hours = Math.floor(seconds / 3_600);
  if (hours > 0) parts.unshift(hours);
  return parts.map((part, place) => (place === 0 ? `${part}` : `${part}`.padStart(2, "0"))).join(":");
}

export function refusalWords(words: Words, code: string): string {
  const known = entry(words.errors, code);
  if (known !== null) return known;
  return /^http\.5\d\d$/.test(code) ? words.serverTrouble : words.otherError(code);
}

export function errorWords(words: Words, error: ApiError): string {
  const retry_after_ms = error.number("retry_after_ms");
  if (error.code === "session.too_many_attempts" && retry_after_ms !== null) {
    return words.tooManyAttempts(durationWords(words, Math.max(SECOND_MS, retry_after_ms)));
  }
  if (error.status >= 500 && entry(words.errors, error.code) === null) return words.serverTrouble;
  return refusalWords(words, error.code);
}

export function statusWords(words: Words, message: Pick<Message, "status" | "reason">): string {
  const { status, reason } = message;
  if (status === undefined) return "";
  if (reason === "withdrawn") return words.message.withdrawn;
  const reasons = status in REASONED ? words.message[status as keyof typeof REASONED] : {};
  if (reason === undefined || reason === null || reason === "") return words.message.status[status];
  return words.message.reason(words.message.status[status], entry(reasons, reason) ?? reason);
}

const REASONED = { waiting: true, failed: true, uncertain: true };

/** `kept_back`: how many of what is left are for closing words only. */
export function quotaWords(words: Words, quota: Quota | null, now_ms: number, kept_back = 0): string {
  if (quota === null) return words.quota.none;
  const open_ms = quota.closes_at_ms - now_ms;
  if (open_ms <= 0) return words.quota.closed;
  const time = durationWords(words, open_ms);
  if (quota.left === 0) return words.quota.used(time);
  if (quota.left <= kept_back) return words.quota.onlyKept(time);
  const left = words.quota.left(quota.left, quota.of, time);
  return kept_back > 0 ? left + words.quota.keptBack(kept_back) : left;
}

/** What a code of WeChat's API means to staff; the code itself stands beside it. */
export function errcodeWords(words: Words, errcode: number): string {
  const meaning = entry(words.errcodes, String(errcode)) ?? words.errcodes.other;
  return words.trail.code(String(errcode), meaning);
}

/** Between two steps of a trail: to the millisecond below ten seconds. */
export function lapseWords(words: Words, ms: number): string {
  if (ms < 10 * SECOND_MS) return `${ms} ms`;
  return ms < MINUTE_MS ? `${(ms / SECOND_MS).toFixed(1)} s` : durationWords(words, ms);
}

export function originWords(words: Words, { by, scene }: Origin): string {
  const act = entry(words.conversation.origin, by) ?? by;
  return scene === undefined ? act : `${act} ${scene}`;
}

/** What is known of somebody, a line each. */
export function profileLines(words: Words, who: Identity, now_ms: number): string[] {
  const { remark, subscribed_at_ms, qr_scene, language } = who;
  return [
    remark ? words.person.remark(remark) : "",
    subscribed_at_ms === undefined ? "" : words.person.subscribed(momentWords(words, subscribed_at_ms, now_ms)),
    qr_scene ? words.person.scene(qr_scene) : "",
    language ? words.person.language(language) : "",
  ].filter((line) => line !== "");
}

export function sizeWords(bytes: number): string {
  const kb = bytes / 1024;
  if (kb < 1) return `${bytes} B`;
  return kb < 1024 ? `${Math.round(kb)} KB` : `${(kb / 1024).toFixed(1)} MB`;
}

/** An openid is no name: its end tells two customers apart. */
export function customerName(words: Words, customer: string): string {
  return words.list.customer(customer.slice(-6));
}

/** A ticket that began with a picture has no question. */
export function ticketTitle(words: Words, ticket: Pick<Ticket, "question" | "customer">): string {
  return ticket.question.trim() === "" ? customerName(words, ticket.customer) : ticket.question;
}

export function timeOfDay(at_ms: number): string {
  const at = new Date(at_ms);
  return `${at.getHours()}`.padStart(2, "0") + ":" + `${at.getMinutes()}`.padStart(2, "0");
}

/** The time of day to the millisecond. */
export function clockTime(at_ms: number): string {
  const at = new Date(at_ms);
  const parts = [at.getHours(), at.getMinutes(), at.getSeconds()].map((part) => `${part}`.padStart(2, "0"));
  return `${parts.join(":")}.${`${at.getMilliseconds()}`.padStart(3, "0")}`;
}

/** The time of day, with the day in front when that is not today. */
export function momentWords(words: Words, at_ms: number, now_ms: number): string {
  const today = startOfDay(at_ms) === startOfDay(now_ms);
  return today ? timeOfDay(at_ms) : `${dayWords(words, at_ms, now_ms)} ${timeOfDay(at_ms)}`;
}

export function dayWords(words: Words, at_ms: number, now_ms: number): string {
  const days = Math.round((startOfDay(now_ms) - startOfDay(at_ms)) / DAY_MS);
  if (days === 0) return words.conversation.today;
  if (days === 1) return words.conversation.yesterday;
  const sameYear = new Date(at_ms).getFullYear() === new Date(now_ms).getFullYear();
  const parts: Intl.DateTimeFormatOptions = { month: "long", day: "numeric", weekday: "short" };
  return new Date(at_ms).toLocaleDateString(words.language, sameYear ? parts : { ...parts, year: "numeric" });
}

function startOfDay(at_ms: number): number {
  return new Date(at_ms).setHours(0, 0, 0, 0);
}

/** The words that speak for an aspect, and how strongly all of it does. */
export function moodEvidence(words: Words, mood: Mood, aspect: Aspect): string {
  const found = (mood.words ?? []).filter((one) => one.aspect === aspect).map((one) => one.word);
  const share = Math.round((mood[aspect] ?? 0) * 100);
  return found.length === 0 ? words.mood.bare(share) : words.mood.because(found.join(comma(words)), share);
}

const comma = (words: Words): string => (words.language === "zh-CN" ? "，" : ", ");

/** Why a ticket is urgent, and what that is worth. */
export function pressesBecause(words: Words, ticket: Ticket): string {
  const start_ms = ticket.head_start_ms ?? 0;
  const worth = start_ms > 0 ? [words.mood.headStart(durationWords(words, start_ms))] : [];
  const why = ticket.mood?.urgency === undefined ? [] : [moodEvidence(words, ticket.mood, "urgency")];
  return [...why, ...worth].join(comma(words));
}

export function bilingual(words: Words, text: Bilingual): string {
  return words.language === "zh-CN" ? text["zh-CN"] : text.en;
}

/** A code from the worker may be newer than this page. */
export function entry(table: Readonly<Record<string, string>>, code: string): string | null {
  return Object.hasOwn(table, code) ? (table[code] ?? null) : null;
}
