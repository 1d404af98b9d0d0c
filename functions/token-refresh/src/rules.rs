//! What follows from a check: causes, whether to renew, when to look again. No I/O, no clock.

use madoguchi_channels::TokenError;
use madoguchi_channels::messenger::token::{Inspection, PageGrant};
use madoguchi_domain::credential::{
    CHECK_EVERY, Cause, RECHECK_BROKEN_EVERY, REFRESH_WHEN_LEFT, RETRY_UNCLEAR_AFTER, USER_TOKEN_LIFE,
    exchange_due, expiry_cause, missing_page_cause,
};
use madoguchi_domain::send::{Refusal, RefusalClass};
use madoguchi_domain::{Span, Timestamp};

/// Why a credential was not found to work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// It does not work: the provider said so.
    Broken {
        /// What is wrong, by its own name.
        cause: Cause,
        /// The provider's code, for maintainers; never a token.
        detail: String,
    },
    /// The provider gave no verdict. Nothing follows for the channel: it stays as it is.
    Unclear {
        /// For maintainers.
        detail: String,
        /// How long the provider asked us to wait.
        wait: Option<Span>,
    },
}

impl Trouble {
    pub(crate) fn broken(cause: Cause, detail: impl Into<String>) -> Self {
        Self::Broken { cause, detail: detail.into() }
    }

    /// What is wrong, if anything is known to be.
    pub(crate) const fn cause(&self) -> Option<Cause> {
        match self {
            Self::Broken { cause, .. } => Some(*cause),
            Self::Unclear { .. } => None,
        }
    }

    /// The provider's code or the fault.
    pub(crate) fn detail(&self) -> &str {
        match self {
            Self::Broken { detail, .. } | Self::Unclear { detail, .. } => detail,
        }
    }
}

impl From<TokenError> for Trouble {
    fn from(error: TokenError) -> Self {
        match error {
            TokenError::Refused(Refusal { class: RefusalClass::Credential(cause), detail, .. }) => {
                Self::Broken { cause, detail }
            }
            // Too many calls, a policy block: no word about the credential.
            TokenError::Refused(Refusal { detail, retry_after, .. }) => {
                Self::Unclear { detail, wait: retry_after }
            }
            TokenError::Unavailable { detail } => Self::Unclear { detail, wait: None },
        }
    }
}

/// Permissions without which a Page cannot be served.
const REQUIRED_SCOPES: [&str; 3] = ["pages_messaging", "pages_manage_metadata", "pages_show_list"];
/// Those of them that a person gives Page by Page.
const SCOPES_BY_PAGE: [&str; 2] = ["pages_messaging", "pages_manage_metadata"];
/// What the person must be allowed to do on the Page.
const REQUIRED_TASK: &str = "MESSAGING";
/// Page tokens that come from a user token with less life than this end with it.
const SHORT_LIVED: Span = Span::from_days(1);
/// So far ahead the end of a credential is announced (AUT-8).
const WARN_WHEN_LEFT: [Span; 4] =
    [Span::from_days(14), Span::from_days(7), Span::from_days(3), Span::from_days(1)];

