//! `POST /Accounts/{sid}/Messages.json`: accepted at once, delivered or refused afterwards.

use std::{sync::Arc, time::Duration};

use serde_json::{Map, Value};

use super::{TwilioError, fate, message, status, text as read_text, text::segments};
use crate::{
    faults::Fault,
    ids,
    media::{self, Media, MediaKind, Opened, fetch::FetchError},
    model::Provider,
    shared::Shared,
    state::{
        Journey, Place, SentDetails, ThreadMessage, World,
        twilio::{Template, provider_of},
    },
};

const BODY_LIMIT: usize = 1_600;
const MEDIA_LIMIT: usize = 10;
const VARIABLES_LIMIT: usize = 100;
/// "Channel did not accept given content."
const CONTENT_NOT_ACCEPTED: u32 = 63_005;
const VALIDITY_LIMIT_S: u32 = 36_000;
/// WhatsApp, any kind; MMS, pictures and everything else.
const WHATSAPP_LIMIT_BYTES: u64 = 16 * 1024 * 1024;
const PICTURE_LIMIT_BYTES: u64 = 5 * 1024 * 1024;
const OTHER_LIMIT_BYTES: u64 = 500 * 1024;
const PATIENCE: Duration = Duration::from_secs(15);

type Form = [(String, String)];

pub(super) async fn send(
    shared: &Arc<Shared>,
    form: &Form,
    fault: Option<&Fault>,
) -> Result<Value, TwilioError> {
    let mut order = shared.read(|world| Order::parse(world, form))?;
    let mut problem = order.template.as_ref().and_then(|template| template.error_code);
    if order.place.as_ref().is_some_and(Result::is_err) {
        problem.get_or_insert(CONTENT_NOT_ACCEPTED);
    }
    for media in &mut order.media {
        if let Err(code) = fetch(shared, order.provider, media).await {
            problem.get_or_insert(code);
        }
    }
    let (answer, report) = shared.change(|world| accept(world, order, problem, form, fault));
    status::report(shared, report, fault).await;
    Ok(answer)
}

/// A request that Twilio accepts.
struct Order {
    provider: Provider,
    sender: String,
    service: Option<String>,
    customer: String,
    to: String,
    body: Option<String>,
    template: Option<Template>,
    media: Vec<Media>,
    /// WhatsApp; what cannot be read is told afterwards.
    place: Option<Result<Place, NotAPlace>>,
    callback: Option<String>,
}

struct NotAPlace;

impl Order {
    fn parse(world: &World, form: &Form) -> Result<Self, TwilioError> {
        let to = read_text(form, "To")
            .ok_or_else(|| TwilioError::new(21_604, "A 'To' phone number is required."))?;
        let provider = provider_of(to);
        let (sender, service) = sender(world, form, provider)?;
        let customer = world
            .customer_at(to)
            .ok_or_else(|| TwilioError::new(21_211, format!("Invalid 'To' Phone Number: {}", masked(to))))?;
        let template = template(world, form)?;
        let body = match &template {
            Some(template) => Some(filled(&template.text, read_text(form, "ContentVariables"))?),
            None => read_text(form, "Body").map(ToOwned::to_owned),
        };
        let media = media(form, provider)?;
        let length = body.as_ref().map_or(0, |body| body.chars().count());
        if (length == 0 && media.is_empty()) || (length > BODY_LIMIT && template.is_none()) {
            return Err(TwilioError::new(
                14_103,
                "The message body is empty or exceeds the 1600 character limit.",
            ));
        }
        let callback = read_text(form, "StatusCallback");
        if callback.is_some_and(|url| !url.starts_with("http://") && !url.starts_with("https://")) {
            return Err(TwilioError::new(21_609, "The 'StatusCallback' URL is not a valid URL."));
        }
        if let Some(validity) = read_text(form, "ValidityPeriod")
            && !validity.parse().is_ok_and(|seconds| (1..=VALIDITY_LIMIT_S).contains(&seconds))
        {
            return Err(TwilioError::new(20_001, "ValidityPeriod must be between 1 and 36000."));
        }
        let thread = world.threads.values().find(|thread| {
            thread.provider == provider
                && thread.account == sender
                && thread.customer.as_deref() == Some(&customer.id)
        });
        if thread.is_some_and(|thread| thread.opted_out) {
            return Err(TwilioError::new(21_610, "Attempt to send to unsubscribed recipient"));
        }
        Ok(Self {
            provider,
            callback: callback
                .map(ToOwned::to_owned)
                .or_else(|| standing_callback(world, &sender, service.as_deref())),
            sender,
            service,
            customer: customer.id.clone(),
            to: to.to_owned(),
            place: place(form, provider, body.as_deref()),
            body,
            template,
            media,
        })
    }
}

