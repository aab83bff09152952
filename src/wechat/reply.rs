//! Passive replies: what may be the answer to a push itself (protocol 3.1).

use super::inbound::{Push, PushBody};
use super::tree::Node;
use super::xml::without_forbidden;
use crate::base::limits::{NEWS_ARTICLES_MAX, TEXT_BYTES_MAX};
use crate::base::text::prefix_within;
use crate::base::time::TimeMs;
use thiserror::Error;

/// Shows that a text was shortened.
const ELLIPSIS: &str = "…";

/// A passive reply. Media ids are WeChat's, of our own uploads.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are WeChat's own, named and described in protocol 3.1")]
pub enum Reply {
    /// Words, shortened to [`TEXT_BYTES_MAX`] bytes between characters.
    Text { content: String },
    /// A picture.
    Image { media_id: String },
    /// Speech.
    Voice { media_id: String },
    /// A video.
    Video { media_id: String, title: Option<String>, description: Option<String> },
    /// A piece of music.
    Music {
        title: Option<String>,
        description: Option<String>,
        url: String,
        hq_url: String,
        thumb_media_id: String,
    },
    /// Articles: one in reply to a message, up to [`NEWS_ARTICLES_MAX`] in reply to an event.
    News { articles: Vec<NewsArticle> },
    /// Hands the message to WeChat's own agents, perhaps to a certain one (`prefix@account`).
    TransferCustomerService { kf_account: Option<String> },
}

/// One article of a news reply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewsArticle {
    /// Its title.
    pub title: String,
    /// Its description.
    pub description: String,
    /// Its picture, 360x200 or 200x200.
    pub pic_url: String,
    /// Where it leads.
    pub url: String,
}

/// Why WeChat would show its failure bubble in place of the reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum ReplyError {
    /// Nothing in it can be seen.
    #[error("a reply's text may not be blank")]
    Blank,
    /// A media id, address or agent is empty.
    #[error("a reply's {0} may not be empty")]
    Missing(&'static str),
    /// No article, or more than this push allows.
    #[error("a news reply here has 1 to {max} articles, not {count}")]
    Articles {
        /// How many it has.
        count: usize,
        /// How many it may have.
        max: usize,
    },
    /// An event may not be handed to WeChat's agents.
    #[error("only a message can be handed to customer service")]
    TransferOfEvent,
}

/// The reply to `push` as a tree, to be rendered in the push's own format.
pub fn to_tree(reply: &Reply, push: &Push, now: TimeMs) -> Result<Node, ReplyError> {
    let (message_type, fields) = body(reply, push)?;
    let mut children = vec![
        Node::text("ToUserName", &push.from_user),
        Node::text("FromUserName", &push.to_user),
        Node::number("CreateTime", now.secs()),
        Node::text("MsgType", message_type),
    ];
    children.extend(fields);
    Ok(Node::branch("xml", children))
}

fn body(reply: &Reply, push: &Push) -> Result<(&'static str, Vec<Node>), ReplyError> {
    let media = |name, mut fields: Vec<Node>, media_id: &str| {
        fields.insert(0, Node::text("MediaId", filled("MediaId", media_id)?));
        Ok(vec![Node::branch(name, fields)])
    };
    Ok(match reply {
        Reply::Text { content } => ("text", vec![Node::text("Content", shown(content)?)]),
        Reply::Image { media_id } => ("image", media("Image", vec![], media_id)?),
        Reply::Voice { media_id } => ("voice", media("Voice", vec![], media_id)?),
        Reply::Video { media_id, title, description } => {
            ("video", media("Video", titles(title.as_deref(), description.as_deref()), media_id)?)
        }
        Reply::Music { title, description, url, hq_url, thumb_media_id } => {
            let mut fields = titles(title.as_deref(), description.as_deref());
            fields.push(Node::text("MusicUrl", filled("MusicUrl", url)?));
            fields.push(Node::text("HQMusicUrl", hq_url));
            fields.push(Node::text("ThumbMediaId", filled("ThumbMediaId", thumb_media_id)?));
            ("music", vec![Node::branch("Music", fields)])
        }
        Reply::News { articles } => ("news", news(articles, push)?),
        Reply::TransferCustomerService { kf_account } => {
            ("transfer_customer_service", transfer(kf_account.as_deref(), push)?)
        }
    })
}

