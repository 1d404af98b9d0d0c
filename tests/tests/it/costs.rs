//! Nothing becomes dearer unnoticed: every job takes exactly what the committed budget says.

use madoguchi_tests::cost::World;
use madoguchi_tests::cost::budget::{self, Budget, Line};
use madoguchi_tests::cost::jobs::Job;

/// `MADOGUCHI_BUDGET=write cargo test -p madoguchi-tests --test it costs` commits what is measured.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_job_takes_what_its_budget_says_and_nothing_more() {
    let mut world = World::start().await;
    let mut measured = Budget::new();
    for job in Job::ALL {
        measured.insert(job.name().to_owned(), Line::from(&job.measure(&mut world).await));
    }
    if std::env::var("MADOGUCHI_BUDGET").is_ok_and(|wish| wish == "write") {
        budget::write(&measured);
    }
    let differences = budget::differences(&budget::read(), &measured);
    assert!(
        differences.is_empty(),
        "{differences}\nWhat became cheaper, or is worth its price: \
         MADOGUCHI_BUDGET=write cargo test -p madoguchi-tests --test it costs\n\
         writes tests/budget.json anew; commit it with the change that it belongs to."
    );
}
