//! Twilio's webhook: one address per channel, for what customers write and for what becomes of our replies.

use lambda_http::http::header;
use lambda_http::{Request, RequestExt as _};
use madoguchi_channels::twilio::{self, Callback, Form, SharedKey, SignedRequest, SigningKeys};
use madoguchi_channels::{InboundEvent, Malformed};
use madoguchi_credentials::TwilioSecret;
use madoguchi_domain::{ChannelId, ChannelKind, Timestamp};

use crate::Ingest;
use crate::answer::Answer;

const SIGNATURE: &str = "x-twilio-signature";
const SETTINGS: &str = "x-twilio-webhooks-signature-settings";
const RETRY_TOKEN: &str = "i-twilio-idempotency-token";

impl Ingest {
    /// `POST`, or `GET` as the sender is set up: one message or one status.
    pub(crate) async fn twilio(&self, request: &Request, channel: &str) -> Answer {
        let received_at = self.clock.now();
        let Ok(channel) = channel.parse::<ChannelId>() else { return Answer::NotFound };
        let body = match self.body(request) {
            Ok(body) => body,
            Err(answer) => return answer,
        };
        let query = request.uri().query().unwrap_or_default();
        let path = request.raw_http_path();
        // What stands before it, such as a stage, belongs to the public address.
        let path = &path[path.find("/webhooks/").unwrap_or(0)..];
        let path_and_query = match query {
            "" => path.to_owned(),
            query => format!("{path}?{query}"),
        };
        let signed = SignedRequest {
            public_base_url: &self.public_base_url,
            path_and_query: &path_and_query,
            content_type: text(request, header::CONTENT_TYPE.as_str()),
            body,
            signature: text(request, SIGNATURE),
            settings: text(request, SETTINGS),
        };
        // The account signs for WhatsApp and SMS alike.
        let kind = ChannelKind::Sms;
        let verify = |secret: &TwilioSecret| verify(secret, &signed);
        if let Err(answer) = self.check(&self.names.twilio_channel(channel), kind, verify).await {
            return answer;
        }
        let query = Form::from_urlencoded(query.as_bytes());
        let events = events(request, body, &query, channel, received_at);
        match self.accept(kind, Some(channel), body, received_at, events).await {
            Answer::Accepted => Answer::NothingToDo,
            answer => answer,
        }
    }
}

fn verify(
    secret: &TwilioSecret,
    signed: &SignedRequest<'_>,
) -> Result<(), madoguchi_channels::SignatureError> {
    let shared = secret.shared_keys.iter().map(|key| SharedKey { id: &key.id, secret: &key.secret });
    let (tokens, shared): (_, Vec<_>) = (secret.signing_tokens(), shared.collect());
    let keys = SigningKeys {
        auth_tokens: &tokens,
        shared_keys: &shared,
        auth_token_beside_shared_keys: secret.accept_auth_token_signatures,
    };
    twilio::verify_signature(&keys, signed)
}

/// A body of JSON says what a form says. Without a body the parameters are in the address.
fn events(
    request: &Request,
    body: &[u8],
    query: &Form,
    channel: ChannelId,
    received_at: Timestamp,
) -> Result<Vec<InboundEvent>, Malformed> {
    let content_type = text(request, header::CONTENT_TYPE.as_str()).unwrap_or_default();
    let is_form = content_type.to_ascii_lowercase().starts_with("application/x-www-form-urlencoded");
    let from_body = match body {
        b"" => None,
        body if is_form => Some(Form::from_urlencoded(body)),
        body => Some(Form::from_json(body)?),
    };
    let form = from_body.as_ref().unwrap_or(query);
    twilio::split(form, Callback::of_query(query), text(request, RETRY_TOKEN), channel, received_at)
}

fn text<'a>(request: &'a Request, name: &str) -> Option<&'a str> {
    request.headers().get(name).and_then(|value| value.to_str().ok())
}
