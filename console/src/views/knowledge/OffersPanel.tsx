// Phrasings and audits to judge with one tap; an approved phrasing also becomes a variant of the draft's entry.
import { Button, Input } from "antd";
import { useCallback, useState } from "react";
import type { KnowledgeApi } from "../../knowledge/api.ts";
import { addVariant, judgedOf } from "../../knowledge/offers.ts";
import type { Judged, Offer } from "../../knowledge/wire.ts";
import { useWords } from "../context.ts";
import { Nothing, Section, Shown, useDeed, useLoaded } from "./parts.tsx";

export function OffersPanel({ api, kind }: { api: KnowledgeApi; kind: Offer["kind"] }) {
  const words = useWords();
  const [judged, setJudged] = useState<ReadonlySet<string>>(new Set());
  const loaded = useLoaded(useCallback(() => api.offers(kind), [api, kind]));
  const { phrasing, phrasingExplain, audit, none, noneAudit } = words.knowledge.offers;
  const explain = kind === "phrasing" ? { explain: phrasingExplain } : {};
  return (
    <Section title={kind === "phrasing" ? phrasing : audit} {...explain} mark={`offers-${kind}`}>
      <Shown loaded={loaded}>
        {({ offers }) => {
          const left = offers.filter((offer) => !judged.has(offer.id));
          if (left.length === 0) {
            return offers.length === 0 ? <Nothing>{kind === "phrasing" ? none : noneAudit}</Nothing> : <Button onClick={() => void loaded.again()}>{words.knowledge.more}</Button>;
          }
          return <ul className="knowledge-list">{left.map((offer) => <OfferCard key={offer.id} api={api} offer={offer} onJudged={() => setJudged(new Set([...judged, offer.id]))} />)}</ul>;
        }}
      </Shown>
    </Section>
  );
}

function OfferCard({ api, offer, onJudged }: { api: KnowledgeApi; offer: Offer; onJudged(): void }) {
  const words = useWords();
  const deed = useDeed();
  const [other, setOther] = useState<string | null>(null);
  const { value } = useLoaded(useCallback(() => api.entry(offer.entry), [api, offer.entry]));
  const said = value?.row?.value ?? value?.published?.value;

  async function judge(judgement: Judged["judgement"]): Promise<void> {
    const done = await deed.run(async () => {
      const judged = judgedOf(offer, judgement, other ?? "");
      await api.judge(offer.id, judged);
      const into = judgement === "other" ? (other ?? "").trim() : offer.entry;
      if (offer.kind !== "phrasing" || judgement === "no") return words.knowledge.offers.done;
      // What was said stays said even where the draft cannot take it.
      return (await addVariant(api, into, offer.text)) ? words.knowledge.offers.added : words.knowledge.offers.notAdded;
    });
    if (done) onJudged();
  }

  return (
    <li className="knowledge-item" data-testid="offer" data-offer={offer.id}>
      <p className="knowledge-text"><b>{words.knowledge.offers.asks(offer.text)}</b></p>
      <p className="knowledge-note">
        {words.knowledge.offers.entry(offer.entry)}{offer.kind === "phrasing" && ` · ${words.knowledge.offers.chosen(offer.count, offer.chosen)}`}
      </p>
      {/* Who judges has to see what it would be answered with; a fact has no row. */}
      {said !== undefined && <p className="knowledge-text">{said.question}<br />{said.answer}</p>}
      <div className="knowledge-tools">
        <Button type="primary" disabled={deed.busy} onClick={() => void judge("yes")} data-testid="offer-yes">{words.knowledge.offers.yes}</Button>
        <Button disabled={deed.busy} onClick={() => void judge("no")} data-testid="offer-no">{words.knowledge.offers.no}</Button>
        {other === null ? (
          <Button disabled={deed.busy} onClick={() => setOther("")} data-testid="offer-other">{words.knowledge.offers.other}</Button>
        ) : (
          <Input.Search className="offer-other" value={other} onChange={(event) => setOther(event.target.value)} placeholder={words.knowledge.offers.otherId} enterButton={words.knowledge.offers.yes} onSearch={(text) => void (text.trim() !== "" && judge("other"))} data-testid="offer-other-id" />
        )}
      </div>
    </li>
  );
}
