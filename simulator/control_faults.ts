// The control routes that switch misbehaviour on and off.
import { changedFaults, HEALTHY } from './account_faults.ts';
import { isRecord } from './config.ts';
import { HOSTS, OUTAGES } from './faults.ts';
import type { ApiRule, Stage } from './faults.ts';
import { flag, onlyKeys, oneOf, string, whole } from './input.ts';
import { COPIES_MAX, WAIT_MS_MAX } from './limits.ts';
import { parsePictureFault } from './pictures.ts';
import { Refusal } from './refusal.ts';
import type { Asked, Route, World } from './world.ts';

const STAGES: readonly Stage[] = ['before_accept', 'after_accept'];

export const FAULT_ROUTES: Record<string, Route> = {
  'GET faults': ({ world }) => ({
    delivery: world.faults.delivery, api: world.faults.api, hosts: world.faults.hosts, pictures: world.faults.pictures,
    accounts: Object.fromEntries(world.platform.accounts.filter((one) => world.platform.faultsOf(one) !== HEALTHY).map((one) => [one.id, world.platform.faultsOf(one)])),
  }),
  'POST faults': addFaults,
  'DELETE faults': ({ world }) => {
    world.faults.clear();
    world.platform.healAccounts();
    return {};
  },
  'GET held': async ({ world, query }) => ({ held: await world.faults.heldWithin(whole({ wait_ms: Number(query.get('wait_ms') ?? 0) }, 'wait_ms', 0, WAIT_MS_MAX, 0)) }),
  'POST release': ({ world, input }) => {
    onlyKeys(input, ['id']);
    return { released: world.faults.release(input.id === undefined ? undefined : whole(input, 'id', 1, Number.MAX_SAFE_INTEGER, 1)) };
  },
};

async function addFaults({ world, input }: Asked): Promise<unknown> {
  onlyKeys(input, ['delivery', 'api', 'token', 'account', 'host', 'pictures']);
  const { delivery, token } = input;
  const rules = (Array.isArray(input.api) ? input.api : input.api === undefined ? [] : [input.api]).map(apiRule);
  if (delivery !== undefined) {
    if (!isRecord(delivery)) throw new Refusal(400, 'control.invalid', 'delivery must be an object');
    onlyKeys(delivery, ['delay_ms', 'drop', 'duplicate', 'reorder']);
    const old = world.faults.delivery;
    world.faults.delivery = {
      delay_ms: whole(delivery, 'delay_ms', 0, WAIT_MS_MAX, old.delay_ms),
      drop: whole(delivery, 'drop', 0, 10_000, old.drop),
      duplicate: whole(delivery, 'duplicate', 0, COPIES_MAX, old.duplicate),
      reorder: whole(delivery, 'reorder', 0, 100, old.reorder),
    };
  }
  for (const rule of rules) world.faults.addRule(rule);
  if (token !== undefined) tokenFault(world, token);
  if (input.account !== undefined) accountFault(world, input.account);
  if (input.pictures !== undefined) world.faults.pictures = parsePictureFault(input.pictures);
  if (input.host !== undefined) hostFault(world, input.host);
  return {};
}

function apiRule(rule: unknown): ApiRule {
  if (!isRecord(rule)) throw new Refusal(400, 'control.invalid', 'api must be a rule or a list of rules');
  onlyKeys(rule, ['path', 'host', 'times', 'delay_ms', 'errcode', 'http_status', 'hang', 'reset']);
  const hang = oneOf(rule, 'hang', STAGES);
  const reset = oneOf(rule, 'reset', STAGES);
  const host = oneOf(rule, 'host', HOSTS);
  return {
    path: string(rule, 'path', /^\/[A-Za-z0-9_/-]{1,100}$/),
    times: whole(rule, 'times', 1, 100_000, 1),
    delay_ms: whole(rule, 'delay_ms', 0, WAIT_MS_MAX, 0),
    ...(rule.errcode === undefined ? {} : { errcode: whole(rule, 'errcode', -1, 999_999, 0) }),
    ...(rule.http_status === undefined ? {} : { http_status: whole(rule, 'http_status', 200, 599, 500) }),
    ...(host ? { host } : {}),
    ...(hang ? { hang } : {}),
    ...(reset ? { reset } : {}),
  };
}

function tokenFault({ platform }: World, token: unknown): void {
  if (!isRecord(token)) throw new Refusal(400, 'control.invalid', 'token must be an object');
  onlyKeys(token, ['account', 'expire', 'revoke', 'after_calls']);
  const accounts = token.account === undefined ? platform.accounts : [platform.account(token.account)];
  const after = whole(token, 'after_calls', 0, 100_000, 0);
  for (const { id } of accounts) {
    if (flag(token, 'expire')) platform.tokens.get(id)?.endAfter(after, 'expire', platform.nowMs());
    if (flag(token, 'revoke')) platform.tokens.get(id)?.endAfter(after, 'revoke', platform.nowMs());
  }
}

function accountFault({ platform }: World, change: unknown): void {
  if (!isRecord(change)) throw new Refusal(400, 'control.invalid', 'account must be an object');
  const account = platform.account(change.id);
  platform.setFaults(account, changedFaults(platform.faultsOf(account), change));
}

function hostFault({ faults }: World, change: unknown): void {
  if (!isRecord(change)) throw new Refusal(400, 'control.invalid', 'host must be an object');
  onlyKeys(change, ['host', 'down']);
  const host = oneOf(change, 'host', HOSTS);
  if (!host) throw new Refusal(400, 'control.invalid', `host must be one of ${HOSTS.join(', ')}`);
  faults.hosts[host] = change.down === null ? null : (oneOf(change, 'down', OUTAGES) ?? null);
  if (faults.hosts[host] !== 'timeout') faults.endOutage(host);
}
