use super::facebook::{ChosenPage, ListedPage, Login, LoginFailed, Outcome, SCOPES, ScopeOfPages, Source};
use super::*;
use crate::catalogue::Language;
use crate::credential::Cause;

const NOW: Timestamp = Timestamp::from_ms(1_793_491_200_000);

type Change = fn(&mut Setup);

fn who(name: &str) -> OperatorId {
    OperatorId(name.to_owned())
}

fn setup() -> Setup {
    Setup::start(SetupId::derive("a"), ChannelKind::Messenger, who("admin"), None, NOW).unwrap()
}

fn login(user: &str, without: &[&str]) -> Login {
    let granted = SCOPES.iter().map(|scope| scope.name).filter(|name| !without.contains(name));
    Login {
        user_id: user.to_owned(),
        user_name: format!("User {user}"),
        at: NOW,
        source: Source::Setup("t".to_owned()),
        granted: granted.map(str::to_owned).collect(),
        instead_of: None,
    }
}

fn page(id: &str) -> ChosenPage {
    let name = format!("Page {id}");
    ChosenPage { page_id: id.to_owned(), page_name: name.clone(), name, resume: false, outcome: None }
}

#[test]
fn chn_10_each_step_leads_to_the_next_one_in_order() {
    let mut setup = setup();
    let steps: [(Step, Change); 5] = [
        (Step::Consent, |setup| setup.accept(consent::VERSION, &who("admin"), "Admin", NOW).unwrap()),
        (Step::Brand, |setup| setup.brand = Place::chosen(None)),
        (Step::Login, |setup| setup.facebook_mut().unwrap().log_in(login("1", &[]))),
        (Step::Pages, |setup| setup.facebook_mut().unwrap().choose(vec![page("10")]).unwrap()),
        (Step::Department, |setup| setup.department = Place::chosen(None)),
    ];
    for (step, take) in steps {
        assert_eq!(setup.next(), Some(step));
        assert_eq!(setup.may_finish(), Err(SetupRefused::Incomplete(step)));
        take(&mut setup);
        assert!(setup.is_done(step));
    }
    assert_eq!((setup.next(), setup.may_finish()), (Some(Step::Finish), Ok(())));
    setup.finished_at = Some(NOW);
    assert_eq!(setup.next(), None);
}

#[test]
fn chn_10_a_setup_can_be_resumed_for_7_days_by_who_began_it() {
    let open = setup();
    let finished = Setup { finished_at: Some(NOW), ..open.clone() };
    for (setup, by, at, expected) in [
        (&open, "admin", NOW, Ok(())),
        (&open, "admin", NOW + LIFE - Span::from_ms(1), Ok(())),
        (&open, "admin", NOW + LIFE, Err(SetupRefused::Expired)),
        (&open, "other", NOW, Err(SetupRefused::NotYours)),
        (&finished, "admin", NOW, Err(SetupRefused::Finished)),
    ] {
        assert_eq!(setup.may_go_on(&who(by), at), expected, "{by} at {at}");
    }
    let stored = serde_json::to_value(&open).unwrap();
    assert_eq!(serde_json::from_value::<Setup>(stored).unwrap(), open);
}

#[test]
fn chn_7_only_the_current_words_are_accepted_and_new_words_are_asked_for_anew() {
    let mut setup = setup();
    let refused = setup.accept("2020-01", &who("admin"), "Admin", NOW);
    assert_eq!(refused, Err(SetupRefused::OtherConsent { current: consent::VERSION }));
    setup.accept(consent::VERSION, &who("admin"), "Admin", NOW).unwrap();
    let kept = setup.consent.clone().unwrap();
    assert_eq!((kept.by, kept.at, kept.version.as_str()), (who("admin"), NOW, consent::VERSION));
    assert!(setup.problems().is_empty());
    setup.consent.as_mut().unwrap().version = "2020-01".to_owned();
    assert_eq!((setup.next(), setup.problems()), (Some(Step::Consent), vec![SetupProblem::ConsentOutdated]));
    assert_ne!(consent::text(Language::En), consent::text(Language::Ja));
}

#[test]
fn aut_7_authorizing_anew_takes_a_login_and_leaves_the_rest_as_it_is() {
    let channel = ChannelId::derive(ChannelKind::Messenger, "10");
    let mut setup =
        Setup::start(SetupId::derive("b"), ChannelKind::Messenger, who("admin"), Some(channel), NOW).unwrap();
    assert_eq!(setup.steps(), [Step::Login, Step::Finish]);
    let refused = setup.accept(consent::VERSION, &who("admin"), "Admin", NOW);
    assert_eq!(refused, Err(SetupRefused::OnlyReauthorizes));
    setup.facebook_mut().unwrap().log_in(login("1", &[]));
    assert_eq!(setup.may_finish(), Ok(()));
}

