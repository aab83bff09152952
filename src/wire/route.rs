//! Every address the worker answers at.

use super::insight::InsightRoute;
use super::knowledge::KnowledgeRoute;
use crate::base::id::{ChannelId, ConversationId, MediaKey};

/// What an address names. Methods are judged where a route is served.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Route {
    /// `/callback/{path}`: a channel's callback.
    Callback {
        /// The channel's path.
        path: String,
    },
    /// `/api/health`
    Health,
    /// `/api/health/channels`
    HealthChannels,
    /// `/api/session`
    Session,
    /// `/api/tickets`
    Tickets,
    /// `/api/floor/socket`
    FloorSocket,
    /// `/api/conversations/{channel}/{customer}`
    Conversation(ConversationId),
    /// `/api/conversations/{channel}/{customer}/replies`
    Replies(ConversationId),
    /// `/api/conversations/{channel}/{customer}/resolution`
    Resolution(ConversationId),
    /// `/api/conversations/{channel}/{customer}/mood`
    Mood(ConversationId),
    /// `/api/conversations/{channel}/{customer}/media`
    Files(ConversationId),
    /// `/api/media/{key}`, the slash in it encoded or not; none: no file is ever called so.
    File(Option<MediaKey>),
    /// `/api/channels`
    Channels,
    /// `/api/channels/{id}`
    Channel(ChannelId),
    /// `/api/channels/{id}/diagnosis`
    Diagnosis(ChannelId),
    /// `/api/conversations/{channel}/{customer}/withdrawals`
    Withdrawals(ConversationId),
    /// `/api/conversations/{channel}/{customer}/person`
    Person(ConversationId),
    /// `/api/conversations/{channel}/{customer}/person/history`
    PersonHistory(ConversationId),
    /// `/api/conversations/{channel}/{customer}/person/joins`, and `/{channel}/{customer}` of the other to take back
    PersonJoins(ConversationId, Option<ConversationId>),
    /// `/api/conversations/{channel}/{customer}/person/splits`, and `/{channel}/{customer}` of the one to take back
    PersonSplits(ConversationId, Option<ConversationId>),
    /// `/api/knowledge/…`
    Knowledge(KnowledgeRoute),
    /// `/api/operator/identities`
    OperatorIdentities,
    /// `/api/operator/staff`
    OperatorStaff,
    /// `/api/operator/knowledge`
    OperatorKnowledge,
    /// `/api/operator/knowledge/table`
    OperatorTable,
    /// `/api/operator/knowledge/table/errors`
    OperatorTableErrors,
    /// `/api/operator/encoder`
    OperatorEncoder,
    /// `/api/operator/refusals`
    OperatorRefusals,
    /// `/api/operator/remote`
    OperatorRemote,
    /// Below `/api/insight/`
    Insight(InsightRoute),
    /// An address of ours that names nothing.
    Unknown,
    /// Not ours: a file of the console.
    Asset,
}

