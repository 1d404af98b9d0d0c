//! Which files a channel takes (MSG-3 to MSG-9, MSG-12). Looked at before anything is uploaded, and once more at what
//! was uploaded.
//!
//! Sources: Messenger Send API reference ("image by URL 8 MB, all else 25 MB"), LINE Messaging API reference (image,
//! video and audio message), Twilio (media in messages). Providers write MB without saying whether they mean 1,000² or
//! 1,024²; the smaller one is right in both cases.

use serde::{Deserialize, Serialize};

use super::sniff::canonical;
use crate::channel::{ChannelKind, ChannelSettings};

const MB: u64 = 1_000_000;

/// As which kind of message a file goes out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum MediaKind {
    /// A picture.
    Image,
    /// A video.
    Video,
    /// A voice message or music.
    Audio,
    /// Anything else.
    File,
}

impl MediaKind {
    /// The word that [`crate::event::Attachment::kind`] has for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Image => "image",
            Self::Video => "video",
            Self::Audio => "audio",
            Self::File => "file",
        }
    }

    /// The kind that [`crate::event::Attachment::kind`] names.
    pub fn named(kind: &str) -> Self {
        match kind {
            "image" => Self::Image,
            "video" => Self::Video,
            "audio" => Self::Audio,
            _ => Self::File,
        }
    }

    fn of_type(content_type: &str) -> Self {
        match content_type.split_once('/') {
            Some(("image", _)) => Self::Image,
            Some(("video", _)) => Self::Video,
            Some(("audio", _)) => Self::Audio,
            _ => Self::File,
        }
    }
}

/// What a channel takes of one kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Limit {
    /// The kind.
    pub kind: MediaKind,
    /// The largest file.
    pub max_bytes: u64,
    /// Content types; empty if every type is taken.
    pub types: &'static [&'static str],
}

const fn limit(kind: MediaKind, max_bytes: u64, types: &'static [&'static str]) -> Limit {
    Limit { kind, max_bytes, types }
}

const MP4_AUDIO: &[&str] = &["audio/aac", "audio/mp4", "audio/wav"];
const PHONE_AUDIO: &[&str] = &["audio/aac", "audio/amr", "audio/mp4", "audio/mpeg", "audio/ogg"];
const PHONE_VIDEO: &[&str] = &["video/mp4", "video/3gpp"];

/// MSG-3, MSG-4, MSG-5.
const MESSENGER: [Limit; 4] = [
    limit(MediaKind::Image, 8 * MB, &["image/jpeg", "image/png", "image/gif"]),
    limit(MediaKind::Audio, 25 * MB, MP4_AUDIO),
    limit(
        MediaKind::Video,
        25 * MB,
        &["video/mp4", "video/ogg", "video/x-msvideo", "video/quicktime", "video/webm"],
    ),
    limit(MediaKind::File, 25 * MB, &[]),
];

/// MSG-7: LINE has no file message.
const LINE: [Limit; 3] = [
    limit(MediaKind::Image, 10 * MB, &["image/jpeg", "image/png"]),
    limit(MediaKind::Video, 200 * MB, &["video/mp4"]),
    limit(MediaKind::Audio, 200 * MB, &["audio/mpeg", "audio/mp4"]),
];

/// One file per message.
const WHATSAPP: [Limit; 4] = [
    limit(MediaKind::Image, 16 * MB, &["image/jpeg", "image/png"]),
    limit(MediaKind::Audio, 16 * MB, PHONE_AUDIO),
    limit(MediaKind::Video, 16 * MB, PHONE_VIDEO),
    limit(MediaKind::File, 16 * MB, &[]),
];

/// MMS: 5 MB of the types that Twilio can make smaller, 500 KB of everything else.
const SMS: [Limit; 4] = [
    limit(MediaKind::Image, 5 * MB, &["image/jpeg", "image/png", "image/gif"]),
    limit(MediaKind::Audio, MB / 2, PHONE_AUDIO),
    limit(MediaKind::Video, MB / 2, PHONE_VIDEO),
    limit(MediaKind::File, MB / 2, &[]),
];

