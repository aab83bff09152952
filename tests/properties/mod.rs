//! What must hold whatever happens: for any input, in random histories.

mod credential;
mod desk;
mod directory;
mod fetch_address;
mod graph;
mod insight;
mod knowledge;
mod library;
mod remote;
mod table;
