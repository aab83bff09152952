//! What is asked most and not answered: clusters of a period, counted, each number with the rows behind it.

use super::cluster::{Cluster, Point, clusters, id_of};
use super::interval::{Difference, Share};
use super::question::Question;
use crate::base::limits::{CLUSTER_EXAMPLES_MAX, CLUSTER_ROWS_MAX};
use crate::base::time::TimeMs;
use crate::knowledge::signal::{Sign, Verdict};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// A period, and with it the one of the same length before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Period {
    /// From this time on.
    pub since: TimeMs,
    /// Before this time.
    pub until: TimeMs,
}

/// A cluster in figures.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    /// The cluster.
    pub id: String,
    /// Its medoid's words: the question that resembles the others most.
    pub question: String,
    /// Unresolved questions of the period.
    pub count: u32,
    /// The same, of the period before.
    pub count_before: u32,
    /// Askers of the period's.
    pub askers: u32,
    /// What became of the period's: one question may count several times.
    pub signs: Signs,
    /// Other ways in which the period's were asked, newest first.
    pub examples: Vec<String>,
    /// When one of the period was asked last.
    pub last_at_ms: TimeMs,
}

/// How often each thing happened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signs {
    /// Nothing fitted.
    pub unanswered: u32,
    /// Choices were offered.
    pub clarified: u32,
    /// People were asked for.
    pub handed_off: u32,
    /// The answer was blamed.
    pub thumbs_down: u32,
    /// It was asked again.
    pub asked_again: u32,
}

/// A cluster and its questions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shown {
    /// In figures.
    pub summary: Summary,
    /// The questions that `count` counts, newest first; at most [`CLUSTER_ROWS_MAX`].
    pub questions: Vec<Question>,
    /// Whether there are more.
    pub more: bool,
}

/// How a cluster's questions fared before and after a version was published.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Figures {
    /// The cluster, now.
    pub id: String,
    /// Its medoid's words.
    pub question: String,
    /// Decided by an earlier version.
    pub before: Fared,
    /// Decided by that version or a later one.
    pub after: Fared,
    /// How much the share of resolved ones has risen.
    pub resolved_rise: Option<Difference>,
}

/// How questions fared.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Fared {
    /// Unresolved ones: every one there was.
    pub unresolved: u32,
    /// From the first question kept to the last, in milliseconds: what `unresolved` is to be divided by.
    pub span_ms: i64,
    /// Resolved ones in the random sample of all.
    pub resolved: Share,
}

/// Clusters with an unresolved question in the period, those with most first.
pub fn top(questions: &[Question], period: Period, limit: usize) -> Vec<Summary> {
    let mut found: Vec<Summary> = clustered(questions)
        .iter()
        .map(|cluster| summary(questions, cluster, period))
        .filter(|summary| summary.count > 0)
        .collect();
    found.sort_by(|a, b| (b.count, b.askers, &a.id).cmp(&(a.count, a.askers, &b.id)));
    found.truncate(limit);
    found
}

/// One cluster with its unresolved questions of the period.
pub fn shown(questions: &[Question], id: &str, period: Period) -> Option<Shown> {
    let clusters = clustered(questions);
    let cluster = find(questions, &clusters, id)?;
    let mut rows: Vec<Question> =
        unresolved(questions, cluster, period.since, period.until).cloned().collect();
    rows.sort_by(|a, b| (b.asked.at_ms, &a.asker).cmp(&(a.asked.at_ms, &b.asker)));
    let more = rows.len() > CLUSTER_ROWS_MAX;
    rows.truncate(CLUSTER_ROWS_MAX);
    Some(Shown { summary: summary(questions, cluster, period), questions: rows, more })
}

