//! Calling the provider.

use std::borrow::Cow;
use std::time::Duration;

use madoguchi_channels::messenger::{GraphConfig, OutgoingMessage, PageAccess};
use madoguchi_channels::{Outgoing, line, messenger};
use madoguchi_credentials::{CredentialError, Freshness};
use madoguchi_domain::media::{Media, MediaKind, Token};
use madoguchi_domain::send::{Outcome, Refusal, RefusalClass, Via};
use madoguchi_domain::{Channel, ChannelKind, Conversation, Message};

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
        let Some(said) = Said::of(&claimed.message, &self.public_base_url) else {
            return refused("the reply says nothing that can be sent");
        };
        let content = said.outgoing();
        let to = conversation.party.external_id();
        let outcome = match channel.kind {
            ChannelKind::Messenger => self.messenger(freshness, channel, claimed, to, content).await,
            ChannelKind::Line => self.line(freshness, channel, claimed, to, &content).await,
        };
        match (outcome.unwrap_or_else(without_credential), &said) {
            // Providers say of a file only that the request is wrong.
            (Outcome::Refused(refusal), Said::File { .. }) if refusal.class == RefusalClass::Invalid => {
                Outcome::Refused(Refusal { class: RefusalClass::Attachment, ..refusal })
            }
            (outcome, _) => outcome,
        }
    }

    async fn messenger(
        &self,
        freshness: Freshness,
        channel: &Channel,
        claimed: &Claimed,
        psid: &str,
        content: Outgoing<'_>,
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
        let message = OutgoingMessage { psid, content, metadata: &metadata, via: &claimed.via };
        let http = match content {
            Outgoing::Text(_) => self.http.clone(),
            Outgoing::File { .. } => self.http.clone().with_timeout(FILE_TIMEOUT),
        };
        Ok(messenger::send(&http, &graph, &access, &message).await)
    }

    async fn line(
        &self,
        freshness: Freshness,
        channel: &Channel,
        claimed: &Claimed,
        to: &str,
        content: &Outgoing<'_>,
    ) -> Result<Outcome, CredentialError> {
        let token = self.credentials.line_token(channel, freshness, self.clock.now()).await?;
        let base = &self.providers.line_base_url;
        if let Via::ReplyToken { token: reply_token } = &claimed.via {
            let first = line::reply(&self.http, base, &token, reply_token, content).await;
            if !matches!(first, Outcome::Unclear { .. }) {
                return Ok(first);
            }
            // The same reply token cannot send twice, so repeating the call is safe. If it is refused
            // now, the first call most likely landed: pushing could double the message.
            return Ok(match line::reply(&self.http, base, &token, reply_token, content).await {
                accepted @ Outcome::Accepted { .. } => accepted,
                Outcome::Refused(_) | Outcome::Unclear { .. } => first,
            });
        }
        let Some(retry_key) = retry_key(&claimed.message, &claimed.via) else {
            return Ok(refused("not a way of LINE"));
        };
        Ok(line::push(&self.http, base, &token, to, content, retry_key).await)
    }
}

/// Messenger fetches a file before it answers. What takes longer ends unconfirmed, and its echo settles it.
const FILE_TIMEOUT: Duration = Duration::from_secs(15);

/// What a reply says, with the addresses of its file.
enum Said<'a> {
    Text(Cow<'a, str>),
    File { kind: MediaKind, url: String, preview_url: Option<String>, duration_ms: Option<u64> },
}

impl<'a> Said<'a> {
    fn of(message: &'a Message, public_base_url: &str) -> Option<Self> {
        let Some(attachment) = message.attachments().first() else {
            return message.reply_text().map(|text| Self::Text(text.into()));
        };
        let Some(Media::Stored(stored)) = &attachment.media else { return None };
        let address = |key: &str| Some(format!("{public_base_url}/media/{}", Token::of(key)?));
        let url = address(&stored.key)?;
        if attachment.as_link {
            let name = attachment.title.as_deref().unwrap_or_default();
            return Some(Self::Text(format!("{name}\n{url}").trim_start().to_owned().into()));
        }
        let preview_url = stored.preview_key.as_deref().and_then(address);
        let kind = MediaKind::named(&attachment.kind);
        Some(Self::File { kind, url, preview_url, duration_ms: attachment.duration_ms })
    }

    fn outgoing(&self) -> Outgoing<'_> {
        match self {
            Self::Text(text) => Outgoing::Text(text),
            Self::File { kind, url, preview_url, duration_ms } => Outgoing::File {
                kind: *kind,
                url,
                preview_url: preview_url.as_deref(),
                duration_ms: *duration_ms,
            },
        }
    }
}

fn refused(detail: &str) -> Outcome {
    let detail = detail.to_owned();
    Outcome::Refused(Refusal { class: RefusalClass::Invalid, detail, retry_after: None })
}

/// Without a credential nothing was sent.
fn without_credential(error: CredentialError) -> Outcome {
    let (class, detail) = match error {
        CredentialError::Broken { cause, detail } => (RefusalClass::Credential(cause), detail),
        CredentialError::Unavailable { detail } => (RefusalClass::Temporary, detail),
    };
    Outcome::Refused(Refusal { class, detail, retry_after: None })
}
