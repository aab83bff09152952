//! Persons 客户身份: which customers of which channels are one human being, computed anew from records that can be undone.
//!
//! Three kinds of record decide. Two identities with one unionid are one person; a member of staff may join two; a
//! split says of one identity that its unionid means nothing. A person is what these connect, so the order in which
//! records came does not matter, and taking one back restores what was before.

use crate::base::digest::{hex, sha256};
use crate::base::id::{ConversationId, StaffId};
use crate::base::limits::{IDENTITIES_MAX, IDENTITY_LINKS_MAX, PROFILE_TEXT_BYTES_MAX};
use crate::base::text::prefix_within;
use crate::base::time::TimeMs;
use crate::base::turn::Turn;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, VecDeque};

/// What the directory is asked. An identity is named as its conversation is: channel and customer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "call", rename_all = "snake_case")]
pub enum Call {
    /// The channel, or the company's own login, has said this; what is not said stays as it is known.
    Learn {
        /// Of whom.
        id: ConversationId,
        /// The same at every account of one owner.
        unionid: Option<String>,
        /// What else the channel told.
        profile: Option<Profile>,
    },
    /// The customer has left: everything about this identity goes.
    Forget {
        /// Which.
        id: ConversationId,
    },
    /// Who is this?
    Person {
        /// One of their identities.
        of: ConversationId,
    },
    /// These two are one person.
    Join {
        /// One.
        a: ConversationId,
        /// The other.
        b: ConversationId,
        /// Who says so.
        by: StaffId,
    },
    /// Takes a [`Call::Join`] back.
    Unjoin {
        /// One.
        a: ConversationId,
        /// The other.
        b: ConversationId,
        /// Who says so.
        by: StaffId,
    },
    /// Whatever its unionid, this identity is not the others with the same.
    Split {
        /// Which.
        of: ConversationId,
        /// Who says so.
        by: StaffId,
    },
    /// Takes a [`Call::Split`] back.
    Unsplit {
        /// Which.
        of: ConversationId,
        /// Who says so.
        by: StaffId,
    },
}

/// What the directory answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "reply", rename_all = "snake_case")]
pub enum Reply {
    /// It is so, and perhaps was before.
    Done,
    /// To [`Call::Person`].
    Person(Box<Person>),
    /// Nothing was changed.
    Refused {
        /// Why.
        reason: Refused,
    },
}

/// Why nothing was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Refused {
    /// An identity is not joined to itself.
    Itself,
    /// The person would have more than [`IDENTITIES_MAX`] identities, or one of them too many records.
    TooMany,
    /// There is no such record to take back.
    NoSuchRecord,
}

/// What a channel tells of a customer. WeChat no longer tells names; WeCom does.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Profile {
    /// Their name in WeChat.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub nickname: Option<String>,
    /// Their picture's address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub avatar: Option<String>,
    /// The language they use, as WeChat writes it: `zh_CN`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
    /// What the account's staff noted in WeChat's own console.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remark: Option<String>,
    /// Since when they follow.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subscribed_at_ms: Option<TimeMs>,
    /// How they came to follow: `ADD_SCENE_SEARCH`, …
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subscribe_scene: Option<String>,
    /// The scene of the QR code by which they came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub qr_scene: Option<String>,
}

impl Profile {
    /// Without blank texts, and none longer than [`PROFILE_TEXT_BYTES_MAX`].
    #[must_use]
    pub fn bounded(self) -> Self {
        let text = |text: Option<String>| {
            text.map(|text| prefix_within(text.trim(), PROFILE_TEXT_BYTES_MAX).to_owned())
                .filter(|text| !text.is_empty())
        };
        Self {
            nickname: text(self.nickname),
            avatar: text(self.avatar),
            language: text(self.language),
            remark: text(self.remark),
            subscribed_at_ms: self.subscribed_at_ms,
            subscribe_scene: text(self.subscribe_scene),
            qr_scene: text(self.qr_scene),
        }
    }

    /// What is missing here, from another identity of the same person.
    #[must_use]
    pub fn or(self, other: &Self) -> Self {
        Self {
            nickname: self.nickname.or_else(|| other.nickname.clone()),
            avatar: self.avatar.or_else(|| other.avatar.clone()),
            language: self.language.or_else(|| other.language.clone()),
            remark: self.remark.or_else(|| other.remark.clone()),
            subscribed_at_ms: self.subscribed_at_ms.or(other.subscribed_at_ms),
            subscribe_scene: self.subscribe_scene.or_else(|| other.subscribe_scene.clone()),
            qr_scene: self.qr_scene.or_else(|| other.qr_scene.clone()),
        }
    }
}

/// A member of staff's word: that two identities are one person, or that one of them is not who its unionid says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// Its id.
    pub id: String,
    /// One identity.
    pub a: ConversationId,
    /// The one it is joined to; none: `a` is split from those with its unionid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub b: Option<ConversationId>,
    /// Who said it.
    pub by: StaffId,
    /// When.
    pub at_ms: TimeMs,
    /// Who took it back, and when: it counts no more, and stays as history.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undone: Option<Mark>,
}

