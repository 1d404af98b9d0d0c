//! Everything that the API answers other than success.
//!
//! To add an error: add a variant whose text tells the caller what to do, then let the compiler ask
//! for its public id (stable for ever) and its status, and add it to [`catalogue`]; `make openapi` tells
//! it to callers. What only maintainers need goes into a `detail` field, which reaches the
//! log and never a response.

use std::sync::Arc;

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use madoguchi_domain::assignment::{CannotTake, Who};
use madoguchi_domain::channel::SettingsOutOfBounds;
use madoguchi_domain::channel::icon::IconRefused;
use madoguchi_domain::conversation::{ReopenRefused, SnoozeRefused};
use madoguchi_domain::credential::Cause;
use madoguchi_domain::media::{MediaFailure, MediaRefused};
use madoguchi_domain::message_template::TemplateInvalid;
use madoguchi_domain::note::NoteRefused;
use madoguchi_domain::organisation::hours::HoursRefused;
use madoguchi_domain::organisation::{NAME_LENGTH, TooManyChannels};
use madoguchi_domain::picture::PictureRefused;
use madoguchi_domain::place::PlaceRefused;
use madoguchi_domain::profanity::ProfanityRefused;
use madoguchi_domain::reply::{Lock, ReplyRefused};
use madoguchi_domain::role::Scope;
use madoguchi_domain::sender::NameRefused;
use madoguchi_domain::setup::{SetupProblem, SetupRefused};
use madoguchi_domain::sticker::StickerRefused;
use madoguchi_domain::template::TemplateRefused;
use madoguchi_domain::text::{self, TextRefused};
use madoguchi_domain::ticket::TicketRefused;
use madoguchi_domain::webhook::MOST_SUBSCRIPTIONS;
use madoguchi_domain::{ChannelKind, ConversationId, Language, Problem, Timestamp};
use madoguchi_runtime::outgoing::AddressRefused;
use madoguchi_runtime::{BucketError, NoRandomness, QueueError, SecretError};
use madoguchi_store::StoreError;
use serde::Serialize;
use serde_json::Value;

