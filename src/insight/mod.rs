//! L2, insight: what can be learned from the questions that customers asked. Never on the path of an answer.

pub mod call;
pub mod cluster;
pub mod draft;
pub mod interval;
pub mod label;
pub mod offer;
pub mod question;
pub mod top;
