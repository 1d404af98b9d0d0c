//! What Lambda itself asks of a queue.
//!
//! A function that a queue triggers calls neither `ReceiveMessage` nor `DeleteMessage`: the event source
//! mapping's pollers do, and they are billed all the same. For each batch that they hand over they make one
//! receive and, when the function reports no failure, one `DeleteMessageBatch` of at most ten messages. This
//! is the only place that knows it; receives that find nothing are a fixed cost and belong to no message.

use aws_lambda_events::event::sqs::SqsEvent;

/// SQS bills every 64 KB of a request's payload as a request.
const BILLED_STEP_BYTES: usize = 64 * 1024;
/// SQS: at most ten messages in a batch.
const MAX_ENTRIES: usize = 10;

/// The SQS requests that it took to hand `event` over and to delete it afterwards.
pub fn requests_of_batch(event: &SqsEvent) -> u64 {
    let payload_bytes = event.records.iter().filter_map(|record| record.body.as_ref()).map(String::len).sum();
    let deletes = event.records.len().div_ceil(MAX_ENTRIES).max(1) as u64;
    requests_of_payload(payload_bytes) + deletes
}

/// The SQS requests that one call with this payload counts as.
pub fn requests_of_payload(bytes: usize) -> u64 {
    bytes.div_ceil(BILLED_STEP_BYTES).max(1) as u64
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn batch(count: usize, bytes: usize) -> SqsEvent {
        let record = json!({"messageId": "m", "body": "x".repeat(bytes), "attributes": {}});
        serde_json::from_value(json!({"Records": vec![record; count]})).unwrap()
    }

    #[test]
    fn a_batch_is_received_once_and_deleted_once_whatever_its_size() {
        let table = [(1, 900, 2), (10, 900, 2), (10, 7_000, 3), (1, 65_536, 2), (1, 65_537, 3)];
        for (count, bytes, requests) in table {
            assert_eq!(requests_of_batch(&batch(count, bytes)), requests, "{count} of {bytes} bytes");
        }
    }
}
