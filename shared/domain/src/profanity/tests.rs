use proptest::prelude::*;

use super::fold::{Kind, fold};
use super::*;

fn settings() -> Profanity {
    Profanity { on: true, ..Profanity::new("00000000-0000-0000-0000-000000000001".parse().unwrap()) }
}

fn with(words: &[&str], exceptions: &[&str]) -> Matcher {
    let own = |list: &[&str]| list.iter().map(|&word| word.to_owned()).collect();
    let settings = Profanity {
        japanese: false,
        english: false,
        words: own(words),
        exceptions: own(exceptions),
        ..settings()
    };
    settings.check().unwrap();
    settings.matcher()
}

fn folded(text: &str) -> String {
    fold(text).iter().map(|unit| unit.ch).collect()
}

/// ABU-1: what ordinary customers write passes.
#[rustfmt::skip]
const INNOCENT: &[&str] = &[
    // Latin words inside of others.
    "I live in Scunthorpe.", "The assistant in Essex was helpful", "My class starts at 8", "a cocktail, please",
    "Mr. Hancock and Ms. Dickinson", "Matsushita and Shitara are surnames", "shiitake or shitake mushrooms", "bass guitar",
    "I'd like to assess the damage", "this hit me", "as hit songs go", "push it harder", "Was hit by a car",
    "the person who re-applied", "who, re: my order, wrote to you", "Whoreson is a village?", "snigger", "niggardly",
    "titanium", "the analysis is canal-like", "Dick Smith", "prick your finger", "a rooster is a cock", "pussycat",
    "a fire retardant sofa", "Retard the ignition by 5 degrees", "FUK airport to HND", "FCK won yesterday", "flight FC 4K",
    "Maine Coon", "a bastard sword", "drop dead gorgeous dress", "our dogs and bitches are vaccinated",
    "faggots and peas", "model SH17 and A55", "order 5H1T-0042", "I killed the process yourself-service", "hello",
    "Bitchū is an old province", "arsenal", "f", "f u", "a b c d e", "x * y ** z", "**fork** and f*** in a menu: 5*4",
    "J.A.S.S.", "www.who.re.example", "sub-assembly", "hang yourself a curtain",
    // 死ね
    "まだ死ねないと思いました", "このままでは死ぬに死ねません", "名誉のために死ねる武士の話", "私が死ねば保険はどうなりますか",
    "皆さん必死ねえ", "必死ねばる姿に感動しました", "瀕死ねこの保護について", "脳死ねんれい別の統計", "彼の死 ねえ、聞いてください",
    "病気や死。ねむれません", "店員に死ねと言われました", "シネマの上映時間は?", "シネコンはありますか", "シネ・リーブル池袋の前です",
    "気にしねえよ", "勉強しねばならぬ", "〇〇市ねえ", "彼氏ねえ、田中氏ねえ", "タヒチ旅行",
    // 馬鹿, バカ
    "送料も馬鹿になりません", "正直者が馬鹿を見る", "火事場の馬鹿力", "親馬鹿ですみません", "馬鹿馬鹿しいとは思いますが", "津軽の馬鹿塗の箸",
    "馬鹿苗病の農薬", "馬鹿谷から来ました", "『バカの壁』の在庫", "釣りバカ日誌のDVD", "バカ殿様", "バカンスの予約", "バカラのグラス", "バカラ",
    "バーカウンターの席", "そばかすが気になる", "こればかりは", "さば缶とさばカレー", "ことばから学ぶ", "バカ売れしていますね", "バカップル", "バカガイ",
    "キャンバスばかり", "私が馬鹿でした", "馬鹿でかい箱で届きました", "ばかうけをひと袋",
    // アホ, クソ
    "じゃあほかの色は?", "まあほんとに", "さあほら", "ドアホンの修理", "どあほんの修理", "アホウドリ", "アホ毛が出ます", "アホロートル",
    "お約束の時間(おやくそく)", "憶測(おくそく)", "やくそく", "つくそばから", "下手クソですみません", "クソ真面目に", "ヘクソカズラ", "クソ暑いですね",
    "犬の糞が庭にありました", "糞尿の処理", "鳥の糞が落ちた", "検便の糞",
    // Others
    "行きちがいでした", "書きちがいです", "聞きちがい", "天気違い", "人気違い", "外人(がいじん)", "ガイジン", "ガイジェット", "魚の活きもいい", "効きもいい薬", "響きもいい",
    "鶏のキモいため", "どうせろくな物では", "消失せろくに", "郷土人形", "土人形の店", "低能力の機種", "頭脳なし", "ツブスタイプ", "サブスク", "サブスクの解約",
    "デブリの除去", "ゴミ袋", "カスタマーサービス", "酒カスの漬物", "クズ野菜", "クズ餅", "ハゲタカ",
    "ぱちんこ店", "パチンコ", "カチンコの音", "だまんこ鍋", "がまんこそ大事", "サラリーマンこそ", "スーパーマン・コスチューム", "マンコ・カパックの像",
    "ロマンコメディ", "ファックスで送ります", "ふぁっくす", "ﾌｧｯｸｽ", "FAX", "なおなにとぞ宜しく", "サンドビッチ", "ミロシェビッチ", "びっちり", "思いやりまんてん",
    "セックスの話ではなく性別(sex)", "フェラガモの靴", "カフェラテ", "アバウト", "殺虫剤", "殺菌", "見殺し", "息を殺す", "首を長くして待つ",
    "ま○こさん", "死○", "佐藤○○様", "注文番号 ○×△", "ア ホ ウ ド リ", "バ カ ン ス", "生・死・ねむり",
];

