// Pushes: what goes out, which responses count, what the phone shows.
import assert from 'node:assert/strict';
import { createDecipheriv, createHash } from 'node:crypto';
import { test } from 'node:test';
import { FAILURE_TEXT } from './delivery.ts';
import { ACCOUNT, plainReply, say, sayText, sealReply, stage } from './testing.ts';
import type { Push } from './testing.ts';

const wait = true;
const sha1 = (parts: string[]): string => createHash('sha1').update(parts.sort().join('')).digest('hex');

test('a text goes out in safe mode, and its reply shows on the phone once', async (t) => {
  const s = await stage(t);
  s.answer(sayText('九点到九点 ]]]]><![CDATA[> ok'));
  const openid = await s.customer();
  const sent = await s.control('POST', `customers/${openid}/text`, { text: '几点]]>开门 😀', wait });
  assert.equal(sent.outcome, 'reply');
  assert.match(sent.msgid, /^\d{19}$/);
  const [push] = s.pushes;
  assert.equal(push?.fields.Content, '几点]]>开门 😀');
  assert.equal(push?.fields.MsgId, sent.msgid);
  assert.equal(push?.fields.ToUserName, ACCOUNT.originalId);
  assert.doesNotMatch(push?.body ?? '', /Content/);
  const items = await s.transcript(openid);
  assert.deepEqual(items.map(({ from, text, via, in_reply_to }) => ({ from, text, via, in_reply_to })), [
    { from: 'customer', text: '几点]]>开门 😀', via: undefined, in_reply_to: undefined },
    { from: 'account', text: '九点到九点 ]]> ok', via: 'passive', in_reply_to: sent.msgid },
  ]);
});

test('signatures and ciphertext agree with a second implementation', async (t) => {
  const s = await stage(t);
  const openid = await s.customer();
  await s.control('POST', `customers/${openid}/text`, { text: 'x', wait });
  const push = s.pushes[0] as Push;
  const [timestamp, nonce] = [push.query.get('timestamp') ?? '', push.query.get('nonce') ?? ''];
  const cipher = /<Encrypt><!\[CDATA\[(.*)\]\]><\/Encrypt>/.exec(push.body)?.[1] ?? '';
  assert.equal(push.query.get('signature'), sha1([ACCOUNT.token, timestamp, nonce]));
  assert.equal(push.query.get('msg_signature'), sha1([ACCOUNT.token, timestamp, nonce, cipher]));
  assert.equal(push.query.get('openid'), openid);
  const key = Buffer.from(`${ACCOUNT.encodingAesKey}=`, 'base64');
  const decipher = createDecipheriv('aes-256-cbc', key, key.subarray(0, 16)).setAutoPadding(false);
  const bytes = Buffer.concat([decipher.update(cipher, 'base64'), decipher.final()]);
  const pad = bytes.at(-1) ?? 0;
  assert.ok(pad >= 1 && pad <= 32 && bytes.length % 32 === 0);
  assert.equal(bytes.subarray(20 + bytes.readUInt32BE(16), bytes.length - pad).toString(), ACCOUNT.appid);
});

test('compat mode carries both forms, plaintext mode only the plain one', async (t) => {
  const compat = await stage(t, { mode: 'compat' });
  compat.answer((push, response) => void response.end(plainReply(push, '好')));
  const one = await compat.customer();
  assert.equal((await compat.control('POST', `customers/${one}/text`, { text: 'x', wait })).outcome, 'reply');
  assert.match(compat.pushes[0]?.body ?? '', /<Content>.*<Encrypt>/s);
  const plain = await stage(t, { mode: 'plaintext' });
  plain.answer((push, response) => void response.end(plainReply(push, '好')));
  const two = await plain.customer();
  assert.equal((await plain.control('POST', `customers/${two}/text`, { text: 'x', wait })).outcome, 'reply');
  assert.equal(plain.pushes[0]?.query.get('encrypt_type'), null);
  plain.answer(sayText('x'));
  assert.equal((await plain.control('POST', `customers/${two}/text`, { text: 'y', wait })).outcome, 'failed');
});

