//! What is wrong with entries of a table: by themselves as everywhere (`check`), and beside each other.

use super::columns::{Columns, Field};
use super::finding::{Finding, FindingCode};
use super::rows::ReadEntry;
use crate::base::limits::{TABLE_FAULTS_MAX, TABLE_SAME_QUESTIONS_MAX};
use crate::knowledge::check::entry_faults;
use crate::knowledge::document::{Entry, FaultCode, KnowledgeFault};
use crate::knowledge::tokens::fold;
use std::collections::HashMap;

/// Every fault of an entry, but for fields that are known to be `bad`.
pub fn entry(entry: &Entry, row: u32, bad: &[Field], columns: &Columns) -> Vec<Finding> {
    let faults = entry_faults(entry).into_iter();
    let found = faults.filter_map(|fault| {
        let (name, item) = match fault.path.split_once('[') {
            Some((name, rest)) => (name, rest.trim_end_matches(']').parse::<usize>().ok()),
            None => (fault.path.as_str(), None),
        };
        let field = Field::of_name(name)?;
        if bad.contains(&field) || (field == Field::Id && entry.question.trim().is_empty()) {
            return None;
        }
        let (code, zh) = judged(&fault, field);
        let item = item.map(|item| item + 1);
        let zh = item.map_or_else(|| zh.clone(), |item| format!("第 {item} 个{zh}"));
        let en = item.map_or_else(|| fault.message.clone(), |item| format!("item {item}: {}", fault.message));
        Some(Finding::at(row, columns.heading(field), code, (zh, en)))
    });
    found.collect()
}

fn judged(fault: &KnowledgeFault, field: Field) -> (FindingCode, String) {
    let bytes_max = field.bytes_max();
    match fault.code {
        FaultCode::Empty => (FindingCode::Empty, "不能为空。".to_owned()),
        FaultCode::TooLong => (
            FindingCode::TooLong,
            format!("太长：UTF-8 最多 {bytes_max} 字节，约 {} 个汉字。", bytes_max / 3),
        ),
        FaultCode::TooMany => (FindingCode::TooMany, format!("太多：最多 {} 个。", field.count_max())),
        FaultCode::ControlCharacter => (FindingCode::ControlCharacter, "含有控制字符。".to_owned()),
        FaultCode::BadDate => (FindingCode::BadDate, "不是日期 YYYY-MM-DD。".to_owned()),
        FaultCode::OutOfRange => (FindingCode::DatesReversed, "失效时间早于生效时间。".to_owned()),
        FaultCode::BadChannel => {
            (FindingCode::BadChannel, "不是渠道编号：小写字母开头，只含小写字母、数字、下划线。".to_owned())
        }
        _ => (FindingCode::Shape, "不合要求。".to_owned()),
    }
}

/// What is wrong, or worth knowing, of entries beside each other.
#[derive(Default)]
pub struct Twins {
    /// Ids that occur twice.
    pub faults: Vec<Finding>,
    /// Questions that are asked twice.
    pub warnings: Vec<Finding>,
}

/// Looks for the same id, and for the same question in entries that hold at the same time and place.
pub fn twins(entries: &[ReadEntry], columns: &Columns) -> Twins {
    let mut twins = Twins::default();
    let mut by_id: HashMap<&str, &ReadEntry> = HashMap::with_capacity(entries.len());
    let mut by_question: HashMap<String, Vec<&ReadEntry>> = HashMap::with_capacity(entries.len());
    for read in entries.iter().filter(|read| !read.entry.question.trim().is_empty()) {
        let first = *by_id.entry(&read.entry.id).or_insert(read);
        if first.row != read.row && twins.faults.len() <= TABLE_FAULTS_MAX {
            twins.faults.push(same_id(read, first, columns));
            continue;
        }
        let same = by_question.entry(fold(&read.entry.question)).or_default();
        let meets = same.iter().find(|other| hold_together(&other.entry, &read.entry));
        if let Some(other) = meets.filter(|_| twins.warnings.len() <= TABLE_FAULTS_MAX) {
            twins.warnings.push(same_question(read, other, columns));
        }
        if same.len() < TABLE_SAME_QUESTIONS_MAX {
            same.push(read);
        }
    }
    twins
}

fn same_id(read: &ReadEntry, first: &ReadEntry, columns: &Columns) -> Finding {
    if read.is_id_derived && first.is_id_derived {
        return same_question(read, first, columns);
    }
    let (id, row) = (&read.entry.id, first.row);
    let words = (format!("编号 {id} 与第 {row} 行重复。"), format!("The id {id} is that of row {row}."));
    Finding::at(read.row, columns.heading(Field::Id), FindingCode::DuplicateId, words).against(row)
}

fn same_question(read: &ReadEntry, other: &ReadEntry, columns: &Columns) -> Finding {
    let row = other.row;
    let words = (format!("问题与第 {row} 行相同。"), format!("The question is that of row {row}."));
    let column = columns.heading(Field::Question);
    Finding::at(read.row, column, FindingCode::DuplicateQuestion, words).against(row)
}

/// Whether both may answer the same message.
fn hold_together(a: &Entry, b: &Entry) -> bool {
    let begins_in_time = |a: &Entry, b: &Entry| match (&a.valid_from, &b.valid_to) {
        (Some(from), Some(to)) => from <= to,
        _ => true,
    };
    let share_a_channel = a.channels.is_empty()
        || b.channels.is_empty()
        || a.channels.iter().any(|channel| b.channels.contains(channel));
    let are_active = a.status.is_active() && b.status.is_active();
    are_active && share_a_channel && begins_in_time(a, b) && begins_in_time(b, a)
}
