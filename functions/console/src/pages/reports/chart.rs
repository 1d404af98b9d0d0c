//! Charts as SVG, made here: bars, stacked bars, lines. Nothing is told by colour alone: what stands side by side differs in
//! its pattern or its stroke, too, and every chart has its figures as a table behind it.

use std::fmt::Write as _;

use maud::{Markup, html};

/// The size of a chart in its own units.
const WIDTH: f64 = 760.0;
const HEIGHT: f64 = 240.0;
/// Room for the labels of the axes.
const LEFT: f64 = 46.0;
const BOTTOM: f64 = 28.0;
const TOP: f64 = 12.0;
/// The most labels below the axis.
const LABELS: usize = 12;
/// Patterns that series take in turn.
const PATTERNS: usize = 6;

/// One row of figures, one for each place on the axis.
#[derive(Clone, Debug)]
pub(super) struct Series {
    pub(super) name: String,
    pub(super) values: Vec<Option<f64>>,
}

/// What is drawn, and what it is called.
#[derive(Clone, Debug)]
pub(super) struct Chart<'a> {
    pub(super) id: &'a str,
    pub(super) title: &'a str,
    /// What is shown in one sentence, for whoever cannot see it.
    pub(super) summary: &'a str,
    /// What the axis counts.
    pub(super) unit: &'a str,
    /// Places on the axis below.
    pub(super) places: Vec<String>,
    pub(super) series: Vec<Series>,
    /// The words of the button that shows the table, and the head of its first column.
    pub(super) table: (&'a str, &'a str),
    /// How a figure is written in the table.
    pub(super) write: fn(f64) -> String,
}

/// The largest value of an axis that has room for `largest`, and how far apart its lines are: 1, 2 or 5 times a power of ten.
pub(super) fn scale(largest: f64) -> (f64, f64) {
    let largest = largest.max(1.0);
    let rough = largest / 4.0;
    let power = 10_f64.powf(rough.log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0].into_iter().map(|times| times * power).find(|step| *step >= rough);
    // Half a message is none.
    let step = step.unwrap_or(rough).max(if largest <= 4.0 { 1.0 } else { 0.0 });
    ((largest / step).ceil() * step, step)
}

/// A number without what nobody reads.
pub(super) fn plain(value: f64) -> String {
    if value >= 10_000.0 {
        format!("{:.0}k", value / 1_000.0)
    } else if (value - value.round()).abs() < 0.05 {
        format!("{value:.0}")
    } else {
        format!("{value:.1}")
    }
}

fn number(value: f64) -> String {
    format!("{value:.1}")
}

#[expect(clippy::cast_precision_loss, reason = "no chart has so many places")]
const fn real(index: usize) -> f64 {
    index as f64
}

/// Patterns that fill what is drawn; once on a page.
pub(super) fn patterns() -> Markup {
    html! {
        svg.patterns aria-hidden="true" focusable="false" width="0" height="0" {
            defs {
                @for (index, path) in ["", "M0 8 L8 0", "M4 0 V8", "M0 4 H8", "M0 0 L8 8 M0 8 L8 0", "M4 3 h1 v1 h-1 z"].into_iter().enumerate() {
                    pattern id=(format!("pattern-{index}")) width="8" height="8" patternUnits="userSpaceOnUse" {
                        rect class=(format!("fill-{index}")) width="8" height="8" {}
                        @if !path.is_empty() { path.hatch d=(path) {} }
                    }
                }
            }
        }
    }
}

