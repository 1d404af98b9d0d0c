//! `PUT /api/channels/{channel}/bot`: this bot answers from now on where the channel's settings have it answer. The secret of an
//! outside bot is shown when it is made: with the first `PUT`, and with one that asks for a new one.

use axum::extract::State;
use madoguchi_domain::bot::{Bot, BotKind, Fallback, Rule};
use madoguchi_domain::webhook::Key;
use madoguchi_domain::{ChannelId, WebhookId};
use madoguchi_runtime::unguessable;
use madoguchi_store::Saved;
use serde::Deserialize;

use super::view::BotView;
use crate::ApiError;
use crate::auth::Operator;
use crate::etag::{IfMatch, Tagged};
use crate::input::{InPath, JsonBody};
use crate::webhooks::SharedWebhooks;

#[derive(Debug, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub(crate) enum NewBot {
    Keywords {
        rules: Vec<Rule>,
        #[serde(default)]
        fallback: Fallback,
        #[serde(default)]
        hand_over_words: Vec<String>,
    },
    Webhook {
        url: String,
        #[serde(default = "five")]
        timeout_seconds: u8,
        #[serde(default)]
        hand_over_words: Vec<String>,
        /// Whether a new secret is made; the one before it goes on signing for a day.
        #[serde(default)]
        replace_secret: bool,
    },
}

const fn five() -> u8 {
    5
}

/// Set a channel's bot
///
/// For administrators. When it answers is told by the channel's setting `bot`. The built-in bot answers by the
/// first rule of which a word is in what the customer says (capitals, width and kana make no difference), with
/// its template.
///
/// An outside bot is asked by `POST`, signed as outgoing webhooks are, with `{"type": "message.received", "id",
/// "conversation", "message"}`; a repetition has the same id. It answers within `timeout_seconds` with
/// `{"messages": [{"text": "…"}], "hand_over": false}`, up to five messages, or with nothing to stay silent.
/// Any other answer hands the conversation over to people. `secret` is in the answer when it is made: the first
/// time, and with `replace_secret`. For an outside bot a machine also needs the scope `conversations:read`.
#[cfg_attr(feature = "openapi", utoipa::path(
    put, path = "/api/channels/{channel}/bot", operation_id = "setBot", tag = "Channels",
    params(IfMatch),
    request_body = inline(NewBot),
    responses((status = 200, description = "The bot.", body = BotView, headers(("ETag")))),
    extensions(("x-errors" = json!([
        "template_not_found", "webhook_url_invalid", "webhook_url_not_public", "webhook_url_too_long",
    ]))),
))]
pub(crate) async fn set(
    State(api): SharedWebhooks,
    administrator: Operator,
    InPath(channel): InPath<ChannelId>,
    meant: IfMatch,
    JsonBody(wanted): JsonBody<NewBot>,
) -> Result<Tagged<BotView>, ApiError> {
    if matches!(wanted, NewBot::Webhook { .. }) {
        administrator.sends_conversations()?;
    }
    let api = api.by(&administrator);
    let known = api.directory.channel(channel).await?.filter(|channel| !channel.status.is_deleted());
    let channel = known.ok_or(ApiError::ChannelNotFound)?.id;
    let before = api.directory.bot(channel).await?;
    let there = before.as_ref().filter(|bot| bot.removed_at.is_none());
    let rev = before.as_ref().map_or(0, |bot| bot.rev);
    meant.check(rev, || there.map(BotView::new))?;
    let (kind, hand_over_words, made) = match wanted {
        NewBot::Keywords { rules, fallback, hand_over_words } => {
            (BotKind::Keywords { rules, fallback }, hand_over_words, None)
        }
        NewBot::Webhook { url, timeout_seconds, hand_over_words, replace_secret } => {
            let kept = there.and_then(|bot| match &bot.kind {
                BotKind::Webhook { id, key, .. } => Some((*id, *key)),
                BotKind::Keywords { .. } => None,
            });
            let (id, key, fresh) = match kept {
                Some((id, key)) if replace_secret => (id, key.replaced(api.clock.now()), true),
                Some((id, key)) => (id, key, false),
                None => (WebhookId::derive(&unguessable()?), Key::default(), true),
            };
            let kind = BotKind::Webhook { url: api.url(&url)?, timeout_seconds, id, key };
            (kind, hand_over_words, fresh.then_some((id, key.generation)))
        }
    };
    let mut bot = Bot { channel, kind, hand_over_words, removed_at: None, rev }
        .checked()
        .map_err(|refused| ApiError::InvalidBody { what: refused.to_string() })?;
    for template in bot.templates() {
        let known = api.directory.template(template).await?;
        let known = known.filter(|known| known.removed_at.is_none()).ok_or(ApiError::TemplateNotFound)?;
        if let Some(field) = known.needs_somebody() {
            let what = format!(
                "a bot has nothing for {{{{{field}}}}} of the template {template}; give the field a text of its own, as in \
                 {{{{{field}|…}}}}"
            );
            return Err(ApiError::InvalidBody { what });
        }
    }
    let secret = match made {
        Some((id, generation)) => Some(api.keys.secret(id, generation).await?.reveal()),
        None => None,
    };
    if api.directory.save_bot(&bot).await? == Saved::Conflict {
        return Err(ApiError::contended("the bot"));
    }
    bot.rev += 1;
    tracing::info!(channel.id = %channel, operator.id = administrator.id.0, "Set the bot of channel `{channel}`");
    Ok(Tagged(bot.rev, BotView::new(&bot).revealing(secret)))
}
