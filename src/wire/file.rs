//! Files as the console and scripts get them: part of one at a time, and under which name.

use crate::wechat::media::{percent_decoded, safe_name};

/// Which bytes of a file are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Span {
    /// All of it.
    Whole,
    /// So many from there on; at least one.
    Part {
        /// The first.
        offset: u64,
        /// How many.
        length: u64,
    },
    /// None that it has.
    Outside,
}

impl Span {
    /// Reads a `Range` header for a file of `bytes`. What is not one range of bytes counts as not said, as HTTP lets it
    /// (RFC 9110, 14.2).
    pub fn read(header: Option<&str>, bytes: u64) -> Self {
        Self::of(header, bytes).unwrap_or(Self::Whole)
    }

    fn of(header: Option<&str>, bytes: u64) -> Option<Self> {
        let (first, last) = header?.strip_prefix("bytes=")?.split_once('-')?;
        let number = |text: &str| match text.bytes().all(|byte| byte.is_ascii_digit()) {
            true => text.parse::<u64>().ok(),
            false => None,
        };
        let (offset, end) = match (first, last) {
            ("", last) => (bytes.saturating_sub(number(last)?), bytes),
            (first, "") => (number(first)?, bytes),
            (first, last) => (number(first)?, number(last)?.saturating_add(1)),
        };
        if !first.is_empty() && end <= offset && end < bytes {
            return None;
        }
        match end.min(bytes).checked_sub(offset) {
            Some(length) if length > 0 => Some(Self::Part { offset, length }),
            _ => Some(Self::Outside),
        }
    }
}

/// A file's name as `x-file-name` gives it: UTF-8, percent-encoded. Without folders and control characters.
pub fn given_name(header: Option<&str>) -> Option<String> {
    percent_decoded(header?.as_bytes()).and_then(|name| safe_name(&name))
}

/// `Content-Disposition`: `encoded` is the name, percent-encoded.
pub fn disposition(inline: bool, encoded: &str) -> String {
    let way = if inline { "inline" } else { "attachment" };
    format!("{way}; filename*=UTF-8''{encoded}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_range_of_bytes_is_understood() {
        let part = |offset, length| Span::Part { offset, length };
        let cases = [
            (None, Span::Whole),
            (Some("bytes=0-"), part(0, 100)),
            (Some("bytes=0-0"), part(0, 1)),
            (Some("bytes=10-19"), part(10, 10)),
            (Some("bytes=90-1000"), part(90, 10)),
            (Some("bytes=-5"), part(95, 5)),
            (Some("bytes=-500"), part(0, 100)),
            (Some("bytes=100-"), Span::Outside),
            (Some("bytes=200-300"), Span::Outside),
            (Some("bytes=-0"), Span::Outside),
            (Some("bytes=5-4"), Span::Whole),
            (Some("bytes=0-1,5-6"), Span::Whole),
            (Some("bytes=+1-2"), Span::Whole),
            (Some("lines=1-2"), Span::Whole),
            (Some("bytes=99999999999999999999-"), Span::Whole),
        ];
        for (header, expected) in cases {
            assert_eq!(Span::read(header, 100), expected, "{header:?}");
        }
        assert_eq!(Span::read(Some("bytes=0-"), 0), Span::Outside);
    }

    #[test]
    fn a_name_is_decoded_and_has_no_folder() {
        assert_eq!(given_name(Some("%E5%8F%91%E7%A5%A8.pdf")).as_deref(), Some("发票.pdf"));
        assert_eq!(given_name(Some("..%2F..%2Fetc%2Fpasswd")).as_deref(), Some("passwd"));
        for header in [None, Some(""), Some("%"), Some("%FF"), Some(".."), Some("a%2F")] {
            assert_eq!(given_name(header), None, "{header:?}");
        }
        assert_eq!(disposition(false, "a%22.pdf"), "attachment; filename*=UTF-8''a%22.pdf");
    }
}
