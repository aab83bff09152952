//! Tables of other programs (openpyxl, Python's csv) are read; bad ones are refused with every fault in its place.

use shunda::base::limits::{
    KNOWLEDGE_QUESTION_BYTES_MAX, TABLE_COLUMNS_MAX, TABLE_FAULTS_MAX, TABLE_ROWS_MAX,
};
use shunda::knowledge::document::{Entry, parse};
use shunda::knowledge::table::{
    Finding, FindingCode, Format, Imported, Refused, derived_id, read, with_faults, write,
};
use std::fmt::Write as _;

const GOOD: [(&str, &[u8]); 5] = [
    ("utf8.csv", include_bytes!("vectors/tables/utf8.csv")),
    ("utf8_mark.csv", include_bytes!("vectors/tables/utf8_mark.csv")),
    ("utf16.csv", include_bytes!("vectors/tables/utf16.csv")),
    ("gb18030.csv", include_bytes!("vectors/tables/gb18030.csv")),
    ("english.csv", include_bytes!("vectors/tables/english.csv")),
];
const GOOD_XLSX: &[u8] = include_bytes!("vectors/tables/good.xlsx");
const BAD_XLSX: &[u8] = include_bytes!("vectors/tables/bad.xlsx");

/// What scripts/table_fixture.py writes.
fn expected() -> Vec<Entry> {
    let json = serde_json::json!([
        { "id": "warranty", "question": "保修多久", "answer": "整机保修一年，\n电机三年。", "category": "售后",
          "variants": ["质保几年", "坏了能修吗", "还在保吗"], "keywords": ["保修", "质保"],
          "valid_from": "2026-01-01", "valid_to": "2099-12-31", "channels": ["main", "shop"] },
        { "id": derived_id("怎么用“\"慢炖\"”"), "question": "怎么用“\"慢炖\"”", "answer": "按住「慢炖」3 秒, 松手; 听到\"嘀\"。😀" },
        { "id": "old", "question": "双十一有什么活动", "answer": "- 满 300 减 50\n- 满 500 减 100", "category": "活动",
          "variants": ["a;b", "C:\\neu"], "valid_from": "2026-11-01", "valid_to": "2026-11-11", "status": "off" },
    ]);
    serde_json::from_value(json).unwrap()
}

fn codes(findings: &[Finding]) -> Vec<(u32, &str, FindingCode)> {
    findings.iter().map(|finding| (finding.row, finding.column.as_str(), finding.code)).collect()
}

fn refused(bytes: &[u8]) -> Refused {
    let refused = read(bytes, None).unwrap_err();
    for fault in refused.faults.iter().chain(&refused.warnings) {
        assert!(!fault.message.zh.is_empty() && !fault.message.en.is_empty(), "{fault:?}");
    }
    refused
}

/// The faults of a table, its rows parted by line breaks.
fn faults(table: &str) -> Vec<(u32, String, FindingCode)> {
    refused(table.as_bytes()).faults.into_iter().map(|fault| (fault.row, fault.column, fault.code)).collect()
}

fn fault(table: &str) -> (u32, String, FindingCode) {
    let mut found = faults(table);
    assert_eq!(found.len(), 1, "{table:?}: {found:?}");
    found.remove(0)
}

#[test]
fn tables_of_python_are_read_in_every_encoding() {
    for (name, bytes) in GOOD {
        let Imported { rows, entries, warnings } = read(bytes, None).unwrap();
        assert_eq!((rows, entries), (3, expected()), "{name}");
        let expected_warnings: &[_] = match name {
            "utf16.csv" | "gb18030.csv" => &[(0, "", FindingCode::Encoding)],
            "english.csv" => &[(1, "Remark", FindingCode::UnknownColumn)],
            _ => &[],
        };
        assert_eq!(codes(&warnings), expected_warnings, "{name}");
    }
}

#[test]
fn a_workbook_of_openpyxl_is_read() {
    let Imported { rows, entries, warnings } = read(GOOD_XLSX, None).unwrap();
    let mut wanted = expected();
    wanted[1].id = "42".to_owned();
    assert_eq!((rows, entries), (3, wanted));
    assert_eq!(codes(&warnings), [(0, "", FindingCode::MoreSheets)]);
}

#[test]
fn formulas_and_errors_of_a_workbook_are_named_by_their_cells() {
    let Refused { rows, faults, more, .. } = refused(BAD_XLSX);
    assert_eq!((rows, more), (5, false));
    assert_eq!(
        codes(&faults),
        [
            (3, "生效时间", FindingCode::BadDate),
            (5, "答案", FindingCode::Formula),
            (6, "答案", FindingCode::ErrorValue)
        ]
    );
}

