//! The sync of sender names: one persona per operator and Messenger channel (SND-8). Here, and not in a function of its
//! own, because this one already comes every minute, reads every Page's token and may write the Directory.
//!
//! Each step may be the last one of a process that dies. A persona is noted without an id before it is made, and one of
//! that name that the provider has then is taken for it: none is made twice, none is left behind.

use std::collections::HashMap;

use madoguchi_channels::TokenError;
use madoguchi_channels::messenger::{self, PageAccess};
use madoguchi_credentials::{MessengerSecret, MetaAppSecret};
use madoguchi_domain::channel::Sending;
use madoguchi_domain::credential::Cause;
use madoguchi_domain::media::Token;
use madoguchi_domain::membership::{self, Outcome, RETRY_AFTER, Verdict};
use madoguchi_domain::picture::Icon;
use madoguchi_domain::send::RefusalClass;
use madoguchi_domain::sender::{self, Appearance, Persona, Profile, SYNC_EVERY, Sync, Synced};
use madoguchi_domain::{Channel, ChannelKind, MembershipState, OperatorId, Person, Span, Timestamp};
use madoguchi_store::{Saved, StoreError};

use crate::TokenRefresh;
use crate::outcome::{Fault, Stop};

/// Longer than the function may run.
const LEASE: Span = Span::from_secs(130);
/// The picture of operators who have none, which `inbox-api` serves.
const PICTURE: &str = "/media/operator.png";

impl TokenRefresh {
    /// Runs the sync if it is due and nobody is at it. What goes wrong with one persona is counted and logged.
    pub async fn sync_senders(
        &self,
        public_base_url: &str,
        now: Timestamp,
    ) -> Result<Option<Synced>, StoreError> {
        let Some(state) = self.directory.sender_sync().await? else {
            self.directory.plan_sender_sync(now + SYNC_EVERY).await?;
            return Ok(None);
        };
        if state.due_at > now || state.is_running(now) {
            return Ok(None);
        }
        let Some(lease) = self.directory.lease_sender_sync(LEASE, now).await? else { return Ok(None) };
        let appearances: Vec<_> = self
            .directory
            .operators()
            .await?
            .iter()
            .filter_map(|profile| {
                let (operator, name) = (profile.operator.clone(), profile.shown_name()?);
                Some(Appearance { operator, name, picture: picture(profile, public_base_url) })
            })
            .collect();
        let people: HashMap<_, _> =
            self.directory.people().await?.into_iter().map(|person| (person.id.clone(), person)).collect();
        let mut again_after = SYNC_EVERY;
        let mut synced = Synced { at: now, made: 0, removed: 0, failed: 0 };
        for channel in self.directory.channels().await? {
            if channel.kind != ChannelKind::Messenger || channel.sending(now) != Sending::Allowed {
                continue;
            }
            let shown = |wanted: &&Appearance| membership::is_shown(&channel, people.get(&wanted.operator));
            let wanted: Vec<_> = appearances.iter().filter(shown).cloned().collect();
            let outcomes = match self.sync_channel(&channel, &wanted, &mut synced).await {
                Ok(outcomes) => outcomes,
                Err(error) => {
                    synced.failed += 1;
                    tracing::error!(channel.id = %channel.id, detail = error.to_string(), "Personas were not synced");
                    unclear(&channel, &wanted, &people)
                }
            };
            for (operator, outcome) in outcomes {
                let member = people.get(&operator).filter(|person| person.is_member(channel.id));
                let Some(person) = member else { continue };
                if outcome == Outcome::ProviderUnavailable {
                    again_after = RETRY_AFTER;
                }
                self.tell(&channel, person, Verdict { at: now, outcome }).await?;
            }
        }
        if self.directory.settle_sender_sync(lease, &synced, again_after).await? == Saved::Conflict {
            tracing::warn!("A sync of sender names outlived its lease");
        }
        if synced.failed > 0 {
            self.metrics.count("SenderSyncFailures", synced.failed.into());
        }
        Ok(Some(synced))
    }

    /// Tells an association what was found out, if that changes anything.
    async fn tell(&self, channel: &Channel, person: &Person, verdict: Verdict) -> Result<(), StoreError> {
        let Some(known) = person.channels.get(&channel.id) else { return Ok(()) };
        let mut next = known.clone();
        next.tell(verdict);
        if (next.state(), next.reason()) == (known.state(), known.reason()) {
            return Ok(());
        }
        // Who removed them meanwhile has made it no news.
        let _no_news = self.directory.tell_membership(channel.id, &person.id, verdict).await?;
        tracing::info!(
            channel.id = %channel.id, person.id = person.id.0, state = next.state().as_str(),
            "An operator's association changed: {}", next.state().as_str()
        );
        Ok(())
    }

