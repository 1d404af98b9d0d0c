//! Pictures of people: the operator's, which customers see beside a message (SND-3), and the customer's, which the
//! provider hands out for a while only (ING-9).
//!
//! An operator's picture becomes an icon: a square PNG. LINE's app fetches it when it shows the message, which may be
//! weeks later, so a picture that another one replaces stays where it is, as files do that were sent (MSG-15). An operator
//! who takes the picture away takes all of them away.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::ids::{ConversationId, OperatorId};
use crate::media::is_secret;
use crate::time::Timestamp;

/// The largest picture that an operator may upload, in bytes: what a phone's camera makes.
pub const PICTURE_MAX_BYTES: u64 = 5_000_000;
/// The largest picture of a customer that is copied, in bytes. Providers hand out far smaller ones.
pub const PORTRAIT_MAX_BYTES: u64 = 5_000_000;
/// Width and height of an icon. As a PNG it never comes near the 1 MB that LINE takes (Messaging API reference,
/// `sender.iconUrl`).
pub const ICON_PIXELS: u32 = 256;
/// What an operator's picture may be.
pub const PICTURE_TYPES: [&str; 2] = ["image/jpeg", "image/png"];
/// So many replaced icons stay with the messages that show them; whoever changes it more often loses the oldest.
const KEPT: usize = 20;

/// Namespace of what operators' names become in keys. Never changes: stored keys depend on it.
const OPERATORS: Uuid = Uuid::from_u128(0x2b64_9df1_0c1e_5b7a_8f2d_64aa_90c3_17e5);

/// Why a picture is not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PictureRefused {
    /// Nothing in it.
    #[error("the picture is empty")]
    Empty,
    /// Too large.
    #[error("the picture has {size_bytes} bytes; at most {PICTURE_MAX_BYTES} are taken; make it smaller")]
    TooLarge {
        /// Its size.
        size_bytes: u64,
    },
    /// Neither JPEG nor PNG.
    #[error("a picture must be one of {}; convert it", PICTURE_TYPES.join(", "))]
    Type,
}

impl PictureRefused {
    /// The stable public id.
    pub const fn public_id(&self) -> &'static str {
        match self {
            Self::Empty => "picture_empty",
            Self::TooLarge { .. } => "picture_too_large",
            Self::Type => "picture_type_refused",
        }
    }
}

/// Whether an operator's picture of this type and size is taken; returns the type as it is called here.
pub fn check(content_type: &str, size_bytes: u64) -> Result<&'static str, PictureRefused> {
    let canonical = crate::media::canonical(content_type);
    let taken = PICTURE_TYPES.into_iter().find(|taken| *taken == canonical).ok_or(PictureRefused::Type)?;
    match size_bytes {
        0 => Err(PictureRefused::Empty),
        1..=PICTURE_MAX_BYTES => Ok(taken),
        _ => Err(PictureRefused::TooLarge { size_bytes }),
    }
}

/// Where an operator's picture lies.
#[derive(Clone, Copy, Debug)]
pub struct Icon<'a> {
    /// Whose.
    pub operator: &'a OperatorId,
    /// The id of the upload that it is made of, which nobody can guess.
    pub upload: &'a str,
}

impl Icon<'_> {
    /// Whether the upload's id can be one.
    pub fn is_valid(&self) -> bool {
        is_secret(self.upload)
    }

    /// The key of what was uploaded; removed by itself. Nobody can name another operator's.
    pub fn upload_key(&self) -> String {
        format!("uploads/{}/{}", self.folder(), self.upload)
    }

    /// The key of the icon.
    pub fn key(&self) -> String {
        format!("icons/{}/{}", self.folder(), self.upload)
    }

    fn folder(&self) -> Uuid {
        Uuid::new_v5(&OPERATORS, self.operator.0.as_bytes())
    }
}

