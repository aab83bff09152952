// Template and subscribe messages, and the events that tell what became of them.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stage } from './testing.ts';
import type { Stage } from './testing.ts';

const wait = true;
const WAITING = { template_id: 'TPL_REPLY_WAITING', data: { thing1: { value: '您的问题有回复' }, time2: { value: '2026-11-24 17:05' } } };

async function post(s: Stage, path: string, body: object): Promise<any> {
  const response = await fetch(`${s.url}/cgi-bin/message/${path}?access_token=${await s.token()}`, { method: 'POST', body: JSON.stringify(body) });
  const text = await response.text();
  return { ...JSON.parse(text), msgid: /"msgid":(\d+)/.exec(text)?.[1] };
}

/** The events of this name, once there are so many. */
async function events(s: Stage, name: string, count: number): Promise<Record<string, any>[]> {
  for (;;) {
    const found = s.pushes.map((push) => push.fields).filter((fields) => fields.Event === name);
    if (found.length >= count) return found;
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

test('a template message shows as a notice, uses no quota, and its end is told under the same id', async (t) => {
  const s = await stage(t);
  const openid = await s.customer();
  const sent = await post(s, 'template/send', { touser: openid, ...WAITING, url: 'https://example.com' });
  assert.equal(sent.errcode, 0);
  assert.match(sent.msgid, /^\d{19}$/);
  const [event] = await events(s, 'TEMPLATESENDJOBFINISH', 1);
  assert.deepEqual([event?.MsgID, event?.Status, 'MsgId' in (event ?? {})], [sent.msgid, 'success', false]);
  const [line] = await s.transcript(openid);
  assert.deepEqual([line.kind, line.via, line.text], ['notice', 'template', '客服回复提醒\n您的问题有回复\n2026-11-24 17:05']);
  assert.equal((await s.control('GET', `customers/${openid}`)).quota, null);
});

test('a template message that cannot be has its errcode', async (t) => {
  const s = await stage(t);
  const openid = await s.customer();
  const code = async (change: object): Promise<number> => (await post(s, 'template/send', { touser: openid, ...WAITING, ...change })).errcode;
  assert.equal(await code({ touser: 'onobody' }), 40003);
  assert.equal(await code({ template_id: 'other' }), 40037);
  assert.equal(await code({ data: { thing1: { value: 'x' } } }), 47003);
  assert.equal(await code({ data: { thing1: { value: '长'.repeat(21) }, time2: { value: 'x' } } }), 47003);
  await s.control('POST', 'faults', { account: { id: 'main', template_right: false } });
  assert.equal(await code({}), 48001);
  await s.control('DELETE', 'faults');
  await s.control('PATCH', 'accounts/main', { tier: 'verified' });
  assert.equal(await code({}), 48001);
  await s.control('PATCH', 'accounts/main', { tier: 'test' });
  assert.equal(await code({}), 0);
  await s.control('POST', `customers/${openid}/unfollow`, { wait });
  assert.equal(await code({}), 43004);
});

test('one client_msg_id is sent once in ten minutes', async (t) => {
  const s = await stage(t);
  const openid = await s.customer();
  const send = (): Promise<any> => post(s, 'template/send', { touser: openid, ...WAITING, client_msg_id: 'job-1' });
  const first = await send();
  assert.equal((await send()).msgid, first.msgid);
  assert.equal((await s.transcript(openid)).length, 1);
  await s.control('POST', 'clock', { advance_ms: 10 * 60_000 });
  assert.notEqual((await send()).msgid, first.msgid);
  assert.equal((await s.transcript(openid)).length, 2);
});

test('who has blocked the account sees nothing, and the event says so', async (t) => {
  const s = await stage(t);
  const openid = await s.customer();
  await s.control('PATCH', `customers/${openid}`, { blocked: true });
  assert.equal((await post(s, 'template/send', { touser: openid, ...WAITING })).errcode, 0);
  await s.control('POST', 'faults', { account: { id: 'main', template_status: 'failed: system failed' } });
  assert.equal((await post(s, 'template/send', { touser: openid, ...WAITING })).errcode, 0);
  const told = await events(s, 'TEMPLATESENDJOBFINISH', 2);
  assert.deepEqual(told.map((event) => event.Status).sort(), ['failed: system failed', 'failed:user block']);
  assert.deepEqual(await s.transcript(openid), []);
});

test('each consent to a subscribe message is for one', async (t) => {
  for (const [kind, path] of [['official_account', 'subscribe/bizsend'], ['mini_program', 'subscribe/send']] as const) {
    const s = await stage(t, { account: { kind } });
    const openid = await s.customer();
    const send = async (change: object = {}): Promise<number> => (await post(s, path, { touser: openid, ...WAITING, ...change })).errcode;
    assert.equal(await send(), 43101);
    await s.control('POST', `customers/${openid}/subscribe-popup`, { choices: [{ template_id: WAITING.template_id }], wait });
    assert.equal(await send({ data: {} }), 47003);
    assert.equal(await send(), 0);
    assert.equal(await send(), 43101);
    const [event] = await events(s, 'subscribe_msg_sent_event', 1);
    const { TemplateId, ErrorCode, ErrorStatus } = event?.SubscribeMsgSentEvent.List;
    assert.deepEqual([TemplateId, ErrorCode, ErrorStatus], [WAITING.template_id, '0', 'success']);
    await s.control('POST', `customers/${openid}/subscribe-popup`, { choices: [{ template_id: WAITING.template_id }], wait });
    await s.control('POST', `customers/${openid}/subscribe-change`, { template_ids: [WAITING.template_id], wait });
    assert.equal(await send(), 43101);
    assert.deepEqual((await s.transcript(openid)).map((item) => item.via), ['subscribe']);
    assert.equal((await post(s, kind === 'mini_program' ? 'subscribe/bizsend' : 'subscribe/send', {})).errcode, 48001);
  }
});
