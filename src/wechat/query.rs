//! The query of a callback: each parameter at most once, so that nobody can show us one value and sign another.

use crate::base::limits::CALLBACK_QUERY_BYTES_MAX;
use thiserror::Error;

/// Why a query is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum QueryError {
    /// Longer than [`CALLBACK_QUERY_BYTES_MAX`].
    #[error("the query is too long")]
    TooLong,
    /// A parameter occurs twice.
    #[error("the query has {0} twice")]
    Duplicate(&'static str),
    /// A parameter is absent or empty.
    #[error("the query has no {0}")]
    Missing(&'static str),
    /// A value is not percent-encoded UTF-8, or not of its kind.
    #[error("the query's {0} is malformed")]
    Malformed(&'static str),
}

/// What WeChat sends in a callback's query. An empty value counts as absent; `openid` is not signed, so unread.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Query {
    pub(super) signature: Option<String>,
    pub(super) msg_signature: Option<String>,
    pub(super) timestamp: Option<String>,
    pub(super) nonce: Option<String>,
    pub(super) encrypt_type: Option<String>,
    pub(super) echostr: Option<String>,
}

impl Query {
    pub(super) fn parse(raw: &str) -> Result<Self, QueryError> {
        if raw.len() > CALLBACK_QUERY_BYTES_MAX {
            return Err(QueryError::TooLong);
        }
        let mut query = Self::default();
        let mut seen = Vec::new();
        for pair in raw.trim_start_matches('?').split('&') {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let Some((name, slot)) = query.slot(name) else { continue };
            if seen.contains(&name) {
                return Err(QueryError::Duplicate(name));
            }
            seen.push(name);
            let value = percent_decoded(value).ok_or(QueryError::Malformed(name))?;
            *slot = Some(value).filter(|value| !value.is_empty());
        }
        Ok(query)
    }

    /// The signed timestamp as text and as unix seconds.
    pub(super) fn timestamp(&self) -> Result<(&str, i64), QueryError> {
        const NAME: &str = "timestamp";
        let text = self.timestamp.as_deref().ok_or(QueryError::Missing(NAME))?;
        if !text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(QueryError::Malformed(NAME));
        }
        Ok((text, text.parse().map_err(|_| QueryError::Malformed(NAME))?))
    }

    /// The signed nonce.
    pub(super) fn nonce(&self) -> Result<&str, QueryError> {
        self.nonce.as_deref().ok_or(QueryError::Missing("nonce"))
    }

    fn slot(&mut self, name: &str) -> Option<(&'static str, &mut Option<String>)> {
        Some(match name {
            "signature" => ("signature", &mut self.signature),
            "msg_signature" => ("msg_signature", &mut self.msg_signature),
            "timestamp" => ("timestamp", &mut self.timestamp),
            "nonce" => ("nonce", &mut self.nonce),
            "encrypt_type" => ("encrypt_type", &mut self.encrypt_type),
            "echostr" => ("echostr", &mut self.echostr),
            _ => return None,
        })
    }
}

/// `+` stays itself: none of these values holds a space, and base64 holds plus signs.
fn percent_decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let mut digit = || char::from(rest.next()?).to_digit(16);
        bytes.push(u8::try_from(digit()? * 16 + digit()?).ok()?);
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_decoded_once() {
        let query =
            Query::parse("?nonce=%E4%BD%A0%2541&echostr=a+b%2Fc%3D&openid=o1&openid=o2&signature=").unwrap();
        assert_eq!(query.nonce(), Ok("你%41"));
        assert_eq!(query.echostr.as_deref(), Some("a+b/c="));
        assert_eq!(query.signature, None);
    }

    #[test]
    fn doubtful_queries_are_refused() {
        assert_eq!(Query::parse("nonce=1&nonce=1"), Err(QueryError::Duplicate("nonce")));
        assert_eq!(Query::parse("nonce=&nonce=1"), Err(QueryError::Duplicate("nonce")));
        for value in ["%", "%4", "%zz", "%ff", "%+1"] {
            assert_eq!(
                Query::parse(&format!("nonce={value}")),
                Err(QueryError::Malformed("nonce")),
                "{value}"
            );
        }
        assert_eq!(Query::parse(&"a".repeat(CALLBACK_QUERY_BYTES_MAX + 1)), Err(QueryError::TooLong));
    }

    #[test]
    fn a_timestamp_is_decimal_seconds() {
        let timestamp = |text: &str| Query::parse(text).unwrap().timestamp().map(|(_, seconds)| seconds);
        assert_eq!(timestamp("timestamp=1700000000"), Ok(1_700_000_000));
        assert_eq!(timestamp(""), Err(QueryError::Missing("timestamp")));
        for text in ["timestamp=-1", "timestamp=%2B1", "timestamp=1.5", "timestamp=99999999999999999999"] {
            assert_eq!(timestamp(text), Err(QueryError::Malformed("timestamp")), "{text}");
        }
    }
}
