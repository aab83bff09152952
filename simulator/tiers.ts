// Which API an account may call at all, by its kind and tier.
import type { AccountFaults } from './account_faults.ts';
import type { Account, Tier } from './config.ts';

/** What needs the right to template messages. */
const TEMPLATE = ['/cgi-bin/message/template/send', '/cgi-bin/template/get_all_private_template'];
const FOLLOWERS = ['/cgi-bin/user/info', '/cgi-bin/user/info/batchget', '/cgi-bin/qrcode/create'];

const DENIED_TIER: Record<Tier, string[]> = {
  // Passive replies only.
  unverified: ['/cgi-bin/message/custom/send', '/cgi-bin/message/custom/typing', ...TEMPLATE, '/cgi-bin/message/subscribe/bizsend', ...FOLLOWERS],
  verified: TEMPLATE,
  service: [],
  test: [],
};
const DENIED_MINI_PROGRAM = [...TEMPLATE, '/cgi-bin/message/subscribe/bizsend', ...FOLLOWERS];
const DENIED_OFFICIAL_ACCOUNT = ['/cgi-bin/message/subscribe/send'];

/** False: 48001. */
export function allowed(account: Account, path: string, faults: AccountFaults): boolean {
  if (TEMPLATE.includes(path) && !faults.template_right) return false;
  if (account.kind === 'mini_program') return !DENIED_MINI_PROGRAM.includes(path);
  if (account.kind === 'official_account') return ![...DENIED_OFFICIAL_ACCOUNT, ...DENIED_TIER[account.tier]].includes(path);
  return true;
}