/// ABU-1: what is not said among people, as it is and hidden.
#[rustfmt::skip]
const OFFENSIVE: &[&str] = &[
    "fuck", "FUCK YOU", "Ｆｕｃｋ", "fuuuuuuck", "motherfucker", "f.u.c.k", "f u c k", "F-U-C-K off", "f\u{200B}uck", "f\u{AD}u\u{200D}ck", "fück", "𝓯𝓾𝓬𝓴",
    "f**k", "f*ck this", "fuсk with a Cyrillic с", "sh1t", "sh!t!", "$hit", "S H I T", "this is shit.", "これはshitだ", "shit-storm", "bull\u{200B}shit",
    "b1tch", "b*tch", "@sshole", "a$$hole", "you are a c*nt", "kill yourself", "KILL   YOURSELF!!", "kill-yourself", "go to hell", "I'll kill you",
    "shiiiit", "shitt", "b i t c h", "piss off", "you retard", "Oh s.h.i.t.", "ｓｈｉｔ", "Ⓕⓤⓒⓚ",
    "死ね", "お前死ね", "死ねよ", "死ねばいいのに", "死ねー", "死ねぇぇ", "死 ね", "死・ね", "死\u{200B}ね", "まじで死・ね", "お 前 死 ね", "死ねカス", "全員死ね!", "しね", "しね!!!",
    "シネ", "ｼﾈ", "シネよ", "氏ね", "氏ねよ", "タヒね", "くたばれ", "クタバレ", "ｸﾀﾊﾞﾚ", "く た ば れ", "くたば\u{200B}れ", "くーたーばーれー", "ぶっ殺す", "ブッ殺してやる", "殺すぞ", "ころすぞ",
    "馬鹿", "この馬鹿", "馬鹿野郎", "馬-鹿", "バカ", "お前はバカか", "ばか", "ばーか", "ばぁか", "ﾊﾞｶ", "バカヤロー", "ばかやろう", "バカヤロォ", "ばかやろー!", "アホ", "アホか", "アホンダラ", "ど阿呆",
    "クソ", "クソ会社", "くそったれ", "クソ野郎", "くそ野郎", "ク○野郎", "糞野郎", "クソババア", "くそばばあ", "ゴミ野郎", "人間のクズ", "低能", "キチガイ", "キ○ガイ", "キチ・ガイ", "ｷﾁｶﾞｲ", "気違い",
    "ガイジ", "ブス", "このブスが", "キモい", "キモイ", "失せろ", "消え失せろ", "うせろ", "ちんこ", "チンコ", "ちんぽ", "まんこ", "マンコ", "マ ン コ", "オナニー", "ビッチ", "ファック", "ファックユー",
    "ﾌｧｯｸ", "か\u{3099}いじではなくガイジ", "送料も馬鹿にならないし、店員は馬鹿", "必死ねえ。死ね。",
];

