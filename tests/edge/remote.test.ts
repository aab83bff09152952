// The remote tier: off unless switched on; what it says is a passage's own text; whatever goes wrong with it, customers
// are served as if it were not there; what it costs is bounded, also over a restart.
import assert from "node:assert/strict";
import http from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { after, before, describe, test } from "node:test";
import { shown, startModel, type ModelEndpoint, type ModelReply } from "../../simulator/model.ts";
import { Stage, until } from "./support/stage.ts";

/** Nothing in the seed answers it, and some of it is near. */
const unsure = "这个蓝牙连接不上怎么处理";
const token = "chat-token-0123456789";

let model: ModelEndpoint;
before(async () => {
  model = await startModel();
});
after(() => model.close());

/** A deployment with the tier on. */
function opened(remote: object, more: object = {}): Promise<Stage> {
  model.script(() => undefined);
  return Stage.open({
    settings: { remote, ...more },
    worker: { environment: { REMOTE_CHAT_TOKEN: token } },
    simulator: { deliveryTimeoutMs: 5_000, redeliveryPauseMs: 1_000 },
  });
}

const chat = (more: object = {}): object => ({ chat: { address: model.url, model: "scripted" }, wait_s: 3, pause_s: 1, tokens_per_day: 1_000_000, ...more });

interface Asked {
  customer: string;
  heard: string[];
  evidence: any;
}

/** A new customer asks, and has an answer. */
async function ask(stage: Stage, question = unsure): Promise<Asked> {
  const customer = await stage.customer();
  await stage.control("POST", `customers/${customer}/text`, { text: question });
  const heard = await until(`an answer to ${question}`, async () => {
    const texts = await stage.heard(customer);
    return texts.length > 0 ? texts : undefined;
  });
  const { messages } = (await stage.conversation("chen", customer)).body;
  return { customer, heard, evidence: messages.map((message: any) => message.answer?.evidence ?? message.evidence).find(Boolean) };
}

const status = async (stage: Stage): Promise<any> => (await stage.operator("GET", "remote")).body;

/** What is said when the tier is of no help. */
const fallback = /还没学会|您是想问/;

describe("the remote tier, switched off", () => {
  test("asks nobody and keeps nothing", async () => {
    const stage = await Stage.open();
    try {
      const calls = model.calls.length;
      const { heard, evidence } = await ask(stage);
      assert.equal(heard.length, 1);
      assert.equal(evidence, undefined);
      assert.equal(model.calls.length, calls, "no request left");
      assert.deepEqual(await status(stage), { on: false });
    } finally {
      await stage.close();
    }
  });
});

