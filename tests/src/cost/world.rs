//! The stack in this process, counted.

use std::collections::BTreeMap;

use aws_lambda_events::event::dynamodb::Event;
use aws_lambda_events::event::sqs::{SqsBatchResponse, SqsEvent};
use aws_lambda_events::event::streams::DynamoDbEventResponse;
use futures::future::BoxFuture;
use madoguchi_closing::Report;
use madoguchi_credentials::SecretNames;
use madoguchi_domain::{
    Channel, ChannelHealth, ChannelId, ChannelKind, ChannelSettings, ConnectionId, Span, Timestamp,
};
use madoguchi_runtime::{Clock, ClockHand};
use madoguchi_simulator::{Echo, Options, Simulator, Webhook, demo};
use madoguchi_store::{Directory, Inbox, Saved};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::environment::Environment;
use super::event::{self, HttpAnswer};
use super::meter::{Behind, Meter};
use super::people::Customer;
use super::{Function, Measured, pollers, template};
use crate::inbox::{PREFIX, START};
use crate::support::aws::{FakeAws, FakeQueue};
use crate::support::dynamo::{DIRECTORY, Dynamo, INBOX, StreamReader};

/// Both timers of the channels: chats are open for a day.
const CLOSE_AFTER_MINUTES: u32 = 1_440;

/// What functions are configured with.
#[derive(Clone, Debug)]
pub struct Wiring {
    /// Where each finds AWS and the providers.
    pub gates: BTreeMap<Function, String>,
    /// The URL of the inbound queue.
    pub inbound: String,
    /// The URL of the outbound queue.
    pub outbound: String,
    /// The URL of the profiles queue.
    pub profiles: String,
    /// The URL of the media queue.
    pub media: String,
    /// The URL of the search queue.
    pub search: String,
    /// The URL of the queue of reports.
    pub reports: String,
    /// The URL of the bot queue.
    pub bot: String,
}

/// Runs functions in another way than inside this process.
pub trait Elsewhere: Send {
    /// Hands `event` to `function`; returns its answer.
    fn invoke(&mut self, function: Function, event: Value) -> BoxFuture<'_, Value>;

    /// Bytes that each function has written to its log since the last time.
    fn take_logged(&mut self) -> BTreeMap<Function, usize>;

    /// Begins new environments.
    fn forget(&mut self);

    /// The last of what `function` has written to its log.
    fn said(&self, function: Function) -> String;
}

/// Everything that a message passes, with one Messenger and one LINE channel.
pub struct World {
    /// The tables.
    pub dynamo: Dynamo,
    /// The Inbox table, past the meter.
    pub inbox: Inbox,
    /// The providers. Their webhooks are kept until [`World::webhooks`] takes them.
    pub simulator: Simulator,
    clock: Clock,
    hand: Option<ClockHand>,
    meter: Meter,
    wiring: Wiring,
    inbound: FakeQueue,
    outbound: FakeQueue,
    profiles: FakeQueue,
    stream: StreamReader,
    runs: Runs,
    measured: Measured,
    pub(super) cast: Vec<Customer>,
    aws: FakeAws,
}

/// How functions are run.
enum Runs {
    Here(Box<Environment>),
    Elsewhere(Box<dyn Elsewhere>),
}

impl World {
    /// Functions in this process, at a time that stands still.
    pub async fn start() -> Self {
        let (clock, hand) = Clock::stopped_at(START);
        let here = clock.clone();
        let run = |wiring: &Wiring| Runs::Here(Box::new(Environment::new(wiring, &here)));
        Self::with(clock, Some(hand), run).await
    }

    /// Functions that `elsewhere` runs, at the time that it is.
    pub async fn elsewhere(elsewhere: impl FnOnce(&Wiring) -> Box<dyn Elsewhere>) -> Self {
        let run = |wiring: &Wiring| Runs::Elsewhere(elsewhere(wiring));
        Self::with(Clock::system(), None, run).await
    }

