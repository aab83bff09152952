// The control routes under customers/: who there is, and what each does on the phone.
import { quota } from './grants.ts';
import { flag, number, onlyKeys, oneOf, optionalString, string, whole } from './input.ts';
import type { Input } from './input.ts';
import * as phone from './phone.ts';
import { newOpenid } from './platform.ts';
import type { Customer, Message } from './platform.ts';
import { Refusal } from './refusal.ts';
import { SAMPLE_PICTURE } from './sample_picture.ts';
import { OPENID } from './world.ts';
import type { Asked, Route, World } from './world.ts';
import { isFields } from './xml.ts';

/** Method and path; `:id` stands for one openid. */
export const CUSTOMER_ROUTES: Record<string, Route> = {
  'GET customers': ({ world }) => ({ customers: [...world.platform.customers.values()].map((one) => customerView(world, one)) }),
  'POST customers': ({ world, input }) => {
    onlyKeys(input, ['account', 'openid', 'name', 'following']);
    const openid = optionalString(input, 'openid', OPENID) ?? newOpenid();
    const name = optionalString(input, 'name', /^[^]{1,40}$/) ?? `客户 ${world.platform.customers.size + 1}`;
    return customerView(world, world.platform.addCustomer(world.platform.account(input.account), openid, name, flag(input, 'following', true)));
  },
  'GET customers/:id': ({ world, arg }) => customerView(world, world.platform.customer(arg)),
  'GET customers/:id/transcript': ({ world, arg }) => ({ items: world.platform.customer(arg).transcript }),
  'POST customers/:id/text': (asked) => acted(asked, ['text', 'msgid', 'create_time', 'menu_id'], (customer, { world, input }) =>
    phone.text(world.platform, customer, string(input, 'text'), optionalString(input, 'menu_id'), identity(input))),
  'POST customers/:id/image': (asked) => acted(asked, ['data_base64', 'content_type'], (customer, { world, input }) => {
    const data = optionalString(input, 'data_base64', /^[A-Za-z0-9+/]{4,1000000}={0,2}$/);
    const type = oneOf(input, 'content_type', ['image/png', 'image/jpeg', 'image/gif'] as const) ?? 'image/png';
    return phone.image(world.platform, customer, data === undefined ? SAMPLE_PICTURE : Buffer.from(data, 'base64'), type, world.url());
  }),
  'POST customers/:id/location': (asked) => acted(asked, ['latitude', 'longitude', 'label'], (customer, { world, input }) =>
    phone.location(world.platform, customer, number(input, 'latitude', -90, 90), number(input, 'longitude', -180, 180), string(input, 'label'))),
  'POST customers/:id/menu': (asked) => acted(asked, ['key'], (customer, { world, input }) => phone.menuClick(world.platform, customer, string(input, 'key'))),
  'POST customers/:id/follow': (asked) => acted(asked, ['scene'], (customer, { world, input }) => phone.follow(world.platform, customer, optionalString(input, 'scene'))),
  'POST customers/:id/unfollow': (asked) => acted(asked, [], (customer, { world }) => phone.unfollow(world.platform, customer)),
  'POST customers/:id/scan': (asked) => acted(asked, ['scene'], (customer, { world, input }) => phone.scan(world.platform, customer, string(input, 'scene'))),
  'POST customers/:id/raw': (asked) => acted(asked, ['fields', 'msgid', 'create_time'], (customer, { world, input }) => {
    if (!isFields(input.fields)) throw new Refusal(400, 'control.invalid', 'fields must be an object of XML elements: strings, numbers, objects, lists of objects');
    return phone.raw(world.platform, customer, input.fields, identity(input));
  }),
};

async function acted(asked: Asked, keys: string[], act: (customer: Customer, asked: Asked) => Message): Promise<unknown> {
  onlyKeys(asked.input, [...keys, 'wait']);
  const wait = flag(asked.input, 'wait');
  asked.world.courier.admit();
  const message = act(asked.world.platform.customer(asked.arg), asked);
  const course = asked.world.courier.deliver(message);
  return { msgid: message.msgid, outcome: wait ? await course : 'pending' };
}

function identity(input: Input): phone.Identity {
  const msgid = optionalString(input, 'msgid', /^\d{1,19}$/);
  const createTimeS = input.create_time === undefined ? undefined : whole(input, 'create_time', 0, 4_102_444_800, 0);
  return { ...(msgid === undefined ? {} : { msgid }), ...(createTimeS === undefined ? {} : { createTimeS }) };
}

function customerView({ platform }: World, customer: Customer): unknown {
  const { openid, name, following, account } = customer;
  return { openid, account: account.id, name, following, typing: customer.typingUntilMs > platform.nowMs(), quota: following ? quota(customer.grants, platform.nowMs()) : null };
}
