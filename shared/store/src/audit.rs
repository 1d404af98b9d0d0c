//! The Audit table: entries are added and searched, never changed.

use aws_sdk_dynamodb::Client;
use madoguchi_domain::audit::{Change, Entry, Image, entries};
use madoguchi_domain::{ChannelId, ConversationId, Span, Timestamp};

use crate::Saved;
use crate::directory::saved;
use crate::error::{StoreError, failed};
use crate::item::{self, Item, n, s};

/// How many queries one page takes at most: a search that finds little goes on with the next page.
const QUERIES: usize = 25;
/// How many entries are asked for at once at most; a query holds 1 MB.
const BATCH: usize = 500;

/// Access to the Audit table.
#[derive(Clone, Debug)]
pub struct Audit {
    client: Client,
    table: String,
    keep: Span,
}

/// What is looked for. Several wishes must all be met.
#[derive(Clone, Debug)]
pub struct Search {
    /// From this instant on.
    pub from: Timestamp,
    /// Before this one.
    pub to: Timestamp,
    /// Done by this person or function.
    pub actor: Option<String>,
    /// Concerning this channel.
    pub channel: Option<ChannelId>,
    /// Concerning this conversation.
    pub conversation: Option<ConversationId>,
    /// This act, or all that begin with it and a dot.
    pub act: Option<String>,
    /// Only what is older than this [`AuditPage::next`].
    pub cursor: Option<Cursor>,
}

/// A place in the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cursor(String);

impl Cursor {
    /// What [`Cursor::as_str`] told; `None` if it cannot have.
    pub fn parse(text: &str) -> Option<Self> {
        let known = |byte: u8| byte.is_ascii_digit() || byte.is_ascii_lowercase() || byte == b'-';
        let (ms, rest) = text.split_at_checked(13)?;
        let is_place =
            ms.bytes().all(|byte| byte.is_ascii_digit()) && (rest.is_empty() || rest.starts_with('-'));
        (is_place && text.len() <= 200 && text.bytes().all(known)).then(|| Self(text.to_owned()))
    }

    /// The place of an entry: what is older comes next.
    pub fn after(entry: &Entry) -> Self {
        Self(entry.position())
    }

    /// As the caller keeps it.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A page of a search, newest first.
#[derive(Clone, Debug)]
pub struct AuditPage {
    /// Perhaps fewer than were asked for, or none, although there are more.
    pub entries: Vec<Entry>,
    /// Where the next page begins; `None` on the last.
    pub next: Option<Cursor>,
}

impl Search {
    fn matches(&self, entry: &Entry) -> bool {
        let is_act = |act: &String| {
            entry.act.strip_prefix(act.as_str()).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        };
        self.actor.as_ref().is_none_or(|actor| entry.by.id == *actor)
            && self.channel.is_none_or(|channel| entry.channel == Some(channel))
            && self.conversation.is_none_or(|conversation| entry.conversation == Some(conversation))
            && self.act.as_ref().is_none_or(is_act)
    }

    /// Whether the index holds more than what is looked for.
    fn is_sifted(&self) -> bool {
        let parts = [self.conversation.is_some(), self.channel.is_some(), self.actor.is_some()];
        self.act.is_some() || parts.into_iter().filter(|part| *part).count() > 1
    }

    /// Index, its partition key's name, and the partition; without one of its own, that of the month of `at`.
    fn index(&self, at: &str) -> (&'static str, &'static str, String) {
        if let Some(conversation) = self.conversation {
            return ("conversation", "conversation", conversation.to_string());
        }
        if let Some(channel) = self.channel {
            return ("channel", "channel", channel.to_string());
        }
        match &self.actor {
            Some(actor) => ("actor", "actor", actor.clone()),
            None => ("time", "month", at.to_owned()),
        }
    }
}

impl Audit {
    /// The table called `table`, whose entries are kept for `keep`.
    pub fn new(client: Client, table: impl Into<String>, keep: Span) -> Self {
        Self { client, table: table.into(), keep }
    }

    /// How long entries are kept.
    pub const fn keep(&self) -> Span {
        self.keep
    }

    /// Adds an entry; [`Saved::Conflict`] if it is there already.
    pub async fn record(&self, entry: &Entry) -> Result<Saved, StoreError> {
        let mut item: Item = serde_dynamo::to_item(entry)
            .map_err(|error| StoreError::Unreadable { key: entry.id.clone(), detail: error.to_string() })?;
        let ends_at = entry.at + self.keep;
        item.insert("pk".into(), s(&entry.id));
        item.insert("position".into(), s(entry.position()));
        item.insert("month".into(), s(month(entry.at)));
        item.insert("actor".into(), s(&entry.by.id));
        item.insert("expires_at".into(), n(ends_at.as_ms() / 1000));
        let answer = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(item))
            .condition_expression("attribute_not_exists(pk)")
            .send()
            .await;
        saved("PutItem", answer)
    }

