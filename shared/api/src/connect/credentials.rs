//! `PUT /api/setups/{setup}/credentials`: what a LINE official account or a sender at Twilio is reached with, as in `POST
//! /api/channels`. It is tried out at once and kept until the setup ends; it never comes back out.

use axum::Json;
use axum::extract::State;
use madoguchi_credentials::SetupSecret;
use madoguchi_domain::SetupId;
use madoguchi_domain::setup::SetupRefused;
use madoguchi_domain::setup::keyed::{Entered, Keyed};
use serde_json::{Map, Value};

use super::SharedConnect;
use super::view::SetupView;
use crate::ApiError;
use crate::auth::Operator;
use crate::channels::entered;
use crate::input::{InPath, JsonBody};

/// Enter what a LINE account or a sender at Twilio is reached with
///
/// The fields of `POST /api/channels` for the setup's kind, without `kind`, brand and department. They are
/// tried out by real calls and never shown; nothing is changed at the provider. Finishing stores them, has the
/// provider send what comes in to this stack, has LINE try that out, and tells in `account.notes` what gets in
/// the way. What the provider does not take is refused with `credential_refused`.
#[cfg_attr(feature = "openapi", utoipa::path(
    put, path = "/api/setups/{setup}/credentials", operation_id = "enterCredentials", tag = "Connecting",
    request_body = inline(crate::openapi::bodies::EnteredCredentials),
    responses((status = 200, description = "Everything that was chosen, and the next step.", body = SetupView)),
    extensions(("x-errors" = json!([
        "credential_refused", "provider_refused", "provider_unavailable", "setups",
    ]))),
))]
pub(crate) async fn credentials(
    State(api): SharedConnect,
    administrator: Operator,
    InPath(id): InPath<SetupId>,
    JsonBody(mut body): JsonBody<Map<String, Value>>,
) -> Result<Json<SetupView>, ApiError> {
    let setup = api.going_on(id, &administrator).await?;
    setup.keyed()?;
    setup.may_choose()?;
    let invalid = |what: &str| ApiError::InvalidBody { what: what.to_owned() };
    if body.contains_key("kind") {
        return Err(invalid("unknown field `kind`: the setup has one"));
    }
    let resume = match body.remove("resume") {
        None | Some(Value::Null) => false,
        Some(Value::Bool(resume)) => resume,
        Some(_) => return Err(invalid("`resume` must be true or false")),
    };
    let (name, external_id, entry) = entered(setup.kind, body)?;
    let proven = api.prove_entry(&entry, &external_id).await?;
    let secret = SetupSecret { entry: Some(entry), ..SetupSecret::default() };
    api.keep_entry(id, &secret).await?;
    let setup = api
        .change(id, &administrator, |setup, now| {
            let keyed: &mut Keyed = setup.keyed_mut()?;
            if keyed.channel.is_some() {
                return Err(SetupRefused::Finished.into());
            }
            keyed.entered = Some(Entered {
                external_id: external_id.clone(),
                account_name: proven.name.clone(),
                name: name.clone(),
                resume,
                at: now,
                notes: proven.notes.clone(),
            });
            Ok(())
        })
        .await?;
    Ok(Json(SetupView::new(&setup, administrator.reader().language, api.clock.now())))
}
