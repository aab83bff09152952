// The form of one channel. Secrets can be written, and are never shown; what is wrong stands at its field.
import { Alert, App, Button, Form, Input, InputNumber, Select, Switch } from "antd";
import { useState, type ReactNode } from "react";
import { asApiError, type Api, type ApiError } from "../api.ts";
import { bodyOf, callbackAddress, faultsOf, fieldsFor, formOf, SECRETS, sortFaults, type ChannelForm } from "../channels/form.ts";
import type { Channel, SecretName } from "../wire.ts";
import { entry, errorWords } from "../words/phrases.ts";
import type { Words } from "../words/zh.ts";
import { useWords } from "./context.ts";
import { goToChannels } from "./watch.ts";

/** `channel` null: a new one. `taken`: the ids there are. */
type Props = { api: Api; channel: Channel | null; taken: readonly string[]; onSaved(): void };

/** What the worker never lets change. */
const FIXED: readonly string[] = ["id", "kind", "appid", "open_kfid", "floor"];

export function ChannelEditor({ api, channel, taken, onSaved }: Props) {
  const words = useWords();
  const { message } = App.useApp();
  const [form, setForm] = useState<ChannelForm>(() => formOf(channel));
  const [error, setError] = useState<ApiError | null>(null);
  const [busy, setBusy] = useState(false);
  const fields = fieldsFor(form);
  const rotates = channel !== null && (channel.secrets.token?.previous || channel.secrets.aes_key?.previous);
  const shown: (keyof ChannelForm)[] = rotates ? [...fields, "forget_previous"] : fields;
  const { at, elsewhere } = sortFaults(faultsOf(error?.fields.faults), shown);
  const clash = channel === null && taken.includes(form.id);

  async function save(): Promise<void> {
    setBusy(true);
    try {
      await api.putChannel(form.id.trim(), bodyOf(form, channel?.settings ?? null));
      void message.success(words.channels.saved);
      onSaved();
      goToChannels(null);
    } catch (caught) {
      setError(asApiError(caught));
    }
    setBusy(false);
  }

  function help(field: keyof ChannelForm): ReactNode {
    if (field === "id" && clash) return words.channels.idTaken;
    const code = at.get(field);
    if (code !== undefined) return entry(words.channels.faults, code) ?? code;
    return hintFor(words, field, form, channel);
  }

  return (
    <Form layout="vertical" className="channel-form" autoComplete="off" onFinish={() => void save()} data-testid="channel-form">
      {error !== null && (
        <Alert
          type="error"
          title={errorWords(words, error)}
          description={elsewhere.map((fault) => <p key={fault.at}>{words.channels.elsewhere(fault.at, entry(words.channels.faults, fault.code) ?? fault.code)}</p>)}
          data-testid="channel-faults"
        />
      )}
      {shown.map((field) => (
        <Form.Item
          key={field}
          label={field === "appid" && form.kind === "kefu" ? words.channels.fields.corpid : words.channels.fields[field]}
          help={help(field)}
          validateStatus={at.has(field) || (field === "id" && clash) ? "error" : ""}
          htmlFor={`channel-${field}`}
          data-testid={`item-${field}`}
        >
          <Field
            field={field}
            form={form}
            fixed={channel !== null && FIXED.includes(field)}
            onChange={(value) => setForm({ ...form, [field]: value })}
          />
        </Form.Item>
      ))}
      <Button type="primary" htmlType="submit" loading={busy} disabled={clash || form.id.trim() === ""} data-testid="channel-save">{words.channels.save}</Button>
    </Form>
  );
}

function hintFor(words: Words, field: keyof ChannelForm, form: ChannelForm, channel: Channel | null): string | undefined {
  if ((SECRETS as readonly string[]).includes(field)) {
    return channel?.secrets[field as SecretName]?.set ? words.channels.hints.secretKept : words.channels.hints.secretMissing;
  }
  if (field === "path" && form.path.trim() !== "") return callbackAddress(location.origin, form.path.trim());
  if (channel === null && (field === "kind" || field === "appid" || field === "open_kfid")) return words.channels.hints.fixed;
  return entry(words.channels.hints, field) ?? undefined;
}

type FieldProps = { field: keyof ChannelForm; form: ChannelForm; fixed: boolean; onChange(value: unknown): void };

function Field({ field, form, fixed, onChange }: FieldProps) {
  const words = useWords();
  const marks = { id: `channel-${field}`, disabled: fixed, "data-testid": `field-${field}` };
  const chooses = (table: Record<string, string>) => (
    <Select {...marks} value={form[field] as string} onChange={onChange} options={Object.entries(table).map(([value, label]) => ({ value, label }))} />
  );
  switch (field) {
    case "kind":
      return chooses(words.channels.kinds);
    case "tier":
      return chooses(words.channels.tiers);
    case "mode":
      return chooses(words.channels.modes);
    case "enabled":
    case "forget_previous":
      return <Switch {...marks} checked={form[field]} onChange={onChange} />;
    case "kept_back":
      return <InputNumber {...marks} min={0} max={2} value={form.kept_back} onChange={(value) => onChange(value ?? 0)} />;
    case "token":
    case "aes_key":
    case "app_secret":
      return <Input.Password {...marks} value={form[field]} onChange={(event) => onChange(event.target.value)} autoComplete="new-password" />;
    default:
      return <Input {...marks} value={form[field]} onChange={(event) => onChange(event.target.value)} autoCapitalize="none" spellCheck={false} />;
  }
}
