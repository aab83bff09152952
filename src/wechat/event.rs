//! Events: what happened to the account, its followers and its sends (protocol 2.3).

use super::inbound::optional;
use super::tree::Node;
use crate::base::limits::SUBSCRIBE_ITEMS_MAX;
use crate::base::message::InboundContent;

/// What a QR code's scene is preceded by in `subscribe`, and only there.
const SCENE_PREFIX: &str = "qrscene_";

/// An event. Numbers stay the text they came as.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the fields are WeChat's own, named and described in protocol 2.3")]
pub enum Event {
    /// Followed the account, perhaps by a QR code.
    Subscribe { event_key: String, ticket: Option<String> },
    /// Unfollowed the account.
    Unsubscribe,
    /// A follower scanned a QR code.
    Scan { scene: String, ticket: Option<String> },
    /// Where the customer is, on entering the chat or every five seconds.
    Location { latitude: String, longitude: String, precision: String },
    /// A menu item that asks for an answer.
    Click { key: String },
    /// A menu item that opens a page.
    View { url: String, menu_id: String },
    /// A menu item that opens a mini program.
    ViewMiniProgram { path: String, menu_id: String },
    /// A menu item that scans; WeChat shows the result.
    ScanCodePush { key: String, scan_type: String, result: String },
    /// A menu item that scans; the customer waits for our answer.
    ScanCodeWait { key: String, scan_type: String, result: String },
    /// A menu item that takes or picks pictures, which follow as messages. `count` may differ from the list.
    Pictures { source: PictureSource, key: String, count: String, md5: Vec<String> },
    /// A menu item that picks a place.
    LocationSelect {
        key: String,
        latitude: String,
        longitude: String,
        scale: String,
        label: String,
        poi: String,
    },
    /// A template message's fate.
    TemplateSent { job_id: String, status: String },
    /// A mass message's fate; `checks` and `urls` are per article.
    MassSent {
        job_id: String,
        status: String,
        total: String,
        filtered: String,
        sent: String,
        failed: String,
        checks: Option<Node>,
        urls: Option<Node>,
    },
    /// WeChat's own agents took the conversation.
    KfCreateSession { account: String },
    /// WeChat's own agents ended it.
    KfCloseSession { account: String },
    /// WeChat's own agents handed it on.
    KfSwitchSession { from: String, to: String },
    /// A mini program's customer-service button.
    EnterTempSession { session_from: String },
    /// Answered a pop-up for subscribe messages.
    SubscribePopup { items: Vec<SubscribeChoice> },
    /// Changed a subscription in the settings.
    SubscribeChange { items: Vec<SubscribeChoice> },
    /// A subscribe message's fate.
    SubscribeSent { items: Vec<SubscribeSent> },
    /// Privacy rights used: `user_info_modified`, `user_authorization_revoke` or `_cancellation`.
    Privacy {
        event: String,
        openid: String,
        appid: String,
        revoke_info: String,
        plugin_id: String,
        open_pid: String,
    },
    /// The console's push test.
    DebugDemo { text: String },
    /// An event we do not know, with all its fields.
    Other { event: String, fields: Node },
}

/// Where a picture came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PictureSource {
    /// `pic_sysphoto`: the camera.
    Camera,
    /// `pic_photo_or_album`.
    CameraOrAlbum,
    /// `pic_weixin`: WeChat's album.
    WechatAlbum,
}

/// One template's answer in a subscribe event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubscribeChoice {
    /// The template.
    pub template_id: String,
    /// `accept` or `reject`.
    pub status: String,
    /// Where the pop-up was: 1 a page, 2 an article. Not given on change.
    pub scene: Option<String>,
}

/// One subscribe message's fate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubscribeSent {
    /// The template.
    pub template_id: String,
    /// The message.
    pub message_id: String,
    /// 0 when it arrived.
    pub error_code: String,
    /// `success`, or why not.
    pub error_status: String,
}

impl SubscribeChoice {
    /// Anything but `accept` is a refusal: `reject`, or a word that we do not know.
    fn to_content(&self) -> InboundContent {
        InboundContent::Consent { template: self.template_id.clone(), allowed: self.status == "accept" }
    }
}

