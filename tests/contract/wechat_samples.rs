//! A sample of every message and event of an official account, as typed value and as the desk sees it.

use shunda::base::limits::{CUSTOMER_ID_BYTES_MAX, INBOUND_KEY_BYTES_MAX};
use shunda::base::message::InboundContent as Content;
use shunda::wechat::event::{Event, PictureSource, SubscribeChoice, SubscribeSent};
use shunda::wechat::inbound::{Article, Incomplete, Message, MsgId, Push, PushBody};
use shunda::wechat::tree::Node;
use shunda::wechat::{json, xml};

const MESSAGE_ID: &str = "18446744073709551615";

fn push(fields: &str) -> Push {
    let text = format!(
        "<xml><ToUserName><![CDATA[gh_1]]></ToUserName>\n<FromUserName><![CDATA[o1]]></FromUserName>\n\
         <CreateTime>1700000000</CreateTime>\n{fields}</xml>"
    );
    Push::parse(&xml::parse(&text).unwrap()).unwrap()
}

fn message(message_type: &str, fields: &str) -> (Message, Content) {
    let fields = format!("<MsgType><![CDATA[{message_type}]]></MsgType>{fields}<MsgId>{MESSAGE_ID}</MsgId>");
    let push = push(&fields);
    assert_eq!(push.key.as_str(), format!("m|{MESSAGE_ID}|1700000000"));
    let content = push.to_inbound(&"main".into()).content;
    let PushBody::Message { id: Some(id), article: None, message } = push.body else { panic!("{push:?}") };
    assert_eq!((id.number(), id.0.as_str()), (Some(u64::MAX), MESSAGE_ID));
    (message, content)
}

fn event_push(event: &str, fields: &str) -> Push {
    push(&format!("<MsgType><![CDATA[event]]></MsgType><Event><![CDATA[{event}]]></Event>{fields}"))
}

fn event(event: &str, fields: &str) -> (Event, Content) {
    let push = event_push(event, fields);
    let content = push.to_inbound(&"main".into()).content;
    let PushBody::Event(event) = push.body else { panic!("{push:?}") };
    (event, content)
}

fn key(event: &str, fields: &str) -> String {
    event_push(event, fields).key.0
}

fn s(text: &str) -> String {
    text.to_owned()
}

fn notice(event: &str, detail: &str) -> Content {
    Content::Notice { event: s(event), detail: s(detail) }
}

fn native(open: bool, agent: &str) -> Content {
    Content::NativeSession { open, agent: s(agent) }
}

#[test]
fn text() {
    let sent = message("text", "<Content><![CDATA[ 你好 ]]></Content>");
    let typed = Message::Text { content: s(" 你好 "), menu_id: None };
    assert_eq!(sent, (typed, Content::Text { text: s(" 你好 "), menu_id: None }));
    let tapped = message("text", "<Content>满意</Content><bizmsgmenuid>101</bizmsgmenuid>");
    assert_eq!(tapped.1, Content::Text { text: s("满意"), menu_id: Some(s("101")) });
    let lost = message("text", "<Content><![CDATA[【收到不支持的消息类型，暂无法显示】]]></Content>");
    assert_eq!(lost.1, Content::Unsupported { message_type: s("text") });
}

#[test]
fn text_under_an_article() {
    let push = push(
        "<MsgType>text</MsgType><Content>1</Content><MsgId>7</MsgId><MsgDataId>9_1</MsgDataId><Idx>2</Idx>",
    );
    let PushBody::Message { id, article, .. } = push.body else { panic!() };
    assert_eq!(id, Some(MsgId(s("7"))));
    assert_eq!(article, Some(Article { data_id: s("9_1"), index: s("2") }));
}

#[test]
fn image() {
    let (typed, content) =
        message("image", "<PicUrl><![CDATA[http://mmbiz/a?b=1&c]]></PicUrl><MediaId> m </MediaId>");
    assert_eq!(typed, Message::Image { pic_url: s("http://mmbiz/a?b=1&c"), media_id: s("m") });
    assert_eq!(content, Content::Image { media_id: s("m"), url: s("http://mmbiz/a?b=1&c") });
}

