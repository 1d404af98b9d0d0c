//! What LINE and Twilio are asked and told when an account is connected: whether the credential works, who the account
//! is, where its webhooks go, and what of its settings gets in the way.

use madoguchi_channels::twilio::token::{check_account, check_key};
use madoguchi_channels::twilio::{Account, SenderWebhooks, SetupHosts, find_sender, set_webhooks};
use madoguchi_channels::{TokenError, line, twilio};
use madoguchi_credentials::{AccountSecret, LineSecret, TwilioSecret};
use madoguchi_domain::ChannelId;
use madoguchi_domain::account::{AccountNote, LineSetup, SenderSetup, of_line, of_twilio};

use super::ConnectApi;
use crate::ApiError;

/// What the provider says of an account whose credential works.
#[derive(Debug)]
pub(super) struct Proven {
    pub(super) name: Option<String>,
    pub(super) notes: Vec<AccountNote>,
}

impl ConnectApi {
    /// Where the provider is to send what comes in for a channel.
    pub(super) fn webhook_address(&self, entry: &AccountSecret, channel: ChannelId) -> String {
        match entry {
            AccountSecret::Line(_) => line::webhook_address(&self.public_base_url, channel),
            AccountSecret::Twilio(_) => twilio::webhook_address(&self.public_base_url, channel),
        }
    }

    /// Tries the credential out by real calls. Nothing is changed at the provider.
    pub(super) async fn prove_entry(
        &self,
        entry: &AccountSecret,
        external_id: &str,
    ) -> Result<Proven, ApiError> {
        match entry {
            AccountSecret::Line(secret) => self.prove_line(secret).await,
            AccountSecret::Twilio(secret) => self.prove_twilio(secret, external_id).await,
        }
        .map_err(refused)
    }

    /// Has the provider send what comes in to `address`, and tells what gets in the way then. The credential must be
    /// where `webhook-ingest` finds it: LINE tries the address out at once, with a signature.
    pub(super) async fn point_webhooks(
        &self,
        entry: &AccountSecret,
        external_id: &str,
        address: &str,
    ) -> Result<Vec<AccountNote>, ApiError> {
        match entry {
            AccountSecret::Line(secret) => self.point_line(secret, address).await,
            AccountSecret::Twilio(secret) => self.point_twilio(secret, external_id, address).await,
        }
        .map_err(refused)
    }

    async fn prove_line(&self, secret: &LineSecret) -> Result<Proven, TokenError> {
        let (http, base) = (&self.http, &*self.line_base_url);
        let (id, key) = (&*secret.channel_id, &*secret.channel_secret);
        let token = line::token::issue_stateless(http, base, id, key).await?.token;
        let bot = line::bot_info(http, base, token.as_str()).await?;
        let setup = LineSetup {
            chat_mode: bot.chat_mode,
            reads_by_itself: bot.reads_by_itself,
            ..LineSetup::default()
        };
        Ok(Proven { name: bot.display_name, notes: of_line(&setup) })
    }

    async fn point_line(&self, secret: &LineSecret, address: &str) -> Result<Vec<AccountNote>, TokenError> {
        let (http, base) = (&self.http, &*self.line_base_url);
        let (id, key) = (&*secret.channel_id, &*secret.channel_secret);
        let token = line::token::issue_stateless(http, base, id, key).await?.token;
        line::set_webhook_endpoint(http, base, token.as_str(), address).await?;
        let endpoint = line::webhook_endpoint(http, base, token.as_str()).await?;
        // The address is set whatever becomes of the try: LINE allows 60 an hour, and a change may need a minute.
        let test = line::test_webhook_endpoint(http, base, token.as_str()).await.ok().flatten();
        if let Some(failed) = test.as_ref().filter(|test| test.fault.is_some()) {
            tracing::warn!(
                status = failed.status,
                detail = failed.detail,
                "LINE's try of the webhook address failed"
            );
        }
        let bot = line::bot_info(http, base, token.as_str()).await?;
        Ok(of_line(&LineSetup {
            wanted: address,
            endpoint: Some(endpoint.as_ref().map(|set| (&*set.endpoint, set.active))),
            test: test.map(|test| test.fault),
            chat_mode: bot.chat_mode,
            reads_by_itself: bot.reads_by_itself,
        }))
    }

    async fn prove_twilio(&self, secret: &TwilioSecret, sender: &str) -> Result<Proven, TokenError> {
        let (hosts, account) = (self.twilio(), caller(secret));
        let by_token = Account { user: &secret.account_sid, password: &secret.auth_token, ..account };
        let info = check_account(&self.http, hosts.api, by_token).await?;
        if account.user != secret.account_sid {
            check_key(&self.http, hosts.api, account).await?;
        }
        let found = find_sender(&self.http, hosts, by_token, sender).await?.map(|found| found.setup);
        // Where it sends what comes in is changed in the end.
        let found = found.map(|setup| SenderSetup { inbound: Some(String::new()), ..setup });
        Ok(Proven { name: info.name, notes: of_twilio("", found.as_ref(), info.trial) })
    }

    async fn point_twilio(
        &self,
        secret: &TwilioSecret,
        sender: &str,
        address: &str,
    ) -> Result<Vec<AccountNote>, TokenError> {
        let hosts = self.twilio();
        let by_token = Account { user: &secret.account_sid, password: &secret.auth_token, ..caller(secret) };
        let info = check_account(&self.http, hosts.api, by_token).await?;
        let after = match find_sender(&self.http, hosts, by_token, sender).await? {
            Some(found) => {
                let webhooks = SenderWebhooks { inbound: address, status: address };
                Some(set_webhooks(&self.http, hosts, by_token, &found, webhooks).await?)
            }
            None => None,
        };
        Ok(of_twilio(address, after.as_ref(), info.trial))
    }

    fn twilio(&self) -> SetupHosts<'_> {
        SetupHosts { api: &self.twilio_base_url, messaging: &self.twilio_messaging_base_url }
    }
}

fn caller(secret: &TwilioSecret) -> Account<'_> {
    let (user, password) = secret.basic_auth();
    Account { account_sid: &secret.account_sid, user, password }
}

fn refused(error: TokenError) -> ApiError {
    match error.cause() {
        Some(cause) => ApiError::CredentialRefused(cause),
        None => error.into(),
    }
}
