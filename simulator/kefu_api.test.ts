// KF's API: tokens, sync_msg, sending, states, servicers, customers, media.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KEFU, KEFU2, kefuStage, OTHER } from './kefu_testing.ts';
import type { KefuStage } from './kefu_testing.ts';
import { SAMPLE_PICTURE, SAMPLE_VOICE } from './samples.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const advance = (s: KefuStage, ms: number): Promise<unknown> => s.control('POST', 'clock', { advance_ms: ms });
const seen = async (s: KefuStage, who: string): Promise<[string, string | undefined][]> =>
  (await s.transcript(who)).filter((item) => item.from === 'account').map((item) => [item.text, item.via]);
const events = async (s: KefuStage): Promise<any[]> => (await s.log()).filter((one) => one.msgtype === 'event').map((one) => one.event);
const texts = (page: any): string[] => page.msg_list.map((one: any) => one.text.content);

test('gettoken: one token per app while it lasts; expired, taken back, unknown and missing tokens', async (t) => {
  const s = await kefuStage(t);
  const get = (corpid: string, secret: string): Promise<any> => s.api('GET', `gettoken?corpid=${corpid}&corpsecret=${secret}`);
  const first = await get(KEFU.corpid, KEFU.secret);
  assert.deepEqual([first.errcode, first.expires_in], [0, 7200]);
  assert.equal((await get(KEFU.corpid, KEFU.secret)).access_token, first.access_token);
  assert.notEqual((await get(OTHER.corpid, OTHER.secret)).access_token, first.access_token);
  assert.deepEqual([(await get('wwnobody', 'x')).errcode, (await get(KEFU.corpid, 'x')).errcode, (await get('', 'x')).errcode, (await get(KEFU.corpid, '')).errcode], [40013, 40001, 41002, 41004]);
  const list = async (token: string): Promise<number> => (await s.api('POST', `kf/account/list?access_token=${token}`, {})).errcode;
  assert.equal(await list(first.access_token), 0);
  await s.control('POST', 'faults', { token: { account: 'kefu1', expire: true } });
  assert.equal(await list(first.access_token), 42001);
  const second = await s.token();
  assert.notEqual(second, first.access_token);
  await s.control('POST', 'faults', { token: { account: 'kefu2', revoke: true } });
  assert.deepEqual([await list(second), await list('never'), await list('')], [40014, 40014, 41001]);
  const third = await s.token();
  await advance(s, 7_200_000);
  assert.equal(await list(third), 42001);
  assert.match((await s.api('POST', 'kf/account/list?access_token=x', {})).errmsg, /^invalid access_token, hint: \[\d+\], from ip: 127\.0\.0\.1, more info at https:\/\/open\.work\.weixin\.qq\.com\/devtool\/query\?e=40014$/);
});

test('an address that is not trusted: 60020 for every account of the app, and only there', async (t) => {
  const s = await kefuStage(t, { account: { ipAllowList: ['10.0.0.1'] } });
  assert.equal(await s.code('account/list'), 60020);
  assert.equal(await s.code('sync_msg', { open_kfid: KEFU2.openKfid }), 60020);
  const { access_token: token } = await s.api('GET', `gettoken?corpid=${OTHER.corpid}&corpsecret=${OTHER.secret}`);
  assert.equal((await s.api('POST', `kf/account/list?access_token=${token}`, {})).errcode, 0);
  await s.control('POST', 'faults', { account: { id: 'kefu2', ip_allow_list: ['127.0.0.1'] } });
  assert.equal(await s.code('account/list'), 0);
});

test('a token that ends in the middle of a burst, a secret that was reset, a corp that is not there', async (t) => {
  const s = await kefuStage(t);
  const token = await s.token();
  await s.control('POST', 'faults', { token: { account: 'kefu1', expire: true, after_calls: 2 } });
  const list = async (): Promise<number> => (await s.api('POST', `kf/account/list?access_token=${token}`, {})).errcode;
  assert.deepEqual([await list(), await list(), await list()], [0, 0, 42001]);
  const get = async (): Promise<number> => (await s.api('GET', `gettoken?corpid=${KEFU.corpid}&corpsecret=${KEFU.secret}`)).errcode;
  await s.control('POST', 'faults', { account: { id: 'kefu1', secret: 'wrong' } });
  assert.equal(await get(), 40001);
  await s.control('POST', 'faults', { account: { id: 'kefu1', appid: 'unknown' } });
  assert.equal(await get(), 40013);
  assert.deepEqual(Object.keys((await s.control('GET', 'faults')).accounts), ['kefu1', 'kefu2']);
  await s.control('DELETE', 'faults');
  assert.equal(await get(), 0);
});

