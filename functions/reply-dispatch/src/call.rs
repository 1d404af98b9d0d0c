//! Calling the provider.

use std::borrow::Cow;
use std::time::Duration;

use madoguchi_channels::messenger::{GraphConfig, OutgoingMessage, PageAccess};
use madoguchi_channels::twilio::{
    Account, Callback, Outgoing as TwilioOutgoing, OutgoingContent, Recipient, status_callback,
};
use madoguchi_channels::{Outgoing, Place, Verdict, line, messenger, twilio};
use madoguchi_credentials::{CredentialError, Freshness};
use madoguchi_domain::event::Template;
use madoguchi_domain::lookup::{self, Found, Sought};
use madoguchi_domain::media::{Media, MediaKind, Token};
use madoguchi_domain::message::Body;
use madoguchi_domain::picture::Icon;
use madoguchi_domain::send::{AttachmentFault, Meter, Outcome, Refusal, RefusalClass, Via};
use madoguchi_domain::sender::{self, SenderName};
use madoguchi_domain::{Channel, ChannelKind, Content, Conversation, Message, SentBy, Timestamp};
use madoguchi_store::StoreError;

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
        let Some(said) = Said::of(&claimed.message, channel.kind, &self.public_base_url) else {
            return refused("the reply says nothing that can be sent");
        };
        let to = conversation.party.external_id();
        let outcome = match (channel.kind, said.outgoing()) {
            (ChannelKind::WhatsApp | ChannelKind::Sms, _) => {
                self.twilio(freshness, channel, conversation, claimed, &said).await
            }
            (ChannelKind::Messenger, Some(content)) => {
                self.messenger(freshness, channel, claimed, to, content).await
            }
            (ChannelKind::Line, Some(content)) => self.line(freshness, channel, claimed, to, &content).await,
            (ChannelKind::Messenger | ChannelKind::Line, None) => {
                return refused("a template of another provider");
            }
        };
        match (outcome.unwrap_or_else(without_credential), &said) {
            (Outcome::Refused(refusal), _)
                if refusal.class == RefusalClass::Sender && claimed.message.shown_sender().is_none() =>
            {
                Outcome::Refused(Refusal { class: RefusalClass::Invalid, ..refusal })
            }
            // Providers say of a file only that the request is wrong.
            (Outcome::Refused(refusal), Said::File { .. }) if refusal.class == RefusalClass::Invalid => {
                let class = RefusalClass::Attachment(AttachmentFault::Unknown);
                Outcome::Refused(Refusal { class, ..refusal })
            }
            // Of a sticker as well, and there is nothing else in it that could be wrong.
            (Outcome::Refused(refusal), Said::Sticker(_)) if refusal.class == RefusalClass::Invalid => {
                Outcome::Refused(Refusal { class: RefusalClass::Sticker, ..refusal })
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
        let message = OutgoingMessage {
            psid,
            content,
            metadata: &metadata,
            via: &claimed.via,
            persona_id: claimed.persona_id.as_deref(),
        };
        let http = match content {
            Outgoing::Text(_) | Outgoing::Sticker(_) | Outgoing::Location(_) => self.http.clone(),
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
        let icon_url = icon_url(&claimed.message, &self.public_base_url);
        let name = claimed.message.shown_sender().map(SenderName::as_str);
        let sender = name.map(|name| line::Sender { name, icon_url: icon_url.as_deref() });
        if let Via::ReplyToken { token: reply_token } = &claimed.via {
            let first = line::reply(&self.http, base, &token, reply_token, content, sender).await;
            if !matches!(first, Outcome::Unclear { .. }) {
                return Ok(first);
            }
            // The same reply token cannot send twice, so repeating the call is safe. If it is refused
            // now, the first call most likely landed: pushing could double the message.
            return Ok(match line::reply(&self.http, base, &token, reply_token, content, sender).await {
                accepted @ Outcome::Accepted { .. } => accepted,
                Outcome::Refused(_) | Outcome::Unclear { .. } => first,
            });
        }
        let Some(retry_key) = retry_key(&claimed.message, &claimed.via) else {
            return Ok(refused("not a way of LINE"));
        };
        Ok(line::push(&self.http, base, &token, to, content, sender, retry_key).await)
    }

    async fn twilio(
        &self,
        freshness: Freshness,
        channel: &Channel,
        conversation: &Conversation,
        claimed: &Claimed,
        said: &Said<'_>,
    ) -> Result<Outcome, CredentialError> {
        let credential = self.credentials.twilio(channel, freshness).await?;
        let account = Account {
            account_sid: &credential.account_sid,
            user: &credential.user,
            password: credential.password.as_str(),
        };
        let content = match said {
            Said::Template(template) => OutgoingContent::Template(template),
            Said::Text(text) => OutgoingContent::Text(text),
            Said::File { url, .. } => OutgoingContent::File(url),
            Said::Location(place) => OutgoingContent::Location(*place),
            Said::Sticker(_) => return Ok(refused("a sticker of another provider")),
        };
        let callback = Callback { message: claimed.message.key, conversation: conversation.id };
        let message = TwilioOutgoing {
            from: &channel.external_id,
            to: conversation.address(),
            content,
            status_callback: &status_callback(&self.public_base_url, channel.id, callback),
        };
        Ok(twilio::send(&self.http, &self.providers.twilio_base_url, account, &message).await)
    }
}

impl Dispatcher {
    /// Asks Twilio what it has sent to the contact since `claimed_at`, the time of an attempt whose answer nobody knows:
    /// that message, if it can be told from all others. `Err` if Twilio could not be asked now.
    pub(crate) async fn look_up(
        &self,
        channel: &Channel,
        conversation: &Conversation,
        message: &Message,
        claimed_at: Timestamp,
    ) -> Result<Found, LookUpError> {
        let words = match Said::of(message, channel.kind, &self.public_base_url) {
            Some(Said::Text(text)) => text.into_owned(),
            Some(Said::File { .. }) => String::new(),
            Some(Said::Location(place)) => place.title.to_owned(),
            // A template's words are the provider's, and stickers are no message of Twilio's.
            Some(Said::Template(_) | Said::Sticker(_)) | None => return Ok(Found::None),
        };
        let credential = self.credentials.twilio(channel, Freshness::Cached).await?;
        let account = Account {
            account_sid: &credential.account_sid,
            user: &credential.user,
            password: credential.password.as_str(),
        };
        let recipient = Recipient { from: &channel.external_id, to: conversation.address() };
        let base = &self.providers.twilio_base_url;
        let since = lookup::earliest(claimed_at);
        let listed = twilio::list(&self.http, base, account, recipient, since).await?;
        let others = self.inbox.messages(conversation.id, None, lookup::NEIGHBOURS).await?;
        let sought = Sought { message, words: &words, claimed_at };
        Ok(lookup::find(&sought, listed, &others.messages))
    }

    /// How much of the month's messages a LINE account has used, to tell with a refusal for lack of them.
    pub(crate) async fn meter(&self, channel: &Channel) -> Option<Meter> {
        if channel.kind != ChannelKind::Line {
            return None;
        }
        let token = self.credentials.line_token(channel, Freshness::Cached, self.clock.now()).await.ok()?;
        let month = line::meter(&self.http, &self.providers.line_base_url, &token).await.ok()?;
        Some(Meter { used: month.used, limit: month.limit? })
    }
}

/// Why a message could not be looked for.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LookUpError {
    /// There is no credential to ask with.
    #[error("no credential: {0:?}")]
    Credential(CredentialError),
    /// Twilio did not tell.
    #[error("the provider did not tell: {0:?}")]
    Provider(Verdict),
    /// The table did not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<CredentialError> for LookUpError {
    fn from(error: CredentialError) -> Self {
        Self::Credential(error)
    }
}

