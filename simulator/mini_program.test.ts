// Mini program customer service: JSON and XML pushes, ids beyond a double, its own replies, windows and types.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { plainReply, say, sealReply, stage } from './testing.ts';
import type { Push, Stage } from './testing.ts';

const wait = true;
const JSON_PROGRAM = { kind: 'mini_program', format: 'json' };

const transferJson = (push: Push): string =>
  JSON.stringify({ ToUserName: push.fields.FromUserName, FromUserName: push.fields.ToUserName, CreateTime: 1, MsgType: 'transfer_customer_service' });

async function codeOf(s: Stage, body: object): Promise<number> {
  return (await s.api('POST', `message/custom/send?access_token=${await s.token()}`, body)).errcode;
}

test('a JSON push holds its MsgId as a number of 19 digits, plain and sealed', async (t) => {
  const s = await stage(t, { mode: 'plaintext', account: JSON_PROGRAM });
  const openid = await s.customer();
  const { msgid } = await s.control('POST', `customers/${openid}/text`, { text: '在吗 😀 "引号"', wait });
  assert.match(s.pushes[0]?.body ?? '', new RegExp(`"CreateTime":\\d{10},.*"MsgId":${msgid}}$`));
  assert.equal(JSON.parse(s.pushes[0]?.body ?? '').Content, '在吗 😀 "引号"');
  await s.control('PATCH', 'accounts/main', { mode: 'safe' });
  const { msgid: sealed } = await s.control('POST', `customers/${openid}/text`, { text: '再问', wait });
  assert.deepEqual(Object.keys(JSON.parse(s.pushes[1]?.body ?? '')), ['ToUserName', 'Encrypt']);
  assert.equal(s.pushes[1]?.fields.MsgId, sealed);
  await s.control('PATCH', 'accounts/main', { mode: 'compat' });
  await s.control('POST', `customers/${openid}/text`, { text: '三', wait });
  assert.deepEqual(Object.keys(JSON.parse(s.pushes[2]?.body ?? '')).slice(-2), ['MsgId', 'Encrypt']);
});

test('a MsgId may be a text, the same at every delivery', async (t) => {
  const s = await stage(t, { mode: 'plaintext', account: { ...JSON_PROGRAM, msgidForm: 'string' } });
  const openid = await s.customer();
  const { msgid } = await s.control('POST', `customers/${openid}/text`, { text: '在吗', wait });
  assert.match(msgid, /^[0-9a-f]{32}_\d{10}$/);
  await s.control('POST', 'redeliver', { msgid });
  assert.deepEqual(s.pushes.map((push) => JSON.parse(push.body).MsgId), [msgid, msgid]);
});

test('only success, nothing and a transfer answer; a text reply fails and shows the error', async (t) => {
  for (const format of ['xml', 'json']) {
    const s = await stage(t, { mode: 'plaintext', account: { kind: 'mini_program', format } });
    const openid = await s.customer();
    const ask = (): Promise<any> => s.control('POST', `customers/${openid}/text`, { text: '在吗', wait });
    s.answer(say('success'));
    assert.equal((await ask()).outcome, 'ack');
    const transferXml = (push: Push): string => plainReply(push, 'x').replace('[text]', '[transfer_customer_service]');
    s.answer((push, response) => void response.end(format === 'json' ? transferJson(push) : transferXml(push)));
    assert.equal((await ask()).outcome, 'transfer');
    s.answer((push, response) => void response.end(format === 'json' ? transferXml(push) : transferJson(push)));
    assert.equal((await ask()).outcome, 'failed', 'a reply in the other format');
    s.answer((push, response) => void response.end(format === 'json' ? transferJson(push).replace('transfer_customer_service', 'text').replace('}', ',"Content":"好"}') : plainReply(push, '好')));
    assert.equal((await ask()).outcome, 'failed');
    assert.deepEqual((await s.deliveries(openid)).slice(-3).map((one) => one.why), Array(3).fill('not_for_mini_programs'));
    assert.equal((await s.transcript(openid)).at(-1).text, '该小程序客服暂时无法提供服务，请稍后再试');
  }
});

test('a sealed JSON transfer is taken, a sealed XML one is not', async (t) => {
  const s = await stage(t, { account: JSON_PROGRAM });
  const openid = await s.customer();
  const sealed = (push: Push): Record<string, unknown> => {
    const xml = sealReply(transferJson(push));
    const [, Encrypt, MsgSignature] = /<Encrypt><!\[CDATA\[(.*?)\]\].*<MsgSignature><!\[CDATA\[(.*?)\]\]/.exec(xml) ?? [];
    return { Encrypt, MsgSignature, TimeStamp: 1700000000, Nonce: 'nonce' };
  };
  s.answer((push, response) => void response.end(JSON.stringify(sealed(push))));
  assert.equal((await s.control('POST', `customers/${openid}/text`, { text: '在吗', wait })).outcome, 'transfer');
  s.answer((push, response) => void response.end(sealReply(transferJson(push))));
  assert.equal((await s.control('POST', `customers/${openid}/text`, { text: '在吗', wait })).outcome, 'failed');
});

test('entering opens two messages for a minute and carries where from, cut at 1,000 bytes', async (t) => {
  const s = await stage(t, { account: JSON_PROGRAM });
  const openid = await s.customer();
  const send = (): Promise<number> => codeOf(s, { touser: openid, msgtype: 'text', text: { content: '在' } });
  await s.control('POST', `customers/${openid}/enter`, { session_from: '页'.repeat(400), wait });
  assert.equal(s.pushes[0]?.fields.Event, 'user_enter_tempsession');
  assert.equal(s.pushes[0]?.fields.SessionFrom, '页'.repeat(333));
  assert.deepEqual([await send(), await send(), await send()], [0, 0, 45047]);
  await s.control('POST', 'clock', { advance_ms: 60_000 });
  assert.equal(await send(), 45015);
  await s.control('POST', `customers/${openid}/text`, { text: '在吗', wait });
  assert.equal((await s.control('GET', `customers/${openid}`)).quota.left, 5);
});

test('what a mini program does not have is refused', async (t) => {
  const s = await stage(t, { account: JSON_PROGRAM });
  const openid = await s.customer();
  for (const [act, body] of [['unfollow', {}], ['follow', {}], ['menu', { key: 'X' }], ['scan', { scene: '1' }], ['voice', {}], ['location', { latitude: 1, longitude: 1, label: 'x' }]] as const) {
    assert.equal(await s.status('POST', `customers/${openid}/${act}`, body), 409, act);
  }
  for (const [method, path] of [['GET', `user/info?openid=${openid}&`], ['POST', 'message/template/send?'], ['POST', 'qrcode/create?']] as const) {
    assert.equal((await s.api(method, `${path}access_token=${await s.token()}`, method === 'POST' ? {} : undefined)).errcode, 48001, path);
  }
});
