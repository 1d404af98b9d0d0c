//! What secrets hold, as JSON. None of these shows its values in `Debug`.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

/// Our app at Meta.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MetaAppSecret {
    /// Its number.
    pub app_id: String,
    /// Signs webhooks and proves calls.
    pub app_secret: String,
    /// What Meta must present in the handshake.
    pub verify_token: String,
    /// The secret before, while it is being replaced.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous_app_secret: Option<String>,
}

impl MetaAppSecret {
    /// Every secret that a webhook may be signed with.
    pub fn signing_secrets(&self) -> Vec<&str> {
        signing(&self.app_secret, self.previous_app_secret.as_deref())
    }
}

/// One login at Facebook and the Pages that it reaches.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MessengerSecret {
    /// The user token, long-lived after the first check.
    pub user_token: String,
    /// When it ends, in seconds since 1970; absent while unknown or without end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_token_expires_at: Option<i64>,
    /// Page tokens by page id.
    #[serde(default)]
    pub pages: BTreeMap<String, String>,
}

/// What was entered for an account.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AccountSecret {
    /// A LINE official account.
    Line(LineSecret),
    /// A sender at Twilio.
    Twilio(TwilioSecret),
}

/// What a setup keeps that no channel is connected with yet.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetupSecret {
    /// User tokens, of an hour or two, by the fingerprint of what must be shown to take the login over: one that nobody took
    /// over never stands in for one that somebody did.
    #[serde(default)]
    pub logins: BTreeMap<String, String>,
    /// What was entered for an account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entry: Option<AccountSecret>,
}

/// One LINE channel.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LineSecret {
    /// LINE's number of the channel, which is also the client id of its tokens.
    pub channel_id: String,
    /// Signs webhooks and issues tokens.
    pub channel_secret: String,
    /// The secret before, while it is being replaced: LINE knows no overlap, but events that were
    /// signed with it may still be on their way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous_channel_secret: Option<String>,
}

impl LineSecret {
    /// Every secret that a webhook may be signed with.
    pub fn signing_secrets(&self) -> Vec<&str> {
        signing(&self.channel_secret, self.previous_channel_secret.as_deref())
    }
}

/// A sender at Twilio: WhatsApp or SMS.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TwilioSecret {
    /// The account: `AC…`.
    pub account_sid: String,
    /// Signs webhooks, and calls where there is no API key.
    pub auth_token: String,
    /// The token before, while it is being replaced.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous_auth_token: Option<String>,
    /// An API key to call with, `SK…`. It cannot verify webhooks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub api_key_sid: Option<String>,
    /// Its secret.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub api_key_secret: Option<String>,
    /// Keys of our own that Twilio was told to sign webhooks with (public beta).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub shared_keys: Vec<SharedKey>,
    /// Whether webhooks that are signed with the Auth Token are taken although there are shared keys: while the
    /// switch is being made.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub accept_auth_token_signatures: bool,
}

/// A key of our own that webhooks are signed with.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SharedKey {
    /// Twilio's id of it.
    pub id: String,
    /// The secret.
    pub secret: String,
}

impl TwilioSecret {
    /// Every token that a webhook may be signed with.
    pub fn signing_tokens(&self) -> Vec<&str> {
        signing(&self.auth_token, self.previous_auth_token.as_deref())
    }

    /// User and password of calls: the API key if there is one, else the account and its token.
    pub fn basic_auth(&self) -> (&str, &str) {
        match (&self.api_key_sid, &self.api_key_secret) {
            (Some(sid), Some(secret)) => (sid, secret),
            _ => (&self.account_sid, &self.auth_token),
        }
    }
}

/// An empty secret signs nothing: a stack whose app is not set up yet must refuse, not accept anybody.
fn signing<'a>(current: &'a str, previous: Option<&'a str>) -> Vec<&'a str> {
    [Some(current), previous].into_iter().flatten().filter(|secret| !secret.is_empty()).collect()
}

impl fmt::Debug for MetaAppSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MetaAppSecret").field("app_id", &self.app_id).finish_non_exhaustive()
    }
}

impl fmt::Debug for MessengerSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let pages: Vec<_> = self.pages.keys().collect();
        f.debug_struct("MessengerSecret").field("pages", &pages).finish_non_exhaustive()
    }
}

impl fmt::Debug for SetupSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let logins: Vec<_> = self.logins.keys().collect();
        f.debug_struct("SetupSecret").field("logins", &logins).finish_non_exhaustive()
    }
}

impl fmt::Debug for LineSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LineSecret").field("channel_id", &self.channel_id).finish_non_exhaustive()
    }
}

impl fmt::Debug for TwilioSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TwilioSecret").field("account_sid", &self.account_sid).finish_non_exhaustive()
    }
}

impl fmt::Debug for SharedKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SharedKey").field("id", &self.id).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ops_5_no_secret_shows_in_debug() {
        let meta = MetaAppSecret {
            app_id: "1".into(),
            app_secret: "hush".into(),
            verify_token: "hush".into(),
            previous_app_secret: Some("hush".into()),
        };
        let line = LineSecret {
            channel_id: "1".into(),
            channel_secret: "hush".into(),
            previous_channel_secret: None,
        };
        let messenger = MessengerSecret {
            user_token: "hush".into(),
            user_token_expires_at: None,
            pages: [("2".to_owned(), "hush".to_owned())].into(),
        };
        let login = SetupSecret { logins: [("1".to_owned(), "hush".to_owned())].into(), entry: None };
        let twilio = twilio(Some("hush"));
        let shown = format!("{meta:?}{line:?}{messenger:?}{login:?}{twilio:?}{:?}", twilio.shared_keys);
        assert!(!shown.contains("hush"));
    }

    fn twilio(api_key_secret: Option<&str>) -> TwilioSecret {
        TwilioSecret {
            account_sid: "AC1".into(),
            auth_token: "hush".into(),
            previous_auth_token: Some("hush".into()),
            api_key_sid: Some("SK1".into()),
            api_key_secret: api_key_secret.map(str::to_owned),
            shared_keys: vec![SharedKey { id: "k1".into(), secret: "hush".into() }],
            accept_auth_token_signatures: false,
        }
    }

    #[test]
    fn aut_13_calls_are_made_with_the_key_and_webhooks_checked_with_the_token() {
        assert_eq!(twilio(Some("key")).basic_auth(), ("SK1", "key"));
        assert_eq!(twilio(None).basic_auth(), ("AC1", "hush"));
        assert_eq!(twilio(Some("key")).signing_tokens(), ["hush", "hush"]);
        // What an administrator writes by hand at the least.
        let short = r#"{"account_sid":"AC1","auth_token":"t"}"#;
        let secret: TwilioSecret = serde_json::from_str(short).unwrap();
        assert_eq!((secret.basic_auth(), secret.signing_tokens()), (("AC1", "t"), vec!["t"]));
        assert_eq!(serde_json::to_string(&secret).unwrap(), short);
    }

    #[test]
    fn an_empty_secret_signs_nothing() {
        let line = LineSecret {
            channel_id: "1".into(),
            channel_secret: String::new(),
            previous_channel_secret: Some("old".into()),
        };
        assert_eq!(line.signing_secrets(), ["old"]);
    }
}
