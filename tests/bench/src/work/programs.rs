//! The released functions, each in a process of its own, as what a world runs.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use futures::FutureExt as _;
use futures::future::BoxFuture;
use madoguchi_tests::cost::{Elsewhere, Function, Wiring};
use madoguchi_tests::inbox::PREFIX;
use madoguchi_tests::support::dynamo::{AUDIT, DIRECTORY, INBOX};
use serde_json::Value;

use crate::lambda::{CpuShare, Environment, Program};

/// Starts a function when it is first needed, and counts what it prints.
pub(super) struct Programs {
    folder: PathBuf,
    wiring: Wiring,
    running: BTreeMap<Function, Environment>,
    printed: BTreeMap<Function, usize>,
}

impl Programs {
    /// The builds in `folder`.
    pub(super) fn new(folder: &Path, wiring: &Wiring) -> Self {
        let (running, printed) = (BTreeMap::new(), BTreeMap::new());
        Self { folder: folder.to_owned(), wiring: wiring.clone(), running, printed }
    }

    fn program(&self, function: Function) -> Program {
        let gate = &self.wiring.gates[&function];
        let bootstrap = self.folder.join(function.name()).join("bootstrap");
        Program::new(&format!("madoguchi-{function}"), [bootstrap])
            .env("AWS_ENDPOINT_URL", gate)
            .env("GRAPH_BASE_URL", gate)
            .env("LINE_BASE_URL", gate)
            .env("TWILIO_BASE_URL", gate)
            .env("PUBLIC_BASE_URL", gate)
            .env("INBOX_TABLE", INBOX)
            .env("DIRECTORY_TABLE", DIRECTORY)
            .env("AUDIT_TABLE", AUDIT)
            .env("INBOUND_QUEUE_URL", &self.wiring.inbound)
            .env("OUTBOUND_QUEUE_URL", &self.wiring.outbound)
            .env("PROFILES_QUEUE_URL", &self.wiring.profiles)
            .env("MEDIA_QUEUE_URL", &self.wiring.media)
            .env("SEARCH_QUEUE_URL", &self.wiring.search)
            .env("REPORTS_QUEUE_URL", &self.wiring.reports)
            .env("MEDIA_BUCKET", "media")
            .env("PUBLIC_BASE_URL", "https://inbox.example")
            .env("SECRET_PREFIX", PREFIX)
            .env("LOG_LEVEL", "info")
    }
}

impl Elsewhere for Programs {
    fn invoke(&mut self, function: Function, event: Value) -> BoxFuture<'_, Value> {
        async move {
            if !self.running.contains_key(&function) {
                let program = self.program(function);
                let started = Environment::start(&program, CpuShare::Full).await;
                self.running.insert(function, started.expect("the function starts"));
            }
            let environment = self.running.get_mut(&function).expect("it runs");
            environment.invoke(&event).await.expect("the function answers").answer
        }
        .boxed()
    }

    fn take_logged(&mut self) -> BTreeMap<Function, usize> {
        // A function writes its lines before it answers, so all of them are there.
        let mut logged = BTreeMap::new();
        for (function, environment) in &self.running {
            let printed = environment.output().len();
            let before = self.printed.insert(*function, printed).unwrap_or_default();
            logged.insert(*function, printed - before);
        }
        logged
    }

    fn forget(&mut self) {
        self.running.clear();
        self.printed.clear();
    }

    fn said(&self, function: Function) -> String {
        let printed = self.running.get(&function).map(Environment::output).unwrap_or_default();
        let lines: Vec<&str> = printed.lines().collect();
        lines[lines.len().saturating_sub(5)..].join("\n")
    }
}
