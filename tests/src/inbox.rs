//! The whole inbox in this process: the functions as they are, over an in-process table, queues,
//! secrets and simulated providers. Time stands still until a test moves it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use assign::Assigner;
use audit_writer::AuditWriter;
use aws_lambda_events::event::dynamodb::Event;
use aws_lambda_events::event::streams::DynamoDbEventResponse;
use axum::Router;
use axum::body::{Body, Bytes, to_bytes};
use axum::extract::Request;
use axum::http::HeaderMap;
use bot_answer::BotAnswerer;
use change_relay::{Queues, Relay};
use channel_mail::ChannelMail;
use inbox_writer::Writer;
use lambda_http::request::RequestContext;
use lambda_http::{IntoResponse as _, Service as _};
use madoguchi_api::{
    AdminApi, Api, ConnectApi, DeskApi, NotificationsApi, OrganisationApi, ReportsApi, RolesClaim,
    WebhooksApi, admin_routes, answering, connect_routes, desk_routes, notification_routes, once,
    organisation_routes, report_routes, routes, webhook_routes,
};
use madoguchi_channels::ProviderHttp;
use madoguchi_channels::messenger::GraphConfig;
use madoguchi_closing::{Closer, Report};
use madoguchi_credentials::{Credentials, SecretNames};
use madoguchi_domain::deadline::DeadlineKind;
use madoguchi_domain::{
    Channel, ChannelHealth, ChannelId, ChannelKind, ChannelSettings, ConnectionId, Conversation,
    ConversationId, Message, MessageKey, Party, Span, Timestamp,
};
use madoguchi_runtime::batch::{Invocation, process, process_changes};
use madoguchi_runtime::http::provider_client;
use madoguchi_runtime::outgoing::Receivers;
use madoguchi_runtime::signature::WebhookKeys;
use madoguchi_runtime::unsubscribe::UnsubscribeKeys;
use madoguchi_runtime::web_push::VapidKeys;
use madoguchi_runtime::{Aws, Clock, ClockHand, Metrics, ProviderConfig, Queue, SecretCache, SecretWriter};
use madoguchi_simulator::demo;
use madoguchi_simulator::{Options, Provider, Simulator};
use madoguchi_store::assignment::AssignmentWork;
use madoguchi_store::directory::Connection;
use madoguchi_store::{
    Audit, ChannelCache, Deliveries, Directory, Inbox, ListenerCache, Live, NotifyWork, Reports, Requests,
    Saved, Search, SenderCache, WebhookCache,
};
use media_fetch::{Addresses, MediaFetcher};
use notify::Notifier;
use pending_sweep::{SweepError, Sweeper, Swept};
use profile_fetch::Fetcher;
use reply_dispatch::Dispatcher;
use report_writer::{Counter, Watcher};
use scheduled_send::{Report as Scheduled, Scheduler};
use search_index::Indexer;
use serde_json::{Value, json};
use ticket_convert::{Report as Ticketed, Tickets};
use token_refresh::TokenRefresh;
use tokio::sync::Mutex;
use webhook_ingest::Ingest;
use webhook_send::WebhookSender;

use crate::support::aws::{FakeAws, FakeQueue, clients};
use crate::support::dynamo::{
    AUDIT, DELIVERIES, DIRECTORY, Dynamo, INBOX, LIVE, REPORTS, REQUESTS, SEARCH, StreamReader,
};
use crate::support::fault::Faults;
use crate::support::files::Files;
use crate::support::s3::{BUCKET, FakeS3};
use crate::support::serve_with;
use crate::support::ses::FakeSes;
use crate::support::twilio::{self, FakeTwilio};

/// When every test begins: 2026-11-01T00:00:00Z.
pub const START: Timestamp = Timestamp::from_ms(1_793_491_200_000);
/// Where customers' apps reach the stack.
pub const PUBLIC: &str = "https://inbox.example";
/// Where administrators act, and where browsers go back to after a login.
pub const CONSOLE: &str = "https://console.example/console/";
/// Where clients connect for live updates.
pub const LIVE_URL: &str = "wss://live.example/live";
/// How long the audit log is kept.
pub const AUDIT_KEPT: Span = Span::from_days(365);
/// How long what reports are made of is kept.
pub const REPORTS_KEPT: Span = Span::from_days(400);
/// How many items a step of making the index of search anew reads.
pub const REBUILT_AT_ONCE: usize = 7;
/// What e-mail is sent from.
pub const MAIL_FROM: &str = "madoguchi@example.com";
/// Who gets e-mail beside the administrators who are known.
pub const ADMINISTRATORS: &str = "administrators@example.com";
/// What the names of secrets begin with.
pub const PREFIX: &str = "madoguchi";

/// Everything, with one Messenger and one LINE channel that work.
pub struct TestInbox {
    /// Moves the time.
    pub hand: ClockHand,
    /// Tells the time.
    pub clock: Clock,
    /// The providers.
    pub simulator: Simulator,
    /// Twilio's REST API; its channels are there after [`TestInbox::add_twilio`].
    pub twilio: FakeTwilio,
    /// SQS and Secrets Manager.
    pub aws: FakeAws,
    /// The table.
    pub dynamo: Dynamo,
    /// Where webhooks leave their events.
    pub inbound: FakeQueue,
    /// Where replies wait.
    pub outbound: FakeQueue,
    /// Where contacts wait.
    pub profiles: FakeQueue,
    /// Where files wait.
    pub media: FakeQueue,
    /// Where conversations wait for being given to somebody.
    pub assignment: FakeQueue,
    /// Where messages wait for becoming part of a ticket.
    pub tickets: FakeQueue,
    /// Where events wait for being told to other systems.
    pub webhooks: FakeQueue,
    /// Where what operators are told waits.
    pub notify: FakeQueue,
    /// What other systems were told.
    pub deliveries: Deliveries,
    /// The bucket.
    pub s3: FakeS3,
    /// Where the providers hand out files.
    pub files: Files,
    /// What is sent by e-mail.
    pub ses: FakeSes,
    /// The tables as the functions see them, without faults in between.
    pub inbox: Inbox,
    /// The same for the Directory.
    pub directory: Directory,
    /// The same for what is found.
    pub search: Search,
    /// Where what was said waits to be taken note of.
    pub search_queue: FakeQueue,
    /// Where what counts for reports waits.
    pub reports_queue: FakeQueue,
    /// What reports are made of.
    pub reports: Reports,
    /// Where customers wait for a bot.
    pub bot_queue: FakeQueue,
    /// Where the simulator sends webhooks.
    pub front: String,
    stream: Mutex<StreamReader>,
    directory_stream: Mutex<StreamReader>,
    mail_stream: Mutex<StreamReader>,
    functions: Functions,
}

