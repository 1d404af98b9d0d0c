//! What a person waits for in the console: the first load with an empty cache, and a message on its way to the page.
//! `infra/local/bench_console.py` measures it in headless Chromium on the local stack; here it is reported.

use std::fs;

use anyhow::{Context as _, ensure};
use serde::Deserialize;

use crate::{Options, Section, Table};

#[derive(Deserialize)]
struct Measured {
    loads: Vec<Load>,
    /// From the API's answer until the bubble is in the page.
    bubble_s: Vec<f64>,
}

/// One load of the inbox with a conversation open, after sign-in, with an empty cache and a warm function.
#[derive(Deserialize)]
struct Load {
    requests: f64,
    /// As sent, with headers.
    bytes: f64,
    first_paint_s: f64,
    /// The page and everything that it asked for at once.
    loaded_s: f64,
}

/// Reports what was measured.
pub fn run(options: &Options) -> anyhow::Result<Section> {
    let path = options.console_path()?;
    let text = fs::read_to_string(path).with_context(|| format!("`{}` cannot be read", path.display()))?;
    report(serde_json::from_str(&text)?)
}

fn report(measured: Measured) -> anyhow::Result<Section> {
    let Measured { loads, bubble_s } = measured;
    ensure!(!loads.is_empty() && !bubble_s.is_empty(), "nothing was measured");
    let of = |value: fn(&Load) -> f64| median(loads.iter().map(value).collect());
    let (requests, bytes) = (of(|load| load.requests), of(|load| load.bytes));
    let (paint, loaded) = (of(|load| load.first_paint_s), of(|load| load.loaded_s));
    let bubble = median(bubble_s.clone());
    let mut section = Section::new("console", "The console");
    section.method.push(
        "Headless Chromium signs in on the local stack and opens the inbox with a conversation, with an empty cache and functions that \
         are warm; the figures are those of the browser's performance API, the median of several loads. Then messages are written \
         by the API, and an observer in the page tells when each bubble is there: the time is from the API's answer. Every call of \
         a function costs some 100 ms in the emulator."
            .to_owned(),
    );
    let mut table = Table::new(
        "The first load, and a message on its way",
        &["requests", "KB, compressed", "first paint, s", "loaded, s", "commit to bubble, s"],
    );
    table.row([
        format!("{requests:.0}"),
        format!("{:.0}", bytes / 1_000.0),
        format!("{paint:.2}"),
        format!("{loaded:.2}"),
        format!("{bubble:.2}"),
    ]);
    section.tables.push(table);
    for (name, value) in [
        ("requests", requests),
        ("kilobytes", bytes / 1_000.0),
        ("first_paint_s", paint),
        ("loaded_s", loaded),
        ("bubble_s", bubble),
    ] {
        section.figure(name, value);
    }
    Ok(section)
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[(values.len() - 1) / 2]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians_are_reported() {
        let load = |bytes| Load { requests: 9.0, bytes, first_paint_s: 0.4, loaded_s: 0.8 };
        let loads = vec![load(120_000.0), load(90_000.0), load(100_000.0)];
        let section = report(Measured { loads, bubble_s: vec![0.3, 0.1, 0.2] }).unwrap();
        assert_eq!((section.figures["console.kilobytes"], section.figures["console.bubble_s"]), (100.0, 0.2));
        assert!(report(Measured { loads: Vec::new(), bubble_s: vec![0.1] }).is_err());
    }
}