test('sync_msg: pages by cursor, empty pages with more behind them, and a lost cursor reads everything again', async (t) => {
  const s = await kefuStage(t);
  const who = await s.person();
  for (const text of ['一', '二', '三', '四', '五']) await s.act(who, 'text', { text });
  const one = await s.kf('sync_msg', { limit: 2 });
  assert.deepEqual([texts(one), one.has_more], [['一', '二'], 1]);
  assert.ok(Buffer.byteLength(one.next_cursor) <= 64);
  await s.set({ empty_pages: 1, page_max: 2 });
  const empty = await s.kf('sync_msg', { cursor: one.next_cursor });
  assert.deepEqual([texts(empty), empty.has_more], [[], 1]);
  const two = await s.kf('sync_msg', { cursor: empty.next_cursor });
  const three = await s.kf('sync_msg', { cursor: two.next_cursor });
  assert.deepEqual([texts(two), two.has_more, texts(three), three.has_more], [['三', '四'], 1, ['五'], 0]);
  const none = await s.kf('sync_msg', { cursor: three.next_cursor });
  assert.deepEqual([texts(none), none.has_more], [[], 0]);
  await s.act(who, 'text', { text: '六' });
  assert.deepEqual(texts(await s.kf('sync_msg', { cursor: none.next_cursor })), ['六']);
  await s.set({ page_max: 1000, replay: 1 });
  assert.equal(texts(await s.kf('sync_msg', { cursor: none.next_cursor })).length, 6);
  assert.deepEqual(texts(await s.kf('sync_msg', { cursor: none.next_cursor })), ['六']);
});

test('sync_msg keeps three days, each account apart, and says what is wrong with a call', async (t) => {
  const s = await kefuStage(t);
  const who = await s.person();
  await s.act(who, 'text', { text: '旧' });
  const { next_cursor: cursor } = await s.kf('sync_msg');
  await advance(s, DAY_MS);
  await s.act(who, 'text', { text: '新' });
  await advance(s, 2 * DAY_MS);
  assert.deepEqual(texts(await s.kf('sync_msg')), ['新']);
  assert.deepEqual(texts(await s.kf('sync_msg', { open_kfid: KEFU2.openKfid })), []);
  const codes = [{ open_kfid: undefined }, { open_kfid: 'wkNobody' }, { open_kfid: OTHER.openKfid }, { limit: 1001 }, { limit: 0 }, { voice_format: 2 }, { cursor: 'made-up' }, { cursor: 'x'.repeat(65) }, { open_kfid: KEFU2.openKfid, cursor }];
  assert.deepEqual(await Promise.all(codes.map((body) => s.code('sync_msg', body))), [95000, 95004, 95004, 40058, 40058, 40058, 40058, 40058, 40058]);
});

test('sync_msg without a token is limited; a callback token frees of it for ten minutes, for its account', async (t) => {
  const s = await kefuStage(t);
  await s.act(await s.person(), 'text', { text: 'x' });
  const token = String(s.pushes[0]?.fields.Token);
  await s.set({ untokened_per_minute: 2 });
  const plain = async (): Promise<number> => s.code('sync_msg');
  assert.deepEqual([await plain(), await plain(), await plain()], [0, 0, 45009]);
  assert.deepEqual([await s.code('sync_msg', { token }), await s.code('sync_msg', { token })], [0, 0]);
  assert.equal(await s.code('sync_msg', { token: 'other' }), 95007);
  assert.equal(await s.code('sync_msg', { token, open_kfid: KEFU2.openKfid }), 95007);
  await advance(s, MINUTE_MS);
  assert.equal(await plain(), 0);
  await advance(s, 9 * MINUTE_MS);
  assert.equal(await s.code('sync_msg', { token }), 95007);
});

