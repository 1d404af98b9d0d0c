//! Who takes part, how each is started, and what each calls a group and a duplicate.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, ensure};
use madoguchi_channels::InboundWork;
use madoguchi_credentials::SecretNames;
use madoguchi_domain::ConversationId;
use serde::Deserialize;
use serde_json::Value;

use super::stand_in::{Queued, StandIn};
use super::webhook::{self, Sent};
use crate::lambda::Program;

/// The name of ours, before all others in every round.
pub(super) const OURS: &str = "rust";
const FUNCTION: &str = "webhook-ingest";
const PREFIX: &str = "madoguchi";

/// Everybody who takes part, ours first, and who cannot.
pub(super) struct Lineup {
    pub(super) contestants: Vec<Contestant>,
    pub(super) left_out: Vec<LeftOut>,
}

/// One way to do the job.
pub(super) struct Contestant {
    /// In the names of figures.
    pub(super) name: String,
    /// For people.
    pub(super) label: String,
    /// Its libraries, with versions.
    pub(super) made_of: Vec<String>,
    pub(super) program: Program,
}

/// A contestant that this machine has not what it takes for.
#[derive(Debug, Deserialize)]
pub(super) struct LeftOut {
    pub(super) name: String,
    pub(super) reason: String,
}

/// What `infra/local/bench_peers.py` writes.
#[derive(Deserialize)]
struct Prepared {
    contestants: Vec<Peer>,
    left_out: Vec<LeftOut>,
}

#[derive(Deserialize)]
struct Peer {
    name: String,
    label: String,
    made_of: Vec<String>,
    argv: Vec<String>,
    folder: PathBuf,
    environment: BTreeMap<String, String>,
}

impl Lineup {
    /// Ours from the folder of release builds, the others as they were prepared; all of them talk to `aws`.
    pub(super) fn read(functions: &Path, peers: &Path, aws: &StandIn) -> anyhow::Result<Self> {
        let text = std::fs::read_to_string(peers).with_context(|| format!("reading {}", peers.display()))?;
        let prepared: Prepared =
            serde_json::from_str(&text).with_context(|| format!("reading {}", peers.display()))?;
        let mut contestants = vec![ours(functions, aws)?];
        contestants.extend(prepared.contestants.into_iter().map(|peer| peer.into_contestant(aws)));
        Ok(Self { contestants, left_out: prepared.left_out })
    }
}

/// Where ours finds its LINE secret.
pub(super) fn secret_name() -> String {
    SecretNames::new(PREFIX).line_channel(webhook::channel())
}

fn ours(functions: &Path, aws: &StandIn) -> anyhow::Result<Contestant> {
    let folder = functions.join(FUNCTION).canonicalize();
    let folder = folder.with_context(|| format!("{FUNCTION} is not in {}", functions.display()))?;
    let program = Program::new(FUNCTION, [folder.join("bootstrap")])
        .in_folder(&folder)
        .env("SECRET_PREFIX", PREFIX)
        .env("PUBLIC_BASE_URL", "https://inbox.example.com")
        .env("INBOUND_QUEUE_URL", aws.queue_url())
        .env("LOG_LEVEL", "info")
        .env("AWS_EXECUTION_ENV", "AWS_Lambda_provided.al2023")
        .env("AWS_ENDPOINT_URL", aws.url());
    Ok(Contestant {
        name: OURS.to_owned(),
        label: format!("ours, `{FUNCTION}`"),
        made_of: vec!["the release build that is deployed".to_owned()],
        program,
    })
}

impl Peer {
    fn into_contestant(self, aws: &StandIn) -> Contestant {
        let mut program = Program::new(FUNCTION, self.argv)
            .in_folder(self.folder)
            .env("QUEUE_URL", aws.queue_url())
            .env("LINE_CHANNEL_SECRET", webhook::CHANNEL_SECRET)
            .env("AWS_ENDPOINT_URL", aws.url())
            .env("AWS_ENDPOINT_URL_SQS", aws.url());
        for (name, value) in self.environment {
            program = program.env(&name, value);
        }
        Contestant { name: self.name, label: self.label, made_of: self.made_of, program }
    }
}

