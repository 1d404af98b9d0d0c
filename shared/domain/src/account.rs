//! What of an account's settings at its provider gets in the way of an inbox, in words for administrators (CHN-2,
//! AUT-13): what no call of ours can change, or what somebody changed since.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::catalogue::Language;
use crate::checkup::Light;

/// Whether people answer in the LINE Official Account Manager too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChatMode {
    /// "Chat" is on.
    Chat,
    /// "Chat" is off: webhooks only.
    Bot,
}

/// What went wrong when the provider tried our address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TestFault {
    /// It could not connect.
    NotReached,
    /// It does not trust the certificate.
    Certificate,
    /// It waited in vain for an answer.
    TooSlow,
    /// We answered with an error.
    Refused,
    /// It does not say.
    Other,
}

/// What a LINE account says of itself; `None` where it was not asked or said nothing that we know.
#[derive(Clone, Copy, Debug, Default)]
pub struct LineSetup<'a> {
    /// Where webhooks should go.
    pub wanted: &'a str,
    /// Where they go, and whether they are sent at all; the inner `None`: no address is set.
    pub endpoint: Option<Option<(&'a str, bool)>>,
    /// How LINE's try of the address went; the inner `None`: well.
    pub test: Option<Option<TestFault>>,
    /// Whether people answer in the OA Manager too.
    pub chat_mode: Option<ChatMode>,
    /// Whether LINE marks messages as read by itself.
    pub reads_by_itself: Option<bool>,
}

/// What a sender at Twilio calls.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SenderSetup {
    /// The address for messages that come in.
    pub inbound: Option<String>,
    /// Something else decides where messages go, so that the address does not count.
    pub taken_over: bool,
    /// WhatsApp: the sender is not online.
    pub offline: bool,
}

/// WhatsApp's number for trying out belongs to Twilio: its addresses are entered in the console only ("Sandbox
/// settings").
pub fn is_sandbox(address: &str) -> bool {
    address == "whatsapp:+14155238886"
}

/// One thing to know about an account. Ids are public and never change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AccountNote {
    /// No address for webhooks is set.
    WebhookUnset,
    /// Webhooks go to another address than ours.
    WebhookElsewhere,
    /// The address is set, and "Use webhook" is off. Only the console can switch it on.
    WebhookOff,
    /// The provider could not connect to our address.
    WebhookNotReached,
    /// The provider does not trust our certificate.
    WebhookCertificate,
    /// Our answer came too late.
    WebhookTooSlow,
    /// We answered the provider's try with an error.
    WebhookRefused,
    /// The provider's try failed for a reason that it does not tell.
    WebhookFailed,
    /// Answers that people write in the OA Manager do not appear in the inbox.
    AnsweredElsewhereToo,
    /// LINE marks every message as read as soon as it comes.
    ReadByItself,
    /// Twilio: the account has no such sender that could be set by a call.
    SenderByHand,
    /// Twilio: the sender calls no address, or another one than ours.
    SenderElsewhere,
    /// Twilio: an application, or each number of a service, decides where messages go.
    SenderTakenOver,
    /// Twilio: the WhatsApp sender is not online.
    SenderOffline,
    /// Twilio: the account is on trial.
    TrialAccount,
}

/// What a person reads about a note.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoteText {
    /// What is the matter.
    pub message: &'static str,
    /// What to do, if one wants it otherwise.
    pub remedy: &'static str,
}

