//! What the command line asks for.

use std::path::{Path, PathBuf};
use std::str::FromStr;

use anyhow::{Context as _, bail, ensure};

/// How the command line is written.
pub const USAGE: &str = "\
madoguchi-bench [options]                measure, and write the report
madoguchi-bench --compare A.json B.json  compare the ratios of two reports; exit code 1 if they disagree

  --functions FOLDER  release builds to measure: FOLDER/<function>/{bootstrap,bootstrap.zip}
  --peers PATH        what infra/local/bench_peers.py prepared
  --live FILE         what infra/local/bench_live.py measured
  --console FILE      what infra/local/bench_console.py measured
  --parts LIST        of functions,peers,work,deadlines,inbox,live,console,throughput (default: all)
  --rounds NUMBER     how often contestants take turns (default: 8)
  --out FILE          the report (default: docs/BENCHMARKS.md); a .json is written beside it
  --commit HASH       what was built, for the report
  --criterion FOLDER  results of `cargo bench`: target/criterion";

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// Measure and write the report.
    Run(Options),
    /// Compare the ratios of two reports.
    Compare(PathBuf, PathBuf),
    /// Explain the command line.
    Help,
}

/// What is measured, with what, and where the report goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// A folder per function, with the release `bootstrap` and its `bootstrap.zip`.
    pub functions: Option<PathBuf>,
    /// What `infra/local/bench_peers.py` prepared: argv and environment of each contestant.
    pub peers: Option<PathBuf>,
    /// The parts to run, in the order of [`Part::ALL`], each once.
    pub parts: Vec<Part>,
    /// What `infra/local/bench_live.py` measured.
    pub live: Option<PathBuf>,
    /// What `infra/local/bench_console.py` measured.
    pub console: Option<PathBuf>,
    /// How often contestants take turns.
    pub rounds: usize,
    /// The report in Markdown; figures go beside it as JSON.
    pub out: PathBuf,
    /// What was built.
    pub commit: Option<String>,
    /// Criterion's folder of results.
    pub criterion: Option<PathBuf>,
}

/// A part of the benchmark. Its name is its section's id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// Each function as Lambda runs it.
    Functions,
    /// The same job in other languages.
    Peers,
    /// AWS calls, capacity and dollars per message.
    Work,
    /// Many conversations due at once, and none.
    Deadlines,
    /// What lists and searches cost, however much there is.
    Inbox,
    /// From the commit to the client.
    Live,
    /// The first load, and a message on its way to the page.
    Console,
    /// The code without the network.
    Throughput,
}

impl Part {
    /// All parts, in the order in which they run and are reported.
    pub const ALL: [Self; 8] = [
        Self::Functions,
        Self::Peers,
        Self::Work,
        Self::Deadlines,
        Self::Inbox,
        Self::Live,
        Self::Console,
        Self::Throughput,
    ];

    /// The name on the command line and of the section.
    pub const fn id(self) -> &'static str {
        match self {
            Self::Functions => "functions",
            Self::Peers => "peers",
            Self::Work => "work",
            Self::Deadlines => "deadlines",
            Self::Inbox => "inbox",
            Self::Live => "live",
            Self::Console => "console",
            Self::Throughput => "throughput",
        }
    }
}

impl FromStr for Part {
    type Err = anyhow::Error;

    fn from_str(name: &str) -> anyhow::Result<Self> {
        Self::ALL.into_iter().find(|part| part.id() == name).with_context(|| {
            format!("no part is called `{name}`; there are {}", Self::ALL.map(Self::id).join(", "))
        })
    }
}

impl Default for Options {
    fn default() -> Self {
        Self {
            functions: None,
            peers: None,
            live: None,
            console: None,
            parts: Part::ALL.to_vec(),
            rounds: 8,
            out: PathBuf::from("docs/BENCHMARKS.md"),
            commit: None,
            criterion: None,
        }
    }
}

impl Options {
    /// The folder of release builds, for the part that cannot do without.
    pub fn functions_folder(&self) -> anyhow::Result<&Path> {
        self.functions.as_deref().context("--functions is missing")
    }

    /// The prepared contestants, for the part that cannot do without.
    pub fn peers_path(&self) -> anyhow::Result<&Path> {
        self.peers.as_deref().context("--peers is missing")
    }

    /// What was measured on a local stack, for the part that cannot do without.
    pub fn live_path(&self) -> anyhow::Result<&Path> {
        self.live.as_deref().context("--live is missing")
    }

    /// What a browser measured on a local stack, for the part that cannot do without.
    pub fn console_path(&self) -> anyhow::Result<&Path> {
        self.console.as_deref().context("--console is missing")
    }

