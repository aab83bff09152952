//! What leaves the process, held against samples and programs that are not ours.

mod knowledge_document;
mod credential;
mod office;
mod questions;
mod seed;
mod wechat_callback;
mod wechat_vectors;
