//! The ZIP container of an XLSX file, as far as such files use it: stored and deflated parts, one disk, no password.
//!
//! Every bound holds before memory is spent: parts are found without unpacking, and unpacked piece by piece.

use crate::base::limits::{TABLE_PARTS_MAX, TABLE_XML_BYTES_MAX, TABLE_XML_EVENT_BYTES_MAX};
use miniz_oxide::inflate::stream::{InflateState, inflate};
use miniz_oxide::{DataFormat, MZFlush, MZStatus};
use std::io::{BufRead, Error, ErrorKind, Read};

/// How a file with one begins.
pub const ARCHIVE_START: &[u8] = b"PK\x03\x04";
const CENTRAL_START: &[u8] = b"PK\x01\x02";
const END_START: &[u8] = b"PK\x05\x06";
/// The end record without its comment, and the longest comment.
const END_BYTES: usize = 22;
const COMMENT_BYTES_MAX: usize = 65_535;
const CENTRAL_BYTES: usize = 46;
const LOCAL_BYTES: usize = 30;
const STORED: u16 = 0;
const DEFLATED: u16 = 8;
/// What is unpacked at a time.
const PIECE_BYTES: usize = 32 * 1024;

/// An archive that has been looked through.
#[derive(Debug)]
pub struct Archive<'a> {
    bytes: &'a [u8],
    parts: Vec<Part>,
}

#[derive(Debug)]
struct Part {
    /// In small letters, without a slash in front: names of parts are compared so.
    name: String,
    deflated: bool,
    packed_bytes: usize,
    crc: u32,
    header_at: usize,
}

impl<'a> Archive<'a> {
    /// Looks through the directory at the archive's end. `None`: it is damaged, or none that we read.
    pub fn open(bytes: &'a [u8]) -> Option<Self> {
        let tail_at = bytes.len().saturating_sub(END_BYTES + COMMENT_BYTES_MAX);
        let tail = bytes.get(tail_at..)?;
        let end_at = tail_at + tail.windows(END_START.len()).rposition(|window| window == END_START)?;
        let end = bytes.get(end_at..end_at + END_BYTES)?;
        let count = usize::from(u16_at(end, 10)?);
        let mut at = u32_at(end, 16)? as usize;
        if u16_at(end, 4)? != 0 || count > TABLE_PARTS_MAX {
            return None;
        }
        let mut parts = Vec::with_capacity(count);
        for _ in 0..count {
            let (part, next) = Part::read(bytes, at)?;
            parts.push(part);
            at = next;
        }
        Some(Self { bytes, parts })
    }

    /// A part by its name. Outer `None`: there is none; inner: it is damaged.
    pub fn part(&self, name: &str) -> Option<Option<Unpacked<'a>>> {
        let name = name.trim_start_matches('/').to_lowercase();
        let part = self.parts.iter().find(|part| part.name == name)?;
        Some(Unpacked::new(self.bytes, part))
    }
}

impl Part {
    fn read(bytes: &[u8], at: usize) -> Option<(Self, usize)> {
        let header = bytes.get(at..at.checked_add(CENTRAL_BYTES)?)?;
        let (flags, method) = (u16_at(header, 8)?, u16_at(header, 10)?);
        let is_readable = header.starts_with(CENTRAL_START) && flags & 1 == 0;
        if !is_readable || (method != STORED && method != DEFLATED) {
            return None;
        }
        let length = |at: usize| u16_at(header, at).map(usize::from);
        let name_end = at + CENTRAL_BYTES + length(28)?;
        let name = String::from_utf8_lossy(bytes.get(at + CENTRAL_BYTES..name_end)?);
        let part = Self {
            name: name.replace('\\', "/").trim_start_matches('/').to_lowercase(),
            deflated: method == DEFLATED,
            packed_bytes: u32_at(header, 20)? as usize,
            crc: u32_at(header, 16)?,
            header_at: u32_at(header, 42)? as usize,
        };
        Some((part, name_end + length(30)? + length(32)?))
    }
}

/// A part as it is unpacked. Reading fails with [`ErrorKind::FileTooLarge`] beyond a bound, else as damaged.
pub struct Unpacked<'a> {
    packed: &'a [u8],
    state: Option<Box<InflateState>>,
    piece: Vec<u8>,
    read: usize,
    filled: usize,
    is_done: bool,
    crc: Crc,
    crc_expected: u32,
    unpacked_bytes: usize,
    since_event_bytes: usize,
}

