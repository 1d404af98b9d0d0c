//! Everything the simulated world remembers. It is kept in memory and can be written to one JSON file.

mod demo;
pub(crate) mod file;
mod line;
mod messenger;
mod thread;

use std::collections::{BTreeMap, VecDeque};

use serde::{Deserialize, Serialize};

pub(crate) use self::{
    line::{Group, LineChannel, LineToken, ReplyToken, RetryKey},
    messenger::{App, Code, Invalid, Page, SUBSCRIPTION_FIELDS, Token, TokenKind},
    thread::{Choice, ChoiceKind, PeerKind, SentDetails, Thread, ThreadMessage},
};
use crate::{
    clock::Clock,
    deliver::Webhook,
    faults::FaultRule,
    ids,
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

    pub(crate) line_channels: Vec<LineChannel>,
    pub(crate) line_tokens: Vec<LineToken>,
    pub(crate) reply_tokens: Vec<ReplyToken>,
    pub(crate) retry_keys: BTreeMap<String, RetryKey>,
    pub(crate) groups: Vec<Group>,

    pub(crate) faults: Vec<FaultRule>,
    pub(crate) violations: Vec<String>,
    #[serde(skip)]
    pub(crate) calls: VecDeque<Call>,
    #[serde(skip)]
    pub(crate) webhooks: VecDeque<Webhook>,
}

/// A made-up person who writes to the company, on Messenger and on LINE.
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
        let key = existing.unwrap_or_else(|| {
            let peer = match provider {
                Provider::Messenger => ids::page_scoped_id(account, &customer.id),
                Provider::Line => customer.line_user_id.clone(),
            };
            thread::key(provider, account, &peer)
        });
        self.threads.entry(key).or_insert_with_key(|key| {
            let peer = key.rsplit(':').next().unwrap_or_default();
            Thread::new(provider, account, peer, PeerKind::OneToOne, Some(customer.id.clone()))
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
