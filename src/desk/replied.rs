//! Which of a person's messages answers a customer's question, as far as its form tells.

use super::message::{Body, Message, Status};
use crate::base::id::StaffId;
use crate::base::limits::{REPLY_CHARS_MIN, REPLY_WITHIN_MESSAGES};
use crate::base::message::OutboundContent;

/// A person's message that answers a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reply<'a> {
    /// The message.
    pub message: &'a Message,
    /// Who wrote it.
    pub staff: &'a StaffId,
    /// What it says.
    pub text: &'a str,
}

/// Of what people wrote soon after message `asked`, and the customer got, the longest text that asks nothing back:
/// greetings are short, and what asks for an order's number answers nothing. Of equals the first.
pub fn reply_to(messages: &[Message], asked: u64) -> Option<Reply<'_>> {
    let soon = asked.saturating_add(1)..=asked.saturating_add(REPLY_WITHIN_MESSAGES);
    let mut best: Option<(usize, Reply<'_>)> = None;
    for message in messages.iter().filter(|message| soon.contains(&message.seq)) {
        let Body::Agent { staff, content: OutboundContent::Text { text }, sending, .. } = &message.body
        else {
            continue;
        };
        let chars = text.trim().chars().count();
        let asks_back = text.trim_end().ends_with(['?', '？']);
        let is_answer = sending.status == Status::Delivered && chars >= REPLY_CHARS_MIN && !asks_back;
        if is_answer && best.is_none_or(|(longest, _)| chars > longest) {
            best = Some((chars, Reply { message, staff, text: text.trim() }));
        }
    }
    best.map(|(_, reply)| reply)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::time::TimeMs;
    use crate::desk::message::Sending;

    fn said(seq: u64, text: &str, status: Status) -> Message {
        let sending = Sending { status, ..Sending::accepted(None) };
        let content = OutboundContent::Text { text: text.into() };
        let (staff, client_id) = ("lin".into(), "c".into());
        Message {
            seq,
            at_ms: TimeMs(1),
            body: Body::Agent { staff, content, client_id, resend_of: None, sending },
        }
    }

    #[test]
    fn the_answer_is_the_longest_text_that_reached_the_customer_and_asks_nothing() {
        let messages = [
            said(2, "这是问题之前说的一句很长很长的话", Status::Delivered),
            said(4, "您好", Status::Delivered),
            said(5, "请问您的订单号是多少呢？麻烦发我看一下好吗？", Status::Delivered),
            said(6, "请拔掉电源，联系售后换密封圈。", Status::Delivered),
            said(7, "这一句没有送到客户手里所以不能算是答案", Status::Failed),
            said(8, "还有别的可以帮您吗？", Status::Delivered),
        ];
        let found = reply_to(&messages, 3).unwrap();
        assert_eq!((found.message.seq, found.text), (6, "请拔掉电源，联系售后换密封圈。"));
        assert_eq!(reply_to(&messages[..3], 3), None);
        assert_eq!(reply_to(&messages, 300), None, "too long ago");
    }
}
