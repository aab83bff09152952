// The floor's sockets: frames fold to the snapshot, gaps are mended, caps hold, hibernation loses nobody.
import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { after, before, test } from "node:test";
import { Console, expectStatus, Stage, until } from "./support/stage.ts";

/** workerd hibernates an object whose sockets have been silent for 10 s. */
const hibernationMs = 13_000;
const cap = 3;

let stage: Stage;
before(async () => void (stage = await Stage.open({ cap })));
after(() => stage?.close());

interface View {
  seq: number;
  tickets: Map<string, any>;
  agents: Map<string, any>;
}

/** What a console makes of its frames (docs/PROTOCOL.md, section 4). */
function fold(frames: any[]): View | undefined {
  let view: View | undefined;
  const byId = (list: any[]): Map<string, any> => new Map(list.map((one) => [one.id, one]));
  for (const frame of frames.filter((one) => one.type)) {
    if (frame.type === "hello") {
      view = { seq: frame.seq, tickets: byId(frame.snapshot.tickets), agents: byId(frame.snapshot.agents) };
      continue;
    }
    assert.equal(frame.prev, view?.seq, "a gap");
    view!.seq = frame.seq;
    for (const change of frame.changes) {
      if (change.kind === "ticket") view!.tickets.set(change.ticket.id, change.ticket);
      else if (change.kind === "ticket_gone") view!.tickets.delete(change.id);
      else view!.agents.set(change.agent.id, change.agent);
    }
  }
  return view;
}

const sorted = (view: Map<string, any>): any[] => [...view.values()].sort((a, b) => (a.id < b.id ? -1 : 1));

/** Frames come a moment after the snapshot knows: waits until both are at the same number, then compares all. */
async function expectFold(login: string, console: Console): Promise<void> {
  await until(`${login}'s frames up to date`, async () => {
    const { body } = await stage.as(login, "GET", "tickets");
    const view = fold(console.frames);
    const theirs = { tickets: sorted(view!.tickets), agents: sorted(view!.agents) };
    try {
      assert.deepEqual(theirs, { tickets: body.tickets, agents: body.agents });
      return true;
    } catch (difference) {
      if (view!.seq >= body.seq) throw difference;
      return undefined;
    }
  });
}

async function open(login: string, seq: number | null = null): Promise<Console> {
  const console = await stage.socket(login);
  if (seq !== null) console.socket.send(JSON.stringify({ type: "resume", seq }));
  await console.frame("hello", (frame) => frame.type === "hello");
  return console;
}

const ticketOf = async (customer: string): Promise<any> =>
  until("a ticket", async () => (await stage.as("chen", "GET", "tickets")).body.tickets.find((one: any) => one.customer === customer));

test("tickets up to the cap, the rest wait; frames fold to the snapshot for everyone who looks", async () => {
  const lin = await open("lin");
  const chen = await stage.as("chen", "GET", "tickets");
  assert.deepEqual(chen.body.tickets, []);
  const watching = await open("zhao");
  const customers = await Promise.all(Array.from({ length: cap + 2 }, () => stage.customer()));
  await Promise.all(customers.map((customer) => stage.says(customer, "转人工")));
  const tickets = await until("all tickets", async () => {
    const { body } = await stage.as("chen", "GET", "tickets");
    return body.tickets.length === customers.length ? body.tickets : undefined;
  });
  const of = (state: string): any[] => tickets.filter((one: any) => one.state === state);
  assert.deepEqual([of("assigned").length, of("waiting").length], [cap, 2]);
  assert.equal(of("assigned").every((one) => one.agent === "lin" && one.epoch === 1), true);
  await expectFold("lin", lin);
  await expectFold("zhao", watching);
  assert.equal(fold(watching.frames)!.tickets.size, 0, "sales is not zhao's");

  // Resolving one makes room for the one that has waited longest.
  const [first] = of("assigned");
  const lease = { client_id: "r1", ticket: first.id, epoch: 1, last_seen_seq: first.last_seq };
  await until("the lease", async () => {
    const answer = await stage.as("lin", "POST", `conversations/main/${first.customer}/resolution`, lease);
    return answer.status === 200 || undefined;
  });
  await until("one that waited is assigned", async () => {
    const { body } = await stage.as("chen", "GET", "tickets");
    const count = (state: string): number => body.tickets.filter((one: any) => one.state === state).length;
    return (count("resolved") === 1 && count("assigned") === cap && count("waiting") === 1) || undefined;
  });
  await expectFold("lin", lin);
  lin.socket.close();
  watching.socket.close();
});