#[test]
fn voice() {
    let fields = "<MediaId>m</MediaId><Format>amr</Format>";
    let (typed, content) = message("voice", &format!("{fields}<Recognition></Recognition>"));
    let expected =
        Message::Voice { media_id: s("m"), format: s("amr"), media_id_16k: None, recognition: None };
    assert_eq!(typed, expected);
    assert_eq!(content, Content::Voice { media_id: s("m"), format: s("amr"), recognition: None });
    let more = "<MediaId16K>k</MediaId16K><Recognition><![CDATA[你好]]></Recognition>";
    let (typed, _) = message("voice", &format!("{fields}{more}"));
    let Message::Voice { media_id_16k, recognition, .. } = typed else { panic!() };
    assert_eq!((media_id_16k, recognition), (Some(s("k")), Some(s("你好"))));
}

#[test]
fn video_and_short_video() {
    let fields = "<MediaId>m</MediaId><ThumbMediaId>t</ThumbMediaId>";
    let content = Content::Video { media_id: s("m"), thumb_media_id: s("t") };
    let video = Message::Video { media_id: s("m"), thumb_media_id: s("t") };
    assert_eq!(message("video", fields), (video, content.clone()));
    let short = Message::ShortVideo { media_id: s("m"), thumb_media_id: s("t") };
    assert_eq!(message("shortvideo", fields), (short, content));
}

#[test]
fn location_message() {
    let fields = "<Location_X>23.134521</Location_X><Location_Y>113.358803</Location_Y><Scale>20</Scale>\
        <Label><![CDATA[位置信息]]></Label>";
    let (latitude, longitude, label) = (s("23.134521"), s("113.358803"), s("位置信息"));
    let content =
        Content::Location { latitude: latitude.clone(), longitude: longitude.clone(), label: label.clone() };
    let typed = Message::Location { latitude, longitude, scale: s("20"), label };
    assert_eq!(message("location", fields), (typed, content));
}

#[test]
fn link() {
    let fields = "<Title>t</Title><Description>d</Description><Url>u</Url>";
    let typed = Message::Link { title: s("t"), description: s("d"), url: s("u") };
    let content = Content::Link { title: s("t"), description: s("d"), url: s("u") };
    assert_eq!(message("link", fields), (typed, content));
}

#[test]
fn file() {
    let fields = "<Title>a.pdf</Title><Description></Description><FileKey>k</FileKey><FileMd5>5</FileMd5>\
        <FileTotalLen>1024</FileTotalLen>";
    let typed = Message::File {
        title: s("a.pdf"),
        description: s(""),
        file_key: s("k"),
        md5: s("5"),
        size_bytes: s("1024"),
    };
    assert_eq!(
        message("file", fields),
        (typed, Content::File { title: s("a.pdf"), size_bytes: s("1024"), media_id: None })
    );
}

#[test]
fn mini_program_page() {
    let fields = "<Title>t</Title><AppId>wx2</AppId><PagePath>p?q</PagePath><ThumbUrl>u</ThumbUrl>\
        <ThumbMediaId>m</ThumbMediaId>";
    let typed = Message::MiniProgramPage {
        title: s("t"),
        appid: s("wx2"),
        page_path: s("p?q"),
        thumb_url: s("u"),
        thumb_media_id: s("m"),
    };
    let content = Content::MiniProgramPage { title: s("t"), appid: s("wx2"), page_path: s("p?q") };
    assert_eq!(message("miniprogrampage", fields), (typed, content));
}

#[test]
fn an_unknown_message_keeps_its_fields() {
    let (typed, content) = message("hologram", "<Beam><X>1</X></Beam>");
    assert_eq!(content, Content::Unsupported { message_type: s("hologram") });
    let Message::Other { message_type, fields } = typed else { panic!() };
    assert_eq!((message_type.as_str(), fields.child("Beam").unwrap().text_of("X")), ("hologram", "1"));
}

