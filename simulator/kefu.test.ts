// KF callbacks: what goes out, attempts, merging, loss; the URL check; configuration.
import assert from 'node:assert/strict';
import { createDecipheriv, createHash } from 'node:crypto';
import { test } from 'node:test';
import { decrypt, getSignature } from '@wecom/crypto';
import { parseConfig } from './config.ts';
import { KEFU, KEFU2, kefuStage, OTHER } from './kefu_testing.ts';
import type { Push } from './testing.ts';
import { parseXml } from './xml.ts';

const sealed = (push: Push | undefined): string => String(parseXml(push?.body ?? '')?.Encrypt);

test('a message rings the callback, encrypted, without content, and sync_msg with its token gives it', async (t) => {
  const s = await kefuStage(t);
  const who = await s.person();
  const sent = await s.act(who, 'text', { text: '在吗 😀' });
  assert.equal(sent.outcome, 'ack');
  const [push] = s.pushes;
  assert.deepEqual([...(push?.query.keys() ?? [])].sort(), ['msg_signature', 'nonce', 'timestamp']);
  const outer = parseXml(push?.body ?? '');
  assert.deepEqual(Object.keys(outer ?? {}), ['ToUserName', 'Encrypt', 'AgentID']);
  const { Token, CreateTime, ...rest } = push?.fields ?? {};
  assert.deepEqual(rest, { ToUserName: KEFU.corpid, MsgType: 'event', Event: 'kf_msg_or_event', OpenKfId: KEFU.openKfid });
  assert.match(String(CreateTime), /^\d{10}$/);
  assert.ok(String(Token).length <= 128);
  const page = await s.kf('sync_msg', { token: Token });
  assert.deepEqual([page.errcode, page.has_more], [0, 0]);
  const [{ send_time: sendTime, ...message }] = page.msg_list;
  assert.equal(typeof sendTime, 'number');
  assert.deepEqual(message, { msgid: sent.msgid, open_kfid: KEFU.openKfid, external_userid: who, origin: 3, msgtype: 'text', text: { content: '在吗 😀' } });
});

test('signature, ciphertext and receiveid agree with @wecom/crypto and with a second implementation', async (t) => {
  const s = await kefuStage(t);
  await s.act(await s.person(), 'text', { text: 'x' });
  const [push] = s.pushes;
  const cipher = sealed(push);
  const [timestamp, nonce] = [push?.query.get('timestamp') ?? '', push?.query.get('nonce') ?? ''];
  assert.equal(push?.query.get('msg_signature'), getSignature(KEFU.token, timestamp, nonce, cipher));
  assert.equal(push?.query.get('msg_signature'), createHash('sha1').update([KEFU.token, timestamp, nonce, cipher].sort().join('')).digest('hex'));
  assert.equal(decrypt(KEFU.encodingAesKey, cipher).id, KEFU.corpid);
  const key = Buffer.from(`${KEFU.encodingAesKey}=`, 'base64');
  const decipher = createDecipheriv('aes-256-cbc', key, key.subarray(0, 16)).setAutoPadding(false);
  const bytes = Buffer.concat([decipher.update(cipher, 'base64'), decipher.final()]);
  const pad = bytes.at(-1) ?? 0;
  assert.ok(pad >= 1 && pad <= 32 && bytes.length % 32 === 0);
  assert.equal(bytes.subarray(20 + bytes.readUInt32BE(16), bytes.length - pad).toString(), KEFU.corpid);
});

test('anything but 200 is tried three times with one token and fresh signatures; 200 with any body is received', async (t) => {
  const s = await kefuStage(t);
  const who = await s.person();
  s.answer((_, response) => void response.writeHead(500).end());
  assert.equal((await s.act(who, 'text', { text: 'x' })).outcome, 'failed');
  assert.deepEqual((await s.deliveries(who)).map((one) => [one.account, one.attempt, one.status, one.why]), [1, 2, 3].map((n) => ['kefu1', n, 500, 'http_500']));
  assert.equal(new Set(s.pushes.map((push) => push.query.get('msg_signature'))).size, 3);
  assert.equal(new Set(s.pushes.map((push) => push.fields.Token)).size, 1);
  s.answer((_, response) => void response.end('{"errcode":0}'));
  assert.equal((await s.act(who, 'text', { text: 'y' })).outcome, 'ack');
  assert.equal(s.pushes.length, 4);
});

