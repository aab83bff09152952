//! A channel's callback: verify, propose, let the conversation decide, answer in time or not at all.

use super::channels::Channels;
use super::fault::{Fault, Kind};
use super::propose::{Proposer, without_knowledge};
use super::{channels, clients, clock, http, knowledge, log, refusals, settings, shadow, terms};
use crate::base::channel::ChannelKind;
use crate::base::limits::{ANSWER_WITHIN_MS, CALLBACK_BYTES_MAX, CALLBACK_HELD_MS};
use crate::base::message::Inbound;
use crate::base::time::{SECOND_MS, TimeMs};
use crate::config::Config;
use crate::desk::message::Carrier;
use crate::desk::receive::Received;
use crate::desk::receiving::{Heard, Receiving};
use crate::desk::terms::{Arrival, Terms};
use crate::knowledge::circumstances::Circumstances;
use crate::knowledge::dialogue::Topic;
use crate::knowledge::proposal::Proposal;
use crate::office::channel::Channel;
use crate::office::pump::Knock;
use crate::wechat::callback::{self, Account, Opened, Refusal};
use crate::wechat::kefu::callback::{self as kefu, Push};
use crate::wechat::reply::Reply;
use core::time::Duration;
use std::rc::Rc;
use worker::{Context, Delay, Env, Method, Request, Response, ResponseBuilder};

/// One callback on its way in.
struct Callback<'a> {
    env: &'a Env,
    ctx: &'a Context,
    known: Rc<Channels>,
    path: &'a str,
    received_at: TimeMs,
    /// Whether WeChat will deliver it again.
    is_push: bool,
}

/// Serves `/callback/{path}`.
pub async fn serve(
    mut req: Request,
    env: &Env,
    ctx: &Context,
    known: Rc<Channels>,
    path: &str,
    received_at: TimeMs,
) -> Result<Response, Fault> {
    let config = settings::config(env)?;
    let query = http::query(&req);
    let is_push = req.method() != Method::Get;
    let incoming = Callback { env, ctx, known, path, received_at, is_push };
    if !is_push {
        let (channel, echo) = incoming.open(|account| callback::verify_url(account, &query)).await?;
        refusals::accepted(env, ctx, &channel, received_at);
        return Ok(text(&echo)?);
    }
    http::only(&req, Method::Post)?;
    let (channel, ()) = incoming.open(|_| Ok(())).await?;
    let body = http::body(&mut req, CALLBACK_BYTES_MAX).await.map_err(|fault| match fault.kind {
        Kind::TooLarge => refused(env, ctx, &channel, &Refusal::TooLarge),
        _ => fault,
    })?;
    let freshness_s = u32::try_from(config.freshness_ms / SECOND_MS).unwrap_or(u32::MAX);
    if channel.settings.kind == ChannelKind::Kefu {
        let opening = |account: &Account| kefu::open(account, &query, &body, received_at, freshness_s);
        let (channel, push) = incoming.open(opening).await?;
        refusals::accepted(env, ctx, &channel, received_at);
        return incoming.knock(&channel, push).await;
    }
    let opening = |account: &Account| callback::open(account, &query, &body, received_at, freshness_s);
    let (channel, opened) = incoming.open(opening).await?;
    refusals::accepted(env, ctx, &channel, received_at);
    if opened.forgeable {
        log::info("webhook", "forgeable_message", &serde_json::json!({ "channel": channel.id() }));
    }
    let arrival =
        Arrival { received_at, verified_at: clock::now(), answer_by: received_at + ANSWER_WITHIN_MS };
    let terms = terms::of(&config, &channel.settings);
    let desk = Desk { env, config: &config, terms, arrival };
    let answerer = knowledge::answerer(env, ctx).await;
    let circumstances = Circumstances { channel: channel.id(), hours: channel.settings.hours.as_ref() };
    let proposer = Proposer::new(env, answerer, &config, &opened.message).await;
    let propose = |topic: Option<&Topic>| proposer.propose(topic, &circumstances, received_at);
    let (received, again) = desk.decide(&opened.message, propose).await?;
    let hours = circumstances.hours;
    shadow::behind(env, &proposer, hours, received_at, (&received, again), |scoring| ctx.wait_until(scoring));
    for inbound in &opened.further {
        desk.decide(inbound, |_| without_knowledge(inbound)).await?;
    }
    if received.carrier == Carrier::Pending {
        // Left without an answer, WeChat delivers again, and that delivery may take the answer along.
        hold(received_at).await;
        let pending =
            Fault::new(Kind::Unavailable, "answer.pending", "The answer is not there yet; deliver again.");
        // Not a fault of anybody: it is not logged as one.
        return Ok(pending.response("")?);
    }
    answer(&channel.account, &opened, received)
}