#[test]
fn follow_and_unfollow() {
    let typed = Event::Subscribe { event_key: s(""), ticket: None };
    assert_eq!(event("subscribe", "<EventKey></EventKey>"), (typed, Content::Follow { scene: None }));
    let fields = "<EventKey><![CDATA[qrscene_qrscene_1]]></EventKey><Ticket>T</Ticket>";
    let typed = Event::Subscribe { event_key: s("qrscene_qrscene_1"), ticket: Some(s("T")) };
    assert_eq!(event("subscribe", fields), (typed, Content::Follow { scene: Some(s("qrscene_1")) }));
    let paid = event("subscribe", "<EventKey>last_trade_no_1</EventKey>");
    assert_eq!(paid.1, Content::Follow { scene: None });
    assert_eq!(event("unsubscribe", "<EventKey/>"), (Event::Unsubscribe, Content::Unfollow));
}

#[test]
fn scan_in_any_case() {
    for name in ["SCAN", "scan", "Scan"] {
        let (typed, content) = event(name, "<EventKey>qrscene_1</EventKey><Ticket>T</Ticket>");
        assert_eq!(typed, Event::Scan { scene: s("qrscene_1"), ticket: Some(s("T")) });
        assert_eq!(content, Content::Scan { scene: s("qrscene_1") });
    }
}

#[test]
fn location_event() {
    let fields = "<Latitude>23.1</Latitude><Longitude>113.3</Longitude><Precision>119.4</Precision>";
    let typed = Event::Location { latitude: s("23.1"), longitude: s("113.3"), precision: s("119.4") };
    assert_eq!(
        event("LOCATION", fields),
        (typed, Content::Whereabouts { latitude: s("23.1"), longitude: s("113.3") })
    );
}

#[test]
fn menu() {
    let key = "<EventKey>K</EventKey>";
    let click = Content::MenuClick { key: s("K") };
    assert_eq!(event("CLICK", key), (Event::Click { key: s("K") }, click.clone()));
    let fields = "<EventKey>http://a</EventKey><MenuId>5</MenuId>";
    let view = Event::View { url: s("http://a"), menu_id: s("5") };
    assert_eq!(event("VIEW", fields), (view, notice("view", "http://a")));
    let mini = Event::ViewMiniProgram { path: s("http://a"), menu_id: s("5") };
    assert_eq!(event("view_miniprogram", fields), (mini, notice("view_miniprogram", "http://a")));
    let scan = format!(
        "{key}<ScanCodeInfo><ScanType>qrcode</ScanType><ScanResult><![CDATA[1&2]]></ScanResult></ScanCodeInfo>"
    );
    let (scan_type, result) = (s("qrcode"), s("1&2"));
    let push = Event::ScanCodePush { key: s("K"), scan_type: scan_type.clone(), result: result.clone() };
    assert_eq!(event("scancode_push", &scan), (push, click.clone()));
    let wait = Event::ScanCodeWait { key: s("K"), scan_type, result };
    assert_eq!(event("scancode_waitmsg", &scan), (wait, click));
}

#[test]
fn menu_pictures() {
    let item = |md5: &str| format!("<item><PicMd5Sum><![CDATA[{md5}]]></PicMd5Sum></item>");
    let fields = format!(
        "<EventKey>K</EventKey><SendPicsInfo><Count>1</Count><PicList>{}{}</PicList></SendPicsInfo>",
        item("a"),
        item("b")
    );
    let sources = [
        ("pic_sysphoto", PictureSource::Camera),
        ("pic_photo_or_album", PictureSource::CameraOrAlbum),
        ("pic_weixin", PictureSource::WechatAlbum),
    ];
    for (name, source) in sources {
        let typed = Event::Pictures { source, key: s("K"), count: s("1"), md5: vec![s("a"), s("b")] };
        assert_eq!(event(name, &fields), (typed, notice(name, "K")));
    }
    let none = Event::Pictures { source: PictureSource::Camera, key: s(""), count: s(""), md5: vec![] };
    assert_eq!(event("pic_sysphoto", "").0, none);
}

#[test]
fn menu_location() {
    let fields = "<EventKey>K</EventKey><SendLocationInfo><Location_X><![CDATA[23]]></Location_X>\
        <Location_Y><![CDATA[113]]></Location_Y><Scale><![CDATA[15]]></Scale><Label><![CDATA[L]]></Label>\
        <Poiname><![CDATA[P]]></Poiname></SendLocationInfo>";
    let typed = Event::LocationSelect {
        key: s("K"),
        latitude: s("23"),
        longitude: s("113"),
        scale: s("15"),
        label: s("L"),
        poi: s("P"),
    };
    assert_eq!(event("location_select", fields), (typed, notice("location_select", "K")));
}