/// An operator's picture, and what becomes of a new one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OperatorPicture {
    /// Whose.
    pub operator: OperatorId,
    /// The name that the operator signed in with.
    #[serde(default)]
    pub account_name: String,
    /// The upload whose icon customers see.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shown: Option<String>,
    /// What the operator wants now, until it is done; and why it was not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub change: Option<PictureChange>,
    /// Uploads whose icons were replaced, oldest first. Messages show them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub replaced: Vec<String>,
    /// Uploads whose icons are to be deleted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub discarded: Vec<String>,
    /// Counts the writes; every change is conditional on it.
    #[serde(default)]
    pub rev: u64,
}

/// What an operator wants.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum PictureChange {
    /// Another picture; `None` is none.
    Wanted {
        /// What was uploaded.
        upload: Option<String>,
        /// Since when.
        since: Timestamp,
    },
    /// No icon could be made of it.
    Failed {
        /// Why.
        reason: PictureFailure,
        /// When that was found.
        at: Timestamp,
    },
}

/// Why an upload did not become an icon.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PictureFailure {
    /// Neither a JPEG nor a PNG, or a broken one.
    Unreadable,
    /// More pixels than are decoded.
    TooManyPixels,
    /// It is not there any more.
    UploadLost,
}

impl PictureFailure {
    /// Every reason, for tables and tests.
    pub const ALL: [Self; 3] = [Self::Unreadable, Self::TooManyPixels, Self::UploadLost];

    /// The stable public id.
    pub const fn public_id(self) -> &'static str {
        match self {
            Self::Unreadable => "picture_unreadable",
            Self::TooManyPixels => "picture_too_many_pixels",
            Self::UploadLost => "upload_lost",
        }
    }

    /// What the operator reads.
    pub const fn message(self) -> &'static str {
        match self {
            Self::Unreadable => "This picture cannot be read. Save it as JPEG or PNG and upload it again.",
            Self::TooManyPixels => "This picture has more than 50 million pixels. Upload a smaller one.",
            Self::UploadLost => "The uploaded picture is not there any more. Upload it again.",
        }
    }
}

impl OperatorPicture {
    /// Of an operator who has none.
    pub fn new(operator: OperatorId) -> Self {
        Self {
            operator,
            account_name: String::new(),
            shown: None,
            change: None,
            replaced: Vec::new(),
            discarded: Vec::new(),
            rev: 0,
        }
    }

    /// The operator wants what was uploaded; `false` if that is shown or wanted already.
    pub fn want(&mut self, upload: &str, now: Timestamp) -> bool {
        let known = match &self.change {
            Some(PictureChange::Wanted { upload: wanted, .. }) => wanted.as_deref(),
            Some(PictureChange::Failed { .. }) => None,
            None => self.shown.as_deref(),
        };
        if known == Some(upload) {
            return false;
        }
        self.change = Some(PictureChange::Wanted { upload: Some(upload.to_owned()), since: now });
        true
    }

    /// The operator wants no picture, nor that anybody sees the old ones; `false` if it is so already.
    pub fn remove(&mut self, now: Timestamp) -> bool {
        if self.shown.is_none() && self.change.is_none() && self.replaced.is_empty() {
            return false;
        }
        // What is being made may have its icon already.
        if let Some(PictureChange::Wanted { upload: Some(upload), .. }) = self.change.take() {
            self.discarded.push(upload);
        }
        self.discarded.append(&mut self.replaced);
        self.discarded.extend(self.shown.take());
        self.change = Some(PictureChange::Wanted { upload: None, since: now });
        true
    }

    /// Whether the icon of an upload is, or shall be, where customers' apps can ask for it.
    pub fn refers_to(&self, upload: &str) -> bool {
        let wanted = self.wanted().flatten() == Some(upload);
        wanted || self.shown.as_deref() == Some(upload) || self.replaced.iter().any(|known| known == upload)
    }

    /// What is wanted and not done, if anything.
    pub fn wanted(&self) -> Option<Option<&str>> {
        match &self.change {
            Some(PictureChange::Wanted { upload, .. }) => Some(upload.as_deref()),
            _ => None,
        }
    }