/// Why no channel took a callback.
enum Missed {
    /// None has this path, or it is paused.
    Nowhere,
    /// Its secrets do not open.
    Sealed(Fault),
    /// This one refuses it.
    Refused(Rc<Channel>, Refusal),
}

impl Callback<'_> {
    /// The channel that can open it, and what came of it. What fails because a channel was changed elsewhere a moment
    /// ago is tried once more with the channels as they are now.
    async fn open<T>(
        &self,
        open: impl Fn(&Account) -> Result<T, Refusal>,
    ) -> Result<(Rc<Channel>, T), Fault> {
        let mut missed = match self.attempt(&self.known, &open) {
            Ok(opened) => return Ok(opened),
            Err(missed) => missed,
        };
        if missed.may_pass() {
            let newest = channels::newest(self.env).await?;
            if !Rc::ptr_eq(&newest, &self.known) {
                missed = match self.attempt(&newest, &open) {
                    Ok(opened) => return Ok(opened),
                    Err(missed) => missed,
                };
            }
        }
        match missed {
            Missed::Nowhere => {
                let words = "No channel has this callback address.";
                Err(Fault::new(Kind::NotFound, "wechat.unknown_account", words))
            }
            Missed::Sealed(fault) => {
                if self.is_push {
                    hold(self.received_at).await;
                }
                Err(fault)
            }
            Missed::Refused(channel, refusal) => Err(refused(self.env, self.ctx, &channel, &refusal)),
        }
    }

    /// Has the channel's messages pulled, behind the answer. A corporation's accounts share path and keys, so that
    /// only what the callback says tells them apart; one that is not ours is none of our business.
    async fn knock(&self, channel: &Channel, push: Push) -> Result<Response, Fault> {
        let (open_kfid, token) = match push {
            Push::Messages { open_kfid, token } => (open_kfid, token),
            Push::Accounts { added, removed } => {
                let fields =
                    serde_json::json!({ "channel": channel.id(), "added": added, "removed": removed });
                log::info("webhook", "kefu_accounts", &fields);
                return Ok(text("success")?);
            }
            Push::Other { event } => {
                let fields = serde_json::json!({ "channel": channel.id(), "event": event });
                log::info("webhook", "kefu_other", &fields);
                return Ok(text("success")?);
            }
        };
        let meant = match self.account(&self.known, &open_kfid) {
            Some(channel) => Some(channel),
            None => self.account(&*channels::newest(self.env).await?, &open_kfid),
        };
        match meant {
            Some(meant) => clients::knock(self.env, &Knock { channel: meant.id().clone(), token }).await?,
            None => log::info("webhook", "kefu_unknown", &serde_json::json!({ "channel": channel.id() })),
        }
        Ok(text("success")?)
    }

    fn account(&self, known: &Channels, open_kfid: &str) -> Option<Rc<Channel>> {
        let opened = known.at(self.path).into_iter().filter_map(|known| known.opened().ok());
        opened.into_iter().find(|channel| channel.settings.open_kfid.as_deref() == Some(open_kfid))
    }

    /// Accounts of one corporation may share a path: whichever opens it.
    fn attempt<T>(
        &self,
        known: &Channels,
        open: impl Fn(&Account) -> Result<T, Refusal>,
    ) -> Result<(Rc<Channel>, T), Missed> {
        let mut missed = Missed::Nowhere;
        for channel in known.at(self.path) {
            let channel = match channel.opened() {
                Ok(channel) => channel,
                Err(fault) => {
                    missed = Missed::Sealed(fault);
                    continue;
                }
            };
            match open(&channel.account) {
                Ok(opened) => return Ok((channel, opened)),
                Err(refusal) => missed = Missed::Refused(channel, refusal),
            }
        }
        Err(missed)
    }
}

