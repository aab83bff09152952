// Files both ways: what customers send is kept and shown to the entitled, what agents send is given to WeChat once.
import assert from "node:assert/strict";
import http from "node:http";
import { readdirSync } from "node:fs";
import type { AddressInfo } from "node:net";
import path from "node:path";
import { after, before, beforeEach, test } from "node:test";
import { SAMPLE_PICTURE, SAMPLE_VIDEO, SAMPLE_VOICE } from "../../simulator/samples.ts";
import { type Console, customSend, expectStatus, Stage, testChannel, until } from "./support/stage.ts";

const mediaGet = "/cgi-bin/media/get";
const mediaUpload = "/cgi-bin/media/upload";

let stage: Stage;
let console: Console;
/** A place that must never be asked for anything. */
let foreign: http.Server;
let foreignUrl: string;
const asked: string[] = [];

before(async () => {
  foreign = http.createServer((request, response) => {
    asked.push(request.url!);
    response.end(SAMPLE_PICTURE);
  });
  await new Promise<void>((resolve) => foreign.listen(0, "127.0.0.1", resolve));
  foreignUrl = `http://127.0.0.1:${(foreign.address() as AddressInfo).port}`;
  const plain = testChannel("plain", { mode: "plaintext" });
  const program = testChannel("program", { kind: "mini_program" });
  // One shard: customers in it must not wait for one another's files.
  const settings = { addressing: { mode: "sharded" as const, shards: 1 } };
  stage = await Stage.open({ cap: 100, settings, channels: [testChannel("main"), plain, program] });
  console = await stage.socket("lin");
});
after(async () => {
  console?.socket.close();
  foreign?.close();
  await stage?.close();
});
beforeEach(() => stage.control("DELETE", "faults"));

/** The API with headers and bytes of our own. */
async function raw(login: string | null, method: string, route: string, headers: Record<string, string> = {}, body?: Buffer): Promise<Response> {
  const authorization: Record<string, string> = login === null ? {} : { authorization: `Bearer ${await stage.token(login)}` };
  return fetch(`${stage.worker.url}/api/${route}`, { method, headers: { ...authorization, ...headers }, ...(body ? { body: new Uint8Array(body) } : {}) });
}

const file = (login: string | null, key: string, headers?: Record<string, string>): Promise<Response> => raw(login, "GET", `media/${key}`, headers);

/** What became of the file in the customer's newest message, once it is no longer being fetched. */
function media(login: string, customer: string, channel = "main"): Promise<any> {
  return until(`the file of ${customer}`, async () => {
    const { body } = await stage.conversation(login, customer, channel);
    const message = body.messages?.findLast((one: any) => one.author === "customer");
    return message?.media && message.media.state !== "fetching" ? message.media : undefined;
  });
}

/** A customer with a person sends a file of this kind. */
async function sent(kind: string, more: object = {}): Promise<{ customer: string; ticket: any; found: any }> {
  const { customer, ticket } = await stage.ticketed("lin");
  await stage.control("POST", `customers/${customer}/${kind}`, { wait: true, ...more });
  return { customer, ticket, found: await media("lin", customer) };
}

function keep(login: string, customer: string, content: Buffer, name = "a", channel = "main"): Promise<Response> {
  const headers = { "content-type": "application/octet-stream", "x-file-name": encodeURIComponent(name) };
  return raw(login, "POST", `conversations/${channel}/${customer}/media`, headers, content);
}

/** An agent keeps a file, as soon as the conversation has heard of the lease. */
async function kept(customer: string, content: Buffer, name: string): Promise<any> {
  const response = await until("the lease", async () => {
    const answer = await keep("lin", customer, content, name);
    return answer.status === 409 ? undefined : answer;
  });
  assert.equal(response.status, 201);
  return response.json();
}

/** Sends a file that is kept, and waits for the end of it. */
async function send(customer: string, ticket: any, file: object): Promise<any> {
  const answer = await stage.reply("lin", customer, ticket, undefined as never, { media: file });
  expectStatus(202, answer);
  return stage.settled("lin", customer, answer.body.seq);
}

