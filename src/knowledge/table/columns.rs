//! Columns: which heading is which field of an entry.

use super::cell::Cell;
use super::finding::{Finding, FindingCode};
use crate::base::limits::{
    CHANNELS_MAX, KNOWLEDGE_QUESTION_BYTES_MAX, KNOWLEDGE_VARIANTS_MAX, KNOWLEDGE_WORD_BYTES_MAX,
    TEXT_BYTES_MAX,
};

/// A field of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Field {
    /// `id`
    Id,
    /// `question`
    Question,
    /// `answer`
    Answer,
    /// `category`
    Category,
    /// `variants`
    Similar,
    /// `keywords`
    Keywords,
    /// `valid_from`
    ValidFrom,
    /// `valid_to`
    ValidTo,
    /// `channels`
    Channels,
    /// `status`
    Status,
}

/// The column that a file with faults has in front; passed over when it is read.
pub const FAULTS_HEADING: &str = "错误";

impl Field {
    /// All, in the order in which they are written.
    pub const ALL: [Self; 10] = [
        Self::Id,
        Self::Question,
        Self::Answer,
        Self::Category,
        Self::Similar,
        Self::Keywords,
        Self::ValidFrom,
        Self::ValidTo,
        Self::Channels,
        Self::Status,
    ];

    /// The heading that is written, and by which people are told of it.
    pub const fn heading(self) -> &'static str {
        match self {
            Self::Id => "编号",
            Self::Question => "问题",
            Self::Answer => "答案",
            Self::Category => "分类",
            Self::Similar => "相似问",
            Self::Keywords => "关键词",
            Self::ValidFrom => "生效时间",
            Self::ValidTo => "失效时间",
            Self::Channels => "渠道",
            Self::Status => "状态",
        }
    }

    /// Its name in an entry as JSON.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Id => "id",
            Self::Question => "question",
            Self::Answer => "answer",
            Self::Category => "category",
            Self::Similar => "variants",
            Self::Keywords => "keywords",
            Self::ValidFrom => "valid_from",
            Self::ValidTo => "valid_to",
            Self::Channels => "channels",
            Self::Status => "status",
        }
    }

    /// Other headings for it, in small letters without white space, `_`, `-` and what stands in brackets.
    const fn other_headings(self) -> &'static [&'static str] {
        match self {
            Self::Id => &["id", "序号", "问答编号", "faqid", "知识id", "知识编号"],
            Self::Question => {
                &["question", "标准问", "标准问题", "标准问法", "知识标题", "title", "standardquestion"]
            }
            Self::Answer => &["answer", "回答", "回复", "标准答案", "答复", "reply"],
            Self::Category => &["category", "类别", "类目", "分组", "所属分类"],
            Self::Similar => &[
                "similarquestions",
                "similarquestion",
                "similar",
                "variants",
                "相似问题",
                "相似问法",
                "问法",
                "扩展问",
                "相似说法",
            ],
            Self::Keywords => &["keywords", "keyword", "关键字"],
            Self::ValidFrom => &["validfrom", "生效日期", "开始时间", "开始日期", "有效期开始", "startdate"],
            Self::ValidTo => &[
                "validto",
                "validuntil",
                "失效日期",
                "结束时间",
                "结束日期",
                "有效期结束",
                "过期时间",
                "enddate",
            ],
            Self::Channels => &["channels", "channel", "渠道id", "适用渠道"],
            Self::Status => &["status", "启用状态", "是否启用", "enabled"],
        }
    }

    /// The field whose name in JSON this is.
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|field| field.name() == name)
    }

    fn of_heading(heading: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|field| field.heading() == heading || field.other_headings().contains(&heading))
    }

    /// What one text of it may have, in bytes.
    pub const fn bytes_max(self) -> usize {
        match self {
            Self::Question | Self::Similar => KNOWLEDGE_QUESTION_BYTES_MAX,
            Self::Answer => TEXT_BYTES_MAX,
            _ => KNOWLEDGE_WORD_BYTES_MAX,
        }
    }

    /// How many of them an entry may have.
    pub const fn count_max(self) -> usize {
        match self {
            Self::Similar | Self::Keywords => KNOWLEDGE_VARIANTS_MAX,
            Self::Channels => CHANNELS_MAX,
            _ => 1,
        }
    }
}

/// What the headings of a table mean.
#[derive(Clone, Debug, Default)]
pub struct Columns {
    /// Each column's heading and field.
    columns: Vec<(String, Option<Field>)>,
}

