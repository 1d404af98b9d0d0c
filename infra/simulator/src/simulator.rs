//! The simulator as a value: start it, act on it, look into it.

use std::sync::Arc;

use tokio::{net::TcpListener, task::JoinHandle};

use crate::{
    control,
    control::{
        Handshake, Person, TwilioChange,
        withdrawing::{TakenBack, Withdrawing, Withdrawn},
    },
    customer::{self, ActError, Performed},
    deliver::{self, Signature, Webhook},
    faults::FaultRule,
    graph::dialog::{self, Consent},
    media::{Opened, given},
    model::{Act, Action, Call, Echo, Provider, SentMessage, Shown},
    options::Options,
    pages,
    server::CuttableListener,
    shared::Shared,
    state::{World, file},
    twilio,
};

/// A running simulator. It stops when dropped; [`Simulator::stop`] also saves its state.
#[derive(Debug)]
pub struct Simulator {
    /// For example `http://127.0.0.1:4580`: the base for the Graph API and for LINE alike.
    pub base_url: String,
    handle: JoinHandle<()>,
    saver: Option<JoinHandle<()>>,
    shared: Arc<Shared>,
}

impl std::fmt::Debug for Shared {
    /// The world holds secrets and people's words.
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Shared").finish_non_exhaustive()
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        self.handle.abort();
        if let Some(saver) = &self.saver {
            saver.abort();
        }
    }
}

impl Simulator {
    /// Binds, loads the saved world if there is one, and serves until dropped.
    pub async fn start(options: Options) -> anyhow::Result<Self> {
        let world = options.state_file.as_deref().map(file::load).transpose()?.flatten();
        let mut world = world.unwrap_or_else(World::demo);
        world.renew_demo_tokens();
        if let Some(path) = &options.state_file {
            given::load(path, &mut world)?;
        }

        let listener = TcpListener::bind(options.bind).await?;
        let base_url = format!("http://{}", listener.local_addr()?);
        let shared = Arc::new(Shared::new(base_url.clone(), options, world)?);
        let saver = shared
            .state_file()
            .map(|path| tokio::spawn(file::keep_saved(Arc::clone(&shared), shared.changes(), path)));

        let service = pages::router(Arc::clone(&shared));
        let handle = tokio::spawn(async move {
            // The only error of serving is the listener's, which keeps trying by itself.
            let _ = axum::serve(CuttableListener(listener), service).await;
        });
        Ok(Self { base_url, handle, saver, shared })
    }

    /// Stops serving and saves the world.
    pub async fn stop(mut self) -> std::io::Result<()> {
        self.handle.abort();
        let _ = (&mut self.handle).await;
        // Two writers of one file would be one too many.
        if let Some(saver) = &mut self.saver {
            saver.abort();
            let _ = saver.await;
        }
        match self.shared.state_file() {
            Some(path) => self.shared.read(|world| file::save(&path, world)),
            None => Ok(()),
        }
    }

    /// Back to the demo world: chats, tokens, faults and logs are gone.
    pub fn reset(&self) {
        self.shared.change(World::reset);
    }

    // Looking.

    /// What the providers accepted from the product, oldest first.
    pub fn sent(&self) -> Vec<SentMessage> {
        self.shared.read(control::sent)
    }

    /// The same, to one recipient (provider's id or simulator customer).
    pub fn sent_to(&self, recipient: &str) -> Vec<SentMessage> {
        let mut sent = self.sent();
        sent.retain(|message| {
            message.recipient == recipient || message.customer.as_deref() == Some(recipient)
        });
        sent
    }

    /// What the company did in chats without writing: typing, marking as read. Oldest first.
    pub fn shown(&self) -> Vec<Shown> {
        self.shared.read(control::shown)
    }

    /// Every request to the providers' APIs, oldest first.
    pub fn calls(&self) -> Vec<Call> {
        self.shared.read(|world| world.calls.iter().cloned().collect())
    }

    /// Every webhook, oldest first; those without a known address are recorded only.
    pub fn webhooks(&self) -> Vec<Webhook> {
        self.shared.read(|world| world.webhooks.iter().cloned().collect())
    }

    /// The webhooks since the last call: for tests that hand them to the product themselves.
    pub fn take_webhooks(&self) -> Vec<Webhook> {
        self.shared.change(|world| world.webhooks.drain(..).collect())
    }

    /// What no careful client does, for example another request under the same retry key.
    pub fn violations(&self) -> Vec<String> {
        self.shared.read(|world| world.violations.clone())
    }

    /// The simulator's clock (Unix milliseconds).
    pub fn now_ms(&self) -> i64 {
        self.shared.read(|world| world.clock.now_ms())
    }

