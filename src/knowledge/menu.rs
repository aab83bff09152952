//! Menus to tap: fitted into what a channel's menu message takes.

use super::proposal::Menu;
use crate::base::limits::{MENU_HEAD_BYTES_MAX, MENU_ID_BYTES_MAX, MENU_ITEMS_MAX, MENU_TEXT_BYTES_MAX};
use crate::base::message::MenuItem;
use crate::base::text::prefix_within;

/// A menu of `choices` (id, words). `None` without a head or a choice. A choice whose id cannot travel is left
/// out: a tap on it could not be told from another.
pub(super) fn within(
    head: &str,
    choices: impl Iterator<Item = (String, String)>,
    tail: &str,
) -> Option<Menu> {
    let items: Vec<MenuItem> = choices
        .filter(|(id, _)| id.len() <= MENU_ID_BYTES_MAX)
        .take(MENU_ITEMS_MAX)
        .map(|(id, words)| MenuItem { id, text: prefix_within(&words, MENU_TEXT_BYTES_MAX).to_owned() })
        .collect();
    let head = prefix_within(head.trim(), MENU_HEAD_BYTES_MAX).to_owned();
    let tail = prefix_within(tail.trim(), MENU_HEAD_BYTES_MAX).to_owned();
    (!items.is_empty() && !head.is_empty()).then_some(Menu { head, items, tail })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_menu_is_cut_to_what_a_channel_takes() {
        let choice = |id: &str, words: &str| (id.to_owned(), words.to_owned());
        let long = "长".repeat(1_000);
        let menu = within(&long, [choice(&long, "a"), choice("b", &long)].into_iter(), "\n").unwrap();
        assert_eq!((menu.head.len(), menu.tail.as_str(), menu.items.len()), (1_023, "", 1));
        assert_eq!((menu.items[0].id.as_str(), menu.items[0].text.len()), ("b", 126));
        let many = within("h", (0..20).map(|n| choice(&n.to_string(), "x")), "t").unwrap();
        assert_eq!(many.items.len(), MENU_ITEMS_MAX);
        assert_eq!(within(" ", [choice("b", "x")].into_iter(), ""), None);
        assert_eq!(within("h", core::iter::empty(), ""), None);
    }
}
