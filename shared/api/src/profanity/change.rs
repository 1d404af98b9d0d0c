//! `PUT /api/brands/{brand}/profanity`. Conversations follow within half a minute.

use axum::extract::State;
use madoguchi_domain::BrandId;
use madoguchi_store::Saved;

use super::{Choice, ProfanityView, existing};
use crate::auth::Operator;
use crate::conversations::TRIES;
use crate::etag::{IfMatch, Tagged};
use crate::input::{InPath, JsonBody};
use crate::{ApiError, SharedOrganisation};

/// Change what a brand finds offensive
///
/// For administrators. What is left out is as if nobody had chosen anything. Conversations follow within half a
/// minute. With `If-Match` a change that somebody else made meanwhile is refused with `version_outdated`.
#[cfg_attr(feature = "openapi", utoipa::path(
    put, path = "/api/brands/{brand}/profanity", operation_id = "changeProfanity", tag = "Organisation",
    params(IfMatch),
    request_body = inline(Choice),
    responses(
        (
            status = 200, description = "What is chosen for the brand.", body = ProfanityView,
            headers(("ETag")),
        ),
    ),
    extensions(("x-errors" = json!(["profanity_refused"]))),
))]
pub(crate) async fn change(
    State(api): SharedOrganisation,
    administrator: Operator,
    InPath(brand): InPath<BrandId>,
    meant: IfMatch,
    JsonBody(choice): JsonBody<Choice>,
) -> Result<Tagged<ProfanityView>, ApiError> {
    let api = api.by(&administrator);
    for _ in 0..TRIES {
        let before = existing(&api.directory, brand).await?;
        meant.check(before.rev, || ProfanityView::from(&before))?;
        let mut after = choice.clone().of(&before)?;
        if after == before {
            return Ok(Tagged(before.rev, ProfanityView::from(&before)));
        }
        if api.directory.save_profanity(&after).await? == Saved::Done {
            tracing::info!(
                brand.id = %brand, operator.id = administrator.id.0, on = after.on,
                "Changed what brand `{brand}` finds offensive"
            );
            after.rev += 1;
            return Ok(Tagged(after.rev, ProfanityView::from(&after)));
        }
    }
    Err(ApiError::contended("what the brand finds offensive"))
}
