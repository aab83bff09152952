// What a customer and a servicer do around one session, and which changes of state there are.
import { newMsgid, nowS } from './kefu.ts';
import type { Kefu, KefuCustomer, ServiceState } from './kefu.ts';
import { SENDS_PER_INBOUND, SESSION_MS } from './kefu_limits.ts';
import { Refusal } from './refusal.ts';

/** `course` resolves with how the callback went. */
export interface Acted {
  msgid: string;
  course: Promise<string>;
}

/** A message as sync_msg gives it (`part` under its msgtype), and as the phone shows it. */
export interface Written {
  msgtype: string;
  part: Record<string, unknown>;
  text: string;
  data?: Record<string, unknown>;
  msgid?: string | undefined;
  sendTimeS?: number | undefined;
}

/** Which state the API may make of which. From 2 the API's only way is to a servicer; nothing leads out of 4. */
const EDGES: Record<ServiceState, readonly number[]> = { 0: [1, 2, 3], 1: [2, 3, 4], 2: [3], 3: [3, 4], 4: [] };

/** A customer writes: a session that had ended begins anew, the quota and the 48 hours too. */
export function customerWrites(kefu: Kefu, customer: KefuCustomer, written: Written): Acted {
  const desk = kefu.deskOf(customer);
  const msgid = written.msgid ?? newMsgid();
  if (desk.log.some((entry) => entry.message.msgid === msgid)) throw new Refusal(409, 'message.exists', 'this msgid was sent already');
  if (kefu.stateOf(customer) === 4) begin(kefu, customer);
  const nowMs = kefu.platform.nowMs();
  Object.assign(customer, { lastInboundMs: nowMs, lastExchangeMs: nowMs, left: SENDS_PER_INBOUND });
  kefu.addItem(customer, { from: 'customer', kind: written.msgtype, text: written.text, msgid, ...(written.data ? { data: written.data } : {}) });
  return { msgid, course: kefu.append(desk, customer, messageOf(customer, 3, msgid, written)) };
}

/** The console's rule for new sessions: to the API, or at once to people. */
function begin(kefu: Kefu, customer: KefuCustomer): void {
  customer.coded = [];
  if (kefu.deskOf(customer).settings.reception === 'api') kefu.enter(customer, 0, null);
  else toPeople(kefu, customer);
}

/** To a servicer who receives, else to the pool. */
function toPeople(kefu: Kefu, customer: KefuCustomer): void {
  const free = [...kefu.deskOf(customer).servicers.values()].find((one) => one.receiving);
  kefu.enter(customer, free ? 3 : 2, free?.userid ?? null);
}

/** The console's rule gives a session that the API left in state 0 to people; no event tells. */
export function consoleAssigns(kefu: Kefu, customer: KefuCustomer): Acted {
  const state = kefu.stateOf(customer);
  if (state !== 0) throw wrongState(state, '0');
  toPeople(kefu, customer);
  return { msgid: '', course: Promise.resolve('none') };
}

function messageOf(customer: KefuCustomer, origin: 3 | 5, msgid: string, { msgtype, part, sendTimeS }: Written): Record<string, unknown> {
  return {
    msgid, open_kfid: customer.account.openKfid, external_userid: customer.externalUserid, send_time: sendTimeS ?? nowS(), origin,
    ...(origin === 5 ? { servicer_userid: customer.servicer } : {}), msgtype, [msgtype]: part,
  };
}

/** The customer opens the chat. A welcome code only for one who heard and said nothing for 48 hours. */
export function customerEnters(kefu: Kefu, customer: KefuCustomer, scene: string, sceneParam: string): Acted {
  const { settings } = kefu.deskOf(customer);
  const silent = customer.lastExchangeMs === 0 || kefu.platform.nowMs() - customer.lastExchangeMs >= SESSION_MS;
  customer.context = { scene, scene_param: sceneParam };
  kefu.addItem(customer, { from: 'system', kind: 'enter', text: '进入会话', data: { scene } });
  const welcome = silent && !settings.nativeWelcome ? { welcome_code: kefu.newCode(customer, 'welcome') } : {};
  return kefu.appendEvent(kefu.deskOf(customer), customer, 'enter_session', { scene, scene_param: sceneParam, ...welcome });
}

export function customerRecalls(kefu: Kefu, customer: KefuCustomer, msgid: string): Acted {
  const own = customer.transcript.some((item) => item.msgid === msgid && item.from === 'customer');
  if (!own || !kefu.withdraw(customer, msgid)) throw new Refusal(404, 'message.unknown', 'no such message of this customer');
  return kefu.appendEvent(kefu.deskOf(customer), customer, 'user_recall_msg', { recall_msgid: msgid });
}