test('send_msg: five after each message, only within 48 hours, only in states 0 and 1', async (t) => {
  const s = await kefuStage(t);
  const who = await s.person();
  assert.equal((await s.send(who, '早')).errcode, 95018);
  await s.act(who, 'text', { text: '在吗' });
  for (let n = 1; n <= 5; n += 1) assert.equal((await s.send(who, `第 ${n} 句`)).errcode, 0);
  assert.equal((await s.send(who, '第 6 句')).errcode, 95001);
  await s.act(who, 'text', { text: '再问' });
  assert.equal(await s.code('service_state/trans', { external_userid: who, service_state: 1 }), 0);
  assert.equal((await s.send(who, '机器人')).errcode, 0);
  await s.kf('service_state/trans', { external_userid: who, service_state: 2 });
  assert.equal((await s.send(who, '排队中')).errcode, 95018);
  await s.act(who, 'text', { text: '还在吗' });
  assert.equal(await s.state(who), 2);
  await advance(s, 2 * DAY_MS);
  assert.equal((await s.send(who, '晚了')).errcode, 95002);
  assert.equal(await s.state(who), 4);
  assert.deepEqual((await seen(s, who)).map(([text]) => text), ['第 1 句', '第 2 句', '第 3 句', '第 4 句', '第 5 句', '机器人']);
  assert.deepEqual((await s.log()).map((one) => one.origin), [3, 3, 3]);
});

test('a msgid is good once per account: a repeat is refused and shows nothing, also after the quota is used up', async (t) => {
  const s = await kefuStage(t);
  const who = await s.person();
  await s.act(who, 'text', { text: 'x' });
  assert.equal((await s.send(who, '一', { msgid: 'out-1' })).msgid, 'out-1');
  assert.equal((await s.send(who, '一', { msgid: 'out-1' })).errcode, 95099);
  await s.set({ duplicate_errcode: 40058 });
  for (let n = 2; n <= 5; n += 1) await s.send(who, String(n));
  assert.equal((await s.send(who, '一', { msgid: 'out-1' })).errcode, 40058);
  assert.equal((await s.send(who, '六', { msgid: 'out-6' })).errcode, 95001);
  await s.act(who, 'text', { text: 'y' });
  assert.equal((await s.send(who, '六', { msgid: 'out-6' })).errcode, 0);
  assert.deepEqual([(await s.send(who, 'x', { msgid: 'x'.repeat(33) })).errcode, (await s.send(who, 'x', { msgid: 'a b' })).errcode], [40058, 40058]);
  assert.deepEqual((await s.transcript(who)).filter((item) => item.msgid === 'out-1').map((item) => [item.text, item.via]), [['一', 'kf_send']]);
});

test('accepted is not delivered: msg_send_fail names the msgid, and the phone shows nothing', async (t) => {
  const s = await kefuStage(t);
  const who = await s.person();
  await s.act(who, 'text', { text: 'x' });
  await s.set({ fail_sends: { fail_type: 10, times: 1 } });
  assert.equal((await s.send(who, '没到', { msgid: 'lost-1' })).errcode, 0);
  assert.equal((await s.send(who, '到了')).errcode, 0);
  assert.deepEqual(await events(s), [{ event_type: 'msg_send_fail', open_kfid: KEFU.openKfid, external_userid: who, fail_msgid: 'lost-1', fail_type: 10 }]);
  assert.deepEqual(await seen(s, who), [['到了', 'kf_send']]);
});

