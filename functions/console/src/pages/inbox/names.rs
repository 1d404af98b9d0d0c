//! What the ids in a list are called: channels, people, labels, departments, brands.

use serde::Deserialize;

use crate::error::{For as _, PageError};
use crate::view::View;

/// A page of anything, as far as pages look at it.
#[derive(Debug, Deserialize)]
pub(crate) struct Items<T> {
    pub(crate) items: Vec<T>,
    #[serde(default)]
    pub(crate) next_cursor: Option<String>,
}

/// An id with a name.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Named {
    pub(crate) id: String,
    pub(crate) name: String,
}

/// A label.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Label {
    pub(crate) id: String,
    pub(crate) name: String,
    /// Such as `#aa0000`.
    #[serde(default)]
    pub(crate) color: String,
}

/// A channel.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Channel {
    pub(crate) id: String,
    pub(crate) kind: String,
    pub(crate) name: String,
    #[serde(default)]
    settings: Settings,
}

#[derive(Clone, Debug, Default, Deserialize)]
struct Settings {
    #[serde(default)]
    bot: Bot,
}

#[derive(Clone, Debug, Default, Deserialize)]
struct Bot {
    #[serde(default)]
    starts: bool,
    return_after_minutes: Option<u32>,
}

impl Channel {
    /// Whether its bot answers by itself now and then.
    pub(crate) const fn has_bot(&self) -> bool {
        self.settings.bot.starts || self.settings.bot.return_after_minutes.is_some()
    }
}

/// What rows need to show names.
#[derive(Debug)]
pub(crate) struct Names {
    pub(crate) channels: Vec<Channel>,
    pub(crate) operators: Vec<Named>,
    pub(crate) labels: Vec<Label>,
}

impl Names {
    /// Asks for all of them at once.
    pub(crate) async fn get(view: &View) -> Result<Self, PageError> {
        let (channels, operators, labels) = tokio::try_join!(
            view.get::<Items<Channel>>("/api/channels"),
            view.get::<Items<Named>>("/api/operators"),
            view.get::<Items<Label>>("/api/labels"),
        )
        .for_(view)?;
        Ok(Self { channels: channels.items, operators: operators.items, labels: labels.items })
    }

    pub(crate) fn channel(&self, id: &str) -> Option<&Channel> {
        self.channels.iter().find(|channel| channel.id == id)
    }

    /// The channel's name, where its kind alone does not tell which one it is.
    pub(crate) fn telling(&self, id: &str) -> Option<&str> {
        let channel = self.channel(id)?;
        let alike = self.channels.iter().filter(|other| other.kind == channel.kind).count();
        (alike > 1).then_some(channel.name.as_str())
    }

    pub(crate) fn operator(&self, id: &str) -> Option<&str> {
        self.operators.iter().find(|operator| operator.id == id).map(|operator| operator.name.as_str())
    }

    pub(crate) fn label(&self, id: &str) -> Option<&Label> {
        self.labels.iter().find(|label| label.id == id)
    }
}
