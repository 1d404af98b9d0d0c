//! A ticket as operators see it.

use std::collections::HashMap;

use madoguchi_domain::ticket::TicketSource;
use madoguchi_domain::{
    ChannelId, ConversationId, DepartmentId, Message, MessageKey, OperatorId, Ticket, TicketStatus,
};
use serde::Serialize;

use crate::{ApiError, DeskApi};

/// One ticket.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub(crate) struct TicketView {
    /// Consecutive over all channels.
    pub(super) number: u64,
    /// As its first message begins unless somebody gave it one.
    pub(super) subject: String,
    pub(super) status: TicketStatus,
    pub(super) assignee_id: Option<OperatorId>,
    pub(super) conversation_id: ConversationId,
    pub(super) channel_id: ChannelId,
    pub(super) department_id: Option<DepartmentId>,
    /// What made it.
    #[cfg_attr(feature = "openapi", schema(value_type = crate::openapi::words::TicketSource))]
    pub(super) source: &'static str,
    /// Who made it by hand.
    pub(super) created_by: Option<OperatorId>,
    /// What it is called in another system.
    pub(super) reference: Option<String>,
    /// How many messages went into it.
    pub(super) message_count: u32,
    pub(super) first_message_id: MessageKey,
    pub(super) created_at: String,
    pub(super) updated_at: String,
    pub(super) closed_at: Option<String>,
    pub(super) version: u64,
}

impl TicketView {
    /// `first`: its first message, as it is now.
    fn new(ticket: Ticket, first: Option<&Message>) -> Self {
        Self {
            number: ticket.number,
            subject: ticket.shown_subject(first),
            status: ticket.status,
            conversation_id: ticket.conversation_id,
            channel_id: ticket.channel_id,
            department_id: ticket.department,
            source: ticket.source.as_str(),
            created_by: match ticket.source {
                TicketSource::Manual { operator } => Some(operator),
                TicketSource::Timer | TicketSource::Always => None,
            },
            assignee_id: ticket.assignee,
            reference: ticket.reference,
            message_count: ticket.messages,
            first_message_id: ticket.first,
            created_at: ticket.created_at.to_string(),
            updated_at: ticket.updated_at.to_string(),
            closed_at: ticket.closed_at.map(|at| at.to_string()),
            version: ticket.rev,
        }
    }
}

/// One ticket, with what it begins with.
pub(super) async fn shown(api: &DeskApi, ticket: Ticket) -> Result<TicketView, ApiError> {
    let first = match ticket.subject {
        Some(_) => None,
        None => api.inbox.message(ticket.conversation_id, &ticket.first).await?,
    };
    Ok(TicketView::new(ticket, first.as_ref()))
}

/// Several, in their order; at most 100.
pub(super) async fn all_shown(api: &DeskApi, tickets: Vec<Ticket>) -> Result<Vec<TicketView>, ApiError> {
    let untitled = tickets.iter().filter(|ticket| ticket.subject.is_none());
    let places: Vec<_> = untitled.map(|ticket| (ticket.conversation_id, ticket.first)).collect();
    let messages = api.inbox.messages_of(&places).await?;
    let first: HashMap<_, _> = messages.iter().map(|it| ((it.conversation_id, it.key), it)).collect();
    let view = |ticket: Ticket| {
        let first = first.get(&(ticket.conversation_id, ticket.first)).copied();
        TicketView::new(ticket, first)
    };
    Ok(tickets.into_iter().map(view).collect())
}
