//! Work that follows from what was committed: what a queue message between two functions says.

use std::collections::HashMap;

use madoguchi_domain::{ChannelId, ConversationId, Courtesy, Message, MessageKey, OperatorId, Timestamp};
use serde::{Deserialize, Serialize};

use crate::Committed;
use crate::inbox::courtesy::{READ, TYPING};
use crate::inbox::{
    PENDING_ERASURE, PENDING_PICTURE, PendingProfile, pending_erasure, pending_portrait, pending_profile,
};

/// "This conversation has replies to send."
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReplyWork {
    /// Form of the message.
    pub v: u8,
    /// The channel that they go through.
    pub channel_id: ChannelId,
    /// Whose replies.
    pub conversation_id: ConversationId,
    /// The reply that this work follows from. The index that lists the others may lag behind it.
    pub message: MessageKey,
}

/// "The customer of this conversation has said something to the bot."
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BotWork {
    /// Form of the message.
    pub v: u8,
    /// Which conversation.
    pub conversation_id: ConversationId,
}

/// "The customer of this conversation is to see this." Stands in the queue of the replies, in its place among them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CourtesyWork {
    /// Form of the message.
    pub v: u8,
    /// The channel of the conversation.
    pub channel_id: ChannelId,
    /// Whose customer.
    pub conversation_id: ConversationId,
    /// What they are to see.
    pub courtesy: Courtesy,
}

/// What the queue of the replies holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum OutboundWork {
    /// Replies to send.
    Reply(ReplyWork),
    /// Something to show.
    Courtesy(CourtesyWork),
}

/// "This contact's profile is wanted."
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProfileWork {
    /// Form of the message.
    pub v: u8,
    /// The channel that knows the contact.
    pub channel_id: ChannelId,
    /// Whose profile.
    pub conversation_id: ConversationId,
    /// In a group: the profile of this one of its people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub participant: Option<String>,
}

/// "This message has files to be copied, made ready, or deleted."
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MediaWork {
    /// Form of the message.
    pub v: u8,
    /// The channel that it came or goes through.
    pub channel_id: ChannelId,
    /// Whose conversation.
    pub conversation_id: ConversationId,
    /// Which message.
    pub message: MessageKey,
    /// Part of the keys of what is copied, which nobody can guess. It stands here so that every delivery of this work
    /// writes to the same place: nothing is left behind by one that ended in its middle.
    pub secret: String,
}

/// "This picture is to be copied, or made an icon."
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PictureWork {
    /// Form of the message.
    pub v: u8,
    /// Whose picture.
    pub picture: PictureOf,
    /// As that of [`MediaWork`].
    pub secret: String,
}

/// Whose picture there is work on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PictureOf {
    /// An operator's, which customers see.
    Operator(OperatorId),
    /// A contact's, or somebody's in a group.
    Contact(ProfileWork),
}

/// "What this conversation was made of is to be deleted."
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EraseWork {
    /// Form of the message.
    pub v: u8,
    /// Which conversation.
    pub erase: ConversationId,
}

/// A message of the media queue.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub enum FileWork {
    /// Files of a message.
    Message(MediaWork),
    /// A picture of somebody.
    Picture(PictureWork),
    /// A conversation that is deleted for ever.
    Erase(EraseWork),
}

/// "This message is to become part of a ticket."
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TicketWork {
    /// Form of the message.
    pub v: u8,
    /// The channel that it came through.
    pub channel_id: ChannelId,
    /// Whose conversation.
    pub conversation_id: ConversationId,
    /// Which message.
    pub message: MessageKey,
    /// When it was said or, if it reached us later, when that was.
    pub heard_at: Timestamp,
}

impl TicketWork {
    /// The work on a message.
    pub fn of(message: &Message) -> Self {
        Self {
            v: 1,
            channel_id: message.channel_id,
            conversation_id: message.conversation_id,
            message: message.key,
            heard_at: message.key.at.max(message.stored_at),
        }
    }
}

/// On the item of a message that is to become part of a ticket.
pub const AWAITS_TICKET: &str = "awaits_ticket";

/// The work on a customer's message that was stored just now, if it is to become part of a ticket. Beside what
/// [`follow_up`] tells of it: it may have files, too.
pub fn ticket_work(committed: &Committed) -> Option<TicketWork> {
    match committed {
        Committed::Message { before: None, after: Some(message) } if message.awaits_ticket => {
            Some(TicketWork::of(message))
        }
        _ => None,
    }
}