/// What the customer will see of a text: never blank, never too long.
fn shown(content: &str) -> Result<String, ReplyError> {
    let content = without_forbidden(content);
    if content.trim().is_empty() {
        return Err(ReplyError::Blank);
    }
    if content.len() <= TEXT_BYTES_MAX {
        return Ok(content);
    }
    let shortened = prefix_within(&content, TEXT_BYTES_MAX - ELLIPSIS.len());
    Ok(format!("{shortened}{ELLIPSIS}"))
}

fn titles(title: Option<&str>, description: Option<&str>) -> Vec<Node> {
    let field = |name, text: Option<&str>| text.map(|text| Node::text(name, text));
    [field("Title", title), field("Description", description)].into_iter().flatten().collect()
}

fn news(articles: &[NewsArticle], push: &Push) -> Result<Vec<Node>, ReplyError> {
    let max = match push.body {
        PushBody::Message { .. } => 1,
        PushBody::Event(_) => NEWS_ARTICLES_MAX,
    };
    let count = articles.len();
    if !(1..=max).contains(&count) {
        return Err(ReplyError::Articles { count, max });
    }
    let item = |article: &NewsArticle| {
        let fields = vec![
            Node::text("Title", &article.title),
            Node::text("Description", &article.description),
            Node::text("PicUrl", &article.pic_url),
            Node::text("Url", &article.url),
        ];
        Node::branch("item", fields)
    };
    let items = articles.iter().map(item).collect();
    Ok(vec![Node::number("ArticleCount", count as i64), Node::branch("Articles", items)])
}

fn transfer(kf_account: Option<&str>, push: &Push) -> Result<Vec<Node>, ReplyError> {
    if matches!(push.body, PushBody::Event(_)) {
        return Err(ReplyError::TransferOfEvent);
    }
    let Some(account) = kf_account else { return Ok(vec![]) };
    Ok(vec![Node::branch("TransInfo", vec![Node::text("KfAccount", filled("KfAccount", account)?)])])
}

