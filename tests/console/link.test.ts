// The socket's keeper: one start-up path, gaps, reconnection, silence.
import assert from "node:assert/strict";
import { test } from "node:test";
import { openLink, type Connection, type Socket } from "../../console/src/floor/link.ts";
import { emptyFloor, type FloorState } from "../../console/src/floor/state.ts";
import { PING_EVERY_MS, RECONNECT_FIRST_MS, RECONNECT_LONGEST_MS, SILENCE_MAX_MS } from "../../console/src/limits.ts";
import { fakeTime } from "./support/time.ts";

const me = { id: "lin", login: "lin", name: "林晓", role: "agent", skill_groups: [], cap: 5 };
const hello = (seq: number) => ({ type: "hello", seq, me, snapshot: { tickets: [], agents: [] } });
const frame = (seq: number, prev: number) => ({ type: "frame", seq, prev, changes: [] });

class Line implements Socket {
  sent: string[] = [];
  closed = false;
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onclose: ((event: { code: number }) => void) | null = null;
  send(text: string) {
    this.sent.push(text);
  }
  close() {
    this.closed = true;
  }
  say(...messages: unknown[]) {
    for (const message of messages) this.onmessage?.({ data: typeof message === "string" ? message : JSON.stringify(message) });
  }
  resumes() {
    return this.sent.filter((text) => text !== "ping").map((text) => JSON.parse(text).seq);
  }
}

function setUp() {
  const time = fakeTime();
  const lines: Line[] = [];
  const seen: Connection[] = [];
  let floor: FloorState = emptyFloor;
  let refused = 0;
  const link = openLink({
    connect() {
      const line = new Line();
      lines.push(line);
      return line;
    },
    timers: time,
    random: () => 0.999,
    onFloor: (next) => void (floor = next),
    onConnection: (connection) => void (seen.at(-1) === connection || seen.push(connection)),
    onRefused: () => void (refused += 1),
  });
  const line = (place: number) => lines[place] ?? assert.fail(`no socket ${place}`);
  return { time, lines, line, seen, link, floor: () => floor, refused: () => refused };
}

test("starts with resume null and is online at the first hello", () => {
  const { line, seen, floor } = setUp();
  line(0).onopen?.();
  assert.deepEqual(line(0).resumes(), [null]);
  assert.deepEqual(seen, ["connecting"]);
  line(0).say(hello(12));
  assert.deepEqual(seen, ["connecting", "online"]);
  assert.equal(floor().seq, 12);
});

test("a gap asks once, however many frames overtake the answer", () => {
  const { line, floor } = setUp();
  line(0).onopen?.();
  line(0).say(hello(12), frame(15, 14), frame(16, 15));
  assert.deepEqual(line(0).resumes(), [null, 12]);
  line(0).say(frame(14, 12), frame(15, 14), frame(16, 15));
  assert.equal(floor().seq, 16);
  line(0).say(frame(19, 18));
  assert.deepEqual(line(0).resumes(), [null, 12, 16]);
});

test("a gap that nobody mends begins anew on a new socket", async () => {
  const { time, line } = setUp();
  line(0).onopen?.();
  line(0).say(hello(12), frame(15, 14));
  await time.pass(SILENCE_MAX_MS);
  assert.ok(line(0).closed);
  await time.pass(RECONNECT_FIRST_MS);
  line(1).onopen?.();
  assert.deepEqual(line(1).resumes(), [null]);
});

test("a floor that answers pings but never the start is left for a new socket", async () => {
  const { time, line } = setUp();
  line(0).onopen?.();
  line(0).say("pong");
  await time.pass(SILENCE_MAX_MS);
  assert.ok(line(0).closed);
});

test("a lost socket comes back with the last seq", async () => {
  const { time, line, seen } = setUp();
  line(0).onopen?.();
  line(0).say(hello(12), frame(13, 12));
  line(0).onclose?.({ code: 1006 });
  assert.equal(seen.at(-1), "reconnecting");
  await time.pass(RECONNECT_FIRST_MS);
  line(1).onopen?.();
  assert.deepEqual(line(1).resumes(), [13]);
  line(1).say("pong");
  assert.equal(seen.at(-1), "online");
  await time.pass(SILENCE_MAX_MS);
  assert.ok(!line(1).closed, "nothing had changed, so nothing was due");
});

test("waits longer each time, up to a limit, and asks whether the session still lives", async () => {
  const { time, lines, line, refused } = setUp();
  const waits: number[] = [];
  for (let tries = 0; tries < 9; tries += 1) {
    line(lines.length - 1).onclose?.({ code: 1006 });
    const wait_ms = time.planned()[0] ?? assert.fail("no reconnection planned");
    waits.push(wait_ms);
    await time.pass(wait_ms);
  }
  assert.equal(refused(), 9);
  assert.deepEqual(waits.slice(0, 3), [500, 1_000, 1_999]);
  assert.ok(waits.every((wait, place) => wait <= RECONNECT_LONGEST_MS && wait >= (waits[place - 1] ?? 0)));
  assert.ok((waits.at(-1) ?? 0) > RECONNECT_LONGEST_MS * 0.9);
});

test("code 4001 ends everything", async () => {
  const { time, lines, line, seen, link } = setUp();
  line(0).onopen?.();
  line(0).say(hello(1));
  line(0).onclose?.({ code: 4001 });
  link.wake();
  await time.pass(RECONNECT_LONGEST_MS);
  assert.equal(seen.at(-1), "ended");
  assert.equal(lines.length, 1);
});

test("pings a quiet socket and gives a silent one up", async () => {
  const { time, line, seen } = setUp();
  line(0).onopen?.();
  line(0).say(hello(1), "pong");
  await time.pass(PING_EVERY_MS);
  assert.equal(line(0).sent.at(-1), "ping");
  await time.pass(SILENCE_MAX_MS);
  assert.ok(line(0).closed);
  assert.equal(seen.at(-1), "reconnecting");
});

test("waking skips the wait", () => {
  const { lines, line, link } = setUp();
  line(0).onclose?.({ code: 1006 });
  link.wake();
  assert.equal(lines.length, 2);
});

test("what is no frame begins anew", async () => {
  const { time, line } = setUp();
  line(0).onopen?.();
  line(0).say(hello(5), "<html>");
  await time.pass(RECONNECT_FIRST_MS);
  line(1).onopen?.();
  assert.deepEqual(line(1).resumes(), [null]);
});
