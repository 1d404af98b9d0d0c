//! The functions in this process, each behind its own gate of the meter, wired as their `main` does it.

use std::time::Duration;

use aws_lambda_events::event::dynamodb::Event;
use aws_lambda_events::event::sqs::{SqsBatchResponse, SqsEvent};
use aws_lambda_events::event::streams::DynamoDbEventResponse;
use axum::Router;
use axum::body::to_bytes;
use change_relay::{Queues, Relay};
use inbox_writer::Writer;
use lambda_http::{IntoResponse as _, Service as _};
use madoguchi_api::{Api, RolesClaim, answering, routes};
use madoguchi_channels::ProviderHttp;
use madoguchi_closing::{Closer, Report};
use madoguchi_credentials::{Credentials, SecretNames};
use madoguchi_domain::Span;
use madoguchi_domain::deadline::DeadlineKind;
use madoguchi_runtime::batch::{Invocation, process, process_changes};
use madoguchi_runtime::http::provider_client;
use madoguchi_runtime::{Aws, Clock, Metrics, ProviderConfig, Queue, SecretCache};
use madoguchi_store::{Audit, ChannelCache, Directory, Inbox, SenderCache};
use profile_fetch::Fetcher;
use reply_dispatch::Dispatcher;
use serde_json::Value;
use webhook_ingest::Ingest;

use super::Function;
use super::event::HttpAnswer;
use super::world::Wiring;
use crate::inbox::{AUDIT_KEPT, PREFIX};
use crate::support::aws::clients;
use crate::support::dynamo::{AUDIT, DIRECTORY, INBOX};

/// A call that is repeated because the machine is busy would be counted.
const PATIENCE: Duration = Duration::from_mins(1);

/// One execution environment of each function: what they remember lives as long as this does.
pub(super) struct Environment {
    clock: Clock,
    ingest: Ingest,
    writer: Writer,
    relay: Relay,
    dispatcher: Dispatcher,
    fetcher: Fetcher,
    closer: Closer,
    api: Router,
    outbound: Queue,
}

impl Environment {
    /// New functions, which remember nothing yet, wired as `wiring` says.
    pub(super) fn new(wiring: &Wiring, clock: &Clock) -> Self {
        let gates = &wiring.gates;
        let aws = |function: Function| clients(&gates[&function]);
        let inbox = |aws: &Aws| Inbox::new(aws.dynamodb(), INBOX);
        let directory = |aws: &Aws| Directory::new(aws.dynamodb(), DIRECTORY);
        let providers = |function: Function| ProviderConfig {
            graph_base_url: gates[&function].clone(),
            graph_version: "v26.0".to_owned(),
            line_base_url: gates[&function].clone(),
            twilio_base_url: gates[&function].clone(),
            twilio_messaging_base_url: gates[&function].clone(),
            page_inbox_app_ids: page_inboxes(),
        };
        let http = || ProviderHttp::new(provider_client().unwrap()).with_timeout(PATIENCE);
        let secrets = |aws: &Aws| SecretCache::new(aws.secrets(), clock.clone());
        let names = || SecretNames::new(PREFIX);
        let ingest = aws(Function::WebhookIngest);
        let writer = aws(Function::InboxWriter);
        let relay = aws(Function::ChangeRelay).sqs();
        let dispatch = aws(Function::ReplyDispatch);
        let fetch = aws(Function::ProfileFetch);
        let close = aws(Function::UnansweredClose);
        let api = aws(Function::InboxApi);
        let credentials = |aws: &Aws, function: Function| {
            Credentials::new(secrets(aws), names(), http(), gates[&function].as_str())
        };
        Self {
            clock: clock.clone(),
            ingest: Ingest::new(
                secrets(&ingest),
                names(),
                Queue::new(ingest.sqs(), &wiring.inbound),
                clock.clone(),
                Metrics::new("webhook_ingest"),
                1_048_576,
                gates[&Function::WebhookIngest].as_str(),
            ),
            writer: Writer::new(
                inbox(&writer),
                ChannelCache::new(directory(&writer)),
                page_inboxes(),
                Metrics::new("inbox_writer"),
            ),
            relay: Relay::new(Queues {
                outbound: Queue::new(relay.clone(), &wiring.outbound),
                profiles: Queue::new(relay.clone(), &wiring.profiles),
                media: Queue::new(relay.clone(), &wiring.media),
                bot: Queue::new(relay.clone(), &wiring.bot),
                search: Queue::new(relay.clone(), &wiring.search),
                reports: Queue::new(relay.clone(), &wiring.reports),
                // Nothing of what is measured becomes a ticket.
                tickets: Queue::new(relay, &wiring.media),
            }),
            dispatcher: Dispatcher::new(
                inbox(&dispatch),
                directory(&dispatch),
                credentials(&dispatch, Function::ReplyDispatch),
                http(),
                providers(Function::ReplyDispatch),
                gates[&Function::ReplyDispatch].as_str(),
                clock.clone(),
                Metrics::new("reply_dispatch"),
            ),
            fetcher: Fetcher::new(
                inbox(&fetch),
                directory(&fetch),
                credentials(&fetch, Function::ProfileFetch),
                http(),
                providers(Function::ProfileFetch),
                clock.clone(),
                Metrics::new("profile_fetch"),
            ),
            closer: Closer::new(inbox(&close), directory(&close)),
            api: answering(
                routes(Api {
                    inbox: inbox(&api),
                    channels: ChannelCache::new(directory(&api)).into(),
                    senders: SenderCache::new(directory(&api)).into(),
                    directory: directory(&api),
                    // No job of these is about files.
                    bucket: api.bucket("media", clock.clone()),
                    clock: clock.clone(),
                    audit: Audit::new(api.dynamodb(), AUDIT, AUDIT_KEPT),
                    mail: true,
                }),
                RolesClaim::default(),
            ),
            outbound: Queue::new(dispatch.sqs(), &wiring.outbound),
        }
    }

