//! What a file is by its own first bytes: what its sender says of it is never believed.
//!
//! Our own table, since it is small: only what channels carry, and what a console may show by itself. Files are to be
//! served with `X-Content-Type-Options: nosniff`, and as an attachment unless [`MediaType::inline`].

use super::message::MediaKind;

/// A type of file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MediaType {
    /// As what channels carry it.
    pub kind: MediaKind,
    /// For `Content-Type`.
    pub content_type: &'static str,
    /// What a file of it is called at its end, without the dot; empty when unknown.
    pub extension: &'static str,
    /// Whether a browser may show or play it in a page: it can, and nothing of the type can run there.
    pub inline: bool,
}

const fn shown(kind: MediaKind, content_type: &'static str, extension: &'static str) -> MediaType {
    MediaType { kind, content_type, extension, inline: true }
}

const fn kept(kind: MediaKind, content_type: &'static str, extension: &'static str) -> MediaType {
    MediaType { kind, content_type, extension, inline: false }
}

/// Whatever we do not know, raw Speex among it, which begins with nothing of its own.
pub const UNKNOWN: MediaType = kept(MediaKind::File, "application/octet-stream", "");
const JPEG: MediaType = shown(MediaKind::Image, "image/jpeg", "jpg");
const PNG: MediaType = shown(MediaKind::Image, "image/png", "png");
const GIF: MediaType = shown(MediaKind::Image, "image/gif", "gif");
const WEBP: MediaType = shown(MediaKind::Image, "image/webp", "webp");
/// No browser plays AMR, SILK or Speex.
const AMR: MediaType = kept(MediaKind::Voice, "audio/amr", "amr");
const AMR_WIDE: MediaType = kept(MediaKind::Voice, "audio/amr-wb", "awb");
const SILK: MediaType = kept(MediaKind::Voice, "audio/silk", "silk");
const SPEEX: MediaType = kept(MediaKind::Voice, "audio/ogg", "spx");
const MP3: MediaType = shown(MediaKind::Voice, "audio/mpeg", "mp3");
const MP4: MediaType = shown(MediaKind::Video, "video/mp4", "mp4");
/// A PDF can hold scripts, an archive anything.
const PDF: MediaType = kept(MediaKind::File, "application/pdf", "pdf");
const ZIP: MediaType = kept(MediaKind::File, "application/zip", "zip");
const DOCX: MediaType =
    kept(MediaKind::File, "application/vnd.openxmlformats-officedocument.wordprocessingml.document", "docx");
const XLSX: MediaType =
    kept(MediaKind::File, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "xlsx");
const PPTX: MediaType = kept(
    MediaKind::File,
    "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "pptx",
);
/// HTML and SVG are text too: never shown in a page.
const TEXT: MediaType = kept(MediaKind::File, "text/plain; charset=utf-8", "txt");

/// Beginnings that say it all.
const BEGINNINGS: [(&[u8], MediaType); 14] = [
    (b"\xFF\xD8\xFF", JPEG),
    (b"\x89PNG\r\n\x1A\n", PNG),
    (b"GIF87a", GIF),
    (b"GIF89a", GIF),
    (b"#!AMR\n", AMR),
    (b"#!AMR-WB\n", AMR_WIDE),
    (b"#!SILK_V3", SILK),
    // As Tencent writes it.
    (b"\x02#!SILK_V3", SILK),
    (b"ID3\x02", MP3),
    (b"ID3\x03", MP3),
    (b"ID3\x04", MP3),
    (b"%PDF-", PDF),
    (b"PK\x03\x04", ZIP),
    (b"PK\x05\x06", ZIP),
];

/// Brands of MP4 that are films: others of the same family are pictures (HEIC), sound (M4A) or QuickTime.
const FILM_BRANDS: [&[u8]; 11] =
    [b"isom", b"iso2", b"iso4", b"iso5", b"iso6", b"mp41", b"mp42", b"avc1", b"M4V ", b"MSNV", b"3gp4"];

/// Whether a browser may show a file of this content type in a page, as [`MediaType::inline`] says.
pub fn is_inline(content_type: &str) -> bool {
    [JPEG, PNG, GIF, WEBP, MP3, MP4].iter().any(|found| found.inline && found.content_type == content_type)
}

