//! L2, insight: what can be learned from the questions that customers asked. Never on the path of an answer.

pub mod call;
pub mod cluster;
pub mod draft;
pub mod evidence;
pub mod experiment;
pub mod interval;
pub mod label;
pub mod offer;
pub mod question;
pub mod shadow;
pub mod top;
