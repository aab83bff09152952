// What control may let a customer or a servicer of KF do, by the name of the route.
import { flag, number, oneOf, optionalString, string, whole } from './input.ts';
import type { Input } from './input.ts';
import { isRecord } from './config.ts';
import type { Kefu, KefuCustomer } from './kefu.ts';
import { mediaOwner } from './kefu_api.ts';
import { USERID } from './kefu_config.ts';
import { BYTES_MAX } from './kefu_limits.ts';
import * as session from './kefu_session.ts';
import type { Acted, Written } from './kefu_session.ts';
import { Refusal } from './refusal.ts';
import { SAMPLE_PICTURE, SAMPLE_VIDEO, SAMPLE_VOICE } from './samples.ts';

interface Act {
  keys: string[];
  run: (kefu: Kefu, customer: KefuCustomer, input: Input) => Acted;
}

const MSGID = /^[0-9A-Za-z_-]{1,64}$/;
const IDENTITY = ['msgid', 'send_time'];
/** Per kind: content types, the first being the sample's, and the sample. */
const SAMPLES = {
  image: { types: ['image/png', 'image/jpeg'], bytes: SAMPLE_PICTURE, text: '[图片]' },
  voice: { types: ['audio/amr'], bytes: SAMPLE_VOICE, text: '[语音]' },
  video: { types: ['video/mp4'], bytes: SAMPLE_VIDEO, text: '[视频]' },
  file: { types: ['application/pdf', 'text/plain', 'application/zip'], bytes: Buffer.from('%PDF-1.4\n%%EOF\n'), text: '[文件]' },
} as const;

function media(kind: keyof typeof SAMPLES): Act {
  const { types, bytes: sample, text } = SAMPLES[kind];
  return written(['data_base64', 'content_type'], (input, kefu, customer) => {
    const data = optionalString(input, 'data_base64', /^[A-Za-z0-9+/]{4,1000000}={0,2}$/);
    const type = oneOf(input, 'content_type', types as readonly string[]) ?? types[0];
    const { id } = kefu.platform.addMedia(mediaOwner(customer.account), kind, type, data === undefined ? sample : Buffer.from(data, 'base64'));
    return { msgtype: kind, part: { media_id: id }, text, data: { media_id: id } };
  });
}

/** A message of the customer. */
function written(keys: string[], read: (input: Input, kefu: Kefu, customer: KefuCustomer) => Written): Act {
  return {
    keys: [...keys, ...IDENTITY],
    run: (kefu, customer, input) => session.customerWrites(kefu, customer, { ...read(input, kefu, customer), ...identity(input) }),
  };
}

function identity(input: Input): { msgid: string | undefined; sendTimeS: number | undefined } {
  return { msgid: optionalString(input, 'msgid', MSGID), sendTimeS: input.send_time === undefined ? undefined : whole(input, 'send_time', 0, 4_102_444_800, 0) };
}

export const KEFU_ACTS: Record<string, Act> = {
  text: written(['text', 'menu_id'], (input) => {
    const menuId = optionalString(input, 'menu_id');
    const content = string(input, 'text');
    return { msgtype: 'text', part: { content, ...(menuId === undefined ? {} : { menu_id: menuId }) }, text: content };
  }),
  image: media('image'),
  voice: media('voice'),
  video: media('video'),
  file: media('file'),
  location: written(['latitude', 'longitude', 'label'], (input) => {
    const [latitude, longitude, label] = [number(input, 'latitude', -90, 90), number(input, 'longitude', -180, 180), string(input, 'label')];
    return { msgtype: 'location', part: { latitude, longitude, name: label, address: label }, text: label, data: { latitude, longitude } };
  }),
  // Any other msgtype (link, miniprogram, business_card, channels_shop_order, merged_msg, note …) by its object.
  raw: written(['msgtype', 'part'], rawMessage),
  recall: { keys: ['msgid'], run: (kefu, customer, input) => session.customerRecalls(kefu, customer, string(input, 'msgid', MSGID)) },
  enter: {
    keys: ['scene', 'scene_param'],
    run: (kefu, customer, input) =>
      session.customerEnters(kefu, customer, bounded(input, 'scene', BYTES_MAX.scene), bounded(input, 'scene_param', BYTES_MAX.sceneParam)),
  },
  assign: { keys: [], run: (kefu, customer) => session.consoleAssigns(kefu, customer) },
  take: { keys: ['servicer'], run: (kefu, customer, input) => session.servicerTakes(kefu, customer, string(input, 'servicer', USERID)) },
  'servicer-text': {
    keys: ['text', 'servicer', ...IDENTITY],
    run: (kefu, customer, input) => {
      const content = string(input, 'text');
      return session.servicerWrites(kefu, customer, { msgtype: 'text', part: { content }, text: content, ...identity(input) }, optionalString(input, 'servicer', USERID));
    },
  },
  'servicer-raw': {
    keys: ['msgtype', 'part', 'servicer', ...IDENTITY],
    run: (kefu, customer, input) => session.servicerWrites(kefu, customer, { ...rawMessage(input), ...identity(input) }, optionalString(input, 'servicer', USERID)),
  },
  'servicer-recall': { keys: ['msgid'], run: (kefu, customer, input) => session.servicerRecalls(kefu, customer, string(input, 'msgid', MSGID)) },
  transfer: { keys: ['servicer'], run: (kefu, customer, input) => session.servicerTransfers(kefu, customer, string(input, 'servicer', USERID)) },
  end: { keys: [], run: (kefu, customer) => session.servicerEnds(kefu, customer) },
  reject: {
    keys: ['servicer', 'on'],
    run: (kefu, customer, input) => kefu.appendEvent(kefu.deskOf(customer), customer, 'reject_customer_msg_switch_change', {
      servicer_userid: string(input, 'servicer', USERID), reject_switch: flag(input, 'on', true) ? 1 : 0,
    }),
  },
  // Any event by its fields, for those that nothing here brings about.
  event: {
    keys: ['event_type', 'fields'],
    run: (kefu, customer, input) => {
      const fields = input.fields ?? {};
      if (!isRecord(fields)) throw new Refusal(400, 'control.invalid', 'fields must be an object');
      return kefu.appendEvent(kefu.deskOf(customer), customer, string(input, 'event_type', /^[a-z_]{1,64}$/), fields);
    },
  },
};

function rawMessage(input: Input): Written {
  const msgtype = string(input, 'msgtype', /^(?!event$)[a-z_]{1,40}$/);
  if (!isRecord(input.part)) throw new Refusal(400, 'control.invalid', 'part must be the object that goes under msgtype');
  return { msgtype, part: input.part, text: `[${msgtype}]` };
}

function bounded(input: Input, name: string, bytes: number): string {
  const text = input[name] === undefined ? '' : string(input, name, /^[^]{0,128}$/);
  if (Buffer.byteLength(text) > bytes) throw new Refusal(400, 'control.invalid', `${name} may have ${bytes} bytes`);
  return text;
}