    async fn with(clock: Clock, hand: Option<ClockHand>, runs: impl FnOnce(&Wiring) -> Runs) -> Self {
        let dynamo = Dynamo::start(&clock).await;
        let aws = FakeAws::start(clock.clone()).await;
        // The echo of a message is there before the send is answered: it is always found when asked for.
        let simulator = Simulator::start(Options { echo: Echo::Before, ..Options::default() }).await.unwrap();
        let queue = |name| aws.create_queue(name);
        let (inbound, outbound, profiles) =
            (queue("inbound.fifo"), queue("outbound.fifo"), queue("profiles"));
        let meter = Meter::new(Behind {
            table: dynamo.clone(),
            aws_url: aws.url().to_owned(),
            provider_url: simulator.base_url.clone(),
        });
        let mut gates = BTreeMap::new();
        for function in Function::ALL {
            gates.insert(function, meter.gate(function).await);
        }
        let wiring = Wiring {
            gates,
            inbound: inbound.url().to_owned(),
            outbound: outbound.url().to_owned(),
            profiles: profiles.url().to_owned(),
            media: queue("media").url().to_owned(),
            search: queue("search").url().to_owned(),
            reports: queue("reports").url().to_owned(),
            bot: queue("bot.fifo").url().to_owned(),
        };
        let runs = runs(&wiring);
        let world = Self {
            inbox: Inbox::new(dynamo.clients().dynamodb(), INBOX),
            stream: dynamo.stream(),
            dynamo,
            simulator,
            clock,
            hand,
            meter,
            wiring,
            inbound,
            outbound,
            profiles,
            runs,
            measured: Measured::default(),
            cast: Vec::new(),
            aws,
        };
        world.furnish().await;
        world
    }

    async fn furnish(&self) {
        self.synchronize();
        let names = SecretNames::new(PREFIX);
        let app = json!({
            "app_id": demo::APP_ID, "app_secret": demo::APP_SECRET, "verify_token": demo::VERIFY_TOKEN,
        });
        self.aws.set_secret(&names.meta_app(), &app);
        let login = json!({
            "user_token": demo::LONG_USER_TOKEN, "pages": { demo::PAGE: demo::page_token(demo::PAGE) },
        });
        let messenger = self.add_channel(ChannelKind::Messenger, demo::PAGE).await;
        self.aws.set_secret(&names.connection(ChannelKind::Messenger, messenger.connection_id), &login);
        let line = self.add_channel(ChannelKind::Line, demo::LINE_CHANNEL).await;
        let secret = json!({ "channel_id": demo::LINE_CHANNEL, "channel_secret": demo::LINE_SECRET });
        self.aws.set_secret(&names.line_channel(line.id), &secret);
    }

    async fn add_channel(&self, kind: ChannelKind, external_id: &str) -> Channel {
        let id = ChannelId::derive(kind, external_id);
        let now = self.now();
        let connection = match kind {
            ChannelKind::Messenger => ConnectionId::derive(kind, external_id),
            _ => ConnectionId::from(id),
        };
        let channel = Channel {
            settings: ChannelSettings {
                unanswered_close_after_minutes: Some(CLOSE_AFTER_MINUTES),
                idle_close_after_minutes: Some(CLOSE_AFTER_MINUTES),
                ..ChannelSettings::default()
            },
            // Long enough ago that closers have brought them to every conversation.
            settings_changed_at: now - Span::from_days(1),
            health: ChannelHealth::Healthy { since: now },
            ..Channel::new(kind, "カスタマーサポート東京", external_id, connection, now)
        };
        let directory = Directory::new(self.dynamo.clients().dynamodb(), DIRECTORY);
        assert_eq!(directory.add_channel(&channel).await.unwrap(), Saved::Done);
        channel
    }