    /// What was wanted has been made, or could not be.
    pub fn settle(&mut self, made: Result<(), PictureFailure>, now: Timestamp) {
        let Some(PictureChange::Wanted { upload, .. }) = self.change.take() else { return };
        if let Err(reason) = made {
            self.change = Some(PictureChange::Failed { reason, at: now });
            return;
        }
        if let Some(upload) = &upload {
            self.replaced.retain(|replaced| replaced != upload);
            self.discarded.retain(|discarded| discarded != upload);
        }
        if self.shown != upload {
            let before = std::mem::replace(&mut self.shown, upload);
            self.replaced.extend(before);
        }
        let surplus = self.replaced.len().saturating_sub(KEPT);
        self.discarded.extend(self.replaced.drain(..surplus));
    }
}

/// Which of an operator's pictures customers see, as the sender of replies knows it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShownPicture {
    /// The upload that the icon is made of; `None` = the neutral one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub upload: Option<String>,
    /// Which of the operator's wishes that was: a later one is not undone by an earlier one that took longer.
    #[serde(default)]
    pub wish: u64,
}

/// The picture of somebody at the provider, and our copy of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Portrait {
    /// The provider's address of a picture that waits for being copied; it may expire.
    #[serde(default, rename = "picture_url", skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// Since when it waits.
    #[serde(default, rename = "picture_since", skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
    /// The part of our copy's key that nobody can guess.
    #[serde(default, rename = "picture", skip_serializing_if = "Option::is_none")]
    pub secret: Option<String>,
}

impl Portrait {
    /// The provider tells where the picture is now, or none. A copy that we have is shown until there is another one.
    pub fn tell(&mut self, url: Option<String>, now: Timestamp) {
        self.since = url.is_some().then_some(now);
        self.url = url;
    }

    /// Whether a picture waits for being copied.
    pub const fn is_wanted(&self) -> bool {
        self.url.is_some()
    }

    /// The picture was copied, or could not be and is forgotten with its address.
    pub fn settle(&mut self, secret: Option<String>) {
        *self = Self { url: None, since: None, secret };
    }

    /// The key of our copy.
    pub fn key(&self, conversation: ConversationId) -> Option<String> {
        self.secret.as_deref().map(|secret| portrait_key(conversation, secret))
    }
}

