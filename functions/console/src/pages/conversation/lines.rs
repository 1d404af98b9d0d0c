//! The lines between the messages: what happened, in words.

use jiff::Timestamp;

use super::model::Message;
use crate::parts::Icon;
use crate::view::View;

/// What a line shows.
pub(super) struct Line {
    pub(super) icon: Icon,
    pub(super) text: String,
    /// A ticket that it leads to.
    pub(super) ticket: Option<String>,
    /// It begins a new episode.
    pub(super) begins: bool,
}

impl Line {
    fn new(icon: Icon, text: impl Into<String>) -> Self {
        Self { icon, text: text.into(), ticket: None, begins: false }
    }
}

/// Names of people by their id.
pub(super) type Names<'a> = &'a dyn Fn(&str) -> Option<String>;

/// What `message`, a line of the timeline, tells.
#[expect(clippy::too_many_lines, reason = "a table: what each line of the timeline says")]
pub(super) fn line(view: &View, message: &Message, names: Names<'_>) -> Line {
    let detail = message.text.as_deref().unwrap_or_default();
    let fact = |name: &str| message.details.get(name).map(String::as_str);
    let somebody = || view.say("担当者", "Somebody").to_owned();
    let person = |role: &str| {
        let named = fact(&format!("{role}_name")).map(str::to_owned);
        named.or_else(|| fact(role).and_then(names)).unwrap_or_else(somebody)
    };
    let by = || {
        let id = fact("operator_id").or_else(|| fact("operator")).or_else(|| fact("by"));
        id.and_then(names).or_else(|| fact("by_name").map(str::to_owned)).unwrap_or_else(somebody)
    };
    match message.kind.as_str() {
        "closed" => {
            let why = closed(view, detail);
            let with = fact("label")
                .map(|label| view.fill("（ラベル：{}）", " (label: {})", label))
                .unwrap_or_default();
            Line::new(Icon::CircleCheck, format!("{why}{with}"))
        }
        "reopened" | "began_anew" => Line {
            begins: true,
            ..Line::new(
                Icon::RotateCcw,
                match detail {
                    "customer" => view
                        .say("お客様のメッセージで再開しました", "Reopened by the customer's message")
                        .to_owned(),
                    "reply" => view.say("返信により再開しました", "Reopened by a reply").to_owned(),
                    id => match names(id) {
                        Some(name) => view.fill("{}さんが再開しました", "{} reopened it", &name),
                        None => view.say("再開しました", "Reopened").to_owned(),
                    },
                },
            )
        },
        "assigned" => Line::new(Icon::UserCheck, assigned(view, detail, &person("to"), &person("by"))),
        "unassigned" => Line::new(
            Icon::UserX,
            match detail {
                "access_lost" => view.fill(
                    "{}さんがチャンネルから外れたため、担当者なしになりました",
                    "Unassigned: {} no longer sees the channel",
                    &person("from"),
                ),
                _ => view.fill("{}さんが担当を外しました", "{} unassigned it", &person("by")),
            },
        ),
        "transferred" => {
            let department = fact("department_name").unwrap_or("—");
            let to =
                fact("to_name").map(|name| view.fill("（担当：{}）", " (to {})", name)).unwrap_or_default();
            let moved = view.fill("「{}」へ転送しました", "Transferred to “{}”", department);
            Line::new(Icon::ArrowRightLeft, format!("{}: {moved}{to}", person("by")))
        }
        "snoozed" => {
            let until = fact("until").and_then(|at| at.parse::<Timestamp>().ok());
            let text = match until {
                Some(at) => view.fill("{}まで保留しました", "Snoozed until {}", &view.moment(at)),
                None => view
                    .say("お客様から連絡があるまで保留しました", "Snoozed until the customer writes")
                    .to_owned(),
            };
            Line::new(Icon::AlarmClock, format!("{}: {text}", by()))
        }
        "woken" => Line::new(
            Icon::BellRing,
            if detail == "time" {
                view.say("時間になったため保留から戻りました", "Back from snooze: the time has come")
                    .to_owned()
            } else {
                view.fill("{}さんが保留を解除しました", "{} ended the snooze", &by())
            },
        ),
        "done" => Line::new(
            Icon::CheckCheck,
            view.fill("{}さんが対応完了にしました", "{} marked it as done", &by()),
        ),
        "not_done" => Line::new(
            Icon::Undo2,
            view.fill("{}さんが対応完了を取り消しました", "{} took “done” back", &by()),
        ),
        "mode_switched" => Line::new(
            if detail == "bot" { Icon::Bot } else { Icon::Headset },
            switched(view, detail, fact("why"), fact("operator").and_then(names)),
        ),
        "labeled" => Line::new(
            Icon::Tag,
            format!(
                "{}: {}",
                by_label(message, names).unwrap_or_else(somebody),
                view.fill("ラベル「{}」を付けました", "label “{}” added", detail)
            ),
        ),
        "unlabeled" => Line::new(
            Icon::Tag,
            format!(
                "{}: {}",
                by_label(message, names).unwrap_or_else(somebody),
                view.fill("ラベル「{}」を外しました", "label “{}” removed", detail)
            ),
        ),
        "blocked" => Line::new(
            Icon::Ban,
            if detail == "abuse" && fact("operator").is_none() {
                view.say(
                    "不適切な発言が続いたため、自動でブロックしました",
                    "Blocked automatically for abusive messages",
                )
                .to_owned()
            } else {
                format!(
                    "{}: {}",
                    by(),
                    view.fill("お客様をブロックしました（{}）", "blocked the customer ({})", detail)
                )
            },
        ),
        "unblocked" => {
            let dropped = fact("dropped").filter(|count| *count != "0");
            let lost = dropped
                .map(|count| {
                    view.fill(
                        "（その間の{}件は破棄されました）",
                        " ({} messages were dropped meanwhile)",
                        count,
                    )
                })
                .unwrap_or_default();
            Line::new(
                Icon::CircleCheck,
                format!("{}: {}{lost}", by(), view.say("ブロックを解除しました", "unblocked the customer")),
            )
        }
        "ticket_created" => {
            let number = fact("number").unwrap_or(detail);
            Line {
                ticket: fact("number").map(str::to_owned),
                ..Line::new(
                    Icon::Ticket,
                    view.fill("チケット #{} を作成しました", "Ticket #{} created", number),
                )
            }
        }
        "scheduled_not_sent" => Line::new(Icon::CalendarClock, not_sent(view, detail)),
        "followed" => Line::new(
            Icon::UserPlus,
            if detail == "unblocked" {
                view.say("お客様がブロックを解除しました", "The customer unblocked the account")
            } else {
                view.say("お客様が友だち追加しました", "The customer added the account as a friend")
            },
        ),
        "unfollowed" => Line::new(
            Icon::UserX,
            view.say("お客様がアカウントをブロックしました", "The customer blocked the account"),
        ),
        "opted_out" => Line::new(
            Icon::BellOff,
            view.say(
                "お客様が配信停止（STOP）を希望しました。START まで送信できません。",
                "The customer sent STOP: nothing may be sent until START",
            ),
        ),
        "opted_in" => Line::new(
            Icon::Bell,
            view.say("お客様が受信に同意しました", "The customer agreed to be written to"),
        ),
        "referral" => {
            let what = fact("title")
                .or_else(|| fact("ad_id"))
                .or_else(|| fact("ref"))
                .or_else(|| fact("source"))
                .unwrap_or(detail);
            Line::new(
                Icon::ExternalLink,
                if fact("ad_id").is_some() {
                    view.fill("広告から来訪：{}", "Came by an advertisement: {}", what)
                } else {
                    view.fill("リンクから来訪：{}", "Came by a link: {}", what)
                },
            )
        }
        "joined_group" => {
            Line::new(Icon::Users, view.say("グループに参加しました", "The account joined the group"))
        }
        "left_group" => {
            Line::new(Icon::Users, view.say("グループから退出しました", "The account left the group"))
        }
        "members_joined" => {
            Line::new(Icon::UserPlus, view.fill("{}人が参加しました", "{} joined", &count(detail)))
        }
        "members_left" => Line::new(Icon::UserX, view.fill("{}人が退出しました", "{} left", &count(detail))),
        "menu_switched" => Line::new(
            Icon::LayoutGrid,
            view.fill("リッチメニューを切り替えました：{}", "Switched the rich menu: {}", detail),
        ),
        "beacon" => Line::new(Icon::Wifi, view.fill("ビーコン：{}", "Beacon: {}", detail)),
        "video_played" => {
            Line::new(Icon::Video, view.say("動画を最後まで視聴しました", "The video was watched to its end"))
        }
        "account_link" => Line::new(Icon::Link, view.fill("アカウント連携：{}", "Account link: {}", detail)),
        "membership" => Line::new(Icon::Star, view.fill("メンバーシップ：{}", "Membership: {}", detail)),
        "control_passed" => Line::new(
            Icon::ArrowRightLeft,
            view.fill("会話の制御が移りました：{}", "The chat was handed to: {}", app(view, detail)),
        ),
        "control_taken" => Line::new(
            Icon::Lock,
            view.fill(
                "ほかのアプリが会話を引き取りました：{}",
                "Another app took the chat: {}",
                app(view, detail),
            ),
        ),
        "control_requested" => Line::new(
            Icon::Hand,
            view.fill(
                "ほかのアプリが会話を求めています：{}",
                "Another app asks for the chat: {}",
                app(view, detail),
            ),
        ),
        other => {
            let word = other.strip_prefix("provider:").unwrap_or(other).replace('_', " ");
            Line::new(Icon::Info, view.fill("その他の出来事：{}", "Other event: {}", &word))
        }
    }
}

