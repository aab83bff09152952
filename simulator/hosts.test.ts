// The two API hosts, and tokens that end in the middle of a burst.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stage } from './testing.ts';
import type { Stage } from './testing.ts';

const SEND = '/cgi-bin/message/custom/send';

async function sender(s: Stage): Promise<(host: string) => Promise<Response>> {
  const openid = await s.customer();
  await s.control('POST', `customers/${openid}/text`, { text: '在吗', wait: true });
  const token = await s.token();
  return (host) => fetch(`${host}${SEND}?access_token=${token}`, { method: 'POST', body: JSON.stringify({ touser: openid, msgtype: 'text', text: { content: '在' } }) });
}

test('the second host answers the same calls, and each goes down by itself', async (t) => {
  const s = await stage(t);
  const send = await sender(s);
  assert.deepEqual(await s.control('GET', 'hosts'), { api: s.url, api2: s.api2Url });
  await s.control('POST', 'faults', { host: { host: 'api', down: 'reset' } });
  await assert.rejects(send(s.url));
  assert.equal(((await (await send(s.api2Url)).json()) as any).errcode, 0);
  await s.control('POST', 'faults', { host: { host: 'api', down: 'http_502' } });
  assert.equal((await send(s.url)).status, 502);
  await s.control('POST', 'faults', { host: { host: 'api', down: null } });
  assert.equal(((await (await send(s.url)).json()) as any).errcode, 0);
  const { calls } = await s.control('GET', `calls?path=${SEND}`);
  assert.deepEqual(calls.map((one: any) => [one.host, one.accepted, one.result, one.status]), [
    ['api', false, 'reset', null], ['api2', true, 'answered', 200], ['api', false, 'answered', 502], ['api', true, 'answered', 200],
  ]);
});

test('a host that is silent keeps its caller waiting until the outage ends', async (t) => {
  const s = await stage(t);
  const send = await sender(s);
  await s.control('POST', 'faults', { host: { host: 'api', down: 'timeout' } });
  const waiting = assert.rejects(send(s.url));
  while ((await s.control('GET', `calls?path=${SEND}`)).calls.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  await s.control('DELETE', 'faults');
  await waiting;
  const { calls } = await s.control('GET', `calls?path=${SEND}`);
  assert.deepEqual(calls.map((one: any) => one.result), ['abandoned']);
});

test('a rule may be meant for one host only', async (t) => {
  const s = await stage(t);
  const send = await sender(s);
  await s.control('POST', 'faults', { api: { path: SEND, host: 'api2', errcode: -1 } });
  assert.equal(((await (await send(s.url)).json()) as any).errcode, 0);
  assert.equal(((await (await send(s.api2Url)).json()) as any).errcode, -1);
});

test('tokens end after so many calls, and the log counts who asked for another', async (t) => {
  const s = await stage(t);
  const send = await sender(s);
  await s.control('POST', 'faults', { token: { account: 'main', expire: true, after_calls: 2 } });
  const codes = [];
  for (let n = 0; n < 4; n += 1) codes.push(((await (await send(s.url)).json()) as any).errcode);
  assert.deepEqual(codes, [0, 0, 42001, 42001]);
  await s.token();
  const { calls } = await s.control('GET', 'calls?path=/cgi-bin/stable_token');
  assert.deepEqual(calls.map((one: any) => one.account), ['main', 'main']);
});
