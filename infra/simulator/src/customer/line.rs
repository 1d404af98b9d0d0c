//! A customer on LINE, alone or in a group.

use serde_json::{Value, json};

use super::{ActError, Effect};
use crate::{
    clock::machine_ms,
    ids,
    media::{Format, Media, MediaKind},
    model::{Act, Action, MediaAct, Provider},
    state::{Customer, Group, Place, ReplyToken, ThreadMessage, World},
};

/// Tokens older than this can no longer be of use, however often their webhook is repeated.
const REPLY_TOKENS_KEPT: usize = 2_000;

pub(super) fn apply(
    world: &mut World,
    base_url: &str,
    channel: &str,
    customer: &Customer,
    act: &Act,
    given: Vec<Media>,
) -> Result<Effect, ActError> {
    let at_ms = act.at_ms.unwrap_or_else(|| world.clock.stamp_ms());
    let group = match &act.group {
        Some(id) => Some(find_group(world, channel, id)?),
        None => None,
    };
    let now_ms = world.clock.now_ms();
    let mut scene =
        Scene { channel, customer, group, at_ms, now_ms, base_url, given, first_message_number: 0 };
    // Far apart, so that an album's numbers do not run into the next message's.
    scene.first_message_number =
        machine_ms().unsigned_abs() * 100_000 + (world.next_number() * 100) % 100_000;
    let (messages, mut events, replyable) = scene.happen(world, &act.action)?;

    let standby = scene.thread(world).standby;
    for event in &mut events {
        fill_common(event, &scene, standby);
        if replyable && !standby && event.get("replyToken").is_none() {
            let token = ids::secret("")[..32].to_owned();
            event["replyToken"] = token.as_str().into();
            let now = world.clock.now_ms();
            world.reply_tokens.push(ReplyToken {
                value: token,
                channel: channel.to_owned(),
                peer: scene.peer(),
                event_at_ms: at_ms,
                delivered_at_ms: now,
                used: false,
            });
        }
    }
    let outdated = world.reply_tokens.len().saturating_sub(REPLY_TOKENS_KEPT);
    world.reply_tokens.drain(..outdated);

    let message_ids = messages.iter().map(|message: &ThreadMessage| message.id.clone()).collect();
    let thread = scene.thread(world);
    if !messages.is_empty() {
        thread.last_opener_ms = thread.last_opener_ms.max(Some(at_ms));
    }
    thread.messages.extend(messages);
    let apart = matches!(&act.action, Action::Media(media) if media.apart);
    Ok(Effect { peer: scene.peer(), message_ids, events, apart })
}

struct Scene<'a> {
    channel: &'a str,
    customer: &'a Customer,
    group: Option<Group>,
    at_ms: i64,
    now_ms: i64,
    base_url: &'a str,
    given: Vec<Media>,
    first_message_number: u64,
}

type Happened = (Vec<ThreadMessage>, Vec<Value>, bool);