test('success and an empty body acknowledge; nothing is shown', async (t) => {
  const s = await stage(t);
  const openid = await s.customer();
  for (const body of ['success', '']) {
    s.answer(say(body));
    assert.equal((await s.control('POST', `customers/${openid}/text`, { text: 'x', wait })).outcome, 'ack');
  }
  assert.deepEqual((await s.transcript(openid)).map((item) => item.from), ['customer', 'customer']);
  assert.equal(s.pushes.length, 2);
});

test('what WeChat refuses is tried three times and ends in the failure bubble', async (t) => {
  const s = await stage(t);
  const wrong: [string, (push: Push) => string][] = [
    ['reply_signature', (push) => sealReply(plainReply(push, 'a'), { token: 'other' })],
    ['reply_appid', (push) => sealReply(plainReply(push, 'a'), { appid: 'wxother' })],
    ['reply_cipher', () => sealReply('x').replace(/<!\[CDATA\[[^\]]*\]\]><\/Encrypt>/, '<![CDATA[AAAA]]></Encrypt>')],
    ['not_encrypted', (push) => plainReply(push, 'a')],
    ['to_user', (push) => sealReply(plainReply({ ...push, fields: { FromUserName: 'o2', ToUserName: ACCOUNT.originalId } }, 'a'))],
    ['from_user', (push) => sealReply(plainReply({ ...push, fields: { ...push.fields, ToUserName: ACCOUNT.appid } }, 'a'))],
    ['content_empty', (push) => sealReply(plainReply(push, ' '))],
    ['content_too_long', (push) => sealReply(plainReply(push, '你'.repeat(683)))],
    ['msg_type', (push) => sealReply(plainReply(push, 'a').replace('[text]', '[sms]'))],
    ['media_id', (push) => sealReply(plainReply(push, 'a').replace('[text]', '[image]'))],
    ['not_xml', () => '{"errcode":0}'],
    ['not_xml', (push) => ` ${sealReply(plainReply(push, 'a'))}`],
    ['not_xml', (push) => `\uFEFF${sealReply(plainReply(push, 'a'))}`],
    ['not_xml', (push) => sealReply(` ${plainReply(push, 'a')}`)],
  ];
  for (const [why, body] of wrong) {
    const openid = await s.customer();
    s.answer((push, response) => void response.end(why === 'reply_signature' ? body(push) : resign(why, body(push))));
    assert.equal((await s.control('POST', `customers/${openid}/text`, { text: 'x', wait })).outcome, 'failed', why);
    const deliveries = await s.deliveries(openid);
    assert.deepEqual(deliveries.map((one) => [one.attempt, one.why]), [[1, why], [2, why], [3, why]]);
    assert.deepEqual((await s.transcript(openid)).map((item) => item.text), ['x', FAILURE_TEXT]);
  }
});

