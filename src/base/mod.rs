//! L0, the words everything else is said in: ids, time, channel-neutral messages, limits.

pub mod id;
pub mod limits;
pub mod message;
pub mod staff;
pub mod text;
pub mod time;
