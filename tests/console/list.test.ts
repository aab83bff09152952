// The list: tabs, order, unread marks, and who may answer.
import assert from "node:assert/strict";
import { test } from "node:test";
import { rightTo } from "../../console/src/floor/lease.ts";
import { countTabs, isUnread, listTab, tabsFor, ticketOf } from "../../console/src/floor/list.ts";
import { createMarks, moveMark } from "../../console/src/floor/marks.ts";
import type { FloorState } from "../../console/src/floor/state.ts";
import { waitLevel } from "../../console/src/floor/wait.ts";
import { READ_MARKS_MAX, WAIT_LATE_MS, WAIT_WARN_MS } from "../../console/src/limits.ts";
import { formatRoute, parseRoute } from "../../console/src/views/route.ts";
import type { Ticket } from "../../console/src/wire.ts";
import { aConversation, aTicket, key, lin } from "./support/samples.ts";
import { memoryStorage } from "./support/storage.ts";

function floorOf(...tickets: Ticket[]): FloorState {
  return { seq: 1, me: lin, tickets: new Map(tickets.map((ticket) => [ticket.id, ticket])), agents: new Map() };
}

test("the longest waiting comes first, then those who wait for nothing, oldest first", () => {
  const floor = floorOf(
    aTicket({ id: "calm_new", waiting_since_ms: null, opened_at_ms: 9 }),
    aTicket({ id: "calm_old", waiting_since_ms: null, opened_at_ms: 3 }),
    aTicket({ id: "short", waiting_since_ms: 500 }),
    aTicket({ id: "long", waiting_since_ms: 100 }),
  );
  assert.deepEqual(listTab(floor, "mine").map(({ id }) => id), ["long", "short", "calm_old", "calm_new"]);
});

test("tabs part the tickets, the newest resolved first", () => {
  const floor = floorOf(
    aTicket({ id: "mine" }),
    aTicket({ id: "theirs", agent: "chen" }),
    aTicket({ id: "waits", state: "waiting", agent: null }),
    aTicket({ id: "done_old", state: "resolved", opened_at_ms: 2, resolved_at_ms: 3 }),
    aTicket({ id: "done_new", state: "resolved", opened_at_ms: 1, resolved_at_ms: 4 }),
  );
  assert.deepEqual(countTabs(floor), { mine: 1, waiting: 1, others: 1, resolved: 2 });
  assert.deepEqual(listTab(floor, "resolved").map(({ id }) => id), ["done_new", "done_old"]);
  assert.deepEqual(tabsFor(lin), ["mine", "waiting", "resolved"]);
  assert.ok(tabsFor({ ...lin, role: "supervisor" }).includes("others"));
});

test("a conversation is about its open ticket, else about its newest", () => {
  const done = aTicket({ id: "done", state: "resolved", opened_at_ms: 9_000 });
  assert.equal(ticketOf(floorOf(done, aTicket({ id: "open" })), key)?.id, "open");
  assert.equal(ticketOf(floorOf(done, aTicket({ id: "older", state: "resolved" })), key)?.id, "done");
  assert.equal(ticketOf(floorOf(done), { channel: "main", customer: "o2" }), null);
});

test("unread means newer than the mark, and never a resolved ticket", () => {
  const marks = new Map([["main/o1", 3]]);
  assert.ok(isUnread(aTicket({ last_seq: 4 }), marks));
  assert.ok(!isUnread(aTicket({ last_seq: 3 }), marks));
  assert.ok(!isUnread(aTicket({ last_seq: 4, state: "resolved" }), marks));
  assert.ok(isUnread(aTicket({ last_seq: 1 }), new Map()));
});

test("marks move forward only, outlive the page, and are bounded", () => {
  const local = memoryStorage();
  const marks = createMarks(local, "lin");
  marks.move("main/o1", 5);
  marks.move("main/o1", 4);
  assert.equal(createMarks(local, "lin").read().get("main/o1"), 5);
  assert.equal(createMarks(local, "chen").read().size, 0);
  local.setItem("shunda.read.lin", '{"no":"marks"}');
  assert.equal(createMarks(local, "lin").read().size, 0);
  let many = moveMark(new Map(), "main/first", 1);
  for (let place = 0; place < READ_MARKS_MAX; place += 1) many = moveMark(many, `main/${place}`, 1);
  assert.equal(many.size, READ_MARKS_MAX);
  assert.ok(!many.has("main/first"));
});

test("only the assigned agent may answer, under the newest epoch known", () => {
  const { messages: _, ...empty } = aConversation([]);
  const head = { ...empty, ticket: { id: "t1", epoch: 3, staff: "lin" } };
  assert.deepEqual(rightTo(aTicket({ epoch: 2 }), head, lin), { kind: "mine", ticket: "t1", epoch: 3 });
  assert.deepEqual(rightTo(aTicket({ epoch: 4 }), head, lin), { kind: "mine", ticket: "t1", epoch: 4 });
  const elsewhere = { ...head, ticket: { id: "t0", epoch: 9, staff: "lin" } };
  assert.deepEqual(rightTo(aTicket({ epoch: 2 }), elsewhere, lin), { kind: "mine", ticket: "t1", epoch: 2 });
  assert.equal(rightTo(aTicket({ agent: "chen" }), head, lin).kind, "others");
  assert.equal(rightTo(aTicket({ state: "waiting", agent: null }), null, lin).kind, "waiting");
  assert.equal(rightTo(aTicket({ state: "resolved" }), null, lin).kind, "resolved");
  assert.equal(rightTo(null, head, lin).kind, "none");
});

test("how long is long", () => {
  assert.deepEqual([0, WAIT_WARN_MS, WAIT_LATE_MS].map(waitLevel), ["fine", "warn", "late"]);
});

test("an address leads to its conversation, a broken one nowhere", () => {
  const odd = { channel: "main", customer: "o/中%" };
  assert.deepEqual(parseRoute(formatRoute({ page: "desk", key: odd })), { page: "desk", key: odd });
  for (const id of [null, "", "shop_2"]) assert.deepEqual(parseRoute(formatRoute({ page: "channels", id })), { page: "channels", id });
  for (const hash of [formatRoute({ page: "desk", key: null }), "#/c/main/%", "#/c/main", "#/c/a/b/c", ""]) assert.deepEqual(parseRoute(hash), { page: "desk", key: null }, hash);
});