/// What went wrong. The text is for the person who called.
#[derive(Debug, thiserror::Error)]
pub enum ApiError {
    /// The request carries no verified claims.
    #[error("Sign in first.")]
    Unauthenticated,
    /// The person is in none of the groups that have a role (MEM-12).
    #[error(
        "You have no role here yet. Ask an owner to add you to the group operators, administrators or owners."
    )]
    NoRole,
    /// The person's role may not do this.
    #[error("Only administrators may do this.")]
    AdministratorsOnly,
    /// The token of a client lacks what this takes (OPS-1).
    #[error("The client's token needs the scope {}.", .0.as_str())]
    ScopeMissing(Scope),
    /// No client may do this.
    #[error("Only a person may do this, not a client by itself.")]
    PersonNeeded,
    /// A client calls too often.
    #[error("This client has sent too many requests; go on in {after_secs} seconds.")]
    TooManyRequests {
        /// When it may go on.
        after_secs: u64,
    },
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
    /// Another request was posted under this key (OPS-1).
    #[error("Another request was sent with this Idempotency-Key; use a new key for a new request.")]
    IdempotencyKeyMismatch,
    /// The first of this key is not done yet.
    #[error("A request with this Idempotency-Key is being worked on; send it again in a moment.")]
    RequestRunning,
    /// Somebody else has changed it (OPS-1).
    #[error("Somebody else has changed this meanwhile; look at it again, then change it.")]
    ChangedMeanwhile {
        /// Its version now.
        version: u64,
        /// As it is now.
        current: Value,
    },
    /// Nothing can be done with what is closed.
    #[error("The conversation is not open; reopen it first.")]
    ConversationNotOpen,
    /// The channel has no bot, or the conversation is a group's.
    #[error("No bot can answer here: the channel has none, or the conversation is a group's.")]
    NoBot,
    /// No such bot.
    #[error("The channel has no bot.")]
    BotNotFound,
    /// No such conversation.
    #[error("There is no such conversation.")]
    ConversationNotFound,
    /// Only whoever connected the channel deletes its conversations for ever (CLS-8).
    #[error("Only the person who connected this channel may delete its conversations for ever.")]
    NotInstaller,
    /// Deleting for ever takes the contact's name or an id, typed (CLS-8).
    #[error(
        "To delete this conversation for ever, send the contact's name exactly as it is shown, or {{\"confirm\": \"{id}\"}}."
    )]
    DeletionNotConfirmed {
        /// The conversation.
        id: ConversationId,
    },
    /// No such message.
    #[error("There is no such message in this conversation.")]
    MessageNotFound,
    /// No such channel.
    #[error("There is no such channel.")]
    ChannelNotFound,
    /// Nothing with this id is in quarantine.
    #[error("Nothing with this id is in quarantine.")]
    QuarantinedNotFound,
    /// The message has no such attachment, or it is no file.
    #[error("There is no such file.")]
    AttachmentNotFound,
    /// It is being copied.
    #[error("The file is still on its way; try again in a moment.")]
    AttachmentPending,
    /// It could not be had.
    #[error("{}", .0.message())]
    AttachmentFailed(MediaFailure),
    /// The sender took it back.
    #[error("The customer took this file back.")]
    AttachmentGone,
    /// Only what failed can be tried again.
    #[error("Only a customer's file that failed can be tried again.")]
    AttachmentNotRetryable,
    /// No such upload, or one that is too old.
    #[error("There is no such upload; it is forgotten after a day. Upload the file again.")]
    UploadNotFound,
    /// Nothing has been uploaded yet, or not all of it.
    #[error("The file has not been uploaded yet; send it by the form first.")]
    UploadIncomplete,
    /// The channel does not take such a file (MSG-3 to MSG-9).
    #[error("{}", sentence(.0))]
    File(MediaRefused),
    /// Nothing can be written in a conversation of this kind of channel now (RPL-2).
    #[error("{}", sentence(.0))]
    Locked(Lock, ChannelKind),
    /// The text does not fit the provider.
    #[error("{}", sentence(.0))]
    Text(TextRefused, ChannelKind),
    /// The sticker cannot be sent (MSG-2).
    #[error("{}", sentence(.0))]
    Sticker(StickerRefused, ChannelKind),
    /// The location cannot be sent (MSG-12).
    #[error("{}", sentence(.0))]
    Place(PlaceRefused, ChannelKind),
    /// Customers cannot be shown this name (SND-6).
    #[error("{}", sentence(.0))]
    SenderName(NameRefused),
    /// It cannot be an operator's picture (SND-3).
    #[error("{}", sentence(.0))]
    Picture(PictureRefused),
    /// It cannot be a channel's icon (CHN-12).
    #[error("{}", sentence(.0))]
    Icon(IconRefused),
    /// The channel's conversations are not reopened by button (C1).
    #[error("{}", sentence(.0))]
    Reopen(ReopenRefused),
    /// What would be closed or set aside has a message that whoever asked for it has not seen.
    #[error("The customer has written meanwhile; read it, and do it again if it is still right.")]
    CustomerWroteMeanwhile,
    /// A snooze ends in the past, or too far ahead (CLS-12).
    #[error("{}", sentence(.0))]
    SnoozeTime(SnoozeRefused),
    /// Somebody was faster (ASG-14).
    #[error("{}", changed(.assignee.as_ref()))]
    AssigneeChanged {
        /// Whose the conversation is.
        assignee: Option<Who>,
    },
    /// They cannot be given the conversation (ASG-6, ASG-8).
    #[error("{}", sentence(.0))]
    CannotTake(CannotTake),
    /// The channel leaves answers to the assignee (CON-5).
    #[error("{}", theirs(.assignee.as_ref()))]
    OnlyTheAssignee {
        /// Whose the conversation is.
        assignee: Option<Who>,
    },
    /// Only what was not sent can be sent again (RPL-12).
    #[error("Only a reply that failed or is unconfirmed can be sent again.")]
    MessageNotResendable,
    /// It is scheduled for the past, or too far ahead (RPL-15).
    #[error("{}", sentence(.0))]
    SendTime(ReplyRefused),
    /// Only what is still scheduled can be canceled.
    #[error("Only a reply that is still scheduled can be canceled.")]
    MessageNotScheduled,
    /// No such brand, or one that was given up.
    #[error("There is no such brand.")]
    BrandNotFound,
    /// No such department, or one that was given up.
    #[error("There is no such department.")]
    DepartmentNotFound,
    /// Nobody with this id has been here, or they were removed.
    #[error("There is no such person; people are known from their first request on.")]
    PersonNotFound,
    /// The person is not associated with the channel.
    #[error("This person is not associated with this channel.")]
    NotAssociated,
    /// No such outgoing webhook, or one that was given up.
    #[error("There is no such webhook.")]
    WebhookNotFound,
    /// Nothing was told that long ago, or under this id.
    #[error("There is no such delivery; they are kept for 30 days.")]
    DeliveryNotFound,
    /// Another system cannot be told there (OPS-1).
    #[error("{}", sentence(.0))]
    WebhookAddress(AddressRefused),
    /// As many as are kept.
    #[error("There are {MOST_SUBSCRIPTIONS} webhooks already; remove one first.")]
    TooManyWebhooks,
    /// Another one is called so.
    #[error("Another one has this name already; choose another name.")]
    NameTaken,
    /// Channels belong to it.
    #[error("Channels belong to it ({channels}); move them to another one first.")]
    InUse {
        /// How many.
        channels: usize,
    },
    /// As many channels of a kind as there are departments (CHN-13).
    #[error("{}", sentence(.0))]
    TooManyChannels(TooManyChannels),
    /// Business hours that make no sense.
    #[error("{}", sentence(.0))]
    Hours(HoursRefused),
    /// The account is connected already.
    #[error(
        "This account is connected already; to enter its credential anew use \
         PUT /api/channels/{{id}}/credential."
    )]
    ChannelExists,
    /// The account was connected before, and its channel deleted (CHN-21).
    #[error(
        "This account was connected before and its channel was deleted. Connect it with \"resume\": true to go on with \
         the same conversations; until then the channel cannot be changed or switched on."
    )]
    ChannelDeleted,
    /// Deleting a channel takes its name, typed (CHN-21).
    #[error("To delete this channel, send its name exactly as it is: {{\"confirm\": \"{name}\"}}.")]
    NotConfirmed {
        /// The channel's name.
        name: String,
    },
    /// The connection that a new channel names is not there, or is another provider's.
    #[error("There is no such Messenger connection; send a user_access_token to make a new one.")]
    ConnectionNotFound,
    /// Its credential is being refreshed, or changed by somebody else.
    #[error("The credential is being renewed at this moment; try again in half a minute.")]
    ConnectionBusy,
    /// A request that should be Meta's is not signed by it, or cannot be heeded. No word about why.
    #[error("The signed request is not taken.")]
    SignedRequestRefused,
    /// No such setup, or one that is forgotten.
    #[error("There is no such setup.")]
    SetupNotFound,
    /// A setup does not take what is asked of it.
    #[error("{}", sentence(.0))]
    Setup(#[from] SetupRefused),
    /// A Page cannot be connected.
    #[error("Page {page_id}: {}", advice(.problem))]
    PageNotConnectable {
        /// Which one.
        page_id: String,
        /// Why.
        problem: SetupProblem,
    },
    /// The login at the provider does not work any more.
    #[error("The login at the provider does not work any more ({0}). Log in again.")]
    LoginEnded(Cause),
    /// The provider does not take what was entered.
    #[error("The provider does not take this credential ({0}). {remedy}", remedy = .0.remedy())]
    CredentialRefused(Cause),
    /// The stack does not know the app at Meta.
    #[error("This stack does not know its app at Meta yet; have a maintainer enter the secret meta-app.")]
    NoMetaApp,
    /// The provider refused a call that must work.
    #[error("The provider refused the call; log in again, and tell a maintainer the request id if it stays.")]
    ProviderRefused {
        /// Its code, for maintainers.
        detail: String,
    },
    /// The provider gave no verdict.
    #[error("The provider did not answer; try again in a few minutes.")]
    ProviderUnavailable {
        /// For maintainers.
        detail: String,
    },
    /// No such ticket, or one of a conversation that the caller does not see.
    #[error("There is no such ticket.")]
    TicketNotFound,
    /// The message is in a ticket, or all of an episode is.
    #[error("It is in ticket {number} already.")]
    InTicket {
        /// Which one, the latest of several.
        number: u64,
    },
    /// There is nothing that could become a ticket.
    #[error("This becomes no ticket: {reason}.")]
    NotForTicket {
        /// Why.
        reason: &'static str,
    },
    /// A ticket's status does not lead there.
    #[error("{}", sentence(.0))]
    TicketMove(TicketRefused),
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
    /// What a brand finds offensive is outside its bounds (ABU-1).
    #[error("{}", sentence(.0))]
    Profanity(ProfanityRefused),
    /// The template cannot be sent.
    #[error("{}", sentence(.0))]
    Template(TemplateRefused),
    /// No such message template, or one that was given up.
    #[error("There is no such template.")]
    TemplateNotFound,
    /// A message template that cannot be kept (TPL-1).
    #[error("{}", sentence(.0))]
    MessageTemplate(TemplateInvalid),
    /// Fields of a message template have no value (TPL-4).
    #[error("The template cannot be sent, for these fields have no value: {}.", .missing.join(", "))]
    TemplateIncomplete {
        /// Such as `contact.name`.
        missing: Vec<String>,
    },
    /// It belongs to a department of which the person sees no channel (TPL-5).
    #[error("Only administrators and people of its department may change this.")]
    OtherDepartment,
    /// No such label, or one that was given up.
    #[error("There is no such label.")]
    LabelNotFound,
    /// The path names no saved view that the caller sees.
    #[error("There is no such view, or it is somebody else's.")]
    ViewNotFound,
    /// A note that cannot be written, or is somebody else's (CON-7).
    #[error("{}", sentence(.0))]
    Note(NoteRefused),
    /// Whoever is mentioned could not read it.
    #[error(
        "Nobody called `{person}` can be mentioned: they are not known here, or do not see this conversation."
    )]
    MentionRefused {
        /// As the request names them.
        person: String,
    },
    /// The caller has begun nothing here.
    #[error("You have no draft in this conversation.")]
    DraftNotFound,
    /// As many as are kept.
    #[error("There are {most} {what} already; remove one first.")]
    TooMany {
        /// What is kept.
        what: &'static str,
        /// How many of it.
        most: usize,
    },
    /// A fault of ours.
    #[error("Something went wrong on our side; try again, and tell a maintainer the request id if it stays.")]
    Internal {
        /// For maintainers.
        detail: String,
    },
}

