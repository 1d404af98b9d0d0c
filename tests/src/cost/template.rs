//! What the template says and a bill depends on, read from the template itself.
//!
//! A reader of lines, not of YAML: it knows the layout of `template.yaml` and nothing else. What it cannot
//! find it panics about.

use serde_json::Value;

use super::Function;

const TEMPLATE: &str = include_str!("../../../template.yaml");

/// What Lambda writes to a function's log by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlatformLines {
    /// `START`, `END` and `REPORT`.
    Text,
    /// `platform.start` and `platform.report`.
    Json,
    /// Nothing while all goes well: warnings and above only.
    Off,
}

/// The memory of a function, in MB.
pub fn memory_mb(function: Function) -> u32 {
    let own = value_in(resource(function.resource()), "MemorySize:");
    let memory = own.or_else(|| value_in(globals(), "MemorySize:"));
    memory.and_then(|memory| memory.parse().ok()).expect("the template states the memory")
}

/// How many records the function's trigger hands over at most.
pub fn batch_size(function: Function) -> usize {
    let size = value_in(resource(function.resource()), "BatchSize:");
    size.and_then(|size| size.parse().ok()).expect("the template states the batch size")
}

/// What Lambda logs of an invocation of the function.
pub fn platform_lines(function: Function) -> PlatformLines {
    let setting = |name: &str| {
        let inline = |text: &'static str| {
            let rest = &text[text.find(name)? + name.len()..];
            Some(
                rest.trim_start().split([',', '}', '\n']).next().unwrap_or_default().trim().trim_matches('"'),
            )
        };
        inline(resource(function.resource())).or_else(|| inline(globals()))
    };
    match (setting("LogFormat:"), setting("SystemLogLevel:")) {
        // Below `debug`, which is the default.
        (Some("JSON"), Some("WARN" | "!If [Verbose")) => PlatformLines::Off,
        (Some("JSON"), _) => PlatformLines::Json,
        _ => PlatformLines::Text,
    }
}

/// What a stream record must look like to be handed to `change-relay`: like one of these.
pub fn stream_filters() -> Vec<Value> {
    let patterns =
        resource("ChangeRelay").lines().filter_map(|line| line.trim_start().strip_prefix("- Pattern:"));
    let filters: Vec<Value> = patterns
        .map(|pattern| serde_json::from_str(pattern.trim().trim_matches('\'')).expect("the filter is JSON"))
        .collect();
    assert!(!filters.is_empty(), "the stream is filtered");
    filters
}

/// Whether `record` matches a filter of nested objects whose leaves are lists of allowed values and beginnings.
pub fn matches(filter: &Value, record: &Value) -> bool {
    match filter {
        Value::Object(fields) => fields.iter().all(|(name, filter)| matches(filter, &record[name])),
        Value::Array(allowed) => allowed.iter().any(|allowed| match (allowed, record) {
            (Value::String(_), _) => allowed == record,
            (Value::Object(of), Value::String(text)) => {
                let beginning = of.get("prefix").and_then(Value::as_str);
                text.starts_with(beginning.unwrap_or_else(|| panic!("not understood: {allowed}")))
            }
            (Value::Object(_), _) => false,
            (other, _) => panic!("not understood: {other}"),
        }),
        other => panic!("not a filter: {other}"),
    }
}

/// The HTTP API's access log line of one request with these values; `None` if there is no such log.
pub fn access_log_line(values: &[(&str, &str)]) -> Option<String> {
    let stage = resource("ApiStage");
    let (_, format) = stage.split_once("Format: >-\n")?;
    let indent = format.len() - format.trim_start().len();
    let folded: Vec<&str> = format
        .lines()
        .take_while(|line| line.len() > indent && line[..indent].trim().is_empty())
        .map(str::trim)
        .collect();
    let mut line = folded.join(" ");
    for (name, value) in values {
        line = line.replace(&format!("$context.{name}"), value);
    }
    assert!(!line.contains("$context."), "a value is missing: {line}");
    Some(line)
}

/// The lines of a resource.
fn resource(name: &str) -> &'static str {
    let (_, rest) = TEMPLATE.split_once(&format!("\n  {name}:\n")).expect("the template has the resource");
    up_to(rest, "  ")
}

fn globals() -> &'static str {
    let (_, rest) = TEMPLATE.split_once("\nGlobals:\n").expect("the template has globals");
    up_to(rest, "")
}

/// `text` up to the first line that is indented by no more than `indent`.
fn up_to(text: &'static str, indent: &str) -> &'static str {
    let ends = |line: &str| {
        let own = line.len() - line.trim_start().len();
        !line.trim().is_empty() && own <= indent.len()
    };
    let length = text.split_inclusive('\n').take_while(|line| !ends(line)).map(str::len).sum();
    &text[..length]
}

fn value_in(text: &'static str, name: &str) -> Option<&'static str> {
    text.lines().find_map(|line| line.trim_start().strip_prefix(name)).map(str::trim)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_template_is_understood() {
        assert_eq!(memory_mb(Function::WebhookIngest), 256);
        assert!(memory_mb(Function::UnansweredClose) > 0);
        assert_eq!(batch_size(Function::InboxWriter), 10);
        for function in Function::ALL {
            platform_lines(function);
        }
        assert!(resource("InboxApi").contains("Timeout:"));
        assert!(!resource("InboxApi").contains("InboxApiRole:\n"));
    }

    #[test]
    fn a_filter_lets_through_what_it_names() {
        let passes = |record: Value| stream_filters().iter().any(|filter| matches(filter, &record));
        let record = |state: Value| json!({"dynamodb": {"NewImage": {"pending_state": state}}});
        assert!(passes(record(json!({"S": "queued"}))));
        assert!(!passes(record(json!({"S": "sending"}))));
        assert!(!passes(record(json!(null))));
        let key = |sk: &str| json!({"dynamodb": {"Keys": {"sk": {"S": sk}}}});
        assert!(passes(key("conversation")));
        assert!(passes(key("m#1700000000000")));
        assert!(!passes(key("counted")));
    }
}