    /// The time.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Lets time pass, where it stands still.
    pub fn pass(&mut self, span: Span) {
        if let Some(hand) = &self.hand {
            hand.advance(span);
        }
        self.synchronize();
    }

    fn synchronize(&self) {
        if self.hand.is_some() {
            self.simulator.set_clock_offset_ms(self.now().as_ms() - Clock::system().now().as_ms());
        }
    }

    /// Begins new environments: the functions have forgotten what they knew.
    pub fn forget(&mut self) {
        match &mut self.runs {
            Runs::Here(environment) => **environment = Environment::new(&self.wiring, &self.clock),
            Runs::Elsewhere(elsewhere) => elsewhere.forget(),
        }
    }

    /// Begins to count anew.
    pub fn begin(&mut self) {
        self.finish(0);
    }

    /// What was counted since [`World::begin`], over `messages` messages.
    pub fn finish(&mut self, messages: u32) -> Measured {
        let measured = std::mem::take(&mut self.measured);
        let logged_bytes = match &mut self.runs {
            Runs::Here(_) => BTreeMap::new(),
            Runs::Elsewhere(elsewhere) => elsewhere.take_logged(),
        };
        Measured { messages, calls: self.meter.take(), logged_bytes, ..measured }
    }

    /// What the providers have told since the last time.
    pub fn webhooks(&self) -> Vec<Webhook> {
        self.simulator.take_webhooks()
    }

    /// A provider calls the webhook; everything is accepted.
    pub async fn deliver(&mut self, webhook: &Webhook) {
        let path = match webhook.provider {
            madoguchi_simulator::Provider::Messenger => "/webhooks/messenger".to_owned(),
            madoguchi_simulator::Provider::Line => {
                format!("/webhooks/line/{}", ChannelId::derive(ChannelKind::Line, &webhook.account))
            }
            other => unreachable!("no job is about {other:?}"),
        };
        let event = event::post(&path, &webhook.headers, &webhook.body, false, self.now().as_ms());
        let answer = self.http(Function::WebhookIngest, event).await;
        assert_eq!(answer.status, 200, "{}\n{}", answer.body, self.said(Function::WebhookIngest));
    }

    /// An operator calls the API; returns the answer's body.
    pub async fn call_api(&mut self, path: &str, headers: &[(String, String)], body: &Value) -> Value {
        let event = event::post(path, headers, &body.to_string(), true, self.now().as_ms());
        let answer = self.http(Function::InboxApi, event).await;
        assert_eq!(answer.status, 202, "{}\n{}", answer.body, self.said(Function::InboxApi));
        serde_json::from_str(&answer.body).unwrap()
    }

    /// An operator reads something; returns the answer's body.
    pub async fn ask_api(&mut self, path: &str) -> Value {
        let event = event::get(path, self.now().as_ms());
        let answer = self.http(Function::InboxApi, event).await;
        assert_eq!(answer.status, 200, "{}\n{}", answer.body, self.said(Function::InboxApi));
        serde_json::from_str(&answer.body).unwrap()
    }

    /// An operator's client tells the API something that has no answer.
    pub async fn tell_api(&mut self, path: &str, body: &Value) {
        let event = event::post(path, &[], &body.to_string(), true, self.now().as_ms());
        let answer = self.http(Function::InboxApi, event).await;
        assert_eq!(answer.status, 204, "{}\n{}", answer.body, self.said(Function::InboxApi));
    }

    /// Hands what is queued to `inbox-writer`, up to `batch` records at a time.
    pub async fn write(&mut self, batch: usize) {
        self.drain(Function::InboxWriter, batch).await;
    }

    /// Hands what is queued to `reply-dispatch`, up to `batch` records at a time.
    pub async fn dispatch(&mut self, batch: usize) {
        self.drain(Function::ReplyDispatch, batch).await;
    }

    /// Hands what is queued to `profile-fetch`.
    pub async fn fetch_profiles(&mut self) {
        self.drain(Function::ProfileFetch, usize::MAX).await;
    }

