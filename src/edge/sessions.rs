//! Who is asking: sessions by cookie or bearer token, and the operator by the deployment's token.

use super::api::unexpected;
use super::fault::{Fault, Kind};
use super::floor_do::Call as FloorCall;
use super::{clients, clock, http, settings};
use crate::base::id::{FloorId, SessionId};
use crate::base::limits::API_BYTES_MAX;
use crate::base::secret::Secret;
use crate::base::staff::Role;
use crate::office::library::Actor;
use crate::office::session::{Session, id_of};
use crate::office::{Call, Reply};
use crate::wire::api::SignIn;
use serde_json::json;
use subtle::ConstantTimeEq as _;
use worker::{Env, Method, Request, Response, ResponseBuilder};

/// Somebody with a session.
pub struct Caller {
    /// Theirs.
    pub session: Session,
    by_cookie: bool,
}

/// Somebody who edits knowledge.
pub struct Editor {
    /// Who.
    pub by: Actor,
    /// Where they serve; none: the operator, who sees all.
    pub floor: Option<FloorId>,
}

impl Caller {
    /// A browser sends its cookie for any page; only our own may act with it.
    pub fn must_be_ours(&self, req: &Request) -> Result<(), Fault> {
        if self.by_cookie { own_origin_only(req) } else { Ok(()) }
    }
}

/// Serves `/api/session`.
pub async fn serve(req: Request, env: &Env) -> Result<Response, Fault> {
    match req.method() {
        Method::Post => sign_in(req, env).await,
        Method::Get => {
            let session = caller(&req, env).await?.session;
            http::ok(&json!({ "staff": session.staff, "expires_at_ms": session.expires_at }))
        }
        Method::Delete => sign_out(&req, env).await,
        _ => Err(Fault::new(Kind::Method, "http.method", "Not with this method.")),
    }
}

/// Whose session the request shows.
pub async fn caller(req: &Request, env: &Env) -> Result<Caller, Fault> {
    let (token, by_cookie) = shown(req)?;
    match clients::office(env, &Call::Session { token }).await? {
        Reply::Session { session } => Ok(Caller { session, by_cookie }),
        Reply::NoSession => Err(required()),
        _ => Err(unexpected()),
    }
}

/// 401, unless the request shows the operator's token.
pub fn operator_only(req: &Request, env: &Env) -> Result<(), Fault> {
    if is_operator(req, env)? {
        return Ok(());
    }
    Err(Fault::new(Kind::Unauthorised, "operator.token", "This address takes the operator's token."))
}

/// Nothing for the operator and for a supervisor, whose pages may also write when `is_write`; else 401 or 403.
pub async fn operator_or_supervisor(req: &Request, env: &Env, is_write: bool) -> Result<(), Fault> {
    if is_operator(req, env)? {
        return Ok(());
    }
    let caller = caller(req, env).await?;
    if is_write {
        caller.must_be_ours(req)?;
    }
    if caller.session.staff.role == Role::Supervisor {
        return Ok(());
    }
    Err(Fault::new(Kind::Forbidden, "session.not_supervisor", "This is for supervisors."))
}

/// Who edits knowledge: the operator, a supervisor or an editor, whose pages may also write when `is_write`; else 401
/// or 403.
pub async fn editor(req: &Request, env: &Env, is_write: bool) -> Result<Editor, Fault> {
    if is_operator(req, env)? {
        return Ok(Editor { by: Actor::Operator, floor: None });
    }
    let caller = caller(req, env).await?;
    if is_write {
        caller.must_be_ours(req)?;
    }
    let staff = caller.session.staff;
    match staff.role {
        Role::Supervisor | Role::Editor => {
            Ok(Editor { by: Actor::Staff(staff.id), floor: Some(staff.floor) })
        }
        Role::Agent => {
            Err(Fault::new(Kind::Forbidden, "session.not_editor", "This is for editors and supervisors."))
        }
    }
}

/// Whether the request shows the operator's token.
pub fn is_operator(req: &Request, env: &Env) -> Result<bool, Fault> {
    let config = settings::config(env)?;
    let shown = http::bearer(req).unwrap_or_default();
    Ok(bool::from(shown.as_bytes().ct_eq(config.operator_token.expose().as_bytes())))
}