test('no answer in time: the connection is cut and the callback tried again', async (t) => {
  const s = await kefuStage(t, { timeoutMs: 100 });
  s.answer(() => {});
  const who = await s.person();
  assert.equal((await s.act(who, 'text', { text: 'x' })).outcome, 'failed');
  assert.deepEqual((await s.deliveries(who)).map((one) => one.why), ['timeout', 'timeout', 'timeout']);
});

test('callbacks merge, get lost, come twice, and come for nothing; the messages stay', async (t) => {
  const s = await kefuStage(t);
  const who = await s.person();
  await s.set({ merge: 3 });
  const outcomes = await Promise.all(['一', '二', '三'].map((text) => s.act(who, 'text', { text })));
  assert.deepEqual([outcomes.map((one) => one.outcome), s.pushes.length], [['ack', 'ack', 'ack'], 1]);
  await s.set({ merge: 0, lose: 1 });
  assert.equal((await s.act(who, 'text', { text: '四' })).outcome, 'lost');
  assert.equal(s.pushes.length, 1);
  await s.control('POST', 'faults', { delivery: { duplicate: 1 } });
  await s.act(who, 'text', { text: '五' });
  assert.equal(s.pushes.length, 3);
  await s.control('DELETE', 'faults');
  assert.equal((await s.control('POST', 'kefu/kefu1/callback', {})).outcome, 'ack');
  assert.equal(s.pushes.length, 4);
  assert.deepEqual((await s.log()).map((one) => one.text.content).sort(), ['一', '三', '二', '五', '四'].sort());
});

test('rights over an account: kf_account_auth_change, and 95017 while they are gone', async (t) => {
  const s = await kefuStage(t);
  const who = await s.person();
  await s.act(who, 'text', { text: 'x' });
  assert.equal((await s.set({ granted: false, wait: true })).outcome, 'ack');
  const { CreateTime: _, ...fields } = s.pushes.at(-1)?.fields ?? {};
  assert.deepEqual(fields, { ToUserName: KEFU.corpid, FromUserName: 'sys', MsgType: 'event', Event: 'kf_account_auth_change', AuthDelOpenKfId: KEFU.openKfid });
  assert.equal((await s.send(who, 'x')).errcode, 95017);
  await s.set({ granted: true, wait: true });
  assert.equal(s.pushes.at(-1)?.fields.AuthAddOpenKfId, KEFU.openKfid);
  assert.equal((await s.send(who, 'x')).errcode, 0);
});

test('the URL check: an encrypted echostr whose plus signs survive, answered with its plain text', async (t) => {
  const s = await kefuStage(t);
  s.answer((push, response) => {
    const get = (name: string): string => push.query.get(name) ?? '';
    const good = getSignature(KEFU.token, get('timestamp'), get('nonce'), get('echostr')) === get('msg_signature');
    const opened = good ? decrypt(KEFU.encodingAesKey, get('echostr')) : null;
    response.writeHead(opened?.id === KEFU.corpid ? 200 : 403).end(opened?.message);
  });
  const check = (tamper?: string): Promise<any> => s.control('POST', 'verify-url', { account: 'kefu1', ...(tamper ? { tamper } : {}) });
  assert.equal((await check()).verified, true);
  assert.match(s.pushes[0]?.query.get('echostr') ?? '', /\+.*\/|\/.*\+/);
  assert.equal(s.pushes[0]?.query.get('signature'), null);
  for (const tamper of ['wrong_signature', 'missing_signature', 'wrong_token', 'wrong_corpid']) {
    const { verified, status } = await check(tamper);
    assert.deepEqual([verified, status], [false, 403], tamper);
  }
  assert.equal(await s.status('POST', 'verify-url', { account: 'kefu1', tamper: 'nonsense' }), 400);
});