test("a second console of the same person sees the same, and closing it sends nobody home", async () => {
  const [one, two] = [await open("lin"), await open("lin")];
  two.socket.close();
  await until("closed", async () => two.closed);
  const customer = await stage.customer();
  await stage.says(customer, "转人工");
  await ticketOf(customer);
  await expectFold("lin", one);
  const { body } = await stage.as("chen", "GET", "tickets");
  assert.equal(body.agents.find((agent: any) => agent.id === "lin").online, true);
  assert.equal(one.closed, undefined);
  one.socket.close();
  await until("offline", async () => {
    const { body } = await stage.as("chen", "GET", "tickets");
    return !body.agents.find((agent: any) => agent.id === "lin").online || undefined;
  });
});

test("a gap is mended by the number last seen; a number that was never issued gives a hello", async () => {
  const watcher = await open("chen");
  const seen = fold(watcher.frames)!.seq;
  const had = [...watcher.frames];
  watcher.socket.close();
  const customer = await stage.customer();
  await stage.says(customer, "转人工");
  await ticketOf(customer);

  const again = await stage.socket("chen");
  await again.frame("hello", (frame) => frame.type === "hello");
  again.socket.send(JSON.stringify({ type: "resume", seq: seen }));
  const mended = await again.frame("the missing part", (frame) => frame.type === "frame" && frame.prev === seen);
  const view = fold([...had, mended]);
  const fresh = fold(again.frames.filter((frame) => frame !== mended && frame.type === "hello"))!;
  assert.deepEqual(sorted(view!.tickets), sorted(fresh.tickets));
  assert.deepEqual(sorted(view!.agents), sorted(fresh.agents));

  const before = again.frames.length;
  again.socket.send(JSON.stringify({ type: "resume", seq: 999_999 }));
  await until("a hello", async () => again.frames.slice(before).find((frame) => frame.type === "hello"));
  again.socket.close();
});

test("words that are no request change nothing; the socket lives", async () => {
  const socket = await open("chen");
  for (const words of ["", "{", '{"type":"other"}', '{"type":"resume"}', "x".repeat(10_000)]) socket.socket.send(words);
  const before = socket.frames.length;
  socket.socket.send(JSON.stringify({ type: "resume", seq: null }));
  await until("a hello", async () => socket.frames.slice(before).find((frame) => frame.type === "hello"));
  assert.equal(socket.closed, undefined);
  socket.socket.close();
});

test("after hibernation a console still gets frames that follow on what it had, and after a restart it starts again", async () => {
  const [chen, zhao] = [await open("chen"), await open("zhao")];
  await sleep(hibernationMs);
  const customer = await stage.customer();
  await stage.says(customer, "转人工");
  await until("the ticket in a frame", async () =>
    chen.frames.find((frame) => frame.type === "frame" && frame.changes.some((change: any) => change.ticket?.customer === customer)));
  await expectFold("chen", chen);
  await expectFold("zhao", zhao);

  await stage.killAndStartAgain();
  await until("closed", async () => chen.closed !== undefined && zhao.closed !== undefined ? true : undefined);
  const { body } = await stage.as("chen", "GET", "tickets");
  assert.deepEqual(body.agents.filter((agent: any) => agent.online), []);
  const again = await open("chen");
  await expectFold("chen", again);
  expectStatus(200, await stage.as("chen", "GET", "session"));
  again.socket.close();
});
