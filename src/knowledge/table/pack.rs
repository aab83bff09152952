//! Writing a ZIP container: parts packed as they are written, so that a long one is never there as a whole.

use super::archive::{ARCHIVE_START, Crc};
use miniz_oxide::deflate::core::{CompressorOxide, create_comp_flags_from_zip_params};
use miniz_oxide::deflate::stream::deflate;
use miniz_oxide::{MZFlush, MZStatus};

/// Deflate as raw bits, at the level that everybody uses.
const LEVEL: i32 = 6;
const RAW_WINDOW_BITS: i32 = -15;
const PIECE_BYTES: usize = 32 * 1024;
/// Version 2.0: deflate. Sizes are known only after the part, and stand behind it. Names are UTF-8.
const VERSION: u16 = 20;
const FLAGS: u16 = 0x0808;
const DEFLATED: u16 = 8;
/// 1980-01-01, the earliest there is: nothing here knows the time, and the same entries give the same file.
const DATE: u16 = 0x21;

/// An archive being written.
pub struct Pack {
    bytes: Vec<u8>,
    directory: Vec<u8>,
    count: u16,
}

/// A part being written.
pub struct PackedPart<'a> {
    pack: &'a mut Pack,
    name: &'a str,
    compressor: Box<CompressorOxide>,
    piece: Vec<u8>,
    crc: Crc,
    header_at: usize,
    data_at: usize,
    unpacked_bytes: usize,
}

impl Pack {
    /// An archive with nothing in it.
    pub fn new() -> Self {
        Self { bytes: Vec::new(), directory: Vec::new(), count: 0 }
    }

    /// Begins a part.
    pub fn part<'a>(&'a mut self, name: &'a str) -> PackedPart<'a> {
        let header_at = self.bytes.len();
        self.bytes.extend(ARCHIVE_START);
        push(&mut self.bytes, &[VERSION, FLAGS, DEFLATED, 0, DATE]);
        self.bytes.extend([0; 12]);
        push(&mut self.bytes, &[short(name.len()), 0]);
        self.bytes.extend(name.as_bytes());
        let flags = create_comp_flags_from_zip_params(LEVEL, RAW_WINDOW_BITS, 0);
        PackedPart {
            data_at: self.bytes.len(),
            pack: self,
            name,
            compressor: Box::new(CompressorOxide::new(flags)),
            piece: vec![0; PIECE_BYTES],
            crc: Crc::default(),
            header_at,
            unpacked_bytes: 0,
        }
    }

    /// A part that is there as a whole.
    pub fn whole(&mut self, name: &str, text: &str) {
        let mut part = self.part(name);
        part.write(text);
        part.end();
    }

    /// The archive.
    pub fn end(mut self) -> Vec<u8> {
        let directory_at = self.bytes.len();
        self.bytes.extend(&self.directory);
        self.bytes.extend(b"PK\x05\x06");
        push(&mut self.bytes, &[0, 0, self.count, self.count]);
        push_long(&mut self.bytes, &[long(self.directory.len()), long(directory_at)]);
        push(&mut self.bytes, &[0]);
        self.bytes
    }
}

impl PackedPart<'_> {
    /// Adds text.
    pub fn write(&mut self, text: &str) {
        self.crc.add(text.as_bytes());
        self.unpacked_bytes += text.len();
        self.pack(text.as_bytes(), MZFlush::None);
    }

    fn pack(&mut self, mut bytes: &[u8], flush: MZFlush) {
        // Each round takes input or gives output; at the end the stream says so.
        loop {
            let result = deflate(&mut self.compressor, bytes, &mut self.piece, flush);
            bytes = bytes.get(result.bytes_consumed..).unwrap_or_default();
            self.pack.bytes.extend(self.piece.get(..result.bytes_written).unwrap_or_default());
            let is_done = if flush == MZFlush::Finish {
                result.status != Ok(MZStatus::Ok)
            } else {
                bytes.is_empty() && result.bytes_written < PIECE_BYTES
            };
            if is_done || (result.bytes_consumed == 0 && result.bytes_written == 0) {
                return;
            }
        }
    }

    /// Ends the part.
    pub fn end(mut self) {
        self.pack(&[], MZFlush::Finish);
        let sizes = [self.crc.value(), long(self.pack.bytes.len() - self.data_at), long(self.unpacked_bytes)];
        self.pack.bytes.extend(b"PK\x07\x08");
        push_long(&mut self.pack.bytes, &sizes);
        let directory = &mut self.pack.directory;
        directory.extend(b"PK\x01\x02");
        push(directory, &[VERSION, VERSION, FLAGS, DEFLATED, 0, DATE]);
        push_long(directory, &sizes);
        push(directory, &[short(self.name.len()), 0, 0, 0, 0, 0, 0]);
        push_long(directory, &[long(self.header_at)]);
        directory.extend(self.name.as_bytes());
        self.pack.count += 1;
    }
}

/// Names are ours and short.
fn short(length: usize) -> u16 {
    u16::try_from(length).unwrap_or(u16::MAX)
}

/// What we write is far below 4 GB: a document is bounded.
fn long(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX)
}

fn push(out: &mut Vec<u8>, numbers: &[u16]) {
    numbers.iter().for_each(|number| out.extend(number.to_le_bytes()));
}

fn push_long(out: &mut Vec<u8>, numbers: &[u32]) {
    numbers.iter().for_each(|number| out.extend(number.to_le_bytes()));
}

#[cfg(test)]
mod tests {
    use super::super::archive::Archive;
    use super::*;
    use std::io::Read;

    #[test]
    fn what_is_packed_is_unpacked() {
        let long: String =
            (0..200_000_u32).map(|n| char::from(b'a' + (n.wrapping_mul(n) >> 7) as u8 % 26)).collect();
        let mut pack = Pack::new();
        pack.whole("a.xml", "");
        let mut part = pack.part("xl/B.xml");
        for piece in long.as_bytes().chunks(777) {
            part.write(core::str::from_utf8(piece).unwrap());
        }
        part.end();
        let bytes = pack.end();
        let archive = Archive::open(&bytes).unwrap();
        let read = |name: &str| {
            let mut text = String::new();
            archive.part(name).unwrap().unwrap().read_to_string(&mut text).map(|_| text).ok()
        };
        assert_eq!(read("a.xml").as_deref(), Some(""));
        // Longer than one event may be: read piece by piece as if it were many.
        let mut unpacked = archive.part("/XL/b.xml").unwrap().unwrap();
        let mut all: Vec<u8> = Vec::new();
        let mut piece = [0; 1_000];
        while let Ok(bytes @ 1..) = unpacked.read(&mut piece) {
            all.extend(&piece[..bytes]);
            unpacked.begin_event();
        }
        assert_eq!(all, long.as_bytes());
        assert!(archive.part("c.xml").is_none());
    }

    #[test]
    fn a_damaged_archive_is_refused() {
        let mut pack = Pack::new();
        pack.whole("a.xml", &"瞬答".repeat(100));
        let good = pack.end();
        let read = |bytes: &[u8]| {
            let mut text = String::new();
            Archive::open(bytes)?.part("a.xml")??.read_to_string(&mut text).ok()
        };
        assert!(read(&good).is_some());
        for at in 0..good.len() {
            let mut bad = good.clone();
            bad[at] ^= 0x10;
            // Dates and versions may differ; nothing may panic, and no damaged text may come out.
            if let Some(bytes) = read(&bad) {
                assert_eq!(bytes, 600, "at {at}");
            }
            assert_eq!(read(&good[..at]), None);
        }
    }
}
