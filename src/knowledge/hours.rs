//! Opening hours: when people answer, by the company's own clock.
//!
//! A day's hours are those of `open` for its date, else none if its date is in `closed`, else those of its
//! weekday. A span whose end is not after its start runs past midnight and belongs to the day it starts on.

use crate::base::limits::OPENING_AHEAD_DAYS_MAX;
use crate::base::time::{DAY_MS, MINUTE_MS, TimeMs, civil};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

const DAY_MINUTES: u32 = 24 * 60;

/// When people answer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hours {
    /// The hours of each weekday; one that is missing is closed.
    pub weekly: BTreeMap<Weekday, Vec<Span>>,
    /// Dates without hours.
    #[serde(default)]
    pub closed: BTreeSet<Date>,
    /// Dates with hours of their own, such as make-up working days.
    #[serde(default)]
    pub open: BTreeMap<Date, Vec<Span>>,
}

/// A day of the week.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Weekday {
    /// Monday.
    Mon,
    /// Tuesday.
    Tue,
    /// Wednesday.
    Wed,
    /// Thursday.
    Thu,
    /// Friday.
    Fri,
    /// Saturday.
    Sat,
    /// Sunday.
    Sun,
}

const WEEK: [(Weekday, &str); 7] = [
    (Weekday::Mon, "周一"),
    (Weekday::Tue, "周二"),
    (Weekday::Wed, "周三"),
    (Weekday::Thu, "周四"),
    (Weekday::Fri, "周五"),
    (Weekday::Sat, "周六"),
    (Weekday::Sun, "周日"),
];

/// From one time of day to another, as written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span(pub String, pub String);

impl Span {
    /// Minutes from the day's midnight to the start and to the end; the end is after the start and may lie in
    /// the next day. `None` when one is not `HH:MM` (`24:00` may end a span).
    pub fn minutes(&self) -> Option<(u32, u32)> {
        let (start, end) = (minute_of_day(&self.0)?, minute_of_day(&self.1)?);
        (start < DAY_MINUTES).then_some((start, if end <= start { end + DAY_MINUTES } else { end }))
    }
}

/// A date as written, `YYYY-MM-DD`, which is also its order.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Date(pub String);

impl Date {
    /// The date so many days after 1970-01-01.
    pub fn from_epoch_day(day: i64) -> Self {
        let (year, month, day) = civil(day);
        Self(format!("{year:04}-{month:02}-{day:02}"))
    }

    /// Days since 1970-01-01; `None` when it is not a date of the calendar.
    pub fn epoch_day(&self) -> Option<i64> {
        let mut parts = self.0.split('-');
        let mut number = |digits: usize| -> Option<i64> {
            let part = parts.next()?;
            (part.len() == digits && part.bytes().all(|b| b.is_ascii_digit())).then(|| part.parse().ok())?
        };
        let (year, month, day) = (number(4)?, number(2)?, number(2)?);
        let found = epoch_day(year, month, day);
        (parts.next().is_none() && Self::from_epoch_day(found) == *self).then_some(found)
    }
}

/// The hours with their clock.
#[derive(Clone, Copy, Debug)]
pub struct Clock<'a> {
    /// When people answer.
    pub hours: &'a Hours,
    /// Minutes east of UTC.
    pub utc_offset_minutes: i32,
}

impl Clock<'_> {
    /// Whether people answer at `now`.
    pub fn is_open(&self, now: TimeMs) -> bool {
        let (day, minute) = self.local(now);
        let in_span = |day: i64, minute: u32| {
            self.hours
                .spans_on(day)
                .iter()
                .filter_map(Span::minutes)
                .any(|(start, end)| (start..end).contains(&minute))
        };
        in_span(day, minute) || in_span(day - 1, minute + DAY_MINUTES)
    }

    /// When people answer next, in words: 今天 09:00, 明天 09:00, 11月24日（周二） 09:00. `None` when there is no
    /// opening within [`OPENING_AHEAD_DAYS_MAX`] days.
    pub fn next_opening_words(&self, now: TimeMs) -> Option<String> {
        let (today, minute) = self.local(now);
        (0..=OPENING_AHEAD_DAYS_MAX).find_map(|ahead| {
            let spans = self.hours.spans_on(today + ahead);
            let span =
                spans.iter().find(|s| s.minutes().is_some_and(|(start, _)| ahead > 0 || start > minute))?;
            Some(format!("{} {}", day_words(today, ahead), span.0))
        })
    }

    /// Days since 1970-01-01, by this clock.
    pub fn day(&self, now: TimeMs) -> i64 {
        self.local(now).0
    }

    /// Days since 1970-01-01 and the minute of the day, by the company's clock.
    fn local(&self, now: TimeMs) -> (i64, u32) {
        let local = now + i64::from(self.utc_offset_minutes) * MINUTE_MS;
        let minute = local.0.rem_euclid(DAY_MS) / MINUTE_MS;
        (local.0.div_euclid(DAY_MS), u32::try_from(minute).unwrap_or_default())
    }
}

