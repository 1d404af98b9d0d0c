//! Sends to queues. A partial success is never reported as a success.

use std::borrow::Cow;
use std::fmt;

use aws_sdk_sqs::Client;
use aws_sdk_sqs::types::SendMessageBatchRequestEntry;
use madoguchi_domain::Span;

/// SQS: at most ten entries in a batch.
const MAX_ENTRIES: usize = 10;
/// SQS: at most 1 MiB in a batch, billed in steps of 64 KB. Smaller calls are answered sooner, and
/// a slow one holds fewer events up. A larger single entry travels alone.
const MAX_BATCH_BYTES: usize = 240 * 1024;
/// SQS: a message can be hidden for at most 12 hours from its receipt; leave room for what passed.
const MAX_VISIBILITY_SECS: i64 = 11 * 3600;
/// SQS: a message can be held back for at most 15 minutes.
const MAX_DELAY_SECS: i64 = 15 * 60;

/// One queue.
#[derive(Clone, Debug)]
pub struct Queue {
    client: Client,
    url: String,
}

/// A message for a FIFO queue.
#[derive(Clone, PartialEq, Eq)]
pub struct FifoEntry {
    /// Entries of one group are delivered in order; at most 128 characters.
    pub group: String,
    /// Entries of one group with the same id within five minutes are delivered once; at most 128
    /// characters.
    pub deduplication: String,
    /// JSON.
    pub body: String,
}

/// Not everything was accepted.
#[derive(Debug, thiserror::Error)]
pub enum QueueError {
    /// The call failed; nothing is known of its entries.
    #[error("the queue could not be reached")]
    Unreachable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// Some entries were refused twice.
    #[error("the queue refused {refused} of {sent} messages: {code}")]
    Refused {
        /// How many entries were refused.
        refused: usize,
        /// How many entries were in the call.
        sent: usize,
        /// The first one's error code.
        code: String,
    },
}

impl Queue {
    /// The queue at `url`.
    pub fn new(client: Client, url: impl Into<String>) -> Self {
        Self { client, url: url.into() }
    }

    /// Sends every entry, or fails. After a failure some may have been accepted: sending all of
    /// them again is right, since the queue knows their deduplication ids.
    pub async fn send_fifo_batch(&self, entries: Vec<FifoEntry>) -> Result<(), QueueError> {
        // One call after the other: a group's entries must arrive in the order given.
        for batch in batches(entries, |entry| entry.body.len()) {
            self.send_batch(batch).await?;
        }
        Ok(())
    }

    /// Sends one entry to a FIFO queue.
    pub async fn send_fifo(&self, entry: FifoEntry) -> Result<(), QueueError> {
        self.client
            .send_message()
            .queue_url(&self.url)
            .message_group_id(entry.group)
            .message_deduplication_id(entry.deduplication)
            .message_body(transportable(&entry.body))
            .send()
            .await
            .map_err(unreachable)?;
        Ok(())
    }

    /// Sends JSON to a standard queue.
    pub async fn send(&self, body: &str) -> Result<(), QueueError> {
        self.client
            .send_message()
            .queue_url(&self.url)
            .message_body(transportable(body))
            .send()
            .await
            .map_err(unreachable)?;
        Ok(())
    }

    /// Sends JSON to a standard queue, where nobody sees it until `after` is over: at most 15 minutes.
    pub async fn send_after(&self, body: &str, after: Span) -> Result<(), QueueError> {
        let secs = after.as_secs_ceil().clamp(0, MAX_DELAY_SECS);
        self.client
            .send_message()
            .queue_url(&self.url)
            .message_body(transportable(body))
            .delay_seconds(i32::try_from(secs).unwrap_or(i32::MAX))
            .send()
            .await
            .map_err(unreachable)?;
        Ok(())
    }

    /// Sends several to a standard queue, or fails. After a failure some may have been accepted.
    pub async fn send_all(&self, bodies: Vec<String>) -> Result<(), QueueError> {
        for batch in batches(bodies, String::len) {
            let sent = batch.len();
            let requests = batch.iter().enumerate().map(|(index, body)| {
                let entry = SendMessageBatchRequestEntry::builder().id(index.to_string());
                entry.message_body(transportable(body)).build().map_err(unreachable)
            });
            self.send_requests(requests.collect::<Result<_, _>>()?, sent).await?;
        }
        Ok(())
    }

    /// Makes the message of `receipt` visible again `after` from now, not when its time is up.
    pub async fn change_visibility(&self, receipt: &str, after: Span) -> Result<(), QueueError> {
        let secs = after.as_secs_ceil().clamp(0, MAX_VISIBILITY_SECS);
        self.client
            .change_message_visibility()
            .queue_url(&self.url)
            .receipt_handle(receipt)
            .visibility_timeout(i32::try_from(secs).unwrap_or(i32::MAX))
            .send()
            .await
            .map_err(unreachable)?;
        Ok(())
    }

    async fn send_batch(&self, entries: Vec<FifoEntry>) -> Result<(), QueueError> {
        let sent = entries.len();
        let requests = entries.into_iter().enumerate().map(|(index, entry)| request(index, entry));
        self.send_requests(requests.collect::<Result<_, _>>()?, sent).await
    }

