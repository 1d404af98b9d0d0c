//! The rules of the inbox: what events, replies and the passing of time do to a conversation.
//!
//! Nothing here does I/O or reads a clock: callers pass what was stored, what happened and `now`,
//! and get back what must be stored. Everything is tested as tables and properties.

pub mod account;
pub mod alert;
pub mod assignment;
pub mod audit;
pub mod automatic;
pub mod block;
pub mod bot;
pub mod catalogue;
pub mod channel;
pub mod checkup;
pub mod conversation;
pub mod courtesy;
pub mod credential;
pub mod deadline;
pub mod draft;
pub mod event;
pub mod farewell;
pub mod happening;
pub mod ids;
pub mod label;
pub mod later;
pub mod live;
pub mod lookup;
pub mod media;
pub mod membership;
pub mod message;
pub mod message_template;
pub mod note;
pub mod notice;
pub mod notify;
pub mod organisation;
pub mod participant;
pub mod person;
pub mod picture;
pub mod place;
pub mod profanity;
pub mod progress;
pub mod quota;
pub mod reminder;
pub mod reply;
pub mod report;
pub mod role;
pub mod saved_view;
#[cfg(feature = "openapi")]
mod schema;
pub mod search;
pub mod second_try;
pub mod send;
pub mod sender;
pub mod session;
pub mod setup;
pub mod sms;
pub mod sticker;
pub mod subscription;
pub mod tally;
pub mod template;
pub mod text;
pub mod ticket;
pub mod time;
pub mod timers;
pub mod warning;
pub mod webhook;
pub mod window;
pub mod withdrawal;

pub use catalogue::{Language, Problem};
pub use channel::{
    Channel, ChannelHealth, ChannelKind, ChannelSettings, ChannelStatus, OperatorAccess, ReopenPolicy,
};
pub use conversation::{CloseReason, Conversation, Mode, Section, Status};
pub use courtesy::Courtesy;
pub use event::{Content, Event, EventBody};
pub use happening::Happening;
pub use ids::{
    BrandId, ChannelId, ConnectionId, ConversationId, DepartmentId, LabelId, MessageId, OperatorId, Party,
    SetupId, TemplateId, ViewId, WebhookEventId, WebhookId,
};
pub use membership::{Membership, MembershipState};
pub use message::{Message, MessageKey, ReadToken, SendState, SentBy};
pub use message_template::MessageTemplate;
pub use participant::Participant;
pub use person::Person;
pub use role::{Act, Role};
pub use setup::Setup;
pub use ticket::{Ticket, TicketStatus};
pub use time::{Span, Timestamp};