/// Where the providers answer the functions.
struct ProviderUrls {
    simulator: String,
    twilio: String,
}

/// The functions, behind the proxy of a test that breaks things.
struct Functions {
    writer: Writer,
    written: Metrics,
    connected: Metrics,
    token_refresh: TokenRefresh,
    relay: Relay,
    audit_writer: AuditWriter,
    channel_mail: ChannelMail,
    dispatcher: Dispatcher,
    dispatched: Metrics,
    sweeper: Sweeper,
    fetcher: Fetcher,
    media_fetcher: MediaFetcher,
    closer: Closer,
    scheduler: Scheduler,
    assigner: Assigner,
    tickets: Tickets,
    indexer: Indexer,
    counter: Counter,
    watcher: Watcher,
    bots: BotAnswerer,
    webhook_sender: WebhookSender,
    told: Metrics,
    notifier: Notifier,
    api: Router,
    outbound: Queue,
    media: Queue,
}

impl TestInbox {
    /// Starts everything.
    pub async fn start() -> Self {
        Self::behind(None, false).await
    }

    /// The same, with `faults` between the functions and everything that they call.
    pub async fn with_faults(faults: &Faults) -> Self {
        Self::behind(Some(faults), false).await
    }

    /// The same as [`TestInbox::start`], with Twilio played by the simulator and both of its channels there.
    pub async fn with_simulated_twilio() -> Self {
        let test = Self::behind(None, true).await;
        test.add_twilio().await;
        for kind in [ChannelKind::WhatsApp, ChannelKind::Sms] {
            let url = format!("{}/webhooks/twilio/{}", test.front, Self::channel_id(kind));
            test.simulator.set_twilio_webhook(twilio::sender(kind), &url);
        }
        test
    }

    #[expect(clippy::too_many_lines, reason = "everything is wired here")]
    async fn behind(faults: Option<&Faults>, simulated_twilio: bool) -> Self {
        let (clock, hand) = Clock::stopped_at(START);
        let dynamo = Dynamo::start(&clock).await;
        let aws = FakeAws::start(clock.clone()).await;
        let simulator = Simulator::start(Options::default()).await.unwrap();
        let (s3, files, ses) = (FakeS3::start().await, Files::start().await, FakeSes::start().await);
        let media = aws.create_queue("media");
        media.set_max_receive_count(30);
        let assignment = aws.create_queue("assignment.fifo");
        let tickets = aws.create_queue("tickets");
        let webhooks = aws.create_queue("webhooks");
        webhooks.set_max_receive_count(5);
        let notify = aws.create_queue("notify");
        let (inbound, outbound, profiles) = (
            aws.create_queue("inbound.fifo"),
            aws.create_queue("outbound.fifo"),
            aws.create_queue("profiles"),
        );
        let through = async |url: &str| match faults {
            Some(faults) => faults.proxy(url).await,
            None => url.to_owned(),
        };
        let (table_url, aws_url) = (through(dynamo.url()).await, through(aws.url()).await);
        let twilio = FakeTwilio::start().await;
        let providers = ProviderUrls {
            simulator: through(&simulator.base_url).await,
            twilio: through(if simulated_twilio { &simulator.base_url } else { twilio.url() }).await,
        };
        let (s3_url, files_url) = (through(s3.url()).await, through(files.url()).await);
        let ses_url = through(ses.url()).await;
        // Not behind the faults: it takes the echoes of sends while another function is being ended.
        let secrets = SecretCache::new(aws.clients().secrets(), clock.clone());
        let queue = Queue::new(aws.clients().sqs(), inbound.url());
        let names = SecretNames::new(PREFIX);
        let metrics = Metrics::new("webhook_ingest");
        let ingest =
            |public: &str| Ingest::new(secrets, names, queue, clock.clone(), metrics, 1_048_576, public);
        let front = serve_with(|public| front(ingest(public))).await;
        let (search_queue, bot_queue) = (aws.create_queue("search"), aws.create_queue("bot.fifo"));
        let reports_queue = aws.create_queue("reports");
        let queues = [
            &inbound,
            &outbound,
            &profiles,
            &media,
            &search_queue,
            &bot_queue,
            &webhooks,
            &tickets,
            &assignment,
            &notify,
            &reports_queue,
        ];
        let urls = Urls {
            table: &table_url,
            aws: &aws_url,
            providers: &providers,
            front: &front,
            s3: &s3_url,
            files: &files_url,
            ses: &ses_url,
        };
        let functions = Functions::new(&clock, urls, queues);

        let client = dynamo.clients().dynamodb();
        let stream = Mutex::new(dynamo.stream());
        let directory_stream = Mutex::new(dynamo.directory_stream());
        let mail_stream = Mutex::new(dynamo.directory_stream());
        let test = Self {
            inbox: Inbox::new(client.clone(), INBOX),
            deliveries: Deliveries::new(client.clone(), DELIVERIES),
            directory: Directory::new(client.clone(), DIRECTORY),
            search: Search::new(client.clone(), SEARCH),
            reports: Reports::new(client, REPORTS, REPORTS_KEPT),
            reports_queue,
            hand,
            clock,
            simulator,
            twilio,
            aws,
            dynamo,
            inbound,
            outbound,
            profiles,
            media,
            tickets,
            search_queue,
            assignment,
            bot_queue,
            webhooks,
            notify,
            s3,
            files,
            ses,
            front,
            stream,
            directory_stream,
            mail_stream,
            functions,
        };
        test.furnish().await;
        test
    }

