// custom/typing: 'typing…' on the phone, soon after the customer wrote, until the next message or 15 s.
import { refused, verdict } from './answer.ts';
import type { Answer, Request } from './answer.ts';
import type { Account } from './config.ts';
import { parse } from './customer_message.ts';
import type { Platform } from './platform.ts';

const TYPING_MS = 15_000;
const TYPING_AFTER_INBOUND_MS = 30_000;

export function typing(platform: Platform, account: Account, { body }: Request): Answer {
  const input = parse(body.toString('utf8'));
  if (typeof input === 'number') return refused(input);
  const customer = platform.customers.get(String(input.touser));
  if (customer?.account !== account) return refused(40003);
  if (input.command === 'CancelTyping') {
    platform.endTyping(customer);
    return verdict(0);
  }
  if (input.command !== 'Typing') return refused(45072);
  const now = platform.nowMs();
  if (now - customer.lastInboundMs > TYPING_AFTER_INBOUND_MS) return refused(45080);
  if (customer.typingUntilMs > now) return refused(45081);
  customer.typingUntilMs = now + TYPING_MS;
  platform.announce({ type: 'typing', openid: customer.openid, on: true });
  return verdict(0);
}