impl Scene<'_> {
    fn peer(&self) -> String {
        self.group.as_ref().map_or_else(|| self.customer.line_user_id.clone(), |group| group.id.clone())
    }

    fn thread<'w>(&self, world: &'w mut World) -> &'w mut crate::state::Thread {
        match &self.group {
            Some(group) => world.group_thread(self.channel, group),
            None => world.thread_of(Provider::Line, self.channel, self.customer),
        }
    }

    fn own(&self, index: u64, kind: &str, text: Option<&str>) -> ThreadMessage {
        ThreadMessage {
            id: (self.first_message_number + index).to_string(),
            author: self.group.as_ref().map(|_| self.customer.id.clone()),
            at_ms: self.at_ms,
            kind: kind.to_owned(),
            text: text.map(ToOwned::to_owned),
            quote_token: quotable(kind).then(ids::quote_token),
            read_token: matches!(kind, "text" | "image").then(ids::quote_token),
            ..ThreadMessage::default()
        }
    }

    /// The messages on the phone, the events for the company, and whether these can be replied to.
    fn happen(&self, world: &mut World, action: &Action) -> Result<Happened, ActError> {
        let thread = self.thread(world);
        if thread.blocked && !matches!(action, Action::Follow | Action::Raw { .. }) {
            return Err(ActError::NotPossible("the customer has blocked the account".into()));
        }
        match action {
            Action::Text { text, quote } => {
                let message = ThreadMessage { quotes: quote.clone(), ..self.own(0, "text", Some(text)) };
                let mut content = base_message(&message);
                content["text"] = text.as_str().into();
                if let Some(quoted) = quote {
                    thread.message(quoted).ok_or_else(|| ActError::UnknownMessage(quoted.clone()))?;
                    content["quotedMessageId"] = quoted.as_str().into();
                }
                Ok(said(message, content))
            }
            Action::Sticker { package_id, sticker_id } => {
                let sticker_id = sticker_id.as_deref().unwrap_or("52002734");
                let mut message = self.own(0, "sticker", None);
                message.sticker_id = Some(sticker_id.to_owned());
                let mut content = base_message(&message);
                content["packageId"] = package_id.as_deref().unwrap_or("11537").into();
                content["stickerId"] = sticker_id.into();
                content["stickerResourceType"] = "ANIMATION".into();
                content["keywords"] = json!(["OK", "good", "いいね"]);
                Ok(said(message, content))
            }
            Action::Image { count } => self.media(&MediaAct { count: *count, ..MediaAct::default() }),
            Action::Media(media) => self.media(media),
            Action::Attachment { attachment, title } if attachment == "location" => {
                Ok(self.location(title.as_deref()))
            }
            Action::Attachment { attachment, title } => {
                let kind = MediaKind::parse(attachment)
                    .ok_or_else(|| ActError::NotPossible(format!("LINE has no `{attachment}` messages")))?;
                self.media(&MediaAct { media: kind, name: title.clone(), ..MediaAct::default() })
            }
            Action::QuickReply { title, payload } | Action::Postback { title, payload } => {
                // LINE shows what was tapped only when the button has a display text.
                let shown =
                    ThreadMessage { id: ids::ulid(self.at_ms), ..self.own(0, "postback", Some(title)) };
                let event = json!({"type": "postback", "postback": {"data": payload}});
                Ok((vec![shown], vec![event], true))
            }
            Action::Unsend { message_id } => {
                let message = thread
                    .message_mut(message_id)
                    .filter(|message| !message.from_company)
                    .ok_or_else(|| ActError::UnknownMessage(message_id.clone()))?;
                message.unsent = true;
                message.text = None;
                message.media.clear();
                message.sticker_id = None;
                message.place = None;
                Ok((Vec::new(), vec![json!({"type": "unsend", "unsend": {"messageId": message_id}})], false))
            }
            Action::Edit { message_id, text } => {
                if self.group.is_none() {
                    return Err(ActError::NotPossible("LINE has edits in groups only".into()));
                }
                let message = thread
                    .message_mut(message_id)
                    .filter(|message| !message.from_company && message.kind == "text")
                    .ok_or_else(|| ActError::UnknownMessage(message_id.clone()))?;
                message.edits += 1;
                message.text = Some(text.clone());
                let content =
                    json!({"id": message_id, "type": "text", "text": text, "quoteToken": ids::quote_token()});
                Ok((Vec::new(), vec![json!({"type": "messageEdited", "message": content})], true))
            }
            Action::Follow => {
                let returns = thread.blocked;
                thread.blocked = false;
                thread.friend = true;
                Ok((Vec::new(), vec![json!({"type": "follow", "follow": {"isUnblocked": returns}})], true))
            }
            Action::Unfollow => {
                thread.blocked = true;
                Ok((Vec::new(), vec![json!({"type": "unfollow"})], false))
            }
            Action::Join | Action::Leave => {
                let joined = matches!(action, Action::Join);
                let peer = self.peer();
                let group = world.groups.iter_mut().find(|group| group.id == peer).ok_or_else(|| {
                    ActError::NotPossible("only groups and rooms are joined and left".into())
                })?;
                group.bot_joined = joined;
                Ok((Vec::new(), vec![json!({"type": if joined { "join" } else { "leave" }})], joined))
            }
            Action::Raw { event } => {
                let replyable = event["type"] == "message" || event["type"] == "postback";
                Ok((Vec::new(), vec![event.clone()], replyable))
            }
            Action::Reaction { .. } | Action::Referral { .. } | Action::PageInbox { .. } => {
                Err(ActError::NotPossible("LINE tells the company nothing of this kind".into()))
            }
        }
    }

    /// Several pictures at once are one album; of anything else there is one at a time.
    fn media(&self, act: &MediaAct) -> Result<Happened, ActError> {
        let format = match act.media {
            MediaKind::Image => Format::Png,
            MediaKind::Video => Format::Mp4,
            MediaKind::Audio => Format::M4a { plain: false },
            MediaKind::File => Format::Pdf,
            MediaKind::Contact | MediaKind::Sticker => {
                return Err(ActError::NotPossible("LINE has no such files".into()));
            }
        };
        let wanted = if act.media == MediaKind::Image { act.count.unwrap_or(1) } else { 1 };
        let files = Media::of_act(act, format, wanted, &self.given);
        let count = files.len();
        let set = ids::secret("")[..32].to_uppercase();
        let mut happened = (Vec::new(), Vec::new(), true);
        for (index, mut media) in (0..).zip(files) {
            media.ready_at_ms = act.preparing_ms.map_or(0, |preparing_ms| self.now_ms + preparing_ms);
            let text = media.name.clone();
            let mut message = self.own(index, act.media.as_str(), text.as_deref());
            let mut content = base_message(&message);
            if act.media == MediaKind::File {
                content["fileName"] = media.name.as_deref().unwrap_or_default().into();
                content["fileSize"] = media.size_bytes.into();
            } else if act.external {
                let url = format!("{}/files/{}", self.base_url, media.id);
                content["contentProvider"] = json!({
                    "type": "external", "originalContentUrl": url, "previewImageUrl": format!("{url}/preview"),
                });
            } else {
                content["contentProvider"] = json!({"type": "line"});
            }
            if let Some(duration) = media.duration_ms {
                content["duration"] = duration.into();
            }
            if count > 1 && act.media == MediaKind::Image {
                content["imageSet"] = json!({"id": set, "index": index + 1, "total": count});
            }
            message.kept_elsewhere = act.external;
            message.media.push(media);
            happened.0.push(message);
            happened.1.push(json!({"type": "message", "message": content}));
        }
        Ok(happened)
    }

    fn location(&self, title: Option<&str>) -> Happened {
        let place = Place {
            title: title.unwrap_or("東京駅").to_owned(),
            address: "東京都千代田区丸の内1丁目".to_owned(),
            latitude: 35.681_236,
            longitude: 139.767_125,
        };
        let message = ThreadMessage { place: Some(place.clone()), ..self.own(0, "location", None) };
        let mut content = base_message(&message);
        content["title"] = place.title.into();
        content["address"] = place.address.into();
        content["latitude"] = place.latitude.into();
        content["longitude"] = place.longitude.into();
        said(message, content)
    }
}

