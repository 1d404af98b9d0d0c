//! Connecting channels step by step (CHN-7 to CHN-11): what has been chosen so far, which step comes next, and what stands in
//! the way. Nothing else is saved before the last step.
//!
//! The steps that every kind of channel has are here. What a provider needs besides is a variant of [`Account`] with a module
//! of its own, such as [`facebook`]: it says whether its steps are done and what is wrong with them. To add a provider, add its
//! variant; the compiler asks for the rest, here and where a setup is finished.

pub mod consent;
pub mod facebook;
pub mod keyed;
mod problem;
mod way_back;

use serde::{Deserialize, Serialize};

use crate::channel::ChannelKind;
use crate::ids::{BrandId, ChannelId, DepartmentId, OperatorId, SetupId};
use crate::time::{Span, Timestamp};

pub use consent::Consent;
pub use facebook::Facebook;
pub use keyed::Keyed;
pub use problem::{Advice, SetupProblem};
pub use way_back::WayBackRefused;

/// So long a setup can be left and resumed.
pub const LIFE: Span = Span::from_days(7);
/// So long one that has ended is still shown.
pub const SHOWN_AFTER_END: Span = Span::from_days(7);

/// An administrator's way to a channel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Setup {
    /// Which one.
    pub id: SetupId,
    /// What kind of channel it leads to.
    pub kind: ChannelKind,
    /// Who began it; nobody else may go on with it.
    pub started_by: OperatorId,
    /// When.
    pub started_at: Timestamp,
    /// When it can no longer be resumed.
    pub ends_at: Timestamp,
    /// The channel whose connection it authorizes anew (AUT-7); `None` if it connects new ones.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reauthorizes: Option<ChannelId>,
    /// The consent text that was accepted (CHN-7).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub consent: Option<Consent>,
    /// The brand that the channels show.
    #[serde(default)]
    pub brand: Place<BrandId>,
    /// What the provider needs.
    pub account: Account,
    /// The department that their conversations belong to.
    #[serde(default)]
    pub department: Place<DepartmentId>,
    /// When everything was connected.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finished_at: Option<Timestamp>,
    /// Counts the writes; every change is conditional on it.
    #[serde(default)]
    pub rev: u64,
}

/// Where a channel belongs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Place<T> {
    /// Nobody has said yet.
    #[default]
    Open,
    /// To none.
    Nowhere,
    /// To this one.
    At(T),
}

impl<T> Place<T> {
    /// What was said: `None` stands for none.
    pub fn chosen(at: Option<T>) -> Self {
        at.map_or(Self::Nowhere, Self::At)
    }

    /// The place, if there is one.
    pub fn at(self) -> Option<T> {
        match self {
            Self::At(place) => Some(place),
            Self::Open | Self::Nowhere => None,
        }
    }

    /// Whether it was said.
    pub const fn is_answered(&self) -> bool {
        !matches!(self, Self::Open)
    }
}

/// What a provider needs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Account {
    /// A login at Facebook, and Pages of it.
    Facebook(Facebook),
    /// Credentials that are entered: LINE, Twilio.
    Keyed(Keyed),
}

impl Account {
    /// Where a setup of `kind` begins.
    pub fn of(kind: ChannelKind) -> Self {
        match kind {
            ChannelKind::Messenger => Self::Facebook(Facebook::default()),
            ChannelKind::Line | ChannelKind::WhatsApp | ChannelKind::Sms => Self::Keyed(Keyed::default()),
        }
    }

    /// Its steps.
    const fn steps(&self) -> &'static [Step] {
        match self {
            Self::Facebook(_) => &[Step::Login, Step::Pages],
            Self::Keyed(_) => &[Step::Credentials],
        }
    }

    fn is_done(&self, step: Step) -> bool {
        match self {
            Self::Facebook(facebook) => facebook.is_done(step),
            Self::Keyed(keyed) => step == Step::Credentials && keyed.entered.is_some(),
        }
    }

    fn problems(&self) -> Vec<SetupProblem> {
        match self {
            Self::Facebook(facebook) => facebook.problems(),
            // What there is to know of the account is in its notes.
            Self::Keyed(_) => Vec::new(),
        }
    }
}

