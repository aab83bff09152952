//! L0, the words everything else is said in: ids, time, turns, channel-neutral messages, limits.

pub mod address;
pub mod channel;
pub mod digest;
pub mod id;
pub mod limits;
pub mod media_key;
pub mod media_type;
pub mod message;
pub mod secret;
pub mod staff;
pub mod text;
pub mod time;
pub mod turn;
