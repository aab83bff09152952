// The floor's fold: after every step it must equal the snapshot of the view; the fixtures are shared with Rust.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { emptyFloor, receive, snapshotOf } from "../../console/src/floor/state.ts";
import type { Incoming, Snapshot } from "../../console/src/wire.ts";

type Fixture = { about: string; steps: { receive: Incoming; gap: boolean; snapshot: Snapshot }[] };

const folder = new URL("../fixtures/frames/", import.meta.url);
const names = readdirSync(folder).filter((name) => name.endsWith(".json"));

test("there are fixtures", () => assert.ok(names.length >= 3));

for (const name of names) {
  const fixture: Fixture = JSON.parse(readFileSync(new URL(name, folder), "utf8"));
  test(`${name}: ${fixture.about}`, () => {
    let state = emptyFloor;
    for (const [place, step] of fixture.steps.entries()) {
      const received = receive(state, step.receive);
      assert.equal(received.gap, step.gap, `gap at step ${place}`);
      assert.deepEqual(snapshotOf(received.state), step.snapshot, `snapshot at step ${place}`);
      state = received.state;
    }
  });
}

test("a fold never changes the state it started from", () => {
  const fixture: Fixture = JSON.parse(readFileSync(new URL("agent_day.json", folder), "utf8"));
  const first = fixture.steps[0];
  const second = fixture.steps[1];
  assert.ok(first && second);
  const before = receive(emptyFloor, first.receive).state;
  receive(before, second.receive);
  assert.deepEqual(snapshotOf(before), first.snapshot);
});

test("a change of an unknown kind is passed over", () => {
  const hello: Incoming = { type: "hello", seq: 1, me: { id: "lin", login: "lin", name: "", role: "agent", skill_groups: [], cap: 1 }, snapshot: { tickets: [], agents: [] } };
  const odd = { type: "frame", seq: 2, prev: 1, changes: [{ kind: "weather" }] } as unknown as Incoming;
  const { state, gap } = receive(receive(emptyFloor, hello).state, odd);
  assert.deepEqual([state.seq, gap], [2, false]);
});
