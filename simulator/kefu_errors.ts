// WeCom's error answers around KF.
import { randomInt } from 'node:crypto';

const TEXTS: Record<number, string> = {
  [-1]: 'system busy',
  40001: 'invalid secret',
  40004: 'invalid media type',
  40005: 'invalid file type',
  40006: 'invalid file size',
  40007: 'invalid media_id',
  40008: 'invalid message type',
  40013: 'invalid corpid',
  40014: 'invalid access_token',
  40058: 'invalid request parameter',
  40096: 'invalid external userid',
  40201: 'invalid userid list',
  41001: 'access_token missing',
  41002: 'corpid missing',
  41004: 'corpsecret missing',
  41005: 'media data missing',
  42001: 'access_token expired',
  43001: 'require GET method',
  43002: 'require POST method',
  44004: 'empty content',
  45001: 'media size exceed limit',
  45002: 'content size exceed limit',
  45009: 'api freq out of limit',
  45033: 'api concurrent out of limit',
  47001: 'data format error',
  48002: 'api forbidden',
  60020: 'not allow to access from your ip',
  60030: 'no privilege to access the object',
  81013: 'user & party & tag all invalid',
  95000: 'invalid open_kfid',
  95001: 'send msg count limit',
  95002: 'send msg time limit',
  95003: 'customer count limit of unverified corp',
  95004: 'open_kfid not exist',
  95005: 'kf account count limit',
  95006: 'invalid kf account name',
  95007: 'invalid msg token',
  95008: 'menu item count limit',
  95009: 'invalid menu item type',
  95011: 'independent edition secret used by joint edition',
  95012: 'joint edition secret used by independent edition',
  95013: 'session already end',
  95014: 'userid is not a servicer',
  95015: 'exclusive service is configured in console',
  95016: 'not allow to change service state',
  95017: 'kf api not enabled',
  95018: 'send msg session status invalid',
  95019: 'servicer stopped serving',
  95022: 'invalid location_type',
  95023: 'kf api granted to a delegated app',
  95026: 'kf account usage too low',
  95027: 'kf account count limit of unverified corp',
};

/** `errmsg` ends with a hint and the caller's address, as WeCom's do; a `detail` says which field. */
export function kefuError(code: number, ip: string, detail = ''): { errcode: number; errmsg: string } {
  if (code === 0) return { errcode: 0, errmsg: 'ok' };
  const hint = `${Date.now()}${randomInt(100_000, 999_999)}`;
  return { errcode: code, errmsg: `${TEXTS[code] ?? 'error'}${detail && `: ${detail}`}, hint: [${hint}], from ip: ${ip}, more info at https://open.work.weixin.qq.com/devtool/query?e=${code}` };
}
