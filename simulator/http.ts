// Small pieces of HTTP that both the API and the control side use.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { BODY_BYTES_MAX } from './limits.ts';
import { Refusal } from './refusal.ts';

export async function readBody(request: IncomingMessage, bytesMax = BODY_BYTES_MAX): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  // Not destroyed when we stop early: the socket must live to carry the refusal.
  for await (const chunk of request.iterator({ destroyOnReturn: false })) {
    bytes += (chunk as Buffer).length;
    if (bytes > bytesMax) throw new Refusal(413, 'http.body_too_large', `a body may have ${bytesMax} bytes`);
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks);
}

export function sendJson(response: ServerResponse, status: number, value: unknown): void {
  send(response, status, 'application/json; charset=utf-8', Buffer.from(JSON.stringify(value)));
}

export function send(response: ServerResponse, status: number, type: string, body: Buffer, headers: Record<string, string> = {}): void {
  if (response.destroyed || response.headersSent) return;
  response.writeHead(status, { 'content-type': type, 'content-length': body.length, 'x-content-type-options': 'nosniff', ...headers });
  response.end(body);
}