#[test]
fn abu_1_innocent_sentences_pass() {
    let matcher = settings().matcher();
    assert!(INNOCENT.len() >= 120);
    let found: Vec<_> =
        INNOCENT.iter().map(|text| (text, matcher.find(text))).filter(|it| !it.1.is_empty()).collect();
    assert!(found.is_empty(), "{found:#?}");
    assert!(INNOCENT.iter().all(|text| !matcher.is_offensive(text)));
}

#[test]
fn abu_1_offensive_ones_do_not_however_they_are_hidden() {
    let matcher = settings().matcher();
    let missed: Vec<_> = OFFENSIVE.iter().filter(|text| !matcher.is_offensive(text)).collect();
    assert!(missed.is_empty(), "{missed:#?}");
    for text in OFFENSIVE {
        let found = matcher.find(text);
        let first = found.first().unwrap_or_else(|| panic!("{text}"));
        assert!(!text[first.at.clone()].is_empty(), "{text}: {first:?}");
    }
}

#[test]
fn abu_1_every_word_of_the_lists_is_found_and_tells_where() {
    for (language, list) in [(Language::Ja, JA), (Language::En, EN)] {
        let count = word::lines(list).count();
        assert!((50..200).contains(&count), "{count}");
        for line in word::lines(list) {
            let bare = line.trim_end_matches('!').trim_matches(['*', '"']);
            let matcher = settings().matcher();
            let text = format!("前 {bare}。");
            let found = matcher.find(&text);
            assert!(matcher.is_offensive(&text) && found.len() == 1, "{line}: {found:?}");
            assert_eq!(
                (&text[found[0].at.clone()], found[0].list),
                (bare, List::Starter(language)),
                "{line}"
            );
        }
    }
    // An exception that stands around no word would do nothing.
    for (list, excepted) in [(JA, JA_EXCEPTIONS), (EN, EN_EXCEPTIONS)] {
        let words = word::lines(list).filter_map(|line| word::starter(line, Language::Ja)).collect();
        let matcher = Matcher::new(words, Vec::new());
        let idle: Vec<_> = word::lines(excepted).filter(|line| !matcher.is_offensive(line)).collect();
        assert!(idle.is_empty(), "{idle:?}");
    }
}

#[test]
fn abu_1_a_brand_s_own_words_and_exceptions() {
    type Row = (&'static [&'static str], &'static [&'static str], &'static str, &'static [&'static str]);
    let table: &[Row] = &[
        (&["競合社"], &[], "競合社のほうが安い", &["競合社"]),
        (&["競合社"], &["旧競合社"], "旧競合社の件", &[]),
        (&["競合社"], &["旧競合社"], "旧競合社と競合社", &["競合社"]),
        (&["acme"], &[], "ACME!", &["ACME"]),
        (&["acme"], &[], "acmeology", &[]),
        (&["acme*"], &[], "acmeology", &["acme"]),
        (&["*acme"], &[], "macme", &["acme"]),
        (&["ドラ"], &[], "ドラマ", &[]),
        (&["ドラム"], &[], "ドラムカン", &[]),
        (&["ドラム"], &[], "どらむかん", &["どらむ"]),
        (&["\"どらむ\""], &[], "どらむかん", &[]),
        (&["「どらむ」"], &[], "この、どらむ!", &["どらむ"]),
        (&["bad deal"], &[], "a bad\u{3000}deal", &["bad\u{3000}deal"]),
        (&["bad deal"], &[], "bad\ndeal", &[]),
        (&["b2b"], &[], "B2B", &["B2B"]),
        (&["糞"], &[], "犬の糞", &["糞"]),
    ];
    for (words, exceptions, text, expected) in table {
        let matcher = with(words, exceptions);
        let found: Vec<_> = matcher.find(text).iter().map(|found| &text[found.at.clone()]).collect();
        assert_eq!(&found, expected, "{words:?} {text}");
        assert_eq!(matcher.is_offensive(text), !expected.is_empty(), "{words:?} {text}");
    }
}