/// The key of the copy of a picture of somebody in a conversation.
pub fn portrait_key(conversation: ConversationId, secret: &str) -> String {
    format!("portraits/{conversation}/{secret}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::channel::ChannelKind;
    use crate::ids::{ChannelId, Party};
    use crate::media::Token;

    const NOW: Timestamp = Timestamp::from_ms(1_700_000_000_000);

    fn operator(name: &str) -> OperatorId {
        OperatorId(name.into())
    }

    #[test]
    fn snd_3_a_picture_is_a_jpeg_or_png_of_at_most_5_mb() {
        let table = [
            ("image/jpeg", 1, Ok("image/jpeg")),
            ("image/jpg", PICTURE_MAX_BYTES, Ok("image/jpeg")),
            ("image/png; x=y", 7, Ok("image/png")),
            ("image/png", 0, Err(PictureRefused::Empty)),
            (
                "image/png",
                PICTURE_MAX_BYTES + 1,
                Err(PictureRefused::TooLarge { size_bytes: PICTURE_MAX_BYTES + 1 }),
            ),
            ("image/gif", 1, Err(PictureRefused::Type)),
            ("image/svg+xml", 1, Err(PictureRefused::Type)),
            ("", 1, Err(PictureRefused::Type)),
        ];
        for (content_type, size_bytes, expected) in table {
            assert_eq!(check(content_type, size_bytes), expected, "{content_type} {size_bytes}");
        }
    }

    #[test]
    fn an_upload_belongs_to_its_operator_and_an_icon_can_be_asked_for() {
        let upload = "abcdefghijklmnopqrstuvwxyz_-0189";
        let (a, b) = (operator("a"), operator("a/../b"));
        let (ours, theirs) = (Icon { operator: &a, upload }, Icon { operator: &b, upload });
        assert!(ours.is_valid());
        assert_ne!(ours.upload_key(), theirs.upload_key());
        assert!(!theirs.key().contains(".."));
        for bad in ["", "short", "../../in/abcdefghijklmnopqrstuvwxyz", "abcdefghijklmnopqrstuvwxyz/abc"] {
            assert!(!Icon { operator: &a, upload: bad }.is_valid(), "{bad}");
        }
        let token = Token::of(&ours.key()).unwrap();
        assert_eq!(token.to_string().parse(), Ok(token.clone()));
        assert_eq!(token.key(), ours.key());
        assert!(!token.to_string().contains('/'), "one segment of a path");
        assert_eq!(Token::of(&ours.upload_key()), None);
    }

    #[test]
    fn what_was_replaced_stays_for_the_messages_that_show_it() {
        let mut picture = OperatorPicture::new(operator("o"));
        assert!(picture.want("1", NOW) && !picture.want("1", NOW));
        picture.settle(Ok(()), NOW);
        assert_eq!((picture.shown.as_deref(), picture.wanted()), (Some("1"), None));
        assert!(!picture.want("1", NOW), "shown already");
        for upload in 2..=30 {
            assert!(picture.want(&upload.to_string(), NOW));
            picture.settle(Ok(()), NOW);
        }
        assert_eq!(picture.shown.as_deref(), Some("30"));
        assert_eq!((picture.replaced.len(), picture.replaced[0].as_str()), (KEPT, "10"));
        assert_eq!(picture.discarded.len(), 9);
        picture.discarded.clear();
        // One of the old ones again.
        picture.want("12", NOW);
        picture.settle(Ok(()), NOW);
        assert_eq!(picture.shown.as_deref(), Some("12"));
        assert!(!picture.replaced.contains(&"12".to_owned()) && picture.discarded.is_empty());
    }

    #[test]
    fn a_picture_that_fails_leaves_the_old_one_and_says_why() {
        let mut picture = OperatorPicture::new(operator("o"));
        picture.want("1", NOW);
        picture.settle(Ok(()), NOW);
        picture.want("2", NOW);
        picture.settle(Err(PictureFailure::Unreadable), NOW);
        assert_eq!(picture.shown.as_deref(), Some("1"));
        let failed = PictureChange::Failed { reason: PictureFailure::Unreadable, at: NOW };
        assert_eq!(picture.change, Some(failed));
        assert!(picture.want("2", NOW), "once more");
    }

    #[test]
    fn who_takes_the_picture_away_takes_all_of_them_away() {
        let mut picture = OperatorPicture::new(operator("o"));
        assert!(!picture.remove(NOW));
        for upload in ["1", "2"] {
            picture.want(upload, NOW);
            picture.settle(Ok(()), NOW);
        }
        picture.want("3", NOW);
        assert!(picture.remove(NOW));
        assert_eq!((picture.wanted(), &picture.shown), (Some(None), &None));
        assert!(!picture.refers_to("3"), "it may be in the making");
        assert_eq!(picture.discarded, ["3", "1", "2"]);
        picture.settle(Ok(()), NOW);
        assert_eq!((picture.wanted(), &picture.shown, &picture.change), (None, &None, &None));
        picture.discarded.clear();
        assert!(!picture.remove(NOW));
    }

    #[test]
    fn ing_9_a_copy_is_shown_until_there_is_another_one() {
        let id =
            ConversationId::derive(ChannelId::derive(ChannelKind::Messenger, "1"), &Party::User("u".into()));
        let mut portrait = Portrait::default();
        portrait.tell(Some("https://x/1".into()), NOW);
        assert!(portrait.is_wanted() && portrait.key(id).is_none());
        portrait.settle(Some("secret".into()));
        assert_eq!((portrait.is_wanted(), portrait.key(id)), (false, Some(portrait_key(id, "secret"))));
        portrait.tell(Some("https://x/2".into()), NOW);
        assert!(portrait.is_wanted() && portrait.key(id).is_some());
        portrait.tell(None, NOW);
        assert!(!portrait.is_wanted() && portrait.key(id).is_some());
    }

    #[test]
    fn reasons_have_ids_of_their_own_and_texts() {
        let ids: std::collections::BTreeSet<_> = PictureFailure::ALL.map(PictureFailure::public_id).into();
        assert_eq!(ids.len(), PictureFailure::ALL.len());
        assert!(PictureFailure::ALL.iter().all(|reason| reason.message().ends_with('.')));
    }
}