    pub(super) async fn sqs(&self, function: Function, event: SqsEvent) -> SqsBatchResponse {
        let deadline = self.clock.now() + Span::from_secs(30);
        let queue = (function == Function::ReplyDispatch).then_some(&self.outbound);
        let invocation = Invocation { deadline, clock: &self.clock, queue };
        process(event, invocation, async |record| {
            let body = record.body.unwrap_or_default();
            match function {
                Function::InboxWriter => Ok(self.writer.handle(&body, self.clock.now()).await?),
                Function::ReplyDispatch => self.dispatcher.record(&body, deadline).await,
                Function::ProfileFetch => Ok(self.fetcher.handle(&body).await?),
                other => panic!("no queue triggers {other}"),
            }
        })
        .await
    }

    pub(super) async fn stream(&self, event: Event) -> DynamoDbEventResponse {
        let deadline = self.clock.now() + Span::from_secs(30);
        let invocation = Invocation { deadline, clock: &self.clock, queue: None };
        process_changes(event, invocation, async |records| Ok(self.relay.handle(records).await?)).await
    }

    pub(super) async fn http(&self, function: Function, event: &Value) -> HttpAnswer {
        let request = lambda_http::request::from_str(&event.to_string()).unwrap();
        let (parts, body) = match function {
            Function::WebhookIngest => {
                let (parts, body) = self.ingest.handle(&request).await.into_response().await.into_parts();
                (parts, body.to_vec())
            }
            Function::InboxApi => {
                let (parts, body) = self.api.clone().call(request).await.unwrap().into_parts();
                (parts, to_bytes(body, usize::MAX).await.unwrap().to_vec())
            }
            other => panic!("{other} answers no requests"),
        };
        let headers: usize =
            parts.headers.iter().map(|(name, value)| name.as_str().len() + value.len() + 4).sum();
        HttpAnswer {
            status: parts.status.as_u16(),
            bytes: headers + body.len(),
            body: String::from_utf8(body).unwrap(),
        }
    }

    pub(super) async fn tick(&self) -> Report {
        self.closer.tick(DeadlineKind::Unanswered, self.clock.now(), &|| false).await.unwrap()
    }
}

fn page_inboxes() -> Vec<String> {
    vec!["26390203743090".to_owned(), "263902037430900".to_owned()]
}
