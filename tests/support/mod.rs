//! What tests share.

pub mod sqlite;
