//! What the code tells of itself, for `infra/openapi`; only with the feature `openapi`.

pub(crate) mod bodies;
mod parameters;
pub(crate) mod words;

use serde_json::{Value, json};
use utoipa::OpenApi as _;

pub use parameters::{PathParameter, path_parameters};

use crate::error::catalogue::catalogue;
use crate::{
    audit, blocked, bots, boundary, brands, channels, connect, conversations, departments, drafts, files,
    idempotency, labels, live, me, memberships, mentions, messages, meta, notes, notices, notifications,
    operators, people, profanity, quarantine, reports, saved_views, search, sender_sync, templates, tickets,
    webhooks,
};

/// Paths and schemas, as handlers and views are annotated.
///
/// # Panics
///
/// If two shapes have the same name.
pub fn described() -> Value {
    let parts = vec![
        boundary::Described::openapi(),
        audit::Described::openapi(),
        blocked::Described::openapi(),
        bots::Described::openapi(),
        brands::Described::openapi(),
        channels::Described::openapi(),
        connect::Described::openapi(),
        conversations::Described::openapi(),
        departments::Described::openapi(),
        drafts::Described::openapi(),
        files::Described::openapi(),
        labels::Described::openapi(),
        live::Described::openapi(),
        me::Described::openapi(),
        memberships::Described::openapi(),
        mentions::Described::openapi(),
        messages::Described::openapi(),
        meta::Described::openapi(),
        notes::Described::openapi(),
        notices::Described::openapi(),
        notifications::Described::openapi(),
        operators::Described::openapi(),
        people::Described::openapi(),
        profanity::Described::openapi(),
        quarantine::Described::openapi(),
        reports::Described::openapi(),
        saved_views::Described::openapi(),
        search::Described::openapi(),
        sender_sync::Described::openapi(),
        templates::Described::openapi(),
        tickets::Described::openapi(),
        webhooks::Described::openapi(),
    ];
    let mut all = utoipa::openapi::OpenApi::default();
    for part in parts {
        for (name, schema) in part.components.iter().flat_map(|it| &it.schemas) {
            let other = all.components.as_ref().and_then(|it| it.schemas.get(name));
            assert!(
                other.is_none_or(|other| other == schema),
                "two shapes are called {name}; name one with `as`"
            );
        }
        all.merge(part);
    }
    all.components.get_or_insert_default().schemas.extend(words::all());
    // Plain data: it cannot fail.
    serde_json::to_value(all).unwrap_or_else(|error| json!(error.to_string()))
}

/// The bytes of a file.
#[derive(utoipa::ToSchema)]
#[schema(value_type = String, format = Binary)]
#[expect(dead_code, reason = "only its shape counts")]
pub(crate) struct Bytes(Vec<u8>);

/// Post it as `multipart/form-data`, with the fields in their order and then the field `file`.
#[derive(utoipa::ToSchema)]
#[expect(dead_code, reason = "only its shape counts")]
pub(crate) struct UploadForm {
    url: String,
    /// Name and value, in this order.
    fields: Vec<[String; 2]>,
    /// Until when it is taken.
    expires_at: String,
}

/// Id and status of every error.
pub fn errors() -> Vec<(&'static str, u16)> {
    catalogue().iter().map(|error| (error.public_id(), error.status().as_u16())).collect()
}

/// Whether what is posted to `path` is done once under an `Idempotency-Key`, as a rule of all.
pub fn is_done_once(path: &str) -> bool {
    !idempotency::EXEMPT.contains(&path)
}
