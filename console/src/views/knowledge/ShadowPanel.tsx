// A shadow run: a candidate answers live questions out of sight; how many would be answered differently, and which.
import { Alert, Button, InputNumber, Tag } from "antd";
import { useCallback, useState } from "react";
import type { KnowledgeApi } from "../../knowledge/api.ts";
import { candidateWords, byWords } from "../../knowledge/texts.ts";
import type { Candidate, Review, Shadow } from "../../knowledge/wire.ts";
import { momentWords } from "../../words/phrases.ts";
import { useWords } from "../context.ts";
import { CandidateSelect, Counts, DifferenceList } from "./DifferencesPanel.tsx";
import { TrainButton } from "./TrainingPanel.tsx";
import { ConfirmButton, Section, Shown, useDeed, useLoaded } from "./parts.tsx";

export function ShadowPanel({ api, reviews }: { api: KnowledgeApi; reviews: readonly Review[] }) {
  const words = useWords();
  const deed = useDeed();
  const loaded = useLoaded(useCallback(() => api.shadow(), [api]));
  const candidates: Candidate[] = [...reviews.map(({ id }) => ({ review: id })), "draft"];
  const [picked, setPicked] = useState<Candidate | null>(null);
  const candidate = picked ?? candidates[0] ?? "draft";
  const [percent, setPercent] = useState(100);

  async function act(what: () => Promise<Shadow>): Promise<void> {
    await deed.run(async () => {
      await what();
      return null;
    });
    await loaded.again();
  }

  return (
    <Section
      title={words.knowledge.shadow.title}
      explain={words.knowledge.shadow.explain}
      extra={<Button size="small" onClick={() => void loaded.again()} data-testid="shadow-refresh">{words.knowledge.shadow.refresh}</Button>}
      mark="shadow"
    >
      <Shown loaded={loaded}>
        {(state) => (
          <>
            {state.shadow === null ? <p className="knowledge-note">{words.knowledge.shadow.none}</p> : <Run state={state} />}
            {isRunning(state) && state.trained === false && <TrainButton api={api} of="shadow" label={words.knowledge.shadow.train} onDone={loaded.again} />}
            {isRunning(state) ? (
              <ConfirmButton label={words.knowledge.shadow.end} title={words.knowledge.shadow.endTitle} mark="shadow-end" danger busy={deed.busy} run={() => act(() => api.endShadow())} />
            ) : (
              <div className="knowledge-tools">
                <CandidateSelect candidates={candidates} value={candidate} onChange={setPicked} />
                <label className="knowledge-inline">
                  {words.knowledge.shadow.share}
                  <InputNumber min={1} max={100} value={percent} onChange={(value) => setPercent(value ?? 100)} />
                </label>
                <Button loading={deed.busy} onClick={() => void act(() => api.beginShadow(candidate, percent / 100))} data-testid="shadow-begin">{words.knowledge.shadow.begin}</Button>
              </div>
            )}
          </>
        )}
      </Shown>
    </Section>
  );
}

function isRunning({ shadow, running }: Shadow): boolean {
  return shadow !== null && (running ?? shadow.ended_ms == null);
}

function Run({ state }: { state: Shadow }) {
  const words = useWords();
  if (state.shadow === null) return null;
  const { candidate, since_ms, by, asked, same, counts, examples } = state.shadow;
  const running = isRunning(state);
  return (
    <>
      <div className="channel-head">
        <b>{candidateWords(words, candidate)}</b>
        <Tag color={running ? "green" : "default"}>{running ? words.knowledge.shadow.running : words.knowledge.shadow.ended}</Tag>
        <span className="knowledge-note">{words.knowledge.shadow.since(byWords(words, by), momentWords(words, since_ms, Date.now()))}</span>
      </div>
      {state.trained === false && running && <p className="knowledge-note">{words.knowledge.shadow.untrained}</p>}
      {asked === 0 ? (
        <p>{words.knowledge.shadow.waiting}</p>
      ) : (
        <Alert type="info" title={words.knowledge.shadow.sum(asked, asked - same)} description={asked === same ? words.knowledge.shadow.all : <Counts counts={counts} />} data-testid="shadow-sum" />
      )}
      <DifferenceList differences={examples} />
    </>
  );
}
