//! Credentials on their way into Secrets Manager. Nothing here reaches a response or a log.

use madoguchi_credentials::{LineSecret, MessengerSecret, SecretNames, SharedKey, TwilioSecret};
use madoguchi_domain::{ChannelKind, ConnectionId};
use madoguchi_runtime::secrets::Created;
use madoguchi_runtime::{Secret, SecretError, Versioned};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::input::{is_visible_ascii, named};
use crate::{AdminApi, ApiError};

/// What an administrator entered.
#[derive(Clone, Debug)]
pub(crate) enum Credential {
    /// The token of the Meta user who manages the Page.
    Messenger { user_token: Secret<String> },
    /// A LINE channel's own id and secret.
    Line { line_channel_id: String, channel_secret: Secret<String> },
    /// A sender at Twilio.
    Twilio { kind: ChannelKind, twilio: TwilioCredential },
}

/// What an administrator enters of a Twilio account. When a credential is entered anew, what is left out stays, and `null`
/// removes it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(clippy::option_option, reason = "left out, null and a value are three different wishes")]
pub(crate) struct TwilioCredential {
    /// `AC…`. With another one nothing stays: it belongs to the account.
    pub(crate) account_sid: Option<String>,
    pub(crate) auth_token: Secret<String>,
    /// Both or none.
    #[serde(default, deserialize_with = "named")]
    pub(crate) api_key_sid: Option<Option<String>>,
    #[serde(default, deserialize_with = "named")]
    pub(crate) api_key_secret: Option<Option<Secret<String>>>,
    #[serde(default, deserialize_with = "named")]
    pub(crate) shared_keys: Option<Option<Vec<SharedKeyCredential>>>,
    #[serde(default, deserialize_with = "named")]
    pub(crate) accept_auth_token_signatures: Option<Option<bool>>,
}

/// A key of the company's own that Twilio signs webhooks with.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SharedKeyCredential {
    id: String,
    secret: Secret<String>,
}

impl TwilioCredential {
    /// Refuses what cannot be a credential, by the name of its field. A new channel needs the account's sid.
    pub(crate) fn parsed(self, is_new: bool) -> Result<Self, ApiError> {
        if is_new && self.account_sid.is_none() {
            return Err(ApiError::InvalidBody { what: "missing field `account_sid`".to_owned() });
        }
        let account_sid = self.account_sid.map(|id| sid("account_sid", "AC", &id)).transpose()?;
        let auth_token = pasted("auth_token", &self.auth_token)?;
        let (api_key_sid, api_key_secret) = match (self.api_key_sid, self.api_key_secret) {
            (None, None) => (None, None),
            (Some(None), None | Some(None)) | (None, Some(None)) => (Some(None), Some(None)),
            (Some(Some(id)), Some(Some(secret))) => {
                let id = sid("api_key_sid", "SK", &id)?;
                (Some(Some(id)), Some(Some(pasted("api_key_secret", &secret)?)))
            }
            _ => {
                let what = "send `api_key_sid` and `api_key_secret` together".to_owned();
                return Err(ApiError::InvalidBody { what });
            }
        };
        let shared_key = |key: SharedKeyCredential| {
            let id = key.id.trim().to_owned();
            if !is_visible_ascii(&id, 1..=200) || id.contains([',', '=']) {
                let what = "`shared_keys.id` must be Twilio's id of the key".to_owned();
                return Err(ApiError::InvalidBody { what });
            }
            Ok(SharedKeyCredential { id, secret: pasted("shared_keys.secret", &key.secret)? })
        };
        let shared_keys = self.shared_keys.map(|keys| {
            let keys = keys.map(|keys| keys.into_iter().map(shared_key).collect::<Result<_, ApiError>>());
            keys.transpose()
        });
        Ok(Self {
            account_sid,
            auth_token,
            api_key_sid,
            api_key_secret,
            shared_keys: shared_keys.transpose()?,
            ..self
        })
    }
}

/// One of Twilio's ids.
fn sid(field: &str, prefix: &str, text: &str) -> Result<String, ApiError> {
    let digits = text.trim().strip_prefix(prefix).unwrap_or_default();
    if digits.len() == 32 && digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Ok(text.trim().to_owned());
    }
    Err(ApiError::InvalidBody { what: format!("`{field}` must be `{prefix}` and 32 hexadecimal digits") })
}

/// Makes `credential` the current one of `connection`.
pub(crate) async fn store(
    api: &AdminApi,
    connection: ConnectionId,
    credential: &Credential,
) -> Result<(), ApiError> {
    let names = SecretNames::new(&*api.secret_prefix);
    match credential {
        Credential::Messenger { user_token } => {
            let name = names.connection(ChannelKind::Messenger, connection);
            replace(api, &name, |known| messenger(user_token, known)).await
        }
        Credential::Line { line_channel_id, channel_secret } => {
            let name = names.connection(ChannelKind::Line, connection);
            replace(api, &name, |known| line(line_channel_id, channel_secret, known)).await
        }
        Credential::Twilio { kind, twilio: entered } => {
            let name = names.connection(*kind, connection);
            replace(api, &name, |known| twilio(entered, known)).await
        }
    }
}