/// How much is looked at for what has no certain beginning.
const LOOKED_AT_BYTES: usize = 4_096;

/// What these bytes, a file's all or at least its first 4 KiB, are.
pub fn sniff(bytes: &[u8]) -> MediaType {
    let looked_at = bytes.get(..LOOKED_AT_BYTES).unwrap_or(bytes);
    let at = |offset: usize, word: &[u8]| looked_at.get(offset..).is_some_and(|rest| rest.starts_with(word));
    let beginning = BEGINNINGS.iter().find(|(word, _)| at(0, word)).map(|(_, found)| *found);
    match beginning {
        Some(ZIP) => office(looked_at),
        Some(found) => found,
        None if at(0, b"RIFF") && at(8, b"WEBP") => WEBP,
        None if at(4, b"ftyp") && FILM_BRANDS.iter().any(|brand| at(8, brand)) => MP4,
        None if at(0, b"OggS") && at(28, b"Speex   ") => SPEEX,
        None if is_mp3(looked_at) => MP3,
        None if is_text(looked_at) => TEXT,
        None => UNKNOWN,
    }
}

/// Office files are archives whose first entries are named after the program.
fn office(looked_at: &[u8]) -> MediaType {
    let names = |word: &[u8]| looked_at.windows(word.len()).any(|window| window == word);
    let marks: [&[u8]; 3] = [b"[Content_Types].xml", b"_rels/.rels", b"docProps/"];
    if !marks.into_iter().any(names) {
        return ZIP;
    }
    let programs: [(&[u8], MediaType); 3] = [(b"word/", DOCX), (b"xl/", XLSX), (b"ppt/", PPTX)];
    programs.iter().find(|(folder, _)| names(folder)).map_or(ZIP, |(_, found)| *found)
}

/// Without a tag, MP3 begins with a frame: eleven bits, layer III, and a bit rate and sampling rate that exist.
/// That much is found by chance too, so the next frame must be where the first one says.
fn is_mp3(looked_at: &[u8]) -> bool {
    let Some(first) = frame_bytes(looked_at) else { return false };
    looked_at.get(first..).and_then(frame_bytes).is_some()
}

