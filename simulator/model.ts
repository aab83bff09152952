// A stand-in for a model provider: an OpenAI-compatible endpoint whose chat is scripted and whose vectors are computed.
import http from 'node:http';
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { readBody, send, sendJson } from './http.ts';
import { isRecord } from './config.ts';

/** What the endpoint was asked. */
export interface ModelCall {
  path: string;
  headers: IncomingHttpHeaders;
  body: any;
}

/** What it answers: an envelope around what the model writes, or anything at all. */
export interface ModelReply {
  /** What the model writes. */
  content?: string | null;
  /** Instead of the true figures. */
  usage?: unknown;
  status?: number;
  /** The whole body, as it stands, in place of the envelope. */
  raw?: string;
  headers?: Record<string, string>;
  /** Before the answer. */
  delayMs?: number;
  /** No answer at all: the connection is closed. */
  cut?: boolean;
}

export type Script = (call: ModelCall) => ModelReply | undefined | Promise<ModelReply | undefined>;

export interface ModelEndpoint {
  /** `http://127.0.0.1:PORT/v1`. */
  url: string;
  calls: ModelCall[];
  /** How it answers from now on; what the script leaves undefined is answered faithfully. */
  script: (script: Script) => void;
  close: () => Promise<void>;
}

/** A question as the chat model is given it. */
export interface Shown {
  question: string;
  passages: { number: number; question: string; answer: string }[];
}

const DIMENSIONS = 256;

export async function startModel(port = 0): Promise<ModelEndpoint> {
  const calls: ModelCall[] = [];
  let script: Script = () => undefined;
  const server = http.createServer((request, response) => {
    answer(request, response, calls, (call) => script(call)).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    calls,
    script: (next) => void (script = next),
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function answer(request: IncomingMessage, response: ServerResponse, calls: ModelCall[], script: Script): Promise<void> {
  const body: unknown = JSON.parse((await readBody(request)).toString('utf8'));
  const path = request.url ?? '';
  const call: ModelCall = { path, headers: request.headers, body };
  calls.push(call);
  if (!isRecord(body)) return sendJson(response, 400, { error: { message: 'not an object' } });
  const reply = (await script(call)) ?? {};
  if (reply.delayMs) await sleep(reply.delayMs);
  if (reply.cut) return void response.destroy();
  if (reply.raw !== undefined) return send(response, reply.status ?? 200, 'application/json', Buffer.from(reply.raw), reply.headers);
  if (path === '/v1/embeddings') return sendJson(response, reply.status ?? 200, embeddings(body.input as string[], reply));
  if (path === '/v1/chat/completions') return sendJson(response, reply.status ?? 200, completion(call, reply));
  return sendJson(response, 404, { error: { message: `no such path: ${path}` } });
}

function completion(call: ModelCall, reply: ModelReply): object {
  const content = reply.content === undefined ? faithful(shown(call), wasAskedToCompose(call)) : reply.content;
  const read = call.body.messages.reduce((sum: number, message: any) => sum + tokens(message.content), 0);
  const written = tokens(content ?? '');
  const usage = 'usage' in reply ? reply.usage : { prompt_tokens: read, completion_tokens: written, total_tokens: read + written };
  return { id: 'chatcmpl-1', object: 'chat.completion', model: call.body.model, choices: [{ index: 0, finish_reason: 'stop', message: { role: 'assistant', content } }], usage };
}

/** The question and the passages in a call. */
export function shown(call: ModelCall): Shown {
  return JSON.parse(call.body.messages[1].content);
}

const wasAskedToCompose = (call: ModelCall): boolean => String(call.body.messages[0].content).includes('"cites"');

/** A model that does what it is told: the passage that shares most pairs of characters with the question, if any. */
function faithful({ question, passages }: Shown, compose: boolean): string {
  const pairs = (text: string): Set<string> => new Set([...text].slice(1).map((c, at) => [...text][at]! + c));
  const asked = pairs(question);
  const shares = passages.map((passage) => [...pairs(passage.question + passage.answer)].filter((pair) => asked.has(pair)).length);
  const most = Math.max(...shares);
  const best = most > 0 ? passages[shares.indexOf(most)]! : undefined;
  if (!compose) return JSON.stringify({ passage: best?.number ?? null });
  return JSON.stringify(best ? { text: best.answer, cites: [best.number] } : { text: null, cites: [] });
}

function embeddings(input: string[], reply: ModelReply): object {
  const read = input.reduce((sum, text) => sum + tokens(text), 0);
  const usage = 'usage' in reply ? reply.usage : { prompt_tokens: read, total_tokens: read };
  return { object: 'list', model: 'ngrams', data: input.map((text, index) => ({ object: 'embedding', index, embedding: vector(text) })), usage };
}

/** One to three neighbouring characters, each hashed to a place and a sign. */
export function vector(text: string): number[] {
  const chars = [...text.toLowerCase()].filter((c) => /[\p{L}\p{N}]/u.test(c));
  const sums = new Array<number>(DIMENSIONS).fill(0);
  for (let size = 1; size <= 3; size += 1)
    for (let at = 0; at + size <= chars.length; at += 1) {
      const hash = fnv(chars.slice(at, at + size).join(''));
      sums[hash % DIMENSIONS]! += (hash >>> 16) % 2 === 0 ? 1 : -1;
    }
  const length = Math.hypot(...sums) || 1;
  return sums.map((sum) => sum / length);
}

function fnv(text: string): number {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(text)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return hash;
}

/** As tokenisers count, roughly: four letters, or one character of another script. */
function tokens(text: string): number {
  const others = [...text].filter((c) => c.charCodeAt(0) > 127).length;
  return Math.ceil(([...text].length - others) / 4) + others;
}
