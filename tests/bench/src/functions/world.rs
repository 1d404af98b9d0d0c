//! What surrounds a function: a table, queues, secrets and providers in this process, at the real time.

use std::path::Path;

use aws_lambda_events::event::sqs::SqsEvent;
use madoguchi_domain::{ChannelKind, ConversationId, Party, Timestamp};
use madoguchi_runtime::Clock;
use madoguchi_tests::TestInbox;
use madoguchi_tests::inbox::PREFIX;
use madoguchi_tests::support::aws::FakeQueue;
use madoguchi_tests::support::dynamo::{AUDIT, DIRECTORY, INBOX, StreamReader};
use serde_json::Value;
use tokio::sync::Mutex;

use super::customer::{CUSTOMERS, Customer};
use super::function::Function;
use super::sink::{BUCKET, Sink};
use super::{
    channel, closing, endpoint, ingest, media, profile, refresh, relay, reply, scheduled, sweep, writer,
};
use crate::lambda::Program;

/// One function's surroundings.
pub(super) struct World {
    pub(super) function: Function,
    pub(super) test: TestInbox,
    /// Where the measured function leaves what it queues. Nothing else writes to it.
    pub(super) queued: FakeQueue,
    /// The Inbox table's changes, for whoever is fed with them.
    pub(super) stream: Mutex<StreamReader>,
    /// The batch that the function is working at.
    pub(super) batch: Mutex<Option<SqsEvent>>,
    /// Where files go.
    pub(super) bucket: Sink,
    endpoint: String,
}

impl World {
    /// Surroundings in which `function` has something to do.
    pub(super) async fn furnished(function: Function) -> anyhow::Result<Self> {
        let test = TestInbox::start().await;
        test.set_time(now());
        let queued = test.aws.create_queue("measured.fifo");
        let bucket = Sink::default();
        let endpoint = endpoint::of(function, &test, &bucket).await?;
        let stream = Mutex::new(test.dynamo.stream());
        let world = Self { function, test, queued, stream, batch: Mutex::default(), bucket, endpoint };
        match function {
            Function::WebhookIngest | Function::AdminApi | Function::TokenRefresh => {}
            Function::InboxWriter | Function::ChangeRelay | Function::InboxApi => {
                for customer in 0..CUSTOMERS {
                    world.writes(&Customer::line(customer), "はじめまして。").await?;
                }
                world.test.relay().await;
            }
            Function::ReplyDispatch
            | Function::ProfileFetch
            | Function::PendingSweep
            | Function::ScheduledSend => {
                reply::begin_chat(&world).await;
            }
            Function::MediaFetch => media::begin_chat(&world).await,
            Function::IdleClose | Function::UnansweredClose | Function::ReplyLimitClose => {
                closing::set_timers(&world).await;
            }
        }
        Ok(world)
    }

    /// The build in `folder`, configured as the template does it.
    pub(super) fn program(&self, folder: &Path) -> anyhow::Result<Program> {
        let folder = folder.canonicalize()?;
        let program = Program::new(self.function.name(), [folder.join("bootstrap")])
            .in_folder(&folder)
            .memory_mb(self.function.memory_mb())
            .timeout(self.function.timeout())
            .env("LOG_LEVEL", "info")
            .env("AWS_ENDPOINT_URL", &self.endpoint);
        let variables = self.function.variables().iter();
        Ok(variables.fold(program, |program, name| program.env(name, self.value(name))))
    }

    /// The `n`-th event.
    pub(super) async fn event(&self, n: usize) -> anyhow::Result<Value> {
        match self.function {
            Function::WebhookIngest => Ok(ingest::event(n)),
            Function::InboxWriter => writer::event(n),
            Function::InboxApi => Ok(reply::request(n)),
            Function::AdminApi => Ok(channel::event(n)),
            Function::ChangeRelay => relay::event(self, n).await,
            Function::ReplyDispatch => reply::event(self, n).await,
            Function::ProfileFetch => profile::event(self).await,
            Function::MediaFetch => media::event(self).await,
            Function::PendingSweep => sweep::event(self, n).await,
            Function::ScheduledSend => scheduled::event(self, n).await,
            Function::IdleClose | Function::UnansweredClose | Function::ReplyLimitClose => {
                closing::event(self, n).await
            }
            Function::TokenRefresh => refresh::event(self).await,
        }
    }