impl Hours {
    /// The weekly hours in words: 周一至周五 09:00–21:00，周六、周日 10:00–18:00. Days without hours are left out.
    pub fn words(&self) -> String {
        let mut groups: Vec<(usize, usize, String)> = Vec::new();
        for (index, (weekday, _)) in WEEK.iter().enumerate() {
            let spans = self.weekly.get(weekday).map(Vec::as_slice).unwrap_or_default();
            let words = spans.iter().map(|s| format!("{}–{}", s.0, s.1)).collect::<Vec<_>>().join("、");
            match groups.last_mut() {
                Some((_, last, same)) if *same == words => *last = index,
                _ => groups.push((index, index, words)),
            }
        }
        let name = |index: usize| WEEK.get(index).map_or("", |(_, name)| name);
        let shown = groups.iter().filter(|(_, _, words)| !words.is_empty()).map(|(first, last, words)| {
            let days = match last - first {
                0 => name(*first).to_owned(),
                1 => format!("{}、{}", name(*first), name(*last)),
                _ => format!("{}至{}", name(*first), name(*last)),
            };
            format!("{days} {words}")
        });
        shown.collect::<Vec<_>>().join("，")
    }

    fn spans_on(&self, day: i64) -> &[Span] {
        let date = Date::from_epoch_day(day);
        if let Some(spans) = self.open.get(&date) {
            return spans;
        }
        if self.closed.contains(&date) {
            return &[];
        }
        self.weekly.get(&weekday(day).0).map(Vec::as_slice).unwrap_or_default()
    }
}

fn weekday(day: i64) -> (Weekday, &'static str) {
    // 1970-01-01 was a Thursday.
    let index = usize::try_from((day + 3).rem_euclid(7)).unwrap_or_default();
    WEEK.get(index).copied().unwrap_or((Weekday::Mon, "周一"))
}

fn day_words(today: i64, ahead: i64) -> String {
    match ahead {
        0 => "今天".to_owned(),
        1 => "明天".to_owned(),
        _ => {
            let (_, month, day) = civil(today + ahead);
            format!("{month}月{day}日（{}）", weekday(today + ahead).1)
        }
    }
}

/// `HH:MM` as minutes; 00:00 to 24:00.
fn minute_of_day(text: &str) -> Option<u32> {
    let (hour, minute) = text.split_once(':')?;
    let number = |part: &str| -> Option<u32> {
        (part.len() == 2 && part.bytes().all(|b| b.is_ascii_digit())).then(|| part.parse().ok())?
    };
    let (hour, minute) = (number(hour)?, number(minute)?);
    let total = hour * 60 + minute;
    (minute < 60 && total <= DAY_MINUTES).then_some(total)
}

