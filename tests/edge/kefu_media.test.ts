// Files both ways in WeCom's customer service: fetched and kept, and given to WeCom once.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { SAMPLE_PICTURE } from "../../simulator/samples.ts";
import { Kefu, kefuChannel, sendMsg } from "./support/kefu.ts";
import { expectStatus, Stage, until } from "./support/stage.ts";

const upload = "/cgi-bin/media/upload";

let stage: Stage;
let kf: Kefu;
before(async () => {
  stage = await Stage.open({ channels: [kefuChannel("kf")], cap: 20 });
  kf = new Kefu(stage);
  await stage.socket("lin");
});
after(() => stage?.close());

async function ticketed(): Promise<{ customer: string; ticket: any }> {
  const customer = await kf.customer();
  await kf.act(customer, "text", { text: "转人工" });
  return { customer, ticket: await stage.ticket("lin", customer) };
}

describe("WeCom customer service, files", () => {
  for (const kind of ["image", "voice", "video", "file"])
    test(`a customer's ${kind} is fetched, kept and shown to the assigned agent`, async () => {
      const { customer } = await ticketed();
      await kf.act(customer, kind);
      const media = await until("the file", async () => {
        const { messages } = (await stage.conversation("lin", customer, "kf")).body;
        const found = messages?.findLast((one: any) => one.content.kind === kind)?.media;
        return found && found.state !== "fetching" ? found : undefined;
      });
      assert.equal(media.state, "kept");
      const answer = await fetch(`${stage.worker.url}/api/media/${media.key}`, { headers: { authorization: `Bearer ${await stage.token("lin")}` } });
      assert.deepEqual([answer.status, (await answer.arrayBuffer()).byteLength], [200, media.bytes]);
    });

  test("an agent's picture is given to WeCom once and reaches the phone each time", async () => {
    const { customer, ticket } = await ticketed();
    const headers = { authorization: `Bearer ${await stage.token("lin")}`, "content-type": "image/png", "x-file-name": "a.png" };
    const kept = await until("the lease", async () => {
      const body = new Uint8Array(SAMPLE_PICTURE);
      const answer = await fetch(`${stage.worker.url}/api/conversations/kf/${customer}/media`, { method: "POST", headers, body });
      return answer.status === 409 ? undefined : ((await answer.json()) as any);
    });
    const before = (await kf.calls(upload)).length;
    for (const client_id of ["a", "b"]) {
      const body = { client_id, ticket: ticket.id, epoch: ticket.epoch, media: { key: kept.key, name: "a.png" } };
      const answer = await stage.as("lin", "POST", `conversations/kf/${customer}/replies`, body);
      expectStatus(202, answer);
      assert.equal((await stage.settled("lin", customer, answer.body.seq, "kf")).status, "delivered");
    }
    const pictures = (await stage.phone(customer)).filter((item) => item.from === "account" && item.kind === "image");
    assert.deepEqual([(await kf.calls(upload)).length - before, pictures.length], [1, 2]);
    assert.equal((await kf.calls(sendMsg, customer)).every((call) => call.errcode === 0), true);
  });
});
