//! Replies: whether one may be written, and how it goes out.

use crate::channel::{ChannelKind, ChannelSettings, ReopenPolicy};
use crate::conversation::{CloseReason, Conversation, ReplyToken, Status, timeline};
use crate::event::{Attachment, Content};
use crate::ids::MessageId;
use crate::media::{Accepted, Media, MediaRefused};
use crate::message::{Annotations, Body, Message, MessageKey, SendState, SentBy};
use crate::place::{self, PlaceRefused};
use crate::send::{FailureReason, Via};
use crate::sender::{self, Writer};
use crate::sticker::{self, StickerRefused};
use crate::template::{self, TemplateRefused};
use crate::text::{self, TextRefused};
use crate::time::{Span, Timestamp};
use crate::window::{self, Author, Window};

/// What the composer of a conversation shows (RPL-2, RPL-9).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Composer {
    /// An ordinary reply; until then, if there is a limit.
    Open {
        /// End of the window.
        until: Option<Timestamp>,
    },
    /// Only what a person writes, until then.
    HumanAgent {
        /// End of the window.
        until: Timestamp,
    },
    /// Only a template that the provider has approved (WhatsApp).
    TemplateOnly {
        /// When the time for free text ended; `None` if the customer never wrote.
        ended_at: Option<Timestamp>,
    },
    /// Nothing can be written.
    Locked(Lock),
}

/// Why nothing can be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Lock {
    /// Not open: reopen it first, or wait for the customer (CLS-7).
    #[error("the conversation is closed; reopen it first, or wait until the customer writes")]
    Closed,
    /// CLS-7: completed conversations of the channel are final.
    #[error("completed conversations of this channel cannot be answered; wait until the customer writes")]
    Final,
    /// The provider's window is over.
    #[error("the time to answer this customer is over; it opens again when they write")]
    WindowClosed {
        /// When it ended; `None` if the customer never wrote.
        ended_at: Option<Timestamp>,
    },
    /// RPL-15: it will be over at the time at which the reply is to be sent.
    #[error("the time to answer this customer will be over by then; choose an earlier time")]
    WindowOverByThen {
        /// When it ends.
        ends_at: Option<Timestamp>,
    },
    /// Another app controls the thread.
    #[error("another app controls this chat at the moment")]
    Standby,
    /// The customer asked not to be written to.
    #[error("the customer asked not to be written to; it opens again when they send START")]
    OptedOut,
    /// Free text where only a template is allowed.
    #[error(
        "more than 24 hours have passed since the customer wrote; send a template, or wait until they write"
    )]
    TemplateNeeded,
    /// CHN-19: an administrator switched the channel off.
    #[error("the channel is switched off; an administrator can switch it on again")]
    ChannelOff,
    /// RPL-5: the channel was deleted, or is not there.
    #[error("customer information was not found: the channel may be unlinked. Ask an administrator")]
    ChannelUnlinked,
    /// ABU-3: somebody blocked the contact, or the inbox did.
    #[error("the contact is blocked; unblock them first")]
    Blocked,
}

impl Lock {
    /// The stable public id.
    pub const fn public_id(self) -> &'static str {
        match self {
            Self::Closed => "conversation_closed",
            Self::Final => "conversation_completed",
            Self::WindowClosed { .. } => "reply_window_closed",
            Self::WindowOverByThen { .. } => "reply_window_over_by_then",
            Self::Standby => "thread_controlled",
            Self::OptedOut => "recipient_opted_out",
            Self::TemplateNeeded => "template_needed",
            Self::ChannelOff => "channel_off",
            Self::ChannelUnlinked => "channel_unlinked",
            Self::Blocked => "contact_blocked",
        }
    }
}

/// What the composer shows to `author` at `now`.
pub fn composer(
    conversation: &Conversation,
    settings: &ChannelSettings,
    author: Author,
    now: Timestamp,
) -> Composer {
    // Reopening it would not help.
    if conversation.is_blocked() {
        return Composer::Locked(Lock::Blocked);
    }
    let opened_at = conversation.window_opened_at;
    let window = window::window(conversation.channel_kind, opened_at, settings.human_agent, author, now);
    if !conversation.is_open() {
        let over = matches!(conversation.status, Status::Closed { reason: CloseReason::ReplyLimit, .. });
        if settings.reopen == ReopenPolicy::Never && matches!(conversation.status, Status::Closed { .. }) {
            return Composer::Locked(Lock::Final);
        }
        return Composer::Locked(match window {
            // Reopening it would not help (RPL-7).
            Window::Closed { ended_at } if over => Lock::WindowClosed { ended_at },
            _ => Lock::Closed,
        });
    }
    if conversation.is_standby(now) {
        return Composer::Locked(Lock::Standby);
    }
    if conversation.is_opted_out() {
        return Composer::Locked(Lock::OptedOut);
    }
    match window {
        Window::Unlimited => Composer::Open { until: None },
        Window::Standard { until } => Composer::Open { until: Some(until) },
        Window::HumanAgent { until } => Composer::HumanAgent { until },
        Window::TemplateOnly { ended_at } => Composer::TemplateOnly { ended_at },
        Window::Closed { ended_at } => Composer::Locked(Lock::WindowClosed { ended_at }),
    }
}

