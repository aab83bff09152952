//! Tables read back as they were written, and nothing that is read brings the reader down.

use proptest::prelude::*;
use shunda::base::limits::{KNOWLEDGE_QUESTION_BYTES_MAX, KNOWLEDGE_WORD_BYTES_MAX, TEXT_BYTES_MAX};
use shunda::base::text::prefix_within;
use shunda::knowledge::document::{Entry, EntryStatus};
use shunda::knowledge::hours::Date;
use shunda::knowledge::table::{Format, read, with_faults, write};

const FORMATS: [Format; 3] = [Format::Csv, Format::Xlsx, Format::Json];

/// Text that a document may hold, rich in what tables give a meaning to.
fn text(bytes_max: usize) -> impl Strategy<Value = String> {
    let nasty = prop::collection::vec(
        prop_oneof![
            3 => "[=+\\-@＝＋－＠'\"\\\\;；,\t\n |!()a1]",
            1 => Just("_x000D_".to_owned()),
            1 => Just("\u{feff}".to_owned()),
            1 => Just("\u{fffe}".to_owned()),
            1 => Just("\u{3000}".to_owned()),
            1 => Just("]]>&amp;<".to_owned()),
            3 => "\\PC",
            2 => "[怎么退货保修发票]{1,6}",
        ],
        1..12,
    );
    nasty.prop_filter_map("blank", move |pieces| {
        let text: String =
            pieces.concat().chars().filter(|c| !c.is_control() || matches!(c, '\n' | '\t')).collect();
        let text = prefix_within(&text, bytes_max).to_owned();
        (!text.trim().is_empty()).then_some(text)
    })
}

fn date() -> impl Strategy<Value = Date> {
    (-700_000..2_900_000_i64).prop_map(Date::from_epoch_day)
}

fn entry() -> impl Strategy<Value = Entry> {
    let words = (
        text(KNOWLEDGE_WORD_BYTES_MAX),
        text(KNOWLEDGE_QUESTION_BYTES_MAX),
        text(TEXT_BYTES_MAX),
        prop::option::of(text(KNOWLEDGE_WORD_BYTES_MAX)),
        prop::collection::vec(text(KNOWLEDGE_QUESTION_BYTES_MAX), 0..4),
        prop::collection::vec(text(KNOWLEDGE_WORD_BYTES_MAX), 0..3),
    );
    let when = (
        prop::option::of(date()),
        prop::option::of(date()),
        prop::collection::vec("[a-z][a-z0-9_]{0,8}", 0..3),
        any::<bool>(),
    );
    (words, when).prop_map(
        |((id, question, answer, category, variants, keywords), (from, to, channels, off))| {
            let (valid_from, valid_to) = match (from, to) {
                (Some(a), Some(b)) if b < a => (Some(b), Some(a)),
                pair => pair,
            };
            Entry {
                id,
                question,
                variants,
                answer,
                category: category.unwrap_or_default(),
                keywords,
                valid_from,
                valid_to,
                channels: channels.iter().map(|id| id.as_str().into()).collect(),
                status: if off { EntryStatus::Off } else { EntryStatus::Active },
            }
        },
    )
}

fn entries() -> impl Strategy<Value = Vec<Entry>> {
    prop::collection::vec(entry(), 1..6).prop_map(|mut entries| {
        let mut seen = std::collections::BTreeSet::new();
        entries.retain(|entry| seen.insert(entry.id.clone()));
        entries
    })
}

/// The cells of a CSV, by the letter of RFC 4180.
fn cells(text: &str) -> Vec<String> {
    let (mut cells, mut is_quoted) = (vec![String::new()], false);
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' if is_quoted && chars.next_if_eq(&'"').is_some() => cells.last_mut().unwrap().push('"'),
            '"' => is_quoted = !is_quoted,
            ',' | '\r' | '\n' if !is_quoted => cells.push(String::new()),
            c => cells.last_mut().unwrap().push(c),
        }
    }
    cells
}

proptest! {
    #[test]
    fn entries_read_back_from_every_format(entries in entries()) {
        for format in FORMATS {
            let file = write(&entries, format).unwrap();
            for said in [None, Some(format)] {
                let found = read(&file, said).map(|imported| imported.entries);
                prop_assert_eq!(found.as_ref(), Ok(&entries), "{:?}", format);
            }
        }
    }

    #[test]
    fn what_a_spreadsheet_opens_begins_no_cell_as_a_formula(entries in entries()) {
        let file = String::from_utf8(write(&entries, Format::Csv).unwrap()).unwrap();
        for cell in cells(file.trim_start_matches('\u{feff}')) {
            prop_assert!(!cell.trim_start().starts_with(['=', '+', '-', '@', '＝', '＋', '－', '＠']), "{cell:?}");
        }
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200), text in "(问题|答案|[\"',;\t\n=a{}\\[\\]:]){0,40}") {
        for bytes in [bytes.as_slice(), text.as_bytes()] {
            for said in [None, Some(Format::Csv), Some(Format::Xlsx), Some(Format::Json)] {
                let found = read(bytes, said);
                prop_assert!(found.is_ok_and(|found| !found.entries.is_empty()) || !read(bytes, said).unwrap_err().faults.is_empty());
                prop_assert!(with_faults(bytes, said).is_ok());
            }
        }
    }

    #[test]
    fn a_file_damaged_anywhere_is_read_or_refused(entries in entries(), at in any::<prop::sample::Index>(), bit in 0..8_u32) {
        let mut file = write(&entries, Format::Xlsx).unwrap();
        let at = at.index(file.len());
        file[at] ^= 1 << bit;
        // The checksum lets no damaged text through.
        if let Ok(found) = read(&file, Some(Format::Xlsx)) {
            prop_assert_eq!(found.entries, entries);
        }
    }

    #[test]
    fn a_file_of_faults_reads_as_the_file_did(entries in entries()) {
        for format in [Format::Csv, Format::Xlsx] {
            let file = write(&entries, format).unwrap();
            let (shown, with) = with_faults(&file, None).unwrap();
            prop_assert_eq!(shown, format);
            let found = read(&with, None).map(|imported| imported.entries);
            prop_assert_eq!(found.as_ref(), Ok(&entries));
        }
    }
}
