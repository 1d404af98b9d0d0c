//! `POST /api/conversations/{conversation}/messages`: writes a reply down. Sending is others' work: the
//! stored reply is `queued` and the change of the table starts its dispatch.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use madoguchi_domain::event::Template;
use madoguchi_domain::later::{self, Plan};
use madoguchi_domain::message::Body;
use madoguchi_domain::message_template::{LanguageTag, Object};
use madoguchi_domain::sender::{self, SenderMode, Writer};
use madoguchi_domain::{
    ChannelSettings, Content, Conversation, ConversationId, Message, MessageId, SendState, Span, TemplateId,
    Timestamp, place, reply, sticker, text,
};
use serde::Deserialize;

use super::send_file::{FileDraft, send_file};
use super::sender::{remember, writer};
use super::write_down::{Moment, Written, write_down};
use crate::auth::Operator;
use crate::conversations::existing;
use crate::input::{IdempotencyKey, InPath, Instant, JsonBody};
use crate::templates::{self, Chosen};
use crate::view::PageView;
use crate::{Api, ApiError, Shared, drafts};

/// One of `text`, `template`, `attachment`, `sticker` and `location`; an `attachment` also with a `text`, which
/// then is a reply of its own after the file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub(crate) struct Draft {
    /// At most 1,999 characters on Messenger, 5,000 UTF-16 code units on LINE, 1,600 characters on WhatsApp
    /// and SMS.
    text: Option<String>,
    /// Of a `text` that was made from one of the organisation's templates. Its use is counted.
    template_id: Option<TemplateId>,
    template: Option<TemplateDraft>,
    attachment: Option<FileDraft>,
    /// On LINE and Messenger, else `sticker_not_supported`. Which stickers an account may send only the provider
    /// knows: one that it refuses fails with `sticker_refused`.
    sticker: Option<StickerDraft>,
    /// On LINE and WhatsApp, else `location_not_supported`. `limits` of the conversation says how long the
    /// words may be. WhatsApp shows the title first and the address below it.
    location: Option<LocationDraft>,
    /// Later than now and at most 30 days ahead. Not for files and split texts.
    send_at: Option<Instant>,
    /// With `send_at`: if the customer writes before, the reply fails with `customer_wrote_first`, and the
    /// timeline tells it. Left out: `false`.
    #[serde(default)]
    unless_customer_writes: bool,
    /// Split a text that is too long. The answer is then a list, also of a single reply. Left out: `false`.
    #[serde(default)]
    split: bool,
    /// The draft of this revision has become the message, and is thrown away.
    #[serde(rename = "draft_revision")]
    revision: Option<u64>,
    /// As whom. Remembered for the next reply that does not say it.
    sender: Option<SenderMode>,
}

/// One that the provider keeps, by its `content_sid`, or one of ours, by its `id`.
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
struct TemplateDraft {
    content_sid: Option<String>,
    variables: BTreeMap<String, String>,
    id: Option<TemplateId>,
    language: Option<LanguageTag>,
    #[cfg_attr(feature = "openapi", schema(value_type = Option<crate::openapi::words::MergeObject>))]
    object: Option<Object>,
    record: BTreeMap<String, String>,
}

/// On LINE and Messenger, else `sticker_not_supported`. Which stickers an account may send only the provider
/// knows: one that it refuses fails with `sticker_refused`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
struct StickerDraft {
    /// On LINE required; nowhere else.
    #[cfg_attr(feature = "openapi", schema(pattern = "^[0-9]{1,19}$"))]
    package_id: Option<String>,
    #[cfg_attr(feature = "openapi", schema(pattern = "^[0-9]{1,19}$"))]
    sticker_id: String,
}

/// On LINE and WhatsApp, else `location_not_supported`. `limits` of the conversation says how long the
/// words may be. WhatsApp shows the title first and the address below it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
struct LocationDraft {
    /// Name of the place.
    title: String,
    /// On LINE required.
    address: Option<String>,
    #[cfg_attr(feature = "openapi", schema(minimum = -90, maximum = 90))]
    latitude: f64,
    #[cfg_attr(feature = "openapi", schema(minimum = -180, maximum = 180))]
    longitude: f64,
}