#[test]
fn fates_of_sends() {
    let fields = "<MsgID>200163836</MsgID><Status><![CDATA[failed:user block]]></Status>";
    let typed = Event::TemplateSent { job_id: s("200163836"), status: s("failed:user block") };
    let ended =
        Content::NoticeEnded { job: s("200163836"), delivered: false, detail: s("failed:user block") };
    assert_eq!(event("TEMPLATESENDJOBFINISH", fields), (typed, ended));
    let fields = "<MsgID>1</MsgID><Status>err(30003)</Status><TotalCount>4</TotalCount><FilterCount>3</FilterCount>\
        <SentCount>2</SentCount><ErrorCount>1</ErrorCount><CopyrightCheckResult><Count>2</Count>\
        </CopyrightCheckResult><ArticleUrlResult><Count>1</Count></ArticleUrlResult>";
    let count = |name, count| Some(Node::branch(name, vec![Node::text("Count", count)]));
    let typed = Event::MassSent {
        job_id: s("1"),
        status: s("err(30003)"),
        total: s("4"),
        filtered: s("3"),
        sent: s("2"),
        failed: s("1"),
        checks: count("CopyrightCheckResult", "2"),
        urls: count("ArticleUrlResult", "1"),
    };
    assert_eq!(event("MASSSENDJOBFINISH", fields), (typed, notice("masssendjobfinish", "1")));
}

#[test]
fn sessions_of_wechats_own_agents() {
    let account = "<KfAccount>a@b</KfAccount><CloseType>x</CloseType>";
    let created = Event::KfCreateSession { account: s("a@b") };
    assert_eq!(event("kf_create_session", account), (created, native(true, "a@b")));
    let closed = Event::KfCloseSession { account: s("a@b") };
    assert_eq!(event("kf_close_session", account), (closed, native(false, "a@b")));
    let fields = "<FromKfAccount>a@b</FromKfAccount><ToKfAccount>c@b</ToKfAccount>";
    let switched = Event::KfSwitchSession { from: s("a@b"), to: s("c@b") };
    assert_eq!(event("kf_switch_session", fields), (switched, native(true, "c@b")));
    let entered = Event::EnterTempSession { session_from: s("page") };
    let fields = "<SessionFrom>page</SessionFrom>";
    assert_eq!(
        event("user_enter_tempsession", fields),
        (entered, Content::Enter { scene: Some(s("page")), welcome_code: None })
    );
}

fn choice(template: &str, status: &str, scene: Option<&str>) -> SubscribeChoice {
    SubscribeChoice { template_id: s(template), status: s(status), scene: scene.map(s) }
}

fn consent(template: &str, allowed: bool) -> Content {
    Content::Consent { template: s(template), allowed }
}

fn ended(job: &str, delivered: bool, detail: &str) -> Content {
    Content::NoticeEnded { job: s(job), delivered, detail: s(detail) }
}

