// The supervisors' page: the accounts we answer for, each with its callback address and its diagnosis.
import { ArrowLeftOutlined, PlusOutlined } from "@ant-design/icons";
import { Alert, Button, Empty, Spin, Tag, Typography } from "antd";
import { useCallback, useEffect, useState } from "react";
import { asApiError, type Api, type ApiError } from "../api.ts";
import { callbackAddress, SECRETS } from "../channels/form.ts";
import type { Channel, ShownSecret } from "../wire.ts";
import { errorWords, momentWords } from "../words/phrases.ts";
import { ChannelEditor } from "./ChannelEditor.tsx";
import { DiagnosisButton } from "./Diagnosis.tsx";
import { useWords } from "./context.ts";
import { goTo, goToChannels } from "./watch.ts";

type Listed = { channels: Channel[] | null; error: ApiError | null };

/** `id`: the channel to edit; "" is a new one, null the list. */
export function ChannelsPage({ api, id }: { api: Api; id: string | null }) {
  const words = useWords();
  const [{ channels, error }, setListed] = useState<Listed>({ channels: null, error: null });
  const read = useCallback(async () => {
    try {
      setListed({ channels: (await api.channels()).channels, error: null });
    } catch (caught) {
      setListed((before) => ({ ...before, error: asApiError(caught) }));
    }
  }, [api]);
  useEffect(() => void read(), [read]);

  const open = id === null ? null : (channels?.find((channel) => channel.id === id) ?? null);
  const back = () => (id === null ? goTo(null) : goToChannels(null));
  return (
    <main className="page" data-testid="channels">
      <header className="page-head">
        <Button type="text" icon={<ArrowLeftOutlined />} aria-label={words.channels.back} onClick={back} data-testid="channels-back" />
        <h2>{id === null ? words.channels.title : id === "" ? words.channels.add : (open?.settings.name ?? id)}</h2>
        <span className="spring" />
        {id === null && <Button type="primary" icon={<PlusOutlined />} onClick={() => goToChannels("")} data-testid="channel-add">{words.channels.add}</Button>}
      </header>
      {error !== null && (
        <Alert type="error" banner title={errorWords(words, error)} action={<Button size="small" onClick={() => void read()}>{words.conversation.retry}</Button>} data-testid="channels-error" />
      )}
      <div className="page-body">
        {channels === null && error === null && <Spin className="list-empty" />}
        {channels !== null && id === null && channels.length === 0 && <Empty className="list-empty" description={words.channels.none} />}
        {id === null && channels?.map((channel) => <ChannelCard key={channel.id} api={api} channel={channel} />)}
        {channels !== null && id !== null && (open !== null || id === "") && (
          <ChannelEditor key={id} api={api} channel={open} taken={channels.map((channel) => channel.id)} onSaved={() => void read()} />
        )}
        {channels !== null && id !== null && id !== "" && open === null && <Empty className="list-empty" description={words.errors["channel.unknown"]} />}
      </div>
    </main>
  );
}

const STATE_COLOURS = { ready: "green", paused: "default", sealed: "red" } as const;

function ChannelCard({ api, channel }: { api: Api; channel: Channel }) {
  const words = useWords();
  const { settings, state } = channel;
  const address = callbackAddress(location.origin, settings.path);
  return (
    <section className="channel" data-testid="channel" data-channel={channel.id}>
      <div className="channel-head">
        <h3>{settings.name}</h3>
        <Tag>{words.channels.kinds[settings.kind]}</Tag>
        <Tag color={STATE_COLOURS[state]} data-testid="channel-state" data-state={state}>{words.channels.states[state]}</Tag>
        <span className="spring" />
        <DiagnosisButton api={api} channel={channel} />
        <Button onClick={() => goToChannels(channel.id)} data-testid="channel-edit">{words.channels.edit}</Button>
      </div>
      <div className="channel-address">
        <span className="card-kind">{words.channels.callback}</span>
        <Typography.Text copyable code data-testid="channel-address">{address}</Typography.Text>
      </div>
      <p className="channel-secrets">
        {SECRETS.filter((name) => settings.mode !== "plaintext" || name !== "aes_key").map((name) => (
          <span key={name}>{words.channels.fields[name]}：<SecretNote secret={channel.secrets[name]} /></span>
        ))}
        <span>{words.channels.changed(momentWords(words, channel.changed_at_ms, Date.now()))}</span>
      </p>
    </section>
  );
}

function SecretNote({ secret }: { secret: ShownSecret | undefined }) {
  const words = useWords();
  if (secret === undefined || !secret.set) return <b className="secret-unset">{words.channels.secretUnset}</b>;
  const since = secret.changed_at_ms === null ? "" : words.channels.secretSince(momentWords(words, secret.changed_at_ms, Date.now()));
  return <>{secret.previous ? `${since} · ${words.channels.secretPrevious}` : since}</>;
}
