//! Knowledge through the API before it is published: addresses and bodies.

mod shown;

pub use shown::{
    Acts, Reviews, ShownChange, ShownChanges, ShownDraft, ShownPair, ShownRow, ShownRows, Versions,
};

use crate::base::limits::{
    DIFFERENCE_QUESTIONS_MAX, EDITS_PER_CALL_MAX, MATCH_BYTES_MAX, NOTE_BYTES_MAX, ROWS_QUERY_BYTES_MAX,
};
use crate::knowledge::difference::Candidate;
use crate::knowledge::proposal::Score;
use crate::knowledge::rows::{FRAME_ID, Key, Kind, RowFault, canonical};
use crate::office::library::{Edit, Verdict, What};
use crate::wechat::media::percent_decoded;
use serde::Deserialize;
use serde_json::Value;

/// What an address under `/api/knowledge` names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KnowledgeRoute {
    /// `/draft`: how things stand, and what differs from what is published.
    Draft,
    /// `/entries`, `/products`
    Rows(Kind),
    /// `/entries/{id}`, `/products/{name}`, `/frame`
    Row(Key),
    /// `/edits`: many at once.
    Edits,
    /// `/reverts`
    Reverts,
    /// `/reviews`
    Reviews,
    /// `/reviews/{id}`
    Review(u64),
    /// `/reviews/{id}/decision`
    Decision(u64),
    /// `/versions`
    Versions,
    /// `/versions/{n}`: its document.
    Version(u64),
    /// `/versions/{n}/rollback`
    Rollback(u64),
    /// `/differences`
    Differences,
    /// `/acts`
    Acts,
    /// `/training`: of what is current.
    Training,
    /// `/shadow`: a candidate beside live traffic.
    Shadow,
    /// `/table`: a table of entries looked through.
    Table,
    /// `/table/errors`: the file of its faults.
    TableErrors,
    /// `/table/draft`: its entries put into the draft.
    TableDraft,
}

impl KnowledgeRoute {
    /// Reads what comes behind `/api/knowledge`. Ids are percent-encoded: a product's name may have anything in it.
    pub fn parse(parts: &[&str]) -> Option<Self> {
        let row = |kind, id: &str| Some(Self::Row(Key { kind, id: percent_decoded(id.as_bytes())? }));
        match parts {
            ["draft"] => Some(Self::Draft),
            ["entries"] => Some(Self::Rows(Kind::Entry)),
            ["products"] => Some(Self::Rows(Kind::Product)),
            ["entries", id] => row(Kind::Entry, id),
            ["products", id] => row(Kind::Product, id),
            [FRAME_ID] => Some(Self::Row(Key::frame())),
            ["edits"] => Some(Self::Edits),
            ["training"] => Some(Self::Training),
            ["shadow"] => Some(Self::Shadow),
            ["table"] => Some(Self::Table),
            ["table", "errors"] => Some(Self::TableErrors),
            ["table", "draft"] => Some(Self::TableDraft),
            ["reverts"] => Some(Self::Reverts),
            ["reviews"] => Some(Self::Reviews),
            ["reviews", id] => Some(Self::Review(id.parse().ok()?)),
            ["reviews", id, "decision"] => Some(Self::Decision(id.parse().ok()?)),
            ["versions"] => Some(Self::Versions),
            ["versions", version] => Some(Self::Version(version.parse().ok()?)),
            ["versions", version, "rollback"] => Some(Self::Rollback(version.parse().ok()?)),
            ["differences"] => Some(Self::Differences),
            ["acts"] => Some(Self::Acts),
            _ => None,
        }
    }
}

/// Why a body is not accepted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unfit {
    /// A row is not one.
    #[error("{fault}")]
    Row {
        /// Which.
        row: Key,
        /// Why.
        fault: RowFault,
    },
    /// Too many rows in one request, or none.
    #[error("1 to {EDITS_PER_CALL_MAX} rows in one request")]
    Rows,
    /// A note, a comment or a reason that is too long, or missing.
    #[error("a note has 1 to {NOTE_BYTES_MAX} bytes")]
    Note,
    /// Something to look for that is too long, or not percent-encoded UTF-8.
    #[error("a query has at most {ROWS_QUERY_BYTES_MAX} bytes")]
    Query,
    /// Which revision was seen must be said, unless whatever is there is to be overwritten.
    #[error("say the revision that you saw (0: none), or \"overwrite\": true")]
    Revision,
    /// Questions to compare by: none, too many, a blank one, or one that is longer than a message.
    #[error(
        "either 1 to {DIFFERENCE_QUESTIONS_MAX} questions of 1 to {MATCH_BYTES_MAX} bytes each, or questions_of"
    )]
    Questions,
    /// A publication is of a review, or of the whole draft with a note.
    #[error("say either review or note")]
    Either,
}

impl Unfit {
    /// The stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Row { .. } => "knowledge.row",
            Self::Rows => "knowledge.rows",
            Self::Note => "knowledge.note",
            Self::Query => "http.query",
            Self::Revision => "knowledge.revision",
            Self::Questions => "knowledge.questions",
            Self::Either => "knowledge.either",
        }
    }
}

