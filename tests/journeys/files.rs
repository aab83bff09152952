//! What becomes of files when the messages that name them are forgotten.

use crate::support::desk::{Desk, handoff, id};
use shunda::base::id::MediaKey;
use shunda::base::limits::{ERRAND_ATTEMPTS_MAX, ERRAND_MS_MAX, ERRANDS_MAX};
use shunda::base::message::{InboundContent, MediaKind, OutboundContent};
use shunda::base::time::TimeMs;
use shunda::desk::conversation::Write;
use shunda::desk::errand::Task;
use shunda::desk::late;
use shunda::desk::message::{Body, Carrier, Kept, LostReason, Media, Message, Sending, Status};
use shunda::desk::pending::Step;
use shunda::store::conversation::{pending_for, purge, write};

fn customers(content: InboundContent, media: Option<Media>) -> Body {
    Body::Customer { content, carrier: Carrier::None, answer: None, receipt: None, media, mood: None }
}

#[test]
fn retention_names_the_files_of_what_it_forgets_and_no_others() {
    let desk = Desk::with_agent();
    let (came, went) = (MediaKey::new(&id(), [1; 16]), MediaKey::new(&id(), [2; 16]));
    let other = shunda::base::id::ConversationId { customer: "o-other".into(), ..id() };
    let foreign = MediaKey::new(&other, [3; 16]);
    let image = InboundContent::Image { media_id: "m".to_owned(), url: String::new() };
    let kept = Kept { key: came.clone(), content_type: "image/png".to_owned(), bytes: 1 };
    let media =
        OutboundContent::Media { media: MediaKind::Image, key: went.clone(), name: "a.png".to_owned() };
    let bodies = [
        customers(image.clone(), Some(Media::Kept(kept))),
        customers(image, Some(Media::Fetching)),
        customers(InboundContent::MenuClick { key: foreign.to_string() }, None),
        Body::Agent {
            staff: "lin".into(),
            content: media,
            client_id: "c".into(),
            resend_of: None,
            sending: Sending { status: Status::Delivered, ..Sending::accepted(None) },
        },
    ];
    let message = |(seq, body)| Write::Message(Message { seq, at_ms: TimeMs(5), body });
    write(&desk.db, &id(), (101_u64..).zip(bodies).map(message).collect()).unwrap();
    let purged = purge(&desk.db, TimeMs(6), TimeMs(6)).unwrap();
    assert_eq!(purged.files, [came, went]);
}

#[test]
fn the_files_of_who_left_are_deleted_however_long_it_takes() {
    let mut desk = Desk::with_agent();
    desk.says(InboundContent::Unfollow, handoff());
    desk.tell();
    for _ in 0..ERRAND_ATTEMPTS_MAX * 3 {
        let Step::Errand(errand, writes) = desk.step() else { panic!("{:?}", desk.outbox()) };
        assert_eq!(errand.task, Task::DeleteFiles);
        desk.write(writes);
        let found = pending_for(&desk.db, &id(), errand.seq).unwrap().unwrap();
        desk.write(late::failed(&found, errand.seq, &errand.task, &desk.turn()));
        desk.now += ERRAND_MS_MAX * 3;
    }
}

#[test]
fn what_is_more_than_is_fetched_at_once_is_not_said_to_be_on_its_way() {
    let mut desk = Desk::with_agent();
    let already = desk.outbox().errands.len();
    for number in 0..ERRANDS_MAX + 3 {
        desk.says(InboundContent::Image { media_id: format!("m{number}"), url: String::new() }, handoff());
    }
    let lost = Some(Media::Lost { reason: LostReason::GaveUp });
    let media = desk.messages().into_iter().filter_map(|message| match message.body {
        Body::Customer { content: InboundContent::Image { .. }, media, .. } => Some(media),
        _ => None,
    });
    let media: Vec<_> = media.collect();
    assert_eq!(media.iter().filter(|media| **media == lost).count(), 3 + already);
    assert_eq!(desk.outbox().errands.len(), ERRANDS_MAX);
}