/// The page tokens stay until new ones are derived: they often still work, and the Page's replies
/// need not wait.
fn messenger(user_token: &Secret<String>, known: Option<&MessengerSecret>) -> MessengerSecret {
    MessengerSecret {
        user_token: user_token.expose().clone(),
        user_token_expires_at: None,
        pages: known.map(|known| known.pages.clone()).unwrap_or_default(),
    }
}

/// LINE's secrets do not overlap, but what was signed with the old one may still arrive.
pub(crate) fn line(
    line_channel_id: &str,
    channel_secret: &Secret<String>,
    known: Option<&LineSecret>,
) -> LineSecret {
    let previous_channel_secret = known.and_then(|known| {
        if known.channel_secret == *channel_secret.expose() {
            known.previous_channel_secret.clone()
        } else {
            Some(known.channel_secret.clone())
        }
    });
    LineSecret {
        channel_id: line_channel_id.to_owned(),
        channel_secret: channel_secret.expose().clone(),
        previous_channel_secret,
    }
}

/// Twilio signs with a new token from the moment of its promotion on; what was signed with the old one may still
/// arrive.
pub(crate) fn twilio(entered: &TwilioCredential, known: Option<&TwilioSecret>) -> TwilioSecret {
    let auth_token = entered.auth_token.expose().clone();
    let previous_auth_token = known.and_then(|known| {
        if known.auth_token == auth_token {
            known.previous_auth_token.clone()
        } else {
            Some(known.auth_token.clone())
        }
    });
    let same_account = |known: &&TwilioSecret| {
        entered.account_sid.as_ref().is_none_or(|account_sid| *account_sid == known.account_sid)
    };
    let kept = known.filter(same_account);
    let account_sid = entered.account_sid.clone().or_else(|| kept.map(|kept| kept.account_sid.clone()));
    let (api_key_sid, api_key_secret) = match (&entered.api_key_sid, &entered.api_key_secret) {
        (Some(Some(id)), Some(Some(secret))) => (Some(id.clone()), Some(secret.expose().clone())),
        (None, None) => {
            kept.map(|kept| (kept.api_key_sid.clone(), kept.api_key_secret.clone())).unwrap_or_default()
        }
        _ => (None, None),
    };
    let shared_key =
        |key: &SharedKeyCredential| SharedKey { id: key.id.clone(), secret: key.secret.expose().clone() };
    TwilioSecret {
        account_sid: account_sid.unwrap_or_default(),
        auth_token,
        previous_auth_token,
        api_key_sid,
        api_key_secret,
        shared_keys: match &entered.shared_keys {
            Some(keys) => keys.iter().flatten().map(shared_key).collect(),
            None => kept.map(|kept| kept.shared_keys.clone()).unwrap_or_default(),
        },
        accept_auth_token_signatures: match entered.accept_auth_token_signatures {
            Some(accept) => accept.unwrap_or_default(),
            None => kept.is_some_and(|kept| kept.accept_auth_token_signatures),
        },
    }
}

async fn replace<T: Serialize + DeserializeOwned>(
    api: &AdminApi,
    name: &str,
    make: impl FnOnce(Option<&T>) -> T,
) -> Result<(), ApiError> {
    let known = match api.secrets.current::<T>(name).await {
        Ok(known) => known,
        // What nobody can read is no reason to refuse the credential that mends it.
        Err(SecretError::Malformed { .. }) => None,
        Err(error) => return Err(error.into()),
    };
    let secret = make(known.as_ref().map(Versioned::expose));
    if known.is_none() && api.secrets.create(name, &secret).await? == Created::New {
        return Ok(());
    }
    api.secrets.put(name, &secret).await?;
    Ok(())
}

