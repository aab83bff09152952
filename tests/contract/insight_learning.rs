//! What is made of the insight's rows, on a real SQLite: top lists, figures, offers, judgements, drafts.

use crate::support::sqlite::Sqlite;
use shunda::base::time::{DAY_MS, TimeMs};
use shunda::base::turn::Turn;
use shunda::insight::call::{Call, Judging, Kind, On, Reply};
use shunda::insight::draft::{Replied, draft};
use shunda::insight::offer::{Judged, Judgement, Offer, OfferKind, audits, phrasings, precision};
use shunda::insight::question::Question;
use shunda::insight::top::{Figures, Period, Shown, Summary};
use shunda::knowledge::answer::Answerer;
use shunda::knowledge::document::parse;
use shunda::knowledge::proposal::{Score, Source};
use shunda::knowledge::signal::{Asked, Near, Sign, Verdict};
use shunda::store::insight::{MIGRATIONS, turn};
use std::collections::BTreeSet;

const NOW: TimeMs = TimeMs(1_700_000_000_000);
const MONTH: Period = Period { since: TimeMs(NOW.0 - 30 * DAY_MS), until: NOW };

/// Questions as they come in, one after the other.
struct Asking {
    db: Sqlite,
    seq: u64,
}

impl Asking {
    fn new() -> Self {
        let db = Sqlite::new();
        shunda::store::migrate(&db, MIGRATIONS).unwrap();
        Self { db, seq: 0 }
    }

    fn call(&self, call: Call) -> Reply {
        turn(&self.db, call, &Turn { now: NOW, entropy: [0; 32] }).unwrap()
    }

    /// `asker` asked this so many days ago, of version `version`.
    fn asked(&mut self, asker: &str, text: &str, days: i64, version: u64, verdict: Verdict, signs: &[Sign]) {
        self.seq += 1;
        let near = Near { source: Source::Entry, entry: "warranty".into(), score: Score::ONE };
        let near = if verdict == Verdict::Answered { vec![near] } else { Vec::new() };
        let at_ms = NOW.0 - days * DAY_MS - 1;
        let asked = Asked {
            seq: self.seq,
            at_ms: TimeMs(at_ms),
            text: text.into(),
            verdict,
            near,
            version,
            tried: None,
        };
        let signals = signs.iter().map(|sign| asked.signal(sign.clone(), asked.at_ms)).collect();
        let sealed = Some("sealed".into());
        self.call(Call::Report { asker: asker.into(), channel: "main".into(), signals, sealed });
    }

    fn missed(&mut self, asker: &str, text: &str, days: i64) {
        self.asked(asker, text, days, 1, Verdict::Unanswered, &[Sign::Missed]);
    }

    fn top(&self) -> Vec<Summary> {
        match self.call(Call::Top { channels: None, period: MONTH, limit: 10 }) {
            Reply::Top { clusters } => clusters,
            other => panic!("{other:?}"),
        }
    }

    fn shown(&self, id: &str) -> Shown {
        match self.call(Call::Cluster { id: id.into(), channels: None, period: MONTH }) {
            Reply::Cluster(shown) => *shown,
            other => panic!("{other:?}"),
        }
    }

    fn offered(&self, kind: Kind) -> (Vec<Question>, BTreeSet<String>) {
        match self.call(Call::Offered { channels: None, kind }) {
            Reply::Offered { questions, decided } => (questions, decided),
            other => panic!("{other:?}"),
        }
    }

    fn judge(&self, offer: &Offer, judgement: Judgement, by: &str) -> Reply {
        let on = match offer.kind {
            OfferKind::Phrasing => On::Phrasing { text: offer.text.clone(), entry: offer.entry.clone() },
            OfferKind::Audit => On::Audit { question: offer.questions[0].clone() },
        };
        let (offer, by) = (offer.id.clone(), by.to_owned());
        self.call(Call::Judge(Box::new(Judging { offer, on, judgement, by, channels: None })))
    }