/// Who, and when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    /// Who.
    pub by: StaffId,
    /// When.
    pub at_ms: TimeMs,
}

/// All that is recorded of one identity.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// Its unionid, as far as it was told.
    pub unionid: Option<String>,
    /// What its channel told.
    pub profile: Profile,
    /// When anything was last told.
    pub learned_at: Option<TimeMs>,
    /// The records it is an end of, undone ones too, oldest first.
    pub links: Vec<Link>,
    /// The other identities with the same unionid, in order.
    pub peers: Vec<ConversationId>,
}

impl Facts {
    /// Who split it, unless that was undone.
    pub fn split(&self) -> Option<Mark> {
        let link = self.links.iter().find(|link| link.b.is_none() && link.undone.is_none())?;
        Some(Mark { by: link.by.clone(), at_ms: link.at_ms })
    }

    /// The joins of `id` that count, each with its other end.
    fn joins<'a>(&'a self, id: &'a ConversationId) -> impl Iterator<Item = (&'a ConversationId, &'a Link)> {
        let live = self.links.iter().filter(|link| link.undone.is_none());
        live.filter_map(move |link| Some((if link.a == *id { link.b.as_ref()? } else { &link.a }, link)))
            .filter(move |(other, _)| *other != id)
    }
}

/// How an identity came to be one of a person's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JoinedBy {
    /// It is the one that was asked about.
    Itself,
    /// By a unionid that it shares.
    Unionid,
    /// By the word of a member of staff.
    Staff,
}

/// One identity of a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// Which.
    pub id: ConversationId,
    /// Why it is here.
    pub joined_by: JoinedBy,
    /// Whether a unionid is known.
    pub unionid_known: bool,
    /// What its channel told.
    pub profile: Profile,
    /// When anything was last told.
    pub learned_at: Option<TimeMs>,
    /// Who split it from those with its unionid.
    pub split: Option<Mark>,
    /// Staff's records about it, undone ones too, oldest first.
    pub links: Vec<Link>,
}

/// One human being, as far as we know.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// The one asked about first, then the nearest first.
    pub identities: Vec<Identity>,
    /// Identities with the same unionid that staff have split off.
    pub apart: Vec<ConversationId>,
    /// There are more than [`IDENTITIES_MAX`].
    pub more: bool,
}

/// The person that `of` is one identity of. `facts` are asked once for each identity that is looked at.
pub fn person<E>(
    of: &ConversationId,
    mut facts: impl FnMut(&ConversationId) -> Result<Facts, E>,
) -> Result<Person, E> {
    let mut person = Person::default();
    let mut apart = BTreeMap::new();
    let mut reached = BTreeMap::from([(of.clone(), Reached::default())]);
    let mut frontier = VecDeque::from([of.clone()]);
    while let Some(id) = frontier.pop_front() {
        let own = match apart.remove(&id) {
            Some(own) => own,
            None => facts(&id)?,
        };
        let Reached { by_unionid, by_staff } = reached.get(&id).copied().unwrap_or_default();
        let is_split = own.split().is_some();
        if by_unionid && is_split && !by_staff {
            // Staff may have joined it to somebody who is looked at later.
            apart.insert(id, own);
            continue;
        }
        if person.identities.len() >= IDENTITIES_MAX {
            person.more = true;
            break;
        }
        let by_unionid_now = Reached { by_unionid: true, by_staff: false };
        let by_staff_now = Reached { by_unionid: false, by_staff: true };
        let peers = own.peers.iter().filter(|_| !is_split).map(|peer| (peer.clone(), by_unionid_now));
        let mut joined: Vec<_> = own.joins(&id).map(|(other, _)| (other.clone(), by_staff_now)).collect();
        joined.sort_by(|a, b| a.0.cmp(&b.0));
        for (other, by) in peers.chain(joined) {
            let is_back = by.by_staff && apart.contains_key(&other);
            match reached.get_mut(&other) {
                Some(before) => before.add(by),
                None => {
                    reached.insert(other.clone(), by);
                    frontier.push_back(other);
                    continue;
                }
            }
            if is_back && !frontier.contains(&other) {
                frontier.push_back(other);
            }
        }
        let joined_by = match (id == *of, by_unionid && !is_split) {
            (true, _) => JoinedBy::Itself,
            (false, true) => JoinedBy::Unionid,
            (false, false) => JoinedBy::Staff,
        };
        person.identities.push(identity(id, joined_by, own));
    }
    person.apart = apart.into_keys().collect();
    Ok(person)
}

/// Which records lead from a person to an identity.
#[derive(Clone, Copy, Debug, Default)]
struct Reached {
    by_unionid: bool,
    by_staff: bool,
}

impl Reached {
    const fn add(&mut self, more: Self) {
        self.by_unionid |= more.by_unionid;
        self.by_staff |= more.by_staff;
    }
}

fn identity(id: ConversationId, joined_by: JoinedBy, facts: Facts) -> Identity {
    Identity {
        id,
        joined_by,
        unionid_known: facts.unionid.is_some(),
        split: facts.split(),
        profile: facts.profile,
        learned_at: facts.learned_at,
        links: facts.links,
    }
}

