// Support for the tests of KF: two accounts of one app, one of another, and their API.
import type { TestContext } from 'node:test';
import { ACCOUNT, stage } from './testing.ts';
import type { Stage } from './testing.ts';

export const KEFU = {
  id: 'kefu1', kind: 'kefu', name: '售前客服', path: 'kefu', corpid: 'ww0123456789abcdef', secret: 'kefu-secret_1', token: 'kefutoken1', encodingAesKey: ACCOUNT.encodingAesKey,
  openKfid: 'wkAJ2GCAAAZSfhHCt7IFSvLKtMPxyAAA', servicers: ['zhangsan', 'lisi'], openPlatform: 'shop',
};
export const KEFU2 = { ...KEFU, id: 'kefu2', name: '售后客服', openKfid: 'wkAJ2GCAAAZSfhHCt7IFSvLKtMPxyBBB' };
/** Another app of another corp. */
export const OTHER = { ...KEFU, id: 'other', path: 'other', corpid: 'wwfedcba9876543210', secret: 'other-secret', openKfid: 'wkOther', openPlatform: undefined };

export interface KefuStage extends Stage {
  token: () => Promise<string>;
  /** A call of `kf/…` about KEFU, or about what `body` says. */
  kf: (name: string, body?: object) => Promise<any>;
  /** The code alone. */
  code: (name: string, body?: object) => Promise<number>;
  person: (more?: object) => Promise<string>;
  act: (who: string, what: string, body?: object) => Promise<any>;
  send: (who: string, content: string, more?: object) => Promise<any>;
  state: (who: string) => Promise<number>;
  /** Everything that sync_msg gives, from the beginning. */
  log: () => Promise<any[]>;
  set: (change: object) => Promise<any>;
}

export async function kefuStage(t: TestContext, { account = {}, timeoutMs }: { account?: object; timeoutMs?: number } = {}): Promise<KefuStage> {
  const s = await stage(t, { account: { openPlatform: 'shop' }, others: [{ ...KEFU, ...account }, KEFU2, OTHER], ...(timeoutMs === undefined ? {} : { timeoutMs }) });
  const token = async (): Promise<string> => (await s.api('GET', `gettoken?corpid=${KEFU.corpid}&corpsecret=${KEFU.secret}`)).access_token;
  const kf = async (name: string, body: object = {}): Promise<any> => s.api('POST', `kf/${name}?access_token=${await token()}`, { open_kfid: KEFU.openKfid, ...body });
  return {
    ...s, token, kf,
    code: async (name, body) => (await kf(name, body)).errcode,
    person: async (more = {}) => (await s.control('POST', 'customers', { account: 'kefu1', ...more })).openid,
    act: (who, what, body = {}) => s.control('POST', `customers/${who}/${what}`, { wait: true, ...body }),
    send: (who, content, more = {}) => kf('send_msg', { touser: who, msgtype: 'text', text: { content }, ...more }),
    state: async (who) => (await kf('service_state/get', { external_userid: who })).service_state,
    log: async () => (await kf('sync_msg')).msg_list,
    set: (change) => s.control('POST', 'kefu/kefu1', change),
  };
}
