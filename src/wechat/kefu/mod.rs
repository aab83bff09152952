//! WeCom's customer service 微信客服: its callback, its messages, its API (protocol 9).
//!
//! A callback says only that something happened ([`callback`]); what happened is pulled, page by page ([`sync`]).
//! There is no answer in a callback's response: everything goes out by the API ([`send`]), and only while no person
//! has the customer in WeCom's own app ([`state`]).

pub mod account;
pub mod callback;
pub mod event;
mod fields;
pub mod message;
pub mod send;
pub mod state;
pub mod sync;
mod verdict;

pub use verdict::verdict;
