//! `POST /api/brands/{brand}/profanity/test`: what would be found in a text, whether or not the brand has it switched on.
//! Nothing is stored.

use axum::Json;
use axum::extract::State;
use madoguchi_domain::BrandId;
use serde::{Deserialize, Serialize};

use super::{Choice, existing};
use crate::auth::Operator;
use crate::input::{InPath, JsonBody};
use crate::{ApiError, SharedOrganisation};

/// The longest text that is tried out, in characters: LINE's longest message.
const LONGEST_TEXT: usize = 5_000;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub(crate) struct Trial {
    #[cfg_attr(feature = "openapi", schema(max_length = 5000))]
    text: String,
    /// To be tried in place of what is stored.
    settings: Option<Choice>,
}

#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub(crate) struct TrialView {
    offensive: bool,
    /// In the order of the text; they do not overlap.
    matches: Vec<MatchView>,
}

#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
struct MatchView {
    /// As it stands in the text.
    text: String,
    /// Where it begins, in UTF-16 code units.
    index: usize,
    /// In UTF-16 code units.
    length: usize,
    /// As it stands in the list.
    word: String,
    /// `ja`, `en` or `own`.
    #[cfg_attr(feature = "openapi", schema(value_type = crate::openapi::words::MatchList))]
    list: &'static str,
}

/// Try out what would be found in a text
///
/// For administrators. Whether or not it is switched on; nothing is stored or counted.
#[cfg_attr(feature = "openapi", utoipa::path(
    post, path = "/api/brands/{brand}/profanity/test", operation_id = "testProfanity", tag = "Organisation",
    request_body = inline(Trial),
    responses((status = 200, description = "What was found.", body = TrialView)),
    extensions(("x-errors" = json!(["profanity_refused"]))),
))]
pub(crate) async fn try_out(
    State(api): SharedOrganisation,
    _: Operator,
    InPath(brand): InPath<BrandId>,
    JsonBody(trial): JsonBody<Trial>,
) -> Result<Json<TrialView>, ApiError> {
    if trial.text.chars().count() > LONGEST_TEXT {
        let what = format!("text: the longest that can be tried has {LONGEST_TEXT} characters");
        return Err(ApiError::InvalidBody { what });
    }
    let stored = existing(&api.directory, brand).await?;
    let settings = match trial.settings {
        Some(choice) => choice.of(&stored)?,
        None => stored,
    };
    let matcher = settings.matcher();
    let units = |text: &str| text.encode_utf16().count();
    let found = matcher.find(&trial.text).into_iter().map(|found| {
        let text = trial.text.get(found.at.clone()).unwrap_or_default();
        MatchView {
            text: text.to_owned(),
            index: units(trial.text.get(..found.at.start).unwrap_or_default()),
            length: units(text),
            word: found.word.to_owned(),
            list: found.list.as_str(),
        }
    });
    let matches: Vec<MatchView> = found.collect();
    Ok(Json(TrialView { offensive: !matches.is_empty(), matches }))
}