/// Where states go of messages that name no address of their own.
fn standing_callback(world: &World, sender: &str, service: Option<&str>) -> Option<String> {
    let service = world.twilio.services.iter().find(|known| Some(known.sid.as_str()) == service);
    service.and_then(|service| service.status.clone()).or_else(|| world.twilio.sender(sender)?.status.clone())
}

/// The number that a request is sent from, and the service that chose it.
fn sender(world: &World, form: &Form, provider: Provider) -> Result<(String, Option<String>), TwilioError> {
    if let Some(sid) = read_text(form, "MessagingServiceSid") {
        let service = world.twilio.services.iter().find(|service| service.sid == sid);
        let service =
            service.ok_or_else(|| TwilioError::new(21_705, "The Messaging Service Sid is invalid."))?;
        let own = service.senders.iter().find(|sender| provider_of(sender) == provider);
        let own = own.ok_or_else(|| {
            TwilioError::new(21_703, "The Messaging Service does not have a sender for this.")
        })?;
        return Ok((own.clone(), Some(sid.to_owned())));
    }
    let from = read_text(form, "From")
        .ok_or_else(|| TwilioError::new(21_603, "A 'From' phone number is required."))?;
    let known = world.twilio.sender(from).is_some_and(|sender| sender.provider() == provider);
    match (known, provider) {
        (true, _) => Ok((from.to_owned(), None)),
        (false, Provider::WhatsApp) => {
            Err(TwilioError::new(63_007, "Twilio could not find a Channel with the specified From address"))
        }
        (false, _) => Err(TwilioError::new(
            21_606,
            "The 'From' phone number provided is not a valid, message-capable Twilio phone number.",
        )),
    }
}

fn template(world: &World, form: &Form) -> Result<Option<Template>, TwilioError> {
    let Some(sid) = read_text(form, "ContentSid") else { return Ok(None) };
    let found = world.twilio.templates.iter().find(|template| template.sid == sid);
    found.cloned().map(Some).ok_or_else(|| TwilioError::new(21_655, "The ContentSid is invalid."))
}

/// The template's text with its variables in place.
fn filled(text: &str, variables: Option<&str>) -> Result<String, TwilioError> {
    let invalid = || TwilioError::new(92_007, "The ContentVariables parameter is invalid.");
    let variables: Map<String, Value> = match variables {
        Some(variables) => serde_json::from_str(variables).map_err(|_| invalid())?,
        None => Map::new(),
    };
    if variables.len() > VARIABLES_LIMIT {
        return Err(TwilioError::new(92_002, "The ContentVariables parameter has more than 100 variables."));
    }
    variables.iter().try_fold(text.to_owned(), |text, (name, value)| {
        let value = value.as_str().filter(|value| !value.contains('\n')).ok_or_else(invalid)?;
        Ok(text.replace(&format!("{{{{{name}}}}}"), value))
    })
}

fn media(form: &Form, provider: Provider) -> Result<Vec<Media>, TwilioError> {
    let urls: Vec<&str> =
        form.iter().filter(|(name, _)| name == "MediaUrl").map(|(_, url)| url.as_str()).collect();
    let most = if provider == Provider::WhatsApp { 1 } else { MEDIA_LIMIT };
    if urls.len() > most {
        return Err(TwilioError::new(
            21_623,
            format!("The number of media files exceeds the limit of {most}"),
        ));
    }
    if urls.iter().any(|url| !url.starts_with("http://") && !url.starts_with("https://")) {
        return Err(TwilioError::new(21_620, "Invalid media URL(s)"));
    }
    // What it is comes out when it is fetched.
    Ok(urls.into_iter().map(|url| Media::linked(MediaKind::File, url)).collect())
}

/// `geo:{latitude},{longitude}`, with `|{label}` or without; the body is the name. SMS know nothing of it.
fn place(form: &Form, provider: Provider, name: Option<&str>) -> Option<Result<Place, NotAPlace>> {
    let action = read_text(form, "PersistentAction").filter(|_| provider == Provider::WhatsApp)?;
    let read = || {
        let (at, label) = action.strip_prefix("geo:").map(|at| at.split_once('|').unwrap_or((at, "")))?;
        let (latitude, longitude) = at.split_once(',')?;
        let degrees = |text: &str, most: f64| text.parse().ok().filter(|degrees: &f64| degrees.abs() <= most);
        Some(Place {
            title: name?.to_owned(),
            address: label.to_owned(),
            latitude: degrees(latitude, 90.0)?,
            longitude: degrees(longitude, 180.0)?,
        })
    };
    Some(read().ok_or(NotAPlace))
}