    /// One working channel of each kind.
    async fn furnish(&self) {
        self.set_time(START);
        let app = json!({
            "app_id": demo::APP_ID, "app_secret": demo::APP_SECRET, "verify_token": demo::VERIFY_TOKEN,
        });
        self.aws.set_secret(&format!("{PREFIX}/meta-app"), &app);
        self.aws.set_secret(&format!("{PREFIX}/webhook-key"), &json!({ "key": "test-webhook-key" }));
        let login = json!({
            "user_token": demo::LONG_USER_TOKEN, "pages": { demo::PAGE: demo::page_token(demo::PAGE) },
        });
        let names = SecretNames::new(PREFIX);
        let messenger = self.add_channel(ChannelKind::Messenger, demo::PAGE).await;
        self.aws.set_secret(&names.connection(ChannelKind::Messenger, messenger.connection_id), &login);
        let line = self.add_channel(ChannelKind::Line, demo::LINE_CHANNEL).await;
        let secret = json!({ "channel_id": demo::LINE_CHANNEL, "channel_secret": demo::LINE_SECRET });
        self.aws.set_secret(&names.line_channel(line.id), &secret);
        self.simulator.set_api(&self.front);
        self.simulator
            .set_line_webhook(demo::LINE_CHANNEL, &format!("{}/webhooks/line/{}", self.front, line.id));
    }

    /// A WhatsApp sender and one of SMS, both of one account that calls by its token.
    pub async fn add_twilio(&self) {
        let secret = json!({ "account_sid": twilio::ACCOUNT, "auth_token": twilio::AUTH_TOKEN });
        for kind in [ChannelKind::WhatsApp, ChannelKind::Sms] {
            let channel = self.add_channel(kind, twilio::sender(kind)).await;
            self.aws.set_secret(&SecretNames::new(PREFIX).twilio_channel(channel.id), &secret);
        }
    }

    async fn add_channel(&self, kind: ChannelKind, external_id: &str) -> Channel {
        let id = ChannelId::derive(kind, external_id);
        let connection_id = match kind {
            ChannelKind::Messenger => ConnectionId::derive(kind, external_id),
            _ => ConnectionId::from(id),
        };
        let channel = Channel {
            settings_changed_at: START - Span::from_days(1),
            health: ChannelHealth::Healthy { since: START },
            ..Channel::new(kind, format!("Test {kind}"), external_id, connection_id, START)
        };
        assert_eq!(self.directory.add_channel(&channel).await.unwrap(), Saved::Done);
        let connection = Connection {
            id: connection_id,
            kind,
            channels: vec![id],
            linked: None,
            authorized_at: START,
            expires_at: None,
            pages: vec![external_id.to_owned()],
            checked_at: None,
            check_at: START + Span::from_days(1),
        };
        self.directory.put_connection(&connection).await.unwrap();
        channel
    }

    /// The channel of a kind.
    pub fn channel_id(kind: ChannelKind) -> ChannelId {
        let account = match kind {
            ChannelKind::Messenger => demo::PAGE,
            ChannelKind::Line => demo::LINE_CHANNEL,
            ChannelKind::WhatsApp | ChannelKind::Sms => twilio::sender(kind),
        };
        ChannelId::derive(kind, account)
    }

    /// The channel as it is now.
    pub async fn channel(&self, kind: ChannelKind) -> Channel {
        self.directory.channel(Self::channel_id(kind)).await.unwrap().unwrap()
    }

    /// Changes a channel's settings, as an administrator does.
    pub async fn set(&self, kind: ChannelKind, settings: &ChannelSettings) {
        settings.check().unwrap();
        let before = self.channel(kind).await;
        let channel = Channel { settings: settings.clone(), ..before.clone() };
        let now = self.clock.now();
        let saved = self.directory.change_channel(&channel, before.settings_changed_at, now).await.unwrap();
        assert_eq!(saved, Saved::Done);
    }

    /// Sets the time, here and at the providers.
    pub fn set_time(&self, now: Timestamp) {
        self.hand.set(now);
        self.simulator.set_clock_offset_ms(now.as_ms() - machine_ms());
    }

    /// Lets time pass.
    pub fn pass(&self, span: Span) {
        self.set_time(self.clock.now() + span);
    }

    /// A customer writes; the webhook is answered 200. Returns the conversation.
    pub async fn customer_writes(&self, kind: ChannelKind, customer: &str, text: &str) -> ConversationId {
        let provider = match kind {
            ChannelKind::Messenger => Provider::Messenger,
            ChannelKind::Line => Provider::Line,
            ChannelKind::WhatsApp => Provider::WhatsApp,
            ChannelKind::Sms => Provider::Sms,
        };
        let performed = self.simulator.write(provider, customer, text).await.unwrap();
        ConversationId::derive(Self::channel_id(kind), &Party::User(performed.peer))
    }

    /// Hands what is queued to `inbox-writer`.
    pub async fn write(&self) {
        self.inbound
            .drain(10, async |event| {
                process(event, self.invocation(None), async |record| {
                    let body = record.body.unwrap_or_default();
                    Ok(self.functions.writer.handle(&body, self.clock.now()).await?)
                })
                .await
            })
            .await;
    }

    /// Hands one record to `inbox-writer`, past the queue.
    pub async fn write_record(&self, body: &str) {
        self.functions.writer.handle(body, self.clock.now()).await.unwrap();
    }

    /// What a re-authorization leaves behind: a new page token, and a channel that may send.
    pub async fn reauthorize(&self) {
        let user_token = self.simulator.log_in();
        let channel = self.channel(ChannelKind::Messenger).await;
        let url =
            format!("{}/v26.0/me/accounts?limit=100&access_token={user_token}", self.simulator.base_url);
        let pages: serde_json::Value = reqwest_client().get(url).send().await.unwrap().json().await.unwrap();
        let page = pages["data"].as_array().unwrap().iter().find(|page| page["id"] == demo::PAGE).unwrap();
        let login = json!({ "user_token": user_token, "pages": { demo::PAGE: page["access_token"] } });
        let name = SecretNames::new(PREFIX).connection(ChannelKind::Messenger, channel.connection_id);
        self.aws.set_secret(&name, &login);
        assert_eq!(self.directory.release_channel(channel.id, self.clock.now()).await.unwrap(), Saved::Done);
    }

    /// Hands the table's changes to `change-relay`.
    pub async fn relay(&self) {
        let mut stream = self.stream.lock().await;
        stream
            .drain(100, async |event| {
                process_changes(event, self.invocation(None), async |records| {
                    Ok(self.functions.relay.handle(records).await?)
                })
                .await
            })
            .await;
    }

    /// Hands the Directory table's changes to `audit-writer`.
    pub async fn write_audit(&self) {
        let mut stream = self.directory_stream.lock().await;
        stream
            .drain(100, async |event| {
                process_changes(event, self.invocation(None), async |records| {
                    Ok(self.functions.audit_writer.handle(records).await?)
                })
                .await
            })
            .await;
    }

