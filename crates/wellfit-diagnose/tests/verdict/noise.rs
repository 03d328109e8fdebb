//! How often noise alone is called overfitting, and how often overfitting is found.

use wellfit_diagnose::judge;
use wellfit_diagnose::verdict::Kind;

use crate::curves::{Course, Luck};

const RUNS: usize = 200;

/// How many drawn runs are judged to be this; every other one with the size of its
/// validation set unknown.
fn judged(kind: Kind, seed: u64, change: impl Fn(Course, &mut Luck) -> Course) -> usize {
    let mut luck = Luck::new(seed);
    let runs = (0..RUNS).map(|i| {
        let course = change(Course::any(&mut luck), &mut luck);
        let mut run = course.run(&mut luck);
        run.val_size = run.val_size.filter(|_| i % 2 == 0);
        judge(&run).kind
    });
    runs.filter(|judged| *judged == kind).count()
}

#[test]
fn of_healthy_runs_with_noise_at_most_one_in_twenty_is_called_overfit() {
    let overfit = judged(Kind::Overfit, 1, |course, _| course);
    assert!(overfit * 20 <= RUNS, "{overfit} of {RUNS}");
    let healthy = judged(Kind::Healthy, 1, |course, _| course);
    assert!(healthy * 10 >= RUNS * 9, "{healthy} of {RUNS}");
}

#[test]
fn of_runs_that_level_off_at_once_at_most_one_in_twenty_is_called_overfit() {
    // Nothing but noise around a level: the lowest point is luck alone.
    let flat = |course: Course, _: &mut Luck| Course { first: course.floor * 1.001, ..course };
    let overfit = judged(Kind::Overfit, 2, flat);
    assert!(overfit * 20 <= RUNS, "{overfit} of {RUNS}");
}

#[test]
fn of_short_noisy_runs_at_most_one_in_twenty_is_called_overfit() {
    let short = |course: Course, luck: &mut Luck| {
        let epochs = luck.between(4.0, 12.0) as usize;
        Course { epochs, pace: 0.2 * epochs as f64, ..course }
    };
    let overfit = judged(Kind::Overfit, 3, short);
    assert!(overfit * 20 <= RUNS, "{overfit} of {RUNS}");
}

#[test]
fn of_overfit_runs_nine_in_ten_are_found() {
    let rising = |course: Course, luck: &mut Luck| Course {
        rise: course.floor * luck.between(0.15, 1.5),
        ..course
    };
    let overfit = judged(Kind::Overfit, 4, rising);
    assert!(overfit * 10 >= RUNS * 9, "{overfit} of {RUNS}");
}

#[test]
fn the_confidence_holds_what_it_promises() {
    // Of flat runs, in one of ten chance may be called a rise with 90 %.
    let mut luck = Luck::new(5);
    let sure = (0..RUNS).filter(|_| {
        let course = Course::any(&mut luck);
        let flat = Course { first: course.floor * 1.001, ..course };
        let verdict = judge(&flat.run(&mut luck));
        verdict.kind == Kind::Overfit && verdict.confidence >= 0.99
    });
    let sure = sure.count();
    assert!(sure <= RUNS / 50, "{sure} of {RUNS}");
}
