//! What may go wrong in a world, each as so many times in a thousand; and what a test breaks on purpose.

use super::rng::Rng;

#[derive(Clone, Debug, Default)]
pub struct Faults {
    /// A callback never reaches us.
    pub callback_lost: u32,
    /// A callback reaches us seconds late.
    pub callback_late: u32,
    /// A callback reaches us two or three times at once, or again minutes later.
    pub callback_twice: u32,
    /// A call between our parts takes seconds.
    pub call_slow: u32,
    /// A call between our parts fails before its turn.
    pub call_lost: u32,
    /// A call's turn is done and durable, but the caller sees an error.
    pub answer_lost: u32,
    /// An object dies between two awaits.
    pub crash: u32,
    /// An object dies between the durable mark and the request it announces.
    pub crash_before_send: u32,
    /// A background task is dropped: only the alarm remains.
    pub task_dropped: u32,
    /// A second drain starts beside the first.
    pub drain_twice: u32,
    /// The channel refuses for now.
    pub later: u32,
    /// The channel refuses for good.
    pub never: u32,
    /// A send times out and was not taken.
    pub send_lost: u32,
    /// A send times out and was taken.
    pub send_mute: u32,
    /// The token dies before its time.
    pub token_stale: u32,
    /// There is no token for a while.
    pub token_missing: u32,
    /// A socket drops.
    pub socket_drop: u32,
    /// A frame is lost and the socket stays.
    pub frame_lost: u32,
    /// All clocks jump ahead, from a minute to three days.
    pub leap: u32,
    /// Our clock and the channel's differ by up to three seconds.
    pub skew: u32,
}

impl Faults {
    /// A seed's own mixture: each fault is absent in some worlds, rare or frequent in others.
    pub fn of(rng: &mut Rng) -> Self {
        let outage = rng.hits(100);
        let mut up_to = |most: u32| match rng.below(3) {
            0 => 0,
            1 => most / 6,
            _ => rng.below(most as usize + 1) as u32,
        };
        Self {
            callback_lost: up_to(150),
            callback_late: up_to(150),
            callback_twice: up_to(250),
            call_slow: up_to(100),
            call_lost: up_to(150),
            answer_lost: up_to(150),
            crash: up_to(60),
            crash_before_send: up_to(150),
            task_dropped: up_to(300),
            drain_twice: up_to(400),
            later: if outage { 950 } else { up_to(300) },
            never: up_to(150),
            send_lost: up_to(150),
            send_mute: up_to(150),
            token_stale: up_to(300),
            token_missing: up_to(150),
            socket_drop: up_to(60),
            frame_lost: up_to(60),
            leap: up_to(20),
            skew: up_to(20),
        }
    }
}

/// A deliberate mistake in the twin, to prove that the invariants can fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sabotage {
    /// The drain sends without writing the mark first.
    ForgetMark,
    /// A time-out counts as a refusal.
    RetryUnknown,
    /// Each delivery is taken for a new message.
    SkipLedger,
    /// The floor counts as told whether it was reached or not.
    TellOnce,
    /// A view is not told of what went away.
    HideGone,
    /// A delivery that finds the answer passive also sends it as a customer-service message.
    AnswerTwice,
    /// The insight counts as told whether it was reached or not.
    ReportOnce,
}

impl Sabotage {
    pub const ALL: [Self; 7] = [
        Self::ForgetMark,
        Self::RetryUnknown,
        Self::SkipLedger,
        Self::TellOnce,
        Self::HideGone,
        Self::AnswerTwice,
        Self::ReportOnce,
    ];
}
