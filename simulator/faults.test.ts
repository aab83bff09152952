// Misbehaviour on demand, held calls, tampered callbacks, and the control API's own manners.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseConfig } from './config.ts';
import { ACCOUNT, say, sayText, stage } from './testing.ts';
import type { Stage } from './testing.ts';

const SEND = '/cgi-bin/message/custom/send';
const wait = true;

async function send(s: Stage, openid: string, content: string, signal?: AbortSignal): Promise<Response> {
  const body = JSON.stringify({ touser: openid, msgtype: 'text', text: { content } });
  return fetch(`${s.url}${SEND}?access_token=${await s.token()}`, { method: 'POST', body, ...(signal ? { signal } : {}) });
}

async function writer(s: Stage): Promise<string> {
  const openid = await s.customer();
  await s.control('POST', `customers/${openid}/text`, { text: '在吗', wait });
  return openid;
}

const shown = async (s: Stage, openid: string): Promise<string[]> => (await s.transcript(openid)).filter((item) => item.via === 'custom_send').map((item) => item.text);
const calls = async (s: Stage): Promise<any[]> => (await s.control('GET', `calls?path=${SEND}`)).calls;

test('an errcode fault refuses as often as told, then all is well', async (t) => {
  const s = await stage(t);
  const openid = await writer(s);
  await s.control('POST', 'faults', { api: { path: SEND, errcode: -1, times: 2 } });
  const codes: number[] = [];
  for (let n = 1; n <= 3; n += 1) codes.push(((await (await send(s, openid, `${n}`)).json()) as any).errcode);
  assert.deepEqual(codes, [-1, -1, 0]);
  assert.deepEqual(await shown(s, openid), ['3']);
  assert.deepEqual((await calls(s)).map((call) => [call.errcode, call.accepted, call.text]), [[-1, false, '1'], [-1, false, '2'], [0, true, '3']]);
});

test('an HTTP status fault answers without JSON and accepts nothing', async (t) => {
  const s = await stage(t);
  const openid = await writer(s);
  await s.control('POST', 'faults', { api: [{ path: SEND, http_status: 502 }] });
  assert.equal((await send(s, openid, 'x')).status, 502);
  assert.deepEqual(await shown(s, openid), []);
});

test('reset before and after acceptance: the caller sees the same, the phone does not', async (t) => {
  const s = await stage(t);
  const openid = await writer(s);
  await s.control('POST', 'faults', { api: [{ path: SEND, reset: 'before_accept' }, { path: SEND, reset: 'after_accept' }] });
  await assert.rejects(send(s, openid, '没到'));
  await assert.rejects(send(s, openid, '到了'));
  assert.deepEqual(await shown(s, openid), ['到了']);
  assert.deepEqual((await calls(s)).map((call) => call.result), ['reset', 'reset']);
});

test('hang before acceptance: a caller that dies leaves nothing, a release goes through', async (t) => {
  const s = await stage(t);
  const openid = await writer(s);
  await s.control('POST', 'faults', { api: { path: SEND, hang: 'before_accept', times: 2 } });
  const killed = new AbortController();
  const lost = assert.rejects(send(s, openid, '死了', killed.signal));
  const { held } = await s.control('GET', 'held?wait_ms=20000');
  assert.deepEqual(held.map((one: any) => [one.path, one.stage, one.openid]), [[SEND, 'before_accept', openid]]);
  killed.abort();
  await lost;
  while ((await s.control('GET', 'held')).held.length > 0) await new Promise((resolve) => setTimeout(resolve, 5));
  const second = send(s, openid, '活着');
  await s.control('GET', 'held?wait_ms=20000');
  assert.deepEqual(await shown(s, openid), []);
  assert.equal((await s.control('POST', 'release', {})).released, 1);
  assert.equal(((await (await second).json()) as any).errcode, 0);
  assert.deepEqual(await shown(s, openid), ['活着']);
  assert.deepEqual((await calls(s)).map((call) => [call.result, call.accepted]), [['abandoned', false], ['answered', true]]);
});

test('hang after acceptance: on the phone before the caller knows', async (t) => {
  const s = await stage(t);
  const openid = await writer(s);
  await s.control('POST', 'faults', { api: { path: SEND, hang: 'after_accept' } });
  const answer = send(s, openid, '收到');
  await s.control('GET', 'held?wait_ms=20000');
  assert.deepEqual(await shown(s, openid), ['收到']);
  await s.control('DELETE', 'faults');
  assert.equal(((await (await answer).json()) as any).errcode, 0);
});