/// `PUT /api/knowledge/entries/{id}` and the like.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PutRow {
    value: Value,
    revision: u64,
}

impl PutRow {
    /// The edit of this row.
    pub fn edit(self, key: Key) -> Result<Edit, Unfit> {
        one(key, Some(self.value), Some(self.revision))
    }
}

/// `POST /api/knowledge/edits`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Edits {
    edits: Vec<OneEdit>,
    #[serde(default)]
    overwrite: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct OneEdit {
    kind: Kind,
    id: String,
    value: Option<Value>,
    #[serde(default)]
    revision: Option<u64>,
}

impl Edits {
    /// The edits, checked one by one; the first fault is told.
    pub fn edits(self) -> Result<Vec<Edit>, Unfit> {
        if !(1..=EDITS_PER_CALL_MAX).contains(&self.edits.len()) {
            return Err(Unfit::Rows);
        }
        if !self.overwrite && self.edits.iter().any(|edit| edit.revision.is_none()) {
            return Err(Unfit::Revision);
        }
        let edit = |one_edit: OneEdit| {
            let OneEdit { kind, id, value, revision } = one_edit;
            one(Key { kind, id }, value, revision)
        };
        self.edits.into_iter().map(edit).collect()
    }
}

fn one(key: Key, value: Option<Value>, revision: Option<u64>) -> Result<Edit, Unfit> {
    let unfit = |fault| Unfit::Row { row: key.clone(), fault };
    let value = value.map(|value| canonical(&key, value)).transpose().map_err(unfit)?;
    Ok(Edit { key, value, revision })
}

/// `POST /api/knowledge/reverts`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reverts {
    rows: Vec<Seen>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Seen {
    kind: Kind,
    id: String,
    revision: u64,
}

impl Reverts {
    /// The rows, each at the revision that was seen.
    pub fn rows(self) -> Result<Vec<(Key, u64)>, Unfit> {
        if !(1..=EDITS_PER_CALL_MAX).contains(&self.rows.len()) {
            return Err(Unfit::Rows);
        }
        Ok(self.rows.into_iter().map(|Seen { kind, id, revision }| (Key { kind, id }, revision)).collect())
    }
}

/// `POST /api/knowledge/reviews`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Submission {
    note: String,
    #[serde(default)]
    rows: Option<Vec<Key>>,
}

impl Submission {
    /// What for, and which rows; none: all.
    pub fn checked(self) -> Result<(String, Option<Vec<Key>>), Unfit> {
        if self.rows.as_ref().is_some_and(|rows| !(1..=EDITS_PER_CALL_MAX).contains(&rows.len())) {
            return Err(Unfit::Rows);
        }
        Ok((note(self.note)?, self.rows))
    }
}

/// `POST /api/knowledge/reviews/{id}/decision`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Decision {
    verdict: Verdict,
    #[serde(default)]
    comment: String,
}

impl Decision {
    /// How, and what there is to say: to return something, there must be.
    pub fn checked(self) -> Result<(Verdict, String), Unfit> {
        let may_be_silent = self.verdict == Verdict::Approve && self.comment.is_empty();
        let comment = if may_be_silent { String::new() } else { note(self.comment)? };
        Ok((self.verdict, comment))
    }
}

/// `POST /api/knowledge/versions`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Publishing {
    #[serde(default)]
    review: Option<u64>,
    #[serde(default)]
    note: Option<String>,
}

impl Publishing {
    /// What is to be published.
    pub fn what(self) -> Result<What, Unfit> {
        match (self.review, self.note) {
            (Some(id), None) => Ok(What::Review { id }),
            (None, Some(text)) => Ok(What::Draft { note: note(text)? }),
            _ => Err(Unfit::Either),
        }
    }
}

/// `POST /api/knowledge/versions/{n}/rollback`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rollback {
    note: String,
}

impl Rollback {
    /// What is to be current again.
    pub fn what(self, version: u64) -> Result<What, Unfit> {
        Ok(What::Version { version, note: note(self.note)? })
    }
}

/// `POST /api/knowledge/differences`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Comparison {
    #[serde(default)]
    candidate: Candidate,
    #[serde(default)]
    base: Option<u64>,
    #[serde(default)]
    questions: Option<Vec<String>>,
    #[serde(default)]
    questions_of: Option<QuestionsOf>,
    #[serde(default)]
    days: Option<u64>,
}

/// Which past questions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum QuestionsOf {
    /// The random sample of all.
    Sample,
    /// Those whose askers were left without an answer.
    Unresolved,
}

/// By which questions something is compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ComparedBy {
    /// These.
    Questions(Vec<String>),
    /// Past ones.
    Past {
        /// Which.
        of: QuestionsOf,
        /// Of the last so many days; none: all that are kept.
        days: Option<u64>,
    },
}

/// `POST /api/knowledge/shadow`
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rehearsing {
    /// What is tried.
    pub candidate: Candidate,
    /// On which share of all questions.
    #[serde(default = "whole")]
    pub share: Score,
}

fn whole() -> Score {
    Score::ONE
}