/// What a channel of `kind` takes. A kind that is not named takes no files.
pub fn limits(kind: ChannelKind) -> &'static [Limit] {
    match kind.as_str() {
        "messenger" => &MESSENGER,
        "line" => &LINE,
        "whatsapp" => &WHATSAPP,
        "sms" => &SMS,
        _ => &[],
    }
}

/// The largest file that is offered as a link; our own limit.
pub const LINK_MAX_BYTES: u64 = 100 * MB;
/// LINE: the largest preview of a picture or video.
pub const PREVIEW_MAX_BYTES: u64 = MB;

/// A file that an operator wants to send.
#[derive(Clone, Copy, Debug)]
pub struct Offer<'a> {
    /// Its name, for its ending.
    pub name: &'a str,
    /// Its content type as the client knows it; may be empty.
    pub content_type: &'a str,
    /// Its size.
    pub size_bytes: u64,
    /// Send a link to it in place of the file itself.
    pub as_link: bool,
}

/// A file that may be uploaded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Accepted {
    /// As what it goes out.
    pub kind: MediaKind,
    /// Its type, see [`canonical`].
    pub content_type: String,
}

/// Why a file cannot be sent, with what helps.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MediaRefused {
    /// MSG-9.
    #[error("sending files is switched off for this channel; ask an administrator")]
    Off,
    /// Nothing in it.
    #[error("the file is empty")]
    Empty,
    /// The provider has no such message.
    #[error("{channel} takes no {} messages; send a link to it instead (as_link)", kind.as_str())]
    Kind {
        /// The kind.
        kind: MediaKind,
        /// Whose rule.
        channel: ChannelKind,
    },
    /// The provider takes the kind, but not this type of it.
    #[error(
        "{channel} takes {} only as {}; convert it, or send a link to it instead (as_link)",
        kind.as_str(), types.join(", ")
    )]
    Type {
        /// The kind.
        kind: MediaKind,
        /// What is taken.
        types: &'static [&'static str],
        /// Whose rule.
        channel: ChannelKind,
    },
    /// C5: a misprint for `.aac`.
    #[error("no audio format is called .acc; name the file .aac if that is what it is")]
    Acc,
    /// Too large.
    #[error(
        "the file has {size_bytes} bytes; {channel} takes at most {max_bytes} of {}; make it smaller{}",
        kind.as_str(), if *as_link { ", or send a link to it instead (as_link)" } else { "" }
    )]
    TooLarge {
        /// Its size.
        size_bytes: u64,
        /// The most that is taken.
        max_bytes: u64,
        /// The kind.
        kind: MediaKind,
        /// Whose limit.
        channel: ChannelKind,
        /// Whether a link would do.
        as_link: bool,
    },
    /// Its bytes are not what was announced.
    #[error("the file is not what its name and type say; upload it again as what it is")]
    Disguised,
}

impl MediaRefused {
    /// The stable public id.
    pub const fn public_id(&self) -> &'static str {
        match self {
            Self::Off => "files_forbidden",
            Self::Empty => "file_empty",
            Self::Kind { .. } => "file_kind_refused",
            Self::Type { .. } | Self::Acc => "file_type_refused",
            Self::TooLarge { .. } => "file_too_large",
            Self::Disguised => "file_disguised",
        }
    }
}

/// Decides about a file before it is uploaded.
pub fn check(
    channel: ChannelKind,
    settings: &ChannelSettings,
    offer: &Offer<'_>,
) -> Result<Accepted, MediaRefused> {
    if !settings.files {
        return Err(MediaRefused::Off);
    }
    if offer.size_bytes == 0 {
        return Err(MediaRefused::Empty);
    }
    let ending =
        offer.name.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase()).unwrap_or_default();
    if ending == "acc" {
        return Err(MediaRefused::Acc);
    }
    let told = canonical(offer.content_type);
    let content_type = match told.as_str() {
        "" | "application/octet-stream" => {
            of_ending(&ending).unwrap_or("application/octet-stream").to_owned()
        }
        _ => told,
    };
    let kind = MediaKind::of_type(&content_type);
    fits(channel, kind, &content_type, offer.size_bytes, offer.as_link)?;
    Ok(Accepted { kind, content_type })
}

