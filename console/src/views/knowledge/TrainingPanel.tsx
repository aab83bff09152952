// Whether what is current is trained, and the button that trains it; leaving the page pauses it.
import { Button, Progress } from "antd";
import { useCallback, useEffect, useRef, useState } from "react";
import { asApiError } from "../../api.ts";
import type { KnowledgeApi } from "../../knowledge/api.ts";
import { train } from "../../knowledge/train.ts";
import type { Trainee, Training } from "../../knowledge/wire.ts";
import type { Words } from "../../words/zh.ts";
import { useWords } from "../context.ts";
import { Nothing, Section, Shown, useDeed, useLoaded } from "./parts.tsx";

export function TrainingPanel({ api }: { api: KnowledgeApi }) {
  const words = useWords();
  const loaded = useLoaded(
    useCallback(
      () => api.training("current").catch((caught: unknown) => {
        // Nothing is published: an ordinary state, not trouble.
        if (asApiError(caught).code === "knowledge.none") return "none" as const;
        throw caught;
      }),
      [api],
    ),
  );
  return (
    <Section title={words.knowledge.training.title} explain={words.knowledge.training.explain} mark="training">
      <Shown loaded={loaded}>
        {(training) =>
          training === "none" ? (
            <Nothing>{words.knowledge.versions.none}</Nothing>
          ) : (
            <>
              <p data-testid="training-state" data-trained={training.model !== null}>{stateWords(words, training)}</p>
              <p className="knowledge-note">{words.knowledge.training.phrasings(training.phrasings)}{training.encoder === null && ` · ${words.knowledge.training.wordsOnly}`}</p>
              <TrainButton api={api} of="current" label={training.model === null ? words.knowledge.training.run : words.knowledge.training.again} onDone={loaded.again} />
            </>
          )
        }
      </Shown>
    </Section>
  );
}

type ButtonProps = { api: KnowledgeApi; of: Trainee; label: string; onDone(): Promise<void> };

/** Trains, and shows how far it is. */
export function TrainButton({ api, of, label, onDone }: ButtonProps) {
  const words = useWords();
  const deed = useDeed();
  const left = useRef(false);
  const [progress, setProgress] = useState<{ done: number; batches: number } | null>(null);
  useEffect(() => {
    left.current = false;
    return () => void (left.current = true);
  }, []);

  async function run(): Promise<void> {
    await deed.run(async () => {
      const trained = await train(api, of, (done, batches) => setProgress({ done, batches }), () => left.current, (ms) => new Promise((resume) => setTimeout(resume, ms)));
      return trained === null ? null : words.knowledge.training.done;
    });
    setProgress(null);
    await onDone();
  }

  return (
    <>
      {progress !== null && (
        <div>
          <Progress percent={progress.batches === 0 ? 100 : Math.round((progress.done / progress.batches) * 100)} />
          <p>{progress.done >= progress.batches ? words.knowledge.training.finishing : words.knowledge.training.progress(progress.done, progress.batches)}</p>
          <p className="knowledge-note">{words.knowledge.training.leave}</p>
        </div>
      )}
      <Button className="knowledge-deed" loading={deed.busy} onClick={() => void run()} data-testid={of === "current" ? "train" : "train-shadow"}>{label}</Button>
    </>
  );
}

function stateWords(words: Words, { model }: Training): string {
  if (model === null) return words.knowledge.training.none;
  return model.judged > 0 ? words.knowledge.training.trained(model.judged) : words.knowledge.training.trainedPlain;
}