    /// The customer's id at an account: page-scoped id, LINE user, or as in [`Performed::peer`].
    pub fn peer(&self, provider: Provider, account: &str, customer: &str) -> Result<String, ActError> {
        control::peer(&self.shared, provider, Some(account), Some(customer))
    }

    /// The demo group (`C…`) and room (`R…`) of a LINE channel.
    pub fn groups(&self, channel: &str) -> Vec<String> {
        self.shared.read(|world| {
            world
                .groups
                .iter()
                .filter(|group| group.channel == channel)
                .map(|group| group.id.clone())
                .collect()
        })
    }

    // Acting.

    /// A customer (or the company, in the provider's own app) does something; the webhook is delivered.
    pub async fn act(&self, act: Act) -> Result<Performed, ActError> {
        customer::act(&self.shared, &act).await
    }

    /// A customer writes to the first account of a provider.
    pub async fn write(&self, provider: Provider, customer: &str, text: &str) -> Result<Performed, ActError> {
        let action = Action::Text { text: text.to_owned(), quote: None };
        let customer = Some(customer.to_owned());
        self.act(Act { provider, account: None, customer, group: None, at_ms: None, action }).await
    }

    /// Several acts in one webhook body.
    pub async fn batch(&self, acts: &[Act]) -> Result<Option<Webhook>, ActError> {
        customer::batch(&self.shared, acts).await
    }

    /// The customer's phone shows a Messenger chat: delivery, and reading if asked, are reported.
    pub async fn see(&self, page: &str, customer: &str, read: bool) -> Result<Vec<Webhook>, ActError> {
        customer::seen::see(&self.shared, Some(page), Some(customer), read).await
    }

    /// Delivers a body as it is, several times at once.
    pub async fn deliver(
        &self,
        provider: Provider,
        account: &str,
        body: &str,
        signature: Signature,
        times: usize,
    ) -> Vec<Webhook> {
        deliver::send_raw(&self.shared, provider, account, body, &signature, times).await
    }

    /// Sends an earlier webhook again; LINE marks it as a redelivery.
    pub async fn redeliver(&self, webhook: &Webhook) -> Webhook {
        deliver::redeliver(&self.shared, webhook).await
    }

    /// Meta's GET handshake with the product.
    pub async fn handshake(&self, verify_token: Option<&str>) -> Handshake {
        control::handshake(&self.shared, verify_token).await
    }

    /// The customer opens a WhatsApp chat: what arrived is reported as read.
    pub async fn open_whatsapp(&self, sender: &str, customer: &str) -> Result<Vec<Webhook>, ActError> {
        customer::seen::open_whatsapp(&self.shared, Some(sender), Some(customer)).await
    }

    /// The customer opens the files of a LINE message of the company, which is when LINE fetches them.
    pub async fn open_files(&self, message_id: &str) -> Vec<Opened> {
        control::open(&self.shared, message_id).await
    }

    /// One status callback of a Twilio message, whatever its state is; `None` if it has no callback address.
    pub async fn tell_status(&self, sid: &str, status: &str, error_code: Option<u32>) -> Option<Webhook> {
        twilio::status::tell_once(&self.shared, sid, status, error_code).await
    }

    // Failing.

    /// Sets a fault; it waits for the calls it is for. Returns its id.
    pub fn fault(&self, rule: impl Into<FaultRule>) -> u64 {
        self.shared.change(|world| control::set_fault(world, rule.into()))
    }

    /// Takes all faults away.
    pub fn clear_faults(&self) {
        self.shared.change(|world| world.faults.clear());
    }

    /// The faults still waiting.
    pub fn faults(&self) -> Vec<FaultRule> {
        self.shared.read(|world| world.faults.clone())
    }

    // Changing the world.

    /// Makes a Graph token invalid (code 190). Returns whether there is such a token.
    pub fn invalidate_token(&self, token: &str, subcode: Option<i64>, message: Option<&str>) -> bool {
        self.shared.change(|world| control::invalidate(world, |known| known.value == token, subcode, message))
            > 0
    }

    /// Makes every token of a page invalid. Returns how many there were.
    pub fn invalidate_page(&self, page: &str, subcode: Option<i64>, message: Option<&str>) -> usize {
        self.shared.change(|world| control::invalidate(world, control::of_page(page), subcode, message))
    }

    /// Makes every user and page token invalid, as a changed password does (subcode 460).
    pub fn invalidate_login(&self) -> usize {
        let message = "Error validating access token: The session has been invalidated because the user changed \
                       their password or Facebook has changed the session for security reasons.";
        self.shared.change(|world| control::invalidate(world, |_| true, Some(460), Some(message)))
    }

