//! Queues, with the rules that the functions rely on: deduplication within five minutes, order and
//! exclusiveness of FIFO groups, visibility, dead letters.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use aws_lambda_events::event::sqs::{SqsBatchResponse, SqsEvent};
use madoguchi_domain::{Span, Timestamp};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Answer, Refusal, State, text};

const DEDUPLICATION: Span = Span::from_minutes(5);
/// As in the template: six times the longest time-out of a function.
const VISIBILITY: Span = Span::from_secs(180);
/// As in the template.
const MAX_RECEIVE_COUNT: u32 = 10;
const MAX_BYTES: usize = 1_048_576;

/// A queue's content.
#[derive(Default)]
pub(super) struct Stored {
    messages: Vec<Message>,
    dead: Vec<Message>,
    accepted: HashMap<(String, String), (Timestamp, String)>,
    refused: HashSet<String>,
    /// More than [`MAX_RECEIVE_COUNT`], if the template says so.
    receives: Option<u32>,
}

/// One message of a queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// The queue's id for it.
    pub id: String,
    /// Its FIFO group.
    pub group: Option<String>,
    /// Its deduplication id.
    pub deduplication: Option<String>,
    /// What was sent.
    pub body: String,
    /// When it was accepted.
    pub sent_at: Timestamp,
    /// Until then nobody receives it.
    pub visible_at: Timestamp,
    /// How often it was received.
    pub receive_count: u32,
    receipt: String,
}

impl Message {
    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }
}

/// A queue as a test sees it, and as Lambda polls it.
#[derive(Clone)]
pub struct FakeQueue {
    name: String,
    url: String,
    state: Arc<State>,
}

impl FakeQueue {
    pub(super) fn new(name: &str, endpoint: &str, state: Arc<State>) -> Self {
        Self { name: name.to_owned(), url: format!("{endpoint}/000000000000/{name}"), state }
    }

    /// What functions are configured with.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Everything in the queue, in flight or not, in order.
    pub fn messages(&self) -> Vec<Message> {
        self.with(|queue| queue.messages.clone())
    }

    /// Makes a dead letter of what was received so often, as the template has it for this queue.
    pub fn set_max_receive_count(&self, count: u32) {
        self.with(|queue| queue.receives = Some(count));
    }

    /// What was received too often.
    pub fn dead(&self) -> Vec<Message> {
        self.with(|queue| queue.dead.clone())
    }

    /// Refuses, of each batch, the entries with one of these deduplication ids.
    pub fn refuse_entries<'a>(&self, deduplications: impl IntoIterator<Item = &'a str>) {
        self.with(|queue| queue.refused = deduplications.into_iter().map(str::to_owned).collect());
    }

    /// Receives up to `max` messages as Lambda would hand them over. No group is received from
    /// while one of its messages is in flight.
    pub fn receive(&self, max: usize) -> SqsEvent {
        let now = self.state.clock.now();
        let records = self.with(|queue| queue.receive(max, now));
        serde_json::from_value(json!({ "Records": records })).unwrap()
    }

    /// Deletes what `response` does not report as failed, as Lambda does after an invocation.
    pub fn settle(&self, event: &SqsEvent, response: &SqsBatchResponse) {
        let failed: HashSet<_> =
            response.batch_item_failures.iter().map(|failure| failure.item_identifier.as_str()).collect();
        // An empty id stands for the whole batch.
        if failed.contains("") {
            return;
        }
        let done: HashSet<_> = event
            .records
            .iter()
            .filter_map(|record| record.message_id.as_deref())
            .filter(|id| !failed.contains(id))
            .collect();
        self.with(|queue| queue.messages.retain(|message| !done.contains(message.id.as_str())));
    }

    /// Hands batches of up to `size` to `function` until nothing is visible; returns how many.
    pub async fn drain(&self, size: usize, function: impl AsyncFn(SqsEvent) -> SqsBatchResponse) -> usize {
        for batches in 0.. {
            let event = self.receive(size);
            if event.records.is_empty() {
                return batches;
            }
            let response = function(event.clone()).await;
            self.settle(&event, &response);
        }
        unreachable!("every message is received a limited number of times")
    }

    /// Ends the visibility time-out of everything in flight, as time would.
    pub fn make_visible(&self) {
        let now = self.state.clock.now();
        self.with(|queue| queue.messages.iter_mut().for_each(|message| message.visible_at = now));
    }

    fn with<T>(&self, act: impl FnOnce(&mut Stored) -> T) -> T {
        act(self.state.queues().get_mut(&self.name).unwrap())
    }
}