/// What is to be stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Write {
    /// What is known of an identity, its records aside.
    Identity {
        /// Which.
        id: ConversationId,
        /// As it is from now on.
        facts: Box<Facts>,
        /// The unionid under which it was found before.
        was: Option<String>,
    },
    /// Adds or replaces a record, at both ends.
    Link(Link),
    /// Removes a record, at both ends.
    DropLink(Link),
    /// Removes an identity, its records aside.
    Forget {
        /// Which.
        id: ConversationId,
        /// The unionid under which it was found.
        was: Option<String>,
    },
}

/// What a turn comes to.
pub type Outcome = super::outcome::Outcome<Reply, Write>;

impl From<Refused> for Outcome {
    fn from(reason: Refused) -> Self {
        Reply::Refused { reason }.into()
    }
}

impl Outcome {
    fn done(writes: Vec<Write>) -> Self {
        Self { reply: Reply::Done, writes }
    }
}

/// Decides about a call. `facts` tell what is recorded of an identity.
pub fn decide<E>(
    call: Call,
    turn: &Turn,
    mut facts: impl FnMut(&ConversationId) -> Result<Facts, E>,
) -> Result<Outcome, E> {
    Ok(match call {
        Call::Person { of } => Reply::Person(Box::new(person(&of, facts)?)).into(),
        Call::Learn { id, unionid, profile } => learn(facts(&id)?, id, unionid, profile, turn.now),
        Call::Forget { id } => {
            let own = facts(&id)?;
            let mut writes: Vec<_> = own.links.into_iter().map(Write::DropLink).collect();
            writes.push(Write::Forget { id, was: own.unionid });
            Outcome::done(writes)
        }
        Call::Join { a, b, by } => return join(a, b, by, turn, facts),
        Call::Unjoin { a, b, by } => {
            let own = facts(&a)?;
            let found = own.joins(&a).find(|(other, _)| **other == b).map(|(_, link)| link.clone());
            undo(found, by, turn.now)
        }
        Call::Split { of, by } => {
            let own = facts(&of)?;
            match own.split() {
                Some(_) => Reply::Done.into(),
                None => record(of, None, by, turn, &[&own]),
            }
        }
        Call::Unsplit { of, by } => {
            let own = facts(&of)?;
            undo(own.links.into_iter().find(|link| link.b.is_none() && link.undone.is_none()), by, turn.now)
        }
    })
}

fn learn(
    known: Facts,
    id: ConversationId,
    unionid: Option<String>,
    profile: Option<Profile>,
    now: TimeMs,
) -> Outcome {
    let was = known.unionid.clone();
    let mut facts = known.clone();
    facts.unionid = unionid.filter(|unionid| !unionid.is_empty()).or(facts.unionid);
    facts.profile = profile.map_or(facts.profile, Profile::bounded);
    if facts == known {
        return Reply::Done.into();
    }
    facts.learned_at = Some(now);
    Outcome::done(vec![Write::Identity { id, facts: Box::new(facts), was }])
}

fn join<E>(
    a: ConversationId,
    b: ConversationId,
    by: StaffId,
    turn: &Turn,
    mut facts: impl FnMut(&ConversationId) -> Result<Facts, E>,
) -> Result<Outcome, E> {
    if a == b {
        return Ok(Refused::Itself.into());
    }
    let (of_a, of_b) = (facts(&a)?, facts(&b)?);
    if of_a.joins(&a).any(|(other, _)| *other == b) {
        return Ok(Reply::Done.into());
    }
    let (one, other) = (person(&a, &mut facts)?, person(&b, &mut facts)?);
    let are_one = one.identities.iter().any(|identity| identity.id == b);
    let together = if are_one { 0 } else { one.identities.len().saturating_add(other.identities.len()) };
    if together > IDENTITIES_MAX {
        return Ok(Refused::TooMany.into());
    }
    Ok(record(a, Some(b), by, turn, &[&of_a, &of_b]))
}

/// A new record; history makes room for it at each of its ends.
fn record(
    a: ConversationId,
    b: Option<ConversationId>,
    by: StaffId,
    turn: &Turn,
    ends: &[&Facts],
) -> Outcome {
    let mut writes: Vec<Write> = Vec::new();
    for end in ends.iter().filter(|end| end.links.len() >= IDENTITY_LINKS_MAX) {
        match end.links.iter().find(|link| link.undone.is_some()) {
            Some(oldest) => writes.push(Write::DropLink(oldest.clone())),
            None => return Refused::TooMany.into(),
        }
    }
    let luck = sha256(&[b"directory link", &turn.entropy]);
    // Ids rise with time, so that a listing by id is one by age.
    let id = format!("{:013}-{}", turn.now.0, hex(luck.get(..8).unwrap_or_default()));
    writes.push(Write::Link(Link { id, a, b, by, at_ms: turn.now, undone: None }));
    Outcome::done(writes)
}

fn undo(found: Option<Link>, by: StaffId, now: TimeMs) -> Outcome {
    let Some(link) = found else { return Refused::NoSuchRecord.into() };
    Outcome::done(vec![Write::Link(Link { undone: Some(Mark { by, at_ms: now }), ..link })])
}
