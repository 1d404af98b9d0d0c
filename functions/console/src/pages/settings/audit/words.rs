//! The audit log's acts, fields and values in words. What is not known here is shown as it is written.

use jiff::Timestamp;
use serde_json::Value;

use crate::view::View;

/// What acts begin with, as the form offers them.
pub(super) const KINDS: &[&str] = &[
    "channel",
    "credential",
    "setup",
    "brand",
    "department",
    "person",
    "operator",
    "template",
    "label",
    "profanity",
    "bot",
    "webhook",
    "shared_views",
    "sender_sync",
    "conversation",
    "contact",
    "tickets",
    "quarantine",
    "withdrawal",
    "audit",
];

/// What something is called that an act is about.
pub(super) fn kind<'a>(view: &View, kind: &'a str) -> &'a str {
    match kind {
        "channel" => view.say("チャンネル", "Channel"),
        "credential" => view.say("資格情報", "Credential"),
        "setup" => view.say("チャンネルの接続", "Connecting a channel"),
        "brand" => view.say("ブランド", "Brand"),
        "department" => view.say("部門", "Department"),
        "person" => view.say("メンバー", "Person"),
        "operator" => view.say("表示名と写真", "Name and picture"),
        "template" => view.say("テンプレート", "Template"),
        "label" => view.say("ラベル", "Label"),
        "profanity" => view.say("不適切な表現", "Offensive words"),
        "bot" => view.say("ボット", "Bot"),
        "webhook" => view.say("Webhook", "Webhook"),
        "shared_views" => view.say("共有ビュー", "Shared views"),
        "sender_sync" => view.say("表示名の反映", "Sync of names"),
        "conversation" | "conversations" => view.say("会話", "Conversations"),
        "contact" => view.say("お客様", "Contact"),
        "reports" => view.say("レポート", "Reports"),
        "tickets" => view.say("チケット", "Tickets"),
        "quarantine" => view.say("隔離", "Quarantine"),
        "withdrawal" => view.say("許可の取り消し", "Withdrawal of permission"),
        "audit" => view.say("監査ログ", "Audit log"),
        other => other,
    }
}

fn verb<'a>(view: &View, verb: &'a str) -> &'a str {
    match verb {
        "added" => view.say("追加", "added"),
        "changed" => view.say("変更", "changed"),
        "removed" | "deleted" => view.say("削除", "removed"),
        "restored" => view.say("復帰", "brought back"),
        "enabled" => view.say("有効化", "switched on"),
        "disabled" => view.say("停止", "switched off"),
        "held" => view.say("再認証待ち", "needs re-authorization"),
        "released" => view.say("再認証待ちを解除", "works again"),
        "connected" => view.say("接続", "connected"),
        "resumed" => view.say("再開", "taken up again"),
        "cause_named" => view.say("原因が判明", "cause found"),
        "check_requested" => view.say("点検を依頼", "check asked for"),
        "subscription_lost" => view.say("受信設定が外れた", "subscription lost"),
        "subscription_renewed" => view.say("受信設定を復旧", "subscription renewed"),
        "requested" => view.say("登録を依頼", "asked for"),
        "entered" => view.say("登録", "entered"),
        "replaced" => view.say("差し替え", "replaced"),
        "refreshed" => view.say("更新", "refreshed"),
        "checked" => view.say("確認", "checked"),
        "joined" => view.say("チャンネルに紐づけ", "given to channels"),
        "left" => view.say("紐づけを解除", "taken from channels"),
        "pages_changed" => view.say("対象ページの変更", "Pages changed"),
        "secret_replaced" => view.say("秘密鍵を作り直し", "secret replaced"),
        "tested" => view.say("テスト", "tested"),
        "replayed" => view.say("再処理", "replayed"),
        "associated" => view.say("チャンネルを割り当て", "given channels"),
        "dissociated" => view.say("チャンネルを解除", "channels taken away"),
        "retried" => view.say("再試行", "tried again"),
        "started" => view.say("開始", "started"),
        "finished" | "completed" => view.say("完了", "finished"),
        "finish_requested" => view.say("完了を依頼", "finish asked for"),
        "abandoned" => view.say("中断", "abandoned"),
        "consented" => view.say("同意", "consented"),
        "login_started" => view.say("ログインを開始", "login begun"),
        "logged_in" => view.say("ログイン", "logged in"),
        "login_failed" => view.say("ログインに失敗", "login failed"),
        "login_refused" | "refused" => view.say("拒否", "turned away"),
        "credentials_entered" => view.say("資格情報を入力", "credentials entered"),
        "blocked" => view.say("ブロック", "blocked"),
        "unblocked" => view.say("ブロックを解除", "unblocked"),
        "registered" => view.say("登録済みに変更", "registered"),
        "read" => view.say("閲覧", "read"),
        "listed" => view.say("一覧を閲覧", "listed"),
        "exported" => view.say("書き出し", "exported"),
        "searched" => view.say("検索", "searched"),
        other => other,
    }
}

