//! Why there is no encoder.

use thiserror::Error;

/// What is wrong with the encoder's files. Part numbers count from 0, in the manifest's order.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum EncoderFault {
    /// The manifest is not the JSON it should be.
    #[error("the encoder's manifest cannot be read: {reason}")]
    Manifest {
        /// The parser's words.
        reason: String,
    },
    /// Made for another version of this program.
    #[error("the encoder's files have format {found}, this program reads {wanted}")]
    Format {
        /// What the files say.
        found: u32,
        /// What is read here.
        wanted: u32,
    },
    /// Too few or too many parts were handed over.
    #[error("the encoder has {wanted} parts, {found} were handed over")]
    PartCount {
        /// By the manifest.
        wanted: usize,
        /// Handed over.
        found: usize,
    },
    /// A part is cut short or too long.
    #[error("part {part} of the encoder has {found} bytes instead of {wanted}")]
    PartBytes {
        /// Which.
        part: usize,
        /// By the manifest.
        wanted: usize,
        /// Handed over.
        found: usize,
    },
    /// A part is not the one that the manifest names.
    #[error("part {part} of the encoder is damaged or another one: its SHA-256 differs")]
    PartDigest {
        /// Which.
        part: usize,
    },
    /// The manifest names parts larger than any that is read here.
    #[error("the encoder's manifest lists more than is read here")]
    TooLarge,
    /// A part's inside does not fit its header: it was made wrong.
    #[error("part {part} of the encoder is made wrong: {what}")]
    Layout {
        /// Which.
        part: usize,
        /// What does not fit.
        what: &'static str,
    },
    /// A kind of part is missing.
    #[error("the encoder lacks its {what}")]
    Lacking {
        /// Which kind.
        what: &'static str,
    },
}

impl EncoderFault {
    /// Stable, for logs and programs.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Manifest { .. } => "encoder.manifest",
            Self::Format { .. } => "encoder.format",
            Self::PartCount { .. } => "encoder.part_count",
            Self::PartBytes { .. } => "encoder.part_bytes",
            Self::PartDigest { .. } => "encoder.part_digest",
            Self::TooLarge => "encoder.too_large",
            Self::Layout { .. } => "encoder.layout",
            Self::Lacking { .. } => "encoder.lacking",
        }
    }
}
