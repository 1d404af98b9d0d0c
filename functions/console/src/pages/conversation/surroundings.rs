//! What a conversation is shown with: its channel, the people and departments that it can be given to.

use super::model::{Channel, Department, Label, Operator, Page};
use crate::view::View;

/// What a conversation is shown with. Any of it may be missing without the conversation being less readable.
#[derive(Default)]
pub(super) struct Surroundings {
    pub(super) channel: Option<Channel>,
    pub(super) operators: Vec<Operator>,
    pub(super) departments: Vec<Department>,
    pub(super) labels: Vec<Label>,
}

impl Surroundings {
    pub(super) async fn of(view: &View, channel: &str) -> Self {
        let (channel_path, operators_path) =
            (format!("/api/channels/{channel}"), format!("/api/operators?channel={channel}"));
        let (channel, operators, departments, labels) = tokio::join!(
            view.get::<Channel>(&channel_path),
            view.get::<Page<Operator>>(&operators_path),
            view.get::<Page<Department>>("/api/departments"),
            view.get::<Page<Label>>("/api/labels"),
        );
        Self {
            channel: channel.ok(),
            operators: operators.map(|page| page.items).unwrap_or_default(),
            departments: departments.map(|page| page.items).unwrap_or_default(),
            labels: labels.map(|page| page.items).unwrap_or_default(),
        }
    }

    /// What somebody is called.
    pub(super) fn name(&self, id: &str) -> Option<String> {
        self.operators.iter().find(|person| person.id == id).map(|person| person.name.clone())
    }

    /// Whether a person may reopen what was closed.
    pub(super) fn reopens(&self) -> bool {
        self.channel.as_ref().is_none_or(|channel| matches!(channel.settings.reopen.as_str(), "always" | ""))
    }
}
