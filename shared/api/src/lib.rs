//! The API that operators, administrators and scripts use: JSON over HTTP, one file per verb.
//!
//! API Gateway has verified the token before a request comes here; [`access`] refuses whoever the route is not for.
//! What can go wrong is listed in [`error`], with the recipe for adding to it. Nothing here calls a provider, but for
//! what connects channels: a reply is written down as queued, and the change of the table sets everything else going.

pub mod access;
mod admin;
mod audit;
mod auth;
mod blocked;
mod bots;
mod boundary;
mod brands;
mod channels;
mod connect;
mod connections;
mod conversations;
mod credentials;
mod departments;
mod desk;
mod drafts;
pub mod error;
mod etag;
mod files;
mod idempotency;
mod inbox;
mod input;
mod labels;
mod live;
mod me;
mod memberships;
mod mentions;
mod messages;
mod meta;
mod notes;
mod notices;
mod notifications;
#[cfg(feature = "openapi")]
pub mod openapi;
mod operators;
mod organisation;
mod people;
mod profanity;
mod quarantine;
mod reports;
mod saved_views;
mod search;
mod sender_sync;
mod templates;
mod tickets;
mod view;
mod webhooks;

use axum::Router;
use axum::extract::Request;
use axum::middleware::{from_fn, from_fn_with_state};
use lambda_http::Service as _;

pub(crate) use admin::SharedAdmin;
pub use admin::{AdminApi, admin_routes};
pub(crate) use auth::Operator;
pub use auth::{RolesClaim, role_of};
pub use boundary::request_id;
pub use connect::{ConnectApi, connect_routes};
pub use desk::{DeskApi, desk_routes};
pub use error::ApiError;
pub use idempotency::once;
pub(crate) use inbox::Shared;
pub use inbox::{Api, routes};
pub use notifications::{NotificationsApi, notification_routes};
pub(crate) use organisation::SharedOrganisation;
pub use organisation::{OrganisationApi, organisation_routes};
pub use reports::{ReportsApi, report_routes};
pub use webhooks::{WebhooksApi, webhook_routes};

/// Answers what `routes` answer to people with a role, as `roles` tells it, and everything else with an error of the
/// catalogue.
pub fn answering(routes: Router, roles: RolesClaim) -> Router {
    routes
        .fallback(async || ApiError::UnknownRoute)
        .method_not_allowed_fallback(async || ApiError::MethodNotAllowed)
        .layer(from_fn_with_state(roles, access::admit))
        .layer(from_fn(boundary::answer))
}

/// The same for a part of the routes: what is none of them, `elsewhere` answers.
pub fn answering_or(routes: Router, roles: RolesClaim, elsewhere: Router) -> Router {
    let others = elsewhere.clone();
    routes
        .fallback_service(elsewhere)
        // Another function may have the same path for another method.
        .method_not_allowed_fallback(move |request: Request| {
            let mut others = others.clone();
            async move { others.call(request).await }
        })
        .layer(from_fn_with_state(roles, access::admit))
        .layer(from_fn(boundary::answer))
}
