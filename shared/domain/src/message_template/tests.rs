use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::channel::{ChannelSettings, ChannelStatus, OperatorAccess};
use crate::ids::{ChannelId, OperatorId};
use crate::membership::Ask;
use crate::person::Seen;

const NOW: Timestamp = Timestamp::from_ms(1_700_000_000_000);
const SID: &str = "HX0123456789abcdef0123456789abcdef";

fn variant(text: &str) -> Variant {
    Variant { text: text.to_owned(), approved: None, changed_at: NOW }
}

fn template<'a>(texts: impl IntoIterator<Item = (&'a str, &'a str)>) -> MessageTemplate {
    MessageTemplate {
        id: TemplateId::derive("挨拶", NOW),
        name: "挨拶".to_owned(),
        folder: Vec::new(),
        department: None,
        object: Object::Contact,
        variants: texts.into_iter().map(|(tag, text)| (tag.parse().unwrap(), variant(text))).collect(),
        created_at: NOW,
        removed_at: None,
        rev: 0,
    }
}

fn values() -> Values {
    let mut values = Values::default();
    values.set(Object::Contact, "name", Some(" 山田\n 花子\u{7} "));
    values.set(Object::Operator, "name", Some("{{contact.name}}"));
    values.set(Object::Conversation, "brand", Some(" \n"));
    values.set_record([("金額".to_owned(), "1,000円\n税込".to_owned())].into()).unwrap();
    values
}

fn filled(text: &str) -> (String, Vec<String>) {
    let Filled { text, missing } =
        Pattern::parse(text, Object::Contact).unwrap().fill(Object::Contact, &values());
    (text, missing)
}

#[test]
fn tpl_4_fields_are_filled_from_their_object_and_what_is_missing_is_named() {
    for (text, expected, missing) in [
        ("こんにちは", "こんにちは", &[][..]),
        ("{{contact.name}}様", "山田 花子様", &[]),
        ("{{name}}様", "山田 花子様", &[]),
        ("{{ contact . name | お客様 }}様", "山田 花子様", &[]),
        ("{{contact.phone|番号なし}}", "番号なし", &[]),
        ("{{contact.phone|}}。", "。", &[]),
        ("{{contact.phone}}。", "{{contact.phone}}。", &["contact.phone"]),
        (
            "{{conversation.brand}} {{phone}}",
            "{{conversation.brand}} {{contact.phone}}",
            &["conversation.brand", "contact.phone"],
        ),
        ("{{record.金額}}", "1,000円\n税込", &[]),
        ("{{record.品名|商品}}", "商品", &[]),
        // What is filled in is not read again.
        ("{{operator.name}}", "{{contact.name}}", &[]),
        ("a } b { c }} d", "a } b { c }} d", &[]),
    ] {
        let missing: Vec<String> = missing.iter().map(|field| (*field).to_owned()).collect();
        assert_eq!(filled(text), (expected.to_owned(), missing), "{text}");
    }
}

#[test]
fn tpl_1_a_field_that_nothing_has_is_refused_with_the_known_ones() {
    for (text, expected) in [
        ("{{contact.birthday}}", "no field `contact.birthday`"),
        ("{{deal.amount}}", "no field `deal.amount`"),
        ("{{channel}}", "no field `channel`"),
        ("{{}}", "no field ``"),
        ("{{|x}}", "no field ``"),
        ("{{record.}}", "no field `record.`"),
        ("{{record.a.b}}", "no field `record.a.b`"),
        ("{{{contact.name}}", "no field `{contact.name`"),
        ("{{contact.name", "begins with `{{contact.name` has no end"),
        ("{{contact.name {{operator.name}}", "has no end"),
        (&"{{contact.name}}".repeat(51), "51 fields"),
    ] {
        let refused = Pattern::parse(text, Object::Contact).unwrap_err().to_string();
        assert!(refused.contains(expected), "{text}: {refused}");
        if refused.contains("no field") {
            assert!(refused.contains("known are contact.name, contact.phone"), "{refused}");
        }
    }
    // A record has any field, and stands for fields without an object if the template is for one.
    assert!(Pattern::parse("{{金額}}", Object::Record).is_ok());
    assert!(Pattern::parse(&"{{contact.name}}".repeat(50), Object::Contact).is_ok());
}

#[test]
fn tpl_4_the_chosen_object_stands_for_fields_without_one() {
    let mut template = template([("ja", "{{name}}です")]);
    template.object = Object::Operator;
    let fill = |object| template.fill(None, object, &values(), false).unwrap();
    assert_eq!(fill(None).text, "{{contact.name}}です", "the operator is called so");
    assert_eq!(fill(Some(Object::Contact)).text, "山田 花子です");
    assert_eq!(fill(Some(Object::Record)).missing, ["record.name"]);
    let fields = |object| template.fields(object).into_iter().collect::<Vec<_>>();
    assert_eq!(fields(None), [(Object::Operator, "name".to_owned())]);
    assert_eq!(fields(Some(Object::Record)), [(Object::Record, "name".to_owned())]);
}

