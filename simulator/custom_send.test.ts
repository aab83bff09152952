// custom/send of every type, and who may send what to whom.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stage } from './testing.ts';
import type { Stage } from './testing.ts';

const wait = true;

async function scene(t: Parameters<typeof stage>[0], account: object = {}): Promise<{ s: Stage; openid: string; send: (msgtype: string, part: unknown, more?: object) => Promise<number> }> {
  const s = await stage(t, { account });
  const openid = await s.customer();
  const send = async (msgtype: string, part: unknown, more: object = {}): Promise<number> => {
    await s.control('POST', `customers/${openid}/text`, { text: '在吗', wait });
    return (await s.api('POST', `message/custom/send?access_token=${await s.token()}`, { touser: openid, msgtype, [msgtype]: part, ...more })).errcode;
  };
  return { s, openid, send };
}

test('an official account sends every type but link; media must be of the kind', async (t) => {
  const { s, openid, send } = await scene(t);
  const media = async (kind: string): Promise<string> => (await s.control('POST', 'media', { account: 'main', kind })).media_id;
  const [image, voice, video, thumb, news] = await Promise.all(['image', 'voice', 'video', 'thumb', 'news'].map(media)) as [string, string, string, string, string];
  const cards: [string, object][] = [
    ['text', { content: '在' }], ['image', { media_id: image }], ['voice', { media_id: voice }], ['video', { media_id: video, thumb_media_id: thumb, title: '片' }],
    ['music', { title: '歌', musicurl: 'http://m', thumb_media_id: thumb }], ['news', { articles: [{ title: '文', url: 'http://n' }] }],
    ['mpnews', { media_id: news }], ['mpnewsarticle', { article_id: 'a1' }], ['msgmenu', { head_content: '满意吗', list: [{ id: '1', content: '是' }], tail_content: '谢谢' }],
    ['wxcard', { card_id: 'c1' }], ['miniprogrampage', { title: '下单', appid: 'wxcard', pagepath: 'pages/a', thumb_media_id: thumb }],
  ];
  for (const [type, part] of cards) assert.equal(await send(type, part), 0, type);
  assert.deepEqual((await s.transcript(openid)).filter((item) => item.via === 'custom_send').map((item) => item.kind), cards.map(([type]) => type));
  assert.equal(await send('link', { title: '文', url: 'http://n' }), 40008);
  assert.equal(await send('voice', { media_id: image }), 40007);
  assert.equal(await send('music', { title: '歌', musicurl: 'http://m' }), 40007);
  assert.equal(await send('miniprogrampage', { title: '下单', appid: 'wxcard', pagepath: 'pages/a' }), 40007);
});

test('a mini program sends four types', async (t) => {
  const { s, send } = await scene(t, { kind: 'mini_program' });
  const { media_id } = await s.control('POST', 'media', { account: 'main' });
  const good: [string, object][] = [['text', { content: '在' }], ['image', { media_id }], ['link', { title: '文', url: 'http://n' }], ['miniprogrampage', { title: '页', pagepath: 'pages/a', thumb_media_id: media_id }]];
  for (const [type, part] of good) assert.equal(await send(type, part), 0, type);
  for (const type of ['voice', 'video', 'news', 'msgmenu', 'music']) assert.equal(await send(type, {}), 40008, type);
});

test('what an account may not send has its own errcode', async (t) => {
  const { s, openid, send } = await scene(t, { tier: 'test', miniPrograms: ['wxours'] });
  const menu = { list: [{ id: '1', content: '是' }] };
  assert.equal(await send('msgmenu', menu), 40200);
  await s.control('PATCH', 'accounts/main', { tier: 'service' });
  assert.equal(await send('msgmenu', menu), 0);
  await s.control('POST', 'faults', { account: { id: 'main', refused_types: ['msgmenu'] } });
  assert.equal(await send('msgmenu', menu), 48008);
  const { media_id } = await s.control('POST', 'media', { account: 'main' });
  assert.equal(await send('miniprogrampage', { title: '页', appid: 'wxother', pagepath: 'p', thumb_media_id: media_id }), 45064);
  await s.control('PATCH', `customers/${openid}`, { blocked: true });
  assert.equal(await send('text', { content: '在' }), 48002);
});

test('someone who left is 45015, or as the account is told', async (t) => {
  const s = await stage(t);
  const openid = await s.customer();
  await s.control('POST', `customers/${openid}/text`, { text: '在吗', wait });
  await s.control('POST', `customers/${openid}/unfollow`, { wait });
  for (const code of [45015, 43004, 50005]) {
    await s.control('POST', 'faults', { account: { id: 'main', unfollowed_errcode: code } });
    const answer = await s.api('POST', `message/custom/send?access_token=${await s.token()}`, { touser: openid, msgtype: 'text', text: { content: '在' } });
    assert.equal(answer.errcode, code);
  }
});

test('as whom, and that a machine wrote, is kept with the line', async (t) => {
  const { s, openid, send } = await scene(t);
  assert.equal(await send('text', { content: '在' }, { customservice: { kf_account: 'kf1@shop' }, aimsgcontext: { is_ai_msg: 1 } }), 0);
  assert.deepEqual((await s.transcript(openid)).at(-1).data, { kf_account: 'kf1@shop', ai: true });
});
