//! What operators look at: a page of a list, however many conversations there are (SRC-1, SRC-2), and a word in a conversation,
//! however long it is (SRC-3).

use std::time::Instant;

use anyhow::ensure;
use madoguchi_domain::{ChannelKind, OperatorId, Span};
use madoguchi_store::Saved;
use madoguchi_tests::TestInbox;
use madoguchi_tests::cost::{OPERATOR, World};
use madoguchi_tests::support::archive::archive;
use madoguchi_tests::support::fault::Faults;
use serde_json::Value;

use crate::prices::plain;
use crate::{Options, Section, Table};

/// How many conversations there are: one half nobody's, the other half the reader's.
const CONVERSATIONS: [u32; 3] = [100, 10_000, 1_000_000];
/// How many messages the conversation has that is searched.
const MESSAGES: [u32; 3] = [1_000, 10_000, 100_000];
/// How long a page is.
const PAGE: usize = 40;
/// What stands in one message, which is not among the newest.
const WORD: &str = "返金証明書";

/// Measures both.
pub async fn run(_options: &Options) -> anyhow::Result<Section> {
    measure(&CONVERSATIONS, &MESSAGES).await
}

async fn measure(conversations: &[u32], messages: &[u32]) -> anyhow::Result<Section> {
    let mut section = Section::new("inbox", "Lists and search");
    section.method.push(format!(
        "The API's own functions read an in-process DynamoDB; read units are those that it reports. Lists: pages of {PAGE} over a Messenger and a \
         LINE channel, one half of all conversations nobody's, the other half the reader's, all of them waiting for an answer. Search: one \
         word that stands in a single message, which is older than the latest sixty, in a conversation whose index holds three \
         years of chat for a hundred thousand messages."
    ));
    lists(&mut section, conversations).await?;
    search(&mut section, messages).await?;
    Ok(section)
}

