//! Web Push: messages to browsers that have no page of ours open (RFC 8030), which only the browser can read (RFC 8291,
//! RFC 8188) and which tell the push service who sends them (VAPID, RFC 8292).

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use madoguchi_domain::Timestamp;
use madoguchi_domain::notify::{PushRefused, PushSubscription};
use ring::aead::{AES_128_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use ring::agreement::{ECDH_P256, EphemeralPrivateKey, UnparsedPublicKey, agree_ephemeral};
use ring::hkdf::{HKDF_SHA256, KeyType, Prk, Salt};
use ring::rand::{SecureRandom as _, SystemRandom};
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use serde::{Deserialize, Serialize};

use crate::outgoing::{AddressRefused, Answered, Receivers, checked};
use crate::secrets::Created;
use crate::{Secret, SecretCache, SecretError, SecretWriter};

/// An uncompressed point of P-256: what browsers and we name our keys by.
const POINT: usize = 65;
/// RFC 8291: the browser's authentication secret.
const AUTH: usize = 16;
/// RFC 8188: the salt of one message.
const SALT: usize = 16;
/// RFC 8188: the size of a record. What we send is one, and push services take no more than 4096 bytes (RFC 8030).
const RECORD: u32 = 4096;
/// So much of a record is not text: the header of 86 bytes, the tag of 16, the delimiter.
const OVERHEAD: usize = 86 + 16 + 1;
/// RFC 8292: a token is good for at most a day.
const TOKEN_LIFE_SECS: i64 = 12 * 60 * 60;
/// A notification that could not be delivered for so long is no news any more.
const KEPT_SECS: u32 = 60 * 60;
/// How long a push service has for its answer: those of browsers take a fraction of a second.
pub const PUSH_TIMEOUT: Duration = Duration::from_secs(5);
/// RFC 8030: a topic has at most 32 characters.
const TOPIC: usize = 32;

/// Why a browser could not be told.
#[derive(Debug, thiserror::Error)]
pub enum WebPushError {
    /// What its subscription says of its keys.
    #[error(transparent)]
    Subscription(#[from] PushRefused),
    /// Its address is none that may be called.
    #[error(transparent)]
    Address(#[from] AddressRefused),
    /// It is more than a push service takes.
    #[error("a push message has at most {} bytes", RECORD as usize - OVERHEAD)]
    TooLong,
    /// Secrets Manager did not answer.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// The key was made by somebody else just now and cannot be read yet.
    #[error("the key of the pushes is being made; later it is there")]
    NotYet,
    /// The system gave no randomness, or the stored key is none.
    #[error("the keys of the push could not be made")]
    Crypto,
}

/// How a push ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Pushed {
    /// The push service took it.
    Taken,
    /// The browser has unsubscribed: 404 or 410 (RFC 8030, section 7.3).
    Gone,
    /// Anything else: its status, or that it was not reached.
    Refused(String),
}

/// The stack's own key, with which it names itself to push services. It is made when it is first needed.
#[derive(Clone, Debug)]
pub struct VapidKeys {
    secrets: SecretCache,
    writer: SecretWriter,
    name: String,
}

#[derive(Serialize, Deserialize)]
struct Stored {
    /// PKCS #8, base64url.
    pkcs8: String,
}

/// A key pair of P-256.
#[derive(Debug)]
pub struct VapidKey(EcdsaKeyPair);

impl VapidKeys {
    /// Kept in the secret `{prefix}/vapid-key`.
    pub fn new(secrets: SecretCache, writer: SecretWriter, prefix: &str) -> Self {
        Self { secrets, writer, name: format!("{prefix}/vapid-key") }
    }

    /// The key; of two who make it at once one wins, and both use that one.
    pub async fn key(&self) -> Result<VapidKey, WebPushError> {
        if let Some(stored) = self.secrets.get::<Stored>(&self.name).await? {
            return VapidKey::read(&stored.expose().pkcs8);
        }
        let pkcs8 = VapidKey::generate()?;
        let created = self.writer.create(&self.name, &Stored { pkcs8: pkcs8.expose().clone() }).await?;
        // Otherwise it would be remembered for a while that there is none.
        match (self.secrets.reload_once::<Stored>(&self.name, "").await?, created) {
            (Some(stored), _) => VapidKey::read(&stored.expose().pkcs8),
            (None, Created::New) => VapidKey::read(pkcs8.expose()),
            (None, Created::Exists) => Err(WebPushError::NotYet),
        }
    }
}

impl VapidKey {
    fn generate() -> Result<Secret<String>, WebPushError> {
        let made = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new());
        Ok(Secret::new(URL_SAFE_NO_PAD.encode(made.map_err(|_| WebPushError::Crypto)?)))
    }

    fn read(pkcs8: &str) -> Result<Self, WebPushError> {
        let bytes = URL_SAFE_NO_PAD.decode(pkcs8).map_err(|_| WebPushError::Crypto)?;
        EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &bytes, &SystemRandom::new())
            .map(Self)
            .map_err(|_| WebPushError::Crypto)
    }

    /// What browsers subscribe with (`applicationServerKey`), base64url.
    pub fn public(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0.public_key())
    }

    /// RFC 8292: who sends to the push service at `audience`, an origin, and whom to ask about it, an address.
    fn authorization(&self, audience: &str, contact: &str, now: Timestamp) -> Result<String, WebPushError> {
        let part = |value: serde_json::Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let header = part(serde_json::json!({"typ": "JWT", "alg": "ES256"}));
        let exp = now.as_ms() / 1000 + TOKEN_LIFE_SECS;
        let claims = part(serde_json::json!({"aud": audience, "exp": exp, "sub": contact}));
        let signed = format!("{header}.{claims}");
        let signature =
            self.0.sign(&SystemRandom::new(), signed.as_bytes()).map_err(|_| WebPushError::Crypto)?;
        let signature = URL_SAFE_NO_PAD.encode(signature);
        Ok(format!("vapid t={signed}.{signature}, k={}", self.public()))
    }
}

