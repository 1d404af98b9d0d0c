//! A LINE official account: its id and secret still issue a token, the token works, and webhooks come here.

use madoguchi_channels::line::token::issue_stateless;
use madoguchi_channels::line::{
    BotInfo, Meter, bot_info, meter, test_webhook_endpoint, webhook_address, webhook_endpoint,
};
use madoguchi_credentials::LineSecret;
use madoguchi_domain::Channel;
use madoguchi_domain::account::{AccountNote, LineSetup, of_line};
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
    channels: &[Channel],
) -> Result<Finding, Stop> {
    let name = refresh.names.connection(connection.kind, connection.id);
    let secret = refresh.credential::<LineSecret>(&name, Cause::SecretMismatch).await?;
    let (quota, notes) = prove(refresh, secret.expose(), channels.first()).await?;
    Ok(Finding {
        quota,
        notes,
        standings: vec![Ok(()); channels.len()],
        looks: Vec::new(),
        credential: Some(CredentialKind::StatelessChannelToken.alone()),
        postponed: None,
        renewed: false,
        expires_at: None,
        pages: Vec::new(),
        user_id: None,
    })
}

/// Also reads the month's quota and the account's settings, which are worth no verdict: `None` if they could not be had.
async fn prove(
    refresh: &TokenRefresh,
    secret: &LineSecret,
    channel: Option<&Channel>,
) -> Result<(Option<Meter>, Option<Vec<AccountNote>>), Trouble> {
    let (http, base_url) = (&refresh.http, &*refresh.line_base_url);
    let issued = issue_stateless(http, base_url, &secret.channel_id, &secret.channel_secret).await?;
    let token = issued.token.as_str();
    let bot = bot_info(http, base_url, token).await?;
    let notes = match (channel, &refresh.public_base_url) {
        (Some(channel), Some(public)) => notes(refresh, token, channel, public, &bot).await,
        _ => None,
    };
    Ok((meter(http, base_url, token).await.ok(), notes))
}

/// What gets in the way. LINE's own try of the address, of which it allows 60 an hour, is repeated only to learn whether
/// what went wrong with the last one still does.
async fn notes(
    refresh: &TokenRefresh,
    token: &str,
    channel: &Channel,
    public: &str,
    bot: &BotInfo,
) -> Option<Vec<AccountNote>> {
    let (http, base_url) = (&refresh.http, &*refresh.line_base_url);
    let endpoint = webhook_endpoint(http, base_url, token).await.ok()?;
    let test = if channel.account_notes.iter().any(|note| note.is_of_a_try()) {
        Some(test_webhook_endpoint(http, base_url, token).await.ok()??.fault)
    } else {
        None
    };
    Some(of_line(&LineSetup {
        wanted: &webhook_address(public, channel.id),
        endpoint: Some(endpoint.as_ref().map(|set| (&*set.endpoint, set.active))),
        test,
        chat_mode: bot.chat_mode,
        reads_by_itself: bot.reads_by_itself,
    }))
}