#[test]
fn one_event_about_several_templates_is_as_many_inbounds_with_keys_of_their_own() {
    let item = |template: &str, status: &str| {
        format!(
            "<List><TemplateId>{template}</TemplateId><SubscribeStatusString>{status}</SubscribeStatusString></List>"
        )
    };
    let items = [item("t1", "accept"), item("t2", "reject"), item("t3", "ban")].concat();
    let popup = event_push(
        "subscribe_msg_popup_event",
        &format!("<SubscribeMsgPopupEvent>{items}</SubscribeMsgPopupEvent>"),
    );
    let first = popup.to_inbound(&"main".into());
    let further = popup.further_inbounds(&"main".into());
    assert_eq!(first.content, consent("t1", true));
    let contents: Vec<_> = further.iter().map(|inbound| inbound.content.clone()).collect();
    assert_eq!(contents, [consent("t2", false), consent("t3", false)]);
    let keys = [&first.key, &further[0].key, &further[1].key];
    assert!(keys[0] != keys[1] && keys[1] != keys[2] && keys[0] != keys[2], "{keys:?}");
    assert_eq!(further, popup.further_inbounds(&"main".into()));

    let item = |job: u32, code: u32| {
        format!(
            "<List><MsgID>{job}</MsgID><ErrorCode>{code}</ErrorCode><ErrorStatus>e{code}</ErrorStatus></List>"
        )
    };
    let sent = event_push("subscribe_msg_sent_event", &[item(7, 0), item(8, 43101)].concat());
    assert_eq!(sent.to_inbound(&"main".into()).content, ended("7", true, "e0"));
    assert_eq!(sent.further_inbounds(&"main".into())[0].content, ended("8", false, "e43101"));

    let empty = event_push("subscribe_msg_popup_event", "");
    assert_eq!(empty.to_inbound(&"main".into()).content, notice("subscribe_msg_popup_event", ""));
    assert!(empty.further_inbounds(&"main".into()).is_empty());
}

#[test]
fn subscribe_messages() {
    let list = |rest: &str| format!("<List><TemplateId>t1</TemplateId>{rest}</List>");
    let accept = list("<SubscribeStatusString>accept</SubscribeStatusString><PopupScene>2</PopupScene>");
    let reject = list("<SubscribeStatusString>reject</SubscribeStatusString>");
    let fields = format!("<SubscribeMsgPopupEvent>{accept}{reject}</SubscribeMsgPopupEvent>");
    let items = vec![choice("t1", "accept", Some("2")), choice("t1", "reject", None)];
    let expected = (Event::SubscribePopup { items }, consent("t1", true));
    assert_eq!(event("subscribe_msg_popup_event", &fields), expected);
    // One official sample wraps a change in the pop-up's name.
    for wrapper in ["SubscribeMsgChangeEvent", "SubscribeMsgPopupEvent"] {
        let (typed, _) = event("subscribe_msg_change_event", &format!("<{wrapper}>{reject}</{wrapper}>"));
        assert_eq!(typed, Event::SubscribeChange { items: vec![choice("t1", "reject", None)] });
    }
    let sent = list("<MsgID>9</MsgID><ErrorCode>0</ErrorCode><ErrorStatus>success</ErrorStatus>");
    let fields = format!("<SubscribeMsgSentEvent>{sent}</SubscribeMsgSentEvent>");
    let item = SubscribeSent {
        template_id: s("t1"),
        message_id: s("9"),
        error_code: s("0"),
        error_status: s("success"),
    };
    let expected = (Event::SubscribeSent { items: vec![item] }, ended("9", true, "success"));
    assert_eq!(event("subscribe_msg_sent_event", &fields), expected);
}

#[test]
fn subscribe_messages_in_json() {
    let popup = |list: &str| {
        let text = format!(
            r#"{{"ToUserName":"gh_1","FromUserName":"o1","CreateTime":1700000000,"MsgType":"event",
            "Event":"subscribe_msg_popup_event","List":{list}}}"#
        );
        let push = Push::parse(&json::parse(&text).unwrap()).unwrap();
        let PushBody::Event(Event::SubscribePopup { items }) = push.body else { panic!("{push:?}") };
        items
    };
    let item = |scene: &str| {
        format!(r#"{{"TemplateId":"t1","SubscribeStatusString":"accept","PopupScene":{scene}}}"#)
    };
    let expected = || choice("t1", "accept", Some("1"));
    assert_eq!(popup(&item("1")), [expected()]);
    assert_eq!(popup(&format!("[{},{}]", item("\"1\""), item("1"))), [expected(), expected()]);
}

#[test]
fn privacy_and_debug() {
    for name in ["user_info_modified", "user_authorization_revoke", "user_authorization_cancellation"] {
        let fields = "<OpenID>o1</OpenID><AppID>wx1</AppID><RevokeInfo>301</RevokeInfo><PluginID>p</PluginID>\
            <OpenPID>q</OpenPID>";
        let typed = Event::Privacy {
            event: s(name),
            openid: s("o1"),
            appid: s("wx1"),
            revoke_info: s("301"),
            plugin_id: s("p"),
            open_pid: s("q"),
        };
        let revoked = Content::Revoke { scope: s("301") };
        let content = if name == "user_info_modified" { notice(name, "301") } else { revoked };
        assert_eq!(event(name, fields), (typed, content));
    }
    let typed = Event::DebugDemo { text: s("hello world") };
    let expected = (typed, notice("debug_demo", "hello world"));
    assert_eq!(event("debug_demo", "<debug_str>hello world</debug_str>"), expected);
}

