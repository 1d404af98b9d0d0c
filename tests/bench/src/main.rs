//! Runs the parts of the benchmark one after the other and writes the report.
#![allow(clippy::print_stderr, clippy::print_stdout, reason = "progress and results are for whoever runs it")]

use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

use anyhow::{Context as _, bail};
use madoguchi_bench::compare::Comparison;
use madoguchi_bench::machine::Machine;
use madoguchi_bench::options::{self, Command, Options, Part};
use madoguchi_bench::report::{Report, Run, json_beside};
use madoguchi_bench::{Section, console, deadlines, functions, inbox, live, peers, throughput, work};

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> ExitCode {
    let done = match options::parse(std::env::args().skip(1)) {
        Ok(Command::Run(options)) => run(&options).await,
        Ok(Command::Compare(first, second)) => compare(&first, &second),
        Ok(Command::Help) => {
            println!("{}", options::USAGE);
            Ok(())
        }
        Err(error) => {
            eprintln!("madoguchi-bench: {error:#}\n\n{}", options::USAGE);
            return ExitCode::from(2);
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("madoguchi-bench: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Writes the report after each part: what was measured is kept if a later part fails.
async fn run(options: &Options) -> anyhow::Result<()> {
    let last = Report::read(&json_beside(&options.out))
        .context("the last report holds the parts that do not run; remove it to begin anew")?;
    let mut report = Report::new(this_run(options), last);
    for (number, part) in (1..).zip(&options.parts) {
        eprintln!("[{number}/{}] {}", options.parts.len(), part.id());
        let begun = Instant::now();
        let section = measure(*part, options).await.with_context(|| format!("part `{}`", part.id()))?;
        eprintln!("[{number}/{}] {}: {:.0} s", options.parts.len(), part.id(), begun.elapsed().as_secs_f64());
        report.add(section);
        report.write(&options.out)?;
    }
    eprintln!("Written: {}", options.out.display());
    Ok(())
}

fn this_run(options: &Options) -> Run {
    Run {
        date: jiff::Timestamp::now().strftime("%Y-%m-%d %H:%M UTC").to_string(),
        commit: options.commit.clone().unwrap_or_else(|| "unknown".to_owned()),
        machine: Machine::this(),
    }
}

async fn measure(part: Part, options: &Options) -> anyhow::Result<Section> {
    match part {
        Part::Functions => functions::run(options).await,
        Part::Peers => peers::run(options).await,
        Part::Work => work::run(options).await,
        Part::Deadlines => deadlines::run(options).await,
        Part::Inbox => inbox::run(options).await,
        Part::Live => live::run(options),
        Part::Console => console::run(options),
        Part::Throughput => throughput::run(options).await,
    }
}

fn compare(first: &Path, second: &Path) -> anyhow::Result<()> {
    let read =
        |path: &Path| Report::read(path)?.with_context(|| format!("`{}` does not exist", path.display()));
    let comparison = Comparison::of(&read(first)?, &read(second)?)?;
    print!("{}", comparison.text());
    if comparison.agrees() { Ok(()) } else { bail!("the two runs disagree by more than 15 %") }
}