impl SubscribeSent {
    fn to_content(&self) -> InboundContent {
        InboundContent::NoticeEnded {
            job: self.message_id.clone(),
            delivered: self.error_code == "0",
            detail: self.error_status.clone(),
        }
    }
}

impl Event {
    /// Reads an event by its name, in whatever case: WeChat mixes them.
    pub(super) fn parse(event: &str, root: &Node) -> Self {
        let name = event.to_ascii_lowercase();
        parse_customer(&name, root)
            .or_else(|| parse_platform(&name, root))
            .unwrap_or_else(|| Self::Other { event: name, fields: root.clone() })
    }

    /// Its name, lower case.
    pub fn name(&self) -> String {
        match self {
            Self::Subscribe { .. } => "subscribe",
            Self::Unsubscribe => "unsubscribe",
            Self::Scan { .. } => "scan",
            Self::Location { .. } => "location",
            Self::Click { .. } => "click",
            Self::View { .. } => "view",
            Self::ViewMiniProgram { .. } => "view_miniprogram",
            Self::ScanCodePush { .. } => "scancode_push",
            Self::ScanCodeWait { .. } => "scancode_waitmsg",
            Self::Pictures { source: PictureSource::Camera, .. } => "pic_sysphoto",
            Self::Pictures { source: PictureSource::CameraOrAlbum, .. } => "pic_photo_or_album",
            Self::Pictures { source: PictureSource::WechatAlbum, .. } => "pic_weixin",
            Self::LocationSelect { .. } => "location_select",
            Self::TemplateSent { .. } => "templatesendjobfinish",
            Self::MassSent { .. } => "masssendjobfinish",
            Self::KfCreateSession { .. } => "kf_create_session",
            Self::KfCloseSession { .. } => "kf_close_session",
            Self::KfSwitchSession { .. } => "kf_switch_session",
            Self::EnterTempSession { .. } => "user_enter_tempsession",
            Self::SubscribePopup { .. } => "subscribe_msg_popup_event",
            Self::SubscribeChange { .. } => "subscribe_msg_change_event",
            Self::SubscribeSent { .. } => "subscribe_msg_sent_event",
            Self::DebugDemo { .. } => "debug_demo",
            Self::Privacy { event, .. } | Self::Other { event, .. } => event,
        }
        .to_owned()
    }

    /// What tells two events of one name apart, where the event has such a thing.
    pub fn detail(&self) -> String {
        match self {
            Self::Subscribe { event_key: text, .. }
            | Self::Scan { scene: text, .. }
            | Self::Click { key: text }
            | Self::View { url: text, .. }
            | Self::ViewMiniProgram { path: text, .. }
            | Self::ScanCodePush { result: text, .. }
            | Self::ScanCodeWait { result: text, .. }
            | Self::Pictures { key: text, .. }
            | Self::LocationSelect { key: text, .. }
            | Self::TemplateSent { job_id: text, .. }
            | Self::MassSent { job_id: text, .. }
            | Self::KfCreateSession { account: text }
            | Self::KfCloseSession { account: text }
            | Self::KfSwitchSession { to: text, .. }
            | Self::EnterTempSession { session_from: text }
            | Self::Privacy { revoke_info: text, .. }
            | Self::DebugDemo { text } => text.clone(),
            Self::SubscribePopup { items } | Self::SubscribeChange { items } => {
                joined(items.iter().map(|item| &item.template_id))
            }
            Self::SubscribeSent { items } => joined(items.iter().map(|item| &item.message_id)),
            Self::Unsubscribe | Self::Location { .. } | Self::Other { .. } => String::new(),
        }
    }

