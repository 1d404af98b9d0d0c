//! Sends e-mail through SES, as plain text.

use aws_sdk_sesv2::Client;
use aws_sdk_sesv2::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_sesv2::types::{Body, Content, Destination, EmailContent, Message, MessageHeader};

/// SES: at most 50 recipients of one e-mail.
pub const MAX_RECIPIENTS: usize = 50;
const CHARSET: &str = "UTF-8";

/// Sends as one address. Its domain or itself must be verified in SES.
#[derive(Clone, Debug)]
pub struct Mailer {
    client: Client,
    from: String,
}

/// An e-mail was not accepted. Neither variant tells an address: the log is no place for one.
#[derive(Debug, thiserror::Error)]
pub enum MailError {
    /// SES refused it, and would again.
    #[error("SES refused the e-mail: {code}")]
    Refused {
        /// SES's own word for it.
        code: String,
    },
    /// It was not sent, or nobody knows; later it may be.
    #[error("SES did not take the e-mail: {0}")]
    Unavailable(String),
}

impl Mailer {
    /// Sends as `from`.
    pub fn new(client: Client, from: String) -> Self {
        Self { client, from }
    }

    /// Sends one e-mail to all of `to`, at most [`MAX_RECIPIENTS`].
    pub async fn send(&self, to: &[String], subject: &str, text: &str) -> Result<(), MailError> {
        self.send_with(to, subject, text, &[]).await
    }

    /// The same with further header fields. SES takes those that it knows to be harmless, among them the two by which a
    /// mail program offers to unsubscribe (RFC 8058).
    pub async fn send_with(
        &self,
        to: &[String],
        subject: &str,
        text: &str,
        headers: &[(&str, String)],
    ) -> Result<(), MailError> {
        let content = |text: &str| Content::builder().data(text).charset(CHARSET).build().map_err(malformed);
        let message =
            Message::builder().subject(content(subject)?).body(Body::builder().text(content(text)?).build());
        let message = headers.iter().try_fold(message, |message, (name, value)| {
            let header = MessageHeader::builder().name(*name).value(value).build().map_err(malformed)?;
            Ok::<_, MailError>(message.headers(header))
        })?;
        let message = message.build();
        self.client
            .send_email()
            .from_email_address(&self.from)
            .destination(Destination::builder().set_to_addresses(Some(to.to_vec())).build())
            .content(EmailContent::builder().simple(message).build())
            .send()
            .await
            .map(drop)
            .map_err(classed)
    }
}

fn malformed(error: aws_sdk_sesv2::error::BuildError) -> MailError {
    MailError::Refused { code: error.to_string() }
}

fn classed<E, R>(error: SdkError<E, R>) -> MailError
where
    E: ProvideErrorMetadata,
    R: std::fmt::Debug,
{
    let Some(refusal) = error.as_service_error() else {
        // The SDK's own word: what lies below it can hold addresses.
        return MailError::Unavailable(error.to_string());
    };
    let code = refusal.code().unwrap_or("unknown");
    let passes =
        ["TooManyRequestsException", "LimitExceededException", "InternalServiceErrorException", "unknown"];
    if passes.contains(&code) || code.starts_with("Throttling") || code.starts_with("ServiceUnavailable") {
        MailError::Unavailable(code.to_owned())
    } else {
        MailError::Refused { code: code.to_owned() }
    }
}

