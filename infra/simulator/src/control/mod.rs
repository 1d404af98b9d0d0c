//! The strings behind the stage: what tests and people can change and look at.

mod acting;
mod credentials;
mod failing;
mod giving;
mod secrets;
mod settings;
mod twilio;
mod views;
mod watching;
pub(crate) mod withdrawing;

use std::sync::Arc;

use axum::{Json, Router};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

pub(crate) use self::views::{overview, sent, shown};
use crate::{
    customer::{ActError, resolve_account, resolve_customer},
    faults::FaultRule,
    ids,
    line::opening,
    media::{Media, Opened},
    model::Provider,
    params,
    shared::Shared,
    state::{
        Code, Customer, Grant, Invalid, LineChannel, Page, SUBSCRIPTION_FIELDS, Token, TokenKind, World,
        japanese,
        twilio::{Sender, Service, SharedKey, Template},
    },
};

/// What is true of a customer at an account; what is absent stays as it is.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Person {
    /// Blocked the account, without an event.
    #[serde(default)]
    pub blocked: Option<bool>,
    /// Messenger: deactivated or gone (error 551). Twilio: unreachable.
    #[serde(default)]
    pub unavailable: Option<bool>,
    /// LINE: is a friend.
    #[serde(default)]
    pub friend: Option<bool>,
    /// Another app owns the thread.
    #[serde(default)]
    pub standby: Option<bool>,
    /// Messenger and Twilio: delivery and reading are reported.
    #[serde(default)]
    pub receipts: Option<bool>,
    /// The providers hand out the profile (at every account).
    #[serde(default)]
    pub profile_access: Option<bool>,
    /// When the customer last opened the reply window (Unix milliseconds).
    #[serde(default)]
    pub last_opener_ms: Option<i64>,
    /// Twilio: wrote STOP.
    #[serde(default)]
    pub opted_out: Option<bool>,
    /// WhatsApp: shows a name instead of a number (at every account).
    #[serde(default)]
    pub hides_number: Option<bool>,
}

/// The product's answer to Meta's GET handshake.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Handshake {
    /// The status; `None` without an answer.
    pub status: Option<u16>,
    /// 200 with the challenge as the body.
    pub accepted: bool,
}

/// The control routes: JSON in, JSON out. The README lists them.
pub(crate) fn router() -> Router<Arc<Shared>> {
    Router::new()
        .merge(watching::router())
        .merge(failing::router())
        .merge(acting::router())
        .merge(giving::router())
        .merge(settings::router())
        .merge(credentials::router())
        .merge(twilio::router())
        .merge(withdrawing::router())
}

fn done() -> Json<Value> {
    Json(json!({"done": true}))
}

pub(crate) fn set_fault(world: &mut World, mut rule: FaultRule) -> u64 {
    rule.id = world.next_number();
    let id = rule.id;
    world.faults.push(rule);
    id
}

pub(crate) fn invalidate(
    world: &mut World,
    which: impl Fn(&Token) -> bool,
    subcode: Option<i64>,
    message: Option<&str>,
) -> usize {
    let message = message.unwrap_or("Error validating access token: The session is no longer valid.");
    let mut count = 0;
    for token in world.tokens.iter_mut().filter(|token| which(token)) {
        token.invalid = Some(Invalid { subcode, message: message.to_owned() });
        count += 1;
    }
    count
}

pub(crate) fn of_page(page: &str) -> impl Fn(&Token) -> bool {
    move |token| matches!(&token.kind, TokenKind::Page { page_id, .. } if page_id == page)
}

/// What a person allowed in the settings of their account at Facebook, after the login: permissions and Pages. The token
/// of a Page that was taken out is dead from then on.
pub(crate) fn change_grant(
    world: &mut World,
    person: &str,
    declined: Option<&[String]>,
    pages: Option<&[String]>,
) -> usize {
    let theirs: Vec<bool> = world.tokens.iter().map(|token| world.user(token).0 == person).collect();
    let mut count = 0;
    for (token, _) in world.tokens.iter_mut().zip(theirs).filter(|(_, is_theirs)| *is_theirs) {
        if let Some(declined) = declined {
            token.grant.declined = declined.to_vec();
        }
        if let Some(pages) = pages {
            token.grant.pages = Some(pages.to_vec());
        }
        if let TokenKind::Page { page_id, .. } = &token.kind
            && !token.grant.covers(page_id)
        {
            let message = "Error validating access token: The user has not authorized application.";
            token.invalid = Some(Invalid { subcode: None, message: message.to_owned() });
        }
        count += 1;
    }
    count
}

