//! Words that views write as text, each with its list.
//!
//! A field that is a `&'static str` of such a list is annotated with `schema(value_type = words::TicketSource)`.

use madoguchi_domain::Problem;
use madoguchi_domain::message_template::Object;
use madoguchi_domain::webhook::EventKind;
use utoipa::openapi::{ObjectBuilder, RefOr, Schema, Type};

macro_rules! words {
    ($($(#[$doc:meta])* $name:ident: $words:expr;)*) => {$(
        $(#[$doc])*
        #[derive(Debug)]
        pub(crate) struct $name;

        impl utoipa::PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                one_of($words)
            }
        }

        impl utoipa::ToSchema for $name {}
    )*

        /// All of them by name: parameters refer to them without bringing them along.
        pub(super) fn all() -> Vec<(String, RefOr<Schema>)> {
            vec![$((stringify!($name).to_owned(), one_of($words))),*]
        }
    };
}

words! {
    /// What made a ticket.
    TicketSource: ["manual", "timer", "always"];
    ReportTable: ["days", "hours", "channels", "operators", "channel_days"];
    SectionChoice: ["open", "unassigned", "assigned", "mine", "others", "unanswered", "snoozed", "closed"];
    SortChoice: ["activity", "waiting", "window"];
    ModeChoice: ["bot", "operator"];
    ConversationKind: ["one_to_one", "group", "room"];
    ConversationStatus: ["new", "open", "closed"];
    ConversationSection: ["unassigned", "assigned", "snoozed", "closed"];
    ConversationMode: ["operator", "bot"];
    ConversationCloseReason: [
        "operator", "unanswered", "idle", "reply_limit", "bot_timer", "abuse", "channel_removed",
    ];
    DeadlineKind: [
        "unanswered", "idle", "reply_limit", "window_reminder", "snooze", "idle_warning", "bot_timer",
        "mode",
    ];
    ComposerState: ["open", "human_agent", "template_only", "locked"];
    ComposerReason: [
        "conversation_closed", "conversation_completed", "reply_window_closed", "thread_controlled",
        "recipient_opted_out", "template_needed", "channel_unlinked", "channel_off", "contact_blocked",
    ];
    WindowKind: ["unlimited", "standard", "extended", "template_only", "none"];
    /// What stands in the way of a reply, or of a channel.
    ProblemId: Problem::all().map(Problem::public_id);
    HealthState: ["connecting", "healthy", "needs_reauthorization"];
    HealthCause: [
        "token_expired", "permission_revoked", "page_not_authorized", "page_removed",
        "app_access_withdrawn", "sixty_days", "page_role_lost", "password_changed", "checkpoint",
        "secret_mismatch", "authentication_failed",
    ];
    MessageDirection: ["in", "out", "event", "internal"];
    MessageSentBy: [
        "customer", "operator", "client", "bot", "provider_app", "other_app", "automation", "system",
    ];
    MessageSentAs: ["account", "operator"];
    MessageStatus: [
        "received", "scheduled", "canceled", "queued", "sending", "sent", "retrying", "delivered", "read",
        "failed", "unconfirmed",
    ];
    InsetKind: ["link", "emoji", "mention"];
    FileState: ["pending", "stored", "failed", "gone"];
    SmsEncoding: ["gsm7", "ucs2"];
    PreviewSendsAs: ["text", "template"];
    ConnectionKind: ["messenger", "line", "twilio"];
    PictureState: ["none", "pending", "shown", "failed"];
    FailureId: ["picture_unreadable", "picture_too_many_pixels", "upload_lost"];
    WishType: ["image/jpeg", "image/png"];
    StatusState: ["on", "off", "deleted"];
    WarningId: ["unanswered_exceeds_reply_limit"];
    SetupState: ["open", "finished", "expired"];
    ChosenState: ["chosen", "connected", "failed"];
    FoundDirection: ["in", "out", "internal"];
    RebuildState: ["never", "running", "finished"];
    StateChoice: ["available", "waiting", "failed", "retry"];
    ReasonId: [
        "name_empty", "name_refused", "name_reserved", "name_too_long", "name_unprintable",
        "persona_refused", "provider_unavailable",
    ];
    RoleChoice: ["operator", "administrator", "owner"];
    MatchList: ["ja", "en", "own"];
    /// Where fields of a template come from.
    MergeObject: Object::ALL.map(Object::as_str);
    ActorRole: ["operator", "administrator", "owner"];
    OutcomeOutcome: ["say", "ask", "hand_over"];
    OutcomeWhy: ["customer_asked", "no_answer"];
    DeliveryType: EventKind::ALL.into_iter().chain([EventKind::Test]).map(EventKind::as_str);
    DeliveryState: ["pending", "delivered", "given_up", "canceled"];
    TroubleId: [
        "no_channel_visible", "all_kinds_off", "no_email_address", "mail_from_not_set", "mail_refused",
        "no_push_subscription", "push_refused", "availability_off",
    ];
    /// Every error of this API.
    ErrorId: crate::openapi::errors().into_iter().map(|(id, _)| id);
    /// How a text is counted.
    TextUnit: ["characters", "utf16_code_units"];
}

fn one_of(words: impl IntoIterator<Item = &'static str>) -> RefOr<Schema> {
    ObjectBuilder::new().schema_type(Type::String).enum_values(Some(words)).build().into()
}
