// Who may do what: sessions, origins, roles, and a deployment that is not complete.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { WebSocket } from "ws";
import { Console, expectStatus, passwordOf, Stage, until, type Answer } from "./support/stage.ts";

let stage: Stage;
before(async () => void (stage = await Stage.open()));
after(() => stage?.close());

const json = { "content-type": "application/json" };

/** One request as it is: no token, no header of ours. */
async function request(method: string, route: string, headers: Record<string, string> = {}, body?: unknown): Promise<Answer> {
  const text = body === undefined || typeof body === "string" ? body : JSON.stringify(body);
  const response = await fetch(stage.worker.url + route, { method, headers, ...(text === undefined ? {} : { body: text as string }) });
  const answer = await response.text();
  return { status: response.status, body: answer === "" ? undefined : JSON.parse(answer), headers: response.headers };
}

function expectFault(answer: Answer, status: number, code: string): void {
  assert.deepEqual([answer.status, answer.body?.code], [status, code]);
}

/** Signs in as a browser does; returns what it sends from then on. */
async function cookieOf(login: string): Promise<string> {
  const origin = stage.worker.url;
  const answer = await request("POST", "/api/session", { ...json, origin }, { login, password: passwordOf(login) });
  expectStatus(200, answer);
  return answer.headers.get("set-cookie")!.split(";")[0]!;
}

/** How the upgrade of a socket with these headers ends: 101, or the refusal's status. */
function upgrade(headers: Record<string, string>): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(`${stage.worker.url.replace("http", "ws")}/api/floor/socket`, { headers });
    socket.on("open", () => (socket.close(), resolve(101)));
    socket.on("unexpected-response", (_, response) => (socket.terminate(), resolve(response.statusCode!)));
    socket.on("error", reject);
  });
}

test("with a cookie, only our own pages change anything", async () => {
  const cookie = await cookieOf("lin");
  const origin = stage.worker.url;
  const conversation = "/api/conversations/main/nobody";
  const reply = { client_id: "c1", ticket: "t1", epoch: 1, text: "hi" };
  const resolution = { client_id: "c2", ticket: "t1", epoch: 1, last_seen_seq: 0 };
  const strangers: Record<string, string>[] = [{}, { origin: "https://evil.example" }, { origin: "null" }, { origin: `${origin}.evil.example` }];
  for (const stranger of strangers) {
    const headers = { ...json, cookie, ...stranger };
    expectFault(await request("POST", `${conversation}/replies`, headers, reply), 403, "http.origin");
    expectFault(await request("POST", `${conversation}/resolution`, headers, resolution), 403, "http.origin");
    expectFault(await request("DELETE", "/api/session", headers), 403, "http.origin");
    assert.equal(await upgrade({ cookie, ...stranger }), 403);
  }
  expectFault(await request("POST", `${conversation}/replies`, { ...json, cookie, origin }, reply), 409, "reply.not_assigned");
  expectFault(await request("POST", `${conversation}/resolution`, { ...json, cookie, origin }, resolution), 409, "reply.not_assigned");
  assert.equal(await upgrade({ cookie, origin }), 101);
});

test("a foreign page cannot sign anybody in", async () => {
  const body = { login: "lin", password: passwordOf("lin") };
  expectFault(await request("POST", "/api/session", { ...json, origin: "https://evil.example" }, body), 403, "http.origin");
});

test("a bearer token needs no origin; a made-up one is nobody's", async () => {
  const authorization = `Bearer ${await stage.token("lin")}`;
  expectStatus(200, await request("GET", "/api/tickets", { authorization }));
  assert.equal(await upgrade({ authorization }), 101);
  for (const headers of [{}, { authorization: "Bearer x" }, { authorization: "Basic eA==" }, { cookie: "shunda=x" }] as Record<string, string>[]) {
    expectFault(await request("GET", "/api/tickets", headers), 401, "session.required");
    expectFault(await request("GET", "/api/session", headers), 401, "session.required");
    assert.equal(await upgrade(headers), 401);
  }
});

