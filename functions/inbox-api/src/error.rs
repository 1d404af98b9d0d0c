//! Everything that the API answers other than success.
//!
//! To add an error: add a variant whose text tells the caller what to do, then let the compiler ask
//! for its public id (stable for ever) and its status, and add it to the test below and to the list
//! in `infra/openapi.yaml`. What only maintainers need goes into a `detail` field, which reaches the
//! log and never a response.

use std::sync::Arc;

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use madoguchi_domain::ChannelKind;
use madoguchi_domain::channel::SettingsOutOfBounds;
use madoguchi_domain::conversation::ReopenRefused;
use madoguchi_domain::reply::{Lock, ReplyRefused};
use madoguchi_domain::send::FailureReason;
use madoguchi_domain::template::TemplateRefused;
use madoguchi_domain::text::TextRefused;
use madoguchi_runtime::{QueueError, SecretError};
use madoguchi_store::StoreError;

/// What went wrong. The text is for the person who called.
#[derive(Debug, thiserror::Error)]
pub enum ApiError {
    /// The request carries no verified claims.
    #[error("Sign in first.")]
    Unauthenticated,
    /// The person is not in the group `administrators`.
    #[error("Only administrators may do this.")]
    AdministratorsOnly,
    /// No route has this path.
    #[error("There is nothing at this address.")]
    UnknownRoute,
    /// The path exists for other methods.
    #[error("This address does not answer this kind of request.")]
    MethodNotAllowed,
    /// The query string is not understood.
    #[error("The query cannot be used: {what}.")]
    InvalidQuery {
        /// What is wrong, with the parameter's name.
        what: String,
    },
    /// The body is not understood.
    #[error("The body cannot be used: {what}.")]
    InvalidBody {
        /// What is wrong, with the field's name where it is known.
        what: String,
    },
    /// The body is too long.
    #[error("The body is longer than {limit_bytes} bytes.")]
    BodyTooLarge {
        /// The most that is read.
        limit_bytes: usize,
    },
    /// A reply without the name that makes sending it twice harmless (RPL-14).
    #[error(
        "Send the header Idempotency-Key with 1 to 200 visible ASCII characters: a new key for a new \
         reply, the same key to repeat one."
    )]
    IdempotencyKeyInvalid,
    /// Another text was sent under this key.
    #[error("Another text was sent with this Idempotency-Key; use a new key for a new reply.")]
    IdempotencyKeyReused,
    /// No such conversation.
    #[error("There is no such conversation.")]
    ConversationNotFound,
    /// No such message.
    #[error("There is no such message in this conversation.")]
    MessageNotFound,
    /// No such channel.
    #[error("There is no such channel.")]
    ChannelNotFound,
    /// Nothing with this id is in quarantine.
    #[error("Nothing with this id is in quarantine.")]
    QuarantinedNotFound,
    /// The channel of the conversation is gone (RPL-5).
    #[error("{}", FailureReason::ChannelUnlinked.message(ChannelKind::Messenger))]
    ChannelUnlinked,
    /// Nothing can be written in the conversation now (RPL-2).
    #[error("{}", sentence(.0))]
    Locked(Lock),
    /// The text does not fit the provider.
    #[error("{}", sentence(.0))]
    Text(TextRefused),
    /// The channel's conversations are not reopened by button (C1).
    #[error("{}", sentence(.0))]
    Reopen(ReopenRefused),
    /// Only what was not sent can be sent again (RPL-12).
    #[error("Only a reply that failed or is unconfirmed can be sent again.")]
    MessageNotResendable,
    /// The account is connected already.
    #[error(
        "This account is connected already; to enter its credential anew use \
         PUT /api/channels/{{id}}/credential."
    )]
    ChannelExists,
    /// The connection that a new channel names is not there, or is another provider's.
    #[error("There is no such Messenger connection; send a user_access_token to make a new one.")]
    ConnectionNotFound,
    /// Its credential is being refreshed, or changed by somebody else.
    #[error("The credential is being renewed at this moment; try again in half a minute.")]
    ConnectionBusy,
    /// A setting is outside its bounds.
    #[error("The setting {0}.")]
    SettingsOutOfBounds(SettingsOutOfBounds),
    /// Sending it again would bring it back into quarantine.
    #[error("This cannot be replayed: {reason}.")]
    NotReplayable {
        /// Why.
        reason: &'static str,
    },
    /// The conversation kept changing, or the table pushes back.
    #[error("This is busy at the moment; try again in a second.")]
    Busy {
        /// For maintainers.
        detail: String,
    },
    /// The template cannot be sent.
    #[error("{}", sentence(.0))]
    Template(TemplateRefused),
    /// A fault of ours.
    #[error("Something went wrong on our side; try again, and tell a maintainer the request id if it stays.")]
    Internal {
        /// For maintainers.
        detail: String,
    },
}

