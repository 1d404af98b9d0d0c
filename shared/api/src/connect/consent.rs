//! `GET /api/consent`: the text that must be accepted before a channel is switched on (CHN-7).

use axum::Json;
use madoguchi_domain::setup::consent;
use serde::Serialize;

use crate::auth::Operator;

#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub(crate) struct ConsentText {
    version: &'static str,
    text: &'static str,
}

/// The text to accept before a channel is switched on
///
/// For administrators. In the language that `Accept-Language` asks for first.
#[cfg_attr(feature = "openapi", utoipa::path(
    get, path = "/api/consent", operation_id = "readConsent", tag = "Connecting",
    responses((status = 200, description = "The current text.", body = ConsentText)),
))]
pub(crate) async fn consent(administrator: Operator) -> Json<ConsentText> {
    let text = consent::text(administrator.reader().language);
    Json(ConsentText { version: consent::VERSION, text })
}