impl Draft {
    /// What it says, if it is one thing and no file.
    fn content(self) -> Result<Content, ApiError> {
        let invalid = |what: &str| Err(ApiError::InvalidBody { what: what.to_owned() });
        let template = match self.template {
            None => None,
            Some(TemplateDraft { content_sid: Some(content_sid), variables, .. }) => {
                Some(Content::Template(Template { content_sid, variables }))
            }
            Some(_) => return invalid("`template` needs an `id` or a `content_sid`"),
        };
        let said = [
            self.text.map(Content::text),
            template,
            self.sticker.map(|StickerDraft { package_id, sticker_id }| {
                sticker::content(package_id.as_deref(), &sticker_id)
            }),
            self.location.map(|LocationDraft { title, address, latitude, longitude }| {
                place::content(&title, address.as_deref(), latitude, longitude)
            }),
        ];
        let mut said = said.into_iter().flatten();
        match (said.next(), said.next()) {
            (None, _) => invalid("missing field `text`"),
            (Some(_), Some(_)) => {
                invalid("send one of `text`, `template`, `attachment`, `sticker` and `location`")
            }
            (Some(content), None) => Ok(content),
        }
    }
}

/// What sending answers with.
#[cfg(feature = "openapi")]
#[derive(serde::Serialize, utoipa::ToSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "only its shape counts")]
enum Sent {
    One(Box<crate::view::MessageView>),
    Several(crate::view::PageView<crate::view::MessageView>),
}

/// Who writes a reply.
#[derive(Clone, Copy)]
pub(super) struct Author<'a> {
    /// The caller.
    pub(super) operator: &'a Operator,
    /// As whom.
    pub(super) writer: &'a Writer,
}

/// Send a text, a template, a file, a sticker or a location, now or later
///
/// Writes the reply down and answers at once; its `status` then goes from `queued` to `sent`, `failed` or
/// `unconfirmed`. Replies of a conversation go out in the order in which they were written. While the channel
/// waits for a new credential (`channel_health`) they wait too.
///
/// A text that is too long is refused with its length and the limit, or, with `split`, becomes several replies
/// in order: split behind a sentence or a word, never inside of what a reader sees as one character.
///
/// With `send_at` a text, a template, a sticker or a location is `scheduled` and goes out then, within a
/// minute. It is refused with `reply_window_over_by_then` and `window_ends_at` if the time to answer will be
/// over. It counts as an answer when it is sent, not before.
#[cfg_attr(feature = "openapi", utoipa::path(
    post, path = "/api/conversations/{conversation}/messages", operation_id = "sendMessage", tag = "Messages",
    params(IdempotencyKey),
    request_body = inline(Draft),
    responses(
        (
            status = 202, description = "The reply; with `split` the list of replies, in order.",
            body = inline(Sent),
        ),
        (
            status = 200, description = "The reply; with `split` the list of replies, in order.",
            body = inline(Sent),
        ),
    ),
    extensions(("x-errors" = json!(["replies", "sender_names", "idempotency_key_reused", "template_not_found", "upload_not_found", "upload_incomplete", "changed_meanwhile", "person_needed"]))),
))]
pub(crate) async fn send(
    State(api): Shared,
    operator: Operator,
    InPath(id): InPath<ConversationId>,
    IdempotencyKey(key): IdempotencyKey,
    JsonBody(draft): JsonBody<Draft>,
) -> Result<Response, ApiError> {
    let chosen = draft.sender;
    let writer = writer(&api, &operator, chosen).await?;
    let author = Author { operator: &operator, writer: &writer };
    let finished = draft.revision;
    let (draft, used) = filled_in(&api, &operator, id, draft).await?;
    let answer = written(&api, author, id, &key, draft).await?;
    if let Some(template) = used.filter(|_| answer.status() == StatusCode::ACCEPTED) {
        templates::count_use(&api, template).await;
    }
    if let Some(revision) = finished {
        drafts::finish(&api, &operator, id, revision).await;
    }
    remember(&api, &operator, chosen).await;
    Ok(answer)
}

