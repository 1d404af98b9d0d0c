//! The words that the scripts of this page show.

use maud::{Markup, html};

use crate::view::View;

pub(super) fn words(view: &View) -> Markup {
    let say = |ja, en| view.say(ja, en);
    let words = serde_json::json!({
        "group.list": say("一覧", "List"),
        "group.conversation": say("チャットの操作", "This conversation"),
        "do.next": say("次のチャット", "Next conversation"),
        "do.previous": say("前のチャット", "Previous conversation"),
        "do.open": say("チャットを開く", "Open the conversation"),
        "do.back": say("一覧に戻る", "Back to the list"),
        "do.claim": say("自分が担当する", "Assign to me"),
        "do.done": say("対応完了にする／取り消す", "Mark as done, or not done"),
        "do.snooze": say("保留（スヌーズ）／解除", "Snooze, or end it"),
        "do.close-conversation": say("完了にする／再開する", "Close, or reopen"),
        "do.compose": say("返信を書く", "Write an answer"),
        "do.note": say("社内メモを書く", "Write a note"),
        "do.panel-key": say("お客様の情報", "About the customer"),
        "do.save-view": say("この表示をビューに保存", "Save this view"),
        "do.to-top": say("一覧の先頭へ", "To the top of the list"),
        "claim.done": say("担当になりました", "It is yours now"),
        "done.done": say("対応完了にしました", "Marked as done"),
        "undone.done": say("対応完了を取り消しました", "No longer done"),
        "snooze.done": say("保留にしました", "Snoozed"),
        "wake.done": say("保留を解除しました", "It is back"),
        "close.done": say("完了にしました", "Closed"),
        "reopen.done": say("再開しました", "Reopened"),
        "bot.done": say("ボットに切り替えました", "The bot answers from now on"),
        "operator.done": say("担当者対応に切り替えました", "People answer from now on"),
        "view.done": say("ビューを上書きしました", "The view is replaced"),
        "close.ask": say("このチャットを完了にしますか？", "Close this conversation?"),
        "close.why": say("設定によっては、お客様に終了のメッセージが送信されます。", "Depending on the settings, the customer is told a farewell."),
        "close.yes": say("完了にする", "Close"),
        "snooze.ask": say("いつまで保留にしますか？", "Snooze until when?"),
        "snooze.hour": say("1時間後", "In 1 hour"),
        "snooze.later": say("3時間後", "In 3 hours"),
        "snooze.tomorrow": say("明日の朝9時", "Tomorrow, 9:00"),
        "snooze.monday": say("次の月曜の朝9時", "Next Monday, 9:00"),
        "snooze.customer": say("お客様から返信があるまで", "Until the customer writes"),
        "snooze.other": say("日時を指定", "At another time"),
        "snooze.set": say("保留にする", "Snooze"),
        "new": say("新着 {n} 件", "{n} new"),
        "arrived": say("新しいチャットが {n} 件あります", "{n} new conversations"),
        "loadFailed": say("読み込めませんでした。もう一度お試しください。", "Could not be loaded. Try again."),
        "retry": say("再試行", "Try again"),
        "gone": say("このチャットは表示できません。", "This conversation cannot be shown."),
        "title": say("受信箱", "Inbox"),
    });
    html! { template data-words=(words.to_string()) {} }
}