/// `channel.held` in words.
pub(super) fn act(view: &View, act: &str) -> String {
    match act.split_once('.') {
        Some((of, what)) => format!("{}: {}", kind(view, of), verb(view, what)),
        None => act.to_owned(),
    }
}

/// Who acts, where it is no person.
pub(super) fn actor<'a>(view: &View, id: &'a str) -> &'a str {
    match id {
        "system" => view.say("システム", "The inbox"),
        "system:token-refresh" => view.say("資格情報の自動更新", "Refresh of credentials"),
        other => other,
    }
}

/// A field by its path.
pub(super) fn field<'a>(view: &View, path: &'a str) -> &'a str {
    match path {
        "name" | "display_name" => view.say("名前", "Name"),
        "kind" => view.say("種類", "Kind"),
        "brand" => view.say("ブランド", "Brand"),
        "department" => view.say("部門", "Department"),
        "description" => view.say("メモ", "Note"),
        "url" => view.say("送り先", "Address"),
        "events" => view.say("できごと", "Events"),
        "channels" => view.say("チャンネル", "Channels"),
        "role" => view.say("権限", "Role"),
        "color" => view.say("色", "Colour"),
        "words" => view.say("独自の言葉", "Own words"),
        "exceptions" => view.say("対象外の表現", "Exceptions"),
        "limit" => view.say("回数", "Limit"),
        "block" => view.say("ブロックする", "Blocks"),
        "on" => view.say("有効", "Switched on"),
        "japanese" => view.say("日本語リスト", "Japanese list"),
        "english" => view.say("英語リスト", "English list"),
        "status.state" => view.say("利用状態", "In use"),
        "health.state" => view.say("接続の状態", "Health"),
        "health.cause" => view.say("原因", "Cause"),
        "removed_at" => view.say("削除日時", "Removed"),
        "expires_at" => view.say("有効期限", "Ends"),
        "authorized_at" => view.say("認証日時", "Authorized"),
        "reason" => view.say("理由", "Reason"),
        "settings.idle_close_after_minutes" => view.say("無応答で完了（分）", "Closes when idle (minutes)"),
        "settings.unanswered_close_after_minutes" => {
            view.say("未返信で完了（分）", "Closes when unanswered (minutes)")
        }
        other => other,
    }
}

/// What a field held.
pub(super) fn value(view: &View, value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => "–".to_owned(),
        Some(Value::Bool(true)) => view.say("はい", "Yes").to_owned(),
        Some(Value::Bool(false)) => view.say("いいえ", "No").to_owned(),
        Some(Value::String(text)) => match text.parse::<Timestamp>() {
            Ok(at) => at.to_zoned(view.zone.clone()).strftime("%Y-%m-%d %H:%M:%S").to_string(),
            Err(_) => text.clone(),
        },
        Some(Value::Array(items)) => {
            let items: Vec<_> = items.iter().map(|item| self::value(view, Some(item))).collect();
            items.join(", ")
        }
        Some(other) => other.to_string(),
    }
}
