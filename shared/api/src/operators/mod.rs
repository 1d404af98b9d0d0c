//! Operators as their colleagues see them: who is available, and how much they have to do.

mod capacity;
mod list;
mod switch;

pub(crate) use capacity::set as set_capacity;
pub(crate) use list::list;
pub(crate) use switch::{read as read_availability, switch};

use madoguchi_domain::OperatorId;
use madoguchi_domain::assignment::Duty;
use serde::Serialize;

/// What is described of this module.
#[cfg(feature = "openapi")]
#[derive(utoipa::OpenApi)]
#[openapi(paths(capacity::set, list::list, switch::read, switch::switch))]
pub(crate) struct Described;

/// Somebody who can be given conversations, or could if they were available.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub(crate) struct OperatorView {
    id: OperatorId,
    name: String,
    #[serde(flatten)]
    duty: DutyView,
}

#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub(crate) struct DutyView {
    /// Whether conversations can be assigned to them.
    available: bool,
    /// When they switched it last.
    #[cfg_attr(feature = "openapi", schema(format = DateTime))]
    since: Option<String>,
    /// Their open conversations on all channels, those that are set aside included.
    load: usize,
    /// How many the rules give them; null = as each channel says.
    capacity: Option<u32>,
}

impl From<&Duty> for DutyView {
    fn from(duty: &Duty) -> Self {
        Self {
            available: duty.available,
            since: duty.since.map(|since| since.to_string()),
            load: duty.held.len(),
            capacity: duty.capacity,
        }
    }
}
