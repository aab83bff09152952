// Keeps the phones over a restart: customers and what their phones show, in one file. Logs, faults, media, tokens and
// the clock begin anew.
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { isRecord } from './config.ts';
import { CUSTOMERS_MAX } from './limits.ts';
import { newCustomer } from './platform.ts';
import type { Customer, Platform } from './platform.ts';

/** Changes of this long, ms, go into one write. */
const WRITE_PAUSE_MS = 300;

type Kept = Omit<Customer, 'account'> & { account: string };

export class Memory {
  readonly #platform: Platform;
  readonly #file: string;
  #timer: NodeJS.Timeout | undefined;

  /** Puts back what the file holds; customers of accounts that are no longer there are left out. */
  constructor(platform: Platform, file: string) {
    this.#platform = platform;
    this.#file = file;
    if (!existsSync(file)) return;
    const accounts = new Map(platform.accounts.map((account) => [account.id, account]));
    platform.restore(readKept(file).flatMap((kept) => {
      const account = accounts.get(kept.account);
      return account ? [{ ...newCustomer(account, kept.openid, kept.name), ...kept, account }] : [];
    }));
  }

  changed(): void {
    this.#timer ??= setTimeout(() => this.write(), WRITE_PAUSE_MS);
  }

  /** Whole or not at all: into another file first. */
  write(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const customers: Kept[] = [...this.#platform.customers.values()].map((one) => ({ ...one, account: one.account.id }));
    writeFileSync(`${this.#file}.new`, JSON.stringify({ customers }), { mode: 0o600 });
    renameSync(`${this.#file}.new`, this.#file);
  }
}

function readKept(file: string): Kept[] {
  let kept: unknown;
  try {
    kept = JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    kept = null;
  }
  if (!isRecord(kept) || !Array.isArray(kept.customers) || kept.customers.length > CUSTOMERS_MAX || !kept.customers.every(isCustomer))
    throw new Error(`${file} does not hold the simulator's phones; remove it to begin anew`);
  return kept.customers;
}

function isCustomer(value: unknown): value is Kept {
  return isRecord(value) && typeof value.openid === 'string' && typeof value.account === 'string' && isRecord(value.grants) && Array.isArray(value.transcript);
}
