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
pub(crate) struct Changes {
    #[serde(deserialize_with = "named")]
    display_name: Option<Option<String>>,
    #[serde(deserialize_with = "named")]
    sender: Option<SenderMode>,
}

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