const filesKept = (): string[] => readdirSync(path.join(stage.worker.stateDir, "r2"));
const calls = async (at: string): Promise<any[]> => (await stage.control("GET", `calls?path=${at}`)).calls;
const shown = async (customer: string): Promise<any[]> => (await stage.phone(customer)).filter((item) => item.via === "custom_send");
const apiRefuses = (): Promise<void> => stage.fault({ path: mediaGet, errcode: 40007, times: 100 });

const kinds: [kind: string, more: object, content: Buffer, type: string, way: string][] = [
  ["image", {}, SAMPLE_PICTURE, "image/png", "inline"],
  ["voice", { recognition: "我要退货" }, SAMPLE_VOICE, "audio/amr", "attachment"],
  ["video", {}, SAMPLE_VIDEO, "video/mp4", "inline"],
];
for (const [kind, more, content, type, way] of kinds)
  test(`a customer's ${kind} is kept and shown to the assigned agent, and to nobody else`, async () => {
    const { customer, found } = await sent(kind, more);
    assert.deepEqual([found.state, found.content_type, found.bytes], ["kept", type, content.length]);
    const shownTo = await file("lin", found.key);
    assert.equal(shownTo.status, 200);
    assert.deepEqual(Buffer.from(await shownTo.arrayBuffer()), content);
    const headers = ["content-type", "x-content-type-options", "content-security-policy", "cache-control"].map((name) => shownTo.headers.get(name));
    assert.deepEqual(headers, [type, "nosniff", "default-src 'none'; sandbox", "private, no-store"]);
    assert.match(shownTo.headers.get("content-disposition")!, new RegExp(`^${way};`));
    assert.equal((await file("lin", encodeURIComponent(found.key))).status, 200);
    assert.equal((await file("chen", found.key)).status, 200, "a supervisor reads all");
    assert.equal((await file(null, found.key)).status, 401);
    // Whoever guesses does not learn whether they have guessed right.
    const nothing = `${found.key.slice(0, 16)}/${"0".repeat(32)}`;
    const answers = await Promise.all([found.key, nothing, "none"].map(async (key) => {
      const answer = await file("zhao", key);
      const { code, message } = (await answer.json()) as any;
      return [answer.status, code, message];
    }));
    assert.deepEqual(answers, Array(3).fill([404, "media.unknown", "There is no such file."]));
    const { body } = await stage.conversation("lin", customer);
    if (kind === "voice") assert.equal(body.messages.at(-1).content.recognition, "我要退货");
  });

test("a part of a film is served as a player asks for it", async () => {
  const { found } = await sent("video");
  const part = await file("lin", found.key, { range: "bytes=4-11" });
  assert.deepEqual([part.status, part.headers.get("content-range")], [206, `bytes 4-11/${SAMPLE_VIDEO.length}`]);
  assert.equal(await part.text(), "ftypisom");
  assert.equal((await file("lin", found.key, { range: "bytes=9999-" })).status, 416);
});

for (const [what, content] of [["HTML", "<html><script>alert(1)</script></html>"], ["SVG", '<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>']] as const)
  test(`${what} that is called a picture is kept and never shown in a page`, async () => {
    const { found } = await sent("image", { data_base64: Buffer.from(content).toString("base64"), content_type: "image/png" });
    assert.deepEqual([found.state, found.content_type], ["kept", "text/plain; charset=utf-8"]);
    const answer = await file("lin", found.key);
    assert.match(answer.headers.get("content-disposition")!, /^attachment;/);
    assert.equal(await answer.text(), content);
  });

test("a token that ran out is fetched anew, and the file comes", async () => {
  const { customer } = await stage.ticketed("lin");
  await stage.control("POST", "faults", { token: { account: "main", expire: true } });
  await stage.control("POST", `customers/${customer}/voice`, { wait: true });
  assert.equal((await media("lin", customer)).state, "kept");
});

