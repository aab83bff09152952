// The API of WeCom that KF needs: gettoken, kf/*, media. Paths that OA has too are told apart by their token.
import type { Answer, Request } from './answer.ts';
import { isRecord } from './config.ts';
import { kefuError } from './kefu_errors.ts';
import type { Desk, Kefu, KefuCustomer } from './kefu.ts';
import type { KefuAccount } from './kefu_config.ts';
import { BATCH_MAX, BYTES_MAX } from './kefu_limits.ts';
import { send, sendOnEvent } from './kefu_message.ts';
import type { MediaKnown } from './kefu_message.ts';
import { transfer } from './kefu_session.ts';
import { sync } from './kefu_sync.ts';
import { AMR_SECONDS_MAX, amrSeconds, sniff } from './media_api.ts';
import { parseUpload } from './multipart.ts';

type Part = Record<string, unknown>;
/** JSON to answer with, an errcode, or an errcode with the field that it is about. */
type Outcome = Part | number | { errcode: number; detail?: string };

interface Call {
  kefu: Kefu;
  app: KefuAccount;
  body: Part;
  request: Request;
}

type Endpoint = { method: 'GET' | 'POST' } & (
  | { run: (call: Call) => Outcome }
  | { desk: (call: Call, desk: Desk) => Outcome }
  | { customer: (call: Call, desk: Desk, customer: KefuCustomer) => Outcome }
);

const ENDPOINTS: Record<string, Endpoint> = {
  'kf/sync_msg': { method: 'POST', desk: ({ kefu, body }, desk) => sync(kefu, desk, body) },
  'kf/send_msg': { method: 'POST', customer: (call, desk, customer) => send(call.kefu, desk, customer, call.body, mediaKnown(call)) },
  'kf/send_msg_on_event': { method: 'POST', run: onEvent },
  'kf/service_state/get': {
    method: 'POST',
    customer: ({ kefu }, _, customer) => {
      const state = kefu.stateOf(customer);
      return { service_state: state, servicer_userid: state === 3 ? (customer.servicer ?? '') : '' };
    },
  },
  'kf/service_state/trans': { method: 'POST', customer: ({ kefu, body }, _, customer) => transfer(kefu, customer, body.service_state, body.servicer_userid) },
  'kf/servicer/list': {
    method: 'GET',
    desk: (_, { servicers }) => ({
      servicer_list: [...servicers.values()].map(({ userid, receiving, stopType }) => ({ userid, status: receiving ? 0 : 1, ...(receiving ? {} : { stop_type: stopType }) })),
    }),
  },
  'kf/account/list': { method: 'POST', run: accountList },
  'kf/add_contact_way': { method: 'POST', desk: contactWay },
  'kf/customer/batchget': { method: 'POST', run: customers },
  'media/upload': { method: 'POST', run: upload },
  'media/get': { method: 'GET', run: () => 40007 },
};
const SHARED_WITH_OA = ['media/upload', 'media/get'];

const done = (json: Part): Answer => ({ json: { errcode: 0, errmsg: 'ok', ...json }, accepted: true });

/** Null for what is not WeCom's. */
export function answerKefu(kefu: Kefu, path: string, request: Request): Answer | null {
  const name = path.slice('/cgi-bin/'.length);
  const refused = (code: number, detail?: string): Answer => ({ json: { ...kefuError(code, request.ip, detail) }, accepted: false });
  if (name === 'gettoken') return giveToken(kefu, request, refused);
  const endpoint = Object.hasOwn(ENDPOINTS, name) ? ENDPOINTS[name] : undefined;
  const app = authorise(kefu, request.query.get('access_token'));
  if (!endpoint || (SHARED_WITH_OA.includes(name) && !ours(kefu, request.query.get('access_token')))) return null;
  if (request.method !== endpoint.method) return refused(endpoint.method === 'GET' ? 43001 : 43002);
  if (typeof app === 'number') return refused(app);
  kefu.appToken(app).countCall();
  const allowed = kefu.faultsOf(app).ip_allow_list;
  if (allowed && !allowed.includes(request.ip)) return refused(60020);
  if (name === 'media/get') return download(kefu, app, request) ?? refused(40007);
  const body = bodyOf(request);
  if (body === null) return refused(47001);
  const outcome = run({ kefu, app, body, request }, endpoint);
  if (typeof outcome === 'number') return refused(outcome);
  const { errcode, detail } = outcome as { errcode?: number; detail?: string };
  return errcode ? refused(errcode, detail) : done(outcome as Part);
}

