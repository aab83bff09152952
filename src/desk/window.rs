//! How many customer-service messages the channel still takes, and until when (protocol 4.3, 9.3).
//!
//! WeChat refills on what the customer does: a message opens 5 within 48 hours; following, scanning, a menu
//! click or a tap on a menu message opens 3 within one minute; entering a mini program's session 2 within one
//! minute. A refill replaces a count, it never adds. Whether a short grant replaces a longer one is not documented,
//! so the two are kept side by side and a message is counted against both: what is left is what the better one has,
//! which holds under either reading.

use crate::base::channel::ChannelKind;
use crate::base::message::InboundContent;
use crate::base::time::{HOUR_MS, MINUTE_MS, TimeMs};
use serde::{Deserialize, Serialize};

/// What opened a grant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum GrantKind {
    /// A message from the customer.
    Message,
    /// Something the customer did.
    Event,
}

impl GrantKind {
    const BOTH: [Self; 2] = [Self::Message, Self::Event];

    const fn span_ms(self) -> i64 {
        match self {
            Self::Message => 48 * HOUR_MS,
            Self::Event => MINUTE_MS,
        }
    }

    /// What a customer's message or event opens on this kind of channel, if anything, and how many messages.
    fn opened_by(kind: ChannelKind, content: &InboundContent) -> Option<(Self, u32)> {
        match (kind, content) {
            (ChannelKind::Kefu, content) => content.is_message().then_some((Self::Message, 5)),
            (ChannelKind::MiniProgram, InboundContent::Enter { .. }) => Some((Self::Event, 2)),
            (
                ChannelKind::OfficialAccount,
                InboundContent::Text { menu_id: Some(_), .. }
                | InboundContent::Follow { .. }
                | InboundContent::Scan { .. }
                | InboundContent::MenuClick { .. },
            ) => Some((Self::Event, 3)),
            (_, content) if content.is_message() => Some((Self::Message, 5)),
            _ => None,
        }
    }
}

/// So many messages, from a moment on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Grant {
    opened_at: TimeMs,
    left: u32,
    /// How many it began with. Rows of before it was kept began with five at most.
    #[serde(default = "most")]
    of: u32,
}

const fn most() -> u32 {
    5
}

/// A place taken in the grants that were open, named by when they opened. It is given back only when the channel
/// definitely refused the message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Slot {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    message: Option<TimeMs>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    event: Option<TimeMs>,
}

/// What can be sent: shown to people, and the law for sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quota {
    /// Messages left in the better of the grants that are open.
    pub left: u32,
    /// How many that grant began with.
    pub of: u32,
    /// When the last of the open grants closes.
    pub closes_at_ms: TimeMs,
}

/// Why nothing can be sent now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Shut {
    /// The time is over.
    WindowClosed,
    /// There is time, but no message left.
    QuotaUsed,
}

/// A customer's window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Window {
    message: Grant,
    event: Grant,
}

impl Window {
    /// Opens what the customer's message or event opens, counted from when the channel says it was sent.
    /// One that arrives late does not refill a grant that a newer one opened. Messages of ours that are still
    /// `unsettled` will be counted against the new grant, so their places are taken in it at once.
    pub fn open_by(
        &mut self,
        channel: ChannelKind,
        content: &InboundContent,
        sent_at: TimeMs,
        unsettled: u32,
    ) {
        let Some((kind, of)) = GrantKind::opened_by(channel, content) else { return };
        let grant = self.grant_mut(kind);
        if sent_at >= grant.opened_at {
            *grant = Grant { opened_at: sent_at, left: of.saturating_sub(unsettled), of };
        }
    }

    /// Closes everything: the customer cannot be reached.
    pub fn close(&mut self) {
        *self = Self::default();
    }

    /// What is left now; `None` when every grant has run out of time.
    pub fn quota(&self, now: TimeMs) -> Option<Quota> {
        let open = self.open_grants(now);
        let (left, of) = open.iter().flatten().map(|(_, grant)| (grant.left, grant.of)).max()?;
        let closes = open.iter().flatten().map(|(kind, grant)| grant.opened_at + kind.span_ms()).max()?;
        Some(Quota { left, of, closes_at_ms: closes })
    }

    /// Takes a place in every open grant that has one. `kept_back`: so many of a message's grant are not for this.
    pub fn reserve(&mut self, now: TimeMs, kept_back: u32) -> Result<Slot, Shut> {
        let open = self.open_grants(now);
        if open.iter().flatten().next().is_none() {
            return Err(Shut::WindowClosed);
        }
        let has_place = |kind: &GrantKind, grant: &Grant| match kind {
            GrantKind::Message => grant.left > kept_back,
            GrantKind::Event => grant.left > 0,
        };
        if !open.iter().flatten().any(|(kind, grant)| has_place(kind, grant)) {
            return Err(Shut::QuotaUsed);
        }
        let mut slot = Slot { message: None, event: None };
        for (kind, grant) in self.open_grants(now).into_iter().flatten() {
            if grant.left > 0 {
                self.grant_mut(kind).left = grant.left.saturating_sub(1);
                *slot.opened_at(kind) = Some(grant.opened_at);
            }
        }
        Ok(slot)
    }

