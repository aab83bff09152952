//! Reads a part from its beginning: little-endian numbers, and stretches of bytes that stay where they are.

use super::fault::EncoderFault;
use super::manifest::FORMAT;
use core::ops::Range;
use std::sync::Arc;

/// Bytes of a part that several owners share.
#[derive(Clone)]
pub struct Bytes {
    part: Arc<Vec<u8>>,
    range: Range<usize>,
}

impl Bytes {
    /// The bytes; the range was checked when it was made.
    pub fn all(&self) -> &[u8] {
        self.part.get(self.range.clone()).unwrap_or_default()
    }
}

pub struct Reader {
    part: Arc<Vec<u8>>,
    number: usize,
    at: usize,
}

impl Reader {
    /// Begins a part and reads its header: magic, format, kind. `number` is for faults.
    pub fn new(file: Vec<u8>, number: usize, kind: u32) -> Result<Self, EncoderFault> {
        let mut reader = Self { part: Arc::new(file), number, at: 0 };
        if reader.bytes(4)?.all() != b"SDE1" {
            return Err(reader.fault("its first bytes"));
        }
        let format = reader.u32()?;
        if format != FORMAT {
            return Err(EncoderFault::Format { found: format, wanted: FORMAT });
        }
        if reader.u32()? == kind { Ok(reader) } else { Err(reader.fault("its kind")) }
    }

    pub fn fault(&self, what: &'static str) -> EncoderFault {
        EncoderFault::Layout { part: self.number, what }
    }

    pub fn bytes(&mut self, length: usize) -> Result<Bytes, EncoderFault> {
        let end = self.at.saturating_add(length);
        if end > self.part.len() {
            return Err(self.fault("its length"));
        }
        let range = self.at..end;
        self.at = end;
        Ok(Bytes { part: Arc::clone(&self.part), range })
    }

    pub fn u32(&mut self) -> Result<u32, EncoderFault> {
        Ok(self.u32s(1)?.first().copied().unwrap_or_default())
    }

    /// A number that counts what follows; it cannot be larger than the part.
    pub fn count(&mut self) -> Result<usize, EncoderFault> {
        let count = self.u32()? as usize;
        if count > self.part.len() { Err(self.fault("a count")) } else { Ok(count) }
    }

    pub fn u32s(&mut self, count: usize) -> Result<Vec<u32>, EncoderFault> {
        let bytes = self.bytes(count.saturating_mul(4))?;
        Ok(bytes.all().as_chunks().0.iter().map(|four| u32::from_le_bytes(*four)).collect())
    }

    pub fn f32s(&mut self, count: usize) -> Result<Vec<f32>, EncoderFault> {
        Ok(self.u32s(count)?.into_iter().map(f32::from_bits).collect())
    }

    /// After the last value.
    pub fn end(self) -> Result<(), EncoderFault> {
        if self.at == self.part.len() { Ok(()) } else { Err(self.fault("more bytes than it says")) }
    }
}
