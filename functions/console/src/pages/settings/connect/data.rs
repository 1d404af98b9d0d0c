//! What the wizard reads of a setup.

use jiff::Timestamp;
use madoguchi_domain::ChannelKind;
use serde::Deserialize;

#[derive(Deserialize)]
pub(crate) struct Setup {
    pub(crate) id: String,
    pub(crate) kind: ChannelKind,
    pub(crate) state: String,
    pub(crate) started_by: String,
    pub(crate) started_at: Timestamp,
    pub(crate) ends_at: Timestamp,
    /// The channel that it authorizes anew.
    pub(crate) channel_id: Option<String>,
    pub(crate) steps: Vec<Step>,
    pub(crate) next_step: Option<String>,
    pub(crate) consent: Option<Consent>,
    pub(crate) brand_id: Option<String>,
    pub(crate) department_id: Option<String>,
    pub(crate) facebook: Option<Facebook>,
    pub(crate) account: Option<Account>,
    pub(crate) problems: Vec<Problem>,
}

#[derive(Deserialize)]
pub(crate) struct Step {
    pub(crate) id: String,
    pub(crate) done: bool,
}

#[derive(Deserialize)]
pub(crate) struct Consent {
    pub(crate) name: String,
    pub(crate) at: Timestamp,
}

#[derive(Deserialize)]
pub(crate) struct Facebook {
    #[serde(default)]
    pub(crate) login_waits: bool,
    pub(crate) login: Option<Login>,
    pub(crate) pages: Vec<Chosen>,
}

#[derive(Deserialize)]
pub(crate) struct Login {
    pub(crate) user_name: String,
    #[serde(default)]
    pub(crate) left_out: Vec<String>,
    pub(crate) instead_of: Option<String>,
}

#[derive(Deserialize)]
pub(crate) struct Chosen {
    pub(crate) page_id: String,
    pub(crate) page_name: String,
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) resume: bool,
    pub(crate) state: String,
    pub(crate) channel_id: Option<String>,
}

#[derive(Deserialize)]
pub(crate) struct Account {
    pub(crate) external_id: String,
    pub(crate) account_name: Option<String>,
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) resume: bool,
    pub(crate) channel_id: Option<String>,
    #[serde(default)]
    pub(crate) notes: Vec<Note>,
}

/// What to know about an account.
#[derive(Deserialize)]
pub(crate) struct Note {
    pub(crate) light: String,
    pub(crate) message: String,
    pub(crate) remedy: String,
}

/// What stands in the way.
#[derive(Deserialize)]
pub(crate) struct Problem {
    pub(crate) id: String,
    pub(crate) message: String,
    pub(crate) remedy: String,
    pub(crate) page_id: Option<String>,
}

/// A Page that a login covers.
#[derive(Deserialize)]
pub(crate) struct Page {
    pub(crate) page_id: String,
    pub(crate) name: String,
    pub(crate) available: bool,
    pub(crate) problem: Option<Problem>,
}

/// A Facebook account that is linked.
#[derive(Deserialize)]
pub(crate) struct Linked {
    pub(crate) connection_id: String,
    pub(crate) user_name: Option<String>,
    pub(crate) channels: Vec<Reached>,
}

#[derive(Deserialize)]
pub(crate) struct Reached {
    pub(crate) name: String,
}

#[derive(Deserialize)]
pub(crate) struct ConsentText {
    pub(crate) version: String,
    pub(crate) text: String,
}

impl Setup {
    /// Whether everything that was chosen came through.
    pub(crate) fn is_finished(&self) -> bool {
        self.state == "finished"
    }

    pub(crate) fn is_done(&self, step: &str) -> bool {
        self.steps.iter().any(|known| known.id == step && known.done)
    }

    /// The step to show: the one that is wanted if there is such a one and it can be shown by now, or else the next.
    pub(crate) fn at<'a>(&'a self, wanted: Option<&'a str>) -> &'a str {
        let next = self.next_step.as_deref().unwrap_or("finish");
        let place = |id: &str| self.steps.iter().position(|step| step.id == id);
        wanted
            .filter(|wanted| place(wanted).is_some_and(|at| place(next).is_none_or(|next| at <= next)))
            .unwrap_or(next)
    }

    /// What stands in the way, of the setup itself or of `page`.
    pub(crate) fn problems_of<'a>(&'a self, page: Option<&'a str>) -> impl Iterator<Item = &'a Problem> {
        self.problems.iter().filter(move |problem| problem.page_id.as_deref() == page)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn setup(next: Option<&str>, done: usize) -> Setup {
        let steps = ["consent", "brand", "credentials", "department", "finish"];
        let steps: Vec<_> =
            steps.iter().enumerate().map(|(at, id)| json!({"id": id, "done": at < done})).collect();
        serde_json::from_value(json!({
            "id": "1", "kind": "line", "state": "open", "started_by": "a", "started_at": "2026-11-22T00:00:00Z",
            "ends_at": "2026-11-29T00:00:00Z", "channel_id": null, "steps": steps, "next_step": next,
            "consent": null, "brand_id": null, "department_id": null, "facebook": null, "account": null,
            "problems": [], "of_a_later_release": 1,
        }))
        .unwrap()
    }

    #[test]
    fn chn_10_a_step_can_be_gone_back_to_and_none_can_be_skipped() {
        for (next, done, wanted, expected) in [
            (Some("consent"), 0, None, "consent"),
            (Some("credentials"), 2, None, "credentials"),
            (Some("credentials"), 2, Some("brand"), "brand"),
            (Some("credentials"), 2, Some("finish"), "credentials"),
            (Some("credentials"), 2, Some("nonsense"), "credentials"),
            (Some("finish"), 4, Some("department"), "department"),
            (None, 5, None, "finish"),
        ] {
            assert_eq!(setup(next, done).at(wanted), expected, "{next:?} {wanted:?}");
        }
    }
}