impl ApiError {
    /// The stable id that programs go by.
    #[expect(clippy::too_many_lines, reason = "it is one list")]
    pub const fn public_id(&self) -> &'static str {
        match self {
            Self::Unauthenticated => "unauthenticated",
            Self::NoRole => "no_role",
            Self::AdministratorsOnly => "administrators_only",
            Self::ScopeMissing(_) => "scope_missing",
            Self::PersonNeeded => "person_needed",
            Self::TooManyRequests { .. } => "too_many_requests",
            Self::UnknownRoute => "unknown_route",
            Self::MethodNotAllowed => "method_not_allowed",
            Self::InvalidQuery { .. } => "invalid_query",
            Self::InvalidBody { .. } => "invalid_body",
            Self::BodyTooLarge { .. } => "body_too_large",
            Self::IdempotencyKeyInvalid => "idempotency_key_invalid",
            Self::IdempotencyKeyReused => "idempotency_key_reused",
            Self::IdempotencyKeyMismatch => "idempotency_key_mismatch",
            Self::RequestRunning => "request_running",
            Self::ChangedMeanwhile { .. } => "changed_meanwhile",
            Self::ConversationNotFound => "conversation_not_found",
            Self::ConversationNotOpen => "conversation_not_open",
            Self::NoBot => "no_bot",
            Self::BotNotFound => "bot_not_found",
            Self::NotInstaller => "installer_only",
            Self::DeletionNotConfirmed { .. } => "deletion_not_confirmed",
            Self::MessageNotFound => "message_not_found",
            Self::ChannelNotFound => "channel_not_found",
            Self::QuarantinedNotFound => "quarantined_not_found",
            Self::AttachmentNotFound => "attachment_not_found",
            Self::AttachmentPending => "attachment_pending",
            Self::AttachmentFailed(reason) => reason.public_id(),
            Self::AttachmentGone => "attachment_gone",
            Self::AttachmentNotRetryable => "attachment_not_retryable",
            Self::UploadNotFound => "upload_not_found",
            Self::UploadIncomplete => "upload_incomplete",
            Self::File(refused) => refused.public_id(),
            Self::Locked(lock, _) => lock.public_id(),
            Self::Text(TextRefused::Empty, _) => "text_empty",
            Self::Text(TextRefused::TooLong { .. }, _) => "text_too_long",
            Self::Text(TextRefused::Indivisible { .. }, _) => "text_indivisible",
            Self::Template(_) => "template_refused",
            Self::Sticker(refused, _) => refused.public_id(),
            Self::Place(refused, _) => refused.public_id(),
            Self::SenderName(refused) => refused.public_id(),
            Self::Picture(refused) => refused.public_id(),
            Self::Icon(refused) => refused.public_id(),
            Self::Reopen(ReopenRefused::OnlyTheCustomer) => "reopen_by_customer_only",
            Self::Reopen(ReopenRefused::Final) => "conversation_final",
            Self::CustomerWroteMeanwhile => "customer_wrote_meanwhile",
            Self::SnoozeTime(_) => "snooze_out_of_range",
            Self::AssigneeChanged { .. } => "assignee_changed",
            Self::CannotTake(cannot) => cannot.public_id(),
            Self::OnlyTheAssignee { .. } => "only_the_assignee",
            Self::MessageNotResendable => "message_not_resendable",
            Self::SendTime(_) => "send_at_out_of_range",
            Self::MessageNotScheduled => "message_not_scheduled",
            Self::BrandNotFound => "brand_not_found",
            Self::DepartmentNotFound => "department_not_found",
            Self::PersonNotFound => "person_not_found",
            Self::NotAssociated => "operator_not_associated",
            Self::WebhookNotFound => "webhook_not_found",
            Self::DeliveryNotFound => "delivery_not_found",
            Self::WebhookAddress(AddressRefused::Form) => "webhook_url_invalid",
            Self::WebhookAddress(AddressRefused::TooLong) => "webhook_url_too_long",
            Self::WebhookAddress(AddressRefused::NotPublic) => "webhook_url_not_public",
            Self::TooManyWebhooks => "too_many_webhooks",
            Self::NameTaken => "name_taken",
            Self::InUse { .. } => "in_use",
            Self::TooManyChannels(_) => "too_many_channels",
            Self::Hours(_) => "hours_refused",
            Self::Profanity(_) => "profanity_refused",
            Self::ChannelExists => "channel_exists",
            Self::ChannelDeleted => "channel_deleted",
            Self::NotConfirmed { .. } => "not_confirmed",
            Self::ConnectionNotFound => "connection_not_found",
            Self::ConnectionBusy => "connection_busy",
            Self::SignedRequestRefused => "signed_request_refused",
            Self::SetupNotFound => "setup_not_found",
            Self::Setup(refused) => refused.public_id(),
            Self::PageNotConnectable { problem, .. } => problem.public_id(),
            Self::LoginEnded(_) => "login_ended",
            Self::CredentialRefused(_) => "credential_refused",
            Self::NoMetaApp => "meta_app_missing",
            Self::ProviderRefused { .. } => "provider_refused",
            Self::ProviderUnavailable { .. } => "provider_unavailable",
            Self::SettingsOutOfBounds(_) => "settings_out_of_bounds",
            Self::NotReplayable { .. } => "not_replayable",
            Self::TemplateNotFound => "template_not_found",
            Self::MessageTemplate(_) => "template_invalid",
            Self::TemplateIncomplete { .. } => "template_incomplete",
            Self::OtherDepartment => "other_department",
            Self::LabelNotFound => "label_not_found",
            Self::ViewNotFound => "view_not_found",
            Self::Note(NoteRefused::Length { .. }) => "note_length_refused",
            Self::Note(NoteRefused::Mentions { .. }) => "too_many_mentions",
            Self::Note(NoteRefused::NotYours) => "note_not_yours",
            Self::Note(NoteRefused::Deleted) => "note_deleted",
            Self::MentionRefused { .. } => "mention_refused",
            Self::DraftNotFound => "draft_not_found",
            Self::TooMany { .. } => "too_many",
            Self::TicketNotFound => "ticket_not_found",
            Self::InTicket { .. } => "in_ticket",
            Self::NotForTicket { .. } => "not_for_ticket",
            Self::TicketMove(_) => "ticket_status_refused",
            Self::Busy { .. } => "busy",
            Self::Internal { .. } => "internal",
        }
    }

    /// The HTTP status.
    #[expect(clippy::too_many_lines, reason = "it is one list")]
    pub const fn status(&self) -> StatusCode {
        match self {
            Self::Unauthenticated | Self::SignedRequestRefused => StatusCode::UNAUTHORIZED,
            Self::TooManyRequests { .. } => StatusCode::TOO_MANY_REQUESTS,
            Self::ScopeMissing(_)
            | Self::PersonNeeded
            | Self::NoRole
            | Self::AdministratorsOnly
            | Self::OtherDepartment
            | Self::NotInstaller
            | Self::Note(NoteRefused::NotYours)
            | Self::File(MediaRefused::Off) => StatusCode::FORBIDDEN,
            Self::AttachmentGone | Self::Setup(SetupRefused::Expired) => StatusCode::GONE,
            Self::ProviderRefused { .. } | Self::ProviderUnavailable { .. } => StatusCode::BAD_GATEWAY,
            Self::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Self::InvalidQuery { .. } | Self::InvalidBody { .. } | Self::IdempotencyKeyInvalid => {
                StatusCode::BAD_REQUEST
            }
            Self::BodyTooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Self::UnknownRoute
            | Self::ConversationNotFound
            | Self::MessageNotFound
            | Self::ChannelNotFound
            | Self::BrandNotFound
            | Self::DepartmentNotFound
            | Self::PersonNotFound
            | Self::NotAssociated
            | Self::AttachmentNotFound
            | Self::UploadNotFound
            | Self::SetupNotFound
            | Self::TemplateNotFound
            | Self::WebhookNotFound
            | Self::BotNotFound
            | Self::DeliveryNotFound
            | Self::TicketNotFound
            | Self::LabelNotFound
            | Self::ViewNotFound
            | Self::DraftNotFound
            | Self::QuarantinedNotFound => StatusCode::NOT_FOUND,
            Self::ChangedMeanwhile { .. } => StatusCode::PRECONDITION_FAILED,
            Self::RequestRunning
            | Self::IdempotencyKeyReused
            | Self::Locked(..)
            | Self::Reopen(_)
            | Self::CustomerWroteMeanwhile
            | Self::AssigneeChanged { .. }
            | Self::CannotTake(_)
            | Self::OnlyTheAssignee { .. }
            | Self::MessageNotResendable
            | Self::MessageNotScheduled
            | Self::ChannelExists
            | Self::ChannelDeleted
            | Self::NameTaken
            | Self::InUse { .. }
            | Self::TooManyChannels(_)
            | Self::TooMany { .. }
            | Self::TooManyWebhooks
            | Self::ConversationNotOpen
            | Self::NoBot
            | Self::Note(NoteRefused::Deleted)
            | Self::ConnectionBusy
            | Self::AttachmentPending
            | Self::AttachmentFailed(_)
            | Self::AttachmentNotRetryable
            | Self::UploadIncomplete
            | Self::Setup(
                SetupRefused::NotYours
                | SetupRefused::Finished
                | SetupRefused::OnlyReauthorizes
                | SetupRefused::OtherConsent { .. }
                | SetupRefused::Incomplete(_)
                | SetupRefused::LoginNeeded
                | SetupRefused::CredentialsNeeded
                | SetupRefused::LoginNotYours,
            )
            | Self::LoginEnded(_)
            | Self::NoMetaApp
            | Self::InTicket { .. }
            | Self::NotForTicket { .. }
            | Self::TicketMove(_)
            | Self::NotReplayable { .. } => StatusCode::CONFLICT,
            Self::Text(..)
            | Self::SendTime(_)
            | Self::SnoozeTime(_)
            | Self::Template(_)
            | Self::MessageTemplate(_)
            | Self::TemplateIncomplete { .. }
            | Self::Note(_)
            | Self::MentionRefused { .. }
            | Self::Sticker(..)
            | Self::Place(..)
            | Self::File(_)
            | Self::SenderName(_)
            | Self::Hours(_)
            | Self::Profanity(_)
            | Self::Picture(_)
            | Self::Icon(_)
            | Self::NotConfirmed { .. }
            | Self::DeletionNotConfirmed { .. }
            | Self::ConnectionNotFound
            | Self::Setup(
                SetupRefused::NotGuided(_)
                | SetupRefused::NoSuchStep
                | SetupRefused::PageNotCovered(_)
                | SetupRefused::PagesOutOfRange { .. },
            )
            | Self::PageNotConnectable { .. }
            | Self::CredentialRefused(_)
            | Self::WebhookAddress(_)
            | Self::IdempotencyKeyMismatch
            | Self::SettingsOutOfBounds(_) => StatusCode::UNPROCESSABLE_ENTITY,
            Self::Busy { .. } => StatusCode::SERVICE_UNAVAILABLE,
            Self::Internal { .. } => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// What only the log may say.
    pub fn detail(&self) -> Option<&str> {
        match self {
            Self::Busy { detail }
            | Self::Internal { detail }
            | Self::ProviderRefused { detail }
            | Self::ProviderUnavailable { detail } => Some(detail),
            _ => None,
        }
    }

    /// What it says to a person who asked for `language`.
    pub(crate) fn message(&self, language: Language) -> String {
        match (self, self.problem(), language) {
            (_, None, _) | (_, _, Language::En) => self.to_string(),
            (
                Self::Text(TextRefused::TooLong { length, limit, .. }, _),
                Some((problem, kind)),
                Language::Ja,
            ) => {
                let text = problem.text(kind, language);
                format!("{}現在{length}文字、上限は{limit}文字です。", text.message)
            }
            (_, Some((problem, kind)), Language::Ja) => problem.text(kind, language).message.to_owned(),
        }
    }

    /// Its entry in the catalogue of what stands in the way of a reply, if it has one.
    pub(crate) fn problem(&self) -> Option<(Problem, ChannelKind)> {
        match self {
            Self::Locked(lock, kind) => Some(((*lock).into(), *kind)),
            Self::Text(refused, kind) => Some((refused.into(), *kind)),
            Self::Sticker(refused, kind) => Problem::of_sticker(refused).map(|problem| (problem, *kind)),
            Self::Place(refused, kind) => Problem::of_place(refused).map(|problem| (problem, *kind)),
            _ => None,
        }
    }

    /// How long a text is that is too long.
    pub(crate) fn length(&self) -> Option<Length> {
        match self {
            Self::Text(TextRefused::TooLong { length, limit, .. }, kind) => {
                Some(Length { has: *length, max: *limit, unit: text::limit(*kind).unit.as_str() })
            }
            _ => None,
        }
    }

    /// What is there in place of what the caller has seen, with its version.
    pub(crate) fn current(&self) -> Option<(u64, &Value)> {
        match self {
            Self::ChangedMeanwhile { version, current } => Some((*version, current)),
            _ => None,
        }
    }

    /// Somebody else has changed what was read; `current` is how it is now, at `version`.
    pub(crate) fn outdated(version: u64, current: &impl Serialize) -> Self {
        Self::ChangedMeanwhile { version, current: serde_json::to_value(current).unwrap_or_default() }
    }

    /// Whose the conversation is, of an error that is about it.
    pub(crate) fn assignee(&self) -> Option<AssigneeView> {
        match self {
            Self::AssigneeChanged { assignee } | Self::OnlyTheAssignee { assignee } => {
                let who = assignee.clone();
                let (id, name) = who.map_or((None, None), |who| (Some(who.id.0), Some(who.name)));
                Some(AssigneeView { id, name })
            }
            _ => None,
        }
    }

    /// When the window ends that will be over.
    pub(crate) fn window_ends_at(&self) -> Option<Timestamp> {
        match self {
            Self::Locked(Lock::WindowOverByThen { ends_at }, _) => *ends_at,
            _ => None,
        }
    }

    /// Why a reply on a channel of `kind` cannot be written.
    pub(crate) fn refused(refused: ReplyRefused, kind: ChannelKind) -> Self {
        match refused {
            ReplyRefused::Locked(lock) => Self::Locked(lock, kind),
            ReplyRefused::Text(text) => Self::Text(text, kind),
            ReplyRefused::Template(template) => Self::Template(template),
            ReplyRefused::File(file) => Self::File(file),
            ReplyRefused::Sticker(sticker) => Self::Sticker(sticker, kind),
            ReplyRefused::Place(place) => Self::Place(place, kind),
            ReplyRefused::SendTime => Self::SendTime(refused),
        }
    }

    /// The channel of a conversation is gone (RPL-5).
    pub(crate) const fn unlinked(kind: ChannelKind) -> Self {
        Self::Locked(Lock::ChannelUnlinked, kind)
    }

    /// A name that is no name.
    pub(crate) fn bad_name() -> Self {
        Self::InvalidBody { what: format!("`name` must be one line of 1 to {NAME_LENGTH} characters") }
    }

    /// Business hours that make no sense.
    pub(crate) const fn hours(refused: HoursRefused) -> Self {
        Self::Hours(refused)
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

impl From<BucketError> for ApiError {
    fn from(error: BucketError) -> Self {
        match error {
            BucketError::Unavailable { .. } => Self::Busy { detail: chain(&error) },
            BucketError::Refused { .. } => Self::Internal { detail: chain(&error) },
        }
    }
}

impl From<NoRandomness> for ApiError {
    fn from(error: NoRandomness) -> Self {
        Self::Internal { detail: chain(&error) }
    }
}

/// Whose a conversation is; null = nobody's.
#[derive(Debug, serde::Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub(crate) struct AssigneeView {
    id: Option<String>,
    name: Option<String>,
}

fn changed(assignee: Option<&Who>) -> String {
    match assignee {
        Some(who) => format!("{} was faster: this conversation is theirs.", who.name),
        None => "Somebody was faster: this conversation is nobody's now.".to_owned(),
    }
}

fn theirs(assignee: Option<&Who>) -> String {
    match assignee {
        Some(who) => format!("Only {}, whose conversation it is, may answer it.", who.name),
        None => "Only its assignee may answer a conversation of this channel; take it first.".to_owned(),
    }
}

/// The length of a text, as its provider counts.
#[derive(Debug, serde::Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub(crate) struct Length {
    #[serde(rename = "length")]
    has: usize,
    max: usize,
    #[cfg_attr(feature = "openapi", schema(value_type = crate::openapi::words::TextUnit))]
    unit: &'static str,
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

/// What is wrong and what to do.
fn advice(problem: &SetupProblem) -> String {
    let advice = problem.advice(Language::En);
    format!("{} {}", advice.message, advice.remedy)
}

/// A rule's reason as a sentence for a person.
pub(crate) fn sentence(reason: &impl ToString) -> String {
    let reason = reason.to_string();
    let mut letters = reason.chars();
    let first = letters.next().map(char::to_uppercase).into_iter().flatten();
    first.chain(letters).chain(['.']).collect()
}

/// Every error there is, for tests and the description of the API.
#[cfg(any(test, feature = "openapi"))]
pub mod catalogue {
    use madoguchi_domain::OperatorId;
    use madoguchi_domain::TicketStatus;
    use madoguchi_domain::media::{MediaKind, Pixels};
    use madoguchi_domain::setup::Step;

    #[allow(clippy::wildcard_imports, reason = "it has one of each")]
    use super::*;

    /// One of each; the match in `place` makes the compiler ask for the new ones.
    #[expect(clippy::too_many_lines, reason = "it is one list")]
    pub fn catalogue() -> Vec<ApiError> {
        let detail = || "secret detail".to_owned();
        let line = madoguchi_domain::ChannelId::derive(ChannelKind::Line, "1");
        let id = ConversationId::derive(line, &madoguchi_domain::Party::User("U".into()));
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
            ApiError::unlinked(ChannelKind::Messenger),
            ApiError::Locked(Lock::Closed, ChannelKind::Line),
            ApiError::Locked(Lock::WindowClosed { ended_at: None }, ChannelKind::Messenger),
            ApiError::Locked(Lock::Standby, ChannelKind::Messenger),
            ApiError::Text(TextRefused::Empty, ChannelKind::Line),
            ApiError::Text(
                TextRefused::TooLong {
                    length: 6_000,
                    limit: 5_000,
                    unit: "UTF-16 code units",
                    channel: ChannelKind::Line,
                },
                ChannelKind::Line,
            ),
            ApiError::SenderName(NameRefused::Empty),
            ApiError::SenderName(NameRefused::TooLong { length: 21 }),
            ApiError::SenderName(NameRefused::Reserved { word: "LINE".into() }),
            ApiError::SenderName(NameRefused::Control),
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
                off: "null",
            }),
            ApiError::NotReplayable { reason: "it is a part of a body" },
            ApiError::TicketNotFound,
            ApiError::InTicket { number: 7 },
            ApiError::NotForTicket { reason: "only what a customer wrote becomes a ticket" },
            ApiError::TicketMove(TicketRefused::Move {
                from: TicketStatus::Closed,
                to: TicketStatus::Pending,
            }),
            ApiError::Busy { detail: detail() },
            ApiError::Internal { detail: detail() },
            ApiError::Locked(Lock::OptedOut, ChannelKind::Sms),
            ApiError::Locked(Lock::TemplateNeeded, ChannelKind::WhatsApp),
            ApiError::Template(TemplateRefused::NotAnId),
            ApiError::Text(
                TextRefused::Indivisible {
                    limit: 1_999,
                    unit: "characters",
                    channel: ChannelKind::Messenger,
                },
                ChannelKind::Messenger,
            ),
            ApiError::AttachmentNotFound,
            ApiError::AttachmentPending,
            ApiError::AttachmentFailed(MediaFailure::Expired),
            ApiError::AttachmentFailed(MediaFailure::NotFound),
            ApiError::AttachmentFailed(MediaFailure::TooLarge),
            ApiError::AttachmentFailed(MediaFailure::Unavailable),
            ApiError::AttachmentFailed(MediaFailure::AddressRefused),
            ApiError::AttachmentFailed(MediaFailure::NotAcceptable),
            ApiError::AttachmentFailed(MediaFailure::UploadLost),
            ApiError::AttachmentGone,
            ApiError::AttachmentNotRetryable,
            ApiError::UploadNotFound,
            ApiError::UploadIncomplete,
            ApiError::File(MediaRefused::Off),
            ApiError::File(MediaRefused::Empty),
            ApiError::File(MediaRefused::Kind { kind: MediaKind::File, channel: ChannelKind::Line }),
            ApiError::File(MediaRefused::Acc),
            ApiError::File(MediaRefused::TooLarge {
                size_bytes: 2,
                max_bytes: 1,
                kind: MediaKind::Image,
                channel: ChannelKind::Line,
                as_link: true,
            }),
            ApiError::File(MediaRefused::Disguised),
            ApiError::Locked(Lock::WindowOverByThen { ends_at: None }, ChannelKind::Messenger),
            ApiError::SendTime(ReplyRefused::SendTime),
            ApiError::MessageNotScheduled,
            ApiError::Sticker(StickerRefused::NotHere(ChannelKind::Sms), ChannelKind::Sms),
            ApiError::Sticker(StickerRefused::Name { channel: ChannelKind::Line }, ChannelKind::Line),
            ApiError::Place(PlaceRefused::NotHere(ChannelKind::Sms), ChannelKind::Sms),
            ApiError::Place(
                PlaceRefused::Missing { field: "address", channel: ChannelKind::Line },
                ChannelKind::Line,
            ),
            ApiError::Place(
                PlaceRefused::TooLong {
                    field: "title",
                    length: 101,
                    limit: 100,
                    unit: "characters",
                    channel: ChannelKind::Line,
                },
                ChannelKind::Line,
            ),
            ApiError::Place(PlaceRefused::NotOneLine { field: "title" }, ChannelKind::Line),
            ApiError::Place(PlaceRefused::Degrees { field: "latitude", most: 90 }, ChannelKind::Line),
            ApiError::NoRole,
            ApiError::BrandNotFound,
            ApiError::DepartmentNotFound,
            ApiError::NameTaken,
            ApiError::InUse { channels: 2 },
            ApiError::TooManyChannels(TooManyChannels {
                kind: ChannelKind::Line,
                channels: 1,
                departments: 1,
            }),
            ApiError::Hours(HoursRefused::TooManyShifts),
            ApiError::Picture(PictureRefused::Empty),
            ApiError::Picture(PictureRefused::TooLarge { size_bytes: 6_000_000 }),
            ApiError::Picture(PictureRefused::Type),
            ApiError::Icon(IconRefused::Empty),
            ApiError::Icon(IconRefused::TooLarge { size_bytes: 2_000_000 }),
            ApiError::Icon(IconRefused::Type),
            ApiError::Icon(IconRefused::Damaged),
            ApiError::Icon(IconRefused::Pixels(Pixels { width: 9_000, height: 9 })),
            ApiError::Locked(Lock::ChannelOff, ChannelKind::Line),
            ApiError::ChannelDeleted,
            ApiError::NotConfirmed { name: "Shop".into() },
            ApiError::PersonNotFound,
            ApiError::NotAssociated,
            ApiError::SetupNotFound,
            ApiError::Setup(SetupRefused::NotGuided(ChannelKind::Line)),
            ApiError::Setup(SetupRefused::NotYours),
            ApiError::Setup(SetupRefused::Finished),
            ApiError::Setup(SetupRefused::Expired),
            ApiError::Setup(SetupRefused::OnlyReauthorizes),
            ApiError::Setup(SetupRefused::NoSuchStep),
            ApiError::Setup(SetupRefused::OtherConsent { current: "2026-11" }),
            ApiError::Setup(SetupRefused::Incomplete(Step::Brand)),
            ApiError::Setup(SetupRefused::LoginNeeded),
            ApiError::Setup(SetupRefused::LoginNotYours),
            ApiError::Setup(SetupRefused::PageNotCovered("10".into())),
            ApiError::Setup(SetupRefused::PagesOutOfRange { most: 20 }),
            ApiError::PageNotConnectable { page_id: "10".into(), problem: SetupProblem::PageNotTicked },
            ApiError::PageNotConnectable { page_id: "10".into(), problem: SetupProblem::PageRoleMissing },
            ApiError::LoginEnded(Cause::PasswordChanged),
            ApiError::NoMetaApp,
            ApiError::ProviderRefused { detail: detail() },
            ApiError::ProviderUnavailable { detail: detail() },
            ApiError::SignedRequestRefused,
            ApiError::CredentialRefused(Cause::SecretMismatch),
            ApiError::Setup(SetupRefused::CredentialsNeeded),
            ApiError::TemplateNotFound,
            ApiError::MessageTemplate(TemplateInvalid::Name),
            ApiError::TemplateIncomplete { missing: vec!["contact.name".into()] },
            ApiError::OtherDepartment,
            ApiError::TooMany { what: "templates", most: 1_000 },
            ApiError::ConversationNotOpen,
            ApiError::NoBot,
            ApiError::BotNotFound,
            ApiError::WebhookNotFound,
            ApiError::DeliveryNotFound,
            ApiError::WebhookAddress(AddressRefused::Form),
            ApiError::WebhookAddress(AddressRefused::TooLong),
            ApiError::WebhookAddress(AddressRefused::NotPublic),
            ApiError::TooManyWebhooks,
            ApiError::IdempotencyKeyMismatch,
            ApiError::RequestRunning,
            ApiError::ChangedMeanwhile { version: 3, current: serde_json::json!({"name": "now"}) },
            ApiError::SnoozeTime(SnoozeRefused::Until),
            ApiError::LabelNotFound,
            ApiError::ViewNotFound,
            ApiError::Note(NoteRefused::Length { length: 0 }),
            ApiError::Note(NoteRefused::Mentions { count: 21 }),
            ApiError::Note(NoteRefused::NotYours),
            ApiError::Note(NoteRefused::Deleted),
            ApiError::MentionRefused { person: "person-2".into() },
            ApiError::DraftNotFound,
            ApiError::AssigneeChanged {
                assignee: Some(Who { id: OperatorId("operator-2".into()), name: "Sato".into() }),
            },
            ApiError::CannotTake(CannotTake::Unavailable),
            ApiError::CannotTake(CannotTake::NoAccess),
            ApiError::CannotTake(CannotTake::Full),
            ApiError::OnlyTheAssignee { assignee: None },
            ApiError::ScopeMissing(Scope::ReadAudit),
            ApiError::PersonNeeded,
            ApiError::TooManyRequests { after_secs: 3 },
            ApiError::Locked(Lock::Blocked, ChannelKind::Line),
            ApiError::Profanity(ProfanityRefused::Limit(0)),
            ApiError::Locked(Lock::Final, ChannelKind::Line),
            ApiError::NotInstaller,
            ApiError::DeletionNotConfirmed { id },
            ApiError::CustomerWroteMeanwhile,
        ]
    }

    #[expect(clippy::too_many_lines, reason = "it is one list")]
    #[cfg(test)]
    pub(super) fn place(error: &ApiError) -> usize {
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
            ApiError::Locked(Lock::ChannelUnlinked, _) => 13,
            ApiError::Locked(Lock::Closed, _) => 14,
            ApiError::Locked(Lock::WindowClosed { .. }, _) => 15,
            ApiError::Locked(Lock::Standby, _) => 16,
            ApiError::Text(TextRefused::Empty, _) => 17,
            ApiError::Text(TextRefused::TooLong { .. }, _) => 18,
            ApiError::Text(TextRefused::Indivisible { .. }, _) => 19,
            ApiError::Reopen(ReopenRefused::OnlyTheCustomer) => 20,
            ApiError::Reopen(ReopenRefused::Final) => 21,
            ApiError::MessageNotResendable => 22,
            ApiError::ChannelExists => 23,
            ApiError::ConnectionNotFound => 24,
            ApiError::ConnectionBusy => 25,
            ApiError::SettingsOutOfBounds(_) => 26,
            ApiError::NotReplayable { .. } => 27,
            ApiError::Busy { .. } => 28,
            ApiError::Internal { .. } => 29,
            ApiError::Locked(Lock::OptedOut, _) => 30,
            ApiError::Locked(Lock::TemplateNeeded, _) => 31,
            ApiError::Template(_) => 32,
            ApiError::AttachmentNotFound => 33,
            ApiError::AttachmentPending => 34,
            ApiError::AttachmentFailed(MediaFailure::Expired) => 35,
            ApiError::AttachmentFailed(MediaFailure::NotFound) => 36,
            ApiError::AttachmentFailed(MediaFailure::TooLarge) => 37,
            ApiError::AttachmentFailed(MediaFailure::Unavailable) => 38,
            ApiError::AttachmentFailed(MediaFailure::AddressRefused) => 39,
            ApiError::AttachmentFailed(MediaFailure::NotAcceptable) => 40,
            ApiError::AttachmentFailed(MediaFailure::UploadLost) => 41,
            ApiError::AttachmentGone => 42,
            ApiError::AttachmentNotRetryable => 43,
            ApiError::UploadNotFound => 44,
            ApiError::UploadIncomplete => 45,
            ApiError::File(MediaRefused::Off) => 46,
            ApiError::File(MediaRefused::Empty) => 47,
            ApiError::File(MediaRefused::Kind { .. }) => 48,
            ApiError::File(MediaRefused::Acc | MediaRefused::Type { .. }) => 49,
            ApiError::File(MediaRefused::TooLarge { .. }) => 50,
            ApiError::File(MediaRefused::Disguised) => 51,
            ApiError::SenderName(NameRefused::Empty) => 52,
            ApiError::SenderName(NameRefused::TooLong { .. }) => 53,
            ApiError::SenderName(NameRefused::Reserved { .. }) => 54,
            ApiError::SenderName(NameRefused::Control) => 55,
            ApiError::Locked(Lock::WindowOverByThen { .. }, _) => 56,
            ApiError::SendTime(_) => 57,
            ApiError::MessageNotScheduled => 58,
            ApiError::Sticker(StickerRefused::NotHere(_), _) => 59,
            ApiError::Sticker(StickerRefused::Name { .. }, _) => 60,
            ApiError::Place(PlaceRefused::NotHere(_), _) => 61,
            ApiError::Place(PlaceRefused::Missing { .. }, _) => 62,
            ApiError::Place(PlaceRefused::TooLong { .. }, _) => 63,
            ApiError::Place(PlaceRefused::NotOneLine { .. }, _) => 64,
            ApiError::Place(PlaceRefused::Degrees { .. }, _) => 65,
            ApiError::NoRole => 66,
            ApiError::BrandNotFound => 67,
            ApiError::DepartmentNotFound => 68,
            ApiError::NameTaken => 69,
            ApiError::InUse { .. } => 70,
            ApiError::TooManyChannels(_) => 71,
            ApiError::Hours(_) => 72,
            ApiError::Picture(PictureRefused::Empty) => 73,
            ApiError::Picture(PictureRefused::TooLarge { .. }) => 74,
            ApiError::Picture(PictureRefused::Type) => 75,
            ApiError::Locked(Lock::ChannelOff, _) => 76,
            ApiError::ChannelDeleted => 77,
            ApiError::NotConfirmed { .. } => 78,
            ApiError::PersonNotFound => 79,
            ApiError::NotAssociated => 80,
            ApiError::SetupNotFound => 81,
            ApiError::Setup(SetupRefused::NotGuided(_)) => 82,
            ApiError::Setup(SetupRefused::NotYours) => 83,
            ApiError::Setup(SetupRefused::Finished) => 84,
            ApiError::Setup(SetupRefused::Expired) => 85,
            ApiError::Setup(SetupRefused::OnlyReauthorizes) => 86,
            ApiError::Setup(SetupRefused::NoSuchStep) => 87,
            ApiError::Setup(SetupRefused::OtherConsent { .. }) => 88,
            ApiError::Setup(SetupRefused::Incomplete(_)) => 89,
            ApiError::Setup(SetupRefused::LoginNeeded) => 90,
            ApiError::Setup(SetupRefused::LoginNotYours) => 91,
            ApiError::Setup(SetupRefused::PageNotCovered(_)) => 92,
            ApiError::Setup(SetupRefused::PagesOutOfRange { .. }) => 93,
            ApiError::PageNotConnectable { problem: SetupProblem::PageNotTicked, .. } => 94,
            ApiError::PageNotConnectable { .. } => 95,
            ApiError::LoginEnded(_) => 96,
            ApiError::NoMetaApp => 97,
            ApiError::ProviderRefused { .. } => 98,
            ApiError::ProviderUnavailable { .. } => 99,
            ApiError::Icon(IconRefused::Empty) => 100,
            ApiError::Icon(IconRefused::TooLarge { .. }) => 101,
            ApiError::Icon(IconRefused::Type) => 102,
            ApiError::Icon(IconRefused::Damaged) => 103,
            ApiError::Icon(IconRefused::Pixels(_)) => 104,
            ApiError::SignedRequestRefused => 105,
            ApiError::CredentialRefused(_) => 106,
            ApiError::Setup(SetupRefused::CredentialsNeeded) => 107,
            ApiError::TemplateNotFound => 108,
            ApiError::MessageTemplate(_) => 109,
            ApiError::TemplateIncomplete { .. } => 110,
            ApiError::OtherDepartment => 111,
            ApiError::TooMany { .. } => 112,
            ApiError::ConversationNotOpen => 113,
            ApiError::NoBot => 114,
            ApiError::BotNotFound => 115,
            ApiError::WebhookNotFound => 116,
            ApiError::DeliveryNotFound => 117,
            ApiError::WebhookAddress(AddressRefused::Form) => 118,
            ApiError::WebhookAddress(AddressRefused::TooLong) => 119,
            ApiError::WebhookAddress(AddressRefused::NotPublic) => 120,
            ApiError::TooManyWebhooks => 121,
            ApiError::IdempotencyKeyMismatch => 122,
            ApiError::RequestRunning => 123,
            ApiError::ChangedMeanwhile { .. } => 124,
            ApiError::SnoozeTime(_) => 125,
            ApiError::LabelNotFound => 126,
            ApiError::ViewNotFound => 127,
            ApiError::Note(NoteRefused::Length { .. }) => 128,
            ApiError::Note(NoteRefused::Mentions { .. }) => 129,
            ApiError::Note(NoteRefused::NotYours) => 130,
            ApiError::Note(NoteRefused::Deleted) => 131,
            ApiError::MentionRefused { .. } => 132,
            ApiError::DraftNotFound => 133,
            ApiError::TicketNotFound => 134,
            ApiError::InTicket { .. } => 135,
            ApiError::NotForTicket { .. } => 136,
            ApiError::TicketMove(_) => 137,
            ApiError::ScopeMissing(_) => 138,
            ApiError::PersonNeeded => 139,
            ApiError::TooManyRequests { .. } => 140,
            ApiError::AssigneeChanged { .. } => 141,
            ApiError::CannotTake(CannotTake::Unavailable) => 142,
            ApiError::CannotTake(CannotTake::NoAccess) => 143,
            ApiError::CannotTake(CannotTake::Full) => 144,
            ApiError::OnlyTheAssignee { .. } => 145,
            ApiError::Locked(Lock::Blocked, _) => 146,
            ApiError::Profanity(_) => 147,
            ApiError::Locked(Lock::Final, _) => 148,
            ApiError::NotInstaller => 149,
            ApiError::DeletionNotConfirmed { .. } => 150,
            ApiError::CustomerWroteMeanwhile => 151,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeSet, HashSet};

    use super::catalogue::{catalogue, place};
    use super::*;

    #[test]
    fn every_error_has_its_own_id_a_status_and_a_text_without_detail() {
        let catalogue = catalogue();
        let places: BTreeSet<_> = catalogue.iter().map(place).collect();
        assert_eq!(places, (0..catalogue.len()).collect());
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

    #[tokio::test]
    async fn ops_1_every_error_is_told_as_problem_details_beside_the_first_form() {
        for error in catalogue() {
            let (id, status) = (error.public_id(), error.status());
            let response = crate::boundary::told(&error, Language::En, "request-1");
            assert_eq!(response.status(), status, "{id}");
            assert_eq!(response.headers()["content-type"], "application/problem+json", "{id}");
            let body = axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap();
            let body: serde_json::Value = serde_json::from_slice(&body).unwrap();
            assert_eq!(body["type"], format!("urn:madoguchi:error:{id}"));
            assert_eq!(body["status"], status.as_u16(), "{id}");
            assert_eq!(body["detail"], error.message(Language::En), "{id}");
            assert_eq!(body["instance"], "request-1", "{id}");
            let title = body["title"].as_str().unwrap();
            assert_eq!(title.to_lowercase().replace(' ', "_"), id);
            assert!(title.starts_with(|first: char| first.is_ascii_uppercase()), "{title}");
            assert_eq!(body["error"]["id"], id);
            assert_eq!(body["error"]["message"], body["detail"], "{id}");
            assert_eq!(body["error"]["request_id"], body["instance"], "{id}");
        }
        let japanese = crate::boundary::told(&ApiError::unlinked(ChannelKind::Line), Language::Ja, "-");
        let body = axum::body::to_bytes(japanese.into_body(), usize::MAX).await.unwrap();
        let body: serde_json::Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(body["title"], "Channel unlinked");
        assert_eq!(body["detail"], body["error"]["message"]);
        assert!(!body["detail"].as_str().unwrap().is_ascii());
    }

    #[test]
    fn what_stands_in_the_way_of_a_reply_is_told_in_the_readers_language() {
        for error in catalogue() {
            let id = error.public_id();
            assert_eq!(error.message(Language::En), error.to_string(), "{id}");
            let japanese = error.message(Language::Ja);
            assert_eq!(japanese.is_ascii(), error.problem().is_none(), "{id}: {japanese}");
        }
        let locked = [
            "conversation_closed",
            "conversation_completed",
            "reply_window_closed",
            "reply_window_over_by_then",
            "thread_controlled",
            "recipient_opted_out",
            "template_needed",
            "channel_off",
            "channel_unlinked",
            "contact_blocked",
        ];
        let told = [
            "text_empty",
            "text_too_long",
            "text_indivisible",
            "sticker_not_supported",
            "location_not_supported",
        ];
        let known = catalogue().into_iter().filter(|error| error.problem().is_some());
        let known: HashSet<_> = known.map(|error| error.public_id()).collect();
        assert_eq!(known, locked.into_iter().chain(told).collect());
        let too_long = catalogue().into_iter().find(|error| error.length().is_some()).unwrap();
        let length = serde_json::to_value(too_long.length()).unwrap();
        let expected = serde_json::json!({"length": 6_000, "max": 5_000, "unit": "utf16_code_units"});
        assert_eq!(length, expected);
        assert!(too_long.message(Language::Ja).contains("6000文字"));
    }

    #[test]
    fn a_setting_out_of_bounds_is_named_with_its_bounds() {
        let error = ApiError::SettingsOutOfBounds(SettingsOutOfBounds {
            field: "idle_close_after_minutes",
            value: 0,
            min: 1,
            max: 1_440,
            off: "null",
        });
        assert_eq!(
            error.to_string(),
            "The setting idle_close_after_minutes is 0; it must be between 1 and 1440 minutes, \
             or null to switch it off."
        );
    }
}
