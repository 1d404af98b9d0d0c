//! Why somebody is not told, and what to do about it (NTF-6).

use serde::{Deserialize, Serialize};

use super::{Kind, Settings};
use crate::catalogue::Language;
use crate::time::Timestamp;

/// That an attempt failed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Refusal {
    /// When.
    pub at: Timestamp,
    /// What the service said: a code of the mail service, a status of a push service, or that it was not reached.
    pub code: String,
}

/// How the latest attempts to tell one person ended.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    /// The last e-mail, if it was refused; the next one that is taken clears it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mail: Option<Refusal>,
    /// The last push, in the same way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub push: Option<Refusal>,
    /// Counts the writes; every change is conditional on it.
    #[serde(default)]
    pub rev: u64,
}

impl Standing {
    /// Takes note of how an e-mail ended; false if that is no news.
    pub fn mailed(&mut self, refused: Option<Refusal>) -> bool {
        noted(&mut self.mail, refused)
    }

    /// Takes note of how a push ended; false if that is no news.
    pub fn pushed(&mut self, refused: Option<Refusal>) -> bool {
        noted(&mut self.push, refused)
    }
}

fn noted(place: &mut Option<Refusal>, refused: Option<Refusal>) -> bool {
    let code = |refusal: &Option<Refusal>| refusal.as_ref().map(|refusal| refusal.code.clone());
    let is_news = code(place) != code(&refused);
    if is_news {
        *place = refused;
    }
    is_news
}

/// What there is to look at.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is an answer to a question of its own")]
pub struct Look<'a> {
    /// What they have chosen.
    pub settings: &'a Settings,
    /// Whether they sign in with an address that e-mail can be sent to.
    pub has_address: bool,
    /// Whether the stack has an address to send from.
    pub has_mail_from: bool,
    /// How many of their browsers have subscribed.
    pub push_subscriptions: usize,
    /// How the latest attempts ended.
    pub standing: &'a Standing,
    /// Their switch.
    pub available: bool,
    /// Whether they see any channel that is in use.
    pub sees_a_channel: bool,
}

/// Why somebody is not told, or not of everything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// They see no channel: there is nothing to tell.
    NoChannelVisible,
    /// They have switched everything off.
    AllKindsOff,
    /// They want e-mail, and there is no address.
    NoEmailAddress,
    /// They want e-mail, and the stack has no address to send from.
    MailFromNotSet,
    /// The mail service refused the last e-mail.
    MailRefused(Refusal),
    /// They want to be told on the desktop, and no browser has subscribed: nothing is told while no page is open.
    NoPushSubscription,
    /// The push service refused the last push.
    PushRefused(Refusal),
    /// They want to be told of what is unassigned, which only those are who are available.
    AvailabilityOff,
}

/// What a person reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TroubleText {
    /// Why.
    pub cause: &'static str,
    /// What to do.
    pub remedy: &'static str,
}

/// All that is wrong, what keeps most from being told first.
pub fn troubles(look: &Look<'_>) -> Vec<Trouble> {
    let Look { settings, standing, .. } = look;
    let (email, desktop) = (settings.wants_email(), settings.wants_desktop());
    let mut found = Vec::new();
    let mut when = |is_so: bool, trouble: Trouble| {
        if is_so {
            found.push(trouble);
        }
    };
    when(!look.sees_a_channel, Trouble::NoChannelVisible);
    when(!email && !desktop, Trouble::AllKindsOff);
    when(email && !look.has_address, Trouble::NoEmailAddress);
    when(email && !look.has_mail_from, Trouble::MailFromNotSet);
    if let Some(refusal) = standing.mail.as_ref().filter(|_| email) {
        when(true, Trouble::MailRefused(refusal.clone()));
    }
    when(desktop && look.push_subscriptions == 0, Trouble::NoPushSubscription);
    if let Some(refusal) = standing.push.as_ref().filter(|_| desktop && look.push_subscriptions > 0) {
        when(true, Trouble::PushRefused(refusal.clone()));
    }
    when(settings.wants(Kind::Unassigned) && !look.available, Trouble::AvailabilityOff);
    found
}

