//! The channels as this isolate knows them: opened once, asked for again behind requests, at once when it must be.

use super::api::unexpected;
use super::fault::{Fault, Kind};
use super::{clients, clock, log, settings, terms};
use crate::base::channel::ChannelKind;
use crate::base::id::{ChannelId, FloorId};
use crate::base::limits::{CHANNELS_ASKED_EVERY_MS, CHANNELS_REFRESH_MS};
use crate::base::time::TimeMs;
use crate::config::Config;
use crate::desk::terms::Terms;
use crate::office::channel::{Channel, ModeName, Settings, ShownChannel, State, StoredChannel};
use crate::office::{Call, Reply};
use core::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use worker::{Context, Env};

/// One channel, opened or not.
#[derive(Clone)]
pub struct Known {
    stored: Rc<StoredChannel>,
    /// None: its secrets do not open with the deployment's key.
    opened: Option<Rc<Channel>>,
}

/// All channels at one revision.
pub struct Channels {
    revision: u64,
    list: Vec<Known>,
}

thread_local! {
    static KNOWN: RefCell<Option<Rc<Channels>>> = const { RefCell::new(None) };
    /// When the office was last asked.
    static ASKED_AT: Cell<TimeMs> = const { Cell::new(TimeMs(0)) };
}

impl Known {
    /// On what terms it speaks with its customers. Its secrets are not needed for this.
    pub fn terms(&self, config: &Config) -> Terms {
        terms::of(config, &self.stored.settings)
    }

    /// Where its tickets go.
    pub fn floor(&self) -> &FloorId {
        &self.stored.settings.floor
    }

    /// Its id.
    pub fn id(&self) -> &ChannelId {
        &self.stored.id
    }

    /// The channel with its secrets, paused or not; or 503 `channel.sealed`.
    pub fn opened(&self) -> Result<Rc<Channel>, Fault> {
        self.opened.clone().ok_or_else(|| {
            let words = "This channel's secrets do not open with the deployment's key; put them anew.";
            Fault::new(Kind::Unavailable, "channel.sealed", words)
        })
    }

    /// The channel with its secrets, if it answers and sends; else 503.
    pub fn in_service(&self) -> Result<Rc<Channel>, Fault> {
        if !self.is_enabled() {
            return Err(Fault::new(Kind::Unavailable, "channel.paused", "This channel is paused."));
        }
        self.opened()
    }

    /// Whether anybody could have made up what it hears.
    pub fn is_forgeable(&self) -> bool {
        self.stored.settings.mode == ModeName::Plaintext
    }

    /// Whether it may be used, and if not, why.
    pub fn state(&self) -> State {
        match (&self.opened, self.is_enabled()) {
            (None, _) => State::Sealed,
            (Some(_), false) => State::Paused,
            (Some(_), true) => State::Ready,
        }
    }

    /// What is not secret of it.
    pub fn settings(&self) -> &Settings {
        &self.stored.settings
    }

    /// Whether its messages have to be pulled, now.
    pub fn is_pulled(&self) -> bool {
        self.is_enabled() && self.stored.settings.kind == ChannelKind::Kefu
    }

    fn is_enabled(&self) -> bool {
        self.stored.settings.enabled
    }
}

impl Channels {
    /// The channel of this id, paused or not.
    pub fn find(&self, id: &ChannelId) -> Option<&Known> {
        self.list.iter().find(|known| known.stored.id == *id)
    }

    /// The channels whose callback address ends with `path` and which are not paused: one, or several accounts of one
    /// corporation.
    pub fn at(&self, path: &str) -> Vec<Known> {
        let here = |known: &&Known| known.stored.settings.path == path && known.is_enabled();
        self.list.iter().filter(here).cloned().collect()
    }

    /// All, paused or not.
    pub fn list(&self) -> &[Known] {
        &self.list
    }

    /// All that open, paused or not.
    pub fn opened(&self) -> impl Iterator<Item = &Rc<Channel>> {
        self.list.iter().filter_map(|known| known.opened.as_ref())
    }

    /// What the channels of a floor are called.
    pub fn names_on(&self, floor: &FloorId) -> BTreeMap<ChannelId, String> {
        let here = self.list.iter().filter(|known| known.floor() == floor);
        here.map(|known| (known.stored.id.clone(), known.stored.settings.name.clone())).collect()
    }

