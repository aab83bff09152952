//! Pages of rows and of changes, cut by their size before they leave the database.

use super::super::{Database, Row as SqlRow, Statement, StoreError};
use super::{DRAFT, int, key_of, mark_of, row_of};
use crate::base::limits::{ROWS_PAGE_CHARS_MAX, ROWS_PER_PAGE_MAX};
use crate::knowledge::rows::{Key, Kind};
use crate::office::library::{Change, Row};

/// As many rows as a page can have.
pub const ALL: u32 = u32::MAX;

/// Which rows.
pub struct Page<'a> {
    /// Published ones of this generation,
    pub generation: u64,
    /// under this layer,
    pub layer: u64,
    /// of this kind,
    pub kind: Kind,
    /// behind this id,
    pub after: &'a str,
    /// at most so many.
    pub rows: u32,
}

/// Rows by id, and whether there are more. `query` is looked for in their JSON; empty: all.
pub fn rows(db: &impl Database, page: &Page<'_>, query: &str) -> Result<(Vec<Row>, bool), StoreError> {
    // One more than asked for tells whether there are more.
    let limit = limit_of(page.rows) + 1;
    let sql = "SELECT kind, id, position, value, revision, author, at, found FROM (\
               SELECT *, SUM(length(value)) OVER (ORDER BY id) AS so_far, COUNT(*) OVER () AS found FROM (\
               SELECT kind, id, position, value, revision, author, at FROM library_base AS b \
               WHERE generation = ? AND kind = ? AND id > ? AND instr(value, ?) > 0 AND NOT EXISTS \
               (SELECT 1 FROM library_edits AS e WHERE e.layer = ? AND e.kind = b.kind AND e.id = b.id) \
               UNION ALL SELECT kind, id, position, value, revision, author, at FROM library_edits \
               WHERE layer = ? AND kind = ? AND id > ? AND value IS NOT NULL AND instr(value, ?) > 0 \
               ORDER BY id LIMIT ?)) WHERE so_far - length(value) < ? ORDER BY id";
    let (kind, after, query) = (page.kind.name(), page.after, json_inside(query));
    let params = [
        int(page.generation),
        kind.into(),
        after.into(),
        query.as_str().into(),
        int(page.layer),
        int(page.layer),
        kind.into(),
        after.into(),
        query.as_str().into(),
        int(limit),
        int(ROWS_PAGE_CHARS_MAX),
    ];
    let found = db.run(&Statement::new(sql, params))?;
    cut(&found, limit, row_of)
}

/// Changes by kind and id, and whether there are more: the draft's against what is published, or a review's against
/// what was published when it was submitted.
pub fn changes(
    db: &impl Database,
    generation: u64,
    review: Option<u64>,
    after: Option<Key>,
    rows: u32,
) -> Result<(Vec<Change>, bool), StoreError> {
    let limit = limit_of(rows) + 1;
    let sql = "SELECT kind, id, was, value, revision, author, at, found FROM (\
               SELECT *, SUM(chars) OVER (ORDER BY kind, id) AS so_far, COUNT(*) OVER () AS found FROM (\
               SELECT *, COALESCE(length(was), 0) + COALESCE(length(value), 0) AS chars FROM (\
               SELECT e.kind, e.id, e.value, e.revision, e.author, e.at, \
               CASE WHEN e.layer = 0 THEN b.value ELSE e.before END AS was FROM library_edits AS e \
               LEFT JOIN library_base AS b ON b.generation = ? AND b.kind = e.kind AND b.id = e.id \
               WHERE e.layer = ? AND (e.kind, e.id) > (?, ?) ORDER BY e.kind, e.id LIMIT ?))) \
               WHERE so_far - chars < ? ORDER BY kind, id";
    let (kind, id) = after.map_or(("", String::new()), |key| (key.kind.name(), key.id));
    let params = [
        int(generation),
        int(review.unwrap_or(DRAFT)),
        kind.into(),
        id.into(),
        int(limit),
        int(ROWS_PAGE_CHARS_MAX),
    ];
    let change = |row: &SqlRow| {
        Ok(Change {
            key: key_of(row)?,
            before: row.text_or_null(2)?.map(str::to_owned),
            after: row.text_or_null(3)?.map(str::to_owned),
            mark: mark_of(row, 4)?,
        })
    };
    let found = db.run(&Statement::new(sql, params))?;
    cut(&found, limit, change)
}

fn limit_of(rows: u32) -> usize {
    usize::try_from(rows).unwrap_or(ROWS_PER_PAGE_MAX).clamp(1, ROWS_PER_PAGE_MAX)
}

/// Up to `limit` rows were asked for, of which the last only tells that there are more; of those that were found (the
/// last column), some may have been cut off by their size.
fn cut<T>(
    found: &[SqlRow],
    limit: usize,
    read: impl Fn(&SqlRow) -> Result<T, StoreError>,
) -> Result<(Vec<T>, bool), StoreError> {
    let shown = found.iter().take(limit.saturating_sub(1)).map(read).collect::<Result<Vec<_>, _>>()?;
    let all = found.first().map_or(Ok(0), |row| row.int(7))?;
    let is_all = i64::try_from(shown.len()).is_ok_and(|shown| shown >= all);
    Ok((shown, !is_all))
}

/// As it stands within a JSON string.
fn json_inside(text: &str) -> String {
    let quoted = serde_json::Value::from(text).to_string();
    quoted.get(1..quoted.len().saturating_sub(1)).unwrap_or_default().to_owned()
}
