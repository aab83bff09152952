//! L4, the shell: the only code that may name `worker`. Takes requests in, hands answers out.

use worker::{Context, Env, Method, Request, Response, Result, event};

/// Answers the worker's own routes; everything else is a file of the console.
#[event(fetch)]
async fn fetch(req: Request, env: Env, _ctx: Context) -> Result<Response> {
    let path = req.path();
    match (req.method(), path.as_str()) {
        (Method::Get, "/api/health") => Response::from_json(&serde_json::json!({ "ok": true })),
        _ if path.starts_with("/api/") || path.starts_with("/callback/") => unknown_route(),
        _ => env.assets("ASSETS")?.fetch_request(req).await,
    }
}

fn unknown_route() -> Result<Response> {
    let body =
        serde_json::json!({ "code": "http.not_found", "message": "There is nothing at this address." });
    Ok(Response::from_json(&body)?.with_status(404))
}
