// The simulator as one HTTP server on 127.0.0.1: the API, the control API, media, the page.
import { readFile } from 'node:fs/promises';
import http from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Api } from './api.ts';
import { isRecord, parseConfig } from './config.ts';
import { control } from './control.ts';
import { Courier } from './delivery.ts';
import { Faults } from './faults.ts';
import { Feed } from './feed.ts';
import { readBody, send, sendJson } from './http.ts';
import type { Input } from './input.ts';
import { Kefu } from './kefu.ts';
import { Bell } from './kefu_callback.ts';
import { kefuControl } from './kefu_control.ts';
import type { KefuWorld } from './kefu_control.ts';
import { Memory } from './memory.ts';
import { servePicture } from './pictures.ts';
import { Platform } from './platform.ts';
import { Refusal } from './refusal.ts';
import type { World } from './world.ts';

export interface Simulator {
  /** `http://127.0.0.1:PORT`. */
  url: string;
  /** The second API host: the same calls, a fault switch of its own. */
  api2Url: string;
  close: () => Promise<void>;
}

/** All that a request may lead to. */
interface Site {
  world: World;
  kefu: KefuWorld;
  feed: Feed;
  api: Api;
}

const KEEP_ALIVE_MS = 300_000;
const TYPES: Record<string, string> = { html: 'text/html', js: 'text/javascript', css: 'text/css' };
/** The page's files by name, so that no path from outside reaches the disk. */
const PAGE = ['index.html', 'page.css', 'page.js', 'phone.js', 'bubble.js', 'icons.js', 'words.js'];
const PAGE_POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'";

/** Starts with a configuration as docs/SIMULATOR.md gives it; rejects when it is faulty or the port is taken. */
export async function startSimulator(rawConfig: unknown): Promise<Simulator> {
  const config = parseConfig(rawConfig);
  const platform = new Platform(config);
  const faults = new Faults();
  const courier = new Courier(config, platform, faults);
  const feed = new Feed();
  const memory = config.keep === null ? null : new Memory(platform, config.keep);
  platform.announce = (change) => {
    feed.announce(change);
    memory?.changed();
  };
  const [server, server2] = [http.createServer(), http.createServer()];
  const url = await listen(server, config.port);
  const api2Url = await listen(server2, config.api2Port);
  platform.pictureBase = config.pictureBase ?? url;
  platform.push = (message) => void courier.deliver(message);
  const world: World = { platform, faults, courier, url: () => url, api2Url: () => api2Url };
  const kefu = new Kefu(config, platform);
  const bell = new Bell(kefu, courier, faults, config.redeliveryPauseMs);
  kefu.ring = (desk, about) => bell.ring(desk, about);
  const site: Site = { world, kefu: { kefu, bell, courier }, feed, api: new Api(platform, faults, kefu) };
  server.on('request', (request, response) => {
    serve(site, request, response).catch((error: unknown) => answerError(response, error));
  });
  server2.on('request', (request, response) => {
    serveApi2(site, request, response).catch((error: unknown) => answerError(response, error));
  });
  const close = async (): Promise<void> => {
    courier.abort();
    bell.abort();
    faults.clear();
    for (const one of [server, server2]) {
      one.closeAllConnections();
      await new Promise((resolve) => one.close(resolve));
    }
    memory?.write();
  };
  return { url, api2Url, close };
}

async function listen(server: http.Server, port: number): Promise<string> {
  // Callers keep connections; one closed under a caller's next call would look like a fault nobody asked for.
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(port, '127.0.0.1', resolve);
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function serveApi2({ world, api }: Site, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const url = new URL(request.url ?? '/', world.api2Url());
  if (!url.pathname.startsWith('/cgi-bin/')) throw new Refusal(404, 'http.not_found', 'only the API is here');
  await api.handle(request, response, url, 'api2');
}

async function serve(site: Site, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { world, api, feed } = site;
  if (!URL.canParse(request.url ?? '/', world.url())) throw new Refusal(400, 'http.bad_url', 'this is not a path');
  const url = new URL(request.url ?? '/', world.url());
  if (url.pathname.startsWith('/cgi-bin/')) return api.handle(request, response, url, 'api');
  // Under whatever name: PicUrl may carry one of WeChat's that is made to lead here.
  if (/^\/(mmbiz|video)\//.test(url.pathname)) return servePicture(world.platform, world.faults.pictures, url.pathname, response);
  refuseForeign(request);
  if (url.pathname === '/control/events' && request.method === 'GET') return feed.listen(response);
  if (url.pathname.startsWith('/control/')) return serveControl(site, request, response, url);
  if (request.method !== 'GET') throw new Refusal(405, 'http.method', 'only GET here');
  if (url.pathname.startsWith('/media/')) return serveMedia(world, response, url.pathname.slice('/media/'.length));
  const file = url.pathname === '/' ? 'index.html' : url.pathname.slice(1);
  if (!PAGE.includes(file)) throw new Refusal(404, 'http.not_found', 'no such page');
  const body = await readFile(new URL(`./page/${file}`, import.meta.url));
  send(response, 200, `${TYPES[file.split('.').at(-1) ?? '']}; charset=utf-8`, body, { 'cache-control': 'no-cache', 'content-security-policy': PAGE_POLICY });
}

async function serveControl({ world, kefu }: Site, request: IncomingMessage, response: ServerResponse, url: URL): Promise<void> {
  const method = request.method ?? 'GET';
  const body = await readBody(request);
  const path = url.pathname.slice('/control/'.length);
  const next = (input: Input): Promise<unknown> => control(world, method, path, url.searchParams, input);
  const answer = await kefuControl({ ...kefu, method, path, input: parseInput(request, body), next });
  if (answer === null) throw new Refusal(404, 'http.not_found', `no ${method} ${url.pathname}; see docs/SIMULATOR.md`);
  sendJson(response, 200, answer);
}

function parseInput(request: IncomingMessage, body: Buffer): Record<string, unknown> {
  if (body.length === 0) return {};
  // A page of another site can send text, but not this type.
  if (!request.headers['content-type']?.startsWith('application/json')) throw new Refusal(415, 'http.content_type', 'send application/json');
  try {
    const input: unknown = JSON.parse(body.toString('utf8'));
    if (isRecord(input)) return input;
  } catch {
    // Answered below, like any other body that is not an object.
  }
  throw new Refusal(400, 'control.invalid', 'the body must be a JSON object');
}

/** Other sites open in the same browser must not drive the simulator: by form, or by a name that resolves here. */
function refuseForeign(request: IncomingMessage): void {
  const host = (request.headers.host ?? '').replace(/:\d+$/, '');
  const origin = request.headers.origin;
  const foreign = !['127.0.0.1', 'localhost'].includes(host) || (origin !== undefined && origin !== `http://${request.headers.host}`);
  if (foreign) throw new Refusal(403, 'http.foreign', 'only pages of this simulator may call it');
}

function serveMedia({ platform }: World, response: ServerResponse, id: string): void {
  const media = platform.media(null, id);
  if (!media) throw new Refusal(404, 'http.not_found', 'no such media');
  send(response, 200, media.type, media.bytes, { 'content-security-policy': "default-src 'none'" });
}

function answerError(response: ServerResponse, error: unknown): void {
  if (error instanceof Refusal) return sendJson(response, error.status, { code: error.code, message: error.message });
  if (!response.destroyed) console.error(error);
  sendJson(response, 500, { code: 'simulator.bug', message: 'the simulator failed; its log says why' });
}