    /// Whether the place still counts: a grant it was taken in, or one that replaced it, is open.
    pub fn holds(&self, mut slot: Slot, now: TimeMs) -> bool {
        let mut open = self.open_grants(now).into_iter().flatten();
        open.any(|(kind, grant)| slot.opened_at(kind).is_some_and(|at| at <= grant.opened_at))
    }

    /// Gives a place back. A refill counted it anew, so it goes back into the refilled grant too.
    pub fn release(&mut self, mut slot: Slot) {
        for kind in GrantKind::BOTH {
            let grant = self.grant_mut(kind);
            if slot.opened_at(kind).is_some_and(|at| at <= grant.opened_at) {
                grant.left = grant.of.min(grant.left.saturating_add(1));
            }
        }
    }

    /// Gives a place back into the grants that were opened since it was taken, and into no other.
    pub fn release_refilled(&mut self, mut slot: Slot) {
        for kind in GrantKind::BOTH {
            let grant = self.grant_mut(kind);
            if slot.opened_at(kind).is_some_and(|at| at < grant.opened_at) {
                grant.left = grant.of.min(grant.left.saturating_add(1));
            }
        }
    }

    /// The channel says that the grants of this place are used up. One that was opened since is not meant.
    pub fn exhaust(&mut self, slot: Slot) {
        self.amend(slot, |grant| grant.left = 0);
    }

    /// The channel says that the grants of this place are closed. One that was opened since is not meant.
    pub fn close_for(&mut self, slot: Slot) {
        self.amend(slot, |grant| *grant = Grant::default());
    }

    fn amend(&mut self, mut slot: Slot, change: impl Fn(&mut Grant)) {
        for kind in GrantKind::BOTH {
            let grant = self.grant_mut(kind);
            if *slot.opened_at(kind) == Some(grant.opened_at) {
                change(grant);
            }
        }
    }

    fn open_grants(&self, now: TimeMs) -> [Option<(GrantKind, Grant)>; 2] {
        [(GrantKind::Event, self.event), (GrantKind::Message, self.message)]
            .map(|(kind, grant)| (now - grant.opened_at < kind.span_ms()).then_some((kind, grant)))
    }

    fn grant_mut(&mut self, kind: GrantKind) -> &mut Grant {
        match kind {
            GrantKind::Message => &mut self.message,
            GrantKind::Event => &mut self.event,
        }
    }
}

