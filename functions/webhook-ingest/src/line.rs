//! LINE's webhook: one address per channel, since each signs with a secret of its own.

use lambda_http::Request;
use madoguchi_channels::line;
use madoguchi_credentials::LineSecret;
use madoguchi_domain::{ChannelId, ChannelKind};

use crate::Ingest;
use crate::answer::Answer;

const SIGNATURE: &str = "x-line-signature";

impl Ingest {
    /// `POST`: events of one channel; an empty list is LINE's connection check.
    pub(crate) async fn line(&self, request: &Request, channel: &str) -> Answer {
        let received_at = self.clock.now();
        let Ok(channel) = channel.parse::<ChannelId>() else { return Answer::NotFound };
        let body = match self.body(request) {
            Ok(body) => body,
            Err(answer) => return answer,
        };
        let signature = request.headers().get(SIGNATURE).and_then(|value| value.to_str().ok());
        let verify = |secret: &LineSecret| line::verify_signature(&secret.signing_secrets(), signature, body);
        if let Err(answer) = self.check(&self.names.line_channel(channel), ChannelKind::Line, verify).await {
            return answer;
        }
        let events = line::split(body, channel, received_at);
        self.accept(ChannelKind::Line, Some(channel), body, received_at, events).await
    }
}
