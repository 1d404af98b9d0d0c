//! Tickets (TKT): made by hand, listed, worked through, taken along. Whoever may not see a conversation sees none of its
//! tickets.

mod change;
mod create;
mod export;
mod list;
mod messages;
mod query;
mod read;
mod view;

pub(crate) use change::change;
pub(crate) use create::create;
pub(crate) use export::export;
pub(crate) use list::list;
pub(crate) use messages::messages;
pub(crate) use read::read;

use madoguchi_domain::{Conversation, Ticket};
use madoguchi_store::StoreError;
use madoguchi_tickets::{Converter, Fault};

use crate::auth::Operator;
use crate::input::PathId;
use crate::{ApiError, DeskApi};

/// What is described of this module.
#[cfg(feature = "openapi")]
#[derive(utoipa::OpenApi)]
#[openapi(paths(list::list, create::create, export::export, read::read, change::change, messages::messages))]
pub(crate) struct Described;

/// The number of a ticket.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TicketNumber(u64);

impl PathId for TicketNumber {
    const PARAMETER: &'static str = "number";
    fn parse(text: &str) -> Option<Self> {
        text.parse().ok().map(Self)
    }
    fn not_found() -> ApiError {
        ApiError::TicketNotFound
    }
}

impl From<Fault<StoreError>> for ApiError {
    fn from(fault: Fault<StoreError>) -> Self {
        match fault {
            Fault::Desk(error) => error.into(),
            Fault::Contended(_) => Self::contended("a ticket"),
        }
    }
}

fn converter(api: &DeskApi) -> Converter {
    Converter::new(api.inbox.clone(), api.directory.clone())
}

/// The ticket with its conversation, if `operator` may see that; an administrator has read it then.
async fn opened(
    api: &DeskApi,
    operator: &Operator,
    TicketNumber(number): TicketNumber,
) -> Result<(Ticket, Conversation), ApiError> {
    let ticket = api.inbox.ticket(number).await?.ok_or(ApiError::TicketNotFound)?;
    match api.opened(operator, ticket.conversation_id).await {
        Ok(conversation) => Ok((ticket, conversation)),
        Err(ApiError::ConversationNotFound) => Err(ApiError::TicketNotFound),
        Err(error) => Err(error),
    }
}
