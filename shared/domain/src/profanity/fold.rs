//! A text as words are looked for in it: NFKC, without case, katakana as hiragana, without accents and what nobody sees.
//!
//! Each unit remembers where it stands in the text, and in which script it was written there.

use unicode_normalization::char::decompose_compatible;

use crate::text::is_invisible;

/// One letter, or what stands between letters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Unit {
    pub(super) ch: char,
    pub(super) kind: Kind,
    /// Where it begins in the text, in bytes.
    pub(super) from: usize,
    /// Where it ends.
    pub(super) to: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Letter(Script),
    Digit,
    /// Stands between letters without parting them: a dot, a hyphen, a heart.
    Joiner,
    /// Parts words.
    Space,
    /// Ends a line. Nothing is found across it.
    Break,
}

/// As it was written, before katakana became hiragana.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Script {
    /// Latin, and what is taken for it: Greek and Cyrillic.
    Latin,
    Hiragana,
    Katakana,
    Han,
    Other,
}

impl Unit {
    pub(super) fn is_letter(&self) -> bool {
        matches!(self.kind, Kind::Letter(_))
    }

    pub(super) fn script(&self) -> Option<Script> {
        match self.kind {
            Kind::Letter(script) => Some(script),
            _ => None,
        }
    }
}

/// More of one letter than this are as many: who repeats one without end must not cost more than others.
const REPEATED: usize = 8;

/// The units of `text`.
pub(super) fn fold(text: &str) -> Vec<Unit> {
    let mut units: Vec<Unit> = Vec::with_capacity(text.len());
    for (from, ch) in text.char_indices() {
        let to = from + ch.len_utf8();
        match ch {
            // The normal form would put a blank before them.
            '゛' => take('\u{3099}', from, to, &mut units),
            '゜' => take('\u{309A}', from, to, &mut units),
            _ if is_plain(ch) => take(ch, from, to, &mut units),
            _ => decompose_compatible(ch, |part| take(part, from, to, &mut units)),
        }
    }
    units
}

/// What the normal form leaves as it is, or takes apart only for us to put it together again.
const fn is_plain(ch: char) -> bool {
    ch.is_ascii() || matches!(ch, '\u{3041}'..='\u{3096}' | '\u{30A1}'..='\u{30FA}' | '\u{4E00}'..='\u{9FFF}')
}

fn take(ch: char, from: usize, to: usize, units: &mut Vec<Unit>) {
    if let Some(before) = units.last_mut() {
        let folded = joined(before, ch);
        if let Some(folded) = folded {
            before.ch = folded;
            before.to = to;
            return;
        }
    }
    if is_invisible(ch) || is_mark(ch) {
        return;
    }
    for ch in ch.to_lowercase() {
        // What a letter loses with its case is a mark again.
        if is_mark(ch) {
            continue;
        }
        push(unit(ch, from, to), units);
    }
}

/// Appends `unit`, unless it repeats what was repeated too often already.
pub(super) fn push(unit: Unit, units: &mut Vec<Unit>) {
    let repeated =
        units.iter().rev().take_while(|it| it.is_letter() && it.ch == unit.ch).take(REPEATED).count();
    match units.last_mut() {
        Some(last) if repeated == REPEATED => last.to = unit.to,
        _ => units.push(unit),
    }
}

/// What becomes of the letter before `ch` if `ch` has no place of its own: a voicing mark, a mark that draws it out.
fn joined(before: &Unit, ch: char) -> Option<char> {
    let kana =
        matches!(before.kind, Kind::Letter(Script::Hiragana | Script::Katakana)).then_some(before.ch)?;
    match ch {
        '\u{3099}' => Some(voiced(kana).unwrap_or(kana)),
        '\u{309A}' => Some(if is_ha(kana) { after(kana, 2) } else { kana }),
        'ー' | '〜' | '~' => Some(kana),
        _ => {
            let small = matches!(ch, 'ぁ' | 'ぃ' | 'ぅ' | 'ぇ' | 'ぉ' | 'ァ' | 'ィ' | 'ゥ' | 'ェ' | 'ォ');
            (small && vowel(kana) == Some(large(hiragana(ch)))).then_some(kana)
        }
    }
}