impl Route {
    /// Reads a path. Ids are taken as they stand: WeChat's have nothing to decode.
    pub fn parse(path: &str) -> Self {
        let parts: Vec<&str> = path.trim_start_matches('/').split('/').collect();
        let conversation = |channel: &str, customer: &str| ConversationId {
            channel: channel.into(),
            customer: customer.into(),
        };
        match parts.as_slice() {
            ["callback", path] => Self::Callback { path: (*path).to_owned() },
            ["api", "health"] => Self::Health,
            ["api", "health", "channels"] => Self::HealthChannels,
            ["api", "session"] => Self::Session,
            ["api", "tickets"] => Self::Tickets,
            ["api", "floor", "socket"] => Self::FloorSocket,
            ["api", "conversations", channel, customer] => {
                Self::Conversation(conversation(channel, customer))
            }
            ["api", "conversations", channel, customer, "replies"] => {
                Self::Replies(conversation(channel, customer))
            }
            ["api", "conversations", channel, customer, "resolution"] => {
                Self::Resolution(conversation(channel, customer))
            }
            ["api", "conversations", channel, customer, "mood"] => {
                Self::Mood(conversation(channel, customer))
            }
            ["api", "conversations", channel, customer, "media"] => {
                Self::Files(conversation(channel, customer))
            }
            ["api", "media", folder, name] => Self::File(MediaKey::parse(&format!("{folder}/{name}"))),
            ["api", "media", key] => {
                Self::File(MediaKey::parse(&key.replacen("%2F", "/", 1).replacen("%2f", "/", 1)))
            }
            ["api", "channels"] => Self::Channels,
            ["api", "channels", id, "diagnosis"] => Self::Diagnosis((*id).into()),
            ["api", "channels", id] => Self::Channel((*id).into()),
            ["api", "conversations", channel, customer, "withdrawals"] => {
                Self::Withdrawals(conversation(channel, customer))
            }
            ["api", "conversations", channel, customer, "person", rest @ ..] => {
                Self::of_person(conversation(channel, customer), rest)
            }
            ["api", "knowledge", rest @ ..] => {
                KnowledgeRoute::parse(rest).map_or(Self::Unknown, Self::Knowledge)
            }
            ["api", "operator", "identities"] => Self::OperatorIdentities,
            ["api", "operator", "staff"] => Self::OperatorStaff,
            ["api", "operator", "knowledge"] => Self::OperatorKnowledge,
            ["api", "operator", "knowledge", "table"] => Self::OperatorTable,
            ["api", "operator", "knowledge", "table", "errors"] => Self::OperatorTableErrors,
            ["api", "operator", "encoder"] => Self::OperatorEncoder,
            ["api", "operator", "refusals"] => Self::OperatorRefusals,
            ["api", "operator", "remote"] => Self::OperatorRemote,
            ["api", "insight", rest @ ..] => InsightRoute::parse(rest).map_or(Self::Unknown, Self::Insight),
            ["api" | "callback", ..] => Self::Unknown,
            _ => Self::Asset,
        }
    }

    fn of_person(id: ConversationId, rest: &[&str]) -> Self {
        let other = |channel: &str, customer: &str| {
            Some(ConversationId { channel: channel.into(), customer: customer.into() })
        };
        match rest {
            [] => Self::Person(id),
            ["history"] => Self::PersonHistory(id),
            ["joins"] => Self::PersonJoins(id, None),
            ["joins", channel, customer] => Self::PersonJoins(id, other(channel, customer)),
            ["splits"] => Self::PersonSplits(id, None),
            ["splits", channel, customer] => Self::PersonSplits(id, other(channel, customer)),
            _ => Self::Unknown,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_name_what_the_protocol_says() {
        assert_eq!(Route::parse("/callback/main"), Route::Callback { path: "main".into() });
        let id = ConversationId { channel: "main".into(), customer: "o_A-1".into() };
        assert_eq!(Route::parse("/api/conversations/main/o_A-1/replies"), Route::Replies(id.clone()));
        let of = |rest: &str| Route::parse(&format!("/api/conversations/main/o_A-1{rest}"));
        assert_eq!(of("/person"), Route::Person(id.clone()));
        let other = ConversationId { channel: "app".into(), customer: "o2".into() };
        assert_eq!(of("/person/joins/app/o2"), Route::PersonJoins(id.clone(), Some(other)));
        assert_eq!(of("/mood"), Route::Mood(id.clone()));
        assert_eq!(of("/person/splits"), Route::PersonSplits(id.clone(), None));
        assert_eq!(of("/person/joins/app"), Route::Unknown);
        assert_eq!(of(""), Route::Conversation(id));
        assert_eq!(Route::parse("/api/channels/main"), Route::Channel("main".into()));
        let key = format!("{}/{}", "a".repeat(16), "0".repeat(32));
        let file = Route::File(Some(MediaKey(key.clone())));
        assert_eq!(Route::parse(&format!("/api/media/{key}")), file);
        assert_eq!(Route::parse(&format!("/api/media/{}", key.replace('/', "%2f"))), file);
        assert_eq!(Route::parse("/api/media/..%2Fx"), Route::File(None));
        assert_eq!(Route::parse("/api/channels/main/diagnosis"), Route::Diagnosis("main".into()));
        assert_eq!(Route::parse("/api/health/channels"), Route::HealthChannels);
        assert_eq!(Route::parse("/api/operator/encoder"), Route::OperatorEncoder);
        assert_eq!(Route::parse("/api/nothing"), Route::Unknown);
        assert_eq!(Route::parse("/callback/main/more"), Route::Unknown);
        assert_eq!(Route::parse("/index.html"), Route::Asset);
        assert_eq!(Route::parse("/"), Route::Asset);
    }
}
