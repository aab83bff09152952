// KF sessions: states and their changes, servicers in the app, welcome and reply codes, events.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KEFU, kefuStage } from './kefu_testing.ts';
import type { KefuStage } from './kefu_testing.ts';

const DAY_MS = 86_400_000;
const advance = (s: KefuStage, ms: number): Promise<unknown> => s.control('POST', 'clock', { advance_ms: ms });
const events = async (s: KefuStage): Promise<any[]> => (await s.log()).filter((one) => one.msgtype === 'event').map((one) => one.event);
const onEvent = async (s: KefuStage, code: string, more: object = {}): Promise<number> =>
  s.code('send_msg_on_event', { code, msgtype: 'text', text: { content: '你好' }, ...more });
const seen = async (s: KefuStage, who: string): Promise<[string, string][]> =>
  (await s.transcript(who)).filter((item) => item.from === 'account').map((item) => [item.text, item.via]);
const MENU = { msgtype: 'msgmenu', msgmenu: { head_content: '想问什么', list: [{ type: 'click', click: { id: '1', content: '价格' } }] } };

test('the API changes states along the documented edges only', async (t) => {
  const s = await kefuStage(t);
  const who = await s.person();
  const trans = async (to: number, userid?: string): Promise<number> => s.code('service_state/trans', { external_userid: who, service_state: to, ...(userid ? { servicer_userid: userid } : {}) });
  assert.deepEqual([await s.state(who), await trans(1)], [4, 95013]);
  await s.act(who, 'text', { text: 'x' });
  assert.deepEqual([await s.state(who), await trans(0), await trans(4), await trans(7)], [0, 95016, 95016, 95016]);
  assert.deepEqual([await trans(1), await trans(1), await trans(0)], [0, 95016, 95016]);
  assert.deepEqual([await trans(2), await trans(1), await trans(2), await trans(4)], [0, 95016, 95016, 95016]);
  assert.deepEqual([await trans(3), await trans(3, 'nobody'), await trans(3, 'zhangsan'), await trans(3, 'zhangsan'), await trans(3, 'lisi')], [95014, 95014, 0, 95016, 0]);
  const { service_state: state, servicer_userid: servicer } = await s.kf('service_state/get', { external_userid: who });
  assert.deepEqual([state, servicer], [3, 'lisi']);
  await s.control('POST', 'kefu/kefu1/servicers', { userid: 'zhangsan', receiving: false });
  assert.equal(await trans(3, 'zhangsan'), 95019);
  assert.deepEqual([await trans(4), await trans(2)], [0, 95013]);
  await s.act(who, 'text', { text: '又来了' });
  assert.equal(await s.state(who), 0);
  assert.deepEqual(await events(s), [{ event_type: 'servicer_status_change', open_kfid: KEFU.openKfid, servicer_userid: 'zhangsan', status: 2, stop_type: 0 }]);
});

test('trans gives a code for one line: into the pool once per session, closing after the end', async (t) => {
  const s = await kefuStage(t);
  const who = await s.person();
  const trans = async (to: number): Promise<any> => s.kf('service_state/trans', { external_userid: who, service_state: to, servicer_userid: 'lisi' });
  await s.act(who, 'text', { text: 'x' });
  const { msg_code: pool } = await trans(2);
  assert.deepEqual([await onEvent(s, pool, MENU), await onEvent(s, pool), await onEvent(s, pool)], [40008, 0, 40058]);
  const { msg_code: taken } = await trans(3);
  assert.equal((await s.kf('service_state/trans', { external_userid: who, service_state: 3, servicer_userid: 'zhangsan' })).msg_code, undefined);
  const { msg_code: closing } = await trans(4);
  assert.deepEqual([typeof taken, await onEvent(s, closing, { ...MENU, msgid: 'bye' })], ['string', 0]);
  await s.act(who, 'text', { text: 'y' });
  assert.equal((await trans(1)).msg_code, undefined);
  await trans(3);
  const { msg_code: late } = await trans(4);
  await advance(s, 20_000);
  assert.equal(await onEvent(s, late), 40058);
  assert.deepEqual(await seen(s, who), [['你好', 'kf_event'], ['想问什么\n价格', 'kf_event']]);
});