fn unit(ch: char, from: usize, to: usize) -> Unit {
    let kind = kind(ch);
    let ch = match kind {
        Kind::Letter(Script::Hiragana | Script::Katakana) => large(hiragana(ch)),
        Kind::Letter(Script::Latin) if ch == 'ı' => 'i',
        _ => ch,
    };
    Unit { ch, kind, from, to }
}

fn kind(ch: char) -> Kind {
    match ch {
        '\n' | '\r' | '\u{B}' | '\u{C}' | '\u{85}' | '\u{2028}' | '\u{2029}' => Kind::Break,
        _ if ch.is_whitespace() => Kind::Space,
        '。' | '、' | ',' | ';' | ':' | '?' => Kind::Space,
        // One draws out what is no kana, the other hides a letter.
        'ー' | '〇' => Kind::Joiner,
        '\u{3041}'..='\u{3096}' | '\u{309D}' | '\u{309E}' => Kind::Letter(Script::Hiragana),
        '\u{30A1}'..='\u{30FA}' | '\u{30FD}' | '\u{30FE}' | '\u{31F0}'..='\u{31FF}' => {
            Kind::Letter(Script::Katakana)
        }
        '々' | '〆' | '\u{3400}'..='\u{4DBF}' | '\u{4E00}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}' => {
            Kind::Letter(Script::Han)
        }
        '\u{20000}'..='\u{323AF}' => Kind::Letter(Script::Han),
        _ if ch.is_numeric() => Kind::Digit,
        '\0'..='\u{24F}' | '\u{370}'..='\u{52F}' | '\u{1E00}'..='\u{1FFF}' if ch.is_alphabetic() => {
            Kind::Letter(Script::Latin)
        }
        _ if ch.is_alphabetic() => Kind::Letter(Script::Other),
        _ => Kind::Joiner,
    }
}

/// Marks above and below letters. Voicing marks that belong to no kana are among them.
const fn is_mark(ch: char) -> bool {
    matches!(
        ch,
        '\u{300}'..='\u{36F}' | '\u{483}'..='\u{489}' | '\u{1AB0}'..='\u{1AFF}' | '\u{1DC0}'..='\u{1DFF}'
            | '\u{20D0}'..='\u{20FF}' | '\u{3099}' | '\u{309A}' | '\u{FE20}'..='\u{FE2F}'
    )
}

/// Katakana as hiragana.
fn hiragana(ch: char) -> char {
    match ch {
        '\u{30A1}'..='\u{30F6}' | '\u{30FD}' | '\u{30FE}' => char::from_u32(ch as u32 - 0x60).unwrap_or(ch),
        _ => ch,
    }
}

/// Small kana as large ones; `ch` is hiragana.
const fn large(ch: char) -> char {
    match ch {
        'ぁ' => 'あ',
        'ぃ' => 'い',
        'ぅ' => 'う',
        'ぇ' => 'え',
        'ぉ' => 'お',
        'っ' => 'つ',
        'ゃ' => 'や',
        'ゅ' => 'ゆ',
        'ょ' => 'よ',
        'ゎ' => 'わ',
        'ゕ' => 'か',
        'ゖ' => 'け',
        _ => ch,
    }
}

fn voiced(kana: char) -> Option<char> {
    match kana {
        'う' => Some('ゔ'),
        'か' | 'き' | 'く' | 'け' | 'こ' | 'さ' | 'し' | 'す' | 'せ' | 'そ' | 'た' | 'ち' | 'つ' | 'て'
        | 'と' => Some(after(kana, 1)),
        _ => is_ha(kana).then(|| after(kana, 1)),
    }
}

const fn is_ha(kana: char) -> bool {
    matches!(kana, 'は' | 'ひ' | 'ふ' | 'へ' | 'ほ')
}

fn after(kana: char, by: u32) -> char {
    char::from_u32(kana as u32 + by).unwrap_or(kana)
}

/// The vowel that `kana` ends in.
fn vowel(kana: char) -> Option<char> {
    const ROWS: [(char, &str); 5] = [
        ('あ', "あかがさざただなはばぱまやらわ"),
        ('い', "いきぎしじちぢにひびぴみり"),
        ('う', "うくぐすずつづぬふぶぷむゆるゔ"),
        ('え', "えけげせぜてでねへべぺめれ"),
        ('お', "おこごそぞとどのほぼぽもよろを"),
    ];
    ROWS.into_iter().find(|(_, row)| row.contains(kana)).map(|(vowel, _)| vowel)
}
