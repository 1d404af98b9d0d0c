//! `POST /{page}/messages`.

use std::sync::Arc;

use serde_json::{Value, json};

use super::{
    GraphCall, GraphError, attachment, auth, cdn,
    message::{Attached, Outgoing},
    persona,
    window::Grounds,
};
use crate::{
    clock::SECOND_MS,
    customer, deliver, ids,
    media::Media,
    model::{Echo, Provider},
    shared::Shared,
    state::{SentDetails, ThreadMessage, World},
};

pub(super) async fn send(shared: &Arc<Shared>, page: &str, call: &GraphCall) -> Result<Value, GraphError> {
    let accepted = match shared.read(|world| wanted_file(world, page, call))? {
        None => shared.change(|world| accept(world, &shared.base_url, page, call, None))?,
        Some(mut media) => {
            attachment::fetch(shared, &mut media).await?;
            shared.change(|world| accept(world, &shared.base_url, page, call, Some(media)))?
        }
    };
    if let Some((page, echo)) = accepted.echo {
        match shared.echo() {
            Echo::Off => {}
            Echo::Before => {
                deliver::send_events(shared, Provider::Messenger, &page, vec![echo]).await;
            }
            Echo::After => {
                let shared = Arc::clone(shared);
                tokio::spawn(async move {
                    deliver::send_events(&shared, Provider::Messenger, &page, vec![echo]).await;
                });
            }
        }
    }
    Ok(accepted.answer)
}

struct Accepted {
    answer: Value,
    echo: Option<(String, Value)>,
}

/// The file that has to be fetched before the message can be accepted: of a request that is right otherwise.
fn wanted_file(world: &World, page: &str, call: &GraphCall) -> Result<Option<Media>, GraphError> {
    let Some(message) = call.params.get("message").filter(|_| call.text("sender_action").is_none()) else {
        return Ok(None);
    };
    let page = auth::page_messenger(world, call, page)?;
    let recipient = call.params.get("recipient").and_then(|to| to["id"].as_str());
    let Some(recipient) = recipient else { return Ok(None) };
    check(world, page, recipient, message, call)?;
    Ok(match Outgoing::parse(message)?.attachment {
        Some(Attached::Link { media, .. }) => Some(*media),
        _ => None,
    })
}

/// Everything that can be wrong with a message but its file.
fn check(
    world: &World,
    page: &str,
    recipient: &str,
    message: &Value,
    call: &GraphCall,
) -> Result<Grounds, GraphError> {
    let grounds = Grounds::parse(call, message)?;
    Outgoing::parse(message)?;
    let thread =
        world.thread(Provider::Messenger, page, recipient).ok_or_else(GraphError::no_matching_user)?;
    if thread.standby {
        return Err(GraphError::parameter("(#100) Another app controls this thread").subcode(2_018_300));
    }
    if thread.blocked || thread.unavailable {
        return Err(GraphError::person_unavailable());
    }
    grounds.check(thread.last_opener_ms, world.clock.now_ms())?;
    if let Some(mid) = call.params.get("reply_to").and_then(|quoted| quoted["mid"].as_str())
        && thread.message(mid).is_none()
    {
        return Err(GraphError::parameter("(#100) Invalid reply_to message id"));
    }
    persona::of_send(world, page, call)?;
    Ok(grounds)
}

fn accept(
    world: &mut World,
    base_url: &str,
    page: &str,
    call: &GraphCall,
    fetched: Option<Media>,
) -> Result<Accepted, GraphError> {
    let page = auth::page_messenger(world, call, page)?.to_owned();
    let recipient = call.params.get("recipient").and_then(|to| to["id"].as_str());
    let recipient =
        recipient.ok_or_else(|| GraphError::parameter("(#100) The parameter recipient is required"))?;
    match (call.params.get("message"), call.text("sender_action")) {
        (Some(_), Some(_)) => {
            Err(GraphError::parameter("(#100) Cannot send a message and a sender action at once")
                .subcode(2_018_014))
        }
        (None, None) => Err(GraphError::parameter("(#100) The parameter message is required")),
        (None, Some(action)) => act(world, &page, recipient, action, call),
        (Some(message), None) => {
            let scene = Scene { base_url, page: &page, recipient, call };
            send_message(world, &scene, message, fetched)
        }
    }
}

