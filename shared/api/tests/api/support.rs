//! An API on tables of its own, with stand-ins for Secrets Manager and SQS.

mod aws;
mod tables;

use std::sync::{Arc, LazyLock};

use aws::FakeAws;
use axum::body::{Body, Bytes, HttpBody, to_bytes};
use axum::http::{HeaderMap, Request, StatusCode};
use axum::{BoxError, Router};
use lambda_http::Service;
use lambda_http::aws_lambda_events::apigw::ApiGatewayV2httpRequestContext;
use lambda_http::request::RequestContext;
use madoguchi_api::{
    AdminApi, Api, ConnectApi, DeskApi, NotificationsApi, OrganisationApi, ReportsApi, RolesClaim,
    WebhooksApi, admin_routes, answering, connect_routes, desk_routes, notification_routes,
    organisation_routes, report_routes, routes, webhook_routes,
};
use madoguchi_channels::ProviderHttp;
use madoguchi_channels::messenger::GraphConfig;
use madoguchi_credentials::SecretNames;
use madoguchi_domain::conversation::{Applied, apply, reference};
use madoguchi_domain::event::{CustomerMessage, Sender};
use madoguchi_domain::{
    Channel, ChannelHealth, ChannelId, ChannelKind, ChannelSettings, Content, ConversationId, Event,
    EventBody, Party, Span, Timestamp,
};
use madoguchi_openapi::Description;
use madoguchi_runtime::http::provider_client;
use madoguchi_runtime::outgoing::Receivers;
use madoguchi_runtime::signature::WebhookKeys;
use madoguchi_runtime::unsubscribe::UnsubscribeKeys;
use madoguchi_runtime::web_push::VapidKeys;
use madoguchi_runtime::{Clock, ClockHand, Metrics, Queue, SecretCache, SecretWriter};
use madoguchi_store::{
    Audit, ChannelCache, Deliveries, Directory, Inbox, Live, Reports, Saved, Search, SenderCache,
};
use serde_json::{Value, json};

/// What every answer is compared with.
static DESCRIPTION: LazyLock<Description> = LazyLock::new(Description::default);

/// Where the clock stands when a test begins.
pub(crate) const NOW: Timestamp = Timestamp::from_ms(1_700_000_000_000);

/// How long the audit log is kept.
pub(crate) const AUDIT_KEPT: Span = Span::from_days(60);

/// The API, and the hands that look at what it did.
pub(crate) struct TestApi {
    router: Router,
    pub(crate) inbox: Inbox,
    pub(crate) directory: Directory,
    pub(crate) aws: Arc<FakeAws>,
    pub(crate) hand: ClockHand,
    pub(crate) audit: Audit,
    /// Makes the links of e-mail.
    pub(crate) unsubscribe: UnsubscribeKeys,
    pub(crate) live: Live,
    /// What reports are made of.
    pub(crate) reports: Reports,
}

/// An answer of the API.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) body: Value,
}

impl Answer {
    /// The public id of the error.
    pub(crate) fn error(&self) -> &str {
        self.body["error"]["id"].as_str().unwrap_or_default()
    }
}