/// What gets in the way on a LINE account, the worst first.
pub fn of_line(setup: &LineSetup<'_>) -> Vec<AccountNote> {
    let mut notes = Vec::new();
    match setup.endpoint {
        Some(None) => notes.push(AccountNote::WebhookUnset),
        Some(Some((address, _))) if address != setup.wanted => notes.push(AccountNote::WebhookElsewhere),
        Some(Some((_, false))) => notes.push(AccountNote::WebhookOff),
        Some(Some((_, true))) | None => {}
    }
    // Of an address that is not ours a try says nothing about us.
    let ours = notes.iter().all(|note| *note == AccountNote::WebhookOff);
    if let Some(Some(fault)) = setup.test.filter(|_| ours) {
        notes.push(match fault {
            TestFault::NotReached => AccountNote::WebhookNotReached,
            TestFault::Certificate => AccountNote::WebhookCertificate,
            TestFault::TooSlow => AccountNote::WebhookTooSlow,
            TestFault::Refused => AccountNote::WebhookRefused,
            TestFault::Other => AccountNote::WebhookFailed,
        });
    }
    if setup.reads_by_itself == Some(true) {
        notes.push(AccountNote::ReadByItself);
    }
    if setup.chat_mode == Some(ChatMode::Chat) {
        notes.push(AccountNote::AnsweredElsewhereToo);
    }
    notes
}

/// What gets in the way of a sender at Twilio, the worst first. `wanted` is where its messages should go; `sender` is
/// `None` where the account has none such.
pub fn of_twilio(wanted: &str, sender: Option<&SenderSetup>, trial: bool) -> Vec<AccountNote> {
    let mut notes = Vec::new();
    match sender {
        None => notes.push(AccountNote::SenderByHand),
        Some(sender) => {
            if sender.inbound.as_deref() != Some(wanted) {
                notes.push(AccountNote::SenderElsewhere);
            }
            if sender.taken_over {
                notes.push(AccountNote::SenderTakenOver);
            }
            if sender.offline {
                notes.push(AccountNote::SenderOffline);
            }
        }
    }
    if trial {
        notes.push(AccountNote::TrialAccount);
    }
    notes
}

impl AccountNote {
    /// Every note, for tables and tests.
    pub const ALL: [Self; 15] = [
        Self::WebhookUnset,
        Self::WebhookElsewhere,
        Self::WebhookOff,
        Self::WebhookNotReached,
        Self::WebhookCertificate,
        Self::WebhookTooSlow,
        Self::WebhookRefused,
        Self::WebhookFailed,
        Self::AnsweredElsewhereToo,
        Self::ReadByItself,
        Self::SenderByHand,
        Self::SenderElsewhere,
        Self::SenderTakenOver,
        Self::SenderOffline,
        Self::TrialAccount,
    ];

    /// Whether a try of the address by the provider told it: only another try tells whether it is still so.
    pub const fn is_of_a_try(self) -> bool {
        matches!(
            self,
            Self::WebhookNotReached
                | Self::WebhookCertificate
                | Self::WebhookTooSlow
                | Self::WebhookRefused
                | Self::WebhookFailed
        )
    }

