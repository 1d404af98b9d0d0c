//! The words of what every page has commands for: the sheet of keys, the command bar, and the connection for live updates.

use maud::{Markup, html};

use crate::view::View;

pub(crate) fn words(view: &View) -> Markup {
    let say = |ja, en| view.say(ja, en);
    let words = serde_json::json!({
        "group.general": say("全般", "General"),
        "group.go": say("移動", "Go to"),
        "group.views": say("受信箱の表示", "Inbox views"),
        "group.customers": say("お客様", "Customers"),
        "do.go-inbox": say("受信箱を開く", "Go to the inbox"),
        "do.go-search": say("検索を開く", "Go to search"),
        "do.go-tickets": say("チケットを開く", "Go to tickets"),
        "do.go-reports": say("レポートを開く", "Go to reports"),
        "do.go-settings": say("設定を開く", "Go to settings"),
        "do.find": say("メッセージを検索", "Search messages"),
        "do.palette": say("コマンドを検索", "Command bar"),
        "do.keys": say("キーボード操作の一覧", "Keyboard shortcuts"),
        "keys.title": say("キーボード操作", "Keyboard shortcuts"),
        "keys.on": say("1文字のキー操作を使う", "Use single-key shortcuts"),
        "keys.hint": say("オフにしても Ctrl+K は使えます。この設定はこのブラウザーに保存されます。", "Ctrl+K works either way. Kept in this browser."),
        "palette.title": say("コマンド", "Commands"),
        "palette.hint": say("コマンド・画面・お客様の名前を入力", "Type a command, a page or a customer’s name"),
        "palette.none": say("該当する項目はありません", "Nothing found"),
        "reconnecting": say("リアルタイム更新に再接続しています…（15秒ごとに確認中）", "Reconnecting live updates … (checking every 15 seconds)"),
    });
    html! { template data-words=(words.to_string()) {} }
}
