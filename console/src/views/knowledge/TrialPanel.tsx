// Makes an experiment: another answer to an entry, for a share of the customers.
import { Button, Input, InputNumber } from "antd";
import { useState } from "react";
import type { KnowledgeApi } from "../../knowledge/api.ts";
import { experimentId, withExperiment } from "../../knowledge/form.ts";
import type { Entry } from "../../knowledge/wire.ts";
import { useWords } from "../context.ts";
import { Section, useDeed } from "./parts.tsx";

const SHARE_PERCENT = 50;

export function TrialPanel({ api, entry }: { api: KnowledgeApi; entry: Entry }) {
  const words = useWords();
  const deed = useDeed();
  const [open, setOpen] = useState(false);
  const [answer, setAnswer] = useState("");
  const [percent, setPercent] = useState(SHARE_PERCENT);

  async function add(): Promise<void> {
    const done = await deed.run(async () => {
      const { row } = await api.frame();
      const made = { id: experimentId(row?.value ?? {}, entry.id), entry: entry.id, arms: [{ id: "b", answer: answer.trim(), share: percent / 100 }] };
      await api.putFrame(withExperiment(row?.value ?? {}, made), row?.revision ?? 0);
      return words.knowledge.trial.added;
    });
    if (done) setOpen(false);
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
        <InputNumber min={1} max={99} value={percent} onChange={(value) => setPercent(value ?? SHARE_PERCENT)} data-testid="trial-share" />
      </label>
      <Button className="knowledge-deed" type="primary" loading={deed.busy} disabled={answer.trim() === "" || answer.trim() === entry.answer} onClick={() => void add()} data-testid="trial-add">{words.knowledge.trial.add}</Button>
    </Section>
  );
}
