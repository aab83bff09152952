//! The one Rust test binary: what needs more than one module.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod contract;
mod journeys;
mod properties;
mod support;
mod tidy;
