//! What stands in the way of connecting, in words for the administrator.

use serde::{Deserialize, Serialize};

use crate::catalogue::Language;
use crate::credential::Cause;

/// What stands in the way. Ids are public and never change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "id", rename_all = "snake_case")]
pub enum SetupProblem {
    /// The consent text has changed since it was accepted.
    ConsentOutdated,
    /// The person pressed Cancel in the dialog.
    LoginDenied,
    /// Facebook answered the login with an error.
    LoginRefused,
    /// The login worked once and does no longer.
    LoginEnded {
        /// Why.
        cause: Cause,
    },
    /// A permission was not granted (CHN-8).
    ScopeLeftOut {
        /// As Meta spells it.
        scope: String,
    },
    /// The Page was not ticked in the dialog.
    PageNotTicked,
    /// The login does not list the Page.
    PageNotListed,
    /// The person may not answer messages of the Page.
    PageRoleMissing,
    /// The account has a channel.
    ChannelExists {
        /// Who connected it; `None` of channels of earlier releases.
        installer: Option<String>,
    },
    /// The account had a channel, which was deleted.
    ChannelDeleted,
    /// As many channels of a kind as there are departments (CHN-13).
    TooManyChannels {
        /// How many are allowed.
        departments: usize,
    },
    /// The provider refused a call that must work.
    ProviderRefused {
        /// Its code, for maintainers; never a token.
        detail: String,
    },
    /// The provider gave no verdict.
    ProviderUnavailable,
}

/// What a person reads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Advice {
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub remedy: String,
}

