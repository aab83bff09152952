//! Tables of FAQ entries over HTTP: looked through without importing, sent back with faults, exported.

use super::fault::{Fault, Kind};
use super::{http, in_hand, knowledge, sessions};
use crate::base::limits::TABLE_BYTES_MAX;
use crate::knowledge::table::{self, Format, Refused, WriteFault};
use serde_json::json;
use worker::{Env, Method, Request, Response, ResponseBuilder};

/// `/api/operator/knowledge/table`: `GET` exports the published entries, `POST` reads a table and imports nothing.
pub async fn table(req: Request, env: &Env) -> Result<Response, Fault> {
    if req.method() == Method::Get { export(&req, env).await } else { dry_run(req, env).await }
}

async fn dry_run(mut req: Request, env: &Env) -> Result<Response, Fault> {
    let (format, bytes, _in_hand) = given(&mut req, env).await?;
    match table::read(&bytes, format) {
        Ok(found) => http::ok(&json!({
            "rows": found.rows, "entries": found.entries, "faults": [], "more": false, "warnings": found.warnings
        })),
        Err(Refused { rows, faults, more, warnings }) => {
            http::ok(&json!({ "rows": rows, "faults": faults, "more": more, "warnings": warnings }))
        }
    }
}

/// `POST /api/operator/knowledge/table/errors`
pub async fn errors(mut req: Request, env: &Env) -> Result<Response, Fault> {
    let (format, bytes, _in_hand) = given(&mut req, env).await?;
    let (format, file) = table::with_faults(&bytes, format).map_err(|fault| unwritable(&fault))?;
    download(format, &format!("faq-errors.{}", format.name()), file)
}

async fn export(req: &Request, env: &Env) -> Result<Response, Fault> {
    sessions::operator_only(req, env)?;
    let format = format(req)?.unwrap_or(Format::Csv);
    let none = || Fault::new(Kind::NotFound, "knowledge.none", "No knowledge has been published yet.");
    let (document, version) = knowledge::published(env).await?.ok_or_else(none)?;
    let file = table::write(&document.entries, format).map_err(|fault| unwritable(&fault))?;
    download(format, &format!("faq-v{version}.{}", format.name()), file)
}

/// The table in a request of the operator, and the format it is said to have.
async fn given(req: &mut Request, env: &Env) -> Result<(Option<Format>, Vec<u8>, in_hand::InHand), Fault> {
    http::only(req, Method::Post)?;
    sessions::operator_only(req, env)?;
    let format = format(req)?;
    let busy = || Fault::new(Kind::Unavailable, "table.busy", "Too many files at once; try again shortly.");
    let in_hand = in_hand::wait().await.ok_or_else(busy)?;
    Ok((format, http::body(req, TABLE_BYTES_MAX).await?, in_hand))
}

/// `?format=`; `auto` and nothing: none is said.
fn format(req: &Request) -> Result<Option<Format>, Fault> {
    let query = http::query(req);
    match http::parameter(&query, "format") {
        None | Some("auto") => Ok(None),
        Some(name) => Format::of_name(name).map(Some).ok_or_else(|| {
            Fault::new(
                Kind::BadRequest,
                "table.format",
                "format is csv, xlsx or json; for reading also auto.",
            )
        }),
    }
}

fn unwritable(fault: &WriteFault) -> Fault {
    let WriteFault::CellTooLong { row } = fault;
    Fault::new(Kind::Invalid, "table.cell_too_long", fault.to_string()).with("row", *row)
}

fn download(format: Format, name: &str, file: Vec<u8>) -> Result<Response, Fault> {
    let builder = ResponseBuilder::new()
        .with_header("content-type", format.content_type())?
        .with_header("content-disposition", &format!("attachment; filename=\"{name}\""))?
        .with_header("x-content-type-options", "nosniff")?
        .with_header("cache-control", "no-store")?;
    // Its `from_bytes` would call every file a stream of octets.
    Ok(builder.fixed(file))
}
