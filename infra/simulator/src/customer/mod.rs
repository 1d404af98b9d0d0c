//! The customer's side: what a person does becomes messages on the phone and events for the company.

mod line;
mod messenger;
pub(crate) mod seen;
mod twilio;

pub(crate) use self::messenger::echo;

use std::sync::Arc;

use futures::future::join_all;
use serde::Serialize;
use serde_json::Value;

use crate::{
    deliver::{self, Webhook},
    media::{Media, MediaKind},
    model::{Act, Action, Provider},
    shared::Shared,
    state::{Customer, World},
};

/// Why a customer cannot do this.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum ActError {
    /// The simulator knows nobody by this id.
    #[error("no customer `{0}`")]
    UnknownCustomer(String),
    /// There is no such page, LINE channel or Twilio sender.
    #[error("no account `{0}`")]
    UnknownAccount(String),
    /// There is no such group or room.
    #[error("no group `{0}`")]
    UnknownGroup(String),
    /// The chat holds no such message.
    #[error("no message `{0}` in this chat")]
    UnknownMessage(String),
    /// No such file was handed over, or it was too long ago.
    #[error("no file `{0}`")]
    UnknownFile(String),
    /// The provider offers no such thing, or not in this state.
    #[error("{0}")]
    NotPossible(String),
    /// Events of one body must belong to one account.
    #[error("the acts of one batch must be for one account")]
    MixedBatch,
}

/// The result of an [`Act`].
#[derive(Debug, Clone, Serialize)]
pub struct Performed {
    /// The messages that the customer wrote, by the provider's ids.
    pub message_ids: Vec<String>,
    /// The customer's id at the provider: page-scoped id, LINE user, group or room; on Twilio
    /// `ExternalUserId` if it is told, else the address.
    pub peer: String,
    /// The webhook that told the company, the last one if there were several; `None` when the provider
    /// tells it nothing.
    pub webhook: Option<Webhook>,
}

/// What an act did to the world, before anybody is told.
pub(crate) struct Effect {
    pub(crate) peer: String,
    pub(crate) message_ids: Vec<String>,
    pub(crate) events: Vec<Value>,
    /// Each event travels alone, all at once.
    pub(crate) apart: bool,
}

/// Performs one act and delivers its webhook.
pub(crate) async fn act(shared: &Arc<Shared>, act: &Act) -> Result<Performed, ActError> {
    let (account, effect) = shared.change(|world| {
        let account = resolve_account(world, act.provider, act.account.as_deref())?;
        let effect = apply(world, &shared.base_url, &account, act)?;
        Ok((account, effect))
    })?;
    let bodies: Vec<Vec<Value>> = match effect.events {
        events if events.is_empty() => Vec::new(),
        events if effect.apart => events.into_iter().map(|event| vec![event]).collect(),
        events => vec![events],
    };
    let sent = bodies.into_iter().map(|events| deliver::send_events(shared, act.provider, &account, events));
    let webhook = join_all(sent).await.pop();
    Ok(Performed { message_ids: effect.message_ids, peer: effect.peer, webhook })
}

/// Performs several acts, of several people if need be, and delivers one webhook with all their events.
pub(crate) async fn batch(shared: &Arc<Shared>, acts: &[Act]) -> Result<Option<Webhook>, ActError> {
    let Some(first) = acts.first() else { return Ok(None) };
    let (account, events) = shared.change(|world| {
        let account = resolve_account(world, first.provider, first.account.as_deref())?;
        for act in acts {
            let other = resolve_account(world, act.provider, act.account.as_deref())?;
            if act.provider != first.provider || other != account {
                return Err(ActError::MixedBatch);
            }
        }
        let mut events = Vec::new();
        for act in acts {
            events.extend(apply(world, &shared.base_url, &account, act)?.events);
        }
        Ok((account, events))
    })?;
    Ok(Some(deliver::send_events(shared, first.provider, &account, events).await))
}

fn apply(world: &mut World, base_url: &str, account: &str, act: &Act) -> Result<Effect, ActError> {
    let customer = resolve_customer(world, act.customer.as_deref())?;
    let given = given(world, &act.action)?;
    match act.provider {
        Provider::Messenger => messenger::apply(world, base_url, account, &customer, act, given),
        Provider::Line => line::apply(world, base_url, account, &customer, act, given),
        Provider::WhatsApp | Provider::Sms => twilio::apply(world, base_url, account, &customer, act, given),
    }
}

/// The files that an act names. Anything can be sent as a document; else it must be what the act says.
fn given(world: &World, action: &Action) -> Result<Vec<Media>, ActError> {
    let Action::Media(act) = action else { return Ok(Vec::new()) };
    let file = |id: &String| {
        let media = world.given.iter().find(|media| media.id == *id);
        let media = media.ok_or_else(|| ActError::UnknownFile(id.clone()))?;
        if act.media != MediaKind::File && act.media != media.kind {
            return Err(ActError::NotPossible(format!("the file is no {}", act.media.as_str())));
        }
        Ok(media.clone())
    };
    act.files.iter().map(file).collect()
}

pub(crate) fn resolve_customer(world: &World, id: Option<&str>) -> Result<Customer, ActError> {
    let found = match id {
        None => world.customers.first(),
        Some(id) => {
            world.customer(id).or_else(|| world.customer_of_line_user(id)).or_else(|| world.customer_at(id))
        }
    };
    found.cloned().ok_or_else(|| ActError::UnknownCustomer(id.unwrap_or_default().to_owned()))
}

pub(crate) fn resolve_account(
    world: &World,
    provider: Provider,
    id: Option<&str>,
) -> Result<String, ActError> {
    let accounts: Vec<&str> = match provider {
        Provider::Messenger => world.pages.iter().map(|page| page.id.as_str()).collect(),
        Provider::Line => world.line_channels.iter().map(|channel| channel.id.as_str()).collect(),
        Provider::WhatsApp | Provider::Sms => {
            let own = world.twilio.senders.iter().filter(|sender| sender.provider() == provider);
            own.map(|sender| sender.address.as_str()).collect()
        }
    };
    let found = match id {
        None => accounts.first(),
        Some(id) => accounts.iter().find(|account| **account == id),
    };
    found.map(ToString::to_string).ok_or_else(|| ActError::UnknownAccount(id.unwrap_or_default().to_owned()))
}