impl MailError {
    /// What a maintainer should do.
    pub fn remedy(&self) -> &'static str {
        let code = match self {
            Self::Refused { code } => code.as_str(),
            Self::Unavailable(_) => return "nothing: it is tried again",
        };
        match code {
            "MessageRejected" | "MailFromDomainNotVerifiedException" => {
                "verify the address of the parameter MailFrom, or its domain, in SES in this Region; while the account is \
                 in SES's sandbox, verify every recipient too, or ask for production access"
            }
            "AccountSuspendedException" | "SendingPausedException" => {
                "look in SES's console why sending is paused, and have it allowed again"
            }
            code if code.starts_with("AccessDenied") => {
                "let the role of the function send as the identity that is verified in SES"
            }
            _ => "look the code up in SES's documentation of SendEmail",
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use axum::Router;
    use axum::body::Bytes;
    use axum::http::{HeaderMap, Method, StatusCode, Uri};
    use serde_json::{Value, json};
    use tokio::net::TcpListener;

    use crate::{Aws, fake_aws};

    use super::*;

    type Calls = Arc<Mutex<Vec<(Method, String, Value)>>>;

    /// SES that answers each call like this.
    async fn ses(status: u16, error: Option<&'static str>) -> (Mailer, Calls) {
        let calls = Calls::default();
        let seen = Arc::clone(&calls);
        let endpoint = Router::new().fallback(move |method: Method, uri: Uri, body: Bytes| async move {
            seen.lock().unwrap().push((
                method,
                uri.path().to_owned(),
                serde_json::from_slice(&body).unwrap(),
            ));
            let mut headers = HeaderMap::new();
            if let Some(error) = error {
                headers.insert("x-amzn-errortype", error.parse().unwrap());
            }
            let answer = json!({"MessageId": "m-1", "message": "to someone@example.com"});
            (StatusCode::from_u16(status).unwrap(), headers, answer.to_string())
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move { axum::serve(listener, endpoint).await });
        let aws = Aws::new(fake_aws::config(format!("http://{address}"))).unwrap();
        (aws.mailer("madoguchi@example.com"), calls)
    }

    #[tokio::test]
    async fn an_email_is_one_call_with_subject_and_plain_text() {
        let (mailer, calls) = ses(200, None).await;
        let to = ["a@example.com".to_owned(), "b@example.com".to_owned()];
        mailer.send(&to, "再認証が必要です", "本文\n").await.unwrap();
        let content = |text: &str| json!({"Data": text, "Charset": "UTF-8"});
        let expected = json!({
            "FromEmailAddress": "madoguchi@example.com",
            "Destination": {"ToAddresses": to},
            "Content": {"Simple": {
                "Subject": content("再認証が必要です"), "Body": {"Text": content("本文\n")},
            }},
        });
        let path = "/v2/email/outbound-emails".to_owned();
        assert_eq!(*calls.lock().unwrap(), [(Method::POST, path, expected)]);
    }

    #[tokio::test]
    async fn ntf_5_an_email_tells_mail_programs_how_to_unsubscribe() {
        let (mailer, calls) = ses(200, None).await;
        let fields = [("List-Unsubscribe-Post", "List-Unsubscribe=One-Click".to_owned())];
        mailer.send_with(&["a@example.com".to_owned()], "s", "t", &fields).await.unwrap();
        let (_, _, sent) = calls.lock().unwrap().pop().unwrap();
        let expected = json!([{"Name": "List-Unsubscribe-Post", "Value": "List-Unsubscribe=One-Click"}]);
        assert_eq!(sent["Content"]["Simple"]["Headers"], expected);
    }

    #[tokio::test]
    async fn what_is_refused_is_told_from_what_may_pass_and_neither_is_tried_twice_or_names_an_address() {
        for (status, code, is_refused) in [
            (400, "MessageRejected", true),
            (400, "MailFromDomainNotVerifiedException", true),
            (400, "SendingPausedException", true),
            (403, "AccessDeniedException", true),
            (400, "BadRequestException", true),
            (429, "TooManyRequestsException", false),
            (400, "LimitExceededException", false),
            (503, "ServiceUnavailable", false),
            (500, "InternalServiceErrorException", false),
        ] {
            let (mailer, calls) = ses(status, Some(code)).await;
            let error = mailer.send(&["a@example.com".to_owned()], "s", "t").await.unwrap_err();
            assert_eq!(matches!(error, MailError::Refused { .. }), is_refused, "{code}");
            assert_eq!(calls.lock().unwrap().len(), 1, "{code}");
            let text = error.to_string();
            assert!(text.contains(code) && !text.contains('@'), "{text}");
            assert_eq!(error.remedy().starts_with("nothing"), !is_refused, "{code}");
        }
    }

    #[tokio::test]
    async fn an_endpoint_that_is_not_there_is_unavailable() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        drop(listener);
        let mailer = Aws::new(fake_aws::config(endpoint)).unwrap().mailer("a@example.com");
        let error = mailer.send(&["b@example.com".to_owned()], "s", "t").await.unwrap_err();
        assert!(matches!(error, MailError::Unavailable(_)), "{error}");
    }
}
