//! L1, answering: what the company knows, and what to propose for a customer's message.
//!
//! Pure: a [`document::Document`] is parsed from bytes, an [`answer::Answerer`] is built from it once and
//! turns each message into a [`proposal::Proposal`]. It decides nothing that needs the conversation's state:
//! the conversation's object takes the proposal, or does not.

pub mod answer;
pub mod bundle;
pub mod candidate;
pub mod channel_hours;
mod check;
pub mod circumstances;
pub mod dialogue;
pub mod difference;
pub mod document;
pub mod encoder;
pub mod encoding;
pub mod experiment;
pub mod graph;
pub mod grounding;
pub mod hours;
pub mod index;
pub mod keyword;
pub mod matcher;
mod menu;
pub mod mood;
mod opinion;
pub mod passage;
mod product;
pub mod proposal;
pub mod rows;
pub mod shadow;
pub mod signal;
pub mod table;
mod template;
pub mod tokens;
pub mod training;
