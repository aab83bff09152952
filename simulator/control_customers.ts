// The control routes under customers/: who there is, and what each does on the phone.
import { isRecord } from './config.ts';
import { open, quota } from './grants.ts';
import { flag, number, onlyKeys, oneOf, optionalString, string, whole } from './input.ts';
import type { Input } from './input.ts';
import { COPIES_MAX, PADDING_BYTES_MAX } from './limits.ts';
import { inKfSession } from './phone.ts';
import type { Identity } from './phone.ts';
import * as events from './phone_events.ts';
import * as messages from './phone_messages.ts';
import { newOpenid } from './platform.ts';
import type { Customer, Message } from './platform.ts';
import { Refusal } from './refusal.ts';
import { OPENID } from './world.ts';
import type { Asked, Route, World } from './world.ts';
import { isFields } from './xml.ts';

const BASE64 = /^[A-Za-z0-9+/]{4,1000000}={0,2}$/;
const CONTENT_TYPE = /^[\w/+.-]{1,100}$/;
const KF_ACCOUNT = /^[A-Za-z0-9]{1,10}@[\w-]{1,40}$/;

/** Method and path; `:id` stands for one openid. */
export const CUSTOMER_ROUTES: Record<string, Route> = {
  'GET customers': ({ world }) => ({ customers: [...world.platform.customers.values()].map((one) => customerView(world, one)) }),
  'POST customers': addCustomer,
  'GET customers/:id': ({ world, arg }) => customerView(world, world.platform.customer(arg)),
  'PATCH customers/:id': ({ world, arg, input }) => {
    onlyKeys(input, ['blocked', 'same_person_as']);
    const customer = world.platform.customer(arg);
    customer.blocked = flag(input, 'blocked', customer.blocked);
    const other = optionalString(input, 'same_person_as', OPENID);
    if (other !== undefined) customer.person = world.platform.customer(other).person;
    return customerView(world, customer);
  },
  'GET customers/:id/transcript': ({ world, arg }) => ({ items: world.platform.customer(arg).transcript }),
  'POST customers/:id/text': (asked) => acted(asked, ['text', 'msgid', 'create_time', 'menu_id'], (customer, { world, input }) =>
    messages.text(world.platform, customer, string(input, 'text'), optionalString(input, 'menu_id'), identity(input))),
  'POST customers/:id/image': (asked) => acted(asked, ['data_base64', 'content_type', 'padding_bytes', 'pic_url'], (customer, { world, input }) =>
    messages.image(world.platform, customer, content(input), optionalString(input, 'pic_url', /^https?:\/\/[^]{1,2000}$/))),
  'POST customers/:id/voice': (asked) => acted(asked, ['data_base64', 'content_type', 'padding_bytes', 'recognition'], (customer, { world, input }) =>
    messages.voice(world.platform, customer, content(input), optionalString(input, 'recognition', /^[^]{0,2000}$/))),
  'POST customers/:id/video': (asked) => acted(asked, ['data_base64', 'content_type', 'padding_bytes', 'short'], (customer, { world, input }) =>
    messages.video(world.platform, customer, content(input), flag(input, 'short'))),
  'POST customers/:id/location': (asked) => acted(asked, ['latitude', 'longitude', 'label'], (customer, { world, input }) =>
    messages.location(world.platform, customer, number(input, 'latitude', -90, 90), number(input, 'longitude', -180, 180), string(input, 'label'))),
  'POST customers/:id/link': (asked) => acted(asked, ['title', 'description', 'url'], (customer, { world, input }) =>
    messages.link(world.platform, customer, string(input, 'title'), optionalString(input, 'description') ?? '', string(input, 'url'))),
  'POST customers/:id/file': (asked) => acted(asked, ['title', 'bytes'], (customer, { world, input }) =>
    messages.file(world.platform, customer, string(input, 'title'), whole(input, 'bytes', 1, 1_000_000_000, 1_024))),
  'POST customers/:id/card': (asked) => acted(asked, ['title', 'appid', 'page_path'], (customer, { world, input }) =>
    messages.card(world.platform, customer, string(input, 'title'), optionalString(input, 'appid') ?? customer.account.appid, string(input, 'page_path'))),
  'POST customers/:id/raw': (asked) => acted(asked, ['fields', 'msgid', 'create_time'], (customer, { world, input }) => {
    if (!isFields(input.fields)) throw new Refusal(400, 'control.invalid', 'fields must be an object of XML elements: strings, numbers, objects, lists of objects');
    return messages.raw(world.platform, customer, input.fields, identity(input));
  }),
  'POST customers/:id/menu': (asked) => acted(asked, ['key'], (customer, { world, input }) => events.menuClick(world.platform, customer, string(input, 'key'))),
  'POST customers/:id/view': (asked) => acted(asked, ['url'], (customer, { world, input }) => events.view(world.platform, customer, string(input, 'url'))),
  'POST customers/:id/follow': (asked) => acted(asked, ['scene'], (customer, { world, input }) => events.follow(world.platform, customer, optionalString(input, 'scene'))),
  'POST customers/:id/unfollow': unfollow,
  'POST customers/:id/scan': (asked) => acted(asked, ['scene'], (customer, { world, input }) => events.scan(world.platform, customer, string(input, 'scene'))),
  'POST customers/:id/report-location': (asked) => acted(asked, ['latitude', 'longitude', 'precision'], (customer, { world, input }) =>
    events.reportLocation(world.platform, customer, number(input, 'latitude', -90, 90), number(input, 'longitude', -180, 180), input.precision === undefined ? 65 : number(input, 'precision', 0, 100_000))),
  'POST customers/:id/enter': (asked) => acted(asked, ['session_from'], (customer, { world, input }) => events.enter(world.platform, customer, optionalString(input, 'session_from', /^[^]{0,20000}$/) ?? '')),
  'POST customers/:id/subscribe-popup': (asked) => acted(asked, ['choices'], (customer, { world, input }) => events.choose(world.platform, customer, choices(input))),
  'POST customers/:id/subscribe-change': (asked) => acted(asked, ['template_ids'], (customer, { world, input }) => events.refuse(world.platform, customer, templateIds(input))),
  'POST customers/:id/privacy': (asked) => acted(asked, ['event', 'revoke_info'], (customer, { world, input }) =>
    events.withdraw(world.platform, customer, oneOf(input, 'event', events.WITHDRAWALS) ?? 'user_authorization_revoke', optionalString(input, 'revoke_info') ?? '301')),
  'POST customers/:id/debug': (asked) => acted(asked, ['text'], (customer, { world, input }) => events.debug(world.platform, customer, optionalString(input, 'text') ?? 'hello')),
  'POST customers/:id/kf-open': (asked) => acted(asked, ['kf_account'], (customer, { world, input }) => events.openKf(world.platform, customer, optionalString(input, 'kf_account', KF_ACCOUNT) ?? 'kf2001@shop')),
  'POST customers/:id/kf-close': (asked) => acted(asked, [], (customer, { world }) => events.closeKf(world.platform, customer)),
  'POST customers/:id/kf-switch': (asked) => acted(asked, ['to'], (customer, { world, input }) => events.switchKf(world.platform, customer, string(input, 'to', KF_ACCOUNT))),
};

