//! Cutting text by bytes without cutting a character.

/// The longest prefix of `text` that has at most `bytes_max` bytes and ends between characters.
pub fn prefix_within(text: &str, bytes_max: usize) -> &str {
    text.get(..text.floor_char_boundary(bytes_max)).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_never_splits_a_character() {
        assert_eq!(prefix_within("你好", 5), "你");
        assert_eq!(prefix_within("你好", 6), "你好");
        assert_eq!(prefix_within("😀", 3), "");
    }
}