test('entering gives a welcome code to someone who was silent for 48 hours: 20 seconds, once, no quota', async (t) => {
  const s = await kefuStage(t);
  const who = await s.person();
  const enter = async (): Promise<any> => {
    await s.act(who, 'enter', { scene: 'shop', scene_param: 'id=7' });
    return (await events(s)).at(-1);
  };
  const { welcome_code: code, ...rest } = await enter();
  assert.deepEqual(rest, { event_type: 'enter_session', open_kfid: KEFU.openKfid, external_userid: who, scene: 'shop', scene_param: 'id=7' });
  const message = (await s.log()).at(-1);
  assert.deepEqual([message.origin, 'open_kfid' in message, 'external_userid' in message], [4, false, false]);
  assert.deepEqual([await onEvent(s, code, MENU), await onEvent(s, code, MENU)], [0, 40058]);
  assert.equal((await enter()).welcome_code, undefined);
  await advance(s, 2 * DAY_MS);
  const { welcome_code: late } = await enter();
  await advance(s, 20_000);
  assert.equal(await onEvent(s, late), 40058);
  await s.act(who, 'text', { text: 'x' });
  assert.equal((await s.control('GET', `customers/${who}`)).quota.left, 5);
  await advance(s, 2 * DAY_MS);
  await s.set({ native_welcome: true });
  assert.equal((await enter()).welcome_code, undefined);
});

test('a servicer takes from the pool, writes, transfers, ends; the next message is a new session', async (t) => {
  const s = await kefuStage(t);
  const who = await s.person();
  await s.act(who, 'text', { text: '找人工' });
  await s.kf('service_state/trans', { external_userid: who, service_state: 2 });
  assert.equal(await s.status('POST', `customers/${who}/servicer-text`, { text: '早了' }), 409);
  await s.act(who, 'take', { servicer: 'zhangsan' });
  const said = await s.act(who, 'servicer-text', { text: '您好，我是张三' });
  await s.act(who, 'transfer', { servicer: 'lisi' });
  await s.act(who, 'end');
  const [picked, moved, ended] = await events(s);
  const ids = { event_type: 'session_status_change', open_kfid: KEFU.openKfid, external_userid: who };
  assert.deepEqual({ ...picked, msg_code: 'M' }, { ...ids, change_type: 1, msg_code: 'M', old_servicer_userid: '', new_servicer_userid: 'zhangsan' });
  assert.deepEqual(moved, { ...ids, change_type: 2, old_servicer_userid: 'zhangsan', new_servicer_userid: 'lisi' });
  assert.deepEqual({ ...ended, msg_code: 'M' }, { ...ids, change_type: 3, old_servicer_userid: 'lisi', new_servicer_userid: '', msg_code: 'M' });
  assert.deepEqual([await onEvent(s, picked.msg_code), await onEvent(s, ended.msg_code, MENU)], [0, 0]);
  const theirs = (await s.log()).find((one) => one.origin === 5);
  assert.deepEqual([theirs.msgid, theirs.servicer_userid, theirs.text.content], [said.msgid, 'zhangsan', '您好，我是张三']);
  assert.deepEqual((await seen(s, who))[0], ['您好，我是张三', 'kf_servicer']);
  assert.equal(await s.state(who), 4);
  await s.act(who, 'servicer-text', { text: '补一句', servicer: 'lisi' });
  assert.deepEqual([await s.state(who), (await events(s)).at(-1).change_type], [3, 4]);
  assert.equal((await s.send(who, '机器人')).errcode, 95018);
  await s.act(who, 'end');
  await s.act(who, 'text', { text: '又来了' });
  assert.equal(await s.state(who), 0);
});