function addCustomer({ world, input }: Asked): unknown {
  onlyKeys(input, ['account', 'openid', 'name', 'following', 'same_person_as']);
  const openid = optionalString(input, 'openid', OPENID) ?? newOpenid();
  const name = optionalString(input, 'name', /^[^]{1,40}$/) ?? `客户 ${world.platform.customers.size + 1}`;
  const other = optionalString(input, 'same_person_as', OPENID);
  const person = other === undefined ? undefined : world.platform.customer(other).person;
  const customer = world.platform.addCustomer(world.platform.account(input.account), openid, name, flag(input, 'following', true));
  if (person !== undefined) customer.person = person;
  return customerView(world, customer);
}

async function acted(asked: Asked, keys: string[], act: (customer: Customer, asked: Asked) => Message): Promise<{ msgid: string; outcome: string }> {
  onlyKeys(asked.input, [...keys, 'wait']);
  const wait = flag(asked.input, 'wait');
  asked.world.courier.admit();
  const message = act(asked.world.platform.customer(asked.arg), asked);
  if (message.withheld) return { msgid: message.msgid, outcome: 'kf_session' };
  const course = asked.world.courier.deliver(message);
  return { msgid: message.msgid, outcome: wait ? await course : 'pending' };
}

/** WeChat may push this event several times, as so many events. */
async function unfollow(asked: Asked): Promise<unknown> {
  const times = whole(asked.input, 'times', 1, COPIES_MAX, 1);
  const answer = await acted(asked, ['times'], (customer, { world }) => events.unfollow(world.platform, customer));
  const message = asked.world.platform.message(answer.msgid);
  for (let time = 1; time < times; time += 1) await asked.world.courier.redeliver(message, 1);
  return answer;
}

function content(input: Input): messages.Content {
  const data = optionalString(input, 'data_base64', BASE64);
  const padding = whole(input, 'padding_bytes', 0, PADDING_BYTES_MAX, 0);
  return { bytes: data === undefined ? undefined : Buffer.from(data, 'base64'), padding, type: optionalString(input, 'content_type', CONTENT_TYPE) };
}

function choices(input: Input): events.Choice[] {
  const list = Array.isArray(input.choices) ? input.choices.filter(isRecord) : [];
  if (list.length === 0 || list.length > 3) throw new Refusal(400, 'control.invalid', 'choices must list 1 to 3 of {template_id, accept, scene?}');
  return list.map((one) => {
    onlyKeys(one, ['template_id', 'accept', 'scene']);
    return { templateId: string(one, 'template_id'), accept: flag(one, 'accept', true), scene: oneOf(one, 'scene', ['1', '2'] as const) ?? '1' };
  });
}

function templateIds(input: Input): string[] {
  const list = Array.isArray(input.template_ids) ? input.template_ids.filter((one) => typeof one === 'string') : [];
  if (list.length === 0 || list.length > 25) throw new Refusal(400, 'control.invalid', 'template_ids must list 1 to 25 template ids');
  return list;
}

function identity(input: Input): Identity {
  const msgid = optionalString(input, 'msgid', /^(\d{1,19}|[0-9a-f]{32}_\d{1,12})$/);
  const createTimeS = input.create_time === undefined ? undefined : whole(input, 'create_time', 0, 4_102_444_800, 0);
  return { ...(msgid === undefined ? {} : { msgid }), ...(createTimeS === undefined ? {} : { createTimeS }) };
}

function customerView({ platform }: World, customer: Customer): unknown {
  const { openid, name, following, account, blocked, consents } = customer;
  return {
    openid, account: account.id, name, following, blocked, consents, unionid: platform.unionid(customer),
    kf_session: inKfSession(platform, customer) ? (customer.kfSession?.kfAccount ?? null) : null,
    typing: customer.typingUntilMs > platform.nowMs(), quota: following ? quota(customer.grants, platform.nowMs()) : null,
    windows: following ? open(customer.grants, platform.nowMs()) : {},
  };
}
