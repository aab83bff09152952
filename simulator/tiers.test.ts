// What an account may do by its tier, and what may be wrong between it and the platform.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { ACCOUNT, sayText, stage } from './testing.ts';
import type { Stage } from './testing.ts';

const CLIENT = { grant_type: 'client_credential', appid: ACCOUNT.appid, secret: ACCOUNT.appSecret };

async function codeOf(s: Stage, method: string, path: string, body?: object): Promise<number> {
  return (await s.api(method, `${path}${path.includes('?') ? '&' : '?'}access_token=${await s.token()}`, body)).errcode ?? 0;
}

test('an unverified account has passive replies only', async (t) => {
  const s = await stage(t, { account: { tier: 'unverified' } });
  s.answer(sayText('好'));
  const openid = await s.customer();
  assert.equal((await s.control('POST', `customers/${openid}/text`, { text: '在吗', wait: true })).outcome, 'reply');
  const send = { touser: openid, msgtype: 'text', text: { content: '在' } };
  assert.equal(await codeOf(s, 'POST', 'message/custom/send', send), 48001);
  assert.equal(await codeOf(s, 'POST', 'message/custom/typing', { touser: openid, command: 'Typing' }), 48001);
  assert.equal(await codeOf(s, 'GET', `user/info?openid=${openid}`), 48001);
  await s.control('PATCH', 'accounts/main', { tier: 'verified' });
  assert.equal(await codeOf(s, 'POST', 'message/custom/send', send), 0);
});

test('each fault of the token call has its errcode, and 40164 names the address', async (t) => {
  const s = await stage(t);
  const ask = (): Promise<any> => s.api('POST', 'stable_token', CLIENT);
  const set = (change: object): Promise<unknown> => s.control('POST', 'faults', { account: { id: 'main', ...change } });
  for (const [change, code] of [[{ secret: 'wrong' }, 40125], [{ secret: 'frozen' }, 40243], [{ secret: 'ok', appid: 'unknown' }, 40013]] as const) {
    await set(change);
    assert.equal((await ask()).errcode, code);
  }
  await set({ appid: 'ok', ip_allow_list: ['203.0.113.7'] });
  const refused = await ask();
  assert.equal(refused.errcode, 40164);
  assert.match(refused.errmsg, /^invalid ip 127\.0\.0\.1 ipv6 ::ffff:127\.0\.0\.1, not in whitelist rid: /);
  await set({ ip_allow_list: ['127.0.0.1'] });
  assert.equal(typeof (await ask()).access_token, 'string');
  assert.equal(await s.status('POST', 'faults', { account: { id: 'main', secret: 'lost' } }), 400);
});

test('a daily quota that is used up is 45009', async (t) => {
  const s = await stage(t);
  const openid = await s.customer();
  await s.control('POST', `customers/${openid}/text`, { text: '在吗', wait: true });
  await s.control('POST', 'faults', { account: { id: 'main', daily_limits: { '/cgi-bin/message/custom/send': 2 } } });
  const send = { touser: openid, msgtype: 'text', text: { content: '在' } };
  const codes = [];
  for (let n = 0; n < 3; n += 1) codes.push(await codeOf(s, 'POST', 'message/custom/send', send));
  assert.deepEqual(codes, [0, 0, 45009]);
  await s.control('POST', 'clock', { advance_ms: 86_400_000 });
  await s.control('POST', `customers/${openid}/text`, { text: '还在吗', wait: true });
  assert.equal(await codeOf(s, 'POST', 'message/custom/send', send), 0);
});

test('a wrong clock, token or key of the platform shows in its pushes', async (t) => {
  const s = await stage(t, { mode: 'plaintext' });
  const openid = await s.customer();
  const say = (): Promise<any> => s.control('POST', `customers/${openid}/text`, { text: '在吗', wait: true });
  await s.control('POST', 'faults', { account: { id: 'main', skew_s: -3_600 } });
  await say();
  const skewed = s.pushes.at(-1);
  const behind = Date.now() / 1000 - Number(skewed?.query.get('timestamp'));
  assert.ok(behind > 3_500 && behind < 3_700);
  assert.equal(skewed?.fields.CreateTime, skewed?.query.get('timestamp'));
  await s.control('POST', 'faults', { account: { id: 'main', skew_s: 0, callback_token: 'wrong' } });
  await say();
  const { query } = s.pushes.at(-1) ?? {};
  const ours = createHash('sha1').update([ACCOUNT.token, query?.get('timestamp'), query?.get('nonce')].sort().join('')).digest('hex');
  assert.notEqual(query?.get('signature'), ours);
  await s.control('POST', 'verify-url', { account: 'main' });
  const check = s.pushes.at(-1)?.query;
  assert.notEqual(check?.get('signature'), createHash('sha1').update([ACCOUNT.token, check?.get('timestamp'), check?.get('nonce')].sort().join('')).digest('hex'));
});

test('a platform with another AES key sends what we cannot open', async (t) => {
  const s = await stage(t);
  s.answer(sayText('好'));
  const openid = await s.customer();
  const say = (): Promise<any> => s.control('POST', `customers/${openid}/text`, { text: '在吗', wait: true });
  await s.control('POST', 'faults', { account: { id: 'main', callback_key: 'wrong' } });
  assert.equal((await say()).outcome, 'failed');
  assert.deepEqual(s.pushes.at(-1)?.fields, {});
  await s.control('DELETE', 'faults');
  assert.equal((await say()).outcome, 'reply');
});
