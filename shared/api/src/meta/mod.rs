//! What Meta tells us about people who logged in to connect Pages: that they took our app out of their account
//! ([`deauthorize`]), or want their data deleted ([`delete_data`], with a page that says how far that is). The routes are
//! open, since a `signed_request` carries Meta's own signature; what does not is refused, counted and audited.

mod deauthorize;
mod delete_data;
mod status;

use axum::body::{Body, to_bytes};
use axum::extract::Request;
use madoguchi_channels::messenger::{SignedRequestError, read_signed_request, signed_request_of};
use madoguchi_domain::audit::Entry;
use madoguchi_domain::withdrawal::{Extent, Withdrawal, timely};
use madoguchi_store::Saved;

use crate::connect::ConnectApi;
use crate::{ApiError, auth};

pub(crate) use deauthorize::deauthorize;
pub(crate) use delete_data::delete_data;
pub(crate) use status::status;

/// What is described of this module.
#[cfg(feature = "openapi")]
#[derive(utoipa::OpenApi)]
#[openapi(paths(deauthorize::deauthorize, delete_data::delete_data, status::status))]
pub(crate) struct Described;

/// What Meta posts.
#[cfg(feature = "openapi")]
#[derive(utoipa::ToSchema)]
#[expect(dead_code, reason = "only its shape counts")]
pub(crate) struct SignedRequest {
    /// `{signature}.{payload}`, both base64url; HMAC-SHA256 of the payload with the app secret.
    signed_request: String,
}

/// Meta's requests are far below it.
const LARGEST_BODY_BYTES: usize = 64 * 1024;

impl ConnectApi {
    /// Takes a request of Meta's down, to be carried out within a minute by `token-refresh`, or says why not. A request
    /// that was heard of before changes nothing.
    async fn hear(&self, request: Request<Body>, extent: Extent) -> Result<Withdrawal, ApiError> {
        let (head, body) = request.into_parts();
        let body = to_bytes(body, LARGEST_BODY_BYTES).await.unwrap_or_default();
        let app = self.meta_app().await?;
        let now = self.clock.now();
        let text = signed_request_of(&body).unwrap_or_default();
        let found = read_signed_request(&app.signing_secrets(), &text).map_err(SignedRequestError::public_id);
        let found = found.and_then(|found| match timely(found.issued_at, now) {
            Ok(()) => Ok(found),
            Err(untimely) => Err(untimely.public_id()),
        });
        let by = auth::stranger(&head.extensions);
        let found = match found {
            Ok(found) => found,
            Err(reason) => {
                self.metrics.count("SignedRequestsRefused", 1);
                tracing::warn!(reason, "A signed request was refused");
                let entry = Entry::refused("withdrawal.refused", reason, "withdrawal".to_owned(), by, now);
                let _once_a_minute = self.audit.record(&entry).await?;
                return Err(ApiError::SignedRequestRefused);
            }
        };
        let withdrawal = Withdrawal {
            code: found.code,
            extent,
            user_id: Some(found.user_id),
            issued_at: found.issued_at,
            received_at: now,
            completed_at: None,
            logins: 0,
        };
        if self.directory.by(by).add_withdrawal(&withdrawal).await? == Saved::Done {
            tracing::info!(?extent, "Somebody takes back what they allowed our app");
        }
        Ok(withdrawal)
    }
}