    /// Hands `event` to `audit-writer`, past the stream.
    pub async fn write_audit_event(&self, event: Event) -> DynamoDbEventResponse {
        process_changes(event, self.invocation(None), async |records| {
            Ok(self.functions.audit_writer.handle(records).await?)
        })
        .await
    }

    /// Hands the Directory table's changes to `channel-mail`, in batches as the template has them.
    pub async fn mail(&self) {
        let mut stream = self.mail_stream.lock().await;
        stream.drain(10, async |event| self.mail_event(event).await).await;
    }

    /// Hands `event` to `channel-mail`, past the stream.
    pub async fn mail_event(&self, event: Event) -> DynamoDbEventResponse {
        process_changes(event, self.invocation(None), async |records| {
            Ok(self.functions.channel_mail.handle(records).await?)
        })
        .await
    }

    /// Hands what is queued to `reply-dispatch`, in batches as the template has them.
    pub async fn dispatch(&self) {
        self.outbound
            .drain(10, async |event| {
                let invocation = self.invocation(Some(&self.functions.outbound));
                process(event, invocation, async |record| {
                    let deadline = self.clock.now() + Span::from_secs(30);
                    self.functions.dispatcher.record(&record.body.unwrap_or_default(), deadline).await
                })
                .await
            })
            .await;
    }

    /// Hands the table's changes to `change-relay` and what follows to `assign`, until nothing follows any more.
    pub async fn assign(&self) {
        for _ in 0..100 {
            self.relay().await;
            if self.assignment.messages().is_empty() {
                return;
            }
            self.assignment
                .drain(10, async |event| {
                    process(event, self.invocation(None), async |record| {
                        let stop_at = self.clock.now() + Span::from_secs(50);
                        Ok(self.functions.assigner.handle(&record.body.unwrap_or_default(), stop_at).await?)
                    })
                    .await
                })
                .await;
        }
        panic!("the work does not come to an end");
    }

    /// Hands one piece of work to `assign`, past the queue.
    pub async fn assign_record(&self, work: &AssignmentWork) {
        let body = serde_json::to_string(work).unwrap();
        self.functions.assigner.handle(&body, self.clock.now() + Span::from_secs(50)).await.unwrap();
    }

    /// Hands one piece of work to `assign`, past the queue, with time for no more than its beginning.
    pub async fn assign_without_time(&self, body: &str) {
        self.functions.assigner.handle(body, self.clock.now()).await.unwrap();
    }

    /// Hands what is queued to `profile-fetch`.
    pub async fn fetch_profiles(&self) {
        self.profiles
            .drain(5, async |event| {
                process(event, self.invocation(None), async |record| {
                    let body = record.body.unwrap_or_default();
                    Ok(self.functions.fetcher.handle(&body).await?)
                })
                .await
            })
            .await;
    }

    /// Hands what is queued to `media-fetch`, in batches as the template has them.
    pub async fn fetch_media(&self) {
        self.media
            .drain(1, async |event| {
                process(event, self.invocation(Some(&self.functions.media)), async |record| {
                    self.functions.media_fetcher.record(&record.body.unwrap_or_default()).await
                })
                .await
            })
            .await;
    }

    /// Lets bots answer what customers have said to them, and sends what they say.
    pub async fn answer_bots(&self) {
        self.relay().await;
        self.bot_queue
            .drain(10, async |event| {
                process(event, self.invocation(None), async |record| {
                    Ok(self.functions.bots.handle(&record.body.unwrap_or_default()).await?)
                })
                .await
            })
            .await;
        self.relay().await;
        self.dispatch().await;
    }

    /// Hands one record to `bot-answer`, past the queue.
    pub async fn bot_record(&self, body: &str) {
        self.functions.bots.handle(body).await.unwrap();
    }

    /// Has search take note of what has happened, in batches as the template has them.
    pub async fn index(&self) {
        self.relay().await;
        self.search_queue.drain(100, async |event| self.functions.indexer.batch(event).await).await;
    }

    /// Has what happened counted for reports, in batches as the template has them.
    pub async fn count(&self) {
        self.relay().await;
        self.reports_queue.drain(100, async |event| self.functions.counter.batch(event).await).await;
    }

    /// Hands `event` of the queue of reports to `report-writer`, past the queue.
    pub async fn count_event(
        &self,
        event: aws_lambda_events::event::sqs::SqsEvent,
    ) -> aws_lambda_events::event::sqs::SqsBatchResponse {
        self.functions.counter.batch(event).await
    }

    /// One tick of `report-writer`.
    pub async fn watch(&self) {
        self.functions.watcher.look(self.clock.now()).await.unwrap();
    }

    /// Hands `event` of the search queue to `search-index`, past the queue.
    pub async fn note(&self, event: aws_lambda_events::event::sqs::SqsEvent) {
        let response = self.functions.indexer.batch(event).await;
        assert_eq!(response.batch_item_failures.len(), 0);
    }

    /// The same until the index has been made anew: each step leads to the next.
    pub async fn index_all(&self) {
        loop {
            self.index().await;
            self.relay().await;
            if self.search_queue.messages().is_empty() {
                return;
            }
        }
    }

    /// Hands what is queued to `webhook-send`, in batches as the template has them.
    pub async fn tell(&self) {
        self.webhooks
            .drain(10, async |event| {
                process(event, self.invocation(None), async |record| {
                    Ok(self.functions.webhook_sender.handle(&record.body.unwrap_or_default()).await?)
                })
                .await
            })
            .await;
    }

    /// Hands what is queued to `notify`.
    pub async fn notify(&self) {
        self.notify
            .drain(10, async |event| {
                process(event, self.invocation(None), async |record| {
                    Ok(self.functions.notifier.handle(&record.body.unwrap_or_default()).await?)
                })
                .await
            })
            .await;
    }

    /// Hands one record to `notify`, past the queue.
    pub async fn notify_record(&self, work: &NotifyWork) -> Result<(), notify::Failure> {
        self.functions.notifier.handle(&serde_json::to_string(work).unwrap()).await
    }

    /// Hands one record to `webhook-send`, past the queue.
    pub async fn tell_record(&self, body: &str) {
        self.functions.webhook_sender.handle(body).await.unwrap();
    }

    /// What `webhook-send` has counted under a name.
    pub fn told_counted(&self, name: &str) -> u64 {
        self.functions.told.counted(name)
    }