    async fn send_requests(
        &self,
        requests: Vec<SendMessageBatchRequestEntry>,
        sent: usize,
    ) -> Result<(), QueueError> {
        let Some(first) = self.refused(requests).await? else { return Ok(()) };
        let Some(second) = self.refused(first.requests).await? else { return Ok(()) };
        Err(QueueError::Refused { refused: second.requests.len(), sent, code: second.code })
    }

    async fn refused(
        &self,
        requests: Vec<SendMessageBatchRequestEntry>,
    ) -> Result<Option<Refused>, QueueError> {
        let call = self.client.send_message_batch().queue_url(&self.url);
        let answer = call.set_entries(Some(requests.clone())).send().await.map_err(unreachable)?;
        // Counted by what was accepted: an entry that the answer does not mention was not.
        let accepted = |id: &str| answer.successful().iter().any(|done| done.id() == id);
        let requests: Vec<_> = requests.into_iter().filter(|entry| !accepted(entry.id())).collect();
        if requests.is_empty() {
            return Ok(None);
        }
        let code = answer.failed().first().map_or("unmentioned", |failed| failed.code()).to_owned();
        Ok(Some(Refused { requests, code }))
    }
}

struct Refused {
    requests: Vec<SendMessageBatchRequestEntry>,
    code: String,
}

fn request(index: usize, entry: FifoEntry) -> Result<SendMessageBatchRequestEntry, QueueError> {
    SendMessageBatchRequestEntry::builder()
        .id(index.to_string())
        .message_group_id(entry.group)
        .message_deduplication_id(entry.deduplication)
        .message_body(transportable(&entry.body))
        .build()
        .map_err(|error| QueueError::Unreachable(error.into()))
}

fn batches<T>(entries: Vec<T>, size: impl Fn(&T) -> usize) -> Vec<Vec<T>> {
    let mut batches: Vec<Vec<T>> = Vec::new();
    let mut bytes = 0;
    for entry in entries {
        let size = size(&entry);
        match batches.last_mut() {
            Some(batch) if batch.len() < MAX_ENTRIES && bytes + size <= MAX_BATCH_BYTES => {
                bytes += size;
                batch.push(entry);
            }
            _ => {
                bytes = size;
                batches.push(vec![entry]);
            }
        }
    }
    batches
}

/// SQS refuses a body with U+FFFE or U+FFFF, and a customer may well send one: escaped, it is the
/// same JSON. (Control characters are escaped in any JSON text.)
fn transportable(body: &str) -> Cow<'_, str> {
    const FORBIDDEN: [char; 2] = ['\u{fffe}', '\u{ffff}'];
    if body.contains(FORBIDDEN) {
        body.replace(FORBIDDEN[0], "\\ufffe").replace(FORBIDDEN[1], "\\uffff").into()
    } else {
        body.into()
    }
}

fn unreachable(error: impl std::error::Error + Send + Sync + 'static) -> QueueError {
    QueueError::Unreachable(error.into())
}