/// Whether `author` may write `content` at `now`.
pub fn permitted(
    conversation: &Conversation,
    settings: &ChannelSettings,
    author: Author,
    content: &Content,
    now: Timestamp,
) -> Result<(), Lock> {
    match composer(conversation, settings, author, now) {
        Composer::TemplateOnly { .. } if matches!(content, Content::Template(_)) => Ok(()),
        composer => composer.free(),
    }
}

impl Composer {
    /// Whether anything else than a template may be written.
    pub const fn free(self) -> Result<(), Lock> {
        match self {
            Self::Locked(lock) => Err(lock),
            Self::TemplateOnly { .. } => Err(Lock::TemplateNeeded),
            Self::Open { .. } | Self::HumanAgent { .. } => Ok(()),
        }
    }
}

/// Why a reply cannot be written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReplyRefused {
    /// The composer is locked.
    #[error(transparent)]
    Locked(#[from] Lock),
    /// The text does not fit.
    #[error(transparent)]
    Text(#[from] TextRefused),
    /// The template cannot be sent.
    #[error(transparent)]
    Template(#[from] TemplateRefused),
    /// Files are not sent on this channel.
    #[error(transparent)]
    File(#[from] MediaRefused),
    /// The sticker cannot be sent.
    #[error(transparent)]
    Sticker(#[from] StickerRefused),
    /// The location cannot be sent.
    #[error(transparent)]
    Place(#[from] PlaceRefused),
    /// It is scheduled for the past, or too far ahead.
    #[error("the time in `send_at` must be later than now and at most 30 days ahead")]
    SendTime,
}

/// Writes down the reply that a client named `idempotency_key`, queued. Whether it was written before is the
/// caller's to look up; `placed_at` is the place that an earlier try has given it. What the reply does to its
/// conversation is [`take_note`], once it is stored.
pub fn write(
    conversation: &Conversation,
    settings: &ChannelSettings,
    writer: impl Into<Writer>,
    idempotency_key: &str,
    reply: &str,
    placed_at: Option<Timestamp>,
    now: Timestamp,
) -> Result<Message, ReplyRefused> {
    let reply = Content::text(reply);
    write_content(conversation, settings, writer, idempotency_key, reply, placed_at, now)
}

/// The same for any content that can be sent.
pub fn write_content(
    conversation: &Conversation,
    settings: &ChannelSettings,
    writer: impl Into<Writer>,
    idempotency_key: &str,
    content: Content,
    placed_at: Option<Timestamp>,
    now: Timestamp,
) -> Result<Message, ReplyRefused> {
    let writer = writer.into();
    permitted(conversation, settings, Author::of(&writer.operator), &content, now)?;
    match &content {
        Content::Text { text, .. } => {
            let (kind, name) =
                (conversation.channel_kind, writer.shown_with(conversation.channel_kind, settings, &content));
            text::check_behind(kind, &sender::prefix(kind, name), text)?;
        }
        Content::Template(template) => template::check(conversation.channel_kind, template)?,
        Content::Sticker { sticker, .. } => sticker::check(conversation.channel_kind, sticker)?,
        Content::Location { title, address, latitude, longitude } => {
            let kind = conversation.channel_kind;
            place::check(kind, title.as_deref(), address.as_deref(), *latitude, *longitude)?;
        }
        _ => {}
    }
    Ok(queued(conversation, settings, writer, idempotency_key, content, placed_at, now))
}

/// A file that was uploaded and is to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upload {
    /// Its id, which nobody can guess.
    pub id: String,
    /// Its name, as the operator has it.
    pub name: String,
    /// As what it goes out.
    pub accepted: Accepted,
    /// Its size.
    pub size_bytes: u64,
    /// How long it plays, where the client knows.
    pub duration_ms: Option<u64>,
    /// A link to it is sent in place of the file.
    pub as_link: bool,
}

/// Writes down a reply that is a file, see [`write`]. It is queued, and goes out when the file has been made ready.
pub fn write_file(
    conversation: &Conversation,
    settings: &ChannelSettings,
    writer: impl Into<Writer>,
    idempotency_key: &str,
    upload: &Upload,
    placed_at: Option<Timestamp>,
    now: Timestamp,
) -> Result<Message, ReplyRefused> {
    if !settings.files {
        return Err(MediaRefused::Off.into());
    }
    let attachment = Attachment {
        kind: upload.accepted.kind.as_str().to_owned(),
        reference: Some(upload.id.clone()),
        title: Some(upload.name.clone()),
        size_bytes: Some(upload.size_bytes),
        duration_ms: upload.duration_ms,
        content_type: Some(upload.accepted.content_type.clone()),
        media: Some(Media::Pending { since: now }),
        as_link: upload.as_link,
        ..Attachment::default()
    };
    let content = Content::Attachments { attachments: vec![attachment], album: None };
    let writer = writer.into();
    permitted(conversation, settings, Author::of(&writer.operator), &content, now)?;
    Ok(queued(conversation, settings, writer, idempotency_key, content, placed_at, now))
}

fn queued(
    conversation: &Conversation,
    settings: &ChannelSettings,
    writer: Writer,
    idempotency_key: &str,
    content: Content,
    placed_at: Option<Timestamp>,
    now: Timestamp,
) -> Message {
    // A provider's clock may run ahead of ours; what answers a message stands below it.
    let latest = conversation.preview.as_ref().map(|preview| preview.key.at + Span::from_ms(1));
    let at = placed_at.unwrap_or_else(|| latest.map_or(now, |latest| now.max(latest)));
    Message {
        key: MessageKey { at, id: MessageId::of_reply(conversation.id, idempotency_key) },
        conversation_id: conversation.id,
        channel_id: conversation.channel_id,
        sender: writer.sender(conversation.channel_kind, settings, &content),
        sent_by: SentBy::Operator { operator: writer.operator },
        body: Body::Said { content },
        provider_message_id: None,
        participant: None,
        reply_to: None,
        send: Some(SendState::queued()),
        read_token: None,
        annotations: Annotations::default(),
        stored_at: now,
        noted_before: Some(conversation.noted.count()),
        discarded: Vec::new(),
        first_try: None,
        awaits_ticket: false,
        offensive: false,
        rev: 0,
    }
}

/// What a stored reply does to its conversation, with the line of the timeline that it may bring; `None` if that has
/// been done.
///
/// Others may have written the conversation since the reply was stored. A timer that closed the conversation in that moment
/// had not seen the reply: the episode goes on. Whose it was does not hold it any more, and is asked first (ASG-13).
pub fn take_note(
    mut conversation: Conversation,
    settings: &ChannelSettings,
    reply: &Message,
    now: Timestamp,
) -> Option<(Conversation, Option<Message>)> {
    // What colleagues tell each other is no reply, whoever hands it over as one.
    if reply.note().is_some() || conversation.has_noted(reply) {
        return None;
    }
    let mut line = None;
    if let Status::Closed { reason: CloseReason::Idle | CloseReason::Unanswered | CloseReason::BotTimer, at } =
        conversation.status
        && at >= reply.stored_at
    {
        conversation.status = Status::Open;
        conversation.hand_back();
        line = Some(timeline(&conversation, "reopened", "reply", at + Span::from_ms(1), now));
    }
    conversation.note_message(reply);
    if reply.sent_by.is_answer() {
        conversation.unread = 0;
    }
    conversation.rearm(settings);
    Some((conversation, line))
}

/// How a queued reply goes out at `now`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Route {
    /// By this way.
    By(Via),
    /// Not at all: refused before the provider is called (C2).
    Refused(FailureReason),
}

/// Chooses the way for a reply. LINE: the reply token first, once, inside its life, because it costs no
/// quota; then push (RPL-13). Messenger: by the window (RPL-10). WhatsApp: by the window, unless it is a template.
/// `kept` is the way of an earlier attempt that must not change: a push keeps its retry key.
pub fn route(
    conversation: &Conversation,
    settings: &ChannelSettings,
    author: Author,
    message: &Message,
    kept: Option<&Via>,
    now: Timestamp,
) -> Route {
    if conversation.is_blocked() {
        return Route::Refused(FailureReason::ContactBlocked);
    }
    // Replies that were written before the customer's STOP came.
    if conversation.is_opted_out() {
        return Route::Refused(FailureReason::RecipientOptedOut);
    }
    match conversation.channel_kind {
        ChannelKind::Line => {
            if let Some(via @ Via::Push) = kept {
                return Route::By(via.clone());
            }
            let fresh = conversation.reply_token.as_ref().filter(|token| token.is_fresh(now));
            Route::By(
                fresh.map_or(Via::Push, |ReplyToken { token, .. }| Via::ReplyToken { token: token.clone() }),
            )
        }
        ChannelKind::Messenger => {
            let opened_at = conversation.window_opened_at;
            match window::window(ChannelKind::Messenger, opened_at, settings.human_agent, author, now) {
                Window::Standard { .. } | Window::Unlimited => Route::By(Via::Response),
                Window::HumanAgent { .. } => Route::By(Via::HumanAgent),
                Window::TemplateOnly { .. } | Window::Closed { .. } => {
                    Route::Refused(FailureReason::ReplyWindowClosed)
                }
            }
        }
        ChannelKind::WhatsApp | ChannelKind::Sms => {
            let (kind, opened_at) = (conversation.channel_kind, conversation.window_opened_at);
            let free = matches!(
                window::window(kind, opened_at, settings.human_agent, author, now),
                Window::Standard { .. } | Window::Unlimited
            );
            let is_template = matches!(&message.body, Body::Said { content: Content::Template(_) });
            if free || is_template {
                Route::By(Via::Twilio)
            } else {
                Route::Refused(FailureReason::ReplyWindowClosed)
            }
        }
    }
}