    /// Meta's request that tells that the person took something back, or one that is not Meta's; for a test that calls
    /// the product itself.
    pub fn signed_request(&self, how: &Withdrawing) -> String {
        control::withdrawing::make(&self.shared, how)
    }

    /// The same, sent to the product.
    pub async fn withdraw(&self, what: TakenBack, how: &Withdrawing) -> Withdrawn {
        control::withdrawing::send(&self.shared, what, how).await
    }

    /// The person logs in again: a new long-lived user token.
    pub fn log_in(&self) -> String {
        self.shared.change(control::log_in)
    }

    /// A one-time code, as the login dialog hands it to this redirect address.
    pub fn issue_code(&self, redirect_uri: &str) -> String {
        self.shared.change(|world| control::issue_code(world, redirect_uri))
    }

    /// Where the login dialog may send browsers back to, to the letter.
    pub fn set_redirect_uris(&self, uris: &[&str]) {
        let uris = uris.iter().map(ToString::to_string).collect();
        self.shared.change(|world| world.app.redirect_uris = uris);
    }

    /// A person opens the login dialog at `address` and does what `consent` says; where the browser goes then, or what the
    /// dialog says instead.
    pub fn consent(&self, address: &str, consent: &Consent) -> Result<String, String> {
        dialog::perform(&self.shared, address, consent)
    }

    /// Kills every token of a LINE channel; the next issue works again.
    pub fn revoke_line_tokens(&self, channel: &str) {
        self.shared.change(|world| control::revoke_line_tokens(world, channel));
    }

    /// Reissues a LINE channel's secret; the old one is dead at once. Returns the new one.
    pub fn rotate_line_secret(&self, channel: &str, secret: Option<&str>) -> Option<String> {
        self.shared.change(|world| control::rotate_line_secret(world, channel, secret))
    }

    /// Changes the Meta app's secret.
    pub fn rotate_app_secret(&self, secret: &str) {
        self.shared.change(|world| secret.clone_into(&mut world.app.secret));
    }

    /// A page's webhook subscription; `None` unsubscribes the app.
    pub fn set_subscription(&self, page: &str, fields: Option<Vec<String>>) {
        self.shared.change(|world| {
            if let Some(page) = world.page_mut(page) {
                page.subscribed_fields = fields;
            }
        });
    }

    /// What the person who logged in may do on a page; without `MESSAGING` they cannot write as it, without `MODERATE` not
    /// subscribe to it.
    pub fn set_tasks(&self, page: &str, tasks: &[&str]) {
        let tasks = tasks.iter().map(ToString::to_string).collect();
        self.shared.change(|world| control::set_tasks(world, page, tasks));
    }

    /// A LINE channel's monthly quota (`None` has no limit) and what is used of it.
    pub fn set_line_quota(&self, channel: &str, quota: Option<u64>, used: u64) {
        self.shared.change(|world| {
            if let Some(channel) = world.line_channel_mut(channel) {
                (channel.quota, channel.used) = (quota, used);
            }
        });
    }

    /// A LINE channel's switches: "Use webhook" in the console, "Chat" in the OA Manager.
    pub fn set_line_switches(&self, channel: &str, webhook_active: bool, chat: bool) {
        self.shared.change(|world| {
            if let Some(channel) = world.line_channel_mut(channel) {
                (channel.webhook_active, channel.chat) = (webhook_active, chat);
            }
        });
    }

    /// What a LINE channel has as its webhook endpoint, once it was set by a call.
    pub fn line_endpoint(&self, channel: &str) -> Option<String> {
        self.shared.read(|world| world.line_channel(channel)?.webhook_endpoint.clone())
    }

    /// Somebody enters another webhook URL in LINE's console.
    pub fn set_line_endpoint(&self, channel: &str, endpoint: Option<&str>) {
        self.shared.change(|world| {
            if let Some(channel) = world.line_channel_mut(channel) {
                channel.webhook_endpoint = endpoint.map(ToOwned::to_owned);
            }
        });
    }

    /// What is true of a customer at an account.
    pub fn set_person(
        &self,
        provider: Provider,
        account: &str,
        customer: &str,
        person: &Person,
    ) -> Result<(), ActError> {
        control::set_person(&self.shared, provider, Some(account), Some(customer), person)
    }

    /// Moves the simulator's clock away from the machine's.
    pub fn set_clock_offset_ms(&self, offset_ms: i64) {
        self.shared.change(|world| world.clock.set_offset_ms(offset_ms));
    }

