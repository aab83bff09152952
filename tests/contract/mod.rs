//! What leaves the process, held against samples and programs that are not ours.

mod office;
mod wechat_callback;
mod wechat_vectors;
