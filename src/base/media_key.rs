//! The name under which a file is kept: its conversation's folder, and 128 random bits that nobody can guess.

use super::digest::{hex, sha256};
use super::id::{ConversationId, MediaKey};

/// Hexadecimal digits of the folder.
const FOLDER_DIGITS: usize = 16;
/// Hexadecimal digits of the name in it.
const NAME_DIGITS: usize = 32;

impl MediaKey {
    /// A new name for a file of this conversation. `luck` must be fresh.
    pub fn new(conversation: &ConversationId, luck: [u8; 16]) -> Self {
        Self(format!("{}{}", Self::folder(conversation), hex(&luck)))
    }

    /// What the names of all files of a conversation begin with.
    pub fn folder(conversation: &ConversationId) -> String {
        let digest = hex(&sha256(&[conversation.key().as_bytes()]));
        format!("{}/", digest.get(..FOLDER_DIGITS).unwrap_or_default())
    }

    /// Reads a name as somebody shows it; nothing when no file is ever called so.
    pub fn parse(text: &str) -> Option<Self> {
        let is_hex = |text: &str| text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        let (folder, name) = text.split_once('/')?;
        let is_key =
            folder.len() == FOLDER_DIGITS && name.len() == NAME_DIGITS && is_hex(folder) && is_hex(name);
        is_key.then(|| Self(text.to_owned()))
    }

    /// Whether it is in this conversation's folder.
    pub fn is_in(&self, conversation: &ConversationId) -> bool {
        self.as_str().starts_with(&Self::folder(conversation))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_belongs_to_one_conversation_and_reads_back() {
        let own = ConversationId { channel: "main".into(), customer: "o1".into() };
        let other = ConversationId { channel: "main".into(), customer: "o2".into() };
        let key = MediaKey::new(&own, [0xAB; 16]);
        // By another program: printf main/o1 | sha256sum
        assert_eq!(key.as_str(), "3ba23c3a5e5b6a29/abababababababababababababababab");
        assert!(key.is_in(&own) && !key.is_in(&other));
        assert_eq!(MediaKey::parse(key.as_str()), Some(key));
    }

    #[test]
    fn no_other_text_is_a_name() {
        let name = "ab".repeat(16);
        for text in [
            "",
            "/",
            &name,
            &format!("3ba23c3a5e5b6a2/{name}"),
            &format!("3ba23c3a5e5b6a29/{name}0"),
            &format!("3BA23C3A5E5B6A29/{name}"),
            &format!("3ba23c3a5e5b6a29/../{}", "ab".repeat(14)),
            &format!("../{}/{name}", "a".repeat(13)),
        ] {
            assert_eq!(MediaKey::parse(text), None, "{text}");
        }
    }
}