#[test]
fn abu_1_lists_are_switched_by_language() {
    for (japanese, english, ja, en) in [
        (true, true, true, true),
        (true, false, true, false),
        (false, true, false, true),
        (false, false, false, false),
    ] {
        let matcher = Profanity { japanese, english, ..settings() }.matcher();
        assert_eq!((matcher.is_offensive("死ね"), matcher.is_offensive("fuck")), (ja, en));
    }
    assert!(Profanity { on: false, ..settings() }.guard().is_none());
    let guard = settings().guard().unwrap();
    assert!(guard.minds("死ね") && !guard.minds("お願いします"));
    assert_eq!((guard.is_enough(2), guard.is_enough(3), guard.blocks()), (false, true, false));
}

#[test]
fn abu_1_settings_have_bounds() {
    let word = |text: &str| Profanity { words: vec!["良い".into(), text.to_owned()], ..settings() };
    let refused = |why| Err(ProfanityRefused::Word { field: "words", index: 1, why });
    let many = |count: usize| vec!["word".to_owned(); count];
    for (settings, expected) in [
        (settings(), Ok(())),
        (Profanity { limit: 0, ..settings() }, Err(ProfanityRefused::Limit(0))),
        (Profanity { limit: 1, ..settings() }, Ok(())),
        (Profanity { limit: 100, ..settings() }, Ok(())),
        (Profanity { limit: 101, ..settings() }, Err(ProfanityRefused::Limit(101))),
        (word("あ"), refused(WordRefused::Short)),
        (word("a"), refused(WordRefused::Short)),
        (word("***"), refused(WordRefused::Short)),
        (word(""), refused(WordRefused::Short)),
        (word("12345"), refused(WordRefused::Short)),
        (word("糞"), Ok(())),
        (word("ab\ncd"), refused(WordRefused::Lines)),
        (word(&"あ".repeat(40)), Ok(())),
        (word(&"あ".repeat(41)), refused(WordRefused::Long)),
        (Profanity { words: many(300), ..settings() }, Ok(())),
        (
            Profanity { words: many(301), ..settings() },
            Err(ProfanityRefused::TooMany { field: "words", count: 301 }),
        ),
        (
            Profanity { exceptions: many(301), ..settings() },
            Err(ProfanityRefused::TooMany { field: "exceptions", count: 301 }),
        ),
    ] {
        assert_eq!(settings.check(), expected, "{:?}", settings.words.last());
    }
}

#[test]
fn a_long_text_takes_no_longer_than_its_length() {
    let matcher = settings().matcher();
    for text in [
        "f".repeat(100_000),
        "f*".repeat(50_000),
        "死".repeat(50_000),
        "f u ".repeat(25_000),
        "kill ".repeat(20_000),
    ] {
        assert!(!matcher.is_offensive(&text), "{}", &text[..4]);
    }
}

fn starters() -> Vec<String> {
    let lists = word::lines(JA).chain(word::lines(EN));
    let bare = lists.map(|line| line.trim_end_matches('!').trim_matches(['*', '"']).to_owned());
    bare.filter(|word| !word.contains([' ', 'ー', '\''])).collect()
}