fn by_label(message: &Message, names: Names<'_>) -> Option<String> {
    let named = message.details.get("operator").cloned();
    named.or_else(|| message.details.get("operator_id").and_then(|id| names(id)))
}

fn count(members: &str) -> String {
    members.split_whitespace().count().to_string()
}

const fn app<'a>(view: &View, detail: &'a str) -> &'a str {
    match detail.as_bytes() {
        b"page_inbox" => view.say("Metaの受信箱", "Meta's inbox"),
        b"" => "—",
        _ => detail,
    }
}

fn closed(view: &View, reason: &str) -> String {
    match reason {
        "operator" => view.say("完了しました", "Closed"),
        "unanswered" => view.say(
            "未対応のまま時間が過ぎたため、自動で完了しました",
            "Closed by itself: nobody answered in time",
        ),
        "idle" => view.say("やり取りがないため、自動で完了しました", "Closed by itself: neither side wrote"),
        "reply_limit" => view.say(
            "返信できる期間（7日）が過ぎたため、自動で完了しました",
            "Closed by itself: the 7 days to answer were over",
        ),
        "bot_timer" => view.say(
            "ボット対応中にやり取りがないため、自動で完了しました",
            "Closed by itself: quiet while the bot had it",
        ),
        "abuse" => view.say(
            "不適切な発言が上限に達したため、自動で完了しました",
            "Closed by itself: too many offensive messages",
        ),
        "channel_removed" => {
            view.say("チャンネルの削除により完了しました", "Closed: the channel was deleted")
        }
        other => return view.fill("完了しました（{}）", "Closed ({})", other),
    }
    .to_owned()
}

