//! A sender at Twilio: the account is active, knows its Auth Token, and knows the API key that calls are made with.

use madoguchi_channels::twilio::token::{AccountInfo, check_account, check_key};
use madoguchi_channels::twilio::{Account, SetupHosts, find_sender, webhook_address};
use madoguchi_credentials::TwilioSecret;
use madoguchi_domain::Channel;
use madoguchi_domain::account::{AccountNote, of_twilio};
use madoguchi_domain::credential::{Cause, CredentialKind};
use madoguchi_store::directory::Connection;

use crate::TokenRefresh;
use crate::outcome::{Finding, Stop};
use crate::rules::Trouble;

/// Neither ends by itself, so nothing is renewed: the check only proves that both still work.
pub(crate) async fn check(
    refresh: &TokenRefresh,
    connection: &Connection,
    channels: &[Channel],
) -> Result<Finding, Stop> {
    let name = refresh.names.connection(connection.kind, connection.id);
    let secret = refresh.credential::<TwilioSecret>(&name, Cause::AuthenticationFailed).await?;
    let info = prove(refresh, secret.expose()).await?;
    let notes = match (channels.first(), &refresh.public_base_url) {
        (Some(channel), Some(public)) => notes(refresh, secret.expose(), channel, public, info.trial).await,
        _ => None,
    };
    let kind = match secret.expose() {
        secret if secret.basic_auth().0 == secret.account_sid => CredentialKind::AuthToken,
        _ => CredentialKind::ApiKey,
    };
    Ok(Finding {
        standings: vec![Ok(()); channels.len()],
        looks: Vec::new(),
        credential: Some(kind.alone()),
        postponed: None,
        renewed: false,
        expires_at: None,
        pages: Vec::new(),
        quota: None,
        user_id: None,
        notes,
    })
}

/// What gets in the way of the sender, which is worth no verdict: `None` if it could not be looked at.
async fn notes(
    refresh: &TokenRefresh,
    secret: &TwilioSecret,
    channel: &Channel,
    public: &str,
    trial: bool,
) -> Option<Vec<AccountNote>> {
    let hosts = SetupHosts { api: &refresh.twilio_base_url, messaging: &refresh.twilio_messaging_base_url };
    let by_token =
        Account { account_sid: &secret.account_sid, user: &secret.account_sid, password: &secret.auth_token };
    let found = find_sender(&refresh.http, hosts, by_token, &channel.external_id).await.ok()?;
    let wanted = webhook_address(public, channel.id);
    Some(of_twilio(&wanted, found.as_ref().map(|found| &found.setup), trial))
}

async fn prove(refresh: &TokenRefresh, secret: &TwilioSecret) -> Result<AccountInfo, Trouble> {
    let base_url = &refresh.twilio_base_url;
    let account = |user, password| Account { account_sid: &secret.account_sid, user, password };
    let info =
        check_account(&refresh.http, base_url, account(&secret.account_sid, &secret.auth_token)).await?;
    let (user, password) = secret.basic_auth();
    if user != secret.account_sid {
        check_key(&refresh.http, base_url, account(user, password)).await?;
    }
    Ok(info)
}
