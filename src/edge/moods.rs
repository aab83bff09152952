//! What was learned of moods, as this isolate has it.

use crate::knowledge::mood::head::Heads;
use core::cell::RefCell;
use std::rc::Rc;

thread_local! {
    static HEADS: RefCell<Option<Rc<Heads>>> = const { RefCell::new(None) };
}

/// What moods are read with beside the lexicon.
pub fn heads() -> Option<Rc<Heads>> {
    HEADS.with_borrow(Clone::clone)
}
