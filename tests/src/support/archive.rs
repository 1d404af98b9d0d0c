//! The index of a conversation that is as long as one likes: what was said in it before anything else.

use futures::StreamExt as _;
use madoguchi_domain::message::Body;
use madoguchi_domain::search::{Leaf, slot};
use madoguchi_domain::{Content, ConversationId, Message, MessageId, MessageKey, Span, Timestamp};
use madoguchi_store::Saved;

use crate::{START, TestInbox};

/// A hundred thousand messages are three years.
const APART: Span = Span::from_ms(946_080);

/// Indexes `count` texts of conversation `id`, the last of them a day before everything else. Returns how many leaves they have.
pub async fn archive(test: &TestInbox, id: ConversationId, count: u32) -> usize {
    let template = test.messages(id).await.remove(0);
    let mut babble = Babble(7);
    let mut slots: Vec<Vec<Leaf>> = Vec::new();
    let mut current: Vec<Message> = Vec::new();
    let begin = START.as_ms() - i64::from(count) * APART.as_ms() - 86_400_000;
    for number in 0..count {
        let at = Timestamp::from_ms(begin + i64::from(number) * APART.as_ms());
        let key = MessageKey { at, id: MessageId::of_provider(id, &number.to_string()) };
        let content = Content::text(babble.sentence());
        let message = Message { key, body: Body::Said { content }, ..template.clone() };
        if current.last().is_some_and(|last| slot(last.key.at) != slot(at)) {
            slots.push(Leaf::of_slot(&current));
            current.clear();
        }
        current.push(message);
    }
    slots.push(Leaf::of_slot(&current));
    let written = futures::stream::iter(&slots).map(|leaves| test.search.replace_leaves(&[], leaves));
    assert!(written.buffer_unordered(20).all(async |saved| saved.unwrap() == Saved::Done).await);
    slots.iter().map(Vec::len).sum()
}

/// Words that people write, put together at random.
struct Babble(u64);

impl Babble {
    const WORDS: [&'static str; 48] = [
        "ご注文",
        "ありがとうございます",
        "商品",
        "発送",
        "明日",
        "届き",
        "ますか",
        "確認",
        "しました",
        "お支払い",
        "方法",
        "クレジットカード",
        "銀行振込",
        "交換",
        "サイズ",
        "カラー",
        "在庫",
        "予約",
        "キャンセル",
        "時間",
        "午前",
        "午後",
        "受け取り",
        "店舗",
        "営業",
        "住所",
        "変更",
        "メール",
        "電話番号",
        "会員",
        "ポイント",
        "クーポン",
        "割引",
        "送料",
        "無料",
        "領収書",
        "写真",
        "不具合",
        "修理",
        "保証",
        "担当者",
        "お待ちください",
        "よろしく",
        "お願いします",
        "すみません",
        "わかりました",
        "いつごろ",
        "になりますでしょうか",
    ];

    fn next(&mut self, below: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % below
    }

    /// Some 40 characters, and a number now and then.
    fn sentence(&mut self) -> String {
        let mut text = String::new();
        while text.chars().count() < 36 {
            let word = usize::try_from(self.next(48)).unwrap();
            text.push_str(Self::WORDS[word]);
            if self.next(6) == 0 {
                text.push_str(&self.next(90_000).to_string());
            }
        }
        text
    }
}
