//! `profile-fetch`: asks the provider for a new contact's name and picture, after the fact (ING-9).

use madoguchi_channels::messenger::{GraphConfig, PageAccess};
use madoguchi_channels::{Profile, ProfileAnswer, ProviderHttp, line, messenger};
use madoguchi_credentials::{CredentialError, Credentials, Freshness};
use madoguchi_domain::channel::Sending;
use madoguchi_domain::conversation::ProfileState;
use madoguchi_domain::send::Rest;
use madoguchi_domain::{Channel, ChannelKind, Conversation, Participant, Party};
use madoguchi_runtime::{Clock, Metrics, ProviderConfig};
use madoguchi_store::work::ProfileWork;
use madoguchi_store::{Directory, Inbox, Saved, StoreError};

/// Somebody else may write to the same conversation; each try reads anew.
const TRIES: usize = 10;

/// Why a profile must be asked for again by the queue.
#[derive(Debug, thiserror::Error)]
pub enum ProfileError {
    /// The table did not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The queue message is not readable.
    #[error("the record is not readable: {0}")]
    Unreadable(#[from] serde_json::Error),
}

/// Fetches profiles.
#[derive(Debug)]
pub struct Fetcher {
    inbox: Inbox,
    directory: Directory,
    credentials: Credentials,
    http: ProviderHttp,
    providers: ProviderConfig,
    clock: Clock,
    metrics: Metrics,
}

impl Fetcher {
    /// Reads and writes `inbox`, calls the providers of `providers`.
    pub fn new(
        inbox: Inbox,
        directory: Directory,
        credentials: Credentials,
        http: ProviderHttp,
        providers: ProviderConfig,
        clock: Clock,
        metrics: Metrics,
    ) -> Self {
        Self { inbox, directory, credentials, http, providers, clock, metrics }
    }

    /// Handles one record of the profiles queue. A provider that cannot answer now leaves the profile
    /// wanted, and the sweeper asks again; it never fills the dead-letter queue.
    pub async fn handle(&self, body: &str) -> Result<(), ProfileError> {
        let work: ProfileWork = serde_json::from_str(body)?;
        let Some(channel) = self.directory.channel(work.channel_id).await? else { return Ok(()) };
        let Some(whose) = self.wanted(&work).await? else { return Ok(()) };
        if channel.sending(self.clock.now()) != Sending::Allowed {
            return Ok(());
        }
        let mut answer = self.ask(&channel, &whose, Freshness::Cached).await;
        if matches!(answer, ProfileAnswer::Credential { .. }) {
            answer = self.ask(&channel, &whose, Freshness::Renewed).await;
        }
        match answer {
            ProfileAnswer::Found(profile) => self.store(whose, Some(profile)).await,
            ProfileAnswer::NotAvailable => self.store(whose, None).await,
            ProfileAnswer::Retry { detail, after } => {
                if let Some(after) = after {
                    // Calls while limited prolong the block, and replies share the limit.
                    let until = self.clock.now() + after;
                    let _known_already = self.directory.pause_channel(channel.id, until, Rest::Rate).await?;
                }
                self.metrics.count_for(channel.kind, "ProfilesPostponed", 1);
                tracing::warn!(conversation.id = %work.conversation_id, detail, "The profile must wait");
                Ok(())
            }
            ProfileAnswer::Credential { cause, detail } => {
                tracing::warn!(channel.id = %channel.id, %cause, detail, "The profile waits for the credential");
                self.directory.check_connection_soon(channel.connection_id, self.clock.now()).await?;
                Ok(())
            }
        }
    }

    /// Whose profile `work` is about, if it is still wanted.
    async fn wanted(&self, work: &ProfileWork) -> Result<Option<Whose>, StoreError> {
        let Some(conversation) = self.inbox.conversation(work.conversation_id).await? else {
            return Ok(None);
        };
        let Some(person) = &work.participant else {
            let wanted = conversation.contact.profile == ProfileState::Wanted;
            return Ok(wanted.then_some(Whose::Contact(Box::new(conversation))));
        };
        let person = self.inbox.participant(conversation.id, person).await?;
        let person = person.filter(|person| person.profile == ProfileState::Wanted);
        Ok(person.map(|person| Whose::Participant(conversation.party, person)))
    }

