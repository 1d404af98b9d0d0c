//! A customer on Messenger.

use serde_json::{Value, json};

use super::{ActError, Effect};
use crate::{
    graph::cdn,
    ids,
    media::{Format, Media, MediaKind},
    model::{Act, Action, MediaAct, Provider},
    state::{Customer, Place, Thread, ThreadMessage, World},
};

/// The app id that Meta's echo page names for the Page Inbox.
const PAGE_INBOX_APP_ID: u64 = 26_390_203_743_090;
const EDITS_ALLOWED: u32 = 5;
const THUMBS_UP: &str = "369239263222822";

pub(super) fn apply(
    world: &mut World,
    base_url: &str,
    page: &str,
    customer: &Customer,
    act: &Act,
    given: Vec<Media>,
) -> Result<Effect, ActError> {
    let at_ms = act.at_ms.unwrap_or_else(|| world.clock.stamp_ms());
    let expires_at_ms = world.clock.now_ms() + world.media_lives.messenger_ms;
    let thread = world.thread_of(Provider::Messenger, page, customer);
    let peer = thread.peer.clone();
    let by_customer = !matches!(act.action, Action::PageInbox { .. } | Action::Raw { .. } | Action::Follow);
    if thread.blocked && by_customer {
        return Err(ActError::NotPossible("the customer has blocked the page".into()));
    }
    let scene = Scene { page, peer: &peer, at_ms, base_url, expires_at_ms, given };
    let Happened { message, event } = scene.happen(thread, &act.action)?;

    let message_ids = message.iter().map(|message| message.id.clone()).collect();
    thread.messages.extend(message);
    if opens_window(&act.action) {
        thread.last_opener_ms = thread.last_opener_ms.max(Some(at_ms));
    }
    Ok(Effect { peer, message_ids, events: event.into_iter().collect(), apart: false })
}

/// What Meta counts as the person turning to the page; an edit and a block are not among it.
fn opens_window(action: &Action) -> bool {
    match action {
        Action::Edit { .. } | Action::PageInbox { .. } | Action::Follow | Action::Unfollow => false,
        Action::Raw { event } => {
            let turns =
                ["message", "postback", "reaction", "referral"].iter().any(|kind| event.get(kind).is_some());
            turns && event["message"]["is_echo"] != true
        }
        _ => true,
    }
}

struct Scene<'a> {
    page: &'a str,
    peer: &'a str,
    at_ms: i64,
    base_url: &'a str,
    /// Until when addresses of files are good.
    expires_at_ms: i64,
    given: Vec<Media>,
}

/// A message on the phone, an event for the company, or one of them.
struct Happened {
    message: Option<ThreadMessage>,
    event: Option<Value>,
}

