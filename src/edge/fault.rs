//! What can go wrong at the edge, as one type with one table: status, code, words that are safe to show.

use crate::store::StoreError;
use serde_json::{Map, Value, json};
use worker::{Response, ResponseBuilder};

/// Which kind of fault, and so which HTTP status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// 400: the request is not one we understand.
    BadRequest,
    /// 401: nobody is signed in.
    Unauthorised,
    /// 403: somebody is, or nobody needs to be, but this is not theirs.
    Forbidden,
    /// 404: nothing is here.
    NotFound,
    /// 405: not with this method.
    Method,
    /// 409: the state of things forbids it.
    Conflict,
    /// 413: more than we read.
    TooLarge,
    /// 422: understood, and wrong.
    Invalid,
    /// 429: too often.
    TooMany,
    /// 503: not now.
    Unavailable,
    /// 500: our own fault.
    Bug,
}

impl Kind {
    const fn status(self) -> u16 {
        match self {
            Self::BadRequest => 400,
            Self::Unauthorised => 401,
            Self::Forbidden => 403,
            Self::NotFound => 404,
            Self::Method => 405,
            Self::Conflict => 409,
            Self::TooLarge => 413,
            Self::Invalid => 422,
            Self::TooMany => 429,
            Self::Unavailable => 503,
            Self::Bug => 500,
        }
    }
}

/// A fault on its way to whoever asked. `cause` is for our log only.
#[derive(Debug)]
pub struct Fault {
    /// Which kind.
    pub kind: Kind,
    /// Stable, for programs.
    pub code: &'static str,
    /// For people; nothing secret, nothing personal.
    pub message: String,
    /// More for programs, beside code and message.
    pub fields: Map<String, Value>,
    /// For the log.
    pub cause: Option<String>,
}

impl Fault {
    /// A fault with words.
    pub fn new(kind: Kind, code: &'static str, message: impl Into<String>) -> Self {
        Self { kind, code, message: message.into(), fields: Map::new(), cause: None }
    }

    /// Something that cannot happen, did.
    pub fn bug(code: &'static str, cause: impl Into<String>) -> Self {
        let cause = Some(cause.into());
        Self { cause, ..Self::new(Kind::Bug, code, "An internal error; it has been logged.") }
    }

    /// Something we depend on does not answer.
    pub fn unavailable(code: &'static str, cause: impl Into<String>) -> Self {
        let cause = Some(cause.into());
        Self { cause, ..Self::new(Kind::Unavailable, code, "Not available right now; try again shortly.") }
    }

    /// With one more field.
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.fields.insert(name.to_owned(), value.into());
        self
    }

    /// The answer for whoever asked.
    pub fn response(&self, request_id: &str) -> worker::Result<Response> {
        let mut body = json!({ "code": self.code, "message": self.message, "request_id": request_id });
        if let Value::Object(body) = &mut body {
            body.extend(self.fields.clone());
        }
        ResponseBuilder::new().with_status(self.kind.status()).from_json(&body)
    }
}

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Self {
        Self::bug("store.failed", error.to_string())
    }
}

impl From<worker::Error> for Fault {
    fn from(error: worker::Error) -> Self {
        Self::bug("edge.platform", error.to_string())
    }
}