#[test]
fn tpl_4_a_record_is_bounded() {
    let record = |name: &str, value: &str| {
        Values::default().set_record([(name.to_owned(), value.to_owned())].into()).err()
    };
    assert_eq!(record(&"名".repeat(60), &"値".repeat(1_000)), None);
    assert_eq!(record(&"名".repeat(61), "x"), Some(RecordRefused::Name));
    for name in ["", " a", "a.b", "a}b", "a|b", "a\nb"] {
        assert_eq!(record(name, "x"), Some(RecordRefused::Name), "{name}");
    }
    assert_eq!(record("a", &"値".repeat(1_001)), Some(RecordRefused::TooLong { field: "a".to_owned() }));
    let many = |count: usize| (0..count).map(|number| (number.to_string(), "x".to_owned())).collect();
    assert_eq!(Values::default().set_record(many(100)), Ok(()));
    assert_eq!(Values::default().set_record(many(101)), Err(RecordRefused::TooMany { count: 101 }));
}

#[test]
fn tpl_1_languages_are_looked_through_in_order() {
    let table: &[(&[&str], Option<&str>, Option<&str>)] = &[
        (&["en", "ja"], None, Some("ja")),
        (&["en", "fr"], None, Some("en")),
        (&["fr", "zh-tw"], None, Some("fr")),
        (&["en", "ja"], Some("en"), Some("en")),
        (&["en", "ja"], Some("en-GB"), Some("en")),
        (&["en-gb", "ja"], Some("en-US"), Some("en-gb")),
        (&["en", "en-gb", "ja"], Some("EN-gb"), Some("en-gb")),
        (&["en", "ja"], Some("ko"), Some("ja")),
        (&["ko"], Some("de"), Some("ko")),
        (&[], Some("ja"), None),
    ];
    for (there, wanted, expected) in table {
        let template = template(there.iter().map(|tag| (*tag, "x")));
        let wanted = wanted.map(|tag| tag.parse::<LanguageTag>().unwrap());
        let found = template.variant(wanted.as_ref()).map(|(tag, _)| tag.as_str());
        assert_eq!(found, *expected, "{there:?} {wanted:?}");
    }
    for tag in ["", "j", "japanese", "ja_JP", "日本", "ja-", "ja-x", "en-123456789"] {
        assert_eq!(tag.parse::<LanguageTag>(), Err(NoLanguage), "{tag}");
    }
}

#[test]
fn tpl_1_what_is_kept_is_named_foldered_and_bounded() {
    let changed = |change: &dyn Fn(&mut MessageTemplate)| {
        let mut changed = template([("ja", "a")]);
        change(&mut changed);
        changed.checked().map_err(|refused| refused.to_string())
    };
    let folder = |names: &[&str]| {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        changed(&move |it| it.folder.clone_from(&names))
    };
    assert_eq!(folder(&[" 営業 ", "挨拶"]).unwrap().folder, ["営業", "挨拶"]);
    assert!(folder(&["1", "2", "3", "4", "5"]).is_ok());
    for names in [&["1", "2", "3", "4", "5", "6"][..], &["a/b"], &[""], &["a\nb"]] {
        assert!(folder(names).unwrap_err().contains("`folder`"), "{names:?}");
    }
    assert_eq!(changed(&|it| it.name = " 挨拶 ".into()).unwrap().name, "挨拶");
    assert!(changed(&|it| it.name = " ".into()).unwrap_err().contains("name"));
    assert!(changed(&|it| it.variants.clear()).unwrap_err().contains("1 to 10 languages"));
    let text = |text: String| changed(&move |it| it.variants = template([("ja", text.as_str())]).variants);
    assert!(text("あ".repeat(5_000)).is_ok());
    assert!(text("あ".repeat(5_001)).unwrap_err().contains("5001"));
    assert!(text(" \n".into()).unwrap_err().contains("`ja`"));
    assert!(text("{{x}}".into()).unwrap_err().starts_with("in `ja` there is no field `x`"));
    let long = "あ".repeat(4_000);
    let together = changed(&|it| {
        it.variants =
            template([("ja", long.as_str()), ("en", long.as_str()), ("ko", long.as_str())]).variants;
    });
    assert!(together.unwrap_err().contains("12000"));
}

