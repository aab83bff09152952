//! Files to WeChat and from it, checked.

use super::*;
use crate::wechat::api::Host;
use ChannelKind::{Kefu, MiniProgram, OfficialAccount};

const PNG: &[u8] = b"\x89PNG\r\n\x1A\n\0\0\0\rIHDR";
const AMR: &[u8] = b"#!AMR\n\x3C\x91\x17";
const MP3: &[u8] = b"ID3\x03\0\0\0\0\0\x0A";
const MP4: &[u8] = b"\0\0\0\x18ftypmp42\0\0\0\0";
const PDF: &[u8] = b"%PDF-1.7\n";

fn sized(beginning: &[u8], bytes: usize) -> Vec<u8> {
    let mut file = beginning.to_vec();
    file.resize(bytes, 0);
    file
}

#[test]
fn each_channel_takes_its_kinds_and_types() {
    let files = [
        (MediaKind::Image, PNG, [true, true, true]),
        (MediaKind::Image, b"GIF89a\x01", [true, true, false]),
        (MediaKind::Image, b"RIFF\x24\0\0\0WEBPVP8 ", [false, false, false]),
        (MediaKind::Voice, AMR, [true, false, true]),
        (MediaKind::Voice, MP3, [true, false, false]),
        (MediaKind::Video, MP4, [true, false, true]),
        (MediaKind::File, PDF, [false, false, true]),
        // As a file a picture is a file; as a picture a film is nothing.
        (MediaKind::File, PNG, [false, false, true]),
        (MediaKind::Image, MP4, [false, false, false]),
        (MediaKind::Image, b"<svg onload='x'/>", [false, false, false]),
    ];
    for (kind, bytes, taken) in files {
        let found =
            [OfficialAccount, MiniProgram, Kefu].map(|channel| check_upload(channel, kind, bytes).is_ok());
        assert_eq!(found, taken, "{kind:?} {bytes:?}");
    }
    assert_eq!(check_upload(MiniProgram, MediaKind::Voice, AMR), Err(FileError::Kind));
    assert_eq!(
        check_upload(Kefu, MediaKind::Voice, MP3),
        Err(FileError::Type { content_type: "audio/mpeg" })
    );
}

#[test]
fn sizes_are_bounded_to_the_byte() {
    let cases = [
        (OfficialAccount, MediaKind::Image, PNG, 10 * MIB),
        (OfficialAccount, MediaKind::Voice, MP3, 2 * MIB),
        (Kefu, MediaKind::Video, MP4, 10 * MIB),
        (Kefu, MediaKind::File, PDF, 20 * MIB),
    ];
    for (channel, kind, beginning, bytes_max) in cases {
        assert!(check_upload(channel, kind, &sized(beginning, bytes_max)).is_ok());
        let refused = check_upload(channel, kind, &sized(beginning, bytes_max + 1));
        assert!(
            matches!(refused, Err(FileError::Size { bytes, .. }) if bytes == bytes_max + 1),
            "{refused:?}"
        );
    }
    let tiny = FileError::Size { bytes: 5, bytes_min: 6, bytes_max: MEDIA_BYTES_MAX };
    assert_eq!(check_upload(Kefu, MediaKind::File, b"%PDF-"), Err(tiny));
}

#[test]
fn speech_is_bounded_by_its_length() {
    let speech = |frames: usize| [&b"#!AMR\n"[..], &[&[0x3C][..], &[0; 31]].concat().repeat(frames)].concat();
    for channel in [OfficialAccount, Kefu] {
        assert!(check_upload(channel, MediaKind::Voice, &speech(3_000)).is_ok());
        let refused = check_upload(channel, MediaKind::Voice, &speech(3_001));
        assert_eq!(refused, Err(FileError::Long { ms: 60_020 }));
    }
    assert!(check_upload(Kefu, MediaKind::File, &speech(3_001)).is_ok());
}

#[test]
fn an_upload_is_one_multipart_body() {
    let request = upload(OfficialAccount, MediaKind::Image, "截图 (1)-b.JPG", PNG, [0xAB; 16]).unwrap();
    assert_eq!((request.path, request.query.as_str()), ("/cgi-bin/media/upload", "type=image"));
    let boundary = format!("shunda-{}", "ab".repeat(16));
    assert_eq!(request.content_type, format!("multipart/form-data; boundary={boundary}"));
    let expected = [
        format!(
            "--{boundary}\r\nContent-Disposition: form-data; name=\"media\"; filename=\"1-b.png\"\r\n\
             Content-Type: image/png\r\n\r\n"
        )
        .as_bytes(),
        PNG,
        format!("\r\n--{boundary}--\r\n").as_bytes(),
    ]
    .concat();
    assert_eq!(request.body, expected);
    assert!(request.needs_token);
    assert_eq!(upload(Kefu, MediaKind::File, "a.pdf", PDF, [0; 16]).unwrap().host, Host::Wecom);
}

#[test]
fn a_file_is_named_in_ascii_by_its_content() {
    let named = |kind, name: &str, bytes| {
        let request = upload(Kefu, kind, name, bytes, [1; 16]).unwrap();
        let body = String::from_utf8_lossy(&request.body).into_owned();
        body.split('"').nth(3).unwrap().to_owned()
    };
    assert_eq!(named(MediaKind::File, "说明书.pdf", PDF), "file.pdf");
    assert_eq!(named(MediaKind::File, "orders.csv", b"1,2,3\n4,5"), "orders.csv");
    assert_eq!(named(MediaKind::File, "a\"\r\nX: y.b c", PDF), "aXy.bc");
    assert_eq!(named(MediaKind::Image, "evil.exe", PNG), "evil.png");
    assert_eq!(named(MediaKind::File, "", b"\0\x01\x02\x03\x04\x05"), "file");
    assert_eq!(named(MediaKind::Voice, &"长a".repeat(500), AMR), format!("{}.amr", "a".repeat(60)));
}

