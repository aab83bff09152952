// The client_msg_id of template messages: the same one again within its time is not sent again.
import { CLIENT_MSG_IDS_MAX } from './limits.ts';

export class ClientMsgIds {
  #known = new Map<string, { msgid: bigint; untilMs: number }>();

  /** The msgid that was given to this key, when it still counts. */
  find(key: string, nowMs: number): bigint | undefined {
    const known = this.#known.get(key);
    return known && known.untilMs > nowMs ? known.msgid : undefined;
  }

  add(key: string, msgid: bigint, untilMs: number): void {
    this.#known.delete(key);
    this.#known.set(key, { msgid, untilMs });
    const [oldest] = this.#known.keys();
    if (this.#known.size > CLIENT_MSG_IDS_MAX && oldest !== undefined) this.#known.delete(oldest);
  }

  clear(): void {
    this.#known.clear();
  }
}
