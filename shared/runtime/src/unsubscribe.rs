//! Links that switch e-mail off by one click, without signing in (RFC 8058): they carry who and what, sealed with a key that
//! follows from the stack's own secret.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use madoguchi_domain::OperatorId;
use madoguchi_domain::notify::Kind;
use ring::hmac::{HMAC_SHA256, Key, sign, verify};

use crate::signature::{KeyError, WebhookKeys};

/// What the key is derived for.
const PURPOSE: &str = "unsubscribe";

/// Makes and reads the links' tokens.
#[derive(Clone, Debug)]
pub struct UnsubscribeKeys {
    keys: WebhookKeys,
}

/// What a link switches off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unsubscribe {
    /// Whose e-mail.
    pub operator: OperatorId,
    /// Of which kinds.
    pub kinds: BTreeSet<Kind>,
}

impl UnsubscribeKeys {
    /// Derived from the same secret as those of outgoing webhooks.
    pub const fn new(keys: WebhookKeys) -> Self {
        Self { keys }
    }

    /// The token that switches `what` off. It does not expire: e-mail is read years later, too.
    pub async fn token(&self, what: &Unsubscribe) -> Result<String, KeyError> {
        Ok(sealed(&self.key().await?, what))
    }

    /// What `token` switches off; `None` if we did not make it.
    pub async fn read(&self, token: &str) -> Result<Option<Unsubscribe>, KeyError> {
        Ok(opened(&self.key().await?, token))
    }

    async fn key(&self) -> Result<Key, KeyError> {
        Ok(Key::new(HMAC_SHA256, self.keys.derived(PURPOSE).await?.expose()))
    }
}

fn sealed(key: &Key, what: &Unsubscribe) -> String {
    let kinds: Vec<_> = what.kinds.iter().map(|kind| kind.as_str()).collect();
    let told = format!("{}\n{}", kinds.join(","), what.operator.0);
    let signature = sign(key, told.as_bytes());
    format!("{}.{}", URL_SAFE_NO_PAD.encode(&told), URL_SAFE_NO_PAD.encode(signature))
}

fn opened(key: &Key, token: &str) -> Option<Unsubscribe> {
    let (told, signature) = token.split_once('.')?;
    let bytes = |text: &str| URL_SAFE_NO_PAD.decode(text).ok();
    let told = bytes(told)?;
    verify(key, &told, &bytes(signature)?).ok()?;
    let told = String::from_utf8(told).ok()?;
    let (kinds, operator) = told.split_once('\n')?;
    let kinds = kinds.split(',').map(str::parse).collect::<Result<_, _>>().ok()?;
    Some(Unsubscribe { operator: OperatorId(operator.to_owned()), kinds })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn what(operator: &str, kinds: &[Kind]) -> Unsubscribe {
        Unsubscribe { operator: OperatorId(operator.into()), kinds: kinds.iter().copied().collect() }
    }

    #[test]
    fn ntf_5_only_a_link_that_we_made_switches_anything_off() {
        let key = Key::new(HMAC_SHA256, b"root");
        for what in [what("a", &[Kind::Mine]), what("1b2c-d", &Kind::ALL), what("a.b\nc", &[Kind::Others])] {
            let token = sealed(&key, &what);
            assert_eq!(opened(&key, &token), Some(what.clone()));
            assert!(token.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b)), "{token}");
            assert_eq!(opened(&Key::new(HMAC_SHA256, b"boot"), &token), None);
            let (told, signature) = token.split_once('.').unwrap();
            let other = sealed(&key, &self::what("z", &[Kind::Mine]));
            let forged = format!("{}.{signature}", other.split_once('.').unwrap().0);
            for bad in [&forged, &format!("{told}."), &told.to_owned(), &String::new(), &format!("{token}A")]
            {
                assert_eq!(opened(&key, bad), None, "{bad}");
            }
        }
    }
}