#[test]
fn chn_8_each_permission_that_was_left_out_is_named() {
    for scope in SCOPES {
        let mut setup = setup();
        setup.facebook_mut().unwrap().log_in(login("1", &[scope.name]));
        let named = SetupProblem::ScopeLeftOut { scope: scope.name.to_owned() };
        assert_eq!(setup.problems(), std::slice::from_ref(&named));
        assert_eq!(setup.is_done(Step::Login), !scope.is_required, "{}", scope.name);
        assert!(named.advice(Language::En).message.contains(scope.name));
        assert!(named.advice(Language::Ja).message.contains(scope.name));
    }
}

#[test]
fn chn_8_a_page_that_was_not_ticked_or_may_not_be_answered_is_named() {
    let (ticked, other) = (vec!["10".to_owned()], vec!["11".to_owned()]);
    let by_page = |scope, pages| vec![ScopeOfPages { scope, pages }];
    let tasks = |names: &[&str]| names.iter().map(ToString::to_string).collect::<Vec<_>>();
    let messaging = tasks(&["MESSAGING", "MODERATE"]);
    for (granted, tasks, has_token, expected) in [
        (vec![], messaging.clone(), true, None),
        (by_page("pages_messaging", None), messaging.clone(), true, None),
        (by_page("pages_messaging", Some(&*ticked)), messaging.clone(), true, None),
        (
            by_page("pages_messaging", Some(&*other)),
            messaging.clone(),
            true,
            Some(SetupProblem::PageNotTicked),
        ),
        (
            by_page("pages_manage_metadata", Some(&*other)),
            messaging.clone(),
            true,
            Some(SetupProblem::PageNotTicked),
        ),
        (by_page("pages_show_list", Some(&*other)), messaging.clone(), true, None),
        (vec![], tasks(&["ANALYZE"]), true, Some(SetupProblem::PageRoleMissing)),
        (vec![], tasks(&[]), true, None),
        (vec![], messaging.clone(), false, Some(SetupProblem::PageRoleMissing)),
    ] {
        let listed = ListedPage { page_id: "10", tasks: &tasks, has_token };
        assert_eq!(listed.problem(&granted), expected, "{granted:?} {tasks:?} {has_token}");
    }
}

#[test]
fn chn_8_a_login_is_taken_over_once_in_time_with_what_the_browser_was_given() {
    let within = NOW + facebook::LOGIN_LIFE - Span::from_ms(1);
    for (ticket, at, taken) in
        [("t", NOW, true), ("t", within, true), ("t", NOW + facebook::LOGIN_LIFE, false), ("u", NOW, false)]
    {
        let mut setup = setup();
        let facebook = setup.facebook_mut().unwrap();
        facebook.offer(login("1", &[]));
        assert_eq!(facebook.logged_in(), Err(SetupRefused::LoginNeeded), "before it is taken over");
        assert_eq!(facebook.take(ticket, None, at).is_ok(), taken, "{ticket} at {at}");
        assert_eq!(facebook.logged_in().is_ok(), taken);
        assert_eq!(facebook.take(ticket, None, at), Err(SetupRefused::LoginNotYours), "twice");
        assert!(setup.keeps_secret());
        setup.finished_at = Some(at);
        assert!(!setup.keeps_secret());
    }
}

#[test]
fn aut_7_another_persons_login_says_whose_it_takes_the_place_of() {
    let person = |id: &str| (id.to_owned(), format!("User {id}"));
    for (before, expected) in
        [(None, None), (Some(person("1")), None), (Some(person("2")), Some("User 2".to_owned()))]
    {
        let mut facebook = Facebook::default();
        facebook.offer(login("1", &[]));
        facebook.take("t", before.as_ref(), NOW).unwrap();
        assert_eq!(facebook.login.unwrap().instead_of, expected);
    }
}

#[test]
fn chn_8_a_denial_is_told_until_somebody_logs_in() {
    let mut setup = setup();
    setup.facebook_mut().unwrap().fail(LoginFailed::Denied);
    assert_eq!((setup.next(), setup.problems()), (Some(Step::Consent), vec![SetupProblem::LoginDenied]));
    setup.facebook_mut().unwrap().log_in(login("1", &[]));
    assert!(setup.problems().is_empty());
}

#[test]
fn chn_8_pages_of_another_persons_login_are_forgotten() {
    let mut setup = setup();
    let facebook = setup.facebook_mut().unwrap();
    facebook.log_in(login("1", &[]));
    facebook.choose(vec![page("10")]).unwrap();
    facebook.log_in(login("1", &[]));
    assert_eq!(facebook.pages.len(), 1);
    facebook.log_in(login("2", &[]));
    assert!(facebook.pages.is_empty());
}

