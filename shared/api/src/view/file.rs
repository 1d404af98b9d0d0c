//! What operators see of a file, and of what may be sent.

use madoguchi_domain::event::Attachment;
use madoguchi_domain::media::{LINK_MAX_BYTES, Limit, Media, limits, serving};
use madoguchi_domain::{ChannelKind, ChannelSettings};
use serde::Serialize;

/// How far a file has come; left out for attachments that are no files.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub(crate) struct FileView {
    /// `gone`: the customer took it back before it was copied.
    #[cfg_attr(feature = "openapi", schema(value_type = crate::openapi::words::FileState))]
    state: &'static str,
    /// What it is handed out as.
    content_type: Option<&'static str>,
    size_bytes: Option<u64>,
    width: Option<u32>,
    height: Option<u32>,
    duration_ms: Option<u64>,
    /// A link to it was sent in its place.
    as_link: bool,
    failure: Option<Failure>,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
struct Failure {
    id: &'static str,
    message: &'static str,
}

impl FileView {
    /// `None` for what is no file.
    pub(crate) fn of(attachment: &Attachment) -> Option<Self> {
        let told = Self {
            size_bytes: attachment.size_bytes,
            duration_ms: attachment.duration_ms,
            as_link: attachment.as_link,
            ..Self::default()
        };
        Some(match attachment.media.as_ref()? {
            Media::Pending { .. } => Self { state: "pending", ..told },
            Media::Gone => Self { state: "gone", ..told },
            Media::Failed { reason, .. } => Self {
                state: "failed",
                failure: Some(Failure { id: reason.public_id(), message: reason.message() }),
                ..told
            },
            Media::Stored(stored) => Self {
                state: "stored",
                content_type: Some(serving(&stored.content_type).content_type),
                size_bytes: Some(stored.size_bytes),
                width: stored.width,
                height: stored.height,
                ..told
            },
        })
    }
}

/// Which files may be sent; null if the channel is gone.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub(crate) struct FilesView {
    /// An administrator can switch files off.
    allowed: bool,
    #[cfg_attr(feature = "openapi", schema(value_type = Vec<Limit>))]
    kinds: &'static [Limit],
    /// The largest file that a link can be sent to.
    link_max_bytes: u64,
}

impl FilesView {
    pub(crate) fn new(kind: ChannelKind, settings: &ChannelSettings) -> Self {
        Self { allowed: settings.files, kinds: limits(kind), link_max_bytes: LINK_MAX_BYTES }
    }
}

#[cfg(test)]
mod tests {
    use madoguchi_domain::Timestamp;
    use madoguchi_domain::media::{MediaFailure, Stored};
    use serde_json::json;

    use super::*;

    #[test]
    fn msg_6_each_state_is_shown_and_what_is_no_file_has_none() {
        let stored = Stored {
            key: "in/secret".into(),
            size_bytes: 7,
            content_type: "text/html".into(),
            sha256: None,
            width: Some(3),
            height: Some(2),
            preview_key: None,
        };
        let at = Timestamp::from_ms(0);
        let reason = MediaFailure::Expired;
        for (media, state, failure) in [
            (Media::Pending { since: at }, "pending", None),
            (Media::Gone, "gone", None),
            (Media::Failed { reason, at }, "failed", Some("media_expired")),
            (Media::Stored(stored), "stored", None),
        ] {
            let attachment = Attachment { media: Some(media), ..Attachment::default() };
            let view = serde_json::to_value(FileView::of(&attachment)).unwrap();
            assert_eq!(view["state"], state);
            assert_eq!(view["failure"]["id"].as_str(), failure);
            assert!(!view.to_string().contains("secret"), "keys are nobody's matter");
            if state == "stored" {
                assert_eq!(view["content_type"], "application/octet-stream", "HTML is never shown");
                assert_eq!((&view["width"], &view["size_bytes"]), (&json!(3), &json!(7)));
            }
        }
        assert_eq!(FileView::of(&Attachment::default()), None);
    }

    #[test]
    fn msg_12_the_limits_are_told_before_anything_is_uploaded() {
        let view = FilesView::new(ChannelKind::Line, &ChannelSettings::default());
        let view = serde_json::to_value(view).unwrap();
        assert_eq!(view["allowed"], true);
        assert_eq!(
            view["kinds"][0],
            json!({"kind": "image", "max_bytes": 10_000_000, "types": ["image/jpeg", "image/png"]})
        );
        assert!(view["kinds"].as_array().unwrap().iter().all(|kind| kind["kind"] != "file"));
    }
}
