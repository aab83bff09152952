// Bounds of WeCom KF, each with unit and reason.

/** Messages and events that one KF account keeps for sync_msg; WeChat keeps them by time only. */
export const LOG_MESSAGES_MAX = 20_000;
/** sync_msg gives pages of this many at most, and by default. */
export const PAGE_MAX = 1_000;
/** A cursor may have this many bytes. */
export const CURSOR_BYTES_MAX = 64;
/** WeChat keeps messages for sync_msg this long, ms. */
export const KEPT_MS = 3 * 86_400_000;
/** The token of a callback frees sync_msg of the strict rate limit this long, ms. */
export const CALLBACK_TOKEN_MS = 600_000;
/** Tokens of callbacks remembered per account, to tell expired from never given. */
export const CALLBACK_TOKENS_MAX = 5_000;
/** sync_msg without a token, calls a minute; WeChat's own figure is not published. */
export const UNTOKENED_PER_MINUTE = 60;
/** A session lives this long after the customer's last message, and so does the right to send. */
export const SESSION_MS = 48 * 3_600_000;
/** Messages that send_msg may send after each message of the customer. */
export const SENDS_PER_INBOUND = 5;
/** Life of a welcome code and of a closing code, ms. */
export const SHORT_CODE_MS = 20_000;
/** Life of a reply code (into the pool, picked from the pool), ms. */
export const LONG_CODE_MS = 48 * 3_600_000;
/** Codes and msgids remembered; the oldest go first. */
export const CODES_MAX = 20_000;
export const MSGIDS_MAX = 20_000;
/** Life of an access token, ms. */
export const TOKEN_LIFE_MS = 7_200_000;
/** Old access tokens remembered per app, to tell expired from never given. */
export const OLD_TOKENS_MAX = 200;
/** external_userids in one customer/batchget, accounts in one account/list. */
export const BATCH_MAX = 100;
/** Servicers of one account. */
export const SERVICERS_MAX = 500;
/** Callbacks gathered into one go out after this long, ms, even when the group is not full. */
export const MERGE_WAIT_MS = 2_000;

/** Sizes in send_msg, UTF-8 bytes. */
export const BYTES_MAX = {
  text: 2_048, linkTitle: 128, linkDesc: 512, url: 2_048, miniTitle: 64, menuHead: 1_024, menuTail: 1_024,
  clickId: 64, clickContent: 128, viewContent: 1_024, appid: 32, pagepath: 1_024, scene: 32, sceneParam: 128,
} as const;
/** Items of one msgmenu. */
export const MENU_ITEMS_MAX = 10;