pub(crate) fn log_in(world: &mut World) -> String {
    let now = world.clock.now_ms();
    let value = ids::secret("EAAB");
    world.tokens.push(Token {
        value: value.clone(),
        kind: TokenKind::User,
        issued_at_ms: now,
        expires_at_ms: Some(now + 60 * crate::clock::DAY_MS),
        grant: Grant::default(),
        invalid: None,
    });
    value
}

pub(crate) fn issue_code(world: &mut World, redirect_uri: &str) -> String {
    let value = ids::secret("AQ");
    world.codes.push(Code {
        value: value.clone(),
        redirect_uri: redirect_uri.to_owned(),
        used: false,
        grant: Grant::default(),
    });
    value
}

pub(crate) fn revoke_line_tokens(world: &mut World, channel: &str) {
    for token in world.line_tokens.iter_mut().filter(|token| token.channel == channel) {
        token.revoked = true;
    }
}

pub(crate) fn rotate_line_secret(world: &mut World, channel: &str, secret: Option<&str>) -> Option<String> {
    let secret = secret.map_or_else(|| ids::secret("")[..32].to_owned(), ToOwned::to_owned);
    world.line_channel_mut(channel)?.secret.clone_from(&secret);
    Some(secret)
}

pub(crate) fn add_customer(world: &mut World, name: &str, language: Option<&str>) -> String {
    // By number and not by chance: after a reset the same people come back.
    let id = format!("customer-{}", world.customers.len() + 1);
    let (last_name, first_name) = name.split_once([' ', '\u{3000}']).unwrap_or(("", name));
    let language = language.map_or_else(japanese, ToOwned::to_owned);
    world.customers.push(Customer { language, ..Customer::new(&id, first_name, last_name, name) });
    id
}

/// What the person who logged in may do on a page.
pub(crate) fn set_tasks(world: &mut World, page: &str, tasks: Vec<String>) {
    if let Some(page) = world.page_mut(page) {
        page.tasks = tasks;
    }
}

pub(crate) fn add_page(world: &mut World, id: &str, name: &str) {
    world.pages.retain(|page| page.id != id);
    world.pages.push(Page {
        id: id.to_owned(),
        name: name.to_owned(),
        tasks: ["CREATE_CONTENT", "MESSAGING", "MODERATE", "MANAGE"].map(ToOwned::to_owned).to_vec(),
        subscribed_fields: Some(SUBSCRIPTION_FIELDS.map(ToOwned::to_owned).to_vec()),
    });
}

pub(crate) fn add_line_channel(world: &mut World, id: &str, secret: &str, name: &str) {
    world.line_channels.retain(|channel| channel.id != id);
    world.line_channels.push(LineChannel::new(id, secret, name));
}

/// Changes of the Twilio account; what is absent stays as it is.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct TwilioChange {
    /// Promotes a new auth token; the old one is dead at once.
    pub auth_token: Option<String>,
    /// Suspends the account: every call is refused with 20003.
    pub suspended: Option<bool>,
    /// Puts the account on trial.
    pub trial: Option<bool>,
    /// Signs webhooks with this key instead of the auth token: id, secret and what the header names as the
    /// algorithm. An empty id goes back to the auth token.
    pub shared_key: Option<SharedKeyChange>,
    /// Webhooks are JSON.
    pub json_bodies: Option<bool>,
    /// Signatures are made over the address with its standard port.
    pub signs_port: Option<bool>,
    /// Keywords are marked with `OptOutType`.
    pub opt_out_types: Option<bool>,
    /// WhatsApp users are named by `ExternalUserId` even when they show a number.
    pub external_user_ids: Option<bool>,
}

/// A key of the company's own for signing webhooks.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct SharedKeyChange {
    /// As the settings header names it.
    pub id: String,
    /// The key itself.
    pub secret: String,
    /// `HMAC_SHA256`; without it the signature is HMAC-SHA1.
    pub algorithm: Option<String>,
}

pub(crate) fn change_twilio(world: &mut World, change: TwilioChange) {
    let twilio = &mut world.twilio;
    if let Some(token) = change.auth_token {
        twilio.auth_token = token;
    }
    if let Some(key) = change.shared_key {
        let SharedKeyChange { id, secret, algorithm } = key;
        twilio.shared_key = (!id.is_empty()).then_some(SharedKey { id, secret, algorithm });
    }
    for (switch, wanted) in [
        (&mut twilio.suspended, change.suspended),
        (&mut twilio.trial, change.trial),
        (&mut twilio.json_bodies, change.json_bodies),
        (&mut twilio.signs_port, change.signs_port),
        (&mut twilio.opt_out_types, change.opt_out_types),
        (&mut twilio.external_user_ids, change.external_user_ids),
    ] {
        *switch = wanted.unwrap_or(*switch);
    }
}