/// Who calls.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Caller {
    Nobody,
    /// Signed in, and in no group that has a role.
    Guest,
    Operator,
    /// Another operator, by id; their name is the same.
    Person(&'static str),
    /// A machine, whose token has these scopes.
    Client(&'static str),
    /// An operator who signed in then, in seconds.
    SignedIn(&'static str, i64),
    Administrator,
    Owner,
}

impl TestApi {
    #[expect(clippy::too_many_lines, reason = "every function of the API is wired here")]
    pub(crate) async fn start() -> Self {
        let dynamodb = tables::start().await;
        let aws = FakeAws::start().await;
        let (clock, hand) = Clock::stopped_at(NOW);
        let inbox = Inbox::new(dynamodb.clone(), tables::INBOX);
        let audit = Audit::new(dynamodb.clone(), tables::AUDIT, AUDIT_KEPT);
        let deliveries = Deliveries::new(dynamodb.clone(), tables::DELIVERIES);
        let live = Live::new(dynamodb.clone(), tables::LIVE);
        let directory = Directory::new(dynamodb.clone(), tables::DIRECTORY);
        let api = Api {
            inbox: inbox.clone(),
            channels: ChannelCache::new(directory.clone()).into(),
            senders: SenderCache::new(directory.clone()).into(),
            directory: directory.clone(),
            bucket: aws.clients().bucket("media", clock.clone()),
            clock: clock.clone(),
            audit: audit.clone(),
            mail: false,
        };
        let desk = DeskApi {
            inbox: inbox.clone(),
            search: Search::new(dynamodb.clone(), tables::SEARCH),
            channels: ChannelCache::new(directory.clone()).into(),
            senders: SenderCache::new(directory.clone()).into(),
            directory: directory.clone(),
            clock: clock.clone(),
            audit: audit.clone(),
        };
        let stored = Reports::new(dynamodb, tables::REPORTS, Span::from_days(400));
        let reports = ReportsApi {
            reports: stored.clone(),
            directory: directory.clone(),
            senders: SenderCache::new(directory.clone()).into(),
            clock: clock.clone(),
            audit: audit.clone(),
        };
        let organisation = OrganisationApi {
            inbox: inbox.clone(),
            directory: directory.clone(),
            audit: audit.clone(),
            live: live.clone(),
            live_url: "wss://live.example/live".into(),
            clock: clock.clone(),
        };
        let admin = AdminApi {
            inbox: inbox.clone(),
            directory: directory.clone(),
            secrets: SecretWriter::new(aws.clients().secrets()),
            bucket: aws.clients().bucket("media", clock.clone()),
            inbound: Queue::new(aws.clients().sqs(), format!("{}/1/inbound.fifo", aws.address())),
            clock: clock.clone(),
            secret_prefix: "madoguchi".into(),
            audit: audit.clone(),
        };
        let connect = ConnectApi {
            directory: directory.clone(),
            secrets: SecretWriter::new(aws.clients().secrets()),
            names: SecretNames::new("madoguchi"),
            audit: audit.clone(),
            clock: clock.clone(),
            http: ProviderHttp::new(provider_client().unwrap()),
            // Nothing answers there.
            graph: GraphConfig { base_url: "http://127.0.0.1:9".into(), version: "v26.0".into() },
            line_base_url: "http://127.0.0.1:9".into(),
            twilio_base_url: "http://127.0.0.1:9".into(),
            twilio_messaging_base_url: "http://127.0.0.1:9".into(),
            facebook_base_url: "https://www.facebook.com".into(),
            facebook_config_id: None,
            public_base_url: "https://inbox.example".into(),
            console_url: "https://console.example/".into(),
            metrics: Metrics::new("connect_api"),
        };
        aws.put_secret("madoguchi/webhook-key", r#"{"key":"test"}"#);
        let secrets = SecretCache::new(aws.clients().secrets(), clock.clone());
        let keys = WebhookKeys::new(secrets.clone(), "madoguchi");
        let writer = SecretWriter::new(aws.clients().secrets());
        let notifications = NotificationsApi {
            inbox: inbox.clone(),
            directory: directory.clone(),
            mail: None,
            unsubscribe: UnsubscribeKeys::new(keys.clone()),
            vapid: VapidKeys::new(secrets, writer, "madoguchi"),
            receivers: Receivers::new(true).unwrap(),
            console_url: "https://console.example".into(),
            loopback: true,
            clock: clock.clone(),
        };
        let unsubscribe = notifications.unsubscribe.clone();
        let webhooks = WebhooksApi {
            directory: directory.clone(),
            deliveries,
            queue: Queue::new(aws.clients().sqs(), format!("{}/1/webhooks", aws.address())),
            keys,
            audit: audit.clone(),
            clock: clock.clone(),
            loopback: false,
        };
        // As API Gateway puts them together.
        let all = routes(api)
            .merge(admin_routes(admin))
            .merge(organisation_routes(organisation))
            .merge(connect_routes(connect))
            .merge(desk_routes(desk))
            .merge(report_routes(reports))
            .merge(webhook_routes(webhooks))
            .merge(notification_routes(notifications));
        let router = answering(all, RolesClaim::default());
        Self { router, inbox, directory, aws, hand, audit, unsubscribe, live, reports: stored }
    }

    pub(crate) async fn call(&self, caller: Caller, method: &str, path: &str, body: Option<Value>) -> Answer {
        let request = Request::builder().method(method).uri(path);
        self.send(caller, request, body.map(|body| body.to_string()).unwrap_or_default()).await
    }

    /// The same with an idempotency key, for routes that may ask for one.
    pub(crate) async fn call_with_key(
        &self,
        caller: Caller,
        method: &str,
        path: &str,
        key: &str,
        body: Value,
    ) -> Answer {
        let request = Request::builder().method(method).uri(path).header("Idempotency-Key", key);
        self.send(caller, request, body.to_string()).await
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.call(Caller::Operator, "GET", path, None).await
    }

    pub(crate) async fn post(&self, path: &str) -> Answer {
        self.call(Caller::Operator, "POST", path, None).await
    }

    /// As an operator.
    pub(crate) async fn operate(&self, method: &str, path: &str, body: Value) -> Answer {
        self.call(Caller::Operator, method, path, Some(body)).await
    }

    /// As an administrator.
    pub(crate) async fn administer(&self, method: &str, path: &str, body: Value) -> Answer {
        self.call(Caller::Administrator, method, path, Some(body)).await
    }

    /// Sends `text` as a reply named `key`.
    pub(crate) async fn reply(&self, conversation: ConversationId, key: &str, text: &str) -> Answer {
        let request = Request::builder()
            .method("POST")
            .uri(format!("/api/conversations/{conversation}/messages"))
            .header("Idempotency-Key", key);
        self.send(Caller::Operator, request, json!({ "text": text }).to_string()).await
    }

    /// What anybody gets: its type and its bytes.
    pub(crate) async fn open(&self, path: &str) -> (String, Vec<u8>) {
        let request = Request::builder().uri(path).body(Body::empty()).unwrap();
        let answer = self.router.clone().call(request).await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK);
        let content_type = answer.headers()["content-type"].to_str().unwrap().to_owned();
        (content_type, to_bytes(answer.into_body(), usize::MAX).await.unwrap().to_vec())
    }

    pub(crate) async fn send_draft(&self, conversation: ConversationId, key: &str, draft: Value) -> Answer {
        let request = Request::builder()
            .method("POST")
            .uri(format!("/api/conversations/{conversation}/messages"))
            .header("Idempotency-Key", key);
        self.send(Caller::Operator, request, draft.to_string()).await
    }

    /// Sends `body` as a reply named `key`, by somebody who reads `language`.
    pub(crate) async fn post_reply(
        &self,
        conversation: ConversationId,
        key: &str,
        language: &str,
        body: Value,
    ) -> Answer {
        let request = Request::builder()
            .method("POST")
            .uri(format!("/api/conversations/{conversation}/messages"))
            .header("Accept-Language", language)
            .header("Idempotency-Key", key);
        self.send(Caller::Operator, request, body.to_string()).await
    }

    /// Reads `path` in `language`.
    pub(crate) async fn read(&self, caller: Caller, path: &str, language: &str) -> Answer {
        let request = Request::builder().method("GET").uri(path).header("Accept-Language", language);
        self.send(caller, request, String::new()).await
    }

    /// As an administrator: the answer's headers and its text.
    pub(crate) async fn download(&self, path: &str) -> (HeaderMap, String) {
        let mut request = Request::builder().uri(path).body(Body::empty()).unwrap();
        let context = context(Caller::Administrator).unwrap();
        request.extensions_mut().insert(RequestContext::ApiGatewayV2(context));
        let answer = self.router.clone().call(request).await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK);
        let headers = answer.headers().clone();
        let body = to_bytes(answer.into_body(), usize::MAX).await.unwrap();
        (headers, String::from_utf8(body.to_vec()).unwrap())
    }

    async fn send(&self, caller: Caller, request: axum::http::request::Builder, body: String) -> Answer {
        let mut request = request.body(Body::from(body)).unwrap();
        if let Some(context) = context(caller) {
            request.extensions_mut().insert(RequestContext::ApiGatewayV2(context));
        }
        self.answer(request).await
    }

    /// Hands over an event of the gateway.
    pub(crate) async fn invoke(&self, event: &Value) -> Answer {
        self.answer(lambda_http::request::from_str(&event.to_string()).unwrap()).await
    }

    async fn answer<B>(&self, request: Request<B>) -> Answer
    where
        B: HttpBody<Data = Bytes> + Send + 'static,
        B::Error: Into<BoxError>,
    {
        let (method, path) = (request.method().clone(), request.uri().path().to_owned());
        let response = self.router.clone().call(request).await.unwrap();
        assert_eq!(response.headers()["cache-control"], "no-store");
        let status = response.status();
        let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        // A success may have nothing to say.
        // What is taken along is no JSON.
        let text = || Value::from(String::from_utf8_lossy(&body));
        let body = if body.is_empty() {
            Value::Null
        } else {
            serde_json::from_slice(&body).unwrap_or_else(|_| text())
        };
        let as_described = DESCRIPTION.check(method.as_str(), &path, status.as_u16(), &body);
        as_described.unwrap_or_else(|mismatch| panic!("{mismatch}"));
        Answer { status, body }
    }

    /// Departments, so that as many channels of each kind can be connected.
    pub(crate) async fn add_departments(&self, names: &[&str]) {
        for name in names {
            let answer = self.administer("POST", "/api/departments", json!({ "name": name })).await;
            assert_eq!(answer.status, StatusCode::CREATED);
        }
    }

    /// A healthy channel with these settings.
    pub(crate) async fn add_channel(
        &self,
        kind: ChannelKind,
        external_id: &str,
        settings: ChannelSettings,
    ) -> Channel {
        let id = ChannelId::derive(kind, external_id);
        let channel = Channel {
            settings,
            health: ChannelHealth::Healthy { since: NOW },
            ..Channel::new(kind, format!("Shop {external_id}"), external_id, id.into(), NOW)
        };
        assert_eq!(self.directory.add_channel(&channel).await.unwrap(), Saved::Done);
        channel
    }

    /// The customer `from` writes `text` at `at`.
    pub(crate) async fn customer_writes(
        &self,
        channel: &Channel,
        from: &str,
        text: &str,
        at: Timestamp,
    ) -> ConversationId {
        let event = Event {
            id: format!("event:{text}"),
            at,
            received_at: at,
            party: Party::User(from.to_owned()),
            participant: None,
            sender: Sender::default(),
            standby: false,
            body: EventBody::Message(CustomerMessage {
                provider_message_id: format!("message:{text}"),
                content: Content::text(text),
                reply_to: None,
                reply_token: None,
                read_token: None,
                referral: None,
            }),
        };
        let id = ConversationId::derive(channel.id, &event.party);
        let loaded = self.inbox.load(id, &reference(id, &event), false, at).await.unwrap();
        match apply((channel.id, channel.kind), &channel.settings, loaded, &event, at) {
            Applied::Changed(change) => {
                assert_eq!(self.inbox.commit(&change, at).await.unwrap(), Saved::Done);
            }
            Applied::Unchanged => panic!("`{text}` was said before"),
        }
        id
    }
}

fn context(caller: Caller) -> Option<ApiGatewayV2httpRequestContext> {
    let groups = match caller {
        Caller::Nobody => return None,
        Caller::Client(scopes) => {
            let claims = json!({ "sub": "c1", "client_id": "c1", "scope": scopes });
            let context = json!({
                "http": {"method": "GET"}, "timeEpoch": 0,
                "authorizer": {"jwt": {"claims": claims, "scopes": null}},
            });
            return Some(serde_json::from_value(context).unwrap());
        }
        Caller::Guest => "[everybody]",
        Caller::Operator | Caller::Person(_) | Caller::SignedIn(..) => "[operators]",
        Caller::Administrator => "[administrators]",
        Caller::Owner => "[owners]",
    };
    let (sub, name) = match caller {
        Caller::Person(id) | Caller::SignedIn(id, _) => (id, id),
        _ => ("person-1", "yamada"),
    };
    let mut claims = json!({ "sub": sub, "username": name, "cognito:groups": groups });
    if let Caller::SignedIn(_, at) = caller {
        claims["auth_time"] = json!(at.to_string());
    }
    let context = json!({
        "http": {"method": "GET"}, "timeEpoch": 0, "authorizer": {"jwt": {"claims": claims, "scopes": null}},
    });
    Some(serde_json::from_value(context).unwrap())
}