    /// Everything that follows from what has happened, until nothing follows any more.
    pub async fn settle(&self) {
        self.write().await;
        self.relay().await;
        self.dispatch().await;
        self.fetch_profiles().await;
        if !self.media.messages().is_empty() {
            self.fetch_media().await;
            // A reply whose file is ready now.
            self.relay().await;
            self.dispatch().await;
        }
        // What was sent comes back as an echo.
        self.write().await;
        self.relay().await;
        self.write_audit().await;
    }

    /// One tick of a closer.
    pub async fn tick(&self, kind: DeadlineKind) -> Report {
        self.functions.closer.tick(kind, self.clock.now(), &|| false).await.unwrap()
    }

    /// One tick of a closer that finds its time over when it has asked so many times.
    pub async fn tick_with_time_for(&self, kind: DeadlineKind, times: usize) -> Report {
        let asked = AtomicUsize::new(0);
        let out_of_time = || asked.fetch_add(1, Ordering::Relaxed) >= times;
        self.functions.closer.tick(kind, self.clock.now(), &out_of_time).await.unwrap()
    }

    /// One tick of `scheduled-send`.
    pub async fn schedule(&self) -> Scheduled {
        self.functions.scheduler.tick(self.clock.now(), &|| false).await
    }

    /// Hands what is queued to `ticket-convert`, in batches as the template has them.
    pub async fn start_tickets(&self) {
        self.tickets
            .drain(10, async |event| {
                process(event, self.invocation(None), async |record| {
                    let body = record.body.unwrap_or_default();
                    self.functions.tickets.handle(&body, self.clock.now()).await?;
                    Ok(())
                })
                .await
            })
            .await;
    }

    /// Hands one record to `ticket-convert`, past the queue.
    pub async fn start_ticket(&self, body: &str) {
        self.functions.tickets.handle(body, self.clock.now()).await.unwrap();
    }

    /// One tick of `ticket-convert`.
    pub async fn make_tickets(&self) -> Ticketed {
        self.functions.tickets.tick(self.clock.now(), &|| false).await
    }

    /// One run of `token-refresh`.
    pub async fn refresh_tokens(&self) -> token_refresh::Report {
        self.functions.token_refresh.run(self.clock.now()).await.unwrap()
    }

    /// One sweep of `pending-sweep`.
    pub async fn sweep(&self) -> Swept {
        self.functions.sweeper.sweep(self.clock.now()).await.unwrap()
    }

    /// One sweep of `pending-sweep` that may fail in part.
    pub async fn sweep_through_faults(&self) -> Result<Swept, SweepError> {
        self.functions.sweeper.sweep(self.clock.now()).await
    }

    /// An operator answers; returns the reply's key.
    pub async fn answer(&self, conversation: ConversationId, key: &str, text: &str) -> MessageKey {
        let (status, body) = self.post_reply(conversation, key, text).await;
        assert_eq!(status, 202, "{body}");
        body["id"].as_str().unwrap().parse().unwrap()
    }

    /// An operator's client posts a reply; returns what the API answers.
    pub async fn post_reply(&self, conversation: ConversationId, key: &str, text: &str) -> (u16, Value) {
        self.post_draft(conversation, key, &json!({ "text": text })).await
    }

    /// The same for anything that can be sent.
    pub async fn post_draft(&self, conversation: ConversationId, key: &str, draft: &Value) -> (u16, Value) {
        let path = format!("/api/conversations/{conversation}/messages");
        self.call("POST", &path, Some(key), draft).await
    }

    /// What the API shows an operator.
    pub async fn get(&self, path: &str) -> Value {
        let (status, body) = self.call("GET", path, None, &Value::Null).await;
        assert_eq!(status, 200, "{path}: {body}");
        body
    }

    /// The whole API, errors included.
    pub fn api(&self) -> Router {
        self.functions.api.clone()
    }

    /// An operator's client calls the API; returns what it answers.
    pub async fn call(&self, method: &str, path: &str, key: Option<&str>, body: &Value) -> (u16, Value) {
        self.call_as(("operator-1", "operators"), method, path, key, body).await
    }

    /// Makes the operator of the tests the one who connected the channel.
    pub async fn install(&self, kind: ChannelKind) {
        self.get("/api/me").await;
        let text = aws_sdk_dynamodb::types::AttributeValue::S;
        let client = self.dynamo.clients().dynamodb();
        let update = client.update_item().table_name(crate::support::dynamo::DIRECTORY);
        let update =
            update.key("pk", text("channel".into())).key("sk", text(Self::channel_id(kind).to_string()));
        let update = update.update_expression("SET installer = :installer");
        update.expression_attribute_values(":installer", text("operator-1".into())).send().await.unwrap();
    }

    /// That operator deletes a conversation for ever. What it was made of is still there.
    pub async fn delete_for_ever(&self, kind: ChannelKind, id: ConversationId) {
        self.install(kind).await;
        let confirm = json!({ "confirm": id });
        let (status, body) = self.call("DELETE", &format!("/api/conversations/{id}"), None, &confirm).await;
        assert_eq!(status, 200, "{body}");
    }

    /// An administrator calls the API; returns what it answers, which is a success.
    pub async fn administered(&self, method: &str, path: &str, body: &Value) -> Value {
        let (status, answer) = self.administer(method, path, body).await;
        assert!((200..300).contains(&status), "{method} {path}: {status} {answer}");
        answer
    }

    /// The person of `group` calls the API, with an idempotency key where the route takes one.
    pub async fn call_as(
        &self,
        (person, group): (&str, &str),
        method: &str,
        path: &str,
        key: Option<&str>,
        body: &Value,
    ) -> (u16, Value) {
        let claims = json!({ "sub": person, "cognito:groups": format!("[{group}]") });
        let mut request = Request::builder().method(method).uri(path);
        if let Some(key) = key {
            request = request.header("Idempotency-Key", key);
        }
        let answer = self.requested(request.body(Body::from(body.to_string())).unwrap(), claims).await;
        let status = answer.status().as_u16();
        let location = answer.headers().get("location").map(|link| link.to_str().unwrap().to_owned());
        let body = to_bytes(answer.into_body(), usize::MAX).await.unwrap();
        let body = || if body.is_empty() { Value::Null } else { serde_json::from_slice(&body).unwrap() };
        (status, location.map_or_else(body, Value::from))
    }

