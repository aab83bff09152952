// The API: tokens, windows and quotas, errcodes, typing, media, user info.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TestContext } from 'node:test';
import { ACCOUNT, stage } from './testing.ts';
import type { Stage } from './testing.ts';

const CLIENT = { grant_type: 'client_credential', appid: ACCOUNT.appid, secret: ACCOUNT.appSecret };
/** A picture by its first bytes, with a line break inside. */
const PNG = Buffer.from([0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10, 1, 2, 13, 10, 3]);
const MINUTE_MS = 60_000;

interface Scene {
  s: Stage;
  openid: string;
  send: (content: string, more?: object) => Promise<any>;
  text: (text: string, more?: object) => Promise<any>;
  token: string;
}

async function scene(t: TestContext): Promise<Scene> {
  const s = await stage(t);
  const [openid, token] = [await s.customer(), await s.token()];
  // A test that moves the clock outlives its token, so each send asks for the one that is good now.
  const send = async (content: string, more: object = {}): Promise<any> => s.api('POST', `message/custom/send?access_token=${await s.token()}`, { touser: openid, msgtype: 'text', text: { content }, ...more });
  const text = (words: string, more: object = {}): Promise<any> => s.control('POST', `customers/${openid}/text`, { text: words, wait: true, ...more });
  return { s, openid, send, text, token };
}

test('custom/send: five messages within 48 hours of a customer message, then 45047', async (t) => {
  const { s, openid, send, text } = await scene(t);
  assert.equal((await send('早')).errcode, 45015);
  await text('在吗');
  for (let n = 1; n <= 5; n += 1) assert.deepEqual(await send(`第 ${n} 句`), { errcode: 0, errmsg: 'ok' });
  const over = await send('第 6 句');
  assert.equal(over.errcode, 45047);
  assert.match(over.errmsg, / rid: [0-9a-f]{8}-[0-9a-f]{8}-[0-9a-f]{8}$/);
  await text('再问');
  assert.equal((await send('又五句')).errcode, 0);
  await s.control('POST', 'clock', { advance_ms: 48 * 60 * MINUTE_MS });
  assert.equal((await send('晚了')).errcode, 45015);
  const shown = (await s.transcript(openid)).filter((item) => item.via === 'custom_send').map((item) => item.text);
  assert.deepEqual(shown, ['第 1 句', '第 2 句', '第 3 句', '第 4 句', '第 5 句', '又五句']);
});

test('a menu click, a follow, a scan and a msgmenu tap each open three messages for a minute', async (t) => {
  const { s, openid, send, text } = await scene(t);
  const triggers: (() => Promise<unknown>)[] = [
    () => s.control('POST', `customers/${openid}/menu`, { key: 'MENU_HOURS', wait: true }),
    () => s.control('POST', `customers/${openid}/scan`, { scene: 'shop', wait: true }),
    () => text('是', { menu_id: '101' }),
    async () => {
      await s.control('POST', `customers/${openid}/unfollow`, { wait: true });
      assert.equal((await send('走了')).errcode, 45015);
      await s.control('POST', `customers/${openid}/follow`, { wait: true });
    },
  ];
  for (const trigger of triggers) {
    await trigger();
    for (let n = 1; n <= 3; n += 1) assert.equal((await send('x')).errcode, 0);
    assert.equal((await send('x')).errcode, 45047);
    await s.control('POST', 'clock', { advance_ms: MINUTE_MS });
    assert.equal((await send('x')).errcode, 45015);
  }
});

test('a menu click does not shorten the 48 hours, and quotas do not add up', async (t) => {
  const { s, openid, send, text } = await scene(t);
  await text('在吗');
  await s.control('POST', `customers/${openid}/menu`, { key: 'MENU_HOURS', wait: true });
  assert.equal((await s.control('GET', `customers/${openid}`)).quota.left, 5);
  await s.control('POST', 'clock', { advance_ms: MINUTE_MS });
  for (let n = 1; n <= 5; n += 1) assert.equal((await send('x')).errcode, 0);
  assert.equal((await send('x')).errcode, 45047);
});

