//! A setup as administrators see it: every choice, the next step, and what stands in the way (CHN-10).

use madoguchi_domain::account::{AccountNote, NoteText};
use madoguchi_domain::checkup::Light;
use madoguchi_domain::setup::facebook::{ChosenPage, Facebook, Login, Outcome, Source};
use madoguchi_domain::setup::{Advice, Keyed, Place, SetupProblem, Step};
use madoguchi_domain::{
    BrandId, ChannelId, ChannelKind, ConnectionId, DepartmentId, Language, Setup, SetupId, Timestamp,
};
use serde::Serialize;

/// A way to channels that is under way.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub(crate) struct SetupView {
    id: SetupId,
    kind: ChannelKind,
    /// `open`, `finished` or `expired`.
    #[cfg_attr(feature = "openapi", schema(value_type = crate::openapi::words::SetupState))]
    state: &'static str,
    started_by: String,
    started_at: String,
    /// Until when it can be resumed.
    ends_at: String,
    finished_at: Option<String>,
    /// The channel that it authorizes anew.
    channel_id: Option<ChannelId>,
    steps: Vec<StepView>,
    /// The first step that is not done.
    next_step: Option<&'static str>,
    consent: Option<ConsentView>,
    brand_id: Option<BrandId>,
    department_id: Option<DepartmentId>,
    facebook: Option<FacebookView>,
    account: Option<AccountView>,
    problems: Vec<ProblemView>,
}

#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
struct StepView {
    /// Such as `consent`, `brand`, `login`, `pages`, `department`, `finish`.
    id: &'static str,
    done: bool,
}

#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
struct ConsentView {
    by: String,
    name: String,
    at: String,
    version: String,
}

#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
struct FacebookView {
    /// Somebody came back with a login that nobody has taken over.
    login_waits: bool,
    login: Option<LoginView>,
    pages: Vec<ChosenView>,
}

/// An account that is reached with credentials, without them.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = SetupAccount))]
struct AccountView {
    external_id: String,
    /// What the provider calls it, where it tells.
    account_name: Option<String>,
    name: String,
    resume: bool,
    /// Once it is connected.
    channel_id: Option<ChannelId>,
    notes: Vec<NoteView>,
}

/// What to know about an account.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub(crate) struct NoteView {
    id: &'static str,
    light: Light,
    message: &'static str,
    remedy: &'static str,
}

impl NoteView {
    pub(crate) fn new(note: AccountNote, language: Language) -> Self {
        let NoteText { message, remedy } = note.text(language);
        Self { id: note.public_id(), light: note.light(), message, remedy }
    }
}

#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
struct LoginView {
    user_id: String,
    user_name: String,
    at: String,
    /// The linked account that it is.
    connection_id: Option<ConnectionId>,
    granted: Vec<String>,
    left_out: Vec<&'static str>,
    /// Whose login it takes the place of, if another person's.
    instead_of: Option<String>,
}

#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
struct ChosenView {
    page_id: String,
    page_name: String,
    name: String,
    resume: bool,
    /// `chosen`, `connected` or `failed`.
    #[cfg_attr(feature = "openapi", schema(value_type = crate::openapi::words::ChosenState))]
    state: &'static str,
    channel_id: Option<ChannelId>,
}

/// What stands in the way, in the language that `Accept-Language` asks for first.
#[derive(Debug, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema), schema(as = SetupProblem))]
pub(crate) struct ProblemView {
    /// `consent_outdated`, `login_denied`, `login_refused`, `login_ended`, `scope_left_out`, `page_not_ticked`,
    /// `page_not_listed`, `page_role_missing`, `channel_exists`, `channel_deleted`, `too_many_channels`,
    /// `provider_refused`, `provider_unavailable`; more may be added.
    id: &'static str,
    message: String,
    remedy: String,
    page_id: Option<String>,
}

impl ProblemView {
    pub(crate) fn new(problem: &SetupProblem, page_id: Option<&str>, language: Language) -> Self {
        let Advice { message, remedy } = problem.advice(language);
        Self { id: problem.public_id(), message, remedy, page_id: page_id.map(str::to_owned) }
    }
}

impl SetupView {
    pub(crate) fn new(setup: &Setup, language: Language, now: Timestamp) -> Self {
        let steps = setup.steps();
        let (facebook, keyed) = (setup.facebook().ok(), setup.keyed().ok());
        let mut problems: Vec<_> =
            setup.problems().iter().map(|problem| ProblemView::new(problem, None, language)).collect();
        let pages = facebook.map_or(&[][..], |facebook| &facebook.pages);
        problems.extend(pages.iter().filter_map(|page| match &page.outcome {
            Some(Outcome::Failed(problem)) => Some(ProblemView::new(problem, Some(&page.page_id), language)),
            Some(Outcome::Connected(_)) | None => None,
        }));
        Self {
            id: setup.id,
            kind: setup.kind,
            state: match setup.finished_at {
                Some(_) => "finished",
                None if setup.has_expired(now) => "expired",
                None => "open",
            },
            started_by: setup.started_by.0.clone(),
            started_at: setup.started_at.to_string(),
            ends_at: setup.ends_at.to_string(),
            finished_at: setup.finished_at.map(|at| at.to_string()),
            channel_id: setup.reauthorizes,
            steps: steps
                .iter()
                .map(|step| StepView { id: step.as_str(), done: setup.is_done(*step) })
                .collect(),
            next_step: setup.next().map(Step::as_str),
            consent: setup.consent.as_ref().map(|consent| ConsentView {
                by: consent.by.0.clone(),
                name: consent.name.clone(),
                at: consent.at.to_string(),
                version: consent.version.clone(),
            }),
            brand_id: Place::at(setup.brand),
            department_id: Place::at(setup.department),
            facebook: facebook.map(FacebookView::from),
            account: keyed.and_then(|keyed| AccountView::new(keyed, language)),
            problems,
        }
    }
}

impl AccountView {
    fn new(keyed: &Keyed, language: Language) -> Option<Self> {
        let entered = keyed.entered.as_ref()?;
        Some(Self {
            external_id: entered.external_id.clone(),
            account_name: entered.account_name.clone(),
            name: entered.name.clone(),
            resume: entered.resume,
            channel_id: keyed.channel,
            notes: entered.notes.iter().map(|note| NoteView::new(*note, language)).collect(),
        })
    }
}

impl From<&Facebook> for FacebookView {
    fn from(facebook: &Facebook) -> Self {
        Self {
            login_waits: facebook.offered.is_some(),
            login: facebook.login.as_ref().map(LoginView::from),
            pages: facebook.pages.iter().map(ChosenView::from).collect(),
        }
    }
}

impl From<&Login> for LoginView {
    fn from(login: &Login) -> Self {
        Self {
            user_id: login.user_id.clone(),
            user_name: login.user_name.clone(),
            at: login.at.to_string(),
            connection_id: match login.source {
                Source::Setup(_) => None,
                Source::Connection(connection) => Some(connection),
            },
            granted: login.granted.clone(),
            left_out: login.left_out().map(|scope| scope.name).collect(),
            instead_of: login.instead_of.clone(),
        }
    }
}

impl From<&ChosenPage> for ChosenView {
    fn from(page: &ChosenPage) -> Self {
        let (state, channel_id) = match &page.outcome {
            None => ("chosen", None),
            Some(Outcome::Connected(channel)) => ("connected", Some(*channel)),
            Some(Outcome::Failed(_)) => ("failed", None),
        };
        Self {
            page_id: page.page_id.clone(),
            page_name: page.page_name.clone(),
            name: page.name.clone(),
            resume: page.resume,
            state,
            channel_id,
        }
    }
}
