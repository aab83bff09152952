// Support for the simulator's tests: a scripted callback server, and a simulator that calls it.
import http from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';
import { decrypt, encrypt, getSignature } from '@wecom/crypto';
import type { Mode } from './config.ts';
import { parseJson } from './json.ts';
import { startSimulator } from './server.ts';
import { parseXml } from './xml.ts';
import type { Fields } from './xml.ts';

export const ACCOUNT = {
  id: 'main', name: '晨光小家电', path: 'main', token: 'testtoken1', appid: 'wx0123456789abcdef', appSecret: 'secret0123456789', originalId: 'gh_0123456789ab',
  encodingAesKey: 'abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG',
};

/** One callback as the account's server sees it; `fields` are decrypted. */
export interface Push {
  method: string;
  query: URLSearchParams;
  body: string;
  fields: Fields;
}

export type Answerer = (push: Push, response: ServerResponse) => void;

/** Long enough that a push which ought to be answered never runs into it on a slow machine. */
const PATIENT_MS = 20_000;

export interface Stage {
  url: string;
  api2Url: string;
  /** What the callback server got, in order. */
  pushes: Push[];
  callbackBase: string;
  /** How it answers from now on; `success` at first. */
  answer: (answerer: Answerer) => void;
  control: (method: string, path: string, body?: unknown) => Promise<any>;
  status: (method: string, path: string, body?: unknown) => Promise<number>;
  api: (method: string, path: string, body?: unknown) => Promise<any>;
  token: () => Promise<string>;
  customer: () => Promise<string>;
  transcript: (openid: string) => Promise<any[]>;
  deliveries: (openid: string) => Promise<any[]>;
}

export const say = (text: string): Answerer => (_, response) => void response.end(text);

interface Options {
  mode?: Mode;
  timeoutMs?: number;
  /** More settings of the account `main`. */
  account?: object;
  /** More accounts, in full. */
  others?: object[];
}

/** Starts both servers; they close when the test ends. */
export async function stage(t: TestContext, { mode = 'safe', timeoutMs = PATIENT_MS, account = {}, others = [] }: Options = {}): Promise<Stage> {
  const pushes: Push[] = [];
  let answerer = say('success');
  const server = http.createServer((request, response) => {
    void readPush(request).then((push) => {
      pushes.push(push);
      answerer(push, response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const callbackBase = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const simulator = await startSimulator({ port: 0, callbackBase, deliveryTimeoutMs: timeoutMs, redeliveryPauseMs: 0, accounts: [{ ...ACCOUNT, mode, ...account }, ...others] });
  t.after(async () => {
    await simulator.close();
    server.closeAllConnections();
    server.close();
  });
  const call = (method: string, path: string, body?: unknown): Promise<Response> =>
    fetch(simulator.url + path, { method, ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body), headers: { 'content-type': 'application/json' } }) });
  const control = async (method: string, path: string, body?: unknown): Promise<any> => {
    const response = await call(method, `/control/${path}`, body);
    const answer = await response.json();
    if (response.status !== 200) throw new Error(JSON.stringify(answer));
    return answer;
  };
  const secret = { grant_type: 'client_credential', appid: ACCOUNT.appid, secret: ACCOUNT.appSecret };
  return {
    url: simulator.url,
    api2Url: simulator.api2Url,
    pushes,
    callbackBase,
    answer: (next) => (answerer = next),
    control,
    status: async (method, path, body) => (await call(method, `/control/${path}`, body)).status,
    api: async (method, path, body) => (await call(method, `/cgi-bin/${path}`, body)).json(),
    token: async () => ((await (await call('POST', '/cgi-bin/stable_token', secret)).json()) as any).access_token,
    customer: async () => (await control('POST', 'customers', { account: 'main' })).openid,
    transcript: async (openid) => (await control('GET', `customers/${openid}/transcript`)).items,
    deliveries: async (openid) => (await control('GET', `deliveries?openid=${openid}`)).deliveries,
  };
}

async function readPush(request: IncomingMessage): Promise<Push> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const body = Buffer.concat(chunks).toString('utf8');
  const parse = (text: string): Fields | null => parseXml(text) ?? parseJson(text);
  const outer = parse(body) ?? {};
  const inner = typeof outer.Encrypt === 'string' ? parse(opened(outer.Encrypt)) : outer;
  return { method: request.method ?? '', query: new URL(request.url ?? '/', 'http://x').searchParams, body, fields: inner ?? {} };
}

/** Empty when it is not for our key. */
function opened(cipher: string): string {
  try {
    return decrypt(ACCOUNT.encodingAesKey, cipher).message;
  } catch {
    return '';
  }
}

/** A text reply to `push`, unencrypted. */
export function plainReply(push: Push, text: string): string {
  const { FromUserName, ToUserName } = push.fields;
  return `<xml><ToUserName><![CDATA[${FromUserName}]]></ToUserName><FromUserName><![CDATA[${ToUserName}]]></FromUserName><CreateTime>1</CreateTime><MsgType><![CDATA[text]]></MsgType><Content><![CDATA[${text}]]></Content></xml>`;
}

/** `inner` encrypted and signed as a reply; the options damage it. */
export function sealReply(inner: string, { appid = ACCOUNT.appid, key = ACCOUNT.encodingAesKey, token = ACCOUNT.token } = {}): string {
  const cipher = encrypt(key, inner, appid);
  const signature = getSignature(token, 1700000000, 'nonce', cipher);
  return `<xml><Encrypt><![CDATA[${cipher}]]></Encrypt><MsgSignature><![CDATA[${signature}]]></MsgSignature><TimeStamp>1700000000</TimeStamp><Nonce><![CDATA[nonce]]></Nonce></xml>`;
}

export const sayText = (text: string): Answerer => (push, response) => void response.end(sealReply(plainReply(push, text)));