test('custom/send complains as documented', async (t) => {
  const { s, openid, send, text, token } = await scene(t);
  await text('在吗');
  const path = `message/custom/send?access_token=${token}`;
  const raw = async (body: string, to = path): Promise<number> => (await s.api('POST', to, body)).errcode;
  assert.equal((await send('你'.repeat(683))).errcode, 45002);
  assert.equal((await send('')).errcode, 44004);
  assert.equal((await send(' \n')).errcode, 44004);
  assert.equal((await send('x', { touser: 'onobody' })).errcode, 40003);
  assert.equal((await send('x', { msgtype: 'sms' })).errcode, 40008);
  assert.equal((await send('x', { msgtype: 'image', image: { media_id: 'no' } })).errcode, 40007);
  assert.equal((await send('x', { msgtype: 'news', news: { articles: [{ title: 'a' }, { title: 'b' }] } })).errcode, 45008);
  assert.equal(await raw('{"touser":'), 47001);
  assert.equal(await raw('[]'), 47001);
  assert.equal(await raw(`{"touser":"${openid}","msgtype":"text","text":{"content":"\\u4f60"}}`), 40033);
  assert.equal(await raw(`{"touser":"${openid}","msgtype":"text","text":{"content":"\\\\u4f60 \\u0007"}}`), 0);
  assert.equal(await raw('{}', 'message/custom/send'), 41001);
  assert.equal(await raw('{}', 'message/custom/send?access_token=never'), 40001);
  assert.equal((await s.api('GET', path)).errcode, 43002);
  assert.equal((await s.api('POST', path)).errcode, 44002);
  assert.equal((await s.transcript(openid)).filter((item) => item.via === 'custom_send').length, 1);
});

test('stable_token: the same in normal mode, renewed five minutes before its end', async (t) => {
  const { s } = await scene(t);
  const first = await s.api('POST', 'stable_token', CLIENT);
  assert.ok(first.expires_in > 7_100 && first.expires_in <= 7_200);
  await s.control('POST', 'clock', { advance_ms: 6_800_000 });
  const later = await s.api('POST', 'stable_token', CLIENT);
  assert.equal(later.access_token, first.access_token);
  assert.ok(later.expires_in >= 300);
  await s.control('POST', 'clock', { advance_ms: 150_000 });
  const next = await s.api('POST', 'stable_token', CLIENT);
  assert.notEqual(next.access_token, first.access_token);
  assert.equal(await stateOf(s, first.access_token), 0, 'the old one lives to its end');
  await s.control('POST', 'clock', { advance_ms: 300_000 });
  assert.equal(await stateOf(s, first.access_token), 42001);
  assert.equal(await stateOf(s, next.access_token), 0);
});

test('stable_token by force: the old one dies at once, 30 seconds apart, 20 a day', async (t) => {
  const { s, token } = await scene(t);
  const force = (): Promise<any> => s.api('POST', 'stable_token', { ...CLIENT, force_refresh: true });
  const forced = await force();
  assert.notEqual(forced.access_token, token);
  assert.equal(await stateOf(s, token), 40001);
  assert.equal((await force()).access_token, forced.access_token, 'too soon: no refresh');
  let last = forced.access_token;
  for (let n = 2; n <= 20; n += 1) {
    await s.control('POST', 'clock', { advance_ms: 30_000 });
    const next = await force();
    assert.notEqual(next.access_token, last);
    last = next.access_token;
  }
  await s.control('POST', 'clock', { advance_ms: 30_000 });
  assert.equal((await force()).errcode, 45009);
  assert.equal(await stateOf(s, last), 0);
});

