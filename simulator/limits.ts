// Every bound of the simulator: name, unit, reason.

/** Customers kept at once; enough for the bench's cold customers. */
export const CUSTOMERS_MAX = 10_000;
/** Lines of one customer's phone; older ones scroll away. */
export const TRANSCRIPT_ITEMS_MAX = 1_000;
/** Any request body we read, and any callback response: WeChat's own packets stay below 10 KB. */
export const BODY_BYTES_MAX = 1_048_576;
/** Calls held open by a hang fault. */
export const HELD_CALLS_MAX = 100;
/** Messages remembered for redelivery. */
export const MESSAGES_MAX = 20_000;
/** Lines of the delivery log and of the call log. */
export const LOG_LINES_MAX = 10_000;
/** Callbacks under way at once; more is refused, so that a runaway test cannot exhaust sockets. */
export const DELIVERIES_IN_FLIGHT_MAX = 1_000;
/** Pictures and other media kept at once; the oldest go first. */
export const MEDIA_MAX = 5_000;
/** Bytes of all media together; the oldest go first. */
export const MEDIA_BYTES_TOTAL_MAX = 268_435_456;
/** An upload's body: the largest kind of all, WeCom's file of 20 MB, and the form around it. */
export const UPLOAD_BYTES_MAX = 22_020_096;
/** Above this an account's upload is not even measured by kind (45001): its largest kind has 10 MB. */
export const OA_UPLOAD_BYTES_MAX = 11_534_336;
/** Zero bytes that a test may have behind a customer's picture: beyond every limit of WeChat's. */
export const PADDING_BYTES_MAX = 33_554_432;
/** What a picture that is too big may have, bytes: far beyond anyone's limit, and not endless. */
export const HUGE_PICTURE_BYTES_MAX = 1_073_741_824;
/** client_msg_ids remembered; a test sends no more within ten minutes. */
export const CLIENT_MSG_IDS_MAX = 10_000;
/** Waiting fault rules. */
export const FAULT_RULES_MAX = 100;
/** Copies of one message that a test may deliver at once. */
export const COPIES_MAX = 50;
/** Pages listening for live updates. */
export const LISTENERS_MAX = 20;
/** Longest wait, ms, that a control call may ask for (long poll, delay). */
export const WAIT_MS_MAX = 60_000;

/** WeChat's limit for one text, UTF-8 bytes, passive and custom/send alike. */
export const TEXT_BYTES_MAX = 2_048;
/** WeChat pushes a message this often in all: once and two redeliveries. */
export const ATTEMPTS_MAX = 3;
