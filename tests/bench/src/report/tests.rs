use super::*;
use crate::section::Table;

fn run(date: &str, cores: usize) -> Run {
    let machine = Machine { cpu: "Some CPU".into(), cores, memory_mb: 16_384, kernel: "linux 6.1.0".into() };
    Run { date: date.into(), commit: "abc1234".into(), machine }
}

fn section(part: Part, title: &str, figures: &[(&str, f64)]) -> Section {
    let mut section = Section::new(part.id(), title);
    for (name, value) in figures {
        section.figure(name, *value);
    }
    section
}

fn work() -> Section {
    let figures = [
        ("inbound_text.wru", 7.0),
        ("inbound_text.rru", 2.5),
        ("inbound_text.dollars_per_million", 6.0),
        ("tick.rru_per_shard", 0.5),
    ];
    let mut work = section(Part::Work, "Work per message", &figures);
    work.method.push("Counted, not estimated.".into());
    let mut table = Table::new("Jobs", &["Job", "WRU", "AWS|calls"]);
    table.row(["inbound text", "7.0", "5"]);
    work.tables.push(table);
    work.notes.push("A note.".into());
    work
}

#[test]
fn a_report_states_every_target_beside_its_figure() {
    let mut report = Report::new(run("2026-11-01 00:00 UTC", 2), None);
    report.add(work());
    let page = report.to_markdown();
    for target in TARGETS {
        assert!(page.contains(&format!("| {} |", target.about)), "{}", target.about);
    }
    for line in [
        "# Benchmarks",
        "| Machine | Some CPU, 2 cores |",
        "| Memory | 16.3 GB |",
        "| Commit | `abc1234` |",
        "| inbound text: write units | ≤ 8 WRU | 7.00 WRU | met |",
        "| inbound text: read units | ≤ 2 RRU | 2.50 RRU | **missed by 25 %** |",
        "| a million inbound messages, unbatched | < $6 | $6.00 | **missed by less than 1 %** |",
        "| a tick with nothing due: read units per shard | ≤ 1 RRU | 0.50 RRU | met |",
        "| init, against Python | ≥ 80 × | – | not measured |",
        "## Work per message",
        "Counted, not estimated.",
        "**Jobs**",
        "| Job | WRU | AWS\\|calls |",
        "| --- | ---: | ---: |",
        "| inbound text | 7.0 | 5 |",
        "A note.",
    ] {
        assert!(page.lines().any(|it| it == line), "{line} is missing in:\n{page}");
    }
    let together =
        "Missed: *inbound text: read units*; *a million inbound messages, unbatched* – not explained yet.";
    assert!(page.contains(together), "{page}");
    assert!(!page.contains("Missed: *inbound text: write units*"));
    let counted = format!("2 are met, 2 missed, {} not measured.", TARGETS.len() - 4);
    assert!(page.contains(&counted), "{page}");
    assert!(page.find("against Python") < page.find("write units"), "ratios come first");
}

#[test]
fn a_part_that_did_not_run_keeps_its_results_and_says_when_they_were_measured() {
    let mut first = Report::new(run("2026-11-01 00:00 UTC", 2), None);
    first.add(section(Part::Throughput, "Throughput", &[]));
    first.add(work());
    let json = serde_json::to_string(&first).unwrap();
    let last: Report = serde_json::from_str(&json).unwrap();

    let mut second = Report::new(run("2026-11-02 00:00 UTC", 4), Some(last));
    second.add(section(
        Part::Throughput,
        "Throughput, measured anew",
        &[("ingest.line.events_per_s_1", 1.0)],
    ));
    let page = second.to_markdown();
    assert!(page.contains("| Date | 2026-11-02 00:00 UTC |"), "{page}");
    let old = "## Work per message\n\n*Measured on 2026-11-01 00:00 UTC from commit `abc1234` on another \
               machine: Some CPU, 2 cores.*";
    assert!(page.contains(old), "{page}");
    assert!(page.ends_with("## Throughput, measured anew\n"), "{page}");
    assert_eq!(page.matches("Measured on").count(), 1, "{page}");
    assert!(page.contains("| 7.00 WRU | met |"), "{page}");
    assert_eq!(second.figures().get("throughput.ingest.line.events_per_s_1"), Some(&1.0));
}

#[test]
fn the_json_holds_targets_with_their_verdicts() {
    let mut report = Report::new(run("2026-11-01 00:00 UTC", 2), None);
    report.add(work());
    let json = serde_json::to_value(&report).unwrap();
    let of = |figure: &str| {
        let targets = json["targets"].as_array().unwrap();
        targets.iter().find(|target| target["figure"] == figure).unwrap().clone()
    };
    assert_eq!(of("work.inbound_text.wru")["met"], true);
    assert_eq!(of("work.inbound_text.wru")["bound"]["at_most"], 8.0);
    assert_eq!(of("work.inbound_text.rru")["met"], false);
    assert_eq!(of("peers.init_ratio.python")["met"], serde_json::Value::Null);
    assert_eq!(json["run"]["machine"]["cores"], 2);
}

#[test]
fn a_wide_table_is_cut_into_pieces_that_name_their_rows() {
    let mut wide = section(Part::Functions, "Functions", &[]);
    let columns: Vec<String> = (0..21).map(|number| format!("column {number:02}")).collect();
    let mut table = Table { caption: "Wide".into(), columns, rows: Vec::new() };
    table.row((0..21).map(|number| format!("cell {number}")));
    wide.tables.push(table);
    let mut report = Report::new(run("2026-11-01 00:00 UTC", 2), None);
    report.add(wide);
    let page = report.to_markdown();
    let rows: Vec<&str> = page.lines().filter(|line| line.contains("| cell 0 |")).collect();
    assert_eq!(rows.len(), 3, "{rows:#?}");
    let lengths: Vec<usize> = rows.iter().map(|row| row.matches(" | ").count()).collect();
    assert!(lengths.iter().max().unwrap() - lengths.iter().min().unwrap() <= 1, "{rows:#?}");
    for number in 1..21 {
        assert_eq!(rows.iter().filter(|row| row.contains(&format!("cell {number} "))).count(), 1, "{number}");
    }
    assert_eq!(page.matches("**Wide**").count(), 1);
}

#[test]
fn a_report_is_read_back_and_another_file_is_not() {
    let folder = std::env::temp_dir().join(format!("madoguchi-bench-{}", std::process::id()));
    let page = folder.join("REPORT.md");
    let json = json_beside(&page);
    let mut report = Report::new(run("2026-11-01 00:00 UTC", 2), None);
    report.add(work());
    assert!(Report::read(&json).unwrap().is_none());
    report.write(&page).unwrap();
    let read = Report::read(&json).unwrap().unwrap();
    assert_eq!(read.to_markdown(), fs::read_to_string(&page).unwrap());
    fs::write(&json, "{}").unwrap();
    assert!(Report::read(&json).is_err());
    fs::remove_dir_all(&folder).unwrap();
}