impl From<Verdict> for LookUpError {
    fn from(verdict: Verdict) -> Self {
        Self::Provider(verdict)
    }
}

/// Messenger fetches a file before it answers. What takes longer ends unconfirmed, and its echo settles it.
const FILE_TIMEOUT: Duration = Duration::from_secs(15);

/// Where the customer's app finds the operator's icon, as it was when the reply was written.
fn icon_url(message: &Message, public_base_url: &str) -> Option<String> {
    let SentBy::Operator { operator } = &message.sent_by else { return None };
    let upload = message.sender.as_ref()?.icon.as_deref()?;
    Some(format!("{public_base_url}/media/{}", Token::of(&Icon { operator, upload }.key())?))
}

/// What a reply says, with the addresses of its file.
enum Said<'a> {
    Text(Cow<'a, str>),
    Template(&'a Template),
    File { kind: MediaKind, url: String, preview_url: Option<String>, duration_ms: Option<u64> },
    Sticker(&'a str),
    Location(Place<'a>),
}

impl<'a> Said<'a> {
    fn of(message: &'a Message, kind: ChannelKind, public_base_url: &str) -> Option<Self> {
        match &message.body {
            Body::Said { content: Content::Template(template) } => return Some(Self::Template(template)),
            Body::Said { content: Content::Sticker { sticker, .. } } => return Some(Self::Sticker(sticker)),
            Body::Said { content: Content::Location { title, address, latitude, longitude } } => {
                let (title, address) = (title.as_deref()?, address.as_deref());
                let (latitude, longitude) = (*latitude, *longitude);
                return Some(Self::Location(Place { title, address, latitude, longitude }));
            }
            // What colleagues tell each other is nobody else's.
            Body::Note { .. } => return None,
            Body::Said { .. } | Body::Timeline { .. } => {}
        }
        let Some(attachment) = message.attachments().first() else {
            let text = message.reply_text()?;
            let prefix = sender::prefix(kind, message.shown_sender());
            return Some(Self::Text(if prefix.is_empty() { text.into() } else { (prefix + text).into() }));
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

    /// For providers that know no templates; `None` of a template.
    fn outgoing(&self) -> Option<Outgoing<'_>> {
        match self {
            Self::Text(text) => Some(Outgoing::Text(text)),
            Self::Template(_) => None,
            Self::Sticker(sticker) => Some(Outgoing::Sticker(sticker)),
            Self::Location(place) => Some(Outgoing::Location(*place)),
            Self::File { kind, url, preview_url, duration_ms } => Some(Outgoing::File {
                kind: *kind,
                url,
                preview_url: preview_url.as_deref(),
                duration_ms: *duration_ms,
            }),
        }
    }
}

fn refused(detail: &str) -> Outcome {
    Outcome::Refused(Refusal::new(RefusalClass::Invalid, detail))
}

/// Without a credential nothing was sent.
fn without_credential(error: CredentialError) -> Outcome {
    let (class, detail) = match error {
        CredentialError::Broken { cause, detail } => (RefusalClass::Credential(cause), detail),
        CredentialError::Unavailable { detail } => (RefusalClass::Temporary, detail),
    };
    Outcome::Refused(Refusal::new(class, detail))
}
