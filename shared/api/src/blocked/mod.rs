//! Contacts who are blocked (ABU-3): block, unblock, list.

mod block;
mod list;
mod unblock;

pub(crate) use block::block;
pub(crate) use list::list;
pub(crate) use unblock::unblock;

use madoguchi_domain::Conversation;
use madoguchi_domain::audit::{Entry, Fields};

use crate::auth::Operator;
use crate::{Api, ApiError};

/// What is described of this module.
#[cfg(feature = "openapi")]
#[derive(utoipa::OpenApi)]
#[openapi(paths(block::block, unblock::unblock, list::list))]
pub(crate) struct Described;

/// Records that somebody blocks or unblocks the contact, before it is done.
async fn is_done(
    api: &Api,
    act: &str,
    conversation: &Conversation,
    operator: &Operator,
    told: Fields,
) -> Result<(), ApiError> {
    let now = api.clock.now();
    let subject = format!("conversation/{}", conversation.id);
    let entry = Entry::asked(act, subject, operator.author(now), told, now);
    let entry =
        Entry { channel: Some(conversation.channel_id), conversation: Some(conversation.id), ..entry };
    let _recorded_by_an_earlier_try = api.audit.record(&entry).await?;
    Ok(())
}
