//! Whether two reports agree: the ratios of two runs on one machine should.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::ensure;

use crate::report::Report;

/// How far apart two runs may be.
const TOLERANCE: f64 = 0.15;

/// The ratios of two reports beside one another.
#[derive(Clone, Debug, PartialEq)]
pub struct Comparison {
    lines: Vec<Line>,
}

#[derive(Clone, Debug, PartialEq)]
struct Line {
    figure: String,
    first: Option<f64>,
    second: Option<f64>,
}

impl Comparison {
    /// Of two reports that hold ratios.
    pub fn of(first: &Report, second: &Report) -> anyhow::Result<Self> {
        Self::of_figures(&first.figures(), &second.figures())
    }

    fn of_figures(first: &BTreeMap<String, f64>, second: &BTreeMap<String, f64>) -> anyhow::Result<Self> {
        let names: BTreeSet<&String> =
            first.keys().chain(second.keys()).filter(|name| is_ratio(name)).collect();
        ensure!(!names.is_empty(), "neither report holds a ratio: part `peers` was not measured");
        let line = |name: &String| Line {
            figure: name.clone(),
            first: first.get(name).copied(),
            second: second.get(name).copied(),
        };
        Ok(Self { lines: names.into_iter().map(line).collect() })
    }

    /// Whether every ratio is in both reports and about the same.
    pub fn agrees(&self) -> bool {
        self.lines.iter().all(Line::agrees)
    }

    /// For people, a line per ratio.
    pub fn text(&self) -> String {
        let widest = self.lines.iter().map(|line| line.figure.len()).max().unwrap_or(0);
        let lines: Vec<String> = self.lines.iter().map(|line| line.text(widest)).collect();
        format!("{}\n", lines.join("\n"))
    }
}

impl Line {
    /// How much larger the larger one is.
    fn difference(&self) -> Option<f64> {
        let known = |value: Option<f64>| value.filter(|value| value.is_finite() && *value > 0.0);
        let (first, second) = (known(self.first)?, known(self.second)?);
        Some(first.max(second) / first.min(second) - 1.0)
    }

    fn agrees(&self) -> bool {
        self.difference().is_some_and(|difference| difference <= TOLERANCE)
    }

    fn text(&self, widest: usize) -> String {
        let number = |value: Option<f64>| value.map_or_else(|| "–".to_owned(), |value| format!("{value:.2}"));
        let difference =
            self.difference().map_or_else(|| "–".to_owned(), |share| format!("{:.1} %", share * 100.0));
        let mark = if self.agrees() { "" } else { "  too far apart" };
        let (figure, first, second) = (&self.figure, number(self.first), number(self.second));
        format!("{figure:widest$}  {first:>9}  {second:>9}  {difference:>8}{mark}")
    }
}

/// `peers.init_ratio.python` and the like.
fn is_ratio(name: &str) -> bool {
    name.strip_prefix("peers.")
        .and_then(|name| name.split_once('.'))
        .is_some_and(|(what, _)| what.ends_with("_ratio"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figures<const N: usize>(figures: [(&str, f64); N]) -> BTreeMap<String, f64> {
        figures.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    }

    fn compared(first: f64, second: f64) -> Comparison {
        let name = "peers.init_ratio.python";
        Comparison::of_figures(&figures([(name, first)]), &figures([(name, second)])).unwrap()
    }

    #[test]
    fn two_runs_agree_within_fifteen_percent_whichever_comes_first() {
        assert!(compared(100.0, 114.0).agrees());
        assert!(compared(114.0, 100.0).agrees());
        assert!(!compared(100.0, 116.0).agrees());
        assert!(!compared(116.0, 100.0).agrees());
        assert!(!compared(f64::NAN, 100.0).agrees());
        assert!(!compared(0.0, 0.0).agrees());
    }

    #[test]
    fn only_ratios_are_compared_and_all_of_them() {
        let first = figures([("peers.memory_ratio.node", 8.0), ("peers.rust.init_ms", 5.0)]);
        let second = figures([("peers.memory_ratio.node", 8.0), ("peers.cpu_paced_ratio.node", 3.0)]);
        let comparison = Comparison::of_figures(&first, &second).unwrap();
        assert!(!comparison.agrees());
        assert_eq!(
            comparison.text(),
            "peers.cpu_paced_ratio.node          –       3.00         –  too far apart\n\
             peers.memory_ratio.node          8.00       8.00     0.0 %\n"
        );
    }

    #[test]
    fn reports_without_ratios_cannot_be_compared() {
        let none = figures([("peers.rust.init_ms", 5.0)]);
        assert!(Comparison::of_figures(&none, &none).is_err());
    }
}
