//! Credentials on their way into Secrets Manager. Nothing here reaches a response or a log.

use madoguchi_credentials::{LineSecret, MessengerSecret, SecretNames};
use madoguchi_domain::{ChannelKind, ConnectionId};
use madoguchi_runtime::secrets::Created;
use madoguchi_runtime::{Secret, SecretError, Versioned};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::input::is_visible_ascii;
use crate::{Api, ApiError};

/// What an administrator entered.
#[derive(Clone, Debug)]
pub(crate) enum Credential {
    /// The token of the Meta user who manages the Page.
    Messenger { user_token: Secret<String> },
    /// A LINE channel's own id and secret.
    Line { line_channel_id: String, channel_secret: Secret<String> },
}

/// Makes `credential` the current one of `connection`.
pub(crate) async fn store(
    api: &Api,
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
fn line(line_channel_id: &str, channel_secret: &Secret<String>, known: Option<&LineSecret>) -> LineSecret {
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

async fn replace<T: Serialize + DeserializeOwned>(
    api: &Api,
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