test("a passing refusal is asked again; a file without an address that WeChat has no more is said to be gone", async () => {
  await stage.fault({ path: mediaGet, errcode: -1 });
  assert.equal((await sent("voice")).found.state, "kept");
  await apiRefuses();
  assert.deepEqual((await sent("voice")).found, { state: "lost", reason: "gone" });
});

test("a picture whose MediaId is refused is fetched from its address at WeChat", async () => {
  await apiRefuses();
  assert.deepEqual((await sent("image")).found.content_type, "image/png");
});

test("an address elsewhere, a redirect, what never ends and what is no picture are refused", async () => {
  await apiRefuses();
  const before = filesKept().length;
  const lost = async (pictures: object | null, reason: string, more: object = {}): Promise<void> => {
    await stage.control("POST", "faults", { pictures });
    assert.deepEqual((await sent("image", more)).found, { state: "lost", reason }, JSON.stringify(pictures));
  };
  await lost(null, "address", { pic_url: `${foreignUrl}/picture.png` });
  await lost(null, "address", { pic_url: "http://169.254.169.254/latest/meta-data" });
  await lost({ how: "redirect", to: `${foreignUrl}/redirected` }, "address");
  await lost({ how: "huge", bytes: 30_000_000 }, "too_large");
  await lost({ how: "lie", content_type: "image/png", body_base64: Buffer.from("<html>").toString("base64") }, "gave_up");
  await lost({ how: "gone" }, "gone");
  assert.deepEqual(asked, [], "nobody else was asked");
  assert.equal(filesKept().length, before, "nothing was kept");
});

test("a picture that does not come holds up nobody, is left, and comes when asked again", async () => {
  await apiRefuses();
  await stage.control("POST", "faults", { pictures: { how: "slow", every_ms: 200 } });
  const { customer } = await stage.ticketed("lin");
  const before = (await calls(mediaGet)).length;
  await stage.control("POST", `customers/${customer}/image`, { wait: true });
  await until("the refusal", async () => (await calls(mediaGet)).length > before || undefined);
  const other = await stage.customer();
  assert.equal((await stage.says(other, "你们的保修期多久")).outcome, "reply");
  const { body } = await stage.conversation("lin", customer);
  assert.deepEqual(body.messages.at(-1).media, { state: "fetching" });
  await stage.control("POST", "faults", { pictures: null });
  assert.equal((await media("lin", customer)).state, "kept");
});

test("on a channel in plaintext no address in a message is fetched, only what WeChat itself gives", async () => {
  const picture = async (): Promise<any> => {
    const customer = await stage.customer("plain");
    await stage.control("POST", `customers/${customer}/image`, { wait: true });
    return media("chen", customer, "plain");
  };
  assert.equal((await picture()).state, "kept");
  await apiRefuses();
  assert.deepEqual(await picture(), { state: "lost", reason: "gone" });
});

test("an agent's picture is given to WeChat once for two sends, and once more when WeChat has forgotten it", async () => {
  const { customer, ticket } = await stage.ticketed("lin");
  const picture = await kept(customer, SAMPLE_PICTURE, "水壶.png");
  assert.deepEqual([picture.kind, picture.content_type, picture.bytes, picture.name], ["image", "image/png", SAMPLE_PICTURE.length, "水壶.png"]);
  const before = (await calls(mediaUpload)).length;
  const uploads = async (): Promise<number> => (await calls(mediaUpload)).length - before;
  const media = { key: picture.key, name: picture.name };
  const first = await send(customer, ticket, media);
  assert.deepEqual([first.status, first.content], ["delivered", { kind: "media", media: "image", key: picture.key, name: "水壶.png" }]);
  assert.equal((await send(customer, ticket, media)).status, "delivered");
  assert.deepEqual([await uploads(), (await shown(customer)).map((item) => item.kind)], [1, ["image", "image"]]);
  await stage.fault({ path: customSend, errcode: 40007 });
  assert.equal((await send(customer, ticket, media)).status, "delivered");
  assert.deepEqual([await uploads(), (await shown(customer)).length], [2, 3]);
  assert.equal((await send(customer, ticket, media)).status, "delivered");
  assert.deepEqual([await uploads(), (await shown(customer)).length], [2, 4]);
});

