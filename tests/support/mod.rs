//! What tests share.

pub mod desk;
pub mod fold;
pub mod library;
pub mod shop;
pub mod sqlite;
pub mod world;
