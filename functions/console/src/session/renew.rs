//! Renewing an ID token that is about to end: one process does it, the others wait or go on with what they have.

use std::time::Duration;

use madoguchi_domain::session::Session;
use madoguchi_domain::{Span, Timestamp};
use madoguchi_store::Saved;

use super::issuer::IssuerError;
use super::{Door, DoorError, claims};

/// A token with this much left can be used by what is begun now.
const ENOUGH: Span = Span::from_secs(20);
/// How often, and how many times, is looked whether another process has renewed it.
const LOOKED_EVERY: Duration = Duration::from_millis(200);
const LOOKS: u32 = 25;

impl Door {
    /// The session of `id` with a token that can be used; `None` if it has ended.
    pub(super) async fn renewed(&self, id: &str, session: Session) -> Result<Option<Session>, DoorError> {
        let now = self.clock.now();
        if !session.wants_renewal(now) {
            return Ok(Some(session));
        }
        match self.sessions.claim_renewal(id, session.token_ends_at, now).await? {
            Saved::Done => self.renew(id, session, now).await,
            Saved::Conflict if now + ENOUGH < session.token_ends_at => Ok(Some(session)),
            Saved::Conflict => self.wait_for_renewal(id, &session).await,
        }
    }

    async fn renew(&self, id: &str, session: Session, now: Timestamp) -> Result<Option<Session>, DoorError> {
        let subject = session.claims.get("sub").map_or("", String::as_str);
        let refresh_token = session.refresh_token.as_deref().unwrap_or_default();
        match self.issuer.renew(refresh_token, subject).await {
            Ok(tokens) => {
                let renewed = Session {
                    claims: claims::as_text(&tokens.verified.claims),
                    token_ends_at: tokens.verified.ends_at,
                    id_token: tokens.id_token,
                    // Some issuers give another one each time.
                    refresh_token: tokens.refresh_token.or_else(|| session.refresh_token.clone()),
                    ..session
                };
                Ok(match self.sessions.renew(id, &renewed).await? {
                    Saved::Done => Some(renewed),
                    Saved::Conflict => None,
                })
            }
            Err(error @ (DoorError::Issuer(IssuerError::Refused { .. }) | DoorError::Token(_))) => {
                tracing::info!(%error, "A session has ended");
                self.sessions.end(id).await?;
                Ok(None)
            }
            Err(error) if session.token_is_over(now) => Err(error),
            Err(error) => {
                tracing::warn!(%error, "A token could not be renewed yet");
                Ok(Some(session))
            }
        }
    }

    async fn wait_for_renewal(&self, id: &str, before: &Session) -> Result<Option<Session>, DoorError> {
        for _ in 0..LOOKS {
            match self.sessions.read(id).await? {
                Some(session) if session.token_ends_at == before.token_ends_at => {}
                found => return Ok(found),
            }
            tokio::time::sleep(LOOKED_EVERY).await;
        }
        let detail = "another process is still at it".to_owned();
        Err(IssuerError::Unreachable { what: "a refresh token", detail }.into())
    }
}
