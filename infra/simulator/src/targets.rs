//! Where the product listens. Addresses may appear after the start, when the stack is deployed.

use std::{collections::BTreeMap, fs, path::PathBuf};

use serde_json::Value;

use crate::{model::Provider, options::Options};

#[derive(Debug, Clone)]
pub(crate) struct Targets {
    pub(crate) api: Option<String>,
    pub(crate) messenger: Option<String>,
    pub(crate) line: BTreeMap<String, String>,
    /// By sender or messaging service.
    pub(crate) twilio: BTreeMap<String, String>,
    /// What public addresses begin with, and what answers for them on this machine.
    pub(crate) aliases: BTreeMap<String, String>,
    pub(crate) cognito_endpoint: Option<String>,
    pub(crate) cognito_client_id: Option<String>,
    stack_file: Option<PathBuf>,
}

impl From<&Options> for Targets {
    fn from(options: &Options) -> Self {
        Self {
            api: options.api.clone(),
            messenger: options.messenger_webhook.clone(),
            line: options.line_webhooks.clone(),
            twilio: options.twilio_webhooks.clone(),
            aliases: options.aliases.clone(),
            cognito_endpoint: options.cognito_endpoint.clone(),
            cognito_client_id: options.cognito_client_id.clone(),
            stack_file: options.stack_file.clone(),
        }
    }
}

impl Targets {
    pub(crate) fn api_base(&self) -> Option<String> {
        let found = self.api.clone().or_else(|| self.stack_value("api"))?;
        Some(found.trim_end_matches('/').to_owned())
    }

    pub(crate) fn messenger_webhook(&self) -> Option<String> {
        self.messenger.clone().or_else(|| Some(format!("{}/webhooks/messenger", self.api_base()?)))
    }

    /// The product's own channel id is in the path, so the stack description has to be asked for it.
    pub(crate) fn line_webhook(&self, channel: &str) -> Option<String> {
        if let Some(address) = self.line.get(channel) {
            return Some(address.clone());
        }
        self.channel_webhook("line", channel, "line")
    }

    /// For a sender, by itself or as part of a messaging service.
    pub(crate) fn twilio_webhook(
        &self,
        provider: Provider,
        sender: &str,
        service: Option<&str>,
    ) -> Option<String> {
        let names = || [Some(sender), service].into_iter().flatten();
        let told = names().find_map(|name| self.twilio.get(name).cloned());
        told.or_else(|| names().find_map(|name| self.channel_webhook(provider.as_str(), name, "twilio")))
    }

    fn channel_webhook(&self, kind: &str, external_id: &str, family: &str) -> Option<String> {
        let stack = self.stack()?;
        let entry = stack["channels"]
            .as_array()?
            .iter()
            .find(|entry| entry["kind"] == kind && entry["external_id"].as_str() == Some(external_id))?;
        match (entry["webhook_path"].as_str(), entry["id"].as_str()) {
            (Some(address), _) if address.starts_with("http") => Some(address.to_owned()),
            (Some(path), _) => Some(format!("{}/{}", self.api_base()?, path.trim_start_matches('/'))),
            (None, Some(id)) => Some(format!("{}/webhooks/{family}/{id}", self.api_base()?)),
            (None, None) => None,
        }
    }

    /// Where a public address is answered on this machine; the same one unless it was declared.
    pub(crate) fn reach(&self, url: &str) -> String {
        let alias = self.aliases.iter().find_map(|(public, local)| {
            let rest = url.strip_prefix(public.trim_end_matches('/'))?;
            (rest.is_empty() || rest.starts_with(['/', '?']))
                .then(|| format!("{}{rest}", local.trim_end_matches('/')))
        });
        alias.unwrap_or_else(|| url.to_owned())
    }

    pub(crate) fn cognito(&self) -> Option<(String, String)> {
        let endpoint = self.cognito_endpoint.clone().or_else(|| self.stack_value("cognito_endpoint"))?;
        let client_id = self.cognito_client_id.clone().or_else(|| self.stack_value("cognito_client_id"))?;
        Some((endpoint, client_id))
    }

    /// Where operators work.
    pub(crate) fn console(&self) -> String {
        self.stack_value("console").unwrap_or_else(|| "/operator".to_owned())
    }

    /// The made-up logins of the local stack, to be offered on the operator page.
    pub(crate) fn demo_logins(&self) -> Value {
        self.stack().map_or(Value::Null, |stack| stack["logins"].clone())
    }

    fn stack_value(&self, name: &str) -> Option<String> {
        self.stack()?[name].as_str().map(ToOwned::to_owned)
    }

    fn stack(&self) -> Option<Value> {
        serde_json::from_slice(&fs::read(self.stack_file.as_ref()?).ok()?).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_appear_when_the_stack_description_does() {
        let folder = std::env::temp_dir().join(format!("simulator-targets-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let stack_file = folder.join("stack.json");
        let targets = Targets::from(&Options { stack_file: Some(stack_file.clone()), ..Options::default() });
        assert_eq!(targets.messenger_webhook(), None);

        let stack = serde_json::json!({
            "api": "http://127.0.0.1:4566/_aws/execute-api/abc/prod/",
            "channels": [
                {"kind": "messenger", "id": "m", "external_id": "1650000001"},
                {"kind": "line", "id": "c-1", "external_id": "1650000001"},
                {"kind": "line", "id": "c-2", "external_id": "1650000002", "webhook_path": "/webhooks/line/c-2"},
                {"kind": "whatsapp", "id": "c-3", "external_id": "whatsapp:+815012345678"},
                {"kind": "sms", "id": "c-4", "external_id": "MG1"},
            ],
        });
        fs::write(&stack_file, stack.to_string()).unwrap();

        let base = "http://127.0.0.1:4566/_aws/execute-api/abc/prod";
        assert_eq!(targets.messenger_webhook(), Some(format!("{base}/webhooks/messenger")));
        assert_eq!(targets.line_webhook("1650000001"), Some(format!("{base}/webhooks/line/c-1")));
        assert_eq!(targets.line_webhook("1650000002"), Some(format!("{base}/webhooks/line/c-2")));
        assert_eq!(targets.line_webhook("1650000003"), None);
        let twilio = |provider, sender: &str| {
            targets.twilio_webhook(provider, sender, Some("MG1")).unwrap_or_default()
        };
        assert_eq!(
            twilio(Provider::WhatsApp, "whatsapp:+815012345678"),
            format!("{base}/webhooks/twilio/c-3")
        );
        assert_eq!(twilio(Provider::Sms, "+815087654321"), format!("{base}/webhooks/twilio/c-4"));
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn a_public_address_is_reached_through_its_alias() {
        let aliases = [("https://inbox.example.test".to_owned(), "http://127.0.0.1:9/x/".to_owned())];
        let targets = Targets::from(&Options { aliases: aliases.into(), ..Options::default() });
        for (url, expected) in [
            ("https://inbox.example.test/media/1?a=b", "http://127.0.0.1:9/x/media/1?a=b"),
            ("https://inbox.example.test", "http://127.0.0.1:9/x"),
            ("https://inbox.example.tester/media/1", "https://inbox.example.tester/media/1"),
            ("http://127.0.0.1:1/", "http://127.0.0.1:1/"),
        ] {
            assert_eq!(targets.reach(url), expected);
        }
    }
}
