// Who the customer is, as far as WeChat tells, and what the same person said on other channels.
import { UserOutlined } from "@ant-design/icons";
import { Alert, Button, Modal, Spin, Tag } from "antd";
import { useState } from "react";
import { asApiError, type ApiError } from "../api.ts";
import type { ConversationKey, Identity, Person, PersonMessage } from "../wire.ts";
import { customerName, entry, errorWords, momentWords, profileLines } from "../words/phrases.ts";
import { ContentView } from "./ContentView.tsx";
import { useDesk, useWords } from "./context.ts";

type Found = { kind: "asking" } | { kind: "person"; person: Person; history: PersonMessage[]; more: boolean } | { kind: "error"; error: ApiError };

export function PersonButton({ conversation }: { conversation: ConversationKey }) {
  const { desk } = useDesk();
  const words = useWords();
  const [found, setFound] = useState<Found | null>(null);

  async function read(): Promise<void> {
    setFound({ kind: "asking" });
    try {
      const [person, { messages, more }] = await Promise.all([desk.person(conversation), desk.personHistory(conversation)]);
      setFound({ kind: "person", person, history: messages, more });
    } catch (caught) {
      setFound({ kind: "error", error: asApiError(caught) });
    }
  }

  return (
    <>
      <Button type="text" icon={<UserOutlined />} aria-label={words.person.open} title={words.person.open} onClick={() => void read()} data-testid="person-open" />
      <Modal open={found !== null} onCancel={() => setFound(null)} title={words.person.open} footer={null} width={520} centered destroyOnHidden>
        <div className="person" data-testid="person">
          {found?.kind === "asking" && <Spin />}
          {found?.kind === "error" && <Alert type="error" title={errorWords(words, found.error)} />}
          {found?.kind === "person" && <PersonView {...found} />}
        </div>
      </Modal>
    </>
  );
}

function PersonView({ person, history, more }: { person: Person; history: readonly PersonMessage[]; more: boolean }) {
  const words = useWords();
  return (
    <>
      {person.identities.map((identity) => <IdentityView key={`${identity.channel}/${identity.customer}`} identity={identity} />)}
      {person.elsewhere > 0 && <p className="person-note">{words.person.elsewhere(person.elsewhere)}</p>}
      <h3>{words.person.history}</h3>
      {history.length === 0 && <p className="person-note">{words.person.noHistory}</p>}
      {history.map((message) => (
        <div key={`${message.channel}/${message.customer}/${message.seq}`} className="person-said" data-testid="person-said">
          <span className="line-who">{message.channel_name} · {words.message[message.author]} · {momentWords(words, message.at_ms, Date.now())}</span>
          <ContentView content={message.content} media={message.media} />
        </div>
      ))}
      {more && <p className="person-note">{words.person.more}</p>}
    </>
  );
}

function IdentityView({ identity }: { identity: Identity }) {
  const words = useWords();
  const joined = entry(words.person.joined, identity.joined_by);
  return (
    <section className="identity" data-testid="identity">
      <div className="channel-head">
        <b>{identity.nickname ?? customerName(words, identity.customer)}</b>
        <Tag>{identity.channel_name}</Tag>
        {joined !== null && <span className="person-note">{joined}</span>}
      </div>
      {profileLines(words, identity, Date.now()).map((line) => <span key={line} className="person-note">{line}</span>)}
    </section>
  );
}
