//! Clusters, whatever is asked: everything with words is in exactly one, in whichever order it is given.

use proptest::prelude::*;
use shunda::insight::cluster::{Cluster, Point, Scale, clusters};
use std::collections::BTreeSet;

fn question() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "怎么",
        "退货",
        "发票",
        "保修",
        "多久",
        "破壁机",
        "漏水",
        "不加热",
        "P10",
        "wifi",
        "连接",
        "？",
        " ",
        "11",
        "运费",
        "谁出",
    ]);
    prop::collection::vec(piece, 1..7).prop_map(|pieces| pieces.concat())
}

fn points(texts: &[(String, i64)]) -> Vec<Point<'_>> {
    texts.iter().map(|(text, at)| Point { text, at: *at, vector: None }).collect()
}

/// Ids and what is in them, by words and time, whatever the places.
fn content(texts: &[(String, i64)], found: &[Cluster]) -> BTreeSet<(String, Vec<(String, i64)>)> {
    let of = |cluster: &Cluster| {
        let mut members: Vec<_> = cluster.members.iter().map(|place| texts[*place].clone()).collect();
        members.sort();
        (cluster.id.clone(), members)
    };
    found.iter().map(of).collect()
}

proptest! {
    #[test]
    fn each_question_is_in_one_cluster_and_the_order_does_not_matter(
        texts in prop::collection::vec((question(), 0_i64..50), 0..40),
        rotation in 0_usize..40,
    ) {
        let found = clusters(&points(&texts), None);
        let mut members: Vec<usize> = found.iter().flat_map(|cluster| cluster.members.clone()).collect();
        members.sort_unstable();
        let with_words: Vec<usize> =
            (0..texts.len()).filter(|place| texts[*place].0.contains(char::is_alphanumeric)).collect();
        prop_assert_eq!(members, with_words);
        prop_assert!(found.iter().all(|cluster| cluster.members.contains(&cluster.medoid)));
        let mut other = texts.clone();
        other.reverse();
        let middle = rotation.min(other.len());
        other.rotate_left(middle);
        prop_assert_eq!(content(&texts, &found), content(&other, &clusters(&points(&other), None)));
    }

    /// The same words are never in two clusters.
    #[test]
    fn the_same_question_is_in_the_same_cluster(texts in prop::collection::vec((question(), 0_i64..50), 1..30)) {
        let mut twice = texts.clone();
        twice.extend(texts.iter().map(|(text, at)| (text.clone(), at + 100)));
        let found = clusters(&points(&twice), None);
        for place in 0..texts.len() {
            let of = |place: usize| found.iter().position(|cluster| cluster.members.contains(&place));
            prop_assert_eq!(of(place), of(place + texts.len()));
        }
    }
}

/// Bounded: ten thousand different questions, as many as a deployment keeps in its worst month.
#[test]
fn ten_thousand_questions_are_clustered() {
    let things = [
        "破壁机",
        "榨汁机",
        "豆浆机",
        "电饭煲",
        "加湿器",
        "净水器",
        "吸尘器",
        "空气炸锅",
        "电水壶",
        "面条机",
    ];
    let acts = [
        "漏水",
        "不加热",
        "有异味",
        "充不进电",
        "噪音大",
        "连不上网",
        "怎么清洗",
        "怎么退货",
        "保修多久",
        "多少钱",
    ];
    let texts: Vec<(String, i64)> = (0..10_000)
        .map(|number: usize| {
            let (thing, act) = (things[number % 10], acts[number / 10 % 10]);
            (
                format!("{thing}{act}{}", ["", "怎么办", "呢", "，急", "？在线等"][number / 100 % 5]),
                number as i64,
            )
        })
        .enumerate()
        .map(|(number, (text, at))| (format!("{text}{}", number / 500), at))
        .collect();
    let found = clusters(&points(&texts), None);
    let sizes: Vec<usize> = found.iter().map(|cluster| cluster.members.len()).collect();
    eprintln!("{} clusters of {} questions", found.len(), texts.len());
    assert_eq!(sizes.iter().sum::<usize>(), 10_000);
    assert!((10..400).contains(&found.len()), "ten things, ten troubles: {}", found.len());
}

#[test]
fn questions_that_mean_the_same_are_together_and_others_are_not() {
    let told = [
        ("你们的破壁机漏水怎么办", 1),
        ("破壁机漏水", 2),
        ("能开增值税专用发票吗", 3),
        ("机器漏水了", 4),
        ("可以开专用发票吗", 5),
        ("刀头生锈", 6),
        ("请问破壁机漏水了怎么处理", 7),
    ];
    let texts: Vec<(String, i64)> = told.iter().map(|(text, at)| ((*text).to_owned(), *at)).collect();
    let found = clusters(&points(&texts), None);
    let members: Vec<Vec<usize>> = found.iter().map(|cluster| cluster.members.clone()).collect();
    assert!(members.contains(&vec![2, 4]), "{members:?}");
    assert!(members.contains(&vec![5]), "{members:?}");
    assert!(
        members.iter().any(|own| own.contains(&0) && own.contains(&1) && own.contains(&6)),
        "{members:?}"
    );
}

#[test]
fn an_encoder_joins_what_has_no_word_in_common() {
    let (like, unlike) = ([1.0, 0.0], [0.0, 1.0]);
    let point = |text, at, vector| Point { text, at, vector: Some(vector) };
    let points = [
        point("怎么退货", 1, &like[..]),
        point("东西不想要了", 2, &like[..]),
        point("开发票", 3, &unlike[..]),
    ];
    let scale = Some(Scale { none: 0.2, same: 1.0 });
    let members: Vec<Vec<usize>> =
        clusters(&points, scale).into_iter().map(|cluster| cluster.members).collect();
    assert_eq!(members, [vec![0, 1], vec![2]]);
    assert_eq!(clusters(&points, None).len(), 3);
}

#[test]
fn what_is_asked_later_leaves_the_ids_of_what_was_asked_before() {
    let first: Vec<(String, i64)> = [("破壁机漏水怎么办", 1), ("怎么开发票", 2), ("刀头生锈", 3)]
        .map(|(t, at)| (t.to_owned(), at))
        .to_vec();
    let mut later = first.clone();
    later.extend([("发票怎么开", 4), ("屏幕不亮", 5), ("破壁机漏水", 6)].map(|(t, at)| (t.to_owned(), at)));
    let ids = |texts: &[(String, i64)]| -> BTreeSet<String> {
        clusters(&points(texts), None).into_iter().map(|cluster| cluster.id).collect()
    };
    assert!(ids(&first).is_subset(&ids(&later)));
    assert_eq!(ids(&later).len(), 4);
}
