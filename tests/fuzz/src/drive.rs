//! Everything that reads a provider's bytes. What comes of it is looked at elsewhere; here it only has to come to an end.

use http::HeaderMap;
use madoguchi_channels::twilio::{Callback, Form, SharedKey, SignedRequest, SigningKeys};
use madoguchi_channels::{InboundEvent, InboundWork, ParseOptions, line, messenger, parse, twilio};
use madoguchi_domain::{ChannelId, ChannelKind, Timestamp};

/// Hands `input` to every reader.
///
/// # Panics
///
/// If a reader does, if something that was kept cannot be read again, or if a signature that nobody made is good.
pub fn everything(input: &[u8]) {
    let received = Timestamp::from_ms(1_790_000_000_000);
    let channel = ChannelId::derive(ChannelKind::Line, "1650000001");
    for event in messenger::split(input, received).unwrap_or_default() {
        understood(event);
    }
    for event in line::split(input, channel, received).unwrap_or_default() {
        understood(event);
    }
    let forms = [Some(Form::from_urlencoded(input)), Form::from_json(input).ok()];
    for form in forms.into_iter().flatten() {
        let callback = Callback::of_query(&form);
        for event in twilio::split(&form, callback, None, channel, received).unwrap_or_default() {
            understood(event);
        }
    }
    answers(input);
    signatures(input);
}

/// What was split is parsed, and says the same when it comes out of the queue.
fn understood(event: InboundEvent) {
    let options = ParseOptions { page_inbox_app_ids: &["26390203743090".to_owned()] };
    let said = parse(&event, &options);
    let Ok(queued) = InboundWork::Event(event).to_json() else { panic!("an event cannot be queued") };
    let Ok(InboundWork::Event(read)) = InboundWork::from_json(&queued) else {
        panic!("it is not an event any more")
    };
    assert_eq!(parse(&read, &options), said, "it says something else after the queue");
}

/// Answers of the providers' APIs, under a status that the input's length chooses.
fn answers(input: &[u8]) {
    let headers = HeaderMap::new();
    let status = [200, 400, 401, 429, 500][input.len() % 5];
    messenger::error::classify(status, input, &headers);
    line::error::classify(status, input, &headers);
    twilio::error::classify(status, input, &headers);
}

/// The first line, or what stands for it, is the signature of the rest.
fn signatures(input: &[u8]) {
    let (head, body) = input.split_at(input.len().min(44));
    let header = String::from_utf8_lossy(head);
    for header in [header.as_ref(), &format!("sha256={header}")] {
        assert!(messenger::verify_signature(&["secret"], Some(header), body).is_err(), "nobody signed it");
        assert!(line::verify_signature(&["secret"], Some(header), body).is_err(), "nobody signed it");
        let keys = SigningKeys {
            auth_tokens: &["token"],
            shared_keys: &[SharedKey { id: "key", secret: "secret" }],
            auth_token_beside_shared_keys: false,
        };
        for content_type in ["application/x-www-form-urlencoded", "application/json"] {
            let request = SignedRequest {
                public_base_url: "https://inbox.example.com",
                path_and_query: &format!("/webhooks/twilio/1?{header}"),
                content_type: Some(content_type),
                body,
                signature: Some(header),
                settings: Some(header),
            };
            assert!(twilio::verify_signature(&keys, &request).is_err(), "nobody signed it");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::corpus::Mutator;

    #[test]
    fn a_thousand_inputs_break_nothing() {
        let mutator = Mutator::new(4);
        (0..1_000).for_each(|n| everything(&mutator.input(n)));
    }
}