impl Missed {
    /// Whether another state of the channels could take it.
    const fn may_pass(&self) -> bool {
        match self {
            Self::Nowhere | Self::Sealed(_) => true,
            Self::Refused(_, refusal) => matches!(
                refusal,
                Refusal::Signature | Refusal::Key | Refusal::Appid | Refusal::Downgrade | Refusal::Encrypted
            ),
        }
    }
}

/// Who decides about what one delivery brought.
struct Desk<'a> {
    env: &'a Env,
    config: &'a Config,
    terms: Terms,
    arrival: Arrival,
}

impl Desk<'_> {
    /// Has the conversation decide, and says whether it had before; each call is repeated once: it knows what it has decided. When that is not to be had,
    /// the callback is held until WeChat has given up on it: the redelivery is given the stored answer.
    async fn decide(
        &self,
        inbound: &Inbound,
        propose: impl Fn(Option<&Topic>) -> Proposal,
    ) -> Result<(Received, bool), Fault> {
        let Self { env, config, terms, arrival } = self;
        let mut receiving = Receiving::new(inbound, *arrival, terms, propose(None));
        let mut last = Fault::unavailable("ledger.unavailable", "not asked");
        let mut failed = 0;
        while failed < 2 {
            match clients::conversation(env, &config.addressing, &inbound.conversation, receiving.call())
                .await
            {
                Ok(answered) => match receiving.heard(answered, |topic| propose(Some(topic))) {
                    Heard::Decided { received, again } => return Ok((received, again)),
                    Heard::AskAgain => continue,
                    Heard::Stray => return Err(Fault::bug("ledger.answer", "an answer to another call")),
                },
                Err(fault) => last = fault,
            }
            failed += 1;
            if clock::now() >= arrival.answer_by {
                break;
            }
        }
        hold(arrival.received_at).await;
        Err(last)
    }
}

/// Until WeChat has given up on this delivery.
pub async fn hold(received_at: TimeMs) {
    let held_ms = u64::try_from(clock::now() - received_at).unwrap_or(0);
    Delay::from(Duration::from_millis(CALLBACK_HELD_MS.saturating_sub(held_ms))).await;
}

/// The passive reply, or the word that nothing more needs to be delivered.
fn answer(account: &Account, opened: &Opened, received: Received) -> Result<Response, Fault> {
    let Some(words) = received.answer else { return Ok(text("success")?) };
    let reply = Reply::Text { content: words };
    let body = callback::seal_reply(account, opened, &reply, clock::now(), clock::entropy()?)
        .map_err(|error| Fault::bug("wechat.reply", error.to_string()))?;
    Ok(ResponseBuilder::new()
        .with_header("content-type", opened.sealing.format.content_type())?
        .fixed(body.into_bytes()))
}

fn refused(env: &Env, ctx: &Context, channel: &Channel, refusal: &Refusal) -> Fault {
    let skew_s = match refusal {
        Refusal::Stale { skew_s } => Some(*skew_s),
        _ => None,
    };
    refusals::refused(env, ctx, channel, refusal.code(), skew_s);
    let kind = match refusal.status() {
        403 => Kind::Forbidden,
        413 => Kind::TooLarge,
        _ => Kind::BadRequest,
    };
    Fault::new(kind, refusal.code(), refusal.to_string())
}

/// Plain words, with nothing around them: what WeChat compares byte by byte.
fn text(words: &str) -> worker::Result<Response> {
    let builder = ResponseBuilder::new().with_header("content-type", "text/plain; charset=utf-8")?;
    Ok(builder.with_header("x-content-type-options", "nosniff")?.fixed(words.as_bytes().to_vec()))
}
