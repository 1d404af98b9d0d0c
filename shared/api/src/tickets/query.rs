//! Which tickets are asked for.

use madoguchi_domain::{ChannelId, DepartmentId, OperatorId, TicketStatus, Timestamp};
use madoguchi_store::inbox::{TicketPage, TicketSearch};
use serde::Deserialize;

use crate::auth::Operator;
use crate::input::{given, not_a_cursor};
use crate::{ApiError, DeskApi, conversations};

/// The last instant that a place in the list can have.
const END: Timestamp = Timestamp::from_ms(9_999_999_999_999);

/// Each part is left out or empty if it does not matter.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams), into_params(parameter_in = Query))]
pub(crate) struct TicketsQuery {
    /// `open`, `pending`, `on_hold`, `closed`, or several of them between commas.
    pub(super) status: Option<String>,
    /// A person's id, or `me`.
    pub(super) assignee: Option<String>,
    #[cfg_attr(feature = "openapi", param(format = "uuid"))]
    pub(super) channel: Option<String>,
    #[cfg_attr(feature = "openapi", param(format = "uuid"))]
    pub(super) department: Option<String>,
    /// This one only.
    #[cfg_attr(feature = "openapi", param(value_type = Option<u64>, minimum = 1))]
    pub(super) number: Option<String>,
    /// Made at this time or later.
    #[cfg_attr(feature = "openapi", param(format = DateTime))]
    pub(super) from: Option<String>,
    /// Made before this time.
    #[cfg_attr(feature = "openapi", param(format = DateTime))]
    pub(super) to: Option<String>,
    pub(super) limit: Option<String>,
    pub(super) cursor: Option<String>,
}

/// The same, understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Wanted {
    number: Option<u64>,
    channel: Option<ChannelId>,
    /// Its channels are those that the caller sees.
    search: TicketSearch,
}

impl TicketsQuery {
    pub(super) fn wanted(&self, caller: &OperatorId) -> Result<Wanted, ApiError> {
        let refused = |what: &str| ApiError::InvalidQuery { what: what.to_owned() };
        let instant = |name: &str, text: &Option<String>| {
            let read = |text| {
                Timestamp::from_rfc_3339(text)
                    .filter(|at| (0..END.as_ms()).contains(&at.as_ms()))
                    .ok_or_else(|| refused(&format!("`{name}` must be a time such as 2026-01-31T09:00:00Z")))
            };
            given(text.as_deref()).map(read).transpose()
        };
        let status = |name: &str| {
            let found = TicketStatus::ALL.into_iter().find(|status| status.as_str() == name);
            found.ok_or_else(|| {
                refused("`status` must be open, pending, on_hold or closed, or several between commas")
            })
        };
        let statuses = match given(self.status.as_deref()) {
            Some(names) => names.split(',').map(status).collect::<Result<_, _>>()?,
            None => TicketStatus::ALL.to_vec(),
        };
        let channel = given(self.channel.as_deref()).map(str::parse).transpose();
        let department = given(self.department.as_deref()).map(str::parse::<DepartmentId>).transpose();
        let number = given(self.number.as_deref()).map(str::parse).transpose();
        let before = given(self.cursor.as_deref());
        if before.is_some_and(|cursor| !is_position(cursor)) {
            return Err(not_a_cursor());
        }
        let assignee = given(self.assignee.as_deref()).map(|id| match id {
            "me" => caller.clone(),
            id => OperatorId(id.to_owned()),
        });
        if assignee.as_ref().is_some_and(|id| !id.is_possible()) {
            return Err(refused("`assignee` must be the id of a person, or `me`"));
        }
        let search = TicketSearch {
            channels: Vec::new(),
            statuses,
            assignee,
            department: department.map_err(|_| refused("`department` must be the id of a department"))?,
            from: instant("from", &self.from)?.unwrap_or_default(),
            to: instant("to", &self.to)?.unwrap_or(END),
            before: before.map(str::to_owned),
        };
        Ok(Wanted {
            number: number.map_err(|_| refused("`number` must be the number of a ticket"))?,
            channel: channel.map_err(|_| refused("`channel` must be the id of a channel"))?,
            search,
        })
    }
}