impl Stored {
    fn receive(&mut self, max: usize, now: Timestamp) -> Vec<Value> {
        let most = self.receives.unwrap_or(MAX_RECEIVE_COUNT);
        let spent = |message: &mut Message| message.visible_at <= now && message.receive_count >= most;
        self.dead.extend(self.messages.extract_if(.., spent));
        let hidden: HashSet<String> = self
            .messages
            .iter()
            .filter(|message| message.visible_at > now)
            .filter_map(|message| message.group.clone())
            .collect();
        let available = self.messages.iter_mut().filter(|message| {
            message.visible_at <= now && message.group.as_ref().is_none_or(|group| !hidden.contains(group))
        });
        available.take(max).map(|message| message.receive(now)).collect()
    }

    fn send(&mut self, fifo: bool, entry: &Value, now: Timestamp) -> Result<String, Refusal> {
        let body = text(entry, "MessageBody");
        check_body(body)?;
        let named = |name| entry[name].as_str().map(str::to_owned);
        let (group, deduplication) = (named("MessageGroupId"), named("MessageDeduplicationId"));
        let delay = entry["DelaySeconds"].as_i64().unwrap_or(0);
        if !(0..=900).contains(&delay) {
            return Err(Refusal::new("InvalidParameterValue", format!("DelaySeconds {delay}")));
        }
        let id = Uuid::now_v7().to_string();
        if fifo {
            let key = (check_id(group.as_deref())?, check_id(deduplication.as_deref())?);
            if let Some((at, id)) = self.accepted.get(&key).filter(|(at, _)| now.since(*at) < DEDUPLICATION) {
                tracing::debug!(%at, "Swallowed a duplicate");
                return Ok(id.clone());
            }
            self.accepted.insert(key, (now, id.clone()));
        } else if deduplication.is_some() {
            return Err(Refusal::new("InvalidParameterValue", "MessageDeduplicationId is for FIFO queues"));
        }
        self.messages.push(Message {
            id: id.clone(),
            group,
            deduplication,
            body: body.to_owned(),
            sent_at: now,
            visible_at: now + Span::from_secs(delay),
            receive_count: 0,
            receipt: String::new(),
        });
        Ok(id)
    }
}

impl Message {
    fn receive(&mut self, now: Timestamp) -> Value {
        self.receive_count += 1;
        self.visible_at = now + VISIBILITY;
        self.receipt = format!("{}#{}", self.id, self.receive_count);
        let mut attributes = json!({
            "ApproximateReceiveCount": self.receive_count.to_string(),
            "SentTimestamp": self.sent_at.as_ms().to_string(),
        });
        if let Some(group) = &self.group {
            attributes["MessageGroupId"] = json!(group);
        }
        if let Some(deduplication) = &self.deduplication {
            attributes["MessageDeduplicationId"] = json!(deduplication);
        }
        json!({
            "messageId": self.id,
            "receiptHandle": self.receipt,
            "body": self.body,
            "attributes": attributes,
            "messageAttributes": {},
            "eventSource": "aws:sqs",
            "awsRegion": "eu-central-1",
        })
    }
}

pub(super) fn answer(
    queues: &mut HashMap<String, Stored>,
    operation: &str,
    input: &Value,
    now: Timestamp,
) -> Answer {
    let name = text(input, "QueueUrl").rsplit('/').next().unwrap_or_default();
    let fifo = name.strip_suffix(".fifo").is_some();
    let Some(queue) = queues.get_mut(name) else {
        return Err(Refusal::new("QueueDoesNotExist", format!("There is no queue `{name}`")));
    };
    match operation {
        "SendMessage" => {
            let id = queue.send(fifo, input, now)?;
            Ok(json!({"MessageId": id, "MD5OfMessageBody": ""}))
        }
        "SendMessageBatch" => send_batch(queue, fifo, input, now),
        "ChangeMessageVisibility" => {
            let receipt = text(input, "ReceiptHandle");
            let known = queue.messages.iter_mut().find(|message| message.receipt == receipt);
            let message = known.ok_or_else(|| Refusal::new("ReceiptHandleIsInvalid", receipt))?;
            message.visible_at = now + Span::from_secs(input["VisibilityTimeout"].as_i64().unwrap());
            Ok(json!({}))
        }
        _ => Err(Refusal::new("UnsupportedOperation", operation)),
    }
}

