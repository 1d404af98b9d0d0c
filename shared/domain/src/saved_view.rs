//! Saved views (SRC-5): a list's section, filters and order under a name. Everybody has their own; administrators keep those that
//! everybody has.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::ids::{OperatorId, ViewId};
use crate::organisation;
use crate::time::Timestamp;

/// How many views an operator keeps, and how many everybody has.
pub const MOST_VIEWS: usize = 50;
/// As long as names and values of a view's query are together, in bytes: room for twenty labels and every filter.
pub const QUERY_BYTES: usize = 2_000;

/// One view.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SavedView {
    /// Which one.
    pub id: ViewId,
    /// What it is called.
    pub name: String,
    /// What the list of conversations is asked for, by the names of its query.
    pub query: BTreeMap<String, String>,
    /// When it was saved first.
    pub created_at: Timestamp,
    /// Counts its changes.
    pub rev: u64,
}

/// Who has a view.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Owner {
    /// One operator.
    One(OperatorId),
    /// Everybody; administrators keep it.
    Everybody,
}

/// All views of an owner, in the order in which they are shown.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SavedViews {
    /// The views.
    #[serde(default)]
    pub views: Vec<SavedView>,
    /// Counts the writes; every change is conditional on it.
    #[serde(default)]
    pub rev: u64,
}

/// What is changed of a view. What is left out stays as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ViewChange {
    /// What it is called.
    pub name: Option<String>,
    /// What the list is asked for.
    pub query: Option<BTreeMap<String, String>>,
    /// Where it stands among its owner's, from 0; behind the last is the last.
    pub position: Option<usize>,
}

/// Why a view cannot be kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ViewRefused {
    /// No name, or none of one line.
    #[error("`name` must be one line of 1 to {} characters", organisation::NAME_LENGTH)]
    Name,
    /// Another one of the same owner is called so.
    #[error("another view has this name")]
    NameTaken,
    /// The query is too long to keep.
    #[error("`query` must have at most {QUERY_BYTES} bytes")]
    Query,
    /// There are as many as are kept.
    #[error("at most {MOST_VIEWS} views are kept")]
    TooMany,
    /// It is not there.
    #[error("there is no such view")]
    Gone,
}

impl SavedViews {
    /// The view of that id.
    pub fn get(&self, id: ViewId) -> Option<&SavedView> {
        self.views.iter().find(|view| view.id == id)
    }

    /// Puts a view behind the others.
    pub fn add(&mut self, mut view: SavedView) -> Result<(), ViewRefused> {
        if self.views.len() >= MOST_VIEWS {
            return Err(ViewRefused::TooMany);
        }
        view.name = self.free_name(&view.name, None)?;
        view.query = kept(view.query)?;
        self.views.push(view);
        Ok(())
    }

    /// Changes a view. Tells whether that changed anything.
    pub fn change(&mut self, id: ViewId, change: ViewChange) -> Result<bool, ViewRefused> {
        let from = self.views.iter().position(|view| view.id == id).ok_or(ViewRefused::Gone)?;
        let mut view = self.views[from].clone();
        if let Some(name) = change.name {
            view.name = self.free_name(&name, Some(id))?;
        }
        if let Some(query) = change.query {
            view.query = kept(query)?;
        }
        let to = change.position.unwrap_or(from).min(self.views.len() - 1);
        if view == self.views[from] && to == from {
            return Ok(false);
        }
        view.rev += 1;
        self.views.remove(from);
        self.views.insert(to, view);
        Ok(true)
    }

    /// Takes a view away. Tells whether it was there.
    pub fn remove(&mut self, id: ViewId) -> bool {
        let before = self.views.len();
        self.views.retain(|view| view.id != id);
        self.views.len() < before
    }

    fn free_name(&self, given: &str, of: Option<ViewId>) -> Result<String, ViewRefused> {
        let name = organisation::name(given).ok_or(ViewRefused::Name)?;
        let seen = organisation::as_seen(&name);
        let others = self.views.iter().filter(|view| Some(view.id) != of);
        if others.map(|view| organisation::as_seen(&view.name)).any(|other| other == seen) {
            return Err(ViewRefused::NameTaken);
        }
        Ok(name)
    }
}

