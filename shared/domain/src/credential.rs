//! Why a channel's credential stopped working, and when it must be looked at again.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::time::{Span, Timestamp};

/// Why an administrator must re-authorize a channel. Told apart by the provider's code and subcode,
/// never by its text (AUT-9). Each has its own remedy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// The OAuth token has run out or is void (AUT-1).
    TokenExpired,
    /// The rights on the Page were withdrawn (AUT-2).
    PermissionRevoked,
    /// The Page is not yet among those that the login covers (AUT-3).
    PageNotAuthorized,
    /// The Page was covered once and no longer is (AUT-4).
    PageRemoved,
    /// The app itself lost its access at the provider (AUT-5).
    AppAccessWithdrawn,
    /// 60 days have passed since the login (AUT-6).
    SixtyDays,
    /// The person who logged in lost the role on the Page: a new token of theirs does not help.
    PageRoleLost,
    /// The person who logged in changed the password.
    PasswordChanged,
    /// The person must first pass a check at the provider.
    Checkpoint,
    /// The channel secret is not the one that the provider knows (LINE).
    SecretMismatch,
    /// The provider does not know the account's token or API key, or has suspended the account (Twilio).
    AuthenticationFailed,
}

/// What a channel is called with, without itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Credential {
    /// What it is.
    pub kind: CredentialKind,
    /// Until when Meta lets the app have the person's data. The permissions that a Page needs do not end with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data_access_expires_at: Option<Timestamp>,
}

/// Kinds of credentials.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum CredentialKind {
    /// A person's token and the Page's that comes from it (Messenger).
    UserAndPageToken,
    /// Tokens of 15 minutes, made from the channel's secret (LINE).
    StatelessChannelToken,
    /// The account's Auth Token (Twilio).
    AuthToken,
    /// An API key of the account (Twilio).
    ApiKey,
    /// One that a later release knows.
    #[serde(other)]
    Unknown,
}

impl CredentialKind {
    /// A credential of which nothing else is known.
    pub const fn alone(self) -> Credential {
        Credential { kind: self, data_access_expires_at: None }
    }
}

impl Cause {
    /// Every cause, for tables and tests.
    pub const ALL: [Self; 11] = [
        Self::TokenExpired,
        Self::PermissionRevoked,
        Self::PageNotAuthorized,
        Self::PageRemoved,
        Self::AppAccessWithdrawn,
        Self::SixtyDays,
        Self::PageRoleLost,
        Self::PasswordChanged,
        Self::Checkpoint,
        Self::SecretMismatch,
        Self::AuthenticationFailed,
    ];

    /// The stable public id.
    pub const fn public_id(self) -> &'static str {
        match self {
            Self::TokenExpired => "token_expired",
            Self::PermissionRevoked => "permission_revoked",
            Self::PageNotAuthorized => "page_not_authorized",
            Self::PageRemoved => "page_removed",
            Self::AppAccessWithdrawn => "app_access_withdrawn",
            Self::SixtyDays => "sixty_days",
            Self::PageRoleLost => "page_role_lost",
            Self::PasswordChanged => "password_changed",
            Self::Checkpoint => "checkpoint",
            Self::SecretMismatch => "secret_mismatch",
            Self::AuthenticationFailed => "authentication_failed",
        }
    }

    /// What an administrator should do.
    pub const fn remedy(self) -> &'static str {
        match self {
            Self::TokenExpired => "Re-authorize the channel; that makes a new token.",
            Self::PermissionRevoked => {
                "Sign in to the business account of the Page, grant every permission, and re-authorize."
            }
            Self::PageNotAuthorized => "Re-authorize and tick this Page in the list of Pages.",
            Self::PageRemoved => "The Page was taken out of the connection; re-authorize and tick it again.",
            Self::AppAccessWithdrawn => "Allow the app again in the business account, then re-authorize.",
            Self::SixtyDays => "60 days have passed since the login; re-authorize to renew it.",
            Self::PageRoleLost => {
                "Give the person their role on the Page back, or re-authorize as another one."
            }
            Self::PasswordChanged => "The password was changed; sign in again and re-authorize.",
            Self::Checkpoint => {
                "The person must first confirm their account at facebook.com; then re-authorize."
            }
            Self::SecretMismatch => "Copy the channel secret from the LINE Developers console again.",
            Self::AuthenticationFailed => {
                "Look in the Twilio console whether the account is active, and enter its Auth Token, or the API key, \
                 again."
            }
        }
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.public_id())
    }
}

/// Life of a long-lived Messenger user token.
pub const USER_TOKEN_LIFE: Span = Span::from_days(60);
/// A user token is exchanged once less than this is left: half its life, so that a month of
/// failed attempts still loses nothing.
pub const REFRESH_WHEN_LEFT: Span = Span::from_days(30);
/// What cannot expire can be revoked, and nobody tells us: look daily.
pub const CHECK_EVERY: Span = Span::from_days(1);
/// A broken credential is looked at more often, so that replies leave soon after it is mended.
pub const RECHECK_BROKEN_EVERY: Span = Span::from_minutes(5);
/// A check that could not be made (the provider did not answer) is repeated soon.
pub const RETRY_UNCLEAR_AFTER: Span = Span::from_minutes(2);

/// Whether a user token that ends at `expires_at` (`None`: never) is due for exchange.
pub fn exchange_due(expires_at: Option<Timestamp>, now: Timestamp) -> bool {
    expires_at.is_some_and(|end| end - REFRESH_WHEN_LEFT <= now)
}

/// An invalid token with no telling subcode: 60 days after the login it is the clock that ran out
/// (AUT-6), earlier something else made it void (AUT-1).
pub fn expiry_cause(authorized_at: Timestamp, now: Timestamp) -> Cause {
    if now.since(authorized_at) >= USER_TOKEN_LIFE { Cause::SixtyDays } else { Cause::TokenExpired }
}

/// A Page that the login does not list: known before, it was removed (AUT-4); else it is new (AUT-3).
pub const fn missing_page_cause(was_authorized: bool) -> Cause {
    if was_authorized { Cause::PageRemoved } else { Cause::PageNotAuthorized }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn aut_1_to_aut_6_every_cause_has_its_own_id_and_a_remedy() {
        let mut ids: Vec<_> = Cause::ALL.iter().map(|c| c.public_id()).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), Cause::ALL.len());
        for cause in Cause::ALL {
            assert!(cause.remedy().len() > 20, "{cause}");
            assert_eq!(serde_json::to_value(cause).unwrap(), cause.public_id());
        }
    }

    #[test]
    fn aut_8_a_user_token_is_exchanged_well_before_its_60_days_are_over() {
        let now = Timestamp::from_ms(0);
        assert!(!exchange_due(None, now));
        assert!(!exchange_due(Some(now + Span::from_days(31)), now));
        assert!(exchange_due(Some(now + Span::from_days(30)), now));
        assert!(exchange_due(Some(now), now));
    }

    #[test]
    fn aut_6_sixty_days_are_told_from_other_expiry() {
        let login = Timestamp::from_ms(0);
        assert_eq!(expiry_cause(login, login + Span::from_days(59)), Cause::TokenExpired);
        assert_eq!(expiry_cause(login, login + Span::from_days(60)), Cause::SixtyDays);
    }
}