#[test]
fn tpl_6_what_the_provider_approved_goes_out_where_only_such_may() {
    let approved = |sid: &str, value: &str| {
        let mut template = template([("ja", "{{contact.name}}様、{{contact.phone|-}}")]);
        for variant in template.variants.values_mut() {
            let variables = [("1".to_owned(), value.to_owned())].into();
            variant.approved = Some(Approved { content_sid: sid.to_owned(), variables });
        }
        template.checked()
    };
    let kept = approved(SID, "{{contact.name|お客}}様").unwrap();
    let fill = |only| kept.fill(None, None, &values(), only).unwrap();
    assert_eq!((fill(false).text.as_str(), fill(false).approved), ("山田 花子様、-", None));
    let Template { content_sid, variables } = fill(true).approved.unwrap();
    assert_eq!((content_sid.as_str(), variables["1"].as_str()), (SID, "山田 花子様"));
    let missing = approved(SID, "{{contact.phone}}").unwrap().fill(None, None, &values(), true).unwrap();
    assert_eq!(missing.missing, ["contact.phone"]);
    for (sid, value, expected) in
        [("HX1", "x", "`HX`"), (SID, "a\nb", "`1`"), (SID, "{{contact.x}}", "no field `contact.x`")]
    {
        let refused = approved(sid, value).unwrap_err().to_string();
        assert!(refused.starts_with("in `ja` ") && refused.contains(expected), "{refused}");
    }
}

#[test]
fn tpl_5_a_departments_own_templates_are_changed_by_its_people_and_administrators() {
    let [desk, night] = ["desk", "night"].map(|name| DepartmentId::derive(name, NOW));
    let channel = |number: &str, department, access| {
        let id = ChannelId::derive(ChannelKind::Line, number);
        Channel {
            department: Some(department),
            settings: ChannelSettings { operators: access, ..ChannelSettings::default() },
            ..Channel::new(ChannelKind::Line, number.to_owned(), number, id.into(), NOW)
        }
    };
    let open = channel("1", desk, OperatorAccess::Everybody);
    let closed = channel("2", night, OperatorAccess::Associated);
    let seen = Seen { name: "A".into(), account: None, role: Role::Operator, signed_in_at: None };
    let mut member = Person::new(OperatorId("1".into()), &seen, NOW);
    let channels = [open.clone(), closed.clone()];
    assert!(!may_change(Role::Operator, Some(night), &channels, Some(&member)));
    member.associate(closed.id, Ask::Nothing, NOW);
    for (role, department, channels, person, expected) in [
        (Role::Operator, None, &[][..], None, true),
        (Role::Operator, Some(desk), &channels, None, true),
        (Role::Operator, Some(desk), &[], None, false),
        (Role::Operator, Some(night), &channels, None, false),
        (Role::Operator, Some(night), &channels, Some(&member), true),
        (Role::Administrator, Some(night), &[], None, true),
        (Role::Owner, Some(night), &[], None, true),
    ] {
        assert_eq!(may_change(role, department, channels, person), expected, "{role} {department:?}");
    }
    let gone = Channel { status: ChannelStatus::Deleted { since: NOW, by: OperatorId("1".into()) }, ..open };
    assert!(!may_change(Role::Operator, Some(desk), &[gone], None));
}

#[test]
fn what_was_kept_stays_readable() {
    let id = TemplateId::derive("a", NOW);
    let kept = json!({"id": id, "name": "a", "created_at": 1, "later": true, "variants": {
        "ja": {"text": "x", "changed_at": 1, "later": 1},
    }});
    let read: MessageTemplate = serde_json::from_value(kept).unwrap();
    assert_eq!((read.object, read.variants.len(), read.rev), (Object::Contact, 1, 0));
    let again: MessageTemplate = serde_json::from_value(serde_json::to_value(&read).unwrap()).unwrap();
    assert_eq!(again, read);
}

fn any_text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("{{".to_owned()),
        Just("}}".to_owned()),
        Just("{{contact.name}}".to_owned()),
        Just("{{record.x|y}}".to_owned()),
        "[a-z.|{} あ]{0,12}",
        "\\PC{0,8}",
    ];
    prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn tpl_4_reading_and_filling_never_panic_and_plain_text_stays(text in any_text(), name in "\\PC{0,20}") {
        let mut values = Values::default();
        values.set(Object::Contact, "name", Some(&name));
        match Pattern::parse(&text, Object::Contact) {
            Ok(pattern) => {
                let filled = pattern.fill(Object::Contact, &values);
                prop_assert_eq!(filled.missing.is_empty() || filled.text.contains("{{"), true);
                if !text.contains("{{") {
                    prop_assert_eq!(&filled.text, &text);
                    let again = Pattern::parse(&filled.text, Object::Contact).unwrap();
                    prop_assert_eq!(again.fill(Object::Contact, &values), filled);
                }
            }
            Err(_) => prop_assert!(text.contains("{{")),
        }
    }

    #[test]
    fn tpl_4_every_field_has_its_value_or_is_named(
        fields in prop::collection::vec(prop::sample::select(vec!["name", "phone", "external_id"]), 0..8),
        known in prop::collection::vec(any::<bool>(), 3)
    ) {
        let mut values = Values::default();
        for (field, known) in ["name", "phone", "external_id"].iter().zip(known) {
            values.set(Object::Contact, field, known.then_some("値"));
        }
        let text: String = fields.iter().map(|field| format!("<{{{{contact.{field}}}}}>")).collect();
        let filled = Pattern::parse(&text, Object::Contact).unwrap().fill(Object::Contact, &values);
        prop_assert_eq!(filled.text.matches("<値>").count() + filled.missing.len(), fields.len());
    }
}