#[test]
fn every_row_fault_has_its_row_column_and_code() {
    use FindingCode::*;
    let head = "编号,问题,答案,相似问,关键词,生效时间,失效时间,渠道,状态\n";
    let row = |cells: &str| fault(&format!("{head}{cells}\n"));
    let long = "问".repeat(KNOWLEDGE_QUESTION_BYTES_MAX / 3 + 1);
    let at = |column: &str, code| (2, column.to_owned(), code);
    assert_eq!(row("a, ,答"), at("问题", Empty));
    assert_eq!(row("a,问,"), at("答案", Empty));
    assert_eq!(row(&format!("a,{long},答")), at("问题", TooLong));
    assert_eq!(row(&format!("a,问,答,{long}")), at("相似问", TooLong));
    assert_eq!(row(&format!("a,问,答,,{}", "词;".repeat(201))), at("关键词", TooMany));
    assert_eq!(row("a,问,\u{7}答"), at("答案", ControlCharacter));
    assert_eq!(row("a,问,=1+1"), at("答案", Formula));
    assert_eq!(row("a,@SUM(1),答"), at("问题", Formula));
    assert_eq!(row("a,问,答,,,明天"), at("生效时间", BadDate));
    assert_eq!(row("a,问,答,,,2026-11-02,2026-11-01"), at("失效时间", DatesReversed));
    assert_eq!(row("a,问,答,,,,,Main"), at("渠道", BadChannel));
    assert_eq!(row("a,问,答,,,,,,也许"), at("状态", BadStatus));
    assert_eq!(row("a,问,答,,,,,,,多"), at("", ExtraCell));
    assert_eq!(row("a,问,\"答"), at("", BadQuotes));
    let two = faults(&format!("{head}a,问,答\nb,怎么退,,,,,,Main\n,,\n,,答\n"));
    assert_eq!(two, [(3, "答案".into(), Empty), (3, "渠道".into(), BadChannel), (5, "问题".into(), Empty)]);
}

#[test]
fn a_file_that_is_no_table_has_one_fault() {
    use FindingCode::*;
    let whole = |code| (0, String::new(), code);
    assert_eq!(fault(""), whole(NoRows));
    assert_eq!(fault("问题,答案\n , \n"), whole(NoRows));
    assert_eq!(fault("question,foo\na,b\n"), (1, "答案".to_owned(), MissingColumn));
    assert_eq!(fault("问题,答案,答案\na,b,c\n"), (1, "答案".to_owned(), DuplicateColumn));
    assert_eq!(fault("PK\u{3}\u{4} and nothing"), whole(BadArchive));
    assert_eq!(fault("{\"a\":1}"), whole(BadJson));
    assert_eq!(fault("[{\"question\":\"a\",\"answer\":\"b\"},"), (2, String::new(), BadJson));
    assert_eq!(codes(&refused(b"\xd0\xcf\x11\xe0\xa1\xb1").faults), [(0, "", OldExcel)]);
    assert_eq!(
        fault(&format!("问题,答案{},x\na,b\n", ",".repeat(TABLE_COLUMNS_MAX))),
        (1, String::new(), TooManyColumns)
    );
}

#[test]
fn wrong_bytes_are_named_by_their_row() {
    let mut table = "问题,答案\n怎么退货,七天内\n怎么换货,十五天内\n".as_bytes().to_vec();
    let at = table.len() - 5;
    table[at] = 0xff;
    assert_eq!(codes(&refused(&table).faults), [(3, "", FindingCode::WrongEncoding)]);
    let (gb, _, _) = encoding_rs::GB18030.encode("问题,答案\n怎么退货,七天内\n");
    let mut gb = gb.into_owned();
    gb.extend(b"\x80\xff,x\n");
    assert_eq!(codes(&refused(&gb).faults), [(3, "", FindingCode::WrongEncoding)]);
}

#[test]
fn what_occurs_twice_is_reported_with_both_rows() {
    let found = refused("id,question,answer\na,问一,x\nb,问二,y\na,问三,z\n".as_bytes());
    assert_eq!(codes(&found.faults), [(4, "id", FindingCode::DuplicateId)]);
    assert_eq!(found.faults[0].other_row, Some(2));

    let found = refused("question,answer\n怎么退货,x\n怎么退货,y\n".as_bytes());
    assert_eq!(
        codes(&found.faults),
        [(3, "question", FindingCode::DuplicateQuestion)],
        "without ids they are one"
    );

    let table = "id,question,answer,valid from,valid to\na,怎么退货,x,,2026-10-31\nb,怎么退货？,y,2026-11-01,\nc,怎么退货,z,2026-11-11,\n";
    let found = read(table.as_bytes(), None).unwrap();
    assert_eq!(
        codes(&found.warnings),
        [(4, "question", FindingCode::DuplicateQuestion)],
        "one after the other they may"
    );
    assert_eq!(found.warnings[0].other_row, Some(3));
}

#[test]
fn an_entry_without_an_id_has_the_same_one_in_every_file() {
    let ids = |table: &str| {
        read(table.as_bytes(), None).unwrap().entries.into_iter().map(|entry| entry.id).collect::<Vec<_>>()
    };
    let first = ids("question,answer\na,x\nb,y\n");
    let mut second = ids("answer,question\nnew, b\nz,a\n");
    second.reverse();
    assert_eq!(first, second);
    assert_eq!(first[0], "q-ca978112ca1bbdca", "the SHA-256 of a begins so");
}

