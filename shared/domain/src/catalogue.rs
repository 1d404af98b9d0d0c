//! What can stand in the way of a reply, in words for the person who writes it: one table with stable ids, each with
//! what happened, why, and what to do, in Japanese and English.
//!
//! To add one: add a variant to [`Problem`]; the compiler asks for its id and its texts, and the tests for its place
//! in [`Problem::all`]. Ids are public and never change.

use crate::channel::ChannelKind;
use crate::credential::Cause;
use crate::place::PlaceRefused;
use crate::reply::Lock;
use crate::send::{AttachmentFault, FailureReason, RefusalClass, Rest};
use crate::sticker::StickerRefused;
use crate::text::TextRefused;

/// A language that the texts are written in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Language {
    /// English; also for whoever asks for a language that we do not have.
    #[default]
    En,
    /// Japanese.
    Ja,
}

impl Language {
    /// The language that an `Accept-Language` header asks for first (RFC 9110, section 12.5.4).
    pub fn accepted(header: &str) -> Self {
        let mut best = (0, Self::default());
        for range in header.split(',') {
            let mut parts = range.split(';').map(str::trim);
            let language = match parts.next().and_then(|tag| tag.split('-').next()) {
                Some(tag) if tag.eq_ignore_ascii_case("ja") => Self::Ja,
                Some(tag) if tag.eq_ignore_ascii_case("en") => Self::En,
                _ => continue,
            };
            let quality = parts.find_map(|parameter| parameter.strip_prefix("q="));
            let quality =
                quality.map_or(Some(1.0), |quality| quality.trim().parse::<f32>().ok()).unwrap_or(0.0);
            #[expect(
                clippy::cast_possible_truncation,
                reason = "a weight has three decimals between 0 and 1"
            )]
            let thousandths = (quality.clamp(0.0, 1.0) * 1_000.0) as i32;
            if thousandths > best.0 {
                best = (thousandths, language);
            }
        }
        best.1
    }
}

/// What stands in the way of a reply, or did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Problem {
    /// RPL-5: the channel is gone.
    ChannelUnlinked,
    /// CHN-19: the channel is switched off.
    ChannelOff,
    /// RPL-6 and AUT-1 to AUT-6: the channel's credential does not work.
    Reauthorization(Cause),
    /// RPL-7: the time to answer is over.
    ReplyWindowClosed,
    /// RPL-8: the customer cannot be reached.
    ContactUnreachable,
    /// The provider takes no more calls for a while.
    RateLimited,
    /// The account's messages for this month are used up.
    QuotaExhausted,
    /// The provider refused what the message says.
    MessageRefused,
    /// The text is longer than the provider takes.
    TextTooLong,
    /// There is no text.
    TextEmpty,
    /// The provider refused the attachment.
    AttachmentRefused,
    /// It is too large.
    AttachmentTooLarge,
    /// It is of a type that the provider does not take.
    AttachmentTypeRefused,
    /// The provider could not fetch it.
    AttachmentUnreachable,
    /// The channel has no stickers that can be sent.
    StickerNotSupported,
    /// The provider does not know the sticker, or does not let the account send it.
    StickerRefused,
    /// The channel takes no locations.
    LocationNotSupported,
    /// The customer has asked not to be written to.
    RecipientOptedOut,
    /// Only a template that the provider has approved may be sent.
    TemplateNeeded,
    /// The provider does not let the account send this.
    ChannelNotPermitted,
    /// The provider has restricted the account.
    PageRestricted,
    /// Another app controls the thread.
    ThreadControlled,
    /// The conversation is closed.
    ConversationClosed,
    /// CLS-7: the conversation is closed for good.
    ConversationCompleted,
    /// The provider did not take it after several attempts.
    ProviderUnavailable,
    /// Nobody knows whether it arrived.
    Unconfirmed,
    /// The provider refused it with a code that we do not know.
    ProviderRefused,
    /// RPL-15: the time to answer will be over when the reply is to be sent.
    ReplyWindowOverByThen,
    /// RPL-15: it was scheduled, and the customer wrote before.
    CustomerWroteFirst,
    /// RPL-15 and MEM-9: it was scheduled, and whoever wrote it may not answer there any more.
    AuthorLeft,
    /// ABU-3: the contact is blocked.
    ContactBlocked,
    /// CON-5: it was scheduled, and the conversation is not its author's any more.
    OnlyTheAssignee,
}

/// What a person reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Text {
    /// What happened.
    pub message: &'static str,
    /// Why.
    pub cause: &'static str,
    /// What to do.
    pub remedy: &'static str,
}