impl SetupProblem {
    /// The stable id.
    pub const fn public_id(&self) -> &'static str {
        match self {
            Self::ConsentOutdated => "consent_outdated",
            Self::LoginDenied => "login_denied",
            Self::LoginRefused => "login_refused",
            Self::LoginEnded { .. } => "login_ended",
            Self::ScopeLeftOut { .. } => "scope_left_out",
            Self::PageNotTicked => "page_not_ticked",
            Self::PageNotListed => "page_not_listed",
            Self::PageRoleMissing => "page_role_missing",
            Self::ChannelExists { .. } => "channel_exists",
            Self::ChannelDeleted => "channel_deleted",
            Self::TooManyChannels { .. } => "too_many_channels",
            Self::ProviderRefused { .. } => "provider_refused",
            Self::ProviderUnavailable => "provider_unavailable",
        }
    }

    /// What it means and what to do.
    pub fn advice(&self, language: Language) -> Advice {
        let (message, remedy) = match language {
            Language::En => self.english(),
            Language::Ja => self.japanese(),
        };
        Advice { message, remedy }
    }

    fn english(&self) -> (String, String) {
        let (message, remedy) = match self {
            Self::ConsentOutdated => (
                "The consent text has changed since it was accepted.",
                "Read the current text and accept it.",
            ),
            Self::LoginDenied => (
                "The login was canceled at Facebook.",
                "Log in again and allow what is asked for; without it no Page can be connected.",
            ),
            Self::LoginRefused => (
                "Facebook did not accept the login.",
                "Log in again; if it stays, have a maintainer compare the app's id, secret and redirect address with its \
                 settings at Meta.",
            ),
            Self::LoginEnded { cause } => {
                return (
                    format!("The login at Facebook does not work any more ({cause})."),
                    cause.remedy().to_owned(),
                );
            }
            Self::ScopeLeftOut { scope } => {
                return (
                    format!("The permission {scope} was not granted."),
                    "Log in again, choose to edit the settings, and allow every permission.".to_owned(),
                );
            }
            Self::PageNotTicked => (
                "The Page was not ticked when the permissions were granted.",
                "Log in again, choose to edit the settings, and tick the Page.",
            ),
            Self::PageNotListed => (
                "Facebook does not list this Page for the person who logged in.",
                "Log in as somebody who manages the Page, or tick the Page in the dialog.",
            ),
            Self::PageRoleMissing => (
                "The person who logged in may not answer messages of this Page.",
                "Have an administrator of the Page grant the task Messages in the business settings, or log in as somebody \
                 who has it.",
            ),
            Self::ChannelExists { installer } => {
                let by = installer.as_ref().map(|who| format!(" by {who}")).unwrap_or_default();
                return (
                    format!("This Page is connected already{by}."),
                    "Authorize its channel anew instead, or leave the Page out.".to_owned(),
                );
            }
            Self::ChannelDeleted => (
                "This Page was connected before and its channel was deleted.",
                "Choose the Page with `resume` to go on with the same conversations.",
            ),
            Self::TooManyChannels { departments } => {
                return (
                    format!("Each kind may have as many channels as there are departments ({departments})."),
                    "Add a department first, or delete a channel.".to_owned(),
                );
            }
            Self::ProviderRefused { detail } => {
                return (
                    format!("Facebook refused a call for this Page ({detail})."),
                    "Finish again; if it stays, log in again and grant every permission.".to_owned(),
                );
            }
            Self::ProviderUnavailable => ("Facebook did not answer.", "Finish again in a few minutes."),
        };
        (message.to_owned(), remedy.to_owned())
    }

    fn japanese(&self) -> (String, String) {
        let (message, remedy) = match self {
            Self::ConsentOutdated => {
                ("同意書は、同意の後に改定されました。", "最新の同意書を読み、同意してください。")
            }
            Self::LoginDenied => (
                "Facebookでのログインがキャンセルされました。",
                "もう一度ログインし、求められる権限をすべて許可してください。許可がないとページを接続できません。",
            ),
            Self::LoginRefused => (
                "Facebookがログインを受け付けませんでした。",
                "もう一度ログインしてください。繰り返す場合は、アプリのID・シークレット・リダイレクト先がMetaの設定と一致するか、\
                 保守担当者に確認を依頼してください。",
            ),
            Self::LoginEnded { cause } => {
                return (
                    format!("Facebookのログインが無効になりました（{cause}）。"),
                    "もう一度ログインしてください。".to_owned(),
                );
            }
            Self::ScopeLeftOut { scope } => {
                return (
                    format!("権限 {scope} が許可されていません。"),
                    "もう一度ログインし、「設定を編集」を選んで、すべての権限を許可してください。".to_owned(),
                );
            }
            Self::PageNotTicked => (
                "権限を許可する際に、このページが選択されていません。",
                "もう一度ログインし、「設定を編集」を選んで、このページにチェックを入れてください。",
            ),
            Self::PageNotListed => (
                "ログインした方の一覧に、このページがありません。",
                "ページの管理者としてログインするか、画面でこのページにチェックを入れてください。",
            ),
            Self::PageRoleMissing => (
                "ログインした方には、このページのメッセージに返信する権限がありません。",
                "ページの管理者にビジネス設定で「メッセージ」の権限を付与してもらうか、権限のある方がログインしてください。",
            ),
            Self::ChannelExists { installer } => {
                let by = installer.as_ref().map(|who| format!("{who}さんによって")).unwrap_or_default();
                return (
                    format!("このページは{by}すでに接続されています。"),
                    "既存のチャネルを再認証するか、このページを選択から外してください。".to_owned(),
                );
            }
            Self::ChannelDeleted => (
                "このページは以前に接続され、そのチャネルは削除されました。",
                "同じ会話を続けるには、「resume」を指定してページを選択してください。",
            ),
            Self::TooManyChannels { departments } => {
                return (
                    format!("種類ごとのチャネル数は、部門の数（{departments}）までです。"),
                    "先に部門を追加するか、チャネルを削除してください。".to_owned(),
                );
            }
            Self::ProviderRefused { detail } => {
                return (
                    format!("Facebookがこのページの呼び出しを拒否しました（{detail}）。"),
                    "もう一度「完了」を押してください。繰り返す場合は、ログインし直してすべての権限を許可してください。"
                        .to_owned(),
                );
            }
            Self::ProviderUnavailable => {
                ("Facebookが応答しませんでした。", "数分後にもう一度「完了」を押してください。")
            }
        };
        (message.to_owned(), remedy.to_owned())
    }
}
