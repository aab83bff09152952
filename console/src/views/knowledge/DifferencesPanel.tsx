// Which questions would be answered differently: by the draft, a review or a version, against what is current.
import { Alert, Button, Input, Select } from "antd";
import { useState } from "react";
import type { KnowledgeApi } from "../../knowledge/api.ts";
import { linesOf } from "../../knowledge/form.ts";
import { candidateWords, decidedWords } from "../../knowledge/texts.ts";
import type { Candidate, Decided, Difference, Differences, Review, Version } from "../../knowledge/wire.ts";
import { COMPARED_QUESTIONS_MAX } from "../../limits.ts";
import { entry } from "../../words/phrases.ts";
import { useWords } from "../context.ts";
import { Growing, Section, useDeed } from "./parts.tsx";

type Props = { api: KnowledgeApi; reviews: readonly Review[]; versions: readonly Version[] };
type Source = "typed" | "sample" | "unresolved";

export const PERIODS = [7, 30, 90] as const;

export function DifferencesPanel({ api, reviews, versions }: Props) {
  const words = useWords();
  const deed = useDeed();
  const candidates: Candidate[] = ["draft", ...reviews.map(({ id }) => ({ review: id })), ...versions.filter((one) => one.is_published).map(({ version }) => ({ version }))];
  const [candidate, setCandidate] = useState<Candidate>("draft");
  const [source, setSource] = useState<Source>("typed");
  const [days, setDays] = useState<number>(PERIODS[1]);
  const [text, setText] = useState("");
  const [report, setReport] = useState<Differences | null>(null);
  const questions = linesOf(text);
  const tooMany = questions.length > COMPARED_QUESTIONS_MAX;
  const asked = source === "typed" ? { questions } : { questions_of: source, days };

  async function run(): Promise<void> {
    setReport(null);
    await deed.run(async () => {
      setReport(await api.differences(asked, candidate));
      return null;
    });
  }

  return (
    <Section title={words.knowledge.differences.title} explain={words.knowledge.differences.explain} mark="differences">
      <div className="knowledge-tools">
        <CandidateSelect candidates={candidates} value={candidate} onChange={setCandidate} />
        <Select<Source>
          aria-label={words.knowledge.differences.source}
          value={source}
          onChange={setSource}
          popupMatchSelectWidth={false}
          options={(["typed", "sample", "unresolved"] as const).map((value) => ({ value, label: words.knowledge.differences.sources[value] }))}
        />
        {source !== "typed" && <Select aria-label={words.knowledge.differences.days} value={days} onChange={setDays} options={PERIODS.map((value) => ({ value, label: words.knowledge.clusters.days(value) }))} />}
      </div>
      {source === "typed" && (
        <Input.TextArea value={text} onChange={(event) => setText(event.target.value)} placeholder={words.knowledge.differences.questions} aria-label={words.knowledge.differences.questions} autoSize={{ minRows: 3, maxRows: 10 }} data-testid="differences-questions" />
      )}
      {tooMany && <p className="secret-unset">{words.knowledge.differences.tooMany}</p>}
      <Button className="knowledge-deed" loading={deed.busy} disabled={source === "typed" && (questions.length === 0 || tooMany)} onClick={() => void run()} data-testid="differences-run">{words.knowledge.differences.run}</Button>
      {report !== null && <Report report={report} />}
    </Section>
  );
}

type SelectProps = { candidates: readonly Candidate[]; value: Candidate; onChange(candidate: Candidate): void };

/** By what they are, not by their place: the list grows while somebody chooses. */
export function CandidateSelect({ candidates, value, onChange }: SelectProps) {
  const words = useWords();
  const name = (candidate: Candidate) => candidateWords(words, candidate);
  return (
    <Select
      aria-label={words.knowledge.differences.candidate}
      value={name(value)}
      onChange={(chosen) => onChange(candidates.find((candidate) => name(candidate) === chosen) ?? "draft")}
      popupMatchSelectWidth={false}
      options={candidates.map((candidate) => ({ value: name(candidate), label: name(candidate) }))}
    />
  );
}

function Report({ report }: { report: Differences }) {
  const words = useWords();
  const { asked, same, differences } = report;
  const title = asked === 0 ? words.knowledge.differences.noQuestions : words.knowledge.differences.sum(asked, same);
  return (
    <>
      <Alert type="info" title={title} description={asked > 0 && differences.length === 0 ? words.knowledge.differences.none : <Counts counts={report.counts} />} data-testid="differences-sum" />
      <DifferenceList differences={differences} />
    </>
  );
}

export function Counts({ counts }: { counts: Record<string, number> }) {
  const words = useWords();
  return (
    <span className="counts">
      {Object.entries(counts).filter(([, count]) => count > 0).map(([change, count]) => (
        <span key={change}>{entry(words.knowledge.differences.changes, change) ?? change} <b>{count}</b></span>
      ))}
    </span>
  );
}

export function DifferenceList({ differences }: { differences: readonly Difference[] }) {
  const words = useWords();
  const told = differences.map((difference, place) => ({ ...difference, place }));
  return (
    <Growing items={told}>
      {({ asked, change, before, after, place }) => (
        <li key={place} className="knowledge-item" data-testid="difference" data-change={change}>
          <div className="channel-head">
            <b className="knowledge-name">{asked}</b>
            <span className="knowledge-note">{entry(words.knowledge.differences.changes, change) ?? change}</span>
          </div>
          <div className="sides">
            <Side title={words.knowledge.differences.before} decided={before} />
            <Side title={words.knowledge.differences.after} decided={after} />
          </div>
        </li>
      )}
    </Growing>
  );
}

function Side({ title, decided }: { title: string; decided: Decided }) {
  const words = useWords();
  return (
    <div>
      <p className="knowledge-note">{title} · {decidedWords(words, decided)}</p>
      <p className="knowledge-text">{decided.text}</p>
    </div>
  );
}
