// The API client: what it sends, and how it tells a refusal from no answer.
import assert from "node:assert/strict";
import { test } from "node:test";
import { ApiError, createApi } from "../../console/src/api.ts";
import { key } from "./support/samples.ts";

function setUp(answer: () => Response | Promise<Response>) {
  const sent: { path: string; init: RequestInit }[] = [];
  let ended = 0;
  const fetcher = async (path: unknown, init: unknown) => {
    sent.push({ path: String(path), init: init as RequestInit });
    return await answer();
  };
  return { api: createApi(fetcher as typeof fetch, () => void (ended += 1)), sent, ended: () => ended };
}

const refuse = (status: number, body: unknown) => () => new Response(JSON.stringify(body), { status });

test("everything that changes state is JSON, also a sign-out without a body", async () => {
  const { api, sent } = setUp(() => new Response(null, { status: 204 }));
  await api.signOut();
  assert.deepEqual(sent.map(({ path, init }) => [init.method, path, init.headers]), [["DELETE", "/api/session", { "content-type": "application/json" }]]);
});

test("a conversation's parts are safe in its path", async () => {
  const { api, sent } = setUp(() => Response.json({}));
  await api.conversation({ channel: "main", customer: "o/../a?b" }, 3, 50);
  assert.equal(sent[0]?.path, "/api/conversations/main/o%2F..%2Fa%3Fb?after=3&limit=50");
});

test("a refusal keeps its status, code and fields", async () => {
  const { api } = setUp(refuse(409, { code: "resolution.new_messages", message: "", request_id: "r", last_seq: 9 }));
  const body = { client_id: "c", ticket: "t1", epoch: 1, last_seen_seq: 7 };
  await assert.rejects(api.resolve(key, body), (error: ApiError) => error.status === 409 && error.code === "resolution.new_messages" && error.number("last_seq") === 9);
});

test("what is no answer of the worker is named as such", async () => {
  const none = (error: ApiError) => error.status === 0 && error.code === "network.no_answer";
  await assert.rejects(setUp(() => Promise.reject(new TypeError("failed"))).api.session(), none);
  await assert.rejects(setUp(() => new Response("<html>captive portal", { status: 200 })).api.session(), none);
  await assert.rejects(setUp(() => new Response("<html>", { status: 502 })).api.session(), (error: ApiError) => error.code === "http.502");
});

test("a 401 ends the session, a wrong password does not", async () => {
  const over = setUp(refuse(401, { code: "session.required" }));
  await assert.rejects(over.api.conversation(key, 0, 1));
  assert.equal(over.ended(), 1);
  const wrong = setUp(refuse(401, { code: "session.wrong_password" }));
  await assert.rejects(wrong.api.signIn("lin", "x"));
  assert.equal(wrong.ended(), 0);
});