test('token faults: expired gives 42001 and a new one, revoked gives 40001 and the same one', async (t) => {
  const s = await stage(t);
  const openid = await writer(s);
  const code = async (token: string): Promise<number> => (await s.api('GET', `user/info?access_token=${token}&openid=${openid}`)).errcode ?? 0;
  const first = await s.token();
  await s.control('POST', 'faults', { token: { expire: true } });
  assert.equal(await code(first), 42001);
  const second = await s.token();
  assert.notEqual(second, first);
  assert.equal(await code(second), 0);
  await s.control('POST', 'faults', { token: { revoke: true, account: 'main' } });
  assert.equal(await code(second), 40001);
  assert.equal(await s.token(), second);
  const log = JSON.stringify(await s.control('GET', 'calls'));
  for (const token of [first, second]) assert.equal(log.includes(token), false, 'no whole token in the log');
  assert.equal(log.includes(ACCOUNT.appSecret), false);
});

test('delivery faults: drop, duplicate, reorder', async (t) => {
  const s = await stage(t);
  const openid = await s.customer();
  const text = (words: string): Promise<any> => s.control('POST', `customers/${openid}/text`, { text: words, wait });
  await s.control('POST', 'faults', { delivery: { drop: 1 } });
  assert.equal((await text('丢一次')).outcome, 'ack');
  assert.deepEqual((await s.deliveries(openid)).map((one) => one.why), ['dropped', null]);
  await s.control('POST', 'faults', { delivery: { duplicate: 2 } });
  await text('三份');
  assert.equal(s.pushes.filter((push) => push.fields.Content === '三份').length, 3);
  await s.control('POST', 'faults', { delivery: { duplicate: 0, reorder: 2 } });
  const earlier = text('先');
  while (!(await s.transcript(openid)).some((item) => item.text === '先')) await new Promise((resolve) => setTimeout(resolve, 5));
  await Promise.all([earlier, text('后')]);
  assert.deepEqual(s.pushes.slice(-2).map((push) => push.fields.Content), ['后', '先']);
});

test('a tampered callback is wrong in the way it says', async (t) => {
  const s = await stage(t);
  const raw = (order: object): Promise<any> => s.control('POST', 'raw-callback', { account: 'main', ...order });
  s.answer(say('heard'));
  assert.deepEqual(((await raw({})) as any).body, 'heard');
  await raw({ tamper: 'stale' });
  assert.ok(Number(s.pushes[1]?.query.get('timestamp')) < Date.now() / 1000 - 3_000);
  await raw({ tamper: 'downgrade' });
  assert.equal(s.pushes[2]?.query.get('msg_signature'), null);
  assert.match(s.pushes[2]?.body ?? '', /<Content>/);
  await raw({ tamper: 'huge' });
  assert.ok((s.pushes[3]?.body.length ?? 0) > 2_000_000);
  await raw({ tamper: 'empty', query: { nonce: 'mine', signature: null } });
  assert.deepEqual([s.pushes[4]?.body, s.pushes[4]?.query.get('nonce'), s.pushes[4]?.query.get('signature')], ['', 'mine', null]);
  await raw({ send_base64: '//4=' });
  assert.equal(s.pushes[5]?.body, '\uFFFD\uFFFD');
  assert.equal(await s.status('POST', 'raw-callback', { account: 'main', tamper: 'gently' }), 400);
});

test('pushes follow a new callback address; an address elsewhere is refused', async (t) => {
  const [s, other] = [await stage(t), await stage(t)];
  const openid = await s.customer();
  assert.equal(await s.status('PUT', 'callback-base', { url: 'http://example.com' }), 400);
  await s.control('PUT', 'callback-base', { url: 'http://127.0.0.1:1' });
  assert.equal((await s.control('POST', `customers/${openid}/text`, { text: 'x', wait })).outcome, 'failed');
  assert.deepEqual(await s.control('POST', 'verify-url', { account: 'main' }).then(({ status, verified }) => [status, verified]), [null, false]);
  await s.control('PUT', 'callback-base', { url: other.callbackBase });
  assert.equal((await s.control('POST', `customers/${openid}/text`, { text: 'y', wait })).outcome, 'ack');
  assert.deepEqual([s.pushes.length, other.pushes.length], [0, 1]);
});

test('a raw message goes out element by element', async (t) => {
  const s = await stage(t);
  const openid = await s.customer();
  const raw = (fields: unknown): Promise<number> => s.status('POST', `customers/${openid}/raw`, { fields, wait });
  assert.equal(await raw({ MsgType: 'event', Event: 'scancode_waitmsg', EventKey: 'k', ScanCodeInfo: { ScanType: 'qrcode', ScanResult: '1' } }), 200);
  assert.deepEqual(s.pushes[0]?.fields.ScanCodeInfo, { ScanType: 'qrcode', ScanResult: '1' });
  assert.equal((await s.control('GET', `customers/${openid}`)).quota.left, 3);
  for (const fields of [{ MsgType: 'voice', Format: null }, { MsgType: 'voice', 'a b': '1' }, { Format: 'amr' }, [], 'x']) assert.equal(await raw(fields), 400);
});

