// media/upload and media/get: judged by the bytes, with WeChat's errcodes.
import assert from 'node:assert/strict';
import { request } from 'node:http';
import { test } from 'node:test';
import { SAMPLE_THUMB, SAMPLE_VIDEO, SAMPLE_VOICE } from './samples.ts';
import { stage } from './testing.ts';
import type { Stage } from './testing.ts';

const PNG = Buffer.from('\x89PNG\r\n\x1a\n....', 'latin1');

async function upload(s: Stage, kind: string, bytes: Buffer, { type = 'application/octet-stream', name = 'a.bin' } = {}): Promise<any> {
  const form = new FormData();
  form.append('media', new Blob([new Uint8Array(bytes)], { type }), name);
  return (await fetch(`${s.url}/cgi-bin/media/upload?access_token=${await s.token()}&type=${kind}`, { method: 'POST', body: form })).json();
}

async function get(s: Stage, id: string): Promise<Response> {
  return fetch(`${s.url}/cgi-bin/media/get?access_token=${await s.token()}&media_id=${id}`);
}

test('each kind is known by its first bytes and comes back as it was', async (t) => {
  const s = await stage(t);
  for (const [kind, bytes, type] of [['image', PNG, 'image/png'], ['voice', SAMPLE_VOICE, 'audio/amr'], ['thumb', SAMPLE_THUMB, 'image/jpeg']] as const) {
    const answer = await upload(s, kind, bytes);
    assert.equal(answer.type, kind);
    const back = await get(s, kind === 'thumb' ? answer.thumb_media_id : answer.media_id);
    assert.equal(back.headers.get('content-type'), type);
    assert.match(back.headers.get('content-disposition') ?? '', /^attachment; filename="/);
    assert.deepEqual(Buffer.from(await back.arrayBuffer()), Buffer.from(bytes));
  }
  const { media_id } = await upload(s, 'video', SAMPLE_VIDEO);
  const { video_url } = (await (await get(s, media_id)).json()) as any;
  assert.deepEqual(Buffer.from(await (await fetch(video_url)).arrayBuffer()), SAMPLE_VIDEO);
});

test('what is not what it should be is refused', async (t) => {
  const s = await stage(t);
  const code = async (...args: [string, Buffer, object?]): Promise<number> => (await upload(s, ...args)).errcode;
  assert.equal(await code('hologram', PNG), 40004);
  assert.equal(await code('image', Buffer.from('<svg/>'), { type: 'image/png' }), 40005, 'the declared type does not help');
  assert.equal(await code('voice', PNG), 40005);
  assert.equal(await code('thumb', PNG), 40005);
  assert.equal(await code('image', Buffer.alloc(0)), 40006);
  assert.equal(await code('image', PNG, { name: '照片.png' }), 41005);
  const long = (head: Buffer, bytes: number): Buffer => Buffer.concat([head, Buffer.alloc(bytes)]);
  assert.equal(await code('image', long(PNG, 10_485_760)), 40009);
  assert.equal(await code('voice', long(Buffer.from('ID3'), 2_097_152)), 40010);
  assert.equal(await code('voice', Buffer.concat([Buffer.from('#!AMR\n'), ...Array.from({ length: 3_001 }, () => SAMPLE_VOICE.subarray(6, 38))])), 40010, '60.02 s');
  assert.equal(await code('video', long(SAMPLE_VIDEO, 10_485_760)), 40011);
  assert.equal(await code('thumb', long(SAMPLE_THUMB, 65_536)), 40012);
  for (const bytes of [12_000_000, 23_000_000]) assert.equal(await code('image', long(PNG, bytes)), 45001);
  assert.equal(((await (await get(s, 'unknown')).json()) as any).errcode, 40007);
});

test('a chunked upload has no length and is refused', async (t) => {
  const s = await stage(t);
  const token = await s.token();
  const body = `--b\r\ncontent-disposition: form-data; name="media"; filename="a.png"\r\n\r\n${PNG.toString('latin1')}\r\n--b--\r\n`;
  const send = (headers: Record<string, string | number>): Promise<any> => new Promise((resolve, reject) => {
    const call = request(`${s.url}/cgi-bin/media/upload?access_token=${token}&type=image`, { method: 'POST', headers: { 'content-type': 'multipart/form-data; boundary=b', ...headers } }, (response) => {
      response.setEncoding('utf8').on('data', (text: string) => resolve(JSON.parse(text)));
    }).on('error', reject);
    call.write(body.slice(0, 10), 'latin1');
    call.end(body.slice(10), 'latin1');
  });
  assert.equal((await send({ 'transfer-encoding': 'chunked' })).errcode, 41005);
  assert.equal((await send({ 'content-length': Buffer.byteLength(body, 'latin1') })).type, 'image');
});

test('a mini program uploads pictures only', async (t) => {
  const s = await stage(t, { account: { kind: 'mini_program' } });
  assert.equal((await upload(s, 'voice', SAMPLE_VOICE)).errcode, 40004);
  assert.equal((await upload(s, 'image', PNG)).type, 'image');
});
