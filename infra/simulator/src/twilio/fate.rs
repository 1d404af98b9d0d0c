//! What becomes of a message after Twilio has accepted it: the customer sees it, or a status callback says why
//! not.

use crate::{clock::HOUR_MS, faults::Fault, model::Provider, state::Thread};

const WINDOW_MS: i64 = 24 * HOUR_MS;

/// The last status, unless the customer reads the message later.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Fate {
    pub(super) status: &'static str,
    pub(super) error_code: Option<u32>,
}

impl Fate {
    const fn failed(code: u32) -> Self {
        Self { status: "failed", error_code: Some(code) }
    }

    const fn undelivered(code: u32) -> Self {
        Self { status: "undelivered", error_code: Some(code) }
    }

    pub(super) const fn is_shown(self) -> bool {
        self.error_code.is_none()
    }
}

/// `problem` is what is wrong with the message itself: its file or its template.
pub(super) fn decide(
    thread: &Thread,
    is_template: bool,
    problem: Option<u32>,
    fault: Option<&Fault>,
    now_ms: i64,
) -> Fate {
    let on_whatsapp = thread.provider == Provider::WhatsApp;
    let in_window = thread.last_opener_ms.is_some_and(|opened_ms| now_ms - opened_ms <= WINDOW_MS);
    let unreachable = Fate::undelivered(if on_whatsapp { 63_024 } else { 30_003 });
    match fault {
        Some(Fault::DeliveryFailure { code, undelivered: true }) => return Fate::undelivered(*code),
        Some(Fault::DeliveryFailure { code, .. }) => return Fate::failed(*code),
        Some(Fault::OutsideWindow) => return Fate::failed(63_016),
        Some(Fault::UserUnavailable) => return unreachable,
        _ => {}
    }
    if let Some(code) = problem {
        return Fate::failed(code);
    }
    if on_whatsapp && !is_template && !in_window {
        return Fate::failed(63_016);
    }
    if thread.blocked {
        return Fate::undelivered(if on_whatsapp { 63_014 } else { 30_004 });
    }
    if thread.unavailable {
        return unreachable;
    }
    Fate { status: if thread.receipts { "delivered" } else { "sent" }, error_code: None }
}
