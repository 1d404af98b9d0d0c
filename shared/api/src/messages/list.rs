//! `GET /api/conversations/{conversation}/messages`: newest first, older ones by cursor; around one that was found, and on from
//! there to newer ones (SRC-3).

use std::collections::HashMap;

use axum::Json;
use axum::extract::State;
use madoguchi_domain::{Conversation, ConversationId, Message, MessageKey};
use madoguchi_store::inbox::MessagePage;
use serde::{Deserialize, Serialize};

use crate::auth::Operator;
use crate::conversations::opened;
use crate::input::{InPath, InQuery, given, not_a_cursor, page_size};
use crate::view::{MessageView, PageView, album, grouped, incomplete};
use crate::{Api, ApiError, Shared};

/// How many more messages are read for the rest of an album: it is sent within moments, and LINE's hold fewer.
const ALBUM_REACH: usize = 50;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams), into_params(parameter_in = Query))]
pub(crate) struct PageQuery {
    limit: Option<String>,
    cursor: Option<String>,
    /// The `id` of a message that the page is to lie around, such as one that a search found. Not with `cursor` or
    /// `after`.
    around: Option<String>,
    /// A page's `newer_cursor`, or the `id` of a message, for what was said next. Not with `cursor` or `around`.
    after: Option<String>,
}

/// A page, and where it goes on to newer ones if it does not begin with the newest.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub(crate) struct MessagesView {
    #[serde(flatten)]
    page: PageView<MessageView>,
    /// What to send as `after`; only where newer messages follow those of `around` or `after`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "openapi", schema(nullable = false))]
    newer_cursor: Option<String>,
}

/// What of a conversation is asked for.
#[derive(Clone, Copy, Debug)]
enum Span {
    Before(Option<MessageKey>),
    Around(MessageKey),
    After(MessageKey),
}

impl Span {
    fn parse(query: &PageQuery) -> Result<Self, ApiError> {
        let key = |name: &str, text: Option<&str>| {
            let key = given(text).map(str::parse::<MessageKey>).transpose();
            let what = format!("`{name}` must be the id of a message");
            key.map_err(|_| ApiError::InvalidQuery { what })
        };
        let before = given(query.cursor.as_deref()).map(str::parse::<MessageKey>).transpose();
        let before = before.map_err(|_| not_a_cursor())?;
        match (before, key("around", query.around.as_deref())?, key("after", query.after.as_deref())?) {
            (before, None, None) => Ok(Self::Before(before)),
            (None, Some(around), None) => Ok(Self::Around(around)),
            (None, None, Some(after)) => Ok(Self::After(after)),
            _ => Err(ApiError::InvalidQuery { what: "give one of `cursor`, `around` and `after`".into() }),
        }
    }
}

/// Read a conversation's messages and timeline
#[cfg_attr(feature = "openapi", utoipa::path(
    get, path = "/api/conversations/{conversation}/messages", operation_id = "listMessages", tag = "Messages",
    params(PageQuery),
    responses(
        (
            status = 200, description = "A page of messages, newest first. Pictures that were sent together are one item of kind `album`, in the place of the newest; a page may be longer than `limit` by the rest of an album.", body = MessagesView,
        ),
    ),
    extensions(("x-errors" = json!(["message_not_found"]))),
))]
pub(crate) async fn list(
    State(api): Shared,
    operator: Operator,
    InPath(id): InPath<ConversationId>,
    InQuery(query): InQuery<PageQuery>,
) -> Result<Json<MessagesView>, ApiError> {
    let limit = page_size(query.limit.as_deref())?;
    let span = Span::parse(&query)?;
    let conversation = opened(&api, &operator, id).await?;
    let (page, newer) = page(&api, id, span, limit).await?;
    let names = names(&api, &conversation, &page.messages).await?;
    let by_name: HashMap<&str, MessageKey> =
        page.messages.iter().filter_map(|m| Some((m.provider_message_id.as_deref()?, m.key))).collect();
    let items = page.messages.iter().map(|message| {
        let name = message.participant.as_ref().and_then(|person| names.get(person));
        let answered = message.reply_to.as_deref().and_then(|quoted| by_name.get(quoted));
        let view = MessageView::new(message, &conversation, operator.reader());
        view.spoken_by(name).answering(answered.copied())
    });
    let items = grouped(items.collect());
    let page = PageView { items, next_cursor: page.next.map(|key| key.to_string()) };
    Ok(Json(MessagesView { page, newer_cursor: newer.map(|key| key.to_string()) }))
}

/// The messages, newest first, and where the newer ones go on.
async fn page(
    api: &Api,
    id: ConversationId,
    span: Span,
    limit: usize,
) -> Result<(MessagePage, Option<MessageKey>), ApiError> {
    let older = async |before: Option<&MessageKey>, limit| {
        with_whole_albums(api, id, api.inbox.messages(id, before, limit).await?).await
    };
    let newer = async |after: &MessageKey, limit| {
        let mut newer = api.inbox.messages_after(id, after, limit).await?;
        newer.messages.reverse();
        Ok::<_, ApiError>((newer.messages, newer.next))
    };
    match span {
        Span::Before(before) => Ok((older(before.as_ref(), limit).await?, None)),
        Span::After(after) => {
            let (messages, next) = newer(&after, limit).await?;
            Ok((MessagePage { messages, next: None }, next))
        }
        Span::Around(key) => {
            let message = api.inbox.message(id, &key).await?.ok_or(ApiError::MessageNotFound)?;
            let (mut messages, next) = newer(&key, limit / 2).await?;
            let rest = older(Some(&key), (limit - messages.len()).saturating_sub(1).max(1)).await?;
            messages.push(message);
            messages.extend(rest.messages);
            Ok((MessagePage { messages, next: rest.next }, next))
        }
    }
}

/// A page does not end inside an album: what belongs to it is taken in from the next one.
async fn with_whole_albums(
    api: &Api,
    id: ConversationId,
    mut page: MessagePage,
) -> Result<MessagePage, ApiError> {
    let Some(next) = page.next else { return Ok(page) };
    let missing = incomplete(&page.messages);
    if missing.is_empty() {
        return Ok(page);
    }
    let mut more = api.inbox.messages(id, Some(&next), ALBUM_REACH).await?;
    let belongs = |message: &Message| album(message).is_some_and(|album| missing.contains(album.id.as_str()));
    if let Some(last) = more.messages.iter().rposition(belongs) {
        let all = last + 1 == more.messages.len();
        more.messages.truncate(last + 1);
        page.next = if all { more.next } else { more.messages.last().map(|message| message.key) };
        page.messages.append(&mut more.messages);
    }
    Ok(page)
}

/// The names of those who speak in a group, as far as they are known.
async fn names(
    api: &Api,
    conversation: &Conversation,
    messages: &[Message],
) -> Result<HashMap<String, String>, ApiError> {
    if !conversation.is_group() {
        return Ok(HashMap::new());
    }
    let mut people: Vec<&str> =
        messages.iter().filter_map(|message| message.participant.as_deref()).collect();
    people.sort_unstable();
    people.dedup();
    let people = api.inbox.participants(conversation.id, &people, false).await?;
    Ok(people.into_iter().filter_map(|person| Some((person.id, person.name?))).collect())
}