/** Which account and customer a call is about, for the call log; null when it is not WeCom's. */
export function aboutKefu(kefu: Kefu, request: Request): { account: string; openid: string | null } | null {
  const app = authorise(kefu, request.query.get('access_token'));
  if (typeof app === 'number') return null;
  const input = bodyOf(request) ?? {};
  const desk = desksOf(kefu, app).find((one) => one.account.openKfid === input.open_kfid);
  const external = input.touser ?? input.external_userid;
  return { account: desk?.account.id ?? app.id, openid: (desk && kefu.find(desk, external)?.key) ?? null };
}

function run(call: Call, endpoint: Endpoint): Outcome {
  if ('run' in endpoint) return endpoint.run(call);
  const { kefu, app, body } = call;
  if (typeof body.open_kfid !== 'string' || body.open_kfid === '') return 95000;
  const desk = desksOf(kefu, app).find((one) => one.account.openKfid === body.open_kfid);
  if (!desk) return 95004;
  if (!desk.settings.granted) return 95017;
  if ('desk' in endpoint) return endpoint.desk(call, desk);
  const customer = kefu.find(desk, body.touser ?? body.external_userid);
  return customer ? endpoint.customer(call, desk, customer) : 40096;
}

/** The app whose token this is (by one of its accounts), or the errcode. */
function authorise(kefu: Kefu, token: string | null): KefuAccount | number {
  if (!token) return 41001;
  const states = [...kefu.desks.values()].map(({ account }) => ({ account, state: kefu.appToken(account).state(token) }));
  const known = states.find((one) => one.state !== 'unknown');
  if (known?.state === 'good') return known.account;
  return known?.state === 'expired' ? 42001 : 40014;
}

/** Also when it is good no more. */
function ours(kefu: Kefu, token: string | null): boolean {
  return token !== null && [...kefu.desks.values()].some(({ account }) => kefu.appToken(account).state(token) !== 'unknown');
}

function desksOf(kefu: Kefu, app: KefuAccount): Desk[] {
  return [...kefu.desks.values()].filter(({ account }) => account.corpid === app.corpid && account.secret === app.secret);
}

function bodyOf(request: Request): Part | null {
  if (request.method === 'GET') return Object.fromEntries(request.query);
  if (request.contentType.startsWith('multipart/')) return {};
  try {
    const body: unknown = JSON.parse(request.body.toString('utf8'));
    return isRecord(body) ? body : null;
  } catch {
    return null;
  }
}

function giveToken(kefu: Kefu, request: Request, refused: (code: number) => Answer): Answer {
  if (request.method !== 'GET') return refused(43001);
  const [corpid, secret] = [request.query.get('corpid'), request.query.get('corpsecret')];
  if (!corpid) return refused(41002);
  if (!secret) return refused(41004);
  const ofCorp = [...kefu.desks.values()].filter((one) => one.account.corpid === corpid);
  const [first] = ofCorp;
  if (!first) return refused(40013);
  const app = ofCorp.find((one) => one.account.secret === secret);
  const faults = kefu.faultsOf((app ?? first).account);
  if (faults.appid === 'unknown') return refused(40013);
  if (!app || faults.secret !== 'ok') return refused(40001);
  const { token, expiresInS } = kefu.appToken(app.account).take();
  return done({ access_token: token, expires_in: expiresInS });
}

function onEvent(call: Call): Outcome {
  const customer = call.kefu.code(call.body.code)?.customer;
  // A code of another app is as good as none.
  const desk = customer && desksOf(call.kefu, call.app).find((one) => one.account === customer.account);
  return desk ? sendOnEvent(call.kefu, desk, customer, call.body) : { errcode: 40058, detail: 'code' };
}

function accountList({ kefu, app, body }: Call): Outcome {
  const offset = body.offset ?? 0;
  const limit = body.limit ?? BATCH_MAX;
  if (!isCount(offset, 0, Number.MAX_SAFE_INTEGER)) return { errcode: 40058, detail: 'offset' };
  if (!isCount(limit, 1, BATCH_MAX)) return { errcode: 40058, detail: 'limit' };
  return {
    account_list: desksOf(kefu, app).slice(offset, offset + limit).map(({ account, settings }) => ({
      open_kfid: account.openKfid, name: account.name, avatar: `https://wwcdn.weixin.qq.com/kf/${account.openKfid}`, manage_privilege: settings.granted,
    })),
  };
}