impl Columns {
    /// Reads the heading row. Unknown headings are warnings; one that is missing, or there twice, is a fault.
    pub fn of(row: u32, cells: &[Cell<'_>]) -> (Self, Vec<Finding>, Vec<Finding>) {
        let (mut columns, mut faults, mut warnings) = (Self::default(), Vec::new(), Vec::new());
        for cell in cells {
            let heading = cell.shown().trim().to_owned();
            let plain = plain(&heading);
            let field = Field::of_heading(&plain);
            if field.is_some() && columns.columns.iter().any(|(_, other)| *other == field) {
                let words = format!("这一列与前面的列重复：{heading}。");
                let en = format!("There is another column for the same as {heading}.");
                faults.push(Finding::at(row, heading.as_str(), FindingCode::DuplicateColumn, (words, en)));
            } else if field.is_none() && !["", FAULTS_HEADING, "error", "errors"].contains(&plain.as_str()) {
                let words = format!("不认识的列，未导入：{heading}。");
                let en = format!("The column {heading} is not known and was not imported.");
                warnings.push(Finding::at(row, heading.as_str(), FindingCode::UnknownColumn, (words, en)));
            }
            columns.columns.push((heading, field));
        }
        for field in [Field::Question, Field::Answer] {
            if !columns.columns.iter().any(|(_, known)| *known == Some(field)) {
                let (zh, en) = (field.heading(), field.name());
                let words = (
                    format!("缺少“{zh}”列。第一行应是列名，例如：问题、答案。"),
                    format!(
                        "There is no column {zh} ({en}). The first row must hold the headings, such as question and answer."
                    ),
                );
                faults.push(Finding::at(row, zh, FindingCode::MissingColumn, words));
            }
        }
        (columns, faults, warnings)
    }

    /// How many there are.
    pub fn count(&self) -> usize {
        self.columns.len()
    }

    /// The field of the column, counted from 0.
    pub fn field(&self, column: usize) -> Option<Field> {
        self.columns.get(column)?.1
    }

    /// Whether the column holds the faults of an earlier reading.
    pub fn is_of_faults(&self, column: usize) -> bool {
        self.columns.get(column).is_some_and(|(heading, _)| heading == FAULTS_HEADING)
    }

    /// The field's heading in this file; where it has none, the one that we write. In JSON its name.
    pub fn heading(&self, field: Field) -> &str {
        let found = self.columns.iter().find(|(_, known)| *known == Some(field));
        let without = if self.columns.is_empty() { field.name() } else { field.heading() };
        found.map_or(without, |(heading, _)| heading)
    }
}

/// A heading without what people vary: case, white space, `_`, `-`, `*`, and what stands in brackets.
fn plain(heading: &str) -> String {
    let end = heading.find(['(', '（', '[', '【', '/']).filter(|at| *at > 0).unwrap_or(heading.len());
    let kept =
        heading.get(..end).unwrap_or(heading).chars().filter(|c| !c.is_whitespace() && !"_-*".contains(*c));
    kept.flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(headings: &[&str]) -> (Columns, Vec<FindingCode>, Vec<FindingCode>) {
        let cells: Vec<Cell<'_>> = headings.iter().map(|text| Cell::Text((*text).into())).collect();
        let (columns, faults, warnings) = Columns::of(1, &cells);
        let codes = |findings: Vec<Finding>| findings.into_iter().map(|finding| finding.code).collect();
        (columns, codes(faults), codes(warnings))
    }

    #[test]
    fn headings_are_known_in_both_languages_and_any_order() {
        let (columns, faults, warnings) = of(&[
            "Valid From",
            "*答案（必填）",
            "similar_questions",
            "问题/question",
            " ID ",
            "备注",
            "错误",
            "",
        ]);
        let fields: Vec<_> = (0..columns.count()).map(|column| columns.field(column)).collect();
        use Field::{Answer, Id, Question, Similar, ValidFrom};
        assert_eq!(
            fields,
            [Some(ValidFrom), Some(Answer), Some(Similar), Some(Question), Some(Id), None, None, None]
        );
        assert_eq!(columns.heading(Answer), "*答案（必填）");
        assert_eq!((faults, warnings), (vec![], vec![FindingCode::UnknownColumn]));
    }

    #[test]
    fn no_heading_names_two_fields() {
        let mut seen = std::collections::BTreeSet::new();
        for field in Field::ALL {
            for heading in field.other_headings().iter().chain([&field.heading()]) {
                assert_eq!(plain(heading), *heading);
                assert!(seen.insert(*heading), "{heading}");
            }
        }
    }

    #[test]
    fn a_missing_and_a_doubled_column_are_faults() {
        use FindingCode::{DuplicateColumn, MissingColumn};
        assert_eq!(of(&["question"]).1, [MissingColumn]);
        assert_eq!(of(&["foo"]).1, [MissingColumn, MissingColumn]);
        assert_eq!(of(&["问题", "答案", "标准问"]).1, [DuplicateColumn]);
    }
}
