//! How long a change takes from its commit to a client, on the local stack: API, table, stream, `live-push`, WebSocket.
//! `infra/local/bench_live.py` measures it, since it is the stack's part; here it is reported.

use std::fs;

use anyhow::{Context as _, ensure};
use serde::Deserialize;

use crate::{Options, Section, Table};

#[derive(Deserialize)]
struct Measured {
    seconds: Vec<f64>,
}

/// Reports what was measured.
pub fn run(options: &Options) -> anyhow::Result<Section> {
    let path = options.live_path()?;
    let text = fs::read_to_string(path).with_context(|| format!("`{}` cannot be read", path.display()))?;
    let Measured { seconds } = serde_json::from_str(&text)?;
    report(seconds)
}

fn report(mut seconds: Vec<f64>) -> anyhow::Result<Section> {
    ensure!(!seconds.is_empty(), "nothing was measured");
    seconds.sort_by(f64::total_cmp);
    let at = |share: usize| seconds[(seconds.len() - 1) * share / 100];
    let (median, late, last) = (at(50), at(90), at(100));
    let mut section = Section::new("live", "Live updates");
    section.method.push(
        "One after the other, a conversation is closed and reopened by the API of the deployed template on the local stack, and a \
         client that is connected by WebSocket waits for the push with the version that the API answered. The time is from that \
         answer to the push: stream, `live-push`, WebSocket API. Most of it is the emulator's."
            .to_owned(),
    );
    let mut table =
        Table::new("From the commit to the client, in seconds", &["changes", "median", "p90", "longest"]);
    table.row([
        seconds.len().to_string(),
        format!("{median:.3}"),
        format!("{late:.3}"),
        format!("{last:.3}"),
    ]);
    section.tables.push(table);
    for (name, value) in [("median_s", median), ("p90_s", late), ("max_s", last)] {
        section.figure(name, value);
    }
    Ok(section)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_and_the_tail_are_reported() {
        let section = report(vec![3.0, 1.0, 2.0]).unwrap();
        assert_eq!((section.figures["live.median_s"], section.figures["live.max_s"]), (2.0, 3.0));
        assert!(report(Vec::new()).is_err());
    }
}
