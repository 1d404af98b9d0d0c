//! The whole of it with a program that everybody has who can run `make bench`.

use std::time::Duration;

use serde_json::json;

use super::stats::ms;
use super::*;

/// A runtime in a few lines. Told to, it burns CPU time, fails or ends.
const RUNTIME: &str = r#"
import http.client, json, os, sys, time
api = http.client.HTTPConnection(os.environ["AWS_LAMBDA_RUNTIME_API"])
base = "/2018-06-01/runtime/invocation"
def call(method, path, body=None):
    api.request(method, base + path, body)
    answer = api.getresponse()
    return answer.headers, answer.read()
print("up", flush=True)
while True:
    headers, event = call("GET", "/next")
    event = json.loads(event)
    end = time.process_time() + event.get("burn_ms", 0) / 1000
    while time.process_time() < end:
        pass
    if event.get("end"):
        sys.exit("told to end")
    told = {"event": event, "environment": dict(os.environ), "headers": dict(headers)}
    kind = "error" if event.get("fail") else "response"
    call("POST", f"/{headers['Lambda-Runtime-Aws-Request-Id']}/{kind}", json.dumps(told))
"#;

fn program() -> Program {
    Program::new("probe", ["/usr/bin/env", "python3", "-c", RUNTIME]).env("ADDED", "yes").memory_mb(512)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_sees_what_lambda_shows_it_and_nothing_else() {
    let mut environment = Environment::start(&program(), CpuShare::Full).await.unwrap();
    let answered = environment.invoke(&json!({ "n": 1 })).await.unwrap();
    assert_eq!(answered.answer["event"], json!({ "n": 1 }));
    let variables = &answered.answer["environment"];
    assert_eq!(variables["ADDED"], "yes");
    assert_eq!(variables["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"], "512");
    assert!(variables.get("HOME").is_none() && variables.get("CARGO_MANIFEST_DIR").is_none(), "{variables}");
    let deadline_ms: u128 =
        answered.answer["headers"]["lambda-runtime-deadline-ms"].as_str().unwrap().parse().unwrap();
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    assert!((1..=30_000).contains(&(deadline_ms - now.as_millis())));
    assert_eq!(environment.output(), "up\n");
    environment.end().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn time_cpu_and_memory_are_those_of_the_program() {
    let plan = Plan { warm_up: 1, warm: 4, pause: Duration::from_millis(5) };
    let event = async |n: usize| Ok(json!({ "burn_ms": if n < 2 { 0 } else { 20 } }));
    let measured = measure(&program(), CpuShare::Full, &plan, event, async |_, _| Ok(())).await.unwrap();
    assert_eq!(measured.warm.len(), 4);
    assert!(measured.warm.iter().all(|took| ms(*took) >= 20.0), "{measured:?}");
    assert!(ms(measured.first) < ms(measured.warm[0]), "{measured:?}");
    assert!((20.0..40.0).contains(&ms(measured.cpu_per_warm)), "{measured:?}");
    assert!((1_000_000..500_000_000).contains(&measured.peak_bytes), "{measured:?}");
    assert!(ms(measured.init) > 1.0, "{measured:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_small_share_makes_work_take_longer_where_it_can_be_given() {
    let Ok(()) = share::can_limit() else { return };
    let plan = Plan { warm_up: 0, warm: 2, pause: Duration::ZERO };
    let event = async |_: usize| Ok(json!({ "burn_ms": 20 }));
    let measured =
        measure(&program(), CpuShare::OfMemory(256), &plan, event, async |_, _| Ok(())).await.unwrap();
    // 20 ms of CPU time at a seventh of a CPU.
    assert!(measured.warm.iter().all(|took| ms(*took) > 80.0), "{measured:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_that_fails_or_ends_is_an_error_that_says_why() {
    let mut environment = Environment::start(&program(), CpuShare::Full).await.unwrap();
    let error = environment.invoke(&json!({ "fail": true })).await.unwrap_err().to_string();
    assert!(error.contains("probe failed") && error.contains("\"fail\": true"), "{error}");
    let error = environment.invoke(&json!({ "end": true })).await.unwrap_err().to_string();
    assert!(error.contains("ended by itself") && error.contains("told to end"), "{error}");
    let missing = Program::new("missing", ["/nowhere/bootstrap"]);
    let error = Environment::start(&missing, CpuShare::Full).await.err().unwrap().to_string();
    assert!(error.contains("/nowhere/bootstrap"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_dropped_is_gone() {
    let environment = Environment::start(&program(), CpuShare::Full).await.unwrap();
    let folder = std::path::PathBuf::from(format!("/proc/{}", environment.pid()));
    assert!(folder.exists());
    drop(environment);
    for _ in 0..200 {
        if !folder.exists() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("{} still runs", folder.display());
}
