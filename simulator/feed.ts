// Live updates for the page, as server-sent events.
import type { ServerResponse } from 'node:http';
import { LISTENERS_MAX } from './limits.ts';
import type { Change } from './platform.ts';
import { Refusal } from './refusal.ts';

export class Feed {
  #listeners = new Set<ServerResponse>();

  listen(response: ServerResponse): void {
    if (this.#listeners.size >= LISTENERS_MAX) throw new Refusal(429, 'feed.too_many', `at most ${LISTENERS_MAX} pages`);
    response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8', 'cache-control': 'no-store' });
    response.write('retry: 1000\n\n');
    this.#listeners.add(response);
    response.on('close', () => this.#listeners.delete(response));
  }

  announce(change: Change): void {
    for (const listener of this.#listeners) listener.write(`data: ${JSON.stringify(change)}\n\n`);
  }
}
