//! The world at its beginning: one Meta app with seven pages, one LINE channel, one Twilio account with two
//! numbers, four customers.

use std::collections::{BTreeMap, VecDeque};

use super::{
    App, Customer, Grant, Group, LineChannel, MediaLives, Page, SUBSCRIPTION_FIELDS, Token, TokenKind,
    TwilioAccount, World,
};
use crate::{
    clock::{Clock, DAY_MS, HOUR_MS},
    ids,
    model::demo,
};

const SHORT_LIVED_MS: i64 = HOUR_MS;
const LONG_LIVED_MS: i64 = 60 * DAY_MS;

impl World {
    pub(crate) fn demo() -> Self {
        let clock = Clock::default();
        let now = clock.now_ms();
        Self {
            clock,
            sequence: 0,
            customers: customers(),
            threads: BTreeMap::new(),
            app: App {
                id: demo::APP_ID.into(),
                secret: demo::APP_SECRET.into(),
                verify_token: demo::VERIFY_TOKEN.into(),
                name: "Madoguchi Demo".into(),
                require_proof: false,
                user_id: "3000000000000001".into(),
                user_name: "Demo Administrator".into(),
                business_id: "4000000000000001".into(),
                redirect_uris: Vec::new(),
            },
            pages: pages(),
            tokens: tokens(now),
            codes: Vec::new(),
            personas: Vec::new(),
            uploads: Vec::new(),
            given: VecDeque::new(),
            media_lives: MediaLives::default(),
            line_channels: vec![LineChannel::new(demo::LINE_CHANNEL, demo::LINE_SECRET, "デモ商店")],
            line_tokens: Vec::new(),
            reply_tokens: Vec::new(),
            retry_keys: BTreeMap::new(),
            twilio: TwilioAccount::default(),
            groups: vec![group('C', "商店街の会"), group('R', "3人のトーク")],
            faults: Vec::new(),
            violations: Vec::new(),
            calls: VecDeque::new(),
            webhooks: VecDeque::new(),
        }
    }

    /// A stack that was stopped for a while starts with usable demo logins again.
    /// A token that somebody revoked on purpose stays revoked.
    pub(crate) fn renew_demo_tokens(&mut self) {
        let now = self.clock.now_ms();
        for token in &mut self.tokens {
            let expired = token.expires_at_ms.is_some_and(|at| at <= now) && token.invalid.is_none();
            let lifetime_ms = match token.value.as_str() {
                demo::SHORT_USER_TOKEN => SHORT_LIVED_MS,
                demo::LONG_USER_TOKEN => LONG_LIVED_MS,
                _ => continue,
            };
            if expired {
                token.issued_at_ms = now;
                token.expires_at_ms = Some(now + lifetime_ms);
            }
        }
    }
}

impl LineChannel {
    pub(crate) fn new(id: &str, secret: &str, name: &str) -> Self {
        Self {
            id: id.to_owned(),
            secret: secret.to_owned(),
            name: name.to_owned(),
            basic_id: format!("@{}", &id[id.len().saturating_sub(6)..]),
            bot_user_id: ids::line_id('U', &format!("bot-{id}")),
            webhook_endpoint: None,
            webhook_active: true,
            redelivery: true,
            quota: Some(5_000),
            used: 0,
            webhook_tests: Vec::new(),
            chat: true,
        }
    }
}

impl Customer {
    pub(crate) fn new(id: &str, first_name: &str, last_name: &str, display_name: &str) -> Self {
        Self {
            id: id.to_owned(),
            first_name: first_name.to_owned(),
            last_name: last_name.to_owned(),
            display_name: display_name.to_owned(),
            profile_access: true,
            line_user_id: ids::line_id('U', id),
            hides_number: false,
            language: super::japanese(),
        }
    }
}

fn customers() -> Vec<Customer> {
    vec![
        Customer::new("customer-1", "花子", "山田", "山田 花子"),
        Customer::new("customer-2", "健", "佐藤", "けんけん🐟"),
        Customer { language: "en".into(), ..Customer::new("customer-3", "Alex", "Morgan", "Alex") },
        Customer { profile_access: false, ..Customer::new("customer-4", "匿名", "希望", "匿名希望") },
    ]
}

fn pages() -> Vec<Page> {
    let names = [
        "Demo Shop",
        "Demo Shop Osaka",
        "Demo Café",
        "Demo Books",
        "Demo Bikes",
        "Demo Garden",
        "Demo Archive",
    ];
    let page = |(index, name): (usize, &str)| {
        // The last page's person may not answer messages, as happens with advertisers' roles.
        let tasks: &[&str] = if index + 1 == names.len() {
            &["ADVERTISE", "ANALYZE"]
        } else {
            &["ADVERTISE", "ANALYZE", "CREATE_CONTENT", "MESSAGING", "MODERATE", "MANAGE"]
        };
        let subscribed_fields =
            (index < 2).then(|| SUBSCRIPTION_FIELDS.iter().take(13).map(ToString::to_string).collect());
        Page {
            id: format!("{}", 2_000_000_000_000_001_u64 + index as u64),
            name: name.to_owned(),
            tasks: tasks.iter().map(ToString::to_string).collect(),
            subscribed_fields,
        }
    };
    names.into_iter().enumerate().map(page).collect()
}

/// The two user tokens, and for the long-lived one the token of every page, with names that tests can spell.
fn tokens(now: i64) -> Vec<Token> {
    let user = |value: &str, lifetime_ms| Token {
        value: value.to_owned(),
        kind: TokenKind::User,
        issued_at_ms: now,
        expires_at_ms: Some(now + lifetime_ms),
        grant: Grant::default(),
        invalid: None,
    };
    let page = |page: Page| Token {
        value: demo::page_token(&page.id),
        kind: TokenKind::Page { page_id: page.id, parent: demo::LONG_USER_TOKEN.into() },
        issued_at_ms: now,
        expires_at_ms: None,
        grant: Grant::default(),
        invalid: None,
    };
    let mut tokens =
        vec![user(demo::LONG_USER_TOKEN, LONG_LIVED_MS), user(demo::SHORT_USER_TOKEN, SHORT_LIVED_MS)];
    tokens.extend(pages().into_iter().map(page));
    tokens
}

fn group(kind: char, name: &str) -> Group {
    Group {
        id: ids::line_id(kind, name),
        channel: demo::LINE_CHANNEL.into(),
        name: name.to_owned(),
        members: vec!["customer-1".into(), "customer-2".into(), "customer-3".into()],
        bot_joined: true,
    }
}
