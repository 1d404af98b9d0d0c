//! The report as Markdown, as GitHub shows it.

use std::fmt::Write as _;

use super::{Measured, Report, Run};
use crate::options::Part;
use crate::section::Table;
use crate::targets::{Group, TARGETS, Target, Verdict};

/// What fits beside one another on a page of GitHub; wider tables are cut into several.
const WIDEST_TABLE: usize = 104;
/// What a cell needs beside its text.
const CELL_MARGIN: usize = 3;

pub(super) fn render(report: &Report) -> String {
    let mut page = String::new();
    header(&mut page, report);
    targets(&mut page, report);
    for part in Part::ALL {
        match report.parts.iter().find(|measured| measured.section.id == part.id()) {
            Some(measured) => section(&mut page, measured, &report.run),
            None => paragraph(&mut page, &format!("## Part `{}`\n\nNot measured.", part.id())),
        }
    }
    format!("{}\n", page.trim_end())
}

fn header(page: &mut String, report: &Report) {
    let Run { date, commit, machine } = &report.run;
    paragraph(page, "# Benchmarks");
    paragraph(
        page,
        "What Madoguchi costs and how fast it is, as `make bench` measures it: release profile, no AWS account, \
         every part first proving that what it measures does its job. This page is written by that command; \
         [the JSON beside it](BENCHMARKS.json) holds every figure under its name.",
    );
    let mut table = Table::new("", &["", ""]);
    table.row(["Machine".to_owned(), format!("{}, {} cores", machine.cpu, machine.cores)]);
    table.row(["Memory".to_owned(), memory(machine.memory_mb)]);
    table.row(["Kernel".to_owned(), machine.kernel.clone()]);
    table.row(["Date".to_owned(), date.clone()]);
    table.row(["Commit".to_owned(), format!("`{commit}`")]);
    paragraph(page, &grid(&table, Align::Left));
    paragraph(
        page,
        "**Again on your machine:** `make bench`. Times differ between machines, and by some percent between two \
         runs on one; ratios, units and requests should not. Two runs are compared with \
         `cargo run --release -p madoguchi-bench -- --compare first.json second.json`, which fails if a ratio \
         differs by more than 15 %.",
    );
}

fn memory(megabytes: u64) -> String {
    format!("{}.{} GB", megabytes / 1000, megabytes % 1000 / 100)
}

fn targets(page: &mut String, report: &Report) {
    let figures = report.figures();
    let of = |verdict: fn(&Verdict) -> bool| {
        TARGETS.iter().filter(|target| verdict(&target.verdict(&figures))).count()
    };
    let met = of(|verdict| *verdict == Verdict::Met);
    let missed = of(|verdict| matches!(verdict, Verdict::Missed(_)));
    let unknown = of(|verdict| *verdict == Verdict::NotMeasured);
    paragraph(page, "## Targets");
    let total = TARGETS.len();
    paragraph(page, &format!("Of {total} targets {met} are met, {missed} missed, {unknown} not measured."));
    for group in Group::ALL {
        let mut table = Table::new("", &["Target", "Bound", "Measured", "Verdict"]);
        for target in TARGETS.iter().filter(|target| target.group == group) {
            let value = target.value(&figures).map(|value| target.unit.text(value, target.bound));
            table.row([
                target.about.to_owned(),
                target.bound.text(target.unit),
                value.unwrap_or_else(|| "–".to_owned()),
                verdict(target.verdict(&figures)),
            ]);
        }
        paragraph(page, &format!("### {}", group.title()));
        paragraph(page, &grid(&table, Align::Right));
        let missed = |target: &&Target| matches!(target.verdict(&figures), Verdict::Missed(_));
        let missed: Vec<_> = TARGETS.iter().filter(|target| target.group == group).filter(missed).collect();
        // What was missed for one reason stands together.
        for reasons in missed.chunk_by(|one, next| one.if_missed == next.if_missed) {
            paragraph(page, &why(reasons));
        }
    }
}

