//! L2, insight: what can be learned from the questions that customers asked. Never on the path of an answer.

pub mod call;
pub mod question;
