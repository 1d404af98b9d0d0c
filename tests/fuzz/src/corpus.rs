//! Inputs: real webhooks with a few changes, the same for the same seed and number.

/// Webhooks and answers of every provider.
pub const SEEDS: [&[u8]; 18] = [
    include_bytes!("../../../shared/channels/fixtures/messenger/messages.json"),
    include_bytes!("../../../shared/channels/fixtures/messenger/events.json"),
    include_bytes!("../../../shared/channels/fixtures/messenger/echoes.json"),
    include_bytes!("../../../shared/channels/fixtures/messenger/webhook_batch.json"),
    include_bytes!("../../../shared/channels/fixtures/messenger/webhook_text.json"),
    include_bytes!("../../../shared/channels/fixtures/messenger/escaped_unicode.json"),
    include_bytes!("../../../shared/channels/fixtures/messenger/without_a_person.json"),
    include_bytes!("../../../shared/channels/fixtures/line/messages.json"),
    include_bytes!("../../../shared/channels/fixtures/line/events.json"),
    include_bytes!("../../../shared/channels/fixtures/line/lenient.json"),
    include_bytes!("../../../shared/channels/fixtures/line/webhook_batch.json"),
    include_bytes!("../../../shared/channels/fixtures/line/webhook_sticker.json"),
    b"SmsMessageSid=SM1&NumMedia=2&MediaUrl0=https%3A%2F%2Fexample.com%2F0&MediaContentType0=image%2Fjpeg&MediaUrl1=x\
      &MessageSid=SM1&AccountSid=AC1&From=whatsapp%3A%2B819012345678&To=whatsapp%3A%2B815012345678&Body=%E3%81%82",
    b"MessageSid=SM2&MessageStatus=failed&ErrorCode=63016&From=%2B815087654321&To=%2B819012345678&SmsStatus=failed",
    b"MessageSid=SM3&Latitude=35.68&Longitude=139.76&Label=%E9%A7%85&Address=x&From=whatsapp%3A%2B1&To=whatsapp%3A%2B2\
      &ReferralSourceId=1&ReferralSourceUrl=x&ButtonText=y&ButtonPayload=z&OptOutType=STOP&ExternalUserId=JP.1",
    br#"{"MessageSid":"SM4","From":"+1","To":"+2","Body":"x","NumMedia":"0"}"#,
    br#"{"error":{"message":"(#10) x","type":"OAuthException","code":10,"error_subcode":2018278,"fbtrace_id":"A"}}"#,
    br#"{"code":21610,"message":"Attempt to send to unsubscribed recipient","more_info":"x","status":400}"#,
];
/// What parsers stumble over.
const PIECES: [&[u8]; 20] = [
    b"\"",
    b"\\",
    b"{",
    b"}",
    b"[",
    b"]",
    b"[[[[[[[[[[[[[[[[",
    b"{\"a\":",
    b"null",
    b"-1",
    b"1e308",
    b"99999999999999999999",
    b"\\ud800",
    b"\\u0000",
    b"\0",
    b"\xff\xfe",
    b"\xf0\x9f\x98\x80",
    b"&",
    b"%zz",
    b"0,0,0,0,0,0,0,0,",
];
/// The longest input.
const LONGEST: usize = 64 * 1024;

/// Makes inputs: a webhook with one to six changes.
pub struct Mutator {
    seed: u64,
}

/// `SplitMix64`.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Below `end`, which is not zero.
    fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % end as u64).unwrap_or_default()
    }

    fn of<'a>(&mut self, list: &[&'a [u8]]) -> &'a [u8] {
        list[self.below(list.len())]
    }
}

impl Mutator {
    /// Other seeds make other inputs.
    pub const fn new(seed: u64) -> Self {
        Self { seed }
    }

    /// The `n`-th input.
    pub fn input(&self, n: u64) -> Vec<u8> {
        let mut random = Random(self.seed.wrapping_mul(0x2545_f491_4f6c_dd1d) ^ n);
        let mut input = random.of(&SEEDS).to_vec();
        for _ in 0..=random.below(6) {
            change(&mut input, &mut random);
        }
        input.truncate(LONGEST);
        input
    }
}

fn change(input: &mut Vec<u8>, random: &mut Random) {
    let at = random.below(input.len() + 1);
    let end = (at + random.below(64)).min(input.len());
    match random.below(7) {
        0 if at < input.len() => input[at] ^= 1 << random.below(8),
        1 => drop(input.drain(at..end)),
        2 => drop(input.splice(at..at, random.of(&PIECES).to_vec())),
        3 => drop(input.splice(at..end, random.of(&PIECES).to_vec())),
        4 => {
            let again = input[at..end].repeat(1 + random.below(64));
            drop(input.splice(at..at, again));
        }
        5 => {
            let other = random.of(&SEEDS);
            let from = random.below(other.len());
            let piece = other[from..(from + random.below(256)).min(other.len())].to_vec();
            drop(input.splice(at..end, piece));
        }
        _ => input.truncate(at.max(end)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_input_is_told_by_seed_and_number_and_has_its_bound() {
        let (one, other) = (Mutator::new(1), Mutator::new(2));
        assert_eq!(one.input(7), Mutator::new(1).input(7));
        assert!((0..100).any(|n| one.input(n) != other.input(n)));
        assert!((0..10_000).all(|n| one.input(n).len() <= LONGEST));
    }
}
