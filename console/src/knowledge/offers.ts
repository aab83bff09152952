// What is said about an offer, and an approved phrasing's way into the draft.
import { asApiError } from "../api.ts";
import { VARIANT_TRIES_MAX } from "../limits.ts";
import type { KnowledgeApi } from "./api.ts";
import { withVariant } from "./form.ts";
import type { Judged, Offer } from "./wire.ts";

/** A phrasing is named by its text and entry; an audit's id is that of its question. */
export function judgedOf(offer: Offer, judgement: Judged["judgement"], other: string): Judged {
  const said: Judged = judgement === "other" ? { judgement, other: other.trim() } : { judgement };
  if (offer.kind === "phrasing") return { ...said, text: offer.text, entry: offer.entry };
  const question = offer.questions?.[0] ?? offer.id;
  return { ...said, question };
}

/** One edit of the entry's row. Who changes it meanwhile is not overwritten: it is read again. False: not added. */
export async function addVariant(api: Pick<KnowledgeApi, "entry" | "putEntry">, entry: string, text: string): Promise<boolean> {
  for (let tries = 0; tries < VARIANT_TRIES_MAX; tries += 1) {
    try {
      const { row } = await api.entry(entry);
      if (row === null) return false;
      const value = withVariant(row.value, text);
      if (value !== null) await api.putEntry(value, row.revision);
      return true;
    } catch (caught) {
      if (asApiError(caught).code !== "knowledge.changed_since") return false;
    }
  }
  return false;
}