test('send_msg complains as documented', async (t) => {
  const s = await kefuStage(t);
  const who = await s.person();
  await s.act(who, 'text', { text: 'x' });
  const click = { type: 'click', click: { id: '1', content: '是' } };
  const cases: [number, object][] = [
    [40096, { touser: 'wmNobody' }],
    [95004, { open_kfid: 'wkNobody' }],
    [40008, { msgtype: 'event' }],
    [44004, { text: { content: ' ' } }],
    [45002, { text: { content: '你'.repeat(683) } }],
    [40007, { msgtype: 'image', image: { media_id: 'none' } }],
    [40007, { msgtype: 'link', link: { title: 't', url: 'https://a.cn', thumb_media_id: 'none' } }],
    [45002, { msgtype: 'link', link: { title: 'x'.repeat(129), url: 'https://a.cn', thumb_media_id: 'none' } }],
    [95008, { msgtype: 'msgmenu', msgmenu: { list: Array(11).fill(click) } }],
    [95009, { msgtype: 'msgmenu', msgmenu: { list: [{ type: 'tap', tap: {} }] } }],
    [45002, { msgtype: 'msgmenu', msgmenu: { head_content: 'x'.repeat(1025), list: [click] } }],
    [45002, { msgtype: 'msgmenu', msgmenu: { list: [{ type: 'click', click: { id: 'x'.repeat(65), content: '是' } }] } }],
    [40058, { msgtype: 'location', location: { latitude: 100, longitude: 0 } }],
    [0, { msgtype: 'msgmenu', msgmenu: { head_content: '满意吗', list: [click, { type: 'view', view: { url: 'https://a.cn', content: '看看' } }, { type: 'text', text: { content: '谢谢', no_new_line: 1 } }], tail_content: '再见' } }],
    [0, { text: { content: '你'.repeat(682) + 'ab' } }],
  ];
  for (const [code, body] of cases) assert.equal((await s.send(who, 'x', body)).errcode, code, JSON.stringify(body).slice(0, 80));
  assert.equal((await s.api('POST', `kf/send_msg?access_token=${await s.token()}`, 'not json')).errcode, 47001);
  assert.equal((await s.api('GET', `kf/send_msg?access_token=${await s.token()}`)).errcode, 43002);
  await s.control('POST', 'faults', { api: { path: '/cgi-bin/kf/send_msg', errcode: 95015 } });
  assert.equal((await s.send(who, 'x')).errcode, 95015);
  assert.equal((await seen(s, who))[0]?.[0], '满意吗\n是\n看看\n谢谢\n再见');
  const [call] = (await s.control('GET', `calls?openid=${who}&path=/cgi-bin/kf/send_msg`)).calls;
  assert.deepEqual([call.account, call.errcode], ['kefu1', 40008]);
});

test('a lost answer: the message is on the phone, and the same msgid does not show it twice', async (t) => {
  const s = await kefuStage(t);
  const who = await s.person();
  await s.act(who, 'text', { text: 'x' });
  await s.control('POST', 'faults', { api: { path: '/cgi-bin/kf/send_msg', reset: 'after_accept' } });
  await assert.rejects(s.send(who, '一', { msgid: 'once' }));
  assert.equal((await s.send(who, '一', { msgid: 'once' })).errcode, 95099);
  assert.deepEqual(await seen(s, who), [['一', 'kf_send']]);
});

test('media: what WeCom takes, corp-wide, and gives back', async (t) => {
  const s = await kefuStage(t);
  const who = await s.person();
  await s.act(who, 'voice');
  await s.act(who, 'file');
  const [voice, file] = await s.log();
  const get = async (id: string, token: string): Promise<Response> => fetch(`${s.url}/cgi-bin/media/get?access_token=${token}&media_id=${id}`);
  const got = await get(voice.voice.media_id, await s.token());
  assert.deepEqual([got.headers.get('content-type'), (await got.text()).slice(0, 5)], ['audio/amr', '#!AMR']);
  assert.equal((await get(file.file.media_id, await s.token())).headers.get('content-type'), 'application/pdf');
  const other = (await s.api('GET', `gettoken?corpid=${OTHER.corpid}&corpsecret=${OTHER.secret}`)).access_token;
  assert.equal(((await (await get(file.file.media_id, other)).json()) as any).errcode, 40007);
  const upload = async (kind: string, bytes: Buffer): Promise<any> => {
    const form = new FormData();
    form.append('media', new Blob([new Uint8Array(bytes)], { type: 'application/octet-stream' }), 'name');
    return (await fetch(`${s.url}/cgi-bin/media/upload?access_token=${await s.token()}&type=${kind}`, { method: 'POST', body: form })).json();
  };
  const image = await upload('image', SAMPLE_PICTURE);
  assert.deepEqual([image.errcode, image.type, typeof image.created_at], [0, 'image', 'string']);
  const text = (bytes: number): Buffer => Buffer.alloc(bytes, 'x');
  const minute = Buffer.concat([SAMPLE_VOICE, ...Array.from({ length: 60 }, () => SAMPLE_VOICE.subarray(6))]);
  const cases: [string, Buffer, number][] = [
    ['thumb', SAMPLE_PICTURE, 40004], ['image', text(10), 40005], ['image', Buffer.from('GIF89a0000'), 40005], ['voice', SAMPLE_PICTURE, 40005], ['voice', SAMPLE_VOICE, 0],
    ['voice', minute, 40010], ['file', text(5), 40006], ['file', text(6), 0], ['file', text(20_971_520), 0], ['file', text(20_971_521), 45001], ['video', text(10_485_761), 45001],
  ];
  for (const [kind, bytes, code] of cases) assert.equal((await upload(kind, bytes)).errcode, code, `${kind} ${bytes.length}`);
  assert.equal((await s.send(who, '', { msgtype: 'image', image: { media_id: image.media_id } })).errcode, 0);
  assert.equal((await s.send(who, '', { msgtype: 'file', file: { media_id: image.media_id } })).errcode, 40007);
  await advance(s, 3 * DAY_MS);
  assert.equal(((await (await get(image.media_id, await s.token())).json()) as any).errcode, 40007);
});

