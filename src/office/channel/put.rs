//! Puts one channel: checked as a whole against the others, its secrets kept, replaced or rotated, all sealed anew.

use super::super::vault::Keys;
use super::super::{Outcome, Reply, Write};
use super::input::{self, ChannelCode, ChannelFault, Input};
use super::secrets::Kept;
use super::{ModeName, SealedSecrets, SecretName, Settings, StoredChannel};
use crate::base::channel::ChannelKind;
use crate::base::id::{ChannelId, is_given_id};
use crate::base::limits::CHANNELS_MAX;
use crate::base::secret::Secret;
use crate::base::turn::Turn;
use crate::wechat::secret::Rotating;
use serde_json::Value;

/// Stores the channel `id` as `body` says, or nothing. `known` are all there are.
pub fn put(known: &[StoredChannel], id: ChannelId, body: Value, keys: &Keys, turn: &Turn) -> Outcome {
    let Input { settings, secrets: given, forget_previous, mut faults } = input::read(body);
    let old = known.iter().find(|channel| channel.id == id);
    if !is_given_id(id.as_str()) {
        faults.push(fault("id", ChannelCode::Shape));
    }
    if old.is_none() && known.len() >= CHANNELS_MAX {
        faults.push(fault("id", ChannelCode::TooMany));
    }
    if let Some(settings) = &settings {
        faults.extend(against_others(settings, &id, known));
        faults.extend(old.into_iter().flat_map(|old| fixed(settings, &old.settings)));
    }
    let mode = settings.as_ref().map(|settings| settings.mode);
    let mut secrets = SealedSecrets::default();
    for name in SecretName::ALL {
        if name == SecretName::AesKey && mode == Some(ModeName::Plaintext) {
            continue;
        }
        let was_at_fault = faults.iter().any(|fault| fault.at == name.field());
        let kept = old.map_or(Ok(None), |old| old.secrets.kept(&id, name, keys));
        let put = match (given.get(&name), kept) {
            (None, _) if was_at_fault => continue,
            (None, Ok(None)) => Err(ChannelCode::Missing),
            (None, Err(_)) => Err(ChannelCode::Sealed),
            (None, Ok(Some(kept))) => Ok(kept),
            (Some(new), Ok(Some(kept))) => Ok(replace(name, kept, new, turn)),
            // What does not open any more cannot go on working either.
            (Some(new), Ok(None) | Err(_)) => {
                Ok(Kept { value: Rotating::only(new.clone()), changed_at: turn.now })
            }
        };
        let sealed = put.and_then(|mut kept| {
            kept.value.previous = kept.value.previous.filter(|_| !forget_previous);
            secrets.put(&id, name, &kept, keys, turn).map_err(|_| ChannelCode::Sealed)
        });
        faults.extend(sealed.err().map(|code| fault(name.field(), code)));
    }
    let Some(settings) = settings.filter(|_| faults.is_empty()) else {
        return Reply::ChannelInvalid { faults }.into();
    };
    let revision = known.iter().map(|channel| channel.revision).max().unwrap_or(0) + 1;
    let channel = StoredChannel { id, settings, secrets, changed_at: turn.now, revision };
    Outcome { reply: Reply::ChannelPut { revision }, writes: vec![Write::PutChannel(Box::new(channel))] }
}

/// The new one, and the old one beside it where callbacks may still be made with it.
fn replace(name: SecretName, kept: Kept, new: &Secret, turn: &Turn) -> Kept {
    if kept.value.current == *new {
        return kept;
    }
    let previous = name.rotates().then_some(kept.value.current);
    Kept { value: Rotating { current: new.clone(), previous }, changed_at: turn.now }
}

/// Paths differ, but those of one corporation: its callbacks name the account.
fn against_others(settings: &Settings, id: &ChannelId, known: &[StoredChannel]) -> Vec<ChannelFault> {
    let mut faults = Vec::new();
    let is_kefu = |settings: &Settings| settings.kind == ChannelKind::Kefu;
    for other in known.iter().filter(|other| other.id != *id).map(|other| &other.settings) {
        let is_same_corporation = is_kefu(settings) && is_kefu(other) && settings.appid == other.appid;
        if settings.path == other.path && !is_same_corporation {
            faults.push(fault("path", ChannelCode::Taken));
        }
        if is_same_corporation && settings.open_kfid == other.open_kfid {
            faults.push(fault("open_kfid", ChannelCode::Taken));
        }
    }
    faults
}

/// Conversations are keyed by the channel, and numbered by its floor: what they mean must not change under them.
fn fixed(new: &Settings, old: &Settings) -> Vec<ChannelFault> {
    let checks = [
        (new.kind == old.kind, "kind"),
        (new.appid == old.appid, "appid"),
        (new.open_kfid == old.open_kfid, "open_kfid"),
        (new.floor == old.floor, "floor"),
    ];
    let changed = checks.into_iter().filter(|(is_same, _)| !is_same);
    changed.map(|(_, field)| fault(field, ChannelCode::Fixed)).collect()
}

fn fault(at: &str, code: ChannelCode) -> ChannelFault {
    ChannelFault { at: at.to_owned(), code }
}
