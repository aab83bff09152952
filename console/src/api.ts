// Calls the worker's HTTP API; every refusal becomes one ApiError.
import { DIAGNOSIS_TIMEOUT_MS, REQUEST_TIMEOUT_MS, UPLOAD_TIMEOUT_MS } from "./limits.ts";
import { knowledgeApi, type KnowledgeApi } from "./knowledge/api.ts";
import type {
  Channel,
  ChannelHealth,
  Check,
  Conversation,
  ConversationKey,
  MoodLabels,
  Person,
  PersonMessage,
  ReplyAccepted,
  ReplyRequest,
  ResolutionRequest,
  Session,
  Uploaded,
  WithdrawalRequest,
} from "./wire.ts";

/** `status` 0 with code `network.no_answer`: it is not known whether the worker acted. */
export class ApiError extends Error {
  readonly status: number;
  readonly code: string;
  readonly fields: Readonly<Record<string, unknown>>;

  constructor(status: number, code: string, fields: Record<string, unknown> = {}) {
    super(code);
    this.name = "ApiError";
    this.status = status;
    this.code = code;
    this.fields = fields;
  }

  /** A number among the fields of the refusal. */
  number(field: string): number | null {
    const value = this.fields[field];
    return typeof value === "number" ? value : null;
  }
}

export function asApiError(error: unknown): ApiError {
  return error instanceof ApiError ? error : new ApiError(0, "network.no_answer");
}

export type Api = {
  session(): Promise<Session>;
  signIn(login: string, password: string): Promise<Session>;
  signOut(): Promise<void>;
  conversation(key: ConversationKey, after: number, limit: number): Promise<Conversation>;
  reply(key: ConversationKey, reply: ReplyRequest): Promise<ReplyAccepted>;
  person(key: ConversationKey): Promise<Person>;
  personHistory(key: ConversationKey, limit: number): Promise<{ messages: PersonMessage[]; more: boolean }>;
  upload(key: ConversationKey, file: File): Promise<Uploaded>;
  labelMood(key: ConversationKey, seq: number, labels: MoodLabels): Promise<void>;
  withdraw(key: ConversationKey, withdrawal: WithdrawalRequest): Promise<void>;
  resolve(key: ConversationKey, resolution: ResolutionRequest): Promise<void>;
  channels(): Promise<{ channels: Channel[] }>;
  putChannel(id: string, body: Record<string, unknown>): Promise<Channel>;
  diagnose(id: string): Promise<{ checks: Check[] }>;
  channelsHealth(): Promise<{ channels: ChannelHealth[] }>;
  knowledge: KnowledgeApi;
};

/** `onSessionEnded` runs at every 401 of a signed-in call. */
export function createApi(fetcher: typeof fetch, onSessionEnded: () => void): Api {
  async function call<T>(method: string, path: string, body?: unknown, timeout_ms = REQUEST_TIMEOUT_MS): Promise<T> {
    const response = await answered(method, path, body, timeout_ms);
    return (response.status === 204 ? undefined : await bodyOf(response)) as T;
  }

  async function answered(method: string, path: string, body: unknown, timeout_ms: number): Promise<Response> {
    const response = await request(fetcher, method, path, body, timeout_ms);
    if (response.ok) return response;
    const error = refusal(response.status, await bodyOf(response).catch(() => null));
    if (error.status === 401 && !(method === "POST" && path === "/api/session")) onSessionEnded();
    throw error;
  }

  return {
    session: () => call("GET", "/api/session"),
    signIn: (login, password) => call("POST", "/api/session", { login, password }),
    signOut: () => call("DELETE", "/api/session"),
    conversation: (key, after, limit) => call("GET", `${pathOf(key)}?after=${after}&limit=${limit}`),
    reply: (key, reply) => call("POST", `${pathOf(key)}/replies`, reply),
    person: (key) => call("GET", `${pathOf(key)}/person`),
    personHistory: (key, limit) => call("GET", `${pathOf(key)}/person/history?limit=${limit}`),
    upload: (key, file) => call("POST", `${pathOf(key)}/media`, file, UPLOAD_TIMEOUT_MS),
    labelMood: (key, seq, labels) => call("POST", `${pathOf(key)}/mood`, { seq, ...labels }),
    withdraw: (key, withdrawal) => call("POST", `${pathOf(key)}/withdrawals`, withdrawal),
    channels: () => call("GET", "/api/channels"),
    putChannel: (id, body) => call("PUT", `/api/channels/${encodeURIComponent(id)}`, body),
    diagnose: (id) => call("POST", `/api/channels/${encodeURIComponent(id)}/diagnosis`, {}, DIAGNOSIS_TIMEOUT_MS),
    channelsHealth: () => call("GET", "/api/health/channels"),
    knowledge: knowledgeApi(call, async (path, file) => (await answered("POST", path, file, UPLOAD_TIMEOUT_MS)).blob()),
    resolve: (key, resolution) => call("POST", `${pathOf(key)}/resolution`, resolution),
  };
}

async function request(fetcher: typeof fetch, method: string, path: string, body: unknown, timeout_ms: number): Promise<Response> {
  const init: RequestInit = {
    method,
    credentials: "same-origin",
    cache: "no-store",
    signal: AbortSignal.timeout(timeout_ms),
  };
  if (body instanceof File) {
    init.headers = { "content-type": "application/octet-stream", "x-file-name": encodeURIComponent(body.name) };
    init.body = body;
  } else if (method !== "GET") {
    init.headers = { "content-type": "application/json" };
    if (body !== undefined) init.body = JSON.stringify(body);
  }
  try {
    return await fetcher(path, init);
  } catch {
    throw new ApiError(0, "network.no_answer");
  }
}

async function bodyOf(response: Response): Promise<unknown> {
  try {
    return await response.json();
  } catch {
    throw new ApiError(0, "network.no_answer");
  }
}

function refusal(status: number, body: unknown): ApiError {
  const fields = typeof body === "object" && body !== null ? (body as Record<string, unknown>) : {};
  const code = typeof fields.code === "string" ? fields.code : `http.${status}`;
  return new ApiError(status, code, fields);
}

function pathOf(key: ConversationKey): string {
  return `/api/conversations/${encodeURIComponent(key.channel)}/${encodeURIComponent(key.customer)}`;
}
