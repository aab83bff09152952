//! Composed answers that say what their passages say, and many that do not.

use super::*;
use crate::knowledge::proposal::Score;

fn passage(question: &str, answer: &str) -> Passage {
    Passage { entry: "e".into(), question: question.into(), answer: answer.into(), score: Score::ONE }
}

fn passages() -> Vec<Passage> {
    vec![
        passage("保修多久？", "整机保修1年，电机保修3年。请保留购买凭证。"),
        passage("可以用支付宝吗？", "暂时不行，目前只支持微信支付。"),
        passage("怎么退货？", "未拆封的商品7天内可以退货，运费由买家承担；质量问题由我们承担运费。"),
        passage("客服电话", "请拨打 400-800-1234，或访问 https://help.example.com/cn 。"),
        passage("How long is the warranty?", "The motor is covered for 3 years. Batteries are not covered."),
    ]
}

fn judged(text: &str, cites: &[u64]) -> Result<usize, Ungrounded> {
    let question = if text.is_ascii() { "warranty?" } else { "保修" };
    judge(text, cites, &passages(), question).map(|cited| cited.len())
}

#[test]
fn what_the_passages_say_may_be_said_in_parts_and_with_particles() {
    for (text, cites) in [
        ("整机保修1年，电机保修3年。", &[1][..]),
        ("整机的保修是1年哦", &[1]),
        ("电机保修３年。请保留购买的凭证", &[1]),
        ("目前只支持微信支付。", &[2]),
        ("质量问题由我们承担运费", &[3]),
        ("请拨打400-800-1234。", &[4]),
        ("整机保修1年；质量问题由我们承担运费。", &[1, 3, 1]),
        ("The motor is covered for 3 years.", &[5]),
        ("Batteries are not covered", &[5]),
    ] {
        assert!(judged(text, cites).is_ok(), "{text}: {:?}", judged(text, cites));
    }
}

#[test]
fn a_number_is_whole_and_stays_where_it_was() {
    for text in [
        "整机保修3年",
        "电机保修1年",
        "整机保修1个月",
        "保修1年",
        "整机保修十年",
        "整机保修一年",
        "整机保修1",
        "整机保修11年",
        "整机保修¥1年",
        "整机保修1年，送2年",
    ] {
        assert!(judged(text, &[1]).is_err(), "{text}");
    }
}

#[test]
fn a_sentence_cannot_be_turned_around() {
    for (text, cite) in [
        ("行，目前支持微信支付", 2),
        ("可以用支付宝", 2),
        ("目前支持支付宝支付", 2),
        ("目前不支持微信支付", 2),
        ("拆封的商品7天内可以退货", 3),
        ("运费由我们承担", 3),
        ("的商品可以退货", 3),
        ("未拆封的商品7天内可以退货，运费由我们承担", 3),
        ("Batteries are covered", 5),
        ("The motor is not covered for 3 years", 5),
    ] {
        assert!(judged(text, &[cite]).is_err(), "{text}");
    }
}

#[test]
fn addresses_are_those_of_the_passages_to_the_letter() {
    for text in [
        "请拨打400-800-1235",
        "请拨打400-800",
        "请拨打 400 800 1234",
        "访问https://help.example.com",
        "访问https://help.example.com/cn?x=1",
        "访问https://help.examp1e.com/cn",
        "访问 evil.cn",
        "访问[帮助](https://help.example.com/cn)",
        "请拨打 a@help.example.com",
        "请拨打４００-８００-９９９９",
    ] {
        assert!(judged(text, &[4]).is_err(), "{text}");
    }
}

#[test]
fn agreement_promises_and_new_words_are_foreign() {
    for text in [
        "好的",
        "是的",
        "是的，整机保修1年",
        "可以",
        "没问题，整机保修1年",
        "小米整机保修1年",
        "OK",
        "整机保修1年😀",
    ] {
        assert!(judged(text, &[1]).is_err(), "{text}");
    }
    assert_eq!(judged("", &[1]), Err(Ungrounded::Length));
    assert_eq!(judged("整机保修1年", &[]), Err(Ungrounded::Cites));
    assert_eq!(judged("整机保修1年", &[1, 9]), Err(Ungrounded::Cites));
    assert_eq!(judged("整机保修1年", &[0]), Err(Ungrounded::Cites));
    assert!(judged("整机保修1年", &[2]).is_err(), "it cites another");
    assert_eq!(judged("整机\u{200b}保修1年", &[1]), Err(Ungrounded::Invisible));
    assert_eq!(judged("整机\u{e0041}保修1年", &[1]), Err(Ungrounded::Invisible));
    assert_eq!(judged("整机保修¹年", &[1]), Err(Ungrounded::Foreign));
    assert_eq!(judged(&"整机保修1年。".repeat(9), &[1]), Err(Ungrounded::Length));
}

#[test]
fn an_answer_is_in_the_language_of_the_question() {
    let of = |text: &str, cite, question| judge(text, &[cite], &passages(), question).map(|_| ());
    assert_eq!(of("Batteries are not covered", 5, "电池保修吗"), Err(Ungrounded::Language));
    assert_eq!(of("请保留购买凭证", 1, "what about warranty"), Err(Ungrounded::Language));
    assert_eq!(of("请保留购买凭证", 1, "??"), Ok(()));
}