pub(crate) fn twilio_sender<'w>(world: &'w mut World, address: &str) -> &'w mut Sender {
    let senders = &mut world.twilio.senders;
    let at = senders.iter().position(|sender| sender.address == address).unwrap_or_else(|| {
        senders.push(Sender { address: address.to_owned(), ..Sender::default() });
        senders.len() - 1
    });
    &mut senders[at]
}

pub(crate) fn set_twilio_service(world: &mut World, sid: &str, senders: Vec<String>) {
    let services = &mut world.twilio.services;
    match services.iter_mut().find(|service| service.sid == sid) {
        Some(service) => service.senders = senders,
        None => services.push(Service { sid: sid.to_owned(), senders, ..Service::default() }),
    }
}

pub(crate) fn add_twilio_template(world: &mut World, sid: &str, text: &str, error_code: Option<u32>) {
    world.twilio.templates.retain(|template| template.sid != sid);
    let (sid, text) = (sid.to_owned(), text.to_owned());
    world.twilio.templates.push(Template { sid, text, error_code });
}

/// How long addresses of files are good that are made from now on.
pub(crate) fn set_media_lives(world: &mut World, messenger_ms: Option<i64>, twilio_ms: Option<i64>) {
    let lives = &mut world.media_lives;
    lives.messenger_ms = messenger_ms.unwrap_or(lives.messenger_ms);
    lives.twilio_ms = twilio_ms.unwrap_or(lives.twilio_ms);
}

/// The customer opens the files of a message; what came of each that the company sent.
pub(crate) async fn open(shared: &Shared, message_id: &str) -> Vec<Opened> {
    let files: Vec<Media> = shared.read(|world| {
        let mut threads = world.threads.values().filter(|thread| thread.provider == Provider::Line);
        threads
            .find_map(|thread| thread.message(message_id))
            .map_or_else(Vec::new, |message| message.media.clone())
    });
    let mut opened = Vec::new();
    for file in &files {
        opened.extend(opening::open(shared, file).await);
    }
    opened
}

pub(crate) fn peer(
    shared: &Shared,
    provider: Provider,
    account: Option<&str>,
    customer: Option<&str>,
) -> Result<String, ActError> {
    shared.change(|world| {
        let account = resolve_account(world, provider, account)?;
        let customer = resolve_customer(world, customer)?;
        if provider.is_twilio() {
            return Ok(world.twilio.contact_key(provider, &customer));
        }
        Ok(world.thread_of(provider, &account, &customer).peer.clone())
    })
}

pub(crate) fn set_person(
    shared: &Shared,
    provider: Provider,
    account: Option<&str>,
    customer: Option<&str>,
    person: &Person,
) -> Result<(), ActError> {
    shared.change(|world| {
        let account = resolve_account(world, provider, account)?;
        let customer = resolve_customer(world, customer)?;
        let thread = world.thread_of(provider, &account, &customer);
        let switches = [
            (&mut thread.blocked, person.blocked),
            (&mut thread.unavailable, person.unavailable),
            (&mut thread.friend, person.friend),
            (&mut thread.standby, person.standby),
            (&mut thread.receipts, person.receipts),
            (&mut thread.opted_out, person.opted_out),
        ];
        for (switch, wanted) in switches {
            *switch = wanted.unwrap_or(*switch);
        }
        thread.last_opener_ms = person.last_opener_ms.or(thread.last_opener_ms);
        for known in world.customers.iter_mut().filter(|known| known.id == customer.id) {
            known.profile_access = person.profile_access.unwrap_or(known.profile_access);
            known.hides_number = person.hides_number.unwrap_or(known.hides_number);
        }
        Ok(())
    })
}

pub(crate) async fn handshake(shared: &Arc<Shared>, verify_token: Option<&str>) -> Handshake {
    let none = Handshake { status: None, accepted: false };
    let Some(url) = shared.targets().messenger_webhook() else { return none };
    let token =
        verify_token.map_or_else(|| shared.read(|world| world.app.verify_token.clone()), ToOwned::to_owned);
    let challenge = crate::clock::machine_ms().to_string();
    let query =
        format!("hub.mode=subscribe&hub.challenge={challenge}&hub.verify_token={}", params::encode(&token));
    let Ok(response) = shared.client.get(format!("{url}?{query}")).send().await else { return none };
    let status = response.status().as_u16();
    let body = response.text().await.unwrap_or_default();
    Handshake { status: Some(status), accepted: status == 200 && body == challenge }
}