test('the URL check is verified only by the exact echo', async (t) => {
  const s = await stage(t);
  s.answer((push, response) => void response.end(push.query.get('echostr')));
  assert.equal((await s.control('POST', 'verify-url', { account: 'main' })).verified, true);
  assert.equal(s.pushes[0]?.query.get('msg_signature'), null);
  s.answer((push, response) => void response.end(`${push.query.get('echostr')}\n`));
  assert.equal((await s.control('POST', 'verify-url', { account: 'main' })).verified, false);
});

test('the control API refuses what it does not understand', async (t) => {
  const s = await stage(t);
  const openid = await s.customer();
  assert.equal(await s.status('POST', 'customers', { account: 'other' }), 404);
  assert.equal(await s.status('POST', 'customers', { account: 'main', colour: 'red' }), 400);
  assert.equal(await s.status('POST', `customers/${openid}/text`, { text: '' }), 400);
  assert.equal(await s.status('POST', 'customers/o_nobody/text', { text: 'x' }), 404);
  assert.equal(await s.status('POST', 'redeliver', { msgid: '1' }), 404);
  assert.equal(await s.status('POST', 'nonsense', {}), 404);
  await s.control('POST', `customers/${openid}/text`, { text: 'x', msgid: '77', create_time: 1_700_000_000, wait });
  assert.deepEqual([s.pushes[0]?.fields.MsgId, s.pushes[0]?.fields.CreateTime], ['77', '1700000000']);
  assert.equal(await s.status('POST', `customers/${openid}/text`, { text: 'x', msgid: '77' }), 409);
  const foreign = await fetch(`${s.url}/control/reset`, { method: 'POST', headers: { origin: 'http://evil.example', 'content-type': 'application/json' }, body: '{}' });
  assert.equal(foreign.status, 403);
  const form = await fetch(`${s.url}/control/reset`, { method: 'POST', headers: { 'content-type': 'text/plain' }, body: '{}' });
  assert.equal(form.status, 415);
  const large = await fetch(`${s.url}/control/reset`, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ x: 'x'.repeat(4_000_000) }) });
  assert.equal(large.status, 413);
});

test('reset forgets everything but good tokens', async (t) => {
  const s = await stage(t);
  s.answer(sayText('好'));
  const openid = await writer(s);
  const token = await s.token();
  await s.control('POST', 'faults', { api: { path: SEND, errcode: -1 }, delivery: { drop: 1 } });
  await s.control('POST', 'faults', { account: { id: 'main', secret: 'frozen' }, host: { host: 'api2', down: 'reset' } });
  await s.control('PATCH', 'accounts/main', { tier: 'unverified' });
  await s.control('POST', 'reset', {});
  assert.equal(await s.status('GET', `customers/${openid}`), 404);
  assert.deepEqual((await s.control('GET', 'deliveries')).deliveries, []);
  assert.deepEqual(await s.control('GET', 'faults'), { delivery: { delay_ms: 0, drop: 0, duplicate: 0, reorder: 0 }, api: [], hosts: { api: null, api2: null }, pictures: null, accounts: {} });
  assert.equal((await s.control('GET', 'accounts')).accounts[0].tier, 'service');
  assert.equal(await s.token(), token);
  await s.control('POST', 'reset', { tokens: true });
  assert.notEqual(await s.token(), token);
});

test('a page hears of a message as it happens', async (t) => {
  const s = await stage(t);
  const stop = new AbortController();
  t.after(() => stop.abort());
  const events = await fetch(`${s.url}/control/events`, { signal: stop.signal });
  const openid = await writer(s);
  let heard = '';
  for await (const chunk of events.body ?? []) {
    heard += Buffer.from(chunk).toString('utf8');
    if (heard.includes('在吗')) break;
  }
  assert.match(heard, new RegExp(`"type":"item","openid":"${openid}"`));
});

test('a faulty configuration lists every fault and quotes no secret', () => {
  const account = { ...ACCOUNT, mode: 'safe', token: 'a secret!', encodingAesKey: 'short' };
  assert.throws(() => parseConfig({ callbackBase: 'https://example.com', accounts: [account], colour: 1 }), (error: Error) => {
    for (const part of ['colour is not a setting', 'callbackBase must be', 'accounts[0].token', 'accounts[0].encodingAesKey']) assert.ok(error.message.includes(part), part);
    assert.equal(error.message.includes('a secret!'), false);
    return true;
  });
});
