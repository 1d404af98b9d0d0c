//! `GET /api/conversations`: a section of the inbox, newest first, over one channel or all.

use std::collections::HashMap;

use axum::Json;
use axum::extract::State;
use madoguchi_domain::{Channel, ChannelId, ConversationId, Section, membership};
use serde::Deserialize;

use crate::auth::Operator;
use crate::input::{InQuery, given, not_a_cursor, page_size};
use crate::view::{ConversationView, PageView};
use crate::{Api, ApiError, Shared};

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ListQuery {
    section: Option<String>,
    channel: Option<String>,
    limit: Option<String>,
    cursor: Option<String>,
}

pub(crate) async fn list(
    State(api): Shared,
    operator: Operator,
    InQuery(query): InQuery<ListQuery>,
) -> Result<Json<PageView<ConversationView>>, ApiError> {
    let wanted = Wanted::parse(&query)?;
    let (channels, hidden) = channels(&api, &operator).await?;
    // A channel that is gone can still be asked for by its id: its history stays readable.
    let ids = match wanted.channel {
        Some(channel) if hidden.contains(&channel) => Vec::new(),
        Some(channel) => vec![channel],
        None => channels.keys().copied().collect(),
    };
    let page = api.inbox.list(&ids, wanted.sections, wanted.before, wanted.limit).await?;
    if !page.conversations.is_empty() {
        api.is_listed(&operator).await?;
    }
    let now = api.clock.now();
    let items = page.conversations.iter().map(|conversation| {
        let channel = channels.get(&conversation.channel_id);
        ConversationView::new(conversation, channel, now, operator.reader()).linked(&api.bucket)
    });
    Ok(Json(PageView { items: items.collect(), next_cursor: page.next }))
}

/// The channels that `operator` sees, and those that they do not (ASG-8).
async fn channels(
    api: &Api,
    operator: &Operator,
) -> Result<(HashMap<ChannelId, Channel>, Vec<ChannelId>), ApiError> {
    let mut channels: HashMap<_, _> =
        api.directory.channels().await?.into_iter().map(|channel| (channel.id, channel)).collect();
    if channels.values().all(|channel| membership::open_to(operator.role, &channel.settings)) {
        return Ok((channels, Vec::new()));
    }
    let person = api.senders.person(&operator.id, api.clock.now()).await?;
    let mut hidden = Vec::new();
    channels.retain(|id, channel| {
        let seen = membership::may_see(operator.role, channel, person.as_ref());
        if !seen {
            hidden.push(*id);
        }
        seen
    });
    Ok((channels, hidden))
}

#[derive(Debug)]
struct Wanted<'a> {
    sections: &'static [Section],
    channel: Option<ChannelId>,
    before: Option<&'a str>,
    limit: usize,
}

impl<'a> Wanted<'a> {
    fn parse(query: &'a ListQuery) -> Result<Self, ApiError> {
        let sections: &[Section] = match given(query.section.as_deref()) {
            Some("unanswered") => &[Section::Unanswered],
            Some("open") | None => &[Section::Unanswered, Section::Answered],
            Some("closed") => &[Section::Closed],
            Some(_) => return Err(invalid("`section` must be unanswered, open or closed")),
        };
        let channel = given(query.channel.as_deref()).map(str::parse).transpose();
        let channel = channel.map_err(|_| invalid("`channel` must be a channel's id"))?;
        let before = given(query.cursor.as_deref());
        if before.is_some_and(|cursor| !is_position(cursor)) {
            return Err(not_a_cursor());
        }
        Ok(Self { sections, channel, before, limit: page_size(query.limit.as_deref())? })
    }
}

/// A place in a list: 13 digits of milliseconds, `-`, a conversation.
fn is_position(cursor: &str) -> bool {
    cursor.split_once('-').is_some_and(|(ms, id)| {
        ms.len() == 13 && ms.bytes().all(|byte| byte.is_ascii_digit()) && id.parse::<ConversationId>().is_ok()
    })
}

fn invalid(what: &str) -> ApiError {
    ApiError::InvalidQuery { what: what.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CHANNEL: &str = "1809223c-a54e-5e9b-ae37-4058be706671";

    #[test]
    fn a_list_is_asked_for_by_section_channel_and_place() {
        let query = |name: &str, value: &str| {
            let mut query = ListQuery::default();
            let field = match name {
                "section" => &mut query.section,
                "channel" => &mut query.channel,
                "limit" => &mut query.limit,
                _ => &mut query.cursor,
            };
            *field = Some(value.to_owned());
            query
        };
        let cursor = format!("1700000000000-{CHANNEL}");
        for (name, value, valid) in [
            ("section", "unanswered", true),
            ("section", "open", true),
            ("section", "closed", true),
            ("section", "", true),
            ("section", "answered", false),
            ("channel", CHANNEL, true),
            ("channel", "", true),
            ("channel", "shop", false),
            ("limit", "100", true),
            ("limit", "101", false),
            ("cursor", &cursor, true),
            ("cursor", &cursor[1..], false),
            ("cursor", &cursor[..49], false),
            ("cursor", "zzzzzzzzzzzzz-", false),
            ("cursor", "", true),
        ] {
            let query = query(name, value);
            let wanted = Wanted::parse(&query);
            assert_eq!(wanted.is_ok(), valid, "{name}={value}");
            if let Err(error) = wanted {
                assert!(error.to_string().contains(name), "{error}");
            }
        }
        let open = ListQuery::default();
        assert_eq!(Wanted::parse(&open).unwrap().sections, [Section::Unanswered, Section::Answered]);
    }
}