impl ApiError {
    /// The stable id that programs go by.
    pub const fn public_id(&self) -> &'static str {
        match self {
            Self::Unauthenticated => "unauthenticated",
            Self::AdministratorsOnly => "administrators_only",
            Self::UnknownRoute => "unknown_route",
            Self::MethodNotAllowed => "method_not_allowed",
            Self::InvalidQuery { .. } => "invalid_query",
            Self::InvalidBody { .. } => "invalid_body",
            Self::BodyTooLarge { .. } => "body_too_large",
            Self::IdempotencyKeyInvalid => "idempotency_key_invalid",
            Self::IdempotencyKeyReused => "idempotency_key_reused",
            Self::ConversationNotFound => "conversation_not_found",
            Self::MessageNotFound => "message_not_found",
            Self::ChannelNotFound => "channel_not_found",
            Self::QuarantinedNotFound => "quarantined_not_found",
            Self::ChannelUnlinked => FailureReason::ChannelUnlinked.public_id(),
            Self::Locked(lock) => lock.public_id(),
            Self::Text(TextRefused::Empty) => "text_empty",
            Self::Text(TextRefused::TooLong { .. }) => "text_too_long",
            Self::Template(_) => "template_refused",
            Self::Reopen(ReopenRefused::OnlyTheCustomer) => "reopen_by_customer_only",
            Self::Reopen(ReopenRefused::Final) => "conversation_final",
            Self::MessageNotResendable => "message_not_resendable",
            Self::ChannelExists => "channel_exists",
            Self::ConnectionNotFound => "connection_not_found",
            Self::ConnectionBusy => "connection_busy",
            Self::SettingsOutOfBounds(_) => "settings_out_of_bounds",
            Self::NotReplayable { .. } => "not_replayable",
            Self::Busy { .. } => "busy",
            Self::Internal { .. } => "internal",
        }
    }

    /// The HTTP status.
    pub const fn status(&self) -> StatusCode {
        match self {
            Self::Unauthenticated => StatusCode::UNAUTHORIZED,
            Self::AdministratorsOnly => StatusCode::FORBIDDEN,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::InvalidQuery { .. } | Self::InvalidBody { .. } | Self::IdempotencyKeyInvalid => {
                StatusCode::BAD_REQUEST
            }
            Self::BodyTooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Self::UnknownRoute
            | Self::ConversationNotFound
            | Self::MessageNotFound
            | Self::ChannelNotFound
            | Self::QuarantinedNotFound => StatusCode::NOT_FOUND,
            Self::IdempotencyKeyReused
            | Self::ChannelUnlinked
            | Self::Locked(_)
            | Self::Reopen(_)
            | Self::MessageNotResendable
            | Self::ChannelExists
            | Self::ConnectionBusy
            | Self::NotReplayable { .. } => StatusCode::CONFLICT,
            Self::Text(_) | Self::Template(_) | Self::ConnectionNotFound | Self::SettingsOutOfBounds(_) => {
                StatusCode::UNPROCESSABLE_ENTITY
            }
            Self::Busy { .. } => StatusCode::SERVICE_UNAVAILABLE,
            Self::Internal { .. } => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// What only the log may say.
    pub fn detail(&self) -> Option<&str> {
        match self {
            Self::Busy { detail } | Self::Internal { detail } => Some(detail),
            _ => None,
        }
    }

    /// Somebody else was faster each time.
    pub(crate) fn contended(what: &str) -> Self {
        Self::Busy { detail: format!("lost every race for {what}") }
    }
}

/// The body is written at the boundary, which knows the request's id.
impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let mut response = self.status().into_response();
        response.extensions_mut().insert(Arc::new(self));
        response
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Throttled { .. } => Self::Busy { detail: chain(&error) },
            _ => Self::Internal { detail: chain(&error) },
        }
    }
}

impl From<SecretError> for ApiError {
    fn from(error: SecretError) -> Self {
        Self::Internal { detail: chain(&error) }
    }
}

impl From<QueueError> for ApiError {
    fn from(error: QueueError) -> Self {
        Self::Internal { detail: chain(&error) }
    }
}

impl From<ReplyRefused> for ApiError {
    fn from(refused: ReplyRefused) -> Self {
        match refused {
            ReplyRefused::Locked(lock) => Self::Locked(lock),
            ReplyRefused::Text(text) => Self::Text(text),
            ReplyRefused::Template(template) => Self::Template(template),
        }
    }
}

fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}

