//! Circumstances: what the edge knows of a message beside its content.

use super::channel_hours::ChannelHours;
use super::hours::Clock;
use crate::base::id::ChannelId;
use crate::base::time::TimeMs;

/// Where a message came from.
#[derive(Clone, Copy, Debug)]
pub struct Circumstances<'a> {
    /// Its channel.
    pub channel: &'a ChannelId,
    /// The channel's own opening hours; `None`: the company's.
    pub hours: Option<&'a ChannelHours>,
}

/// The moment of one proposal: when and where a message came, and whose hours count there.
#[derive(Clone, Copy)]
pub(super) struct Moment<'a> {
    pub now: TimeMs,
    /// Days since 1970-01-01 by the company's own clock: whether an entry is valid does not follow a channel's.
    pub day: i64,
    pub channel: &'a ChannelId,
    pub clock: Clock<'a>,
    pub hours_words: &'a str,
}
