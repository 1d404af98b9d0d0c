//! Batches of DynamoDB stream records.

use std::cell::Cell;

use aws_lambda_events::event::dynamodb::{Event, EventRecord};
use aws_lambda_events::event::streams::{DynamoDbBatchItemFailure, DynamoDbEventResponse};
use futures::StreamExt;

use super::{CONCURRENCY, Invocation, RecordError, contained};

/// At most so many records are handled together.
const TOGETHER: usize = 10;

/// Hands the records of `event` to `handler` in order, some together, and returns the first of those that must be
/// delivered again, if any.
///
/// A stream is a checkpoint and not a set: everything from the first failure on comes again, also what was handled,
/// so handlers must not mind a repetition. Once a handler has failed, it is not called again.
pub async fn process_changes<H>(event: Event, invocation: Invocation<'_>, handler: H) -> DynamoDbEventResponse
where
    H: AsyncFn(&[EventRecord]) -> Result<(), RecordError>,
{
    for records in event.records.chunks(TOGETHER) {
        let id = number(&records[0]);
        if !invocation.has_time() {
            tracing::warn!(record.id = id, "No time left to start at record `{id}`");
            return again_from(id);
        }
        // Boxed, since the compiler refuses to look as deep as a call to AWS goes.
        if let Err(error) = contained(Box::pin(handler(records))).await {
            tracing::warn!(record.id = id, records = records.len(), %error, "Records from `{id}` on failed");
            return again_from(id);
        }
    }
    DynamoDbEventResponse::default()
}

fn again_from(number: &str) -> DynamoDbEventResponse {
    let mut failure = DynamoDbBatchItemFailure::default();
    failure.item_identifier = Some(number.to_owned());
    let mut response = DynamoDbEventResponse::default();
    response.batch_item_failures.push(failure);
    response
}

/// Handles the records of `event` and returns the first one that must be delivered again, if any.
///
/// A stream is a checkpoint and not a set: everything from the first failure on comes again, also
/// what was handled, so handlers must not mind a repetition. Records for which `group_of` returns
/// the same name run strictly in order. Once a record has failed, no later one is started.
pub async fn process_stream<H, G>(
    event: Event,
    invocation: Invocation<'_>,
    group_of: G,
    handler: H,
) -> DynamoDbEventResponse
where
    H: AsyncFn(EventRecord) -> Result<(), RecordError>,
    G: Fn(&EventRecord) -> String,
{
    let numbers: Vec<_> = event.records.iter().map(|record| number(record).to_owned()).collect();
    let first_failure = Cell::new(numbers.len());
    futures::stream::iter(groups(event.records, group_of))
        .map(|group| process_group(group, invocation, &first_failure, &handler))
        .buffer_unordered(CONCURRENCY)
        .collect::<()>()
        .await;
    let mut response = DynamoDbEventResponse::default();
    if let Some(number) = numbers.get(first_failure.get()) {
        let mut failure = DynamoDbBatchItemFailure::default();
        failure.item_identifier = Some(number.clone());
        response.batch_item_failures.push(failure);
    }
    response
}

async fn process_group<H>(
    group: Vec<(usize, EventRecord)>,
    invocation: Invocation<'_>,
    first_failure: &Cell<usize>,
    handler: &H,
) where
    H: AsyncFn(EventRecord) -> Result<(), RecordError>,
{
    for (index, record) in group {
        if index > first_failure.get() {
            return;
        }
        let id = number(&record).to_owned();
        if !invocation.has_time() {
            tracing::warn!(record.id = id, "No time left to start record `{id}`");
            first_failure.set(index);
            return;
        }
        if let Err(error) = contained(handler(record)).await {
            tracing::warn!(record.id = id, %error, "Record `{id}` failed");
            first_failure.update(|first| first.min(index));
            return;
        }
    }
}

fn groups(
    records: Vec<EventRecord>,
    group_of: impl Fn(&EventRecord) -> String,
) -> Vec<Vec<(usize, EventRecord)>> {
    let mut groups: Vec<(String, Vec<(usize, EventRecord)>)> = Vec::new();
    for (index, record) in records.into_iter().enumerate() {
        let name = group_of(&record);
        match groups.iter_mut().find(|(group, _)| *group == name) {
            Some((_, members)) => members.push((index, record)),
            None => groups.push((name, vec![(index, record)])),
        }
    }
    groups.into_iter().map(|(_, members)| members).collect()
}

fn number(record: &EventRecord) -> &str {
    record.change.sequence_number.as_deref().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use madoguchi_domain::{Span, Timestamp};
    use serde_json::{Value, json};

    use super::*;
    use crate::Clock;

    /// Records numbered as given; the letter is the group.
    fn event(ids: &[&str]) -> Event {
        let record = |id: &&str| {
            json!({
                "awsRegion": "eu-central-1",
                "eventID": id,
                "eventName": "INSERT",
                "dynamodb": {"Keys": {"pk": {"S": id[..1]}}, "SequenceNumber": id, "SizeBytes": 1},
            })
        };
        let records: Vec<Value> = ids.iter().map(record).collect();
        serde_json::from_value(json!({"Records": records})).unwrap()
    }

    fn group_of(record: &EventRecord) -> String {
        number(record)[..1].to_owned()
    }

    fn checkpoint(response: &DynamoDbEventResponse) -> Option<&str> {
        response.batch_item_failures.first()?.item_identifier.as_deref()
    }

    #[tokio::test]
    async fn the_first_failure_is_where_the_stream_resumes() {
        type Case = (&'static [&'static str], &'static [&'static str], Option<&'static str>);
        let table: &[Case] = &[
            (&["a1", "b1", "a2"], &[], None),
            (&[], &[], None),
            (&["a1", "b1", "a2"], &["b1"], Some("b1")),
            (&["a1", "b1", "a2"], &["a2", "b1"], Some("b1")),
            (&["a1", "b1", "a2"], &["a1", "b1"], Some("a1")),
        ];
        let (clock, _) = Clock::stopped_at(Timestamp::from_ms(0));
        let invocation = Invocation { deadline: Timestamp::from_ms(30_000), clock: &clock, queue: None };
        for (records, failing, expected) in table {
            for panics in [false, true] {
                let handled = RefCell::new(Vec::new());
                let response = process_stream(event(records), invocation, group_of, async |record| {
                    tokio::task::yield_now().await;
                    let id = number(&record);
                    assert!(!(panics && failing.contains(&id)), "on purpose");
                    if failing.contains(&id) {
                        return Err(RecordError::new("on purpose"));
                    }
                    handled.borrow_mut().push(id.to_owned());
                    Ok(())
                })
                .await;
                assert_eq!(checkpoint(&response), *expected, "{records:?} {failing:?}");
                assert!(response.batch_item_failures.len() <= 1);
                // Whatever comes before the checkpoint will not come again, so it must be done.
                let before = records.iter().take_while(|id| Some(**id) != *expected);
                assert!(before.into_iter().all(|id| handled.borrow().contains(&(*id).to_owned())));
            }
        }
    }

    #[tokio::test]
    async fn nothing_after_a_failure_is_started() {
        let (clock, _) = Clock::stopped_at(Timestamp::from_ms(0));
        let invocation = Invocation { deadline: Timestamp::from_ms(30_000), clock: &clock, queue: None };
        let started = RefCell::new(Vec::new());
        let response =
            process_stream(event(&["a1", "b1", "b2", "a2"]), invocation, group_of, async |record| {
                let id = number(&record).to_owned();
                started.borrow_mut().push(id.clone());
                if id == "a1" { Err(RecordError::new("on purpose")) } else { Ok(()) }
            })
            .await;
        assert_eq!(checkpoint(&response), Some("a1"));
        assert_eq!(started.into_inner(), ["a1"]);
    }

    #[tokio::test]
    async fn records_that_found_no_time_come_again() {
        let (clock, hand) = Clock::stopped_at(Timestamp::from_ms(0));
        let invocation = Invocation { deadline: Timestamp::from_ms(30_000), clock: &clock, queue: None };
        let response = process_stream(event(&["a1", "a2", "a3"]), invocation, group_of, async |record| {
            if number(&record) == "a2" {
                hand.advance(Span::from_secs(29));
            }
            Ok(())
        })
        .await;
        assert_eq!(checkpoint(&response), Some("a3"));
    }

    #[tokio::test]
    async fn changes_are_handed_over_together_and_a_failure_is_where_the_stream_resumes() {
        let (clock, hand) = Clock::stopped_at(Timestamp::from_ms(0));
        let invocation = Invocation { deadline: Timestamp::from_ms(30_000), clock: &clock, queue: None };
        let ids: Vec<String> = (0..25).map(|id| format!("{id:02}")).collect();
        let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
        // The record that fails, or after which no time is left; where the stream resumes; how many were handed over.
        let table = [
            (None, None, 25),
            (Some("00"), Some("00"), 10),
            (Some("13"), Some("10"), 20),
            (Some("24"), Some("20"), 25),
        ];
        for (failing, resumed, expected) in table {
            for panics in [false, true] {
                let handed = RefCell::new(Vec::new());
                let response = process_changes(event(&ids), invocation, async |records| {
                    handed.borrow_mut().extend(records.iter().map(|record| number(record).to_owned()));
                    let fails = records.iter().any(|record| Some(number(record)) == failing);
                    assert!(!(panics && fails), "on purpose");
                    if fails { Err(RecordError::new("on purpose")) } else { Ok(()) }
                })
                .await;
                assert_eq!(checkpoint(&response), resumed);
                assert_eq!(handed.into_inner(), ids[..expected]);
            }
        }
        let response = process_changes(event(&ids), invocation, async |_| {
            hand.advance(Span::from_secs(15));
            Ok(())
        })
        .await;
        assert_eq!(checkpoint(&response), Some("20"), "no time left");
        let response = process_changes(event(&[]), invocation, async |_| panic!("handed over")).await;
        assert_eq!(checkpoint(&response), None);
    }
}