/** A servicer takes a customer in the app: out of the pool, or back after the end. */
export function servicerTakes(kefu: Kefu, customer: KefuCustomer, userid: string): Acted {
  const desk = kefu.deskOf(customer);
  if (!desk.servicers.has(userid)) throw new Refusal(404, 'servicer.unknown', 'no such servicer of this account');
  const state = kefu.stateOf(customer);
  if (state !== 2 && state !== 4) throw wrongState(state, '2 or 4');
  if (kefu.platform.nowMs() - customer.lastInboundMs >= SESSION_MS) throw wrongState(state, 'within 48 hours of a message');
  kefu.enter(customer, 3, userid);
  const change = state === 2 ? { change_type: 1, msg_code: kefu.newCode(customer, 'reply') } : { change_type: 4 };
  return kefu.appendEvent(desk, customer, 'session_status_change', { ...change, old_servicer_userid: '', new_servicer_userid: userid });
}

/** A servicer writes in the app; `userid` is needed to begin again after the end. */
export function servicerWrites(kefu: Kefu, customer: KefuCustomer, written: Written, userid: string | undefined): Acted {
  const state = kefu.stateOf(customer);
  if (state === 4 && userid !== undefined) void servicerTakes(kefu, customer, userid).course;
  else if (state !== 3) throw wrongState(state, '3, or 4 with a servicer');
  else if (userid !== undefined && userid !== customer.servicer) throw new Refusal(409, 'session.servicer', 'another servicer has this customer');
  const msgid = written.msgid ?? newMsgid();
  customer.lastExchangeMs = kefu.platform.nowMs();
  kefu.addItem(customer, {
    from: 'account', via: 'kf_servicer', kind: written.msgtype, text: written.text, msgid, data: { ...written.data, servicer_userid: customer.servicer },
  });
  return { msgid, course: kefu.append(kefu.deskOf(customer), customer, messageOf(customer, 5, msgid, written)) };
}

export function servicerTransfers(kefu: Kefu, customer: KefuCustomer, userid: string): Acted {
  const desk = kefu.deskOf(customer);
  if (!desk.servicers.has(userid)) throw new Refusal(404, 'servicer.unknown', 'no such servicer of this account');
  const old = servicerOf(kefu, customer);
  kefu.enter(customer, 3, userid);
  return kefu.appendEvent(desk, customer, 'session_status_change', { change_type: 2, old_servicer_userid: old, new_servicer_userid: userid });
}

export function servicerEnds(kefu: Kefu, customer: KefuCustomer): Acted {
  const old = servicerOf(kefu, customer);
  kefu.enter(customer, 4, null);
  return kefu.appendEvent(kefu.deskOf(customer), customer, 'session_status_change', {
    change_type: 3, old_servicer_userid: old, new_servicer_userid: '', msg_code: kefu.newCode(customer, 'closing'),
  });
}

export function servicerRecalls(kefu: Kefu, customer: KefuCustomer, msgid: string): Acted {
  const item = customer.transcript.find((one) => one.msgid === msgid && one.via === 'kf_servicer');
  const userid = item?.data?.servicer_userid;
  if (!item || !kefu.withdraw(customer, msgid)) throw new Refusal(404, 'message.unknown', 'no such message of a servicer');
  return kefu.appendEvent(kefu.deskOf(customer), customer, 'servicer_recall_msg', { recall_msgid: msgid, servicer_userid: userid });
}

function servicerOf(kefu: Kefu, customer: KefuCustomer): string {
  const state = kefu.stateOf(customer);
  if (state !== 3) throw wrongState(state, '3');
  return customer.servicer ?? '';
}

function wrongState(state: ServiceState, must: string): Refusal {
  return new Refusal(409, 'session.state', `the session is in state ${state}, and must be in ${must}`);
}

/** service_state/trans: an errcode, or the code for a line to the customer, when there is one. */
export function transfer(kefu: Kefu, customer: KefuCustomer, to: unknown, userid: unknown): number | { msg_code?: string } {
  const { servicers } = kefu.deskOf(customer);
  const from = kefu.stateOf(customer);
  if (from === 4) return 95013;
  if (typeof to !== 'number' || !EDGES[from].includes(to)) return 95016;
  if (to === 3) {
    const servicer = servicers.get(String(userid));
    if (!servicer) return 95014;
    if (!servicer.receiving) return 95019;
    if (from === 3 && customer.servicer === servicer.userid) return 95016;
  }
  const state = to as ServiceState;
  kefu.enter(customer, state, state === 3 ? String(userid) : null);
  if (state === 4) return { msg_code: kefu.newCode(customer, 'closing') };
  if (state === 1 || customer.coded.includes(state)) return {};
  customer.coded = [...customer.coded, state];
  return { msg_code: kefu.newCode(customer, 'reply') };
}
