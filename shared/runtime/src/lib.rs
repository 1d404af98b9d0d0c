//! Everything that knows Lambda, AWS clients or the environment: configuration, clients, logs,
//! metrics, cached secrets, queues, and the loops that take a batch apart record by record.
//!
//! A function's `main` starts here and stays small:
//!
//! ```no_run
//! use lambda_runtime::{Error, LambdaEvent};
//! use madoguchi_runtime::{Aws, Env, Function};
//!
//! #[tokio::main(flavor = "current_thread")]
//! async fn main() -> Result<(), Error> {
//!     let function = Function::start("idle_close");
//!     let mut env = Env::from_process();
//!     let (table, aws) = (env.inbox_table(), env.aws());
//!     let (table, aws) = env.finish((table, aws))?;
//!     let dynamodb = Aws::new(aws)?.dynamodb();
//!     function.run(async |event: LambdaEvent<serde_json::Value>| {
//!         tracing::info!(table, ?dynamodb, payload = %event.payload, "Invoked");
//!         Ok::<_, Error>(())
//!     }).await
//! }
//! ```

pub mod aws;
pub mod batch;
pub mod bucket;
pub mod clock;
pub mod config;
pub mod connections;
mod digest;
#[cfg(test)]
mod fake_aws;
pub mod http;
pub mod log;
pub mod mail;
pub mod metrics;
pub mod outgoing;
pub mod queue;
pub mod random;
pub mod run;
pub mod secrets;
pub mod signature;
pub mod tls;
pub mod unsubscribe;
pub mod web_push;

pub use aws::{Aws, AwsConfig};
pub use batch::{Invocation, RecordError};
pub use bucket::{Bucket, BucketError};
pub use clock::{Clock, ClockHand};
pub use config::{ConfigError, Env, ProviderConfig, SignInConfig};
pub use connections::{ConnectionError, Connections, Posted};
pub use digest::sha256;
pub use mail::{MailError, Mailer};
pub use metrics::Metrics;
pub use queue::{FifoEntry, Queue, QueueError};
pub use random::{NoRandomness, fingerprint, unguessable, unguessable_id};
pub use run::{Function, deadline};
pub use secrets::{Secret, SecretCache, SecretError, SecretWriter, Versioned};
