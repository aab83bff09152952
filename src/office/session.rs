//! Sessions: a token that only its holder knows, of which the office keeps the SHA-256.

use super::{Outcome, Reply, Write};
use crate::base::digest::{hex, sha256};
use crate::base::id::SessionId;
use crate::base::limits::SESSIONS_PER_STAFF_MAX;
use crate::base::secret::Secret;
use crate::base::staff::Staff;
use crate::base::time::TimeMs;
use crate::base::turn::Turn;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};

/// A signed-in member of staff.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// Its id: safe to keep and to tell, the token cannot be had from it.
    pub id: SessionId,
    /// Whose it is, as they are now.
    pub staff: Staff,
    /// It is good before this time.
    pub expires_at: TimeMs,
}

/// The id of the session that `token` opens.
pub fn id_of(token: &Secret) -> SessionId {
    SessionId(hex(&sha256(&[token.expose().as_bytes()])))
}

/// Opens a session for someone whose password was right. `open` are the ids of theirs, oldest first.
pub fn sign_in(staff: Staff, open: &[SessionId], lifetime_ms: i64, turn: &Turn) -> Outcome {
    let token = Secret::new(URL_SAFE_NO_PAD.encode(sha256(&[b"session", &turn.entropy])));
    let session = Session { id: id_of(&token), staff, expires_at: turn.now + lifetime_ms };
    let too_many = (open.len() + 1).saturating_sub(SESSIONS_PER_STAFF_MAX);
    let ended_sessions: Vec<_> = open.iter().take(too_many).cloned().collect();
    let mut writes = vec![Write::EndSessionsUntil(turn.now)];
    writes.extend(ended_sessions.iter().cloned().map(Write::EndSession));
    writes.push(Write::PutSession {
        id: session.id.clone(),
        staff: session.staff.id.clone(),
        created_at: turn.now,
        expires_at: session.expires_at,
    });
    Outcome { reply: Reply::SignedIn { session, token, ended_sessions }, writes }
}

/// Whether what is stored under a token's id is still good.
pub fn check(stored: Option<Session>, now: TimeMs) -> Reply {
    match stored {
        Some(session) if now < session.expires_at => Reply::Session { session },
        _ => Reply::NoSession,
    }
}

/// Ends what is stored under a token's id.
pub fn sign_out(stored: Option<Session>) -> Outcome {
    let ended_sessions: Vec<_> = stored.into_iter().map(|session| session.id).collect();
    let writes = ended_sessions.iter().cloned().map(Write::EndSession).collect();
    Outcome { reply: Reply::SignedOut { ended_sessions }, writes }
}
