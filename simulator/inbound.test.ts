// Every kind of message and event a customer can cause, as the account's server gets it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sayText, stage } from './testing.ts';
import type { Stage } from './testing.ts';

const wait = true;

async function pushed(s: Stage, openid: string, act: string, body: object = {}): Promise<Record<string, any>> {
  await s.control('POST', `customers/${openid}/${act}`, { ...body, wait });
  const { ToUserName: _, FromUserName: __, CreateTime: ___, ...fields } = s.pushes.at(-1)?.fields ?? {};
  return fields;
}

test('each type of message carries its documented fields', async (t) => {
  const s = await stage(t);
  const openid = await s.customer();
  const image = await pushed(s, openid, 'image');
  assert.deepEqual(Object.keys(image), ['MsgType', 'PicUrl', 'MediaId', 'MsgId']);
  const picture = await fetch(image.PicUrl);
  assert.equal(picture.headers.get('content-type'), 'image/png');
  assert.equal(Buffer.from(await picture.arrayBuffer()).subarray(1, 4).toString(), 'PNG');
  const voice = await pushed(s, openid, 'voice', { recognition: '几点开门' });
  assert.deepEqual([voice.MsgType, voice.Format, voice.Recognition], ['voice', 'amr', '几点开门']);
  assert.equal('Recognition' in (await pushed(s, openid, 'voice')), false);
  assert.deepEqual(Object.keys(await pushed(s, openid, 'video')), ['MsgType', 'MediaId', 'ThumbMediaId', 'MsgId']);
  assert.equal((await pushed(s, openid, 'video', { short: true })).MsgType, 'shortvideo');
  const place = await pushed(s, openid, 'location', { latitude: 31.5, longitude: 121.25, label: '店里' });
  assert.deepEqual([place.Location_X, place.Location_Y, place.Label], ['31.5', '121.25', '店里']);
  const link = await pushed(s, openid, 'link', { title: '文章', url: 'https://example.com/a' });
  assert.deepEqual([link.MsgType, link.Title, link.Url], ['link', '文章', 'https://example.com/a']);
  const file = await pushed(s, openid, 'file', { title: '说明书.pdf', bytes: 2048 });
  assert.deepEqual([file.Title, file.FileTotalLen, 'MediaId' in file], ['说明书.pdf', '2048', false]);
  const card = await pushed(s, openid, 'card', { title: '下单', appid: 'wxcard', page_path: 'pages/a' });
  assert.deepEqual([card.MsgType, card.AppId, card.PagePath], ['miniprogrampage', 'wxcard', 'pages/a']);
  const tap = await pushed(s, openid, 'text', { text: '是', menu_id: '101' });
  assert.deepEqual([tap.Content, tap.bizmsgmenuid], ['是', '101']);
});

test('each event carries its documented fields', async (t) => {
  const s = await stage(t);
  const openid = await s.customer();
  const cases: [string, object, Record<string, unknown>][] = [
    ['view', { url: 'https://example.com' }, { Event: 'VIEW', EventKey: 'https://example.com', MenuId: '428000000' }],
    ['report-location', { latitude: 23.1, longitude: 113.3 }, { Event: 'LOCATION', Latitude: '23.1', Longitude: '113.3', Precision: '65' }],
    ['debug', { text: 'ping' }, { Event: 'debug_demo', debug_str: 'ping' }],
    ['kf-open', { kf_account: 'kf1@shop' }, { Event: 'kf_create_session', KfAccount: 'kf1@shop' }],
    ['kf-switch', { to: 'kf2@shop' }, { Event: 'kf_switch_session', FromKfAccount: 'kf1@shop', ToKfAccount: 'kf2@shop' }],
    ['kf-close', {}, { Event: 'kf_close_session', KfAccount: 'kf2@shop' }],
    ['subscribe-popup', { choices: [{ template_id: 'T1', accept: true }, { template_id: 'T2', accept: false, scene: '2' }] }, {
      Event: 'subscribe_msg_popup_event',
      SubscribeMsgPopupEvent: { List: [{ TemplateId: 'T1', SubscribeStatusString: 'accept', PopupScene: '1' }, { TemplateId: 'T2', SubscribeStatusString: 'reject', PopupScene: '2' }] },
    }],
    ['subscribe-change', { template_ids: ['T1'] }, { Event: 'subscribe_msg_change_event', SubscribeMsgChangeEvent: { List: { TemplateId: 'T1', SubscribeStatusString: 'reject' } } }],
  ];
  for (const [act, body, fields] of cases) assert.deepEqual(await pushed(s, openid, act, body), { MsgType: 'event', ...fields });
  const privacy = await pushed(s, openid, 'privacy', { event: 'user_authorization_cancellation', revoke_info: '301,302' });
  assert.deepEqual([privacy.Event, privacy.OpenID, privacy.RevokeInfo], ['user_authorization_cancellation', openid, '301,302']);
});

