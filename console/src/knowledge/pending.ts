// All that is pending, page after page, as far as a page can show it.
import { PENDING_PAGES_MAX } from "../limits.ts";
import type { KnowledgeApi } from "./api.ts";
import type { DraftState } from "./wire.ts";

/** `more`: there are others that are not among `pending`. */
export async function pendingOf(api: Pick<KnowledgeApi, "draft">): Promise<DraftState> {
  let state = await api.draft(null);
  for (let page = 1; page < PENDING_PAGES_MAX && state.more; page += 1) {
    const last = state.pending.at(-1);
    if (last === undefined) break;
    const next = await api.draft({ kind: last.kind, id: last.id });
    state = { ...next, pending: [...state.pending, ...next.pending] };
  }
  return state;
}