/// Without the body: it holds what a customer wrote.
impl fmt::Debug for FifoEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FifoEntry")
            .field("group", &self.group)
            .field("deduplication", &self.deduplication)
            .field("body_bytes", &self.body.len())
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::fake_aws;

    fn batch_answer(input: &Value, refused: &[&str]) -> (u16, Value) {
        let (mut successful, mut failed) = (Vec::new(), Vec::new());
        for entry in input["Entries"].as_array().unwrap() {
            if refused.contains(&entry["MessageDeduplicationId"].as_str().unwrap()) {
                failed.push(json!({"Id": entry["Id"], "Code": "InternalError", "SenderFault": false}));
            } else {
                successful.push(json!({"Id": entry["Id"], "MessageId": "m", "MD5OfMessageBody": ""}));
            }
        }
        (200, json!({"Successful": successful, "Failed": failed}))
    }

    fn sent(call: &(String, Value)) -> Vec<&str> {
        let entries = call.1["Entries"].as_array().unwrap();
        entries.iter().map(|entry| entry["MessageDeduplicationId"].as_str().unwrap()).collect()
    }

    #[tokio::test]
    async fn entries_that_were_refused_are_sent_once_more() {
        let (aws, calls) = fake_aws::start(|_, input, before| {
            batch_answer(input, if before == 0 { &["1", "3"] } else { &[] })
        })
        .await;
        Queue::new(aws.sqs(), "http://127.0.0.1/q").send_fifo_batch(entries(&[1; 4])).await.unwrap();
        let calls = calls.lock().unwrap();
        assert_eq!(calls.iter().map(sent).collect::<Vec<_>>(), [vec!["0", "1", "2", "3"], vec!["1", "3"]]);
    }

    #[tokio::test]
    async fn a_partial_success_is_an_error() {
        let (aws, calls) = fake_aws::start(|_, input, _| batch_answer(input, &["11"])).await;
        let error =
            Queue::new(aws.sqs(), "http://127.0.0.1/q").send_fifo_batch(entries(&[1; 25])).await.unwrap_err();
        assert!(
            matches!(error, QueueError::Refused { refused: 1, sent: 10, ref code } if code == "InternalError"),
            "{error:?}"
        );
        // The third batch is not sent: nothing of a group may overtake what was refused.
        assert_eq!(calls.lock().unwrap().len(), 3);
    }

    #[tokio::test]
    async fn an_entry_that_the_answer_does_not_mention_was_not_accepted() {
        let (aws, _) = fake_aws::start(|_, _, _| (200, json!({"Successful": [], "Failed": []}))).await;
        let error =
            Queue::new(aws.sqs(), "http://127.0.0.1/q").send_fifo_batch(entries(&[1])).await.unwrap_err();
        assert!(matches!(error, QueueError::Refused { refused: 1, .. }), "{error:?}");
    }

    #[tokio::test]
    async fn visibility_is_given_in_whole_seconds_within_the_limit() {
        let (aws, calls) = fake_aws::start(|_, _, _| (200, json!({}))).await;
        let queue = Queue::new(aws.sqs(), "http://127.0.0.1/q");
        for span in [Span::from_ms(1), Span::from_secs(90), Span::from_days(2)] {
            queue.change_visibility("receipt", span).await.unwrap();
        }
        let calls = calls.lock().unwrap();
        let seconds: Vec<_> = calls.iter().map(|(_, input)| input["VisibilityTimeout"].clone()).collect();
        assert_eq!(seconds, [1, 90, 11 * 3600]);
    }

    #[tokio::test]
    async fn what_a_standard_queue_refuses_of_a_batch_is_sent_once_more() {
        let (aws, calls) = fake_aws::start(|_, input, before| {
            let entries = input["Entries"].as_array().unwrap();
            let taken = entries.iter().filter(|entry| before > 0 || entry["Id"] != "1");
            let taken: Vec<_> = taken
                .map(|entry| json!({"Id": entry["Id"], "MessageId": "m", "MD5OfMessageBody": ""}))
                .collect();
            (200, json!({"Successful": taken, "Failed": []}))
        })
        .await;
        let bodies = ["\"a\"", "\"b\"", "\"c\""].map(str::to_owned);
        Queue::new(aws.sqs(), "http://127.0.0.1/q").send_all(bodies.into()).await.unwrap();
        let calls = calls.lock().unwrap();
        let ids = |call: &(String, Value)| -> Vec<String> {
            let entries = call.1["Entries"].as_array().unwrap();
            entries.iter().map(|entry| entry["Id"].as_str().unwrap().to_owned()).collect()
        };
        assert_eq!(calls.iter().map(ids).collect::<Vec<_>>(), [vec!["0", "1", "2"], vec!["1"]]);
    }

    #[tokio::test]
    async fn a_message_is_held_back_for_a_quarter_of_an_hour_at_most() {
        let (aws, calls) =
            fake_aws::start(|_, _, _| (200, json!({"MessageId": "m", "MD5OfMessageBody": ""}))).await;
        let queue = Queue::new(aws.sqs(), "http://127.0.0.1/q");
        for span in [Span::default(), Span::from_ms(1_001), Span::from_hours(1)] {
            queue.send_after("{}", span).await.unwrap();
        }
        let calls = calls.lock().unwrap();
        let seconds: Vec<_> = calls.iter().map(|(_, input)| input["DelaySeconds"].clone()).collect();
        assert_eq!(seconds, [0, 2, 900]);
    }

    fn entries(sizes: &[usize]) -> Vec<FifoEntry> {
        let entry = |(index, size): (usize, &usize)| FifoEntry {
            group: "g".into(),
            deduplication: index.to_string(),
            body: "x".repeat(*size),
        };
        sizes.iter().enumerate().map(entry).collect()
    }

    #[test]
    fn batches_respect_both_limits_and_keep_the_order() {
        let table: &[(&[usize], &[usize])] = &[
            (&[], &[]),
            (&[1; 10], &[10]),
            (&[1; 25], &[10, 10, 5]),
            (&[MAX_BATCH_BYTES / 2; 3], &[2, 1]),
            (&[1, 2 * MAX_BATCH_BYTES, 1], &[1, 1, 1]),
        ];
        for (sizes, expected) in table {
            let batches = batches(entries(sizes), |entry| entry.body.len());
            assert_eq!(batches.iter().map(Vec::len).collect::<Vec<_>>(), *expected, "{sizes:?}");
            assert_eq!(batches.concat(), entries(sizes));
        }
    }

    #[test]
    fn characters_that_sqs_refuses_are_escaped_into_the_same_json() {
        let text = "a\u{fffe}b\u{ffff}\u{fffd}\u{10ffff}";
        let body = serde_json::to_string(text).unwrap();
        let sent = transportable(&body);
        assert!(!sent.contains(['\u{fffe}', '\u{ffff}']));
        assert_eq!(serde_json::from_str::<String>(&sent).unwrap(), text);
    }

    #[test]
    fn bodies_never_reach_the_debug_output() {
        let entry = FifoEntry { group: "g".into(), deduplication: "d".into(), body: "my address".into() };
        assert!(!format!("{entry:?}").contains("address"));
    }
}
