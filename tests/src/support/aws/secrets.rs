//! Secrets with versions and staging labels.

use std::collections::{BTreeMap, HashMap};

use serde_json::{Value, json};
use uuid::Uuid;

use super::{Answer, Refusal, text};

const CURRENT: &str = "AWSCURRENT";
const PREVIOUS: &str = "AWSPREVIOUS";

/// One secret.
#[derive(Default)]
pub(super) struct Stored {
    versions: BTreeMap<String, String>,
    labels: BTreeMap<String, String>,
    /// It can be restored, and nothing else.
    scheduled_for_deletion: bool,
}

impl Stored {
    pub(super) fn set_current(&mut self, text: String) {
        let version = self.add(None, text);
        self.attach(CURRENT, &version);
    }

    /// `None` also of one that is scheduled for deletion.
    pub(super) fn current(&self) -> Option<&str> {
        if self.scheduled_for_deletion {
            return None;
        }
        self.versions.get(self.labels.get(CURRENT)?).map(String::as_str)
    }

    pub(super) fn at(&self, stage: &str) -> Option<&str> {
        self.versions.get(self.labels.get(stage)?).map(String::as_str)
    }

    fn add(&mut self, token: Option<&str>, text: String) -> String {
        let version = token.map_or_else(|| Uuid::now_v7().to_string(), str::to_owned);
        self.versions.insert(version.clone(), text);
        version
    }

    fn attach(&mut self, label: &str, version: &str) {
        let before = self.labels.insert(label.to_owned(), version.to_owned());
        if let Some(before) = before.filter(|before| label == CURRENT && before != version) {
            self.labels.insert(PREVIOUS.to_owned(), before);
        }
    }

    fn labels_of(&self, version: &str) -> Vec<&str> {
        self.labels.iter().filter(|(_, held)| *held == version).map(|(label, _)| label.as_str()).collect()
    }
}

pub(super) fn answer(secrets: &mut HashMap<String, Stored>, operation: &str, input: &Value) -> Answer {
    if operation == "CreateSecret" {
        return create(secrets, input);
    }
    let name = text(input, "SecretId");
    if operation == "DeleteSecret" && input["ForceDeleteWithoutRecovery"] == true {
        // Also one that is scheduled for deletion; of one that is not there nothing is told.
        secrets.remove(name);
        return Ok(json!({"Name": name, "DeletionDate": 0}));
    }
    let Some(secret) = secrets.get_mut(name) else {
        return Err(Refusal::new("ResourceNotFoundException", "Secrets Manager can't find the secret"));
    };
    if operation == "RestoreSecret" {
        secret.scheduled_for_deletion = false;
        return Ok(json!({"Name": name}));
    }
    if secret.scheduled_for_deletion {
        let message = "You can't perform this operation on the secret because it was marked for deletion.";
        return Err(Refusal::new("InvalidRequestException", message));
    }
    match operation {
        "DeleteSecret" => {
            secret.scheduled_for_deletion = true;
            Ok(json!({"Name": name, "DeletionDate": 0}))
        }
        "GetSecretValue" => get(secret, name, input),
        "PutSecretValue" => Ok(put(secret, name, input)),
        "UpdateSecretVersionStage" => move_label(secret, name, input),
        "DescribeSecret" => {
            let versions: BTreeMap<_, _> =
                secret.versions.keys().map(|version| (version, secret.labels_of(version))).collect();
            Ok(json!({"Name": name, "VersionIdsToStages": versions}))
        }
        _ => Err(Refusal::new("InvalidRequestException", operation)),
    }
}

fn create(secrets: &mut HashMap<String, Stored>, input: &Value) -> Answer {
    let name = text(input, "Name");
    if secrets.get(name).is_some_and(|secret| secret.scheduled_for_deletion) {
        let message = "a secret with this name is already scheduled for deletion";
        return Err(Refusal::new("InvalidRequestException", message));
    }
    if secrets.contains_key(name) {
        return Err(Refusal::new("ResourceExistsException", format!("`{name}` exists")));
    }
    let secret = secrets.entry(name.to_owned()).or_default();
    let version = secret.add(input["ClientRequestToken"].as_str(), text(input, "SecretString").to_owned());
    secret.attach(CURRENT, &version);
    Ok(json!({"Name": name, "VersionId": version}))
}

fn get(secret: &Stored, name: &str, input: &Value) -> Answer {
    let stage = input["VersionStage"].as_str().unwrap_or(CURRENT);
    let Some(version) = secret.labels.get(stage) else {
        let message = format!("Secrets Manager can't find the value for staging label {stage}");
        return Err(Refusal::new("ResourceNotFoundException", message));
    };
    Ok(json!({
        "Name": name,
        "VersionId": version,
        "SecretString": secret.versions[version],
        "VersionStages": secret.labels_of(version),
    }))
}

fn put(secret: &mut Stored, name: &str, input: &Value) -> Value {
    let version = secret.add(input["ClientRequestToken"].as_str(), text(input, "SecretString").to_owned());
    let stages = input["VersionStages"].as_array().cloned().unwrap_or_else(|| vec![json!(CURRENT)]);
    for stage in stages.iter().filter_map(Value::as_str) {
        secret.attach(stage, &version);
    }
    json!({"Name": name, "VersionId": version, "VersionStages": stages})
}

