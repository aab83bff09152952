//! Every bound, with its unit and its reason.

mod encoder;
mod experiment;
mod insight;
mod library;
mod mood;
mod remote;

pub use encoder::*;
pub use experiment::*;
pub use insight::*;
pub use library::*;
pub use mood::*;
pub use remote::*;

use core::ops::RangeInclusive;

/// Body of a callback. Official packets are below 10 KB; 64 KiB leaves room (protocol 11.2).
pub const CALLBACK_BYTES_MAX: usize = 64 * 1024;
/// Query of a callback. WeChat's own are below 400 bytes, also with an encrypted `echostr`.
pub const CALLBACK_QUERY_BYTES_MAX: usize = 4 * 1024;
/// Nesting of an XML body. Official packets have at most five levels.
pub const XML_DEPTH_MAX: usize = 8;
/// Elements in an XML body. Official packets have at most some dozens.
pub const XML_ELEMENTS_MAX: usize = 512;
/// One text message, UTF-8, passive or customer-service (protocol 3.1, 4.2).
pub const TEXT_BYTES_MAX: usize = 2_048;
/// A card's title, UTF-8: WeCom's bound for links (protocol 9.3), taken for all.
pub const CARD_TITLE_BYTES_MAX: usize = 128;
/// A card's description, UTF-8: WeCom's bound (protocol 9.3), taken for all.
pub const CARD_DESCRIPTION_BYTES_MAX: usize = 512;
/// A card's address or page, UTF-8: WeCom's bound (protocol 9.3), taken for all.
pub const CARD_URL_BYTES_MAX: usize = 2_048;
/// Templates or messages that one subscribe event is about: WeChat's pop-up shows a handful.
pub const SUBSCRIBE_ITEMS_MAX: usize = 16;
/// One line of a template message's field, in characters (protocol 6.2).
pub const NOTICE_LINE_CHARS_MAX: usize = 20;
/// All fields of a notice together, in characters (protocol 6.2).
pub const NOTICE_CHARS_MAX: usize = 200;
/// Fields of a notice: templates have at most half a dozen.
pub const NOTICE_VALUES_MAX: usize = 16;
/// What recognises a repeated template message (WeChat names no bound: WeCom's for the same), or a field's name.
pub const NOTICE_KEY_BYTES_MAX: usize = 32;
/// The largest file that any channel carries: WeCom's 20 MB (protocol 6.1).
pub const MEDIA_BYTES_MAX: usize = 20 * 1024 * 1024;
/// Speech in one voice message (protocol 6.1).
pub const VOICE_MS_MAX: usize = 60_000;
/// A file's name, UTF-8: what file systems take.
pub const FILE_NAME_BYTES_MAX: usize = 200;
/// How long an uploaded file's id is used again: WeChat keeps it for three days (protocol 6.1), less two hours.
pub const MEDIA_ID_USED_MS: i64 = 70 * 60 * 60 * 1_000;
/// Such ids removed when another is stored: old ones go faster than new ones come.
pub const MEDIA_IDS_FORGOTTEN_MAX: i64 = 100;
/// Files that one isolate holds in its 128 MB at once: each may be there thrice while it is passed on.
pub const FILES_IN_HAND_MAX: usize = 2;
/// How long a file counts as held, should whoever held it have died.
pub const FILE_IN_HAND_MS_MAX: i64 = 60_000;
/// Between two looks whether a file may be taken in hand.
pub const FILE_LOOK_MS: u64 = 200;
/// Looks before a file is left for later: 10 s.
pub const FILE_LOOKS_MAX: u32 = 50;
/// One download of a customer's file, with the address that it may name: with what comes before and after it, within
/// [`ERRAND_MS_MAX`].
pub const MEDIA_FETCH_MS_MAX: u64 = 15_000;
/// One upload of a file: 20 MB over a slow line.
pub const MEDIA_UPLOAD_MS_MAX: u64 = 40_000;
/// How long a message waits whose file could not be uploaded just now.
pub const MEDIA_UPLOAD_AGAIN_MS: i64 = 5_000;
/// Files in one page of a folder: what R2 lists at once is 1,000.
pub const FILES_LISTED_MAX: u32 = 500;
/// Pages of a folder that one errand deletes; the next one goes on.
pub const FILE_PAGES_MAX: u32 = 20;
/// How far the clock of the bucket may be ahead of ours.
pub const BUCKET_CLOCK_MS_MAX: i64 = 60_000;
/// An address out of a push that is fetched: WeChat's are below 500 bytes.
pub const FETCH_ADDRESS_BYTES_MAX: usize = 2_048;
/// Refusals in a row, since the last good callback, that are no accident: WeChat delivers three times.
pub const DIAGNOSIS_RUN_MIN: usize = 3;
/// How far our clock may be from WeChat's before a diagnosis says so: an answer takes some seconds at worst.
pub const DIAGNOSIS_SKEW_MS_MAX: i64 = 30_000;
/// A diagnosis warns when less than this part of a day's calls is left.
pub const QUOTA_LOW_DIVISOR: i64 = 10;
/// One question of a diagnosis; WeChat's look at our host takes seconds.
pub const DIAGNOSIS_QUESTION_MS_MAX: u64 = 6_000;
/// Entries of a list that a diagnosis shows: WeChat's own addresses are some hundred ranges.
pub const DIAGNOSIS_ENTRIES_MAX: usize = 1_000;
/// One entry of such a list, UTF-8: an address, a time.
pub const DIAGNOSIS_TEXT_BYTES_MAX: usize = 64;
/// Customers in one question about them; 40032 beyond (protocol 7).
pub const CUSTOMERS_PER_CALL_MAX: usize = 100;
/// The answer to such a question: a customer is below 1 KB.
pub const USER_INFOS_BYTES_MAX: usize = 256 * 1024;
/// Articles of one passive news reply to an event; a reply to a message may have one (protocol 3.1).
pub const NEWS_ARTICLES_MAX: usize = 8;
/// Body of an answer of WeChat's API. Those we read are below 2 KB.
pub const WECHAT_ANSWER_BYTES_MAX: usize = 64 * 1024;
/// Body of a list that WeCom answers: a page of [`KEFU_PAGE_MESSAGES_MAX`] messages is below 1 MB but for forwarded
/// chats, and a page that is too long would hold up every message behind it.
pub const KEFU_ANSWER_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Messages asked for at a time, of the 1,000 that WeCom would give: what one turn can store (protocol 9.2).
pub const KEFU_PAGE_MESSAGES_MAX: u32 = 100;
/// An account's id (protocol 9.5).
pub const KEFU_ID_BYTES_MAX: usize = 64;
/// What a callback gives to pull with (protocol 9.2).
pub const KEFU_PULL_TOKEN_BYTES_MAX: usize = 128;
/// Customers in one question about them (protocol 9.5).
pub const KEFU_CUSTOMERS_PER_CALL_MAX: usize = 100;
/// Accounts in one list of them (protocol 9.5).
pub const KEFU_ACCOUNTS_PER_CALL_MAX: u32 = 100;
/// A send's `msgid`, ASCII (protocol 9.3).
pub const KEFU_SEND_KEY_BYTES_MAX: usize = 32;
/// A mini-program card's title, UTF-8; WeCom cuts longer ones (protocol 9.3).
pub const KEFU_CARD_TITLE_BYTES_MAX: usize = 64;
/// Body of a request from the console or a script.
pub const API_BYTES_MAX: usize = 64 * 1024;
/// Objects that share the conversations: 1,024 files of SQLite is what one machine still handles with ease.
pub const SHARDS_MAX: u16 = 1_024;
/// Channels of one deployment: an isolate opens all of them when one has changed, within milliseconds.
pub const CHANNELS_MAX: usize = 64;
/// Faults of one channel reported at once: more than it has fields.
pub const CHANNEL_FAULTS_MAX: usize = 64;
/// One of a notice's texts, in characters: WeChat shows far fewer.
pub const NOTICE_VALUE_CHARS_MAX: usize = 200;
/// Messages of a grant that may be kept back: WeChat grants five.
pub const KEPT_BACK_MAX: u32 = 2;
/// How long an isolate uses the channels that it knows before it asks, behind a request, whether they have changed.
pub const CHANNELS_REFRESH_MS: i64 = 10_000;
/// Between two questions about channels, whatever unknown paths and wrong signatures come in.
pub const CHANNELS_ASKED_EVERY_MS: i64 = 2_000;
/// How long a channel of WeCom's customer service goes unasked: a callback may be lost. Without a callback's token
/// WeCom answers seldom, so not oftener.
pub const KEFU_POLL_MS: i64 = 3 * 60 * 1_000;
/// How long a callback's token is good for a pull (protocol 9.1: ten minutes), with half a minute to use it.
pub const KEFU_PULL_TOKEN_MS: i64 = 9 * 60 * 1_000 + 30_000;
/// After a refusal for the rate: it is one of minutes (protocol 9.6).
pub const KEFU_RATE_WAIT_MS: i64 = 60_000;
/// First pause after a pull that failed; it doubles.
pub const KEFU_BACKOFF_MS: i64 = 1_000;
/// Longest pause after a pull that failed.
pub const KEFU_BACKOFF_MS_MAX: i64 = 120_000;
/// Attempts to hand one message over: with the pauses between, an outage of ten minutes loses nothing, and what can
/// never be handed over does not stop the rest for longer.
pub const KEFU_MESSAGE_ATTEMPTS_MAX: u32 = 12;
/// Pages of one run; what is left goes to the alarm.
pub const KEFU_PAGES_MAX: u32 = 200;
/// Customers of one page whose messages are handed over at a time: within the platform's six open connections.
pub const KEFU_WIDTH_MAX: usize = 6;
/// Longest wait for a page.
pub const KEFU_PULL_MS_MAX: u64 = 20_000;
/// The alarm behind a run of pulls: goes off when that run has died.
pub const KEFU_GUARD_MS: i64 = 15_000;
/// Age of a pulled message beyond which people answer it and not the bot: who wrote it no longer waits at the phone.
pub const KEFU_ANSWER_AGE_MS_MAX: i64 = 10 * 60 * 1_000;
/// Reads of a session's state before one send, when it changes between reading and claiming it.
pub const KEFU_STATE_READS_MAX: u32 = 3;
/// How long a message waits that a paused or sealed channel cannot send.
pub const CHANNEL_WAIT_MS: i64 = 15_000;
/// Staff in one request: each password costs a tenth of a second to hash.
pub const STAFF_PER_CALL_MAX: usize = 100;
/// Staff in all: a sign-in looks through them for the login.
pub const STAFF_MAX: usize = 5_000;
/// Skill groups of one member of staff.
pub const STAFF_SKILL_GROUPS_MAX: usize = 64;
/// Open tickets that one member of staff can be given at once, at the very most.
pub const STAFF_CAP_MAX: u32 = 1_000;
/// An id, a login or a name that people type and read, in characters.
pub const NAME_CHARS_MAX: usize = 64;
/// A new password, in characters: below eight it can be guessed through the front door.
pub const PASSWORD_CHARS_MIN: usize = 8;
/// A new password, in characters: room for any sentence.
pub const PASSWORD_CHARS_MAX: usize = 256;
/// Sessions that one member of staff holds at once; the oldest goes.
pub const SESSIONS_PER_STAFF_MAX: usize = 20;
/// Wrong passwords for one login within [`ATTEMPTS_WINDOW_MS`].
pub const LOGIN_FAILURES_MAX: i64 = 10;
/// Wrong passwords from one address within [`ATTEMPTS_WINDOW_MS`]: a whole office may share one.
pub const ADDRESS_FAILURES_MAX: i64 = 30;
/// How long wrong passwords count, from the first one.
pub const ATTEMPTS_WINDOW_MS: i64 = 15 * 60 * 1_000;
/// Rows that count wrong passwords; beyond it the ones with the fewest go.
pub const TALLIES_MAX: i64 = 4_096;
/// An access token: WeChat asks for room for 512 characters at least (protocol 5).
pub const TOKEN_BYTES_MAX: usize = 2_048;
/// How long one caller may take to fetch a token before another may: longer than the fetch's own time-out.
pub const TOKEN_LEASE_MS: i64 = 15_000;
/// Between two forced tokens; sooner WeChat ignores it (protocol 5).
pub const TOKEN_FORCED_SPAN_MS: i64 = 30_000;
/// Forced tokens within [`TOKEN_FORCED_WINDOW_MS`]: WeChat allows 20, people need some by hand.
pub const TOKEN_FORCED_MAX: usize = 15;
/// In which forced tokens are counted.
pub const TOKEN_FORCED_WINDOW_MS: i64 = 24 * 60 * 60 * 1_000;
/// Verdicts on callbacks that are kept for each account: what a diagnosis shows.
pub const CALLBACK_VERDICTS_MAX: usize = 20;
/// Codes that refused callbacks are counted under, for each account.
pub const REFUSAL_CODES_MAX: usize = 64;
/// Body of a knowledge document: 100,000 entries of 100 characters.
pub const KNOWLEDGE_BYTES_MAX: usize = 32 * 1024 * 1024;
/// A key that recognises an inbound message again; longer ones are hashed.
pub const INBOUND_KEY_BYTES_MAX: usize = 160;
/// A customer's id as their channel names them: an openid has 28.
pub const CUSTOMER_ID_BYTES_MAX: usize = 64;
/// A client-made id: a UUID has 36.
pub const CLIENT_ID_BYTES_MAX: usize = 64;
/// FAQ entries of a knowledge document: what `KNOWLEDGE_BYTES_MAX` can hold and an isolate can index.
pub const KNOWLEDGE_ENTRIES_MAX: usize = 100_000;
/// Phrasings beside an entry's question: thrice what a large bank has collected per question.
pub const KNOWLEDGE_VARIANTS_MAX: usize = 200;
/// One question or phrasing: beyond some 130 Chinese characters it is not a question any more.
pub const KNOWLEDGE_QUESTION_BYTES_MAX: usize = 400;
/// Any other name or word of a knowledge document (ids, keywords, products).
pub const KNOWLEDGE_WORD_BYTES_MAX: usize = 64;
/// One of the document's own texts, so that a proposal that carries three of them stays small.
pub const KNOWLEDGE_TEXT_BYTES_MAX: usize = 600;
/// Any list of the document that people write by hand: rules, keywords, menu items, groups, dates.
pub const KNOWLEDGE_LIST_MAX: usize = 1_000;
/// Parameters of one product, or of a category: more than a data sheet has.
pub const KNOWLEDGE_PARAMETERS_MAX: usize = 100;
/// What a parameter is: a sentence at most, so that a composed answer fits one message many times over.
pub const KNOWLEDGE_VALUE_BYTES_MAX: usize = 240;
/// Steps of one issue: what people follow while they read.
pub const KNOWLEDGE_STEPS_MAX: usize = 20;
/// Questions offered along with a composed answer.
pub const RELATED_QUESTIONS_MAX: usize = 3;
/// Products in a dialogue's focus: two can be compared.
pub const DIALOGUE_PRODUCTS_MAX: usize = 2;
/// How long a topic is remembered after it was last talked about: then 那个 means something else.
pub const DIALOGUE_MS_MAX: i64 = 10 * 60 * 1_000;
/// Messages of the customer for which a topic is remembered that nobody talks about.
pub const DIALOGUE_TURNS_MAX: u32 = 4;
/// Rounds for a proposal that knows the dialogue: one, and another when it changed meanwhile.
pub const DIALOGUE_ROUNDS_MAX: u32 = 2;
/// Opening hours of one channel as JSON: a week, and special days for years.
pub const CHANNEL_HOURS_BYTES_MAX: usize = 16 * 1024;
/// Where a customer comes from, as a welcome names it: a QR code's scene has up to 64 characters.
pub const KNOWLEDGE_SOURCE_BYTES_MAX: usize = 256;
/// Body of a table of FAQ entries: 100,000 rows of 50 Chinese characters, and with what is made of them and sent back
/// within the 128 MB of an isolate.
pub const TABLE_BYTES_MAX: usize = 16 * 1024 * 1024;
/// Rows of a table below its headings, or items of JSON.
pub const TABLE_ROWS_MAX: usize = KNOWLEDGE_ENTRIES_MAX;
/// Columns of a table: ten are ours, other programs have some dozens.
pub const TABLE_COLUMNS_MAX: usize = 64;
/// Text of one cell, UTF-8: 200 phrasings of 400 bytes fit, all escaped.
pub const TABLE_CELL_BYTES_MAX: usize = 192 * 1024;
/// Text of all cells of a workbook: shared strings can stand for many times their size.
pub const TABLE_TEXT_BYTES_MAX: usize = 2 * TABLE_BYTES_MAX;
/// Faults of a table, and warnings: what one goes through by a file of faults.
pub const TABLE_FAULTS_MAX: usize = 1_000;
/// What is said of one row in a file of faults, UTF-8.
pub const TABLE_REPORT_BYTES_MAX: usize = 4 * 1024;
/// Entries with the same question that another is compared with: editions of a yearly one.
pub const TABLE_SAME_QUESTIONS_MAX: usize = 16;
/// Parts of an XLSX file: some dozen, and pictures.
pub const TABLE_PARTS_MAX: usize = 1_000;
/// Sheets of a workbook that are looked at to find the first.
pub const TABLE_SHEETS_MAX: usize = 256;
/// One part of an XLSX file, unpacked: 100,000 rows of ten cells have 80 MB. Never there as a whole.
pub const TABLE_XML_BYTES_MAX: usize = 96 * 1024 * 1024;
/// One tag or text of such a part: a cell's longest text, every character of it an entity.
pub const TABLE_XML_EVENT_BYTES_MAX: usize = 1024 * 1024;
/// Nesting of such a part: cells with formatted text have eight levels, extensions some more.
pub const TABLE_XML_DEPTH_MAX: usize = 32;
/// Shared strings of a workbook: every cell of 100,000 rows its own.
pub const TABLE_STRINGS_MAX: usize = 1_000_000;
/// Days of a spreadsheet's date: 9999-12-31.
pub const TABLE_DATE_DAYS_MAX: f64 = 2_958_466.0;
/// One cell of an XLSX file, in characters: more is no valid file.
pub const XLSX_CELL_CHARS_MAX: usize = 32_767;
/// Faults reported at once: more than anyone reads.
pub const KNOWLEDGE_FAULTS_MAX: usize = 100;
/// Part of a published bundle. KV takes 25 MiB; smaller parts keep the memory of a load low.
pub const BUNDLE_PART_BYTES_MAX: usize = 8 * 1024 * 1024;
/// Days to look ahead for the next opening: longer than any holiday.
pub const OPENING_AHEAD_DAYS_MAX: i64 = 60;
/// Candidates that are compared closely: more than anyone is offered, and few enough for a hundredth of a second.
pub const SHORTLIST_MAX: usize = 16;
/// Candidates that a head tells apart: beyond, the table of its weights outgrows what it brings.
pub const HEAD_CLASSES_MAX: usize = 300;
/// Passes over the samples while a head is trained: the fewest that converge, and what is more than enough.
pub const HEAD_EPOCHS: RangeInclusive<usize> = 6..=40;
/// Multiplications while one head is trained, beyond the fewest passes: some seconds in a worker.
pub const HEAD_OPERATIONS_MAX: usize = 2_000_000_000;
/// Token vectors of a bank, 384 bytes each: 11 MiB, a tenth of an isolate's memory.
pub const TOKEN_VECTORS_MAX: usize = 30_000;
/// Phrasings that are encoded in one request: some 2 s of computing.
pub const ENCODED_BATCH_MAX: usize = 64;
/// Phrasings of a bank that is matched by meaning: their vectors are in memory together while it is trained, 15 MB, and
/// every question is compared with each, some 4 million multiplications.
pub const ENCODED_PHRASINGS_MAX: usize = 10_000;
/// Phrasings up to which their tokens are kept, too: beyond, there would be more than [`TOKEN_VECTORS_MAX`].
pub const TOKEN_PHRASINGS_MAX: usize = 3_000;
/// How long encodings wait to be trained on.
pub const ENCODED_KEPT_S: u64 = 24 * 60 * 60;
/// Weights of one head: 16 MB while it is trained, 4 MB when it is published.
pub const HEAD_WEIGHTS_MAX: usize = 4_000_000;
/// Labelled questions up to which a bank is asked its own: ten more heads are trained for it.
pub const CALIBRATION_LABELLED_MAX: usize = 1_500;
/// Labelled questions from which on a bank has calibrations of its own.
pub const CALIBRATION_JUDGED_MIN: usize = 200;
/// Questions offered when none is certain: what fits a phone's screen.
pub const SUGGESTIONS_MAX: usize = 3;
/// Choices of one menu message (protocol 9.2).
pub const MENU_ITEMS_MAX: usize = 10;
/// Id of one choice, UTF-8 (protocol 9.2).
pub const MENU_ID_BYTES_MAX: usize = 64;
/// Words of one choice, UTF-8 (protocol 9.2).
pub const MENU_TEXT_BYTES_MAX: usize = 128;
/// What stands above the choices, or below them, UTF-8 (protocol 9.2).
pub const MENU_HEAD_BYTES_MAX: usize = 1_024;
/// Bytes of a customer's text that are matched: all that WeChat delivers of one message.
pub const MATCH_BYTES_MAX: usize = TEXT_BYTES_MAX;
/// A ticket's question, UTF-8: a title, not the conversation.
pub const QUESTION_BYTES_MAX: usize = 240;
/// Attempts at one send that the channel definitely refuses for the time being: about four minutes.
pub const SEND_ATTEMPTS_MAX: u32 = 7;
/// One attempt, from its mark to the record of its end: a little longer than the shell waits for the channel.
pub const SEND_ATTEMPT_MS_MAX: i64 = 12_000;
/// Wait before the second attempt.
pub const SEND_BACKOFF_MS: i64 = 2_000;
/// Longest wait between attempts.
pub const SEND_BACKOFF_MS_MAX: i64 = 60_000;
/// Body of an answer of the company's own responder: a text of [`TEXT_BYTES_MAX`] escaped, and its source.
pub const RESPONDER_BYTES_MAX: usize = 16 * 1024;
/// Between two looks whether a question that a callback waits for has its answer.
pub const PENDING_LOOK_MS: u64 = 100;
/// How much earlier than the callback the object stops looking, so that its own answer still arrives.
pub const PENDING_MARGIN_MS: i64 = 300;
/// Messages of agents that wait for one customer's next word: more than that is a letter.
pub const WAITING_MAX: u32 = 20;
/// How long a message waits for the customer's next word: what is older than a week answers nothing any more.
pub const WAITING_MS_MAX: i64 = 7 * 24 * 60 * 60 * 1_000;
/// When so few messages are left, an agent's short lines are gathered into one.
pub const JOIN_WHEN_LEFT: u32 = 2;
/// How long a line waits for the next one: people pause less between the lines of one thought.
pub const JOIN_WITHIN_MS: i64 = 2_500;
/// How long the first of the lines waits at most.
pub const JOIN_SPAN_MS_MAX: i64 = 8_000;
/// Lines that are sent as one message.
pub const JOIN_LINES_MAX: usize = 8;
/// Questions of one customer that a slower tier is asked at once; more are decided without it.
pub const ASKS_MAX: usize = 3;
/// Errands of one customer at once; a file that comes beyond them is not fetched, and said to be lost.
pub const ERRANDS_MAX: usize = 32;
/// Attempts to fetch one file, or to learn who a customer is.
pub const ERRAND_ATTEMPTS_MAX: u32 = 6;
/// One attempt to fetch a file, or to learn who a customer is.
pub const ERRAND_MS_MAX: i64 = 30_000;
/// How long the callback's deliveries may carry a slow answer: WeChat begins the third and last after about 10 s.
pub const HAND_OVER_MS: i64 = 13_500;
/// How much longer the clock waits for a delivery that could still say so before it hands over by itself.
pub const HAND_OVER_GRACE_MS: i64 = 1_000;
/// How long an answer of the bot may wait for a token or for WeChat: then people take its question.
pub const ANSWER_MS_MAX: i64 = 5 * 60 * 1_000;
/// How long a person in the channel's own console is believed to have a customer without a sign of them: WeChat ends a
/// session after as long (protocol 3.4), and the word of an end may be lost.
pub const NATIVE_MS_MAX: i64 = 30 * 60 * 1_000;
/// How long a welcome may be sent with its code, with a margin for the way (protocol 9.3: 20 s).
pub const WELCOME_MS_MAX: i64 = 18_000;
/// Between two notices to a customer who has not answered the first.
pub const NOTICE_EVERY_MS: i64 = 24 * 60 * 60 * 1_000;
/// Where a customer came from: the first and the newest of them.
pub const ORIGINS_MAX: usize = 8;
/// Templates of which one customer's consent is kept.
pub const CONSENTS_MAX: usize = 16;
/// Identities of one person: one for each channel that anybody could use.
pub const IDENTITIES_MAX: usize = 32;
/// Staff's records about one identity, those that were taken back too: history that people still read.
pub const IDENTITY_LINKS_MAX: usize = 64;
/// One text of a profile, UTF-8: a picture's address is below 300 bytes.
pub const PROFILE_TEXT_BYTES_MAX: usize = 512;
/// A unionid, ASCII: WeChat's have 28 characters.
pub const UNIONID_BYTES_MAX: usize = 64;
/// Identities that one request tells about: what fits in its body.
pub const IDENTITIES_PER_CALL_MAX: usize = 200;
/// Messages of a person's other conversations, where the reader does not say how many.
pub const HISTORY_MESSAGES: u32 = 50;
/// Open tickets on one floor. Beyond it conversations keep their tickets and tell the floor again later.
pub const FLOOR_OPEN_TICKETS_MAX: usize = 10_000;
/// How long a resolved ticket stays on the floor's lists; the conversation keeps it for good.
pub const FLOOR_RESOLVED_KEPT_MS: i64 = 24 * 60 * 60 * 1_000;
/// Messages in one reading of a conversation.
pub const MESSAGES_READ_MAX: u32 = 200;
/// How far back a retried reply is recognised by its client id, in messages of the conversation.
pub const REPLY_RETRY_MESSAGES: u64 = 1_000;
/// Rows removed by one round of retention; the next round follows soon when there were as many.
pub const PURGE_ROWS_MAX: i64 = 500;
/// Longest wait for one of our own objects: shorter than the 5 s WeChat waits for us.
pub const OBJECT_CALL_MS_MAX: u64 = 4_000;
/// The alarm behind every piece of background work: goes off when that work has died.
pub const DRAIN_GUARD_MS: i64 = 5_000;
/// Between rounds of removal, while there is something to remove.
pub const PURGE_AGAIN_MS: i64 = 10_000;
/// Conversations that one drain works on at a time: within the platform's six open connections, and some.
pub const DRAIN_WIDTH_MAX: u32 = 8;
/// Rounds of one drain; what is left goes to the alarm.
pub const DRAIN_ROUNDS_MAX: u32 = 64;
/// Steps for one conversation in one round.
pub const DRAIN_STEPS_MAX: u32 = 32;
/// Longest wait for WeChat's answer to a send. Beyond it the message is uncertain.
pub const SEND_MS_MAX: u64 = 10_000;
/// How long a token may be used without asking its keeper again.
pub const TOKEN_CACHED_MS: i64 = 60_000;
/// Leases given at a time.
pub const FLOOR_LEASES_AT_ONCE_MAX: usize = 8;
/// Rounds of one run that gives leases; what is left goes to the alarm.
pub const FLOOR_LEASE_ROUNDS_MAX: u32 = 64;
/// How long a bundle is served before the isolate looks whether the pointer has moved.
pub const KNOWLEDGE_REFRESH_MS: i64 = 30_000;
/// Longest wait of a cold isolate for its bundle: leaves time to answer within WeChat's 5 s.
pub const KNOWLEDGE_LOAD_MS_MAX: u64 = 2_500;
/// How long a request waits before it looks again whether another one has loaded the bundle.
pub const KNOWLEDGE_LOOK_AGAIN_MS: u64 = 10;
/// A passive answer decided later than this after the callback came may not be heard.
pub const ANSWER_WITHIN_MS: i64 = 4_000;
/// How long a callback without an answer is held, so that WeChat gives up first and delivers again.
pub const CALLBACK_HELD_MS: u64 = 5_500;
/// Callbacks refused are counted in memory and written at most this often per isolate.
pub const REFUSALS_WRITTEN_EVERY_MS: u64 = 5_000;
/// How long a host that gave no answer is left alone while there is another: WeChat's own advice for a change of host
/// is in minutes, an agent waits for less.
pub const HOST_AVOIDED_MS: i64 = 30_000;
/// Between two harmless questions to a host that gave no answer, of one isolate.
pub const HOST_PROBED_EVERY_MS: i64 = 3_000;
/// Longest wait for the answer to such a question: WeChat answers within half a second.
pub const HOST_PROBE_MS_MAX: u64 = 1_500;
/// Longest wait for one host's answer while there is another: two fit into [`TOKEN_FETCH_MS_MAX`].
pub const HOST_ANSWER_MS_MAX: u64 = 1_500;
/// How long a message waits while no host answers: a look costs a row.
pub const API_DOWN_WAIT_MS: i64 = 5_000;
/// How soon trouble that goes on is told to the channel's keeper again by the same isolate.
pub const HEALTH_TOLD_EVERY_MS: i64 = 30_000;
/// That callbacks are good is written at most this often per isolate, but after a refusal.
pub const ACCEPTED_WRITTEN_EVERY_MS: i64 = 5 * 60 * 1_000;
/// Longest wait for WeChat's answer to a token request: shorter than a caller waits for the token's keeper.
pub const TOKEN_FETCH_MS_MAX: u64 = 3_500;
/// Token requests for one question: a normal one, and a forced one when WeChat gave the refused token again.
pub const TOKEN_FETCHES_MAX: u32 = 2;
/// After an alarm's work failed: when to try again.
pub const ALARM_RETRY_MS: i64 = 30_000;
/// Between looks for rows that have expired, once some have: a look reads every row.
pub const PURGE_EVERY_MS: i64 = 60 * 60 * 1_000;