impl Comparison {
    /// What is compared, with which version (none: the current one), by which questions.
    pub fn checked(self) -> Result<(Candidate, Option<u64>, ComparedBy), Unfit> {
        let by = match (self.questions, self.questions_of, self.days) {
            (Some(questions), None, None) => {
                let fits = (1..=DIFFERENCE_QUESTIONS_MAX).contains(&questions.len())
                    && questions.iter().all(|text| !text.trim().is_empty() && text.len() <= MATCH_BYTES_MAX);
                fits.then_some(ComparedBy::Questions(questions))
            }
            (None, Some(of), days) => Some(ComparedBy::Past { of, days }),
            _ => None,
        };
        Ok((self.candidate, self.base, by.ok_or(Unfit::Questions)?))
    }
}

fn note(text: String) -> Result<String, Unfit> {
    let fits = (1..=NOTE_BYTES_MAX).contains(&text.len()) && !text.trim().is_empty();
    if fits { Ok(text) } else { Err(Unfit::Note) }
}

/// What `query=` of a list looks for; nothing: all.
pub fn query(encoded: Option<&str>) -> Result<String, Unfit> {
    let text = percent_decoded(encoded.unwrap_or_default().replace('+', "%20").as_bytes());
    text.filter(|text| text.len() <= ROWS_QUERY_BYTES_MAX).ok_or(Unfit::Query)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn addresses_name_rows_whatever_is_in_their_names() {
        let row = |parts: &[&str]| KnowledgeRoute::parse(parts);
        let named = |kind, id: &str| Some(KnowledgeRoute::Row(Key { kind, id: id.to_owned() }));
        assert_eq!(row(&["entries", "e1"]), named(Kind::Entry, "e1"));
        assert_eq!(
            row(&["products", "%E7%A0%B4%E5%A3%81%E6%9C%BA%20P10"]),
            named(Kind::Product, "破壁机 P10")
        );
        assert_eq!(row(&["products", "a%2Fb"]), named(Kind::Product, "a/b"));
        assert_eq!(row(&["entries", "%FF"]), None);
        assert_eq!(row(&["frame"]), named(Kind::Frame, "frame"));
        assert_eq!(row(&["versions", "3", "rollback"]), Some(KnowledgeRoute::Rollback(3)));
        assert_eq!(row(&["versions", "x"]), None);
        assert_eq!(row(&["nothing"]), None);
    }

    #[test]
    fn an_edit_says_what_it_saw() {
        let edits = |body: Value| serde_json::from_value::<Edits>(body).unwrap().edits();
        let entry = json!({ "id": "a", "question": "q", "answer": "a" });
        let edit = |more: Value| {
            let mut one = json!({ "kind": "entry", "id": "a", "value": entry });
            one.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            one
        };
        assert_eq!(edits(json!({ "edits": [edit(json!({}))] })), Err(Unfit::Revision));
        assert!(edits(json!({ "edits": [edit(json!({}))], "overwrite": true })).is_ok());
        assert_eq!(edits(json!({ "edits": [edit(json!({ "revision": 0 }))] })).unwrap()[0].revision, Some(0));
        assert_eq!(edits(json!({ "edits": [] })), Err(Unfit::Rows));
        let removal = json!({ "kind": "entry", "id": "a", "value": null, "revision": 4 });
        assert_eq!(edits(json!({ "edits": [removal] })).unwrap()[0].value, None);
    }

    #[test]
    fn a_publication_is_of_one_thing() {
        let what = |body: Value| serde_json::from_value::<Publishing>(body).unwrap().what();
        assert_eq!(what(json!({ "review": 3 })), Ok(What::Review { id: 3 }));
        assert_eq!(what(json!({ "note": "x" })), Ok(What::Draft { note: "x".to_owned() }));
        assert_eq!(what(json!({ "note": " " })), Err(Unfit::Note));
        assert_eq!(what(json!({})), Err(Unfit::Either));
        let comparison = |body: Value| serde_json::from_value::<Comparison>(body).unwrap().checked();
        let asked = vec!["q".to_owned()];
        let these = ComparedBy::Questions(asked.clone());
        assert_eq!(comparison(json!({ "questions": asked })), Ok((Candidate::Draft, None, these.clone())));
        let of = comparison(json!({ "questions": asked, "candidate": { "review": 2 }, "base": 1 }));
        assert_eq!(of, Ok((Candidate::Review(2), Some(1), these)));
        let past = ComparedBy::Past { of: QuestionsOf::Sample, days: Some(7) };
        assert_eq!(
            comparison(json!({ "questions_of": "sample", "days": 7 })),
            Ok((Candidate::Draft, None, past))
        );
        assert_eq!(
            comparison(json!({ "questions": asked, "questions_of": "sample" })),
            Err(Unfit::Questions)
        );
        assert_eq!(comparison(json!({})), Err(Unfit::Questions));
        assert_eq!(comparison(json!({ "questions": [" "] })), Err(Unfit::Questions));
        assert_eq!(query(Some("%E4%BF%9D%E4%BF%AE+P10")), Ok("保修 P10".to_owned()));
        assert_eq!(query(Some("%")), Err(Unfit::Query));
    }
}
