//! L2, the service desk: conversations, tickets and the floor, as decisions without effects.

pub mod call;
pub mod conversation;
pub mod dialogue;
mod ending;
pub mod errand;
pub mod floor;
pub mod heard;
pub mod late;
pub mod message;
mod opening;
pub mod outbox;
pub mod pending;
pub mod receive;
pub mod receiving;
pub mod replied;
pub mod reply;
pub mod routing;
pub mod terms;
pub mod ticket;
pub mod view;
pub mod window;
