//! Nothing becomes dearer unnoticed: every job takes exactly what the committed budget says.

use madoguchi_tests::cost::World;
use madoguchi_tests::cost::budget::{self, Budget, Line};
use madoguchi_tests::cost::jobs::Job;

const STACK_BYTES: usize = 16 << 20;

/// `MADOGUCHI_BUDGET=write cargo test -p madoguchi-tests --test it costs` commits what is measured.
#[test]
fn every_job_takes_what_its_budget_says_and_nothing_more() {
    // The futures of all functions at once are more than an ordinary thread's stack holds in a debug build.
    let thread = std::thread::Builder::new().stack_size(STACK_BYTES);
    let run = || {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
        runtime.unwrap().block_on(measure());
    };
    thread.spawn(run).unwrap().join().unwrap();
}

async fn measure() {
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
