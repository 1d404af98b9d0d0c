//! `GET /api/consent`: the text that must be accepted before a channel is switched on (CHN-7).

use axum::Json;
use madoguchi_domain::setup::consent;
use serde::Serialize;

use crate::auth::Operator;

#[derive(Debug, Serialize)]
pub(crate) struct ConsentText {
    version: &'static str,
    text: &'static str,
}

pub(crate) async fn consent(administrator: Operator) -> Json<ConsentText> {
    let text = consent::text(administrator.reader().language);
    Json(ConsentText { version: consent::VERSION, text })
}
