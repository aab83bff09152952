// Every bound of the console, with its unit and its reason.

/** One reply, UTF-8 (docs/PROTOCOL.md, section 3). */
export const REPLY_BYTES_MAX = 2_048;
/** One page of a conversation: fills a tall screen twice. */
export const PAGE_MESSAGES = 50;
/** Pages read in a row to catch up; beyond it the pane asks again on the next sign. */
export const CATCH_UP_PAGES_MAX = 20;
/** Conversations kept in memory, so that switching back shows them at once. */
export const THREADS_KEPT_MAX = 30;
/** Read markers kept in the browser: some weeks of one agent's work. */
export const READ_MARKS_MAX = 2_000;
/** One HTTP request: a phone in a lift gives up sooner than a person. */
export const REQUEST_TIMEOUT_MS = 15_000;
/** Tries of one reply or resolution without an answer, before a person is asked. */
export const UNANSWERED_TRIES_MAX = 5;
/** Tries while the conversation has not heard of the lease: the floor's outbox takes some seconds at worst. */
export const LEASE_TRIES_MAX = 10;
/** First wait between tries. */
export const RETRY_FIRST_MS = 500;
/** Longest wait between tries of a reply. */
export const RETRY_LONGEST_MS = 8_000;
/** First wait before the socket reconnects. */
export const RECONNECT_FIRST_MS = 500;
/** Longest wait before the socket reconnects: a worker that restarts must not wait minutes for its agents. */
export const RECONNECT_LONGEST_MS = 20_000;
/** Between pings: below the idle limit of common proxies (60 s). */
export const PING_EVERY_MS = 25_000;
/** A pong, or the answer to a resume, that takes longer means a dead socket. */
export const SILENCE_MAX_MS = 10_000;
/** Waits between re-reads while a reply is not settled; the last one repeats. */
export const UNSETTLED_PACE_MS = [1_000, 1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000] as const;
/** From here a waiting customer is shown in amber: the market warns at 100 s of a 3-minute rule. */
export const WAIT_WARN_MS = 100_000;
/** From here a waiting customer is shown in red. */
export const WAIT_LATE_MS = 180_000;
/** Safari reports the Enter that ends a composition as a key of its own, right after the composition's end. */
export const COMPOSITION_ECHO_MS = 100;
/** From so few messages left for ordinary replies on, the quota is shown in amber. */
export const QUOTA_LOW_LEFT = 1;
/** From so little time on too: half an hour is one more exchange with a customer who comes back from lunch. */
export const QUOTA_LOW_MS = 30 * 60_000;
/** Between two looks at how WeChat's API answers for the channels: rare, since it seldom fails for less. */
export const HEALTH_EVERY_MS = 30_000;
/** One diagnosis: it asks WeChat several things, one after the other. */
export const DIAGNOSIS_TIMEOUT_MS = 60_000;
/** Messages of other channels that are shown of one person: what somebody reads before answering. */
export const HISTORY_MESSAGES = 30;
/** A file in a reply: the largest that any channel takes (docs/PROTOCOL.md, section 3, Files). */
export const ATTACHMENT_BYTES_MAX = 20 * 1024 * 1024;
/** One upload: the largest file over a slow phone's 2 Mbit/s takes 84 s. */
export const UPLOAD_TIMEOUT_MS = 120_000;
/** Resolved tickets listed: the newest ones. */
export const RESOLVED_SHOWN_MAX = 100;
/** Names of wordings beside an entry's own: as many as it may have (docs/PROTOCOL.md, section 5). */
export const ARM_IDS = ["b", "c", "d"];
/** Of all customers, those who may hear another wording than the entry's own. */
export const TRIED_SHARE_MAX = 0.9;
/** Rows of knowledge read at once: a screen or two. */
export const KNOWLEDGE_PAGE = 50;
/** One look at differences, one batch of a training, one publication: the worker reads whole documents for it. */
export const KNOWLEDGE_TIMEOUT_MS = 60_000;
/** Variants or keywords of one entry (docs/PROTOCOL.md, section 5). */
export const LIST_ITEMS_MAX = 200;
/** Questions of one comparison (docs/PROTOCOL.md, section 8). */
export const COMPARED_QUESTIONS_MAX = 1_000;
/** Clusters asked for at most (docs/PROTOCOL.md, section 3). */
export const CLUSTERS_SHOWN_MAX = 200;
/** Offers shown at once: what somebody judges in one sitting. */
export const OFFERS_SHOWN_MAX = 20;
/** A table of entries (docs/PROTOCOL.md, section 5.1). */
export const TABLE_BYTES_MAX = 16 * 1024 * 1024;
/** KV may hide a batch for a minute: so often the training is asked for again. */
export const BATCH_PATIENCE_TRIES = 90;
/** Between these tries. */
export const BATCH_WAIT_MS = 1_000;
/** Long lists on a page grow by so many. */
export const SHOWN_STEP = 20;
/** Pages of pending changes read for their marks in the list: beyond it somebody imports tables, and reads them there. */
export const PENDING_PAGES_MAX = 10;
/** The worker's page of versions: a full one may have another behind it. */
export const VERSIONS_PAGE = 100;
/** Tries to add a variant to a row that others change: two editors at once are rare, three rarer. */
export const VARIANT_TRIES_MAX = 3;
/** From how much of an aspect on a mood is shown: the worker's bound. */
export const MOOD_SHOWN = 0.5;