/// What follows from one committed write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FollowUp {
    /// A reply was written. `dedupe` names this write of it: a message that is queued again later is
    /// another piece of work.
    Reply {
        /// The queue message.
        work: ReplyWork,
        /// Deduplicates the queue message.
        dedupe: String,
    },
    /// An operator has read or is writing; `dedupe` names this write of it.
    Courtesy {
        /// The queue message.
        work: CourtesyWork,
        /// Deduplicates the queue message.
        dedupe: String,
    },
    /// A contact is new.
    Profile(ProfileWork),
    /// There is work on a message's files.
    Media {
        /// The message's channel.
        channel_id: ChannelId,
        /// Its conversation.
        conversation_id: ConversationId,
        /// The message.
        message: MessageKey,
    },
    /// There is work on somebody's picture.
    Picture(PictureOf),
    /// A conversation is deleted for ever.
    Erase(EraseWork),
}

/// The string and number attributes of a stream record's image; nothing else is needed to tell what follows.
pub type Image = HashMap<String, String>;

/// What follows from a write that turned `old` into `new`; `None` for the many writes that only move a
/// piece of work along, among them our own.
pub fn follow_up(new: &Image, old: Option<&Image>) -> Option<FollowUp> {
    let text = |image: &Image, name: &str| image.get(name).cloned().unwrap_or_default();
    let state = text(new, "pending_state");
    if matches!(state.as_str(), READ | TYPING) {
        return courtesy(&state, new, old);
    }
    let before = old.map(|old| text(old, "pending_state")).unwrap_or_default();
    if state == PENDING_PICTURE {
        // Written by its operator alone: each time it is another wish.
        let operator = OperatorId(text(new, "pending_sk"));
        return Some(FollowUp::Picture(PictureOf::Operator(operator)));
    }
    if state == PENDING_ERASURE {
        // Also where one before it is not finished: there is more to delete.
        let erase = pending_erasure(&text(new, "pending_sk"))?;
        return Some(FollowUp::Erase(EraseWork { v: 1, erase }));
    }
    // A reply goes on to be sent when its file has been made ready; a picture is copied when it is known where it is.
    // And so is a profile that is wanted again meanwhile.
    let goes_on = matches!(
        (before.as_str(), state.as_str()),
        ("prepare", "queued") | ("profile", "portrait") | ("portrait", "profile")
    );
    if !(before.is_empty() || goes_on) {
        return None;
    }
    let (kind, channel_id) = new.get("pending_pk")?.split_once('#')?;
    let channel_id = channel_id.parse().ok()?;
    let position = text(new, "pending_sk");
    match (kind, state.as_str()) {
        ("reply", "queued") => {
            let (conversation, message) = position.split_once('#')?;
            let (conversation_id, key) = (conversation.parse().ok()?, message.parse().ok()?);
            let work = ReplyWork { v: 1, channel_id, conversation_id, message: key };
            Some(FollowUp::Reply { work, dedupe: format!("{message}.{}", text(new, "rev")) })
        }
        ("reply", "prepare") | ("media", "media") => {
            let (conversation, message) = position.split_once('#')?;
            let message = message.split('#').next()?.parse().ok()?;
            Some(FollowUp::Media { channel_id, conversation_id: conversation.parse().ok()?, message })
        }
        ("media", "portrait") => {
            let PendingProfile { conversation: conversation_id, participant } = pending_portrait(&position)?;
            let work = ProfileWork { v: 1, channel_id, conversation_id, participant };
            Some(FollowUp::Picture(PictureOf::Contact(work)))
        }
        ("profile", "profile") => {
            let PendingProfile { conversation: conversation_id, participant } = pending_profile(&position)?;
            Some(FollowUp::Profile(ProfileWork { v: 1, channel_id, conversation_id, participant }))
        }
        _ => None,
    }
}