fn send_batch(queue: &mut Stored, fifo: bool, input: &Value, now: Timestamp) -> Answer {
    let entries = input["Entries"].as_array().cloned().unwrap_or_default();
    let ids: HashSet<_> = entries.iter().map(|entry| text(entry, "Id")).collect();
    if entries.is_empty() {
        return Err(Refusal::new("EmptyBatchRequest", ""));
    }
    if entries.len() > 10 {
        return Err(Refusal::new("TooManyEntriesInBatchRequest", entries.len().to_string()));
    }
    if ids.len() < entries.len() {
        return Err(Refusal::new("BatchEntryIdsNotDistinct", ""));
    }
    if entries.iter().map(|entry| text(entry, "MessageBody").len()).sum::<usize>() > MAX_BYTES {
        return Err(Refusal::new("BatchRequestTooLong", ""));
    }
    let (mut successful, mut failed) = (Vec::new(), Vec::new());
    for entry in &entries {
        let sent = if queue.refused.contains(text(entry, "MessageDeduplicationId")) {
            Err(Refusal::new("InternalError", "on purpose"))
        } else {
            queue.send(fifo, entry, now)
        };
        match sent {
            Ok(id) => {
                successful.push(json!({"Id": entry["Id"], "MessageId": id, "MD5OfMessageBody": ""}));
            }
            Err(Refusal { kind, message }) => failed.push(json!({
                "Id": entry["Id"], "Code": kind, "Message": message, "SenderFault": kind != "InternalError",
            })),
        }
    }
    Ok(json!({"Successful": successful, "Failed": failed}))
}

fn check_body(body: &str) -> Result<(), Refusal> {
    let allowed = |char| match char {
        '\t' | '\n' | '\r' => true,
        '\u{fffe}' | '\u{ffff}' => false,
        other => other >= ' ',
    };
    match body.len() {
        1..=MAX_BYTES if body.chars().all(allowed) => Ok(()),
        1..=MAX_BYTES => Err(Refusal::new("InvalidMessageContents", "")),
        size => Err(Refusal::new("InvalidParameterValue", format!("A message of {size} bytes"))),
    }
}

fn check_id(id: Option<&str>) -> Result<String, Refusal> {
    match id {
        Some(id) if (1..=128).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_graphic()) => {
            Ok(id.to_owned())
        }
        Some(id) => {
            Err(Refusal::new("InvalidParameterValue", format!("`{id}` is no group or deduplication id")))
        }
        None => Err(Refusal::new("MissingParameter", "FIFO queues need group and deduplication id")),
    }
}

#[cfg(test)]
mod tests {
    use madoguchi_runtime::{Clock, ClockHand, FifoEntry, Queue};

    use super::*;
    use crate::support::aws::FakeAws;

    async fn fifo() -> (FakeAws, FakeQueue, Queue, ClockHand) {
        let (clock, hand) = Clock::stopped_at(Timestamp::from_ms(1_700_000_000_000));
        let aws = FakeAws::start(clock).await;
        let fake = aws.create_queue("inbound.fifo");
        let queue = Queue::new(aws.clients().sqs(), fake.url());
        (aws, fake, queue, hand)
    }

    fn entries(names: &[&str]) -> Vec<FifoEntry> {
        let entry = |name: &&str| FifoEntry {
            group: name[..1].to_owned(),
            deduplication: (*name).to_owned(),
            body: format!("\"{name}\""),
        };
        names.iter().map(entry).collect()
    }

    fn names(event: &SqsEvent) -> Vec<String> {
        event.records.iter().map(|record| record.body.clone().unwrap().replace('"', "")).collect()
    }

    fn failed(ids: impl IntoIterator<Item = Option<String>>) -> SqsBatchResponse {
        let mut response = SqsBatchResponse::default();
        response.set_failures(ids.into_iter().flatten());
        response
    }

