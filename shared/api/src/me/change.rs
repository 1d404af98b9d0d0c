//! `PATCH /api/me`: the name that customers see, and whether they see it (SND-1, SND-7).

use axum::Json;
use axum::extract::State;
use madoguchi_domain::sender::{Profile, SenderMode, SenderName};
use madoguchi_store::Saved;
use serde::Deserialize;

use super::{MeView, profile};
use crate::auth::Operator;
use crate::conversations::TRIES;
use crate::input::{JsonBody, named};
use crate::{ApiError, Shared};

/// What is left out stays as it is; `null` or an empty display name takes it away.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[expect(clippy::option_option, reason = "left out, null and a name are three different wishes")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub(crate) struct Changes {
    /// At most 20 UTF-16 code units. “LINE” and “ライン” by themselves are refused: customers could take
    /// the sender for LINE.
    #[serde(deserialize_with = "named")]
    display_name: Option<Option<String>>,
    /// Whom customers see above a reply: the official account, or the operator by name. LINE shows the name
    /// with the account's, Messenger the operator's persona; a channel without sender names puts the name
    /// before the text if its setting `sender_prefix` is on.
    #[serde(deserialize_with = "named")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    sender: Option<SenderMode>,
}

/// Change how customers see you
///
/// What is left out stays as it is. The display name replaces the name that you sign in with; null takes it away.
/// `sender` is what replies are sent as if they do not say it themselves.
#[cfg_attr(feature = "openapi", utoipa::path(
    patch, path = "/api/me", operation_id = "changeMe", tag = "Operators",
    request_body = inline(Changes),
    responses((status = 200, description = "How customers see the operator who calls.", body = MeView)),
    extensions(("x-errors" = json!(["sender_names"]))),
))]
pub(crate) async fn change(
    State(api): Shared,
    operator: Operator,
    JsonBody(changes): JsonBody<Changes>,
) -> Result<Json<MeView>, ApiError> {
    let directory = api.directory.by(operator.author(api.clock.now()));
    for _ in 0..TRIES {
        let before = profile(&api, &operator).await?;
        let mut after = before.clone();
        if let Some(name) = &changes.display_name {
            let name = name.as_deref().filter(|name| !name.trim().is_empty());
            after.display_name = name.map(SenderName::new).transpose().map_err(ApiError::SenderName)?;
        }
        after.mode = changes.sender.unwrap_or(before.mode);
        // The account's name is not checked before customers are to see it.
        after.sender(after.mode).map_err(ApiError::SenderName)?;
        if directory.save_operator(&after).await? == Saved::Done {
            let picture = api.inbox.operator_picture(&operator.id).await?;
            let view = MeView::new(&api, &after, picture.as_ref());
            api.senders.wrote(Profile { rev: after.rev + 1, ..after }, api.clock.now());
            return Ok(Json(view));
        }
    }
    Err(ApiError::contended("the operator's profile"))
}
