// The experiments: what each answer does to the figures, the verdict as a sentence, what stopped an answer and why.
import { Button, Tag } from "antd";
import { useCallback } from "react";
import type { KnowledgeApi } from "../../knowledge/api.ts";
import { metricWords, percent, shareWords, stoppedLines, verdictWords } from "../../knowledge/texts.ts";
import type { Arm, Experiment, Share } from "../../knowledge/wire.ts";
import { momentWords } from "../../words/phrases.ts";
import { useWords } from "../context.ts";
import { goToKnowledge } from "../watch.ts";
import { ConfirmButton, Nothing, NoteButton, Section, Shown, useDeed, useLoaded } from "./parts.tsx";

export function ExperimentsTab({ api }: { api: KnowledgeApi }) {
  const words = useWords();
  const loaded = useLoaded(useCallback(() => api.experiments(), [api]));
  return (
    <Shown loaded={loaded}>
      {({ experiments }) =>
        experiments.length === 0 ? (
          <Nothing>{words.knowledge.experiments.none}</Nothing>
        ) : (
          <>
            <p className="knowledge-note">{words.knowledge.experiments.explain}</p>
            {experiments.map((experiment) => <ExperimentCard key={experiment.key} api={api} experiment={experiment} onChanged={() => void loaded.again()} />)}
          </>
        )
      }
    </Shown>
  );
}

type CardProps = { api: KnowledgeApi; experiment: Experiment; onChanged(): void };

function ExperimentCard({ api, experiment, onChanged }: CardProps) {
  const words = useWords();
  const { entry } = experiment;
  return (
    <Section
      title={experiment.question ?? experiment.id}
      mark="experiment"
      extra={entry !== null && <Button size="small" onClick={() => goToKnowledge("entries", entry)}>{words.knowledge.offers.entry(entry)}</Button>}
    >
      <p className="knowledge-note">
        <Tag color={experiment.running ? "green" : "default"}>{experiment.running ? words.knowledge.experiments.running : words.knowledge.experiments.over}</Tag>
        {experiment.since_ms === null ? words.knowledge.experiments.untouched : words.knowledge.experiments.since(momentWords(words, experiment.since_ms, Date.now()))}
      </p>
      <ul className="knowledge-list">
        {experiment.arms.map((arm) => <ArmCard key={arm.arm} api={api} experiment={experiment} arm={arm} onChanged={onChanged} />)}
      </ul>
    </Section>
  );
}

/** In the order of what they are worth: the goal first. */
const METRICS = ["resolved", "handed_off", "thumbs_down", "rating"];

function ArmCard({ api, experiment, arm, onChanged }: CardProps & { arm: Arm }) {
  const words = useWords();
  const deed = useDeed();
  const { experiments } = words.knowledge;
  const isControl = arm.arm === "control";

  async function act(what: () => Promise<unknown>, said: string): Promise<boolean> {
    const done = await deed.run(async () => {
      await what();
      return said;
    });
    onChanged();
    return done;
  }

  return (
    <li className="knowledge-item" data-testid="arm" data-arm={arm.arm}>
      <div className="channel-head">
        <b>{isControl ? experiments.control : experiments.arm(arm.arm)}</b>
        <span className="knowledge-note">{experiments.share(arm.share === null ? null : percent(arm.share), arm.customers)}{arm.waiting > 0 && ` · ${experiments.waiting(arm.waiting)}`}</span>
      </div>
      {arm.answer !== null && <p className="knowledge-text">{arm.answer}</p>}
      {arm.stopped !== null && <p className="arm-stopped" data-testid="arm-stopped">{stoppedLines(words, arm.stopped, Date.now()).join(" · ")}</p>}
      <div className="metrics">
        {METRICS.map((metric) => [metric, arm.metrics[metric] ?? null] as const).map(([metric, value]) => <Metric key={metric} metric={metric} value={value} />)}
      </div>
      {arm.against?.map((against) => (
        <p key={against.metric} className={`verdict verdict-${against.verdict}`} data-testid="verdict" data-verdict={against.verdict}>{verdictWords(words, against)}</p>
      ))}
      {isControl && experiment.running && (
        <ConfirmButton label={experiments.keep} title={experiments.keepTitle} mark="arm-keep" busy={deed.busy} run={() => act(() => api.adopt(experiment.id, arm.arm), experiments.adopted)} />
      )}
      {!isControl && experiment.running && (
        <div className="knowledge-tools">
          {arm.stopped === null ? (
            <NoteButton label={experiments.stop} title={experiments.stopTitle} placeholder={experiments.note} mark="arm-stop" danger run={(note) => act(() => api.stopArm(experiment.id, arm.arm, true, note), experiments.done)} />
          ) : (
            <NoteButton label={experiments.resume} title={experiments.resumeTitle} placeholder={experiments.resumeNote} mark="arm-resume" run={(note) => act(() => api.stopArm(experiment.id, arm.arm, false, note), experiments.done)} />
          )}
          <ConfirmButton label={experiments.adopt} title={experiments.adoptTitle} mark="arm-adopt" busy={deed.busy} run={() => act(() => api.adopt(experiment.id, arm.arm), experiments.adopted)} />
        </div>
      )}
    </li>
  );
}

/** A share as a bar with its interval, or a plain number. */
function Metric({ metric, value }: { metric: string; value: Share | number | null }) {
  const words = useWords();
  const isShare = typeof value === "object" && value !== null && "of" in value;
  return (
    <div className="metric" data-testid="metric" data-metric={metric}>
      <span>{metricWords(words, metric)}</span>
      {isShare && value.of > 0 && value.share !== null && (
        <svg className="metric-bar" viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">
          <rect className="metric-all" width="100" height="10" />
          <rect className="metric-share" width={value.share * 100} height="10" />
          {value.low !== null && value.high !== null && <rect className="metric-interval" x={value.low * 100} y="4" width={(value.high - value.low) * 100} height="2" />}
        </svg>
      )}
      <span>{typeof value === "number" ? value.toFixed(2) : shareWords(words, isShare ? value : null)}</span>
    </div>
  );
}
