//! Which `ConversationObject` holds a conversation.

use super::digest::sha256;
use super::id::ConversationId;
use super::limits::SHARDS_MAX;
use serde::{Deserialize, Serialize};

/// How conversations are spread over objects. Fixed when the state is created: under another choice the same
/// customer would be looked for in another object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "mode", rename_all = "snake_case", deny_unknown_fields)]
pub enum Addressing {
    /// One object per customer: scale without limit, near the customer.
    PerCustomer,
    /// A fixed number of objects: what one machine serves most cheaply.
    Sharded {
        /// 1 to [`SHARDS_MAX`].
        shards: u16,
    },
}

/// The name of the object that holds `conversation`.
///
/// With K = [`ConversationId::key`] in UTF-8: per customer, the name is K. Sharded, it is `shard-` and the shard
/// in four digits, where shard = (the first eight bytes of SHA-256(K) as a big-endian number) mod `shards`.
pub fn address(addressing: &Addressing, conversation: &ConversationId) -> String {
    let key = conversation.key();
    match *addressing {
        Addressing::PerCustomer => key,
        Addressing::Sharded { shards } => {
            let digest = sha256(&[key.as_bytes()]);
            let head = digest.iter().take(8).fold(0_u64, |head, byte| (head << 8) | u64::from(*byte));
            // Settings are checked when they are read; a zero here must not take the isolate down.
            let shard = head % u64::from(shards.clamp(1, SHARDS_MAX));
            format!("shard-{shard:04}")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn conversation(channel: &str, customer: &str) -> ConversationId {
        ConversationId { channel: channel.into(), customer: customer.into() }
    }

    /// Made with `printf %s KEY | sha256sum`, taken modulo by hand. They may never change.
    #[test]
    fn the_address_of_a_conversation_is_for_ever() {
        let vectors = [
            ("main", "oA", 1, "shard-0000"),
            ("main", "oA", 16, "shard-0001"),
            ("main", "oA", 1024, "shard-0465"),
            ("main", "o6_bmjrPTlm6_2sgVt7hMZOPfL2M", 16, "shard-0008"),
            ("second", "o6_bmjrPTlm6_2sgVt7hMZOPfL2M", 16, "shard-0010"),
            ("main", "", 7, "shard-0006"),
            ("main", "客户", 1024, "shard-0077"),
        ];
        for (channel, customer, shards, name) in vectors {
            let found = address(&Addressing::Sharded { shards }, &conversation(channel, customer));
            assert_eq!(found, name, "{channel}/{customer} over {shards}");
        }
        assert_eq!(address(&Addressing::PerCustomer, &conversation("main", "oA")), "main/oA");
    }

    #[test]
    fn shards_are_evenly_filled() {
        let mut filled = [0_u32; 16];
        for customer in 0..16_000 {
            let id = conversation("main", &format!("o{customer}"));
            let name = address(&Addressing::Sharded { shards: 16 }, &id);
            filled[name["shard-".len()..].parse::<usize>().unwrap()] += 1;
        }
        assert!(filled.iter().all(|count| (850..1150).contains(count)), "{filled:?}");
    }

    #[test]
    fn the_setting_reads_as_written_in_the_protocol() {
        let sharded = Addressing::Sharded { shards: 16 };
        assert_eq!(serde_json::to_string(&sharded).unwrap(), r#"{"mode":"sharded","shards":16}"#);
        assert_eq!(serde_json::to_string(&Addressing::PerCustomer).unwrap(), r#"{"mode":"per_customer"}"#);
    }
}