    fn judgements(&self) -> Vec<Judged> {
        match self.call(Call::Judgements) {
            Reply::Judgements { judged } => judged,
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn the_top_of_a_month_counts_what_its_rows_show() {
    let mut asking = Asking::new();
    for (asker, text, days) in [
        ("a", "破壁机漏水怎么办", 50),
        ("a", "破壁机漏水怎么办", 20),
        ("a", "破壁机漏水", 10),
        ("b", "请问破壁机漏水了怎么办呢", 5),
        ("b", "刀头生锈", 3),
        ("c", "刀头生锈", 70),
    ] {
        asking.missed(asker, text, days);
    }
    asking.asked("d", "破壁机漏水怎么处理", 2, 1, Verdict::Answered, &[Sign::Sampled]);
    asking.asked("e", "怎么查物流", 2, 1, Verdict::Answered, &[Sign::Sampled]);
    let top = asking.top();
    let figures: Vec<_> = top.iter().map(|one| (one.count, one.count_before, one.askers)).collect();
    assert_eq!(figures, [(3, 1, 2), (1, 0, 1)], "answered ones do not count: {top:?}");
    assert_eq!(top[0].question, "破壁机漏水怎么办");
    assert_eq!(top[0].examples, ["请问破壁机漏水了怎么办呢", "破壁机漏水"]);
    assert_eq!(top[0].signs.unanswered, 3);
    let shown = asking.shown(&top[0].id);
    assert_eq!((shown.questions.len(), shown.more), (3, false));
    assert_eq!(shown.summary, top[0]);
    assert!(shown.questions.iter().all(Question::is_unresolved));
    let Reply::Unknown = asking.call(Call::Cluster { id: "0".into(), channels: None, period: MONTH }) else {
        panic!("there is no such cluster")
    };
    let elsewhere = Call::Top { channels: Some(vec!["shop".into()]), period: MONTH, limit: 10 };
    assert_eq!(asking.call(elsewhere), Reply::Top { clusters: Vec::new() });
}

#[test]
fn figures_compare_the_sample_before_and_since_a_version() {
    let mut asking = Asking::new();
    for number in 0..40 {
        let signs = if number % 2 == 0 { vec![Sign::Missed, Sign::Sampled] } else { vec![Sign::Missed] };
        asking.asked(&format!("a{number}"), "破壁机漏水怎么办", 20, 4, Verdict::Unanswered, &signs);
    }
    for number in 0..30 {
        asking.asked(&format!("b{number}"), "破壁机漏水怎么办", 5, 5, Verdict::Answered, &[Sign::Sampled]);
    }
    asking.asked("c", "破壁机漏水怎么办", 1, 6, Verdict::Answered, &[Sign::Sampled, Sign::ThumbsDown]);
    let id = asking.top()[0].id.clone();
    let Reply::Figures(figures) = asking.call(Call::Figures { id, channels: None, version: 5 }) else {
        panic!("there is such a cluster")
    };
    let Figures { before, after, resolved_rise, .. } = *figures;
    assert_eq!((before.unresolved, before.resolved.count, before.resolved.of), (40, 0, 20));
    assert_eq!((after.unresolved, after.resolved.count, after.resolved.of), (1, 30, 31));
    assert_eq!(before.span_ms, 15 * DAY_MS);
    let rise = resolved_rise.unwrap();
    assert!(rise.low > 0.7 && rise.low < rise.difference && rise.difference < rise.high, "{rise:?}");
}

fn answerer() -> Answerer {
    Answerer::new(parse(include_bytes!("../../kv-seed/knowledge.json")).expect("the seed is sound"), 1)
}

#[test]
fn phrasings_are_offered_hardest_first_and_not_again_once_judged() {
    let answerer = answerer();
    let mut asking = Asking::new();
    let texts = ["保修期有几年", "退货的运费谁来出", "怎么退货", "火星上有店吗"];
    texts.iter().for_each(|text| asking.missed("a", text, 1));
    asking.missed("b", "保修期有几年", 2);
    let offers = |asking: &Asking| {
        let (questions, decided) = asking.offered(Kind::All);
        phrasings(&questions, &decided, |text| answerer.resembling(text), 10)
    };
    let first = offers(&asking);
    assert!(first.is_sorted_by_key(|offer| offer.margin), "{first:?}");
    assert!(first.iter().all(|offer| offer.text != "怎么退货"), "it is a phrasing already");
    assert!(first.iter().all(|offer| offer.text != "火星上有店吗"), "it is near nothing");
    let warranty = first.iter().find(|offer| offer.text == "保修期有几年").unwrap();
    assert_eq!((warranty.count, warranty.chosen, warranty.questions.len()), (2, 0, 2));
    assert!(matches!(asking.judge(warranty, Judgement::Yes, "chen"), Reply::Judged(_)));
    assert!(offers(&asking).iter().all(|offer| offer.id != warranty.id));
    let judged = &asking.judgements()[0];
    assert_eq!((judged.text.as_deref(), judged.said.by.as_str()), (Some("保修期有几年"), "chen"));
    let forged = Offer { entry: "another".into(), ..warranty.clone() };
    assert_eq!(asking.judge(&forged, Judgement::Yes, "chen"), Reply::Unknown, "the id is made of both");
}

#[test]
fn what_a_customer_chose_is_what_their_words_are_offered_for() {
    let answerer = answerer();
    let mut asking = Asking::new();
    let near = answerer.resembling("退货运费");
    let second = near[1].entry.clone();
    let chosen = Sign::Chosen { entry: second.clone() };
    asking.asked("a", "退货运费", 1, 1, Verdict::Clarified, &[Sign::Missed, chosen]);
    let (questions, decided) = asking.offered(Kind::All);
    let offers = phrasings(&questions, &decided, |text| answerer.resembling(text), 10);
    assert_eq!((offers[0].entry.as_str(), offers[0].chosen), (second.as_str(), 1));
    assert_eq!(offers[0].margin, Some(Score::default()), "less sure than anything");
}

#[test]
fn a_judgement_repeated_changes_nothing_and_another_is_kept_beside_it() {
    let mut asking = Asking::new();
    asking.asked("a", "保修多久", 1, 3, Verdict::Answered, &[Sign::Sampled]);
    asking.asked("b", "保修几年", 1, 4, Verdict::Answered, &[Sign::Sampled, Sign::ThumbsDown]);
    asking.missed("c", "漏电", 1);
    let (questions, decided) = asking.offered(Kind::Sampled);
    let offers = audits(&questions, &decided, 10);
    assert_eq!(offers.len(), 2, "blamed answers are in the stream like others");
    for by in ["chen", "wang"] {
        asking.judge(&offers[0], Judgement::Yes, by);
    }
    let rows = asking.db.0.total_changes();
    asking.judge(&offers[0], Judgement::Yes, "chen");
    assert_eq!(asking.db.0.total_changes(), rows);
    let other = Judgement::Other { other: "faq-1".into() };
    asking.judge(&offers[1], Judgement::No, "chen");
    asking.judge(&offers[1], other.clone(), "wang");
    let judged = asking.judgements();
    let changed = judged.iter().find(|one| one.offer == offers[1].id).unwrap();
    assert_eq!((&changed.said.judgement, changed.said.by.as_str()), (&other, "wang"));
    assert_eq!((&changed.before[0].judgement, changed.before[0].by.as_str()), (&Judgement::No, "chen"));
    assert!(judged.iter().all(|one| one.text.is_none()), "an audit keeps nobody's words");
    let all = precision(&judged, 0);
    assert_eq!((all.count, all.of), (1, 2));
    let versions: Vec<u32> = [3, 4, 5].map(|version| precision(&judged, version).of).to_vec();
    assert_eq!(versions, [2, 1, 0]);
    let unsampled = Offer { questions: vec!["c-3".into()], ..offers[0].clone() };
    assert_eq!(asking.judge(&unsampled, Judgement::Yes, "chen"), Reply::Unknown);
}

#[test]
fn a_draft_has_the_medoid_other_ways_to_ask_and_a_persons_words() {
    let mut asking = Asking::new();
    for (asker, text) in [("a", "破壁机漏水怎么办"), ("b", "破壁机漏水怎么办"), ("c", "破壁机漏水了怎么处理")]
    {
        asking.asked(asker, text, 1, 1, Verdict::Unanswered, &[Sign::Missed, Sign::HandedOff]);
    }
    let shown = asking.shown(&asking.top()[0].id);
    assert!(shown.questions.iter().all(|question| question.sealed.is_some()), "people may have answered");
    let replied = Replied {
        conversation: shunda::base::id::ConversationId { channel: "main".into(), customer: "o1".into() },
        question_seq: 1,
        seq: 4,
        staff: "lin".into(),
        at_ms: NOW,
        text: "请拔掉电源，换密封圈。".into(),
    };
    let made = draft(&shown, Some(replied.clone()));
    assert_eq!(made.entry.question, "破壁机漏水怎么办");
    assert_eq!(made.entry.variants, ["破壁机漏水了怎么处理"]);
    assert_eq!(made.entry.answer, replied.text);
    assert_eq!(made.evidence, Some(replied));
    assert_eq!(draft(&shown, None).entry.answer, "");
}
