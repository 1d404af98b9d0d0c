//! Hours as bytes. A report of a month reads thousands of them, and each kilobyte is paid for: numbers take as many bytes as they need
//! (LEB128), and an operator's UUID sixteen.

use std::collections::BTreeMap;

use madoguchi_domain::OperatorId;
use madoguchi_domain::report::{Histogram, Hour, Work};
use uuid::Uuid;

/// The form that is written.
const FORM: u8 = 1;
/// How an operator is spelled.
const NOBODY: u8 = 0;
const AS_UUID: u8 = 1;
const AS_TEXT: u8 = 2;

pub(super) fn pack(hour: &Hour) -> Vec<u8> {
    let mut bytes = vec![FORM];
    for count in [hour.incoming, hour.automatic, hour.begun, hour.reopened, hour.by.len() as u64] {
        number(&mut bytes, count);
    }
    for (operator, work) in &hour.by {
        who(&mut bytes, operator.as_ref());
        number(&mut bytes, work.answers);
        histogram(&mut bytes, &work.first_answer);
        number(&mut bytes, work.closed.len() as u64);
        for (reason, count) in &work.closed {
            text(&mut bytes, reason);
            number(&mut bytes, *count);
        }
        histogram(&mut bytes, &work.to_close);
    }
    bytes
}

/// `None` of what was not written by [`pack`].
pub(super) fn unpack(bytes: &[u8]) -> Option<Hour> {
    let mut rest = Rest(bytes);
    if rest.byte()? != FORM {
        return None;
    }
    let mut hour = Hour {
        incoming: rest.number()?,
        automatic: rest.number()?,
        begun: rest.number()?,
        reopened: rest.number()?,
        by: BTreeMap::new(),
    };
    for _ in 0..rest.number()? {
        let operator = rest.who()?;
        let mut work = Work { answers: rest.number()?, first_answer: rest.histogram()?, ..Work::default() };
        for _ in 0..rest.number()? {
            let reason = rest.text()?;
            work.closed.insert(reason, rest.number()?);
        }
        work.to_close = rest.histogram()?;
        hour.by.insert(operator, work);
    }
    rest.0.is_empty().then_some(hour)
}

fn number(bytes: &mut Vec<u8>, mut number: u64) {
    while number > 0x7f {
        bytes.push(low(number) | 0x80);
        number >>= 7;
    }
    bytes.push(low(number));
}

/// The seven lowest bits.
const fn low(number: u64) -> u8 {
    (number & 0x7f) as u8
}

fn text(bytes: &mut Vec<u8>, text: &str) {
    number(bytes, text.len() as u64);
    bytes.extend(text.as_bytes());
}

fn who(bytes: &mut Vec<u8>, operator: Option<&OperatorId>) {
    let Some(OperatorId(id)) = operator else { return bytes.push(NOBODY) };
    match Uuid::try_parse(id).ok().filter(|uuid| uuid.to_string() == *id) {
        Some(uuid) => {
            bytes.push(AS_UUID);
            bytes.extend(uuid.as_bytes());
        }
        None => {
            bytes.push(AS_TEXT);
            text(bytes, id);
        }
    }
}

fn histogram(bytes: &mut Vec<u8>, histogram: &Histogram) {
    let counts: Vec<_> = histogram.counts().collect();
    number(bytes, counts.len() as u64);
    for (bucket, count) in counts {
        bytes.push(bucket);
        number(bytes, count);
    }
}

/// What is still to be read.
struct Rest<'a>(&'a [u8]);

impl<'a> Rest<'a> {
    fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }

    fn bytes(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    fn number(&mut self) -> Option<u64> {
        let mut number = 0_u64;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            number |= u64::from(byte & 0x7f).checked_shl(shift)?;
            if byte & 0x80 == 0 {
                return Some(number);
            }
        }
        None
    }

    fn text(&mut self) -> Option<String> {
        let length = self.number()?.try_into().ok()?;
        String::from_utf8(self.bytes(length)?.to_vec()).ok()
    }

    #[expect(
        clippy::option_option,
        reason = "the outer one says that it cannot be read, the inner one that it is nobody's"
    )]
    fn who(&mut self) -> Option<Option<OperatorId>> {
        match self.byte()? {
            NOBODY => Some(None),
            AS_UUID => Some(Some(OperatorId(Uuid::from_slice(self.bytes(16)?).ok()?.to_string()))),
            AS_TEXT => Some(Some(OperatorId(self.text()?))),
            _ => None,
        }
    }

    fn histogram(&mut self) -> Option<Histogram> {
        let mut histogram = Histogram::default();
        for _ in 0..self.number()? {
            let bucket = self.byte()?;
            histogram.put(bucket, self.number()?);
        }
        Some(histogram)
    }
}