    /// An administrator's client calls the API; returns what it answers.
    pub async fn administer(&self, method: &str, path: &str, body: &Value) -> (u16, Value) {
        let answer = self.administrators(method, path, body).await;
        let status = answer.status().as_u16();
        let body = to_bytes(answer.into_body(), usize::MAX).await.unwrap();
        (status, if body.is_empty() { Value::Null } else { serde_json::from_slice(&body).unwrap() })
    }

    /// The same for the administrator called `name`.
    pub async fn administer_as(&self, name: &str, method: &str, path: &str, body: &Value) -> (u16, Value) {
        self.call_as((name, "administrators"), method, path, None, body).await
    }

    /// An administrator's client sends `bytes` as they are; returns everything that it answers.
    pub async fn administrators_send(
        &self,
        method: &str,
        path: &str,
        bytes: Vec<u8>,
    ) -> axum::response::Response {
        let claims = json!({
            "sub": "administrator-1", "name": "Suzuki", "cognito:groups": "[administrators]",
        });
        let request = Request::builder().method(method).uri(path);
        self.requested(request.body(Body::from(bytes)).unwrap(), claims).await
    }

    /// The same; returns everything that it answers.
    pub async fn administrators(&self, method: &str, path: &str, body: &Value) -> axum::response::Response {
        let claims = json!({
            "sub": "administrator-1", "name": "Suzuki", "cognito:groups": "[administrators]",
        });
        let request = Request::builder().method(method).uri(path);
        self.requested(request.body(Body::from(body.to_string())).unwrap(), claims).await
    }

    /// Somebody who did not sign in calls the API, as providers and browsers do; returns everything that it answers.
    pub async fn stranger(&self, method: &str, path: &str, body: &str) -> (u16, HeaderMap, String) {
        let request = Request::builder().method(method).uri(path).body(Body::from(body.to_owned())).unwrap();
        let answer = self.requested(request, Value::Null).await;
        let (head, body) = answer.into_parts();
        let body = to_bytes(body, usize::MAX).await.unwrap();
        (head.status.as_u16(), head.headers, String::from_utf8(body.to_vec()).unwrap())
    }

    /// What `connect-api` has counted under a name.
    pub fn connect_counted(&self, name: &str) -> u64 {
        self.functions.connected.counted(name)
    }

    /// A browser without a sign-in of ours opens an address of the API; its status, where it leads, and what it shows.
    pub async fn browse(&self, path: &str) -> (u16, Option<String>, String) {
        let mut request = Request::builder().uri(path).body(Body::empty()).unwrap();
        let http = json!({ "method": "GET", "sourceIp": "198.51.100.7", "userAgent": "Browser/2" });
        let context = RequestContext::ApiGatewayV2(
            serde_json::from_value(json!({ "http": http, "timeEpoch": 0 })).unwrap(),
        );
        request.extensions_mut().insert(context);
        let answer = self.functions.api.clone().call(request).await.unwrap();
        let location = answer.headers().get("location").map(|to| to.to_str().unwrap().to_owned());
        let status = answer.status().as_u16();
        let body = to_bytes(answer.into_body(), usize::MAX).await.unwrap();
        (status, location, String::from_utf8(body.to_vec()).unwrap())
    }

    /// What the API answers to somebody with these claims.
    pub async fn requested(&self, mut request: Request, claims: Value) -> axum::response::Response {
        let authorizer = match claims {
            Value::Null => Value::Null,
            claims => json!({ "jwt": { "claims": claims, "scopes": null } }),
        };
        let http = json!({
            "method": request.method().as_str(), "sourceIp": "203.0.113.9", "userAgent": "Browser/1",
        });
        let context = json!({ "http": http, "timeEpoch": 0, "authorizer": authorizer });
        let context = RequestContext::ApiGatewayV2(serde_json::from_value(context).unwrap());
        request.extensions_mut().insert(context);
        self.functions.api.clone().call(request).await.unwrap()
    }

    /// Posts to an address; returns everything that it answers.
    pub async fn post_to(&self, url: &str, headers: &HeaderMap, body: &str) -> (u16, HeaderMap, String) {
        let request = reqwest_client().post(url).headers(headers.clone()).body(body.to_owned());
        let answer = request.send().await.unwrap();
        (answer.status().as_u16(), answer.headers().clone(), answer.text().await.unwrap())
    }

    /// Gets an address; returns the status.
    pub async fn get_from(&self, url: &str, headers: &HeaderMap) -> u16 {
        reqwest_client().get(url).headers(headers.clone()).send().await.unwrap().status().as_u16()
    }

    /// The conversation as it is now.
    pub async fn conversation(&self, id: ConversationId) -> Conversation {
        self.inbox.conversation(id).await.unwrap().expect("there is such a conversation")
    }

    /// The message as it is now.
    pub async fn message(&self, id: ConversationId, key: &MessageKey) -> Message {
        self.inbox.message(id, key).await.unwrap().expect("there is such a message")
    }

    /// All messages of a conversation, oldest first.
    pub async fn messages(&self, id: ConversationId) -> Vec<Message> {
        let page = self.inbox.messages(id, None, 1_000).await.unwrap();
        assert_eq!(page.next, None, "more messages than a test reads");
        page.messages.into_iter().rev().collect()
    }

    /// The texts that were said in a conversation, oldest first.
    pub async fn texts(&self, id: ConversationId) -> Vec<String> {
        self.messages(id).await.iter().filter_map(|m| m.reply_text().map(str::to_owned)).collect()
    }

    /// What `reply-dispatch` has counted under a name.
    pub fn counted(&self, name: &str) -> u64 {
        self.functions.dispatched.counted(name)
    }

    /// How many events `inbox-writer` has dropped.
    pub fn dropped(&self) -> u64 {
        self.functions.written.counted("WebhookEventsDropped")
    }

    fn invocation<'a>(&'a self, queue: Option<&'a Queue>) -> Invocation<'a> {
        Invocation { deadline: self.clock.now() + Span::from_secs(60), clock: &self.clock, queue }
    }
}

