//! From a provider's words to our own.

use madoguchi_domain::{ChannelKind, Event};

use crate::envelope::InboundEvent;
use crate::{line, messenger, twilio};

/// What parsing must know beside the event itself.
#[derive(Clone, Copy, Debug)]
pub struct ParseOptions<'a> {
    /// The app ids of Meta's own Page Inbox: what they send was written by a person of the company.
    /// Two are documented, on different pages, so it is a list.
    pub page_inbox_app_ids: &'a [String],
}

/// What the event says, or `None` if it belongs to no conversation. Never fails: what we do not know
/// is kept as [`madoguchi_domain::EventBody::Unknown`], and an over-long optional field is cut (ING-10).
pub fn parse(event: &InboundEvent, options: &ParseOptions<'_>) -> Option<Event> {
    match event.channel_kind {
        ChannelKind::Messenger => messenger::parse(event, options),
        ChannelKind::Line => line::parse(event),
        ChannelKind::WhatsApp | ChannelKind::Sms => twilio::parse(event),
    }
}

/// The longest name of an event or message kind that is kept.
pub(crate) const KIND_CHARACTERS: usize = 64;
/// The longest title of a button or a file.
pub(crate) const TITLE_CHARACTERS: usize = 300;
/// The longest name of a place.
pub(crate) const PLACE_CHARACTERS: usize = 100;
/// The longest address of a place.
pub(crate) const ADDRESS_CHARACTERS: usize = 300;
/// People who join or leave with one event; LINE groups hold 500.
pub(crate) const MAX_MEMBERS: usize = 500;
/// The longest postback payload; providers take at most 1,000 characters.
pub(crate) const PAYLOAD_CHARACTERS: usize = 2_000;
