//! The opening hours of one channel, where it does not keep the company's: read, checked, ready to ask.

use super::check;
use super::document::{FaultCode, KnowledgeFault};
use super::hours::{Date, Hours, Span, Weekday};
use crate::base::limits::CHANNEL_HOURS_BYTES_MAX;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Opening hours that have been checked. As JSON they are what they were read from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Written", into = "Written")]
pub struct ChannelHours {
    utc_offset_minutes: Option<i32>,
    hours: Hours,
    words: String,
}

impl ChannelHours {
    /// When people answer.
    pub const fn hours(&self) -> &Hours {
        &self.hours
    }

    /// The week in words, as `{hours}` says it.
    pub fn words(&self) -> &str {
        &self.words
    }

    /// The channel's own clock, in minutes east of UTC; `None`: the company's.
    pub const fn utc_offset_minutes(&self) -> Option<i32> {
        self.utc_offset_minutes
    }
}

/// Reads the document's `hours` (section 5 of `docs/PROTOCOL.md`), perhaps with a `utc_offset_minutes` of its own.
///
/// # Errors
/// Every fault found, with paths from the root of `json`: `weekly.mon[0]`. What has not the right shape has one
/// fault, [`FaultCode::Shape`].
pub fn parse(json: &[u8]) -> Result<ChannelHours, Vec<KnowledgeFault>> {
    let whole = |code, message| vec![KnowledgeFault { path: String::new(), code, message }];
    if json.len() > CHANNEL_HOURS_BYTES_MAX {
        let message = format!("has {} bytes, at most {CHANNEL_HOURS_BYTES_MAX} are read", json.len());
        return Err(whole(FaultCode::TooLong, message));
    }
    let written: Written =
        serde_json::from_slice(json).map_err(|error| whole(FaultCode::Shape, error.to_string()))?;
    checked(written)
}

fn checked(written: Written) -> Result<ChannelHours, Vec<KnowledgeFault>> {
    let Written { utc_offset_minutes, weekly, closed, open } = written;
    let hours = Hours { weekly, closed, open };
    let faults = check::hours_faults(utc_offset_minutes, &hours);
    if !faults.is_empty() {
        return Err(faults);
    }
    Ok(ChannelHours { words: hours.words(), utc_offset_minutes, hours })
}

/// The hours as written. It repeats [`Hours`], since serde cannot flatten and deny unknown fields at once.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    utc_offset_minutes: Option<i32>,
    weekly: BTreeMap<Weekday, Vec<Span>>,
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    closed: BTreeSet<Date>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    open: BTreeMap<Date, Vec<Span>>,
}

impl TryFrom<Written> for ChannelHours {
    type Error = String;

    fn try_from(written: Written) -> Result<Self, String> {
        checked(written).map_err(|faults| {
            let faults = faults.iter().map(|fault| format!("{}: {}", fault.path, fault.message));
            faults.collect::<Vec<_>>().join("; ")
        })
    }
}

impl From<ChannelHours> for Written {
    fn from(own: ChannelHours) -> Self {
        let Hours { weekly, closed, open } = own.hours;
        Self { utc_offset_minutes: own.utc_offset_minutes, weekly, closed, open }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_read_is_written_again() {
        for json in [
            r#"{"weekly":{}}"#,
            r#"{"utc_offset_minutes":-300,"weekly":{"mon":[["09:00","12:00"]]},"closed":["2026-10-01"],"open":{"2026-10-10":[["20:00","02:00"]]}}"#,
        ] {
            let read = parse(json.as_bytes()).unwrap();
            assert_eq!(serde_json::to_string(&read).unwrap(), json);
            assert_eq!(serde_json::from_str::<ChannelHours>(json).unwrap(), read);
        }
    }

    #[test]
    fn faults_have_their_place_and_unchecked_hours_do_not_exist() {
        let bad = r#"{"utc_offset_minutes":841,"weekly":{"mon":[["9:00","12:00"]]},"open":{"tomorrow":[]}}"#;
        let found: Vec<_> =
            parse(bad.as_bytes()).unwrap_err().into_iter().map(|fault| (fault.path, fault.code)).collect();
        let expected = [
            ("utc_offset_minutes".to_owned(), FaultCode::OutOfRange),
            ("weekly.mon[0]".to_owned(), FaultCode::BadTime),
            ("open".to_owned(), FaultCode::BadDate),
        ];
        assert_eq!(found, expected);
        let told = serde_json::from_str::<ChannelHours>(bad).unwrap_err().to_string();
        assert!(told.contains("weekly.mon[0]"), "{told}");
        for (bad, code) in [
            (r#"{"weekly":{},"lunch":1}"#.to_owned(), FaultCode::Shape),
            ("null".to_owned(), FaultCode::Shape),
            (" ".repeat(CHANNEL_HOURS_BYTES_MAX + 1), FaultCode::TooLong),
        ] {
            let faults = parse(bad.as_bytes()).unwrap_err();
            assert_eq!(faults.iter().map(|fault| fault.code).collect::<Vec<_>>(), [code]);
        }
    }
}
