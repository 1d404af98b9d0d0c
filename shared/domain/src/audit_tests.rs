use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::channel::ChannelKind;
use crate::ids::Party;

const AT: Timestamp = Timestamp::from_ms(1_793_491_200_000);

fn channel(account: &str) -> ChannelId {
    ChannelId::derive(ChannelKind::Line, account)
}

fn person() -> Author {
    let person = Author::person(&OperatorId("p".into()), "Yamada", Role::Administrator, AT);
    person.from_where(Some("203.0.113.9"), Some("Browser/1"), "request-1")
}

fn image(value: Value) -> Image {
    value.as_object().unwrap().clone()
}

/// What a write of `pk` tells: act and fields.
fn tells(pk: &str, before: Option<Value>, after: Option<Value>) -> Vec<(String, Value, Value)> {
    let (before, after) = (before.map(image), after.map(image));
    let sk = channel("1").to_string();
    let change =
        Change { pk, sk: &sk, before: before.as_ref(), after: after.as_ref(), at: AT, sequence: "7" };
    entries(&change).into_iter().map(|it| (it.act, json!(it.before), json!(it.after))).collect()
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn aud_2_a_change_is_told_by_its_name_with_the_fields_that_changed() {
    let (one, two) = (channel("1"), channel("2"));
    let held =
        json!({"state": "needs_reauthorization", "cause": "token_expired", "since": 1, "detail": "190"});
    let named =
        json!({"state": "needs_reauthorization", "cause": "page_removed", "since": 1, "detail": "190"});
    let healthy = json!({"state": "healthy", "since": 2});
    for (pk, before, after, act, from, to) in [
        (
            "channel",
            json!({"name": "A", "quota": 1}),
            json!({"name": "B", "quota": 2}),
            "channel.changed",
            json!({"name": "A"}),
            json!({"name": "B"}),
        ),
        (
            "channel",
            json!({"settings": {"reopen": "always", "idle_close_after_minutes": null}, "brand": "x"}),
            json!({"settings": {"reopen": "always", "idle_close_after_minutes": 30}}),
            "channel.changed",
            json!({"brand": "x"}),
            json!({"settings.idle_close_after_minutes": 30}),
        ),
        (
            "channel",
            json!({"health": healthy}),
            json!({"health": held}),
            "channel.held",
            json!({"health.state": "healthy"}),
            json!({
                "health.state": "needs_reauthorization", "health.cause": "token_expired", "health.detail": "190",
            }),
        ),
        (
            "channel",
            json!({"health": held}),
            json!({"health": named}),
            "channel.cause_named",
            json!({"health.cause": "token_expired"}),
            json!({"health.cause": "page_removed"}),
        ),
        (
            "channel",
            json!({"subscription": {"checked_at": 1}}),
            json!({"subscription": {"checked_at": 2, "loss": {
                "found_at": 2, "missing": ["messages"], "is_whole": true, "detail": "200",
            }}}),
            "channel.subscription_lost",
            json!({}),
            json!({
                "subscription.loss.found_at": "1970-01-01T00:00:00.002Z",
                "subscription.loss.missing": ["messages"], "subscription.loss.detail": "200",
            }),
        ),
        (
            "channel",
            json!({"subscription": {"checked_at": 2, "loss": {"found_at": 2}}}),
            json!({"subscription": {"checked_at": 3, "loss": {"found_at": 2, "renewed_at": 3}}}),
            "channel.subscription_renewed",
            json!({}),
            json!({"subscription.loss.renewed_at": "1970-01-01T00:00:00.003Z"}),
        ),
        (
            "channel",
            json!({"health": {"state": "connecting"}}),
            json!({"health": healthy}),
            "channel.connected",
            json!({"health.state": "connecting"}),
            json!({"health.state": "healthy"}),
        ),
        (
            "connection",
            json!({"channels": [one], "authorized_at": 0}),
            json!({"channels": [one], "authorized_at": 1_000}),
            "credential.replaced",
            json!({"authorized_at": "1970-01-01T00:00:00.000Z"}),
            json!({"authorized_at": "1970-01-01T00:00:01.000Z"}),
        ),
        (
            "connection",
            json!({"channels": [one]}),
            json!({"channels": [one, two]}),
            "credential.joined",
            json!({"channels": [one]}),
            json!({"channels": [one, two]}),
        ),
        (
            "connection",
            json!({"channels": [one], "expires_at": 0}),
            json!({"channels": [one], "expires_at": 1_000}),
            "credential.refreshed",
            json!({"expires_at": "1970-01-01T00:00:00.000Z"}),
            json!({"expires_at": "1970-01-01T00:00:01.000Z"}),
        ),
        (
            "connection",
            json!({"channels": [one], "pages": []}),
            json!({"channels": [one], "pages": ["104"], "expires_at": 1_000}),
            "credential.checked",
            json!({"pages": []}),
            json!({"pages": ["104"], "expires_at": "1970-01-01T00:00:01.000Z"}),
        ),
        (
            "connection",
            json!({"channels": [one], "pages": ["1"]}),
            json!({"channels": [one], "pages": []}),
            "credential.pages_changed",
            json!({"pages": ["1"]}),
            json!({"pages": []}),
        ),
        (
            "brand",
            json!({"name": "A", "rev": 1}),
            json!({"name": "A", "rev": 2, "removed_at": 1_000}),
            "brand.removed",
            json!({}),
            json!({"removed_at": "1970-01-01T00:00:01.000Z"}),
        ),
        (
            "department",
            json!({"name": "A"}),
            json!({"name": "A", "hours": {"time_zone": "UTC", "week": {"monday": []}}}),
            "department.changed",
            json!({}),
            json!({"hours.time_zone": "UTC", "hours.week.monday": []}),
        ),
        (
            "template",
            json!({"name": "A", "variants": {"ja": {"text": "旧", "changed_at": 1_000}}}),
            json!({"name": "A", "variants": {"ja": {"text": "新", "changed_at": 2_000}}}),
            "template.changed",
            json!({"variants.ja.changed_at": "1970-01-01T00:00:01.000Z"}),
            json!({"variants.ja.changed_at": "1970-01-01T00:00:02.000Z"}),
        ),
        (
            "operator",
            json!({"display_name": "A", "mode": "account"}),
            json!({"mode": "operator", "picture": {"upload": "u", "wish": 1}}),
            "operator.changed",
            json!({"display_name": "A"}),
            json!({"picture.upload": "u"}),
        ),
    ] {
        assert_eq!(tells(pk, Some(before), Some(after)), [(act.to_owned(), from, to)], "{act}");
    }
    let released = tells("channel", Some(json!({"health": held})), Some(json!({"health": healthy})));
    assert_eq!(released[0].0, "channel.released");
}

#[test]
fn aud_2_a_channels_end_and_peoples_channels_have_names_of_their_own() {
    let (one, two) = (channel("1"), channel("2"));
    let off = json!({"state": "off", "since": 1, "by": "p"});
    let deleted = json!({"state": "deleted", "since": 2, "by": "p"});
    for (before, after, act) in [
        (json!({}), json!({"status": off}), "channel.disabled"),
        (json!({"status": off}), json!({"health": {"state": "connecting"}}), "channel.enabled"),
        (json!({"status": off}), json!({"status": deleted}), "channel.deleted"),
        (json!({"status": deleted}), json!({"name": "B"}), "channel.resumed"),
    ] {
        assert_eq!(tells("channel", Some(before), Some(after))[0].0, act);
    }
    let member = |channels: Value| json!({"name": "A", "last_seen_at": 1, "channels": channels});
    let both = json!({one.to_string(): {"added_at": 1, "asked_at": 2}, two.to_string(): {"added_at": 3}});
    let asked = json!({one.to_string(): {"added_at": 1, "asked_at": 9}, two.to_string(): {"added_at": 3}});
    let associated = tells("person", Some(member(json!({}))), Some(member(both.clone())));
    assert_eq!(associated.iter().map(|it| it.0.as_str()).collect::<Vec<_>>(), ["person.associated"; 2]);
    assert_eq!(
        tells("person", Some(member(both.clone())), Some(member(json!({}))))[0].0,
        "person.dissociated"
    );
    assert_eq!(tells("person", Some(member(both)), Some(member(asked))), []);
    let gone = json!({"name": "A", "removed_at": 1_000});
    assert_eq!(tells("person", Some(json!({"name": "A"})), Some(gone.clone()))[0].0, "person.removed");
    assert_eq!(tells("person", Some(gone), Some(json!({"name": "A"})))[0].0, "person.restored");
}

#[test]
fn aud_2_what_comes_and_goes_is_told_whole() {
    let one = channel("1");
    for (pk, item, added, gone) in [
        ("channel", json!({"name": "A"}), "channel.added", "channel.deleted"),
        ("connection", json!({"channels": [one]}), "credential.entered", "credential.deleted"),
        ("brand", json!({"name": "A"}), "brand.added", "brand.deleted"),
        ("department", json!({"name": "A"}), "department.added", "department.deleted"),
        ("template", json!({"name": "A"}), "template.added", "template.deleted"),
        ("label", json!({"name": "A", "color": "#000000"}), "label.added", "label.deleted"),
        ("operator", json!({"display_name": "A"}), "operator.added", "operator.deleted"),
    ] {
        assert_eq!(tells(pk, None, Some(item.clone())), [(added.to_owned(), json!({}), item.clone())]);
        let deleted = tells(pk, Some(item.clone()), None);
        assert_eq!((deleted[0].0.as_str(), &deleted[0].1), (gone, &item));
    }
}

#[test]
fn aud_2_what_moves_by_itself_makes_no_entry() {
    for (pk, before, after) in [
        ("channel", json!({"paused_until": 1}), json!({"paused_until": 2, "paused_for": "x"})),
        ("channel", json!({"quota": {"limit": 1}}), json!({"quota": {"limit": 2}})),
        ("channel", json!({"rearmed_answered_through": 1}), json!({"rearmed_answered_through": 2})),
        ("channel", json!({"settings_changed_at": 1}), json!({"settings_changed_at": 2})),
        (
            "channel",
            json!({"health": {"state": "healthy", "since": 1}}),
            json!({"health": {"state": "healthy", "since": 2}}),
        ),
        ("connection", json!({"check_at": 1, "credential_due": 1}), json!({"check_at": 2, "lease_until": 3})),
        (
            "operator",
            json!({"mode": "account", "rev": 1}),
            json!({"mode": "operator", "rev": 2, "account_name": "B"}),
        ),
        ("persona#1", json!({"name": "A"}), json!({"name": "B"})),
        ("sender-sync", json!({"due_at": 1}), json!({"due_at": 2})),
        ("template-use", json!({"uses": 1}), json!({"uses": 2})),
        ("something new", json!({"name": "A"}), json!({"name": "B"})),
    ] {
        assert_eq!(tells(pk, Some(before.clone()), Some(after)), [], "{before}");
    }
}

#[test]
fn aud_2_a_sync_is_told_when_a_person_asked_for_it() {
    let before = json!({"due_at": 1_000, "changed_by": Author::unknown()});
    let asked = json!({"due_at": 2_000, "changed_by": person()});
    let told = tells("sender-sync", Some(before), Some(asked.clone()));
    assert_eq!(told[0].0, "sender_sync.started");
    assert_eq!(tells("sender-sync", None, Some(asked.clone()))[0].0, "sender_sync.started");
    // Its end plans the next one, and leaves who asked for this.
    let next = json!({"due_at": 3_000, "changed_by": person()});
    assert_eq!(tells("sender-sync", Some(asked), Some(next)), []);
}

#[test]
fn aud_2_each_channel_of_a_credential_has_its_own_entry() {
    let (one, two, three) = (channel("1"), channel("2"), channel("3"));
    let concerned = |before: Value, after: Value| {
        let (before, after) = (image(before), image(after));
        let change = Change {
            pk: "connection",
            sk: "c",
            before: Some(&before),
            after: Some(&after),
            at: AT,
            sequence: "7",
        };
        let entries = entries(&change);
        let ids: BTreeSet<&str> = entries.iter().map(|it| it.id.as_str()).collect();
        assert_eq!(ids.len(), entries.len());
        let told = |it: &Entry| Some((it.channel?, it.act.clone()));
        entries.iter().filter_map(told).collect::<BTreeSet<_>>()
    };
    let acts = |of: &[(ChannelId, &str)]| {
        of.iter().map(|(channel, act)| (*channel, format!("credential.{act}"))).collect::<BTreeSet<_>>()
    };
    let renewed = concerned(
        json!({"channels": [one, two], "expires_at": 1}),
        json!({"channels": [one, two], "expires_at": 2}),
    );
    assert_eq!(renewed, acts(&[(one, "refreshed"), (two, "refreshed")]));
    for (before, after, expected) in [
        (json!([one, two]), json!([one, two, three]), acts(&[(three, "joined")])),
        (json!([one, two]), json!([one]), acts(&[(two, "left")])),
        (json!([one]), json!([]), acts(&[(one, "left")])),
        (json!([one, two]), json!([two, three]), acts(&[(one, "left"), (three, "joined")])),
    ] {
        let told = concerned(json!({"channels": before.clone()}), json!({"channels": after}));
        assert_eq!(told, expected, "{before}");
    }
}

#[test]
fn aud_2_nobody_is_blamed_for_a_write_that_says_nothing() {
    let function = Author::function("token-refresh");
    let item = |name: &str, by: Option<&Author>| {
        let mut item = image(json!({"name": name}));
        item.extend(by.map(|by| ("changed_by".to_owned(), json!(by))));
        item
    };
    let later = Author { at: Some(AT + Span::from_ms(1)), ..person() };
    for (before, after, expected) in [
        (None, Some(person()), "p"),
        (Some(person()), Some(later.clone()), "p"),
        // Left behind by the write before.
        (Some(person()), Some(person()), "system"),
        (Some(person()), None, "system"),
        (Some(person()), Some(function.clone()), "system:token-refresh"),
        (Some(function.clone()), Some(function.clone()), "system:token-refresh"),
        (Some(function), Some(person()), "p"),
        (None, None, "system"),
    ] {
        let images = (item("A", before.as_ref()), item("B", after.as_ref()));
        let change = Change {
            pk: "brand",
            sk: "b",
            before: Some(&images.0),
            after: Some(&images.1),
            at: AT,
            sequence: "7",
        };
        assert_eq!(entries(&change)[0].by.id, expected, "{before:?} → {after:?}");
    }
    let mut gone = item("A", Some(&person()));
    let change = Change { pk: "brand", sk: "b", before: Some(&gone), after: None, at: AT, sequence: "7" };
    assert_eq!(entries(&change)[0].by, Author::unknown(), "who wrote last is not who deleted");
    gone.insert("deleted_by".to_owned(), json!(Author::function("token-refresh")));
    let change = Change { pk: "brand", sk: "b", before: Some(&gone), after: None, at: AT, sequence: "7" };
    assert_eq!(entries(&change)[0].by.id, "system:token-refresh");
    // It stays with the item if it was not deleted after all.
    let kept = item("B", None);
    let change = Change { after: Some(&kept), ..change };
    assert_eq!(entries(&change)[0].by, Author::unknown());
    // Malformed, or of a later release.
    let odd = image(json!({"name": "B", "changed_by": 3}));
    let change = Change { after: Some(&odd), before: None, ..change };
    assert_eq!(entries(&change)[0].by, Author::unknown());
}

#[test]
fn aud_2_a_field_that_may_be_secret_is_masked_even_if_it_was_listed() {
    let settings =
        |secret: &str| json!({"settings": {"webhook_token": secret, "client_secret": {"now": secret}}});
    let told = tells("channel", None, Some(settings("hush")));
    assert_eq!(told[0].2, json!({"settings.webhook_token": MASK, "settings.client_secret.now": MASK}));
    // Only that it is there, and not that it is another one.
    assert_eq!(tells("channel", Some(settings("hush")), Some(settings("other"))), []);
}

#[test]
fn aud_2_a_user_agent_is_cut_and_a_person_is_told_with_their_role() {
    let agent = "é".repeat(300);
    let author = person().from_where(None, Some(&agent), "r");
    assert_eq!(author.user_agent.unwrap().chars().count(), USER_AGENT_LENGTH);
    assert_eq!((author.role, author.ip), (Some(Role::Administrator), None));
}

#[test]
fn aud_3_reads_within_an_hour_are_one_entry() {
    let conversation = ConversationId::derive(channel("1"), &Party::User("u".into()));
    let other = ConversationId::derive(channel("1"), &Party::User("v".into()));
    let read = |conversation, by: &str, minutes: i64| {
        let by = Author { id: by.to_owned(), ..person() };
        Entry::read(conversation, channel("1"), by, AT + Span::from_minutes(minutes))
    };
    let first = read(conversation, "p", 0);
    assert_eq!(read(conversation, "p", 59).id, first.id);
    for another in [read(conversation, "p", 60), read(conversation, "q", 0), read(other, "p", 0)] {
        assert_ne!(another.id, first.id);
    }
    assert!(read(conversation, "p", 59).position() > first.position());
    let listed = |by: &str, minutes: i64| {
        Entry::listed(Author { id: by.to_owned(), ..person() }, AT + Span::from_minutes(minutes))
    };
    assert_eq!(listed("p", 59).id, listed("p", 0).id);
    assert_ne!(listed("p", 60).id, listed("p", 0).id);
    assert_ne!(listed("q", 0).id, listed("p", 0).id);
}

#[test]
fn what_was_asked_for_twice_is_two_entries() {
    let asked = |part: &str, request: &str| {
        let by = Author { request_id: Some(request.to_owned()), ..person() };
        let after = Fields::from([("cursor".to_owned(), json!(part))]);
        Entry::asked("audit.exported", "audit".to_owned(), by, after, AT).id
    };
    assert_eq!(asked("1", "r"), asked("1", "r"));
    assert_ne!(asked("1", "r"), asked("2", "r"));
    assert_ne!(asked("1", "r"), asked("1", "s"));
    let about = |account: &str| {
        let asked = Entry::asked("quarantine.replayed", "q".to_owned(), person(), Fields::new(), AT);
        asked.about(channel(account))
    };
    assert_ne!(about("1").id, about("2").id, "each channel has its own");
    assert_eq!((about("1").id, about("1").channel), (about("1").id, Some(channel("1"))));
}

proptest! {
    /// A write is told the same way each time, in the order of the writes, and never with a field that is not listed.
    #[test]
    fn aud_2_an_entry_depends_on_its_write_alone(
        first in 1_u64..1_000_000, step in 1_u64..1_000_000, hidden in "[a-z]{12,20}",
    ) {
        let id = |sequence: u64| {
            let after = image(json!({"name": "A", "hidden": hidden, "access": {"deep": hidden}}));
            let sequence = sequence.to_string();
            let change =
                Change { pk: "brand", sk: "b", before: None, after: Some(&after), at: AT, sequence: &sequence };
            entries(&change).remove(0)
        };
        let entry = id(first);
        prop_assert_eq!(&entry, &id(first));
        prop_assert!(entry.position() < id(first + step).position());
        prop_assert!(!serde_json::to_string(&entry).unwrap().contains(&hidden));
    }
}
