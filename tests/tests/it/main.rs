//! One binary for all integration tests: linking is what costs.
#![allow(clippy::unwrap_used, clippy::expect_used)] // An unwrap is an assertion here.

mod audit;
mod causes;
mod channel_health;
mod channel_icon;
mod channel_life;
mod channel_mail;
mod closing;
mod connect;
mod connect_accounts;
mod costs;
mod courtesy;
mod crash;
mod idempotency;
mod ingest;
mod kinds;
mod later;
mod live;
mod lookup;
mod media;
mod memberships;
mod notes;
mod pictures;
mod places;
mod replies;
mod scenarios;
mod second_try;
mod sections;
mod senders;
mod token_refresh;
mod twilio;
mod twilio_simulated;
mod webhooks;
mod withdrawals;