    /// How many answer and send.
    pub fn in_service(&self) -> usize {
        self.list.iter().filter(|known| known.is_enabled() && known.opened.is_some()).count()
    }

    /// Every floor that a ticket can be on, the default one first.
    pub fn floors(&self) -> BTreeSet<FloorId> {
        let floors = self.list.iter().map(|known| known.floor().clone());
        floors.chain([FloorId::default()]).collect()
    }

    /// What anybody may see of them.
    pub fn shown(&self, config: &Config) -> Vec<ShownChannel> {
        self.list.iter().map(|known| known.stored.shown(&config.deployment_keys)).collect()
    }
}

/// The channels, for a request that can be answered while they are asked for again. The first one asks, and holds
/// the deployment to its addressing.
pub async fn behind(env: &Env, ctx: &Context) -> Result<Rc<Channels>, Fault> {
    let Some(known) = known() else { return ask(env).await };
    if is_due(CHANNELS_REFRESH_MS) {
        let env = env.clone();
        ctx.wait_until(async move {
            if let Err(fault) = ask(&env).await {
                log::fault("channels", &fault, "");
            }
        });
    }
    Ok(known)
}

/// The channels, asked for again when what is known has grown old. What is known will do when nobody answers.
pub async fn recent(env: &Env) -> Result<Rc<Channels>, Fault> {
    or_known(env, CHANNELS_REFRESH_MS).await
}

/// The channels as they are now, as far as they may be asked for again already: for what is known to fail.
pub async fn newest(env: &Env) -> Result<Rc<Channels>, Fault> {
    or_known(env, CHANNELS_ASKED_EVERY_MS).await
}

/// The channels as they are now, for people.
pub async fn ask(env: &Env) -> Result<Rc<Channels>, Fault> {
    ASKED_AT.set(clock::now());
    let config = settings::config(env)?;
    let before = known();
    let known_revision = before.as_ref().map(|known| known.revision);
    let call = Call::Deployment { addressing: config.addressing, known_revision };
    match clients::office(env, &call).await? {
        Reply::Deployment { channels: None, .. } => before.ok_or_else(unexpected),
        Reply::Deployment { revision, channels: Some(channels) } => Ok(learn(&config, revision, channels)),
        Reply::AddressingChanged { stored } => {
            let words = "The setting `addressing` differs from the one this state was created with.";
            Err(Fault::new(Kind::Unavailable, "config.addressing_changed", words)
                .with("stored", serde_json::json!(stored)))
        }
        _ => Err(unexpected()),
    }
}

/// The channel of this id, paused or not; asked for again when it is unknown.
pub async fn find(env: &Env, id: &ChannelId) -> Result<Option<Known>, Fault> {
    if let Some(known) = recent(env).await?.find(id) {
        return Ok(Some(known.clone()));
    }
    Ok(newest(env).await?.find(id).cloned())
}

/// The same, for an object that owes this channel something.
pub async fn of(env: &Env, id: &ChannelId) -> Result<Known, Fault> {
    let unknown = || Fault::unavailable("channel.unknown", "there is no such channel");
    find(env, id).await?.ok_or_else(unknown)
}

fn known() -> Option<Rc<Channels>> {
    KNOWN.with_borrow(Clone::clone)
}

fn is_due(after_ms: i64) -> bool {
    clock::now() - ASKED_AT.get() >= after_ms
}

async fn or_known(env: &Env, after_ms: i64) -> Result<Rc<Channels>, Fault> {
    match known() {
        None => ask(env).await,
        Some(known) if !is_due(after_ms) => Ok(known),
        Some(known) => Ok(ask(env).await.unwrap_or_else(|fault| {
            log::fault("channels", &fault, "");
            known
        })),
    }
}

/// An answer that was overtaken by a newer one changes nothing.
fn learn(config: &Config, revision: u64, stored: Vec<StoredChannel>) -> Rc<Channels> {
    if let Some(known) = known().filter(|known| known.revision >= revision) {
        return known;
    }
    let open = |stored: StoredChannel| {
        let opened = stored.open(&config.deployment_keys).ok().map(Rc::new);
        if opened.is_none() {
            log::info("channels", "channel_sealed", &serde_json::json!({ "channel": stored.id }));
        }
        Known { stored: Rc::new(stored), opened }
    };
    let channels = Rc::new(Channels { revision, list: stored.into_iter().map(open).collect() });
    KNOWN.with_borrow_mut(|slot| *slot = Some(Rc::clone(&channels)));
    channels
}