    /// The stable public id.
    pub const fn public_id(self) -> &'static str {
        match self {
            Self::WebhookUnset => "webhook_unset",
            Self::WebhookElsewhere => "webhook_elsewhere",
            Self::WebhookOff => "webhook_off",
            Self::WebhookNotReached => "webhook_not_reached",
            Self::WebhookCertificate => "webhook_certificate",
            Self::WebhookTooSlow => "webhook_too_slow",
            Self::WebhookRefused => "webhook_refused",
            Self::WebhookFailed => "webhook_failed",
            Self::AnsweredElsewhereToo => "answered_elsewhere_too",
            Self::ReadByItself => "read_by_itself",
            Self::SenderByHand => "sender_by_hand",
            Self::SenderElsewhere => "sender_elsewhere",
            Self::SenderTakenOver => "sender_taken_over",
            Self::SenderOffline => "sender_offline",
            Self::TrialAccount => "trial_account",
        }
    }

    /// Red: nothing comes in. Yellow: something does not work as people expect. Green: good to know.
    pub const fn light(self) -> Light {
        match self {
            Self::WebhookUnset
            | Self::WebhookElsewhere
            | Self::WebhookOff
            | Self::SenderElsewhere
            | Self::SenderTakenOver
            | Self::SenderOffline => Light::Red,
            Self::WebhookNotReached
            | Self::WebhookCertificate
            | Self::WebhookTooSlow
            | Self::WebhookRefused
            | Self::WebhookFailed
            | Self::ReadByItself
            | Self::SenderByHand
            | Self::TrialAccount => Light::Yellow,
            Self::AnsweredElsewhereToo => Light::Green,
        }
    }

    /// The words for administrators.
    pub const fn text(self, language: Language) -> NoteText {
        match language {
            Language::Ja => self.ja(),
            Language::En => self.en(),
        }
    }

    const fn ja(self) -> NoteText {
        let (message, remedy) = match self {
            Self::WebhookUnset => (
                "Webhook URLが設定されていません。メッセージは届きません。",
                "接続をやり直すか、LINE Developersコンソールの「Messaging API設定」でWebhook URLを設定してください。",
            ),
            Self::WebhookElsewhere => (
                "Webhook URLが別のアドレスになっています。メッセージはそちらに届きます。",
                "ほかのツールで使っていないことを確認し、接続をやり直すか、Webhook URLを設定し直してください。",
            ),
            Self::WebhookOff => (
                "「Webhookの利用」がオフです。メッセージは届きません。",
                "LINE Developersコンソールの「Messaging API設定」で「Webhookの利用」をオンにしてください。",
            ),
            Self::WebhookNotReached => (
                "LINEからWebhook URLに接続できませんでした。",
                "数分後にもう一度確認してください。続く場合は保守担当者に連絡してください。",
            ),
            Self::WebhookCertificate => (
                "LINEがWebhook URLの証明書を信頼していません。",
                "公的な認証局の証明書になっているか、保守担当者に確認してもらってください。",
            ),
            Self::WebhookTooSlow => (
                "LINEがWebhook URLを試しましたが、時間内に応答がありませんでした。",
                "もう一度確認してください。続く場合は保守担当者に連絡してください。",
            ),
            Self::WebhookRefused => (
                "LINEがWebhook URLを試しましたが、エラーが返されました。",
                "チャネルシークレットが正しいか確認してください。続く場合は保守担当者に連絡してください。",
            ),
            Self::WebhookFailed => (
                "LINEによるWebhook URLの確認に失敗しました。",
                "数分後にもう一度確認してください。続く場合は保守担当者に連絡してください。",
            ),
            Self::AnsweredElsewhereToo => (
                "LINE Official Account Managerの「チャット」がオンです。そこで書いた返信はこの受信箱には表示されません。",
                "返信はこの受信箱から送ってください。「応答設定」の自動応答も確認してください。",
            ),
            Self::SenderByHand => (
                "この番号はTwilioのアカウントで設定できません（サンドボックスや試用の番号、または別のアカウントの番号です）。",
                "Twilioコンソールで、受信メッセージのWebhookにこのチャネルのアドレスをPOSTで入力してください。",
            ),
            Self::SenderElsewhere => (
                "Twilioの受信メッセージの送り先が、このチャネルのアドレスになっていません。",
                "ほかのツールで使っていないことを確認し、接続をやり直すか、Twilioコンソールでアドレスを入力してください。",
            ),
            Self::SenderTakenOver => (
                "TwiMLアプリまたは番号ごとの設定が優先されるため、受信メッセージがこのチャネルに届きません。",
                "Twilioコンソールで、番号のTwiMLアプリを外すか、メッセージングサービスの受信設定をWebhookにしてください。",
            ),
            Self::SenderOffline => (
                "WhatsAppの送信者がオンラインではありません。",
                "Twilioコンソールの「WhatsApp senders」で状態と理由を確認してください。",
            ),
            Self::TrialAccount => (
                "Twilioの試用アカウントです。確認済みの番号にしか送信できません。",
                "お客様とやり取りするには、Twilioコンソールでアカウントをアップグレードしてください。",
            ),
            Self::ReadByItself => (
                "「チャット」がオフのため、メッセージは届くとすぐに既読になります。",
                "担当者が読んだときに既読にするには、LINE Official Account Managerの「応答設定」で「チャット」をオンにしてください。",
            ),
        };
        NoteText { message, remedy }
    }

    const fn en(self) -> NoteText {
        let (message, remedy) = match self {
            Self::WebhookUnset => (
                "No webhook URL is set: no message comes in.",
                "Connect the account again, or set the webhook URL under \"Messaging API\" in the LINE Developers \
                 Console.",
            ),
            Self::WebhookElsewhere => (
                "The webhook URL is another address: messages go there.",
                "Make sure that no other tool needs it; then connect the account again, or set the webhook URL anew.",
            ),
            Self::WebhookOff => (
                "\"Use webhook\" is off: no message comes in.",
                "Switch \"Use webhook\" on under \"Messaging API\" in the LINE Developers Console.",
            ),
            Self::WebhookNotReached => (
                "LINE could not connect to the webhook URL.",
                "Check again in a few minutes; if it stays so, tell a maintainer.",
            ),
            Self::WebhookCertificate => (
                "LINE does not trust the certificate of the webhook URL.",
                "Have a maintainer see that the certificate is one of a public authority.",
            ),
            Self::WebhookTooSlow => (
                "LINE tried the webhook URL and got no answer in time.",
                "Check again; if it stays so, tell a maintainer.",
            ),
            Self::WebhookRefused => (
                "LINE tried the webhook URL and was answered with an error.",
                "See that the channel secret is right; if it stays so, tell a maintainer.",
            ),
            Self::WebhookFailed => (
                "LINE's try of the webhook URL failed.",
                "Check again in a few minutes; if it stays so, tell a maintainer.",
            ),
            Self::AnsweredElsewhereToo => (
                "\"Chat\" is on in the LINE Official Account Manager: answers written there do not appear here.",
                "Answer from this inbox only, and look at the automatic answers under \"Response settings\".",
            ),
            Self::SenderByHand => (
                "This sender cannot be set in the Twilio account: it is a sandbox's or a trial's, or another account's.",
                "Enter this channel's address as the webhook for incoming messages in the Twilio console, with POST.",
            ),
            Self::SenderElsewhere => (
                "Twilio does not send incoming messages to this channel's address.",
                "Make sure that no other tool needs them; then connect the sender again, or enter the address in the \
                 Twilio console.",
            ),
            Self::SenderTakenOver => (
                "A TwiML app, or the settings of each number, come first: incoming messages do not reach this channel.",
                "In the Twilio console take the TwiML app off the number, or have the messaging service send a webhook.",
            ),
            Self::SenderOffline => (
                "The WhatsApp sender is not online.",
                "Look for its state and the reason under \"WhatsApp senders\" in the Twilio console.",
            ),
            Self::TrialAccount => (
                "The Twilio account is on trial: messages go to verified numbers only.",
                "Upgrade the account in the Twilio console before you write to customers.",
            ),
            Self::ReadByItself => (
                "\"Chat\" is off: every message is marked as read as soon as it comes in.",
                "To have messages marked when an operator reads them, switch \"Chat\" on under \"Response settings\" \
                 in the LINE Official Account Manager.",
            ),
        };
        NoteText { message, remedy }
    }
}

