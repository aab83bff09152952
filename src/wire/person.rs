//! A person as staff see them, and their messages on all channels (docs/PROTOCOL.md section 3).

use super::api::BodyFault;
use crate::base::id::{ChannelId, ConversationId, CustomerId};
use crate::base::limits::{CUSTOMER_ID_BYTES_MAX, IDENTITIES_PER_CALL_MAX, UNIONID_BYTES_MAX};
use crate::base::time::TimeMs;
use crate::desk::call::View;
use crate::desk::conversation::Origin;
use crate::desk::message::Message;
use crate::office::directory::{Identity, JoinedBy, Link, Mark, Person, Profile};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What the channels are called whose customers the reader may see; others' do not appear.
pub type ChannelNames = BTreeMap<ChannelId, String>;

/// `POST …/person/joins`, `POST …/person/splits`: the other identity.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Other {
    channel: ChannelId,
    customer: CustomerId,
}

impl Other {
    /// Its conversation.
    pub fn id(self) -> Result<ConversationId, BodyFault> {
        let id = ConversationId { channel: self.channel, customer: self.customer };
        if is_customer(&id.customer) { Ok(id) } else { Err(BodyFault::Customer) }
    }
}

/// `PUT /api/operator/identities`: unionids that the company learned where its customers sign in.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Told {
    identities: Vec<ToldIdentity>,
}

/// One of them.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ToldIdentity {
    channel: ChannelId,
    customer: CustomerId,
    unionid: String,
}

impl Told {
    /// Who has which unionid.
    pub fn unionids(self) -> Result<Vec<(ConversationId, String)>, BodyFault> {
        if self.identities.len() > IDENTITIES_PER_CALL_MAX {
            return Err(BodyFault::TooManyIdentities);
        }
        let told = |told: ToldIdentity| {
            let is_unionid = (1..=UNIONID_BYTES_MAX).contains(&told.unionid.len());
            if !is_unionid || !is_customer(&told.customer) {
                return Err(BodyFault::Customer);
            }
            let id = ConversationId { channel: told.channel, customer: told.customer };
            Ok((id, told.unionid))
        };
        self.identities.into_iter().map(told).collect()
    }
}

fn is_customer(id: &CustomerId) -> bool {
    (1..=CUSTOMER_ID_BYTES_MAX).contains(&id.as_str().len())
}

/// `GET …/person`
#[derive(Debug, Serialize)]
pub struct ShownPerson {
    identities: Vec<ShownIdentity>,
    /// What is known of the person, from whichever identity has it.
    profile: Profile,
    /// Where the customer of this conversation came from.
    origins: Vec<Origin>,
    /// Identities with the same unionid that staff have split off.
    apart: Vec<Named>,
    /// How many identities are of channels that are not the reader's to see.
    elsewhere: usize,
    /// There are more identities than are shown.
    more: bool,
}

#[derive(Debug, Serialize)]
struct Named {
    channel: ChannelId,
    channel_name: String,
    customer: CustomerId,
}

#[derive(Debug, Serialize)]
struct ShownIdentity {
    #[serde(flatten)]
    of: Named,
    joined_by: JoinedBy,
    unionid_known: bool,
    #[serde(flatten)]
    profile: Profile,
    learned_at_ms: Option<TimeMs>,
    split: Option<Mark>,
    records: Vec<ShownRecord>,
}

/// What a member of staff said of an identity, and whether it was taken back.
#[derive(Debug, Serialize)]
struct ShownRecord {
    kind: &'static str,
    #[serde(flatten)]
    with: Option<Named>,
    #[serde(flatten)]
    said: Mark,
    undone: Option<Mark>,
}

impl ShownPerson {
    /// What of a person may be seen by who sees the channels in `names`.
    pub fn new(person: Person, origins: Vec<Origin>, names: &ChannelNames) -> Self {
        let all = person.identities.len();
        let seen: Vec<Identity> = person
            .identities
            .into_iter()
            .filter(|identity| names.contains_key(&identity.id.channel))
            .collect();
        let profile = seen.iter().fold(Profile::default(), |known, identity| known.or(&identity.profile));
        Self {
            elsewhere: all.saturating_sub(seen.len()),
            identities: seen.into_iter().filter_map(|identity| shown(identity, names)).collect(),
            profile,
            origins,
            apart: person.apart.iter().filter_map(|id| named(id, names)).collect(),
            more: person.more,
        }
    }
}

fn named(id: &ConversationId, names: &ChannelNames) -> Option<Named> {
    let channel_name = names.get(&id.channel)?.clone();
    Some(Named { channel: id.channel.clone(), channel_name, customer: id.customer.clone() })
}

fn shown(identity: Identity, names: &ChannelNames) -> Option<ShownIdentity> {
    let record = |link: &Link| {
        let other = if link.a == identity.id { link.b.as_ref() } else { Some(&link.a) };
        let with = other.map(|other| named(other, names));
        // A join with somebody on a channel that the reader may not see is not theirs to read either.
        let with = if let Some(with) = with { Some(with?) } else { None };
        let kind = if link.b.is_some() { "join" } else { "split" };
        let said = Mark { by: link.by.clone(), at_ms: link.at_ms };
        Some(ShownRecord { kind, with, said, undone: link.undone.clone() })
    };
    Some(ShownIdentity {
        records: identity.links.iter().filter_map(record).collect(),
        of: named(&identity.id, names)?,
        joined_by: identity.joined_by,
        unionid_known: identity.unionid_known,
        profile: identity.profile,
        learned_at_ms: identity.learned_at,
        split: identity.split,
    })
}

/// `GET …/person/history`
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct History {
    /// Newest first.
    messages: Vec<Past>,
    /// There are older ones.
    more: bool,
}

/// A message, with where it stands.
#[derive(Debug, PartialEq, Eq, Serialize)]
struct Past {
    channel: ChannelId,
    channel_name: String,
    customer: CustomerId,
    #[serde(flatten)]
    message: Message,
}

impl History {
    /// The newest `limit` messages of several conversations, each of which gave its own newest `limit`.
    pub fn new(views: Vec<View>, limit: u32, names: &ChannelNames) -> Self {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let before = views.iter().any(|view| view.messages.first().is_some_and(|oldest| oldest.seq > 1));
        let of = |view: View| {
            let channel_name = names.get(&view.id.channel).cloned().unwrap_or_default();
            let past = move |message| Past {
                channel: view.id.channel.clone(),
                channel_name: channel_name.clone(),
                customer: view.id.customer.clone(),
                message,
            };
            view.messages.into_iter().map(past)
        };
        let mut messages: Vec<Past> = views.into_iter().flat_map(of).collect();
        messages.sort_by(|a, b| {
            let key = |past: &Past| (past.message.at_ms, past.message.seq);
            key(b).cmp(&key(a)).then_with(|| (&a.channel, &a.customer).cmp(&(&b.channel, &b.customer)))
        });
        let more = before || messages.len() > limit;
        messages.truncate(limit);
        Self { messages, more }
    }
}