    async fn ask(&self, channel: &Channel, whose: &Whose, freshness: Freshness) -> ProfileAnswer {
        let asked = match channel.kind {
            ChannelKind::Messenger => self.messenger(channel, whose, freshness).await,
            ChannelKind::Line => self.line(channel, whose, freshness).await,
            // A name comes along with a message; there is nobody to ask.
            ChannelKind::WhatsApp | ChannelKind::Sms => Ok(ProfileAnswer::NotAvailable),
        };
        asked.unwrap_or_else(|error| match error {
            CredentialError::Broken { cause, detail } => ProfileAnswer::Credential { cause, detail },
            CredentialError::Unavailable { detail } => ProfileAnswer::Retry { detail, after: None },
        })
    }

    async fn messenger(
        &self,
        channel: &Channel,
        whose: &Whose,
        freshness: Freshness,
    ) -> Result<ProfileAnswer, CredentialError> {
        // Messenger has no groups.
        let Whose::Contact(conversation) = whose else { return Ok(ProfileAnswer::NotAvailable) };
        let page = self.credentials.page(channel, freshness).await?;
        let graph = GraphConfig {
            base_url: self.providers.graph_base_url.clone(),
            version: self.providers.graph_version.clone(),
        };
        let access = PageAccess {
            page_id: &channel.external_id,
            token: page.token.as_str(),
            app_secret: Some(page.app_secret.as_str()),
        };
        Ok(messenger::profile(&self.http, &graph, &access, conversation.party.external_id()).await)
    }

    async fn line(
        &self,
        channel: &Channel,
        whose: &Whose,
        freshness: Freshness,
    ) -> Result<ProfileAnswer, CredentialError> {
        let token = self.credentials.line_token(channel, freshness, self.clock.now()).await?;
        let base = &self.providers.line_base_url;
        Ok(match whose {
            Whose::Contact(conversation) => {
                line::profile(&self.http, base, &token, &conversation.party).await
            }
            Whose::Participant(party, person) => {
                line::member_profile(&self.http, base, &token, party, &person.id).await
            }
        })
    }

    /// Stores the profile, or that there is none, whatever else was written meanwhile.
    async fn store(&self, whose: Whose, profile: Option<Profile>) -> Result<(), ProfileError> {
        let state = if profile.is_some() { ProfileState::Known } else { ProfileState::Unavailable };
        let Profile { name, picture_url } = profile.unwrap_or_default();
        let mut whose = whose;
        for _ in 0..TRIES {
            let newer = match whose {
                Whose::Contact(mut current) => {
                    current.contact.name.clone_from(&name);
                    current.contact.portrait.tell(picture_url.clone(), self.clock.now());
                    current.contact.profile = state;
                    if self.inbox.save_conversation(&current).await? == Saved::Done {
                        return Ok(());
                    }
                    self.inbox.conversation(current.id).await?.map(|newer| Whose::Contact(Box::new(newer)))
                }
                Whose::Participant(party, mut current) => {
                    current.name.clone_from(&name);
                    current.portrait.tell(picture_url.clone(), self.clock.now());
                    current.profile = state;
                    if self.inbox.save_participant(&current).await? == Saved::Done {
                        return Ok(());
                    }
                    let newer = self.inbox.participant(current.conversation_id, &current.id).await?;
                    newer.map(|newer| Whose::Participant(party, newer))
                }
            };
            match newer {
                Some(newer) => whose = newer,
                None => return Ok(()),
            }
        }
        Ok(())
    }
}

/// Who is asked about.
enum Whose {
    /// Whom a conversation is held with: a person, or a group as a whole.
    Contact(Box<Conversation>),
    /// Somebody in the group.
    Participant(Party, Participant),
}