impl Scene<'_> {
    fn happen(&self, thread: &mut Thread, action: &Action) -> Result<Happened, ActError> {
        match action {
            Action::Text { text, quote } => {
                let message = ThreadMessage { quotes: quote.clone(), ..self.own("text", Some(text)) };
                let mut content = json!({"mid": message.id, "text": text});
                if let Some(quoted) = quote {
                    let quoted = find(thread, quoted)?;
                    content["reply_to"] = json!({"mid": quoted.id, "is_self_reply": !quoted.from_company});
                }
                Ok(self.said(message, content))
            }
            Action::QuickReply { title, payload } => {
                let message = self.own("text", Some(title));
                let content = json!({"mid": message.id, "text": title, "quick_reply": {"payload": payload}});
                Ok(self.said(message, content))
            }
            Action::Postback { title, payload } => {
                let message = self.own("postback", Some(title));
                let content = json!({"mid": message.id, "title": title, "payload": payload});
                Ok(Happened { event: Some(self.event(json!({"postback": content}))), message: Some(message) })
            }
            Action::Sticker { sticker_id, .. } => {
                Ok(self.sticker(sticker_id.as_deref().unwrap_or(THUMBS_UP)))
            }
            Action::Image { count } => self.media(&MediaAct { count: *count, ..MediaAct::default() }),
            Action::Media(media) => self.media(media),
            Action::Attachment { attachment, title } => self.attachment(attachment, title.as_deref()),
            Action::Reaction { message_id, emoji, remove } => {
                self.reaction(thread, message_id, emoji, *remove)
            }
            Action::Edit { message_id, text } => self.edit(thread, message_id, text),
            Action::Referral { reference } => {
                let referral = json!({"ref": reference, "source": "SHORTLINK", "type": "OPEN_THREAD"});
                Ok(self.told(json!({"referral": referral})))
            }
            Action::PageInbox { text } => {
                let message = ThreadMessage { from_company: true, ..self.own("text", Some(text)) };
                let nowhere = |_: &Media| String::new();
                let event =
                    echo(self.base_url, self.page, self.peer, &message, PAGE_INBOX_APP_ID, None, nowhere);
                Ok(Happened { message: Some(message), event: Some(event) })
            }
            // Blocking is silent on Messenger: the company learns of it from error 551.
            Action::Unfollow | Action::Follow => {
                thread.blocked = matches!(action, Action::Unfollow);
                Ok(Happened { message: None, event: None })
            }
            Action::Raw { event } => Ok(self.told(event.clone())),
            Action::Unsend { .. } | Action::Join | Action::Leave => {
                Err(ActError::NotPossible("Messenger tells the company nothing of this kind".into()))
            }
        }
    }

    fn own(&self, kind: &str, text: Option<&str>) -> ThreadMessage {
        ThreadMessage {
            id: ids::mid(),
            at_ms: self.at_ms,
            kind: kind.to_owned(),
            text: text.map(ToOwned::to_owned),
            ..ThreadMessage::default()
        }
    }

    /// An explicit null takes a field away: some events have no sender.
    fn event(&self, content: Value) -> Value {
        let (sender, recipient) = (json!({"id": self.peer}), json!({"id": self.page}));
        let mut event = json!({"sender": sender, "recipient": recipient, "timestamp": self.at_ms});
        if let (Some(event), Value::Object(content)) = (event.as_object_mut(), content) {
            event.extend(content);
            event.retain(|_, value| !value.is_null());
        }
        event
    }

    fn told(&self, content: Value) -> Happened {
        Happened { message: None, event: Some(self.event(content)) }
    }

    fn said(&self, message: ThreadMessage, content: Value) -> Happened {
        Happened { message: Some(message), event: Some(self.event(json!({"message": content}))) }
    }

    fn sticker(&self, sticker_id: &str) -> Happened {
        let mut message = self.own("sticker", None);
        message.sticker_id = Some(sticker_id.to_owned());
        let attachment = sticker_attachment(self.base_url, sticker_id);
        let content = json!({"mid": message.id, "attachments": [attachment]});
        self.said(message, content)
    }

    /// Several files are one message with several attachments.
    fn media(&self, act: &MediaAct) -> Result<Happened, ActError> {
        let format = match act.media {
            MediaKind::Image => Format::Png,
            MediaKind::Video => Format::Mp4,
            MediaKind::Audio => Format::M4a { plain: true },
            MediaKind::File => Format::Pdf,
            MediaKind::Contact | MediaKind::Sticker => {
                return Err(ActError::NotPossible("Messenger has no such files".into()));
            }
        };
        let media = Media::of_act(act, format, act.count.unwrap_or(1), &self.given);
        let attachment = |media: &Media| {
            let url = cdn::address(self.base_url, media, self.expires_at_ms);
            json!({"type": act.media.as_str(), "payload": {"url": url}})
        };
        let attachments: Vec<Value> = media.iter().map(attachment).collect();
        let message = ThreadMessage { media, ..self.own(act.media.as_str(), act.name.as_deref()) };
        let content = json!({"mid": message.id, "attachments": attachments});
        Ok(self.said(message, content))
    }

    fn attachment(&self, kind: &str, title: Option<&str>) -> Result<Happened, ActError> {
        if let Some(media) = MediaKind::parse(kind) {
            let name = title.map(ToOwned::to_owned);
            return self.media(&MediaAct { media, name, ..MediaAct::default() });
        }
        let mut message = self.own(kind, title);
        let attachment = match kind {
            // A shared link: the fallback may come without a payload at all.
            "fallback" => json!({"type": kind}),
            "location" => {
                let place = Place {
                    title: title.unwrap_or("東京駅").to_owned(),
                    latitude: 35.681_236,
                    longitude: 139.767_125,
                    ..Place::default()
                };
                let coordinates = json!({"lat": place.latitude, "long": place.longitude});
                let attachment =
                    json!({"type": kind, "title": place.title, "payload": {"coordinates": coordinates}});
                message.place = Some(place);
                attachment
            }
            other => return Err(ActError::NotPossible(format!("Messenger has no `{other}` attachments"))),
        };
        let content = json!({"mid": message.id, "attachments": [attachment]});
        Ok(self.said(message, content))
    }

    fn reaction(
        &self,
        thread: &mut Thread,
        id: &str,
        emoji: &str,
        remove: bool,
    ) -> Result<Happened, ActError> {
        let message = find(thread, id)?;
        message.customer_reaction = (!remove).then(|| emoji.to_owned());
        let mut reaction = json!({"mid": id, "action": if remove { "unreact" } else { "react" }});
        if !remove {
            reaction["reaction"] = reaction_name(emoji).into();
            reaction["emoji"] = emoji.into();
        }
        Ok(self.told(json!({"reaction": reaction})))
    }

    fn edit(&self, thread: &mut Thread, id: &str, text: &str) -> Result<Happened, ActError> {
        let message = find(thread, id)?;
        if message.from_company || message.kind != "text" {
            return Err(ActError::UnknownMessage(id.to_owned()));
        }
        if message.edits == EDITS_ALLOWED {
            return Err(ActError::NotPossible("a message can be edited five times".into()));
        }
        message.edits += 1;
        message.text = Some(text.to_owned());
        Ok(self.told(json!({"message_edit": {"mid": id, "text": text, "num_edit": message.edits}})))
    }
}

