//! Properties that hold for any input.

mod knowledge;
//! What must hold whatever happens: random histories against a model.

mod credential;
