// From review to version: decide, publish, compare, rehearse, train, go back.
import { Button, Tag } from "antd";
import { useCallback, useState } from "react";
import type { KnowledgeApi } from "../../knowledge/api.ts";
import { byWords, signedWords } from "../../knowledge/texts.ts";
import type { Review, Version } from "../../knowledge/wire.ts";
import { VERSIONS_PAGE } from "../../limits.ts";
import { useWords } from "../context.ts";
import { DifferencesPanel } from "./DifferencesPanel.tsx";
import { Growing, Nothing, NoteButton, Section, Shown, useDeed, useLoaded } from "./parts.tsx";
import { ReviewCard } from "./ReviewCard.tsx";
import { ShadowPanel } from "./ShadowPanel.tsx";
import { TrainingPanel } from "./TrainingPanel.tsx";

export function VersionsTab({ api }: { api: KnowledgeApi }) {
  const words = useWords();
  const draft = useLoaded(useCallback(() => api.draft(null), [api]));
  const versions = useLoaded(useCallback(() => api.versions(null), [api]));
  const changed = () => void Promise.all([draft.again(), versions.again()]);
  const reviews: Review[] = draft.value?.reviews ?? [];
  const listed: Version[] = versions.value?.versions ?? [];
  const current = draft.value?.current?.version ?? null;
  return (
    <>
      <Section title={words.knowledge.reviews.title} mark="reviews">
        <Shown loaded={draft}>
          {(state) =>
            state.reviews.length === 0 ? (
              <Nothing>{words.knowledge.reviews.none}</Nothing>
            ) : (
              <ul className="knowledge-list">{state.reviews.map((review) => <ReviewCard key={`${review.id}/${review.state}`} api={api} review={review} onChanged={changed} />)}</ul>
            )
          }
        </Shown>
      </Section>
      <Section title={words.knowledge.versions.title} mark="versions">
        <Shown loaded={versions}>
          {(page) => (page.versions.length === 0 ? <Nothing>{words.knowledge.versions.none}</Nothing> : <VersionList key={page.versions[0]?.version} api={api} first={page.versions} current={current} onChanged={changed} />)}
        </Shown>
      </Section>
      <DifferencesPanel api={api} reviews={reviews} versions={listed} />
      <ShadowPanel api={api} reviews={reviews} />
      <TrainingPanel key={current} api={api} />
    </>
  );
}

type ListProps = { api: KnowledgeApi; first: Version[]; current: number | null; onChanged(): void };

function VersionList({ api, first, current, onChanged }: ListProps) {
  const words = useWords();
  const deed = useDeed();
  const [later, setLater] = useState<{ versions: Version[]; more: boolean }>({ versions: [], more: first.length >= VERSIONS_PAGE });
  const all = [...first, ...later.versions];

  async function readMore(): Promise<void> {
    await deed.run(async () => {
      const { versions } = await api.versions(all.at(-1)?.version ?? null);
      setLater({ versions: [...later.versions, ...versions], more: versions.length >= VERSIONS_PAGE });
      return null;
    });
  }

  async function rollBack(version: number, note: string): Promise<boolean> {
    const done = await deed.run(async () => {
      await api.rollBack(version, note);
      return words.knowledge.versions.done(version);
    });
    onChanged();
    return done;
  }

  return (
    <>
      <Growing items={all}>
        {(version) => (
          <li key={version.version} className="knowledge-item" data-testid="version" data-version={version.version}>
            <div className="channel-head">
              <b>{words.knowledge.versions.number(version.version)}</b>
              {version.version === current && <Tag color="green" data-testid="version-current">{words.knowledge.versions.current}</Tag>}
              {!version.is_published && <Tag>{words.knowledge.versions.cut}</Tag>}
              <span className="spring" />
              {version.version !== current && version.is_published && (
                <NoteButton
                  label={words.knowledge.versions.rollback}
                  title={words.knowledge.versions.rollbackTitle(version.version)}
                  placeholder={words.knowledge.versions.note}
                  mark="rollback"
                  danger
                  disabled={deed.busy}
                  run={(note) => rollBack(version.version, note)}
                />
              )}
            </div>
            <p className="knowledge-text">{version.note}</p>
            <p className="knowledge-note">
              {signedWords(words, version.published_by, version.at_ms, Date.now())} · {words.knowledge.versions.counts(version.counts.entries, version.counts.products)}
              {version.author !== null && version.reviewer !== null && ` · ${words.knowledge.versions.people(byWords(words, version.author), byWords(words, version.reviewer))}`}
            </p>
          </li>
        )}
      </Growing>
      {later.more && <Button loading={deed.busy} onClick={() => void readMore()}>{words.knowledge.more}</Button>}
    </>
  );
}
