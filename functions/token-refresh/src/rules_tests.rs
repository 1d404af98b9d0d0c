use madoguchi_channels::Token;
use madoguchi_channels::messenger::token::GranularScope;

use super::*;

const NOW: Timestamp = Timestamp::from_ms(1_760_000_000_000);

fn inspection() -> Inspection {
    Inspection {
        is_valid: true,
        cause: None,
        detail: None,
        expires_at: None,
        data_access_expires_at: None,
        user_id: None,
        scopes: REQUIRED_SCOPES.map(str::to_owned).to_vec(),
        granular_scopes: Vec::new(),
    }
}

fn void(cause: Option<Cause>) -> Inspection {
    Inspection { is_valid: false, cause, detail: Some("190".into()), ..inspection() }
}

fn broken(cause: Cause) -> Trouble {
    Trouble::broken(cause, "190")
}

fn unclear(wait: Option<Span>) -> Trouble {
    Trouble::Unclear { detail: "http 503".into(), wait }
}

fn days(days: i64) -> Span {
    Span::from_days(days)
}

#[test]
fn only_a_verdict_on_the_credential_is_one() {
    let refused = |class| Refusal { retry_after: Some(days(1)), ..Refusal::new(class, "code") };
    let table = [
        (TokenError::Refused(refused(RefusalClass::Credential(Cause::Checkpoint))), Some(Cause::Checkpoint)),
        (TokenError::Refused(refused(RefusalClass::Rate)), None),
        (TokenError::Refused(refused(RefusalClass::Restricted)), None),
        (TokenError::Refused(refused(RefusalClass::Invalid)), None),
        (TokenError::Unavailable { detail: "timeout".into() }, None),
    ];
    for (error, cause) in table {
        assert_eq!(Trouble::from(error.clone()).cause(), cause, "{error}");
    }
    let hint = Trouble::from(TokenError::Refused(refused(RefusalClass::Rate)));
    assert!(matches!(hint, Trouble::Unclear { wait: Some(wait), .. } if wait == days(1)));
}

#[test]
fn aut_1_to_aut_6_a_login_that_fails_has_its_cause() {
    // Days since the login; days until the token's noted end (negative: it is over); what Meta says.
    let table = [
        (1, None, None, Cause::TokenExpired),
        (1, Some(59), Some(Cause::TokenExpired), Cause::TokenExpired),
        (60, Some(0), Some(Cause::TokenExpired), Cause::SixtyDays),
        (61, Some(-1), None, Cause::SixtyDays),
        (61, None, None, Cause::SixtyDays),
        // Exchanged since the login: its own 60 days count.
        (100, Some(20), None, Cause::TokenExpired),
        (100, Some(-1), None, Cause::SixtyDays),
        // A short-lived token that was never exchanged ran out after an hour.
        (0, Some(0), Some(Cause::TokenExpired), Cause::TokenExpired),
        (61, Some(-1), Some(Cause::PasswordChanged), Cause::PasswordChanged),
        (61, Some(-1), Some(Cause::AppAccessWithdrawn), Cause::AppAccessWithdrawn),
        (1, None, Some(Cause::Checkpoint), Cause::Checkpoint),
        (1, None, Some(Cause::PageRoleLost), Cause::PageRoleLost),
    ];
    for (since, left, told, cause) in table {
        let found = login_works(&void(told), NOW - days(since), left.map(|left| NOW + days(left)), NOW);
        assert_eq!(found, Err(broken(cause)), "{since} {left:?} {told:?}");
    }
    assert_eq!(login_works(&inspection(), NOW - days(100), None, NOW), Ok(()));
}

#[test]
fn aut_2_a_missing_permission_is_named() {
    for missing in REQUIRED_SCOPES {
        let mut found = inspection();
        found.scopes.retain(|scope| scope != missing);
        found.scopes.push("business_management".into());
        let expected = Trouble::broken(Cause::PermissionRevoked, format!("without {missing}"));
        assert_eq!(login_works(&found, NOW, None, NOW), Err(expected));
    }
}

fn page(id: &str, token: Option<&str>, tasks: &[&str]) -> PageGrant {
    PageGrant {
        page_id: id.into(),
        name: "A page".into(),
        token: token.map(Token::new),
        tasks: tasks.iter().map(ToString::to_string).collect(),
    }
}