/// Every write of such an item is one more courtesy.
fn courtesy(kind: &str, new: &Image, old: Option<&Image>) -> Option<FollowUp> {
    let conversation_id = new.get("pk")?.strip_prefix("c#")?.parse().ok()?;
    let channel_id = new.get("channel_id")?.parse().ok()?;
    let (courtesy, dedupe) = if kind == READ {
        let through: MessageKey = new.get("read_through")?.parse().ok()?;
        let after = old.and_then(|old| old.get("read_through")?.parse().ok());
        (Courtesy::Read { through, after }, format!("{kind}.{through}"))
    } else {
        let asked_at = Timestamp::from_ms(new.get("asked_at")?.parse().ok()?);
        (Courtesy::Typing { asked_at }, format!("{kind}.{conversation_id}.{}", asked_at.as_ms()))
    };
    Some(FollowUp::Courtesy { work: CourtesyWork { v: 1, channel_id, conversation_id, courtesy }, dedupe })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn image(pairs: &[(&str, &str)]) -> Image {
        pairs.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect()
    }

    #[test]
    fn work_follows_from_new_work_only() {
        let channel = "1809223c-a54e-5e9b-ae37-4058be706671";
        let reply = |state| {
            image(&[
                ("pending_pk", &format!("reply#{channel}")),
                ("pending_sk", &format!("{channel}#1700000000000-{channel}")),
                ("pending_state", state),
                ("rev", "1"),
            ])
        };
        let (queued, sending, settled) = (reply("queued"), reply("sending"), image(&[("rev", "3")]));
        let follows = |new: &Image, old: Option<&Image>| follow_up(new, old).is_some();
        assert!(follows(&queued, None));
        assert!(follows(&queued, Some(&settled)), "sent again by hand");
        assert!(!follows(&sending, Some(&queued)));
        assert!(!follows(&queued, Some(&sending)), "a retry is timed by its sender");
        assert!(!follows(&settled, Some(&sending)));
        let position = format!("{channel}#1700000000000-{channel}");
        let file = |kind: &str, position: &str, state: &str| {
            let partition = format!("{kind}#{channel}");
            image(&[("pending_pk", &partition), ("pending_sk", position), ("pending_state", state)])
        };
        let unprepared = file("reply", &format!("{position}#prepare"), "prepare");
        let is_media = |new: &Image, old| matches!(follow_up(new, old), Some(FollowUp::Media { .. }));
        assert!(is_media(&unprepared, None));
        assert!(is_media(&unprepared, Some(&settled)), "made ready again by hand");
        assert!(!is_media(&unprepared, Some(&unprepared)));
        assert!(matches!(follow_up(&queued, Some(&unprepared)), Some(FollowUp::Reply { .. })), "made ready");
        let copied = file("media", &position, "media");
        assert!(is_media(&copied, None));
        assert!(is_media(&copied, Some(&settled)));
        assert!(!is_media(&copied, Some(&copied)), "one of several files was copied");
        let profile = image(&[
            ("pending_pk", &format!("profile#{channel}")),
            ("pending_sk", channel),
            ("pending_state", "profile"),
        ]);
        assert!(follows(&profile, None));
        assert!(!follows(&profile, Some(&profile)));
        let conversation = format!("c#{channel}");
        let read = |place: u8| {
            let through = format!("170000000000{place}-{channel}");
            image(&[
                ("pk", &conversation),
                ("channel_id", channel),
                ("pending_state", "read"),
                ("read_through", &through),
            ])
        };
        let key = |place| read(place)["read_through"].parse().unwrap();
        let Some(FollowUp::Courtesy { work, dedupe }) = follow_up(&read(2), Some(&read(1))) else {
            panic!("read")
        };
        assert_eq!(work.courtesy, Courtesy::Read { through: key(2), after: Some(key(1)) });
        assert_eq!(dedupe, format!("read.1700000000002-{channel}"));
        let typing = image(&[
            ("pk", &conversation),
            ("channel_id", channel),
            ("pending_state", "typing"),
            ("asked_at", "1700000000000"),
        ]);
        let Some(FollowUp::Courtesy { work, .. }) = follow_up(&typing, Some(&typing)) else {
            panic!("typing")
        };
        assert_eq!(work.courtesy, Courtesy::Typing { asked_at: Timestamp::from_ms(1_700_000_000_000) });
        assert_eq!(work.conversation_id.to_string(), channel);
        let member = image(&[
            ("pending_pk", &format!("profile#{channel}")),
            ("pending_sk", &format!("{channel}#U#1")),
            ("pending_state", "profile"),
        ]);
        let Some(FollowUp::Profile(work)) = follow_up(&member, None) else { panic!("somebody in a group") };
        assert_eq!(work.participant.as_deref(), Some("U#1"));

        let portrait = file("media", &format!("portrait:{channel}#U#1"), "portrait");
        let Some(FollowUp::Picture(PictureOf::Contact(work))) = follow_up(&portrait, Some(&member)) else {
            panic!("a picture whose address was just told")
        };
        assert_eq!(work.participant.as_deref(), Some("U#1"));
        assert!(follows(&portrait, None));
        assert!(!follows(&portrait, Some(&portrait)), "a message while it is copied");
        assert!(follows(&member, Some(&portrait)), "a profile that is wanted again meanwhile");
        let operator = image(&[
            ("pending_pk", "picture"),
            ("pending_sk", "person#1"),
            ("pending_state", "picture"),
            ("rev", "2"),
        ]);
        let expected = FollowUp::Picture(PictureOf::Operator(OperatorId("person#1".into())));
        assert_eq!(follow_up(&operator, None), Some(expected.clone()));
        assert_eq!(
            follow_up(&operator, Some(&operator)),
            Some(expected),
            "another wish before the first is done"
        );
        assert!(!follows(&settled, Some(&operator)));
        let erased = file("media", &format!("erase:{channel}"), "erase");
        let expected = FollowUp::Erase(EraseWork { v: 1, erase: channel.parse().unwrap() });
        assert_eq!(follow_up(&erased, None), Some(expected.clone()));
        assert_eq!(follow_up(&erased, Some(&erased)), Some(expected), "there is more to delete");
    }

    #[test]
    fn the_media_queue_tells_files_of_messages_and_pictures_apart() {
        let id = "1809223c-a54e-5e9b-ae37-4058be706671";
        let message: MediaWork = serde_json::from_value(serde_json::json!({
            "v": 1, "channel_id": id, "conversation_id": id, "message": format!("1700000000000-{id}"), "secret": "s",
        }))
        .unwrap();
        let person = ProfileWork {
            v: 1,
            channel_id: message.channel_id,
            conversation_id: message.conversation_id,
            participant: None,
        };
        let pictures = [PictureOf::Contact(person), PictureOf::Operator(OperatorId("o".into()))];
        for picture in pictures {
            let work = PictureWork { v: 1, picture, secret: "s".into() };
            let body = serde_json::to_string(&work).unwrap();
            assert_eq!(serde_json::from_str::<FileWork>(&body).unwrap(), FileWork::Picture(work));
        }
        let body = serde_json::to_string(&message).unwrap();
        let erase = EraseWork { v: 1, erase: message.conversation_id };
        assert_eq!(serde_json::from_str::<FileWork>(&body).unwrap(), FileWork::Message(message));
        let body = serde_json::to_string(&erase).unwrap();
        assert_eq!(serde_json::from_str::<FileWork>(&body).unwrap(), FileWork::Erase(erase));
    }

    #[test]
    fn the_queue_of_the_replies_tells_what_it_holds() {
        let channel = "1809223c-a54e-5e9b-ae37-4058be706671";
        let (channel_id, conversation_id) = (channel.parse().unwrap(), channel.parse().unwrap());
        let message = format!("1700000000000-{channel}").parse().unwrap();
        let reply = ReplyWork { v: 1, channel_id, conversation_id, message };
        let read = Courtesy::Read { through: message, after: None };
        let courtesy = |courtesy| CourtesyWork { v: 1, channel_id, conversation_id, courtesy };
        let typing = Courtesy::Typing { asked_at: message.at };
        let read_back = |text: &str| serde_json::from_str::<OutboundWork>(text).unwrap();
        assert_eq!(read_back(&serde_json::to_string(&reply).unwrap()), OutboundWork::Reply(reply));
        for work in [courtesy(read), courtesy(typing)] {
            assert_eq!(read_back(&serde_json::to_string(&work).unwrap()), OutboundWork::Courtesy(work));
        }
        let earlier = format!(
            r#"{{"v":1,"channel_id":"{channel}","conversation_id":"{channel}","message":"1700000000000-{channel}"}}"#
        );
        assert_eq!(read_back(&earlier), OutboundWork::Reply(reply), "of an earlier release");
    }
}