fn kept(query: BTreeMap<String, String>) -> Result<BTreeMap<String, String>, ViewRefused> {
    let bytes: usize = query.iter().map(|(name, value)| name.len() + value.len()).sum();
    if bytes > QUERY_BYTES { Err(ViewRefused::Query) } else { Ok(query) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOW: Timestamp = Timestamp::from_ms(1_700_000_000_000);

    fn view(name: &str) -> SavedView {
        let query = BTreeMap::from([("section".to_owned(), "unanswered".to_owned())]);
        SavedView {
            id: ViewId::derive("1", name, NOW),
            name: name.to_owned(),
            query,
            created_at: NOW,
            rev: 1,
        }
    }

    fn names(views: &SavedViews) -> Vec<&str> {
        views.views.iter().map(|view| view.name.as_str()).collect()
    }

    #[test]
    fn src_5_views_keep_their_order_and_move_where_they_are_told() {
        let mut views = SavedViews::default();
        for name in ["一", " 二 ", "三"] {
            views.add(view(name)).unwrap();
        }
        assert_eq!(names(&views), ["一", "二", "三"]);
        for (name, to, expected) in
            [("三", 0, ["三", "一", "二"]), ("三", 9, ["一", "二", "三"]), ("二", 0, ["二", "一", "三"])]
        {
            let id = views.views.iter().find(|view| view.name == name).unwrap().id;
            let moved = views.change(id, ViewChange { position: Some(to), ..ViewChange::default() });
            assert_eq!((moved, names(&views)), (Ok(true), expected.to_vec()));
        }
        let id = views.views[0].id;
        assert_eq!(views.change(id, ViewChange { position: Some(0), ..ViewChange::default() }), Ok(false));
        assert!(views.remove(id) && !views.remove(id));
        assert_eq!(names(&views), ["一", "三"]);
        assert_eq!(views.change(id, ViewChange::default()), Err(ViewRefused::Gone));
    }

    #[test]
    fn src_5_a_view_has_a_name_of_its_own_and_a_query_of_bounded_length() {
        let mut views = SavedViews::default();
        views.add(view("VIP")).unwrap();
        views.add(view("B")).unwrap();
        let (vip, other) = (views.views[0].id, views.views[1].id);
        let named = |name: &str| ViewChange { name: Some(name.to_owned()), ..ViewChange::default() };
        let asking = |bytes: usize| ViewChange {
            query: Some(BTreeMap::from([("label".to_owned(), "x".repeat(bytes - 5))])),
            ..ViewChange::default()
        };
        for (change, expected) in [
            (named("ｖｉｐ"), Err(ViewRefused::NameTaken)),
            (named(" "), Err(ViewRefused::Name)),
            (named("一\n二"), Err(ViewRefused::Name)),
            (asking(QUERY_BYTES + 1), Err(ViewRefused::Query)),
            (asking(QUERY_BYTES), Ok(true)),
            (named("C"), Ok(true)),
        ] {
            assert_eq!(views.change(other, change.clone()), expected, "{change:?}");
        }
        assert_eq!(views.get(other).unwrap().rev, 3);
        // Its own name in other letters.
        assert_eq!(views.change(vip, named("vip")), Ok(true));
        for number in views.views.len()..MOST_VIEWS {
            views.add(view(&number.to_string())).unwrap();
        }
        assert_eq!(views.add(view("one more")), Err(ViewRefused::TooMany));
    }

    proptest! {
        /// Whatever is added, changed and removed: ids and names are there once, and no change loses another view.
        #[test]
        fn src_5_no_view_is_lost_or_there_twice(
            steps in proptest::collection::vec((0..3_u8, 0..8_usize, 0..10_usize), 0..40),
        ) {
            let mut views = SavedViews::default();
            for (step, which, to) in steps {
                let id = ViewId::derive("1", &which.to_string(), NOW);
                let there: std::collections::BTreeSet<_> = views.views.iter().map(|view| view.id).collect();
                let after: std::collections::BTreeSet<_> = match step {
                    0 => {
                        let _taken = views.add(view(&which.to_string()));
                        there.iter().copied().chain([id]).collect()
                    }
                    1 => {
                        let _gone = views.change(id, ViewChange { position: Some(to), ..ViewChange::default() });
                        there.clone()
                    }
                    _ => {
                        views.remove(id);
                        there.iter().copied().filter(|other| *other != id).collect()
                    }
                };
                prop_assert_eq!(views.views.len(), after.len());
                prop_assert!(views.views.iter().all(|view| after.contains(&view.id)));
            }
        }
    }
}
