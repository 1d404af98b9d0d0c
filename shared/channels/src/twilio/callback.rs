//! The address of status callbacks: it says which message it is about, so that the callback finds it even when the
//! answer to the call that sent it was lost.

use madoguchi_domain::{ChannelId, ConversationId, MessageKey};

use super::Form;

/// What the address of a status callback says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Callback {
    /// The reply.
    pub message: MessageKey,
    /// Its conversation: a callback names the contact's address, which need not be what we know them by.
    pub conversation: ConversationId,
}

const MESSAGE: &str = "status";
const CONVERSATION: &str = "conversation";

/// The address that tells how far `callback` has come, below the public address of the webhooks.
pub fn status_callback(public_base_url: &str, channel: ChannelId, callback: Callback) -> String {
    let Callback { message, conversation } = callback;
    let address = webhook_address(public_base_url, channel);
    format!("{address}?{MESSAGE}={message}&{CONVERSATION}={conversation}")
}

/// The address of a channel's webhooks, below the public address of all webhooks. States of messages that name no
/// address of their own may come there too.
pub fn webhook_address(public_base_url: &str, channel: ChannelId) -> String {
    format!("{}/webhooks/twilio/{channel}", public_base_url.trim_end_matches('/'))
}

impl Callback {
    /// Reads the query of a callback. It is trusted, for the provider signs the whole address.
    pub fn of_query(query: &Form) -> Option<Self> {
        Some(Self {
            message: query.get(MESSAGE)?.parse().ok()?,
            conversation: query.get(CONVERSATION)?.parse().ok()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use madoguchi_domain::{ChannelKind, MessageId, Party, Timestamp};

    use super::*;

    #[test]
    fn the_address_of_a_callback_leads_back_to_its_message() {
        let channel = ChannelId::derive(ChannelKind::Sms, "+815087654321");
        let conversation = ConversationId::derive(channel, &Party::User("+81".into()));
        let message = MessageKey {
            at: Timestamp::from_ms(1_790_000_000_000),
            id: MessageId::of_reply(conversation, "k"),
        };
        let callback = Callback { message, conversation };
        let address = status_callback("https://inbox.example.com/", channel, callback);
        let (path, query) = address.split_once('?').unwrap();
        assert_eq!(path, format!("https://inbox.example.com/webhooks/twilio/{channel}"));
        assert!(query.starts_with(&format!("status={message}")));
        assert_eq!(Callback::of_query(&Form::from_urlencoded(query.as_bytes())), Some(callback));
        for damaged in ["", "status=x&conversation=y", &*query.replace("status", "state")] {
            assert_eq!(Callback::of_query(&Form::from_urlencoded(damaged.as_bytes())), None, "{damaged}");
        }
    }
}
