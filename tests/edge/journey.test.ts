// The main journey over HTTP: a question answered at the edge, another one by a person.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { expectStatus, Stage, until } from "./support/stage.ts";

let stage: Stage;
before(async () => void (stage = await Stage.open()));
after(() => stage.close());

test("an FAQ is answered in the callback's own response", async () => {
  const customer = await stage.customer();
  await stage.says(customer, "你们的保修期多久");
  const [heard] = (await stage.phone(customer)).filter((item) => item.from === "account");
  assert.equal(heard.via, "passive");
  assert.match(heard.text, /保修/);
});

test("an unknown question, then 转人工: a ticket, a person's answer on the phone, resolved", async () => {
  const customer = await stage.customer();
  const console = await stage.socket("lin");
  await console.frame("hello", (frame) => frame.type === "hello");
  await stage.says(customer, "你们老板喜欢什么颜色的袜子呀");
  await stage.says(customer, "转人工");
  const frame = await console.frame("the ticket in a frame", (one) =>
    one.type === "frame" && one.changes.some((change: any) => change.ticket?.customer === customer));
  assert.equal(frame.prev < frame.seq, true);
  const ticket = await stage.ticket("lin", customer);
  assert.match(ticket.question, /袜子/);
  const answer = await stage.replyOnceLeased("lin", customer, ticket, "您好，我是小林。");
  expectStatus(202, answer);
  assert.equal((await stage.settled("lin", customer, answer.body.seq)).status, "delivered");
  assert.equal((await stage.heard(customer)).at(-1), "您好，我是小林。");
  const seen = (await stage.conversation("lin", customer)).body;
  const lease = { client_id: "r1", ticket: ticket.id, epoch: ticket.epoch };
  expectStatus(200, await stage.as("lin", "POST", `conversations/main/${customer}/resolution`, { ...lease, last_seen_seq: seen.last_seq }));
  await until("resolved on the floor", async () => {
    const { body } = await stage.as("lin", "GET", "tickets");
    return body.tickets.some((one: any) => one.id === ticket.id && one.state === "resolved") || undefined;
  });
  assert.equal((await stage.conversation("lin", customer)).body.state, "bot");
  console.socket.close();
});

test("a ticket is as urgent as its question and goes to the skill group of its question", async () => {
  const customer = await stage.customer();
  const { socket } = await stage.socket("zhao");
  await stage.says(customer, "电热水壶漏电了，我要投诉！");
  await stage.says(customer, "转人工");
  const ticket = await stage.ticket("zhao", customer);
  assert.deepEqual([ticket.urgency, ticket.skill_group, ticket.agent], ["high", "after_sales", "zhao"]);
  socket.close();
});
