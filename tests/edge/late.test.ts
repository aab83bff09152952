// A decision that comes too late for the callback's own response travels as a customer-service message, once.
import assert from "node:assert/strict";
import http from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { after, before, test } from "node:test";
import { Stage, until } from "./support/stage.ts";

/** More than the worker's own limit for a passive answer, 4 s from when it got the callback's head. */
const lateMs = 7_000;

let stage: Stage;
let slow: http.Server;
before(async () => {
  stage = await Stage.open();
  slow = http.createServer((request, response) => void passOnSlowly(request, response));
  await new Promise<void>((resolve) => slow.listen(0, "127.0.0.1", resolve));
  await stage.control("PUT", "callback-base", { url: `http://127.0.0.1:${(slow.address() as AddressInfo).port}` });
});
after(async () => {
  slow?.closeAllConnections();
  slow?.close();
  await stage?.close();
});

/** The head of a callback reaches the worker at once, its last byte late. */
async function passOnSlowly(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const body = Buffer.concat(chunks);
  const { host: _, ...headers } = request.headers;
  const on = http.request(stage.worker.url + request.url, { method: request.method, headers }, (answer) => {
    response.writeHead(answer.statusCode!, answer.headers);
    answer.pipe(response);
  });
  on.on("error", () => response.destroy());
  on.write(body.subarray(0, -1));
  await sleep(lateMs);
  on.end(body.subarray(-1));
}

test("an answer decided too late comes as a message of its own; a redelivery, however quick, repeats nothing", async () => {
  const customer = await stage.customer();
  const { msgid, outcome } = await stage.says(customer, "你们的保修期多久");
  assert.equal(outcome, "ack");
  await until("the answer on the phone", async () => (await stage.heard(customer)).length > 0 || undefined);
  await stage.control("PUT", "callback-base", { url: stage.worker.url });
  assert.equal((await stage.control("POST", "redeliver", { msgid })).outcome, "ack");
  const [answer, ...more] = (await stage.phone(customer)).filter((item) => item.from === "account");
  assert.deepEqual([answer.via, more], ["custom_send", []]);
  assert.match(answer.text, /保修/);
  const { messages } = (await stage.conversation("chen", customer)).body;
  assert.deepEqual(messages.map((one: any) => [one.author, one.carrier ?? one.status]), [["customer", "customer_message"], ["bot", "delivered"]]);
});
