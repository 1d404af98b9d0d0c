//! What a message takes: AWS calls, DynamoDB units, SQS requests, and dollars per million.

mod growth;
mod programs;
mod tables;

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context as _, ensure};
use madoguchi_tests::cost::budget::Line;
use madoguchi_tests::cost::jobs::Job;
use madoguchi_tests::cost::{Measured, World};

use crate::options::Options;
use crate::prices::{LoggedBytes, Prices};
use crate::section::Section;
use programs::Programs;
use tables::number;

/// The jobs that between them have every function of a message log something.
const LOGGING: [Job; 5] = [Job::InboundText, Job::FirstText, Job::Reply, Job::Echo, Job::DuplicateAtOnce];

/// Everything that was measured.
struct Jobs {
    measured: BTreeMap<Job, Measured>,
    logged: LoggedBytes,
}

/// Runs the part.
pub async fn run(options: &Options) -> anyhow::Result<Section> {
    let folder = options.functions_folder().context("what the released functions log is part of the bill")?;
    let prices = Prices::read();
    let mut world = World::start().await;
    let mut measured = BTreeMap::new();
    for job in Job::ALL {
        measured.insert(job, job.measure(&mut world).await);
    }
    let jobs = with_logs(measured, folder).await?;

    let mut section = Section::new("work", "Work and price of a message");
    section.method = method(&prices);
    let mut fresh = World::start().await;
    section.tables.push(tables::overview(&jobs, &prices));
    bills(&mut section, &jobs, &prices);
    section.tables.push(tables::calls(
        &jobs,
        &[
            Job::InboundText,
            Job::InboundTextCold,
            Job::Duplicate,
            Job::Reply,
            Job::ReplyCold,
            Job::ReplyLineToken,
            Job::Echo,
            Job::Delivered,
            Job::Read,
            Job::Close,
        ],
    ));
    section.tables.push(tables::sizes(&mut fresh).await);
    section.tables.push(tables::logs(&jobs, &prices));
    section.tables.push(tables::list(&prices));
    growth::add(&mut section).await;
    section.notes.extend(notes());
    figures(&mut section, &jobs, &prices);
    Ok(section)
}

/// Does what can be done at the real time once more, with the released functions in processes of their own:
/// they must take what was measured in this process, and they show what is logged.
async fn with_logs(mut measured: BTreeMap<Job, Measured>, folder: &Path) -> anyhow::Result<Jobs> {
    let mut world = World::elsewhere(|wiring| Box::new(Programs::new(folder, wiring))).await;
    let mut logged = LoggedBytes::new();
    for job in Job::ALL.into_iter().filter(|job| job.is_timeless()) {
        let released = job.measure(&mut world).await;
        let (here, there) = (Line::from(&measured[&job]), Line::from(&released));
        ensure!(here == there, "`{}`: {here:?} in this process and {there:?} as released", job.name());
        if LOGGING.contains(&job) {
            for (function, bytes) in &released.logged_bytes {
                let runs = released.invocations_of(*function);
                if runs > 0 {
                    logged.entry(*function).or_insert(number(*bytes as u64) / number(runs as u64));
                }
            }
        }
        let of_job = measured.get_mut(&job).expect("every job was measured");
        of_job.logged_bytes.clone_from(&released.logged_bytes);
    }
    Ok(Jobs { measured, logged })
}

fn bills(section: &mut Section, jobs: &Jobs, prices: &Prices) {
    let inbound = [("one at a time", Job::InboundText), ("full batches", Job::InboundTextBatchOf10)];
    let replies = [("one at a time", Job::Reply), ("ten at once", Job::ReplyBatchOf10)];
    let line = [("by push", Job::ReplyLinePush), ("by reply token", Job::ReplyLineToken)];
    let receipts = [("echo", Job::Echo), ("delivered", Job::Delivered), ("read", Job::Read)];
    for (caption, columns) in [
        ("A million inbound messages (Messenger; LINE takes the same)", &inbound[..]),
        ("A million replies (Messenger)", &replies),
        ("A million replies (LINE, one at a time)", &line),
        ("What Messenger tells of a million replies, at most: each a bill of its own", &receipts),
    ] {
        section.tables.push(tables::bill(caption, columns, jobs, prices));
    }
}

fn figures(section: &mut Section, jobs: &Jobs, prices: &Prices) {
    for (job, measured) in &jobs.measured {
        let messages = f64::from(measured.messages);
        let figures = [
            ("wru", measured.writes() / messages),
            ("rru", measured.reads() / messages),
            ("aws_calls", number(measured.aws_calls()) / messages),
            ("sqs_requests", number(measured.sqs_requests()) / messages),
            ("dollars_per_million", prices.bill(measured, &jobs.logged).dollars()),
        ];
        for (name, value) in figures {
            section.figure(&format!("{}.{name}", job.name()), value);
        }
    }
    section.figure("tick.rru_per_shard", tables::read_units_per_shard(&jobs.measured[&Job::Tick]));
}

fn method(prices: &Prices) -> Vec<String> {
    [
        "The functions run over an in-process DynamoDB, SQS and Secrets Manager and a simulator of both providers; \
         a gate in front of each function counts its calls and adds up what DynamoDB reports as consumed capacity. \
         A write that its condition refused is billed and not reported; it is counted by the size of the item that \
         was there. Chats have the length, names, pictures and ids of real ones. Functions are warm unless the job \
         says *cold*. Jobs of ten are divided by ten.",
        "Receiving and deleting is done by Lambda's event source mapping, not by a function: one receive and one \
         delete for each batch, counted with the SQS requests. Receives that find nothing are a fixed cost and not \
         part of a message's.",
        "Every job that needs no passing of time is done twice: by the functions in this process and by their \
         released programs. Both must take the same calls, units and requests, and what the programs print is what \
         is billed as logs, with what Lambda and API Gateway add by the template's settings.",
    ]
    .map(str::to_owned)
    .into_iter()
    .chain([prices.about.clone()])
    .collect()
}

fn notes() -> Vec<String> {
    [
        "A million durable writes of one unit, accepted by a function URL without a queue, a list or a reply, \
         cost $0.83: the floor that everything above is to be compared with.",
        "Not in the bills: storage, point-in-time recovery, reading in the inbox, what runs without any message, \
         and what LINE charges for pushes. A conversation in which both sides write costs a closer one `rearm` \
         per timer period, however many messages that period had.",
        "With a long preview a conversation's item can be larger than 1 KB, and then every write of it is 2 WRU \
         instead of 1.",
    ]
    .map(str::to_owned)
    .to_vec()
}