impl Problem {
    /// Every problem, for tables and tests.
    pub fn all() -> impl Iterator<Item = Self> {
        const WITHOUT_CAUSE: [Problem; 31] = [
            Problem::ChannelUnlinked,
            Problem::ChannelOff,
            Problem::ReplyWindowClosed,
            Problem::ContactUnreachable,
            Problem::RateLimited,
            Problem::QuotaExhausted,
            Problem::MessageRefused,
            Problem::TextTooLong,
            Problem::TextEmpty,
            Problem::AttachmentRefused,
            Problem::AttachmentTooLarge,
            Problem::AttachmentTypeRefused,
            Problem::AttachmentUnreachable,
            Problem::StickerNotSupported,
            Problem::StickerRefused,
            Problem::LocationNotSupported,
            Problem::RecipientOptedOut,
            Problem::TemplateNeeded,
            Problem::ChannelNotPermitted,
            Problem::PageRestricted,
            Problem::ThreadControlled,
            Problem::ConversationClosed,
            Problem::ConversationCompleted,
            Problem::ProviderUnavailable,
            Problem::Unconfirmed,
            Problem::ProviderRefused,
            Problem::ReplyWindowOverByThen,
            Problem::CustomerWroteFirst,
            Problem::AuthorLeft,
            Problem::ContactBlocked,
            Problem::OnlyTheAssignee,
        ];
        WITHOUT_CAUSE.into_iter().chain(Cause::ALL.map(Self::Reauthorization))
    }