function contactWay({ body }: Call, { account }: Desk): Outcome {
  const scene = body.scene ?? '';
  if (typeof scene !== 'string' || Buffer.byteLength(scene) > BYTES_MAX.scene || !/^[0-9a-zA-Z_-]*$/.test(scene)) return { errcode: 40058, detail: 'scene' };
  const query = scene === '' ? '' : `?enc_scene=ENC${Buffer.from(scene).toString('base64url')}`;
  return { url: `https://work.weixin.qq.com/kfid/kfc${account.openKfid.slice(2)}${query}` };
}

function customers({ kefu, app, body }: Call): Outcome {
  const wanted = body.external_userid_list;
  if (!Array.isArray(wanted) || wanted.length === 0 || wanted.length > BATCH_MAX) return { errcode: 40058, detail: 'external_userid_list' };
  if (![undefined, 0, 1].includes(body.need_enter_session_context as undefined)) return { errcode: 40058, detail: 'need_enter_session_context' };
  const desks = desksOf(kefu, app);
  const found = wanted.map((id) => desks.map((desk) => kefu.find(desk, id)).find((one) => one !== undefined));
  return {
    customer_list: found.filter((one) => one !== undefined).map((one) => customerView(kefu, one, body.need_enter_session_context === 1)),
    invalid_external_userid: wanted.filter((_, at) => found[at] === undefined),
  };
}

function customerView(kefu: Kefu, customer: KefuCustomer, withContext: boolean): Part {
  const { externalUserid, name, gender, context } = customer;
  const unionid = kefu.platform.unionid(customer);
  return {
    external_userid: externalUserid, nickname: name, avatar: `https://wx.qlogo.cn/mmhead/${externalUserid}/0`, gender, ...(unionid === null ? {} : { unionid }),
    ...(withContext && context ? { enter_session_context: context } : {}),
  };
}

/** Per type: what its first bytes must say (null: anything), and how many bytes. */
const UPLOADS: Record<string, { types: string[] | null; bytesMax: number }> = {
  image: { types: ['image/png', 'image/jpeg'], bytesMax: 10_485_760 },
  voice: { types: ['audio/amr'], bytesMax: 2_097_152 },
  video: { types: ['video/mp4'], bytesMax: 10_485_760 },
  file: { types: null, bytesMax: 20_971_520 },
};
/** WeCom takes no media of 5 bytes or fewer. */
const MEDIA_BYTES_MIN = 6;

function upload({ kefu, app, request }: Call): Outcome {
  const kind = request.query.get('type') ?? '';
  const rule = Object.hasOwn(UPLOADS, kind) ? UPLOADS[kind] : undefined;
  if (!rule) return 40004;
  if (request.tooLarge) return 45001;
  const part = request.contentLength === null ? null : parseUpload(request.contentType, request.body);
  if (!part) return 41005;
  if (part.bytes.length < MEDIA_BYTES_MIN) return 40006;
  if (part.bytes.length > rule.bytesMax) return 45001;
  const type = sniff(part.bytes);
  if (rule.types && (type === null || !rule.types.includes(type))) return 40005;
  if (kind === 'voice' && amrSeconds(part.bytes) > AMR_SECONDS_MAX) return 40010;
  const media = kefu.platform.addMedia(mediaOwner(app), kind, type ?? part.type, part.bytes);
  return { type: kind, media_id: media.id, created_at: String(Math.floor(media.createdAtMs / 1000)) };
}

function download(kefu: Kefu, app: KefuAccount, { query }: Request): Answer | null {
  const media = kefu.platform.media(mediaOwner(app), query.get('media_id') ?? '');
  if (!media) return null;
  return { ...done({}), file: { type: media.type, name: `${media.id.slice(0, 16)}.${media.type.split('/')[1]}`, bytes: media.bytes } };
}

/** Media belong to the corp: every app of it may read them. */
export function mediaOwner({ corpid }: KefuAccount): string {
  return corpid;
}

function mediaKnown({ kefu, app }: Call): MediaKnown {
  return (id, kind) => kefu.platform.media(mediaOwner(app), id)?.kind === kind;
}

function isCount(value: unknown, low: number, high: number): value is number {
  return Number.isInteger(value) && (value as number) >= low && (value as number) <= high;
}