    /// Up to `limit` entries of what is looked for, newest first.
    pub async fn page(&self, search: &Search, limit: usize) -> Result<AuditPage, StoreError> {
        let oldest = format!("{:013}", search.from.as_ms());
        // Every position of that instant is longer, and so behind it.
        let mut upto = format!("{:013}", search.to.as_ms());
        let given = search.cursor.as_ref().map(Cursor::as_str).filter(|cursor| *cursor < upto.as_str());
        if let Some(cursor) = given {
            upto = cursor.to_owned();
        }
        let (mut at, first) = (month(instant(&upto)), month(search.from));
        let mut entries = Vec::new();
        for _ in 0..QUERIES {
            if upto <= oldest {
                return Ok(AuditPage { entries, next: None });
            }
            // One is the cursor itself, and one tells whether there are more.
            let wanted = if search.is_sifted() { BATCH } else { (limit - entries.len() + 2).min(BATCH) };
            let (found, more) = self.query(search.index(&at), (&oldest, &upto), wanted).await?;
            let last = found.last().map(Entry::position);
            let found = found.into_iter().filter(|entry| entry.position() < upto && search.matches(entry));
            for entry in found {
                if entries.len() == limit {
                    let next = entries.last().map(Cursor::after);
                    return Ok(AuditPage { entries, next });
                }
                entries.push(entry);
            }
            match last {
                Some(last) if more => upto = last,
                _ if search.index("").0 != "time" || at <= first => {
                    return Ok(AuditPage { entries, next: None });
                }
                _ => {
                    let begins = begin(&at);
                    upto = format!("{:013}", begins.as_ms());
                    at = month(begins - Span::from_ms(1));
                }
            }
        }
        Ok(AuditPage { entries, next: Some(Cursor(upto)) })
    }

    /// Entries of one partition between two places, newest first, and whether there are more.
    async fn query(
        &self,
        (index, name, partition): (&str, &str, String),
        (oldest, newest): (&str, &str),
        limit: usize,
    ) -> Result<(Vec<Entry>, bool), StoreError> {
        let answer = self
            .client
            .query()
            .table_name(&self.table)
            .index_name(index)
            .key_condition_expression("#partition = :partition AND #position BETWEEN :oldest AND :newest")
            .expression_attribute_names("#partition", name)
            .expression_attribute_names("#position", "position")
            .expression_attribute_values(":partition", s(partition))
            .expression_attribute_values(":oldest", s(oldest))
            .expression_attribute_values(":newest", s(newest))
            .scan_index_forward(false)
            .limit(i32::try_from(limit).unwrap_or(i32::MAX))
            .send()
            .await
            .map_err(|error| failed("Query", error))?;
        let more = answer.last_evaluated_key.is_some();
        let entries =
            answer.items.unwrap_or_default().into_iter().map(item::decode).collect::<Result<_, _>>()?;
        Ok((entries, more))
    }
}

/// Such as `2026-11`.
fn month(at: Timestamp) -> String {
    at.to_string().chars().take(7).collect()
}

/// When a month begins.
fn begin(month: &str) -> Timestamp {
    Timestamp::from_rfc_3339(&format!("{month}-01T00:00:00Z")).unwrap_or_default()
}

fn instant(position: &str) -> Timestamp {
    Timestamp::from_ms(position.get(..13).and_then(|ms| ms.parse().ok()).unwrap_or_default())
}

/// What a record of the Directory's stream tells; `old` and `new` are empty where there is no such image.
pub fn told(
    keys: &serde_dynamo::Item,
    (old, new): (&serde_dynamo::Item, &serde_dynamo::Item),
    sequence: &str,
    at: Timestamp,
) -> Vec<Entry> {
    let keys = image(keys).unwrap_or_default();
    let key = |name: &str| keys.get(name).and_then(|value| value.as_str()).unwrap_or_default();
    let (before, after) = (image(old), image(new));
    let (pk, sk) = (key("pk"), key("sk"));
    entries(&Change { pk, sk, before: before.as_ref(), after: after.as_ref(), at, sequence })
}

/// What JSON cannot say is left out.
fn image(item: &serde_dynamo::Item) -> Option<Image> {
    let attributes = item.inner().iter();
    let plain = attributes.filter_map(|(name, value)| {
        Some((name.clone(), serde_dynamo::from_attribute_value(value.clone()).ok()?))
    });
    (!item.inner().is_empty()).then(|| plain.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_a_place_that_was_told() {
        for (text, expected) in [
            ("1793491200000", true),
            ("1793491200000-a-0a4d17e2-51c6-5f3b-8d02-6b1f93c72e58", true),
            ("", false),
            ("179349120000", false),
            ("1793491200000a", false),
            ("17934912000-1", false),
            ("1793491200000-A", false),
            ("1793491200000-a b", false),
            ("１７９３４９１２０００００", false),
        ] {
            assert_eq!(Cursor::parse(text).is_some(), expected, "{text}");
        }
        assert!(Cursor::parse(&format!("1793491200000-{}", "a".repeat(200))).is_none());
    }

    #[test]
    fn months_follow_each_other_backwards_over_the_year() {
        let january = Timestamp::from_rfc_3339("2027-01-31T23:59:59.999Z").unwrap();
        assert_eq!(month(january), "2027-01");
        assert_eq!(begin("2027-01").to_string(), "2027-01-01T00:00:00.000Z");
        assert_eq!(month(begin("2027-01") - Span::from_ms(1)), "2026-12");
        assert_eq!(instant("1793491200000-a").as_ms(), 1_793_491_200_000);
    }
}
