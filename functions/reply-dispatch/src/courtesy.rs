//! Showing customers that their messages were read, and that somebody is writing.

use std::time::Duration;

use madoguchi_channels::messenger::{GraphConfig, PageAccess, SenderAction};
use madoguchi_channels::{TokenError, line, messenger};
use madoguchi_credentials::{CredentialError, Freshness};
use madoguchi_domain::courtesy::{LeftOut, TYPING_SECONDS, permitted};
use madoguchi_domain::{Channel, ChannelKind, Conversation, Courtesy, Span, Timestamp};
use madoguchi_store::StoreError;
use madoguchi_store::work::CourtesyWork;

use crate::drain::Dispatcher;

/// The longest that a reply may wait for a courtesy before it.
const LONGEST: Duration = Duration::from_secs(2);
/// With less time left it is not begun.
const MARGIN: Span = Span::from_secs(4);

/// Why a courtesy was not shown. No text of it tells more than a provider's code.
#[derive(Debug, thiserror::Error)]
enum NotShown {
    #[error(transparent)]
    LeftOut(#[from] LeftOut),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Credential(#[from] CredentialError),
    #[error(transparent)]
    Provider(#[from] TokenError),
}

impl Dispatcher {
    /// Tries it once. Whatever becomes of it, the replies behind it are next: it is worth no repetition, and holds no
    /// channel.
    pub(crate) async fn show(&self, work: CourtesyWork, deadline: Timestamp) {
        let conversation = work.conversation_id;
        if deadline.since(self.clock.now()) < MARGIN {
            tracing::debug!(conversation.id = %conversation, "No time left for a courtesy");
            return;
        }
        match tokio::time::timeout(LONGEST, self.try_to_show(work)).await {
            Ok(Ok(())) => {}
            Ok(Err(NotShown::LeftOut(why))) => {
                tracing::debug!(conversation.id = %conversation, "Left a courtesy out: {why}");
            }
            // An account whose chat is off refuses each of them.
            Ok(Err(NotShown::Provider(TokenError::Refused(refusal)))) => {
                tracing::debug!(conversation.id = %conversation, detail = refusal.detail, "A courtesy was refused");
            }
            Ok(Err(error)) => {
                tracing::info!(conversation.id = %conversation, %error, "A courtesy was not shown");
            }
            Err(_) => tracing::info!(conversation.id = %conversation, "A courtesy was not answered in time"),
        }
    }

    async fn try_to_show(&self, work: CourtesyWork) -> Result<(), NotShown> {
        let Some(conversation) = self.inbox.conversation(work.conversation_id).await? else { return Ok(()) };
        let channel = self.directory.channel(work.channel_id).await?;
        permitted(&work.courtesy, &conversation, channel.as_ref(), self.clock.now())?;
        let channel = channel.ok_or(LeftOut::ChannelUnlinked)?;
        match channel.kind {
            ChannelKind::Line => self.show_on_line(&channel, &conversation, work.courtesy).await,
            ChannelKind::Messenger => self.show_on_messenger(&channel, &conversation, work.courtesy).await,
            ChannelKind::WhatsApp | ChannelKind::Sms => Err(LeftOut::Unknown.into()),
        }
    }

    async fn show_on_line(
        &self,
        channel: &Channel,
        conversation: &Conversation,
        courtesy: Courtesy,
    ) -> Result<(), NotShown> {
        let token = self.credentials.line_token(channel, Freshness::Cached, self.clock.now()).await?;
        let base = &self.providers.line_base_url;
        match courtesy {
            Courtesy::Read { through, after } => {
                let read = self.inbox.read_token(conversation.id, after.as_ref(), &through).await?;
                let read = read.ok_or(LeftOut::NothingNew)?;
                line::mark_as_read(&self.http, base, &token, read.as_str()).await?;
            }
            Courtesy::Typing { .. } => {
                let user = conversation.party.external_id();
                line::show_loading(&self.http, base, &token, user, TYPING_SECONDS).await?;
            }
        }
        Ok(())
    }

    async fn show_on_messenger(
        &self,
        channel: &Channel,
        conversation: &Conversation,
        courtesy: Courtesy,
    ) -> Result<(), NotShown> {
        let page = self.credentials.page(channel, Freshness::Cached).await?;
        let graph = GraphConfig {
            base_url: self.providers.graph_base_url.clone(),
            version: self.providers.graph_version.clone(),
        };
        let access = PageAccess {
            page_id: &channel.external_id,
            token: page.token.as_str(),
            app_secret: Some(page.app_secret.as_str()),
        };
        let action = match courtesy {
            Courtesy::Read { .. } => SenderAction::MarkSeen,
            Courtesy::Typing { .. } => SenderAction::TypingOn,
        };
        Ok(messenger::act(&self.http, &graph, &access, conversation.party.external_id(), action).await?)
    }
}
