// Media that customers sent or accounts uploaded, until they expire.
import { randomBytes } from 'node:crypto';
import { MEDIA_BYTES_TOTAL_MAX, MEDIA_MAX } from './limits.ts';

export interface Media {
  id: string;
  account: string;
  /** image, voice, video or thumb. */
  kind: string;
  /** Content type. */
  type: string;
  bytes: Buffer;
  createdAtMs: number;
  /** Permanent material does not expire. */
  permanent: boolean;
}

/** WeChat keeps temporary media for three days. */
const LIFE_MS = 3 * 86_400_000;

export class MediaStore {
  #media = new Map<string, Media>();
  #bytes = 0;

  add(what: Omit<Media, 'id'>): Media {
    const media = { id: randomBytes(48).toString('base64url'), ...what };
    this.#media.set(media.id, media);
    this.#bytes += media.bytes.length;
    for (const [id, old] of this.#media) {
      if (this.#media.size <= MEDIA_MAX && this.#bytes <= MEDIA_BYTES_TOTAL_MAX) break;
      this.#media.delete(id);
      this.#bytes -= old.bytes.length;
    }
    return media;
  }

  /** Of this account (any, when null) and not expired. */
  find(account: string | null, id: string, nowMs: number): Media | undefined {
    const media = this.#media.get(id);
    const good = media && (account === null || media.account === account) && (media.permanent || nowMs - media.createdAtMs < LIFE_MS);
    return good ? media : undefined;
  }

  clear(): void {
    this.#media.clear();
    this.#bytes = 0;
  }
}
