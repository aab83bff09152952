//! How many customer-service messages the channel still takes, and until when (protocol 4.3).
//!
//! WeChat refills on what the customer does: a message opens 5 within 48 hours; following, scanning, a menu
//! click or a tap on a menu message opens 3 within one minute. A refill replaces a count, it never adds. Whether a
//! short grant replaces a longer one is not documented, so the two are kept side by side and a message is counted
//! against both: what is left is what the better one has, which holds under either reading.

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
    const fn messages(self) -> u32 {
        match self {
            Self::Message => 5,
            Self::Event => 3,
        }
    }

    const fn span_ms(self) -> i64 {
        match self {
            Self::Message => 48 * HOUR_MS,
            Self::Event => MINUTE_MS,
        }
    }

    /// What a customer's message or event opens, if anything.
    fn opened_by(content: &InboundContent) -> Option<Self> {
        match content {
            InboundContent::Text { menu_id: Some(_), .. }
            | InboundContent::Follow { .. }
            | InboundContent::Scan { .. }
            | InboundContent::MenuClick { .. } => Some(Self::Event),
            content if content.is_message() => Some(Self::Message),
            _ => None,
        }
    }
}

/// So many messages, from a moment on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Grant {
    opened_at: TimeMs,
    left: u32,
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
    /// One that arrives late does not refill a grant that a newer one opened.
    pub fn open_by(&mut self, content: &InboundContent, sent_at: TimeMs) {
        let Some(kind) = GrantKind::opened_by(content) else { return };
        let grant = self.grant_mut(kind);
        if sent_at >= grant.opened_at {
            *grant = Grant { opened_at: sent_at, left: kind.messages() };
        }
    }

    /// Closes everything: the customer cannot be reached.
    pub fn close(&mut self) {
        *self = Self::default();
    }

    /// What is left now; `None` when every grant has run out of time.
    pub fn quota(&self, now: TimeMs) -> Option<Quota> {
        let open = self.open_grants(now);
        let left = open.iter().flatten().map(|(_, grant)| grant.left).max()?;
        let closes = open.iter().flatten().map(|(kind, grant)| grant.opened_at + kind.span_ms()).max()?;
        Some(Quota { left, closes_at_ms: closes })
    }

    /// Takes a place in every open grant that has one.
    pub fn reserve(&mut self, now: TimeMs) -> Result<Slot, Shut> {
        match self.quota(now) {
            None => return Err(Shut::WindowClosed),
            Some(Quota { left: 0, .. }) => return Err(Shut::QuotaUsed),
            Some(_) => {}
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

    /// Gives a place back, in each grant that has not been refilled since.
    pub fn release(&mut self, slot: Slot) {
        self.amend(slot, |kind, left| kind.messages().min(left.saturating_add(1)));
    }

    /// The channel says that the grants of this place are used up.
    pub fn exhaust(&mut self, slot: Slot) {
        self.amend(slot, |_, _| 0);
    }

    fn amend(&mut self, mut slot: Slot, left: impl Fn(GrantKind, u32) -> u32) {
        for kind in [GrantKind::Message, GrantKind::Event] {
            let grant = self.grant_mut(kind);
            if *slot.opened_at(kind) == Some(grant.opened_at) {
                grant.left = left(kind, grant.left);
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
        assert_eq!(window.reserve(START), Err(Shut::WindowClosed));
        window.open_by(&text(), START);
        for _ in 0..5 {
            window.reserve(START + 1).unwrap();
        }
        assert_eq!(window.reserve(START + 1), Err(Shut::QuotaUsed));
        assert_eq!(window.reserve(START + 48 * HOUR_MS), Err(Shut::WindowClosed));
    }

    #[test]
    fn a_click_adds_a_short_grant_and_never_shortens_the_long_one() {
        let mut window = Window::default();
        window.open_by(&text(), START);
        window.open_by(&click(), START + 10);
        assert_eq!(window.quota(START + 20).unwrap().left, 5);
        window.reserve(START + 20).unwrap();
        let later = window.quota(START + 10 + MINUTE_MS).unwrap();
        assert_eq!((later.left, later.closes_at_ms), (4, START + 48 * HOUR_MS));
    }

    #[test]
    fn a_tap_on_a_menu_message_is_a_click() {
        let mut window = Window::default();
        window.open_by(&InboundContent::Text { text: "1".into(), menu_id: Some("1".into()) }, START);
        assert_eq!(window.quota(START).unwrap().left, 3);
    }

    #[test]
    fn a_place_goes_back_only_into_its_own_grant() {
        let mut window = Window::default();
        window.open_by(&text(), START);
        let slot = window.reserve(START).unwrap();
        window.release(slot);
        assert_eq!(window.quota(START).unwrap().left, 5);
        let slot = window.reserve(START).unwrap();
        window.open_by(&text(), START + 5);
        window.reserve(START + 5).unwrap();
        window.release(slot);
        assert_eq!(window.quota(START + 5).unwrap().left, 4);
    }

    #[test]
    fn a_late_message_does_not_refill_what_a_newer_one_opened() {
        let mut window = Window::default();
        window.open_by(&text(), START);
        window.reserve(START).unwrap();
        window.open_by(&text(), START + -1);
        assert_eq!(window.quota(START).unwrap().left, 4);
    }

    #[test]
    fn other_events_open_nothing() {
        let mut window = Window::default();
        window.open_by(&InboundContent::Notice { event: "view".into(), detail: String::new() }, START);
        assert_eq!(window.quota(START), None);
    }
}