test("an agent's voice and film arrive, after a passing failure and a token that ran out too", async () => {
  const { customer, ticket } = await stage.ticketed("lin");
  const voice = await kept(customer, SAMPLE_VOICE, "a.amr");
  const video = await kept(customer, SAMPLE_VIDEO, "b.mp4");
  await stage.fault({ path: mediaUpload, errcode: -1 });
  assert.equal((await send(customer, ticket, { key: voice.key, name: voice.name })).status, "delivered");
  await stage.control("POST", "faults", { token: { account: "main", expire: true } });
  assert.equal((await send(customer, ticket, { key: video.key, name: video.name })).status, "delivered");
  assert.deepEqual((await shown(customer)).map((item) => item.kind), ["voice", "video"]);
});

test("a file that WeChat will not take is said to have failed, and sent to nobody", async () => {
  const { customer, ticket } = await stage.ticketed("lin");
  const picture = await kept(customer, SAMPLE_PICTURE, "a.png");
  await stage.fault({ path: mediaUpload, errcode: 40005 });
  const message = await send(customer, ticket, { key: picture.key, name: picture.name });
  assert.deepEqual([message.status, message.reason], ["failed", "content"]);
  assert.deepEqual(await shown(customer), []);
});

test("a file of a wrong type, too large, or too long is refused with a code of its own, and not kept", async () => {
  const { customer } = await stage.ticketed("lin");
  await kept(customer, SAMPLE_PICTURE, "a.png");
  const before = filesKept().length;
  const webp = Buffer.from("RIFF\x24\0\0\0WEBPVP8 ", "latin1");
  const long = Buffer.concat([SAMPLE_VOICE, ...Array(61).fill(SAMPLE_VOICE.subarray(6))]);
  const refusals: [Buffer, number, string][] = [
    [Buffer.from("%PDF-1.7\n"), 422, "media.kind"],
    [webp, 422, "media.type"],
    [Buffer.concat([Buffer.from("ID3\x03"), Buffer.alloc(2 * 1024 * 1024)]), 422, "media.size"],
    [Buffer.concat([SAMPLE_PICTURE, Buffer.alloc(10 * 1024 * 1024)]), 422, "media.size"],
    [long, 422, "media.long"],
  ];
  for (const [content, status, code] of refusals) {
    const answer = await keep("lin", customer, content);
    assert.deepEqual([answer.status, ((await answer.json()) as any).code], [status, code]);
  }
  const form = await raw("lin", "POST", `conversations/main/${customer}/media`, { "content-type": "multipart/form-data; boundary=x" }, SAMPLE_PICTURE);
  assert.deepEqual([form.status, ((await form.json()) as any).code], [400, "http.content_type"]);
  assert.equal(await announced(customer, 20 * 1024 * 1024 + 1), 413);
  assert.equal(filesKept().length, before);
});

/** The answer to a file of so many bytes, which are announced and not sent. */
async function announced(customer: string, bytes: number): Promise<number> {
  const headers = { authorization: `Bearer ${await stage.token("lin")}`, "content-type": "image/png", "content-length": bytes };
  return new Promise((resolve, reject) => {
    const request = http.request(`${stage.worker.url}/api/conversations/main/${customer}/media`, { method: "POST", headers }, (answer) => {
      resolve(answer.statusCode!);
      request.destroy();
    });
    request.on("error", reject);
    request.flushHeaders();
  });
}