fn assigned(view: &View, why: &str, to: &str, by: &str) -> String {
    match why {
        "round_robin" | "least_busy" => {
            view.fill("{}さんに自動で割り当てました", "Assigned to {} by the channel's rule", to)
        }
        "returned" => view.fill("前回の担当の{}さんに戻りました", "Back with {}, who had it before", to),
        _ if to == by => view.fill("{}さんが担当になりました", "{} took it", to),
        _ => format!("{by}: {}", view.fill("{}さんに割り当てました", "assigned it to {}", to)),
    }
}

fn switched(view: &View, mode: &str, why: Option<&str>, operator: Option<String>) -> String {
    let what = if mode == "bot" {
        view.say("ボットの応答に切り替えました", "The bot answers now")
    } else {
        view.say("オペレーターの応答に切り替えました", "People answer now")
    };
    let why = match why {
        Some("customer_asked") => view.say("お客様の希望", "the customer asked").to_owned(),
        Some("bot_asked") => view.say("ボットからの引き継ぎ", "the bot handed it over").to_owned(),
        Some("no_answer") => view.say("ボットが答えられなかったため", "the bot knew no answer").to_owned(),
        Some("bot_failed") => view.say("ボットの障害", "the bot failed").to_owned(),
        Some("time") => view.say("時間による自動切り替え", "by time").to_owned(),
        _ => match operator {
            Some(name) => name,
            None => return what.to_owned(),
        },
    };
    format!("{what}{}", view.fill("（{}）", " ({})", &why))
}

fn not_sent(view: &View, why: &str) -> String {
    let why = match why {
        "customer_wrote_first" => view.say("お客様から先に連絡がありました", "the customer wrote first"),
        "author_left" => {
            view.say("作成者がこのチャンネルを離れました", "its author no longer sees the channel")
        }
        "only_the_assignee" => view.say("担当者が変わりました", "somebody else has it now"),
        "conversation_completed" => view.say("会話が完了していました", "the chat was completed"),
        other => other,
    };
    view.fill("送信予約を取り消しました：{}", "A scheduled reply was not sent: {}", why)
}
