//! Page tokens: chosen, and stored once they are proved.

use futures::{StreamExt, stream};
use madoguchi_channels::Token;
use madoguchi_credentials::MessengerSecret;
use madoguchi_domain::Channel;
use madoguchi_runtime::Versioned;
use madoguchi_runtime::secrets::Promotion;

use crate::TokenRefresh;
use crate::graph::Graph;
use crate::messenger::{PAGES_AT_ONCE, Renewal};
use crate::outcome::Stop;
use crate::rules::{self, Trouble};

/// A Page's token.
#[derive(Clone, Debug)]
pub(crate) struct PageToken {
    pub(crate) token: Token,
    /// Whether Meta was asked about it in this check.
    proved: bool,
}

impl PageToken {
    /// The stored token as long as it works: every list of Pages may hold another one, and a version of
    /// the secret per check would be one too many.
    pub(crate) async fn choose(
        graph: &Graph<'_>,
        stored: Option<Token>,
        listed: &str,
    ) -> Result<Self, Trouble> {
        let listed = Self { token: Token::new(listed), proved: false };
        let Some(stored) = stored else { return Ok(listed) };
        let stored = Self { token: stored, proved: true };
        match stored.works(graph).await {
            Ok(()) => Ok(stored),
            Err(Trouble::Broken { .. }) if stored.token != listed.token => Ok(listed),
            Err(trouble) => Err(trouble),
        }
    }

    async fn works(&self, graph: &Graph<'_>) -> Result<(), Trouble> {
        rules::page_token_works(&graph.inspect(self.token.as_str()).await?)
    }

    async fn prove(self, graph: &Graph<'_>) -> Result<Self, Trouble> {
        if !self.proved {
            self.works(graph).await?;
        }
        Ok(Self { proved: true, ..self })
    }
}

impl TokenRefresh {
    /// Stores what is new: staged, proved, made current. Pages whose token could not be proved keep the
    /// one that they had. Returns false, with nothing made current, if Meta said nothing about any of
    /// the new tokens.
    pub(crate) async fn keep(
        &self,
        graph: &Graph<'_>,
        name: &str,
        current: &Versioned<MessengerSecret>,
        renewal: &Renewal,
        channels: &[Channel],
        pages: &mut Vec<Result<PageToken, Trouble>>,
    ) -> Result<bool, Stop> {
        let wanted = with(current.expose(), renewal, channels, pages);
        if wanted == *current.expose() {
            return Ok(true);
        }
        let mut staged = self.secrets.stage(name, &wanted, &current.version).await?;
        let unproved: Vec<_> =
            pages.iter().map(|page| page.as_ref().is_ok_and(|page| !page.proved)).collect();
        *pages = stream::iter(std::mem::take(pages))
            .map(async |page| page?.prove(graph).await)
            .buffered(PAGES_AT_ONCE)
            .collect()
            .await;
        let mut answers =
            pages.iter().zip(unproved).filter(|(_, unproved)| *unproved).map(|(page, _)| page).peekable();
        if answers.peek().is_some() && answers.all(|page| matches!(page, Err(Trouble::Unclear { .. }))) {
            return Ok(false);
        }
        let proved = with(current.expose(), renewal, channels, pages);
        if proved == *current.expose() {
            return Ok(true);
        }
        if proved != wanted {
            staged = self.secrets.stage(name, &proved, &current.version).await?;
        }
        match self.secrets.promote(name, &current.version, &staged).await? {
            Promotion::Promoted => Ok(true),
            Promotion::Overtaken => Err(Stop::Superseded),
        }
    }
}

/// The secret with the new tokens. Tokens of Pages that are not ours to judge stay.
fn with(
    current: &MessengerSecret,
    renewal: &Renewal,
    channels: &[Channel],
    pages: &[Result<PageToken, Trouble>],
) -> MessengerSecret {
    let mut secret = current.clone();
    if renewal.renewed || secret.user_token_expires_at.is_none() {
        secret.user_token_expires_at = renewal.end.map(|end| end.as_ms() / 1000);
    }
    renewal.user_token.as_str().clone_into(&mut secret.user_token);
    for (channel, page) in channels.iter().zip(pages) {
        if let Ok(page) = page {
            secret.pages.insert(channel.external_id.clone(), page.token.as_str().to_owned());
        }
    }
    secret
}
