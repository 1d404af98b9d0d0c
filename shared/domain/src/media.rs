//! Files of messages: what becomes of each, how often its copy is tried, where it lies, and which may be sent.

mod address;
mod limits;
mod raster;
mod sniff;

use serde::{Deserialize, Serialize};

pub(crate) use address::is_secret;
pub use address::{Inbound, InvalidToken, Outbound, Token};
pub use limits::{
    Accepted, LINK_MAX_BYTES, Limit, MediaKind, MediaRefused, Offer, PREVIEW_MAX_BYTES, check, check_bytes,
    limits,
};
#[cfg(test)]
pub(crate) use raster::tests as raster_tests;
pub use raster::{Pixels, jpeg, png};
pub use sniff::{Serving, canonical, serving, sniff};

use crate::channel::ChannelKind;
use crate::event::{Attachment, Content};
use crate::time::{Span, Timestamp};

/// What has become of an attachment's file. Attachments that are no files (links, templates) have none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum Media {
    /// What came in waits for being copied from the provider; what goes out, for being made ready.
    Pending {
        /// Since when.
        since: Timestamp,
    },
    /// It lies in the bucket.
    Stored(Stored),
    /// It could not be had; a person may have it tried again.
    Failed {
        /// Why.
        reason: MediaFailure,
        /// When that was decided.
        at: Timestamp,
    },
    /// The sender took it back before it was copied.
    Gone,
}

/// A file in the bucket.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stored {
    /// Its object's key.
    pub key: String,
    /// Bytes.
    pub size_bytes: u64,
    /// Told from its bytes, never from what anybody said; `application/octet-stream` if they do not tell.
    pub content_type: String,
    /// SHA-256 of its bytes, in hex; only of what was copied through us.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sha256: Option<String>,
    /// Pixels, of pictures.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub width: Option<u32>,
    /// Pixels, of pictures.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub height: Option<u32>,
    /// The object's key of a small picture of it (LINE asks for one).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preview_key: Option<String>,
}

impl Stored {
    /// The keys of all its objects.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        // A small picture is its own preview.
        let preview = self.preview_key.as_deref().filter(|preview| *preview != self.key);
        [Some(self.key.as_str()), preview].into_iter().flatten()
    }
}

/// Why a file could not be had.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MediaFailure {
    /// The provider's address for it works no more.
    Expired,
    /// The provider does not know it.
    NotFound,
    /// Larger than what is copied.
    TooLarge,
    /// The provider did not hand it out in all the time that it was given.
    Unavailable,
    /// Its address leads to where we do not go.
    AddressRefused,
    /// What was uploaded is not what may be sent.
    NotAcceptable,
    /// What was uploaded is not there any more.
    UploadLost,
}

impl MediaFailure {
    /// Every reason, for tables and tests.
    pub const ALL: [Self; 7] = [
        Self::Expired,
        Self::NotFound,
        Self::TooLarge,
        Self::Unavailable,
        Self::AddressRefused,
        Self::NotAcceptable,
        Self::UploadLost,
    ];

    /// The stable public id.
    pub const fn public_id(self) -> &'static str {
        match self {
            Self::Expired => "media_expired",
            Self::NotFound => "media_not_found",
            Self::TooLarge => "media_too_large",
            Self::Unavailable => "media_unavailable",
            Self::AddressRefused => "media_address_refused",
            Self::NotAcceptable => "media_not_acceptable",
            Self::UploadLost => "upload_lost",
        }
    }

    /// What the operator reads.
    pub const fn message(self) -> &'static str {
        match self {
            Self::Expired => {
                "The provider's link to this file has expired. Ask the customer to send it again."
            }
            Self::NotFound => "The provider no longer has this file. Ask the customer to send it again.",
            Self::TooLarge => "This file is too large to be copied. Look at it in the provider's own app.",
            Self::Unavailable => "The provider did not hand this file out. Try again later.",
            Self::AddressRefused => {
                "This file lies at an address that is not called. Ask for it by other means."
            }
            Self::NotAcceptable => {
                "What was uploaded is not a file that can be sent here. Upload it again in a format that can."
            }
            Self::UploadLost => "The uploaded file is not there any more. Upload it again.",
        }
    }
}

/// The largest file that is copied: LINE lets customers send videos of 200 MB; files may be larger.
pub const LARGEST_COPY_BYTES: u64 = 500_000_000;
/// A copy that did not succeed for so long is given up; large videos take LINE a while.
const GIVE_UP: Span = Span::from_hours(1);
const FIRST_WAIT: Span = Span::from_secs(2);
const LONGEST_WAIT: Span = Span::from_minutes(5);
/// Later than any try of the queue's own, so that an older job was lost.
const OVERDUE: Span = Span::from_minutes(10);