/// Each list by name, with its query.
fn asked(middle: &str) -> [(&'static str, String); 7] {
    [
        ("open, latest first", String::new()),
        ("the same, a page in the middle", format!("&cursor={middle}")),
        ("unassigned", "&section=unassigned".to_owned()),
        ("mine", "&section=mine".to_owned()),
        ("open, who waits longest first", "&sort=waiting".to_owned()),
        ("open, whose window ends soonest first", "&sort=window".to_owned()),
        (
            "a label that none has: a thousand entries are looked at",
            "&label=1809223c-a54e-5e9b-ae37-4058be706671".to_owned(),
        ),
    ]
}

async fn lists(section: &mut Section, sizes: &[u32]) -> anyhow::Result<()> {
    let mut columns = vec!["list".to_owned()];
    columns.extend(sizes.iter().map(|size| format!("{size} conversations")));
    let columns: Vec<&str> = columns.iter().map(String::as_str).collect();
    let mut table = Table::new(&format!("A page of {PAGE}: read units · calls of DynamoDB"), &columns);
    let mut rows: Vec<Vec<(f64, u64)>> = vec![Vec::new(); asked("").len()];
    let mut world = World::start().await;
    let patterns = world.waiting(ChannelKind::Messenger, 2).await;
    let mut mine = world.conversation(&patterns[1]).await;
    mine.assignee = Some(OperatorId(OPERATOR.to_owned()));
    ensure!(world.inbox.save_conversation(&mine).await? == Saved::Done, "nobody else writes");
    let mut there = 0;
    for size in sizes {
        for (pattern, half) in patterns.iter().zip([0, size / 2]) {
            let copied = world.conversation(pattern).await;
            world.crowd(&copied, there + half, (size - there) / 2);
        }
        there = *size;
        // Who reads is noted once a day, and the first read looks at the channels.
        let first = world.ask_api(&format!("/api/conversations?limit={PAGE}")).await;
        let middle = middle(&first, there)?;
        for (row, (name, query)) in rows.iter_mut().zip(asked(&middle)) {
            world.begin();
            let page = world.ask_api(&format!("/api/conversations?limit={PAGE}{query}")).await;
            let measured = world.finish(1);
            let found = items(&page);
            // Half down a hundred there is less than a page left.
            let expected = match query.as_str() {
                query if query.contains("label") => found == 0,
                query if query.contains("cursor") && there < 1_000 => found > 0,
                _ => found == PAGE,
            };
            ensure!(expected, "{name}: {found} of {there}");
            row.push((measured.reads(), measured.aws_calls()));
        }
    }
    let mut worst: f64 = 0.0;
    for ((name, _), row) in asked("").iter().zip(&rows) {
        let cells = row.iter().map(|(reads, calls)| format!("{} · {calls}", plain(*reads)));
        table.row(std::iter::once((*name).to_owned()).chain(cells));
        // Half down a hundred there is less than a page left, and there are not a thousand entries to look at.
        let whole = usize::from(name.contains("middle") || name.starts_with("a label"));
        worst = worst.max(row[row.len() - 1].0 / row[whole.min(row.len() - 1)].0);
        for ((reads, _), size) in row.iter().zip(sizes) {
            section.figure(&format!("lists.{}.rru_at_{size}", figure_name(name)), *reads);
        }
    }
    section.figure("lists.worst_growth", worst);
    section.tables.push(table);
    Ok(())
}

fn figure_name(name: &str) -> String {
    let words = name.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    words.map(str::to_lowercase).collect::<Vec<_>>().join("_")
}

fn items(page: &Value) -> usize {
    page["items"].as_array().map_or(0, Vec::len)
}

/// The cursor of a place half down the list: of those of one half, each is a millisecond older than the one before.
fn middle(first: &Value, count: u32) -> anyhow::Result<String> {
    let next = first["next_cursor"].as_str().unwrap_or_default();
    let (at, id) = next.split_once('-').unwrap_or_default();
    let at: i64 = at.parse()?;
    let there = Span::from_ms(i64::from(count / 4)).as_ms();
    Ok(format!("{:013}-{id}", at - there))
}

async fn search(section: &mut Section, sizes: &[u32]) -> anyhow::Result<()> {
    let columns = ["messages", "leaves", "calls of DynamoDB", "RRU", "ms in this process"];
    let mut table = Table::new("A word in a conversation", &columns);
    for size in sizes {
        let faults = Faults::new();
        let test = TestInbox::with_faults(&faults).await;
        let said = format!("{WORD}が必要です");
        let id = test.customer_writes(ChannelKind::Line, "customer-1", &said).await;
        for number in 0..60 {
            test.customer_writes(ChannelKind::Line, "customer-1", &format!("その後の連絡 {number}")).await;
            test.pass(Span::from_minutes(5));
        }
        test.settle().await;
        test.index().await;
        let leaves = archive(&test, id, *size).await;
        test.get("/api/me").await;
        faults.take_capacity();
        let asked: String = WORD.bytes().map(|byte| format!("%{byte:02X}")).collect();
        let begun = Instant::now();
        let page = test.get(&format!("/api/conversations/{id}/search?q={asked}")).await;
        let seconds = begun.elapsed().as_secs_f64();
        let calls = faults.requests().len();
        let taken = faults.take_capacity();
        ensure!(items(&page) == 1, "{page}");
        table.row([
            size.to_string(),
            leaves.to_string(),
            calls.to_string(),
            plain(taken.read),
            format!("{:.0}", seconds * 1_000.0),
        ]);
        section.figure(&format!("search.rru_at_{size}"), taken.read);
        section.figure(&format!("search.seconds_at_{size}"), seconds);
    }
    section.tables.push(table);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn src_1_and_src_3_are_measured_on_what_is_there() {
        let section = measure(&[200, 400], &[100]).await.unwrap();
        assert!(section.figures["inbox.lists.worst_growth"] <= 1.05, "{:?}", section.figures);
        assert!(section.figures["inbox.search.rru_at_100"] > 0.0);
        assert_eq!(section.tables.len(), 2);
    }
}
