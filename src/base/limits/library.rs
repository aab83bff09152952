//! Bounds of knowledge before it is published.

/// One row of a draft as JSON: what one row of an object's storage takes is 2 MB.
pub const KNOWLEDGE_ROW_BYTES_MAX: usize = 1024 * 1024;
/// Rows that one request changes: what an object does in some 10 ms.
pub const EDITS_PER_CALL_MAX: usize = 500;
/// Rows that one table of entries may change in the draft: all in one turn of the office, within a second.
pub const IMPORT_EDITS_MAX: usize = 5_000;
/// Bytes of them: what one call to the office carries well.
pub const IMPORT_BYTES_MAX: usize = 8 * 1024 * 1024;
/// Body of a request that changes rows: 500 entries of 4 KB, or one long row.
pub const EDITS_BYTES_MAX: usize = 2 * 1024 * 1024;
/// Rows in one page of a draft or a version that is being put together.
pub const ROWS_PER_PAGE_MAX: usize = 2_000;
/// Characters of rows in one page, but for the last one: what an object answers in some 10 ms.
pub const ROWS_PAGE_CHARS_MAX: i64 = 500_000;
/// Rows shown to people at once where they do not say how many.
pub const ROWS_SHOWN: usize = 50;
/// Rows shown to people or scripts at once.
pub const ROWS_SHOWN_MAX: usize = 500;
/// Rows of a whole document in one call to the office.
pub const STAGE_BYTES_MAX: usize = 512 * 1024;
/// Pages of one document: every row of the largest document on a page of its own kind's longest rows.
pub const DOCUMENT_PAGES_MAX: usize = 4_000;
/// A note, a comment or a reason, UTF-8: some paragraphs.
pub const NOTE_BYTES_MAX: usize = 2_000;
/// What is searched for in rows, UTF-8.
pub const ROWS_QUERY_BYTES_MAX: usize = 200;
/// Reviews that wait or are approved at once: each holds a copy of its changes.
pub const REVIEWS_OPEN_MAX: usize = 20;
/// Versions, reviews or acts in one list.
pub const LIBRARY_LIST_MAX: usize = 100;
/// Acts that are kept of the library: years of editing.
pub const ACTS_KEPT: u64 = 20_000;
/// How long a publication may go without a word before somebody else's takes its place: longer than any one step.
pub const PUBLICATION_MS_MAX: i64 = 30_000;
/// How long a pointer may be on its way into KV before another publication begins: twice [`POINT_MS_MAX`].
pub const POINTING_MS_MAX: i64 = 10_000;
/// Longest wait for KV to take the pointer.
pub const POINT_MS_MAX: u64 = 5_000;
/// Rows named in a refusal.
pub const REFUSED_ROWS_MAX: usize = 20;
/// Questions in one difference report: a month's most frequent ones, in some seconds.
pub const DIFFERENCE_QUESTIONS_MAX: usize = 1_000;
/// Body of such a request.
pub const DIFFERENCE_BYTES_MAX: usize = 512 * 1024;
/// What of a reply is shown in it, UTF-8: enough to tell it from another.
pub const DIFFERENCE_TEXT_BYTES_MAX: usize = 240;
