// The form of a channel: from what is stored, and to what is put (docs/PROTOCOL.md, section 1). Pure.
import type { Channel, ChannelFault, ChannelKind, ChannelSettings, SecretName } from "../wire.ts";

export type ChannelForm = {
  id: string;
  name: string;
  path: string;
  kind: ChannelKind;
  tier: string;
  enabled: boolean;
  floor: string;
  kept_back: number;
  mode: ChannelSettings["mode"];
  appid: string;
  original_id: string;
  open_kfid: string;
  /** Secrets can be written, never read: empty means that the stored one stays. */
  token: string;
  aes_key: string;
  app_secret: string;
  forget_previous: boolean;
};

export const SECRETS: readonly SecretName[] = ["token", "aes_key", "app_secret"];

const EMPTY: ChannelForm = {
  id: "",
  name: "",
  path: "",
  kind: "official_account",
  tier: "service",
  enabled: true,
  floor: "main",
  kept_back: 1,
  mode: "safe",
  appid: "",
  original_id: "",
  open_kfid: "",
  token: "",
  aes_key: "",
  app_secret: "",
  forget_previous: false,
};

export function formOf(channel: Channel | null): ChannelForm {
  if (channel === null) return EMPTY;
  const { hours: _hours, notice: _notice, original_id, open_kfid, ...settings } = channel.settings;
  return { ...EMPTY, ...settings, id: channel.id, original_id: original_id ?? "", open_kfid: open_kfid ?? "" };
}

/** The fields that a channel of this kind has, in their order on the page. */
export function fieldsFor({ kind, mode }: Pick<ChannelForm, "kind" | "mode">): (keyof ChannelForm)[] {
  const secrets = SECRETS.filter((name) => name !== "aes_key" || kind === "kefu" || mode !== "plaintext");
  const common = ["id", "name", "kind", "path", "appid"] as const;
  if (kind === "kefu") return [...common, "open_kfid", ...secrets, "floor", "kept_back", "enabled"];
  const own = kind === "official_account" ? (["original_id", "tier", "mode"] as const) : (["original_id", "mode"] as const);
  return [...common, ...own, ...secrets, "floor", "kept_back", "enabled"];
}

/** What is put: the form's fields, and what it has no fields for as it was. */
export function bodyOf(form: ChannelForm, stored: ChannelSettings | null): Record<string, unknown> {
  const body: Record<string, unknown> = {};
  if (stored?.hours) body.hours = stored.hours;
  if (stored?.notice) body.notice = stored.notice;
  for (const field of fieldsFor(form)) {
    const value = form[field];
    const isKept = (SECRETS as readonly string[]).includes(field) && value === "";
    if (field !== "id" && !isKept) body[field] = typeof value === "string" ? value.trim() : value;
  }
  if (form.forget_previous) body.forget_previous = true;
  return body;
}

/** Faults by the field that shows them; the others are told together. */
export function sortFaults(faults: readonly ChannelFault[], fields: readonly string[]) {
  const at = new Map<string, string>();
  const elsewhere: ChannelFault[] = [];
  for (const fault of faults) {
    if (fields.includes(fault.at)) at.set(fault.at, fault.code);
    else elsewhere.push(fault);
  }
  return { at, elsewhere };
}

/** The faults in a refusal, as far as they have their shape. */
export function faultsOf(value: unknown): ChannelFault[] {
  if (!Array.isArray(value)) return [];
  return value.filter((fault): fault is ChannelFault => typeof fault?.at === "string" && typeof fault.code === "string");
}

export function callbackAddress(origin: string, path: string): string {
  return `${origin}/callback/${path}`;
}
