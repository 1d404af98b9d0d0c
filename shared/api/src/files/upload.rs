//! `POST /api/conversations/{conversation}/uploads`: a form to upload a file with, if the channel takes such a file.
//! Everything that can be known beforehand is refused here, before a byte has moved (MSG-12).

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use madoguchi_domain::ConversationId;
use madoguchi_domain::media::{self, Offer, Outbound};
use madoguchi_domain::reply::{self, Upload};
use madoguchi_domain::window::Author;
use madoguchi_runtime::bucket::PostForm;
use madoguchi_runtime::unguessable;
use serde::{Deserialize, Serialize};

use super::FORM_LIFE;
use crate::auth::Operator;
use crate::conversations::{existing, usable};
use crate::input::{InPath, JsonBody};
use crate::{ApiError, Shared};

/// The longest name; it has to fit where files are saved.
const NAME_CHARACTERS: usize = 200;
/// The longest playing time: a day.
const LONGEST_MS: u64 = 86_400_000;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub(crate) struct Wish {
    #[cfg_attr(feature = "openapi", schema(max_length = 200))]
    name: String,
    /// Content type; without it the name's ending tells.
    #[serde(rename = "type", default)]
    content_type: String,
    /// Exactly; the form takes no other size.
    #[cfg_attr(feature = "openapi", schema(minimum = 1))]
    size_bytes: u64,
    /// Of a sound or video, where it is known.
    #[serde(default)]
    #[cfg_attr(feature = "openapi", schema(minimum = 1))]
    duration_ms: Option<u64>,
    /// Left out: `false`.
    #[serde(default)]
    as_link: bool,
}

#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub(crate) struct UploadView {
    upload_id: String,
    #[cfg_attr(feature = "openapi", schema(value_type = madoguchi_domain::media::MediaKind))]
    kind: &'static str,
    content_type: String,
    #[cfg_attr(feature = "openapi", schema(value_type = crate::openapi::UploadForm))]
    form: PostForm,
}

/// Get a form to upload a file with
///
/// Refuses what the channel does not take before it is uploaded, with what helps. Post the form's fields and then
/// the file, as field `file`, to its `url` within 15 minutes; then send a message with the `upload_id` within a
/// day. LINE takes no files but pictures, videos and sounds: with `as_link` a link is sent instead.
#[cfg_attr(feature = "openapi", utoipa::path(
    post, path = "/api/conversations/{conversation}/uploads", operation_id = "uploadFile", tag = "Messages",
    request_body = inline(Wish),
    responses((status = 201, description = "The form.", body = UploadView)),
    extensions(("x-errors" = json!(["locks", "files"]))),
))]
pub(crate) async fn upload(
    State(api): Shared,
    operator: Operator,
    InPath(id): InPath<ConversationId>,
    JsonBody(wish): JsonBody<Wish>,
) -> Result<impl IntoResponse, ApiError> {
    let conversation = existing(&api, &operator, id).await?;
    let now = api.clock.now();
    let channel = api.channels.channel(conversation.channel_id, now).await?;
    let settings = &usable(channel.as_ref(), conversation.channel_kind)?.settings;
    reply::composer(&conversation, settings, Author::of(&operator.id), now)
        .free()
        .map_err(|lock| ApiError::Locked(lock, conversation.channel_kind))?;
    let name = name(&wish.name)?;
    if wish.duration_ms.is_some_and(|duration| !(1..=LONGEST_MS).contains(&duration)) {
        let what = format!("duration_ms: must be 1 to {LONGEST_MS}");
        return Err(ApiError::InvalidBody { what });
    }
    let offer = Offer {
        name: &name,
        content_type: &wish.content_type,
        size_bytes: wish.size_bytes,
        as_link: wish.as_link,
    };
    let accepted = media::check(conversation.channel_kind, settings, &offer).map_err(ApiError::File)?;
    let upload = Upload {
        id: unguessable()?,
        name,
        accepted,
        size_bytes: wish.size_bytes,
        duration_ms: wish.duration_ms,
        as_link: wish.as_link,
    };
    api.inbox.announce_upload(id, &upload, now).await?;
    let place = Outbound { conversation: id, upload: &upload.id };
    let content_type = upload.accepted.content_type;
    let form = api.bucket.post_form(&place.upload_key(), &content_type, upload.size_bytes, FORM_LIFE);
    tracing::debug!(
        conversation.id = %id, operator.id = operator.id.0, size_bytes = upload.size_bytes,
        "Accepted a file for conversation `{id}`"
    );
    let kind = upload.accepted.kind.as_str();
    Ok((StatusCode::CREATED, Json(UploadView { upload_id: upload.id, kind, content_type, form })))
}

/// A name without its folders, and without what a terminal or a header would take for more than a name.
fn name(given: &str) -> Result<String, ApiError> {
    let last = given.rsplit(['/', '\\']).next().unwrap_or_default();
    let clean: String = last.chars().filter(|c| !c.is_control()).collect();
    let clean = clean.trim();
    if clean.is_empty() || clean.chars().count() > NAME_CHARACTERS {
        let what = format!("name: must be a file's name of at most {NAME_CHARACTERS} characters");
        return Err(ApiError::InvalidBody { what });
    }
    Ok(clean.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_the_last_part_of_a_path() {
        for (given, expected) in [
            ("見積.pdf", Some("見積.pdf")),
            ("C:\\fakepath\\a.jpg", Some("a.jpg")),
            ("../../etc/passwd", Some("passwd")),
            ("a\r\nb.png", Some("ab.png")),
            ("", None),
            ("dir/", None),
        ] {
            assert_eq!(name(given).ok().as_deref(), expected, "{given}");
        }
        assert!(name(&"a".repeat(NAME_CHARACTERS)).is_ok());
        assert!(name(&"a".repeat(NAME_CHARACTERS + 1)).is_err());
    }
}
