//! Journeys through the simulated world, and each decision by itself.

mod outbox;
mod receive;
mod reply;
mod seeds;