#[test]
fn an_unknown_event_keeps_its_fields() {
    let (typed, content) = event("WifiConnected", "<DeviceNo>5</DeviceNo>");
    assert_eq!(content, notice("wificonnected", ""));
    let Event::Other { event, fields } = typed else { panic!() };
    assert_eq!((event.as_str(), fields.text_of("DeviceNo")), ("wificonnected", "5"));
}

#[test]
fn a_redelivery_has_the_same_key_in_another_order_or_format() {
    let fields = "<EventKey>K</EventKey><Ticket>T</Ticket>";
    let reordered = "<Ticket><![CDATA[T]]></Ticket>\n<EventKey> K </EventKey><New>1</New>";
    assert_eq!(key("SCAN", fields), "e|1700000000|scan|K||T");
    assert_eq!(key("scan", reordered), "e|1700000000|scan|K||T");
}

#[test]
fn events_of_one_second_differ() {
    let keys = [
        key("CLICK", "<EventKey>a</EventKey>"),
        key("CLICK", "<EventKey>b</EventKey>"),
        key("VIEW", "<EventKey>a</EventKey>"),
        key("LOCATION", ""),
        key("SCAN", "<EventKey>a|b</EventKey>"),
        key("SCAN", "<EventKey>a</EventKey><MsgID>b</MsgID>"),
        key("SCAN", "<EventKey>a%7Cb</EventKey>"),
        key("TEMPLATESENDJOBFINISH", "<MsgID>1</MsgID>"),
        key("TEMPLATESENDJOBFINISH", "<MsgID>2</MsgID>"),
        key("user_consume_card", "<UserCardCode>1</UserCardCode>"),
        key("user_consume_card", "<UserCardCode>2</UserCardCode>"),
        key("kf_create_session", "<KfAccount>1</KfAccount>"),
        key("kf_create_session", "<KfAccount>2</KfAccount>"),
        key("subscribe_msg_sent_event", "<List><MsgID>1</MsgID></List>"),
        key("subscribe_msg_sent_event", "<List><MsgID>2</MsgID></List>"),
    ];
    for (i, one) in keys.iter().enumerate() {
        assert!(!keys[..i].contains(one), "{one}");
    }
}

#[test]
fn a_long_key_is_hashed_and_still_tells_apart() {
    let long = |last: char| {
        let key = key("VIEW", &format!("<EventKey>{}{last}</EventKey>", "u".repeat(INBOUND_KEY_BYTES_MAX)));
        assert!(key.len() <= INBOUND_KEY_BYTES_MAX && key.starts_with("h|"), "{key}");
        key
    };
    assert_ne!(long('a'), long('b'));
    assert_eq!(long('a'), long('a'));
}

#[test]
fn a_message_without_id_is_known_by_all_it_says() {
    let key = |text: &str| push(&format!("<MsgType>text</MsgType><Content>{text}</Content>")).key;
    assert_ne!(key("a"), key("b"));
    assert_eq!(key("a"), key("a"));
}

#[test]
fn a_customer_id_is_bounded() {
    let push = |bytes: usize| {
        let text = format!(
            "<xml><ToUserName>gh_1</ToUserName><FromUserName>{}</FromUserName><CreateTime>1</CreateTime>\
             <MsgType>text</MsgType></xml>",
            "o".repeat(bytes)
        );
        Push::parse(&xml::parse(&text).unwrap()).map(|push| push.from_user.len())
    };
    assert_eq!(push(CUSTOMER_ID_BYTES_MAX), Ok(CUSTOMER_ID_BYTES_MAX));
    assert_eq!(push(CUSTOMER_ID_BYTES_MAX + 1), Err(Incomplete("FromUserName")));
}