    /// The stable public id.
    pub const fn public_id(self) -> &'static str {
        match self {
            Self::ChannelUnlinked => "channel_unlinked",
            Self::ChannelOff => "channel_off",
            Self::Reauthorization(cause) => cause.public_id(),
            Self::ReplyWindowClosed => "reply_window_closed",
            Self::ContactUnreachable => "contact_unreachable",
            Self::RateLimited => "rate_limited",
            Self::QuotaExhausted => "quota_exhausted",
            Self::MessageRefused => "message_refused",
            Self::TextTooLong => "text_too_long",
            Self::TextEmpty => "text_empty",
            Self::AttachmentRefused => "attachment_refused",
            Self::AttachmentTooLarge => "attachment_too_large",
            Self::AttachmentTypeRefused => "attachment_type_refused",
            Self::AttachmentUnreachable => "attachment_unreachable",
            Self::StickerNotSupported => "sticker_not_supported",
            Self::StickerRefused => "sticker_refused",
            Self::LocationNotSupported => "location_not_supported",
            Self::RecipientOptedOut => "recipient_opted_out",
            Self::TemplateNeeded => "template_needed",
            Self::ChannelNotPermitted => "channel_not_permitted",
            Self::PageRestricted => "page_restricted",
            Self::ThreadControlled => "thread_controlled",
            Self::ConversationClosed => "conversation_closed",
            Self::ConversationCompleted => "conversation_completed",
            Self::ProviderUnavailable => "provider_unavailable",
            Self::Unconfirmed => "unconfirmed",
            Self::ProviderRefused => "provider_refused",
            Self::ReplyWindowOverByThen => "reply_window_over_by_then",
            Self::CustomerWroteFirst => "customer_wrote_first",
            Self::AuthorLeft => "author_left",
            Self::ContactBlocked => "contact_blocked",
            Self::OnlyTheAssignee => "only_the_assignee",
        }
    }

    /// What a person reads about it on a channel of `kind`.
    pub const fn text(self, kind: ChannelKind, language: Language) -> Text {
        match language {
            Language::En => self.english(kind),
            Language::Ja => self.japanese(kind),
        }
    }

    #[allow(
        clippy::match_wildcard_for_single_variants,
        unreachable_patterns,
        reason = "a kind without words of its own gets the general ones"
    )]
    #[expect(clippy::too_many_lines, reason = "it is one table")]
    const fn english(self, kind: ChannelKind) -> Text {
        let (message, cause, remedy) = match self {
            Self::ChannelUnlinked => (
                "Customer information was not found.",
                "The channel may be unlinked: an administrator removed it, or it was never connected here.",
                "Ask an administrator to connect the channel again.",
            ),
            Self::ChannelOff => (
                "The channel is switched off.",
                "An administrator switched it off: it neither sends nor receives. The conversations stay as they are.",
                "Ask an administrator to switch the channel on, then send it again.",
            ),
            Self::Reauthorization(cause) => {
                ("The authorization has expired; reconnect the account.", because(cause), cause.remedy())
            }
            Self::ReplyWindowClosed => match kind {
                ChannelKind::Messenger => (
                    "The reply limit is reached: the time to answer this customer is over.",
                    "Messenger lets a company answer for 24 hours after the customer's last message, with the Human \
                     Agent permission for 7 days.",
                    "Wait until the customer writes again; the conversation then opens by itself.",
                ),
                ChannelKind::WhatsApp => (
                    "The time to answer this customer with a text is over.",
                    "WhatsApp takes free text for 24 hours after the customer's last message.",
                    "Send an approved template, or wait until the customer writes again.",
                ),
                _ => (
                    "The time to answer this customer is over.",
                    "The provider lets a company answer only for a while after the customer's last message.",
                    "Wait until the customer writes again.",
                ),
            },
            Self::ContactUnreachable => match kind {
                ChannelKind::Messenger => (
                    "The Facebook user cannot be reached.",
                    "One of four: they blocked the Page, deleted their account, deactivated it for a time, or Facebook \
                     suspended it.",
                    "Try another channel. Their next message makes them reachable again.",
                ),
                ChannelKind::Line => (
                    "The LINE user or group cannot be reached.",
                    "They blocked the account, deleted theirs, never became a friend, or the account was removed from \
                     the group.",
                    "Try another channel. Their next message makes them reachable again.",
                ),
                ChannelKind::WhatsApp => (
                    "The WhatsApp user cannot be reached.",
                    "The number has no WhatsApp or an old version of it, or the customer blocked the sender.",
                    "Try another channel. Their next message makes them reachable again.",
                ),
                ChannelKind::Sms => (
                    "The number cannot be reached.",
                    "It does not exist, takes no text messages, or is switched off.",
                    "Check the number, or try another channel.",
                ),
            },
            Self::RateLimited => (
                "The message waits: the provider takes no more calls for a while.",
                "More was sent through this account than the provider allows in a time.",
                "Nothing is to be done: it goes out by itself as soon as the provider allows.",
            ),
            Self::QuotaExhausted => (
                "The account's messages for this month are used up.",
                "The plan of the LINE official account has a limit of messages per month. Answers right after a \
                 customer's message are free of it.",
                "Raise the plan in LINE Official Account Manager, or wait for the next month, then send it again.",
            ),
            Self::MessageRefused => (
                "The provider refused this message.",
                "Something in it is not allowed or not understood by the provider.",
                "Change the message and send it again.",
            ),
            Self::TextTooLong => (
                "The text is too long for this channel.",
                match kind {
                    ChannelKind::Messenger => "Messenger takes fewer than 2,000 characters in a message.",
                    ChannelKind::Line => {
                        "LINE takes at most 5,000 UTF-16 code units in a message; an emoji counts as two or more."
                    }
                    ChannelKind::WhatsApp | ChannelKind::Sms => {
                        "Twilio takes at most 1,600 characters in a message."
                    }
                },
                "Shorten it, or let it be split into several messages.",
            ),
            Self::TextEmpty => (
                "There is nothing to send.",
                "The text is empty or has nothing but spaces.",
                "Write something, or attach a file.",
            ),
            Self::AttachmentRefused => (
                "The provider refused the attachment.",
                "It is damaged, or no longer known to the provider.",
                "Open the file to see whether it is whole, then attach it again.",
            ),
            Self::AttachmentTooLarge => (
                "The attachment is too large.",
                match kind {
                    ChannelKind::Messenger => "Messenger takes images up to 8 MB, other files up to 25 MB.",
                    ChannelKind::Line => "LINE takes images up to 10 MB, videos and audio up to 200 MB.",
                    _ => "It is larger than the provider takes.",
                },
                "Make it smaller, or send a link to it.",
            ),
            Self::AttachmentTypeRefused => (
                "The provider does not take attachments of this type.",
                match kind {
                    ChannelKind::Messenger => {
                        "The file is not what its kind says, or of a type that Messenger does not take."
                    }
                    ChannelKind::Line => {
                        "LINE takes JPEG and PNG images, MP4 videos and MP3 or M4A audio; it has no file messages."
                    }
                    _ => "The file is of a type that the provider does not take.",
                },
                "Convert it, or send a link to it.",
            ),
            Self::AttachmentUnreachable => (
                "The provider could not fetch the attachment.",
                "It did not get the file in time.",
                "Send it again; if it fails again, make the file smaller.",
            ),
            Self::StickerNotSupported => (
                "Stickers cannot be sent on this channel.",
                "The provider has no stickers that a company can send here.",
                "Send a picture or an emoji instead.",
            ),
            Self::StickerRefused => (
                "The provider refused the sticker.",
                match kind {
                    ChannelKind::Line => {
                        "LINE lets a company send only the stickers of its list of sendable stickers, not those of the \
                         sticker shop."
                    }
                    _ => "It does not know the sticker, or does not let a company send it.",
                },
                "Choose another sticker, or send a picture or an emoji instead.",
            ),
            Self::LocationNotSupported => (
                "Locations cannot be sent on this channel.",
                "The provider has no message for a location here.",
                "Send a link to a map as a text instead.",
            ),
            Self::OnlyTheAssignee => (
                "The scheduled reply was not sent.",
                "Only the assignee may answer conversations of this channel, and it was not its author's any more when the time came.",
                "Read it; then take the conversation, and send the reply again or answer yourself.",
            ),
            Self::ContactBlocked => (
                "The customer is blocked.",
                "An operator blocked them, or the inbox did after too many offensive messages. Nothing of theirs comes in \
                 until they are unblocked.",
                "Unblock the customer first.",
            ),
            Self::RecipientOptedOut => (
                "The customer has asked not to be written to.",
                "They answered STOP, or withdrew their consent.",
                "Do not write to them. They can allow it again by writing START.",
            ),
            Self::TemplateNeeded => (
                "Only an approved template can be sent to this customer now.",
                "More than 24 hours have passed since they wrote; until then WhatsApp takes any text.",
                "Send a template, or wait until the customer writes again.",
            ),
            Self::ChannelNotPermitted => (
                "The provider does not let this channel send the message.",
                "The account or its sender is locked, not registered, or not allowed to do this.",
                "Ask an administrator to look at the account in the provider's console.",
            ),
            Self::PageRestricted => (
                "The message waits: the provider has restricted the account.",
                "The provider found a breach of its policies, or limits the Page for a while.",
                "Ask an administrator to look into the account's quality page at the provider. Waiting messages go out \
                 once the restriction ends.",
            ),
            Self::ThreadControlled => (
                "Another app controls this chat at the moment.",
                "The provider lets only one app at a time answer a customer, and another one has the thread.",
                "Wait until it hands the chat back, or answer there.",
            ),
            Self::ConversationClosed => (
                "The conversation is closed.",
                "A person or a timer completed it.",
                "Reopen it first, or wait until the customer writes.",
            ),
            Self::ConversationCompleted => (
                "The conversation is completed and cannot be answered.",
                "On this channel, completed conversations are final.",
                "Wait until the customer writes; their next message begins a new one.",
            ),
            Self::ProviderUnavailable => (
                "The provider did not accept the message after several attempts.",
                "Its service is disturbed, or cannot be reached.",
                "Send it again later.",
            ),
            Self::Unconfirmed => (
                "Nobody knows whether this has reached the customer.",
                "The connection broke before the provider's answer came.",
                "Look into the chat in the provider's own app, and send it again only if it is not there.",
            ),
            Self::ProviderRefused => (
                "The provider refused the message for a reason that is not known here.",
                "It answered with a code that has no entry in this list.",
                "Change the message and try once more. If it stays, show this message to an administrator, who sees the \
                 provider's words.",
            ),
            Self::ReplyWindowOverByThen => (
                "The time to answer this customer will be over by then.",
                match kind {
                    ChannelKind::WhatsApp => {
                        "WhatsApp takes free text for 24 hours after the customer's last message."
                    }
                    _ => {
                        "The provider lets a company answer only for a while after the customer's last message."
                    }
                },
                match kind {
                    ChannelKind::WhatsApp => "Choose an earlier time, or schedule an approved template.",
                    _ => "Choose an earlier time.",
                },
            ),
            Self::CustomerWroteFirst => (
                "This scheduled reply was not sent: the customer wrote before its time.",
                "It was scheduled to be dropped in that case.",
                "Read what the customer wrote, then answer, or send it again.",
            ),
            Self::AuthorLeft => (
                "This scheduled reply was not sent: whoever wrote it does not answer here any more.",
                "They were removed, or their association with the channel ended, before its time came.",
                "Read it, then answer, or send it again.",
            ),
        };
        Text { message, cause, remedy }
    }

    #[allow(
        clippy::match_wildcard_for_single_variants,
        unreachable_patterns,
        reason = "a kind without words of its own gets the general ones"
    )]
    #[expect(clippy::too_many_lines, reason = "it is one table")]
    const fn japanese(self, kind: ChannelKind) -> Text {
        let (message, cause, remedy) = match self {
            Self::ChannelUnlinked => (
                "訪問者情報が見つかりません。",
                "チャネルの連携が解除されている可能性があります。管理者が連携を解除したか、このシステムに接続されていません。",
                "管理者にチャネルの再連携を依頼してください。",
            ),
            Self::ChannelOff => (
                "チャネルが無効になっています。",
                "管理者がチャネルを無効にしたため、送信も受信も行われません。これまでの会話はそのまま残ります。",
                "管理者にチャネルの有効化を依頼してから、もう一度送信してください。",
            ),
            Self::Reauthorization(cause) => (
                "認証の有効期限が切れました。アカウントを再接続してください。",
                because_in_japanese(cause),
                remedy_in_japanese(cause),
            ),
            Self::ReplyWindowClosed => match kind {
                ChannelKind::Messenger => (
                    "返信の期限を過ぎたため、このお客様には返信できません。",
                    "Messengerで返信できるのは、お客様の最後のメッセージから24時間以内（Human Agentの許可がある場合は7日以内）です。",
                    "お客様から次のメッセージが届くまでお待ちください。届くと会話は自動的に再開します。",
                ),
                ChannelKind::WhatsApp => (
                    "返信の期限を過ぎたため、このお客様に文章を送信できません。",
                    "WhatsAppで自由な文章を送信できるのは、お客様の最後のメッセージから24時間以内です。",
                    "承認済みのテンプレートを送信するか、お客様から次のメッセージが届くまでお待ちください。",
                ),
                _ => (
                    "返信の期限を過ぎたため、このお客様には返信できません。",
                    "返信できるのは、お客様の最後のメッセージから一定時間内に限られています。",
                    "お客様から次のメッセージが届くまでお待ちください。",
                ),
            },
            Self::ContactUnreachable => match kind {
                ChannelKind::Messenger => (
                    "Facebookユーザーに連絡できません。",
                    "次の4つのいずれかが考えられます。ユーザーがページをブロックした、アカウントを削除した、アカウントを一時的に停止している、\
                     Facebookがアカウントを停止した。",
                    "別のチャネルで連絡してください。お客様から次のメッセージが届けば、再び返信できます。",
                ),
                ChannelKind::Line => (
                    "LINEユーザーまたはグループに連絡できません。",
                    "アカウントがブロックされた、ユーザーがLINEを退会した、友だち追加されていない、またはグループから退出させられた可能性があります。",
                    "別のチャネルで連絡してください。お客様から次のメッセージが届けば、再び返信できます。",
                ),
                ChannelKind::WhatsApp => (
                    "WhatsAppユーザーに連絡できません。",
                    "この番号でWhatsAppが使われていないか、古いバージョンであるか、送信元がブロックされています。",
                    "別のチャネルで連絡してください。お客様から次のメッセージが届けば、再び返信できます。",
                ),
                ChannelKind::Sms => (
                    "この電話番号に連絡できません。",
                    "番号が存在しないか、SMSを受信できないか、電源が入っていません。",
                    "番号を確認するか、別のチャネルで連絡してください。",
                ),
            },
            Self::RateLimited => (
                "送信を待機しています。送信先サービスの呼び出し回数が上限に達しました。",
                "一定時間内に送信できる回数を超えました。",
                "操作は不要です。送信できるようになり次第、自動的に送信されます。",
            ),
            Self::QuotaExhausted => (
                "今月送信できるメッセージ数の上限に達しました。",
                "LINE公式アカウントのプランには1か月あたりの送信数の上限があります。お客様のメッセージ直後の応答は上限に含まれません。",
                "LINE Official Account Managerでプランを変更するか、翌月になってから再送信してください。",
            ),
            Self::MessageRefused => (
                "このメッセージは送信先サービスに拒否されました。",
                "許可されていない内容、または送信先サービスが解釈できない内容が含まれています。",
                "内容を変更して、もう一度送信してください。",
            ),
            Self::TextTooLong => (
                "テキストが長すぎるため、このチャネルでは送信できません。",
                match kind {
                    ChannelKind::Messenger => "Messengerで送信できるのは1通あたり2,000文字未満です。",
                    ChannelKind::Line => {
                        "LINEで送信できるのは1通あたり5,000文字（UTF-16単位）までです。絵文字は2文字以上に数えます。"
                    }
                    ChannelKind::WhatsApp | ChannelKind::Sms => {
                        "Twilioで送信できるのは1通あたり1,600文字までです。"
                    }
                },
                "短くするか、複数のメッセージに分割して送信してください。",
            ),
            Self::TextEmpty => (
                "送信する内容がありません。",
                "テキストが空か、空白だけです。",
                "テキストを入力するか、ファイルを添付してください。",
            ),
            Self::AttachmentRefused => (
                "添付ファイルは送信先サービスに拒否されました。",
                "ファイルが壊れているか、送信先サービスに残っていません。",
                "ファイルを開いて確認し、もう一度添付してください。",
            ),
            Self::AttachmentTooLarge => (
                "添付ファイルが大きすぎます。",
                match kind {
                    ChannelKind::Messenger => {
                        "Messengerで送信できるのは、画像は8 MBまで、その他のファイルは25 MBまでです。"
                    }
                    ChannelKind::Line => {
                        "LINEで送信できるのは、画像は10 MBまで、動画と音声は200 MBまでです。"
                    }
                    _ => "送信先サービスの上限を超えています。",
                },
                "ファイルを小さくするか、リンクを送信してください。",
            ),
            Self::AttachmentTypeRefused => (
                "この形式のファイルは送信できません。",
                match kind {
                    ChannelKind::Messenger => {
                        "ファイルの中身が種類と一致しないか、Messengerが対応していない形式です。"
                    }
                    ChannelKind::Line => {
                        "LINEで送信できるのは、JPEG・PNG画像、MP4動画、MP3・M4A音声です。ファイルは送信できません。"
                    }
                    _ => "送信先サービスが対応していない形式です。",
                },
                "形式を変換するか、リンクを送信してください。",
            ),
            Self::AttachmentUnreachable => (
                "送信先サービスが添付ファイルを取得できませんでした。",
                "制限時間内にファイルを取得できませんでした。",
                "もう一度送信してください。繰り返し失敗する場合は、ファイルを小さくしてください。",
            ),
            Self::StickerNotSupported => (
                "このチャネルではスタンプを送信できません。",
                "送信先サービスには、企業から送信できるスタンプがありません。",
                "画像または絵文字を送信してください。",
            ),
            Self::StickerRefused => (
                "スタンプは送信先サービスに拒否されました。",
                match kind {
                    ChannelKind::Line => {
                        "LINEで企業から送信できるのは、送信可能なスタンプの一覧にあるものだけです。スタンプショップのスタンプは送信できません。"
                    }
                    _ => "存在しないスタンプか、企業からの送信が許可されていないスタンプです。",
                },
                "別のスタンプを選ぶか、画像または絵文字を送信してください。",
            ),
            Self::LocationNotSupported => (
                "このチャネルでは位置情報を送信できません。",
                "送信先サービスに、位置情報のメッセージがありません。",
                "地図のリンクをテキストとして送信してください。",
            ),
            Self::OnlyTheAssignee => (
                "予約した返信は送信されませんでした。",
                "このチャネルでは担当者だけが返信できます。送信時刻に、作成した人はこの会話の担当者ではありませんでした。",
                "内容を確認し、担当者になってからもう一度送信するか、ご自身で返信してください。",
            ),
            Self::ContactBlocked => (
                "お客様はブロックされています。",
                "オペレーターがブロックしたか、不適切な発言が上限に達したため自動的にブロックされました。解除するまで、お客様からのメッセージは届きません。",
                "先にブロックを解除してください。",
            ),
            Self::RecipientOptedOut => (
                "お客様が受信を停止しています。",
                "お客様がSTOPと返信したか、受信の同意を取り消しました。",
                "このお客様には送信しないでください。お客様がSTARTと送ると再び送信できます。",
            ),
            Self::TemplateNeeded => (
                "現在このお客様に送信できるのは、承認済みのテンプレートだけです。",
                "お客様の最後のメッセージから24時間が過ぎました。自由な文章を送れるのは24時間以内です。",
                "テンプレートを送信するか、お客様から次のメッセージが届くまでお待ちください。",
            ),
            Self::ChannelNotPermitted => (
                "送信先サービスが、このチャネルからの送信を許可していません。",
                "アカウントまたは送信元が停止されているか、登録されていないか、この操作を許可されていません。",
                "送信先サービスの管理画面でアカウントを確認するよう、管理者に依頼してください。",
            ),
            Self::PageRestricted => (
                "送信を待機しています。アカウントが送信先サービスによって制限されています。",
                "ポリシー違反と判断されたか、ページが一時的に制限されています。",
                "管理者にアカウントの状態の確認を依頼してください。制限が解除されると、待機中のメッセージは自動的に送信されます。",
            ),
            Self::ThreadControlled => (
                "現在、別のアプリがこのチャットを担当しています。",
                "お客様に返信できるのは一度に1つのアプリだけで、今は別のアプリが担当しています。",
                "担当が戻るまで待つか、そのアプリから返信してください。",
            ),
            Self::ConversationClosed => (
                "この会話は完了しています。",
                "担当者が完了したか、タイマーによって自動的に完了しました。",
                "会話を再開するか、お客様からのメッセージをお待ちください。",
            ),
            Self::ConversationCompleted => (
                "この会話は完了済みのため、返信できません。",
                "このチャネルでは、完了した会話を再開できない設定になっています。",
                "お客様からのメッセージをお待ちください。次のメッセージから新しい会話が始まります。",
            ),
            Self::ProviderUnavailable => (
                "数回試しましたが、送信先サービスに受け付けられませんでした。",
                "送信先サービスに障害が起きているか、接続できません。",
                "時間をおいて再送信してください。",
            ),
            Self::Unconfirmed => (
                "お客様に届いたかどうか確認できません。",
                "送信先サービスの応答を受け取る前に接続が切れました。",
                "送信先サービスのアプリでチャットを確認し、届いていない場合だけ再送信してください。",
            ),
            Self::ProviderRefused => (
                "メッセージは送信先サービスに拒否されました。理由は特定できません。",
                "この一覧にないエラーコードが返されました。",
                "内容を変更してもう一度お試しください。解決しない場合は管理者に連絡してください。管理者は詳細を確認できます。",
            ),
            Self::ReplyWindowOverByThen => (
                "その時刻には返信の期限を過ぎているため、予約できません。",
                match kind {
                    ChannelKind::WhatsApp => {
                        "WhatsAppで自由な文章を送信できるのは、お客様の最後のメッセージから24時間以内です。"
                    }
                    _ => "返信できるのは、お客様の最後のメッセージから一定時間内に限られています。",
                },
                match kind {
                    ChannelKind::WhatsApp => {
                        "より早い時刻を指定するか、承認済みのテンプレートを予約してください。"
                    }
                    _ => "より早い時刻を指定してください。",
                },
            ),
            Self::CustomerWroteFirst => (
                "予約時刻の前にお客様からメッセージが届いたため、この返信は送信されませんでした。",
                "お客様から先に届いた場合は送信しない設定で予約されていました。",
                "お客様のメッセージを確認してから、返信または再送信してください。",
            ),
            Self::AuthorLeft => (
                "予約した担当者がこのチャネルで返信できなくなったため、この返信は送信されませんでした。",
                "予約時刻の前に、担当者が削除されたか、チャネルの担当から外されました。",
                "内容を確認してから、返信または再送信してください。",
            ),
        };
        Text { message, cause, remedy }
    }
}

