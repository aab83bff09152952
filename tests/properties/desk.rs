//! Routing, views and the window, for any input.

use crate::journeys::floor::{notice, staff};
use crate::support::fold::Folded;
use proptest::prelude::*;
use shunda::base::channel::ChannelKind;
use shunda::base::message::InboundContent;
use shunda::base::staff::{Role, Staff};
use shunda::base::time::TimeMs;
use shunda::desk::floor::{Floor, Input};
use shunda::desk::routing::{Seat, choose, is_entitled};
use shunda::desk::view::Frame;
use shunda::desk::window::Window;
use std::collections::BTreeMap;

const NOW: TimeMs = TimeMs(1_700_000_000_000);
const GROUPS: [&str; 3] = ["sales", "after_sales", "none"];

prop_compose! {
    fn any_seat()(cap in 0_u32..4, load in 0_u32..5, last in prop::option::of(0_i64..5), group in 0_usize..3)
        -> (u32, u32, Option<i64>, usize) {
        (cap, load, last, group)
    }
}

proptest! {
    #[test]
    fn routing_is_total_stable_and_never_over_capacity(
        seats in prop::collection::vec(any_seat(), 0..8),
        turned in 0_usize..8,
    ) {
        let people: Vec<Staff> = seats
            .iter()
            .enumerate()
            .map(|(number, (cap, _, _, group))| staff(&format!("s{number}"), Role::Agent, GROUPS[*group], *cap))
            .collect();
        let mut here: Vec<Seat<'_>> = people
            .iter()
            .zip(&seats)
            .map(|(staff, (_, load, last, _))| Seat { staff, load: *load, last_assigned_at: last.map(TimeMs) })
            .collect();
        let group = "sales".into();
        let chosen = choose(&group, here.iter().copied()).cloned();
        let free = |seat: &Seat<'_>| seat.load < seat.staff.cap && is_entitled(seat.staff, &group);
        prop_assert_eq!(chosen.is_some(), here.iter().any(free), "somebody is chosen when somebody can be");
        if let Some(chosen) = &chosen {
            let seat = here.iter().find(|seat| seat.staff.id == *chosen).unwrap();
            prop_assert!(free(seat));
            prop_assert!(here.iter().filter(|other| free(other)).all(|other| seat.load <= other.load));
        }
        if !here.is_empty() {
            let length = here.len();
            here.rotate_left(turned % length);
        }
        prop_assert_eq!(choose(&group, here.iter().copied()), chosen.as_ref(), "whatever the order of seats");
    }

    #[test]
    fn folded_frames_are_the_snapshot(script in prop::collection::vec((0_usize..6, 0_usize..4, any::<bool>()), 1..40)) {
        let people = [
            staff("chen", Role::Agent, "after_sales", 1),
            staff("lin", Role::Agent, "sales", 2),
            staff("mei", Role::Agent, "sales", 1),
            staff("wu", Role::Supervisor, "sales", 1),
        ];
        let mut floor = Floor::default();
        let mut views: Vec<Folded> = people.iter().cloned().map(Folded::start).collect();
        for (view, viewer) in views.iter_mut().zip(&people) {
            view.receive(&floor.resume(viewer, None));
        }
        let mut revs: BTreeMap<usize, u64> = BTreeMap::new();
        for (kind, which, closed) in script {
            let input = match kind {
                0 => Input::Online(people[which].clone()),
                1 => Input::Offline(people[which].id.clone()),
                _ => {
                    let mut told = notice(which, kind as i64);
                    let rev = revs.entry(which).or_insert(0);
                    *rev += 1;
                    told.rev = *rev;
                    told.ticket.closed = closed;
                    told.ticket.skill_group = GROUPS[which % 2].into();
                    Input::Notice(told)
                }
            };
            let before = floor.seq;
            let changes = floor.handle(input, NOW);
            for (view, viewer) in views.iter_mut().zip(&people) {
                let changes = floor.changes_for(viewer, &changes);
                if floor.seq > before && !changes.is_empty() {
                    let prev = view.seq;
                    let frame = Frame::Frame { seq: floor.seq, prev, changes };
                    let gap = view.receive(&frame);
                    prop_assert!(!gap);
                }
                prop_assert_eq!(view.snapshot(), floor.snapshot_for(viewer));
            }
            for person in &people {
                prop_assert!(floor.load(&person.id) <= person.cap);
            }
        }
    }

    #[test]
    fn a_window_never_gives_more_than_its_grants(script in prop::collection::vec((0_u8..5, 0_i64..90_000), 1..60)) {
        let mut window = Window::default();
        let mut now = NOW;
        let mut slots = Vec::new();
        for (kind, span_ms) in script {
            now = now + span_ms;
            let unsettled = u32::try_from(slots.len()).unwrap();
            match kind {
                0 => window.open_by(ChannelKind::OfficialAccount, &InboundContent::Text { text: "x".into(), menu_id: None }, now, unsettled),
                1 => window.open_by(ChannelKind::OfficialAccount, &InboundContent::MenuClick { key: "k".into() }, now, unsettled),
                2 if !slots.is_empty() => window.release(slots.remove(0)),
                _ => slots.extend(window.reserve(now, 0)),
            }
            let left = window.quota(now).map_or(0, |quota| quota.left);
            prop_assert!(left <= 5, "{} left", left);
        }
    }
}