fn separator() -> impl Strategy<Value = String> {
    prop_oneof![Just(String::new()), "[.\\-_・/♥\u{200B}\u{2060}]{1,3}"]
}

proptest! {
    #[test]
    fn folding_is_idempotent(text in "\\PC{0,40}") {
        let once = folded(&text);
        prop_assert_eq!(folded(&once), once);
    }

    #[test]
    fn folding_a_kana_text_is_idempotent(text in "[ぁ-ゖァ-ヺーｦ-ﾟ゛゜\u{3099}\u{309A}〜a-zA-Zà-ž ]{0,20}") {
        let once = folded(&text);
        prop_assert_eq!(folded(&once), once);
    }

    /// A unit stands where it was, in order, and nowhere in the middle of a character.
    #[test]
    fn units_lie_in_the_text_in_order(text in any::<String>()) {
        let mut end = 0;
        for unit in fold(&text) {
            prop_assert!(unit.from < unit.to && text.get(unit.from..unit.to).is_some());
            prop_assert!(unit.to >= end);
            end = unit.to;
        }
    }

    #[test]
    fn abu_1_signs_between_the_letters_hide_nothing(
        (word, signs) in (0..starters().len()).prop_flat_map(|at| {
            let word = starters().swap_remove(at);
            let gaps = word.chars().count() - 1;
            (Just(word), proptest::collection::vec(separator(), gaps))
        }),
    ) {
        let mut text = String::new();
        for (ch, sign) in word.chars().zip(signs.iter().map(String::as_str).chain([""])) {
            text.push(ch);
            text.push_str(sign);
        }
        let matcher = settings().matcher();
        prop_assert!(matcher.is_offensive(&text), "{}", text);
        prop_assert!(matcher.is_offensive(&format!("({text})!")), "{}", text);
    }

    #[test]
    fn abu_1_blanks_between_all_letters_hide_nothing(
        word in (0..starters().len()).prop_map(|at| starters().swap_remove(at)),
        blank in "[ \u{3000}\u{A0}]{1,3}",
    ) {
        let letters: Vec<_> = word.chars().map(String::from).collect();
        let text = letters.join(&blank);
        prop_assert!(settings().matcher().is_offensive(&text), "{}", text);
    }

    #[test]
    fn abu_1_width_case_and_kana_hide_nothing(
        word in (0..starters().len()).prop_map(|at| starters().swap_remove(at)), upper in any::<bool>(),
    ) {
        let wide: String = word.chars().map(|ch| match ch {
            'a'..='z' => char::from_u32(ch as u32 + if upper { 0xFEE0 - 0x20 } else { 0xFEE0 }).unwrap(),
            ch => ch,
        }).collect();
        prop_assert!(settings().matcher().is_offensive(&wide), "{}", wide);
    }

    /// Lines are judged by themselves: what stands around one changes nothing.
    #[test]
    fn abu_1_lines_are_judged_by_themselves(
        lines in proptest::collection::vec(
            prop_oneof![
                (0..INNOCENT.len()).prop_map(|at| INNOCENT[at].to_owned()),
                (0..OFFENSIVE.len()).prop_map(|at| OFFENSIVE[at].to_owned()),
                "[a-z死ねバカー*.・ ]{0,12}",
            ],
            1..5,
        ),
    ) {
        let matcher = settings().matcher();
        let each = lines.iter().any(|line| matcher.is_offensive(line));
        prop_assert_eq!(matcher.is_offensive(&lines.join("\n")), each);
    }

    #[test]
    fn to_find_and_to_ask_agree(text in "[a-zしねバカ馬鹿死ア*.・1! ]{0,24}") {
        let matcher = settings().matcher();
        let found = matcher.find(&text);
        prop_assert_eq!(matcher.is_offensive(&text), !found.is_empty());
        prop_assert!(found.windows(2).all(|pair| pair[0].at.end <= pair[1].at.start));
        prop_assert!(fold(&text).iter().all(|unit| unit.kind != Kind::Break));
    }
}
