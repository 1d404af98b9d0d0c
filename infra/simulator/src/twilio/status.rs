//! Status callbacks: what the product hears about a message it sent.

use std::sync::Arc;

use super::{VERSION, fate::Fate, message};
use crate::{
    deliver::{
        Webhook,
        twilio::{Params, Way, send},
    },
    faults::{Fault, StatusFault},
    ids,
    model::{Echo, Provider},
    shared::Shared,
    state::World,
};

/// One change of a message's status.
#[derive(Debug, Clone, Copy)]
pub(super) struct Step {
    status: &'static str,
    error_code: Option<u32>,
}

/// What will be told about one message.
pub(super) struct Report {
    pub(super) provider: Provider,
    pub(super) sender: String,
    pub(super) sid: String,
    pub(super) steps: Vec<Step>,
}

/// Every status on the way to the last one.
pub(super) fn steps(fate: Fate) -> Vec<Step> {
    let step = |status| Step { status, error_code: None };
    let last = Step { status: fate.status, error_code: fate.error_code };
    match fate.status {
        // What has failed never went out.
        "sent" | "failed" => vec![step("queued"), last],
        _ => vec![step("queued"), step("sent"), last],
    }
}

/// Tells the product, when it is to be told; the message gets its last status in any case.
pub(super) async fn report(shared: &Arc<Shared>, report: Report, fault: Option<&Fault>) {
    let how = match fault {
        Some(Fault::Statuses { how }) => Some(*how),
        _ => None,
    };
    match shared.echo() {
        Echo::Before => tell(shared, &report, how).await,
        Echo::After => {
            let shared = Arc::clone(shared);
            tokio::spawn(async move { tell(&shared, &report, how).await });
        }
        Echo::Off => tell(shared, &report, Some(StatusFault::Lost)).await,
    }
}

async fn tell(shared: &Shared, report: &Report, how: Option<StatusFault>) {
    let advance = |step: &Step| {
        shared.change(|world| advance(world, report, *step));
    };
    let callback = async |step: &Step| {
        tell_once(shared, &report.sid, step.status, step.error_code).await;
    };
    match how {
        None => {
            for step in &report.steps {
                advance(step);
                callback(step).await;
            }
        }
        Some(StatusFault::Twice) => {
            for step in &report.steps {
                advance(step);
                callback(step).await;
                callback(step).await;
            }
        }
        Some(StatusFault::Reversed) => {
            report.steps.iter().for_each(advance);
            for step in report.steps.iter().rev() {
                callback(step).await;
            }
        }
        Some(StatusFault::Lost) => report.steps.iter().for_each(advance),
    }
}

fn advance(world: &mut World, report: &Report, step: Step) {
    let now_ms = world.clock.now_ms();
    let mut threads = world.threads.values_mut().filter(|thread| thread.provider == report.provider);
    let Some(message) = threads.find_map(|thread| thread.message_mut(&report.sid)) else { return };
    if step.status == "delivered" {
        message.delivered_at_ms.get_or_insert(now_ms);
    }
    if let Some(journey) = &mut message.journey {
        step.status.clone_into(&mut journey.status);
        journey.error_code = step.error_code;
        journey.updated_at_ms = now_ms;
    }
}

/// One callback about a message, whatever its state is. `None` without a callback address.
pub(crate) async fn tell_once(
    shared: &Shared,
    sid: &str,
    status: &str,
    error_code: Option<u32>,
) -> Option<Webhook> {
    let (provider, sender, url, params) = shared.read(|world| {
        let (thread, message) = message::find(world, sid)?;
        let journey = message.journey.as_ref()?;
        let params = parameters(world, thread.provider, sid, status, error_code)?;
        Some((thread.provider, thread.account.clone(), journey.callback.clone()?, params))
    })?;
    Some(send(shared, provider, &sender, &params, Some(&Way::to(&url))).await)
}

fn parameters(
    world: &World,
    provider: Provider,
    sid: &str,
    status: &str,
    error_code: Option<u32>,
) -> Option<Params> {
    let (thread, message) = message::find(world, sid)?;
    let journey = message.journey.as_ref()?;
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let mut params = vec![
        pair("AccountSid", &world.twilio.sid),
        pair("ApiVersion", VERSION),
        pair("From", &thread.account),
        pair("MessageSid", sid),
        pair("MessageStatus", status),
        pair("SmsSid", sid),
        pair("SmsStatus", status),
        pair("To", &journey.to),
    ];
    if let Some(service) = &journey.service {
        params.push(pair("MessagingServiceSid", service));
    }
    if let Some(code) = error_code {
        params.push(pair("ErrorCode", &code.to_string()));
    }
    if provider == Provider::WhatsApp {
        params.push(pair("ChannelPrefix", "whatsapp"));
        params.push(pair("ChannelInstallSid", &ids::twilio_sid("XE")));
        params.push(pair("ChannelToAddress", &journey.to.replacen("whatsapp:", "", 1)));
        if error_code.is_some() {
            params.push(pair("ChannelStatusMessage", "The channel could not deliver the message"));
        }
        if status == "read" {
            params.push(pair("EventType", "READ"));
        }
    } else if status == "delivered" {
        let at = jiff::Timestamp::from_millisecond(world.clock.now_ms()).unwrap_or_default();
        params.push(pair("RawDlrDoneDate", &at.strftime("%y%m%d%H%M").to_string()));
    }
    Some(params)
}