/// What is said in place of a template of ours, and which it is (TPL-2).
async fn filled_in(
    api: &Api,
    operator: &Operator,
    id: ConversationId,
    mut draft: Draft,
) -> Result<(Draft, Option<TemplateId>), ApiError> {
    let invalid = |what: &str| Err(ApiError::InvalidBody { what: what.to_owned() });
    if let Some(of) = draft.template_id {
        if draft.text.is_none() {
            return invalid(
                "`template_id` belongs to a `text`; to have a template filled in send `template`",
            );
        }
        templates::chosen(api, of).await?;
        return Ok((draft, Some(of)));
    }
    let Some(TemplateDraft { id: Some(of), content_sid, variables, language, object, record }) =
        draft.template.take_if(|template| template.id.is_some())
    else {
        return Ok((draft, None));
    };
    if content_sid.is_some() || !variables.is_empty() || draft.text.is_some() {
        return invalid(
            "a template with an `id` has neither a `text` beside it nor a `content_sid` and `variables`",
        );
    }
    let conversation = existing(api, operator, id).await?;
    let template = templates::chosen(api, of).await?;
    let chosen = Chosen { language, object, record };
    let filling = templates::fill(api, operator, &conversation, &template, chosen).await?;
    if !filling.missing.is_empty() {
        return Err(ApiError::TemplateIncomplete { missing: filling.missing });
    }
    match filling.approved {
        Some(Template { content_sid, variables }) => {
            let content_sid = Some(content_sid);
            draft.template = Some(TemplateDraft { content_sid, variables, ..TemplateDraft::default() });
        }
        None => draft.text = Some(filling.text),
    }
    Ok((draft, Some(of)))
}

async fn written(
    api: &Api,
    author: Author<'_>,
    id: ConversationId,
    key: &str,
    draft: Draft,
) -> Result<Response, ApiError> {
    let invalid = |what: &str| ApiError::InvalidBody { what: what.to_owned() };
    if draft.send_at.is_some() && (draft.attachment.is_some() || draft.split) {
        return Err(invalid("a file or a split text cannot have a `send_at`; schedule one text or template"));
    }
    if draft.send_at.is_none() && draft.unless_customer_writes {
        return Err(invalid("`unless_customer_writes` needs a `send_at`"));
    }
    if let Some(file) = &draft.attachment {
        if draft.template.is_some() || draft.sticker.is_some() || draft.location.is_some() || draft.split {
            return Err(invalid("send a file alone or with a `text` that is not split"));
        }
        return send_file_and_text(api, author, id, key, file, draft.text).await;
    }
    let (send_at, split) = (draft.send_at, draft.split);
    let unless_customer_writes = draft.unless_customer_writes;
    let content = draft.content()?;
    if split {
        let Content::Text { text, .. } = &content else {
            return Err(invalid("only a text can be split"));
        };
        return send_parts(api, author, id, key, text).await;
    }
    let conversation = existing(api, author.operator, id).await?;
    if let Some(Instant(at)) = send_at {
        let plan = Plan { at, unless_customer_writes };
        return Ok(schedule(api, author, conversation, key, content, plan).await?.answer(author.operator));
    }
    Ok(write(api, author, conversation, key, content, None).await?.answer(author.operator))
}

async fn send_file_and_text(
    api: &Api,
    author: Author<'_>,
    id: ConversationId,
    key: &str,
    file: &FileDraft,
    text: Option<String>,
) -> Result<Response, ApiError> {
    let conversation = existing(api, author.operator, id).await?;
    let kind = conversation.channel_kind;
    if let Some(text) = &text {
        // Refused before anything is written: a file without the text that belongs to it helps nobody.
        let prefix = prefix(api, author.writer, &conversation).await?;
        text::check_behind(kind, &prefix, text).map_err(|refused| ApiError::Text(refused, kind))?;
    }
    let written = send_file(api, author, conversation, key, file).await?;
    if let Some(text) = text {
        let after = Some(written.message.key.at + Span::from_ms(1));
        let conversation = written.conversation.clone();
        write(api, author, conversation, &format!("{key} text"), Content::text(text), after).await?;
    }
    Ok(written.answer(author.operator))
}

