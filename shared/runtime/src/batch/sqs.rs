//! Batches of SQS messages.

use aws_lambda_events::event::sqs::{SqsBatchResponse, SqsEvent, SqsMessage};
use futures::StreamExt;
use futures::future::join_all;
use madoguchi_domain::Span;

use super::{CONCURRENCY, Invocation, RecordError, contained};

/// Handles every record of `event` and returns those that must be delivered again.
///
/// Records of one group run strictly in order, and a failure fails the rest of its group. Other
/// groups run meanwhile and are not affected. Records without a group are groups of their own.
pub async fn process<H>(event: SqsEvent, invocation: Invocation<'_>, handler: H) -> SqsBatchResponse
where
    H: AsyncFn(SqsMessage) -> Result<(), RecordError>,
{
    let failed = futures::stream::iter(groups(event.records))
        .map(|group| process_group(group, invocation, &handler))
        .buffer_unordered(CONCURRENCY)
        .concat()
        .await;
    let mut response = SqsBatchResponse::default();
    response.set_failures(failed);
    response
}

/// Returns the ids of the records that were not handled.
async fn process_group<H>(group: Vec<SqsMessage>, invocation: Invocation<'_>, handler: &H) -> Vec<String>
where
    H: AsyncFn(SqsMessage) -> Result<(), RecordError>,
{
    for (index, record) in group.iter().enumerate() {
        let id = id(record);
        if !invocation.has_time() {
            tracing::warn!(record.id = id, "No time left to start record `{id}`");
            // Nothing is wrong with them: let the next invocation have them at once.
            return give_back(&group[index..], Some(Span::default()), invocation).await;
        }
        if let Err(error) = contained(handler(record.clone())).await {
            let receive_count = record.attributes.get("ApproximateReceiveCount").map(String::as_str);
            tracing::warn!(record.id = id, record.receive_count = receive_count, %error, "Record `{id}` failed");
            return give_back(&group[index..], error.retry_after, invocation).await;
        }
    }
    Vec::new()
}

/// Reports `records` as failed. While any record of a FIFO group is hidden the whole group waits,
/// so the wait that one of them asked for is given to all of them.
async fn give_back(records: &[SqsMessage], after: Option<Span>, invocation: Invocation<'_>) -> Vec<String> {
    if let (Some(queue), Some(after)) = (invocation.queue, after) {
        let changes = records.iter().map(async |record| {
            let Some(receipt) = record.receipt_handle.as_deref() else { return };
            if let Err(error) = queue.change_visibility(receipt, after).await {
                let (id, error) = (id(record), RecordError::from(error));
                tracing::warn!(record.id = id, %error, "Record `{id}` waits for its visibility time-out");
            }
        });
        join_all(changes).await;
    }
    records.iter().map(|record| id(record).to_owned()).collect()
}

fn groups(records: Vec<SqsMessage>) -> Vec<Vec<SqsMessage>> {
    let mut groups: Vec<(Option<String>, Vec<SqsMessage>)> = Vec::new();
    for record in records {
        let name = record.attributes.get("MessageGroupId").cloned();
        match groups.iter_mut().find(|(group, _)| group.is_some() && *group == name) {
            Some((_, members)) => members.push(record),
            None => groups.push((name, vec![record])),
        }
    }
    groups.into_iter().map(|(_, members)| members).collect()
}

// Lambda takes an empty id for "the whole batch failed", which is right for a record without one.
fn id(record: &SqsMessage) -> &str {
    record.message_id.as_deref().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::cell::{Cell, RefCell};
    use std::collections::HashSet;

    use madoguchi_domain::Timestamp;
    use serde_json::{Value, json};

    use super::*;
    use crate::{Clock, ClockHand, Queue, fake_aws};

    const START: Timestamp = Timestamp::from_ms(0);
    const DEADLINE: Timestamp = Timestamp::from_ms(30_000);

    /// Records named `a1`, `b1`, …: the letter is the group, `-` stands for none.
    fn event(ids: &[&str]) -> SqsEvent {
        let records: Vec<Value> = ids
            .iter()
            .map(|id| {
                let attributes = match &id[..1] {
                    "-" => json!({}),
                    group => json!({"MessageGroupId": group, "ApproximateReceiveCount": "1"}),
                };
                json!({"messageId": id, "receiptHandle": format!("receipt-{id}"), "body": "{}", "attributes": attributes})
            })
            .collect();
        serde_json::from_value(json!({"Records": records})).unwrap()
    }

    fn clock() -> (Clock, ClockHand) {
        Clock::stopped_at(START)
    }

    fn failed(response: &SqsBatchResponse) -> HashSet<&str> {
        response.batch_item_failures.iter().map(|failure| failure.item_identifier.as_str()).collect()
    }

    #[tokio::test]
    async fn a_failure_fails_the_rest_of_its_group_and_nothing_else() {
        type Case = (
            &'static [&'static str],
            &'static [&'static str],
            &'static [&'static str],
            &'static [&'static str],
        );
        // Records; those that fail; those that are reported; those that are never started.
        let table: &[Case] = &[
            (&["a1", "b1"], &[], &[], &[]),
            (&[], &[], &[], &[]),
            (&["a1", "a2", "a3"], &["a2"], &["a2", "a3"], &["a3"]),
            (&["a1", "b1", "a2", "b2"], &["a1"], &["a1", "a2"], &["a2"]),
            (&["a1", "b1", "c1"], &["a1", "b1", "c1"], &["a1", "b1", "c1"], &[]),
            (&["-1", "-2", "-3"], &["-2"], &["-2"], &[]),
        ];
        let (clock, _) = clock();
        let invocation = Invocation { deadline: DEADLINE, clock: &clock, queue: None };
        for (records, failing, reported, skipped) in table {
            for panics in [false, true] {
                let started = RefCell::new(HashSet::new());
                let response = process(event(records), invocation, async |record: SqsMessage| {
                    let id = record.message_id.unwrap();
                    started.borrow_mut().insert(id.clone());
                    tokio::task::yield_now().await;
                    assert!(!(panics && failing.contains(&id.as_str())), "on purpose");
                    if failing.contains(&id.as_str()) { Err(RecordError::new("on purpose")) } else { Ok(()) }
                })
                .await;
                assert_eq!(failed(&response), reported.iter().copied().collect(), "{records:?}");
                let unstarted = |id: &&&str| !started.borrow().contains(**id);
                assert_eq!(
                    records.iter().filter(unstarted).collect::<Vec<_>>(),
                    skipped.iter().collect::<Vec<_>>()
                );
            }
        }
    }

    #[tokio::test]
    async fn groups_run_side_by_side_and_each_in_order() {
        let (clock, _) = clock();
        let invocation = Invocation { deadline: DEADLINE, clock: &clock, queue: None };
        let (running, most, order) = (Cell::new(0), Cell::new(0), RefCell::new(Vec::new()));
        let ids: Vec<String> =
            (1..=3).flat_map(|n| ('a'..='t').map(move |group| format!("{group}{n}"))).collect();
        let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
        process(event(&ids), invocation, async |record: SqsMessage| {
            running.update(|count| count + 1);
            most.set(most.get().max(running.get()));
            // Later records of a group would be the quicker ones if they were not held back.
            let id = record.message_id.unwrap();
            for _ in 0..(4 - id[1..].parse::<usize>().unwrap()) {
                tokio::task::yield_now().await;
            }
            order.borrow_mut().push(id);
            running.update(|count| count - 1);
            Ok(())
        })
        .await;
        assert_eq!(most.get(), CONCURRENCY);
        let order = order.into_inner();
        assert_eq!(order.len(), ids.len());
        for group in 'a'..='t' {
            let of_group: Vec<_> = order.iter().filter(|id| id.starts_with(group)).collect();
            assert!(of_group.is_sorted(), "{of_group:?}");
        }
    }

    #[tokio::test]
    async fn nothing_is_started_when_the_time_is_almost_up() {
        let (clock, hand) = clock();
        let invocation = Invocation { deadline: DEADLINE, clock: &clock, queue: None };
        let response = process(event(&["a1", "a2", "b1", "a3"]), invocation, async |record: SqsMessage| {
            tokio::task::yield_now().await;
            if record.message_id.unwrap() == "a2" {
                hand.set(DEADLINE - Span::from_ms(1_999));
            }
            Ok(())
        })
        .await;
        assert_eq!(failed(&response), HashSet::from(["a3"]));
        let response = process(event(&["a1", "b1"]), invocation, async |_| panic!("started")).await;
        assert_eq!(failed(&response), HashSet::from(["a1", "b1"]));
    }

    #[tokio::test]
    async fn a_wait_that_one_record_asks_for_is_given_to_the_rest_of_its_group() {
        let (aws, calls) = fake_aws::start(|_, _, _| (200, json!({}))).await;
        let queue = Queue::new(aws.sqs(), "http://127.0.0.1/q");
        let (clock, _) = clock();
        let invocation = Invocation { deadline: DEADLINE, clock: &clock, queue: Some(&queue) };
        let response = process(event(&["a1", "a2", "a3", "b1"]), invocation, async |record: SqsMessage| {
            match record.message_id.as_deref() {
                Some("a2") => Err(RecordError::new("busy").retry_after(Span::from_secs(7))),
                Some("b1") => Err(RecordError::new("broken")),
                _ => Ok(()),
            }
        })
        .await;
        assert_eq!(failed(&response), HashSet::from(["a2", "a3", "b1"]));
        let calls = calls.lock().unwrap();
        let changed: HashSet<_> = calls
            .iter()
            .map(|(operation, input)| {
                assert_eq!(operation, "ChangeMessageVisibility");
                assert_eq!(input["VisibilityTimeout"], 7);
                input["ReceiptHandle"].as_str().unwrap()
            })
            .collect();
        assert_eq!(changed, HashSet::from(["receipt-a2", "receipt-a3"]));
    }
}