const fn because(cause: Cause) -> &'static str {
    match cause {
        Cause::TokenExpired => "The access token has run out or was made void.",
        Cause::PermissionRevoked => "The permissions of the app on the Page or account were withdrawn.",
        Cause::PageNotAuthorized => "The Page is not among those that the login covers.",
        Cause::PageRemoved => "The Page was taken out of the login.",
        Cause::AppAccessWithdrawn => "The app lost its access at the provider.",
        Cause::SixtyDays => "60 days have passed since the login.",
        Cause::PageRoleLost => "The person who logged in lost their role on the Page.",
        Cause::PasswordChanged => "The person who logged in changed their password.",
        Cause::Checkpoint => "The person who logged in must first pass a check at facebook.com.",
        Cause::AuthenticationFailed => "The provider does not accept the account's token or key.",
        Cause::SecretMismatch => "The channel secret is not the one that the provider knows.",
    }
}

const fn because_in_japanese(cause: Cause) -> &'static str {
    match cause {
        Cause::TokenExpired => "アクセストークンの有効期限が切れたか、無効になりました。",
        Cause::PermissionRevoked => "ページまたはアカウントに対するアプリの権限が取り消されました。",
        Cause::PageNotAuthorized => "このページは、ログイン時に許可されたページに含まれていません。",
        Cause::PageRemoved => "このページは連携の対象から外されました。",
        Cause::AppAccessWithdrawn => "アプリが送信先サービスでのアクセス権を失いました。",
        Cause::SixtyDays => "ログインから60日が経過しました。",
        Cause::PageRoleLost => "ログインした人がページでの役割を失いました。",
        Cause::PasswordChanged => "ログインした人がパスワードを変更しました。",
        Cause::Checkpoint => "ログインした人がfacebook.comで本人確認を済ませる必要があります。",
        Cause::AuthenticationFailed => "アカウントの認証トークンまたはAPIキーが受け付けられませんでした。",
        Cause::SecretMismatch => "チャネルシークレットが送信先サービスのものと一致しません。",
    }
}

