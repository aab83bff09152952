// Moods in the worker: read from words, kept with ticket and message, labelled by who serves, learned from, forgotten.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { expectStatus, Stage, until } from "./support/stage.ts";

let stage: Stage;
before(async () => {
  stage = await Stage.open();
});
after(() => stage?.close());

async function moods(): Promise<any> {
  const answer = await stage.as("chen", "GET", "insight/moods?limit=5000");
  expectStatus(200, answer);
  return answer.body;
}

/** The ticket of this customer, once the floor has it. */
const ticketOf = (customer: string): Promise<any> =>
  until(`a ticket of ${customer}`, async () => {
    const answer = await stage.as("chen", "GET", "tickets");
    return answer.body.tickets.find((one: any) => one.customer === customer && one.state !== "resolved");
  });

async function messageOf(customer: string, text: string): Promise<any> {
  const answer = await stage.as("chen", "GET", `conversations/main/${customer}?after=0&limit=50`);
  expectStatus(200, answer);
  return answer.body.messages.find((one: any) => one.content.text === text);
}

const label = (customer: string, body: object): Promise<any> => stage.as("chen", "POST", `conversations/main/${customer}/mood`, body);

describe("moods", () => {
  test("who is angry goes to people at once, with the words that say so and a head start", async () => {
    const customer = await stage.customer();
    await stage.says(customer, "你们太过分了，忍无可忍");
    const ticket = await ticketOf(customer);
    assert.equal(ticket.mood.anger >= 0.5, true);
    assert.equal(ticket.mood.words.some((one: any) => one.word === "忍无可忍"), true);
    assert.equal(ticket.head_start_ms, 10 * 60_000);
    const message = await messageOf(customer, "你们太过分了，忍无可忍");
    assert.deepEqual(message.mood.anger, ticket.mood.anger);
    await stage.says(customer, "插头冒烟了");
    await until("the ticket presses", async () => {
      const raised = await ticketOf(customer);
      return (raised.urgency === "high" && raised.head_start_ms === 40 * 60_000) || undefined;
    });
  });

  test("one call says otherwise; it is listed without its writer, learned from, and forgotten with them", async () => {
    const customer = await stage.customer();
    await stage.says(customer, "气死我了，电话13800138000");
    await stage.says(customer, "转人工");
    await ticketOf(customer);
    const { seq } = await messageOf(customer, "气死我了，电话13800138000");
    const said = await label(customer, { seq, anger: false });
    expectStatus(200, said);
    assert.deepEqual(said.body, { seq, labels: { anger: false } });
    expectStatus(200, await label(customer, { seq, urgency: true }));
    const mine = (await moods()).labels.find((one: any) => one.text === "气死我了，电话###########");
    assert.deepEqual([mine.labels, mine.said.length, mine.said[0].by], [{ anger: false, urgency: true }, 2, "chen"]);
    assert.equal(JSON.stringify(mine).includes(customer), false);
    const trained = await stage.asOperator("POST", "insight/moods/training", {});
    expectStatus(200, trained);
    const { anger } = trained.body.in_use.aspects;
    assert.deepEqual([anger.no >= 1, anger.used, anger.learned], [true, false, null], "too few to learn from");
    const again = await stage.asOperator("POST", "insight/moods/training", {});
    assert.equal(again.body.in_use.digest, trained.body.in_use.digest, "the same labels give the same heads");
    await stage.control("POST", `customers/${customer}/unfollow`, { wait: true });
    await until("forgotten", async () => !(await moods()).labels.some((one: any) => one.id === mine.id) || undefined);
    assert.equal((await label(customer, { seq, anger: true })).body.code, "mood.no_words");
  });

  test("labels are for who may see the conversation, lists for supervisors", async () => {
    const customer = await stage.customer();
    await stage.says(customer, "忍无可忍");
    await stage.says(customer, "转人工");
    await ticketOf(customer);
    const { seq } = await messageOf(customer, "忍无可忍");
    const empty = await label(customer, { seq });
    assert.deepEqual([empty.status, empty.body.code], [400, "mood.empty"]);
    const none = await label(customer, { seq: 999, anger: true });
    assert.deepEqual([none.status, none.body.code], [404, "mood.no_words"]);
    assert.equal((await stage.as("lin", "GET", "insight/moods")).status, 403);
    assert.equal((await stage.as("lin", "POST", "insight/moods/training", {})).status, 403);
  });
});
