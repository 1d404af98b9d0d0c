//! The simulator seen from outside: its HTTP interfaces and its webhooks.

#![expect(clippy::unwrap_used, reason = "in a test an unwrap is an assertion, in its helpers too")]

mod customer_page;
mod dialog;
mod faults;
mod graph;
mod graph_tokens;
mod line_push;
mod line_reply;
mod line_side;
mod media_line;
mod media_messenger;
mod media_twilio;
mod pages;
mod places;
mod state;
mod support;
mod twilio_api;
mod twilio_webhooks;
mod webhooks;