fn find<'t>(thread: &'t mut Thread, id: &str) -> Result<&'t mut ThreadMessage, ActError> {
    thread.message_mut(id).ok_or_else(|| ActError::UnknownMessage(id.to_owned()))
}

/// What every app that listens to the page hears about a message from the page. Files are named by the
/// address that Meta gives them.
pub(crate) fn echo(
    base_url: &str,
    page: &str,
    psid: &str,
    message: &ThreadMessage,
    app_id: u64,
    metadata: Option<&str>,
    address: impl Fn(&Media) -> String,
) -> Value {
    let mut content = json!({"mid": message.id, "is_echo": true, "app_id": app_id});
    if let Some(text) = &message.text {
        content["text"] = text.as_str().into();
    }
    if !message.media.is_empty() {
        let attachment = |media: &Media| json!({"type": media.kind, "payload": {"url": address(media)}});
        content["attachments"] = message.media.iter().map(attachment).collect();
    }
    if let Some(sticker) = &message.sticker_id {
        content["attachments"] = json!([sticker_attachment(base_url, sticker)]);
    }
    if let Some(metadata) = metadata {
        content["metadata"] = metadata.into();
    }
    json!({"sender": {"id": page}, "recipient": {"id": psid}, "timestamp": message.at_ms, "message": content})
}

/// The documents show numbers and strings; a number where it is one.
fn sticker_attachment(base_url: &str, sticker_id: &str) -> Value {
    let number = sticker_id.parse::<u64>().map_or_else(|_| json!(sticker_id), Value::from);
    let url = format!("{base_url}/media/sticker-{sticker_id}.png");
    json!({"type": "sticker", "payload": {"url": url, "sticker_id": number}})
}

fn reaction_name(emoji: &str) -> &'static str {
    match emoji {
        "😆" | "😂" | "🙂" => "smile",
        "😠" => "angry",
        "😢" => "sad",
        "😮" => "wow",
        "❤" | "❤️" => "love",
        "👍" => "like",
        "👎" => "dislike",
        _ => "other",
    }
}
