//! Tables of FAQ entries over HTTP: looked through, sent back with faults, put into the draft, exported.

use super::api::unexpected;
use super::fault::{Fault, Kind};
use super::{http, in_hand, knowledge, publishing, sessions};
use crate::base::limits::{DOCUMENT_PAGES_MAX, IMPORT_BYTES_MAX, IMPORT_EDITS_MAX, TABLE_BYTES_MAX};
use crate::knowledge::rows::Kind as RowKind;
use crate::knowledge::table::{self, Format, Refused, WriteFault};
use crate::office::library::{Actor, Call, ImportMode, Reply, Row, edits_of};
use serde_json::json;
use worker::{Env, Method, Request, Response, ResponseBuilder};

/// `/api/operator/knowledge/table`: `GET` exports the published entries, `POST` reads a table and imports nothing.
pub async fn table(req: Request, env: &Env) -> Result<Response, Fault> {
    sessions::operator_only(&req, env)?;
    if req.method() == Method::Get { export(&req, env).await } else { dry_run(req).await }
}

/// `POST /api/operator/knowledge/table/errors`
pub async fn operator_errors(req: Request, env: &Env) -> Result<Response, Fault> {
    sessions::operator_only(&req, env)?;
    errors(req).await
}

/// Reads a table and imports nothing. The caller knows who asks.
pub async fn dry_run(mut req: Request) -> Result<Response, Fault> {
    let (format, bytes, _in_hand) = given(&mut req).await?;
    match table::read(&bytes, format) {
        Ok(found) => http::ok(&json!({
            "rows": found.rows, "entries": found.entries, "faults": [], "more": false, "warnings": found.warnings
        })),
        Err(refused) => not_imported(refused),
    }
}

fn not_imported(Refused { rows, faults, more, warnings }: Refused) -> Result<Response, Fault> {
    http::ok(&json!({ "rows": rows, "faults": faults, "more": more, "warnings": warnings }))
}

/// Puts a table's entries into the draft, all or none.
pub async fn import(mut req: Request, env: &Env, by: Actor) -> Result<Response, Fault> {
    let mode = mode(&req)?;
    let (format, bytes, _in_hand) = given(&mut req).await?;
    let found = match table::read(&bytes, format) {
        Ok(found) => found,
        Err(refused) => return not_imported(refused),
    };
    let (rows, entries) = (found.rows, found.entries.len());
    let edits = edits_of(draft_entries(env).await?, found.entries, mode).map_err(|(row, fault)| {
        Fault::new(Kind::Invalid, "knowledge.row", fault.to_string()).with("row", json!(row))
    })?;
    let size: usize = edits.iter().filter_map(|edit| edit.value.as_ref()).map(String::len).sum();
    if edits.len() > IMPORT_EDITS_MAX || size > IMPORT_BYTES_MAX {
        let words =
            "This changes more than one import may; publish it as a whole (npm run seed -- --faq FILE).";
        let fault = Fault::new(Kind::Invalid, "table.too_many_changes", words);
        return Err(fault.with("changes", edits.len()).with("most", IMPORT_EDITS_MAX));
    }
    let removed = edits.iter().filter(|edit| edit.value.is_none()).count();
    let changed = edits.len() - removed;
    if !edits.is_empty() {
        publishing::ask(env, Call::Edit { edits, by }).await?;
    }
    http::ok(&json!({
        "rows": rows, "entries": entries, "changed": changed, "removed": removed, "faults": [], "more": false,
        "warnings": found.warnings
    }))
}

fn mode(req: &Request) -> Result<ImportMode, Fault> {
    match http::parameter(&http::query(req), "mode") {
        None | Some("merge") => Ok(ImportMode::Merge),
        Some("replace") => Ok(ImportMode::Replace),
        Some(_) => Err(Fault::new(Kind::BadRequest, "http.query", "mode is merge or replace.")),
    }
}

/// All entries of the draft, page by page.
async fn draft_entries(env: &Env) -> Result<Vec<Row>, Fault> {
    let mut all: Vec<Row> = Vec::new();
    for _ in 0..DOCUMENT_PAGES_MAX {
        let after = all.last().map(|row| row.part.key.id.clone()).unwrap_or_default();
        let (kind, query, rows) = (RowKind::Entry, String::new(), u32::MAX);
        let Reply::Rows { rows, more } =
            publishing::ask(env, Call::Rows { review: None, kind, query, after, rows }).await?
        else {
            return Err(unexpected());
        };
        let is_last = !more || rows.is_empty();
        all.extend(rows);
        if is_last {
            return Ok(all);
        }
    }
    Err(Fault::bug("knowledge.pages", "more pages than a document can have"))
}

/// The file of a table's faults. The caller knows who asks.
pub async fn errors(mut req: Request) -> Result<Response, Fault> {
    let (format, bytes, _in_hand) = given(&mut req).await?;
    let (format, file) = table::with_faults(&bytes, format).map_err(|fault| unwritable(&fault))?;
    download(format, &format!("faq-errors.{}", format.name()), file)
}

async fn export(req: &Request, env: &Env) -> Result<Response, Fault> {
    let format = format(req)?.unwrap_or(Format::Csv);
    let none = || Fault::new(Kind::NotFound, "knowledge.none", "No knowledge has been published yet.");
    let (document, version) = knowledge::published(env).await?.ok_or_else(none)?;
    let file = table::write(&document.entries, format).map_err(|fault| unwritable(&fault))?;
    download(format, &format!("faq-v{version}.{}", format.name()), file)
}

/// The table in a request, and the format it is said to have.
async fn given(req: &mut Request) -> Result<(Option<Format>, Vec<u8>, in_hand::InHand), Fault> {
    http::only(req, Method::Post)?;
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
