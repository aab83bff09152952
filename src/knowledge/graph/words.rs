//! The words around what a question names: what is asked, what points back, and what says nothing.

use super::names::Names;

/// What a word that is no name does in a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// Says nothing.
    Nothing,
    /// Asks how much, or which value: a parameter.
    Amount,
    /// Asks what to do or why: an issue.
    Remedy,
    /// Points at what was said before.
    Back,
    /// Sets two things beside each other.
    Compare,
}

/// By what they do, `|` between.
const WORDS: [(Role, &str); 5] = [
    (
        Role::Nothing,
        "请问|问|问下|问一下|你好|您好|麻烦|一下|谢谢|我|我们|我的|我家|家里|想|想问|知道|想知道|了解|\
         咨询|你们|你家|你们家|咱们|的|之|是|有|能|可以|会|要|吗|嘛|啊|呀|吧|哦|噢|了|么|呗|哈|哟|诶|亲|\
         款|这款|型号|机型|产品|商品|机器|什么|啥|大概|大约|一共|总共|到底|具体|实际|一般|告诉|查|查询|\
         看|看看|说|说下|帮|帮我|给|给我|你|您|就|就是|应该|应该是|好像|好像是|用|买|买的|用的|选|\
         现在|目前|官方|标准|数值|一台|台|个|一款|情况|出现|老是|总是|一直|经常|突然|又|也|都|还|在|时|\
         时候|the|of|is|are|for|my|your|our|a|an|please|tell|me|i|you|to|know|want|would|like|does|do|\
         has|have|in|on|with|and|can|could|model|product|one|hi|hello|got|own|mine|at|there|when|\
         keeps|keep",
    ),
    (
        Role::Amount,
        "多少|多久|多长|多长时间|多大|多高|多宽|多远|几|几年|几个月|几天|几升|怎么样|为多少|what|whats|\
         how|much|many|long|big|large|heavy|high|which",
    ),
    (
        Role::Remedy,
        "怎么办|怎办|咋办|咋整|咋弄|咋回事|怎么回事|怎么弄|怎么处理|怎么解决|怎么修|如何处理|如何解决|\
         处理|解决|为什么|为啥|什么原因|原因|怎么|如何|咋|怎么了|what to do|why|fix|solve|help|problem|\
         how to|how do i|should i do|what should i do",
    ),
    (
        Role::Back,
        "it|its|它|它的|这个|那个|那|那么|这台|那台|该|呢|刚才|刚才那个|上面那个|this|that|what about|how about|\
         then",
    ),
    (
        Role::Compare,
        "和|跟|与|比|哪个|哪个更|哪款|哪款更|更|相比|对比|比较|分别|分别是|各|各是|各自|还是|或|谁|\
         versus|vs|or|than|compare|between",
    ),
];

/// The words, and `units`, which stand beside numbers and name nothing.
pub(super) fn words(units: impl Iterator<Item = String>) -> Names<Role> {
    let fixed = WORDS.iter().flat_map(|(role, words)| words.split('|').map(|word| (word.to_owned(), *role)));
    // A unit that is also a word keeps the word's part: names are joined in the order of coming.
    Names::new(fixed.chain(units.map(|unit| (unit, Role::Nothing))), |_, _| ())
}

/// How a customer picks one of some.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pick {
    /// The one of this place, from 0.
    Nth(usize),
    /// The last one.
    Last,
    /// The one whose parameter of one of these names is least.
    Least(&'static [&'static str]),
    /// The one whose parameter of one of these names is greatest.
    Most(&'static [&'static str]),
}

impl Pick {
    /// The names of the parameters that it looks at.
    pub(super) const fn names(self) -> &'static [&'static str] {
        match self {
            Self::Nth(_) | Self::Last => &[],
            Self::Least(names) | Self::Most(names) => names,
        }
    }

    pub(super) const fn is_by_size(self) -> bool {
        !self.names().is_empty()
    }
}

const SIZES: &[&str] = &["容量", "尺寸", "大小", "体积", "规格", "capacity", "size", "volume"];
const PRICES: &[&str] = &["价格", "售价", "官方价", "price"];
const WEIGHTS: &[&str] = &["重量", "净重", "weight"];
const ORDINALS: [(&str, &[&str]); 10] = [
    ("1", &["一", "first", "1st", "前者"]),
    ("2", &["二", "second", "2nd", "后者"]),
    ("3", &["三", "third", "3rd"]),
    ("4", &["四", "fourth", "4th"]),
    ("5", &["五", "fifth", "5th"]),
    ("6", &["六", "sixth", "6th"]),
    ("7", &["七", "seventh", "7th"]),
    ("8", &["八", "eighth", "8th"]),
    ("9", &["九", "ninth", "9th"]),
    ("10", &["十", "tenth", "10th"]),
];

/// The pick that the words which are neither names nor the above make, when they make one.
pub(super) fn pick(rest: &str) -> Option<Pick> {
    let word = rest.strip_prefix("第").or(rest.strip_prefix('最')).unwrap_or(rest);
    let nth = ORDINALS.iter().position(|(digits, words)| word == *digits || words.contains(&word));
    if let Some(nth) = nth {
        return Some(Pick::Nth(nth));
    }
    match word {
        "最后" | "最后一" | "后一" | "last" => Some(Pick::Last),
        "小" | "小点" | "小一点" | "小号" | "small" | "smaller" | "smallest" => {
            Some(Pick::Least(SIZES))
        }
        "大" | "大点" | "大一点" | "大号" | "bigger" | "biggest" | "larger" | "largest" => {
            Some(Pick::Most(SIZES))
        }
        "便宜" | "便宜点" | "cheap" | "cheaper" | "cheapest" => Some(Pick::Least(PRICES)),
        "贵" | "贵点" | "expensive" => Some(Pick::Most(PRICES)),
        "轻" | "轻点" | "light" | "lighter" | "lightest" => Some(Pick::Least(WEIGHTS)),
        "重" | "重点" | "heavier" | "heaviest" => Some(Pick::Most(WEIGHTS)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_pick_by_place_and_by_size() {
        for (rest, expected) in [
            ("2", Some(Pick::Nth(1))),
            ("第二", Some(Pick::Nth(1))),
            ("第10", Some(Pick::Nth(9))),
            ("first", Some(Pick::Nth(0))),
            ("最后一", Some(Pick::Last)),
            ("最小", Some(Pick::Least(SIZES))),
            ("便宜", Some(Pick::Least(PRICES))),
            ("11", None),
            ("退货", None),
            ("", None),
        ] {
            assert_eq!(pick(rest), expected, "{rest}");
        }
    }
}