impl Functions {
    #[expect(clippy::too_many_lines, reason = "every function, wired")]
    fn new(
        clock: &Clock,
        Urls { table: table_url, aws: aws_url, providers, front, s3, files, ses }: Urls<'_>,
        [
            inbound,
            outbound,
            profiles,
            media,
            search_queue,
            bot_queue,
            webhooks,
            tickets,
            assignment,
            notify,
            reports_queue,
        ]: [&FakeQueue; 11],
    ) -> Self {
        let bucket = clients(s3).bucket(BUCKET, clock.clone());
        let admin_bucket = bucket.clone();
        let dynamodb = clients(table_url).dynamodb();
        let search = Search::new(dynamodb.clone(), SEARCH);
        let (inbox, directory) = (Inbox::new(dynamodb.clone(), INBOX), Directory::new(dynamodb, DIRECTORY));
        let audit = Audit::new(clients(table_url).dynamodb(), AUDIT, AUDIT_KEPT);
        let aws = clients(aws_url);
        let queue = |fake: &FakeQueue| Queue::new(aws.sqs(), fake.url());
        let page_inbox_app_ids = vec!["26390203743090".to_owned(), "263902037430900".to_owned()];
        let provider_url = providers.simulator.as_str();
        let providers = ProviderConfig {
            graph_base_url: provider_url.to_owned(),
            graph_version: "v26.0".to_owned(),
            line_base_url: provider_url.to_owned(),
            twilio_base_url: providers.twilio.clone(),
            twilio_messaging_base_url: providers.twilio.clone(),
            page_inbox_app_ids: page_inbox_app_ids.clone(),
        };
        let http =
            ProviderHttp::new(provider_client().unwrap()).with_timeout(std::time::Duration::from_secs(1));
        let credentials = || {
            let secrets = SecretCache::new(aws.secrets(), clock.clone());
            Credentials::new(secrets, SecretNames::new(PREFIX), http.clone(), provider_url)
        };
        let dispatched = Metrics::new("reply_dispatch");
        let written = Metrics::new("inbox_writer");
        let connected = Metrics::new("connect_api");
        let told = Metrics::new("webhook_send");
        let requests = Requests::new(clients(table_url).dynamodb(), REQUESTS);
        let deliveries = Deliveries::new(clients(table_url).dynamodb(), DELIVERIES);
        let keys = || WebhookKeys::new(SecretCache::new(aws.secrets(), clock.clone()), PREFIX);
        let vapid = || {
            let secrets = SecretCache::new(aws.secrets(), clock.clone());
            VapidKeys::new(secrets, SecretWriter::new(aws.secrets()), PREFIX)
        };
        let reports = Reports::new(clients(table_url).dynamodb(), REPORTS, REPORTS_KEPT);
        let console = || CONSOLE.trim_end_matches('/').to_owned();
        Self {
            token_refresh: token_refresh(directory.clone(), &aws, http.clone(), providers.clone())
                .reached_at(PUBLIC)
                .with_inbox(inbox.clone()),
            writer: Writer::new(
                inbox.clone(),
                ChannelCache::new(directory.clone()),
                page_inbox_app_ids,
                written.clone(),
            ),
            written,
            connected: connected.clone(),
            relay: Relay::new(Queues {
                outbound: queue(outbound),
                profiles: queue(profiles),
                media: queue(media),
                bot: queue(bot_queue),
                tickets: queue(tickets),
                search: queue(search_queue),
                reports: queue(reports_queue),
            })
            .telling(queue(webhooks), WebhookCache::new(directory.clone()), clock.clone())
            .assigning(queue(assignment), ChannelCache::new(directory.clone()), clock.clone())
            .notifying(
                queue(notify),
                ListenerCache::new(directory.clone()),
                true,
                clock.clone(),
            ),
            notifier: Notifier::new(
                inbox.clone(),
                directory.clone(),
                deliveries.clone(),
                Some(clients(ses).mailer(MAIL_FROM)),
                (UnsubscribeKeys::new(keys()), vapid()),
                Receivers::with_timeout(true, std::time::Duration::from_secs(2)).unwrap(),
                notify::Addresses { console: console(), public: PUBLIC.to_owned(), loopback: true },
                (clock.clone(), Metrics::new("notify")),
            ),
            assigner: Assigner::new(
                inbox.clone(),
                directory.clone(),
                queue(assignment),
                clock.clone(),
                Metrics::new("assign"),
            ),
            webhook_sender: WebhookSender::new(
                inbox.clone(),
                directory.clone(),
                deliveries.clone(),
                queue(webhooks),
                keys(),
                Receivers::with_timeout(true, std::time::Duration::from_secs(2)).unwrap(),
                clock.clone(),
                told.clone(),
            ),
            told,
            audit_writer: AuditWriter::new(audit.clone()),
            channel_mail: ChannelMail::new(
                directory.clone(),
                clients(ses).mailer(MAIL_FROM),
                ADMINISTRATORS,
                CONSOLE,
            ),
            dispatcher: Dispatcher::new(
                inbox.clone(),
                directory.clone(),
                credentials(),
                http.clone(),
                providers.clone(),
                front,
                clock.clone(),
                dispatched.clone(),
            ),
            dispatched,
            sweeper: Sweeper::new(
                inbox.clone(),
                directory.clone(),
                queue(outbound),
                queue(profiles),
                queue(media),
            )
            .telling(deliveries.clone(), queue(webhooks))
            .notifying(deliveries.clone(), queue(notify))
            .assigning(queue(assignment)),
            fetcher: Fetcher::new(
                inbox.clone(),
                directory.clone(),
                credentials(),
                http.clone(),
                providers.clone(),
                clock.clone(),
                Metrics::new("profile_fetch"),
            ),
            media_fetcher: MediaFetcher::new(
                inbox.clone(),
                directory.clone(),
                credentials(),
                http.clone().with_timeout(std::time::Duration::from_mins(1)),
                Addresses {
                    graph: files.to_owned(),
                    line_data: files.to_owned(),
                    twilio: providers.twilio_base_url.clone(),
                    profiles: vec![providers.line_base_url.clone(), files.to_owned()],
                },
                bucket.clone(),
                clock.clone(),
                Metrics::new("media_fetch"),
            ),
            closer: Closer::new(inbox.clone(), directory.clone()),
            scheduler: Scheduler::new(inbox.clone(), directory.clone()),
            bots: BotAnswerer::new(
                inbox.clone(),
                ChannelCache::new(directory.clone()),
                keys(),
                Receivers::with_timeout(true, std::time::Duration::from_secs(2)).unwrap(),
                clock.clone(),
                Metrics::new("bot_answer"),
            ),
            tickets: Tickets::new(inbox.clone(), directory.clone()),
            counter: Counter::new(reports.clone(), clock.clone()),
            watcher: Watcher::new(inbox.clone(), directory.clone(), reports.clone()),
            indexer: Indexer::new(inbox.clone(), search.clone(), clock.clone()).in_pieces_of(REBUILT_AT_ONCE),
            api: answering(
                once(
                    routes(Api {
                        inbox: inbox.clone(),
                        channels: ChannelCache::new(directory.clone()).into(),
                        senders: SenderCache::new(directory.clone()).into(),
                        directory: directory.clone(),
                        bucket,
                        clock: clock.clone(),
                        audit: audit.clone(),
                        mail: true,
                    })
                    .merge(desk_routes(DeskApi {
                        inbox: inbox.clone(),
                        search,
                        channels: ChannelCache::new(directory.clone()).into(),
                        senders: SenderCache::new(directory.clone()).into(),
                        directory: directory.clone(),
                        clock: clock.clone(),
                        audit: audit.clone(),
                    }))
                    .merge(report_routes(ReportsApi {
                        reports,
                        directory: directory.clone(),
                        senders: SenderCache::new(directory.clone()).into(),
                        clock: clock.clone(),
                        audit: audit.clone(),
                    }))
                    .merge(organisation_routes(OrganisationApi {
                        inbox: inbox.clone(),
                        directory: directory.clone(),
                        audit: audit.clone(),
                        live: Live::new(clients(table_url).dynamodb(), LIVE),
                        live_url: LIVE_URL.to_owned(),
                        clock: clock.clone(),
                    }))
                    .merge(connect_routes(ConnectApi {
                        directory: directory.clone(),
                        secrets: SecretWriter::new(aws.secrets()),
                        names: SecretNames::new(PREFIX),
                        audit: audit.clone(),
                        clock: clock.clone(),
                        http: http.clone(),
                        graph: GraphConfig {
                            base_url: providers.graph_base_url.clone(),
                            version: providers.graph_version.clone(),
                        },
                        line_base_url: providers.line_base_url.clone(),
                        twilio_base_url: providers.twilio_base_url.clone(),
                        twilio_messaging_base_url: providers.twilio_messaging_base_url.clone(),
                        facebook_base_url: providers.graph_base_url.clone(),
                        facebook_config_id: None,
                        public_base_url: PUBLIC.to_owned(),
                        console_url: CONSOLE.to_owned(),
                        metrics: connected,
                    }))
                    .merge(notification_routes(NotificationsApi {
                        inbox: inbox.clone(),
                        directory: directory.clone(),
                        mail: Some(clients(ses).mailer(MAIL_FROM)),
                        unsubscribe: UnsubscribeKeys::new(keys()),
                        vapid: vapid(),
                        receivers: Receivers::with_timeout(true, std::time::Duration::from_secs(2)).unwrap(),
                        console_url: console(),
                        loopback: true,
                        clock: clock.clone(),
                    }))
                    .merge(webhook_routes(WebhooksApi {
                        directory: directory.clone(),
                        deliveries: deliveries.clone(),
                        queue: queue(webhooks),
                        keys: keys(),
                        audit: audit.clone(),
                        clock: clock.clone(),
                        loopback: true,
                    }))
                    .merge(admin_routes(AdminApi {
                        inbox,
                        directory,
                        secrets: SecretWriter::new(aws.secrets()),
                        bucket: admin_bucket,
                        inbound: queue(inbound),
                        clock: clock.clone(),
                        secret_prefix: PREFIX.to_owned(),
                        audit,
                    })),
                    requests,
                    clock.clone(),
                ),
                RolesClaim::default(),
            ),
            outbound: queue(outbound),
            media: queue(media),
        }
    }
}