/// One step of a setup.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// The consent text is accepted.
    Consent,
    /// The brand is chosen, or none.
    Brand,
    /// Somebody logs in at the provider, or a login of before is taken.
    Login,
    /// The Pages are chosen.
    Pages,
    /// The account's credentials are entered, and work.
    Credentials,
    /// The department is chosen, or none.
    Department,
    /// Everything was looked at and is connected.
    Finish,
}

impl Step {
    /// Its stable public id.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Consent => "consent",
            Self::Brand => "brand",
            Self::Login => "login",
            Self::Pages => "pages",
            Self::Credentials => "credentials",
            Self::Department => "department",
            Self::Finish => "finish",
        }
    }
}

/// Why a setup does not take what is asked of it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SetupRefused {
    /// This kind is authorized anew in one step.
    #[error(
        "channels of the kind {0} are authorized anew in one step, by PUT /api/channels/{{channel}}/credential"
    )]
    NotGuided(ChannelKind),
    /// Only who began it goes on with it.
    #[error("somebody else began this setup; begin one of your own")]
    NotYours,
    /// Everything was connected.
    #[error("this setup is finished; begin a new one to connect more")]
    Finished,
    /// Its time is over.
    #[error("this setup was begun more than 7 days ago and can no longer be resumed; begin a new one")]
    Expired,
    /// It only authorizes a connection anew.
    #[error("this setup only authorizes a channel anew: there is nothing to choose")]
    OnlyReauthorizes,
    /// What is asked for belongs to another kind of channel.
    #[error("a setup of this kind has no such step")]
    NoSuchStep,
    /// Another version of the text is current.
    #[error("the consent text has another version by now ({current}); read it and accept that one")]
    OtherConsent {
        /// The current version.
        current: &'static str,
    },
    /// A step before it is open.
    #[error("the step {} is not done yet", .0.as_str())]
    Incomplete(Step),
    /// Nobody has entered credentials.
    #[error("enter the account's credentials first")]
    CredentialsNeeded,
    /// Nobody has logged in.
    #[error("log in at the provider first")]
    LoginNeeded,
    /// The login cannot be taken over.
    #[error("this login was not made for this setup, was taken over before, or is too old; log in again")]
    LoginNotYours,
    /// No such Page is offered.
    #[error("the login does not cover a page {0}")]
    PageNotCovered(String),
    /// The choice is impossible.
    #[error("choose between 1 and {most} pages, each once")]
    PagesOutOfRange {
        /// So many at most.
        most: usize,
    },
}

impl SetupRefused {
    /// The stable id that programs go by.
    pub const fn public_id(&self) -> &'static str {
        match self {
            Self::NotGuided(_) => "setup_not_guided",
            Self::NotYours => "setup_not_yours",
            Self::Finished => "setup_finished",
            Self::Expired => "setup_expired",
            Self::OnlyReauthorizes => "setup_only_reauthorizes",
            Self::NoSuchStep => "setup_without_step",
            Self::OtherConsent { .. } => "consent_outdated",
            Self::Incomplete(_) => "setup_incomplete",
            Self::CredentialsNeeded => "credentials_needed",
            Self::LoginNeeded => "login_needed",
            Self::LoginNotYours => "login_not_yours",
            Self::PageNotCovered(_) => "page_not_covered",
            Self::PagesOutOfRange { .. } => "pages_out_of_range",
        }
    }
}

impl Setup {
    /// One that begins at `now`. `reauthorizes`: the channel whose connection is authorized anew.
    pub fn start(
        id: SetupId,
        kind: ChannelKind,
        by: OperatorId,
        reauthorizes: Option<ChannelId>,
        now: Timestamp,
    ) -> Result<Self, SetupRefused> {
        let account = Account::of(kind);
        if reauthorizes.is_some() && matches!(account, Account::Keyed(_)) {
            return Err(SetupRefused::NotGuided(kind));
        }
        Ok(Self {
            id,
            kind,
            started_by: by,
            started_at: now,
            ends_at: now + LIFE,
            reauthorizes,
            consent: None,
            brand: Place::Open,
            account,
            department: Place::Open,
            finished_at: None,
            rev: 0,
        })
    }