test('/token: each call another one, the old one lives five minutes more', async (t) => {
  const { s, token } = await scene(t);
  const path = `token?${new URLSearchParams(CLIENT)}`;
  const first = (await s.api('GET', path)).access_token;
  const second = (await s.api('GET', path)).access_token;
  assert.notEqual(first, second);
  assert.equal(await stateOf(s, first), 0);
  await s.control('POST', 'clock', { advance_ms: 5 * MINUTE_MS });
  assert.equal(await stateOf(s, first), 40001);
  assert.equal(await stateOf(s, second), 0);
  assert.equal(await stateOf(s, token), 0, 'stable_token is another line');
});

test('token calls with wrong credentials', async (t) => {
  const { s } = await scene(t);
  const code = async (change: object): Promise<number> => (await s.api('POST', 'stable_token', { ...CLIENT, ...change })).errcode;
  assert.equal(await code({ grant_type: 'x' }), 40002);
  assert.equal(await code({ appid: 'wxnone' }), 40013);
  assert.equal(await code({ secret: 'wrong' }), 40125);
});

async function stateOf(s: Stage, token: string): Promise<number> {
  return (await s.api('GET', `user/info?access_token=${token}&openid=${await s.customer()}`)).errcode ?? 0;
}

test('typing: soon after a customer message, not twice, ended by the next message', async (t) => {
  const { s, openid, send, text, token } = await scene(t);
  const typing = async (command: string): Promise<number> => (await s.api('POST', `message/custom/typing?access_token=${token}`, { touser: openid, command })).errcode;
  assert.equal(await typing('Typing'), 45080);
  await text('在吗');
  assert.equal(await typing('Dance'), 45072);
  assert.equal(await typing('Typing'), 0);
  assert.equal(await typing('Typing'), 45081);
  await send('在');
  assert.equal(await typing('Typing'), 0);
  assert.equal(await typing('CancelTyping'), 0);
  await s.control('POST', 'clock', { advance_ms: 31_000 });
  assert.equal(await typing('Typing'), 45080);
});

test('media: what is uploaded comes back, also from a customer, for three days', async (t) => {
  const { s, openid, send } = await scene(t);
  const form = new FormData();
  form.append('media', new Blob([PNG], { type: 'image/png' }), 'a.png');
  const upload = (kind: string, body: FormData): Promise<any> => s.token().then((token) => fetch(`${s.url}/cgi-bin/media/upload?access_token=${token}&type=${kind}`, { method: 'POST', body })).then((r) => r.json());
  const { media_id } = await upload('image', form);
  const get = async (id: string): Promise<Response> => fetch(`${s.url}/cgi-bin/media/get?access_token=${await s.token()}&media_id=${id}`);
  assert.deepEqual([...Buffer.from(await (await get(media_id)).arrayBuffer())], [...PNG]);
  assert.equal((await upload('hologram', form)).errcode, 40004);
  assert.equal((await upload('voice', form)).errcode, 40005);
  assert.equal((await upload('image', new FormData())).errcode, 41005);
  await s.control('POST', `customers/${openid}/image`, { wait: true });
  const push = s.pushes.at(-1);
  assert.equal((await fetch(String(push?.fields.PicUrl))).headers.get('content-type'), 'image/png');
  assert.equal((await get(String(push?.fields.MediaId))).headers.get('content-type'), 'image/png');
  assert.equal((await send('', { msgtype: 'image', image: { media_id } })).errcode, 0);
  await s.control('POST', 'clock', { advance_ms: 3 * 24 * 60 * MINUTE_MS });
  assert.equal(((await (await get(media_id)).json()) as any).errcode, 40007);
});

test('user/info: a follower, and someone who left', async (t) => {
  const { s, openid, token } = await scene(t);
  const info = (): Promise<any> => s.api('GET', `user/info?access_token=${token}&openid=${openid}&lang=zh_CN`);
  assert.equal((await info()).subscribe, 1);
  await s.control('POST', `customers/${openid}/unfollow`, {});
  assert.deepEqual(await info(), { subscribe: 0, openid });
  assert.equal((await s.api('GET', `user/info?access_token=${token}&openid=o_nobody`)).errcode, 40003);
});
