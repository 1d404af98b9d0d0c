//! SQS and Secrets Manager as far as the job needs them, answered from memory without delay.
//!
//! Every SDK must be content with it: errors and answers are those of the AWS JSON protocol, with the digests
//! that an SDK compares with what it sent.

use std::collections::HashSet;
use std::sync::{Arc, Mutex};

use anyhow::{Context as _, ensure};
use axum::Router;
use axum::body::Bytes;
use axum::http::{HeaderMap, StatusCode};
use axum::serve::ListenerExt as _;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use super::contestant::secret_name;
use super::webhook::CHANNEL_SECRET;

const QUEUE_PATH: &str = "/000000000000/inbound.fifo";
/// SQS: at most ten entries in a batch.
const MAX_ENTRIES: usize = 10;
/// SQS: group and deduplication ids have 1 to 128 characters.
const MAX_ID: usize = 128;

/// The endpoint and what it holds.
pub(super) struct StandIn {
    url: String,
    queued: Arc<Mutex<Vec<Queued>>>,
}

/// A message that the queue has accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Queued {
    pub(super) group: String,
    pub(super) deduplication: String,
    pub(super) body: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Entry {
    #[serde(default)]
    id: String,
    message_body: String,
    message_group_id: String,
    message_deduplication_id: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Batch {
    queue_url: String,
    entries: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Single {
    queue_url: String,
    #[serde(flatten)]
    entry: Entry,
}

impl StandIn {
    /// Starts it with an empty queue and the secret of the channel.
    pub(super) async fn start() -> anyhow::Result<Self> {
        let queued = Arc::<Mutex<Vec<Queued>>>::default();
        let shared = Arc::clone(&queued);
        let router = Router::new().fallback(move |headers: HeaderMap, body: Bytes| async move {
            let (status, answer) = match answer(&headers, &body, &shared) {
                Ok(answer) => (StatusCode::OK, answer),
                Err(refusal) => {
                    let message = format!("{refusal:#}");
                    (StatusCode::BAD_REQUEST, json!({"__type": "InvalidParameterValue", "message": message}))
                }
            };
            (status, [("content-type", "application/x-amz-json-1.0")], answer.to_string())
        });
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}", listener.local_addr()?);
        // An answer in two packets would otherwise wait for the first one's acknowledgement.
        let listener = listener.tap_io(|stream| drop(stream.set_nodelay(true)));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Ok(Self { url, queued })
    }

    /// Where it listens.
    pub(super) fn url(&self) -> &str {
        &self.url
    }

    /// The queue.
    pub(super) fn queue_url(&self) -> String {
        format!("{}{QUEUE_PATH}", self.url)
    }

    /// What was queued since the last call, in order.
    pub(super) fn take(&self) -> Vec<Queued> {
        std::mem::take(&mut self.queued.lock().unwrap())
    }
}

fn answer(headers: &HeaderMap, body: &[u8], queued: &Mutex<Vec<Queued>>) -> anyhow::Result<Value> {
    let target = headers.get("x-amz-target").and_then(|value| value.to_str().ok()).unwrap_or_default();
    match target {
        "AmazonSQS.SendMessageBatch" => {
            let Batch { queue_url, entries } = serde_json::from_slice(body)?;
            ensure!((1..=MAX_ENTRIES).contains(&entries.len()), "a batch of {} entries", entries.len());
            let ids: HashSet<_> = entries.iter().map(|entry| &entry.id).collect();
            ensure!(ids.len() == entries.len(), "ids of entries are not distinct");
            let answers = accept(&queue_url, entries, queued)?;
            Ok(json!({"Successful": answers, "Failed": []}))
        }
        "AmazonSQS.SendMessage" => {
            let Single { queue_url, entry } = serde_json::from_slice(body)?;
            Ok(accept(&queue_url, vec![entry], queued)?.remove(0))
        }
        "secretsmanager.GetSecretValue" => {
            let input: Value = serde_json::from_slice(body)?;
            ensure!(input["SecretId"] == secret_name(), "no secret is called {}", input["SecretId"]);
            let secret = json!({"channel_id": "1650000001", "channel_secret": CHANNEL_SECRET});
            Ok(json!({
                "Name": secret_name(),
                "VersionId": "00000000-0000-4000-8000-000000000001",
                "VersionStages": ["AWSCURRENT"],
                "SecretString": secret.to_string(),
            }))
        }
        _ => anyhow::bail!("`{target}` is not needed for the job"),
    }
}

fn accept(queue_url: &str, entries: Vec<Entry>, queued: &Mutex<Vec<Queued>>) -> anyhow::Result<Vec<Value>> {
    ensure!(queue_url.ends_with(QUEUE_PATH), "there is no queue {queue_url}");
    for entry in &entries {
        check_id(&entry.message_group_id).context("MessageGroupId")?;
        check_id(&entry.message_deduplication_id).context("MessageDeduplicationId")?;
        ensure!(!entry.message_body.is_empty(), "MessageBody is empty");
    }
    let mut queued = queued.lock().unwrap();
    let answers = entries.into_iter().map(|entry| {
        let digest = format!("{:x}", md5::compute(&entry.message_body));
        queued.push(Queued {
            group: entry.message_group_id,
            deduplication: entry.message_deduplication_id,
            body: entry.message_body,
        });
        let number = queued.len();
        json!({
            "Id": entry.id,
            "MessageId": format!("00000000-0000-4000-8000-{number:012x}"),
            "MD5OfMessageBody": digest,
            "SequenceNumber": format!("{number:020}"),
        })
    });
    Ok(answers.collect())
}

fn check_id(id: &str) -> anyhow::Result<()> {
    let fits = (1..=MAX_ID).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_graphic());
    ensure!(fits, "`{id}` is no id");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(target: &'static str, input: &Value, queued: &Mutex<Vec<Queued>>) -> anyhow::Result<Value> {
        let headers = HeaderMap::from_iter([("x-amz-target".parse().unwrap(), target.parse().unwrap())]);
        answer(&headers, input.to_string().as_bytes(), queued)
    }

    fn entry(id: usize, group: &str) -> Value {
        json!({"Id": id.to_string(), "MessageBody": "This is a test message", "MessageGroupId": group,
            "MessageDeduplicationId": format!("d{id}")})
    }

    fn batch(entries: &[Value], queued: &Mutex<Vec<Queued>>) -> anyhow::Result<Value> {
        let input = json!({"QueueUrl": format!("http://127.0.0.1{QUEUE_PATH}"), "Entries": entries});
        call("AmazonSQS.SendMessageBatch", &input, queued)
    }

    #[test]
    fn a_batch_is_accepted_whole_with_the_digest_of_each_body() {
        let queued = Mutex::default();
        let answer = batch(&[entry(0, "g"), entry(1, "h")], &queued).unwrap();
        let digests: Vec<_> =
            answer["Successful"].as_array().unwrap().iter().map(|done| &done["MD5OfMessageBody"]).collect();
        // As `md5sum` prints it.
        assert_eq!(digests, ["fafb00f5732ab283681e124bf8747ed1", "fafb00f5732ab283681e124bf8747ed1"]);
        let groups: Vec<_> = queued.lock().unwrap().iter().map(|message| message.group.clone()).collect();
        assert_eq!(groups, ["g", "h"]);
    }

    #[test]
    fn what_sqs_would_refuse_is_refused_and_nothing_of_it_queued() {
        let queued = Mutex::default();
        let eleven: Vec<_> = (0..11).map(|id| entry(id, "g")).collect();
        let table = [
            (vec![], "a batch of 0 entries"),
            (eleven, "a batch of 11 entries"),
            (vec![entry(0, "g"), entry(0, "g")], "ids of entries are not distinct"),
            (vec![entry(0, "g"), entry(1, "a b")], "MessageGroupId: `a b` is no id"),
        ];
        for (entries, reason) in table {
            assert_eq!(format!("{:#}", batch(&entries, &queued).unwrap_err()), reason);
        }
        assert!(queued.lock().unwrap().is_empty());
    }

    #[test]
    fn only_the_secret_of_the_channel_is_told() {
        let queued = Mutex::default();
        let told =
            call("secretsmanager.GetSecretValue", &json!({"SecretId": secret_name()}), &queued).unwrap();
        assert!(told["SecretString"].as_str().unwrap().contains(CHANNEL_SECRET));
        call("secretsmanager.GetSecretValue", &json!({"SecretId": "other"}), &queued).unwrap_err();
    }
}
