//! A login at Facebook on its way to channels: what was granted, which Pages were chosen, what became of each (CHN-8).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{SetupProblem, SetupRefused, Step};
use crate::ids::{ChannelId, ConnectionId};
use crate::organisation;
use crate::time::{Span, Timestamp};

/// So long the way to the login dialog and back may take.
pub const LOGIN_LIFE: Span = Span::from_minutes(10);
/// So many Pages are connected at once: the calls for each must fit into one request.
pub const MOST_PAGES: usize = 20;

/// A permission that the login asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scope {
    /// As Meta spells it.
    pub name: &'static str,
    /// Nothing works without it.
    pub is_required: bool,
    /// It is given Page by Page.
    pub is_by_page: bool,
}

/// What the dialog asks for (Messenger Platform, "Permissions"; `business_management` is for Pages that a business portfolio
/// owns, which are not listed without it).
pub const SCOPES: [Scope; 5] = [
    Scope { name: "pages_show_list", is_required: true, is_by_page: false },
    Scope { name: "pages_messaging", is_required: true, is_by_page: true },
    Scope { name: "pages_manage_metadata", is_required: true, is_by_page: true },
    Scope { name: "pages_read_engagement", is_required: true, is_by_page: false },
    Scope { name: "business_management", is_required: false, is_by_page: false },
];

/// What the person must be allowed to do on a Page.
const REQUIRED_TASK: &str = "MESSAGING";

/// How far a setup has come at Facebook.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facebook {
    /// Somebody came back from the dialog with it, and nobody has taken it over yet. The way back carries no sign-in of ours:
    /// only who shows what the browser was given then, and began the setup, gets it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offered: Option<Login>,
    /// The login that Pages are chosen from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub login: Option<Login>,
    /// What came of the last way to the dialog, if no login did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failed: Option<LoginFailed>,
    /// The Pages that were chosen.
    #[serde(default)]
    pub pages: Vec<ChosenPage>,
}

/// A login.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Login {
    /// Facebook's id of the person, which is of our app alone.
    pub user_id: String,
    /// Their name.
    pub user_name: String,
    /// When they logged in, or their login was taken.
    pub at: Timestamp,
    /// Where its token is.
    pub source: Source,
    /// The permissions that were granted.
    pub granted: Vec<String>,
    /// Whose login it takes the place of, if that is another person's (AUT-7).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instead_of: Option<String>,
}

/// Where the token of a login is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// In the setup's own secret, under the fingerprint of what the browser was given.
    Setup(String),
    /// In that of a connection.
    Connection(ConnectionId),
}

/// Why no login came of a way to the dialog.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LoginFailed {
    /// The person pressed Cancel.
    Denied,
    /// Facebook told of an error, or took the code for none.
    Refused,
}

/// A Page that was chosen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChosenPage {
    /// Which one.
    pub page_id: String,
    /// What Facebook calls it.
    pub page_name: String,
    /// What the channel will be called.
    pub name: String,
    /// Its channel was deleted once and goes on (CHN-21).
    #[serde(default)]
    pub resume: bool,
    /// What became of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Outcome>,
}

/// What became of a Page when the setup was finished.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It works.
    Connected(ChannelId),
    /// It was not connected.
    Failed(SetupProblem),
}

/// A permission that was given for some Pages only.
#[derive(Clone, Copy, Debug)]
pub struct ScopeOfPages<'a> {
    /// The permission.
    pub scope: &'a str,
    /// The Pages; `None`: all of them.
    pub pages: Option<&'a [String]>,
}

/// What Facebook tells of a Page that it lists.
#[derive(Clone, Copy, Debug)]
pub struct ListedPage<'a> {
    /// Which one.
    pub page_id: &'a str,
    /// What the person may do on it; Facebook may not tell.
    pub tasks: &'a [String],
    /// Whether there is a token for it.
    pub has_token: bool,
}

impl ListedPage<'_> {
    /// Why it cannot be connected, if so.
    pub fn problem(&self, granted: &[ScopeOfPages<'_>]) -> Option<SetupProblem> {
        let left_out = SCOPES.iter().filter(|scope| scope.is_required && scope.is_by_page).any(|scope| {
            granted.iter().any(|given| {
                given.scope == scope.name
                    && given.pages.is_some_and(|pages| !pages.iter().any(|page| page == self.page_id))
            })
        });
        if left_out {
            return Some(SetupProblem::PageNotTicked);
        }
        let may_message = self.tasks.is_empty() || self.tasks.iter().any(|task| task == REQUIRED_TASK);
        (!may_message || !self.has_token).then_some(SetupProblem::PageRoleMissing)
    }
}

impl Login {
    /// The permissions that were asked for and left out.
    pub fn left_out(&self) -> impl Iterator<Item = &'static Scope> {
        SCOPES.iter().filter(|scope| !self.granted.iter().any(|granted| granted == scope.name))
    }

    /// Whether nothing that is needed was left out.
    pub fn suffices(&self) -> bool {
        !self.left_out().any(|scope| scope.is_required)
    }
}