#[test]
fn json_is_read_as_an_array_and_as_a_document() {
    let seed = include_bytes!("../../kv-seed/knowledge.json");
    let entries = parse(seed).unwrap().entries;
    let found = read(seed, None).unwrap();
    assert_eq!(found.entries, entries);
    assert_eq!(codes(&found.warnings), [(0, "", FindingCode::OnlyEntries)]);

    let bad = r#"[{"question":"a","answer":"b"},{"question":"c"},{"question":"d","answer":"","status":"off"},
                  {"question":"e","answer":"f","colour":1},{"question":"g","answer":1},"h"]"#;
    use FindingCode::{Empty, Shape};
    let expected =
        [(2, "answer", Shape), (3, "answer", Empty), (4, "", Shape), (5, "", Shape), (6, "", Shape)];
    assert_eq!(codes(&refused(bad.as_bytes()).faults), expected);
}

#[test]
fn the_seed_reads_back_from_every_format() {
    let entries = parse(include_bytes!("../../kv-seed/knowledge.json")).unwrap().entries;
    for format in [Format::Csv, Format::Xlsx, Format::Json] {
        assert_eq!(
            read(&write(&entries, format).unwrap(), None).map(|found| found.entries),
            Ok(entries.clone())
        );
    }
    let file = String::from_utf8(write(&entries, Format::Csv).unwrap()).unwrap();
    let (gb, _, damaged) = encoding_rs::GB18030.encode(file.trim_start_matches('\u{feff}'));
    assert!(!damaged);
    assert_eq!(
        read(&gb, None).map(|found| found.entries),
        Ok(entries),
        "Chinese in GB18030 is not taken for UTF-8"
    );
}

#[test]
fn a_hundred_thousand_rows_are_read_and_one_more_is_refused() {
    let mut table = "问题,答案,相似问\r\n".to_owned();
    for row in 0..TABLE_ROWS_MAX {
        let _ = write!(table, "第 {row} 个问题怎么办,答案 {row}。,问法 {row}；说法 {row}\r\n");
    }
    let found = read(table.as_bytes(), None).unwrap();
    assert_eq!((found.rows as usize, found.entries.len()), (TABLE_ROWS_MAX, TABLE_ROWS_MAX));
    table.push_str("又一个,x,\r\n");
    assert_eq!(
        fault(&table),
        (u32::try_from(TABLE_ROWS_MAX).unwrap() + 2, String::new(), FindingCode::TooManyRows)
    );
}

#[test]
fn faults_are_all_told_up_to_a_limit() {
    let table = format!("问题,答案\n{}", "问,\n".repeat(TABLE_FAULTS_MAX + 1));
    let found = refused(table.as_bytes());
    assert_eq!(
        (found.rows as usize, found.faults.len(), found.more),
        (TABLE_FAULTS_MAX + 1, TABLE_FAULTS_MAX, true)
    );
}

#[test]
fn the_file_of_faults_is_the_table_with_them_in_front() {
    let table = "问题,答案,备注\n怎么退货,,\"a,b\"\n怎么换货,=1+1,\n保修,一年,c\n";
    let (format, file) = with_faults(table.as_bytes(), None).unwrap();
    assert_eq!(format, Format::Csv);
    let file = String::from_utf8(file).unwrap();
    let lines: Vec<&str> = file.trim_start_matches('\u{feff}').lines().collect();
    assert_eq!(lines[0], "\"错误\",\"问题\",\"答案\",\"备注\"");
    assert!(
        lines[1].starts_with("\"答案：不能为空。 must not be blank\",\"怎么退货\",,\"a,b\""),
        "{}",
        lines[1]
    );
    assert!(
        lines[2].contains("公式") && lines[2].ends_with(",\"怎么换货\",\"#FORMULA! =1+1\","),
        "{}",
        lines[2]
    );
    assert_eq!(lines[3], ",\"保修\",\"一年\",\"c\"");
    assert_eq!(lines.len(), 4);

    assert_eq!(refused(file.as_bytes()).faults.len(), 2, "what is not mended stays a fault");

    // Mended in place, it is a table again; what is left in the column does not matter.
    let mended = file.replace("\"怎么退货\",,", "\"怎么退货\",\"七天\",").replace("#FORMULA! =1+1", "两");
    let found = read(mended.as_bytes(), None).unwrap();
    assert_eq!(found.entries.len(), 3);
    let (_, again) = with_faults(mended.as_bytes(), None).unwrap();
    assert_eq!(String::from_utf8(again).unwrap().matches("错误").count(), 1, "the column is made anew");

    let (format, file) = with_faults(BAD_XLSX, None).unwrap();
    assert_eq!((format, refused(&file).faults.len()), (Format::Xlsx, 3));
    let (_, file) = with_faults(b"question,answer\na,\xff\n", None).unwrap();
    assert!(
        String::from_utf8(file).unwrap().contains("第 2 行 (row 2)"),
        "of a file that cannot be read, what is wrong"
    );
}