/** The damaged ciphertext needs a signature that fits, or WeChat would stop at that. */
function resign(why: string, body: string): string {
  if (why !== 'reply_cipher') return body;
  const signature = sha1([ACCOUNT.token, '1700000000', 'nonce', 'AAAA']);
  return body.replace(/(<MsgSignature><!\[CDATA\[)[0-9a-f]+/, `$1${signature}`);
}

test('a text of exactly 2,048 bytes passes', async (t) => {
  const s = await stage(t);
  s.answer(sayText('你'.repeat(682) + 'ab'));
  const openid = await s.customer();
  assert.equal((await s.control('POST', `customers/${openid}/text`, { text: 'x', wait })).outcome, 'reply');
});

test('an HTTP error is tried again with fresh nonce and signature, and a later answer counts', async (t) => {
  const s = await stage(t);
  s.answer((push, response) => {
    if (s.pushes.length < 3) response.writeHead(500).end('oops');
    else response.end(sealReply(plainReply(push, '第三次')));
  });
  const openid = await s.customer();
  assert.equal((await s.control('POST', `customers/${openid}/text`, { text: 'x', wait })).outcome, 'reply');
  assert.deepEqual((await s.deliveries(openid)).map((one) => [one.status, one.result, one.reply_text]), [[500, 'failed', null], [500, 'failed', null], [200, 'reply', '第三次']]);
  assert.equal(new Set(s.pushes.map((push) => push.query.get('nonce'))).size, 3);
  assert.equal(new Set(s.pushes.map((push) => push.query.get('msg_signature'))).size, 3);
  assert.equal(new Set(s.pushes.map((push) => `${push.fields.MsgId} ${push.fields.CreateTime}`)).size, 1);
});

test('a slow answer is cut off; only the newest attempt counts', async (t) => {
  // Long enough for the second attempt's quick answer, however busy the machine.
  const s = await stage(t, { timeoutMs: 3_000 });
  const cut = Promise.withResolvers<void>();
  s.answer((push, response) => {
    if (s.pushes.length > 1) return void response.end(sealReply(plainReply(push, '第二次')));
    response.on('close', cut.resolve);
  });
  const openid = await s.customer();
  await s.control('POST', `customers/${openid}/text`, { text: 'x', wait });
  await cut.promise;
  const [first] = await s.deliveries(openid);
  assert.deepEqual([first.why, first.status], ['timeout', null]);
  assert.deepEqual((await s.transcript(openid)).map((item) => item.text), ['x', '第二次']);
});

test('never an answer: three attempts, then the bubble', async (t) => {
  const s = await stage(t, { timeoutMs: 100 });
  s.answer(() => {});
  const openid = await s.customer();
  assert.equal((await s.control('POST', `customers/${openid}/text`, { text: 'x', wait })).outcome, 'failed');
  assert.equal((await s.deliveries(openid)).length, 3);
  assert.equal((await s.transcript(openid)).at(-1).kind, 'failure');
});

test('redelivery: the same message n times at once, one visible answer, every response on record', async (t) => {
  const s = await stage(t);
  s.answer((push, response) => void response.end(sealReply(plainReply(push, `答 ${s.pushes.indexOf(push) + 1}`))));
  const openid = await s.customer();
  const { msgid } = await s.control('POST', `customers/${openid}/text`, { text: 'x', wait });
  const again = await s.control('POST', 'redeliver', { msgid, times: 3, parallel: true });
  assert.equal(again.outcome, 'reply');
  assert.equal(new Set(s.pushes.map((push) => `${push.fields.MsgId} ${push.fields.CreateTime} ${push.fields.Content}`)).size, 1);
  const deliveries = await s.deliveries(openid);
  assert.deepEqual(deliveries.map((one) => one.attempt), [1, 2, 3, 4]);
  assert.deepEqual(deliveries.map((one) => one.counted), [true, false, false, true]);
  assert.equal(new Set(deliveries.map((one) => one.reply_text)).size, 4);
  const answers = (await s.transcript(openid)).filter((item) => item.in_reply_to === msgid);
  assert.deepEqual(answers.map((item) => item.text), [deliveries[3].reply_text]);
});

test('an event goes without MsgId; unsubscribe shows no reply', async (t) => {
  const s = await stage(t);
  s.answer(sayText('再见'));
  const openid = await s.customer();
  await s.control('POST', `customers/${openid}/unfollow`, { wait });
  assert.equal(s.pushes[0]?.fields.Event, 'unsubscribe');
  assert.equal('MsgId' in (s.pushes[0]?.fields ?? {}), false);
  assert.deepEqual((await s.transcript(openid)).map((item) => item.from), ['system']);
  assert.equal(await s.status('POST', `customers/${openid}/text`, { text: 'x' }), 409);
  await s.control('POST', `customers/${openid}/scan`, { scene: '7', wait });
  assert.deepEqual([s.pushes[1]?.fields.Event, s.pushes[1]?.fields.EventKey], ['subscribe', 'qrscene_7']);
  await s.control('POST', `customers/${openid}/scan`, { scene: '7', wait });
  assert.deepEqual([s.pushes[2]?.fields.Event, s.pushes[2]?.fields.EventKey], ['SCAN', '7']);
});
