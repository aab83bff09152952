//! L2, the back office: who works here, who is signed in, which channels there are, the token each one's API wants, and
//! knowledge before it is published.

pub mod attempts;
pub mod callbacks;
pub mod channel;
pub mod credential;
pub mod diagnosis;
pub mod directory;
pub mod health;
pub mod library;
pub mod outcome;
pub mod password;
pub mod pump;
pub mod refusals;
pub mod remote;
pub mod session;
pub mod staff;
pub mod vault;

use crate::base::address::Addressing;
use crate::base::id::{ChannelId, SessionId, StaffId};
use crate::base::secret::Secret;
use crate::base::staff::Staff;
use crate::base::time::TimeMs;
use attempts::Tally;
use channel::{ChannelFault, StoredChannel};
use core::fmt;
use serde::{Deserialize, Serialize};
use serde_json::Value;
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
    /// Is this the addressing that the state was created with (the first one asked about is), and which channels
    /// are there?
    Deployment {
        /// The one in the settings.
        addressing: Addressing,
        /// Of the channels that the caller knows: unchanged ones are not told again.
        known_revision: Option<u64>,
    },
    /// Adds or replaces a channel.
    PutChannel {
        /// Which.
        id: ChannelId,
        /// What the operator wrote, secrets and all: it is printed nowhere.
        body: Hidden,
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
        /// Who serves on another floor than before: the caller closes their sockets.
        moved: Vec<StaffId>,
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
    Deployment {
        /// Of the channels: it rises with each that is put.
        revision: u64,
        /// All there are; none when the caller's are these.
        channels: Option<Vec<StoredChannel>>,
    },
    /// The state was created with another: customers would be looked for in the wrong place.
    AddressingChanged {
        /// The one it was created with.
        stored: Addressing,
    },
    /// It is stored.
    ChannelPut {
        /// Of the channels from now on.
        revision: u64,
    },
    /// Nothing is stored.
    ChannelInvalid {
        /// Everything that is wrong.
        faults: Vec<ChannelFault>,
    },
}

/// JSON that may hold secrets: it prints as `***`.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Hidden(pub Value);

impl fmt::Debug for Hidden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
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
    /// Adds or replaces a channel.
    PutChannel(Box<StoredChannel>),
}

/// What a turn comes to.
pub type Outcome = outcome::Outcome<Reply, Write>;

/// Compares the addressing in the settings with the stored one, and tells the channels to who does not know them.
pub fn deployment(
    stored: Option<Addressing>,
    asked: Addressing,
    revision: u64,
    channels: Option<Vec<StoredChannel>>,
) -> Outcome {
    match stored {
        Some(stored) if stored != asked => Reply::AddressingChanged { stored }.into(),
        Some(_) => Reply::Deployment { revision, channels }.into(),
        None => Outcome {
            reply: Reply::Deployment { revision, channels },
            writes: vec![Write::PutAddressing(asked)],
        },
    }
}
