//! Which agent takes a ticket: the least busy entitled one under their cap.

use crate::base::id::{SkillGroupId, StaffId};
use crate::base::staff::Staff;
use crate::base::time::TimeMs;

/// An agent who is here, as routing sees them.
#[derive(Clone, Copy, Debug)]
pub struct Seat<'a> {
    /// Who, with skill groups and cap.
    pub staff: &'a Staff,
    /// Open tickets they hold.
    pub load: u32,
    /// When they were last given one.
    pub last_assigned_at: Option<TimeMs>,
}

/// Chooses the agent with the fewest open tickets; among equals the one who has waited longest for one, then the
/// lowest id. `None`: nobody here is entitled and free. The order of `seats` does not matter.
pub fn choose<'a>(group: &SkillGroupId, seats: impl IntoIterator<Item = Seat<'a>>) -> Option<&'a StaffId> {
    seats
        .into_iter()
        .filter(|seat| seat.load < seat.staff.cap && is_entitled(seat.staff, group))
        .min_by_key(|seat| (seat.load, seat.last_assigned_at, &seat.staff.id))
        .map(|seat| &seat.staff.id)
}

/// Whether tickets of this group are theirs to take. A ticket without a group, opened while no knowledge was at
/// hand, is everyone's.
pub fn is_entitled(staff: &Staff, group: &SkillGroupId) -> bool {
    group.0.is_empty() || staff.skill_groups.contains(group)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::staff::Role;

    fn staff(id: &str, groups: &[&str], cap: u32) -> Staff {
        Staff {
            id: id.into(),
            login: id.into(),
            name: id.into(),
            role: Role::Agent,
            skill_groups: groups.iter().map(|group| (*group).into()).collect(),
            cap,
            floor: crate::base::id::FloorId::default(),
        }
    }

    fn seat(staff: &Staff, load: u32, last: Option<i64>) -> Seat<'_> {
        Seat { staff, load, last_assigned_at: last.map(TimeMs) }
    }

    #[test]
    fn the_least_busy_entitled_agent_under_the_cap_is_chosen() {
        let (full, other, busy, free) =
            (staff("a", &["s"], 1), staff("b", &["x"], 9), staff("c", &["s"], 9), staff("d", &["s"], 9));
        let seats = [seat(&full, 1, None), seat(&other, 0, None), seat(&busy, 3, None), seat(&free, 2, None)];
        assert_eq!(choose(&"s".into(), seats), Some(&"d".into()));
        assert_eq!(choose(&"x".into(), seats), Some(&"b".into()));
        assert_eq!(choose(&"none".into(), seats), None);
        assert_eq!(choose(&"".into(), seats), Some(&"b".into()));
    }

    #[test]
    fn among_equals_the_longest_without_a_ticket_comes_first() {
        let (a, b, c) = (staff("a", &["s"], 9), staff("b", &["s"], 9), staff("c", &["s"], 9));
        let seats = [seat(&a, 1, Some(30)), seat(&b, 1, Some(10)), seat(&c, 1, Some(20))];
        assert_eq!(choose(&"s".into(), seats), Some(&"b".into()));
        let newcomer = [seat(&a, 0, Some(30)), seat(&c, 0, None)];
        assert_eq!(choose(&"s".into(), newcomer), Some(&"c".into()));
    }
}
