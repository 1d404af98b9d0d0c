//! Looking for words in a text in which somebody may have hidden them.
//!
//! All words stand in one tree. From every letter of the text it is walked by a set of states, so that a letter may be
//! repeated (`fuuuck`), a sign may stand for a letter (`sh1t`), hide one (`sh*t`), or stand between two (`f.u.c.k`). An
//! automaton for plain words would need all of these spelled out.
//!
//! Innocent words are kept out by what surrounds a match. Latin words end where letters end. Japanese has no blanks, but
//! katakana make words: what is found inside a longer run of them is a part of another word. Where signs stand inside a
//! match, it must also end where its script does; letters that are parted by blanks count only if every one of them is.
//! What is left is for the list of exceptions.

use std::ops::Range;

use super::fold::{Kind, Script, Unit, fold, push};
use super::word::{List, Word};

/// Signs that may stand between two letters.
const WIDEST_GAP: u8 = 3;
/// A shorter word is not recognised when letters of it are hidden.
const SHORTEST_MASKED: usize = 4;

#[derive(Clone, Debug, Default)]
struct Node {
    ch: char,
    children: Vec<(char, u32)>,
    ends: Vec<u32>,
}

#[derive(Clone, Debug)]
struct Tree(Vec<Node>);

/// Looks for words.
#[derive(Clone, Debug)]
pub struct Matcher {
    words: Vec<Word>,
    tree: Tree,
    exceptions: Vec<Word>,
    excepted: Tree,
}

/// A word that was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found<'a> {
    /// The word, as its list has it.
    pub word: &'a str,
    /// Which list.
    pub list: List,
    /// Where it stands in the text, in bytes.
    pub at: Range<usize>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct State {
    node: u32,
    /// Behind the last new letter; repetitions lie beyond it.
    end: usize,
    gap: u8,
    joined: bool,
    /// Letters so far, those that signs stand for, and those that are hidden.
    letters: u8,
    stand_ins: u8,
    masks: u8,
    /// The last letter was hidden: it does not end a word.
    hidden: bool,
}

/// What a walk has found: the word, its letters in the text, and what of them counts for exceptions.
struct Hit {
    word: u32,
    units: Range<usize>,
    shown: usize,
}

impl Tree {
    fn of(words: &[Word]) -> Self {
        let mut nodes = vec![Node::default()];
        for (word, index) in words.iter().zip(0u32..) {
            let mut at = 0usize;
            for ch in &word.letters {
                let next = nodes.len();
                let child =
                    nodes[at].children.iter().find(|(known, _)| known == ch).map(|(_, node)| *node as usize);
                at = child.unwrap_or_else(|| {
                    nodes[at].children.push((*ch, u32::try_from(next).unwrap_or(u32::MAX)));
                    nodes.push(Node { ch: *ch, ..Node::default() });
                    next
                });
            }
            nodes[at].ends.push(index);
        }
        Self(nodes)
    }

    fn node(&self, id: u32) -> &Node {
        &self.0[id as usize]
    }

    fn child(&self, id: u32, ch: char) -> Option<u32> {
        self.node(id).children.iter().find(|(known, _)| *known == ch).map(|(_, node)| *node)
    }
}

impl Matcher {
    pub(super) fn new(words: Vec<Word>, exceptions: Vec<Word>) -> Self {
        let (tree, excepted) = (Tree::of(&words), Tree::of(&exceptions));
        Self { words, tree, exceptions, excepted }
    }

    /// Whether one of the words stands in `text`.
    pub fn is_offensive(&self, text: &str) -> bool {
        let units = fold(text);
        self.first(&units).is_some() || spelled_out(&units).any(|run| self.first(&run).is_some())
    }

