//! Files: what customers send and what the product has them shown. Only descriptions are kept; the bytes of
//! a customer's sample are made whenever somebody asks for them. Files that somebody chose are kept whole.

pub(crate) mod fetch;
pub(crate) mod given;
mod mp4;
mod ogg;
mod sample;
mod serve;

use axum::body::Bytes;
use serde::{Deserialize, Serialize};

pub(crate) use self::{fetch::Copies, serve::serve};
use crate::{ids, model::MediaAct};

/// Larger ones are made smaller: nothing that is played here takes more.
const LARGEST_BYTES: u64 = 2 * 1024 * 1024 * 1024;

/// What a file is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MediaKind {
    /// A picture.
    #[default]
    Image,
    /// A moving picture.
    Video,
    /// A voice message.
    Audio,
    /// A PDF document.
    File,
    /// A contact card.
    Contact,
    /// A sticker, where the provider hands it over as a file.
    Sticker,
}

impl MediaKind {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Image => "image",
            Self::Video => "video",
            Self::Audio => "audio",
            Self::File => "file",
            Self::Contact => "contact",
            Self::Sticker => "sticker",
        }
    }

    pub(crate) fn parse(name: &str) -> Option<Self> {
        let all = [Self::Image, Self::Video, Self::Audio, Self::File, Self::Contact, Self::Sticker];
        all.into_iter().find(|kind| kind.as_str() == name)
    }

    /// What the kind of a message of this content type is.
    pub(crate) fn of_type(content_type: &str) -> Self {
        match content_type.split('/').next() {
            Some("image") => Self::Image,
            Some("video") => Self::Video,
            Some("audio") => Self::Audio,
            _ => Self::File,
        }
    }
}

/// One file in a message.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Media {
    pub(crate) id: String,
    pub(crate) kind: MediaKind,
    pub(crate) content_type: String,
    pub(crate) name: Option<String>,
    pub(crate) size_bytes: u64,
    pub(crate) duration_ms: Option<u32>,
    /// LINE: from when on it can be fetched; before that the answer is 202.
    pub(crate) ready_at_ms: i64,
    /// The product's address of it; the file is the customer's own when there is none.
    pub(crate) link: Option<Link>,
    /// Somebody chose it: it is no sample.
    pub(crate) given: bool,
    /// Of a given file; see [`given`] for where they outlive the program.
    #[serde(skip)]
    pub(crate) bytes: Option<Bytes>,
}

/// Where the product keeps a file that it sent.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Link {
    pub(crate) url: String,
    pub(crate) preview_url: Option<String>,
    /// What came of the last look at it.
    pub(crate) opened: Option<Opened>,
}

/// What a phone got when it fetched a file of the product.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Opened {
    /// The answer's type.
    pub content_type: String,
    /// How much came.
    pub size_bytes: u64,
    /// The same of the preview, where there is one.
    pub preview_bytes: Option<u64>,
    /// Why the customer sees nothing; absent when all is well.
    pub problem: Option<String>,
}

impl Media {
    /// A customer's own file, padded up to `size_bytes` if that is more than the sample has.
    pub(crate) fn own(format: Format, name: Option<&str>, size_bytes: Option<u64>) -> Self {
        let id = ids::media_id();
        let sample = sample::prefix(format, &id, size_bytes.map(|size| size.min(LARGEST_BYTES)));
        Self {
            kind: format.kind(),
            content_type: format.content_type().to_owned(),
            name: name.map(ToOwned::to_owned).or_else(|| format.default_name().map(ToOwned::to_owned)),
            size_bytes: sample.size_bytes,
            duration_ms: format.duration_ms(),
            id,
            ..Self::default()
        }
    }

    /// The files of one act: those that were given, as what the act says they are, or samples.
    pub(crate) fn of_act(act: &MediaAct, format: Format, count: usize, given: &[Self]) -> Vec<Self> {
        if given.is_empty() {
            return (0..count).map(|_| Self::own(format, act.name.as_deref(), act.size_bytes)).collect();
        }
        let told = |media: &Self| Self {
            kind: act.media,
            // Only documents carry a name.
            name: media.name.clone().filter(|_| act.media == MediaKind::File),
            ..media.clone()
        };
        given.iter().map(told).collect()
    }

    /// A file of the product, as the provider learnt of it.
    pub(crate) fn linked(kind: MediaKind, url: &str) -> Self {
        let link = Link { url: url.to_owned(), ..Link::default() };
        Self { id: ids::media_id(), kind, link: Some(link), ..Self::default() }
    }

    pub(crate) fn extension(&self) -> &'static str {
        let known = Format::of_type(&self.content_type).map(Format::extension);
        known.unwrap_or(match self.content_type.as_str() {
            "image/jpeg" => "jpg",
            "image/gif" => "gif",
            "audio/mpeg" => "mp3",
            "video/quicktime" => "mov",
            _ => "bin",
        })
    }
}

/// The formats that samples are made in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    Png,
    Webp,
    Mp4,
    /// AAC in MP4, as phones record; `plain` says which of its two names a provider uses.
    M4a {
        plain: bool,
    },
    /// Opus in Ogg: WhatsApp's voice messages.
    Ogg,
    Pdf,
    Vcard,
}

impl Format {
    const ALL: [Self; 8] = [
        Self::Png,
        Self::Webp,
        Self::Mp4,
        Self::M4a { plain: true },
        Self::M4a { plain: false },
        Self::Ogg,
        Self::Pdf,
        Self::Vcard,
    ];

    const fn kind(self) -> MediaKind {
        match self {
            Self::Png => MediaKind::Image,
            Self::Webp => MediaKind::Sticker,
            Self::Mp4 => MediaKind::Video,
            Self::M4a { .. } | Self::Ogg => MediaKind::Audio,
            Self::Pdf => MediaKind::File,
            Self::Vcard => MediaKind::Contact,
        }
    }

    const fn content_type(self) -> &'static str {
        match self {
            Self::Png => "image/png",
            Self::Webp => "image/webp",
            Self::Mp4 => "video/mp4",
            Self::M4a { plain: true } => "audio/mp4",
            Self::M4a { plain: false } => "audio/x-m4a",
            Self::Ogg => "audio/ogg",
            Self::Pdf => "application/pdf",
            Self::Vcard => "text/vcard",
        }
    }

    const fn extension(self) -> &'static str {
        match self {
            Self::Png => "png",
            Self::Webp => "webp",
            Self::Mp4 => "mp4",
            Self::M4a { .. } => "m4a",
            Self::Ogg => "ogg",
            Self::Pdf => "pdf",
            Self::Vcard => "vcf",
        }
    }

    /// Only documents carry a name.
    const fn default_name(self) -> Option<&'static str> {
        match self {
            Self::Pdf => Some("見積書.pdf"),
            _ => None,
        }
    }

    const fn duration_ms(self) -> Option<u32> {
        match self {
            Self::Mp4 | Self::M4a { .. } | Self::Ogg => Some(sample::DURATION_S * 1_000),
            _ => None,
        }
    }

    pub(crate) fn of_type(content_type: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.content_type() == content_type)
    }
}

/// Under which the copy of a preview is kept.
pub(crate) fn preview_id(media: &Media) -> String {
    format!("{}-preview", media.id)
}
