//! A LINE official account: its id and secret still issue a token, and the token works.

use madoguchi_channels::line::token::issue_stateless;
use madoguchi_channels::line::{Meter, bot_info, meter};
use madoguchi_credentials::LineSecret;
use madoguchi_domain::credential::{Cause, CredentialKind};
use madoguchi_store::directory::Connection;

use crate::TokenRefresh;
use crate::outcome::{Finding, Stop};
use crate::rules::Trouble;

/// Stateless tokens end after 15 minutes and are issued by whoever needs one, so nothing is stored here:
/// the check only proves that one can be had.
pub(crate) async fn check(
    refresh: &TokenRefresh,
    connection: &Connection,
    channels: usize,
) -> Result<Finding, Stop> {
    let name = refresh.names.connection(connection.kind, connection.id);
    let secret = refresh.credential::<LineSecret>(&name, Cause::SecretMismatch).await?;
    let quota = prove(refresh, secret.expose()).await?;
    Ok(Finding {
        quota,
        standings: vec![Ok(()); channels],
        looks: Vec::new(),
        credential: Some(CredentialKind::StatelessChannelToken.alone()),
        postponed: None,
        renewed: false,
        expires_at: None,
        pages: Vec::new(),
        user_id: None,
    })
}

/// Also reads the month's quota, which is worth no verdict: `None` if it could not be had.
async fn prove(refresh: &TokenRefresh, secret: &LineSecret) -> Result<Option<Meter>, Trouble> {
    let base_url = &refresh.line_base_url;
    let issued = issue_stateless(&refresh.http, base_url, &secret.channel_id, &secret.channel_secret).await?;
    bot_info(&refresh.http, base_url, issued.token.as_str()).await?;
    Ok(meter(&refresh.http, base_url, issued.token.as_str()).await.ok())
}