    /// The event as the desk sees it.
    pub(super) fn to_content(&self) -> InboundContent {
        match self {
            Self::Subscribe { event_key, .. } => {
                // Other keys, such as a payment's, are no scene.
                let scene = event_key.strip_prefix(SCENE_PREFIX).map(str::to_owned);
                InboundContent::Follow { scene }
            }
            Self::Unsubscribe => InboundContent::Unfollow,
            Self::Scan { scene, .. } => InboundContent::Scan { scene: scene.clone() },
            // These three open the quota of a menu click (protocol 4.3).
            Self::Click { key } | Self::ScanCodePush { key, .. } | Self::ScanCodeWait { key, .. } => {
                InboundContent::MenuClick { key: key.clone() }
            }
            Self::Location { latitude, longitude, .. } => {
                InboundContent::Whereabouts { latitude: latitude.clone(), longitude: longitude.clone() }
            }
            Self::EnterTempSession { session_from } => {
                let scene = Some(session_from.clone()).filter(|scene| !scene.is_empty());
                InboundContent::Enter { scene, welcome_code: None }
            }
            Self::KfCreateSession { account } | Self::KfSwitchSession { to: account, .. } => {
                InboundContent::NativeSession { open: true, agent: account.clone() }
            }
            Self::KfCloseSession { account } => {
                InboundContent::NativeSession { open: false, agent: account.clone() }
            }
            Self::TemplateSent { job_id, status } => InboundContent::NoticeEnded {
                job: job_id.clone(),
                delivered: status == "success",
                detail: status.clone(),
            },
            Self::SubscribePopup { .. } | Self::SubscribeChange { .. } | Self::SubscribeSent { .. } => {
                self.items().into_iter().next().unwrap_or_else(|| self.to_notice())
            }
            Self::Privacy { event, revoke_info, .. } if event != "user_info_modified" => {
                InboundContent::Revoke { scope: revoke_info.clone() }
            }
            _ => self.to_notice(),
        }
    }

    /// What the desk sees beside [`Event::to_content`], when the event is about several things.
    pub(super) fn further_contents(&self) -> Vec<InboundContent> {
        self.items().into_iter().skip(1).collect()
    }

    /// One for each template or message that a subscribe event is about.
    fn items(&self) -> Vec<InboundContent> {
        match self {
            Self::SubscribePopup { items } | Self::SubscribeChange { items } => {
                items.iter().take(SUBSCRIBE_ITEMS_MAX).map(SubscribeChoice::to_content).collect()
            }
            Self::SubscribeSent { items } => {
                items.iter().take(SUBSCRIBE_ITEMS_MAX).map(SubscribeSent::to_content).collect()
            }
            _ => Vec::new(),
        }
    }

    fn to_notice(&self) -> InboundContent {
        InboundContent::Notice { event: self.name(), detail: self.detail() }
    }
}

/// What a customer did: followed, scanned, tapped the menu.
fn parse_customer(name: &str, root: &Node) -> Option<Event> {
    let word = |name| root.word_of(name).to_owned();
    let key = || word("EventKey");
    let inner = |parent: &str, name: &str| {
        root.child(parent).map(|node| node.word_of(name).to_owned()).unwrap_or_default()
    };
    let scan = |name| inner("ScanCodeInfo", name);
    let place = |name| inner("SendLocationInfo", name);
    Some(match name {
        "subscribe" => Event::Subscribe { event_key: key(), ticket: optional(root, "Ticket") },
        "unsubscribe" => Event::Unsubscribe,
        "scan" => Event::Scan { scene: key(), ticket: optional(root, "Ticket") },
        "location" => Event::Location {
            latitude: word("Latitude"),
            longitude: word("Longitude"),
            precision: word("Precision"),
        },
        "click" => Event::Click { key: key() },
        "view" => Event::View { url: key(), menu_id: word("MenuId") },
        "view_miniprogram" => Event::ViewMiniProgram { path: key(), menu_id: word("MenuId") },
        "scancode_push" => {
            Event::ScanCodePush { key: key(), scan_type: scan("ScanType"), result: scan("ScanResult") }
        }
        "scancode_waitmsg" => {
            Event::ScanCodeWait { key: key(), scan_type: scan("ScanType"), result: scan("ScanResult") }
        }
        "pic_sysphoto" => pictures(PictureSource::Camera, root),
        "pic_photo_or_album" => pictures(PictureSource::CameraOrAlbum, root),
        "pic_weixin" => pictures(PictureSource::WechatAlbum, root),
        "location_select" => Event::LocationSelect {
            key: key(),
            latitude: place("Location_X"),
            longitude: place("Location_Y"),
            scale: place("Scale"),
            label: place("Label"),
            poi: place("Poiname"),
        },
        "user_enter_tempsession" => Event::EnterTempSession { session_from: word("SessionFrom") },
        _ => return None,
    })
}