/// A rule's reason as a sentence for a person.
pub(crate) fn sentence(reason: &impl ToString) -> String {
    let reason = reason.to_string();
    let mut letters = reason.chars();
    let first = letters.next().map(char::to_uppercase).into_iter().flatten();
    first.chain(letters).chain(['.']).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    /// One of each; the match in [`place`] makes the compiler ask for the new ones.
    fn catalogue() -> Vec<ApiError> {
        let detail = || "secret detail".to_owned();
        vec![
            ApiError::Unauthenticated,
            ApiError::AdministratorsOnly,
            ApiError::UnknownRoute,
            ApiError::MethodNotAllowed,
            ApiError::InvalidQuery { what: "`limit` is no number".into() },
            ApiError::InvalidBody { what: "`text` is missing".into() },
            ApiError::BodyTooLarge { limit_bytes: 1 },
            ApiError::IdempotencyKeyInvalid,
            ApiError::IdempotencyKeyReused,
            ApiError::ConversationNotFound,
            ApiError::MessageNotFound,
            ApiError::ChannelNotFound,
            ApiError::QuarantinedNotFound,
            ApiError::ChannelUnlinked,
            ApiError::Locked(Lock::Closed),
            ApiError::Locked(Lock::WindowClosed { ended_at: None }),
            ApiError::Locked(Lock::Standby),
            ApiError::Text(TextRefused::Empty),
            ApiError::Text(TextRefused::TooLong {
                length: 6_000,
                limit: 5_000,
                unit: "UTF-16 code units",
                channel: ChannelKind::Line,
            }),
            ApiError::Reopen(ReopenRefused::OnlyTheCustomer),
            ApiError::Reopen(ReopenRefused::Final),
            ApiError::MessageNotResendable,
            ApiError::ChannelExists,
            ApiError::ConnectionNotFound,
            ApiError::ConnectionBusy,
            ApiError::SettingsOutOfBounds(SettingsOutOfBounds {
                field: "idle_close_after_minutes",
                value: 0,
                min: 1,
                max: 1_440,
            }),
            ApiError::NotReplayable { reason: "it is a part of a body" },
            ApiError::Busy { detail: detail() },
            ApiError::Internal { detail: detail() },
            ApiError::Locked(Lock::OptedOut),
            ApiError::Locked(Lock::TemplateNeeded),
            ApiError::Template(TemplateRefused::NotAnId),
        ]
    }

    fn place(error: &ApiError) -> usize {
        match error {
            ApiError::Unauthenticated => 0,
            ApiError::AdministratorsOnly => 1,
            ApiError::UnknownRoute => 2,
            ApiError::MethodNotAllowed => 3,
            ApiError::InvalidQuery { .. } => 4,
            ApiError::InvalidBody { .. } => 5,
            ApiError::BodyTooLarge { .. } => 6,
            ApiError::IdempotencyKeyInvalid => 7,
            ApiError::IdempotencyKeyReused => 8,
            ApiError::ConversationNotFound => 9,
            ApiError::MessageNotFound => 10,
            ApiError::ChannelNotFound => 11,
            ApiError::QuarantinedNotFound => 12,
            ApiError::ChannelUnlinked => 13,
            ApiError::Locked(Lock::Closed) => 14,
            ApiError::Locked(Lock::WindowClosed { .. }) => 15,
            ApiError::Locked(Lock::Standby) => 16,
            ApiError::Text(TextRefused::Empty) => 17,
            ApiError::Text(TextRefused::TooLong { .. }) => 18,
            ApiError::Reopen(ReopenRefused::OnlyTheCustomer) => 19,
            ApiError::Reopen(ReopenRefused::Final) => 20,
            ApiError::MessageNotResendable => 21,
            ApiError::ChannelExists => 22,
            ApiError::ConnectionNotFound => 23,
            ApiError::ConnectionBusy => 24,
            ApiError::SettingsOutOfBounds(_) => 25,
            ApiError::NotReplayable { .. } => 26,
            ApiError::Busy { .. } => 27,
            ApiError::Internal { .. } => 28,
            ApiError::Locked(Lock::OptedOut) => 29,
            ApiError::Locked(Lock::TemplateNeeded) => 30,
            ApiError::Template(_) => 31,
        }
    }

    #[test]
    fn every_error_has_its_own_id_a_status_and_a_text_without_detail() {
        let catalogue = catalogue();
        let places: Vec<_> = catalogue.iter().map(place).collect();
        assert_eq!(places, (0..32).collect::<Vec<_>>());
        let ids: HashSet<_> = catalogue.iter().map(ApiError::public_id).collect();
        assert_eq!(ids.len(), catalogue.len());
        for error in &catalogue {
            let (id, text) = (error.public_id(), error.to_string());
            assert!(id.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'), "{id}");
            assert!(error.status().is_client_error() || error.status().is_server_error(), "{id}");
            assert!(text.len() > 10 && text.ends_with('.'), "{id}: {text}");
            assert!(text.chars().next().unwrap().is_uppercase(), "{id}: {text}");
            assert!(!text.contains("detail"), "{id}: {text}");
            assert_eq!(error.detail().is_some(), error.status().is_server_error(), "{id}");
        }
    }

    #[test]
    fn every_error_is_in_the_published_description() {
        let description = include_str!("../../../infra/openapi.yaml");
        let ids = description.split("    ErrorId:").nth(1).unwrap();
        for error in catalogue() {
            let entry = format!("- {}\n", error.public_id());
            assert!(ids.contains(&entry), "{}", error.public_id());
        }
    }

    #[test]
    fn a_setting_out_of_bounds_is_named_with_its_bounds() {
        let error = &catalogue()[25];
        assert_eq!(
            error.to_string(),
            "The setting idle_close_after_minutes is 0; it must be between 1 and 1440 minutes, \
             or null to switch it off."
        );
    }
}
