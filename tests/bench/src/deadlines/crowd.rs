//! Conversations that are due, and some that are not, written straight into the table.

use std::collections::HashMap;

use dynoxide::ImportOptions;
use dynoxide::types::Item;
use madoguchi_closing::{Closer, Report};
use madoguchi_domain::deadline::{Deadline, DeadlineKind};
use madoguchi_domain::{
    Channel, ChannelHealth, ChannelId, ChannelKind, ChannelSettings, ConnectionId, Conversation, Party, Span,
    Status, Timestamp,
};
use madoguchi_runtime::Clock;
use madoguchi_store::{Directory, Inbox, Saved};
use madoguchi_tests::START;
use madoguchi_tests::support::dynamo::{DIRECTORY, Dynamo, INBOX};
use serde_json::{Value, json};

use super::limits::Limits;
use super::table::{Costs, Table, dispatch};

/// Every kind of deadline.
pub(super) const KINDS: [DeadlineKind; 3] =
    [DeadlineKind::Unanswered, DeadlineKind::Idle, DeadlineKind::ReplyLimit];
/// What a conversation's deadline is after the customer's message.
const PERIOD: Span = Span::from_minutes(15);
/// Deadlines lie within this much time before [`Crowd::due_by`].
const MINUTE: Span = Span::from_minutes(1);
/// One of so many conversations is not due.
const BYSTANDERS: usize = 100;

/// A table with conversations in it.
pub(super) struct Crowd {
    pub(super) dynamo: Dynamo,
    /// The conversations that are due, by the partition key of their items.
    pub(super) due: HashMap<String, Timestamp>,
    /// When the last of them is due.
    pub(super) due_by: Timestamp,
    /// Those that are not, as they are stored.
    pub(super) bystanders: HashMap<String, Value>,
}

/// An empty table whose stream is off: nobody reads it here, and the in-process table searches all of a
/// stream's records for the last one at every write.
async fn empty() -> Dynamo {
    let (clock, _) = Clock::stopped_at(START);
    let dynamo = Dynamo::start(&clock).await;
    let off = json!({ "TableName": INBOX, "StreamSpecification": { "StreamEnabled": false } });
    dispatch(dynamo.database(), "UpdateTable", off).unwrap();
    dynamo
}

/// `count` conversations of `channels` channels due within one minute, and one in a hundred more that are
/// not.
pub(super) async fn due(count: usize, channels: usize) -> Crowd {
    let dynamo = empty().await;
    let settings = ChannelSettings {
        unanswered_close_after_minutes: Some(u32::try_from(PERIOD.as_ms() / 60_000).unwrap()),
        ..ChannelSettings::default()
    };
    let directory = Directory::new(dynamo.clients().dynamodb(), DIRECTORY);
    let mut ids = Vec::new();
    for account in 0..channels {
        let channel = channel(&format!("account-{account}"), &settings);
        assert_eq!(directory.add_channel(&channel).await.unwrap(), Saved::Done);
        ids.push(channel.id);
    }
    settle_settings(&dynamo).await;
    let due_by = START + PERIOD;
    let conversations = (0..count + count / BYSTANDERS).map(|i| {
        let is_due = i < count;
        let before = if is_due {
            Span::from_ms(i64::try_from(i).unwrap() * MINUTE.as_ms() / i64::try_from(count).unwrap())
        } else {
            // Due an hour later.
            Span::from_ms(-3_600_000)
        };
        (is_due, waiting(ids[i % channels], i, START + Span::from_ms(-before.as_ms()), &settings))
    });
    let conversations: Vec<(bool, Conversation)> = conversations.collect();
    let items = spelled(&dynamo, &conversations).await;
    let (mut due, mut bystanders) = (HashMap::new(), HashMap::new());
    for ((is_due, conversation), item) in conversations.iter().zip(&items) {
        let pk = item["pk"]["S"].as_str().unwrap().to_owned();
        if *is_due {
            due.insert(pk, conversation.armed.unwrap().due_at);
        } else {
            bystanders.insert(pk, item.clone());
        }
    }
    load(&dynamo, items);
    Crowd { dynamo, due, due_by, bystanders }
}

