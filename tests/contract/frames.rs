//! The fixtures that the console's fold is tested with: each is folded here too, and those that the floor itself
//! made are made again and compared. `UPDATE_FIXTURES=1` writes them anew.

use crate::journeys::floor::{notice, staff};
use crate::support::fold::Folded;
use serde::{Deserialize, Serialize};
use shunda::base::staff::{Role, Staff};
use shunda::base::time::TimeMs;
use shunda::desk::floor::{Floor, Input};
use shunda::desk::view::{Frame, Snapshot};
use std::path::{Path, PathBuf};

const NOW: TimeMs = TimeMs(1_700_000_000_000);

#[derive(Serialize, Deserialize)]
struct Fixture {
    about: String,
    steps: Vec<Step>,
}

#[derive(Serialize, Deserialize)]
struct Step {
    receive: Frame,
    /// A frame is missing before this one.
    gap: bool,
    /// What the view is afterwards.
    snapshot: Snapshot,
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/frames")
}

#[test]
fn every_fixture_folds_here_as_it_does_in_the_console() {
    let files = std::fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path());
    let files: Vec<PathBuf> =
        files.filter(|path| path.extension().is_some_and(|end| end == "json")).collect();
    assert!(files.len() >= 3, "{files:?}");
    for path in files {
        let fixture: Fixture = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
        let mut view = Folded::start(staff("nobody", Role::Agent, "none", 0));
        for (place, step) in fixture.steps.iter().enumerate() {
            assert_eq!(view.receive(&step.receive), step.gap, "gap at step {place} of {path:?}");
            assert_eq!(view.snapshot(), step.snapshot, "snapshot at step {place} of {path:?}");
        }
    }
}

/// A day on the floor: tickets come, wait for room, are answered, have trouble, are resolved; people come and go.
fn day() -> Vec<Input> {
    let change = |number: usize, rev: u64, change: fn(&mut shunda::desk::conversation::Ticket)| {
        let mut told = notice(number, number as i64 * 1_000);
        told.rev = rev;
        told.last_seq = rev;
        told.ticket.skill_group = ["sales", "after_sales"][number % 2].into();
        change(&mut told.ticket);
        Input::Notice(told)
    };
    let answered = |ticket: &mut shunda::desk::conversation::Ticket| {
        ticket.waiting_since = None;
        ticket.unanswered = 0;
    };
    vec![
        change(1, 1, |_| ()),
        Input::Online(staff("lin", Role::Agent, "sales", 1)),
        change(2, 1, |_| ()),
        change(4, 1, |ticket| ticket.urgency = shunda::knowledge::proposal::Urgency::High),
        Input::Online(staff("chen", Role::Agent, "after_sales", 2)),
        change(2, 2, answered),
        change(2, 3, |ticket| ticket.trouble = true),
        Input::Online(staff("wu", Role::Supervisor, "sales", 1)),
        change(2, 4, |ticket| ticket.closed = true),
        Input::Offline("chen".into()),
        change(1, 2, |ticket| ticket.unanswered = 2),
    ]
}

/// What `viewer` receives of the day: a hello, frames, and, after `away` inputs missed, a replay.
fn seen_by(viewer: &Staff, about: &str, away: core::ops::Range<usize>) -> Fixture {
    let mut floor = Floor::default();
    let mut steps =
        vec![Step { receive: floor.resume(viewer, None), gap: false, snapshot: floor.snapshot_for(viewer) }];
    let mut seq = floor.seq;
    for (number, input) in day().into_iter().enumerate() {
        let changes = floor.handle(input, NOW + number as i64 * 60_000);
        let receive = if away.contains(&number) {
            continue;
        } else if number > 0 && number == away.end {
            floor.resume(viewer, Some(seq))
        } else {
            let changes = floor.changes_for(viewer, &changes);
            if changes.is_empty() {
                continue;
            }
            Frame::Frame { seq: floor.seq, prev: seq, changes }
        };
        seq = floor.seq;
        steps.push(Step { receive, gap: false, snapshot: floor.snapshot_for(viewer) });
    }
    Fixture { about: about.into(), steps }
}

#[test]
fn what_the_floor_says_is_what_the_console_was_tested_with() {
    let fixtures = [
        (
            "floor_agent.json",
            seen_by(
                &staff("lin", Role::Agent, "sales", 1),
                "A day on the floor, as an agent of one skill group sees it.",
                0..0,
            ),
        ),
        (
            "floor_supervisor.json",
            seen_by(
                &staff("wu", Role::Supervisor, "sales", 1),
                "The same day, as a supervisor sees it.",
                0..0,
            ),
        ),
        (
            "floor_away.json",
            seen_by(
                &staff("lin", Role::Agent, "sales", 1),
                "The same day with the socket gone for part of it, mended by a replay.",
                2..8,
            ),
        ),
    ];
    for (name, fixture) in fixtures {
        let text = serde_json::to_string_pretty(&fixture).unwrap() + "\n";
        let path = folder().join(name);
        if std::env::var_os("UPDATE_FIXTURES").is_some() {
            std::fs::write(&path, &text).unwrap();
        }
        let kept = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(kept == text, "{name} differs from what the floor says; UPDATE_FIXTURES=1 writes it anew");
    }
}
