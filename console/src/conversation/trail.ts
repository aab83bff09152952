// The steps that one message has gone through, with the time between them. Pure.
import type { Message } from "../wire.ts";

export type StepKind = "received" | "verified" | "decided" | "offered" | "queued" | "sent" | "accepted" | "refused" | "unanswered";

/** `since_ms`: since the step before; null at the first. */
export type Step = { kind: StepKind; at_ms: number; since_ms: number | null; errcode?: number };

/** Oldest first. An answer that left as a message of its own has a trail of its own. */
export function trailOf(message: Message): Step[] {
  const steps = message.author === "customer" ? receiptSteps(message) : sendSteps(message);
  return steps.map((step, place) => {
    const before = steps[place - 1];
    return { ...step, since_ms: before === undefined ? null : Math.max(0, step.at_ms - before.at_ms) };
  });
}

type Moment = Omit<Step, "since_ms">;

function receiptSteps({ receipt }: Message): Moment[] {
  if (receipt === undefined) return [];
  const { received_at_ms, verified_at_ms, decided_at_ms, offered_at_ms } = receipt;
  const steps: Moment[] = [
    { kind: "received", at_ms: received_at_ms },
    { kind: "verified", at_ms: verified_at_ms },
  ];
  if (decided_at_ms !== undefined) steps.push({ kind: "decided", at_ms: decided_at_ms });
  if (offered_at_ms !== undefined) steps.push({ kind: "offered", at_ms: offered_at_ms });
  return steps;
}

function sendSteps({ at_ms, tries = [] }: Message): Moment[] {
  const steps: Moment[] = [{ kind: "queued", at_ms }];
  for (const { began_at_ms, ended_at_ms, errcode } of tries) {
    steps.push({ kind: "sent", at_ms: began_at_ms });
    if (errcode === undefined) steps.push({ kind: "unanswered", at_ms: ended_at_ms });
    else if (errcode === 0) steps.push({ kind: "accepted", at_ms: ended_at_ms });
    else steps.push({ kind: "refused", at_ms: ended_at_ms, errcode });
  }
  return steps;
}