impl fmt::Display for AccountNote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.public_id())
    }
}

#[cfg(test)]
mod tests {
    use AccountNote::*;

    use super::*;

    const OURS: &str = "https://inbox.example.com/webhooks/line/1";

    #[test]
    fn chn_2_what_gets_in_the_way_of_line_is_told() {
        let at = |address, active| Some(Some((address, active)));
        let table = [
            (None, None, vec![]),
            (at(OURS, true), Some(None), vec![]),
            (Some(None), None, vec![WebhookUnset]),
            (at("https://other.example.com/", true), None, vec![WebhookElsewhere]),
            // LINE calls exactly the address that is set: an added slash is another one.
            (at("https://inbox.example.com/webhooks/line/1/", true), None, vec![WebhookElsewhere]),
            (at(OURS, false), Some(None), vec![WebhookOff]),
            (at(OURS, false), Some(Some(TestFault::TooSlow)), vec![WebhookOff, WebhookTooSlow]),
            (at(OURS, true), Some(Some(TestFault::NotReached)), vec![WebhookNotReached]),
            (at(OURS, true), Some(Some(TestFault::Certificate)), vec![WebhookCertificate]),
            (at(OURS, true), Some(Some(TestFault::Refused)), vec![WebhookRefused]),
            (at(OURS, true), Some(Some(TestFault::Other)), vec![WebhookFailed]),
            // The try was of somebody else's address.
            (at("https://other.example.com/", true), Some(Some(TestFault::Refused)), vec![WebhookElsewhere]),
        ];
        for (endpoint, test, expected) in table {
            let setup = LineSetup { wanted: OURS, endpoint, test, ..LineSetup::default() };
            assert_eq!(of_line(&setup), expected, "{endpoint:?} {test:?}");
        }
    }

