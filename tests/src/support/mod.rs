//! Doubles for what surrounds the functions: AWS services in this process, and a proxy that breaks
//! things between a function and any of them. Everything listens on 127.0.0.1 at a port of its
//! own, so tests run side by side.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::missing_panics_doc)] // An unwrap is an assertion here.

pub mod archive;
pub mod aws;
pub mod capacity;
pub mod dynamo;
pub mod fault;
pub mod files;
pub mod issuer;
pub mod receiver;
pub mod s3;
mod server;
pub mod ses;
pub mod sockets;
pub mod twilio;

pub(crate) use server::{serve, serve_with};