describe("the remote tier, choosing", () => {
  let stage: Stage;
  before(async () => {
    stage = await opened(chat());
  });
  after(() => stage?.close());

  test("the passage that it names is sent as it stands, with where it comes from", async () => {
    let told: any;
    model.script((call) => {
      told = shown(call);
      return { content: '{"passage": 2}' };
    });
    const { heard, evidence } = await ask(stage);
    assert.deepEqual(heard, [told.passages[1].answer]);
    assert.equal(told.question, unsure);
    assert.equal(told.passages.length > 1 && told.passages.length <= 5, true);
    assert.equal(evidence.source, "remote");
    assert.deepEqual([evidence.remote.model, evidence.remote.mode, evidence.remote.passages], ["scripted", "choose", [evidence.entry]]);
    assert.equal(evidence.remote.tokens > 0 && evidence.remote.ms >= 0, true, JSON.stringify(evidence));
  });

  test("it hears the words and the passages, and nothing of who asks", async () => {
    model.script(() => undefined);
    const { customer } = await ask(stage);
    const { headers, body } = model.calls.at(-1)!;
    assert.equal(headers.authorization, `Bearer ${token}`);
    assert.doesNotMatch(JSON.stringify(body), new RegExp(customer));
    assert.doesNotMatch(JSON.stringify(headers), new RegExp(customer));
    assert.deepEqual(Object.keys(shown(model.calls.at(-1)!)).sort(), ["passages", "question"]);
    assert.doesNotMatch(stage.worker.logged(), new RegExp(token));
  });

  test("what it does not know is decided as if it were not there", async () => {
    model.script(() => ({ content: '{"passage": null}' }));
    const { heard, evidence } = await ask(stage);
    assert.match(heard[0]!, fallback);
    assert.equal(evidence, undefined);
    assert.equal((await status(stage)).today.codes["remote.none"], 1);
  });

  const failures: [string, ModelReply, string][] = [
    ["a passage that was not given", { content: '{"passage": 77}' }, "remote.ungrounded_cites"],
    ["words in place of a choice", { content: "整机保修一百年！" }, "remote.nonsense"],
    ["JSON that is none", { raw: '{"choices":[{"message":{"content":"{' }, "remote.shape"],
    ["an answer without end", { raw: " ".repeat(3_000_000) }, "remote.too_large"],
    ["a connection that is closed", { cut: true }, "remote.no_answer"],
    ["429", { status: 429, raw: "{}" }, "remote.rate_limited"],
    ["500", { status: 500, raw: "{}" }, "remote.server_error"],
    ["401", { status: 401, raw: "{}" }, "remote.refused"],
    ["a redirect", { status: 302, raw: "", headers: { location: "http://127.0.0.1:9/v1" } }, "remote.status"],
    ["an answer that comes too late", { delayMs: 6_000, content: '{"passage": 1}' }, "remote.timeout"],
  ];
  for (const [name, reply, code] of failures)
    test(`${name}: the customer is served as if there were no such tier`, async () => {
      // One that works, so that the breaker does not open meanwhile.
      model.script(() => ({ content: '{"passage": 1}' }));
      await ask(stage);
      const before = (await status(stage)).today.codes[code] ?? 0;
      model.script(() => reply);
      const { heard, evidence } = await ask(stage);
      assert.equal(heard.length, 1);
      assert.match(heard[0]!, fallback);
      assert.equal(evidence, undefined);
      assert.equal((await status(stage)).today.codes[code], before + 1);
    });

  test("figures that cannot be true count as what was reserved", async () => {
    for (const usage of [undefined, null, { prompt_tokens: 0, completion_tokens: 0 }, { prompt_tokens: 1e12 }, { prompt_tokens: -5 }, "free"]) {
      const before = (await status(stage)).today.tokens;
      model.script(() => ({ content: '{"passage": 1}', usage }));
      await ask(stage);
      const cost = (await status(stage)).today.tokens - before;
      assert.equal(cost > 500 && cost < 4_000, true, `${JSON.stringify(usage)} counted as ${cost}`);
    }
    const before = (await status(stage)).today.tokens;
    model.script(() => ({ content: '{"passage": 1}', usage: { prompt_tokens: 41, completion_tokens: 1 } }));
    const { evidence } = await ask(stage);
    assert.equal((await status(stage)).today.tokens - before, 42);
    assert.equal(evidence.remote.tokens, 42);
  });

  test("after five failures it is left alone, and one question finds out whether it works again", async () => {
    model.script(() => ({ status: 503, raw: "{}" }));
    for (let times = 0; times < 5; times += 1) await ask(stage);
    assert.equal((await status(stage)).chat.state !== "closed", true);
    const calls = model.calls.length;
    const { heard } = await ask(stage);
    assert.match(heard[0]!, fallback);
    const shielded = model.calls.length === calls;
    await sleep(1_500);
    model.script(() => ({ content: '{"passage": 1}' }));
    const mended = await ask(stage);
    assert.equal(mended.evidence.source, "remote");
    const after = await status(stage);
    assert.deepEqual([after.chat.state, after.chat.failures], ["closed", 0]);
    // On a slow machine the pause of a second may have been over before the question came.
    if (shielded) assert.equal(after.today.codes["remote.breaker_open"] >= 1, true);
  });
});

describe("the remote tier, composing", () => {
  let stage: Stage;
  before(async () => {
    stage = await opened(chat({ mode: "compose" }));
  });
  after(() => stage?.close());

  test("an answer made of the passages is sent, and says which they are", async () => {
    let said = "";
    model.script((call) => {
      const clauses = shown(call).passages.slice(0, 2).map((passage) => passage.answer.split("。")[0]);
      said = `${clauses.join("。")}。`;
      return { content: JSON.stringify({ text: said, cites: [1, 2] }) };
    });
    const { heard, evidence } = await ask(stage);
    assert.deepEqual(heard, [said]);
    assert.deepEqual([evidence.remote.mode, evidence.remote.passages.length], ["compose", 2]);
  });

  test("an answer with a lie in it is not", async () => {
    for (const lie of ["，终身免费", "，拨打 400-000-0000", "，见 https://evil.example/x", "，赠送100元"]) {
      model.script((call) => ({ content: JSON.stringify({ text: shown(call).passages[0]!.answer + lie, cites: [1] }) }));
      const { heard, evidence } = await ask(stage);
      assert.match(heard[0]!, fallback);
      assert.equal(evidence, undefined);
    }
  });
});