impl Contestant {
    pub(super) fn is_ours(&self) -> bool {
        self.name == OURS
    }

    /// Refuses `queued` unless it is `sent`, in the group of its conversation and under its event's id.
    pub(super) fn check(&self, sent: &Sent, queued: &Queued) -> anyhow::Result<()> {
        let body: Value = serde_json::from_str(&queued.body).context("the message is not JSON")?;
        let (event, group, deduplication) = if self.is_ours() {
            let work = InboundWork::from_json(&queued.body)?;
            // A digest of the event's id; the id itself is in the message.
            ensure!(
                body["event_id"] == sent.event["webhookEventId"],
                "the event's id is {}",
                body["event_id"]
            );
            let conversation = ConversationId::derive(webhook::channel(), &sent.party);
            (&body["raw"], conversation.to_string(), work.dedupe_id())
        } else {
            let group = format!("{}:{}", webhook::DESTINATION, sent.party.external_id());
            (&body["event"], group, sent.id().to_owned())
        };
        ensure!(*event == sent.event, "the event was changed on its way into the queue");
        ensure!(queued.group == group, "the group is `{}` and not `{group}`", queued.group);
        let actual = &queued.deduplication;
        ensure!(*actual == deduplication, "the deduplication id is `{actual}` and not `{deduplication}`");
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use madoguchi_domain::Party;
    use serde_json::json;

    use super::*;

    fn contestant(name: &str) -> Contestant {
        let program = Program::new(FUNCTION, ["true"]);
        Contestant { name: name.to_owned(), label: name.to_owned(), made_of: Vec::new(), program }
    }

    fn sent() -> Sent {
        Sent::text(Party::User(webhook::user(1)), 7)
    }

    fn queued_by_a_peer(sent: &Sent) -> Queued {
        Queued {
            group: format!("{}:{}", webhook::DESTINATION, webhook::user(1)),
            deduplication: sent.id().to_owned(),
            body: json!({"channel": webhook::DESTINATION, "event": sent.event}).to_string(),
        }
    }

    #[test]
    fn what_was_sent_is_accepted_in_its_group_and_under_its_id_only() {
        let (peer, sent) = (contestant("python"), sent());
        let right = queued_by_a_peer(&sent);
        peer.check(&sent, &right).unwrap();
        let other = Sent::text(Party::User(webhook::user(1)), 8);
        let table = [
            (Queued { group: webhook::DESTINATION.to_owned(), ..right.clone() }, "the group is"),
            (Queued { deduplication: other.id().to_owned(), ..right.clone() }, "the deduplication id is"),
            (Queued { body: queued_by_a_peer(&other).body, ..right }, "the event was changed"),
        ];
        for (wrong, reason) in table {
            assert!(peer.check(&sent, &wrong).unwrap_err().to_string().starts_with(reason), "{reason}");
        }
    }

    #[test]
    fn ours_is_held_to_what_the_writer_reads() {
        let (ours, sent) = (contestant(OURS), sent());
        let events = json!({"events": [sent.event]}).to_string();
        let received_at = madoguchi_domain::Timestamp::from_ms(1_790_000_000_000);
        let events =
            madoguchi_channels::line::split(events.as_bytes(), webhook::channel(), received_at).unwrap();
        let work = InboundWork::Event(events[0].clone());
        let right =
            Queued { group: work.group_id(), deduplication: work.dedupe_id(), body: work.to_json().unwrap() };
        ours.check(&sent, &right).unwrap();
        let wrong = Queued { group: webhook::channel().to_string(), ..right.clone() };
        assert!(ours.check(&sent, &wrong).unwrap_err().to_string().starts_with("the group is"));
        let wrong = Queued { deduplication: sent.id().to_owned(), ..right };
        assert!(ours.check(&sent, &wrong).unwrap_err().to_string().starts_with("the deduplication id is"));
        ours.check(&sent, &queued_by_a_peer(&sent)).unwrap_err();
    }
}