test('an owner and a platform that disagree: callbacks by another token, another key, another time', async (t) => {
  const s = await kefuStage(t);
  const who = await s.person();
  const push = async (fault: object): Promise<Push> => {
    await s.control('DELETE', 'faults');
    await s.control('POST', 'faults', { account: { id: 'kefu1', ...fault } });
    await s.act(who, 'text', { text: 'x' });
    return s.pushes.at(-1) as Push;
  };
  const signature = ({ query }: Push, cipher: string): string => getSignature(KEFU.token, query.get('timestamp') ?? '', query.get('nonce') ?? '', cipher);
  const token = await push({ callback_token: 'wrong' });
  assert.notEqual(token.query.get('msg_signature'), signature(token, sealed(token)));
  assert.equal(token.fields.Event, 'kf_msg_or_event');
  const key = await push({ callback_key: 'wrong' });
  assert.equal(key.query.get('msg_signature'), signature(key, sealed(key)));
  assert.notEqual(key.fields.Event, 'kf_msg_or_event');
  const late = await push({ skew_s: -3600 });
  assert.ok(Number(late.query.get('timestamp')) < Date.now() / 1000 - 3000);
  assert.equal(await s.status('POST', 'faults', { account: { id: 'kefu1', template_right: false } }), 400);
});

test('raw callbacks: each damage is what it says, and signed where it says so', async (t) => {
  const s = await kefuStage(t);
  const shot = async (tamper: string): Promise<Push> => {
    assert.equal((await s.control('POST', 'raw-callback', { account: 'kefu1', tamper })).status, 200);
    return s.pushes.at(-1) as Push;
  };
  const fits = (push: Push, token = KEFU.token): boolean =>
    getSignature(token, push.query.get('timestamp') ?? '', push.query.get('nonce') ?? '', sealed(push)) === push.query.get('msg_signature');
  assert.ok(fits(await shot('none')));
  for (const tamper of ['wrong_signature', 'missing_signature', 'wrong_token', 'body_changed']) assert.ok(!fits(await shot(tamper)), tamper);
  const corp = await shot('wrong_corpid');
  assert.ok(fits(corp));
  assert.notEqual(decrypt(KEFU.encodingAesKey, sealed(corp)).id, KEFU.corpid);
  assert.ok(fits(await shot('wrong_key')));
  assert.match(decrypt(KEFU.encodingAesKey, sealed(await shot('doctype'))).message, /^<!DOCTYPE/);
  assert.match((await shot('plaintext')).body, /^<xml><ToUserName>.*kf_msg_or_event/);
  assert.equal((await shot('empty')).body, '');
  assert.equal((await s.log()).length, 0);
});

test('configuration: accounts of one app share everything but id, name and openKfid', () => {
  const parse = (...kefu: object[]): unknown => parseConfig({ callbackBase: 'http://127.0.0.1:1', accounts: kefu });
  assert.doesNotThrow(() => parse(KEFU, KEFU2, OTHER));
  assert.throws(() => parse(KEFU, { ...KEFU2, token: 'different' }), /kefu2 must share path/);
  assert.throws(() => parse(KEFU, { ...KEFU2, path: 'elsewhere' }), /kefu2 must share path/);
  assert.throws(() => parse(KEFU, { ...OTHER, path: KEFU.path }), /other must share path/);
  assert.throws(() => parse(KEFU, { ...KEFU2, openKfid: KEFU.openKfid }), /openKfid must be unique/);
  assert.throws(() => parse({ ...KEFU, corpid: 'wx1', secret: '' }), (error: Error) => /corpid.*secret/.test(error.message) && !error.message.includes(KEFU.token));
  assert.throws(() => parse({ ...KEFU, appid: 'wx1' }), /appid is not a setting/);
});
