//! One JSON line per event, without personal data and without secrets.

use super::fault::{Fault, Kind};
use serde_json::json;

/// A fault, where it is handled. What a client got wrong is told to the client, and here only counted as a line.
pub fn fault(area: &str, fault: &Fault, request_id: &str) {
    let line = json!({
        "level": if matches!(fault.kind, Kind::Bug) { "error" } else { "warn" },
        "area": area, "code": fault.code, "cause": fault.cause, "request_id": request_id,
    });
    match fault.kind {
        Kind::Bug | Kind::Unavailable => worker::console_error!("{line}"),
        _ => worker::console_log!("{line}"),
    }
}

/// Something worth knowing.
pub fn info(area: &str, event: &str, fields: &serde_json::Value) {
    worker::console_log!("{}", json!({ "level": "info", "area": area, "event": event, "fields": fields }));
}
