// Users, one person in several accounts, QR codes, addresses and quotas.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ACCOUNT, stage } from './testing.ts';
import type { Stage } from './testing.ts';

const wait = true;
const SEND = '/cgi-bin/message/custom/send';

async function call(s: Stage, method: string, path: string, body?: object): Promise<any> {
  return s.api(method, `${path}${path.includes('?') ? '&' : '?'}access_token=${await s.token()}`, body);
}

test('one person in two accounts of one Open Platform has one unionid', async (t) => {
  const others = [{ ...ACCOUNT, mode: 'safe', id: 'app', path: 'app', appid: 'wxapp', originalId: 'gh_app', kind: 'mini_program', openPlatform: 'shop' }];
  const s = await stage(t, { account: { openPlatform: 'shop' }, others });
  const openid = await s.customer();
  const { openid: there, unionid: stranger } = await s.control('POST', 'customers', { account: 'app' });
  const { unionid } = await call(s, 'GET', `user/info?openid=${openid}`);
  assert.match(unionid, /^o[\w-]{27}$/);
  assert.notEqual(unionid, stranger);
  assert.equal((await s.control('PATCH', `customers/${there}`, { same_person_as: openid })).unionid, unionid);
  assert.equal((await s.control('POST', 'customers', { account: 'app', same_person_as: openid })).unionid, unionid);
  await s.control('PATCH', 'accounts/main', { open_platform: null });
  assert.equal('unionid' in (await call(s, 'GET', `user/info?openid=${openid}`)), false);
});

test('user/info tells how someone came; batchget takes 1 to 100', async (t) => {
  const s = await stage(t);
  const openid = await s.customer();
  await s.control('POST', `customers/${openid}/unfollow`, { wait });
  await s.control('POST', `customers/${openid}/scan`, { scene: 'shop-7', wait });
  const info = await call(s, 'GET', `user/info?openid=${openid}`);
  assert.deepEqual([info.subscribe_scene, info.qr_scene, info.qr_scene_str], ['ADD_SCENE_QR_CODE', 0, 'shop-7']);
  const batch = (count: number): Promise<any> => call(s, 'POST', 'user/info/batchget', { user_list: Array(count).fill({ openid }) });
  assert.equal((await batch(2)).user_info_list[1].openid, openid);
  assert.equal((await batch(0)).errcode, 40032);
  assert.equal((await batch(101)).errcode, 40032);
});

test('a QR code has the ticket that its scan brings', async (t) => {
  const s = await stage(t);
  const openid = await s.customer();
  const create = (action_name: string, scene: object): Promise<any> => call(s, 'POST', 'qrcode/create', { expire_seconds: 600, action_name, action_info: { scene } });
  const made = await create('QR_STR_SCENE', { scene_str: 'shop-7' });
  assert.deepEqual([made.expire_seconds, made.url], [600, `http://weixin.qq.com/q/${made.ticket}`]);
  await s.control('POST', `customers/${openid}/scan`, { scene: 'shop-7', wait });
  assert.equal(s.pushes.at(-1)?.fields.Ticket, made.ticket);
  assert.equal('expire_seconds' in (await create('QR_LIMIT_SCENE', { scene_id: 100_000 })), false);
  assert.equal((await create('QR_LIMIT_SCENE', { scene_id: 100_001 })).errcode, 40053);
  assert.equal((await create('QR_STR_SCENE', { scene_str: '' })).errcode, 40053);
});

test('addresses and the network check; getcallbackip fails on demand', async (t) => {
  const s = await stage(t);
  assert.ok((await call(s, 'GET', 'getcallbackip')).ip_list.includes('127.0.0.1'));
  assert.deepEqual((await call(s, 'GET', 'get_api_domain_ip')).ip_list, ['127.0.0.1']);
  const check = await call(s, 'POST', 'callback/check', { action: 'all', check_operator: 'DEFAULT' });
  assert.deepEqual(Object.keys(check), ['dns', 'ping']);
  assert.equal((await call(s, 'POST', 'callback/check', { action: 'fly' })).errcode, 40202);
  for (const [found, dns, loss] of [['unreachable', 1, '100%'], ['dns', 0, undefined]] as const) {
    await s.control('POST', 'faults', { account: { id: 'main', callback_check: found } });
    const seen = await call(s, 'POST', 'callback/check', { action: 'all', check_operator: 'DEFAULT' });
    assert.deepEqual([seen.dns.length, seen.ping[0]?.package_loss], [dns, loss]);
  }
  await s.control('POST', 'faults', { account: { id: 'main', callback_ips: 'failing' } });
  assert.equal((await call(s, 'GET', 'getcallbackip')).errcode, -1);
  await s.control('POST', 'faults', { account: { id: 'main', callback_ips: 'other' } });
  assert.equal((await call(s, 'GET', 'getcallbackip')).ip_list.includes('127.0.0.1'), false);
});

test('quota/get counts, clear_quota starts anew, ten times a month', async (t) => {
  const s = await stage(t);
  const openid = await s.customer();
  await s.control('POST', `customers/${openid}/text`, { text: '在吗', wait });
  await s.control('POST', 'faults', { account: { id: 'main', daily_limits: { [SEND]: 1 } } });
  const send = async (): Promise<number> => (await call(s, 'POST', 'message/custom/send', { touser: openid, msgtype: 'text', text: { content: '在' } })).errcode;
  assert.deepEqual([await send(), await send()], [0, 45009]);
  const quota = async (path: string): Promise<any> => call(s, 'POST', 'openapi/quota/get', { cgi_path: path });
  assert.deepEqual((await quota(SEND)).quota, { daily_limit: 1, used: 1, remain: 0 });
  assert.equal((await quota('/cgi-bin/nothing')).errcode, 76003);
  assert.equal((await call(s, 'POST', 'clear_quota', { appid: 'wxother' })).errcode, 40013);
  assert.equal((await call(s, 'POST', 'clear_quota', { appid: ACCOUNT.appid })).errcode, 0);
  assert.equal(await send(), 0);
  const v2 = async (): Promise<number> => (await s.api('POST', 'clear_quota/v2', { appid: ACCOUNT.appid, appsecret: ACCOUNT.appSecret })).errcode;
  const codes = [];
  for (let n = 0; n < 10; n += 1) codes.push(await v2());
  assert.deepEqual(codes, [...Array(9).fill(0), 48006]);
});
