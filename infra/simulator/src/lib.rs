//! Plays Meta's Graph API, the LINE platform and Twilio as their documents describe them.
//!
//! It refuses what they refuse, signs webhooks as they do, and fails on demand. It also serves a page on
//! which one is the customer, and a plain page to answer as an operator. It knows nothing of the product's
//! code: what both get wrong in the same way would otherwise look right.
//!
//! Tests use [`Simulator`] in their own process; `make run` starts the program of the same name.

mod clock;
mod control;
mod customer;
mod deliver;
mod faults;
mod graph;
mod http_client;
mod ids;
mod line;
mod media;
mod model;
mod options;
mod pages;
mod params;
mod png;
mod provider;
mod server;
mod shared;
mod signing;
mod simulator;
mod state;
mod targets;
mod twilio;

pub use crate::{
    control::{
        Handshake, Person, SharedKeyChange, TwilioChange,
        withdrawing::{Forgery, TakenBack, Withdrawing, Withdrawn},
    },
    customer::{ActError, Performed},
    deliver::{Outcome, Signature, Webhook},
    faults::{Endpoint, Fault, FaultRule, StatusFault},
    graph::dialog::Consent,
    media::{MediaKind, Opened},
    model::{Act, Action, Call, Echo, MediaAct, Provider, SentMedia, SentMessage, SentStatus, Shown, demo},
    options::Options,
    signing::{
        escape_unicode, line_signature, messenger_legacy_signature, messenger_signature,
        twilio_shared_key_signature, twilio_signature,
    },
    simulator::Simulator,
};
