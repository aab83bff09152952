//! Shunda 瞬答: customer service for WeChat on edge workers.
//!
//! A pure, deterministic core decides; a thin shell acts. Imports go one way, down:
//!
//! ```text
//! base <- {wechat, knowledge} <- {desk, office, insight} <- {wire, store, config} <- edge
//! ```
//!
//! | layer | module | its one job |
//! |---|---|---|
//! | L0 | [`base`] | words: ids, time, channel-neutral messages, limits |
//! | L1 | [`wechat`] | the codec of WeChat, WeCom KF too: bytes <-> [`base::message`] |
//! | L1 | [`knowledge`] | answering: what the company knows, what to propose |
//! | L2 | [`desk`] | conversations, tickets, the floor: decisions without effects |
//! | L2 | [`office`] | staff, sessions, channels, the access token: decisions without effects |
//! | L2 | [`insight`] | what can be learned from the questions that customers asked |
//! | L3 | [`wire`] | contracts that leave the process: routes, bodies |
//! | L3 | [`store`] | SQL as data: migrations, rows to state and back |
//! | L3 | [`config`] | every setting, read once, every fault reported |
//! | L4 | `edge` | the only code that names `worker`: perform what the core decided |
//!
//! `tests/tidy.rs` holds the order.

pub mod base;
pub mod config;
pub mod desk;
pub mod insight;
pub mod knowledge;
pub mod office;
pub mod store;
pub mod wechat;
pub mod wire;

#[cfg(feature = "edge")]
pub mod edge;
