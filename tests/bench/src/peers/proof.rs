//! Whether a contestant does the job at all.

use anyhow::{Context as _, ensure};
use madoguchi_domain::Party;
use serde_json::Value;

use super::contestant::Contestant;
use super::stand_in::StandIn;
use super::webhook::{Sent, Webhook, user};
use crate::lambda::{CpuShare, Environment};

/// More events than fit one batch of SQS.
const EVENTS: u64 = 23;

/// Puts `contestant` through good, bad and missing signatures, and through a body in Base64.
pub(super) async fn prove(contestant: &Contestant, aws: &StandIn) -> anyhow::Result<()> {
    let mut process = Environment::start(&contestant.program, CpuShare::Full).await?;
    let (plain, encoded) = (several(0), several(EVENTS));
    let accepted = [
        ("a good signature", Webhook::new(&plain), &plain[..]),
        ("a body in Base64", Webhook::new(&encoded).in_base64(), &encoded[..]),
        ("LINE's connection check", Webhook::new(&[]), &[]),
    ];
    for (case, webhook, sent) in accepted {
        let answer = process.invoke(&webhook.request()).await.context(case)?.answer;
        ensure!(status(&answer) == 200, "{case}: answered {}", status(&answer));
        check(contestant, aws, sent).context(case)?;
    }
    let refused = [
        ("a signature under another secret", Webhook::new(&plain).signed_by_another()),
        (
            "a signature under another secret, the body in Base64",
            Webhook::new(&plain).signed_by_another().in_base64(),
        ),
        ("a changed body", Webhook::new(&plain).changed()),
        ("a missing signature", Webhook::new(&plain).unsigned()),
    ];
    for (case, webhook) in refused {
        let answer = process.invoke(&webhook.request()).await.context(case)?.answer;
        ensure!(matches!(status(&answer), 401 | 403), "{case}: answered {}", status(&answer));
        check(contestant, aws, &[]).context(case)?;
    }
    process.end().await
}

/// The answer's status.
pub(super) fn status(answer: &Value) -> u64 {
    answer["statusCode"].as_u64().unwrap_or_default()
}

/// Refuses the queue's new messages unless they are exactly `sent`, in order.
pub(super) fn check(contestant: &Contestant, aws: &StandIn, sent: &[Sent]) -> anyhow::Result<()> {
    let queued = aws.take();
    ensure!(queued.len() == sent.len(), "{} messages were queued for {} events", queued.len(), sent.len());
    for (sent, queued) in sent.iter().zip(&queued) {
        contestant.check(sent, queued).with_context(|| format!("event {}", sent.id()))?;
    }
    Ok(())
}

/// Events of two people and of a group and a room that one of them is in.
fn several(from: u64) -> Vec<Sent> {
    let party = |number| match number % 4 {
        0 => Party::User(user(0)),
        1 => Party::User(user(1)),
        2 => Party::Group(format!("C{:032x}", 2)),
        _ => Party::Room(format!("R{:032x}", 3)),
    };
    (from..from + EVENTS).map(|number| Sent::text(party(number), number)).collect()
}
