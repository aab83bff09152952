// A mini program's customer service: XML and JSON, 64-bit ids, where the customer came from, and its own reply rules.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { expectStatus, Stage, testChannel, until } from "./support/stage.ts";

const formats = ["xml", "json"] as const;
const channels = formats.map((format) => testChannel(`mini${format}`, { kind: "mini_program" }));

let stage: Stage;
before(async () => {
  stage = await Stage.open({ channels, account: (channel) => ({ format: channel.id.replace("mini", "") }), cap: 20 });
  await stage.socket("lin");
});
after(() => stage?.close());

const heard = (openid: string, count: number): Promise<string[]> =>
  until(`${count} messages`, async () => {
    const texts = await stage.heard(openid);
    return texts.length >= count ? texts : undefined;
  });

describe("mini program customer service", () => {
  for (const format of formats) {
    const channel = `mini${format}`;

    test(`${format}: the callback is only acknowledged, the answer comes as a customer-service message`, async () => {
      const openid = await stage.customer(channel);
      const { outcome } = await stage.says(openid, "你们的保修期多久");
      assert.equal(outcome, "ack");
      assert.match((await heard(openid, 1)).join(), /保修/);
      const [item] = (await stage.phone(openid)).filter((one) => one.from === "account");
      assert.equal(item.via, "custom_send");
    });

    test(`${format}: ids beyond 2^53 are told apart, a redelivery is not`, async () => {
      const openid = await stage.customer(channel);
      const ids = ["9223372036854775806", "9223372036854775807"];
      for (const msgid of ids) await stage.says(openid, "你们的保修期多久", { msgid, create_time: Math.floor(Date.now() / 1_000) });
      await heard(openid, 2);
      await stage.control("POST", "redeliver", { msgid: ids[0], openid, times: 2 });
      const { messages } = (await stage.conversation("chen", openid, channel)).body;
      assert.equal(messages.filter((one: any) => one.author === "customer").length, 2);
      assert.equal((await stage.heard(openid)).length, 2);
    });

    test(`${format}: session-from is kept as the customer's source, and they are greeted`, async () => {
      const openid = await stage.customer(channel);
      await stage.control("POST", `customers/${openid}/enter`, { session_from: "商品详情页", wait: true });
      await heard(openid, 1);
      const { origins, quota } = (await stage.conversation("chen", openid, channel)).body;
      assert.deepEqual(origins.map(({ by, scene }: any) => [by, scene]), [["enter", "商品详情页"]]);
      assert.deepEqual([quota.left, quota.of], [1, 2]);
    });

    test(`${format}: a ticket, an agent's answer, resolved`, async () => {
      const openid = await stage.customer(channel);
      await stage.says(openid, "转人工");
      const ticket = await stage.ticket("lin", openid);
      const client_id = crypto.randomUUID();
      const answer = await until("the lease", async () => {
        const body = { client_id, ticket: ticket.id, epoch: ticket.epoch, text: "您好，我是小林" };
        const got = await stage.as("lin", "POST", `conversations/${channel}/${openid}/replies`, body);
        return got.body.code === "reply.lease_pending" ? undefined : got;
      });
      expectStatus(202, answer);
      assert.equal((await heard(openid, 2)).at(-1), "您好，我是小林");
    });
  }
});
