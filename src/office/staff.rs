//! What the operator says about staff, checked as a whole before any of it is stored.

use super::password::{self, SALT_BYTES};
use super::{Outcome, Reply, Write};
use crate::base::digest::sha256;
use crate::base::id::{FloorId, SessionId, SkillGroupId, StaffId};
use crate::base::limits::{
    NAME_CHARS_MAX, PASSWORD_CHARS_MAX, PASSWORD_CHARS_MIN, STAFF_CAP_MAX, STAFF_MAX, STAFF_PER_CALL_MAX,
    STAFF_SKILL_GROUPS_MAX,
};
use crate::base::secret::Secret;
use crate::base::staff::{Role, Staff};
use crate::base::turn::Turn;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// One member of staff as the operator writes them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StaffInput {
    /// Their id, for good.
    pub id: StaffId,
    /// What they type to sign in; no two have the same.
    pub login: String,
    /// What others call them.
    pub name: String,
    /// What they may see and do.
    pub role: Role,
    /// Which tickets they are entitled to.
    pub skill_groups: Vec<SkillGroupId>,
    /// How many open tickets they hold at most.
    pub cap: u32,
    /// Where they serve; without one on the default floor.
    #[serde(default, skip_serializing_if = "FloorId::is_default")]
    pub floor: FloorId,
    /// A new password; it ends their sessions. Without one the old one stays; who never had one cannot sign in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password: Option<Secret>,
}

/// One thing wrong with what the operator wrote.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{at}: {problem}")]
pub struct StaffFault {
    /// Where: `staff[2].login`.
    pub at: String,
    /// What.
    pub problem: Problem,
}

/// What can be wrong with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum Problem {
    /// More than [`STAFF_PER_CALL_MAX`] at once, or more than [`STAFF_MAX`] in all.
    #[error("too many")]
    TooMany,
    /// An id is 1 to 64 of `A-Z a-z 0-9 _ -`.
    #[error("must be 1 to 64 letters, digits, _ or -")]
    Id,
    /// A login or a name.
    #[error("must be 1 to 64 characters, without space at either end")]
    Name,
    /// Two have the same id or login.
    #[error("is used twice")]
    Taken,
    /// More than [`STAFF_CAP_MAX`].
    #[error("must be at most 1000")]
    Cap,
    /// Fewer than [`PASSWORD_CHARS_MIN`] or more than [`PASSWORD_CHARS_MAX`].
    #[error("must be 8 to 256 characters")]
    Password,
    /// There was no memory to hash it: worth another try.
    #[error("could not be hashed")]
    NotHashed,
}

/// Stores `input`, all or none. `known` are all there are; `open` the sessions of those who get a password.
pub fn put(
    known: &[Staff],
    input: Vec<StaffInput>,
    open: &BTreeMap<StaffId, Vec<SessionId>>,
    turn: &Turn,
) -> Outcome {
    let mut faults = check(known, &input);
    let mut ended_sessions = Vec::new();
    let floor_of = |id: &StaffId| known.iter().find(|staff| staff.id == *id).map(|staff| &staff.floor);
    let moved = input.iter().filter(|staff| floor_of(&staff.id).is_some_and(|floor| *floor != staff.floor));
    let moved: Vec<StaffId> = moved.map(|staff| staff.id.clone()).collect();
    let mut writes = Vec::new();
    // Hashing is slow: only what is right gets that far.
    let input = if faults.is_empty() { input } else { Vec::new() };
    for (at, (staff, password)) in input.into_iter().map(StaffInput::split).enumerate() {
        let hashed = password.map(|password| password::hash(&password, &salt(&staff.id, turn)));
        match hashed {
            Some(None) => faults.push(fault(at, "password", Problem::NotHashed)),
            None if known.contains(&staff) => {}
            None => writes.push(Write::PutStaff { staff, password: None }),
            Some(password) => {
                let ended = open.get(&staff.id).cloned().unwrap_or_default();
                writes.push(Write::PutStaff { staff, password });
                writes.extend(ended.iter().cloned().map(Write::EndSession));
                ended_sessions.extend(ended);
            }
        }
    }
    match faults.is_empty() {
        true => Outcome { reply: Reply::StaffPut { ended_sessions, moved }, writes },
        false => Reply::StaffInvalid { faults }.into(),
    }
}

impl StaffInput {
    fn split(self) -> (Staff, Option<Secret>) {
        let Self { id, login, name, role, skill_groups, cap, floor, password } = self;
        (Staff { id, login, name, role, skill_groups, cap, floor }, password)
    }
}

/// Ids differ within one call, so one piece of luck salts them all.
fn salt(id: &StaffId, turn: &Turn) -> [u8; SALT_BYTES] {
    let digest = sha256(&[b"salt", &turn.entropy, id.as_str().as_bytes()]);
    *digest.first_chunk().unwrap_or(&[0; SALT_BYTES])
}

fn fault(at: usize, field: &str, problem: Problem) -> StaffFault {
    StaffFault { at: format!("staff[{at}].{field}"), problem }
}

fn check(known: &[Staff], input: &[StaffInput]) -> Vec<StaffFault> {
    let mut faults = Vec::new();
    let known_ids: BTreeSet<_> = known.iter().map(|staff| &staff.id).collect();
    let new = input.iter().filter(|staff| !known_ids.contains(&staff.id)).count();
    if input.len() > STAFF_PER_CALL_MAX || known.len() + new > STAFF_MAX {
        return vec![StaffFault { at: "staff".to_owned(), problem: Problem::TooMany }];
    }
    let mut ids = BTreeSet::new();
    // Two may exchange their logins in one call: only those who are not in it hold theirs.
    let named: BTreeSet<_> = input.iter().map(|staff| &staff.id).collect();
    let others = known.iter().filter(|staff| !named.contains(&staff.id));
    let mut logins: BTreeSet<_> = others.map(|staff| &staff.login).collect();
    for (at, staff) in input.iter().enumerate() {
        let mut check = |good: bool, field: &str, problem| {
            if !good {
                faults.push(fault(at, field, problem));
            }
        };
        check(is_id(staff.id.as_str()), "id", Problem::Id);
        check(ids.insert(&staff.id), "id", Problem::Taken);
        check(is_name(&staff.login), "login", Problem::Name);
        check(logins.insert(&staff.login), "login", Problem::Taken);
        check(is_name(&staff.name), "name", Problem::Name);
        check(staff.skill_groups.len() <= STAFF_SKILL_GROUPS_MAX, "skill_groups", Problem::TooMany);
        check(staff.skill_groups.iter().all(|group| is_id(group.as_str())), "skill_groups", Problem::Id);
        check(is_id(staff.floor.as_str()), "floor", Problem::Id);
        check(staff.cap <= STAFF_CAP_MAX, "cap", Problem::Cap);
        let password_chars = staff.password.as_ref().map(|password| password.expose().chars().count());
        let long_enough =
            password_chars.is_none_or(|n| (PASSWORD_CHARS_MIN..=PASSWORD_CHARS_MAX).contains(&n));
        check(long_enough, "password", Problem::Password);
    }
    faults
}

fn is_id(id: &str) -> bool {
    (1..=NAME_CHARS_MAX).contains(&id.len())
        && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte))
}

fn is_name(name: &str) -> bool {
    (1..=NAME_CHARS_MAX).contains(&name.chars().count())
        && name.trim() == name
        && !name.contains(char::is_control)
}