    #[tokio::test]
    async fn a_group_is_received_in_order_and_by_one_at_a_time() {
        let (_aws, fake, queue, hand) = fifo().await;
        queue.send_fifo_batch(entries(&["a1", "a2", "b1", "a3"])).await.unwrap();
        let first = fake.receive(2);
        assert_eq!(names(&first), ["a1", "a2"]);
        assert_eq!(names(&fake.receive(10)), ["b1"]);
        // The second of the group failed: it and what follows wait until it is visible again.
        fake.settle(&first, &failed([first.records[1].message_id.clone()]));
        assert!(fake.receive(10).records.is_empty());
        hand.advance(VISIBILITY);
        assert_eq!(names(&fake.receive(10)), ["a2", "b1", "a3"]);
    }

    #[tokio::test]
    async fn duplicates_are_swallowed_for_five_minutes() {
        let (_aws, fake, queue, hand) = fifo().await;
        queue.send_fifo_batch(entries(&["a1", "a1"])).await.unwrap();
        hand.advance(Span::from_ms(DEDUPLICATION.as_ms() - 1));
        queue.send_fifo(entries(&["a1"]).remove(0)).await.unwrap();
        assert_eq!(fake.messages().len(), 1);
        hand.advance(Span::from_ms(1));
        queue.send_fifo(entries(&["a1"]).remove(0)).await.unwrap();
        assert_eq!(fake.messages().len(), 2);
    }

    #[tokio::test]
    async fn what_is_received_too_often_is_a_dead_letter() {
        let (_aws, fake, queue, _hand) = fifo().await;
        queue.send_fifo_batch(entries(&["a1", "a2"])).await.unwrap();
        for _ in 0..MAX_RECEIVE_COUNT {
            assert_eq!(names(&fake.receive(1)), ["a1"]);
            fake.make_visible();
        }
        assert_eq!(names(&fake.receive(1)), ["a2"]);
        assert_eq!(fake.dead()[0].json(), "a1");
    }

    #[tokio::test]
    async fn visibility_can_be_changed() {
        let (_aws, fake, queue, hand) = fifo().await;
        queue.send_fifo_batch(entries(&["a1"])).await.unwrap();
        let event = fake.receive(1);
        let receipt = event.records[0].receipt_handle.clone().unwrap();
        queue.change_visibility(&receipt, Span::from_secs(3)).await.unwrap();
        hand.advance(Span::from_secs(3));
        assert_eq!(names(&fake.receive(1)), ["a1"]);
        assert!(queue.change_visibility(&receipt, Span::from_secs(3)).await.is_err(), "an old receipt");
    }

    #[tokio::test]
    async fn refused_entries_surface_as_an_error_and_the_rest_is_accepted() {
        let (_aws, fake, queue, _hand) = fifo().await;
        fake.refuse_entries(["a2"]);
        queue.send_fifo_batch(entries(&["a1", "a2", "a3"])).await.unwrap_err();
        assert_eq!(fake.messages().iter().map(Message::json).collect::<Vec<_>>(), ["a1", "a3"]);
        fake.refuse_entries([]);
        queue.send_fifo_batch(entries(&["a1", "a2", "a3"])).await.unwrap();
        assert_eq!(fake.messages().len(), 3);
    }

    #[tokio::test]
    async fn bodies_and_ids_that_sqs_refuses_are_refused() {
        let (aws, fake, queue, _hand) = fifo().await;
        let too_long = FifoEntry { group: "g".repeat(129), deduplication: "d".into(), body: "{}".into() };
        queue.send_fifo(too_long).await.unwrap_err();
        let raw = aws.clients().sqs();
        let call =
            raw.send_message().queue_url(fake.url()).message_group_id("g").message_deduplication_id("d");
        let error = call.message_body("\u{ffff}").send().await.unwrap_err().into_service_error();
        assert!(error.is_invalid_message_contents(), "{error:?}");
        let tolerated =
            FifoEntry { group: "g".into(), deduplication: "d".into(), body: "\"\u{ffff}\"".into() };
        queue.send_fifo(tolerated).await.unwrap();
        assert_eq!(fake.messages()[0].json(), "\u{ffff}");
    }

    #[tokio::test]
    async fn draining_hands_over_everything_once() {
        let (_aws, fake, queue, _hand) = fifo().await;
        queue.send_fifo_batch(entries(&["a1", "a2", "b1"])).await.unwrap();
        let batches = fake.drain(2, async |_| SqsBatchResponse::default()).await;
        assert_eq!((batches, fake.messages().len()), (2, 0));
    }
}
