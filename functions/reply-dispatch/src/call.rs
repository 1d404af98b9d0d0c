//! Calling the provider.

use madoguchi_channels::messenger::{GraphConfig, OutgoingText, PageAccess};
use madoguchi_channels::twilio::{Account, Callback, Outgoing, OutgoingContent, status_callback};
use madoguchi_channels::{line, messenger, twilio};
use madoguchi_credentials::{CredentialError, Freshness};
use madoguchi_domain::message::Body;
use madoguchi_domain::send::{Outcome, Refusal, RefusalClass, Via};
use madoguchi_domain::{Channel, ChannelKind, Content, Conversation};

use crate::drain::{Claimed, Dispatcher};
use crate::settle::retry_key;

impl Dispatcher {
    /// One attempt. A refused credential is read anew once: it may have been replaced since it was
    /// cached.
    pub(crate) async fn call(
        &self,
        channel: &Channel,
        conversation: &Conversation,
        claimed: &Claimed,
    ) -> Outcome {
        let first = self.call_with(Freshness::Cached, channel, conversation, claimed).await;
        match first {
            Outcome::Refused(Refusal { class: RefusalClass::Credential(_), .. }) => {
                self.call_with(Freshness::Renewed, channel, conversation, claimed).await
            }
            outcome => outcome,
        }
    }

    async fn call_with(
        &self,
        freshness: Freshness,
        channel: &Channel,
        conversation: &Conversation,
        claimed: &Claimed,
    ) -> Outcome {
        let text = claimed.message.reply_text().unwrap_or_default();
        let to = conversation.party.external_id();
        let outcome = match channel.kind {
            ChannelKind::Messenger => self.messenger(freshness, channel, claimed, to, text).await,
            ChannelKind::Line => self.line(freshness, channel, claimed, to, text).await,
            ChannelKind::WhatsApp | ChannelKind::Sms => {
                self.twilio(freshness, channel, conversation, claimed).await
            }
        };
        outcome.unwrap_or_else(without_credential)
    }

    async fn messenger(
        &self,
        freshness: Freshness,
        channel: &Channel,
        claimed: &Claimed,
        psid: &str,
        text: &str,
    ) -> Result<Outcome, CredentialError> {
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
        // Comes back in the echo and settles what a broken connection left unclear.
        let metadata = claimed.message.key.to_string();
        let message = OutgoingText { psid, text, metadata: &metadata, via: &claimed.via };
        Ok(messenger::send(&self.http, &graph, &access, &message).await)
    }

    async fn line(
        &self,
        freshness: Freshness,
        channel: &Channel,
        claimed: &Claimed,
        to: &str,
        text: &str,
    ) -> Result<Outcome, CredentialError> {
        let token = self.credentials.line_token(channel, freshness, self.clock.now()).await?;
        let base = &self.providers.line_base_url;
        if let Via::ReplyToken { token: reply_token } = &claimed.via {
            let first = line::reply(&self.http, base, &token, reply_token, text).await;
            if !matches!(first, Outcome::Unclear { .. }) {
                return Ok(first);
            }
            // The same reply token cannot send twice, so repeating the call is safe. If it is refused
            // now, the first call most likely landed: pushing could double the message.
            return Ok(match line::reply(&self.http, base, &token, reply_token, text).await {
                accepted @ Outcome::Accepted { .. } => accepted,
                Outcome::Refused(_) | Outcome::Unclear { .. } => first,
            });
        }
        let Some(retry_key) = retry_key(&claimed.message, &claimed.via) else {
            let detail = "not a way of LINE".to_owned();
            let refusal = Refusal { class: RefusalClass::Invalid, detail, retry_after: None };
            return Ok(Outcome::Refused(refusal));
        };
        Ok(line::push(&self.http, base, &token, to, text, retry_key).await)
    }

    async fn twilio(
        &self,
        freshness: Freshness,
        channel: &Channel,
        conversation: &Conversation,
        claimed: &Claimed,
    ) -> Result<Outcome, CredentialError> {
        let credential = self.credentials.twilio(channel, freshness).await?;
        let account = Account {
            account_sid: &credential.account_sid,
            user: &credential.user,
            password: credential.password.as_str(),
        };
        let content = match &claimed.message.body {
            Body::Said { content: Content::Template(template) } => OutgoingContent::Template(template),
            _ => OutgoingContent::Text(claimed.message.reply_text().unwrap_or_default()),
        };
        let callback = Callback { message: claimed.message.key, conversation: conversation.id };
        let message = Outgoing {
            from: &channel.external_id,
            to: conversation.address(),
            content,
            status_callback: &status_callback(&self.public_base_url, channel.id, callback),
        };
        Ok(twilio::send(&self.http, &self.providers.twilio_base_url, account, &message).await)
    }
}

/// Without a credential nothing was sent.
fn without_credential(error: CredentialError) -> Outcome {
    let (class, detail) = match error {
        CredentialError::Broken { cause, detail } => (RefusalClass::Credential(cause), detail),
        CredentialError::Unavailable { detail } => (RefusalClass::Temporary, detail),
    };
    Outcome::Refused(Refusal { class, detail, retry_after: None })
}