/// Whether the login itself works. `end` is when its token was to end, as far as known.
pub(crate) fn login_works(
    found: &Inspection,
    authorized_at: Timestamp,
    end: Option<Timestamp>,
    now: Timestamp,
) -> Result<(), Trouble> {
    if !found.is_valid {
        let detail = found.detail.clone().unwrap_or_else(|| "not valid".to_owned());
        let cause = match found.cause {
            None | Some(Cause::TokenExpired) => login_expiry_cause(authorized_at, end, now),
            Some(cause) => cause,
        };
        return Err(Trouble::Broken { cause, detail });
    }
    let missing: Vec<_> = REQUIRED_SCOPES.into_iter().filter(|scope| !has(&found.scopes, scope)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    Err(Trouble::broken(Cause::PermissionRevoked, format!("without {}", missing.join(", "))))
}

/// The 60 days count from the login or from the latest exchange, whichever was later.
fn login_expiry_cause(authorized_at: Timestamp, end: Option<Timestamp>, now: Timestamp) -> Cause {
    let exchanged_at = end.map(|end| end - USER_TOKEN_LIFE);
    expiry_cause(exchanged_at.map_or(authorized_at, |at| at.max(authorized_at)), now)
}

/// The token that the login's list of Pages holds for a Page, or why there is none. `was_covered`: the
/// login covered the Page when last looked at.
pub(crate) fn granted<'a>(
    page_id: &str,
    list: &'a [PageGrant],
    login: &Inspection,
    was_covered: bool,
) -> Result<&'a str, Trouble> {
    let missing = |detail: String| Err(Trouble::Broken { cause: missing_page_cause(was_covered), detail });
    let Some(page) = list.iter().find(|page| page.page_id == page_id) else {
        return missing("not among the login's Pages".to_owned());
    };
    let left_out = login.granular_scopes.iter().find(|granted| {
        SCOPES_BY_PAGE.contains(&granted.scope.as_str())
            && granted.target_ids.as_ref().is_some_and(|ids| !has(ids, page_id))
    });
    if let Some(granted) = left_out {
        return missing(format!("{} was not given for it", granted.scope));
    }
    // Meta lists what the person may do; a list without it is one of an advertiser or an analyst.
    if !page.tasks.is_empty() && !has(&page.tasks, REQUIRED_TASK) {
        return Err(Trouble::broken(Cause::PageRoleLost, format!("without the task {REQUIRED_TASK}")));
    }
    match &page.token {
        Some(token) => Ok(token.as_str()),
        None => Err(Trouble::broken(Cause::PageRoleLost, "listed without a token")),
    }
}

/// Whether a Page's token works.
pub(crate) fn page_token_works(found: &Inspection) -> Result<(), Trouble> {
    if found.is_valid {
        return Ok(());
    }
    // It has no end of its own, so no subcode means that something made it void.
    let cause = found.cause.unwrap_or(Cause::TokenExpired);
    Err(Trouble::Broken { cause, detail: found.detail.clone().unwrap_or_else(|| "not valid".to_owned()) })
}

/// Whether the user token should be exchanged now. One whose end nobody knows is taken for a fresh,
/// short-lived one.
pub(crate) fn should_exchange(end: Option<Timestamp>, now: Timestamp) -> bool {
    end.is_none() || exchange_due(end, now)
}

/// Whether the old user token still serves after an exchange that gave no verdict.
pub(crate) fn serves_on(end: Option<Timestamp>, now: Timestamp) -> bool {
    end.is_some_and(|end| end.since(now) > SHORT_LIVED)
}

/// When the connection must be looked at again. `end` is when its credential ends.
pub(crate) fn next_check<'a>(
    troubles: impl IntoIterator<Item = &'a Trouble>,
    end: Option<Timestamp>,
    now: Timestamp,
) -> Timestamp {
    let (mut broken, mut unclear) = (false, None::<Span>);
    for trouble in troubles {
        match trouble {
            Trouble::Broken { .. } => broken = true,
            Trouble::Unclear { wait, .. } => {
                let wait = wait.unwrap_or(RETRY_UNCLEAR_AFTER).clamp(RETRY_UNCLEAR_AFTER, CHECK_EVERY);
                unclear = Some(unclear.map_or(wait, |known| known.max(wait)));
            }
        }
    }
    let usual = if broken { RECHECK_BROKEN_EVERY } else { CHECK_EVERY };
    let next = now + unclear.unwrap_or(usual);
    // A check falls on every instant at which something is to be done or said. `warning` relies on it.
    let marks = std::iter::once(REFRESH_WHEN_LEFT).chain(WARN_WHEN_LEFT);
    let marks = end.into_iter().flat_map(|end| marks.clone().map(move |left| end - left));
    marks.filter(|mark| *mark > now).fold(next, Timestamp::min)
}

/// Days left, if their number is to be announced: once when 14, 7, 3 and 1 of them are left. `planned`
/// is when this check was due: an instant before it was announced by an earlier one.
pub(crate) fn warning(end: Option<Timestamp>, planned: Timestamp, now: Timestamp) -> Option<i64> {
    let end = end?;
    let reached = |left: Span| (planned..=now).contains(&(end - left));
    WARN_WHEN_LEFT.into_iter().any(reached).then(|| days_left(end, now))
}

/// Begun days until `end`.
fn days_left(end: Timestamp, now: Timestamp) -> i64 {
    let day = Span::from_days(1).as_ms();
    (end.since(now).as_ms() + day - 1) / day
}

fn has(list: &[String], wanted: &str) -> bool {
    list.iter().any(|item| item == wanted)
}

#[cfg(test)]
#[path = "rules_tests.rs"]
mod tests;