fn token_refresh(
    directory: Directory,
    aws: &Aws,
    http: ProviderHttp,
    providers: ProviderConfig,
) -> TokenRefresh {
    let (secrets, metrics) = (SecretWriter::new(aws.secrets()), Metrics::new("token_refresh"));
    TokenRefresh::new(directory, secrets, SecretNames::new(PREFIX), http, providers, metrics)
}

/// Where everything is, as the functions see it.
#[derive(Clone, Copy)]
struct Urls<'a> {
    table: &'a str,
    aws: &'a str,
    providers: &'a ProviderUrls,
    front: &'a str,
    s3: &'a str,
    files: &'a str,
    ses: &'a str,
}

/// What API Gateway does for `webhook-ingest`.
fn front(ingest: Ingest) -> Router {
    let ingest = Arc::new(ingest);
    Router::new().fallback(move |request: Request| {
        let ingest = Arc::clone(&ingest);
        async move {
            let (parts, body) = request.into_parts();
            let body = to_bytes(body, usize::MAX).await.unwrap();
            let answer = call_ingest(&ingest, parts, &body).await;
            let headers = answer.headers().clone();
            (answer.status(), headers, body_of(answer).await)
        }
    })
}

async fn call_ingest(
    ingest: &Ingest,
    parts: axum::http::request::Parts,
    body: &Bytes,
) -> lambda_http::Response<lambda_http::Body> {
    use lambda_http::RequestExt as _;
    let path = parts.uri.path().to_owned();
    let query: std::collections::HashMap<String, Vec<String>> = parts
        .uri
        .query()
        .unwrap_or_default()
        .split('&')
        .filter_map(|pair| pair.split_once('='))
        .map(|(name, value)| (name.to_owned(), vec![value.to_owned()]))
        .collect();
    let request = lambda_http::http::Request::from_parts(parts, lambda_http::Body::Binary(body.to_vec()))
        .with_raw_http_path(&path)
        .with_query_string_parameters(query);
    ingest.handle(&request).await
}

async fn body_of(answer: lambda_http::Response<lambda_http::Body>) -> Vec<u8> {
    answer.into_response().await.into_body().to_vec()
}

/// Posts a body as a provider would; returns the status.
pub async fn post(url: &str, headers: &HeaderMap, body: impl Into<reqwest::Body>) -> u16 {
    reqwest_client().post(url).headers(headers.clone()).body(body).send().await.unwrap().status().as_u16()
}

fn reqwest_client() -> reqwest::Client {
    let client = reqwest::Client::builder().no_proxy();
    client.tls_backend_preconfigured(madoguchi_runtime::tls::client_config().unwrap()).build().unwrap()
}

fn machine_ms() -> i64 {
    Clock::system().now().as_ms()
}
