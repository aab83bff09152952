//! Bytes as text: UTF-8, UTF-16 or GB18030, found out and never guessed beyond doubt.

use super::finding::{Finding, FindingCode};
use encoding_rs::{DecoderResult, Encoding, GB18030, UTF_8, UTF_16BE, UTF_16LE};
use std::borrow::Cow;

/// How many bytes are looked at for the zeros of UTF-16 without a mark.
const LOOKED_AT: usize = 256;
/// So many characters of three bytes for each damaged place make a text UTF-8: GB18030 has hardly any by chance.
const WHOLE_FOR_DAMAGED: usize = 2;

/// Text, and what is worth knowing about how it was read.
pub struct Decoded<'a> {
    /// The text, without a byte-order mark.
    pub text: Cow<'a, str>,
    /// The encoding, where it is not UTF-8.
    pub warning: Option<Finding>,
}

/// Reads bytes as text. UTF-8 by its mark or because it is; UTF-16 by its mark, or by its zeros; else GB18030.
///
/// # Errors
/// Bytes that are none of these: the fault, and the text before the first of them, so that its row can be named.
pub fn decode(bytes: &[u8]) -> Result<Decoded<'_>, (Finding, String)> {
    let (encoding, mark) = match Encoding::for_bom(bytes) {
        Some((encoding, mark)) => (encoding, mark),
        None => (without_mark(bytes), 0),
    };
    let bytes = bytes.get(mark..).unwrap_or_default();
    if encoding == UTF_8 {
        return match core::str::from_utf8(bytes) {
            Ok(text) => Ok(Decoded { text: Cow::Borrowed(text), warning: None }),
            Err(error) => {
                let before = bytes.get(..error.valid_up_to()).unwrap_or_default();
                Err((wrong(encoding), String::from_utf8_lossy(before).into_owned()))
            }
        };
    }
    let mut decoder = encoding.new_decoder_without_bom_handling();
    let room = decoder.max_utf8_buffer_length_without_replacement(bytes.len()).unwrap_or(bytes.len());
    let mut text = String::with_capacity(room);
    let (result, _) = decoder.decode_to_string_without_replacement(bytes, &mut text, true);
    if result != DecoderResult::InputEmpty {
        return Err((wrong(encoding), text));
    }
    let warning = Finding::of_row(
        0,
        FindingCode::Encoding,
        format!("文件按 {} 编码读取；如有乱码，请另存为 UTF-8 后再导入。", encoding.name()),
        format!(
            "The file was read as {}. If it looks garbled, save it as UTF-8 and import it again.",
            encoding.name()
        ),
    );
    Ok(Decoded { text: Cow::Owned(text), warning: Some(warning) })
}

fn without_mark(bytes: &[u8]) -> &'static Encoding {
    let head = bytes.get(..LOOKED_AT).unwrap_or(bytes);
    let zeros = |odd: usize| head.iter().skip(odd).step_by(2).filter(|byte| **byte == 0).count();
    if zeros(1) > head.len() / 8 && zeros(0) == 0 {
        return UTF_16LE;
    }
    if zeros(0) > head.len() / 8 && zeros(1) == 0 {
        return UTF_16BE;
    }
    let (mut whole, mut damaged) = (0, 0);
    for chunk in bytes.utf8_chunks() {
        whole += chunk.valid().chars().filter(|c| c.len_utf8() >= 3).count();
        damaged += usize::from(!chunk.invalid().is_empty());
    }
    if damaged == 0 || whole > damaged * WHOLE_FOR_DAMAGED { UTF_8 } else { GB18030 }
}

fn wrong(encoding: &'static Encoding) -> Finding {
    let name = encoding.name();
    Finding::of_row(
        0,
        FindingCode::WrongEncoding,
        format!("这一行有不属于 {name} 的字节，无法读出文字。请另存为 UTF-8（Excel：CSV UTF-8）后再导入。"),
        format!("This row has bytes that are not {name}. Save the file as UTF-8 and import it again."),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(bytes: &[u8]) -> Result<(String, bool), String> {
        match decode(bytes) {
            Ok(decoded) => Ok((decoded.text.into_owned(), decoded.warning.is_some())),
            Err((_, before)) => Err(before),
        }
    }

    #[test]
    fn each_encoding_is_found_out() {
        let text = "问题,答案\n怎么退货,七天内😀";
        assert_eq!(read(text.as_bytes()), Ok((text.to_owned(), false)));
        assert_eq!(read(format!("\u{feff}{text}").as_bytes()), Ok((text.to_owned(), false)));
        let (gb, ..) = GB18030.encode(text);
        assert_eq!(read(&gb), Ok((text.to_owned(), true)));
        let utf16 =
            |to: fn(u16) -> [u8; 2], text: &str| text.encode_utf16().flat_map(to).collect::<Vec<u8>>();
        for to in [u16::to_le_bytes, u16::to_be_bytes] {
            assert_eq!(read(&utf16(to, &format!("\u{feff}{text}"))), Ok((text.to_owned(), true)));
            let english = "question,answer\nhow,so";
            assert_eq!(read(&utf16(to, english)), Ok((english.to_owned(), true)), "without a mark");
        }
    }

    #[test]
    fn damaged_text_is_refused_where_it_is_damaged() {
        let mut utf8 = "问题,答案\n怎么退货,七天内".as_bytes().to_vec();
        utf8[20] = 0xff;
        assert_eq!(read(&utf8), Err("问题,答案\n怎么".to_owned()), "not taken for GB18030");
        let (gb, ..) = GB18030.encode("问题,答案\n怎么");
        let mut gb = gb.into_owned();
        gb.push(0xff);
        assert_eq!(read(&gb), Err("问题,答案\n怎么".to_owned()));
        assert_eq!(read(&[0xff, 0xfe, 0x61, 0x00, 0x00, 0xd8]), Err("a".to_owned()), "half a pair");
    }
}
