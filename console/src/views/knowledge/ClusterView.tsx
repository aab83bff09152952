// One cluster: its questions, an entry drafted from it with its evidence, figures before and after a version.
import { Button, Select, Tag } from "antd";
import { useCallback, useMemo, useState } from "react";
import { asApiError } from "../../api.ts";
import type { KnowledgeApi } from "../../knowledge/api.ts";
import { formOf } from "../../knowledge/form.ts";
import { riseWords, shareWords } from "../../knowledge/texts.ts";
import { unsavedOf } from "../../knowledge/unsaved.ts";
import type { ClusterDraft, Figures, Side, Version } from "../../knowledge/wire.ts";
import { durationWords, entry as known, momentWords } from "../../words/phrases.ts";
import { useDesk, useWords } from "../context.ts";
import { goToKnowledge } from "../watch.ts";
import { ClusterFacts } from "./ClustersTab.tsx";
import { Growing, Section, Shown, useDeed, useLoaded } from "./parts.tsx";

type Props = { api: KnowledgeApi; id: string; days: number };

export function ClusterView({ api, id, days }: Props) {
  const words = useWords();
  const loaded = useLoaded(useCallback(() => api.cluster(id, days), [api, id, days]));
  return (
    <Shown loaded={loaded}>
      {({ cluster, questions }) => (
        <>
          <Section title={words.knowledge.clusters.title} mark="cluster-view">
            <div className="knowledge-stack"><ClusterFacts cluster={cluster} /></div>
          </Section>
          <DraftPanel api={api} id={id} days={days} />
          <FiguresPanel api={api} id={id} />
          <Section title={words.knowledge.clusters.questions} mark="cluster-questions">
            <Growing items={questions}>
              {(question) => (
                <li key={question.id} className="knowledge-item">
                  <p className="knowledge-text">{question.asked.text}</p>
                  <p className="knowledge-note">
                    {question.channel} · {momentWords(words, question.asked.at_ms, Date.now())} · {known(words.knowledge.clusters.verdicts, question.asked.verdict) ?? question.asked.verdict}
                  </p>
                </li>
              )}
            </Growing>
          </Section>
        </>
      )}
    </Shown>
  );
}

function DraftPanel({ api, id, days }: Props) {
  const words = useWords();
  const { staff } = useDesk();
  const deed = useDeed();
  const unsaved = useMemo(() => unsavedOf(sessionStorage, staff.id), [staff.id]);
  const loaded = useLoaded(useCallback(() => api.clusterDraft(id, days), [api, id, days]));

  async function put({ entry }: ClusterDraft): Promise<void> {
    // Without an answer it is no entry yet: the editor opens on what there is.
    if (entry.answer.trim() === "") {
      if (unsaved.read(entry.id) === null) unsaved.write(entry.id, { form: formOf(entry), revision: 0 });
      return goToKnowledge("entries", entry.id);
    }
    const done = await deed.run(async () => {
      try {
        await api.putEntry(entry, 0);
        return words.knowledge.clusters.putDone;
      } catch (caught) {
        if (asApiError(caught).code !== "knowledge.changed_since") throw caught;
        return words.knowledge.clusters.putKnown;
      }
    });
    if (done) goToKnowledge("entries", entry.id);
  }

  return (
    <Section title={words.knowledge.clusters.draftTitle} mark="cluster-draft">
      <Shown loaded={loaded}>
        {(draft) => (
          <>
            <p className="knowledge-text"><b>{draft.entry.question}</b></p>
            <p className="knowledge-text">{draft.entry.answer}</p>
            <p>{draft.entry.variants?.map((variant) => <Tag key={variant} className="wrapping-tag">{variant}</Tag>)}</p>
            {draft.evidence === null ? (
              <p className="knowledge-note">{words.knowledge.clusters.noEvidence}</p>
            ) : (
              <div data-testid="cluster-evidence">
                <p className="knowledge-note">{words.knowledge.clusters.evidence(draft.evidence.staff, momentWords(words, draft.evidence.at_ms, Date.now()))}</p>
                <blockquote className="knowledge-text">{draft.evidence.text}</blockquote>
              </div>
            )}
            <Button className="knowledge-deed" type="primary" loading={deed.busy} onClick={() => void put(draft)} data-testid="cluster-put">
              {draft.entry.answer.trim() === "" ? words.knowledge.clusters.write : words.knowledge.clusters.put}
            </Button>
          </>
        )}
      </Shown>
    </Section>
  );
}

function FiguresPanel({ api, id }: { api: KnowledgeApi; id: string }) {
  const words = useWords();
  const versions = useLoaded(useCallback(() => api.versions(null), [api]));
  return (
    <Section title={words.knowledge.figures.title} mark="figures">
      <Shown loaded={versions}>
        {(page) => {
          const published = page.versions.filter((version) => version.is_published);
          return published[0] === undefined ? <p className="knowledge-note">{words.knowledge.figures.none}</p> : <FiguresOf api={api} id={id} versions={published} newest={published[0]} />;
        }}
      </Shown>
    </Section>
  );
}

type FiguresProps = { api: KnowledgeApi; id: string; versions: readonly Version[]; newest: Version };

function FiguresOf({ api, id, versions, newest }: FiguresProps) {
  const words = useWords();
  const [version, setVersion] = useState(newest.version);
  const loaded = useLoaded<Figures>(useCallback(() => api.figures(id, version), [api, id, version]));
  return (
    <>
      <div className="knowledge-tools">
        <label className="knowledge-inline">
          {words.knowledge.figures.version}
          <Select value={version} onChange={setVersion} popupMatchSelectWidth={false} options={versions.map((one) => ({ value: one.version, label: words.knowledge.versions.number(one.version) }))} />
        </label>
      </div>
      <Shown loaded={loaded}>
        {({ before, after, resolved_rise }) => (
          <>
            <div className="sides">
              <FigureSide title={words.knowledge.figures.before} side={before} />
              <FigureSide title={words.knowledge.figures.after} side={after} />
            </div>
            <p data-testid="figures-rise">{riseWords(words, resolved_rise)}</p>
          </>
        )}
      </Shown>
    </>
  );
}

function FigureSide({ title, side }: { title: string; side: Side }) {
  const words = useWords();
  return (
    <div>
      <p><b>{title}</b></p>
      <p>{words.knowledge.figures.unresolved(side.unresolved, durationWords(words, side.span_ms))}</p>
      <p>{words.knowledge.figures.resolved(shareWords(words, side.resolved))}</p>
    </div>
  );
}
