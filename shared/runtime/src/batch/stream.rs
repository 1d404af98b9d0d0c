//! Batches of DynamoDB stream records.

use aws_lambda_events::event::dynamodb::{Event, EventRecord};
use aws_lambda_events::event::streams::{DynamoDbBatchItemFailure, DynamoDbEventResponse};

use super::{Invocation, RecordError, contained};

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

    /// Records numbered as given.
    fn event(ids: &[&str]) -> Event {
        let record = |id: &&str| {
            json!({
                "awsRegion": "eu-central-1",
                "eventID": id,
                "eventName": "INSERT",
                "dynamodb": {"Keys": {"pk": {"S": id}}, "SequenceNumber": id, "SizeBytes": 1},
            })
        };
        let records: Vec<Value> = ids.iter().map(record).collect();
        serde_json::from_value(json!({"Records": records})).unwrap()
    }

    fn checkpoint(response: &DynamoDbEventResponse) -> Option<&str> {
        response.batch_item_failures.first()?.item_identifier.as_deref()
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
