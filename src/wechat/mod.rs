//! L1, WeChat: bytes to [`crate::base::message`] and back.
//!
//! Pure: time, nonces and random bytes come in as arguments, requests go out as data. A shell needs
//! [`callback`] (what WeChat sends us and the passive reply to it) and [`api`] (what we send WeChat); for WeCom's
//! customer service [`kefu`].

pub mod api;
pub mod callback;
pub mod customer_message;
pub mod diagnosis;
pub mod envelope;
pub mod event;
pub mod fetch_address;
pub mod host;
pub mod inbound;
pub mod json;
pub mod kefu;
pub mod media;
pub mod notice;
mod query;
pub mod reply;
pub mod secret;
pub mod signature;
pub mod tree;
pub mod xml;