test('reception by humans: a message goes to a servicer at once, or to the pool, and the API may not send', async (t) => {
  const s = await kefuStage(t, { account: { reception: 'humans' } });
  const [one, two] = [await s.person(), await s.person()];
  await s.act(one, 'text', { text: 'x' });
  assert.deepEqual([await s.state(one), (await s.send(one, 'x')).errcode], [3, 95018]);
  for (const userid of KEFU.servicers) await s.control('POST', 'kefu/kefu1/servicers', { userid, receiving: false, suspended: true });
  await s.act(two, 'text', { text: 'x' });
  assert.deepEqual([await s.state(two), (await s.send(two, 'x')).errcode], [2, 95018]);
  const { servicer_list: list } = await s.api('GET', `kf/servicer/list?access_token=${await s.token()}&open_kfid=${KEFU.openKfid}`);
  assert.deepEqual(list, KEFU.servicers.map((userid) => ({ userid, status: 1, stop_type: 1 })));
});

test('a session that the API leaves alone goes to people, and nothing but its state tells', async (t) => {
  const s = await kefuStage(t);
  const who = await s.person();
  await s.act(who, 'text', { text: 'x' });
  assert.deepEqual([(await s.send(who, '一')).errcode, await s.state(who)], [0, 0]);
  assert.equal((await s.act(who, 'assign')).outcome, 'none');
  assert.deepEqual([(await s.send(who, '二')).errcode, await s.state(who), await events(s)], [95018, 3, []]);
  assert.equal(await s.code('service_state/trans', { external_userid: who, service_state: 1 }), 95016);
  assert.equal(await s.status('POST', `customers/${who}/assign`, {}), 409);
});

test('taking back a message, by the customer and by a servicer; any other type and event', async (t) => {
  const s = await kefuStage(t);
  const who = await s.person();
  const { msgid } = await s.act(who, 'text', { text: '手滑', menu_id: '7', send_time: 1_700_000_000 });
  await s.act(who, 'recall', { msgid });
  assert.equal(await s.status('POST', `customers/${who}/recall`, { msgid }), 404);
  await s.kf('service_state/trans', { external_userid: who, service_state: 3, servicer_userid: 'lisi' });
  const said = await s.act(who, 'servicer-text', { text: '发错了' });
  await s.act(who, 'servicer-recall', { msgid: said.msgid });
  await s.act(who, 'servicer-raw', { msgtype: 'meeting', part: {} });
  await s.act(who, 'reject', { servicer: 'lisi' });
  await s.act(who, 'raw', { msgtype: 'link', part: { title: '标题', desc: '', url: 'https://a.cn', pic_url: '' } });
  await s.act(who, 'location', { latitude: 31.2, longitude: 121.5, label: '人民广场' });
  await s.act(who, 'event', { event_type: 'something_new', fields: { a: 1 } });
  const log = await s.log();
  assert.deepEqual([log[0].text, log[0].send_time], [{ content: '手滑', menu_id: '7' }, 1_700_000_000]);
  const about = { open_kfid: KEFU.openKfid, external_userid: who };
  assert.deepEqual(await events(s), [
    { event_type: 'user_recall_msg', ...about, recall_msgid: msgid },
    { event_type: 'servicer_recall_msg', ...about, recall_msgid: said.msgid, servicer_userid: 'lisi' },
    { event_type: 'reject_customer_msg_switch_change', ...about, servicer_userid: 'lisi', reject_switch: 1 },
    { event_type: 'something_new', ...about, a: 1 },
  ]);
  assert.equal(log.find((one) => one.msgtype === 'meeting').servicer_userid, 'lisi');
  assert.deepEqual(log.find((one) => one.msgtype === 'link').link.title, '标题');
  assert.deepEqual(log.find((one) => one.msgtype === 'location').location, { latitude: 31.2, longitude: 121.5, name: '人民广场', address: '人民广场' });
  assert.deepEqual((await s.transcript(who)).slice(0, 2).map((item) => [item.kind, item.text]), [['recalled', '[已撤回]'], ['recalled', '[已撤回]']]);
  assert.equal(await s.status('POST', `customers/${who}/text`, { text: 'x', msgid }), 409);
  assert.equal(await s.status('POST', `customers/${who}/follow`, {}), 404);
});