const fn remedy_in_japanese(cause: Cause) -> &'static str {
    match cause {
        Cause::TokenExpired => "管理者がチャネルを再認証してください。新しいトークンが作成されます。",
        Cause::PermissionRevoked => {
            "管理者がページのビジネスアカウントにサインインし、すべての権限を許可して再認証してください。"
        }
        Cause::PageNotAuthorized => "管理者が再認証し、ページの一覧でこのページを選択してください。",
        Cause::PageRemoved => "管理者が再認証し、このページをもう一度選択してください。",
        Cause::AppAccessWithdrawn => "管理者がビジネスアカウントでアプリを再び許可し、再認証してください。",
        Cause::SixtyDays => "管理者が再認証して、有効期限を更新してください。",
        Cause::PageRoleLost => "その人にページでの役割を戻すか、別の人として再認証してください。",
        Cause::PasswordChanged => "その人がもう一度サインインして再認証してください。",
        Cause::Checkpoint => "その人がfacebook.comでアカウントを確認してから、再認証してください。",
        Cause::AuthenticationFailed => {
            "管理者がTwilioコンソールから認証トークンまたはAPIキーをもう一度コピーしてください。"
        }
        Cause::SecretMismatch => {
            "管理者がLINE Developersコンソールからチャネルシークレットをもう一度コピーしてください。"
        }
    }
}

