//! A customer on WhatsApp or with SMS, as Twilio tells of them.

use serde_json::{Map, Value, json};

use super::{ActError, Effect};
use crate::{
    ids,
    media::{Format, Media, MediaKind},
    model::{Act, Action, MediaAct, Provider},
    state::{Customer, Journey, Place, Thread, ThreadMessage, World},
    twilio::{VERSION, text},
};

/// An MMS holds this many files, a WhatsApp message one.
const MMS_FILES: usize = 10;
/// Twilio: "Media size limits" of WhatsApp, and of an MMS as a whole.
const WHATSAPP_FILE_BYTES: u64 = 16 * 1024 * 1024;
const MMS_BYTES: u64 = 5 * 1024 * 1024;

pub(super) fn apply(
    world: &mut World,
    base_url: &str,
    sender: &str,
    customer: &Customer,
    act: &Act,
    given: Vec<Media>,
) -> Result<Effect, ActError> {
    let at_ms = act.at_ms.unwrap_or_else(|| world.clock.stamp_ms());
    let scene = Scene {
        provider: act.provider,
        sender,
        customer,
        at_ms,
        base_url,
        given,
        account: world.twilio.sid.clone(),
        service: world.twilio.service_of(sender).map(|service| service.sid.clone()),
        names_user: customer.hides_number || world.twilio.external_user_ids,
        tells_keywords: world.twilio.opt_out_types,
    };
    let peer = world.twilio.contact_key(act.provider, customer);
    let thread = world.thread_of(act.provider, sender, customer);
    if thread.blocked && !matches!(act.action, Action::Follow | Action::Raw { .. }) {
        return Err(ActError::NotPossible("the customer has blocked the number".into()));
    }
    let mut said = scene.happen(thread, &act.action)?;
    for (message, params) in &mut said {
        scene.note_keyword(thread, message, params);
    }

    let events = said.iter().map(|(message, params)| scene.event(message, params)).collect();
    let messages: Vec<ThreadMessage> =
        said.into_iter().map(|(message, _)| message).filter(|message| !message.kind.is_empty()).collect();
    let message_ids = messages.iter().map(|message| message.id.clone()).collect();
    if !messages.is_empty() {
        thread.last_opener_ms = thread.last_opener_ms.max(Some(at_ms));
    }
    thread.messages.extend(messages);
    Ok(Effect { peer, message_ids, events, apart: true })
}

struct Scene<'a> {
    provider: Provider,
    sender: &'a str,
    customer: &'a Customer,
    at_ms: i64,
    base_url: &'a str,
    given: Vec<Media>,
    account: String,
    service: Option<String>,
    names_user: bool,
    tells_keywords: bool,
}

/// A message on the phone, and what its webhook says beside what all of them say.
type Said = (ThreadMessage, Map<String, Value>);

