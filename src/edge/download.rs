//! One answer from outside that may be large or without end: read with a bound, and given up in time.

use worker::{AbortController, Fetch, Request, Response};

/// An answer whose body was read as far as it may be.
pub struct Downloaded {
    /// Its status.
    pub status: u16,
    /// Its `Content-Disposition`.
    pub disposition: Option<String>,
    /// Its body; one byte more than the bound when it is larger.
    pub body: Vec<u8>,
}

/// Ends the exchange when whoever waits for it no longer does.
struct Ending(Option<AbortController>);

impl Drop for Ending {
    fn drop(&mut self) {
        if let Some(controller) = self.0.take() {
            controller.abort();
        }
    }
}

/// Performs a request; nothing when the exchange did not complete.
pub async fn download(request: Request, bytes_max: usize) -> Option<Downloaded> {
    let controller = AbortController::default();
    let signal = controller.signal();
    let mut ending = Ending(Some(controller));
    let mut response = Fetch::Request(request).send_with_signal(&signal).await.ok()?;
    let status = response.status_code();
    let disposition = response.headers().get("content-disposition").ok().flatten();
    let body = bounded(&mut response, bytes_max).await?;
    if body.len() <= bytes_max {
        ending.0 = None;
    }
    Some(Downloaded { status, disposition, body })
}

/// Reads until the end, or until one byte too many has come.
async fn bounded(response: &mut Response, bytes_max: usize) -> Option<Vec<u8>> {
    use futures_util::StreamExt as _;
    let stated = response.headers().get("content-length").ok().flatten();
    // Grown step by step, a file would be there twice.
    let room = stated.and_then(|length| length.parse::<usize>().ok()).unwrap_or(0);
    let mut body = Vec::with_capacity(room.min(bytes_max));
    // An answer without a body has no stream.
    let Ok(mut stream) = response.stream() else { return Some(body) };
    while let Some(chunk) = stream.next().await {
        let chunk = chunk.ok()?;
        let room = bytes_max.saturating_add(1).saturating_sub(body.len());
        body.extend_from_slice(chunk.get(..room).unwrap_or(&chunk));
        if body.len() > bytes_max {
            break;
        }
    }
    Some(body)
}