/// Checks what a browser says of its keys: that something can be encrypted with them.
pub fn check_keys(p256dh: &str, auth: &str) -> Result<(), WebPushError> {
    encrypted(&Keys::read(p256dh, auth)?, &[]).map(drop)
}

/// Tells a browser `text` through its push service. What was sent about the same `topic` and was not delivered yet is
/// replaced. `contact` is whom the push service may ask: an address of the web or of e-mail, as a URL.
pub async fn push(
    receivers: &Receivers,
    key: &VapidKey,
    subscription: &PushSubscription,
    (text, topic): (&str, &str),
    (contact, loopback): (&str, bool),
    now: Timestamp,
) -> Result<Pushed, WebPushError> {
    let url = checked(&subscription.endpoint, loopback)?;
    let keys = Keys::read(&subscription.p256dh, &subscription.auth)?;
    let body = encrypted(&keys, text.as_bytes())?;
    let audience = url.origin().ascii_serialization();
    let topic: String =
        topic.chars().filter(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_')).take(TOPIC).collect();
    let headers = [
        ("content-type", "application/octet-stream".to_owned()),
        ("content-encoding", "aes128gcm".to_owned()),
        ("ttl", KEPT_SECS.to_string()),
        ("urgency", "high".to_owned()),
        ("topic", topic),
        ("authorization", key.authorization(&audience, contact, now)?),
    ];
    Ok(outcome(&receivers.post(&subscription.endpoint, &headers, body).await))
}

fn outcome(answered: &Answered) -> Pushed {
    match (answered.status, answered.fault) {
        (Some(404 | 410), _) => Pushed::Gone,
        (_, None) => Pushed::Taken,
        (Some(status), Some(_)) => Pushed::Refused(status.to_string()),
        (None, Some(fault)) => Pushed::Refused(fault.as_str().to_owned()),
    }
}

/// A browser's keys.
struct Keys {
    public: Vec<u8>,
    auth: Vec<u8>,
}

impl Keys {
    fn read(p256dh: &str, auth: &str) -> Result<Self, PushRefused> {
        let bytes = |text: &str| URL_SAFE_NO_PAD.decode(text.trim_end_matches('=')).ok();
        let public = bytes(p256dh).filter(|key| key.len() == POINT && key.first() == Some(&4));
        let auth = bytes(auth).filter(|auth| auth.len() == AUTH);
        Ok(Self { public: public.ok_or(PushRefused::Key)?, auth: auth.ok_or(PushRefused::Auth)? })
    }
}

/// How many bytes to derive.
struct Length(usize);

impl KeyType for Length {
    fn len(&self) -> usize {
        self.0
    }
}

fn derived<const N: usize>(key: &Prk, info: &[&[u8]]) -> Result<[u8; N], WebPushError> {
    let mut bytes = [0; N];
    key.expand(info, Length(N)).and_then(|okm| okm.fill(&mut bytes)).map_err(|_| WebPushError::Crypto)?;
    Ok(bytes)
}

fn encrypted(keys: &Keys, text: &[u8]) -> Result<Vec<u8>, WebPushError> {
    let random = SystemRandom::new();
    let mut salt = [0; SALT];
    random.fill(&mut salt).map_err(|_| WebPushError::Crypto)?;
    let own = EphemeralPrivateKey::generate(&ECDH_P256, &random).map_err(|_| WebPushError::Crypto)?;
    let own_public = own.compute_public_key().map_err(|_| WebPushError::Crypto)?;
    let theirs = UnparsedPublicKey::new(&ECDH_P256, &keys.public);
    // What is no point of the curve shows here.
    let sealed =
        agree_ephemeral(own, &theirs, |shared| sealed(shared, own_public.as_ref(), keys, salt, text));
    sealed.map_err(|_| WebPushError::Subscription(PushRefused::Key))?
}

/// RFC 8291, section 3.4: one record of `aes128gcm` with its header.
fn sealed(
    shared: &[u8],
    own_public: &[u8],
    keys: &Keys,
    salt: [u8; SALT],
    text: &[u8],
) -> Result<Vec<u8>, WebPushError> {
    if text.len() + OVERHEAD > RECORD as usize {
        return Err(WebPushError::TooLong);
    }
    let (key, nonce) = content_key(shared, own_public, keys, &salt)?;
    let mut record = text.to_vec();
    // The delimiter of the last record.
    record.push(2);
    let key = LessSafeKey::new(UnboundKey::new(&AES_128_GCM, &key).map_err(|_| WebPushError::Crypto)?);
    let nonce = Nonce::assume_unique_for_key(nonce);
    key.seal_in_place_append_tag(nonce, Aad::empty(), &mut record).map_err(|_| WebPushError::Crypto)?;
    let own_length = u8::try_from(own_public.len()).map_err(|_| WebPushError::Crypto)?;
    Ok([&salt[..], &RECORD.to_be_bytes(), &[own_length], own_public, &record].concat())
}

fn content_key(
    shared: &[u8],
    own_public: &[u8],
    keys: &Keys,
    salt: &[u8],
) -> Result<([u8; 16], [u8; 12]), WebPushError> {
    let combined = Salt::new(HKDF_SHA256, &keys.auth).extract(shared);
    let input: [u8; 32] = derived(&combined, &[&b"WebPush: info\0"[..], &keys.public[..], own_public])?;
    let of_message = Salt::new(HKDF_SHA256, salt).extract(&input);
    let key = derived(&of_message, &[&b"Content-Encoding: aes128gcm\0"[..]])?;
    Ok((key, derived(&of_message, &[&b"Content-Encoding: nonce\0"[..]])?))
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use axum::Router;
    use axum::body::Bytes;
    use axum::extract::Path;
    use axum::http::{HeaderMap, StatusCode};
    use axum::routing::post;
    use madoguchi_domain::OperatorId;
    use ring::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey as Verifier};
    use serde_json::{Value, json};

    use crate::{Clock, fake_aws};

    use super::*;

    const NOW: Timestamp = Timestamp::from_ms(1_793_491_200_000);
    // RFC 8291, section 5 and appendix A.
    const PLAIN: &[u8] = b"When I grow up, I want to be a watermelon";
    const THEIR_PUBLIC: &str =
        "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4";
    const THEIR_AUTH: &str = "BTBZMqHH6r4Tts7J_aSIgg";

    fn bytes(text: &str) -> Vec<u8> {
        URL_SAFE_NO_PAD.decode(text).unwrap()
    }

    #[test]
    fn ntf_5_a_push_is_encrypted_as_in_the_example_of_rfc_8291() {
        let own_public =
            "BP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A8";
        let shared = bytes("kyrL1jIIOHEzg3sM2ZWRHDRB62YACZhhSlknJ672kSs");
        let salt = bytes("DGv6ra1nlYgDCS1FRnbzlw").try_into().unwrap();
        let keys = Keys::read(THEIR_PUBLIC, THEIR_AUTH).unwrap();
        let sealed = sealed(&shared, &bytes(own_public), &keys, salt, PLAIN).unwrap();
        assert_eq!(
            URL_SAFE_NO_PAD.encode(sealed),
            "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
        );
    }

    /// A browser with keys of its own, and how it reads what it is sent.
    struct Browser {
        private: EphemeralPrivateKey,
        keys: Keys,
    }

    impl Browser {
        fn new() -> Self {
            let private = EphemeralPrivateKey::generate(&ECDH_P256, &SystemRandom::new()).unwrap();
            let public = private.compute_public_key().unwrap().as_ref().to_vec();
            Self { private, keys: Keys { public, auth: vec![7; AUTH] } }
        }

        fn subscription(&self, endpoint: String) -> PushSubscription {
            PushSubscription {
                id: "b".into(),
                operator: OperatorId("a".into()),
                endpoint,
                p256dh: URL_SAFE_NO_PAD.encode(&self.keys.public),
                auth: URL_SAFE_NO_PAD.encode(&self.keys.auth),
                created_at: NOW,
                rev: 1,
            }
        }

        fn read(self, body: &[u8]) -> Vec<u8> {
            let (salt, rest) = body.split_at(SALT);
            let (own_public, record) = rest[5..].split_at(POINT);
            let theirs = UnparsedPublicKey::new(&ECDH_P256, own_public);
            let keys = &self.keys;
            let (key, nonce) = agree_ephemeral(self.private, &theirs, |shared| {
                content_key(shared, own_public, keys, salt).unwrap()
            })
            .unwrap();
            let key = LessSafeKey::new(UnboundKey::new(&AES_128_GCM, &key).unwrap());
            let mut record = record.to_vec();
            let nonce = Nonce::assume_unique_for_key(nonce);
            let plain = key.open_in_place(nonce, Aad::empty(), &mut record).unwrap();
            assert_eq!(plain.last(), Some(&2));
            plain[..plain.len() - 1].to_vec()
        }
    }

    #[test]
    fn ntf_5_only_the_browser_reads_a_push_and_no_two_are_alike() {
        let (one, other) = (Browser::new(), Browser::new());
        let first = encrypted(&one.keys, PLAIN).unwrap();
        assert_ne!(first, encrypted(&one.keys, PLAIN).unwrap());
        assert_eq!(one.read(&first), PLAIN);
        assert_eq!(encrypted(&other.keys, &[b'a'; 3993]).unwrap().len(), RECORD as usize);
        assert!(matches!(encrypted(&other.keys, &[b'a'; 3994]), Err(WebPushError::TooLong)));
    }

    #[test]
    fn ntf_5_what_are_no_keys_of_a_browser_is_refused() {
        let off_the_curve = URL_SAFE_NO_PAD.encode([&[4][..], &[1; 64]].concat());
        let table = [
            (off_the_curve.as_str(), THEIR_AUTH, Err(PushRefused::Key)),
            (THEIR_PUBLIC, THEIR_AUTH, Ok(())),
            (THEIR_PUBLIC, "BTBZMqHH6r4Tts7J_aSIgg==", Ok(())),
            (&THEIR_PUBLIC[..86], THEIR_AUTH, Err(PushRefused::Key)),
            ("", THEIR_AUTH, Err(PushRefused::Key)),
            ("!", THEIR_AUTH, Err(PushRefused::Key)),
            (THEIR_PUBLIC, "BTBZMqHH6r4", Err(PushRefused::Auth)),
        ];
        for (key, auth, expected) in table {
            let checked = check_keys(key, auth).map_err(|error| match error {
                WebPushError::Subscription(refused) => refused,
                error => panic!("{error}"),
            });
            assert_eq!(checked, expected, "{key} {auth}");
        }
    }

    #[test]
    fn ntf_5_the_push_service_can_check_who_sends() {
        let key = VapidKey::read(VapidKey::generate().unwrap().expose()).unwrap();
        let header = key.authorization("https://push.example", "https://console.example", NOW).unwrap();
        let (token, public) = header.strip_prefix("vapid t=").unwrap().split_once(", k=").unwrap();
        let (signed, signature) = token.rsplit_once('.').unwrap();
        let verifier = Verifier::new(&ECDSA_P256_SHA256_FIXED, bytes(public));
        verifier.verify(signed.as_bytes(), &bytes(signature)).unwrap();
        let parts: Vec<Value> =
            signed.split('.').map(|part| serde_json::from_slice(&bytes(part)).unwrap()).collect();
        assert_eq!(parts[0], serde_json::json!({"typ": "JWT", "alg": "ES256"}));
        let claims = serde_json::json!({
            "aud": "https://push.example", "exp": 1_793_491_200 + 43_200, "sub": "https://console.example",
        });
        assert_eq!(parts[1], claims);
    }

    #[tokio::test]
    async fn ntf_5_the_key_is_made_once_and_whoever_comes_later_uses_it() {
        let kept = Mutex::new(None::<String>);
        let (aws, calls) = fake_aws::start(move |operation, input, _| {
            let mut kept = kept.lock().unwrap();
            match (operation, kept.clone()) {
                ("CreateSecret", None) => {
                    *kept = input["SecretString"].as_str().map(str::to_owned);
                    (200, json!({"Name": "stack/vapid-key"}))
                }
                ("CreateSecret", Some(_)) => (400, json!({"__type": "ResourceExistsException"})),
                ("RestoreSecret", _) => (400, json!({"__type": "InvalidRequestException"})),
                ("GetSecretValue", Some(text)) => {
                    (200, json!({"Name": "stack/vapid-key", "SecretString": text, "VersionId": "v1"}))
                }
                _ => (400, json!({"__type": "ResourceNotFoundException"})),
            }
        })
        .await;
        let keys = || {
            let (clock, _) = Clock::stopped_at(NOW);
            let cache = SecretCache::new(aws.secrets(), clock);
            VapidKeys::new(cache, SecretWriter::new(aws.secrets()), "stack")
        };
        let (one, late) = (keys(), keys());
        // The other has looked before there was one.
        assert!(late.secrets.get::<Stored>("stack/vapid-key").await.unwrap().is_none());
        let public = one.key().await.unwrap().public();
        assert_eq!(bytes(&public).len(), POINT);
        assert_eq!(late.key().await.unwrap().public(), public);
        assert_eq!(one.key().await.unwrap().public(), public);
        assert_eq!(keys().key().await.unwrap().public(), public);
        let created =
            calls.lock().unwrap().iter().filter(|(operation, _)| operation == "CreateSecret").count();
        assert_eq!(created, 2, "who makes it, and who had looked too early");
    }

    type Calls = Arc<Mutex<Vec<(HeaderMap, Bytes)>>>;

    async fn service() -> (String, Calls) {
        let calls = Calls::default();
        let seen = Arc::clone(&calls);
        let routes = Router::new().route(
            "/push/{status}",
            post(move |Path(status): Path<u16>, headers: HeaderMap, body: Bytes| async move {
                seen.lock().unwrap().push((headers, body));
                StatusCode::from_u16(status).unwrap()
            }),
        );
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move { axum::serve(listener, routes).await });
        (format!("http://{address}/push/"), calls)
    }

    #[tokio::test]
    async fn ntf_5_a_browser_is_told_through_its_push_service() {
        let (base, calls) = service().await;
        let receivers = Receivers::new(true).unwrap();
        let key = VapidKey::read(VapidKey::generate().unwrap().expose()).unwrap();
        for (status, expected) in [
            (201, Pushed::Taken),
            (404, Pushed::Gone),
            (410, Pushed::Gone),
            (403, Pushed::Refused("403".into())),
            (503, Pushed::Refused("503".into())),
        ] {
            let browser = Browser::new();
            let subscription = browser.subscription(format!("{base}{status}"));
            let contact = ("https://console.example", true);
            let sent = ("{\"kind\":\"mine\"}", "1809223c-a54e-5e9b-ae37-4058be706671");
            let pushed = push(&receivers, &key, &subscription, sent, contact, NOW).await.unwrap();
            assert_eq!(pushed, expected);
            let (headers, body) = calls.lock().unwrap().pop().unwrap();
            assert_eq!(headers["content-encoding"], "aes128gcm");
            assert_eq!(headers["content-type"], "application/octet-stream");
            assert_eq!(headers["topic"], "1809223c-a54e-5e9b-ae37-4058be70");
            assert_eq!(headers["ttl"], "3600");
            assert_eq!(headers["urgency"], "high");
            assert_eq!(browser.read(&body), sent.0.as_bytes());
        }
        let inner = Browser::new().subscription("https://10.0.0.1/push".into());
        let refused = push(&receivers, &key, &inner, ("{}", "t"), ("https://c.example", false), NOW).await;
        assert!(matches!(refused, Err(WebPushError::Address(AddressRefused::NotPublic))));
    }
}