impl Chart<'_> {
    fn largest(&self, stacked: bool) -> f64 {
        if stacked {
            let sums = (0..self.places.len())
                .map(|at| self.series.iter().filter_map(|one| one.values.get(at).copied().flatten()).sum());
            return sums.fold(0.0, f64::max);
        }
        self.series.iter().flat_map(|one| one.values.iter().flatten()).copied().fold(0.0, f64::max)
    }

    /// Bars side by side.
    pub(super) fn bars(&self) -> Markup {
        let (top, step) = scale(self.largest(false));
        let wide = (WIDTH - LEFT) / real(self.places.len().max(1));
        let bar = (wide * 0.74 / real(self.series.len().max(1))).min(26.0);
        let all = bar * real(self.series.len());
        self.frame(
            top,
            step,
            &html! {
                @for (index, series) in self.series.iter().enumerate() {
                    @for (at, value) in series.values.iter().enumerate() {
                        @if let Some(value) = value.filter(|value| *value > 0.0) {
                            @let x = LEFT + wide * real(at) + (wide - all) / 2.0 + bar * real(index);
                            (self.block(index, at, value, (x, y(value, top), bar, height(value, top))))
                        }
                    }
                }
            },
        )
    }

    /// Bars one above the other.
    pub(super) fn stacks(&self) -> Markup {
        let (top, step) = scale(self.largest(true));
        let wide = (WIDTH - LEFT) / real(self.places.len().max(1));
        let bar = (wide * 0.66).min(42.0);
        self.frame(top, step, &html! {
            @for at in 0..self.places.len() {
                @let values: Vec<_> = self.series.iter().map(|one| one.values.get(at).copied().flatten().unwrap_or_default()).collect();
                @for (index, value) in values.iter().copied().enumerate().filter(|(_, value)| *value > 0.0) {
                    @let below: f64 = values.iter().take(index).sum();
                    (self.block(index, at, value, (LEFT + wide * real(at) + (wide - bar) / 2.0, y(below + value, top), bar, height(value, top))))
                }
            }
        })
    }

    /// Lines; where there is no value they are broken.
    pub(super) fn lines(&self) -> Markup {
        let (top, step) = scale(self.largest(false));
        let wide = (WIDTH - LEFT) / real(self.places.len().max(1));
        let x = |at: usize| LEFT + wide * (real(at) + 0.5);
        self.frame(top, step, &html! {
            @for (index, series) in self.series.iter().enumerate() {
                path.line.(format!("line-{index}")) d=(path(&series.values, |at, value| (x(at), y(value, top)))) {}
                @for (at, value) in series.values.iter().enumerate() {
                    @if let Some(value) = value {
                        g class=(format!("point-{index}")) {
                            title { (self.places.get(at).map_or("", String::as_str)) " · " (series.name) ": " ((self.write)(*value)) }
                            @if index % 2 == 0 { circle cx=(number(x(at))) cy=(number(y(*value, top))) r="4" {} }
                            @else { rect x=(number(x(at) - 3.5)) y=(number(y(*value, top) - 3.5)) width="7" height="7" {} }
                        }
                    }
                }
            }
        })
    }

    fn block(
        &self,
        index: usize,
        at: usize,
        value: f64,
        (x, y, width, height): (f64, f64, f64, f64),
    ) -> Markup {
        let name = self.series.get(index).map_or("", |series| &series.name);
        html! {
            rect.block fill=(format!("url(#pattern-{})", index % PATTERNS)) x=(number(x)) y=(number(y)) width=(number(width)) height=(number(height)) rx="2" {
                title { (self.places.get(at).map_or("", String::as_str)) " · " (name) ": " ((self.write)(value)) }
            }
        }
    }

    /// The axes around `drawn`, and the table behind it.
    fn frame(&self, top: f64, step: f64, drawn: &Markup) -> Markup {
        let wide = (WIDTH - LEFT) / real(self.places.len().max(1));
        let every = self.places.len().div_ceil(LABELS).max(1);
        let mut lines = Vec::new();
        let mut value = 0.0;
        while value <= top + step / 2.0 {
            lines.push(value);
            value += step;
        }
        html! {
            figure.chart {
                figcaption {
                    span.chart-unit { (self.unit) }
                    @if self.series.len() > 1 { (self.legend()) }
                }
                div.chart-scroll tabindex="0" role="group" aria-label=(self.title) {
                    svg role="img" aria-labelledby=(format!("{}-title {}-summary", self.id, self.id)) viewBox=(format!("0 0 {WIDTH} {HEIGHT}")) {
                        title id=(format!("{}-title", self.id)) { (self.title) }
                        desc id=(format!("{}-summary", self.id)) { (self.summary) }
                        @for value in &lines {
                            line.grid x1=(LEFT) x2=(WIDTH) y1=(number(y(*value, top))) y2=(number(y(*value, top))) {}
                            text.axis x=(LEFT - 8.0) y=(number(y(*value, top) + 4.0)) text-anchor="end" { (plain(*value)) }
                        }
                        @for (at, place) in self.places.iter().enumerate().filter(|(at, _)| at % every == 0) {
                            text.axis x=(number(LEFT + wide * (real(at) + 0.5))) y=(HEIGHT - 8.0) text-anchor="middle" { (place) }
                        }
                        (drawn)
                    }
                }
                (self.figures())
            }
        }
    }

    fn legend(&self) -> Markup {
        html! {
            ul.legend {
                @for (index, series) in self.series.iter().enumerate() {
                    li {
                        svg width="16" height="16" aria-hidden="true" focusable="false" { rect.block width="16" height="16" rx="3" fill=(format!("url(#pattern-{})", index % PATTERNS)) {} }
                        (series.name)
                    }
                }
            }
        }
    }

    fn figures(&self) -> Markup {
        html! {
            details.figures {
                summary { (self.table.0) }
                div.table-scroll tabindex="0" role="group" aria-label=(self.title) {
                    table {
                        caption.sr { (self.title) }
                        thead { tr { th scope="col" { (self.table.1) } @for series in &self.series { th.number scope="col" { (series.name) } } } }
                        tbody {
                            @for (at, place) in self.places.iter().enumerate() {
                                tr {
                                    th scope="row" { (place) }
                                    @for series in &self.series { td.number { (series.values.get(at).copied().flatten().map_or_else(|| "–".to_owned(), self.write)) } }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn height(value: f64, top: f64) -> f64 {
    // What is there can be seen.
    ((HEIGHT - BOTTOM - TOP) * value / top).max(1.5)
}

fn y(value: f64, top: f64) -> f64 {
    HEIGHT - BOTTOM - (HEIGHT - BOTTOM - TOP) * value / top
}

/// A line through the values that there are.
fn path(values: &[Option<f64>], place: impl Fn(usize, f64) -> (f64, f64)) -> String {
    let mut drawn = String::new();
    let mut goes_on = false;
    for (at, value) in values.iter().enumerate() {
        if let Some(value) = value {
            let (x, y) = place(at, *value);
            let letter = if goes_on { "L" } else { "M" };
            let _infallible = write!(drawn, "{letter}{x:.1} {y:.1} ");
        }
        goes_on = value.is_some();
    }
    drawn.trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ops_3_an_axis_has_round_numbers_and_room_for_the_largest() {
        for (largest, expected) in [
            (0.0, (1.0, 1.0)),
            (1.0, (1.0, 1.0)),
            (3.0, (3.0, 1.0)),
            (7.0, (8.0, 2.0)),
            (19.0, (20.0, 5.0)),
            (100.0, (100.0, 50.0)),
            (1_234.0, (1_500.0, 500.0)),
        ] {
            assert_eq!(scale(largest), expected, "{largest}");
        }
    }

    #[test]
    fn ops_3_a_line_breaks_where_nothing_was_measured() {
        let values = [Some(1.0), Some(2.0), None, Some(3.0)];
        assert_eq!(path(&values, |at, value| (real(at), value)), "M0.0 1.0 L1.0 2.0 M3.0 3.0");
        assert_eq!(path(&[None, None], |at, value| (real(at), value)), "");
    }

    #[test]
    fn ops_3_a_chart_says_what_it_shows_and_has_a_table_behind_it() {
        let series = |name: &str, values: &[f64]| Series {
            name: name.to_owned(),
            values: values.iter().map(|value| Some(*value)).collect(),
        };
        let chart = Chart {
            id: "c",
            title: "T<",
            summary: "S",
            unit: "messages",
            places: vec!["Mon".to_owned(), "Tue".to_owned()],
            series: vec![series("in", &[3.0, 0.0]), series("out", &[1.0, 2.0])],
            table: ("Figures", "Day"),
            write: plain,
        };
        for drawn in [chart.bars(), chart.stacks(), chart.lines()] {
            let drawn = drawn.into_string();
            assert!(drawn.contains("role=\"img\"") && drawn.contains("T&lt;"), "{drawn}");
            assert!(drawn.contains("<td class=\"number\">3</td>"), "{drawn}");
            assert!(!drawn.contains("style="), "the page's policy forbids it");
        }
        // Nothing is drawn where nothing was counted.
        assert_eq!(
            chart.bars().into_string().matches("url(#pattern-0)").count(),
            2,
            "one bar and the legend"
        );
    }
}
