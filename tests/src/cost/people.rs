//! Customers as they are: with names, pictures, and chats of some length.

use std::sync::atomic::{AtomicU64, Ordering};

use madoguchi_domain::conversation::ProfileState;
use madoguchi_domain::{ChannelId, ChannelKind, Conversation, ConversationId, Party, Span};
use madoguchi_simulator::{Act, Action, Provider, Webhook, demo};
use madoguchi_store::Saved;
use serde_json::{Value, json};
use uuid::Uuid;

use super::World;

/// What a customer writes: 60 characters.
pub const QUESTION: &str = "お世話になっております。先日注文した商品がまだ届いていないのですが、現在の配送の状況を確認していただくことはできますか？";
/// What an operator answers: 60 characters.
pub const ANSWER: &str = "お問い合わせありがとうございます。確認しましたところ、商品は本日発送済みで、明日の午前中にお届けできる予定でございます。";

/// So much stands in a chat before anything is measured: more messages than a conversation remembers one by
/// one, see `Noted`.
const TEXTS: u32 = 12;
const ANSWERS: u32 = 3;

static NUMBER: AtomicU64 = AtomicU64::new(0);

/// Somebody who writes.
#[derive(Clone, Debug)]
pub struct Customer {
    /// Where.
    pub kind: ChannelKind,
    /// The customer's id at the simulator.
    pub id: String,
    /// The provider's id of the customer.
    pub peer: String,
    /// Between the customer and the channel.
    pub conversation: ConversationId,
}

impl World {
    /// Somebody who has never written.
    pub fn stranger(&self, kind: ChannelKind) -> Customer {
        let id = self.simulator.add_customer("山田 花子");
        let (provider, account) = account(kind);
        let peer = self.simulator.peer(provider, account, &id).unwrap();
        let channel = ChannelId::derive(kind, account);
        let conversation = ConversationId::derive(channel, &Party::User(peer.clone()));
        Customer { kind, id, peer, conversation }
    }

    /// Somebody who has written and was answered several times, the last word being the company's.
    pub async fn regular(&mut self, kind: ChannelKind) -> Customer {
        let customer = self.stranger(kind);
        self.say_and_settle(&customer).await;
        self.introduce(&customer).await;
        for _ in 0..TEXTS {
            let webhook = self.say(&customer).await;
            self.deliver(&webhook).await;
        }
        for _ in 0..ANSWERS {
            self.say_and_settle(&customer).await;
            self.webhooks();
            self.answer(&customer).await;
            self.settle().await;
        }
        self.hear_receipts(&customer).await;
        customer
    }

    /// The same `count` regulars each time. Whoever has them write sees to it that they are answered.
    pub async fn cast(&mut self, kind: ChannelKind, count: usize) -> Vec<Customer> {
        while self.regulars(kind).count() < count {
            let customer = self.regular(kind).await;
            self.cast.push(customer);
        }
        self.regulars(kind).take(count).cloned().collect()
    }

    fn regulars(&self, kind: ChannelKind) -> impl Iterator<Item = &Customer> {
        self.cast.iter().filter(move |customer| customer.kind == kind)
    }

    /// The same, and they have just written.
    pub async fn waiting(&mut self, kind: ChannelKind, count: usize) -> Vec<Customer> {
        let customers = self.cast(kind, count).await;
        for customer in &customers {
            self.say_and_settle(customer).await;
        }
        customers
    }

    /// All of them are answered.
    pub async fn answer_all(&mut self, customers: &[Customer]) {
        for customer in customers {
            self.answer(customer).await;
        }
        self.settle().await;
    }

    /// The customer writes. The webhook is not delivered yet.
    pub async fn say(&mut self, customer: &Customer) -> Webhook {
        self.pass(Span::from_ms(40));
        let action = match customer.kind {
            ChannelKind::Messenger => {
                Action::Raw { event: json!({"message": {"mid": mid(), "text": QUESTION}}) }
            }
            _ => Action::Text { text: QUESTION.to_owned(), quote: None },
        };
        self.act(customer, action).await
    }

    /// The customer writes, and all that follows happens.
    pub async fn say_and_settle(&mut self, customer: &Customer) {
        let webhook = self.say(customer).await;
        self.deliver(&webhook).await;
        self.settle().await;
    }

    /// The customer does something. The webhook is not delivered yet.
    pub async fn act(&mut self, customer: &Customer, action: Action) -> Webhook {
        let (provider, account) = account(customer.kind);
        let performed = self
            .simulator
            .act(Act {
                provider,
                account: Some(account.to_owned()),
                customer: Some(customer.id.clone()),
                group: None,
                at_ms: Some(self.now().as_ms()),
                action,
            })
            .await
            .unwrap();
        self.webhooks();
        performed.webhook.unwrap()
    }

    /// An operator answers by the API.
    pub async fn answer(&mut self, customer: &Customer) -> Value {
        self.pass(Span::from_ms(40));
        let path = format!("/api/conversations/{}/messages", customer.conversation);
        let key = ("idempotency-key".to_owned(), Uuid::now_v7().to_string());
        self.call_api(&path, &[key], &json!({"text": ANSWER})).await
    }

    /// Messenger tells of what was sent: its echo, its delivery, its reading, one webhook each.
    pub async fn receipts(&mut self, customer: &Customer) -> Vec<Webhook> {
        if customer.kind == ChannelKind::Line {
            return Vec::new();
        }
        let mut receipts = self.webhooks();
        for read in [false, true] {
            self.pass(Span::from_ms(40));
            receipts.extend(self.simulator.see(demo::PAGE, &customer.id, read).await.unwrap());
        }
        self.webhooks();
        receipts
    }

    async fn hear_receipts(&mut self, customer: &Customer) {
        for webhook in self.receipts(customer).await {
            self.deliver(&webhook).await;
            self.settle().await;
        }
    }

    /// Gives the customer a name and a picture that was copied.
    async fn introduce(&self, customer: &Customer) {
        let mut conversation = self.conversation(customer).await;
        conversation.contact.name = Some("山田 花子".to_owned());
        conversation.contact.portrait.settle(Some("x".repeat(32)));
        conversation.contact.profile = ProfileState::Known;
        assert_eq!(self.inbox.save_conversation(&conversation).await.unwrap(), Saved::Done);
    }

    /// The conversation as it is stored.
    pub async fn conversation(&self, customer: &Customer) -> Conversation {
        self.inbox.conversation(customer.conversation).await.unwrap().unwrap()
    }
}

fn account(kind: ChannelKind) -> (Provider, &'static str) {
    match kind {
        ChannelKind::Messenger => (Provider::Messenger, demo::PAGE),
        ChannelKind::Line => (Provider::Line, demo::LINE_CHANNEL),
        kind => panic!("the cost of {kind} is not measured"),
    }
}

/// A message id as long as Messenger's are.
fn mid() -> String {
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let part = |name: &str| Uuid::new_v5(&Uuid::NAMESPACE_OID, format!("{name}{number}").as_bytes()).simple();
    format!("m_{}{}{}", part("a"), part("b"), part("c"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_said_is_as_long_as_it_is_said_to_be() {
        for text in [QUESTION, ANSWER] {
            assert_eq!(text.chars().count(), 60, "{text}");
        }
        assert_eq!(mid().len(), 98);
    }
}