    #[test]
    fn chn_2_chat_and_reading_are_explained_one_by_one() {
        let table = [
            (None, None, vec![]),
            (Some(ChatMode::Chat), Some(false), vec![AnsweredElsewhereToo]),
            (Some(ChatMode::Bot), Some(true), vec![ReadByItself]),
            (Some(ChatMode::Bot), Some(false), vec![]),
            (Some(ChatMode::Chat), Some(true), vec![ReadByItself, AnsweredElsewhereToo]),
        ];
        for (chat_mode, reads_by_itself, expected) in table {
            let setup = LineSetup { wanted: OURS, chat_mode, reads_by_itself, ..LineSetup::default() };
            assert_eq!(of_line(&setup), expected, "{chat_mode:?} {reads_by_itself:?}");
        }
    }

    #[test]
    fn chn_2_what_gets_in_the_way_of_a_sender_is_told() {
        let ours = || SenderSetup { inbound: Some(OURS.into()), ..SenderSetup::default() };
        let elsewhere =
            SenderSetup { inbound: Some("https://other.example.com/".into()), ..SenderSetup::default() };
        let table = [
            (None, false, vec![SenderByHand]),
            (None, true, vec![SenderByHand, TrialAccount]),
            (Some(ours()), false, vec![]),
            (Some(ours()), true, vec![TrialAccount]),
            (Some(SenderSetup::default()), false, vec![SenderElsewhere]),
            (Some(elsewhere), false, vec![SenderElsewhere]),
            (Some(SenderSetup { taken_over: true, ..ours() }), false, vec![SenderTakenOver]),
            (Some(SenderSetup { offline: true, ..ours() }), false, vec![SenderOffline]),
        ];
        for (sender, trial, expected) in table {
            assert_eq!(of_twilio(OURS, sender.as_ref(), trial), expected, "{sender:?} {trial}");
        }
        assert!(is_sandbox("whatsapp:+14155238886") && !is_sandbox("+14155238886"));
    }

    #[test]
    fn every_note_has_an_id_of_its_own_and_words_in_both_languages() {
        let mut ids: Vec<_> = AccountNote::ALL.iter().map(|note| note.public_id()).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), AccountNote::ALL.len());
        for note in AccountNote::ALL {
            assert_eq!(serde_json::to_value(note).unwrap(), note.public_id());
            let (ja, en) = (note.text(Language::Ja), note.text(Language::En));
            assert!(!ja.message.is_ascii() && !ja.remedy.is_ascii(), "{note}");
            assert!(en.message.is_ascii() && en.remedy.is_ascii() && en.remedy.len() > 20, "{note}");
        }
    }
}