impl From<FailureReason> for Problem {
    fn from(reason: FailureReason) -> Self {
        match reason {
            FailureReason::ReplyWindowClosed => Self::ReplyWindowClosed,
            FailureReason::ContactUnreachable => Self::ContactUnreachable,
            FailureReason::MessageRefused => Self::MessageRefused,
            FailureReason::QuotaExhausted => Self::QuotaExhausted,
            FailureReason::ThreadControlled => Self::ThreadControlled,
            FailureReason::ProviderUnavailable => Self::ProviderUnavailable,
            FailureReason::ChannelUnlinked => Self::ChannelUnlinked,
            FailureReason::ChannelOff => Self::ChannelOff,
            FailureReason::AttachmentRefused => Self::AttachmentRefused,
            FailureReason::AttachmentTooLarge => Self::AttachmentTooLarge,
            FailureReason::AttachmentTypeRefused => Self::AttachmentTypeRefused,
            FailureReason::AttachmentUnreachable => Self::AttachmentUnreachable,
            FailureReason::StickerRefused => Self::StickerRefused,
            FailureReason::RecipientOptedOut => Self::RecipientOptedOut,
            FailureReason::ChannelNotPermitted => Self::ChannelNotPermitted,
            FailureReason::ProviderRefused => Self::ProviderRefused,
            FailureReason::CustomerWroteFirst => Self::CustomerWroteFirst,
            FailureReason::AuthorLeft => Self::AuthorLeft,
            FailureReason::ContactBlocked => Self::ContactBlocked,
            FailureReason::ConversationCompleted => Self::ConversationCompleted,
            FailureReason::OnlyTheAssignee => Self::OnlyTheAssignee,
        }
    }
}