fn verdict(verdict: Verdict) -> String {
    match verdict {
        Verdict::Met => "met".to_owned(),
        Verdict::Missed(by) => format!("**missed by {}**", percent(by)),
        Verdict::NotMeasured => "not measured".to_owned(),
    }
}

fn percent(share: f64) -> String {
    let percent = share * 100.0;
    if percent < 1.0 { "less than 1 %".to_owned() } else { format!("{percent:.0} %") }
}

fn why(missed: &[&Target]) -> String {
    let names: Vec<_> = missed.iter().map(|target| format!("*{}*", target.about)).collect();
    let reason = missed[0].if_missed.unwrap_or("not explained yet.");
    format!("Missed: {} – {reason}", names.join("; "))
}

fn section(page: &mut String, measured: &Measured, latest: &Run) {
    let (section, run) = (&measured.section, &measured.run);
    paragraph(page, &format!("## {}", section.title));
    if run != latest {
        let mut line = format!("*Measured on {} from commit `{}`", run.date, run.commit);
        if run.machine != latest.machine {
            let _ = write!(line, " on another machine: {}, {} cores", run.machine.cpu, run.machine.cores);
        }
        paragraph(page, &format!("{line}.*"));
    }
    for text in &section.method {
        paragraph(page, text);
    }
    for table in &section.tables {
        if !table.caption.is_empty() {
            paragraph(page, &format!("**{}**", table.caption));
        }
        for piece in cut(table) {
            paragraph(page, &grid(&piece, Align::Right));
        }
    }
    for note in &section.notes {
        paragraph(page, note);
    }
}

fn paragraph(page: &mut String, text: &str) {
    page.push_str(text.trim());
    page.push_str("\n\n");
}

/// Cuts a table that is too wide into several, each with the column that names the rows.
fn cut(table: &Table) -> Vec<Table> {
    let widths: Vec<usize> = (0..table.columns.len()).map(|column| width(table, column)).collect();
    let Some((first, others)) = widths.split_first() else { return Vec::new() };
    let room = WIDEST_TABLE.saturating_sub(*first).max(1);
    let all: usize = others.iter().sum();
    // Pieces of about equal width read better than a full one and a remainder.
    let share = all.div_ceil(all.div_ceil(room).max(1));
    let mut pieces: Vec<Vec<usize>> = vec![vec![0]];
    let mut used = 0;
    for (column, width) in (1..).zip(others) {
        if used > 0 && (used + width > room || used >= share) {
            pieces.push(vec![0]);
            used = 0;
        }
        if let Some(piece) = pieces.last_mut() {
            piece.push(column);
        }
        used += width;
    }
    pieces.into_iter().map(|columns| only(table, &columns)).collect()
}

fn width(table: &Table, column: usize) -> usize {
    let cells = table.rows.iter().filter_map(|row| row.get(column)).chain(table.columns.get(column));
    cells.map(|cell| cell.chars().count()).max().unwrap_or(0) + CELL_MARGIN
}

fn only(table: &Table, columns: &[usize]) -> Table {
    let pick = |cells: &[String]| -> Vec<String> {
        columns.iter().map(|&column| cells.get(column).cloned().unwrap_or_default()).collect()
    };
    Table {
        caption: table.caption.clone(),
        columns: pick(&table.columns),
        rows: table.rows.iter().map(|row| pick(row)).collect(),
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Align {
    Left,
    /// All but the first column.
    Right,
}

fn grid(table: &Table, align: Align) -> String {
    let line = |cells: &[String]| {
        let cells: Vec<String> = cells.iter().map(|cell| escaped(cell)).collect();
        format!("| {} |\n", cells.join(" | "))
    };
    let rules = (0..table.columns.len()).map(|column| match align {
        Align::Right if column > 0 => "---:",
        _ => "---",
    });
    let mut grid = line(&table.columns);
    grid.push_str(&line(&rules.map(str::to_owned).collect::<Vec<_>>()));
    for row in &table.rows {
        grid.push_str(&line(row));
    }
    grid
}

fn escaped(cell: &str) -> String {
    cell.replace('|', "\\|").replace('\n', " ")
}
