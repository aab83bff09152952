// Each channel may have its own opening hours: who is told to wait, and who is told when people are back.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Stage, testChannel } from "./support/stage.ts";

const days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
const always = { weekly: Object.fromEntries(days.map((day) => [day, [["00:00", "24:00"]]])) };
const never = { weekly: Object.fromEntries(days.map((day) => [day, []])) };

let stage: Stage;
before(async () => {
  stage = await Stage.open({ channels: [testChannel("day", { hours: always }), testChannel("night", { hours: never })] });
});
after(() => stage?.close());

test("opening hours are each channel's own", async () => {
  const told = async (channel: string): Promise<string> => {
    const customer = await stage.customer(channel);
    await stage.says(customer, "转人工");
    return (await stage.heard(customer)).join();
  };
  const [open, closed] = [await told("day"), await told("night")];
  assert.notEqual(open, closed);
  assert.match(closed, /非/, "outside of the hours");
  assert.doesNotMatch(open, /非/);
});