struct Scene<'a> {
    base_url: &'a str,
    page: &'a str,
    recipient: &'a str,
    call: &'a GraphCall,
}

fn send_message(
    world: &mut World,
    scene: &Scene<'_>,
    message: &Value,
    fetched: Option<Media>,
) -> Result<Accepted, GraphError> {
    let Scene { base_url, page, recipient, call } = *scene;
    let grounds = check(world, page, recipient, message, call)?;
    let outgoing = Outgoing::parse(message)?;
    let mut attachment_id = None;
    let media = match (outgoing.attachment, fetched) {
        (Some(Attached::Link { reusable, .. }), Some(media)) => {
            attachment_id = reusable.then(|| attachment::keep(world, page, media.clone()));
            vec![media]
        }
        (Some(Attached::Uploaded(id)), _) => vec![attachment::uploaded(world, page, &id)?],
        _ => Vec::new(),
    };
    let persona = persona::of_send(world, page, call)?;
    let sender_name = persona.map(|persona| persona.name.clone());
    let sender_picture = persona.map(|persona| persona.picture_url.clone());
    let app_id = world.app.id.parse().unwrap_or_default();
    let at_ms = world.clock.stamp_ms();
    let expires_at_ms = at_ms + world.media_lives.messenger_ms;

    let (messaging_type, tag) = match grounds {
        Grounds::Standard(kind) => (kind, None),
        Grounds::Tagged(tag) => ("MESSAGE_TAG".to_owned(), Some(tag)),
    };
    let metadata = outgoing.metadata.clone();
    let sent = ThreadMessage {
        id: ids::mid(),
        from_company: true,
        at_ms,
        kind: outgoing.kind,
        text: outgoing.text,
        media,
        sticker_id: outgoing.sticker_id,
        sender_name,
        sender_picture,
        choices: outgoing.choices,
        sent: Some(SentDetails {
            via: "send".into(),
            messaging_type: Some(messaging_type),
            tag,
            metadata: outgoing.metadata,
            retry_key: None,
            attempts: 1,
            received: true,
            request: message.clone(),
        }),
        ..ThreadMessage::default()
    };
    let address = |media: &Media| cdn::address(base_url, media, expires_at_ms);
    let echo = customer::echo(base_url, page, recipient, &sent, app_id, metadata.as_deref(), address);
    let mut answer = json!({"recipient_id": recipient, "message_id": sent.id});
    if let Some(id) = attachment_id {
        answer["attachment_id"] = id.into();
    }
    let thread =
        world.thread_mut(Provider::Messenger, page, recipient).ok_or_else(GraphError::no_matching_user)?;
    thread.loading_until_ms = None;
    thread.messages.push(sent);
    Ok(Accepted { answer, echo: Some((page.to_owned(), echo)) })
}

/// The indicator goes out by itself (Send API, "Sender actions").
const TYPING_MS: i64 = 20 * SECOND_MS;

/// Typing, reading and reacting on the company's side: no message, no echo.
fn act(
    world: &mut World,
    page: &str,
    recipient: &str,
    action: &str,
    call: &GraphCall,
) -> Result<Accepted, GraphError> {
    let now = world.clock.now_ms();
    let thread =
        world.thread_mut(Provider::Messenger, page, recipient).ok_or_else(GraphError::no_matching_user)?;
    if thread.blocked || thread.unavailable {
        return Err(GraphError::person_unavailable());
    }
    let payload = call.params.get("payload").unwrap_or(&Value::Null);
    match action {
        "typing_on" => {
            thread.loading_until_ms = Some(now + TYPING_MS);
            thread.show(action, None, now);
        }
        "typing_off" => {
            thread.loading_until_ms = None;
            thread.show(action, None, now);
        }
        "mark_seen" => {
            let through = thread.read_by_company(None, now);
            thread.show(action, through, now);
        }
        "react" | "unreact" => {
            let message = payload["message_id"].as_str().and_then(|id| thread.message_mut(id));
            let message =
                message.ok_or_else(|| GraphError::parameter("(#100) Invalid message_id for the reaction"))?;
            message.company_reaction =
                (action == "react").then(|| payload["reaction"].as_str().unwrap_or("❤").to_owned());
        }
        other => return Err(GraphError::parameter(format!("(#100) Unknown sender_action {other}"))),
    }
    Ok(Accepted { answer: json!({"recipient_id": recipient}), echo: None })
}