fn move_label(secret: &mut Stored, name: &str, input: &Value) -> Answer {
    let label = text(input, "VersionStage");
    if secret.labels.get(label).map(String::as_str) != input["RemoveFromVersionId"].as_str() {
        let message = "RemoveFromVersionId must be the version that has the label";
        return Err(Refusal::new("InvalidParameterException", message));
    }
    match input["MoveToVersionId"].as_str() {
        Some(version) if secret.versions.contains_key(version) => secret.attach(label, version),
        Some(_) => return Err(Refusal::new("ResourceNotFoundException", "There is no such version")),
        None => {
            secret.labels.remove(label);
        }
    }
    Ok(json!({"Name": name}))
}

#[cfg(test)]
mod tests {
    use madoguchi_domain::Timestamp;
    use madoguchi_runtime::secrets::{Created, Promotion};
    use madoguchi_runtime::{Clock, SecretCache, SecretWriter};

    use super::*;
    use crate::support::aws::FakeAws;

    async fn writer() -> (FakeAws, SecretWriter) {
        let (clock, _hand) = Clock::stopped_at(Timestamp::from_ms(0));
        let aws = FakeAws::start(clock).await;
        let writer = SecretWriter::new(aws.clients().secrets());
        (aws, writer)
    }

    #[tokio::test]
    async fn a_secret_is_created_once() {
        let (aws, writer) = writer().await;
        assert_eq!(writer.create("s", &json!({"key": 1})).await.unwrap(), Created::New);
        assert_eq!(writer.create("s", &json!({"key": 2})).await.unwrap(), Created::Exists);
        assert_eq!(aws.secret("s").unwrap(), json!({"key": 1}));
        assert!(writer.put("unknown", &json!({})).await.is_err());
    }

    #[tokio::test]
    async fn chn_21_a_deleted_secret_cannot_be_read_and_its_name_can_be_used_again() {
        let (aws, writer) = writer().await;
        aws.set_secret("s", &json!({"key": 1}));
        for _ in 0..2 {
            writer.schedule_deletion("s").await.unwrap();
            assert!(writer.current::<Value>("s").await.unwrap().is_none());
        }
        writer.schedule_deletion("unknown").await.unwrap();
        assert!(writer.put("s", &json!({"key": 2})).await.is_err());
        assert_eq!(writer.create("s", &json!({"key": 2})).await.unwrap(), Created::Exists);
        writer.put("s", &json!({"key": 2})).await.unwrap();
        assert_eq!(aws.secret("s").unwrap(), json!({"key": 2}));
    }

    #[tokio::test]
    async fn a_staged_version_becomes_current_in_one_step() {
        let (aws, writer) = writer().await;
        aws.set_secret("s", &json!({"key": "old"}));
        let current = writer.current::<Value>("s").await.unwrap().unwrap().version;
        assert!(writer.pending::<Value>("s", &current).await.unwrap().is_none());

        let staged = writer.stage("s", &json!({"key": "new"}), &current).await.unwrap();
        assert_eq!(aws.secret("s").unwrap()["key"], "old");
        let pending = writer.pending::<Value>("s", &current).await.unwrap().unwrap();
        assert_eq!((&pending.expose()["key"], &pending.version), (&json!("new"), &staged));

        assert_eq!(writer.promote("s", &current, &staged).await.unwrap(), Promotion::Promoted);
        assert_eq!(aws.secret("s").unwrap()["key"], "new");
        assert!(writer.pending::<Value>("s", &staged).await.unwrap().is_none());

        // It keeps its label, and is of the past all the same.
        let latest = writer.put("s", &json!({"key": "latest"})).await.unwrap();
        assert!(writer.pending::<Value>("s", &latest).await.unwrap().is_none());
    }

    #[tokio::test]
    async fn of_two_promotions_from_one_version_the_first_counts() {
        let (aws, writer) = writer().await;
        aws.set_secret("s", &json!({"key": "old"}));
        let current = writer.current::<Value>("s").await.unwrap().unwrap().version;
        let one = writer.stage("s", &json!({"key": "one"}), &current).await.unwrap();
        let other = writer.stage("s", &json!({"key": "other"}), &current).await.unwrap();
        assert_eq!(writer.promote("s", &current, &one).await.unwrap(), Promotion::Promoted);
        assert_eq!(writer.promote("s", &current, &other).await.unwrap(), Promotion::Overtaken);
        assert_eq!(aws.secret("s").unwrap()["key"], "one");
    }

    #[tokio::test]
    async fn a_reader_follows_a_new_version() {
        let (clock, _hand) = Clock::stopped_at(Timestamp::from_ms(0));
        let aws = FakeAws::start(clock.clone()).await;
        let cache = SecretCache::new(aws.clients().secrets(), clock);
        assert!(cache.get::<Value>("s").await.unwrap().is_none());
        aws.set_secret("t", &json!(1));
        let first = cache.get::<Value>("t").await.unwrap().unwrap();
        aws.set_secret("t", &json!(2));
        let second = cache.reload_once::<Value>("t", &first.version).await.unwrap().unwrap();
        assert_eq!((first.expose(), second.expose()), (&json!(1), &json!(2)));
    }
}
