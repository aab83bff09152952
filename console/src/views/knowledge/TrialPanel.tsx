// Makes an experiment: another answer to an entry, for a share of the customers.
import { Alert, Button, Input, InputNumber } from "antd";
import { useState } from "react";
import type { KnowledgeApi } from "../../knowledge/api.ts";
import { withTrial } from "../../knowledge/form.ts";
import type { Entry } from "../../knowledge/wire.ts";
import { TRIED_SHARE_MAX } from "../../limits.ts";
import { useWords } from "../context.ts";
import { Section, useDeed } from "./parts.tsx";

const SHARE_PERCENT = 50;

export function TrialPanel({ api, entry }: { api: KnowledgeApi; entry: Entry }) {
  const words = useWords();
  const deed = useDeed();
  const [open, setOpen] = useState(false);
  const [answer, setAnswer] = useState("");
  const [percent, setPercent] = useState(SHARE_PERCENT);
  const [full, setFull] = useState(false);

  async function add(): Promise<void> {
    let isFull = false;
    const done = await deed.run(async () => {
      const { row } = await api.frame();
      const frame = withTrial(row?.value ?? {}, entry.id, answer.trim(), percent / 100);
      isFull = frame === null;
      if (frame === null) return null;
      await api.putFrame(frame, row?.revision ?? 0);
      return words.knowledge.trial.added;
    });
    setFull(isFull);
    if (done && !isFull) setOpen(false);
  }

  if (!open) return <Button onClick={() => setOpen(true)} data-testid="trial-open">{words.knowledge.trial.title}</Button>;
  return (
    <Section title={words.knowledge.trial.title} explain={words.knowledge.trial.explain} mark="trial">
      <label className="knowledge-label">
        {words.knowledge.trial.answer}
        <Input.TextArea value={answer} onChange={(event) => setAnswer(event.target.value)} autoSize={{ minRows: 3, maxRows: 14 }} data-testid="trial-answer" />
      </label>
      <label className="knowledge-label">
        {words.knowledge.trial.share}
        <InputNumber min={1} max={TRIED_SHARE_MAX * 100} value={percent} onChange={(value) => setPercent(value ?? SHARE_PERCENT)} data-testid="trial-share" />
      </label>
      {full && <Alert type="warning" title={words.knowledge.trial.full} data-testid="trial-full" />}
      <Button className="knowledge-deed" type="primary" loading={deed.busy} disabled={answer.trim() === "" || answer.trim() === entry.answer} onClick={() => void add()} data-testid="trial-add">{words.knowledge.trial.add}</Button>
    </Section>
  );
}