#[test]
fn chn_8_between_1_and_20_pages_are_chosen_each_once_and_what_works_stays() {
    let many = |count: usize| (0..count).map(|number| page(&number.to_string())).collect::<Vec<_>>();
    for (pages, accepted) in [
        (vec![], false),
        (many(1), true),
        (many(20), true),
        (many(21), false),
        (vec![page("1"), page("1")], false),
    ] {
        assert_eq!(Facebook::default().choose(pages.clone()).is_ok(), accepted, "{}", pages.len());
    }
    let done = ChosenPage {
        outcome: Some(Outcome::Connected(ChannelId::derive(ChannelKind::Messenger, "1"))),
        ..page("1")
    };
    let failed = ChosenPage { outcome: Some(Outcome::Failed(SetupProblem::PageNotTicked)), ..page("2") };
    let mut facebook = Facebook::default();
    assert!(!facebook.all_connected(), "nothing is not everything");
    facebook.choose(vec![done.clone(), failed]).unwrap();
    assert!(!facebook.all_connected());
    facebook.choose(vec![page("3")]).unwrap();
    assert_eq!(facebook.pages, [page("3"), done.clone()]);
    facebook.choose(vec![page("1")]).unwrap();
    assert_eq!(facebook.pages, [done]);
    assert!(facebook.all_connected());
}

#[test]
fn chn_11_channels_are_named_by_their_page() {
    let mut facebook = Facebook::default();
    facebook.choose(vec![page("1"), page("2")]).unwrap();
    let names = |page: &str, name: &str| [(page.to_owned(), name.to_owned())].into();
    facebook.rename(&names("2", " 大阪店 ")).unwrap();
    assert_eq!(facebook.pages[1].name, "大阪店");
    assert_eq!(facebook.rename(&names("3", "x")), Err("3".to_owned()));
    assert_eq!(facebook.rename(&names("1", "")), Err("1".to_owned()));
}

#[test]
fn every_problem_says_what_to_do_in_both_languages() {
    let problems = [
        SetupProblem::ConsentOutdated,
        SetupProblem::LoginDenied,
        SetupProblem::LoginRefused,
        SetupProblem::LoginEnded { cause: Cause::PasswordChanged },
        SetupProblem::ScopeLeftOut { scope: "pages_messaging".to_owned() },
        SetupProblem::PageNotTicked,
        SetupProblem::PageNotListed,
        SetupProblem::PageRoleMissing,
        SetupProblem::ChannelExists { installer: Some("Yamada".to_owned()) },
        SetupProblem::ChannelDeleted,
        SetupProblem::TooManyChannels { departments: 1 },
        SetupProblem::ProviderRefused { detail: "200/0".to_owned() },
        SetupProblem::ProviderUnavailable,
    ];
    let mut ids: Vec<_> = problems.iter().map(SetupProblem::public_id).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), problems.len());
    for problem in problems {
        assert_eq!(serde_json::to_value(&problem).unwrap()["id"], problem.public_id());
        let (english, japanese) = (problem.advice(Language::En), problem.advice(Language::Ja));
        assert!(english.message.is_ascii() && english.remedy.is_ascii(), "{english:?}");
        assert!(!japanese.message.is_ascii() && !japanese.remedy.is_ascii(), "{japanese:?}");
    }
}

#[test]
fn kinds_that_are_entered_say_how_they_are_authorized_anew() {
    for kind in [ChannelKind::Line, ChannelKind::WhatsApp, ChannelKind::Sms] {
        let anew = Some(ChannelId::derive(kind, "1"));
        let refused = Setup::start(SetupId::derive("c"), kind, who("admin"), anew, NOW).unwrap_err();
        assert_eq!(refused, SetupRefused::NotGuided(kind));
        assert!(refused.to_string().contains("PUT /api/channels/{channel}/credential"));
        let mut setup = Setup::start(SetupId::derive("c"), kind, who("admin"), None, NOW).unwrap();
        let steps: Vec<_> = setup.steps().into_iter().map(Step::as_str).collect();
        assert_eq!(steps, ["consent", "brand", "credentials", "department", "finish"]);
        assert!(!setup.keeps_secret() && !setup.is_done(Step::Credentials));
        setup.keyed_mut().unwrap().entered = Some(keyed::Entered {
            external_id: "1".into(),
            account_name: None,
            name: "窓口".into(),
            resume: false,
            at: NOW,
            notes: Vec::new(),
        });
        assert!(setup.keeps_secret() && setup.is_done(Step::Credentials));
        assert_eq!(setup.facebook().unwrap_err(), SetupRefused::NoSuchStep);
    }
}