impl Wanted {
    /// The next page of what `caller` may see.
    pub(super) async fn page(
        &self,
        api: &DeskApi,
        caller: &Operator,
        limit: usize,
    ) -> Result<TicketPage, ApiError> {
        let stores = (&api.directory, &*api.senders);
        let (seen, hidden) = conversations::channels(stores, caller, api.clock.now()).await?;
        if let Some(number) = self.number {
            let ticket = api.inbox.ticket(number).await?.filter(|ticket| {
                !hidden.contains(&ticket.channel_id)
                    && self.channel.is_none_or(|channel| channel == ticket.channel_id)
            });
            return Ok(TicketPage { tickets: ticket.into_iter().collect(), next: None });
        }
        // A channel that is gone can still be asked for by its id.
        let channels: Vec<ChannelId> = match self.channel {
            Some(channel) if hidden.contains(&channel) => Vec::new(),
            Some(channel) => vec![channel],
            None => seen.into_keys().collect(),
        };
        let search = TicketSearch { channels, ..self.search.clone() };
        Ok(api.inbox.tickets(&search, limit).await?)
    }

    /// Goes on after the place `before`.
    pub(super) fn go_on(&mut self, before: Option<String>) {
        self.search.before = before;
    }

    pub(super) fn is_first(&self) -> bool {
        self.search.before.is_none()
    }
}

/// A place in a list: 13 digits of milliseconds, `-`, 12 digits of the number.
fn is_position(cursor: &str) -> bool {
    let digits = |text: &str, length| text.len() == length && text.bytes().all(|byte| byte.is_ascii_digit());
    cursor.split_once('-').is_some_and(|(ms, number)| digits(ms, 13) && digits(number, 12))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wanted(fields: serde_json::Value) -> Result<Wanted, String> {
        let query: TicketsQuery = serde_json::from_value(fields).map_err(|error| error.to_string())?;
        query.wanted(&OperatorId("caller".into())).map_err(|error| error.to_string())
    }

    #[test]
    fn tkt_1_what_makes_no_sense_is_refused_by_its_name() {
        for (name, value) in [
            ("status", "lost"),
            ("status", "open,"),
            ("channel", "shop"),
            ("department", "1"),
            ("number", "seven"),
            ("number", "-1"),
            ("from", "yesterday"),
            ("to", "2026-01-31"),
            ("cursor", "next"),
            ("cursor", "1793491200000-1"),
            ("subject", "x"),
            ("assignee", &"x".repeat(1_025)),
        ] {
            let error = wanted(serde_json::json!({ name: value })).unwrap_err();
            assert!(error.contains(name), "{error}");
        }
    }

    #[test]
    fn tkt_1_what_is_left_out_or_empty_narrows_nothing_down() {
        let all = wanted(serde_json::json!({})).unwrap();
        assert_eq!(all.search.statuses, TicketStatus::ALL);
        assert_eq!((all.search.from, all.search.to), (Timestamp::default(), END));
        let empty = serde_json::json!({"status": "", "assignee": "", "number": "", "cursor": ""});
        assert_eq!(wanted(empty).unwrap(), all);
        let part = wanted(serde_json::json!({
            "status": "pending,open", "assignee": "me", "number": "7", "from": "2026-11-01T09:00:00+09:00",
            "cursor": "1793491200000-000000000007",
        }));
        let part = part.unwrap();
        assert_eq!(part.search.statuses, [TicketStatus::Pending, TicketStatus::Open]);
        assert_eq!(part.search.assignee, Some(OperatorId("caller".into())));
        assert_eq!((part.number, part.search.from.as_ms()), (Some(7), 1_793_491_200_000));
        assert!(!part.is_first());
    }
}
