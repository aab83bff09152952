//! L2, the back office: who works here, who is signed in, and the token each channel's API wants.

pub mod attempts;
pub mod credential;
pub mod password;
pub mod refusals;
pub mod session;
pub mod staff;

use crate::base::address::Addressing;
use crate::base::id::{SessionId, StaffId};
use crate::base::secret::Secret;
use crate::base::staff::Staff;
use crate::base::time::TimeMs;
use attempts::Tally;
use serde::{Deserialize, Serialize};
use session::Session;
use staff::{StaffFault, StaffInput};

/// What the office is asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "call", rename_all = "snake_case")]
pub enum Call {
    /// Adds or replaces these, all or none. Staff that are not named stay as they are.
    PutStaff {
        /// Whom.
        staff: Vec<StaffInput>,
    },
    /// Opens a session.
    SignIn {
        /// As typed.
        login: String,
        /// As typed.
        password: Secret,
        /// Where the request comes from; it is only counted, and never stored as it is.
        address: String,
        /// How long the session is to last.
        lifetime_ms: i64,
    },
    /// Whose session is this?
    Session {
        /// As the client shows it.
        token: Secret,
    },
    /// Ends a session.
    SignOut {
        /// As the client shows it.
        token: Secret,
    },
    /// Is this the addressing that the state was created with? The first one asked about is.
    CheckAddressing {
        /// The one in the settings.
        addressing: Addressing,
    },
}

/// What the office answers. `ended_sessions`: the caller closes their sockets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "reply", rename_all = "snake_case")]
pub enum Reply {
    /// All are stored.
    StaffPut {
        /// Those of staff who got a new password.
        ended_sessions: Vec<SessionId>,
    },
    /// Nothing is stored.
    StaffInvalid {
        /// Everything that is wrong.
        faults: Vec<StaffFault>,
    },
    /// A session is open.
    SignedIn {
        /// Which.
        session: Session,
        /// What the client shows from now on; it is not stored, and cannot be told again.
        token: Secret,
        /// The oldest, when there were too many.
        ended_sessions: Vec<SessionId>,
    },
    /// Unknown login or wrong password: which one is not told.
    WrongPassword,
    /// Too many wrong passwords for this login or from this address; the password was not looked at.
    TooManyAttempts {
        /// When it is worth trying again.
        retry_after_ms: i64,
    },
    /// The session is good.
    Session {
        /// Which, and whose.
        session: Session,
    },
    /// No such session, or it has expired.
    NoSession,
    /// The session is no more.
    SignedOut {
        /// It, when it was there.
        ended_sessions: Vec<SessionId>,
    },
    /// The addressing is the one the state was created with.
    AddressingHolds,
    /// The state was created with another: customers would be looked for in the wrong place.
    AddressingChanged {
        /// The one it was created with.
        stored: Addressing,
    },
}

/// What is to be stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Write {
    /// Adds or replaces one; without a password the old one stays.
    PutStaff {
        /// Whom.
        staff: Staff,
        /// As [`password::hash`] makes it.
        password: Option<String>,
    },
    /// Adds a session.
    PutSession {
        /// Its id.
        id: SessionId,
        /// Whose.
        staff: StaffId,
        /// Since when.
        created_at: TimeMs,
        /// Until when.
        expires_at: TimeMs,
    },
    /// Ends a session.
    EndSession(SessionId),
    /// Ends all sessions that last until this time or less.
    EndSessionsUntil(TimeMs),
    /// Adds or replaces a tally.
    PutTally(Tally),
    /// Forgets a tally.
    ForgetTally(String),
    /// Forgets the tallies begun at this time or before.
    ForgetTalliesSince(TimeMs),
    /// Forgets so many of the tallies with the fewest failures.
    ForgetLowestTallies(i64),
    /// Stores the addressing.
    PutAddressing(Addressing),
}

/// What a turn comes to: everything is written before the reply leaves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The answer.
    pub reply: Reply,
    /// What to store, in order.
    pub writes: Vec<Write>,
}

impl From<Reply> for Outcome {
    fn from(reply: Reply) -> Self {
        Self { reply, writes: Vec::new() }
    }
}

/// Compares the addressing in the settings with the stored one.
pub fn check_addressing(stored: Option<Addressing>, asked: Addressing) -> Outcome {
    match stored {
        None => Outcome { reply: Reply::AddressingHolds, writes: vec![Write::PutAddressing(asked)] },
        Some(stored) if stored == asked => Reply::AddressingHolds.into(),
        Some(stored) => Reply::AddressingChanged { stored }.into(),
    }
}
