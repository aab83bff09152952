//! Every bound, with its unit and its reason.

/// Body of a callback. Official packets are below 10 KB; 64 KiB leaves room (protocol 11.2).
pub const CALLBACK_BYTES_MAX: usize = 64 * 1024;
/// Nesting of an XML body. Official packets have at most five levels.
pub const XML_DEPTH_MAX: usize = 8;
/// Elements in an XML body. Official packets have at most some dozens.
pub const XML_ELEMENTS_MAX: usize = 512;
/// One text message, UTF-8, passive or customer-service (protocol 3.1, 4.2).
pub const TEXT_BYTES_MAX: usize = 2_048;
/// Body of a request from the console or a script.
pub const API_BYTES_MAX: usize = 64 * 1024;
/// Body of a knowledge document: 100,000 entries of 100 characters.
pub const KNOWLEDGE_BYTES_MAX: usize = 32 * 1024 * 1024;
/// A key that recognises an inbound message again; longer ones are hashed.
pub const INBOUND_KEY_BYTES_MAX: usize = 160;
/// A client-made id: a UUID has 36.
pub const CLIENT_ID_BYTES_MAX: usize = 64;