    /// All of them, in the order in which they stand in `text`; of several in one place the longest.
    pub fn find<'a>(&'a self, text: &str) -> Vec<Found<'a>> {
        let units = fold(text);
        let mut found: Vec<Found<'a>> = Vec::new();
        for run in std::iter::once(units.clone()).chain(spelled_out(&units)) {
            let excepted = self.exceptions_in(&run);
            for start in 0..run.len() {
                for hit in self.hits(&run, start, &excepted) {
                    let word = &self.words[hit.word as usize];
                    let at = run[hit.units.start].from..run[hit.units.end - 1].to;
                    found.push(Found { word: &word.text, list: word.list, at });
                }
            }
        }
        found.sort_by_key(|it| (it.at.start, std::cmp::Reverse(it.at.end)));
        let mut end = 0;
        found.retain(|it| {
            let is_new = it.at.start >= end;
            if is_new {
                end = it.at.end;
            }
            is_new
        });
        found
    }

    fn first(&self, units: &[Unit]) -> Option<Hit> {
        let begins = (0..units.len()).filter(|start| self.may_begin(units[*start]));
        let mut excepted = None;
        for start in begins {
            // Mostly nothing is found at all, and then no exception is looked for.
            let hits = Self::walk(&self.tree, &self.words, units, start, false);
            if !hits.is_empty() {
                let excepted = excepted.get_or_insert_with(|| self.exceptions_in(units));
                if let Some(hit) = hits.into_iter().find(|hit| !is_excepted(hit, excepted)) {
                    return Some(hit);
                }
            }
        }
        None
    }

    fn may_begin(&self, unit: Unit) -> bool {
        let children = &self.tree.node(0).children;
        children.iter().any(|(ch, _)| *ch == unit.ch || stands_for(unit.ch).contains(*ch))
    }

    fn hits(&self, units: &[Unit], start: usize, excepted: &[Range<usize>]) -> Vec<Hit> {
        let mut hits = Self::walk(&self.tree, &self.words, units, start, false);
        hits.retain(|hit| !is_excepted(hit, excepted));
        hits
    }

    fn exceptions_in(&self, units: &[Unit]) -> Vec<Range<usize>> {
        if self.exceptions.is_empty() {
            return Vec::new();
        }
        let starts = 0..units.len();
        let hits = starts.flat_map(|start| Self::walk(&self.excepted, &self.exceptions, units, start, true));
        hits.map(|hit| hit.units).collect()
    }

    /// The words of `tree` that begin at `start`. A `plain` walk takes nothing for another letter.
    fn walk(tree: &Tree, words: &[Word], units: &[Unit], start: usize, plain: bool) -> Vec<Hit> {
        let root = State {
            node: 0,
            end: start,
            gap: 0,
            joined: false,
            letters: 0,
            stand_ins: 0,
            masks: 0,
            hidden: false,
        };
        let (mut states, mut next, mut hits) = (vec![root], Vec::new(), Vec::new());
        for (at, unit) in units.iter().enumerate().skip(start) {
            for state in &states {
                step(tree, *state, *unit, at, plain, &mut next);
            }
            next.dedup();
            for state in next.iter().filter(|state| state.gap == 0 && !state.hidden) {
                for word in &tree.node(state.node).ends {
                    if fits(&words[*word as usize], state, units, start..at + 1, plain) {
                        hits.push(Hit { word: *word, units: start..at + 1, shown: state.end });
                    }
                }
            }
            states.clear();
            std::mem::swap(&mut states, &mut next);
            if states.is_empty() {
                break;
            }
        }
        hits
    }
}

/// Where `state` can go with `unit`.
fn step(tree: &Tree, state: State, unit: Unit, at: usize, plain: bool, next: &mut Vec<State>) {
    let node = tree.node(state.node);
    let mut advance = |node: u32, stands_in: bool, hidden: bool| {
        next.push(State {
            node,
            end: at + 1,
            gap: 0,
            joined: state.joined,
            letters: state.letters.saturating_add(1),
            stand_ins: state.stand_ins.saturating_add(u8::from(stands_in)),
            masks: state.masks.saturating_add(u8::from(hidden)),
            hidden,
        });
    };
    let parts = matches!(unit.kind, Kind::Space | Kind::Joiner);
    match unit.kind {
        Kind::Break => return,
        Kind::Letter(_) | Kind::Digit => {
            if let Some(child) = tree.child(state.node, unit.ch) {
                advance(child, false, false);
            }
        }
        Kind::Space | Kind::Joiner => {
            if let Some(child) = tree.child(state.node, ' ') {
                advance(child, false, false);
            }
        }
    }
    if !plain {
        for ch in stands_for(unit.ch).chars() {
            if let Some(child) = tree.child(state.node, ch) {
                advance(child, true, false);
            }
        }
        if is_mask(unit.ch) && state.node != 0 && state.gap == 0 {
            for (ch, child) in &node.children {
                if *ch != ' ' {
                    advance(*child, false, true);
                }
            }
        }
    }
    if state.node == 0 {
        return;
    }
    // The same letter once more. Not across signs: a text of nothing else would be walked from each letter to its end.
    let repeats = unit.ch == node.ch || stands_for(unit.ch).contains(node.ch);
    let again = repeats && !plain && !state.hidden && state.gap == 0 && !parts;
    if again || (node.ch == ' ' && parts) {
        next.push(state);
    } else if unit.kind == Kind::Joiner && state.gap < WIDEST_GAP {
        next.push(State { gap: state.gap + 1, joined: true, ..state });
    }
}