impl<'a> Unpacked<'a> {
    fn new(bytes: &'a [u8], part: &Part) -> Option<Self> {
        let header = bytes.get(part.header_at..part.header_at.checked_add(LOCAL_BYTES)?)?;
        if !header.starts_with(ARCHIVE_START) {
            return None;
        }
        let names = usize::from(u16_at(header, 26)?) + usize::from(u16_at(header, 28)?);
        let at = part.header_at + LOCAL_BYTES + names;
        Some(Self {
            packed: bytes.get(at..at.checked_add(part.packed_bytes)?)?,
            state: part.deflated.then(|| InflateState::new_boxed(DataFormat::Raw)),
            piece: vec![0; PIECE_BYTES],
            read: 0,
            filled: 0,
            is_done: false,
            crc: Crc::default(),
            crc_expected: part.crc,
            unpacked_bytes: 0,
            since_event_bytes: 0,
        })
    }

    /// What is read from here on is another event: one alone is bounded, too.
    pub fn begin_event(&mut self) {
        self.since_event_bytes = 0;
    }

    /// Unpacks the next piece.
    fn unpack(&mut self) -> Result<(), Error> {
        let damaged = || Error::from(ErrorKind::InvalidData);
        (self.read, self.filled) = (0, 0);
        if let Some(state) = &mut self.state {
            let result = inflate(state, self.packed, &mut self.piece, MZFlush::None);
            self.is_done = result.status.map_err(|_| damaged())? == MZStatus::StreamEnd;
            if result.bytes_consumed == 0 && result.bytes_written == 0 && !self.is_done {
                return Err(damaged());
            }
            self.packed = self.packed.get(result.bytes_consumed..).unwrap_or_default();
            self.filled = result.bytes_written;
        } else {
            let (now, later) = self.packed.split_at(self.packed.len().min(PIECE_BYTES));
            self.piece.get_mut(..now.len()).ok_or_else(damaged)?.copy_from_slice(now);
            self.filled = now.len();
            self.packed = later;
            self.is_done = later.is_empty();
        }
        self.unpacked_bytes += self.filled;
        if self.unpacked_bytes > TABLE_XML_BYTES_MAX {
            return Err(ErrorKind::FileTooLarge.into());
        }
        self.crc.add(self.piece.get(..self.filled).unwrap_or_default());
        if self.is_done && self.crc.value() != self.crc_expected { Err(damaged()) } else { Ok(()) }
    }
}

impl BufRead for Unpacked<'_> {
    fn fill_buf(&mut self) -> Result<&[u8], Error> {
        if self.since_event_bytes > TABLE_XML_EVENT_BYTES_MAX {
            return Err(ErrorKind::FileTooLarge.into());
        }
        while self.read == self.filled && !self.is_done {
            self.unpack()?;
        }
        Ok(self.piece.get(self.read..self.filled).unwrap_or_default())
    }

    fn consume(&mut self, bytes: usize) {
        self.read = (self.read + bytes).min(self.filled);
        self.since_event_bytes += bytes;
    }
}

impl Read for Unpacked<'_> {
    fn read(&mut self, out: &mut [u8]) -> Result<usize, Error> {
        let piece = self.fill_buf()?;
        let bytes = piece.len().min(out.len());
        if let (Some(to), Some(from)) = (out.get_mut(..bytes), piece.get(..bytes)) {
            to.copy_from_slice(from);
        }
        self.consume(bytes);
        Ok(bytes)
    }
}

/// The CRC-32 of ZIP.
#[derive(Clone, Copy, Debug)]
pub struct Crc(u32);

const CRC_TABLE: [u32; 256] = {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let (mut value, mut bit) = (byte as u32, 0);
        while bit < 8 {
            value = if value & 1 == 1 { 0xedb8_8320 ^ value >> 1 } else { value >> 1 };
            bit += 1;
        }
        #[expect(clippy::indexing_slicing, reason = "in a constant, checked as it is compiled")]
        {
            table[byte] = value;
        }
        byte += 1;
    }
    table
};

impl Default for Crc {
    fn default() -> Self {
        Self(u32::MAX)
    }
}

impl Crc {
    /// Adds bytes.
    pub fn add(&mut self, bytes: &[u8]) {
        self.0 = bytes.iter().fold(self.0, |crc, byte| {
            let place = (crc ^ u32::from(*byte)) & 0xff;
            CRC_TABLE.get(place as usize).copied().unwrap_or_default() ^ crc >> 8
        });
    }

    /// The value of what has been added.
    pub const fn value(self) -> u32 {
        !self.0
    }
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(bytes.get(at..at + 2)?.try_into().ok()?))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}