/// How a cluster fared before version `version` and since. `now`: until when the span of the later ones goes.
pub fn figures(questions: &[Question], id: &str, version: u64, now: TimeMs) -> Option<Figures> {
    let clusters = clustered(questions);
    let cluster = find(questions, &clusters, id)?;
    let is_after = |question: &&Question| question.asked.version >= version;
    let times = |after: bool| {
        let all = questions.iter().filter(move |question| is_after(question) == after);
        all.map(|question| question.asked.at_ms)
    };
    let published = times(true).min().unwrap_or(now);
    let began = times(false).min().unwrap_or(published);
    let fared = |after: bool, span_ms: i64| {
        let own = || members(questions, cluster).filter(|question| is_after(question) == after);
        let sampled = own().filter(|question| question.is_sampled());
        let resolved = sampled.clone().filter(|question| !question.is_unresolved());
        Fared {
            unresolved: count(own().filter(|question| question.is_unresolved())),
            span_ms,
            resolved: Share::new(count(resolved), count(sampled)),
        }
    };
    let (before, after) = (fared(false, published - began), fared(true, now - published));
    Some(Figures {
        id: cluster.id.clone(),
        question: words(questions, cluster),
        resolved_rise: Difference::between(&before.resolved, &after.resolved),
        before,
        after,
    })
}

fn clustered(questions: &[Question]) -> Vec<Cluster> {
    clusters(&questions.iter().map(point).collect::<Vec<_>>(), None)
}

fn point(question: &Question) -> Point<'_> {
    Point { text: &question.asked.text, at: question.asked.at_ms.0, vector: None }
}

/// The cluster of this id. A leader that has joined another cluster since still leads to where it is.
fn find<'a>(questions: &[Question], clusters: &'a [Cluster], id: &str) -> Option<&'a Cluster> {
    clusters.iter().find(|cluster| cluster.id == id).or_else(|| {
        clusters
            .iter()
            .find(|cluster| members(questions, cluster).any(|question| id_of(&question.asked.text) == id))
    })
}

fn members<'a>(
    questions: &'a [Question],
    cluster: &'a Cluster,
) -> impl Iterator<Item = &'a Question> + Clone {
    cluster.members.iter().filter_map(|place| questions.get(*place))
}

fn unresolved<'a>(
    questions: &'a [Question],
    cluster: &'a Cluster,
    since: TimeMs,
    until: TimeMs,
) -> impl Iterator<Item = &'a Question> + Clone {
    members(questions, cluster)
        .filter(move |question| (since..until).contains(&question.asked.at_ms) && question.is_unresolved())
}

fn words(questions: &[Question], cluster: &Cluster) -> String {
    questions.get(cluster.medoid).map(|question| question.asked.text.clone()).unwrap_or_default()
}

fn summary(questions: &[Question], cluster: &Cluster, period: Period) -> Summary {
    let before = period.since + -(period.until - period.since);
    let own = unresolved(questions, cluster, period.since, period.until);
    let question = words(questions, cluster);
    let mut newest: Vec<&Question> = own.clone().collect();
    newest.sort_by(|a, b| (b.asked.at_ms, &a.asked.text).cmp(&(a.asked.at_ms, &b.asked.text)));
    let mut seen = BTreeSet::from([question.as_str()]);
    let texts = newest.iter().map(|question| question.asked.text.as_str());
    let examples =
        texts.filter(|text| seen.insert(text)).take(CLUSTER_EXAMPLES_MAX).map(str::to_owned).collect();
    let with = |is: fn(&Question) -> bool| count(own.clone().filter(|question| is(question)));
    Summary {
        id: cluster.id.clone(),
        count: count(own.clone()),
        count_before: count(unresolved(questions, cluster, before, period.since)),
        askers: count(own.clone().map(|question| &question.asker).collect::<BTreeSet<_>>().into_iter()),
        signs: Signs {
            unanswered: with(|question| question.asked.verdict == Verdict::Unanswered),
            clarified: with(|question| question.asked.verdict == Verdict::Clarified),
            handed_off: with(|question| question.has(&Sign::HandedOff)),
            thumbs_down: with(|question| question.has(&Sign::ThumbsDown)),
            asked_again: with(|question| {
                question.signs.iter().any(|told| matches!(told.sign, Sign::AskedAgain { .. }))
            }),
        },
        examples,
        last_at_ms: newest.first().map(|question| question.asked.at_ms).unwrap_or_default(),
        question,
    }
}

fn count(items: impl Iterator) -> u32 {
    u32::try_from(items.count()).unwrap_or(u32::MAX)
}