    /// Chooses when echoes are sent.
    pub fn set_echo(&self, echo: Echo) {
        self.shared.set_echo(echo);
    }

    /// The full webhook address of a Twilio sender or messaging service, connection rules included. One that
    /// is not on this machine is signed and recorded only.
    pub fn set_twilio_webhook(&self, sender: &str, url: &str) {
        self.shared.set_targets(|targets| {
            targets.twilio.insert(sender.to_owned(), url.to_owned());
        });
    }

    /// What answers on this machine for addresses that begin with `public`: files, status callbacks, webhooks.
    pub fn set_alias(&self, public: &str, local: &str) {
        self.shared.set_targets(|targets| {
            targets.aliases.insert(public.to_owned(), local.to_owned());
        });
    }

    /// Changes the Twilio account.
    pub fn change_twilio(&self, change: TwilioChange) {
        self.shared.change(|world| control::change_twilio(world, change));
    }

    /// Makes a Twilio sender one that no call can set, as a sandbox's, or one that is not online.
    pub fn set_twilio_sender(&self, address: &str, unlisted: bool, offline: bool) {
        self.shared.change(|world| {
            let sender = control::twilio_sender(world, address);
            (sender.unlisted, sender.offline) = (unlisted, offline);
        });
    }

    /// An application decides for a number, or none does.
    pub fn set_twilio_application(&self, address: &str, application: Option<&str>) {
        self.shared.change(|world| {
            control::twilio_sender(world, address).application = application.map(ToOwned::to_owned);
        });
    }

    /// Where a Twilio sender or service sends what comes in, once it was set by a call.
    pub fn twilio_inbound(&self, sender: &str) -> Option<String> {
        self.shared.read(|world| match world.twilio.services.iter().find(|service| service.sid == sender) {
            Some(service) => service.inbound.clone(),
            None => world.twilio.sender(sender)?.inbound.clone(),
        })
    }

    /// Somebody enters another address for what comes in for a sender in Twilio's console.
    pub fn set_twilio_inbound(&self, sender: &str, address: &str) {
        self.shared.change(|world| control::twilio_sender(world, sender).inbound = Some(address.to_owned()));
    }

    /// A messaging service and its senders (`+81…`, `whatsapp:+81…`).
    pub fn set_twilio_service(&self, sid: &str, senders: &[&str]) {
        let senders = senders.iter().map(ToString::to_string).collect();
        self.shared.change(|world| control::set_twilio_service(world, sid, senders));
    }

    /// A WhatsApp template; with an error code its messages fail with it.
    pub fn add_twilio_template(&self, sid: &str, text: &str, error_code: Option<u32>) {
        self.shared.change(|world| control::add_twilio_template(world, sid, text, error_code));
    }

    /// Requests to a sender's webhook are GET requests, or POST again.
    pub fn set_twilio_get(&self, sender: &str, uses_get: bool) {
        self.shared.change(|world| control::twilio_sender(world, sender).uses_get = uses_get);
    }

    /// Where Twilio turns when a sender's webhook fails.
    pub fn set_twilio_fallback(&self, sender: &str, url: &str) {
        self.shared.change(|world| control::twilio_sender(world, sender).fallback = Some(url.to_owned()));
    }

    /// How long addresses of files in Messenger messages are good, for messages from now on.
    pub fn set_messenger_media_life_ms(&self, life_ms: i64) {
        self.shared.change(|world| control::set_media_lives(world, Some(life_ms), None));
    }

    /// Sends webhooks to a product that started later.
    pub fn set_api(&self, api: &str) {
        self.shared.set_targets(|targets| targets.api = Some(api.to_owned()));
    }

    /// The full webhook address of a LINE channel.
    pub fn set_line_webhook(&self, channel: &str, url: &str) {
        self.shared.set_targets(|targets| {
            targets.line.insert(channel.to_owned(), url.to_owned());
        });
    }

    /// The full address for Messenger webhooks.
    pub fn set_messenger_webhook(&self, url: &str) {
        self.shared.set_targets(|targets| targets.messenger = Some(url.to_owned()));
    }

    /// A new customer by name; returns the simulator's id.
    pub fn add_customer(&self, name: &str) -> String {
        self.shared.change(|world| control::add_customer(world, name, None))
    }

    /// A further page of the same login, subscribed; its token comes from `/me/accounts`.
    pub fn add_page(&self, id: &str, name: &str) {
        self.shared.change(|world| control::add_page(world, id, name));
    }

    /// A further LINE channel.
    pub fn add_line_channel(&self, id: &str, secret: &str, name: &str) {
        self.shared.change(|world| control::add_line_channel(world, id, secret, name));
    }
}
