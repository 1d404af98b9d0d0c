//! Messenger's webhook: one address for every Page of the app.

use lambda_http::{Request, RequestExt as _};
use madoguchi_channels::messenger;
use madoguchi_credentials::MetaAppSecret;
use madoguchi_domain::ChannelKind;
use madoguchi_runtime::Versioned;

use crate::Ingest;
use crate::answer::Answer;

const SIGNATURE: &str = "x-hub-signature-256";

impl Ingest {
    /// `GET`: Meta asks whether we know the verify token; the challenge goes back as text (ING-4).
    pub(crate) async fn messenger_handshake(&self, request: &Request) -> Answer {
        let query = request.query_string_parameters();
        let (Some("subscribe"), Some(given), Some(challenge)) =
            (query.first("hub.mode"), query.first("hub.verify_token"), query.first("hub.challenge"))
        else {
            return Answer::Forbidden;
        };
        let name = self.names.meta_app();
        let matches = |app: &MetaAppSecret| messenger::verify_token_matches(&app.verify_token, given);
        let app: Versioned<MetaAppSecret> = match self.secret(&name).await {
            Ok(app) => app,
            Err(answer) => return answer,
        };
        if matches(app.expose()) {
            return Answer::Challenge(challenge.to_owned());
        }
        // A token that was just changed must pass the check that the change itself triggers.
        match self.secrets.reload_once::<MetaAppSecret>(&name, &app.version).await {
            Ok(Some(newer)) if matches(newer.expose()) => Answer::Challenge(challenge.to_owned()),
            _ => Answer::Forbidden,
        }
    }

    /// `POST`: events of any number of Pages.
    pub(crate) async fn messenger(&self, request: &Request) -> Answer {
        let received_at = self.clock.now();
        let body = match self.body(request) {
            Ok(body) => body,
            Err(answer) => return answer,
        };
        let signature = request.headers().get(SIGNATURE).and_then(|value| value.to_str().ok());
        let verify =
            |app: &MetaAppSecret| messenger::verify_signature(&app.signing_secrets(), signature, body);
        if let Err(answer) = self.check(&self.names.meta_app(), ChannelKind::Messenger, verify).await {
            return answer;
        }
        let events = messenger::split(body, received_at);
        self.accept(ChannelKind::Messenger, None, body, received_at, events).await
    }
}