test("the cookie is out of reach for scripts and foreign pages", async () => {
  const body = { login: "lin", password: passwordOf("lin") };
  const answer = await request("POST", "/api/session", { ...json, origin: stage.worker.url }, body);
  assert.match(answer.headers.get("set-cookie")!, /^shunda=[A-Za-z0-9_-]{43}; Path=\/; Max-Age=43[12]\d\d; HttpOnly; SameSite=Strict$/);
  assert.deepEqual(Object.keys(answer.body).sort(), ["expires_at_ms", "staff"]);
  assert.equal(answer.headers.get("cache-control"), "no-store");
});

test("signing out ends the session everywhere and closes its sockets, not those of another session", async () => {
  const origin = stage.worker.url;
  const [cookie, other] = [await cookieOf("zhao"), await cookieOf("zhao")];
  const [mine, others] = await Promise.all([open({ cookie, origin }), open({ cookie: other, origin })]);
  const out = await request("DELETE", "/api/session", { cookie, origin });
  expectStatus(204, out);
  assert.match(out.headers.get("set-cookie")!, /^shunda=; .*Max-Age=0/);
  await until("the socket closed", async () => mine.closed);
  assert.equal(mine.closed, 4001);
  expectFault(await request("GET", "/api/session", { cookie }), 401, "session.required");
  expectStatus(204, await request("DELETE", "/api/session", { cookie, origin }));
  expectStatus(200, await request("GET", "/api/session", { cookie: other }));
  assert.equal(others.closed, undefined);
  others.socket.close();
});

test("a replaced password ends the sessions and closes the sockets", async () => {
  const zhao = { id: "zhao", login: "zhao", name: "赵明", role: "agent", skill_groups: ["after_sales"], cap: 6 };
  const cookie = await cookieOf("zhao");
  const socket = await open({ cookie, origin: stage.worker.url });
  expectStatus(200, await stage.operator("PUT", "staff", { staff: [zhao] }));
  expectStatus(200, await request("GET", "/api/session", { cookie }));
  expectStatus(200, await stage.operator("PUT", "staff", { staff: [{ ...zhao, password: "another-password" }] }));
  await until("the socket closed", async () => socket.closed);
  assert.equal(socket.closed, 4001);
  expectFault(await request("GET", "/api/session", { cookie }), 401, "session.required");
  expectFault(await signIn("zhao", passwordOf("zhao")), 401, "session.wrong_password");
  expectStatus(200, await signIn("zhao", "another-password"));
  expectStatus(200, await stage.operator("PUT", "staff", { staff: [{ ...zhao, password: passwordOf("zhao") }] }));
});

test("ten wrong passwords, and the right one is refused too, for that login only; a restart does not help", async () => {
  const wu = { id: "wu", login: "wu", name: "吴静", role: "agent", skill_groups: ["sales"], cap: 1, password: passwordOf("wu") };
  expectStatus(200, await stage.operator("PUT", "staff", { staff: [wu] }));
  for (let i = 0; i < 10; i += 1) expectFault(await signIn("wu", `wrong-${i}`), 401, "session.wrong_password");
  const refused = await signIn("wu", passwordOf("wu"));
  expectFault(refused, 429, "session.too_many_attempts");
  assert.equal(refused.body.retry_after_ms > 0, true);
  await stage.killAndStartAgain();
  expectFault(await signIn("wu", passwordOf("wu")), 429, "session.too_many_attempts");
  expectStatus(200, await signIn("lin", passwordOf("lin")));
});

test("nobody poses as somebody by the header that the worker uses inside", async () => {
  const viewer = JSON.stringify({ staff: { id: "chen", login: "chen", name: "x", role: "supervisor", skill_groups: [], cap: 1 }, session: "s", expires_at: 9e15 });
  assert.equal(await upgrade({ "x-shunda-viewer": viewer }), 401);
  const socket = await open({ "x-shunda-viewer": viewer, authorization: `Bearer ${await stage.token("lin")}` });
  const hello = await socket.frame("hello", (frame) => frame.type === "hello");
  assert.equal(hello.me.id, "lin");
  socket.socket.close();
});