/// Decides about what was uploaded: `sniffed` is what its bytes tell.
pub fn check_bytes(
    channel: ChannelKind,
    announced: &Accepted,
    sniffed: Option<&str>,
    size_bytes: u64,
    as_link: bool,
) -> Result<(), MediaRefused> {
    fits(channel, announced.kind, &announced.content_type, size_bytes, as_link)?;
    if as_link || announced.kind == MediaKind::File {
        // It is handed out to be saved, whatever it is.
        return Ok(());
    }
    if sniffed.is_some_and(|sniffed| same_format(&announced.content_type, sniffed)) {
        Ok(())
    } else {
        Err(MediaRefused::Disguised)
    }
}

fn fits(
    channel: ChannelKind,
    kind: MediaKind,
    content_type: &str,
    size_bytes: u64,
    as_link: bool,
) -> Result<(), MediaRefused> {
    let too_large =
        |max_bytes, as_link| MediaRefused::TooLarge { size_bytes, max_bytes, kind, channel, as_link };
    if size_bytes == 0 {
        return Err(MediaRefused::Empty);
    }
    if as_link {
        return if size_bytes > LINK_MAX_BYTES { Err(too_large(LINK_MAX_BYTES, false)) } else { Ok(()) };
    }
    let Some(limit) = limits(channel).iter().find(|limit| limit.kind == kind) else {
        return Err(MediaRefused::Kind { kind, channel });
    };
    if !limit.types.is_empty() && !limit.types.contains(&content_type) {
        return Err(MediaRefused::Type { kind, types: limit.types, channel });
    }
    if size_bytes > limit.max_bytes {
        return Err(too_large(limit.max_bytes, size_bytes <= LINK_MAX_BYTES));
    }
    Ok(())
}

/// What a file's ending says, for clients that know no type.
fn of_ending(ending: &str) -> Option<&'static str> {
    Some(match ending {
        "jpg" | "jpeg" => "image/jpeg",
        "png" => "image/png",
        "gif" => "image/gif",
        "webp" => "image/webp",
        "mp4" | "m4v" => "video/mp4",
        "mov" => "video/quicktime",
        "webm" => "video/webm",
        "avi" => "video/x-msvideo",
        "ogv" => "video/ogg",
        "3gp" => "video/3gpp",
        "ogg" | "oga" => "audio/ogg",
        "m4a" => "audio/mp4",
        "mp3" => "audio/mpeg",
        "aac" => "audio/aac",
        "wav" => "audio/wav",
        "amr" => "audio/amr",
        "pdf" => "application/pdf",
        _ => return None,
    })
}