/// Whether `word` may be what stands in `units[at]`.
fn fits(word: &Word, state: &State, units: &[Unit], at: Range<usize>, plain: bool) -> bool {
    let (first, last) = (units[at.start], units[at.end - 1]);
    let latin =
        |unit: Unit| !matches!(unit.kind, Kind::Letter(Script::Hiragana | Script::Katakana | Script::Han));
    if state.stand_ins > 0 && state.stand_ins * 2 >= state.letters {
        return false;
    }
    if state.masks > 0 {
        let enough = word.letters.len() >= SHORTEST_MASKED;
        let few = if latin(first) { state.masks * 2 <= state.letters } else { state.masks == 1 };
        if !enough || !few {
            return false;
        }
    }
    if let Some(written) = &word.written {
        let scripts = units[at.clone()].iter().filter_map(Unit::script);
        let mut differs = scripts.zip(written).filter(|(script, written)| script != *written);
        if differs.next().is_some() {
            return false;
        }
    }
    let before = neighbour(units[..at.start].iter().rev(), state.joined);
    let behind = neighbour(units[at.end..].iter(), state.joined);
    let ends = |unit: Unit, neighbour: Option<Unit>, open: bool| {
        let parted = neighbour.and_then(|it| it.script()).is_none_or(|script| match unit.script() {
            Some(own) => own != script,
            // A digit or sign that stands for a letter.
            None => script != Script::Latin,
        });
        let must = match unit.script() {
            Some(Script::Latin) | None => !open,
            Some(Script::Katakana) => !plain,
            _ => false,
        };
        parted || !must && (plain || !word.closed && (open || !state.joined))
    };
    ends(first, before, word.open.0) && ends(last, behind, word.open.1)
}

/// What stands beside a match; of one with signs in it beyond further signs.
fn neighbour<'a>(mut units: impl Iterator<Item = &'a Unit>, joined: bool) -> Option<Unit> {
    units.find(|unit| !(joined && unit.kind == Kind::Joiner)).copied()
}

fn is_excepted(hit: &Hit, excepted: &[Range<usize>]) -> bool {
    excepted.iter().any(|it| it.start <= hit.units.start && hit.shown <= it.end)
}

/// Letters that each stand alone (`f u c k`), as if nothing stood between them.
fn spelled_out(units: &[Unit]) -> impl Iterator<Item = Vec<Unit>> {
    let is_letter = |at: usize| units.get(at).is_some_and(|it| it.is_letter() || it.kind == Kind::Digit);
    let (mut runs, mut run, mut gap) = (Vec::new(), Vec::new(), 0);
    let mut close = |run: &mut Vec<Unit>| {
        let enough = match run.first().and_then(Unit::script) {
            Some(Script::Hiragana | Script::Katakana | Script::Han) => 2,
            _ => 3,
        };
        if run.len() >= enough {
            runs.push(std::mem::take(run));
        }
        run.clear();
    };
    for (at, unit) in units.iter().enumerate() {
        if is_letter(at) {
            let alone = !is_letter(at + 1) && (at == 0 || !is_letter(at - 1));
            if !alone || gap > WIDEST_GAP {
                close(&mut run);
            }
            if alone {
                push(*unit, &mut run);
            }
            gap = 0;
        } else if unit.kind == Kind::Break {
            close(&mut run);
        } else {
            gap += 1;
        }
    }
    close(&mut run);
    runs.into_iter()
}

/// The letters that a sign or a letter of another script may stand for.
const fn stands_for(ch: char) -> &'static str {
    match ch {
        '0' | 'о' | 'ο' => "o",
        '1' => "il",
        '!' | 'і' | 'ι' => "i",
        '3' | '€' | 'е' | 'ε' => "e",
        '4' | '@' | 'а' | 'α' => "a",
        '5' | '$' | 'ѕ' => "s",
        '7' => "t",
        'с' => "c",
        'р' | 'ρ' => "p",
        'х' => "x",
        'у' => "y",
        'к' | 'κ' => "k",
        _ => "",
    }
}

/// Whether it hides a letter (伏字).
const fn is_mask(ch: char) -> bool {
    matches!(ch, '*' | '○' | '◯' | '〇' | '●' | '×' | '✕')
}
