//! Clients of the API (OPS-1): programs get their token from the identity provider; this page tells how.

use std::sync::Arc;

use axum::Router;
use axum::routing::get;
use maud::{Markup, html};

use crate::Console;
use crate::assets::address;
use crate::parts::{self, Icon, icon};
use crate::view::View;

pub(super) fn routes() -> Router<Arc<Console>> {
    Router::new().route("/console/settings/api", get(show))
}

async fn show(view: View) -> Markup {
    let title = view.say("API クライアント", "API clients");
    let lead = view.say(
        "この画面でできることは、すべて API でもできます。プログラムは、認証基盤（Cognito など）で発行した専用のクライアントで接続します。",
        "Everything that these pages do, a program can do. It connects as a client of its own, made in the identity provider (such as Cognito).",
    );
    let acts = html! {
        a.button href=(address("openapi.yaml")) download="openapi.yaml" { (icon(Icon::Download)) (view.say("API の仕様（OpenAPI）", "Description of the API (OpenAPI)")) }
    };
    let content = html! {
        (parts::heading(title, lead, &acts))
        (steps(&view))
        (scopes(&view))
        (manners(&view))
    };
    super::page(&view, "api", title, &content)
}

const MAKE: &str = "aws cognito-idp create-user-pool-client --user-pool-id \"$USER_POOL_ID\" --client-name crm --generate-secret \\
  --allowed-o-auth-flows-user-pool-client --allowed-o-auth-flows client_credentials \\
  --allowed-o-auth-scopes madoguchi/conversations:read madoguchi/messages:write
make deploy OPTIONS=\"ApiClientIds=$CLIENT_ID\"";

const TOKEN: &str = "TOKEN_URL=https://$SIGN_IN_DOMAIN.auth.$AWS_REGION.amazoncognito.com/oauth2/token
token=$(curl -su \"$CLIENT_ID:$CLIENT_SECRET\" \"$TOKEN_URL\" -d grant_type=client_credentials | jq -r .access_token)";

const CALL: &str = "curl -s -H \"Authorization: Bearer $token\" \"$API/api/conversations?limit=10\"

curl -s -X POST -H \"Authorization: Bearer $token\" -H \"Idempotency-Key: order-4711-shipped\" \\
  -d '{\"text\": \"発送しました。\"}' \"$API/api/conversations/$CONVERSATION_ID/messages\"";

fn steps(view: &View) -> Markup {
    let steps = [
        (
            view.say("クライアントを作る", "Make a client"),
            view.say(
                "認証基盤で、必要な権限（スコープ）だけを持つクライアントを作り、その ID をスタックの ApiClientIds に加えます（複数はカンマ区切り）。外したクライアントは、すぐに使えなくなります。",
                "In the identity provider, with the scopes that it needs and no more; then add its id to the stack's ApiClientIds (several between commas). A client that is left out is shut out.",
            ),
            MAKE,
        ),
        (
            view.say("トークンを取得する", "Get a token"),
            view.say(
                "SignInDomain はスタックの出力にあります。トークンは1時間有効です。使い回すと費用を抑えられます。",
                "SignInDomain is among the stack's outputs. A token is good for an hour; keep it for as long.",
            ),
            TOKEN,
        ),
        (
            view.say("API を呼び出す", "Call the API"),
            view.say(
                "API のアドレスもスタックの出力にあります。POST には Idempotency-Key を付けると、繰り返しても1回だけ実行されます。",
                "The API's address is among the outputs, too. With an Idempotency-Key a POST is done once, however often it is repeated.",
            ),
            CALL,
        ),
    ];
    html! {
        section.card {
            h2 { (view.say("つなぎ方", "How to connect")) }
            ol.steps {
                @for (name, words, code) in steps {
                    li {
                        h3 { (name) }
                        p { (words) }
                        (snippet(view, code))
                    }
                }
            }
        }
    }
}

/// Code to copy.
pub(super) fn snippet(view: &View, code: &str) -> Markup {
    html! {
        div.snippet {
            pre tabindex="0" { code { (code) } }
            button.icon-button.small type="button" data-copy=(code) title=(view.say("コピー", "Copy")) data-copied=(view.say("コピーしました", "Copied")) {
                (icon(Icon::Copy)) span.sr { (view.say("コピー", "Copy")) }
            }
        }
    }
}

fn scopes(view: &View) -> Markup {
    let rows = [
        (
            "conversations:read",
            view.say(
                "すべてのチャンネルの会話・メッセージ・ファイルを読む",
                "Read conversations, messages and files of every channel",
            ),
        ),
        ("messages:write", view.say("返信、完了、再開", "Answer, close, reopen")),
        (
            "settings:read",
            view.say("チャンネル・ブランド・部門を見る", "See channels, brands and departments"),
        ),
        (
            "settings:write",
            view.say(
                "それらとメンバー、Webhook を変更し、隔離を再処理する",
                "Change them, people's channels and webhooks; replay the quarantine",
            ),
        ),
        ("audit:read", view.say("監査ログの検索と書き出し", "Search and export the audit log")),
    ];
    html! {
        section.card {
            h2 { (view.say("権限（スコープ）", "Scopes")) }
            p { (view.say("Cognito では、それぞれの前に madoguchi/ を付けます。", "In Cognito each stands behind madoguchi/.")) }
            div.table-scroll { table {
                thead { tr { th scope="col" { (view.say("スコープ", "Scope")) } th scope="col" { (view.say("できること", "Allows")) } } }
                tbody { @for (scope, words) in rows { tr { td { code { (scope) } } td { (words) } } } }
            } }
        }
    }
}

fn manners(view: &View) -> Markup {
    html! {
        section.card {
            h2 { (view.say("知っておくこと", "Good to know")) }
            ul.plain-list {
                li { (view.say("プログラムが書いた返信は、人の返信とは扱われません。会話は「未対応」のまま残ります。", "What a program writes is no person's answer: the conversation stays unanswered.")) }
                li { (view.say("資格情報の入力や、担当者名での返信はできません。", "No scope lets a program enter credentials or write under a person's name.")) }
                li { (view.say("1クライアントあたり10秒間に100リクエストまでです。超えると 429 と Retry-After を返します。", "A client has 100 requests in each ten seconds; beyond that comes 429 with Retry-After.")) }
                li { (view.say("プログラムの操作も監査ログに client:… として残ります。", "What programs do is in the audit log as client:….")) " " a href="/console/settings/audit" { (view.say("監査ログを見る", "Open the audit log")) } }
                li { (view.say("できごとの通知を受け取るには Webhook を使います。", "To be told what happens, use webhooks.")) " " a href="/console/settings/webhooks" { (view.say("Webhook の設定", "Webhooks")) } }
            }
        }
    }
}