/// Closes the sockets of sessions that have ended.
pub async fn end(env: &Env, sessions: Vec<SessionId>) -> Result<(), Fault> {
    if sessions.is_empty() {
        return Ok(());
    }
    clients::floors(env, &FloorCall::EndSessions { sessions }).await
}

async fn sign_in(mut req: Request, env: &Env) -> Result<Response, Fault> {
    // A browser names its page; a script does not.
    if http::header(&req, "origin").is_some() {
        own_origin_only(&req)?;
    }
    let config = settings::config(env)?;
    let is_https = http::own_origin(&req).starts_with("https://");
    let address = http::header(&req, "cf-connecting-ip").unwrap_or_default();
    let body: SignIn = http::json(&mut req, API_BYTES_MAX).await?;
    let lifetime_ms = config.session_ms;
    let call = Call::SignIn { login: body.login, password: body.password, address, lifetime_ms };
    match clients::office(env, &call).await? {
        Reply::SignedIn { session, token, ended_sessions } => {
            end(env, ended_sessions).await?;
            let (staff, expires_at_ms) = (&session.staff, session.expires_at);
            if body.bearer {
                let token = token.expose();
                return http::ok(&json!({ "staff": staff, "expires_at_ms": expires_at_ms, "token": token }));
            }
            let answer = json!({ "staff": staff, "expires_at_ms": expires_at_ms });
            let seconds = (session.expires_at - clock::now()) / 1_000;
            let cookie = cookie(is_https, token.expose(), seconds);
            Ok(ResponseBuilder::new()
                .with_header("set-cookie", &cookie)?
                .with_header("cache-control", "no-store")?
                .from_json(&answer)?)
        }
        Reply::WrongPassword => {
            Err(Fault::new(Kind::Unauthorised, "session.wrong_password", "Unknown login or wrong password."))
        }
        Reply::TooManyAttempts { retry_after_ms } => {
            let words = "Too many wrong passwords; try again later.";
            Err(Fault::new(Kind::TooMany, "session.too_many_attempts", words)
                .with("retry_after_ms", retry_after_ms))
        }
        _ => Err(unexpected()),
    }
}

async fn sign_out(req: &Request, env: &Env) -> Result<Response, Fault> {
    let (token, by_cookie) = shown(req)?;
    if by_cookie {
        own_origin_only(req)?;
    }
    let session = id_of(&token);
    match clients::office(env, &Call::SignOut { token }).await? {
        // Whether or not it was still open: a repeated sign-out closes a socket that the first one left over.
        Reply::SignedOut { .. } => end(env, vec![session]).await?,
        _ => return Err(unexpected()),
    }
    let is_https = http::own_origin(req).starts_with("https://");
    Ok(ResponseBuilder::new().with_status(204).with_header("set-cookie", &cookie(is_https, "", 0))?.empty())
}

/// The token a request shows, and whether by cookie.
fn shown(req: &Request) -> Result<(Secret, bool), Fault> {
    if let Some(token) = http::bearer(req) {
        return Ok((Secret::new(token), false));
    }
    // Over https only the name that no other host can set: a neighbour may have planted the other one.
    let is_https = http::own_origin(req).starts_with("https://");
    let cookie = http::cookie(req, if is_https { COOKIE_HTTPS } else { COOKIE_LOOPBACK });
    cookie.map(|token| (Secret::new(token), true)).ok_or_else(required)
}

fn own_origin_only(req: &Request) -> Result<(), Fault> {
    if http::header(req, "origin").as_deref() == Some(http::own_origin(req).as_str()) {
        return Ok(());
    }
    Err(Fault::new(Kind::Forbidden, "http.origin", "Only our own pages may do this."))
}

fn required() -> Fault {
    Fault::new(Kind::Unauthorised, "session.required", "Sign in first.")
}

fn cookie(is_https: bool, token: &str, seconds: i64) -> String {
    let (name, secure) = if is_https { (COOKIE_HTTPS, "; Secure") } else { (COOKIE_LOOPBACK, "") };
    format!("{name}={token}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Strict{secure}")
}

/// A name that a browser accepts only over https, from this host, for all of it.
const COOKIE_HTTPS: &str = "__Host-shunda";
/// Plain http occurs on loopback only.
const COOKIE_LOOPBACK: &str = "shunda";