    /// Answers what the provider says to each who is wanted.
    async fn sync_channel(
        &self,
        channel: &Channel,
        wanted: &[Appearance],
        synced: &mut Synced,
    ) -> Result<Vec<(OperatorId, Outcome)>, SyncFault> {
        let name = self.names.connection(channel.kind, channel.connection_id);
        let secret = match self.credential::<MessengerSecret>(&name, Cause::TokenExpired).await {
            Ok(secret) => secret,
            Err(Stop::Fault(fault)) => return Err(fault.into()),
            Err(Stop::Trouble(_) | Stop::Superseded) => return Err(SyncFault::NoCredential),
        };
        let app: MetaAppSecret = self.meta_app().await?;
        let token = secret.expose().pages.get(&channel.external_id).ok_or(SyncFault::NoCredential)?;
        let page =
            PageAccess { page_id: &channel.external_id, token, app_secret: Some(app.app_secret.as_str()) };
        let listed = messenger::list_personas(&self.http, &self.graph, &page).await?;
        let mut known = self.directory.personas(channel.id).await?;
        for adopted in sender::adopt(&mut known, &listed) {
            self.directory.save_persona(channel.id, &adopted).await?;
        }
        let Sync { create, forget, remove } = sender::sync(wanted, &known, &listed);
        let kept = wanted.iter().filter(|wanted| !create.contains(wanted));
        let mut outcomes: Vec<_> = kept.map(|kept| (kept.operator.clone(), Outcome::Accepted)).collect();
        for id in &remove {
            // The old one goes first: whoever ends here leaves one that is known and not listed, which is forgotten.
            messenger::delete_persona(&self.http, &self.graph, &page, id).await?;
            synced.removed += 1;
        }
        for operator in &forget {
            self.directory.forget_persona(channel.id, operator).await?;
        }
        for Appearance { operator, name, picture } in create {
            let mut persona = Persona { operator, id: String::new(), name, picture };
            self.directory.save_persona(channel.id, &persona).await?;
            let (name, picture) = (persona.name.as_str(), &persona.picture);
            match messenger::create_persona(&self.http, &self.graph, &page, name, picture).await {
                Ok(id) => {
                    persona.id = id;
                    self.directory.save_persona(channel.id, &persona).await?;
                    synced.made += 1;
                    outcomes.push((persona.operator, Outcome::Accepted));
                }
                Err(error) => {
                    synced.failed += 1;
                    tracing::warn!(
                        channel.id = %channel.id, operator.id = persona.operator.0, detail = error.to_string(),
                        "A persona was not made"
                    );
                    outcomes.push((persona.operator, outcome(&error)));
                }
            }
        }
        Ok(outcomes)
    }
}

/// What a persona that was not made says of its operator.
fn outcome(error: &TokenError) -> Outcome {
    match error {
        // Only a call with a parameter that is not taken is the operator's matter.
        TokenError::Refused(refusal) if refusal.class == RefusalClass::Invalid => Outcome::PersonaRefused,
        TokenError::Refused(_) | TokenError::Unavailable { .. } => Outcome::ProviderUnavailable,
    }
}

/// Where nobody could be asked: those who are waiting for it are told, the others stay as they are.
fn unclear(
    channel: &Channel,
    wanted: &[Appearance],
    people: &HashMap<OperatorId, Person>,
) -> Vec<(OperatorId, Outcome)> {
    let waits = |wanted: &&Appearance| {
        let membership = people.get(&wanted.operator).and_then(|person| person.channels.get(&channel.id));
        membership.is_some_and(|membership| {
            matches!(membership.state(), MembershipState::Waiting | MembershipState::Retry)
        })
    };
    let told = |wanted: &Appearance| (wanted.operator.clone(), Outcome::ProviderUnavailable);
    wanted.iter().filter(waits).map(told).collect()
}

/// Where Meta fetches an operator's picture from.
fn picture(profile: &Profile, public_base_url: &str) -> String {
    let upload = profile.picture.upload.as_deref();
    let icon = upload.and_then(|upload| Token::of(&Icon { operator: &profile.operator, upload }.key()));
    icon.map_or_else(
        || format!("{public_base_url}{PICTURE}"),
        |icon| format!("{public_base_url}/media/{icon}"),
    )
}

/// Why a channel's personas were not synced.
#[derive(Debug, thiserror::Error)]
enum SyncFault {
    #[error("no working credential")]
    NoCredential,
    #[error("the provider: {0}")]
    Provider(#[from] TokenError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Fault(#[from] Fault),
}
