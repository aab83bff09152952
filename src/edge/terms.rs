//! The terms of a channel, as its settings and the deployment's make them.

use super::clock;
use crate::base::message::OutboundContent;
use crate::config::Config;
use crate::desk::terms::Terms;
use crate::office::channel::{NoticeSetting, Settings};

/// What the desk is told about a channel. Its secrets are not needed for this.
pub fn of(config: &Config, channel: &Settings) -> Terms {
    Terms {
        rules: channel.rules(),
        slow_ms: config.slow_ms(),
        notice: channel.notice.as_ref().map(|notice| filled(notice, &channel.name)),
    }
}

/// The notice with everything in it but the customer's own question.
fn filled(notice: &NoticeSetting, account: &str) -> OutboundContent {
    let time = clock::now().to_minutes();
    let value = |text: &String| text.replace("{account}", account).replace("{time}", &time);
    OutboundContent::Notice {
        template: notice.template.clone(),
        values: notice.values.iter().map(|(name, text)| (name.clone(), value(text))).collect(),
        page: notice.page.clone(),
    }
}
