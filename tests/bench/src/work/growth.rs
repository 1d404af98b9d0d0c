//! Whether a message costs more in a long conversation, or among many.

use std::collections::BTreeMap;

use madoguchi_domain::ChannelKind;
use madoguchi_tests::cost::people::Customer;
use madoguchi_tests::cost::{Measured, World, jobs};

use crate::prices::plain;
use crate::section::{Section, Table};

const MESSAGES: [u32; 3] = [10, 1_000, 100_000];
const OPEN: [u32; 2] = [1_000, 100_000];

/// What is expected to grow, and why.
const GROWS: &str = "reaction_to_oldest";

/// Figures of each job at one size.
type Sized = Vec<(&'static str, Figures)>;

#[derive(Clone, Copy, PartialEq)]
struct Figures {
    wru: f64,
    rru: f64,
    aws_calls: f64,
}

/// Adds the growth to `section`.
pub(super) async fn add(section: &mut Section) {
    let long = by_length().await;
    let many = by_crowd().await;
    let heads: Vec<String> = MESSAGES
        .iter()
        .map(|count| format!("{} messages", thousands(*count)))
        .chain(OPEN.iter().map(|count| format!("{} open", thousands(*count))))
        .collect();
    let columns: Vec<&str> = std::iter::once("job").chain(heads.iter().map(String::as_str)).collect();
    let mut table = Table::new(
        "Growth: write units · read units · AWS calls per message, by messages in the conversation and by open \
         conversations of the channel",
        &columns,
    );
    let mut grown = Vec::new();
    for (index, (job, first)) in long[0].iter().enumerate() {
        let mut cells = vec![(*job).to_owned()];
        for (size, name) in long.iter().zip(MESSAGES.map(|count| format!("at_{count}"))) {
            cells.push(cell(section, job, size[index].1, &name));
        }
        for (size, name) in many.iter().zip(OPEN.map(|count| format!("with_{count}_open"))) {
            match size.iter().find(|(of, _)| of == job) {
                Some((_, figures)) => cells.push(cell(section, job, *figures, &name)),
                None => cells.push("–".to_owned()),
            }
        }
        table.row(cells);
        let all = long.iter().chain(&many).filter_map(|size| size.iter().find(|(of, _)| of == job));
        if all.into_iter().any(|(_, figures)| figures != first) {
            grown.push(*job);
        }
    }
    section.tables.push(table);
    section.notes.push(verdict(&grown));
}

fn verdict(grown: &[&str]) -> String {
    let others: Vec<_> = grown.iter().filter(|job| **job != GROWS).map(|job| format!("`{job}`")).collect();
    let flat = if others.is_empty() {
        "Growth: every other job takes the same units and calls at every size: all that it reads or writes is \
         reached by its key."
            .to_owned()
    } else {
        format!("Growth: {} differ between sizes, and should not.", others.join(", "))
    };
    if grown.contains(&GROWS) {
        format!(
            "{flat} A reaction to an old message grows: the providers name a message by an id of theirs, and no \
             index leads from it to the message, because every message would pay for that index (1 WRU) and \
             hardly any is ever reacted to. The conversation is searched from its end instead. What people \
             react to was said lately, and is found in the first page."
        )
    } else {
        flat
    }
}

fn cell(section: &mut Section, job: &str, figures: Figures, size: &str) -> String {
    let Figures { wru, rru, aws_calls } = figures;
    for (name, value) in [("wru", wru), ("rru", rru), ("aws_calls", aws_calls)] {
        section.figure(&format!("growth.{job}.{name}_{size}"), value);
    }
    format!("{} · {} · {}", plain(wru), plain(rru), plain(aws_calls))
}

async fn by_length() -> Vec<Sized> {
    let mut sizes = Vec::new();
    let mut world = World::start().await;
    let customer = world.regular(ChannelKind::Messenger).await;
    for count in MESSAGES {
        world.lengthen(&customer, count).await;
        let mut size = of_each_job(&mut world, &customer).await;
        let oldest = world.oldest(&customer).await;
        size.push((GROWS, figures(&jobs::reaction_to(&mut world, &customer, &oldest).await)));
        sizes.push(size);
    }
    sizes
}

async fn by_crowd() -> Vec<Sized> {
    let mut sizes = Vec::new();
    let mut world = World::start().await;
    let customer = world.regular(ChannelKind::Messenger).await;
    let pattern = world.waiting(ChannelKind::Messenger, 1).await.remove(0);
    let mut open = 0;
    for count in OPEN {
        let copied = world.conversation(&pattern).await;
        world.crowd(&copied, open, count - open);
        open = count;
        sizes.push(of_each_job(&mut world, &customer).await);
        // The days that have passed have closed it.
        world.say_and_settle(&pattern).await;
    }
    sizes
}

async fn of_each_job(world: &mut World, customer: &Customer) -> Sized {
    let kind = customer.kind;
    world.warm(kind).await;
    // Whatever the last size has left behind, an answered chat is where this one begins.
    world.say_and_settle(customer).await;
    world.answer_all(std::slice::from_ref(customer)).await;
    let one = std::slice::from_ref(customer);
    let text = jobs::text_of(world, one).await;
    let reply = jobs::reply_to(world, one).await;
    let [echo, delivered, read]: [Measured; 3] =
        jobs::receipts_of(world, customer).await.try_into().expect("three receipts");
    let duplicate = jobs::duplicate_of(world, customer, jobs::FORGOTTEN).await;
    let reaction = jobs::reaction_to_latest(world, customer).await;
    jobs::calm(world).await;
    world.warm(kind).await;
    jobs::calm(world).await;
    world.say_and_settle(customer).await;
    let close = jobs::close_of(world, customer).await;
    let tick = jobs::tick(world).await;
    let measured = BTreeMap::from([
        ("inbound_text", text),
        ("reply", reply),
        ("echo", echo),
        ("delivered", delivered),
        ("read", read),
        ("duplicate", duplicate),
        ("reaction", reaction),
        ("close", close),
        ("tick", tick),
    ]);
    measured.iter().map(|(job, measured)| (*job, figures(measured))).collect()
}

#[expect(clippy::cast_precision_loss, reason = "counts of calls are small")]
fn figures(measured: &Measured) -> Figures {
    Figures { wru: measured.writes(), rru: measured.reads(), aws_calls: measured.aws_calls() as f64 }
}

fn thousands(number: u32) -> String {
    if number < 1_000 { number.to_string() } else { format!("{},000", number / 1_000) }
}
