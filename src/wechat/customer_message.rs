//! Customer-service messages: what may be said outside of the reply to a push (protocol 4.1, 4.2).

use super::xml::without_forbidden;
use crate::base::id::CustomerId;
use crate::base::limits::TEXT_BYTES_MAX;
use crate::base::message::OutboundContent;
use serde_json::json;
use thiserror::Error;

/// Why a message would be refused by WeChat.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum ContentError {
    /// Nothing in it can be seen (44004).
    #[error("a message may not be blank")]
    Blank,
    /// Of a kind that cannot be sent so.
    #[error("this kind of message cannot be sent to a customer of this channel")]
    Kind,
    /// Longer than [`TEXT_BYTES_MAX`] (45002).
    #[error("a message has at most {TEXT_BYTES_MAX} bytes, not {bytes}")]
    TooLong {
        /// How many it has.
        bytes: usize,
    },
}

/// The JSON body of `custom/send`, in plain UTF-8: WeChat shows `\u…` escapes as they are.
pub fn render(customer: &CustomerId, content: &OutboundContent) -> Result<String, ContentError> {
    let OutboundContent::Text { text } = content else { return Err(ContentError::Kind) };
    // Control characters could only travel as escapes.
    let text = without_forbidden(text);
    if text.trim().is_empty() {
        return Err(ContentError::Blank);
    }
    if text.len() > TEXT_BYTES_MAX {
        return Err(ContentError::TooLong { bytes: text.len() });
    }
    Ok(json!({ "touser": customer.as_str(), "msgtype": "text", "text": { "content": text } }).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rendered(text: &str) -> Result<String, ContentError> {
        render(&"o1".into(), &OutboundContent::Text { text: text.to_owned() })
    }

    #[test]
    fn text_travels_as_plain_utf8() {
        let body = rendered("你好😀 <a>\"\\/\u{7F}\u{2028}\n\t\u{1D}").unwrap();
        assert!(!body.contains("\\u"), "{body}");
        let body: serde_json::Value = serde_json::from_str(&body).unwrap();
        let text = "你好😀 <a>\"\\/\u{7F}\u{2028}\n\t";
        assert_eq!(body, json!({ "touser": "o1", "msgtype": "text", "text": { "content": text } }));
    }

    #[test]
    fn what_wechat_would_refuse_is_an_error() {
        for blank in ["", " \n", "\u{1D}\u{3000}"] {
            assert_eq!(rendered(blank), Err(ContentError::Blank), "{blank:?}");
        }
        assert!(rendered(&"a".repeat(TEXT_BYTES_MAX)).is_ok());
        assert_eq!(rendered(&"好".repeat(683)), Err(ContentError::TooLong { bytes: 2_049 }));
    }
}