test("only the assigned agent may keep a file, and a reply may only name one of its own conversation", async () => {
  const { customer, ticket } = await stage.ticketed("lin");
  const picture = await kept(customer, SAMPLE_PICTURE, "a.png");
  for (const login of ["zhao", "chen"]) {
    const answer = await keep(login, customer, SAMPLE_PICTURE);
    assert.deepEqual([answer.status, ((await answer.json()) as any).code], [409, "reply.not_assigned"]);
  }
  assert.equal((await raw(null, "POST", `conversations/main/${customer}/media`, { "content-type": "image/png" }, SAMPLE_PICTURE)).status, 401);
  const other = await stage.ticketed("lin");
  await kept(other.customer, SAMPLE_PICTURE, "b.png");
  const replied = async (whose: { customer: string; ticket: any }, more: object): Promise<unknown[]> => {
    const { status, body } = await stage.reply("lin", whose.customer, whose.ticket, undefined as never, more);
    return [status, body.code];
  };
  const media = { key: picture.key, name: "a.png" };
  assert.deepEqual(await replied(other, { media }), [400, "reply.media"]);
  assert.deepEqual(await replied({ customer, ticket }, { media: { ...media, kind: "voice" } }), [400, "reply.media"]);
  assert.deepEqual(await replied({ customer, ticket }, { media, text: "看图" }), [400, "reply.either"]);
  assert.deepEqual(await replied({ customer, ticket }, {}), [400, "reply.either"]);
});

test("a mini program's customer is sent pictures, and nothing that it cannot show", async () => {
  const customer = await stage.customer("program");
  await stage.says(customer, "转人工");
  const ticket = await stage.ticket("lin", customer);
  const answer = await until("the lease", async () => {
    const answer = await keep("lin", customer, SAMPLE_PICTURE, "a.png", "program");
    return answer.status === 409 ? undefined : answer;
  });
  const picture = (await answer.json()) as any;
  const voice = await keep("lin", customer, SAMPLE_VOICE, "a.amr", "program");
  assert.deepEqual([voice.status, ((await voice.json()) as any).code], [422, "media.kind"]);
  const body = { client_id: "p", ticket: ticket.id, epoch: ticket.epoch, media: { key: picture.key, name: "a.png" } };
  expectStatus(202, await stage.as("lin", "POST", `conversations/program/${customer}/replies`, body));
  await until("the picture", async () => (await shown(customer)).some((item) => item.kind === "image") || undefined);
});

test("who unfollows leaves no file behind, and others keep theirs", async () => {
  const stays = await sent("image");
  const leaves = await sent("image");
  await kept(leaves.customer, SAMPLE_PICTURE, "b.png");
  const of = (key: string): string[] => filesKept().filter((name) => name.startsWith(key.slice(0, 16)));
  assert.equal(of(leaves.found.key).length, 2);
  await stage.control("POST", `customers/${leaves.customer}/unfollow`, { wait: true });
  await until("an empty folder", async () => of(leaves.found.key).length === 0 || undefined);
  assert.equal((await file("chen", leaves.found.key)).status, 404);
  assert.equal(of(stays.found.key).length, 1);
});

test("files outlive a loss of power", async () => {
  const { customer, ticket, found } = await sent("image");
  const picture = await kept(customer, SAMPLE_PICTURE, "a.png");
  await stage.killAndStartAgain();
  assert.deepEqual(Buffer.from(await (await file("lin", found.key)).arrayBuffer()), SAMPLE_PICTURE);
  const answer = await until("the message", async () => {
    const answer = await stage.reply("lin", customer, ticket, undefined as never, { media: { key: picture.key, name: "a.png" } });
    return answer.status === 202 ? answer : undefined;
  });
  assert.equal((await stage.settled("lin", customer, answer.body.seq)).status, "delivered");
});

test("a file that WeChat forgot after three days is said to be gone", async () => {
  const customer = await stage.customer();
  await stage.fault({ path: mediaGet, hang: "before_accept" });
  await stage.control("POST", `customers/${customer}/image`, { wait: true });
  await stage.held(mediaGet);
  await stage.control("POST", "clock", { advance_ms: 4 * 86_400_000 });
  await stage.control("POST", "release", {});
  assert.deepEqual(await media("chen", customer), { state: "lost", reason: "gone" });
});
