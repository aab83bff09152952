//! What customers write, and what is to be heard in it.

use super::Aspect::{Abuse, Anger, Negative, Urgency};
use super::*;

fn shown(text: &str) -> Vec<Aspect> {
    let mood = read(text, None).unwrap_or_default();
    Aspect::ALL.into_iter().filter(|aspect| mood.shows(*aspect)).collect()
}

#[test]
fn what_is_felt_is_heard() {
    for (text, has) in [
        ("买了三天就坏了，太失望了", vec![Negative]),
        ("质量太差，用不了", vec![Negative]),
        ("你们到底处不处理？再不处理我要投诉到12315！！！", vec![Negative, Anger]),
        ("忍无可忍，把钱还我", vec![Anger]),
        ("你们是不是有病", vec![Abuse]),
        ("滚", vec![Abuse]),
        ("你们不是骗子是什么", vec![Anger]),
        ("一群骗子，傻逼客服", vec![Negative, Anger, Abuse]),
        ("热水壶漏电，孩子被电到了", vec![Urgency]),
        ("充电宝起火了怎么办", vec![Urgency]),
        ("很急，今天必须发出", vec![Urgency]),
        ("急，在线等", vec![Urgency]),
        ("😡😡", vec![Anger]),
        ("呵呵，你们可真行，第三次了还没修好", vec![Anger]),
        ("麻烦您给个说法吧，已经说了多少遍了", vec![Anger]),
        ("THIS IS RIDICULOUS, I want my money back", vec![Anger]),
        ("the charger caught fire", vec![Urgency]),
        ("you idiots", vec![Abuse]),
    ] {
        let shown = shown(text);
        assert!(has.iter().all(|aspect| shown.contains(aspect)), "{text}: {shown:?}");
    }
}

#[test]
fn what_is_only_asked_about_alarms_nobody() {
    for text in [
        "怎么投诉",
        "投诉电话是多少",
        "垃圾桶多少钱",
        "有没有大号垃圾袋",
        "空气炸锅怎么用",
        "炸锅能炸鸡吗",
        "这款洗手液杀菌吗",
        "急停按钮在哪",
        "急救包里有什么",
        "不着急，慢慢来",
        "不急，明天发也行",
        "没有不满",
        "没有生气，只是问问",
        "插座会漏电吗",
        "会不会爆炸",
        "能防触电吗",
        "烟雾报警器多少钱",
        "滚筒洗衣机有货吗",
        "狗粮还有吗",
        "宝宝和老人都能用吗",
        "抗过敏牙膏有吗",
        "过敏体质能用吗",
        "怎么退款",
        "退款多久到账",
        "今天发货吗",
        "什么时候能发货",
        "截止日期是哪天",
        "转客服了吗",
        "足够了，谢谢",
        "请尽快发货，谢谢",
        "贵公司支持七天无理由退货吗",
        "麻烦帮我看一下订单",
        "变态辣是多辣",
        "登机箱是20寸吗",
        "not angry, just asking",
        "no problem, thanks",
        "do you sell garbage bags?",
        "where is the emergency stop button",
        "is the store open today, can I come now",
        "谢谢，太好了！！！",
        "HELLO THERE FRIENDS",
        "",
        "👍",
    ] {
        assert_eq!(read(text, None), None, "{text}");
    }
}

#[test]
fn who_is_angry_about_the_matter_insults_nobody() {
    for text in ["太过分了，我要投诉", "气死我了，等了一个月", "I am furious about this delay"]
    {
        let shown = shown(text);
        assert!(shown.contains(&Anger) && !shown.contains(&Abuse), "{text}: {shown:?}");
    }
}

#[test]
fn what_is_said_louder_counts_more() {
    let anger = |text: &str| read(text, None).unwrap_or_default().anger;
    assert!(anger("太讨厌") > anger("讨厌"));
    assert!(anger("烦人！！！") > anger("烦人！"));
    assert_eq!(anger("好的！！！"), Score::default());
}

#[test]
fn praise_speaks_against_a_bad_experience_and_is_no_evidence_of_one() {
    assert!(shown("包装破损").contains(&Negative));
    assert_eq!(read("东西很好，就是包装有点破损，总体满意", None), None);
    let both = read("很好，漏电了", None).unwrap();
    assert_eq!((both.negative, both.words.len()), (Score::default(), 1), "{both:?}");
    assert!(shown("一点都不好用，太差了").contains(&Negative));
}

#[test]
fn the_words_that_say_so_are_named_once_and_bounded() {
    let mood = read("骗子骗子骗子，气死我了", None).unwrap();
    assert_eq!(mood.words.iter().filter(|found| found.word == "骗子" && found.aspect == Anger).count(), 1);
    assert!(mood.words.iter().any(|found| found.word == "气死"), "{mood:?}");
    let long = read(&"气死，差评，垃圾，傻逼，漏电，12315，忍无可忍，骗子，".repeat(9), None).unwrap();
    assert_eq!(long.words.len(), MOOD_WORDS_MAX);
}

#[test]
fn raising_keeps_the_strongest_and_the_newer_words_first() {
    let angry = read("忍无可忍", None).unwrap();
    let urgent = read("漏电了", None).unwrap();
    let mut mood = Some(Box::new(angry.clone()));
    raised(&mut mood, Some(&urgent));
    raised(&mut mood, None);
    let mood = mood.unwrap();
    assert_eq!((mood.anger, mood.urgency), (angry.anger, urgent.urgency));
    assert_eq!(mood.words.first().map(|found| found.word.as_str()), Some("漏电"));
    let mut again = mood.clone();
    again.raise(&urgent);
    assert_eq!(again.words.len(), mood.words.len());
}

#[test]
fn a_mood_says_nothing_where_there_is_nothing() {
    let json = serde_json::to_value(read("漏电了", None).unwrap()).unwrap();
    assert_eq!(
        json,
        serde_json::json!({ "urgency": 0.818, "words": [{ "aspect": "urgency", "word": "漏电" }] })
    );
    assert_eq!(serde_json::from_value::<Mood>(serde_json::json!({})).unwrap(), Mood::default());
}

#[test]
fn the_lexicon_has_what_it_claims() {
    assert!(lexicon::size() > 1_000, "{}", lexicon::size());
}
