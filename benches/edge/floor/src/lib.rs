//! The two workers that ours is measured against, in one Wasm: an empty one, and the floor of any exactly-once
//! design, which asks one object to write one row before it answers.

use worker::{Context, DurableObject, Env, Request, Response, Result, State, durable_object, event};

/// `/row/{object}/{key}` is the floor, every other path the empty worker.
#[event(fetch)]
async fn fetch(req: Request, env: Env, _ctx: Context) -> Result<Response> {
    let path = req.path();
    let Some((object, key)) = path.strip_prefix("/row/").and_then(|rest| rest.split_once('/')) else {
        return Response::ok("empty");
    };
    let stub = env.durable_object("ROWS")?.get_by_name(object)?;
    stub.fetch_with_str(&format!("https://object/{key}")).await
}

/// Holds one table with one row per message.
#[durable_object(fetch)]
pub struct RowsObject {
    state: State,
}

impl DurableObject for RowsObject {
    fn new(state: State, _env: Env) -> Self {
        let table = "CREATE TABLE IF NOT EXISTS seen (key TEXT PRIMARY KEY) WITHOUT ROWID";
        // When it fails, so does the insertion below, which is counted.
        let _ = state.storage().sql().exec(table, None);
        Self { state }
    }

    async fn fetch(&self, req: Request) -> Result<Response> {
        let sql = self.state.storage().sql();
        let cursor = sql.exec("INSERT OR IGNORE INTO seen (key) VALUES (?)", vec![req.path().into()])?;
        Response::ok(if cursor.rows_written() > 0 { "row" } else { "again" })
    }
}
