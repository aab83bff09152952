// Template and subscribe messages: notices that need a right instead of a place in the quota.
import { done, refused, verdict } from './answer.ts';
import type { Answer, Request } from './answer.ts';
import { isRecord } from './config.ts';
import type { Account, Template } from './config.ts';
import { parse } from './customer_message.ts';
import { errcode } from './errors.ts';
import { act } from './phone.ts';
import type { Customer, Platform } from './platform.ts';
import type { Fields } from './xml.ts';

/** Characters of a keyword by the beginning of its name; 20 of any other. */
const CHARACTERS_MAX: Record<string, number> = { thing: 20, character_string: 32, phrase: 5 };
const KEYWORD_CHARACTERS_MAX = 20;
const NOTICE_CHARACTERS_MAX = 200;
const CLIENT_MSG_ID_MS = 10 * 60_000;

type Input = Record<string, unknown>;

export function sendTemplate(platform: Platform, account: Account, request: Request): Answer {
  const read = open(platform, account, request);
  if (typeof read === 'number') return refused(read);
  const { input, customer } = read;
  if (!customer.following) return refused(43004);
  const template = account.templates.find((one) => one.id === input.template_id);
  if (!template) return refused(40037);
  const lines = linesOf(template, input.data);
  if (lines === null) return refused(47003);
  const key = typeof input.client_msg_id === 'string' ? `${customer.openid} ${input.client_msg_id}` : null;
  const earlier = key === null ? undefined : platform.clientMsgIds.find(key, platform.nowMs());
  if (earlier !== undefined) return done({ ...errcode(0), msgid: earlier });
  const msgid = BigInt(platform.newMsgid());
  if (key !== null) platform.clientMsgIds.add(key, msgid, platform.nowMs() + CLIENT_MSG_ID_MS);
  const status = platform.faultsOf(account).template_status ?? (customer.blocked ? 'failed:user block' : 'success');
  if (status === 'success') show(platform, customer, 'template', template, lines, input);
  tell(platform, customer, { MsgType: 'event', Event: 'TEMPLATESENDJOBFINISH', MsgID: msgid, Status: status });
  return done({ ...errcode(0), msgid });
}

/** The account's templates, as its owner added them. */
export function listTemplates(_: Platform, account: Account): Answer {
  return done({ template_list: account.templates.map(({ id, title, fields }) => ({ template_id: id, title, content: fields.map((field) => `{{${field}.DATA}}`).join('\n') })) });
}

/** bizsend of official accounts, send of mini programs: each consent is for one notice. */
export function sendSubscribed(platform: Platform, account: Account, request: Request): Answer {
  const read = open(platform, account, request);
  if (typeof read === 'number') return refused(read);
  const { input, customer } = read;
  const template = account.templates.find((one) => one.id === input.template_id);
  if (!template) return refused(40037);
  const left = customer.consents[template.id] ?? 0;
  if (left < 1 || customer.blocked) return refused(43101);
  const lines = linesOf(template, input.data);
  if (lines === null) return refused(47003);
  if (input.page !== undefined && (typeof input.page !== 'string' || input.page.includes('://') !== (account.kind === 'official_account'))) return refused(41030);
  customer.consents[template.id] = left - 1;
  show(platform, customer, 'subscribe', template, lines, input);
  const List = [{ TemplateId: template.id, MsgID: BigInt(platform.newMsgid()), ErrorCode: 0, ErrorStatus: 'success' }];
  tell(platform, customer, { MsgType: 'event', Event: 'subscribe_msg_sent_event', SubscribeMsgSentEvent: { List } });
  return verdict(0);
}

function open(platform: Platform, account: Account, { body }: Request): { input: Input; customer: Customer } | number {
  const input = parse(body.toString('utf8'));
  if (typeof input === 'number') return input;
  const customer = typeof input.touser === 'string' ? platform.customers.get(input.touser) : undefined;
  return customer?.account === account ? { input, customer } : 40003;
}

/** Each keyword with its value; null when one is missing, empty or too long. `first` and `remark` are no longer shown. */
function linesOf(template: Template, data: unknown): { name: string; value: string }[] | null {
  const given = isRecord(data) ? data : {};
  const lines = template.fields.map((name) => {
    const field = given[name];
    return { name, value: isRecord(field) && typeof field.value === 'string' ? field.value : '' };
  });
  const good = lines.every(({ name, value }) => value.trim() !== '' && [...value].length <= (CHARACTERS_MAX[name.replace(/\d+$/, '')] ?? KEYWORD_CHARACTERS_MAX));
  return good && lines.reduce((sum, { value }) => sum + [...value].length, 0) <= NOTICE_CHARACTERS_MAX ? lines : null;
}

function show(platform: Platform, customer: Customer, via: 'template' | 'subscribe', { title }: Template, lines: { name: string; value: string }[], input: Input): void {
  const data = { title, lines, url: typeof input.url === 'string' ? input.url : null, page: typeof input.page === 'string' ? input.page : null };
  platform.addItem(customer, { from: 'account', via, kind: 'notice', text: [title, ...lines.map((one) => one.value)].join('\n'), data });
}

/** What became of it comes as an event, often before the caller has read the answer. */
function tell(platform: Platform, customer: Customer, fields: Fields): void {
  platform.push(act(platform, customer, { fields, aside: true }));
}