/// Containers tell what they are, not always what is in them: an MP4 with sound only calls itself video as often as not.
fn same_format(announced: &str, sniffed: &str) -> bool {
    const CONTAINERS: [&[&str]; 3] = [
        &["audio/mp4", "video/mp4", "video/quicktime", "video/3gpp"],
        &["audio/ogg", "video/ogg", "application/ogg"],
        &["video/webm", "audio/webm", "video/x-matroska"],
    ];
    announced == sniffed
        || CONTAINERS.iter().any(|container| container.contains(&announced) && container.contains(&sniffed))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use ChannelKind::{Line, Messenger};

    fn offer<'a>(name: &'a str, content_type: &'a str, size_bytes: u64) -> Offer<'a> {
        Offer { name, content_type, size_bytes, as_link: false }
    }

    fn verdict(channel: ChannelKind, offer: &Offer<'_>) -> Result<MediaKind, &'static str> {
        let checked = check(channel, &ChannelSettings::default(), offer);
        checked.map(|accepted| accepted.kind).map_err(|refused| refused.public_id())
    }

    #[test]
    fn msg_3_to_7_each_row_holds_to_the_byte() {
        use MediaKind::{Audio, File, Image, Video};
        let (kind, format, size) = ("file_kind_refused", "file_type_refused", "file_too_large");
        let table = [
            (Messenger, "a.jpg", "image/jpeg", 8_000_000, Ok(Image)),
            (Messenger, "a.jpg", "image/jpg", 8_000_001, Err(size)),
            (Messenger, "a.png", "image/png", 1, Ok(Image)),
            (Messenger, "a.gif", "image/gif", 1, Ok(Image)),
            (Messenger, "a.webp", "image/webp", 1, Err(format)),
            (Messenger, "a.svg", "image/svg+xml", 1, Err(format)),
            (Messenger, "a.aac", "audio/aac", 25_000_000, Ok(Audio)),
            (Messenger, "a.m4a", "audio/x-m4a", 25_000_000, Ok(Audio)),
            (Messenger, "a.mp4", "audio/mp4", 25_000_000, Ok(Audio)),
            (Messenger, "a.wav", "audio/wav", 25_000_001, Err(size)),
            (Messenger, "a.mp3", "audio/mpeg", 1, Err(format)),
            (Messenger, "a.mp4", "video/mp4", 25_000_000, Ok(Video)),
            (Messenger, "a.mp4", "video/mp4", 26_000_000, Err(size)),
            (Messenger, "a.ogv", "video/ogg", 1, Ok(Video)),
            (Messenger, "a.avi", "video/avi", 1, Ok(Video)),
            (Messenger, "a.mov", "video/quicktime", 1, Ok(Video)),
            (Messenger, "a.webm", "video/webm", 1, Ok(Video)),
            (Messenger, "a.mkv", "video/x-matroska", 1, Err(format)),
            (Messenger, "a.pdf", "application/pdf", 25_000_000, Ok(File)),
            (Messenger, "a.pdf", "application/pdf", 25_000_001, Err(size)),
            (Line, "a.jpg", "image/jpeg", 10_000_000, Ok(Image)),
            (Line, "a.png", "image/png", 10_000_001, Err(size)),
            (Line, "a.gif", "image/gif", 1, Err(format)),
            (Line, "a.mp4", "video/mp4", 200_000_000, Ok(Video)),
            (Line, "a.mp4", "video/mp4", 200_000_001, Err(size)),
            (Line, "a.mov", "video/quicktime", 1, Err(format)),
            (Line, "a.mp3", "audio/mp3", 200_000_000, Ok(Audio)),
            (Line, "a.m4a", "audio/mp4", 200_000_000, Ok(Audio)),
            (Line, "a.wav", "audio/wav", 1, Err(format)),
            (Line, "a.pdf", "application/pdf", 1, Err(kind)),
            (Line, "a.zip", "application/zip", 1, Err(kind)),
            // A client that knows no type: the ending tells.
            (Line, "写真.JPG", "", 1, Ok(Image)),
            (Line, "a.pdf", "application/octet-stream", 1, Err(kind)),
            (Messenger, "noname", "", 1, Ok(File)),
            (Messenger, "a.jpg", "image/jpeg", 0, Err("file_empty")),
            // C5.
            (Messenger, "voice.acc", "audio/aac", 1, Err(format)),
            (Messenger, "voice.ACC", "", 1, Err(format)),
        ];
        for (channel, name, content_type, size_bytes, expected) in table {
            let offer = offer(name, content_type, size_bytes);
            assert_eq!(verdict(channel, &offer), expected, "{channel} {offer:?}");
        }
    }

    #[test]
    fn twilios_limits_are_ready_by_name() {
        let most = |limits: &[Limit]| limits.iter().map(|limit| limit.max_bytes).collect::<Vec<_>>();
        assert_eq!(most(&WHATSAPP), [16_000_000; 4]);
        assert_eq!(most(&SMS), [5_000_000, 500_000, 500_000, 500_000]);
    }

    #[test]
    fn msg_7_what_line_does_not_take_is_offered_as_a_link() {
        let refused =
            check(Line, &ChannelSettings::default(), &offer("見積.pdf", "application/pdf", 1)).unwrap_err();
        assert_eq!(refused.to_string(), "line takes no file messages; send a link to it instead (as_link)");
        let link = Offer { as_link: true, ..offer("見積.pdf", "application/pdf", LINK_MAX_BYTES) };
        assert_eq!(verdict(Line, &link), Ok(MediaKind::File));
        assert_eq!(verdict(Line, &Offer { size_bytes: LINK_MAX_BYTES + 1, ..link }), Err("file_too_large"));
    }

    #[test]
    fn msg_9_an_administrator_can_forbid_files() {
        let settings = ChannelSettings { files: false, ..ChannelSettings::default() };
        for as_link in [false, true] {
            let offer = Offer { as_link, ..offer("a.jpg", "image/jpeg", 1) };
            assert_eq!(check(Line, &settings, &offer), Err(MediaRefused::Off));
        }
    }

    #[test]
    fn what_was_uploaded_must_be_what_was_announced() {
        let accepted = |kind, content_type: &str| Accepted { kind, content_type: content_type.into() };
        let image = accepted(MediaKind::Image, "image/jpeg");
        let audio = accepted(MediaKind::Audio, "audio/mp4");
        let pdf = accepted(MediaKind::File, "application/pdf");
        let table = [
            (Line, &image, Some("image/jpeg"), 10_000_000, Ok(())),
            (Line, &image, Some("image/png"), 1, Err("file_disguised")),
            (Line, &image, Some("text/html"), 1, Err("file_disguised")),
            (Line, &image, None, 1, Err("file_disguised")),
            (Line, &image, Some("image/jpeg"), 10_000_001, Err("file_too_large")),
            (Line, &audio, Some("video/mp4"), 1, Ok(())),
            (Line, &audio, Some("audio/mpeg"), 1, Err("file_disguised")),
            (Messenger, &pdf, None, 1, Ok(())),
            (Messenger, &pdf, Some("application/zip"), 25_000_000, Ok(())),
        ];
        for (channel, announced, sniffed, size_bytes, expected) in table {
            let checked = check_bytes(channel, announced, sniffed, size_bytes, false);
            assert_eq!(
                checked.map_err(|r| r.public_id()),
                expected,
                "{announced:?} {sniffed:?} {size_bytes}"
            );
        }
    }

    proptest! {
        #[test]
        fn msg_12_no_limit_lets_one_byte_more_pass(
            channel in prop_oneof![Just(Messenger), Just(Line)],
            name in "[a-z]{0,8}(\\.[a-z0-9]{2,4})?",
            content_type in prop_oneof![
                "(image|video|audio|application)/[a-z0-9-]{2,8}",
                prop::sample::select(vec![
                    "image/jpeg", "image/png", "image/gif", "video/mp4", "video/webm", "audio/mpeg",
                    "audio/mp4", "audio/wav", "application/pdf", "",
                ]).prop_map(str::to_owned),
            ],
            size_bytes in 0..300_000_000_u64,
            as_link: bool,
        ) {
            let offer = Offer { name: &name, content_type: &content_type, size_bytes, as_link };
            if let Ok(accepted) = check(channel, &ChannelSettings::default(), &offer) {
                let limit = limits(channel).iter().find(|limit| limit.kind == accepted.kind);
                let most = if as_link { LINK_MAX_BYTES } else { limit.unwrap().max_bytes };
                prop_assert!((1..=most).contains(&size_bytes));
                let edge = Offer { size_bytes: most, ..offer };
                prop_assert!(check(channel, &ChannelSettings::default(), &edge).is_ok());
                let over = Offer { size_bytes: most + 1, ..offer };
                let refused = check(channel, &ChannelSettings::default(), &over);
                prop_assert_eq!(refused.map_err(|r| r.public_id()).err(), Some("file_too_large"));
                let late = check_bytes(channel, &accepted, Some(&accepted.content_type), most + 1, as_link);
                prop_assert!(late.is_err());
            }
        }
    }
}