    /// Finds out now what a part would find out after minutes.
    fn check(&self) -> anyhow::Result<()> {
        for part in &self.parts {
            match part {
                Part::Functions | Part::Work => {
                    let why = || format!("part `{}` runs release builds", part.id());
                    let folder = self.functions_folder().with_context(why)?;
                    ensure!(folder.is_dir(), "--functions: `{}` is not a folder", folder.display());
                }
                Part::Peers => {
                    let path = self.peers_path().context("part `peers` runs prepared contestants")?;
                    ensure!(path.exists(), "--peers: `{}` does not exist", path.display());
                }
                Part::Live => {
                    let path = self.live_path().context("part `live` reports what a local stack took")?;
                    ensure!(path.exists(), "--live: `{}` does not exist", path.display());
                }
                Part::Console => {
                    let path = self.console_path().context("part `console` reports what a browser took")?;
                    ensure!(path.exists(), "--console: `{}` does not exist", path.display());
                }
                Part::Deadlines | Part::Inbox | Part::Throughput => {}
            }
        }
        if let Some(folder) = &self.criterion {
            ensure!(folder.is_dir(), "--criterion: `{}` is not a folder", folder.display());
        }
        ensure!(self.out.extension().is_some_and(|is| is == "md"), "--out: the report's name ends in .md");
        Ok(())
    }
}

/// Reads the arguments that follow the program's name.
pub fn parse(arguments: impl IntoIterator<Item = String>) -> anyhow::Result<Command> {
    let mut arguments = arguments.into_iter();
    let mut options = Options::default();
    while let Some(argument) = arguments.next() {
        let (name, mut inline) = match argument.split_once('=') {
            Some((name, value)) => (name, Some(value.to_owned())),
            None => (argument.as_str(), None),
        };
        let mut value = || {
            let value = inline.take().or_else(|| arguments.next());
            value.filter(|value| !value.is_empty()).with_context(|| format!("{name} needs a value"))
        };
        match name {
            "--functions" => options.functions = Some(value()?.into()),
            "--peers" => options.peers = Some(value()?.into()),
            "--live" => options.live = Some(value()?.into()),
            "--console" => options.console = Some(value()?.into()),
            "--parts" => options.parts = parts(&value()?)?,
            "--rounds" => options.rounds = rounds(&value()?)?,
            "--out" => options.out = value()?.into(),
            "--commit" => options.commit = Some(value()?),
            "--criterion" => options.criterion = Some(value()?.into()),
            "--compare" => {
                let (first, second) = (value()?, value().context("two reports are compared")?);
                ensure!(arguments.next().is_none(), "nothing follows --compare A.json B.json");
                return Ok(Command::Compare(first.into(), second.into()));
            }
            "--help" | "-h" => return Ok(Command::Help),
            _ => bail!("`{argument}` is not understood"),
        }
    }
    options.check()?;
    Ok(Command::Run(options))
}

fn parts(list: &str) -> anyhow::Result<Vec<Part>> {
    let mut parts = list.split(',').map(|name| name.trim().parse()).collect::<anyhow::Result<Vec<Part>>>()?;
    parts.sort_unstable();
    parts.dedup();
    Ok(parts)
}

fn rounds(text: &str) -> anyhow::Result<usize> {
    let rounds = text.parse().ok().filter(|rounds| *rounds > 0);
    rounds.with_context(|| format!("--rounds: `{text}` is not a number of rounds"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> anyhow::Result<Command> {
        parse(line.split_whitespace().map(str::to_owned))
    }

    fn options(line: &str) -> Options {
        match read(line).unwrap() {
            Command::Run(options) => options,
            other => panic!("{other:?}"),
        }
    }

    fn refusal(line: &str) -> String {
        format!("{:#}", read(line).unwrap_err())
    }

    #[test]
    fn everything_can_be_said() {
        let line = "--functions . --peers=/ --live=. --parts throughput,peers,functions,peers --rounds 3 \
                    --out /tmp/r.md --commit abc --criterion .";
        assert_eq!(
            options(line),
            Options {
                functions: Some(".".into()),
                peers: Some("/".into()),
                live: Some(".".into()),
                console: None,
                parts: vec![Part::Functions, Part::Peers, Part::Throughput],
                rounds: 3,
                out: "/tmp/r.md".into(),
                commit: Some("abc".into()),
                criterion: Some(".".into()),
            }
        );
    }

    #[test]
    fn parts_that_need_nothing_run_without_folders() {
        assert_eq!(options("--parts deadlines").parts, [Part::Deadlines]);
        assert_eq!(options("--parts deadlines,throughput").rounds, 8);
    }

    #[test]
    fn what_is_wrong_is_said_at_once() {
        assert_eq!(refusal(""), "part `functions` runs release builds: --functions is missing");
        assert_eq!(refusal("--functions /nowhere"), "--functions: `/nowhere` is not a folder");
        assert_eq!(refusal("--parts peers --peers /no"), "--peers: `/no` does not exist");
        assert_eq!(refusal("--parts live"), "part `live` reports what a local stack took: --live is missing");
        assert_eq!(
            refusal("--parts speed"),
            "no part is called `speed`; there are functions, peers, work, deadlines, inbox, live, console, throughput"
        );
        assert_eq!(refusal("--rounds 0"), "--rounds: `0` is not a number of rounds");
        assert_eq!(refusal("--parts deadlines --out x.txt"), "--out: the report's name ends in .md");
        assert_eq!(refusal("--commit"), "--commit needs a value");
        assert_eq!(refusal("fast"), "`fast` is not understood");
        assert_eq!(refusal("--compare a.json"), "two reports are compared: --compare needs a value");
    }

    #[test]
    fn two_reports_are_compared_without_measuring() {
        assert_eq!(
            read("--compare a.json b.json").unwrap(),
            Command::Compare("a.json".into(), "b.json".into())
        );
        assert_eq!(read("--help").unwrap(), Command::Help);
    }
}
