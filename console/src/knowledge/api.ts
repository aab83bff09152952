// The calls of the knowledge pages (docs/PROTOCOL.md, sections 3 and 8).
import { CLUSTERS_SHOWN_MAX, KNOWLEDGE_PAGE, KNOWLEDGE_TIMEOUT_MS, OFFERS_SHOWN_MAX, UPLOAD_TIMEOUT_MS } from "../limits.ts";
import type * as wire from "./wire.ts";

export type Call = <T>(method: string, path: string, body?: unknown, timeout_ms?: number) => Promise<T>;
export type KnowledgeApi = ReturnType<typeof knowledgeApi>;

const id = encodeURIComponent;

/** `download` answers with the file itself. */
export function knowledgeApi(call: Call, download: (path: string, body: File) => Promise<Blob>) {
  const at = "/api/knowledge";
  const learned = "/api/insight";
  return {
    draft: (after: wire.RowKey | null) => call<wire.DraftState>("GET", `${at}/draft?limit=${KNOWLEDGE_PAGE}${afterRow(after)}`),
    entries: (query: string, after: string | null) =>
      call<{ rows: wire.Row[]; more: boolean }>("GET", `${at}/entries?limit=${KNOWLEDGE_PAGE}&query=${id(query)}${after === null ? "" : `&after=${id(after)}`}`),
    entry: (name: string) => call<wire.RowPair>("GET", `${at}/entries/${id(name)}`),
    putEntry: (value: wire.Entry, revision: number) => call<wire.Put>("PUT", `${at}/entries/${id(value.id)}`, { value, revision }),
    removeEntry: (name: string, revision: number) => call<wire.Put>("DELETE", `${at}/entries/${id(name)}?revision=${revision}`),
    frame: () => call<wire.RowPair<wire.Frame>>("GET", `${at}/frame`),
    putFrame: (value: wire.Frame, revision: number) => call<wire.Put>("PUT", `${at}/frame`, { value, revision }),
    revert: ({ kind, id: row, revision }: wire.RowKey & { revision: number }) => call<wire.Put>("POST", `${at}/reverts`, { rows: [{ kind, id: row, revision }] }),
    submit: (note: string) => call<wire.Review>("POST", `${at}/reviews`, { note }),
    reviewChanges: (review: number, after: wire.RowKey | null) =>
      call<{ changes: wire.RowChange[]; more: boolean }>("GET", `${at}/reviews/${review}?limit=${KNOWLEDGE_PAGE}${afterRow(after)}`),
    decide: (review: number, verdict: "approve" | "return", comment: string) => call<wire.Review>("POST", `${at}/reviews/${review}/decision`, { verdict, comment }),
    publish: (review: number) => call<wire.Version>("POST", `${at}/versions`, { review }, KNOWLEDGE_TIMEOUT_MS),
    versions: (before: number | null) => call<{ versions: wire.Version[] }>("GET", `${at}/versions${before === null ? "" : `?before=${before}`}`),
    rollBack: (version: number, note: string) => call<wire.Version>("POST", `${at}/versions/${version}/rollback`, { note }, KNOWLEDGE_TIMEOUT_MS),
    differences: (asked: wire.Asked, candidate: wire.Candidate) => call<wire.Differences>("POST", `${at}/differences`, { ...asked, candidate }, KNOWLEDGE_TIMEOUT_MS),
    training: (of: wire.Trainee) => call<wire.Training>("GET", `${at}/training?of=${of}`),
    encodeBatch: (digest: string, encoder: string | null, batch: number) => call("POST", `${at}/training`, { digest, encoder, batch }, KNOWLEDGE_TIMEOUT_MS),
    finishTraining: (digest: string, encoder: string | null) => call<wire.Training>("POST", `${at}/training`, { digest, encoder }, KNOWLEDGE_TIMEOUT_MS),
    shadow: () => call<wire.Shadow>("GET", `${at}/shadow`),
    beginShadow: (candidate: wire.Candidate, share: number) => call<wire.Shadow>("POST", `${at}/shadow`, { candidate, share }, KNOWLEDGE_TIMEOUT_MS),
    endShadow: () => call<wire.Shadow>("DELETE", `${at}/shadow`),
    checkTable: (file: File) => call<wire.TableResult>("POST", `${at}/table?format=auto`, file, UPLOAD_TIMEOUT_MS),
    tableErrors: (file: File) => download(`${at}/table/errors?format=auto`, file),
    importTable: (file: File, mode: wire.ImportMode) => call<wire.TableResult>("POST", `${at}/table/draft?format=auto&mode=${mode}`, file, UPLOAD_TIMEOUT_MS),
    clusters: (days: number, limit: number) => call<{ clusters: wire.Cluster[] }>("GET", `${learned}/clusters?days=${days}&limit=${Math.min(limit, CLUSTERS_SHOWN_MAX)}`),
    cluster: (name: string, days: number) => call<wire.ClusterPage>("GET", `${learned}/clusters/${id(name)}?days=${days}`),
    clusterDraft: (name: string, days: number) => call<wire.ClusterDraft>("GET", `${learned}/clusters/${id(name)}/draft?days=${days}`),
    figures: (name: string, version: number) => call<wire.Figures>("GET", `${learned}/clusters/${id(name)}/figures?version=${version}`),
    offers: (kind: wire.Offer["kind"]) => call<{ offers: wire.Offer[] }>("GET", `${learned}/offers?kind=${kind}&limit=${OFFERS_SHOWN_MAX}`),
    judge: (offer: string, judged: wire.Judged) => call("POST", `${learned}/offers/${id(offer)}`, judged),
    experiments: () => call<{ experiments: wire.Experiment[]; level?: number }>("GET", `${learned}/experiments`),
    stopArm: (experiment: string, arm: string, stop: boolean, note: string) => call("POST", `${learned}/experiments/${id(experiment)}/arms/${id(arm)}`, { stop, note }),
    adopt: (experiment: string, arm: string) => call("POST", `${learned}/experiments/${id(experiment)}/adoption`, { arm }),
  };
}

function afterRow(after: wire.RowKey | null): string {
  return after === null ? "" : `&after_kind=${after.kind}&after=${id(after.id)}`;
}
