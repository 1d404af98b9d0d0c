//! `POST /{page}/messages`.

use std::sync::Arc;

use serde_json::{Value, json};

use super::{GraphCall, GraphError, auth, message::Outgoing, window::Grounds};
use crate::{
    customer, deliver, ids,
    model::{Echo, Provider},
    shared::Shared,
    state::{SentDetails, ThreadMessage, World},
};

pub(super) async fn send(shared: &Arc<Shared>, page: &str, call: &GraphCall) -> Result<Value, GraphError> {
    let accepted = shared.change(|world| accept(world, page, call))?;
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

fn accept(world: &mut World, page: &str, call: &GraphCall) -> Result<Accepted, GraphError> {
    let page = auth::page_caller(world, call, page)?.to_owned();
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
        (Some(message), None) => send_message(world, &page, recipient, message, call),
    }
}

fn send_message(
    world: &mut World,
    page: &str,
    recipient: &str,
    message: &Value,
    call: &GraphCall,
) -> Result<Accepted, GraphError> {
    let grounds = Grounds::parse(call, message)?;
    let outgoing = Outgoing::parse(message)?;
    let now_ms = world.clock.now_ms();
    let app_id = world.app.id.parse().unwrap_or_default();
    let at_ms = world.clock.stamp_ms();
    let thread =
        world.thread_mut(Provider::Messenger, page, recipient).ok_or_else(GraphError::no_matching_user)?;
    if thread.standby {
        return Err(GraphError::parameter("(#100) Another app controls this thread").subcode(2_018_300));
    }
    if thread.blocked || thread.unavailable {
        return Err(GraphError::person_unavailable());
    }
    grounds.check(thread.last_opener_ms, now_ms)?;
    if let Some(mid) = call.params.get("reply_to").and_then(|quoted| quoted["mid"].as_str())
        && thread.message(mid).is_none()
    {
        return Err(GraphError::parameter("(#100) Invalid reply_to message id"));
    }

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
        media_url: outgoing.media_url,
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
    let echo = customer::echo(page, recipient, at_ms, &sent, app_id, metadata.as_deref());
    let answer = json!({"recipient_id": recipient, "message_id": sent.id});
    thread.typing = false;
    thread.messages.push(sent);
    Ok(Accepted { answer, echo: Some((page.to_owned(), echo)) })
}

/// Typing, reading and reacting on the company's side: no message, no echo.
fn act(
    world: &mut World,
    page: &str,
    recipient: &str,
    action: &str,
    call: &GraphCall,
) -> Result<Accepted, GraphError> {
    let thread =
        world.thread_mut(Provider::Messenger, page, recipient).ok_or_else(GraphError::no_matching_user)?;
    if thread.blocked || thread.unavailable {
        return Err(GraphError::person_unavailable());
    }
    let payload = call.params.get("payload").unwrap_or(&Value::Null);
    match action {
        "typing_on" => thread.typing = true,
        "typing_off" => thread.typing = false,
        "mark_seen" => {
            for message in thread.messages.iter_mut().filter(|message| !message.from_company) {
                message.read_at_ms.get_or_insert(message.at_ms);
            }
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