test("an agent reads what is theirs; a supervisor reads all", async () => {
  await stage.socket("lin");
  const { customer, ticket } = await stage.ticketed("lin");
  expectStatus(200, await stage.conversation("lin", customer));
  expectStatus(200, await stage.conversation("chen", customer));
  expectFault(await stage.conversation("zhao", customer), 403, "conversation.not_entitled");
  expectFault(await stage.reply("zhao", customer, ticket, "hi"), 409, "reply.not_assigned");
  expectFault(await stage.conversation("lin", "nobody"), 403, "conversation.not_entitled");
});

test("a request that is not one is told so", async () => {
  const authorization = `Bearer ${await stage.token("lin")}`;
  const form = { authorization, "content-type": "application/x-www-form-urlencoded" };
  const replies = "/api/conversations/main/o1/replies";
  const reply = { client_id: "c", ticket: "t", epoch: 1, text: "hi" };
  expectFault(await request("POST", replies, form, "text=hi"), 400, "http.content_type");
  expectFault(await request("POST", replies, { authorization, ...json }, "{"), 400, "http.body");
  expectFault(await request("POST", replies, { authorization, ...json }, { ...reply, more: 1 }), 400, "http.body");
  expectFault(await request("POST", replies, { authorization, ...json }, { ...reply, text: " " }), 400, "reply.blank");
  expectFault(await request("POST", replies, { authorization, ...json }, { ...reply, text: "好".repeat(683) }), 400, "reply.too_long");
  expectFault(await request("POST", replies, { authorization, ...json }, { ...reply, text: "x".repeat(65 * 1024) }), 413, "http.too_large");
  expectFault(await request("GET", replies, { authorization }), 405, "http.method");
  expectFault(await request("POST", "/api/tickets", { authorization, ...json }, {}), 405, "http.method");
  expectFault(await request("GET", "/api/nothing"), 404, "http.not_found");
  expectFault(await request("GET", "/api/floor/socket", { authorization }), 400, "http.upgrade");
  expectFault(await request("GET", "/api/conversations/other/o1", { authorization }), 404, "conversation.unknown_channel");
});

test("the operator's addresses take the operator's token only", async () => {
  const lin = `Bearer ${await stage.token("lin")}`;
  for (const authorization of ["", "Bearer wrong", lin]) {
    expectFault(await request("PUT", "/api/operator/staff", { ...json, authorization }, { staff: [] }), 401, "operator.token");
    expectFault(await request("PUT", "/api/operator/knowledge", { ...json, authorization }, {}), 401, "operator.token");
    expectFault(await request("GET", "/api/operator/refusals?channel=main", { authorization }), 401, "operator.token");
  }
});

test("another addressing than the state was created with is refused; the old one is served again", async () => {
  await stage.worker.kill();
  const settings = { ...stage.settings, addressing: { mode: "sharded", shards: 5 } };
  await stage.startAgain({ settings });
  expectFault(await request("GET", "/api/health"), 503, "config.addressing_changed");
  const customer = await stage.customer();
  const { status, body } = await stage.control("POST", "raw-callback", { account: "main", openid: customer });
  assert.deepEqual([status, JSON.parse(body).code], [503, "config.addressing_changed"]);
  await stage.worker.kill();
  await stage.startAgain({ settings: stage.settings });
  expectStatus(200, await request("GET", "/api/health"));
});

test("without its secrets a deployment refuses everything and names each", async () => {
  await stage.worker.kill();
  const names = Object.keys(stage.worker.secrets);
  await stage.startAgain({ environment: Object.fromEntries(names.map((name) => [name, undefined])) });
  const answer = await request("GET", "/api/health");
  expectFault(answer, 503, "config.invalid");
  for (const name of names) assert.equal(answer.body.faults.some((fault: string) => fault.includes(name)), true, name);
  for (const secret of Object.values(stage.worker.secrets)) assert.equal(JSON.stringify(answer.body).includes(secret), false);
  await stage.worker.kill();
  await stage.startAgain({ environment: {} });
  expectStatus(200, await request("GET", "/api/health"));
});

const signIn = (login: string, password: string): Promise<Answer> =>
  request("POST", "/api/session", json, { login, password, bearer: true });

const open = (headers: Record<string, string>): Promise<Console> =>
  Console.open(new WebSocket(`${stage.worker.url.replace("http", "ws")}/api/floor/socket`, { headers }));
