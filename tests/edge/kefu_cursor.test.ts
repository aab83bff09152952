// The cursor of WeCom customer service: what is lost, doubled or cut off on the way changes nothing of what people see.
import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";
import { after, before, test } from "node:test";
import { Kefu, kefuChannel, syncMsg } from "./support/kefu.ts";
import { Stage, until } from "./support/stage.ts";

let stage: Stage;
let kf: Kefu;
before(async () => {
  stage = await Stage.open({ channels: [kefuChannel("kf")] });
  kf = new Kefu(stage);
});
after(() => stage?.close());

const question = "你们的保修期多久";

/** Runs this on the pump's storage while nobody else has it open. */
function onPump<T>(act: (db: DatabaseSync) => T): T {
  const folder = path.join(stage.worker.stateDir, "objects", "shunda-KefuObject");
  const files = readdirSync(folder).filter((file) => file.endsWith(".sqlite") && file !== "metadata.sqlite");
  assert.equal(files.length, 1);
  const db = new DatabaseSync(path.join(folder, files[0]!));
  try {
    return act(db);
  } finally {
    db.close();
  }
}

const cursor = (): string | null => onPump((db) => JSON.parse((db.prepare("SELECT state FROM pump").get() as any).state).cursor);

async function customers(count: number): Promise<string[]> {
  return Promise.all(Array.from({ length: count }, () => kf.customer()));
}

/** Everyone has exactly one answer, on the phone and in the record. */
async function answeredOnce(everyone: string[]): Promise<void> {
  for (const customer of everyone) {
    await kf.shows("chen", customer, "an answer", (view) => view.messages.at(-1)?.status === "delivered");
    const view = await kf.conversation("chen", customer);
    assert.deepEqual([view.messages.map((one: any) => one.author), (await stage.heard(customer)).length], [["customer", "bot"], 1]);
  }
}

test("merged, dropped and duplicated callbacks: every message is answered once", async () => {
  const everyone = await customers(9);
  const [merged, dropped, doubled] = [everyone.slice(0, 3), everyone.slice(3, 6), everyone.slice(6)];
  await kf.set({ merge: 3 });
  await Promise.all(merged.map((customer) => kf.act(customer, "text", { text: question, wait: false })));
  await answeredOnce(merged);
  await kf.set({ merge: 1, lose: 3 });
  for (const customer of dropped) assert.equal((await kf.act(customer, "text", { text: question })).outcome, "lost");
  await stage.control("POST", "faults", { delivery: { duplicate: 3 } });
  for (const customer of doubled) await kf.act(customer, "text", { text: question });
  await stage.control("POST", "faults", { delivery: { duplicate: 0 } });
  await answeredOnce(everyone);
});

test("pages that are short or empty are followed to the end", async () => {
  await kf.set({ page_max: 2, empty_pages: 2, lose: 6 });
  const everyone = await customers(7);
  for (const customer of everyone) await kf.act(customer, "text", { text: question });
  await answeredOnce(everyone);
  await kf.set({ page_max: 1000 });
});

test("kill -9 in the middle of a page: the rest is pulled again, and nothing is answered twice", async () => {
  const everyone = await customers(40);
  await kf.set({ lose: 39 });
  for (const customer of everyone) await kf.act(customer, "text", { text: question, wait: false });
  await until("the first answer", async () => {
    const heard = await Promise.all(everyone.map((customer) => stage.heard(customer)));
    return heard.some((lines) => lines.length > 0) || undefined;
  });
  await stage.killAndStartAgain();
  await kf.ring();
  await answeredOnce(everyone);
});

test("a lost cursor replays three days without one duplicate visible", async () => {
  const everyone = await customers(12);
  for (const customer of everyone) await kf.act(customer, "text", { text: question, wait: false });
  await answeredOnce(everyone);
  const replay = async (): Promise<void> => {
    const before = (await kf.calls(syncMsg)).length;
    await kf.ring();
    await until("the replay", async () => (await kf.calls(syncMsg)).length > before || undefined);
    const last = await kf.customer();
    await kf.act(last, "text", { text: question });
    await answeredOnce([last]);
    await answeredOnce(everyone);
  };
  await kf.set({ replay: 1 });
  await replay();
  await stage.worker.stop();
  assert.ok(cursor());
  assert.equal(onPump((db) => db.prepare("DELETE FROM pump").run().changes), 1);
  await stage.startAgain();
  await replay();
  await stage.worker.stop();
  assert.ok(cursor());
  await stage.startAgain();
});

test("a message that comes ten minutes late is for people, without words of the bot", async () => {
  const customer = await kf.customer();
  const send_time = Math.floor((await stage.control("POST", "clock", { advance_ms: 0 })).now_ms / 1000) - 900;
  await kf.act(customer, "text", { text: question, send_time });
  const view = await kf.shows("chen", customer, "the record", (one) => one.messages.length > 0);
  assert.deepEqual([view.messages.map((one: any) => [one.author, one.carrier]), view.ticket !== null], [[["customer", "ticket"]], true]);
  assert.deepEqual(await stage.heard(customer), []);
});

test("a pull's token that has expired is left out, and a refused rate waits", async () => {
  await stage.fault({ path: syncMsg, errcode: 95007 });
  const customer = await kf.customer();
  await kf.act(customer, "text", { text: question });
  await answeredOnce([customer]);
  assert.ok((await kf.calls(syncMsg)).some((call) => call.errcode === 95007));
});