    /// Whether the function answered and did what the `n`-th event asks for.
    pub(super) async fn check(&self, n: usize, answer: &Value) -> anyhow::Result<()> {
        match self.function {
            Function::WebhookIngest => ingest::check(self, n, answer),
            Function::InboxWriter => writer::check(self, n, answer).await,
            Function::InboxApi => reply::check_request(self, n, answer).await,
            Function::AdminApi => channel::check(self, n, answer).await,
            Function::ChangeRelay => relay::check(self, n, answer),
            Function::ReplyDispatch => reply::check(self, n, answer).await,
            Function::ProfileFetch => profile::check(self, answer).await,
            Function::MediaFetch => media::check(self, answer).await,
            Function::PendingSweep => sweep::check(self, n).await,
            Function::ScheduledSend => scheduled::check(self, n).await,
            Function::IdleClose | Function::UnansweredClose | Function::ReplyLimitClose => {
                closing::check(self, n).await
            }
            Function::TokenRefresh => refresh::check(self, answer).await,
        }
    }

    /// The largest job there is, for functions whose peak of memory it makes.
    pub(super) async fn largest(&self) -> anyhow::Result<Option<Value>> {
        match self.function {
            Function::MediaFetch => media::largest(self).await.map(Some),
            _ => Ok(None),
        }
    }

    /// Whether the largest job was done.
    pub(super) async fn check_largest(&self, answer: &Value) -> anyhow::Result<()> {
        match self.function {
            Function::MediaFetch => media::check_largest(self, answer).await,
            _ => Ok(()),
        }
    }

    /// A customer's text is stored, at the time at which the surroundings are.
    pub(super) async fn writes(&self, customer: &Customer, text: &str) -> anyhow::Result<ConversationId> {
        let body = customer.queued(text, self.test.clock.now())?;
        self.test.write_record(&body).await;
        Ok(customer.conversation())
    }

    fn value(&self, variable: &str) -> String {
        match variable {
            "INBOX_TABLE" => INBOX.to_owned(),
            "DIRECTORY_TABLE" => DIRECTORY.to_owned(),
            "AUDIT_TABLE" => AUDIT.to_owned(),
            "SECRET_PREFIX" => PREFIX.to_owned(),
            "GRAPH_VERSION" => "v26.0".to_owned(),
            "GRAPH_BASE_URL"
            | "LINE_BASE_URL"
            | "LINE_DATA_BASE_URL"
            | "TWILIO_BASE_URL"
            | "TWILIO_MESSAGING_BASE_URL" => self.test.simulator.base_url.clone(),
            "MEDIA_BUCKET" => BUCKET.to_owned(),
            "PUBLIC_BASE_URL" => self.test.front.clone(),
            "PROFILES_QUEUE_URL" => self.test.profiles.url().to_owned(),
            // Work that is handed over is deleted and put back by its own queue.
            "OUTBOUND_QUEUE_URL" if self.function == Function::ReplyDispatch => {
                self.test.outbound.url().to_owned()
            }
            "MEDIA_QUEUE_URL" if self.function == Function::MediaFetch => self.test.media.url().to_owned(),
            _ => self.queued.url().to_owned(),
        }
    }
}

/// The conversation of a person at the channel of `kind`.
pub(super) fn conversation_of(kind: ChannelKind, person: &str) -> ConversationId {
    ConversationId::derive(TestInbox::channel_id(kind), &Party::User(person.to_owned()))
}

/// The time.
pub(super) fn now() -> Timestamp {
    Clock::system().now()
}
