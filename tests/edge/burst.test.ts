// A thousand replies over 250 conversations while the token ends: fetched anew once, nothing lost or doubled, order kept.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { customSend, expectStatus, stableToken, Stage, testChannel, until } from "./support/stage.ts";

const conversations = 250;
const lines = ["一", "二", "三", "四"];

let stage: Stage;
before(async () => void (stage = await Stage.open({ channels: [testChannel("main", { kept_back: 0 })], cap: conversations })));
after(() => stage?.close());

/** All of them, so many at a time. */
async function each<T, R>(items: T[], atOnce: number, act: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let at = next++; at < items.length; at = next++) results[at] = await act(items[at]!);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
  return results;
}

test("token expiry mid-burst: 1,000 sends over 250 conversations, four each, one new token, order per customer", async (t) => {
  const console = await stage.socket("lin");
  const customers = await each(Array.from({ length: conversations }), 10, async () => {
    const customer = await stage.customer();
    await stage.says(customer, "转人工");
    return customer;
  });
  const tickets = await until("every ticket assigned", async () => {
    const { body } = await stage.as("lin", "GET", "tickets");
    const mine = new Map<string, any>(body.tickets.filter((one: any) => one.agent === "lin").map((one: any) => [one.customer, one]));
    return customers.every((customer) => mine.has(customer)) ? mine : undefined;
  });
  // The first token was fetched to learn who the customers are; it lives for half of the burst.
  await until("the first token", async () => (await stage.control("GET", `calls?path=${stableToken}`)).calls.length > 0 || undefined);
  const before = (await stage.control("GET", `calls?path=${stableToken}`)).calls.length;
  await stage.control("POST", "faults", { token: { account: "main", expire: true, after_calls: (conversations * lines.length) / 2 } });
  await each(customers, 25, async (customer) => {
    for (const line of lines) expectStatus(202, await stage.replyOnceLeased("lin", customer, tickets.get(customer), line));
  });
  await until("everything on the phones", async () => {
    const heard = await each(customers, 10, async (customer) => (await stage.heard(customer)).length);
    return heard.every((count) => count === lines.length + 1) || undefined;
  });
  for (const customer of customers) {
    const items = (await stage.phone(customer)).filter((item) => item.via === "custom_send");
    assert.deepEqual(items.map((item) => item.text), lines, customer);
  }
  const fetches = (await stage.control("GET", `calls?path=${stableToken}`)).calls.length - before;
  const sends = (await stage.control("GET", `calls?path=${customSend}`)).calls;
  const stale = sends.filter((call: any) => call.errcode === 42001).length;
  t.diagnostic(`${sends.length} sends, ${stale} with the token that had ended, ${fetches} tokens fetched`);
  assert.equal(sends.length - stale, conversations * lines.length, "every line was sent once");
  assert.equal(stale > 0, true, "the token ended in the middle");
  assert.equal(fetches, 1, "one, when the first had ended");
  console.socket.close();
});