/// What WeChat reports: the fate of sends, sessions of its own agents, subscriptions, privacy.
fn parse_platform(name: &str, root: &Node) -> Option<Event> {
    let word = |name| root.word_of(name).to_owned();
    Some(match name {
        "templatesendjobfinish" => Event::TemplateSent { job_id: word("MsgID"), status: word("Status") },
        "masssendjobfinish" => Event::MassSent {
            job_id: word("MsgID"),
            status: word("Status"),
            total: word("TotalCount"),
            filtered: word("FilterCount"),
            sent: word("SentCount"),
            failed: word("ErrorCount"),
            checks: root.child("CopyrightCheckResult").cloned(),
            urls: root.child("ArticleUrlResult").cloned(),
        },
        "kf_create_session" => Event::KfCreateSession { account: word("KfAccount") },
        "kf_close_session" => Event::KfCloseSession { account: word("KfAccount") },
        "kf_switch_session" => {
            Event::KfSwitchSession { from: word("FromKfAccount"), to: word("ToKfAccount") }
        }
        "subscribe_msg_popup_event" => Event::SubscribePopup { items: choices(root) },
        "subscribe_msg_change_event" => Event::SubscribeChange { items: choices(root) },
        "subscribe_msg_sent_event" => Event::SubscribeSent { items: list(root).map(sent).collect() },
        "user_info_modified" | "user_authorization_revoke" | "user_authorization_cancellation" => {
            Event::Privacy {
                event: name.to_owned(),
                openid: word("OpenID"),
                appid: word("AppID"),
                revoke_info: word("RevokeInfo"),
                plugin_id: word("PluginID"),
                open_pid: word("OpenPID"),
            }
        }
        "debug_demo" => Event::DebugDemo { text: word("debug_str") },
        _ => return None,
    })
}

fn pictures(source: PictureSource, root: &Node) -> Event {
    let info = root.child("SendPicsInfo");
    let items = info.and_then(|info| info.child("PicList")).into_iter().flat_map(|list| list.all("item"));
    Event::Pictures {
        source,
        key: root.word_of("EventKey").to_owned(),
        count: info.map(|info| info.word_of("Count").to_owned()).unwrap_or_default(),
        md5: items.map(|item| item.word_of("PicMd5Sum").to_owned()).collect(),
    }
}

/// The items of a subscribe event. XML wraps them, in one official sample by another event's name; JSON may not.
fn list(root: &Node) -> impl Iterator<Item = &Node> {
    const WRAPPERS: [&str; 3] =
        ["SubscribeMsgPopupEvent", "SubscribeMsgChangeEvent", "SubscribeMsgSentEvent"];
    WRAPPERS.iter().find_map(|name| root.child(name)).unwrap_or(root).all("List")
}

fn choices(root: &Node) -> Vec<SubscribeChoice> {
    let choice = |item: &Node| SubscribeChoice {
        template_id: item.word_of("TemplateId").to_owned(),
        status: item.word_of("SubscribeStatusString").to_owned(),
        scene: optional(item, "PopupScene"),
    };
    list(root).map(choice).collect()
}

fn sent(item: &Node) -> SubscribeSent {
    SubscribeSent {
        template_id: item.word_of("TemplateId").to_owned(),
        message_id: item.word_of("MsgID").to_owned(),
        error_code: item.word_of("ErrorCode").to_owned(),
        error_status: item.word_of("ErrorStatus").to_owned(),
    }
}

fn joined<'a>(texts: impl Iterator<Item = &'a String>) -> String {
    texts.map(String::as_str).collect::<Vec<_>>().join(",")
}
