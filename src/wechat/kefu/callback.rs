//! The callback of WeCom's customer service: always encrypted, and a knock rather than a message (protocol 9.1).
//!
//! The URL check is [`crate::wechat::callback::verify_url`]: WeCom's carries `msg_signature` and an encrypted `echostr`.

use crate::base::limits::{KEFU_ID_BYTES_MAX, KEFU_PULL_TOKEN_BYTES_MAX};
use crate::base::time::TimeMs;
use crate::wechat::callback::{Account, Refusal, check_size, unseal};
use crate::wechat::inbound::Incomplete;
use crate::wechat::query::Query;
use crate::wechat::secret::Secret;
use crate::wechat::tree::{Node, Value};

/// What a callback says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Push {
    /// There is something to pull. One may stand for many messages, and several for none.
    Messages {
        /// What to pull with, for ten minutes.
        token: Option<Secret>,
        /// The account that it is about.
        open_kfid: String,
    },
    /// Which accounts we may act for has changed.
    Accounts {
        /// Accounts entrusted to us.
        added: Vec<String>,
        /// Accounts taken away from us.
        removed: Vec<String>,
    },
    /// Anything else.
    Other {
        /// The event's name, or the message's type, lower case.
        event: String,
    },
}

/// Verifies, decrypts and reads a `POST`. `account.appid` is the corpid, to which envelopes and pushes are addressed.
///
/// `query` is the raw query, `freshness_s` how far its timestamp may be from `now`, before or after. What is not
/// encrypted is refused, whatever the account's mode.
pub fn open(
    account: &Account,
    query: &str,
    body: &[u8],
    now: TimeMs,
    freshness_s: u32,
) -> Result<Push, Refusal> {
    check_size(body)?;
    let keys = account.mode.keys().ok_or(Refusal::Encrypted)?;
    let query = Query::parse(query)?;
    let (root, _) = unseal(account, keys, &query, body, now, freshness_s)?;
    if root.word_of("ToUserName") != account.appid {
        return Err(Refusal::OriginalId);
    }
    Ok(Push::parse(&root)?)
}

impl Push {
    fn parse(root: &Node) -> Result<Self, Incomplete> {
        let message_type = root.word_of("MsgType").to_ascii_lowercase();
        let name = root.word_of("Event").to_ascii_lowercase();
        match (message_type.as_str(), name.as_str()) {
            ("", _) => Err(Incomplete("MsgType")),
            ("event", "") => Err(Incomplete("Event")),
            ("event", "kf_msg_or_event") => {
                let open_kfid = word(root, "OpenKfId", KEFU_ID_BYTES_MAX).ok_or(Incomplete("OpenKfId"))?;
                // Without it a pull works as well, but less often.
                let token = word(root, "Token", KEFU_PULL_TOKEN_BYTES_MAX).map(Secret::new);
                Ok(Self::Messages { token, open_kfid })
            }
            ("event", "kf_account_auth_change") => Ok(Self::Accounts {
                added: words(root, "AuthAddOpenKfId"),
                removed: words(root, "AuthDelOpenKfId"),
            }),
            ("event", _) => Ok(Self::Other { event: name }),
            _ => Ok(Self::Other { event: message_type }),
        }
    }
}

fn word(root: &Node, name: &str, bytes_max: usize) -> Option<String> {
    let word = root.word_of(name);
    (!word.is_empty() && word.len() <= bytes_max).then(|| word.to_owned())
}

fn words(root: &Node, name: &str) -> Vec<String> {
    let text = |node: &Node| match &node.value {
        Value::Text(text) => Some(text.trim().to_owned()),
        Value::Number(_) | Value::Children(_) => None,
    };
    let usable = |word: &String| !word.is_empty() && word.len() <= KEFU_ID_BYTES_MAX;
    root.all(name).filter_map(text).filter(usable).collect()
}