impl From<Lock> for Problem {
    fn from(lock: Lock) -> Self {
        match lock {
            Lock::Closed => Self::ConversationClosed,
            Lock::Final => Self::ConversationCompleted,
            Lock::WindowClosed { .. } => Self::ReplyWindowClosed,
            Lock::WindowOverByThen { .. } => Self::ReplyWindowOverByThen,
            Lock::Standby => Self::ThreadControlled,
            Lock::OptedOut => Self::RecipientOptedOut,
            Lock::TemplateNeeded => Self::TemplateNeeded,
            Lock::ChannelOff => Self::ChannelOff,
            Lock::ChannelUnlinked => Self::ChannelUnlinked,
            Lock::Blocked => Self::ContactBlocked,
        }
    }
}

impl From<Rest> for Problem {
    fn from(rest: Rest) -> Self {
        match rest {
            Rest::Rate => Self::RateLimited,
            Rest::Restricted => Self::PageRestricted,
        }
    }
}

impl From<&TextRefused> for Problem {
    fn from(refused: &TextRefused) -> Self {
        match refused {
            TextRefused::Empty => Self::TextEmpty,
            TextRefused::TooLong { .. } | TextRefused::Indivisible { .. } => Self::TextTooLong,
        }
    }
}

impl Problem {
    /// What keeps every sticker from a channel; a wrong name of one is the caller's to put right.
    pub const fn of_sticker(refused: &StickerRefused) -> Option<Self> {
        match refused {
            StickerRefused::NotHere(_) => Some(Self::StickerNotSupported),
            StickerRefused::Name { .. } => None,
        }
    }