    /// Refuses one that has ended, and anybody but who began it.
    pub fn may_go_on(&self, who: &OperatorId, now: Timestamp) -> Result<(), SetupRefused> {
        if self.started_by != *who {
            return Err(SetupRefused::NotYours);
        }
        if self.finished_at.is_some() {
            return Err(SetupRefused::Finished);
        }
        if self.has_expired(now) { Err(SetupRefused::Expired) } else { Ok(()) }
    }

    /// Whether its time is over.
    pub fn has_expired(&self, now: Timestamp) -> bool {
        now >= self.ends_at
    }

    /// Refuses choices where nothing is to be chosen.
    pub const fn may_choose(&self) -> Result<(), SetupRefused> {
        if self.reauthorizes.is_some() { Err(SetupRefused::OnlyReauthorizes) } else { Ok(()) }
    }

    /// Its steps in their order. One that only authorizes anew leaves everything but the login as it is.
    pub fn steps(&self) -> Vec<Step> {
        let own = self.account.steps().iter().copied();
        if self.reauthorizes.is_some() {
            return own.filter(|step| *step == Step::Login).chain([Step::Finish]).collect();
        }
        [Step::Consent, Step::Brand].into_iter().chain(own).chain([Step::Department, Step::Finish]).collect()
    }

    /// Whether a step is done.
    pub fn is_done(&self, step: Step) -> bool {
        match step {
            Step::Consent => self.consent.as_ref().is_some_and(Consent::is_current),
            Step::Brand => self.brand.is_answered(),
            Step::Department => self.department.is_answered(),
            Step::Finish => self.finished_at.is_some(),
            Step::Login | Step::Pages | Step::Credentials => self.account.is_done(step),
        }
    }

    /// The first step that is not done; `None` once everything is.
    pub fn next(&self) -> Option<Step> {
        self.steps().into_iter().find(|step| !self.is_done(*step))
    }

    /// Refuses to finish while a step is open.
    pub fn may_finish(&self) -> Result<(), SetupRefused> {
        match self.next() {
            Some(Step::Finish) | None => Ok(()),
            Some(step) => Err(SetupRefused::Incomplete(step)),
        }
    }

    /// What stands in the way, as far as the setup itself knows.
    pub fn problems(&self) -> Vec<SetupProblem> {
        let outdated = self.consent.as_ref().is_some_and(|consent| !consent.is_current());
        let outdated = outdated.then_some(SetupProblem::ConsentOutdated);
        outdated.into_iter().chain(self.account.problems()).collect()
    }

    /// Whether it has a secret, which must be destroyed at its end.
    pub fn keeps_secret(&self) -> bool {
        self.finished_at.is_none()
            && match &self.account {
                Account::Facebook(facebook) => facebook.keeps_token(),
                Account::Keyed(keyed) => keyed.entered.is_some(),
            }
    }

    /// Accepts version `version` of the consent text.
    pub fn accept(
        &mut self,
        version: &str,
        who: &OperatorId,
        name: &str,
        now: Timestamp,
    ) -> Result<(), SetupRefused> {
        self.may_choose()?;
        self.consent = Some(Consent::accept(version, who, name, now)?);
        Ok(())
    }

    /// What there is at Facebook, of a setup that leads there.
    pub const fn facebook(&self) -> Result<&Facebook, SetupRefused> {
        match &self.account {
            Account::Facebook(facebook) => Ok(facebook),
            Account::Keyed(_) => Err(SetupRefused::NoSuchStep),
        }
    }

    /// What was entered, of a setup of an account that is reached so.
    pub const fn keyed(&self) -> Result<&Keyed, SetupRefused> {
        match &self.account {
            Account::Keyed(keyed) => Ok(keyed),
            Account::Facebook(_) => Err(SetupRefused::NoSuchStep),
        }
    }

    /// The same, to change it.
    pub const fn keyed_mut(&mut self) -> Result<&mut Keyed, SetupRefused> {
        match &mut self.account {
            Account::Keyed(keyed) => Ok(keyed),
            Account::Facebook(_) => Err(SetupRefused::NoSuchStep),
        }
    }

    /// The same, to change it.
    pub const fn facebook_mut(&mut self) -> Result<&mut Facebook, SetupRefused> {
        match &mut self.account {
            Account::Facebook(facebook) => Ok(facebook),
            Account::Keyed(_) => Err(SetupRefused::NoSuchStep),
        }
    }
}

#[cfg(test)]
mod tests;
