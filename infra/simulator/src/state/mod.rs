//! Everything the simulated world remembers. It is kept in memory and can be written to one JSON file.

mod demo;
pub(crate) mod file;
mod line;
mod messenger;
mod thread;
pub(crate) mod twilio;

use std::collections::{BTreeMap, VecDeque};

use serde::{Deserialize, Serialize};

pub(crate) use self::{
    line::{Group, LineChannel, LineToken, ReplyToken, RetryKey},
    messenger::{App, Code, Grant, Invalid, Page, Persona, SUBSCRIPTION_FIELDS, Token, TokenKind, Upload},
    thread::{Choice, ChoiceKind, Journey, PeerKind, Place, SentDetails, Thread, ThreadMessage},
    twilio::TwilioAccount,
};
use crate::{
    clock::{Clock, DAY_MS, MINUTE_MS},
    deliver::Webhook,
    faults::FaultRule,
    ids,
    media::Media,
    model::{Call, Provider},
};

/// How many requests and webhooks are remembered for inspection.
const LOG_LENGTH: usize = 5_000;

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct World {
    pub(crate) clock: Clock,
    pub(crate) sequence: u64,
    pub(crate) customers: Vec<Customer>,
    pub(crate) threads: BTreeMap<String, Thread>,

    pub(crate) app: App,
    pub(crate) pages: Vec<Page>,
    pub(crate) tokens: Vec<Token>,
    pub(crate) codes: Vec<Code>,
    #[serde(default)]
    pub(crate) personas: Vec<Persona>,
    #[serde(default)]
    pub(crate) uploads: Vec<Upload>,
    /// Files that somebody chose on the customer's page, to be sent by an act that names them.
    #[serde(default)]
    pub(crate) given: VecDeque<Media>,
    /// How long an address of a file stays good, on Messenger's and on Twilio's side.
    #[serde(default)]
    pub(crate) media_lives: MediaLives,

    pub(crate) line_channels: Vec<LineChannel>,
    pub(crate) line_tokens: Vec<LineToken>,
    pub(crate) reply_tokens: Vec<ReplyToken>,
    pub(crate) retry_keys: BTreeMap<String, RetryKey>,
    pub(crate) groups: Vec<Group>,

    #[serde(default)]
    pub(crate) twilio: TwilioAccount,

    pub(crate) faults: Vec<FaultRule>,
    pub(crate) violations: Vec<String>,
    #[serde(skip)]
    pub(crate) calls: VecDeque<Call>,
    #[serde(skip)]
    pub(crate) webhooks: VecDeque<Webhook>,
}

/// How long addresses of files are good.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct MediaLives {
    /// Messenger does not say how long; a week is a guess.
    pub(crate) messenger_ms: i64,
    /// The signed address that Twilio's media resource leads to.
    pub(crate) twilio_ms: i64,
}

impl Default for MediaLives {
    fn default() -> Self {
        Self { messenger_ms: 7 * DAY_MS, twilio_ms: 5 * MINUTE_MS }
    }
}

/// A made-up person who writes to the company, everywhere.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Customer {
    pub(crate) id: String,
    pub(crate) first_name: String,
    pub(crate) last_name: String,
    /// What LINE shows.
    pub(crate) display_name: String,
    /// Whether the Graph API and LINE hand out this person's profile.
    pub(crate) profile_access: bool,
    pub(crate) line_user_id: String,
    /// On WhatsApp the person shows a name instead of a number.
    #[serde(default)]
    pub(crate) hides_number: bool,
    /// What this person's phone is set to, by BCP 47: LINE and Messenger hand it out.
    #[serde(default = "japanese")]
    pub(crate) language: String,
}

pub(crate) fn japanese() -> String {
    "ja".to_owned()
}

impl Customer {
    pub(crate) fn telephone(&self) -> String {
        ids::telephone(&self.id)
    }

    pub(crate) fn whatsapp_user(&self) -> String {
        ids::whatsapp_user(&self.id)
    }