#[test]
fn aut_3_and_aut_4_a_page_is_granted_or_says_why_not() {
    let list = [
        page("1", Some("one"), &["MESSAGING", "MODERATE"]),
        page("2", Some("two"), &[]),
        page("3", None, &["MESSAGING"]),
        page("4", Some("four"), &["ADVERTISE", "ANALYZE"]),
        page("5", Some("five"), &["MESSAGING"]),
    ];
    let login = Inspection {
        granular_scopes: vec![
            GranularScope {
                scope: "pages_messaging".into(),
                target_ids: Some(["1", "2", "3", "4"].map(str::to_owned).to_vec()),
            },
            GranularScope { scope: "pages_manage_metadata".into(), target_ids: None },
            GranularScope { scope: "ads_read".into(), target_ids: Some(Vec::new()) },
        ],
        ..inspection()
    };
    let table = [
        ("1", false, Ok("one")),
        ("2", true, Ok("two")),
        ("3", true, Err(Cause::PageRoleLost)),
        ("4", true, Err(Cause::PageRoleLost)),
        ("5", false, Err(Cause::PageNotAuthorized)),
        ("5", true, Err(Cause::PageRemoved)),
        ("6", false, Err(Cause::PageNotAuthorized)),
        ("6", true, Err(Cause::PageRemoved)),
    ];
    for (page_id, was_covered, expected) in table {
        let found = granted(page_id, &list, &login, was_covered);
        assert_eq!(
            found.map_err(|trouble| trouble.cause()),
            expected.map_err(Some),
            "{page_id} {was_covered}"
        );
    }
}

#[test]
fn a_void_page_token_has_run_out_unless_meta_knows_better() {
    assert_eq!(page_token_works(&inspection()), Ok(()));
    assert_eq!(page_token_works(&void(None)), Err(broken(Cause::TokenExpired)));
    assert_eq!(page_token_works(&void(Some(Cause::PageRoleLost))), Err(broken(Cause::PageRoleLost)));
}

#[test]
fn aut_8_a_token_is_exchanged_at_half_its_life_and_when_its_end_is_unknown() {
    let table = [
        (None, true, false),
        (Some(Span::from_minutes(-1)), true, false),
        (Some(Span::from_hours(1)), true, false),
        (Some(days(1)), true, false),
        (Some(days(2)), true, true),
        (Some(days(30)), true, true),
        (Some(days(31)), false, true),
        (Some(days(60)), false, true),
    ];
    for (left, due, serves) in table {
        let end = left.map(|left| NOW + left);
        assert_eq!((should_exchange(end, NOW), serves_on(end, NOW)), (due, serves), "{left:?}");
    }
}

#[test]
fn the_next_check_is_daily_sooner_after_trouble_and_on_every_mark() {
    let bad = broken(Cause::TokenExpired);
    let minutes = Span::from_minutes;
    let table: Vec<(Vec<Trouble>, Option<Span>, Span)> = vec![
        (vec![], None, days(1)),
        (vec![], Some(days(60)), days(1)),
        // The exchange is due, and 14, 7, 3 and 1 days are announced, in between.
        (vec![], Some(Span::from_minutes(30 * 1440 + 90)), minutes(90)),
        (vec![], Some(days(30)), days(1)),
        (vec![], Some(Span::from_minutes(14 * 1440 + 1)), minutes(1)),
        (vec![], Some(Span::from_minutes(3 * 1440 + 5)), minutes(5)),
        (vec![], Some(days(1)), days(1)),
        (vec![], Some(minutes(10)), days(1)),
        (vec![bad.clone()], Some(days(60)), minutes(5)),
        (vec![bad.clone()], Some(Span::from_minutes(7 * 1440 + 1)), minutes(1)),
        (vec![unclear(None)], Some(days(60)), minutes(2)),
        (vec![bad.clone(), unclear(None)], None, minutes(2)),
        // As long as Meta asks, within reason.
        (vec![unclear(Some(minutes(19))), unclear(None)], None, minutes(19)),
        (vec![unclear(Some(Span::from_secs(1)))], None, minutes(2)),
        (vec![unclear(Some(days(40)))], None, days(1)),
    ];
    for (troubles, left, expected) in table {
        let next = next_check(&troubles, left.map(|left| NOW + left), NOW);
        assert_eq!(next, NOW + expected, "{troubles:?} {left:?}");
    }
}

#[test]
fn aut_8_the_end_is_announced_once_at_14_7_3_and_1_days() {
    let end = NOW + days(40);
    for trouble in [None, Some(unclear(None)), Some(broken(Cause::TokenExpired))] {
        let (mut planned, mut announced) = (NOW, Vec::new());
        while planned < end {
            // A tick comes up to a minute late.
            let now = planned + Span::from_secs(59);
            announced.extend(warning(Some(end), planned, now));
            planned = next_check(&trouble, Some(end), now);
        }
        assert_eq!(announced, [14, 7, 3, 1], "{trouble:?}");
    }
}

#[test]
fn a_check_out_of_turn_announces_nothing_twice() {
    let end = NOW + days(14);
    assert_eq!(warning(Some(end), NOW, NOW), Some(14));
    let next = next_check([], Some(end), NOW);
    assert_eq!(warning(Some(end), next, NOW + Span::from_minutes(5)), None);
    assert_eq!(warning(None, NOW, NOW), None);
}
