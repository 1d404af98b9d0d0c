//! What a report is asked to be about.

use madoguchi_domain::audit::Fields;
use madoguchi_domain::organisation::hours::{Day, Zone};
use madoguchi_domain::report::Period;
use madoguchi_domain::{ChannelId, OperatorId, Span, Timestamp};
use serde::Deserialize;

use super::sees_everybody;
use crate::ApiError;
use crate::auth::Operator;
use crate::input::given;

/// Days before today that a report is about unless told: a week with today.
const WEEK: i32 = 6;
/// Minutes that a first answer may take to count as in time, unless told.
const WITHIN_MINUTES: u32 = 15;
/// Bounds of the same: thirty days.
const MOST_MINUTES: u32 = 43_200;

/// Each part is left out or empty if it does not matter.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams), into_params(parameter_in = Query))]
pub(crate) struct ReportQuery {
    /// The first day, `YYYY-MM-DD`; six days before `to`, unless told.
    #[cfg_attr(feature = "openapi", param(format = Date))]
    pub(super) from: Option<String>,
    /// The last day; today, unless told. At most 92 days with both.
    #[cfg_attr(feature = "openapi", param(format = Date))]
    pub(super) to: Option<String>,
    /// The time zone that days and hours are those of, as in the IANA database; `UTC` unless told.
    pub(super) zone: Option<String>,
    /// This channel only.
    #[cfg_attr(feature = "openapi", param(format = "uuid"))]
    pub(super) channel_id: Option<String>,
    /// What this person did only: their id, or `me`. Whoever is no administrator asks for themselves.
    pub(super) operator_id: Option<String>,
    /// In how many minutes a first answer is in time: 1 to 43,200; 15 unless told.
    #[cfg_attr(feature = "openapi", param(value_type = Option<u32>, minimum = 1, maximum = 43_200))]
    pub(super) within_minutes: Option<String>,
}

/// The same, understood.
#[derive(Clone, Debug)]
pub(crate) struct Wanted {
    pub(super) period: Period,
    pub(super) channel: Option<ChannelId>,
    pub(super) operator: Option<OperatorId>,
    pub(super) within_minutes: u32,
}

impl Wanted {
    /// What a first answer may take to be in time.
    pub(super) fn within(&self) -> Span {
        Span::from_minutes(self.within_minutes.into())
    }
}

impl ReportQuery {
    pub(super) fn wanted(&self, caller: &Operator, now: Timestamp) -> Result<Wanted, ApiError> {
        let wanted = self.parsed(&caller.id, now)?;
        let is_others = wanted.operator.as_ref().is_some_and(|operator| *operator != caller.id);
        if is_others && !sees_everybody(caller) {
            return Err(ApiError::AdministratorsOnly);
        }
        Ok(wanted)
    }

    fn parsed(&self, caller: &OperatorId, now: Timestamp) -> Result<Wanted, ApiError> {
        let refused = |what: String| ApiError::InvalidQuery { what };
        let day = |name: &str, text: &Option<String>| {
            let read = |text: &str| {
                text.parse::<Day>().map_err(|_| refused(format!("`{name}` must be a day such as 2026-01-31")))
            };
            given(text.as_deref()).map(read).transpose()
        };
        let zone: Zone = given(self.zone.as_deref())
            .unwrap_or("UTC")
            .parse()
            .map_err(|_| refused("`zone` must be a time zone such as Asia/Tokyo".to_owned()))?;
        let to = day("to", &self.to)?.unwrap_or_else(|| zone.local(now).0);
        let from = match day("from", &self.from)? {
            Some(from) => from,
            None => to.before(WEEK).unwrap_or(to),
        };
        let period = Period::new(from, to, zone)
            .map_err(|error| refused(format!("`from` and `to` are no period: {error}")))?;
        let channel = given(self.channel_id.as_deref()).map(str::parse).transpose();
        let operator = given(self.operator_id.as_deref()).map(|id| match id {
            "me" => caller.clone(),
            id => OperatorId(id.to_owned()),
        });
        if operator.as_ref().is_some_and(|id| !id.is_possible()) {
            return Err(refused("`operator_id` must be the id of a person, or `me`".to_owned()));
        }
        let within_minutes = match given(self.within_minutes.as_deref()).map(str::parse) {
            None => WITHIN_MINUTES,
            Some(Ok(minutes @ 1..=MOST_MINUTES)) => minutes,
            Some(_) => {
                return Err(refused(format!("`within_minutes` must be a number from 1 to {MOST_MINUTES}")));
            }
        };
        Ok(Wanted {
            period,
            channel: channel.map_err(|_| refused("`channel_id` must be the id of a channel".to_owned()))?,
            operator,
            within_minutes,
        })
    }

    /// As the audit log tells of it.
    pub(super) fn told(&self) -> Fields {
        let fields = [
            ("from", &self.from),
            ("to", &self.to),
            ("zone", &self.zone),
            ("channel_id", &self.channel_id),
            ("operator_id", &self.operator_id),
            ("within_minutes", &self.within_minutes),
        ];
        let given =
            fields.into_iter().filter_map(|(name, it)| Some((name.to_owned(), given(it.as_deref())?.into())));
        given.collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-11-01T20:00:00Z: the next morning in Tokyo.
    const NOW: Timestamp = Timestamp::from_ms(1_793_563_200_000);

    fn wanted(fields: serde_json::Value) -> Result<Wanted, String> {
        let query: ReportQuery = serde_json::from_value(fields).map_err(|error| error.to_string())?;
        query.parsed(&OperatorId("caller".into()), NOW).map_err(|error| error.to_string())
    }

    #[test]
    fn ops_3_what_makes_no_sense_is_refused_by_its_name() {
        for (name, value) in [
            ("from", "yesterday"),
            ("from", "2026-1-1"),
            ("from", "2026-11-02"),
            ("to", "2026-02-30"),
            ("to", "2026-11-01T00:00:00Z"),
            ("to", "9999-12-31"),
            ("zone", "Tokyo"),
            ("zone", "+09:00"),
            ("channel_id", "shop"),
            ("operator_id", &"x".repeat(1_025)),
            ("within_minutes", "0"),
            ("within_minutes", "43201"),
            ("within_minutes", "soon"),
            ("brand_id", "x"),
        ] {
            let error = wanted(serde_json::json!({ name: value })).unwrap_err();
            assert!(error.contains(name), "{error}");
        }
        let error = wanted(serde_json::json!({ "from": "2026-08-01", "to": "2026-11-01" })).unwrap_err();
        assert!(error.contains("92 days"), "{error}");
    }

    #[test]
    fn ops_3_without_wishes_it_is_the_week_up_to_today_where_the_reader_is() {
        let days = |fields| {
            let wanted = wanted(fields).unwrap();
            let days = wanted.period.days();
            (days[0].to_string(), days[days.len() - 1].to_string())
        };
        let pair = |from: &str, to: &str| (from.to_owned(), to.to_owned());
        assert_eq!(days(serde_json::json!({})), pair("2026-10-26", "2026-11-01"));
        assert_eq!(days(serde_json::json!({"zone": "Asia/Tokyo"})), pair("2026-10-27", "2026-11-02"));
        assert_eq!(days(serde_json::json!({"to": "2026-01-03"})), pair("2025-12-28", "2026-01-03"));
        let all = wanted(serde_json::json!({"operator_id": "me", "channel_id": "", "from": ""})).unwrap();
        assert_eq!(
            (all.operator, all.channel, all.within_minutes),
            (Some(OperatorId("caller".into())), None, 15)
        );
    }
}
