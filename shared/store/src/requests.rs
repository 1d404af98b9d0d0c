//! The Requests table: what clients have asked for and what they were answered, for as long as they may ask again
//! (OPS-1). Nothing stands here but of requests that carry a key, and of machines.

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnValuesOnConditionCheckFailure};
use madoguchi_domain::{Span, Timestamp};
use serde::{Deserialize, Serialize};

use crate::Saved;
use crate::directory::saved;
use crate::error::{StoreError, failed};
use crate::item::{self, Item, n, s};

/// How long an answer is repeated.
pub const REPEATED: Span = Span::from_hours(24);
/// How long a request may run before another of the same key may take its place: longer than any function.
const RUNNING: Span = Span::from_secs(60);
/// Of longer answers the body is not kept; an item holds 400 KB.
const LONGEST: usize = 64 * 1024;

/// Access to the Requests table.
#[derive(Clone, Debug)]
pub struct Requests {
    client: Client,
    table: String,
}

/// What a request was answered.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptAnswer {
    /// The HTTP status.
    pub status: u16,
    /// The content type.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content_type: Option<String>,
    /// The entity tag.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub etag: Option<String>,
    /// Where what was answered is to be read, as whoever asks may see it then; nothing of it is kept here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shown_at: Option<String>,
    /// The body.
    pub body: String,
}

/// How a request of some key may go on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Begun {
    /// It is the first: run it, then [`Requests::finish`] or [`Requests::abandon`] it.
    First,
    /// It was answered before.
    Answered(KeptAnswer),
    /// The first is still running.
    Running,
    /// The key was used for another request.
    Another,
}

#[derive(Deserialize)]
struct Stored {
    fingerprint: String,
    #[serde(default)]
    answer: Option<KeptAnswer>,
}

impl Requests {
    /// The table called `table`.
    pub fn new(client: Client, table: impl Into<String>) -> Self {
        Self { client, table: table.into() }
    }

    /// Begins a request; `fingerprint` tells it from others of its key. The table forgets some time after the end of a life,
    /// so the end is looked at here.
    pub async fn begin(&self, key: &str, fingerprint: &str, now: Timestamp) -> Result<Begun, StoreError> {
        let (lease, ends) = (now + RUNNING, now + REPEATED);
        let answer = self
            .client
            .put_item()
            .table_name(&self.table)
            .item("pk", s(key))
            .item("fingerprint", s(fingerprint))
            .item("lease_until", n(lease.as_ms()))
            .item("expires_at", n(ends.as_ms() / 1000))
            .condition_expression(
                "attribute_not_exists(pk) OR expires_at <= :now_s OR \
                 (attribute_not_exists(answer) AND lease_until <= :now AND fingerprint = :fingerprint)",
            )
            .expression_attribute_values(":now_s", n(now.as_ms() / 1000))
            .expression_attribute_values(":now", n(now.as_ms()))
            .expression_attribute_values(":fingerprint", s(fingerprint))
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld)
            .send()
            .await;
        let Err(error) = answer else { return Ok(Begun::First) };
        let there = error.as_service_error().and_then(|error| match error {
            aws_sdk_dynamodb::operation::put_item::PutItemError::ConditionalCheckFailedException(lost) => {
                lost.item().cloned()
            }
            _ => None,
        });
        let Some(there) = there else { return Err(failed("PutItem", error)) };
        let stored: Stored = item::decode(there)?;
        Ok(match stored.answer {
            _ if stored.fingerprint != fingerprint => Begun::Another,
            Some(answer) => Begun::Answered(answer),
            None => Begun::Running,
        })
    }

    /// Keeps what a request was answered; of an answer that is too long, only how it ended.
    pub async fn finish(&self, key: &str, answer: &KeptAnswer) -> Result<(), StoreError> {
        let bare;
        let answer = if answer.body.len() > LONGEST {
            bare = KeptAnswer { status: answer.status, ..KeptAnswer::default() };
            &bare
        } else {
            answer
        };
        let kept: AttributeValue = serde_dynamo::to_attribute_value(answer)
            .map_err(|error| StoreError::Unreadable { key: key.to_owned(), detail: error.to_string() })?;
        let request = self.client.update_item().table_name(&self.table).set_key(Some(by(key)));
        let request = request
            .update_expression("SET answer = :answer")
            .condition_expression("attribute_exists(pk)")
            .expression_attribute_values(":answer", kept);
        saved("UpdateItem", request.send().await).map(|_| ())
    }

    /// Forgets a request that came to nothing: it may be asked again.
    pub async fn abandon(&self, key: &str) -> Result<(), StoreError> {
        let request = self.client.delete_item().table_name(&self.table).set_key(Some(by(key)));
        request.send().await.map(drop).map_err(|error| failed("DeleteItem", error))
    }
}

/// How long a machine's requests are counted together, and how many of them there may be.
pub const COUNTED_FOR: Span = Span::from_secs(10);
/// See [`COUNTED_FOR`]: ten a second on average.
pub const MOST_REQUESTS: u32 = 100;

impl Requests {
    /// Counts a request of a machine, in the whole stack: at most [`MOST_REQUESTS`] within each [`COUNTED_FOR`] from the
    /// epoch on, so never more than twice as many within any such time. Of one above, how long it has to wait.
    pub async fn count(&self, client: &str, now: Timestamp) -> Result<Option<Span>, StoreError> {
        let turn = now.as_ms().div_euclid(COUNTED_FOR.as_ms());
        let ends = Timestamp::from_ms((turn + 1) * COUNTED_FOR.as_ms());
        let forgotten = ends + Span::from_minutes(1);
        let request = self
            .client
            .update_item()
            .table_name(&self.table)
            .set_key(Some(by(&format!("rate#{client}#{turn}"))))
            .update_expression("SET expires_at = :expires_at ADD requests :one")
            .condition_expression("attribute_not_exists(requests) OR requests < :most")
            .expression_attribute_values(":expires_at", n(forgotten.as_ms() / 1000))
            .expression_attribute_values(":one", n(1))
            .expression_attribute_values(":most", n(MOST_REQUESTS));
        Ok(match saved("UpdateItem", request.send().await)? {
            Saved::Done => None,
            Saved::Conflict => Some(ends.since(now)),
        })
    }
}

fn by(key: &str) -> Item {
    Item::from([("pk".to_owned(), s(key))])
}
