//! What is measured, as tables for people.

use madoguchi_domain::ChannelKind;
use madoguchi_tests::cost::jobs::Job;
use madoguchi_tests::cost::{Function, Measured, World, template};

use super::Jobs;
use crate::prices::{Bill, Prices, plain};
use crate::section::Table;

/// Units, calls and dollars of every job.
pub(super) fn overview(jobs: &Jobs, prices: &Prices) -> Table {
    let mut table = Table::new(
        "Work for one message. SQS requests include those by which Lambda receives and deletes batches",
        &["job", "write units", "read units", "AWS calls", "SQS requests", "invocations", "$ per million"],
    );
    for (job, measured) in &jobs.measured {
        let each = |total: f64| plain(total / f64::from(measured.messages));
        table.row([
            job.name().replace('_', " "),
            each(measured.writes()),
            each(measured.reads()),
            each(number(measured.aws_calls())),
            each(number(measured.sqs_requests())),
            each(number(measured.invocations.len() as u64)),
            format!("{:.2}", prices.bill(measured, &jobs.logged).dollars()),
        ]);
    }
    table
}

/// A bill in full: what a message takes and what a million costs, a pair of columns for each job.
pub(super) fn bill(caption: &str, columns: &[(&str, Job)], jobs: &Jobs, prices: &Prices) -> Table {
    let mut heads = vec![String::new()];
    for (head, _) in columns {
        heads.extend([format!("{head}: each"), "$ per million".to_owned()]);
    }
    let heads: Vec<&str> = heads.iter().map(String::as_str).collect();
    let bills: Vec<Bill> =
        columns.iter().map(|(_, job)| prices.bill(&jobs.measured[job], &jobs.logged)).collect();
    let mut table = Table::new(caption, &heads);
    for (index, line) in bills[0].lines.iter().enumerate() {
        let cells = bills.iter().flat_map(|bill| {
            let line = &bill.lines[index];
            [line.each.clone(), format!("{:.2}", line.dollars)]
        });
        table.row(std::iter::once(line.what.to_owned()).chain(cells));
    }
    let sums = bills.iter().flat_map(|bill| [String::new(), format!("**{:.2}**", bill.dollars())]);
    table.row(std::iter::once("**sum**".to_owned()).chain(sums));
    table
}

/// The calls that a job is made of.
pub(super) fn calls(jobs: &Jobs, shown: &[Job]) -> Table {
    let mut table = Table::new(
        "Calls of AWS by function and operation, and where write units go",
        &["job", "calls", "write units by table and index"],
    );
    for job in shown {
        let measured = &jobs.measured[job];
        let each = |total: f64| plain(total / f64::from(measured.messages));
        let calls: Vec<String> = measured
            .call_table()
            .iter()
            .map(|((function, operation), count)| format!("{function} {operation} {}", each(number(*count))))
            .collect();
        let places: Vec<String> = measured
            .writes_by_place()
            .iter()
            .filter(|(_, units)| **units > 0.0)
            .map(|(place, units)| format!("{place} {}", each(*units)))
            .collect();
        table.row([job.name().replace('_', " "), calls.join(", "), places.join(", ")]);
    }
    table
}

/// The sizes of the items that everything else follows from.
pub(super) async fn sizes(world: &mut World) -> Table {
    let mut table = Table::new(
        "Item sizes in bytes, as DynamoDB counts them: each begun KB of a written item is a write unit, each \
         begun 4 KB of a read one a read unit",
        &["item", "Messenger", "LINE"],
    );
    let mut columns = Vec::new();
    for kind in [ChannelKind::Messenger, ChannelKind::Line] {
        let customer = world.cast(kind, 1).await.remove(0);
        let sizes = world.sizes(&customer);
        let messages = world.inbox.messages(customer.conversation, None, 1_000).await.unwrap().messages;
        let of = |sk: String| sizes.iter().find(|(other, _)| *other == sk).map(|(_, bytes)| *bytes);
        let largest = |ours: bool| {
            let keys = messages.iter().filter(|message| message.sent_by.is_ours() == ours);
            keys.filter_map(|message| of(format!("m#{}", message.key))).max()
        };
        let place = sizes.iter().filter(|(sk, _)| sk.starts_with("k#")).map(|(_, bytes)| *bytes).max();
        columns.push([of("conversation".to_owned()), largest(false), largest(true), place]);
    }
    let names = [
        "conversation, with the contact's name and picture",
        "a customer's text of 60 characters",
        "a sent reply of 60 characters",
        "place of an idempotency key",
    ];
    for (index, name) in names.into_iter().enumerate() {
        let cells =
            columns.iter().map(|column| column[index].map_or("–".to_owned(), |bytes| bytes.to_string()));
        table.row(std::iter::once(name.to_owned()).chain(cells));
    }
    table
}

/// Bytes per invocation that go to the log.
pub(super) fn logs(jobs: &Jobs, prices: &Prices) -> Table {
    let mut table = Table::new(
        "Bytes logged per invocation with one record",
        &["function", "its own lines", "Lambda's lines", "access log", "memory, MB"],
    );
    for (function, own) in &jobs.logged {
        let access = match function {
            Function::WebhookIngest | Function::InboxApi => prices.access_bytes(*function),
            _ => 0.0,
        };
        table.row([
            function.name().to_owned(),
            format!("{own:.0}"),
            format!("{:.0}", prices.platform_bytes(*function)),
            format!("{access:.0}"),
            template::memory_mb(*function).to_string(),
        ]);
    }
    table
}

/// The price list.
pub(super) fn list(prices: &Prices) -> Table {
    let mut table = Table::new("Prices", &["", "$", "for"]);
    for (name, price) in &prices.prices {
        table.row([
            name.replace('_', " "),
            plain_price(price.dollars),
            format!("{} {}", price.per, price.unit),
        ]);
    }
    table
}

/// How much a read of a shard costs when nothing is due.
pub(super) fn read_units_per_shard(tick: &Measured) -> f64 {
    let of_shards = tick.calls.iter().filter(|call| call.by_index.contains_key("deadline"));
    let (count, units) = of_shards.fold((0.0, 0.0), |(count, units), call| (count + 1.0, units + call.read));
    assert!(count > 0.0, "the tick asked no shard");
    units / count
}

fn plain_price(dollars: f64) -> String {
    format!("{dollars:.10}").trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[expect(clippy::cast_precision_loss, reason = "counts of calls are small")]
pub(super) fn number(count: u64) -> f64 {
    count as f64
}