    /// How Twilio names this person as a sender and recipient.
    pub(crate) fn address(&self, provider: Provider) -> String {
        match provider {
            Provider::WhatsApp if self.hides_number => format!("whatsapp:{}", self.whatsapp_user()),
            Provider::WhatsApp => format!("whatsapp:{}", self.telephone()),
            _ => self.telephone(),
        }
    }
}

impl World {
    pub(crate) fn next_number(&mut self) -> u64 {
        self.sequence += 1;
        self.sequence
    }

    /// Back to the beginning; only the numbers go on, because identifiers are made of them.
    pub(crate) fn reset(&mut self) {
        *self = Self { sequence: self.sequence, ..Self::demo() };
    }

    /// Id and name of the person whose token it is.
    pub(crate) fn user<'w>(&'w self, token: &'w Token) -> (&'w str, &'w str) {
        match &token.grant.user {
            Some((id, name)) => (id, name),
            None => (&self.app.user_id, &self.app.user_name),
        }
    }

    pub(crate) fn customer(&self, id: &str) -> Option<&Customer> {
        self.customers.iter().find(|customer| customer.id == id)
    }

    pub(crate) fn customer_of_line_user(&self, user_id: &str) -> Option<&Customer> {
        self.customers.iter().find(|customer| customer.line_user_id == user_id)
    }

    pub(crate) fn page(&self, id: &str) -> Option<&Page> {
        self.pages.iter().find(|page| page.id == id)
    }

    pub(crate) fn page_mut(&mut self, id: &str) -> Option<&mut Page> {
        self.pages.iter_mut().find(|page| page.id == id)
    }

    pub(crate) fn line_channel(&self, id: &str) -> Option<&LineChannel> {
        self.line_channels.iter().find(|channel| channel.id == id)
    }

    pub(crate) fn line_channel_mut(&mut self, id: &str) -> Option<&mut LineChannel> {
        self.line_channels.iter_mut().find(|channel| channel.id == id)
    }

    pub(crate) fn thread(&self, provider: Provider, account: &str, peer: &str) -> Option<&Thread> {
        self.threads.get(&thread::key(provider, account, peer))
    }

    pub(crate) fn thread_mut(
        &mut self,
        provider: Provider,
        account: &str,
        peer: &str,
    ) -> Option<&mut Thread> {
        self.threads.get_mut(&thread::key(provider, account, peer))
    }

    /// The customer's one-to-one thread with an account; it is made, with a page-scoped id, on first use.
    pub(crate) fn thread_of(
        &mut self,
        provider: Provider,
        account: &str,
        customer: &Customer,
    ) -> &mut Thread {
        let existing = self.threads.iter().find_map(|(key, thread)| {
            let found = thread.provider == provider
                && thread.account == account
                && thread.peer_kind == PeerKind::OneToOne
                && thread.customer.as_deref() == Some(&customer.id);
            found.then(|| key.clone())
        });
        let peer = match provider {
            Provider::Messenger => ids::page_scoped_id(account, &customer.id),
            Provider::Line => customer.line_user_id.clone(),
            Provider::WhatsApp | Provider::Sms => customer.address(provider),
        };
        let key = existing.unwrap_or_else(|| thread::key(provider, account, &peer));
        self.threads.entry(key).or_insert_with(|| {
            Thread::new(provider, account, &peer, PeerKind::OneToOne, Some(customer.id.clone()))
        })
    }

    pub(crate) fn group_thread(&mut self, account: &str, group: &Group) -> &mut Thread {
        let key = thread::key(Provider::Line, account, &group.id);
        let kind = if group.id.starts_with('R') { PeerKind::Room } else { PeerKind::Group };
        self.threads.entry(key).or_insert_with(|| Thread::new(Provider::Line, account, &group.id, kind, None))
    }

    pub(crate) fn log_call(&mut self, call: Call) {
        if self.calls.len() == LOG_LENGTH {
            self.calls.pop_front();
        }
        self.calls.push_back(call);
    }

    pub(crate) fn log_webhook(&mut self, webhook: Webhook) {
        if self.webhooks.len() == LOG_LENGTH {
            self.webhooks.pop_front();
        }
        self.webhooks.push_back(webhook);
    }
}
