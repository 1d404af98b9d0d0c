//! Twilio's side: one account with its senders, services, keys and templates.

use serde::{Deserialize, Serialize};

use super::{Customer, World};
use crate::model::{Provider, demo};

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default)]
#[expect(clippy::struct_excessive_bools, reason = "independent facts that tests switch one by one")]
pub(crate) struct TwilioAccount {
    pub(crate) sid: String,
    pub(crate) auth_token: String,
    pub(crate) api_keys: Vec<ApiKey>,
    /// Suspended accounts are refused like strangers.
    pub(crate) suspended: bool,
    /// On trial.
    pub(crate) trial: bool,
    /// Webhooks are signed with this instead of the auth token.
    pub(crate) shared_key: Option<SharedKey>,
    /// Webhooks are JSON, with the hash of the body in the address.
    pub(crate) json_bodies: bool,
    /// Signatures are made over the address with its standard port, as Twilio sometimes does.
    pub(crate) signs_port: bool,
    /// Messages that are keywords say so (Advanced Opt-Out).
    pub(crate) opt_out_types: bool,
    /// WhatsApp messages name the user's `ExternalUserId` even when there is a number.
    pub(crate) external_user_ids: bool,
    pub(crate) senders: Vec<Sender>,
    pub(crate) services: Vec<Service>,
    pub(crate) templates: Vec<Template>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct ApiKey {
    pub(crate) sid: String,
    pub(crate) secret: String,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct SharedKey {
    pub(crate) id: String,
    pub(crate) secret: String,
    /// As in the header; left out of it when absent, which means HMAC-SHA1.
    pub(crate) algorithm: Option<String>,
}

/// A number that customers write to.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Sender {
    /// `+81…` or `whatsapp:+81…`.
    pub(crate) address: String,
    /// Connection rules for addresses that bring none of their own: what would follow the `#`.
    pub(crate) connection: String,
    pub(crate) fallback: Option<String>,
    /// Webhooks are GET requests.
    pub(crate) uses_get: bool,
    /// The address that was set by a call or in the console; otherwise it comes from the configuration.
    pub(crate) inbound: Option<String>,
    /// WhatsApp: where states of messages without an address of their own go.
    pub(crate) status: Option<String>,
    /// An application of a number, which decides instead of its address.
    pub(crate) application: Option<String>,
    /// Not among the account's numbers or senders, as a sandbox's.
    pub(crate) unlisted: bool,
    /// WhatsApp: not online.
    pub(crate) offline: bool,
}

/// A messaging service: several senders under one id.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Service {
    pub(crate) sid: String,
    pub(crate) senders: Vec<String>,
    pub(crate) inbound: Option<String>,
    pub(crate) status: Option<String>,
    /// Each number's own address counts, not the service's.
    pub(crate) asks_numbers: bool,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Template {
    pub(crate) sid: String,
    /// With `{{1}}` where a variable goes.
    pub(crate) text: String,
    /// The error that messages of this template end with: 63040 rejected, 63041 paused, 63042 disabled.
    pub(crate) error_code: Option<u32>,
}

impl Default for TwilioAccount {
    fn default() -> Self {
        let sender = |address: &str| Sender { address: address.into(), ..Sender::default() };
        let template =
            |sid: &str, text: &str, error_code| Template { sid: sid.into(), text: text.into(), error_code };
        Self {
            sid: demo::TWILIO_ACCOUNT.into(),
            auth_token: demo::TWILIO_AUTH_TOKEN.into(),
            api_keys: vec![ApiKey {
                sid: demo::TWILIO_API_KEY.into(),
                secret: demo::TWILIO_API_KEY_SECRET.into(),
            }],
            suspended: false,
            trial: false,
            shared_key: None,
            json_bodies: false,
            signs_port: false,
            opt_out_types: true,
            external_user_ids: false,
            senders: vec![sender(demo::WHATSAPP_SENDER), sender(demo::SMS_SENDER)],
            services: vec![Service { sid: demo::TWILIO_SERVICE.into(), ..Service::default() }],
            templates: vec![
                template(demo::TWILIO_TEMPLATE, "{{1}}様、ご予約は{{2}}です。", None),
                template(demo::TWILIO_PAUSED_TEMPLATE, "{{1}}様、本日のおすすめです。", Some(63_041)),
            ],
        }
    }
}

impl TwilioAccount {
    pub(crate) fn sender(&self, address: &str) -> Option<&Sender> {
        self.senders.iter().find(|sender| sender.address == address)
    }

    /// By what the product knows a person: the user's id where it is told, else the number.
    pub(crate) fn contact_key(&self, provider: Provider, customer: &Customer) -> String {
        match provider {
            Provider::WhatsApp if self.external_user_ids => format!("whatsapp:{}", customer.whatsapp_user()),
            _ => customer.address(provider),
        }
    }

    /// What was set for messages that come in by this sender, by the rules of who decides.
    pub(crate) fn inbound_of(&self, address: &str) -> Option<String> {
        let service = self.service_of(address);
        let by_service =
            service.filter(|service| !service.asks_numbers).and_then(|service| service.inbound.clone());
        by_service.or_else(|| self.sender(address)?.inbound.clone())
    }

    pub(crate) fn service_of(&self, address: &str) -> Option<&Service> {
        self.services.iter().find(|service| service.senders.iter().any(|own| own == address))
    }
}

impl Sender {
    /// `PN…` of a number, `XE…` of a WhatsApp sender.
    pub(crate) fn sid(&self) -> String {
        let digits: String = self.address.chars().filter(char::is_ascii_digit).collect();
        let letters = if self.provider() == Provider::WhatsApp { "XE" } else { "PN" };
        format!("{letters}{digits:0>32}")
    }

    pub(crate) fn provider(&self) -> Provider {
        provider_of(&self.address)
    }
}

/// The channel that an address belongs to.
pub(crate) fn provider_of(address: &str) -> Provider {
    if address.starts_with("whatsapp:") { Provider::WhatsApp } else { Provider::Sms }
}

impl World {
    /// Whom an address of Twilio's means: a number, or on WhatsApp a user's id.
    pub(crate) fn customer_at(&self, address: &str) -> Option<&Customer> {
        let plain = address.strip_prefix("whatsapp:").unwrap_or(address);
        self.customers.iter().find(|customer| {
            customer.telephone() == plain
                || (address.starts_with("whatsapp:") && customer.whatsapp_user() == plain)
        })
    }
}