/// A token or secret as an administrator pastes it.
pub(crate) fn pasted(field: &str, secret: &Secret<String>) -> Result<Secret<String>, ApiError> {
    let trimmed = secret.expose().trim();
    if is_visible_ascii(trimmed, 1..=1_000) {
        Ok(Secret::new(trimmed.to_owned()))
    } else {
        Err(ApiError::InvalidBody { what: format!("`{field}` must be 1 to 1000 visible ASCII characters") })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn secret(text: &str) -> Secret<String> {
        Secret::new(text.to_owned())
    }

    #[test]
    fn a_new_user_token_keeps_the_page_tokens_and_forgets_the_old_expiry() {
        let known = MessengerSecret {
            user_token: "old".to_owned(),
            user_token_expires_at: Some(1),
            pages: [("1".to_owned(), "page".to_owned())].into(),
        };
        let value = |known| serde_json::to_value(messenger(&secret("new"), known)).unwrap();
        assert_eq!(value(Some(&known)), json!({"user_token": "new", "pages": {"1": "page"}}));
        assert_eq!(value(None), json!({"user_token": "new", "pages": {}}));
    }

    #[test]
    fn lines_old_secret_stays_beside_the_new_one_and_entering_the_same_again_changes_nothing() {
        let first = line("165", &secret("a"), None);
        let second = line("165", &secret("b"), Some(&first));
        let again = line("165", &secret("b"), Some(&second));
        assert_eq!(
            serde_json::to_value(&first).unwrap(),
            json!({"channel_id": "165", "channel_secret": "a"})
        );
        assert_eq!(
            serde_json::to_value(&second).unwrap(),
            json!({"channel_id": "165", "channel_secret": "b", "previous_channel_secret": "a"})
        );
        assert_eq!(again, second);
    }

    fn entered(body: serde_json::Value, is_new: bool) -> Result<TwilioSecret, String> {
        let credential: TwilioCredential = serde_json::from_value(body).map_err(|error| error.to_string())?;
        credential.parsed(is_new).map(|entered| twilio(&entered, None)).map_err(|error| error.to_string())
    }

    #[test]
    fn aut_13_a_twilio_credential_is_checked_field_by_field() {
        let account = format!("AC{}", "0".repeat(32));
        let key = format!("SK{}", "a".repeat(32));
        let whole = json!({
            "account_sid": account, "auth_token": " t\n", "api_key_sid": key, "api_key_secret": "s",
            "shared_keys": [{"id": "k1", "secret": "x"}],
        });
        let kept = serde_json::to_value(entered(whole, true).unwrap()).unwrap();
        let expected = json!({
            "account_sid": account, "auth_token": "t", "api_key_sid": key, "api_key_secret": "s",
            "shared_keys": [{"id": "k1", "secret": "x"}],
        });
        assert_eq!(kept, expected);
        let table = [
            (json!({"auth_token": "t"}), "`account_sid`"),
            (json!({"account_sid": account}), "`auth_token`"),
            (json!({"account_sid": "AC1", "auth_token": "t"}), "`account_sid`"),
            (json!({"account_sid": key, "auth_token": "t"}), "`account_sid`"),
            (json!({"account_sid": account, "auth_token": "a b"}), "`auth_token`"),
            (json!({"account_sid": account, "auth_token": "t", "api_key_sid": key}), "together"),
            (json!({"account_sid": account, "auth_token": "t", "api_key_secret": "s"}), "together"),
            (
                json!({"account_sid": account, "auth_token": "t", "api_key_sid": account, "api_key_secret": "s"}),
                "`api_key_sid`",
            ),
            (
                json!({"account_sid": account, "auth_token": "t", "shared_keys": [{"id": "a=b", "secret": "s"}]}),
                "`shared_keys.id`",
            ),
            (json!({"account_sid": account, "auth_token": "t", "colour": 1}), "unknown field `colour`"),
        ];
        for (body, expected) in table {
            let error = entered(body.clone(), true).unwrap_err();
            assert!(error.contains(expected), "{body}: {error}");
        }
        assert!(entered(json!({"auth_token": "t"}), false).is_ok());
    }

    #[test]
    fn aut_13_twilios_old_token_stays_beside_the_new_one() {
        let enter = |token: &str, account: Option<&str>, known| {
            let entered = TwilioCredential {
                account_sid: account.map(str::to_owned),
                auth_token: secret(token),
                api_key_sid: None,
                api_key_secret: None,
                shared_keys: None,
                accept_auth_token_signatures: None,
            };
            twilio(&entered, known)
        };
        let first = enter("a", Some("AC1"), None);
        let second = enter("b", None, Some(&first));
        let again = enter("b", None, Some(&second));
        assert_eq!((second.account_sid.as_str(), second.signing_tokens()), ("AC1", vec!["b", "a"]));
        assert_eq!(again, second);
    }

    #[test]
    fn what_is_pasted_is_trimmed_and_never_echoed() {
        assert_eq!(pasted("x", &secret(" abc\n")).unwrap(), secret("abc"));
        for bad in ["", "  ", "two words", "鍵"] {
            let error = pasted("channel_secret", &secret(bad)).unwrap_err().to_string();
            assert!(error.contains("`channel_secret`") && !error.contains("words"), "{error}");
        }
        let credential = Credential::Messenger { user_token: secret("hidden") };
        assert!(!format!("{credential:?}").contains("hidden"));
    }
}