/// Loads `count` conversations that are open and not due, a third of them for each kind of deadline: of each
/// only the keys of the table and its index of deadlines, since nothing else is read while nothing is due.
pub(super) async fn idle(count: usize) -> Dynamo {
    const PATTERNS: usize = 3_000;
    let dynamo = empty().await;
    let directory = Directory::new(dynamo.clients().dynamodb(), DIRECTORY);
    let line = channel("account-0", &ChannelSettings::default());
    assert_eq!(directory.add_channel(&line).await.unwrap(), Saved::Done);
    settle_settings(&dynamo).await;
    // A tick does not read them, and a million entries of each take minutes to write.
    for index in ["inbox", "pending"] {
        let gone = json!({ "TableName": INBOX, "GlobalSecondaryIndexUpdates": [{ "Delete": { "IndexName": index } }] });
        dispatch(dynamo.database(), "UpdateTable", gone).unwrap();
    }
    let far = START + Span::from_days(30);
    let patterns: Vec<(bool, Conversation)> = (0..PATTERNS)
        .map(|i| {
            let mut conversation = waiting(line.id, i, START, &line.settings);
            let kind = KINDS[i % KINDS.len()];
            conversation.armed = Some(Deadline { kind, due_at: far });
            (false, conversation)
        })
        .collect();
    let patterns = spelled(&dynamo, &patterns).await;
    let keys: Vec<Value> = patterns
        .iter()
        .map(|item| {
            let keys = item
                .as_object()
                .unwrap()
                .iter()
                .filter(|(name, _)| ["pk", "sk", "deadline_pk", "deadline_due"].contains(&name.as_str()));
            Value::Object(keys.map(|(name, value)| (name.clone(), value.clone())).collect())
        })
        .collect();
    let mut made = 0;
    while made < count {
        let chunk = (made..count.min(made + 20_000)).map(|i| {
            let mut item = keys[i % PATTERNS].clone();
            // As long as an id, and the shard stays the pattern's.
            item["pk"]["S"] = json!(format!("c#{i:036}"));
            item["deadline_due"]["N"] = json!((far.as_ms() + i64::try_from(i).unwrap()).to_string());
            item
        });
        let chunk: Vec<Value> = chunk.collect();
        made += chunk.len();
        load(&dynamo, chunk);
    }
    dynamo
}

/// Lets the closers note that the channels' settings, which changed long ago, have reached every
/// conversation.
async fn settle_settings(dynamo: &Dynamo) {
    let client = dynamo.clients().dynamodb();
    let closer = Closer::new(Inbox::new(client.clone(), INBOX), Directory::new(client, DIRECTORY));
    for kind in KINDS {
        assert_eq!(closer.tick(kind, START, &|| false).await.unwrap(), Report::default());
    }
}

fn channel(account: &str, settings: &ChannelSettings) -> Channel {
    let id = ChannelId::derive(ChannelKind::Line, account);
    Channel {
        settings: settings.clone(),
        settings_changed_at: START - Span::from_days(1),
        health: ChannelHealth::Healthy { since: START },
        ..Channel::new(ChannelKind::Line, format!("Line {account}"), account, ConnectionId::from(id), START)
    }
}

/// A customer wrote at `at` and waits for an answer.
fn waiting(channel: ChannelId, number: usize, at: Timestamp, settings: &ChannelSettings) -> Conversation {
    let mut conversation =
        Conversation::new(channel, ChannelKind::Line, Party::User(format!("U{number:032x}")));
    conversation.status = Status::Open;
    conversation.episode = 1;
    conversation.episode_started_at = Some(at);
    conversation.last_customer_at = Some(at);
    conversation.last_activity_at = Some(at);
    conversation.customer_clock = Some(at);
    conversation.activity_clock = Some(at);
    conversation.sorted_at = Some(at);
    conversation.unread = 1;
    conversation.rearm(settings);
    conversation
}

/// The items as the store writes them.
async fn spelled(dynamo: &Dynamo, conversations: &[(bool, Conversation)]) -> Vec<Value> {
    let table = Table::new(dynamo, Costs::default(), Limits::default());
    let inbox = Inbox::new(table.client(dynamo), INBOX);
    table
        .captured(async {
            // One after the other: the items come in the order of the conversations.
            for (_, conversation) in conversations {
                assert_eq!(inbox.save_conversation(conversation).await.unwrap(), Saved::Done);
            }
        })
        .await
}

/// Writes items without the protocol.
fn load(dynamo: &Dynamo, items: Vec<Value>) {
    let items: Vec<Item> = items.into_iter().map(|item| serde_json::from_value(item).unwrap()).collect();
    let count = items.len();
    let loaded = dynamo.database().import_items(INBOX, items, ImportOptions::default()).unwrap();
    assert_eq!(loaded.items_imported, count);
}