    /// The same of locations.
    pub const fn of_place(refused: &PlaceRefused) -> Option<Self> {
        match refused {
            PlaceRefused::NotHere(_) => Some(Self::LocationNotSupported),
            _ => None,
        }
    }
}

/// What a provider's refusal means to the person who wrote the message, at once or in the end; `None` for a spent
/// reply token, after which the message is pushed.
pub fn of_refusal(class: RefusalClass) -> Option<Problem> {
    Some(match class {
        RefusalClass::Credential(cause) => Problem::Reauthorization(cause),
        RefusalClass::Restricted => Rest::Restricted.into(),
        RefusalClass::Rate => Rest::Rate.into(),
        RefusalClass::Window => Problem::ReplyWindowClosed,
        RefusalClass::Recipient => Problem::ContactUnreachable,
        RefusalClass::Quota => Problem::QuotaExhausted,
        RefusalClass::OptedOut => Problem::RecipientOptedOut,
        RefusalClass::NotPermitted => Problem::ChannelNotPermitted,
        RefusalClass::Temporary => Problem::ProviderUnavailable,
        RefusalClass::Invalid | RefusalClass::Sender => Problem::MessageRefused,
        RefusalClass::Attachment(fault) => of_attachment(fault),
        RefusalClass::Sticker => Problem::StickerRefused,
        RefusalClass::Unmapped => Problem::ProviderRefused,
        RefusalClass::ThreadControl => Problem::ThreadControlled,
        RefusalClass::ReplyTokenSpent => return None,
    })
}

fn of_attachment(fault: AttachmentFault) -> Problem {
    FailureReason::from(fault).into()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    const KINDS: [ChannelKind; 4] =
        [ChannelKind::Messenger, ChannelKind::Line, ChannelKind::WhatsApp, ChannelKind::Sms];

    #[test]
    fn every_problem_has_an_id_of_its_own_and_texts_in_both_languages() {
        let all: Vec<_> = Problem::all().collect();
        let ids: HashSet<_> = all.iter().map(|problem| problem.public_id()).collect();
        assert_eq!(ids.len(), all.len());
        for problem in all {
            let id = problem.public_id();
            assert!(id.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'), "{id}");
            for kind in KINDS {
                let Text { message, cause, remedy } = problem.text(kind, Language::En);
                for text in [message, cause, remedy] {
                    assert!(text.is_ascii() && text.len() > 10 && text.ends_with('.'), "{id}: {text}");
                    assert!(!text.contains("  "), "{id}: {text}");
                }
                let Text { message, cause, remedy } = problem.text(kind, Language::Ja);
                for text in [message, cause, remedy] {
                    assert!(!text.is_ascii() && text.ends_with('。') && !text.contains("  "), "{id}: {text}");
                }
            }
        }
    }

    #[test]
    fn every_reason_and_lock_is_in_the_catalogue_under_its_own_id() {
        let all: HashSet<_> = Problem::all().collect();
        for reason in FailureReason::ALL {
            let problem = Problem::from(reason);
            assert_eq!(problem.public_id(), reason.public_id());
            assert!(all.contains(&problem));
        }
        let locks = [
            Lock::Closed,
            Lock::WindowClosed { ended_at: None },
            Lock::Standby,
            Lock::OptedOut,
            Lock::TemplateNeeded,
            Lock::ChannelOff,
            Lock::ChannelUnlinked,
            Lock::Blocked,
        ];
        for lock in locks {
            assert_eq!(Problem::from(lock).public_id(), lock.public_id());
            assert!(all.contains(&Problem::from(lock)));
        }
    }

    /// RPL-5 to RPL-8 are told apart, and RPL-8 names its four causes.
    #[test]
    fn rpl_8_an_unreachable_facebook_user_has_four_possible_causes() {
        let texts = |problem: Problem| KINDS.map(|kind| problem.text(kind, Language::Ja).message);
        let distinct: HashSet<_> = [
            Problem::ChannelUnlinked,
            Problem::Reauthorization(Cause::TokenExpired),
            Problem::ReplyWindowClosed,
            Problem::ContactUnreachable,
        ]
        .into_iter()
        .flat_map(texts)
        .collect();
        assert_eq!(distinct.len(), 8, "some of them speak of their provider: {distinct:?}");
        let unreachable = |language| Problem::ContactUnreachable.text(ChannelKind::Messenger, language).cause;
        for word in ["blocked", "deleted", "deactivated", "suspended"] {
            assert!(unreachable(Language::En).contains(word), "{word}");
        }
        assert_eq!(unreachable(Language::Ja).split('、').count(), 4);
    }

    #[test]
    fn the_language_is_the_one_that_is_asked_for_first() {
        use Language::{En, Ja};
        let table = [
            ("", En),
            ("ja", Ja),
            ("ja-JP", Ja),
            ("JA", Ja),
            ("en-US,en;q=0.9,ja;q=0.8", En),
            ("ja,en-US;q=0.9,en;q=0.8", Ja),
            ("en;q=0.5, ja;q=0.9", Ja),
            ("fr, ja;q=0.1", Ja),
            ("fr", En),
            ("*", En),
            ("ja;q=0", En),
            ("ja;q=bogus", En),
            ("jav", En),
        ];
        for (header, expected) in table {
            assert_eq!(Language::accepted(header), expected, "{header}");
        }
    }
}