/// Twilio takes the file at once; what goes wrong is told by a status callback. The error is its code.
async fn fetch(shared: &Shared, provider: Provider, media: &mut Media) -> Result<(), u32> {
    let on_whatsapp = provider == Provider::WhatsApp;
    let (unreachable, too_large) = if on_whatsapp { (63_019, 63_021) } else { (11_200, 11_751) };
    let largest = if on_whatsapp { WHATSAPP_LIMIT_BYTES } else { PICTURE_LIMIT_BYTES };
    let Some(link) = &mut media.link else { return Ok(()) };
    let outcome = match media::fetch::fetch(shared, &link.url, largest, PATIENCE).await {
        Ok(fetched) => {
            let small_only = !on_whatsapp && !fetched.content_type.starts_with("image/");
            media.kind = MediaKind::of_type(&fetched.content_type);
            media.content_type.clone_from(&fetched.content_type);
            media.size_bytes = fetched.size_bytes;
            shared.copies(|copies| copies.keep(&media.id, fetched));
            if small_only && media.size_bytes > OTHER_LIMIT_BYTES {
                Err((too_large, "it is too large".into()))
            } else {
                Ok(())
            }
        }
        Err(error @ FetchError::TooLarge(_)) => Err((too_large, error.to_string())),
        Err(error) => Err((unreachable, error.to_string())),
    };
    link.opened = Some(Opened {
        content_type: media.content_type.clone(),
        size_bytes: media.size_bytes,
        preview_bytes: None,
        problem: outcome.as_ref().err().map(|(_, reason): &(u32, String)| reason.clone()),
    });
    outcome.map_err(|(code, _)| code)
}

fn accept(
    world: &mut World,
    order: Order,
    problem: Option<u32>,
    form: &Form,
    fault: Option<&Fault>,
) -> (Value, status::Report) {
    let at_ms = world.clock.stamp_ms();
    let account = world.twilio.sid.clone();
    let sid = ids::twilio_sid(if order.media.is_empty() { "SM" } else { "MM" });
    let customer = world.customer(&order.customer).cloned();
    let is_template = order.template.is_some();
    let initial = if order.service.is_some() { "accepted" } else { "queued" };
    let kind = match order.media.first() {
        Some(media) => media.kind.as_str(),
        None if is_template => "template",
        None if order.place.is_some() => "location",
        None => "text",
    };
    let request = form.iter().map(|(name, value)| (name.clone(), value.as_str().into())).collect();
    let mut message = ThreadMessage {
        id: sid.clone(),
        from_company: true,
        at_ms,
        kind: kind.to_owned(),
        journey: Some(Journey {
            status: initial.to_owned(),
            callback: order.callback,
            service: order.service,
            to: order.to,
            segments: order.body.as_deref().map_or(1, segments),
            updated_at_ms: at_ms,
            ..Journey::default()
        }),
        text: order.body,
        media: order.media,
        place: order.place.and_then(Result::ok),
        sent: Some(SentDetails {
            via: "send".into(),
            attempts: 1,
            request: Value::Object(request),
            ..SentDetails::default()
        }),
        ..ThreadMessage::default()
    };
    let mut report =
        status::Report { provider: order.provider, sender: order.sender, sid, steps: Vec::new() };
    let Some(customer) = customer else { return (Value::Null, report) };
    let thread = world.thread_of(order.provider, &report.sender, &customer);
    let fate = fate::decide(thread, is_template, problem, fault, at_ms);
    report.steps = status::steps(fate);
    if let Some(sent) = &mut message.sent {
        sent.received = fate.is_shown();
    }
    let peer = thread.peer.clone();
    thread.messages.push(message.clone());
    let thread = world.thread(order.provider, &report.sender, &peer);
    let answer = thread.map(|thread| message::describe(world, &account, thread, &message));
    (answer.unwrap_or_default(), report)
}

/// As Twilio shows a wrong number: not whole.
fn masked(to: &str) -> String {
    let shown = to.chars().count().saturating_sub(4);
    to.chars().take(shown).chain("XXXX".chars()).collect()
}