impl Slot {
    fn opened_at(&mut self, kind: GrantKind) -> &mut Option<TimeMs> {
        match kind {
            GrantKind::Message => &mut self.message,
            GrantKind::Event => &mut self.event,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: TimeMs = TimeMs(1_700_000_000_000);

    fn text() -> InboundContent {
        InboundContent::Text { text: "hi".into(), menu_id: None }
    }

    fn click() -> InboundContent {
        InboundContent::MenuClick { key: "k".into() }
    }

    #[test]
    fn a_message_opens_five_for_two_days() {
        let mut window = Window::default();
        assert_eq!(window.reserve(START, 0), Err(Shut::WindowClosed));
        window.open_by(ChannelKind::OfficialAccount, &text(), START, 0);
        for _ in 0..5 {
            window.reserve(START + 1, 0).unwrap();
        }
        assert_eq!(window.reserve(START + 1, 0), Err(Shut::QuotaUsed));
        assert_eq!(window.reserve(START + 48 * HOUR_MS, 0), Err(Shut::WindowClosed));
    }

    #[test]
    fn a_click_adds_a_short_grant_and_never_shortens_the_long_one() {
        let mut window = Window::default();
        window.open_by(ChannelKind::OfficialAccount, &text(), START, 0);
        window.open_by(ChannelKind::OfficialAccount, &click(), START + 10, 0);
        assert_eq!(window.quota(START + 20).unwrap().left, 5);
        window.reserve(START + 20, 0).unwrap();
        let later = window.quota(START + 10 + MINUTE_MS).unwrap();
        assert_eq!((later.left, later.closes_at_ms), (4, START + 48 * HOUR_MS));
    }

    #[test]
    fn a_tap_on_a_menu_message_is_a_click() {
        let mut window = Window::default();
        window.open_by(
            ChannelKind::OfficialAccount,
            &InboundContent::Text { text: "1".into(), menu_id: Some("1".into()) },
            START,
            0,
        );
        assert_eq!(window.quota(START).unwrap().left, 3);
    }

    #[test]
    fn a_place_goes_back_once_also_after_a_refill() {
        let mut window = Window::default();
        window.open_by(ChannelKind::OfficialAccount, &text(), START, 0);
        let slot = window.reserve(START, 0).unwrap();
        window.release(slot);
        assert_eq!(window.quota(START).unwrap().left, 5);
        let slot = window.reserve(START, 0).unwrap();
        window.open_by(ChannelKind::OfficialAccount, &text(), START + 5, 1);
        assert_eq!(window.quota(START + 5).unwrap().left, 4);
        window.release(slot);
        assert_eq!(window.quota(START + 5).unwrap().left, 5);
    }

    #[test]
    fn what_waits_to_be_sent_takes_its_places_in_a_new_grant() {
        let mut window = Window::default();
        window.open_by(ChannelKind::OfficialAccount, &text(), START, 0);
        for _ in 0..5 {
            window.reserve(START, 0).unwrap();
        }
        window.open_by(ChannelKind::OfficialAccount, &click(), START + 5, 5);
        assert_eq!(window.reserve(START + 5, 0), Err(Shut::QuotaUsed));
        window.open_by(ChannelKind::OfficialAccount, &text(), START + 6, 3);
        assert_eq!(window.quota(START + 6).unwrap().left, 2);
    }

    #[test]
    fn a_place_counts_while_its_grant_or_its_successor_is_open() {
        let mut window = Window::default();
        window.open_by(ChannelKind::OfficialAccount, &click(), START, 0);
        let slot = window.reserve(START, 0).unwrap();
        assert!(window.holds(slot, START + (MINUTE_MS - 1)));
        assert!(!window.holds(slot, START + MINUTE_MS));
        window.open_by(ChannelKind::OfficialAccount, &click(), START + MINUTE_MS, 1);
        assert!(window.holds(slot, START + MINUTE_MS));
    }

    #[test]
    fn what_the_channel_says_of_an_old_grant_does_not_touch_a_newer_one() {
        let mut window = Window::default();
        window.open_by(ChannelKind::OfficialAccount, &text(), START, 0);
        let slot = window.reserve(START, 0).unwrap();
        let mut newer = window;
        newer.open_by(ChannelKind::OfficialAccount, &text(), START + 5, 0);
        newer.exhaust(slot);
        newer.close_for(slot);
        assert_eq!(newer.quota(START + 5).unwrap().left, 5);
        window.exhaust(slot);
        assert_eq!(window.quota(START).unwrap().left, 0);
        window.close_for(slot);
        assert_eq!(window.quota(START), None);
    }

    #[test]
    fn a_late_message_does_not_refill_what_a_newer_one_opened() {
        let mut window = Window::default();
        window.open_by(ChannelKind::OfficialAccount, &text(), START, 0);
        window.reserve(START, 0).unwrap();
        window.open_by(ChannelKind::OfficialAccount, &text(), START + -1, 0);
        assert_eq!(window.quota(START).unwrap().left, 4);
    }

    #[test]
    fn other_events_open_nothing() {
        let mut window = Window::default();
        window.open_by(
            ChannelKind::OfficialAccount,
            &InboundContent::Notice { event: "view".into(), detail: String::new() },
            START,
            0,
        );
        assert_eq!(window.quota(START), None);
    }

    #[test]
    fn each_kind_of_channel_has_its_own_triggers() {
        let enter = InboundContent::Enter { scene: None, welcome_code: None };
        let tap = InboundContent::Text { text: "1".into(), menu_id: Some("1".into()) };
        for (kind, content, left) in [
            (ChannelKind::MiniProgram, &enter, Some(2)),
            (ChannelKind::Kefu, &enter, None),
            (ChannelKind::OfficialAccount, &enter, None),
            (ChannelKind::Kefu, &tap, Some(5)),
            (ChannelKind::MiniProgram, &tap, Some(5)),
            (ChannelKind::OfficialAccount, &tap, Some(3)),
            (ChannelKind::Kefu, &click(), None),
        ] {
            let mut window = Window::default();
            window.open_by(kind, content, START, 0);
            assert_eq!(window.quota(START).map(|quota| quota.left), left, "{kind:?} {content:?}");
        }
    }

    #[test]
    fn what_is_kept_back_is_kept_of_a_messages_grant_only() {
        let mut window = Window::default();
        window.open_by(ChannelKind::OfficialAccount, &text(), START, 3);
        window.reserve(START, 1).unwrap();
        assert_eq!(window.reserve(START, 1), Err(Shut::QuotaUsed));
        window.open_by(ChannelKind::OfficialAccount, &click(), START, 2);
        window.reserve(START, 1).unwrap();
        assert_eq!(window.quota(START).unwrap().left, 0, "it counts against both");
    }
}