/// The inverse of [`civil`].
fn epoch_day(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let (era, year_of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let month_from_march = (month + 9).rem_euclid(12);
    let day_of_year = (153 * month_from_march + 2) / 5 + day - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::time::HOUR_MS;

    fn hours(json: &str) -> Hours {
        serde_json::from_str(json).unwrap()
    }

    /// A time on the company's clock, eight hours east.
    fn at(date: &str, hour: i64, minute: i64) -> TimeMs {
        let day = Date(date.to_owned()).epoch_day().unwrap();
        TimeMs(day * DAY_MS + (hour - 8) * HOUR_MS + minute * MINUTE_MS)
    }

    fn open(hours: &Hours, now: TimeMs) -> bool {
        Clock { hours, utc_offset_minutes: 480 }.is_open(now)
    }

    #[test]
    fn a_start_is_inside_and_an_end_is_outside() {
        let hours = hours(r#"{"weekly":{"mon":[["09:00","12:00"],["13:00","21:00"]]}}"#);
        // 2026-11-23 is a Monday.
        assert!(!open(&hours, at("2026-11-23", 8, 59)));
        assert!(open(&hours, at("2026-11-23", 9, 0)));
        assert!(!open(&hours, at("2026-11-23", 12, 0)));
        assert!(open(&hours, at("2026-11-23", 20, 59)));
        assert!(!open(&hours, at("2026-11-23", 21, 0)));
        assert!(!open(&hours, at("2026-11-24", 10, 0)), "a weekday that is missing is closed");
    }

    #[test]
    fn the_company_clock_decides_which_day_it_is() {
        let hours = hours(r#"{"weekly":{"mon":[["00:00","24:00"]]}}"#);
        assert!(!open(&hours, at("2026-11-22", 23, 59)));
        assert!(open(&hours, at("2026-11-23", 0, 0)), "Sunday 16:00 UTC is Monday midnight here");
        assert!(open(&hours, at("2026-11-23", 23, 59)));
        assert!(!open(&hours, at("2026-11-24", 0, 0)));
    }

    #[test]
    fn a_span_past_midnight_belongs_to_the_day_it_starts_on() {
        let hours = hours(r#"{"weekly":{"fri":[["20:00","02:00"]]},"closed":["2026-11-28"]}"#);
        // 2026-11-27 is a Friday; that Saturday is closed, but Friday's shift still ends then.
        assert!(open(&hours, at("2026-11-27", 23, 59)));
        assert!(open(&hours, at("2026-11-28", 1, 59)));
        assert!(!open(&hours, at("2026-11-28", 2, 0)));
        assert!(!open(&hours, at("2026-11-27", 1, 0)), "Thursday has no shift to run on");
    }

    #[test]
    fn a_closed_date_beats_the_week_and_a_make_up_day_beats_both() {
        let hours = hours(
            r#"{"weekly":{"thu":[["09:00","18:00"]]},"closed":["2026-10-01","2026-10-10"],
                "open":{"2026-10-10":[["10:00","16:00"]]}}"#,
        );
        assert!(!open(&hours, at("2026-10-01", 10, 0)), "a Thursday, but a holiday");
        assert!(open(&hours, at("2026-10-08", 10, 0)));
        assert!(open(&hours, at("2026-10-10", 10, 0)), "a Saturday, but a make-up day");
        assert!(!open(&hours, at("2026-10-10", 16, 0)));
    }

    #[test]
    fn the_next_opening_in_words() {
        let hours = hours(
            r#"{"weekly":{"mon":[["09:00","12:00"],["13:00","18:00"]],"tue":[["09:30","18:00"]]},
                "closed":["2026-11-30"]}"#,
        );
        let next = |now| Clock { hours: &hours, utc_offset_minutes: 480 }.next_opening_words(now);
        assert_eq!(next(at("2026-11-23", 8, 0)).as_deref(), Some("今天 09:00"));
        assert_eq!(next(at("2026-11-23", 12, 30)).as_deref(), Some("今天 13:00"));
        assert_eq!(next(at("2026-11-23", 19, 0)).as_deref(), Some("明天 09:30"));
        assert_eq!(next(at("2026-11-24", 18, 0)).as_deref(), Some("12月1日（周二） 09:30"));
        let never = Hours::default();
        assert_eq!(Clock { hours: &never, utc_offset_minutes: 0 }.next_opening_words(TimeMs(0)), None);
    }

    #[test]
    fn the_week_in_words() {
        let hours = hours(
            r#"{"weekly":{"mon":[["09:00","21:00"]],"tue":[["09:00","21:00"]],"wed":[["09:00","21:00"]],
                "sat":[["10:00","12:00"],["13:00","18:00"]],"sun":[["10:00","12:00"],["13:00","18:00"]]}}"#,
        );
        assert_eq!(hours.words(), "周一至周三 09:00–21:00，周六、周日 10:00–12:00、13:00–18:00");
        assert_eq!(Hours::default().words(), "");
    }

    #[test]
    fn only_dates_of_the_calendar_are_dates() {
        for day in [-719_468, -1, 0, 59, 11_016, 20_000, 2_932_896] {
            assert_eq!(Date::from_epoch_day(day).epoch_day(), Some(day));
        }
        assert_eq!(Date("2024-02-29".into()).epoch_day(), Some(19_782));
        for bad in
            ["2026-02-29", "2026-13-01", "2026-1-1", "2026-01-01-", "2026-01-00", "+026-01-01", "今天", ""]
        {
            assert_eq!(Date(bad.into()).epoch_day(), None, "{bad}");
        }
    }

    #[test]
    fn only_times_of_day_are_times() {
        for bad in ["9:00", "24:01", "12:60", "ab:cd", "12", "", "-1:00", "１2:00"] {
            assert_eq!(minute_of_day(bad), None, "{bad}");
        }
        assert_eq!(Span("24:00".into(), "01:00".into()).minutes(), None, "nothing starts at a day's end");
        assert_eq!(Span("09:00".into(), "24:00".into()).minutes(), Some((540, 1_440)));
        assert_eq!(Span("09:00".into(), "09:00".into()).minutes(), Some((540, 1_980)), "round the clock");
    }
}
