// What outlives a restart of the simulator, and what a damaged file comes to.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { startSimulator } from './server.ts';
import { ACCOUNT } from './testing.ts';

const control = async (url: string, method: string, route: string, body?: unknown): Promise<any> =>
  (await fetch(`${url}/control/${route}`, { method, ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }) })).json();

test('phones outlive a restart: customers, lines, windows; and line numbers go on', async (t) => {
  const dir = mkdtempSync(path.join(tmpdir(), 'shunda-phones-'));
  const keep = path.join(dir, 'phones.json');
  const config = { port: 0, callbackBase: 'http://127.0.0.1:9', redeliveryPauseMs: 0, accounts: [{ ...ACCOUNT, mode: 'safe' }], keep };
  const first = await startSimulator(config);
  const { openid } = await control(first.url, 'POST', 'customers', { account: 'main', name: '王芳' });
  await control(first.url, 'POST', `customers/${openid}/text`, { text: '在吗', wait: true });
  const before = await control(first.url, 'GET', `customers/${openid}/transcript`);
  await first.close();
  assert.equal(statSync(keep).mode & 0o777, 0o600);

  const second = await startSimulator(config);
  t.after(async () => {
    await second.close();
    rmSync(dir, { recursive: true });
  });
  assert.deepEqual(await control(second.url, 'GET', `customers/${openid}/transcript`), before);
  const customer = await control(second.url, 'GET', `customers/${openid}`);
  assert.equal(customer.name, '王芳');
  assert.equal(customer.quota.left, 5);
  await control(second.url, 'POST', `customers/${openid}/text`, { text: '还在吗', wait: true });
  const { items } = await control(second.url, 'GET', `customers/${openid}/transcript`);
  assert.equal(new Set(items.map((item: any) => item.id)).size, items.length);
  assert.ok(items.length > before.items.length);
});

test('a file from before customers had consents is read too', async (t) => {
  const dir = mkdtempSync(path.join(tmpdir(), 'shunda-phones-'));
  const keep = path.join(dir, 'phones.json');
  const old = { openid: 'oOld', account: 'main', name: '王芳', following: true, followedAtMs: 1, lastInboundMs: 1, typingUntilMs: 0, grants: {}, transcript: [] };
  writeFileSync(keep, JSON.stringify({ customers: [old] }));
  const { url, close } = await startSimulator({ port: 0, callbackBase: 'http://127.0.0.1:9', accounts: [{ ...ACCOUNT, mode: 'safe' }], keep });
  t.after(async () => {
    await close();
    rmSync(dir, { recursive: true });
  });
  const customer = await control(url, 'GET', 'customers/oOld');
  assert.deepEqual([customer.name, customer.consents, customer.blocked, customer.kf_session], ['王芳', {}, false, null]);
});

test('a file of something else is refused by name', async (t) => {
  const dir = mkdtempSync(path.join(tmpdir(), 'shunda-phones-'));
  t.after(() => rmSync(dir, { recursive: true }));
  const keep = path.join(dir, 'phones.json');
  writeFileSync(keep, '{"customers":[{}]}');
  const config = { port: 0, callbackBase: 'http://127.0.0.1:9', accounts: [{ ...ACCOUNT, mode: 'safe' }], keep };
  await assert.rejects(startSimulator(config), /phones\.json does not hold the simulator's phones; remove it/);
});
