//! `profile-fetch`: asks the provider for a new contact's name and picture, after the fact (ING-9).

use madoguchi_channels::messenger::{GraphConfig, PageAccess};
use madoguchi_channels::{ProfileAnswer, ProviderHttp, line, messenger};
use madoguchi_credentials::{CredentialError, Credentials, Freshness};
use madoguchi_domain::channel::Sending;
use madoguchi_domain::conversation::ProfileState;
use madoguchi_domain::{Channel, ChannelKind, Conversation};
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
        let Some(conversation) = self.inbox.conversation(work.conversation_id).await? else { return Ok(()) };
        let wanted = conversation.contact.profile == ProfileState::Wanted;
        if !wanted || channel.sending(self.clock.now()) != Sending::Allowed {
            return Ok(());
        }
        let mut answer = self.ask(&channel, &conversation, Freshness::Cached).await;
        if matches!(answer, ProfileAnswer::Credential { .. }) {
            answer = self.ask(&channel, &conversation, Freshness::Renewed).await;
        }
        match answer {
            ProfileAnswer::Found(profile) => {
                self.store(conversation, |conversation| {
                    conversation.contact.name.clone_from(&profile.name);
                    conversation.contact.picture_url.clone_from(&profile.picture_url);
                    conversation.contact.profile = ProfileState::Known;
                })
                .await
            }
            ProfileAnswer::NotAvailable => {
                self.store(conversation, |conversation| {
                    conversation.contact.profile = ProfileState::Unavailable;
                })
                .await
            }
            ProfileAnswer::Retry { detail, after } => {
                if let Some(after) = after {
                    // Calls while limited prolong the block, and replies share the limit.
                    let until = self.clock.now() + after;
                    let _known_already = self.directory.pause_channel(channel.id, until).await?;
                }
                self.metrics.count_for(channel.kind, "ProfilesPostponed", 1);
                tracing::warn!(conversation.id = %work.conversation_id, detail, "The profile must wait");
                Ok(())
            }
            ProfileAnswer::Credential { cause, detail } => {
                tracing::warn!(channel.id = %channel.id, %cause, detail, "The profile waits for the credential");
                Ok(self.directory.check_connection_soon(channel.connection_id, self.clock.now()).await?)
            }
        }
    }

    async fn ask(
        &self,
        channel: &Channel,
        conversation: &Conversation,
        freshness: Freshness,
    ) -> ProfileAnswer {
        let asked = match channel.kind {
            ChannelKind::Messenger => self.messenger(channel, conversation, freshness).await,
            ChannelKind::Line => self.line(channel, conversation, freshness).await,
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
        conversation: &Conversation,
        freshness: Freshness,
    ) -> Result<ProfileAnswer, CredentialError> {
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
        conversation: &Conversation,
        freshness: Freshness,
    ) -> Result<ProfileAnswer, CredentialError> {
        let token = self.credentials.line_token(channel, freshness, self.clock.now()).await?;
        Ok(line::profile(&self.http, &self.providers.line_base_url, &token, &conversation.party).await)
    }

    async fn store(
        &self,
        conversation: Conversation,
        change: impl Fn(&mut Conversation),
    ) -> Result<(), ProfileError> {
        let mut current = conversation;
        for _ in 0..TRIES {
            change(&mut current);
            if self.inbox.save_conversation(&current).await? == Saved::Done {
                return Ok(());
            }
            match self.inbox.conversation(current.id).await? {
                Some(newer) => current = newer,
                None => return Ok(()),
            }
        }
        Ok(())
    }
}
