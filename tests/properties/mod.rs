//! Properties that hold for any input.

mod knowledge;
