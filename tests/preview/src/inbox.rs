//! More for the inbox: conversations in every state, and as many as one likes (`PREVIEW_CONVERSATIONS`).

use madoguchi_domain::conversation::{Mode, Preview, ProfileState, Snooze, Status};
use madoguchi_domain::{
    ChannelKind, CloseReason, Conversation, LabelId, MessageId, MessageKey, OperatorId, Party, Span,
    Timestamp,
};
use madoguchi_tests::TestInbox;
use serde_json::json;

const NAMES: [&str; 12] = [
    "山田 太郎",
    "佐々木 小次郎（さくら商店・仕入れ担当）とても長いお名前のお客様",
    "Maria de los Ángeles Fernández-Castillo y Rodríguez",
    "محمد عبد الله",
    "🌸 はなこ 🌸",
    "Bob",
    "鈴木一郎",
    "Nguyễn Thị Minh Khai",
    "דוד לוי",
    "田中",
    "Елена",
    "株式会社ひまわり 購買部",
];
const TEXTS: [&str; 8] = [
    "ありがとうございました！とても助かりました。",
    "Could you tell me when my order #48213 will arrive? I have been waiting since Monday.",
    "返品したいのですが、送料はどちらの負担になりますか？",
    "مرحبا، هل يمكنني تغيير العنوان؟",
    "👍👍👍",
    "写真を送信しました",
    "明日の14時に予約できますか？子ども2人と大人2人です。ベビーカーでも入れますか？",
    "ok",
];

/// Fills the inbox.
pub(crate) async fn seed(test: &TestInbox, now: Timestamp) {
    let mut labels = Vec::new();
    for (name, color) in [("VIP", "#b3261e"), ("返品・交換", "#1d5fa8"), ("予約", "#1c6b3c")] {
        let label = test.administered("POST", "/api/labels", &json!({ "name": name, "color": color })).await;
        labels.extend(label["id"].as_str().and_then(|id| id.parse::<LabelId>().ok()));
    }
    let view = json!({ "name": "VIPの未対応", "query": { "section": "unanswered", "label": labels[0].to_string() }, "shared": true });
    test.administered("POST", "/api/views", &view).await;
    let wanted = std::env::var("PREVIEW_CONVERSATIONS").ok().and_then(|count| count.parse().ok());
    for number in 0..wanted.unwrap_or(24) {
        let conversation = made(number, now, &labels);
        // One that is there already stays as it is.
        let _saved = test.inbox.save_conversation(&conversation).await.expect("the table is there");
    }
}

fn made(number: i64, now: Timestamp, labels: &[LabelId]) -> Conversation {
    let index = usize::try_from(number).unwrap_or_default();
    let kind = ChannelKind::ALL[index % 4];
    let at = now - Span::from_minutes(3 + number * 17);
    let party = match (kind, number % 12) {
        (ChannelKind::Line, 1) => Party::Group(format!("C{number:032}")),
        (ChannelKind::Line, _) => Party::User(format!("U{number:032}")),
        (ChannelKind::WhatsApp | ChannelKind::Sms, _) => Party::User(format!("+8190{number:08}")),
        (ChannelKind::Messenger, _) => Party::User(format!("9{number:015}")),
    };
    let mut made = Conversation::new(TestInbox::channel_id(kind), kind, party);
    made.contact.profile = ProfileState::Known;
    made.contact.name = (number % 9 != 8).then(|| NAMES[index % NAMES.len()].to_owned());
    made.status = Status::Open;
    made.episode = 1;
    made.episode_started_at = Some(at);
    made.last_customer_at = Some(at);
    made.customer_clock = Some(at);
    made.activity_clock = Some(at);
    made.window_opened_at = Some(at);
    made.last_activity_at = Some(at);
    made.sorted_at = Some(at);
    made.unread = u32::try_from(number % 4).unwrap_or_default();
    made.preview = Some(Preview {
        key: MessageKey { at, id: MessageId::of_provider(made.id, "latest") },
        text: TEXTS[index % TEXTS.len()].to_owned(),
        offensive: number % 11 == 7,
    });
    made.labels = labels.iter().copied().skip(index % 4).take(if number % 3 == 0 { 3 } else { 0 }).collect();
    match number % 10 {
        1 | 6 => made.assignee = Some(OperatorId("operator-1".to_owned())),
        2 => made.assignee = Some(OperatorId("administrator-1".to_owned())),
        3 => made.last_answer_at = Some(at + Span::from_minutes(1)),
        4 => made.mode = Mode::Bot,
        5 => {
            let until = (number % 20 == 5).then(|| now + Span::from_hours(5));
            made.snooze = Some(Snooze { until, by: OperatorId("operator-1".to_owned()), at });
        }
        7 => made.status = Status::Closed { reason: CloseReason::Idle, at: at + Span::from_hours(1) },
        _ => {}
    }
    made
}
