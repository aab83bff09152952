//! The configuration, parsed once per isolate.

use super::fault::{Fault, Kind};
use crate::config::{Config, ConfigFault};
use core::cell::RefCell;
use serde_json::Value;
use std::rc::Rc;
use worker::Env;
use worker::js_sys::Reflect;

type Parsed = Result<Rc<Config>, Rc<Vec<ConfigFault>>>;

thread_local! {
    static CONFIG: RefCell<Option<Parsed>> = const { RefCell::new(None) };
}

/// The configuration, or 503 with every fault in it.
pub fn config(env: &Env) -> Result<Rc<Config>, Fault> {
    let cached = CONFIG.with_borrow(Clone::clone);
    let parsed = cached.unwrap_or_else(|| {
        let parsed = Config::parse(|name| variable(env, name)).map(Rc::new).map_err(Rc::new);
        CONFIG.with_borrow_mut(|slot| *slot = Some(parsed.clone()));
        parsed
    });
    parsed.map_err(|faults| {
        let words = "The deployment's configuration is not complete or not right; every fault is listed.";
        let faults: Vec<Value> = faults.iter().map(|fault| Value::String(fault.to_string())).collect();
        Fault::new(Kind::Unavailable, "config.invalid", words).with("faults", faults)
    })
}

/// Whether objects log how many rows they write.
pub fn is_debugging_rows(env: &Env) -> bool {
    variable(env, "DEBUG_ROWS").is_some()
}

/// A variable or a secret: both are texts. The platform's own reader fails on what is absent.
fn variable(env: &Env, name: &str) -> Option<String> {
    Reflect::get(env.as_ref(), &name.into()).ok()?.as_string()
}
