//! Journeys through the simulated world, and each decision by itself.

mod dialogue;
mod files;
pub mod floor;
mod heard;
mod late;
mod mood;
mod outbox;
mod receive;
mod reply;
mod rows;
mod seeds;
mod waiting;
mod week;
