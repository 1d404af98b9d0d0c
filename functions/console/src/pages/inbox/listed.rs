//! A conversation as a list shows it, out of what the API tells of it.

use jiff::Timestamp;
use serde::Deserialize;

/// A conversation of a list.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Listed {
    pub(crate) id: String,
    pub(crate) channel_id: String,
    pub(crate) channel_kind: String,
    #[serde(default)]
    pub(crate) kind: String,
    pub(crate) contact: Contact,
    #[serde(default)]
    pub(crate) status: String,
    pub(crate) assignee_id: Option<String>,
    #[serde(default)]
    pub(crate) labels: Vec<String>,
    #[serde(default)]
    pub(crate) mode: String,
    pub(crate) snooze: Option<Snooze>,
    #[serde(default)]
    pub(crate) unreplied: bool,
    #[serde(default)]
    pub(crate) done: bool,
    pub(crate) waiting_since: Option<Timestamp>,
    pub(crate) close_reason: Option<String>,
    #[serde(default)]
    pub(crate) unread: u32,
    pub(crate) preview: Option<String>,
    #[serde(default)]
    pub(crate) preview_offensive: bool,
    pub(crate) last_activity_at: Option<Timestamp>,
    pub(crate) sorted_at: Option<Timestamp>,
    pub(crate) deadline: Option<Deadline>,
    #[serde(default)]
    pub(crate) window: Window,
    #[serde(default)]
    pub(crate) problems: Vec<Problem>,
    #[serde(default)]
    pub(crate) version: u64,
}

#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Contact {
    #[serde(default)]
    pub(crate) external_id: String,
    pub(crate) name: Option<String>,
    pub(crate) picture_url: Option<String>,
    pub(crate) blocked: Option<serde_json::Value>,
}

#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Snooze {
    pub(crate) until: Option<Timestamp>,
}

#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Deadline {
    pub(crate) kind: String,
    pub(crate) due_at: Timestamp,
}

#[derive(Clone, Debug, Default, Deserialize)]
pub(crate) struct Window {
    #[serde(default)]
    pub(crate) kind: String,
    pub(crate) until: Option<Timestamp>,
}

#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Problem {
    pub(crate) message: String,
    #[serde(default)]
    pub(crate) remedy: String,
}

impl Listed {
    pub(crate) fn is_open(&self) -> bool {
        self.status == "open"
    }

    pub(crate) fn is_group(&self) -> bool {
        matches!(self.kind.as_str(), "group" | "room")
    }

    /// Where it stands in a list sorted by `sort`: rows stand in the order of these texts. As the API has it: who waits longest
    /// first, or whose window ends first, then the others by activity, the latest first.
    pub(crate) fn order(&self, sort: &str) -> String {
        let ms = |at: Timestamp| at.as_millisecond().clamp(0, 9_999_999_999_999);
        let first = match sort {
            "waiting" => self.waiting_since,
            "window" if self.is_open() => self.window.until,
            _ => None,
        };
        match first {
            Some(at) => format!("0{:013}", ms(at)),
            None => {
                let at = self.sorted_at.or(self.last_activity_at).map_or(0, ms);
                format!("1{:013}", 9_999_999_999_999 - at)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn listed(changes: &serde_json::Value) -> Listed {
        let mut item = json!({
            "id": "1", "channel_id": "2", "channel_kind": "carrier_pigeon", "status": "open",
            "contact": {"external_id": "U1", "name": null, "picture_url": null, "blocked": null},
            "sorted_at": "2026-01-01T00:00:00Z",
        });
        item.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        serde_json::from_value(item).unwrap()
    }

    #[test]
    fn con_9_a_row_knows_its_place_in_every_order() {
        let late = listed(&json!({ "sorted_at": "2026-01-02T00:00:00Z" }));
        let early = listed(&json!({}));
        let waiting = listed(&json!({ "waiting_since": "2025-12-30T00:00:00Z" }));
        let longer = listed(&json!({ "waiting_since": "2025-12-29T00:00:00Z" }));
        let window = json!({ "window": {"kind": "standard", "until": "2026-01-02T00:00:00Z"} });
        let ends = listed(&window);
        let closed = { Listed { status: "closed".to_owned(), ..ends.clone() } };
        for (sort, before, after) in [
            ("activity", &late, &early),
            ("activity", &late, &waiting),
            ("waiting", &waiting, &late),
            ("waiting", &longer, &waiting),
            ("waiting", &late, &early),
            ("window", &ends, &late),
            ("window", &late, &closed),
        ] {
            assert!(before.order(sort) < after.order(sort), "{sort} {before:?} {after:?}");
        }
    }
}
