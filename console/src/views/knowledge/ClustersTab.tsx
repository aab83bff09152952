// What customers asked and nobody answered well: the top of a period, one opened, phrasings and audits to judge.
import { Button, Segmented } from "antd";
import { useCallback, useState } from "react";
import type { KnowledgeApi } from "../../knowledge/api.ts";
import { percent } from "../../knowledge/texts.ts";
import type { Cluster } from "../../knowledge/wire.ts";
import { CLUSTERS_SHOWN_MAX, SHOWN_STEP } from "../../limits.ts";
import { useWords } from "../context.ts";
import { goToKnowledge } from "../watch.ts";
import { ClusterView } from "./ClusterView.tsx";
import { PERIODS } from "./DifferencesPanel.tsx";
import { OffersPanel } from "./OffersPanel.tsx";
import { Nothing, Section, Shown, useLoaded } from "./parts.tsx";

/** `id`: the cluster that is open, null the list. */
export function ClustersTab({ api, id }: { api: KnowledgeApi; id: string | null }) {
  const [days, setDays] = useState<number>(PERIODS[1]);
  if (id !== null) return <ClusterView key={id} api={api} id={id} days={days} />;
  return (
    <>
      <TopClusters api={api} days={days} onDays={setDays} />
      <OffersPanel api={api} kind="phrasing" />
      <OffersPanel api={api} kind="audit" />
    </>
  );
}

function TopClusters({ api, days, onDays }: { api: KnowledgeApi; days: number; onDays(days: number): void }) {
  const words = useWords();
  const [limit, setLimit] = useState(SHOWN_STEP);
  const loaded = useLoaded(useCallback(() => api.clusters(days, limit), [api, days, limit]));
  return (
    <Section
      title={words.knowledge.clusters.title}
      mark="clusters"
      extra={<Segmented<number> value={days} onChange={onDays} options={PERIODS.map((value) => ({ value, label: words.knowledge.clusters.days(value) }))} />}
    >
      <Shown loaded={loaded}>
        {({ clusters }) => (
          <>
            {clusters.length === 0 && <Nothing>{words.knowledge.clusters.none}</Nothing>}
            <ul className="knowledge-list">
              {clusters.map((cluster) => (
                <li key={cluster.id}>
                  <button type="button" className="entry-row" onClick={() => goToKnowledge("clusters", cluster.id)} data-testid="cluster" data-cluster={cluster.id}>
                    <ClusterFacts cluster={cluster} />
                  </button>
                </li>
              ))}
            </ul>
            {clusters.length >= limit && limit < CLUSTERS_SHOWN_MAX && <Button onClick={() => setLimit(limit + SHOWN_STEP)}>{words.knowledge.more}</Button>}
          </>
        )}
      </Shown>
    </Section>
  );
}

export function ClusterFacts({ cluster }: { cluster: Cluster }) {
  const words = useWords();
  const { question, count, count_before, askers, examples, nearest } = cluster;
  const others = examples.filter((example) => example !== question).slice(0, 3);
  return (
    <>
      <span className="channel-head">
        <b className="knowledge-name">{question}</b>
        <span className="knowledge-note">{words.knowledge.clusters.count(count, count_before)} · {words.knowledge.clusters.askers(askers)}</span>
      </span>
      {others.length > 0 && <span className="knowledge-note">{words.knowledge.clusters.examples}：{others.join(" / ")}</span>}
      <span className="knowledge-note">
        {nearest === null ? words.knowledge.clusters.noNearest : words.knowledge.clusters.nearest(nearest.question ?? nearest.entry, percent(nearest.score))}
      </span>
    </>
  );
}
