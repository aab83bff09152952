//! What leaves the process, held against samples and programs that are not ours.

mod channels;
mod credential;
mod desk;
mod directory;
mod encoder;
mod frames;
mod kefu_callback;
mod kefu_properties;
mod kefu_send;
mod kefu_sync;
mod knowledge_document;
mod office;
mod oracle;
mod questions;
mod seed;
mod wechat_callback;
mod wechat_fixture;
mod wechat_properties;
mod wechat_samples;
mod wechat_vectors;
mod welcomes;
