//! `channel-mail`: tells administrators by e-mail that a channel needs them (AUT-8, AUT-12).
//!
//! It reads the Directory table's stream. A record only says which connection was checked: what is due follows from how
//! the connection stands by now and from what was told of it (`madoguchi_domain::alert`), so a record that comes again,
//! late or out of order tells nothing twice. What was told is written once SES has accepted the e-mail: whoever ends in
//! between sends that one again.

use std::collections::BTreeSet;

use aws_lambda_events::dynamodb::EventRecord;
use madoguchi_domain::ConnectionId;
use madoguchi_domain::alert::{self, Alert, Standing, Told};
use madoguchi_runtime::mail::MAX_RECIPIENTS;
use madoguchi_runtime::{MailError, Mailer};
use madoguchi_store::directory::checked;
use madoguchi_store::{Directory, Saved, StoreError};

/// How often a lost race is run again.
const TRIES: usize = 5;

/// Sends e-mail about channels.
#[derive(Debug)]
pub struct ChannelMail {
    directory: Directory,
    mailer: Mailer,
    also_to: String,
    console: String,
}

/// Why an e-mail was not sent, or not noted.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// The Directory did not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// SES took it for nobody.
    #[error(transparent)]
    Mail(#[from] MailError),
    /// Others kept writing what was told.
    #[error("what was told of connection {0} could not be noted")]
    Contended(ConnectionId),
}

impl ChannelMail {
    /// Reads `directory` and sends through `mailer`: to its administrators and to `also_to`, addresses separated by
    /// commas. `console` is where they act.
    pub fn new(
        directory: Directory,
        mailer: Mailer,
        also_to: impl Into<String>,
        console: impl Into<String>,
    ) -> Self {
        let directory = directory.by_function("channel-mail");
        Self { directory, mailer, also_to: also_to.into(), console: console.into() }
    }

    /// Tells what is due of the connections that stream records are about. One that fails keeps no other from it.
    pub async fn handle(&self, records: &[EventRecord]) -> Result<(), Fault> {
        let connections: BTreeSet<ConnectionId> = records
            .iter()
            .filter_map(|record| {
                let change = &record.change;
                checked(&change.keys, (&change.old_image, &change.new_image))
            })
            .collect();
        let mut told = Ok(());
        for id in connections {
            let outcome = self.look_at(id).await;
            if let Err(fault) = &outcome {
                let remedy = match fault {
                    Fault::Mail(error) => error.remedy(),
                    Fault::Store(_) | Fault::Contended(_) => "nothing: it is tried again",
                };
                tracing::error!(
                    connection.id = %id, error = %fault, remedy,
                    "Administrators could not be told about connection `{id}`"
                );
            }
            told = told.and(outcome);
        }
        told
    }

    async fn look_at(&self, id: ConnectionId) -> Result<(), Fault> {
        let Some(connection) = self.directory.connection(id).await? else { return Ok(()) };
        let mut channels = self.directory.channels().await?;
        channels.retain(|channel| channel.connection_id == id);
        let standing = Standing {
            authorized_at: connection.authorized_at,
            checked_at: connection.checked_at,
            expires_at: connection.expires_at,
            channels: &channels,
        };
        let mut told = self.directory.told(id).await?;
        let due = alert::due(&standing, &told);
        if due.is_empty() {
            return Ok(());
        }
        let recipients = alert::recipients(&self.directory.people().await?, &self.also_to);
        if recipients.is_empty() {
            tracing::warn!(
                connection.id = %id,
                "Nobody can be told about connection `{id}` by e-mail: no administrator with an address has signed in, and \
                 the parameter AdministratorsEmail is empty"
            );
            return Ok(());
        }
        for alert in due {
            self.send(&alert, &recipients).await?;
            tracing::info!(
                connection.id = %id, about = alert.as_str(), channels = alert.channels().len(),
                recipients = recipients.len(), "Told administrators about connection `{id}`: {}", alert.as_str()
            );
            told = self.note(id, told, &alert).await?;
        }
        Ok(())
    }

    /// One e-mail to all. While the account is in SES's sandbox, a single recipient who is not verified has it refused:
    /// then each gets one of their own, and it counts if anybody does.
    async fn send(&self, alert: &Alert, recipients: &[String]) -> Result<(), MailError> {
        let letter = alert.letter(&format!("{}/settings/channels", self.console.trim_end_matches('/')));
        for together in recipients.chunks(MAX_RECIPIENTS) {
            let Err(refused) = self.mailer.send(together, &letter.subject, &letter.body).await else {
                continue;
            };
            if matches!(refused, MailError::Unavailable(_)) || together.len() == 1 {
                return Err(refused);
            }
            let mut accepted = 0;
            for alone in together.chunks(1) {
                match self.mailer.send(alone, &letter.subject, &letter.body).await {
                    Ok(()) => accepted += 1,
                    Err(error) => tracing::warn!(
                        %error, remedy = error.remedy(), "One of {} recipients could not be told", together.len()
                    ),
                }
            }
            if accepted == 0 {
                return Err(refused);
            }
        }
        Ok(())
    }

    /// Writes that `alert` was sent, beside what others have noted meanwhile.
    async fn note(&self, id: ConnectionId, mut told: Told, alert: &Alert) -> Result<Told, Fault> {
        for _ in 0..TRIES {
            told.note(alert);
            if self.directory.save_told(id, &told).await? == Saved::Done {
                told.rev += 1;
                return Ok(told);
            }
            told = self.directory.told(id).await?;
        }
        Err(Fault::Contended(id))
    }
}