/// How long to wait for the next try of a file that is pending `since` then; `None` to give it up. Each wait is as
/// long as everything before it, so that what is ready soon is there soon.
pub fn next_try(since: Timestamp, now: Timestamp) -> Option<Span> {
    let age = now.since(since);
    (age < GIVE_UP).then(|| age.clamp(FIRST_WAIT, LONGEST_WAIT))
}

/// Whether a sweep at `now`, one of those that happen once a minute, should start a file's job again: in every tenth
/// minute of its age, since a job that is not lost waits for its next try by itself.
pub fn is_overdue(since: Timestamp, now: Timestamp) -> bool {
    let minutes = now.since(since).as_ms() / 60_000;
    minutes > 0 && minutes % (OVERDUE.as_ms() / 60_000) == 0
}

/// Whether an attachment that came through a channel of `kind` is a file that can be fetched.
fn is_file(kind: ChannelKind, attachment: &Attachment) -> bool {
    let named = matches!(attachment.kind.as_str(), "image" | "video" | "audio" | "file");
    // Only LINE hands content out by an id; elsewhere an id without an address leads nowhere.
    named && (attachment.url.is_some() || (kind == ChannelKind::Line && attachment.reference.is_some()))
}

impl Content {
    /// The attachments, files or not.
    pub fn attachments(&self) -> &[Attachment] {
        match self {
            Self::Text { attachments, .. } | Self::Attachments { attachments, .. } => attachments,
            _ => &[],
        }
    }

    /// See [`Content::attachments`].
    pub fn attachments_mut(&mut self) -> &mut [Attachment] {
        match self {
            Self::Text { attachments, .. } | Self::Attachments { attachments, .. } => attachments,
            _ => &mut [],
        }
    }

    /// Marks the files that came through a channel of `kind` as waiting for being copied.
    pub(crate) fn want_files(&mut self, kind: ChannelKind, now: Timestamp) {
        for attachment in self.attachments_mut() {
            if attachment.media.is_none() && is_file(kind, attachment) {
                attachment.media = Some(Media::Pending { since: now });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ing_9_files_are_wanted_and_links_are_not() {
        let attachment = |kind: &str, reference: Option<&str>, url: Option<&str>| Attachment {
            kind: kind.into(),
            reference: reference.map(str::to_owned),
            url: url.map(str::to_owned),
            ..Attachment::default()
        };
        let (id, url) = (Some("461230966842064897"), Some("https://scontent.example/1"));
        let table = [
            (ChannelKind::Line, attachment("image", id, None), true),
            (ChannelKind::Line, attachment("file", id, None), true),
            (ChannelKind::Line, attachment("video", None, url), true),
            (ChannelKind::Line, attachment("image", None, None), false),
            (ChannelKind::Messenger, attachment("audio", None, url), true),
            (ChannelKind::Messenger, attachment("image", id, None), false),
            (ChannelKind::Messenger, attachment("fallback", None, url), false),
            (ChannelKind::Messenger, attachment("reel", id, url), false),
            (ChannelKind::Messenger, attachment("sticker", id, url), false),
        ];
        for (kind, attachment, wanted) in table {
            let case = format!("{kind} {attachment:?}");
            let mut content = Content::Attachments { attachments: vec![attachment], album: None };
            let now = Timestamp::from_ms(7);
            content.want_files(kind, now);
            let expected = wanted.then_some(Media::Pending { since: now });
            assert_eq!(content.attachments()[0].media, expected, "{case}");
        }
    }

    #[test]
    fn a_copy_is_tried_at_growing_distances_and_given_up_after_an_hour() {
        let start = Timestamp::from_ms(0);
        let (mut now, mut waits) = (start, Vec::new());
        while let Some(wait) = next_try(start, now) {
            waits.push(wait);
            now = now + wait;
        }
        assert!(waits.is_sorted() && waits[0] == FIRST_WAIT && waits.last() == Some(&LONGEST_WAIT));
        // Fewer than the queue lets a job come back.
        assert!((15..25).contains(&waits.len()), "{}", waits.len());
        assert!(now.since(start) >= GIVE_UP);
        assert_eq!(next_try(now, start), Some(FIRST_WAIT), "a clock that runs behind");
    }

    #[test]
    fn a_sweep_starts_a_job_again_in_every_tenth_minute() {
        let start = Timestamp::from_ms(0);
        let overdue: Vec<i64> =
            (0..=30).filter(|minute| is_overdue(start, start + Span::from_minutes(*minute))).collect();
        assert_eq!(overdue, [10, 20, 30]);
    }

    #[test]
    fn reasons_have_ids_of_their_own_and_texts() {
        let ids: std::collections::BTreeSet<_> = MediaFailure::ALL.map(MediaFailure::public_id).into();
        assert_eq!(ids.len(), MediaFailure::ALL.len());
        assert!(MediaFailure::ALL.iter().all(|reason| reason.message().ends_with('.')));
    }
}
