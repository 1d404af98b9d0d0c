//! LINE official accounts: Messaging API webhooks, reply and push, stateless tokens.

mod bot;
mod content;
mod courtesy;
mod endpoint;
pub mod error;
mod event;
mod media;
mod parse;
mod pictures;
mod profile;
mod quota;
mod send;
mod split;
pub mod token;
mod verify;

pub use bot::{BotInfo, bot_info};
pub use courtesy::{LOADING_SECONDS, mark_as_read, show_loading};
pub use endpoint::{
    EndpointTest, WebhookEndpoint, set_webhook_endpoint, test_webhook_endpoint, webhook_address,
    webhook_endpoint,
};
pub use media::content;
pub use parse::parse;
pub use pictures::{emoji_picture, sticker_picture};
pub use profile::{member_profile, profile};
pub use quota::{Meter, meter};
pub use send::{Sender, push, reply};
pub use split::split;
pub use verify::verify_signature;
