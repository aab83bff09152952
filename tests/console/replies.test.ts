// Replies on their way: one id until answered, in order, bounded, and not lost by a reload.
import assert from "node:assert/strict";
import { test } from "node:test";
import { ApiError } from "../../console/src/api.ts";
import { LEASE_TRIES_MAX, UNANSWERED_TRIES_MAX } from "../../console/src/limits.ts";
import { createReplies } from "../../console/src/replies/replies.ts";
import type { ReplyRequest } from "../../console/src/wire.ts";
import { aMessage, anApi, key } from "./support/samples.ts";
import { memoryStorage } from "./support/storage.ts";
import { fakeTime, settle } from "./support/time.ts";

const ages_ms = 3_600_000;
const request = (client_id: string): ReplyRequest => ({ client_id, ticket: "t1", epoch: 1, text: client_id });

/** `answer` decides call by call: a seq to accept with, or the refusal to throw. */
function setUp(answer: (calls: string[]) => number | ApiError | Promise<never>, storage = memoryStorage()) {
  const time = fakeTime();
  const calls: string[] = [];
  const accepted: string[] = [];
  const api = anApi({
    async reply(_key, { client_id }) {
      calls.push(client_id);
      const answered = await answer(calls);
      if (answered instanceof ApiError) throw answered;
      return { seq: answered, status: "queued", quota: null };
    },
  });
  const replies = createReplies({
    api,
    timers: time,
    random: () => 0.5,
    storage,
    staff: "lin",
    onAccepted: ({ customer }) => void accepted.push(customer),
  });
  const states = () => replies.store.read().map(({ state }) => state);
  return { time, calls, accepted, replies, states, storage };
}

test("accepted at once, and forgotten when the conversation shows it", async () => {
  const { replies, states, accepted } = setUp(() => 7);
  replies.send(key, request("a"));
  assert.deepEqual(states(), [{ kind: "sending" }]);
  await settle();
  assert.deepEqual(states(), [{ kind: "accepted", seq: 7, status: "queued" }]);
  assert.deepEqual(accepted, ["o1"]);
  replies.seen({ channel: "main", customer: "o2" }, [aMessage(7, { client_id: "a" })]);
  assert.equal(states().length, 1, "another conversation proves nothing");
  replies.seen(key, [aMessage(7, { client_id: "a" })]);
  assert.deepEqual(states(), []);
});

test("a lost answer is asked for again under the same id, a bounded number of times", async () => {
  const { time, calls, replies, states } = setUp(() => new ApiError(0, "network.no_answer"));
  replies.send(key, request("a"));
  await time.pass(ages_ms);
  assert.deepEqual(calls, Array(UNANSWERED_TRIES_MAX).fill("a"));
  assert.deepEqual(states(), [{ kind: "unanswered", code: "network.no_answer" }]);
  replies.retry("a");
  await time.pass(ages_ms);
  assert.deepEqual(calls, Array(2 * UNANSWERED_TRIES_MAX).fill("a"));
});

test("a pending lease is tried again under the same id, then asked about", async () => {
  const patient = setUp((calls) => (calls.length < 3 ? new ApiError(409, "reply.lease_pending") : 4));
  patient.replies.send(key, request("a"));
  await patient.time.pass(ages_ms);
  assert.deepEqual(patient.calls, ["a", "a", "a"]);
  assert.equal(patient.states()[0]?.kind, "accepted");
  const never = setUp(() => new ApiError(409, "reply.lease_pending"));
  never.replies.send(key, request("a"));
  await never.time.pass(ages_ms);
  assert.equal(never.calls.length, LEASE_TRIES_MAX);
  assert.deepEqual(never.states(), [{ kind: "unanswered", code: "reply.lease_pending" }]);
});

for (const code of ["reply.stale_lease", "reply.not_assigned", "reply.window_closed", "reply.quota_used"]) {
  test(`${code} is an answer: said once, never repeated`, async () => {
    const { time, calls, replies, states } = setUp(() => new ApiError(409, code));
    replies.send(key, request("a"));
    await time.pass(ages_ms);
    assert.deepEqual(calls, ["a"]);
    assert.deepEqual(states(), [{ kind: "refused", code }]);
    replies.retry("a");
    await time.pass(ages_ms);
    assert.deepEqual(calls, ["a"], "a refused reply starts over in the composer, with a new id");
    replies.discard("a");
    assert.deepEqual(states(), []);
  });
}

test("two replies to one customer go in order, two customers do not wait for each other", async () => {
  const { time, calls, replies } = setUp((made) => (made.at(-1) === "a" && made.length < 3 ? new ApiError(503, "x") : 1));
  replies.send(key, request("a"));
  replies.send(key, request("b"));
  replies.send({ channel: "main", customer: "o2" }, request("c"));
  await time.pass(ages_ms);
  assert.deepEqual(calls, ["a", "c", "a", "b"]);
});

test("a reload keeps an unanswered reply and its id", async () => {
  const storage = memoryStorage();
  const before = setUp(() => new Promise<never>(() => undefined), storage);
  before.replies.send(key, request("a"));
  await settle();
  before.replies.close();
  const after = setUp(() => 5, storage);
  await settle();
  assert.deepEqual(after.calls, ["a"]);
  assert.equal(storage.length, 0, "accepted, so there is nothing left to keep");
});

test("a session that ended leaves the reply to be sent after the next sign-in", async () => {
  const storage = memoryStorage();
  const { time, calls, replies, states } = setUp(() => new ApiError(401, "session.required"), storage);
  replies.send(key, request("a"));
  await time.pass(ages_ms);
  assert.deepEqual(calls, ["a"]);
  assert.deepEqual(states(), [{ kind: "unanswered", code: "session.required" }]);
  assert.equal(storage.length, 1);
});
