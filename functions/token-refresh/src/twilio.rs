//! A sender at Twilio: the account is active, knows its Auth Token, and knows the API key that calls are made with.

use madoguchi_channels::twilio::Account;
use madoguchi_channels::twilio::token::{check_account, check_key};
use madoguchi_credentials::TwilioSecret;
use madoguchi_domain::credential::{Cause, CredentialKind};
use madoguchi_store::directory::Connection;

use crate::TokenRefresh;
use crate::outcome::{Finding, Stop};
use crate::rules::Trouble;

/// Neither ends by itself, so nothing is renewed: the check only proves that both still work.
pub(crate) async fn check(
    refresh: &TokenRefresh,
    connection: &Connection,
    channels: usize,
) -> Result<Finding, Stop> {
    let name = refresh.names.connection(connection.kind, connection.id);
    let secret = refresh.credential::<TwilioSecret>(&name, Cause::AuthenticationFailed).await?;
    prove(refresh, secret.expose()).await?;
    let kind = match secret.expose() {
        secret if secret.basic_auth().0 == secret.account_sid => CredentialKind::AuthToken,
        _ => CredentialKind::ApiKey,
    };
    Ok(Finding {
        standings: vec![Ok(()); channels],
        looks: Vec::new(),
        credential: Some(kind.alone()),
        postponed: None,
        renewed: false,
        expires_at: None,
        pages: Vec::new(),
        quota: None,
        user_id: None,
    })
}

async fn prove(refresh: &TokenRefresh, secret: &TwilioSecret) -> Result<(), Trouble> {
    let base_url = &refresh.twilio_base_url;
    let account = |user, password| Account { account_sid: &secret.account_sid, user, password };
    check_account(&refresh.http, base_url, account(&secret.account_sid, &secret.auth_token)).await?;
    let (user, password) = secret.basic_auth();
    if user != secret.account_sid {
        check_key(&refresh.http, base_url, account(user, password)).await?;
    }
    Ok(())
}
