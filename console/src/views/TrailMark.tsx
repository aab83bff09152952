// The trail of one message: each step, and the time between them.
import { Button, Modal } from "antd";
import { useState } from "react";
import { trailOf, type Step } from "../conversation/trail.ts";
import type { Message } from "../wire.ts";
import { clockTime, entry, errcodeWords, lapseWords } from "../words/phrases.ts";
import { useWords } from "./context.ts";

/** Nothing when there is no step to show. */
export function TrailMark({ message }: { message: Message }) {
  const words = useWords();
  const [open, setOpen] = useState(false);
  const steps = trailOf(message);
  if (steps.length === 0) return null;
  return (
    <>
      <Button type="link" size="small" className="trail-open" onClick={() => setOpen(true)} data-testid="trail-open">{words.trail.open}</Button>
      <Modal open={open} onCancel={() => setOpen(false)} title={words.trail.title} footer={null} width={440} centered destroyOnHidden>
        <Trail message={message} steps={steps} />
      </Modal>
    </>
  );
}

function Trail({ message, steps }: { message: Message; steps: readonly Step[] }) {
  const words = useWords();
  const carrier = message.carrier === undefined ? null : entry(words.trail.carrier, message.carrier);
  return (
    <div className="trail" data-testid="trail">
      <ol>
        {steps.map((step, place) => (
          <li key={place} className={`trail-${step.kind}`} data-step={step.kind}>
            <span className="trail-name">{words.trail[step.kind]}</span>
            <time>{clockTime(step.at_ms)}</time>
            <span className="trail-lapse">{step.since_ms === null ? "" : words.trail.after(lapseWords(words, step.since_ms))}</span>
            {step.errcode !== undefined && <span className="trail-why">{errcodeWords(words, step.errcode)}</span>}
          </li>
        ))}
      </ol>
      {carrier !== null && <p>{carrier}</p>}
      {message.joined_to !== undefined && <p>{words.trail.joined}</p>}
    </div>
  );
}
