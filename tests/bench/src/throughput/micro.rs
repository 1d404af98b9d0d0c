//! What criterion measured: `cargo bench` leaves its estimates in a folder per benchmark.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, ensure};
use serde::Deserialize;

use crate::section::{Section, Table};

/// Criterion's groups, in the order in which they are reported.
const GROUPS: [(&str, &str); 3] = [
    ("verify", "Signature check"),
    ("parse", "Split and parse of a webhook body"),
    ("transition", "Rules: an event applied, a verdict passed"),
];

#[derive(Deserialize)]
struct Estimates {
    median: Estimate,
}

#[derive(Deserialize)]
struct Estimate {
    point_estimate: f64,
    confidence_interval: Interval,
}

#[derive(Deserialize)]
struct Interval {
    lower_bound: f64,
    upper_bound: f64,
}

pub(super) fn read(section: &mut Section, folder: Option<&Path>) -> anyhow::Result<()> {
    let Some(folder) = folder else {
        section.notes.push("The micro-benchmarks (`cargo bench`) were not run.".to_owned());
        return Ok(());
    };
    for (group, caption) in GROUPS {
        let columns = ["Micro-benchmark", "Median", "95 % interval"];
        let mut table = Table::new(&format!("{caption} (criterion)"), &columns);
        for name in names(&folder.join(group))? {
            let file = folder.join(group).join(&name).join("new/estimates.json");
            let Estimate { point_estimate: ns, confidence_interval: interval } = median(&file)?;
            section.figure(&format!("micro.{group}_{name}_ns"), ns);
            let between = format!("{} – {}", duration(interval.lower_bound), duration(interval.upper_bound));
            table.row([name.replace('_', " "), duration(ns), between]);
        }
        section.tables.push(table);
    }
    Ok(())
}

/// The benchmarks of a group by name.
fn names(group: &Path) -> anyhow::Result<Vec<String>> {
    let folders = fs::read_dir(group).with_context(|| format!("no results in `{}`", group.display()))?;
    let mut names = Vec::new();
    for folder in folders {
        let folder = folder?;
        if folder.path().join("new/estimates.json").is_file() {
            names.push(folder.file_name().to_string_lossy().into_owned());
        }
    }
    ensure!(!names.is_empty(), "no results in `{}`", group.display());
    names.sort();
    Ok(names)
}

fn median(file: &Path) -> anyhow::Result<Estimate> {
    let text = fs::read_to_string(file).with_context(|| format!("`{}` cannot be read", file.display()))?;
    let estimates: Estimates =
        serde_json::from_str(&text).with_context(|| format!("`{}` holds no estimates", file.display()))?;
    Ok(estimates.median)
}

fn duration(ns: f64) -> String {
    if ns < 1_000.0 { format!("{ns:.0} ns") } else { format!("{:.2} µs", ns / 1_000.0) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn criterions_estimates_become_figures_and_rows() {
        let folder = std::env::temp_dir().join(format!("madoguchi-bench-criterion-{}", std::process::id()));
        for (name, ns) in
            [("verify/line_text", 812.5), ("parse/line_text", 5_150.0), ("transition/read", 99.6)]
        {
            let estimates = serde_json::json!({
                "mean": {"point_estimate": 1.0},
                "median": {
                    "confidence_interval": {"confidence_level": 0.95, "lower_bound": ns - 1.0, "upper_bound": ns + 1.0},
                    "point_estimate": ns, "standard_error": 0.1,
                },
            });
            let path = folder.join(name).join("new");
            fs::create_dir_all(&path).unwrap();
            fs::write(path.join("estimates.json"), estimates.to_string()).unwrap();
        }
        fs::create_dir_all(folder.join("verify/report")).unwrap();
        let mut section = Section::new("throughput", "Throughput");
        read(&mut section, Some(&folder)).unwrap();
        assert_eq!(section.figures.get("throughput.micro.verify_line_text_ns"), Some(&812.5));
        assert_eq!(section.figures.len(), 3);
        assert_eq!(section.tables[1].rows, [["line text", "5.15 µs", "5.15 µs – 5.15 µs"]]);
        assert_eq!(section.tables[2].rows, [["read", "100 ns", "99 ns – 101 ns"]]);
        fs::remove_dir_all(folder.join("parse")).unwrap();
        assert!(read(&mut section, Some(&folder)).is_err());
        fs::remove_dir_all(&folder).unwrap();
    }
}
