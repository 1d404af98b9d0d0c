//! E-mail whose time has come.

use std::collections::BTreeSet;

use madoguchi_domain::membership::may_see;
use madoguchi_domain::notify::{Batch, Kind, Letter, Links, Refusal, address};
use madoguchi_domain::{Conversation, ConversationId, OperatorId, Timestamp};
use madoguchi_runtime::MailError;
use madoguchi_runtime::unsubscribe::Unsubscribe;
use madoguchi_store::{Saved, StoreError};

use super::{Failure, Notifier, TRIES};

/// What became of an e-mail.
enum Outcome {
    Sent,
    /// The mail service refused it, and would again.
    Refused(String),
    /// It may be taken later.
    Later,
    /// Nobody need be told any more, or nobody can be.
    Settled,
}

/// One e-mail, ready to go.
struct Ready {
    to: String,
    letter: Letter,
    headers: [(&'static str, String); 2],
}

impl Notifier {
    pub(super) async fn email(
        &self,
        operator: &OperatorId,
        conversation: ConversationId,
    ) -> Result<(), Failure> {
        let Some(mut batch) = self.deliveries.batch(operator, conversation).await? else { return Ok(()) };
        let taken_at = self.clock.now();
        if !batch.take(taken_at) || self.deliveries.save_batch(&batch, taken_at).await? == Saved::Conflict {
            // It was sent, or somebody else is sending it, or more has come: then it is found again.
            return Ok(());
        }
        let outcome = self.send(&batch).await?;
        self.note_outcome(operator, &outcome).await?;
        self.settle(batch, taken_at, &outcome).await
    }

    async fn send(&self, batch: &Batch) -> Result<Outcome, Failure> {
        let (Some(mail), Some(ready)) = (&self.mail, self.ready(batch).await?) else {
            return Ok(Outcome::Settled);
        };
        let Ready { to, letter, headers } = ready;
        match mail.send_with(&[to], &letter.subject, &letter.body, &headers).await {
            Ok(()) => Ok(Outcome::Sent),
            Err(error) => {
                self.metrics.count("NotificationEmailsRefused", 1);
                tracing::warn!(
                    operator.id = batch.operator.0, %error, remedy = error.remedy(),
                    "An operator could not be told by e-mail"
                );
                Ok(match error {
                    MailError::Refused { code } => Outcome::Refused(code),
                    MailError::Unavailable(_) => Outcome::Later,
                })
            }
        }
    }

    /// The e-mail, if it still needs sending.
    async fn ready(&self, batch: &Batch) -> Result<Option<Ready>, Failure> {
        let Some(conversation) = self.inbox.conversation(batch.conversation_id).await? else {
            return Ok(None);
        };
        let person = self.directory.person(&batch.operator).await?;
        let Some(person) = person.filter(|person| person.removed_at.is_none()) else { return Ok(None) };
        let channel = self.directory.channel(batch.channel_id).await?;
        let channel = channel.filter(|channel| may_see(person.role, channel, Some(&person)));
        let (Some(to), Some(channel)) = (address(&person), channel) else { return Ok(None) };
        let settings = self.directory.notify_settings(&batch.operator).await?;
        let read = self.inbox.read_mark(batch.conversation_id).await?;
        let kinds = batch.still(&conversation, read.as_ref(), &settings);
        let links = self.links(&batch.operator, &conversation, &kinds).await?;
        let contact = conversation.contact.name.as_deref();
        let Ok(letter) = Letter::new(&kinds, contact, &channel.name, &links, settings.language()) else {
            return Ok(None);
        };
        // One click switches off all that this e-mail tells.
        let all = self.unsubscribe_link(&batch.operator, kinds).await?;
        let headers = [
            ("List-Unsubscribe", format!("<{all}>")),
            ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click".to_owned()),
        ];
        Ok(Some(Ready { to: to.to_owned(), letter, headers }))
    }

    async fn links(
        &self,
        operator: &OperatorId,
        conversation: &Conversation,
        kinds: &BTreeSet<Kind>,
    ) -> Result<Links, Failure> {
        let mut unsubscribe = Vec::new();
        for kind in kinds {
            unsubscribe.push((*kind, self.unsubscribe_link(operator, BTreeSet::from([*kind])).await?));
        }
        let console = &self.addresses.console;
        Ok(Links {
            conversation: self.conversation_link(conversation.id),
            settings: format!("{console}/settings/me"),
            unsubscribe,
        })
    }

    pub(super) fn conversation_link(&self, id: ConversationId) -> String {
        format!("{}/inbox/{id}", self.addresses.console)
    }

    async fn unsubscribe_link(
        &self,
        operator: &OperatorId,
        kinds: BTreeSet<Kind>,
    ) -> Result<String, Failure> {
        let token = self.unsubscribe.token(&Unsubscribe { operator: operator.clone(), kinds }).await?;
        Ok(format!("{}/notifications/unsubscribe/{token}", self.addresses.public))
    }

    /// For the page that says what is wrong.
    async fn note_outcome(&self, operator: &OperatorId, outcome: &Outcome) -> Result<(), StoreError> {
        let at = self.clock.now();
        let refusal = match outcome {
            Outcome::Sent => None,
            Outcome::Refused(code) => Some(Refusal { at, code: code.clone() }),
            Outcome::Later | Outcome::Settled => return Ok(()),
        };
        let mut standing = self.directory.notify_standing(operator).await?;
        if standing.mailed(refusal) {
            // Whoever was faster knows as much.
            let _saved = self.directory.save_notify_standing(operator, &standing).await?;
        }
        Ok(())
    }

    /// Writes down what became of the e-mail that was taken at `taken_at`, beside what has come meanwhile.
    async fn settle(&self, mut batch: Batch, taken_at: Timestamp, outcome: &Outcome) -> Result<(), Failure> {
        let (operator, conversation) = (batch.operator.clone(), batch.conversation_id);
        // As it was written when it was taken.
        batch.rev += 1;
        for _ in 0..TRIES {
            let now = self.clock.now();
            match outcome {
                Outcome::Sent => batch.sent(now),
                Outcome::Later => batch.put_off(now),
                Outcome::Refused(_) => batch.refused(),
                Outcome::Settled => batch.settle(),
            }
            if self.deliveries.save_batch(&batch, now).await? == Saved::Done {
                return Ok(());
            }
            let Some(current) = self.deliveries.batch(&operator, conversation).await? else { return Ok(()) };
            if current.pending.as_ref().and_then(|pending| pending.taken_at) != Some(taken_at) {
                // It took so long that somebody else has taken it.
                return Ok(());
            }
            batch = current;
        }
        Err(Failure::Contended(conversation))
    }
}