test('the list of a subscribe event is an object when it is one, an array when it is several, in JSON', async (t) => {
  const s = await stage(t, { mode: 'plaintext', account: { kind: 'mini_program', format: 'json' } });
  const openid = await s.customer();
  for (const choices of [[{ template_id: 'T1' }], [{ template_id: 'T1' }, { template_id: 'T2' }]]) {
    await s.control('POST', `customers/${openid}/subscribe-popup`, { choices, wait });
  }
  const lists = s.pushes.map((push) => JSON.parse(push.body).SubscribeMsgPopupEvent.List);
  assert.deepEqual(lists[0], { TemplateId: 'T1', SubscribeStatusString: 'accept', PopupScene: '1' });
  assert.equal(lists[1].length, 2);
  assert.deepEqual((await s.control('GET', `customers/${openid}`)).consents, { T1: 2, T2: 1 });
});

test('an unsubscribe may come several times', async (t) => {
  const s = await stage(t);
  const openid = await s.customer();
  await s.control('POST', `customers/${openid}/unfollow`, { times: 3, wait });
  assert.deepEqual(s.pushes.map((push) => push.fields.Event), ['unsubscribe', 'unsubscribe', 'unsubscribe']);
});

test('in a session of WeChat’s own customer service messages stay there, until it is closed or 30 minutes old', async (t) => {
  const s = await stage(t);
  s.answer(sayText('好'));
  const openid = await s.customer();
  const text = async (): Promise<string> => (await s.control('POST', `customers/${openid}/text`, { text: '在吗', wait })).outcome;
  await s.control('POST', `customers/${openid}/kf-open`, { wait });
  assert.equal(await text(), 'kf_session');
  assert.equal((await s.control('GET', `customers/${openid}`)).kf_session, 'kf2001@shop');
  await s.control('POST', `customers/${openid}/kf-close`, { wait });
  assert.equal(await text(), 'reply');
  await s.control('POST', `customers/${openid}/kf-open`, { wait });
  assert.equal(await text(), 'kf_session');
  await s.control('POST', 'clock', { advance_ms: 30 * 60_000 });
  assert.equal(await text(), 'reply');
  assert.deepEqual(s.pushes.map((push) => push.fields.Event ?? push.fields.MsgType), ['kf_create_session', 'kf_close_session', 'text', 'kf_create_session', 'text']);
  assert.equal((await s.transcript(openid)).filter((item) => item.from === 'customer').length, 4);
  assert.equal(await s.status('POST', `customers/${openid}/unfollow`, {}), 200);
  assert.equal(await s.status('POST', `customers/${openid}/kf-close`, {}), 409);
});

test('a PicUrl may lead elsewhere, never end, or lie', async (t) => {
  const s = await stage(t);
  const openid = await s.customer();
  const url = (await pushed(s, openid, 'image')).PicUrl;
  const fault = (pictures: object | null): Promise<unknown> => s.control('POST', 'faults', { pictures });
  await fault({ how: 'redirect', to: 'http://169.254.169.254/latest' });
  const moved = await fetch(url, { redirect: 'manual' });
  assert.deepEqual([moved.status, moved.headers.get('location')], [302, 'http://169.254.169.254/latest']);
  await fault({ how: 'huge', bytes: 200_000 });
  const huge = await fetch(url);
  assert.equal(huge.headers.get('content-length'), null);
  assert.equal((await huge.arrayBuffer()).byteLength, 200_000);
  await fault({ how: 'lie', content_type: 'image/png', body_base64: Buffer.from('<script>').toString('base64') });
  const lie = await fetch(url);
  assert.deepEqual([lie.headers.get('content-type'), await lie.text()], ['image/png', '<script>']);
  await fault({ how: 'slow', every_ms: 1 });
  const slow = await fetch(url);
  const reader = slow.body?.getReader();
  assert.equal((await reader?.read())?.done, false);
  await reader?.cancel();
  await fault({ how: 'gone' });
  assert.equal((await fetch(url)).status, 404);
  await fault(null);
  assert.equal((await fetch(url)).status, 200);
  assert.equal((await pushed(s, openid, 'image', { pic_url: 'http://127.0.0.1:1/x' })).PicUrl, 'http://127.0.0.1:1/x');
});

test('a picture is as large as a test needs', async (t) => {
  const s = await stage(t);
  const openid = await s.customer();
  const { MediaId } = await pushed(s, openid, 'image', { padding_bytes: 12_000_000 });
  const response = await fetch(`${s.url}/cgi-bin/media/get?access_token=${await s.token()}&media_id=${MediaId}`);
  assert.ok((await response.arrayBuffer()).byteLength > 12_000_000);
});

test('each window is told by what opened it', async (t) => {
  const s = await stage(t);
  const openid = await s.customer();
  await pushed(s, openid, 'text', { text: '在吗' });
  await pushed(s, openid, 'text', { text: '是', menu_id: '1' });
  const { windows } = await s.control('GET', `customers/${openid}`);
  assert.deepEqual(Object.entries(windows).map(([name, one]: [string, any]) => [name, one.left]), [['message', 5], ['menu', 3]]);
  assert.ok(windows.message.closes_at_ms - windows.menu.closes_at_ms > 47 * 3_600_000);
});