test('customers, accounts and contact ways; one person has one unionid and one external_userid', async (t) => {
  const s = await kefuStage(t);
  const openid = await s.customer();
  const who = await s.person({ name: '王芳', gender: 2, same_person_as: openid });
  const twin = (await s.control('POST', 'customers', { account: 'kefu2', external_userid: who })).openid;
  const alone = (await s.control('POST', 'customers', { account: 'other', same_person_as: who })).openid;
  assert.equal(twin, `${who}-kefu2`);
  await s.act(who, 'enter', { scene: 'shop', scene_param: 'a=1' });
  const plain = await s.kf('customer/batchget', { external_userid_list: [who, 'wmNobody', alone] });
  const [{ unionid, avatar, ...customer }] = plain.customer_list;
  assert.deepEqual([customer, plain.invalid_external_userid], [{ external_userid: who, nickname: '王芳', gender: 2 }, ['wmNobody', alone]]);
  const unionids = await Promise.all([openid, twin, alone].map(async (one) => (await s.control('GET', `customers/${one}`)).unionid));
  assert.deepEqual([unionids, typeof avatar], [[unionid, unionid, null], 'string']);
  assert.match(unionid, /^o.{27}$/);
  const full = await s.kf('customer/batchget', { external_userid_list: [who], need_enter_session_context: 1 });
  assert.deepEqual(full.customer_list[0].enter_session_context, { scene: 'shop', scene_param: 'a=1' });
  assert.equal(await s.code('customer/batchget', { external_userid_list: Array(101).fill(who) }), 40058);
  await s.act(twin, 'text', { text: '同一个人' });
  assert.deepEqual((await s.kf('sync_msg', { open_kfid: KEFU2.openKfid })).msg_list.map((one: any) => one.external_userid), [who]);
  const list = await s.kf('account/list', { offset: 1, limit: 1 });
  assert.deepEqual(list.account_list.map((one: any) => [one.open_kfid, one.name, one.manage_privilege]), [[KEFU2.openKfid, '售后客服', true]]);
  const way = await s.kf('add_contact_way', { scene: 'shop_1' });
  assert.match(way.url, /^https:\/\/work\.weixin\.qq\.com\/kfid\/kfc.+\?enc_scene=/);
  assert.deepEqual([await s.code('add_contact_way', { scene: 'a b' }), await s.code('add_contact_way', { scene: 'x'.repeat(33) })], [40058, 40058]);
  const names = (await s.control('GET', 'accounts')).accounts.map((one: any) => [one.id, one.kind]);
  assert.deepEqual(names.slice(1), [['kefu1', 'kefu'], ['kefu2', 'kefu'], ['other', 'kefu']]);
  await s.control('POST', 'reset', {});
  assert.deepEqual([(await s.control('GET', 'customers')).customers, await s.log()], [[], []]);
});