impl Scene<'_> {
    fn happen(&self, thread: &mut Thread, action: &Action) -> Result<Vec<Said>, ActError> {
        match action {
            Action::Text { text, quote } => {
                let mut said = self.said("text", Some(text), json!({"MessageType": "text"}));
                said.0.quotes.clone_from(quote);
                if let Some(quoted) = quote {
                    let quoted =
                        thread.message(quoted).ok_or_else(|| ActError::UnknownMessage(quoted.clone()))?;
                    let author = if quoted.from_company { self.sender } else { &*self.address() };
                    said.1.insert("OriginalRepliedMessageSid".into(), quoted.id.as_str().into());
                    said.1.insert("OriginalRepliedMessageSender".into(), author.into());
                }
                Ok(vec![said])
            }
            Action::QuickReply { title, payload } | Action::Postback { title, payload } => {
                self.on_whatsapp("buttons")?;
                let more = json!({"MessageType": "button", "ButtonText": title, "ButtonPayload": payload});
                Ok(vec![self.said("postback", Some(title), more)])
            }
            Action::Sticker { sticker_id, .. } => {
                self.on_whatsapp("stickers")?;
                let mut said = self.with_files("sticker", None, vec![Media::own(Format::Webp, None, None)]);
                said.0.sticker_id = Some(sticker_id.clone().unwrap_or_else(|| "1".into()));
                Ok(vec![said])
            }
            Action::Image { count } => self.media(&MediaAct { count: *count, ..MediaAct::default() }),
            Action::Media(media) => self.media(media),
            Action::Attachment { attachment, title } if attachment == "location" => {
                self.on_whatsapp("locations")?;
                Ok(vec![self.location(title.as_deref())])
            }
            Action::Attachment { attachment, title } => {
                let kind = MediaKind::parse(attachment)
                    .ok_or_else(|| ActError::NotPossible(format!("there are no `{attachment}` messages")))?;
                self.media(&MediaAct { media: kind, name: title.clone(), ..MediaAct::default() })
            }
            Action::Referral { reference } => {
                self.on_whatsapp("advertisements")?;
                let more = json!({
                    "MessageType": "text",
                    "ReferralBody": "春のセール開催中",
                    "ReferralHeadline": "デモ商店",
                    "ReferralSourceId": reference,
                    "ReferralSourceType": "ad",
                    "ReferralSourceUrl": format!("https://fb.example/{reference}"),
                    "ReferralNumMedia": "0",
                    "ReferralCtwaClid": ids::quote_token(),
                });
                Ok(vec![self.said("text", Some("広告を見ました。"), more)])
            }
            Action::Raw { event } => {
                let more = event.as_object().cloned().unwrap_or_default();
                // Nothing on the phone: a message without a kind is not kept.
                Ok(vec![(ThreadMessage { kind: String::new(), ..self.own("", None) }, more)])
            }
            // Blocking a number is silent.
            Action::Follow | Action::Unfollow => {
                thread.blocked = matches!(action, Action::Unfollow);
                Ok(Vec::new())
            }
            _ => Err(ActError::NotPossible("Twilio tells the company nothing of this kind".into())),
        }
    }

    /// WhatsApp sends each file as a message of its own, MMS up to ten in one.
    fn media(&self, act: &MediaAct) -> Result<Vec<Said>, ActError> {
        let format = match (act.media, self.provider) {
            (MediaKind::Image, _) => Format::Png,
            (MediaKind::Video, _) => Format::Mp4,
            (MediaKind::Audio, Provider::WhatsApp) => Format::Ogg,
            (MediaKind::Audio, _) => Format::M4a { plain: true },
            (MediaKind::File, Provider::WhatsApp) => Format::Pdf,
            (MediaKind::Contact, _) => Format::Vcard,
            (MediaKind::Sticker, Provider::WhatsApp) => Format::Webp,
            (MediaKind::File | MediaKind::Sticker, _) => {
                return Err(ActError::NotPossible("MMS has no files and stickers".into()));
            }
        };
        let (most_bytes, name) = match self.provider {
            Provider::WhatsApp => (WHATSAPP_FILE_BYTES, "WhatsApp"),
            _ => (MMS_BYTES, "MMS"),
        };
        if self.given.iter().any(|media| media.size_bytes > most_bytes) {
            let most = most_bytes / (1024 * 1024);
            return Err(ActError::NotPossible(format!("{name} takes files of up to {most} MB")));
        }
        let files = Media::of_act(act, format, act.count.unwrap_or(1), &self.given);
        let kind = act.media.as_str();
        if self.provider == Provider::WhatsApp {
            let said = |(number, file): (usize, Media)| {
                let text = act.text.as_deref().filter(|_| number == 0);
                self.with_files(kind, text, vec![file])
            };
            return Ok(files.into_iter().enumerate().map(said).collect());
        }
        if files.len() > MMS_FILES {
            return Err(ActError::NotPossible("an MMS holds ten files at most".into()));
        }
        Ok(vec![self.with_files(kind, act.text.as_deref(), files)])
    }

    fn with_files(&self, kind: &str, text: Option<&str>, files: Vec<Media>) -> Said {
        let message = ThreadMessage { id: ids::twilio_sid("MM"), ..self.own(kind, text) };
        let mut more = Map::new();
        let message_type = match kind {
            "file" => "document",
            "contact" => "contacts",
            other => other,
        };
        more.insert("MessageType".into(), message_type.into());
        more.insert("NumMedia".into(), files.len().to_string().into());
        for (index, file) in files.iter().enumerate() {
            let url = format!(
                "{}/{VERSION}/Accounts/{}/Messages/{}/Media/ME{}",
                self.base_url, self.account, message.id, file.id
            );
            more.insert(format!("MediaUrl{index}"), url.into());
            more.insert(format!("MediaContentType{index}"), file.content_type.as_str().into());
        }
        // WhatsApp hands a document's name over as the words of its message.
        let name = files.first().and_then(|file| file.name.clone()).filter(|_| text.is_none());
        (ThreadMessage { text: text.map(ToOwned::to_owned).or(name), media: files, ..message }, more)
    }

    fn location(&self, title: Option<&str>) -> Said {
        let place = Place {
            title: title.unwrap_or("東京駅").to_owned(),
            address: "東京都千代田区丸の内1丁目".to_owned(),
            latitude: 35.681_236,
            longitude: 139.767_125,
        };
        let more = json!({
            "MessageType": "location",
            "Latitude": place.latitude.to_string(),
            "Longitude": place.longitude.to_string(),
            "Address": place.address,
            "Label": place.title,
        });
        let (message, more) = self.said("location", None, more);
        (ThreadMessage { place: Some(place), ..message }, more)
    }

    fn own(&self, kind: &str, text: Option<&str>) -> ThreadMessage {
        ThreadMessage {
            id: ids::twilio_sid("SM"),
            at_ms: self.at_ms,
            kind: kind.to_owned(),
            text: text.map(ToOwned::to_owned),
            journey: Some(Journey {
                status: "received".into(),
                segments: text::segments(text.unwrap_or_default()),
                ..Journey::default()
            }),
            ..ThreadMessage::default()
        }
    }

    fn said(&self, kind: &str, text: Option<&str>, more: Value) -> Said {
        let more = if let Value::Object(more) = more { more } else { Map::new() };
        (self.own(kind, text), more)
    }

    fn on_whatsapp(&self, what: &str) -> Result<(), ActError> {
        if self.provider == Provider::WhatsApp {
            return Ok(());
        }
        Err(ActError::NotPossible(format!("SMS has no {what}")))
    }

    /// STOP and START are kept by Twilio itself, which also answers them.
    fn note_keyword(&self, thread: &mut Thread, message: &ThreadMessage, params: &mut Map<String, Value>) {
        if message.kind != "text" {
            return;
        }
        let Some(keyword) = text::keyword(message.text.as_deref().unwrap_or_default()) else { return };
        match keyword {
            "STOP" => thread.opted_out = true,
            "START" => thread.opted_out = false,
            _ => {}
        }
        if self.tells_keywords {
            params.insert("OptOutType".into(), keyword.into());
        }
    }

    fn address(&self) -> String {
        self.customer.address(self.provider)
    }

    fn user(&self) -> String {
        format!("whatsapp:{}", self.customer.whatsapp_user())
    }

    /// The parameters of the webhook. What `more` says wins, and an explicit null takes one away.
    fn event(&self, message: &ThreadMessage, more: &Map<String, Value>) -> Value {
        let segments = message.journey.as_ref().map_or(1, |journey| journey.segments);
        let mut params = Map::new();
        let mut set = |name: &str, value: &str| params.insert(name.to_owned(), value.into());
        set("AccountSid", &self.account);
        set("ApiVersion", VERSION);
        set("Body", message.text.as_deref().unwrap_or_default());
        set("From", &self.address());
        set("MessageSid", &message.id);
        set("NumMedia", "0");
        set("NumSegments", &segments.to_string());
        set("SmsMessageSid", &message.id);
        set("SmsSid", &message.id);
        set("SmsStatus", "received");
        set("To", self.sender);
        if let Some(service) = &self.service {
            set("MessagingServiceSid", service);
        }
        if self.provider == Provider::WhatsApp {
            let mut context = json!({"ProfileName": self.customer.display_name});
            set("ProfileName", &self.customer.display_name);
            if self.names_user {
                set("ExternalUserId", &self.user());
            }
            if !self.customer.hides_number {
                let number = self.customer.telephone().replace('+', "");
                set("WaId", &number);
                context["WaId"] = number.into();
            }
            let metadata = json!({"type": "whatsapp", "data": {"context": context}});
            set("ChannelMetadata", &metadata.to_string());
        } else {
            set("FromCountry", "JP");
            set("ToCountry", "JP");
            for name in ["FromCity", "FromState", "FromZip", "ToCity", "ToState", "ToZip"] {
                set(name, "");
            }
        }
        params.extend(more.clone());
        if self.provider == Provider::Sms {
            params.remove("MessageType");
        }
        params.retain(|_, value| !value.is_null());
        Value::Object(params)
    }
}
