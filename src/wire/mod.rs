//! L3, contracts that leave the process (docs/PROTOCOL.md): routes and the bodies of the console's API.

pub mod api;
pub mod chat;
pub mod embeddings;
pub mod file;
pub mod insight;
pub mod knowledge;
pub mod person;
pub mod remote;
pub mod responder;
pub mod route;
