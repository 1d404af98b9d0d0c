//! The report: `docs/BENCHMARKS.md` for people, and the same as JSON beside it.
//!
//! Parts can be measured one at a time: a part that did not run keeps what the last report said about
//! it, with its own date, commit and machine.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::{fs, io};

use anyhow::{Context as _, ensure};
use serde::{Deserialize, Serialize};

use crate::machine::Machine;
use crate::options::Part;
use crate::section::Section;
use crate::targets::{Bound, TARGETS, Verdict};

mod markdown;

/// The form of the JSON. A report of another form is not read.
const VERSION: u32 = 1;

/// When, on what and from what something was measured.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Run {
    /// UTC, to the minute.
    pub date: String,
    /// What was built.
    pub commit: String,
    /// The machine.
    pub machine: Machine,
}

/// One part's results and where they come from.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Measured {
    /// Its own run, which may be older than the report.
    pub run: Run,
    /// The results.
    pub section: Section,
}

/// Everything that is known.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Report {
    version: u32,
    /// The latest run.
    pub run: Run,
    /// Written for readers of the JSON; computed from the figures each time.
    targets: Vec<Compared>,
    /// In the order of [`Part::ALL`].
    pub parts: Vec<Measured>,
}

/// A target beside its figure.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Compared {
    figure: String,
    about: String,
    bound: Bound,
    value: Option<f64>,
    /// `None` if it was not measured.
    met: Option<bool>,
}

impl Report {
    /// A report of `run`, with what `last` knew of parts that have not been measured anew.
    pub fn new(run: Run, last: Option<Self>) -> Self {
        let parts = last.map(|report| report.parts).unwrap_or_default();
        let mut report = Self { version: VERSION, run, targets: Vec::new(), parts };
        report.compare();
        report
    }

    /// Takes in a part's results, in place of older ones.
    pub fn add(&mut self, section: Section) {
        self.parts.retain(|part| part.section.id != section.id);
        self.parts.push(Measured { run: self.run.clone(), section });
        let place = |id: &str| Part::ALL.iter().position(|part| part.id() == id);
        self.parts.sort_by_key(|part| place(&part.section.id));
        self.compare();
    }

    fn compare(&mut self) {
        let figures = self.figures();
        let compared = TARGETS.iter().map(|target| Compared {
            figure: target.figure.to_owned(),
            about: target.about.to_owned(),
            bound: target.bound,
            value: target.value(&figures),
            met: match target.verdict(&figures) {
                Verdict::Met => Some(true),
                Verdict::Missed(_) => Some(false),
                Verdict::NotMeasured => None,
            },
        });
        self.targets = compared.collect();
    }

    /// Every part's figures.
    pub fn figures(&self) -> BTreeMap<String, f64> {
        self.parts.iter().flat_map(|part| part.section.figures.clone()).collect()
    }

    /// For people.
    pub fn to_markdown(&self) -> String {
        markdown::render(self)
    }

    /// The report that is stored at `json`; `None` if there is none.
    pub fn read(json: &Path) -> anyhow::Result<Option<Self>> {
        let text = match fs::read_to_string(json) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error).with_context(|| format!("`{}` cannot be read", json.display())),
        };
        let report: Self =
            serde_json::from_str(&text).with_context(|| format!("`{}` is not a report", json.display()))?;
        ensure!(report.version == VERSION, "`{}` is a report of another version", json.display());
        Ok(Some(report))
    }

    /// Writes `markdown` and the JSON beside it.
    pub fn write(&self, markdown: &Path) -> anyhow::Result<()> {
        let write = |path: &Path, text: &str| {
            fs::write(path, text).with_context(|| format!("`{}` cannot be written", path.display()))
        };
        if let Some(folder) = markdown.parent() {
            fs::create_dir_all(folder).with_context(|| format!("no folder `{}`", folder.display()))?;
        }
        write(&json_beside(markdown), &format!("{}\n", serde_json::to_string_pretty(self)?))?;
        write(markdown, &self.to_markdown())
    }
}

/// Where the figures of the report `markdown` are.
pub fn json_beside(markdown: &Path) -> PathBuf {
    markdown.with_extension("json")
}

#[cfg(test)]
mod tests;