fn filled<'a>(name: &'static str, text: &'a str) -> Result<&'a str, ReplyError> {
    Some(text).filter(|text| !text.trim().is_empty()).ok_or(ReplyError::Missing(name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wechat::xml;

    const NOW: TimeMs = TimeMs::from_secs(1_700_000_000);

    fn push(inner: &str) -> Push {
        let text = format!(
            "<xml><ToUserName>gh_1</ToUserName><FromUserName>o1</FromUserName><CreateTime>1</CreateTime>{inner}</xml>"
        );
        Push::parse(&xml::parse(&text).unwrap()).unwrap()
    }

    fn message() -> Push {
        push("<MsgType>text</MsgType><Content>hi</Content><MsgId>1</MsgId>")
    }

    fn event() -> Push {
        push("<MsgType>event</MsgType><Event>CLICK</Event><EventKey>k</EventKey>")
    }

    fn rendered(reply: &Reply) -> String {
        let text = xml::render(&to_tree(reply, &message(), NOW).unwrap());
        let head = "<xml><ToUserName><![CDATA[o1]]></ToUserName><FromUserName><![CDATA[gh_1]]></FromUserName>\
                    <CreateTime>1700000000</CreateTime>";
        text.strip_prefix(head).and_then(|rest| rest.strip_suffix("</xml>")).unwrap().to_owned()
    }

    fn text(content: &str) -> Reply {
        Reply::Text { content: content.to_owned() }
    }

    fn article(title: &str) -> NewsArticle {
        NewsArticle {
            title: title.to_owned(),
            description: "d".to_owned(),
            pic_url: "p".to_owned(),
            url: "u".to_owned(),
        }
    }

    #[test]
    fn every_format_is_as_documented() {
        let id = || "m".to_owned();
        let some = |text: &str| Some(text.to_owned());
        let cases = [
            (text("好\n]]>"), "text", "<Content><![CDATA[好\n]]]]><![CDATA[>]]></Content>"),
            (Reply::Image { media_id: id() }, "image", "<Image><MediaId><![CDATA[m]]></MediaId></Image>"),
            (Reply::Voice { media_id: id() }, "voice", "<Voice><MediaId><![CDATA[m]]></MediaId></Voice>"),
            (
                Reply::Video { media_id: id(), title: some("t"), description: None },
                "video",
                "<Video><MediaId><![CDATA[m]]></MediaId><Title><![CDATA[t]]></Title></Video>",
            ),
            (
                Reply::Music {
                    title: None,
                    description: some("d"),
                    url: "u".to_owned(),
                    hq_url: "h".to_owned(),
                    thumb_media_id: id(),
                },
                "music",
                "<Music><Description><![CDATA[d]]></Description><MusicUrl><![CDATA[u]]></MusicUrl>\
                 <HQMusicUrl><![CDATA[h]]></HQMusicUrl><ThumbMediaId><![CDATA[m]]></ThumbMediaId></Music>",
            ),
            (
                Reply::News { articles: vec![article("t")] },
                "news",
                "<ArticleCount>1</ArticleCount><Articles><item><Title><![CDATA[t]]></Title>\
                 <Description><![CDATA[d]]></Description><PicUrl><![CDATA[p]]></PicUrl>\
                 <Url><![CDATA[u]]></Url></item></Articles>",
            ),
            (Reply::TransferCustomerService { kf_account: None }, "transfer_customer_service", ""),
            (
                Reply::TransferCustomerService { kf_account: some("a@b") },
                "transfer_customer_service",
                "<TransInfo><KfAccount><![CDATA[a@b]]></KfAccount></TransInfo>",
            ),
        ];
        for (reply, message_type, fields) in cases {
            assert_eq!(rendered(&reply), format!("<MsgType><![CDATA[{message_type}]]></MsgType>{fields}"));
        }
    }

    #[test]
    fn a_long_text_is_cut_between_characters() {
        let fits = "a".repeat(TEXT_BYTES_MAX);
        assert_eq!(shown(&fits), Ok(fits.clone()));
        let cut = shown(&"好".repeat(1_000)).unwrap();
        assert_eq!(cut, format!("{}…", "好".repeat(681)));
        assert!(cut.len() <= TEXT_BYTES_MAX);
    }

    #[test]
    fn what_would_show_the_failure_bubble_is_an_error() {
        let error = |reply: &Reply, push: &Push| to_tree(reply, push, NOW).unwrap_err();
        for blank in ["", " \n\u{3000}", "\0\u{1F}"] {
            assert_eq!(error(&text(blank), &message()), ReplyError::Blank, "{blank:?}");
        }
        let nothing = Reply::Image { media_id: String::new() };
        assert_eq!(error(&nothing, &message()), ReplyError::Missing("MediaId"));
        let many = |count| Reply::News { articles: vec![article("t"); count] };
        assert_eq!(error(&many(2), &message()), ReplyError::Articles { count: 2, max: 1 });
        assert_eq!(error(&many(0), &event()), ReplyError::Articles { count: 0, max: 8 });
        assert_eq!(error(&many(9), &event()), ReplyError::Articles { count: 9, max: 8 });
        assert!(to_tree(&many(8), &event(), NOW).is_ok());
        let transfer = Reply::TransferCustomerService { kf_account: None };
        assert_eq!(error(&transfer, &event()), ReplyError::TransferOfEvent);
    }
}
