// What a control route is given: the whole simulator, and what was asked.
import type { Courier } from './delivery.ts';
import type { Faults } from './faults.ts';
import type { Input } from './input.ts';
import type { Platform } from './platform.ts';

export interface World {
  platform: Platform;
  faults: Faults;
  courier: Courier;
  /** Our own address. */
  url: () => string;
  /** That of the second API host. */
  api2Url: () => string;
}

/** `arg` is the path's variable part. */
export interface Asked {
  world: World;
  arg: string;
  query: URLSearchParams;
  input: Input;
}

export type Route = (asked: Asked) => unknown;

export const OPENID = /^[A-Za-z0-9_-]{1,64}$/;