/// Messages of the kinds that carry a quote token.
fn quotable(kind: &str) -> bool {
    matches!(kind, "text" | "sticker" | "image" | "video")
}

fn base_message(message: &ThreadMessage) -> Value {
    let mut content = json!({"id": message.id, "type": message.kind});
    if let Some(token) = &message.quote_token {
        content["quoteToken"] = token.as_str().into();
    }
    if let Some(token) = &message.read_token {
        content["markAsReadToken"] = token.as_str().into();
    }
    content
}

fn said(message: ThreadMessage, content: Value) -> Happened {
    (vec![message], vec![json!({"type": "message", "message": content})], true)
}

/// Fills in what every event has; what the event already says stays, and an explicit null takes a field away.
fn fill_common(event: &mut Value, scene: &Scene<'_>, standby: bool) {
    let user = &scene.customer.line_user_id;
    let source = match &scene.group {
        None => json!({"type": "user", "userId": user}),
        Some(group) => {
            let (kind, key) =
                if group.id.starts_with('R') { ("room", "roomId") } else { ("group", "groupId") };
            let mut source = json!({"type": kind, key: group.id});
            // Only message events of groups name the person.
            if event["type"] == "message" || event["type"] == "messageEdited" {
                source["userId"] = user.as_str().into();
            }
            source
        }
    };
    let common = [
        ("mode", json!(if standby { "standby" } else { "active" })),
        ("timestamp", json!(scene.at_ms)),
        ("source", source),
        ("webhookEventId", json!(ids::ulid(machine_ms()))),
        ("deliveryContext", json!({"isRedelivery": false})),
    ];
    let Some(event) = event.as_object_mut() else { return };
    for (name, value) in common {
        event.entry(name).or_insert(value);
    }
    event.retain(|_, value| !value.is_null());
}

fn find_group(world: &World, channel: &str, id: &str) -> Result<Group, ActError> {
    let found =
        world.groups.iter().find(|group| group.channel == channel && (group.id == id || group.name == id));
    found.cloned().ok_or_else(|| ActError::UnknownGroup(id.to_owned()))
}
