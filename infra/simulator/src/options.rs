//! How a simulator is started.

use std::{collections::BTreeMap, env, net::SocketAddr, path::PathBuf, time::Duration};

use crate::model::Echo;

/// Everything is optional; the default suits a test that has no product to call.
#[derive(Debug, Clone)]
pub struct Options {
    /// Where to listen; an ephemeral port on 127.0.0.1 by default.
    pub bind: SocketAddr,
    /// Where the world is kept; nowhere by default.
    pub state_file: Option<PathBuf>,
    /// The product's HTTP API including the stage: webhooks go to `{api}/webhooks/…`, the console is
    /// `{api}/console`. Without it webhooks are only recorded.
    pub api: Option<String>,
    /// Full address for Messenger webhooks, instead of the one under `api`.
    pub messenger_webhook: Option<String>,
    /// Full addresses for LINE webhooks by LINE channel id.
    pub line_webhooks: BTreeMap<String, String>,
    /// Full addresses for Twilio webhooks by sender (`+81…`, `whatsapp:+81…`) or messaging service. An
    /// address that is not on this machine is signed and recorded only.
    pub twilio_webhooks: BTreeMap<String, String>,
    /// What public addresses begin with, and what answers for them on this machine: the providers reach the
    /// product's files and status callbacks there.
    pub aliases: BTreeMap<String, String>,
    /// The stack description to read missing addresses from, whenever they are needed.
    pub stack_file: Option<PathBuf>,
    /// When echoes and status callbacks are sent.
    pub echo: Echo,
    /// Waits between repeats of a webhook that was not answered 200; none by default.
    pub webhook_retries: Vec<Duration>,
    /// How long a webhook may take before it counts as failed.
    pub webhook_timeout: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            bind: SocketAddr::from(([127, 0, 0, 1], 0)),
            state_file: None,
            api: None,
            messenger_webhook: None,
            line_webhooks: BTreeMap::new(),
            twilio_webhooks: BTreeMap::new(),
            aliases: BTreeMap::new(),
            stack_file: None,
            echo: Echo::After,
            webhook_retries: Vec::new(),
            webhook_timeout: Duration::from_secs(10),
        }
    }
}

impl Options {
    /// The settings of the program, from its environment.
    pub fn from_environment() -> anyhow::Result<Self> {
        let text = |name: &str| env::var(name).ok().filter(|value| !value.is_empty());
        let bind: SocketAddr =
            text("SIMULATOR_BIND").unwrap_or_else(|| "127.0.0.1:4580".to_owned()).parse()?;
        anyhow::ensure!(bind.ip().is_loopback(), "SIMULATOR_BIND must be a loopback address, not {bind}");
        Ok(Self {
            bind,
            state_file: text("SIMULATOR_STATE").map(PathBuf::from),
            api: text("SIMULATOR_API_BASE"),
            stack_file: text("SIMULATOR_STACK").map(PathBuf::from),
            // Meta repeats a few times at once and then for an hour; LINE's interval is undisclosed.
            webhook_retries: [1, 5, 20].map(Duration::from_secs).to_vec(),
            ..Self::default()
        })
    }
}