    /// Hands those changes of the table to `change-relay` that the template's filter lets through.
    pub async fn relay(&mut self) {
        let filters = template::stream_filters();
        loop {
            let mut event = self.stream.peek(template::batch_size(Function::ChangeRelay));
            if event.records.is_empty() {
                return;
            }
            let all = event.clone();
            event.records.retain(|record| {
                let record = serde_json::to_value(record).unwrap();
                filters.iter().any(|filter| template::matches(filter, &record))
            });
            let mut response = DynamoDbEventResponse::default();
            if !event.records.is_empty() {
                self.measured.invocations.push((Function::ChangeRelay, event.records.len()));
                response = self.run_stream(event).await;
            }
            assert!(response.batch_item_failures.is_empty(), "{response:?}");
            self.stream.checkpoint(&all, &response);
        }
    }

    /// Everything that follows from what has happened, but for what the providers tell about it.
    pub async fn settle(&mut self) {
        self.write(usize::MAX).await;
        self.relay().await;
        self.dispatch(usize::MAX).await;
        self.fetch_profiles().await;
        self.relay().await;
    }

    /// One tick of `unanswered-close`.
    pub async fn tick(&mut self) -> Report {
        self.measured.invocations.push((Function::UnansweredClose, 1));
        match &self.runs {
            Runs::Here(environment) => environment.tick().await,
            Runs::Elsewhere(_) => panic!("only functions that take part in messages run elsewhere"),
        }
    }

    async fn http(&mut self, function: Function, event: Value) -> HttpAnswer {
        self.measured.http_requests += 1;
        self.measured.invocations.push((function, 1));
        let answer = match &mut self.runs {
            Runs::Here(environment) => environment.http(function, &event).await,
            Runs::Elsewhere(elsewhere) => HttpAnswer::of(&elsewhere.invoke(function, event).await),
        };
        self.measured.answered_bytes += answer.bytes;
        answer
    }

    async fn drain(&mut self, function: Function, batch: usize) {
        let batch = batch.min(template::batch_size(function));
        loop {
            let queue = match function {
                Function::InboxWriter => &self.inbound,
                Function::ReplyDispatch => &self.outbound,
                _ => &self.profiles,
            };
            let event = queue.receive(batch);
            if event.records.is_empty() {
                assert!(queue.messages().is_empty(), "{function} left something behind");
                return;
            }
            let queue = queue.clone();
            self.measured.invocations.push((function, event.records.len()));
            self.measured.polled += pollers::requests_of_batch(&event);
            let response = self.run_sqs(function, event.clone()).await;
            let failed = response.batch_item_failures.len();
            assert_eq!(failed, 0, "{function} failed\n{}", self.said(function));
            queue.settle(&event, &response);
        }
    }

    fn said(&self, function: Function) -> String {
        match &self.runs {
            Runs::Here(_) => String::new(),
            Runs::Elsewhere(elsewhere) => elsewhere.said(function),
        }
    }

    async fn run_sqs(&mut self, function: Function, event: SqsEvent) -> SqsBatchResponse {
        match &mut self.runs {
            Runs::Here(environment) => environment.sqs(function, event).await,
            Runs::Elsewhere(elsewhere) => answered(elsewhere, function, &event).await,
        }
    }

    async fn run_stream(&mut self, event: Event) -> DynamoDbEventResponse {
        match &mut self.runs {
            Runs::Here(environment) => environment.stream(event).await,
            Runs::Elsewhere(elsewhere) => answered(elsewhere, Function::ChangeRelay, &event).await,
        }
    }
}

async fn answered<E: Serialize, A: DeserializeOwned>(
    elsewhere: &mut Box<dyn Elsewhere>,
    function: Function,
    event: &E,
) -> A {
    let answer = elsewhere.invoke(function, serde_json::to_value(event).unwrap()).await;
    serde_json::from_value(answer).unwrap()
}
