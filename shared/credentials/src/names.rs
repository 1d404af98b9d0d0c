//! Names of secrets. Roles in the template are written for exactly these.

use madoguchi_domain::{ChannelId, ChannelKind, ConnectionId, SetupId};

/// Spells the names of this stack's secrets.
#[derive(Clone, Debug)]
pub struct SecretNames {
    prefix: String,
}

impl SecretNames {
    /// `prefix` is the stack's name.
    pub fn new(prefix: impl Into<String>) -> Self {
        Self { prefix: prefix.into() }
    }

    /// Our app at Meta: signs webhooks, exchanges tokens.
    pub fn meta_app(&self) -> String {
        format!("{}/meta-app", self.prefix)
    }

    /// What the channels of a connection are called with.
    pub fn connection(&self, kind: ChannelKind, connection: ConnectionId) -> String {
        format!("{}/connection/{}/{connection}", self.prefix, kind.provider())
    }

    /// What a setup keeps between logging in and finishing.
    pub fn setup(&self, setup: SetupId) -> String {
        format!("{}/setup/{setup}", self.prefix)
    }

    /// What signs the webhooks of a LINE channel: its own connection.
    pub fn line_channel(&self, channel: ChannelId) -> String {
        self.connection(ChannelKind::Line, ConnectionId::from(channel))
    }

    /// What signs the webhooks of a channel at Twilio: its own connection.
    pub fn twilio_channel(&self, channel: ChannelId) -> String {
        self.connection(ChannelKind::Sms, ConnectionId::from(channel))
    }
}