describe("the remote tier, by vectors", () => {
  let stage: Stage;
  before(async () => {
    stage = await opened(chat({ embeddings: { address: model.url, model: "ngrams", threshold: 0.4, margin: 0.1 } }));
  });
  after(() => stage?.close());

  test("a passage that is near enough and alone answers without a chat", async () => {
    const calls = model.calls.length;
    const { heard, evidence } = await ask(stage, "您好我想咨询一下你们家这边发什么快递呀谢谢");
    const paths = model.calls.slice(calls).map((call) => call.path);
    if (evidence?.source !== "remote") return assert.fail(`asked ${paths}: ${heard}`);
    assert.deepEqual(paths, ["/v1/embeddings"]);
    assert.equal(evidence.entry, "ship-carrier");
    assert.equal(evidence.score >= 0.4 && evidence.threshold === 0.4 && evidence.remote.mode === "embeddings", true, JSON.stringify(evidence));
    assert.equal(model.calls.at(-1)!.headers.authorization, undefined, "the chat's token is not shown to others");
  });

  test("what is not near enough goes on to the chat", async () => {
    const calls = model.calls.length;
    model.script((call) => (call.path.endsWith("completions") ? { content: '{"passage": 1}' } : undefined));
    const { evidence } = await ask(stage);
    assert.deepEqual(model.calls.slice(calls).map((call) => call.path), ["/v1/embeddings", "/v1/chat/completions"]);
    assert.equal(evidence.remote.mode, "choose");
  });

  test("vectors that are none are passed over", async () => {
    model.script((call) => (call.path.endsWith("completions") ? { content: '{"passage": 1}' } : { raw: '{"data":[{"index":0,"embedding":[]}]}' }));
    const { evidence } = await ask(stage);
    assert.equal(evidence.remote.mode, "choose");
  });
});

describe("a responder and the remote tier", () => {
  test("the responder is asked first, and the models what it does not answer", async () => {
    const known = "手册里写着";
    const responder = http.createServer(async (request, response) => {
      let body = "";
      for await (const chunk of request) body += String(chunk);
      response.writeHead(200, { "content-type": "application/json" });
      response.end(JSON.stringify({ answer: body.includes("手册") ? known : null }));
    });
    await new Promise<void>((resolve) => responder.listen(0, "127.0.0.1", resolve));
    const address = `http://127.0.0.1:${(responder.address() as AddressInfo).port}`;
    const stage = await opened(chat(), { responder: { address, wait_s: 5 } });
    try {
      const calls = model.calls.length;
      model.script(() => ({ content: '{"passage": 1}' }));
      assert.deepEqual((await ask(stage, `${unsure}，手册呢`)).heard, [known]);
      assert.equal(model.calls.length, calls, "what the responder knows is put to nobody else");
      assert.equal((await ask(stage)).evidence.source, "remote");
      model.script(() => ({ content: '{"passage": null}' }));
      assert.match((await ask(stage)).heard[0]!, fallback);
    } finally {
      await stage.close();
      responder.closeAllConnections();
      responder.close();
    }
  });
});

describe("the remote tier's budget", () => {
  test("is spent once a day, also over a restart; then customers are served without it", async () => {
    const stage = await opened(chat({ tokens_per_day: 3_000 }));
    try {
      model.script(() => ({ content: '{"passage": 1}', usage: { prompt_tokens: 500, completion_tokens: 10 } }));
      assert.equal((await ask(stage)).evidence.source, "remote");
      assert.equal((await status(stage)).today.tokens, 510);
      await stage.killAndStartAgain();
      assert.equal((await status(stage)).today.tokens, 510, "kept");
      let calls = 0;
      let last: Asked;
      do {
        calls = model.calls.length;
        last = await ask(stage);
      } while (last.evidence !== undefined && calls < 1_000);
      const { heard, evidence } = last;
      assert.equal(model.calls.length, calls, "nothing leaves when it is spent");
      assert.match(heard[0]!, fallback);
      assert.equal(evidence, undefined);
      const { today } = await status(stage);
      assert.equal(today.tokens > 510 && today.tokens <= 3_000, true, String(today.tokens));
      assert.equal(today.codes["remote.budget_tokens"], 1);
    } finally {
      await stage.close();
    }
  });

  test("counts money by the prices", async () => {
    const stage = await opened(chat({ money_per_day: 0.05, prices: { chat_input: 10, chat_output: 20 } }));
    try {
      model.script(() => ({ content: '{"passage": 1}', usage: { prompt_tokens: 1_000, completion_tokens: 100 } }));
      await ask(stage);
      assert.equal((await status(stage)).today.money, 0.012);
      while ((await ask(stage)).evidence !== undefined) assert.equal((await status(stage)).today.money <= 0.05, true);
      assert.equal((await status(stage)).today.codes["remote.budget_money"], 1);
    } finally {
      await stage.close();
    }
  });
});