impl Trouble {
    /// The stable public id.
    pub const fn public_id(&self) -> &'static str {
        match self {
            Self::NoChannelVisible => "no_channel_visible",
            Self::AllKindsOff => "all_kinds_off",
            Self::NoEmailAddress => "no_email_address",
            Self::MailFromNotSet => "mail_from_not_set",
            Self::MailRefused(_) => "mail_refused",
            Self::NoPushSubscription => "no_push_subscription",
            Self::PushRefused(_) => "push_refused",
            Self::AvailabilityOff => "availability_off",
        }
    }

    /// What the service said, where one refused something.
    pub const fn refusal(&self) -> Option<&Refusal> {
        match self {
            Self::MailRefused(refusal) | Self::PushRefused(refusal) => Some(refusal),
            _ => None,
        }
    }

    /// Cause and remedy.
    pub const fn text(&self, language: Language) -> TroubleText {
        let (cause, remedy) = match language {
            Language::En => self.english(),
            Language::Ja => self.japanese(),
        };
        TroubleText { cause, remedy }
    }

    const fn english(&self) -> (&'static str, &'static str) {
        match self {
            Self::NoChannelVisible => {
                ("You see no channel.", "Ask an administrator to add you to the channels that you work on.")
            }
            Self::AllKindsOff => (
                "Every kind of notification is switched off.",
                "Switch on what you want to be told of, and save.",
            ),
            Self::NoEmailAddress => (
                "Your account has no e-mail address.",
                "Ask an administrator to have your sign-in name be an e-mail address at the identity \
                 provider, and sign in again.",
            ),
            Self::MailFromNotSet => (
                "No address to send e-mail from is set.",
                "Ask a maintainer to set the parameter MailFrom to an address that is verified in SES.",
            ),
            Self::MailRefused(_) => (
                "The mail service refused the last e-mail to you.",
                "Send yourself a test. If that is refused, too, tell a maintainer the code: the address MailFrom must be \
                 verified in SES and, while SES is in its sandbox, yours as well.",
            ),
            Self::NoPushSubscription => (
                "No browser of yours has subscribed: nothing is shown while no page of the inbox is open.",
                "Open the settings in the browser that you work with, switch on desktop notifications and allow \
                 them when the browser asks.",
            ),
            Self::PushRefused(_) => (
                "The browser's push service refused the last notification.",
                "Switch desktop notifications off and on again in that browser, and send yourself a test.",
            ),
            Self::AvailabilityOff => (
                "You are not available: of unassigned conversations only those are told who are.",
                "Switch yourself to available.",
            ),
        }
    }

    const fn japanese(&self) -> (&'static str, &'static str) {
        match self {
            Self::NoChannelVisible => {
                ("閲覧できるチャネルがありません。", "担当するチャネルへの追加を管理者に依頼してください。")
            }
            Self::AllKindsOff => {
                ("すべての通知がオフになっています。", "受け取りたい通知をオンにして保存してください。")
            }
            Self::NoEmailAddress => (
                "アカウントにメールアドレスがありません。",
                "サインイン名をメールアドレスにするよう管理者に依頼し、もう一度サインインしてください。",
            ),
            Self::MailFromNotSet => (
                "送信元のメールアドレスが設定されていません。",
                "SESで検証済みのアドレスをパラメータMailFromに設定するよう、保守担当者に依頼してください。",
            ),
            Self::MailRefused(_) => (
                "あなた宛ての直近のメールがメールサービスに拒否されました。",
                "テストを送信してください。それも拒否される場合は、コードを保守担当者に伝えてください。\
                 MailFromのアドレスはSESでの検証が必要です。SESがサンドボックスの間は、あなたのアドレスも検証が必要です。",
            ),
            Self::NoPushSubscription => (
                "通知を受け取るブラウザーが登録されていません。受信箱のページを開いていない間は何も表示されません。",
                "業務で使うブラウザーで通知設定を開き、デスクトップ通知をオンにして、ブラウザーの確認で許可してください。",
            ),
            Self::PushRefused(_) => (
                "直近の通知がブラウザーのプッシュサービスに拒否されました。",
                "そのブラウザーでデスクトップ通知をオフにしてから再びオンにし、テストを送信してください。",
            ),
            Self::AvailabilityOff => (
                "対応不可になっています。未割当の会話は、対応可能な担当者だけに通知されます。",
                "対応可能に切り替えてください。",
            ),
        }
    }
}
