//! L2, the service desk: conversations, tickets and the floor, as decisions without effects.

pub mod call;
pub mod conversation;
pub mod floor;
pub mod outbox;
pub mod receive;
pub mod reply;
pub mod routing;
pub mod ticket;
pub mod view;
pub mod window;