impl Facebook {
    pub(super) fn is_done(&self, step: Step) -> bool {
        match step {
            Step::Login => self.login.as_ref().is_some_and(Login::suffices),
            Step::Pages => !self.pages.is_empty(),
            Step::Consent | Step::Brand | Step::Credentials | Step::Department | Step::Finish => false,
        }
    }

    pub(super) fn problems(&self) -> Vec<SetupProblem> {
        let failed = self.failed.map(|failed| match failed {
            LoginFailed::Denied => SetupProblem::LoginDenied,
            LoginFailed::Refused => SetupProblem::LoginRefused,
        });
        let left_out = self.login.iter().flat_map(Login::left_out);
        let left_out = left_out.map(|scope| SetupProblem::ScopeLeftOut { scope: scope.name.to_owned() });
        failed.into_iter().chain(left_out).collect()
    }

    /// Somebody came back with a login, which waits for whoever shows what the browser was given.
    pub fn offer(&mut self, login: Login) {
        (self.offered, self.failed) = (Some(login), None);
    }

    /// Somebody came back without one.
    pub fn fail(&mut self, failed: LoginFailed) {
        (self.offered, self.failed) = (None, Some(failed));
    }

    /// Takes the login over that waits for `ticket` (its fingerprint). `before`: id and name of the person whose login it takes
    /// the place of.
    pub fn take(
        &mut self,
        ticket: &str,
        before: Option<&(String, String)>,
        now: Timestamp,
    ) -> Result<(), SetupRefused> {
        let fits = |login: &mut Login| {
            matches!(&login.source, Source::Setup(known) if known == ticket)
                && now.since(login.at) < LOGIN_LIFE
        };
        match self.offered.take_if(fits) {
            Some(login) => {
                let other = before.filter(|(user_id, _)| *user_id != login.user_id);
                self.log_in(Login { instead_of: other.map(|(_, name)| name.clone()), ..login });
                Ok(())
            }
            None => Err(SetupRefused::LoginNotYours),
        }
    }

    /// Whether a token lies in the setup's own secret.
    pub fn keeps_token(&self) -> bool {
        let logins = self.offered.iter().chain(&self.login);
        logins.into_iter().any(|login| matches!(login.source, Source::Setup(_)))
    }

    /// Goes on with `login`, and forgets what was chosen of another person's.
    pub fn log_in(&mut self, login: Login) {
        if self.login.as_ref().is_some_and(|before| before.user_id != login.user_id) {
            self.pages.clear();
        }
        (self.login, self.offered, self.failed) = (Some(login), None, None);
    }

    /// The login, if there is one with everything that is needed.
    pub fn logged_in(&self) -> Result<&Login, SetupRefused> {
        self.login.as_ref().filter(|login| login.suffices()).ok_or(SetupRefused::LoginNeeded)
    }

    /// Chooses these Pages in place of those before. What is connected already stays so.
    pub fn choose(&mut self, pages: Vec<ChosenPage>) -> Result<(), SetupRefused> {
        let twice = |page: &ChosenPage| pages.iter().filter(|it| it.page_id == page.page_id).count() > 1;
        if !(1..=MOST_PAGES).contains(&pages.len()) || pages.iter().any(twice) {
            return Err(SetupRefused::PagesOutOfRange { most: MOST_PAGES });
        }
        let before = std::mem::replace(&mut self.pages, pages);
        for page in before {
            if !matches!(page.outcome, Some(Outcome::Connected(_))) {
                continue;
            }
            match self.pages.iter_mut().find(|chosen| chosen.page_id == page.page_id) {
                Some(chosen) => *chosen = page,
                None => self.pages.push(page),
            }
        }
        Ok(())
    }

    /// Renames channels by their Page. Returns `Err` with the Page that was not chosen, or whose name is none.
    pub fn rename(&mut self, names: &BTreeMap<String, String>) -> Result<(), String> {
        let mut renamed = self.pages.clone();
        for (page_id, name) in names {
            let page = renamed.iter_mut().find(|page| page.page_id == *page_id);
            match (page, organisation::name(name)) {
                (Some(page), Some(name)) => page.name = name,
                _ => return Err(page_id.clone()),
            }
        }
        self.pages = renamed;
        Ok(())
    }

    /// Notes what became of a Page.
    pub fn settle(&mut self, settled: ChosenPage) {
        match self.pages.iter_mut().find(|page| page.page_id == settled.page_id) {
            Some(page) => *page = settled,
            None => self.pages.push(settled),
        }
    }

    /// Whether there are Pages, and every one works.
    pub fn all_connected(&self) -> bool {
        let works = |page: &ChosenPage| matches!(page.outcome, Some(Outcome::Connected(_)));
        !self.pages.is_empty() && self.pages.iter().all(works)
    }
}