#[test]
fn what_was_uploaded_is_named_in_three_ways() {
    let upload = |body: &str| parse_upload(200, body.as_bytes());
    let named = |created_at_s| Answer::Ok(Uploaded { media_id: "M1".to_owned(), created_at_s });
    assert_eq!(upload(r#"{"type":"image","media_id":"M1","created_at":1700000000}"#), named(1_700_000_000));
    assert_eq!(
        upload(r#"{"errcode":0,"errmsg":"ok","type":"file","media_id":"M1","created_at":"1700000000"}"#),
        named(1_700_000_000)
    );
    assert_eq!(upload(r#"{"type":"thumb","thumb_media_id":"M1"}"#), named(0));
    assert_eq!(upload(r#"{"errcode":40009,"errmsg":"no"}"#), Answer::Refused { errcode: 40009 });
    for body in ["", "{}", r#"{"media_id":""}"#, "<html>"] {
        assert_eq!(upload(body), Answer::Unknown, "{body}");
    }
}

#[test]
fn a_download_is_looked_at_before_it_is_a_file() {
    let request = download(MiniProgram, "a+b/c");
    assert_eq!((request.host, request.query.as_str()), (Host::Wechat, "media_id=a%2Bb%2Fc"));
    assert_eq!(download(Kefu, "a").host, Host::Wecom);
    let file = |bytes: &[u8], name: Option<&str>| Download::File {
        bytes: bytes.to_vec(),
        found: sniff(bytes),
        name: name.map(str::to_owned),
    };
    let got = |disposition, body: &[u8]| parse_download(200, disposition, body.to_vec());
    assert_eq!(got(Some("attachment; filename=\"M1.png\""), PNG), file(PNG, Some("M1.png")));
    assert_eq!(got(None, AMR), file(AMR, None));
    let json = br#"{"errcode":40007,"errmsg":"invalid media_id rid: 1"}"#;
    assert_eq!(got(None, json), Download::Refused { errcode: 40007 });
    // What looks like an error may be a customer's file.
    assert_eq!(got(Some("attachment; filename=\"e.json\""), json), file(json, Some("e.json")));
    let video = br#"{"video_url":"http://a.tc.qq.com/v?x=1&y=2"}"#;
    let address = "http://a.tc.qq.com/v?x=1&y=2".to_owned();
    assert_eq!(got(None, video), Download::Elsewhere { address });
    for body in [&b""[..], b"{}", b"<html>busy</html>", b"plain words", PDF] {
        assert_eq!(got(None, body), Download::Unknown, "{body:?}");
    }
    assert_eq!(parse_download(502, Some("attachment"), PNG.to_vec()), Download::Unknown);
    assert_eq!(got(Some("attachment"), &sized(PNG, MEDIA_BYTES_MAX + 1)), Download::TooLarge);
    assert_eq!(got(None, &vec![b'{'; WECHAT_ANSWER_BYTES_MAX + 1]), Download::Unknown);
}

#[test]
fn an_address_brings_what_its_content_says() {
    let found = sniff(PNG);
    assert_eq!(parse_fetched(200, PNG.to_vec()), Download::File { bytes: PNG.to_vec(), found, name: None });
    for (status, body) in [(302, PNG), (404, PNG), (200, b"<html>"), (200, PDF), (200, b"")] {
        assert_eq!(parse_fetched(status, body.to_vec()), Download::Unknown);
    }
    assert_eq!(parse_fetched(200, sized(PNG, MEDIA_BYTES_MAX + 1)), Download::TooLarge);
}

#[test]
fn names_are_safe_whatever_the_header_says() {
    let latin: String = "保修卡.pdf".bytes().map(char::from).collect();
    let cases = [
        (format!("attachment; filename=\"{latin}\""), Some("保修卡.pdf")),
        ("attachment; filename=\"保修卡.pdf\"".to_owned(), Some("保修卡.pdf")),
        ("attachment; filename=a.txt; filename*=UTF-8''%E4%BF%9D.txt".to_owned(), Some("保.txt")),
        ("attachment; filename=a.txt; filename*=UTF-8''%E4%B".to_owned(), Some("a.txt")),
        ("attachment; FileName=a.txt".to_owned(), Some("a.txt")),
        ("attachment; filename=\"../../etc/passwd\"".to_owned(), Some("passwd")),
        ("attachment; filename=\"C:\\x\\y.doc\"".to_owned(), Some("y.doc")),
        ("attachment; filename=\"a\u{7}\r\nb\"".to_owned(), Some("ab")),
        ("attachment; filename=\"..\"".to_owned(), None),
        ("attachment; filename=\"\"".to_owned(), None),
        ("attachment".to_owned(), None),
    ];
    for (disposition, name) in cases {
        assert_eq!(file_name(&disposition).as_deref(), name, "{disposition}");
    }
    let long = format!("attachment; filename=\"{}\"", "好".repeat(500));
    assert_eq!(file_name(&long).map(|name| name.len()), Some(198));
}

#[test]
fn a_rate_of_minutes_is_asked_again_and_one_of_days_is_not() {
    let is_later = |channel, errcode| matches!(verdict(channel, errcode), SendVerdict::Later { .. });
    assert!(is_later(Kefu, 45009) && !is_later(OfficialAccount, 45009));
    assert!(is_later(Kefu, -1) && is_later(MiniProgram, -1));
    assert!(matches!(verdict(Kefu, 40007), SendVerdict::StaleMedia { .. }));
}