/// How long the MP3 frame is that begins here.
fn frame_bytes(bytes: &[u8]) -> Option<usize> {
    /// Kilobits a second of layer III, by index: MPEG 1, and MPEG 2 and 2.5.
    const RATES: [[usize; 15]; 2] = [
        [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
        [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
    ];
    const HERTZ: [usize; 3] = [44_100, 48_000, 32_000];
    let [sync, second, third, ..] = *bytes else { return None };
    if sync != 0xFF || second & 0xE6 != 0xE2 {
        return None;
    }
    // 3: MPEG 1; 2: MPEG 2, half the sampling rate; 0: MPEG 2.5, a quarter of it.
    let (rates, slower, samples) = match (second >> 3) & 3 {
        3 => (RATES.first()?, 1, 144),
        2 => (RATES.last()?, 2, 72),
        0 => (RATES.last()?, 4, 72),
        _ => return None,
    };
    let rate = *rates.get(usize::from(third >> 4)).filter(|rate| **rate > 0)?;
    let hertz = HERTZ.get(usize::from((third >> 2) & 3))? / slower;
    Some(samples * rate * 1_000 / hertz + usize::from((third >> 1) & 1))
}

/// UTF-8 without control characters, but for those of layout. The last character may be cut off.
fn is_text(looked_at: &[u8]) -> bool {
    let text = match core::str::from_utf8(looked_at) {
        Ok(text) => text,
        Err(error) if error.error_len().is_none() && looked_at.len() == LOOKED_AT_BYTES => {
            let whole = looked_at.get(..error.valid_up_to()).unwrap_or_default();
            core::str::from_utf8(whole).unwrap_or_default()
        }
        Err(_) => return false,
    };
    !text.is_empty() && !text.chars().any(|char| char.is_control() && !"\t\r\n\u{C}".contains(char))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn zip(names: &[&str]) -> Vec<u8> {
        let entry = |name: &&str| [b"PK\x03\x04\x14\0\0\0", name.as_bytes(), b"\x01\x02"].concat();
        names.iter().flat_map(entry).collect()
    }

    #[test]
    fn a_file_is_what_it_begins_with() {
        let mp3 = [&[0xFF, 0xFB, 0x90, 0x64][..], &[0; 413], &[0xFF, 0xFB, 0x90, 0x64]].concat();
        let ogg = [&b"OggS"[..], &[0; 24], b"Speex   1.2"].concat();
        let files: [(&[u8], &str); 20] = [
            (b"\xFF\xD8\xFF\xE0\0\x10JFIF\0", "image/jpeg"),
            (b"\x89PNG\r\n\x1A\n\0\0\0\rIHDR", "image/png"),
            (b"GIF89a\x01\0\x01\0", "image/gif"),
            (b"RIFF\x24\0\0\0WEBPVP8 ", "image/webp"),
            (b"#!AMR\n\x3C\x91", "audio/amr"),
            (b"#!AMR-WB\n\x3C", "audio/amr-wb"),
            (b"#!SILK_V3\x16\0", "audio/silk"),
            (b"\x02#!SILK_V3\x16\0", "audio/silk"),
            (b"ID3\x03\0\0\0\0\0\x0A", "audio/mpeg"),
            (&mp3, "audio/mpeg"),
            (&ogg, "audio/ogg"),
            (b"\0\0\0\x18ftypmp42\0\0\0\0", "video/mp4"),
            (b"\0\0\0\x18ftypisom\0\0\x02\0", "video/mp4"),
            (b"%PDF-1.7\n%\xE2\xE3", "application/pdf"),
            (&zip(&["photo.jpg", "xl/a"]), "application/zip"),
            (
                &zip(&["[Content_Types].xml", "_rels/.rels", "xl/workbook.xml"]),
                "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            ),
            (
                &zip(&["_rels/.rels", "word/document.xml"]),
                "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
            ),
            ("订单号,状态\r\n1,已发货\n".as_bytes(), "text/plain; charset=utf-8"),
            (b"<html><script>alert(1)</script>", "text/plain; charset=utf-8"),
            (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "text/plain; charset=utf-8"),
        ];
        for (bytes, content_type) in files {
            assert_eq!(sniff(bytes).content_type, content_type, "{:?}", String::from_utf8_lossy(bytes));
        }
    }

    #[test]
    fn what_is_not_known_is_a_file_and_not_shown() {
        let unknown: [&[u8]; 9] = [
            b"",
            b"\0\0\0\x18ftypheic\0\0\0\0",
            b"\0\0\0\x14ftypqt  \0\0\0\0",
            b"RIFF\x24\0\0\0WAVEfmt ",
            b"MZ\x90\0\x03\0",
            b"\x7FELF\x02\x01",
            b"\xFF\xFB\x90\x64 by chance",
            b"text with a \0 in it",
            b"\xB1\xA3\xD0\xDE (GBK)",
        ];
        for bytes in unknown {
            assert_eq!(sniff(bytes), UNKNOWN, "{:?}", String::from_utf8_lossy(bytes));
        }
    }

    #[test]
    fn only_what_cannot_run_is_shown_in_a_page() {
        let shown = [JPEG, PNG, GIF, WEBP, MP3, MP4];
        assert!(shown.iter().all(|found| found.inline && found.kind != MediaKind::File));
        let kept = [UNKNOWN, AMR, AMR_WIDE, SILK, SPEEX, PDF, ZIP, DOCX, XLSX, PPTX, TEXT];
        assert!(kept.iter().all(|found| !found.inline));
        assert!(shown.iter().all(|found| is_inline(found.content_type)));
        assert!(!kept.iter().any(|found| is_inline(found.content_type)));
        assert!(!["", "text/html", "image/svg+xml"].into_iter().any(is_inline));
    }

    #[test]
    fn a_long_text_may_be_cut_within_a_character() {
        let text = format!("a{}", "好".repeat(3_000));
        assert_eq!(sniff(text.as_bytes()), TEXT);
        assert_eq!(sniff(&text.as_bytes()[..4_096]), TEXT);
        assert_eq!(sniff(&text.as_bytes()[..300]), UNKNOWN);
    }
}