/// Answers with the parts in their order.
async fn send_parts(
    api: &Api,
    author: Author<'_>,
    id: ConversationId,
    key: &str,
    whole: &str,
) -> Result<Response, ApiError> {
    let conversation = existing(api, author.operator, id).await?;
    let kind = conversation.channel_kind;
    let prefix = prefix(api, author.writer, &conversation).await?;
    let parts = text::split_behind(kind, &prefix, whole).map_err(|refused| ApiError::Text(refused, kind))?;
    let mut current = conversation;
    let mut answer = PageView { items: Vec::with_capacity(parts.len()), next_cursor: None };
    let (mut fresh, mut after) = (false, None);
    for (number, part) in parts.iter().enumerate() {
        let content = Content::text(part.to_string());
        let written = write(api, author, current, &key_of_part(key, number), content, after).await?;
        answer.items.push(written.view(author.operator));
        fresh |= written.fresh;
        // The next part stands below this one, whatever the clocks say.
        after = Some(written.message.key.at + Span::from_ms(1));
        current = written.conversation;
    }
    if !fresh && is_written(api, id, &key_of_part(key, parts.len())).await? {
        // The text under this key was longer and begins like this one.
        return Err(ApiError::IdempotencyKeyReused);
    }
    let status = if fresh { StatusCode::ACCEPTED } else { StatusCode::OK };
    Ok((status, Json(answer)).into_response())
}

/// What stands before each text of the reply, and counts.
async fn prefix(api: &Api, writer: &Writer, conversation: &Conversation) -> Result<String, ApiError> {
    let (kind, now) = (conversation.channel_kind, api.clock.now());
    let channel = api.channels.channel(conversation.channel_id, now).await?;
    let settings = channel.ok_or(ApiError::unlinked(kind))?.settings;
    Ok(sender::prefix(kind, writer.shown_with(kind, &settings, &Content::text(""))))
}

/// The same of what `operator` would write now, as was chosen or as they chose last.
pub(crate) async fn prefix_of(
    api: &Api,
    operator: &Operator,
    conversation: &Conversation,
    chosen: Option<SenderMode>,
) -> Result<String, ApiError> {
    let writer = writer(api, operator, chosen).await?;
    prefix(api, &writer, conversation).await
}

/// The key of one part of a split text. A client's key has no spaces, so none of these can be one.
fn key_of_part(key: &str, number: usize) -> String {
    if number == 0 { key.to_owned() } else { format!("{key} {number}") }
}

async fn is_written(api: &Api, id: ConversationId, key: &str) -> Result<bool, ApiError> {
    Ok(api.inbox.placed_reply(id, MessageId::of_reply(id, key)).await?.is_some())
}

/// Writes one reply down, not above `after`.
async fn write(
    api: &Api,
    author: Author<'_>,
    conversation: Conversation,
    key: &str,
    content: Content,
    after: Option<Timestamp>,
) -> Result<Written, ApiError> {
    let kind = conversation.channel_kind;
    let write = |conversation: &Conversation, settings: &ChannelSettings, Moment { placed_at, now }| {
        let writer = author.writer.clone();
        reply::write_content(conversation, settings, writer, key, content.clone(), placed_at, now)
            .map_err(|refused| ApiError::refused(refused, kind))
    };
    let same = |written: &Message| says(written, &content) && !is_scheduled(written);
    write_down(api, author.operator, conversation, key, after, write, same).await
}

/// Writes one reply down that goes out later.
async fn schedule(
    api: &Api,
    author: Author<'_>,
    conversation: Conversation,
    key: &str,
    content: Content,
    plan: Plan,
) -> Result<Written, ApiError> {
    let kind = conversation.channel_kind;
    let write = |conversation: &Conversation, settings: &ChannelSettings, Moment { placed_at, now }| {
        if placed_at.is_some_and(|placed| placed != plan.at) {
            return Err(ApiError::IdempotencyKeyReused);
        }
        let writer = author.writer.clone();
        later::schedule(conversation, settings, writer, key, content.clone(), plan, now)
            .map_err(|refused| ApiError::refused(refused, kind))
    };
    let same = |written: &Message| {
        let unless = match written.send {
            Some(SendState::Scheduled { unless_customer_writes, .. }) => unless_customer_writes,
            _ => plan.unless_customer_writes,
        };
        let planned = written.key.at == plan.at && unless == plan.unless_customer_writes;
        says(written, &content) && planned
    };
    write_down(api, author.operator, conversation, key, None, write, same).await
}

fn says(written: &Message, content: &Content) -> bool {
    matches!(&written.body, Body::Said { content: known } if known == content)
}

fn is_scheduled(written: &Message) -> bool {
    matches!(written.send, Some(SendState::Scheduled { .. } | SendState::Canceled { .. }))
}
