//! Makes a table large: copies of what is there, under keys of their own.

use dynoxide::ImportOptions;
use dynoxide::types::{AttributeValue, Item, item_size};
use madoguchi_domain::{Conversation, ConversationId, MessageKey, Party, SentBy, Span};
use serde_json::json;
use uuid::Uuid;

use super::World;
use super::people::Customer;
use crate::support::dynamo::INBOX;

/// Copies of conversations are due so much later that no job lets their deadline pass.
const NOT_DUE_FOR: Span = Span::from_days(60);
/// More at once would only be held in memory.
const CHUNK: u32 = 20_000;

impl World {
    /// The items of `customer`'s conversation: the sort key and the size in bytes of each, in order.
    pub fn sizes(&self, customer: &Customer) -> Vec<(String, usize)> {
        let query = json!({
            "TableName": INBOX, "KeyConditionExpression": "pk = :pk",
            "ExpressionAttributeValues": {":pk": {"S": format!("c#{}", customer.conversation)}},
        });
        let page = self.dynamo.database().query(serde_json::from_value(query).unwrap()).unwrap();
        let sort_key = |item: &Item| match &item["sk"] {
            AttributeValue::S(sk) => sk.clone(),
            other => panic!("not a sort key: {other:?}"),
        };
        page.items.unwrap().iter().map(|item| (sort_key(item), item_size(item))).collect()
    }

    /// The provider's id of the oldest message of `customer`'s conversation.
    pub async fn oldest(&self, customer: &Customer) -> String {
        let query = json!({
            "TableName": INBOX, "KeyConditionExpression": "pk = :pk and begins_with(sk, :m)", "Limit": 1,
            "ExpressionAttributeValues": {
                ":pk": {"S": format!("c#{}", customer.conversation)}, ":m": {"S": "m#"},
            },
        });
        let page = self.dynamo.database().query(serde_json::from_value(query).unwrap()).unwrap();
        let key: MessageKey = match &page.items.unwrap()[0]["sk"] {
            AttributeValue::S(sk) => sk.strip_prefix("m#").unwrap().parse().unwrap(),
            other => panic!("not a sort key: {other:?}"),
        };
        let message = self.inbox.message(customer.conversation, &key).await.unwrap().unwrap();
        message.provider_message_id.unwrap()
    }

    /// Brings `customer`'s conversation to `count` messages: older ones, each a copy of the latest text.
    pub async fn lengthen(&self, customer: &Customer, count: u32) {
        let newest = self.inbox.messages(customer.conversation, None, 1_000).await.unwrap().messages;
        let template = newest.iter().find(|message| message.sent_by == SentBy::Customer).unwrap();
        let item = self.stored(customer.conversation, &format!("m#{}", template.key));
        let oldest = newest.last().unwrap().key.at;
        let there = u32::try_from(self.count(customer)).unwrap();
        let (old_key, old_id) = (template.key.to_string(), template.provider_message_id.clone().unwrap());
        let older = (there..count).map(|number| {
            let id =
                Uuid::new_v5(&Uuid::NAMESPACE_OID, format!("{}/{number}", customer.conversation).as_bytes());
            let at = oldest - Span::from_secs(i64::from(count - number) + 1_000_000);
            let key = MessageKey { at, id: id.to_string().parse().unwrap() }.to_string();
            let provider_id = format!("m_{}{}{}", id.simple(), id.simple(), id.simple());
            copy(&item, &[(&old_key, &key), (&old_id, &provider_id)])
        });
        self.import(older);
    }

    /// Opens `count` more conversations, each a copy of `customer`'s, due after it.
    pub fn crowd(&self, customer: &Conversation, from: u32, count: u32) {
        let item = self.stored(customer.id, "conversation");
        let due: i64 = number(&item, "deadline_due").expect("the copied conversation is open");
        let sorted = customer.sorted_at.unwrap().as_ms();
        let (old_id, old_peer) = (customer.id.to_string(), customer.party.external_id().to_owned());
        let old_place = format!("{sorted:013}-");
        let crowd = (from..from + count).map(|number| {
            let peer = format!("{:017}", 24_000_000_000_000_000_u64 + u64::from(number) * 7_919);
            let id = ConversationId::derive(customer.channel_id, &Party::User(peer.clone()));
            let sorted = sorted - i64::from(number);
            let mut copy = copy(
                &item,
                &[(&old_id, &id.to_string()), (&old_peer, &peer), (&old_place, &format!("{sorted:013}-"))],
            );
            copy.insert(
                "deadline_pk".to_owned(),
                AttributeValue::S(format!("unanswered#{:02}", id.shard(10))),
            );
            let due = due + NOT_DUE_FOR.as_ms() + i64::from(number);
            copy.insert("deadline_due".to_owned(), AttributeValue::N(due.to_string()));
            copy
        });
        self.import(crowd);
    }

    /// How many messages `customer`'s conversation has.
    fn count(&self, customer: &Customer) -> usize {
        let mut start = None;
        let mut count = 0;
        loop {
            let mut query = json!({
                "TableName": INBOX, "Select": "COUNT", "KeyConditionExpression": "pk = :pk and begins_with(sk, :m)",
                "ExpressionAttributeValues": {
                    ":pk": {"S": format!("c#{}", customer.conversation)}, ":m": {"S": "m#"},
                },
            });
            if let Some(start) = start {
                query["ExclusiveStartKey"] = start;
            }
            let page = self.dynamo.database().query(serde_json::from_value(query).unwrap()).unwrap();
            count += page.count;
            match page.last_evaluated_key {
                Some(key) => start = Some(serde_json::to_value(key).unwrap()),
                None => return count,
            }
        }
    }

    fn stored(&self, conversation: ConversationId, sk: &str) -> Item {
        let key = json!({"pk": {"S": format!("c#{conversation}")}, "sk": {"S": sk}});
        let request = serde_json::from_value(json!({"TableName": INBOX, "Key": key})).unwrap();
        self.dynamo.database().get_item(request).unwrap().item.expect("the item is there")
    }

    fn import(&self, items: impl Iterator<Item = Item>) {
        let mut items = items.peekable();
        while items.peek().is_some() {
            let chunk: Vec<Item> = items.by_ref().take(CHUNK as usize).collect();
            self.dynamo.database().import_items(INBOX, chunk, ImportOptions::default()).unwrap();
        }
    }
}

/// A copy of `item` in which every text says the new for the old; each of the old must occur somewhere.
fn copy(item: &Item, changes: &[(&String, &String)]) -> Item {
    let mut found = vec![false; changes.len()];
    let mut copy = item.clone();
    for value in copy.values_mut() {
        if let AttributeValue::S(text) = value {
            for ((old, new), found) in changes.iter().zip(&mut found) {
                if text.contains(*old) {
                    *text = text.replace(*old, new);
                    *found = true;
                }
            }
        }
    }
    assert!(found.iter().all(|found| *found), "something is named in another way: {changes:?}");
    copy
}

fn number(item: &Item, name: &str) -> Option<i64> {
    match item.get(name)? {
        AttributeValue::N(number) => number.parse().ok(),
        _ => None,
    }
}
