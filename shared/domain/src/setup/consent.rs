//! The consent text (ユーザー同意書, CHN-7): what an administrator accepts before a channel is switched on for the first time.
//! Whoever changes the words changes [`VERSION`], and everybody is asked anew.

use serde::{Deserialize, Serialize};

use super::SetupRefused;
use crate::catalogue::Language;
use crate::ids::OperatorId;
use crate::time::Timestamp;

/// Names the words that are current.
pub const VERSION: &str = "2026-11";

/// The words.
pub const fn text(language: Language) -> &'static str {
    match language {
        Language::En => {
            "By connecting this account you let this inbox receive and store the messages, files, names and pictures that \
             people send to it, and send replies in its name. They are kept in your organization's own AWS account until \
             somebody deletes them. You confirm that you may administer the account, that the people who write to it are \
             told how their data is used, and that the provider's terms are kept. You can disconnect the account at any \
             time; its credentials are destroyed then."
        }
        Language::Ja => {
            "このアカウントを接続すると、この受信箱は、アカウントに届くメッセージ・ファイル・氏名・写真を受信して保存し、\
             アカウントの名前で返信を送信できるようになります。データは、削除されるまで貴社自身のAWSアカウントに保管されます。\
             あなたは、このアカウントを管理する権限があること、連絡してくる方にデータの利用目的を知らせていること、\
             および提供元の利用規約を守ることを確認します。接続はいつでも解除でき、その際に認証情報は破棄されます。"
        }
    }
}

/// That somebody accepted the text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Consent {
    /// Who.
    pub by: OperatorId,
    /// As the identity provider told their name.
    pub name: String,
    /// When.
    pub at: Timestamp,
    /// Which words.
    pub version: String,
}

impl Consent {
    pub(super) fn accept(
        version: &str,
        by: &OperatorId,
        name: &str,
        at: Timestamp,
    ) -> Result<Self, SetupRefused> {
        if version != VERSION {
            return Err(SetupRefused::OtherConsent { current: VERSION });
        }
        Ok(Self { by: by.clone(), name: name.to_owned(), at, version: version.to_owned() })
    }

    /// Whether the words that were accepted are still the current ones.
    pub fn is_current(&self) -> bool {
        self.version == VERSION
    }
}
