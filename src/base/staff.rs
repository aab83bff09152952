//! Who works here, as every part of the house sees them.

use super::id::{FloorId, SkillGroupId, StaffId};
use serde::{Deserialize, Serialize};

/// What a member of staff may see and do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Serves customers: sees their own tickets and those waiting in their skill groups.
    Agent,
    /// Edits knowledge, and serves as an agent does.
    Editor,
    /// Sees every ticket, and serves too.
    Supervisor,
}

/// A member of staff, without anything secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Staff {
    /// Their id, for good.
    pub id: StaffId,
    /// What they type to sign in.
    pub login: String,
    /// What others call them.
    pub name: String,
    /// What they may see and do.
    pub role: Role,
    /// Which tickets they are entitled to.
    pub skill_groups: Vec<SkillGroupId>,
    /// How many open tickets they hold at most.
    pub cap: u32,
    /// Where they serve: they see this floor's tickets and no other's.
    #[serde(default, skip_serializing_if = "FloorId::is_default")]
    pub floor: FloorId,
}
