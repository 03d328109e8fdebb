//! The race, by hand and against full studies.

mod common;

use common::{gains, share, stream};
use wellfit_random::Stream;
use wellfit_stats::{Estimate, Place, Race, Standing, holm};

const RACE: Race = Race { first: 3, most: 10, margin: 0.1 };

fn places(standing: &Standing) -> Vec<Place> {
    standing.arms.iter().map(|arm| arm.place).collect()
}

#[test]
fn an_arm_that_only_harms_is_out_at_the_first_look() {
    let good = vec![1.0, 1.4, 0.8];
    let standing = RACE.standing(&[good, vec![-9.0, -9.5, -9.2]]);
    assert_eq!(places(&standing), [Place::In, Place::Useless(3)]);
    assert_eq!((standing.next, standing.winner), (Some(4), None));
}

#[test]
fn an_arm_that_helps_is_out_when_another_is_far_ahead() {
    let ahead = vec![9.0, 9.4, 8.8, 9.1];
    let standing = RACE.standing(&[vec![1.0, 1.1, 0.9, 1.05], ahead]);
    assert_eq!(places(&standing), [Place::Behind(3), Place::In]);
}

#[test]
fn arms_in_the_race_get_their_seeds_and_those_that_are_out_do_not() {
    // Seven seeds are there for the first two, three for the one that is out.
    let close = vec![1.0, 1.4, 0.8, 1.3, 0.7, 1.2, 0.9];
    let also = vec![1.1, 1.2, 0.9, 1.2, 0.8, 1.3, 0.8];
    let out = vec![-9.0, -9.5, -9.2];
    let standing = RACE.standing(&[close, also, out]);
    assert_eq!(places(&standing), [Place::In, Place::In, Place::Useless(3)]);
    assert_eq!(standing.next, Some(8));
    assert_eq!(standing.arms[2].gain.n, 3);
}

#[test]
fn a_lone_arm_that_clearly_helps_wins_before_the_end() {
    let standing = RACE.standing(&[vec![5.0, 5.1, 4.9, 5.05, 4.95, 5.02]]);
    assert_eq!((standing.next, standing.winner), (None, Some(0)));
    assert!(standing.arms[0].helps && standing.arms[0].gain.n < 6);
    assert!(standing.arms[0].gain.is_above(0.1));
}

#[test]
fn a_race_without_a_helper_ends_without_a_winner() {
    let standing = RACE.standing(&[vec![-1.0, -1.1, -0.9], vec![0.0; 3]]);
    assert_eq!(places(&standing), [Place::Useless(3), Place::Useless(3)]);
    assert_eq!((standing.next, standing.winner), (None, None));
}

#[test]
fn of_identical_arms_the_first_goes_on() {
    let arm = vec![1.0, 1.4, 0.8, 1.2];
    let standing = RACE.standing(&[arm.clone(), arm]);
    assert_eq!(places(&standing), [Place::In, Place::Behind(3)]);
}

#[test]
fn lost_trials_are_left_out_and_an_arm_that_lost_all_is_out() {
    let nan = f64::NAN;
    let standing = RACE.standing(&[vec![1.0, nan, 0.8], vec![nan; 3], vec![nan, nan, 1.0]]);
    assert_eq!(places(&standing), [Place::In, Place::Lost(3), Place::In]);
    assert_eq!(standing.arms[0].gain.n, 2);
}

#[test]
fn a_steady_arm_wins_over_one_that_loses_trials() {
    let race = Race { first: 3, most: 4, margin: 0.1 };
    let steady = vec![1.0, 1.02, 0.98, 1.01];
    let standing = race.standing(&[vec![1.1, f64::NAN, 1.11, 1.12], steady]);
    assert_eq!(standing.winner, Some(1), "{standing:?}");
}

#[test]
fn nothing_needs_no_seeds_and_an_arm_without_seeds_needs_the_first_ones() {
    assert_eq!(RACE.standing(&[]), Standing { arms: vec![], next: None, winner: None });
    assert_eq!(RACE.standing(&[vec![]]).next, Some(3));
}

#[test]
fn the_levels_of_all_looks_add_up_to_five_per_cent() {
    for (first, most) in [(3, 10), (3, 20), (2, 3), (5, 5), (5, 3), (0, 0)] {
        let race = Race { first, most, margin: 0.0 };
        assert_eq!(race.levels().len(), race.looks().len());
        assert!((race.levels().iter().sum::<f64>() - 0.05).abs() < 1e-12);
        assert!(race.looks().is_sorted_by(|a, b| a < b), "{:?}", race.looks());
    }
}

/// What a full study would pick: of the arms that help for all arms together the one
/// with the largest mean.
fn full_winner(gains: &[Vec<f64>], margin: f64) -> Option<usize> {
    let estimates: Vec<Estimate> = gains.iter().map(|arm| Estimate::of(arm.as_slice())).collect();
    let p: Vec<f64> = estimates.iter().map(|gain| gain.p_beyond(margin)).collect();
    let p = holm(&p);
    let helps = |&arm: &usize| p[arm] <= 0.05 && estimates[arm].mean > 0.0;
    (0..gains.len()).filter(helps).max_by(|&a, &b| estimates[a].mean.total_cmp(&estimates[b].mean))
}

/// The share of a full study's trials that a race ran, the baseline's among them.
fn cost(standing: &Standing, most: usize) -> f64 {
    let ran: Vec<usize> = standing.arms.iter().map(|arm| arm.gain.n).collect();
    let baseline = ran.iter().max().unwrap_or(&0);
    (ran.iter().sum::<usize>() + baseline) as f64 / (most * (ran.len() + 1)) as f64
}

/// True gains of seven arms, in standard deviations of a paired difference: as in the
/// studies that wellfit is for, most remedies do harm or little.
fn settings(stream: &mut Stream) -> Vec<f64> {
    let fixed = [
        [8.0, 0.5, 0.0, -1.0, -4.0, -9.0, -12.0],
        [6.0, 3.0, 1.0, 0.0, -2.0, -5.0, -9.0],
        [0.0, 0.0, -1.0, -2.0, -4.0, -6.0, -9.0],
    ];
    match stream.below(4) {
        3 => common::sample(stream, 7, 0.0, 5.0),
        setting => fixed[setting as usize].to_vec(),
    }
}

#[test]
fn the_race_finds_the_winner_of_the_full_study_for_half_of_the_training() {
    const ROUNDS: usize = 2000;
    for most in [10, 20] {
        let race = Race { first: 2, most, margin: 0.5 };
        let mut stream = stream(most as u64);
        let mut spent = 0.0;
        let same = share(ROUNDS, |_| {
            let truth = settings(&mut stream);
            let gains = gains(&mut stream, &truth, most);
            let standing = race.standing(&gains);
            spent += cost(&standing, most) / ROUNDS as f64;
            standing.winner == full_winner(&gains, race.margin)
        });
        println!("{most} seeds: the same winner in {same}, for {spent}");
        assert!(same >= 0.95, "{most} seeds: {same}");
        assert!(spent <= 0.5, "{most} seeds: {spent}");
    }
}

#[test]
fn of_arms_that_are_alike_a_race_calls_one_better_in_at_most_five_per_cent() {
    const ROUNDS: usize = 4000;
    for (most, margin) in [(5, 0.0), (10, 0.0), (10, 0.3), (20, 0.0)] {
        let race = Race { first: 2, most, margin };
        let mut stream = stream(100 + most as u64);
        let wrong = share(ROUNDS, |_| {
            let standing = race.standing(&gains(&mut stream, &[0.0; 7], most));
            standing.arms.iter().any(|arm| arm.helps)
        });
        println!("{most} seeds, margin {margin}: {wrong}");
        // Two-sided tests that only count one side: half of the level and luck.
        assert!(wrong < 0.035, "{most} seeds, margin {margin}: {wrong}");
    }
}

#[test]
fn the_intervals_of_a_race_cover_whenever_an_arm_stops() {
    const ROUNDS: usize = 3000;
    let truth = [3.0, 2.5, 1.0, 0.0, -0.5, -1.5, -4.0];
    let race = Race { first: 2, most: 10, margin: 0.3 };
    let mut stream = stream(300);
    let mut covered = [0.0; 7];
    for _ in 0..ROUNDS {
        let standing = race.standing(&gains(&mut stream, &truth, race.most));
        for ((covered, arm), truth) in covered.iter_mut().zip(&standing.arms).zip(truth) {
            let covers = arm.gain.low <= truth && truth <= arm.gain.high;
            *covered += f64::from(u8::from(covers)) / ROUNDS as f64;
        }
    }
    println!("{covered:?}");
    assert!(covered.iter().all(|&share| share > 0.945), "{covered:?}");
}

#[test]
fn a_race_that_is_watched_look_by_look_ends_as_one_that_is_run_at_once() {
    let race = Race { first: 2, most: 10, margin: 0.5 };
    let mut stream = stream(400);
    for _ in 0..50 {
        let truth = settings(&mut stream);
        let full = gains(&mut stream, &truth, race.most);
        let mut seen = vec![0; full.len()];
        let standing = loop {
            let so_far: Vec<Vec<f64>> =
                full.iter().zip(&seen).map(|(arm, &n)| arm[..n].to_vec()).collect();
            let standing = race.standing(&so_far);
            let Some(next) = standing.next else { break standing };
            let arms = standing.arms.iter().zip(&mut seen);
            arms.filter(|(arm, _)| arm.place == Place::In).for_each(|(_, seen)| *seen = next);
        };
        assert_eq!(standing, race.standing(&full));
    }
}

#[test]
fn an_arm_helps_exactly_when_its_corrected_p_says_so_and_is_never_both_within_and_beyond() {
    let race = Race { first: 2, most: 10, margin: 0.5 };
    let mut stream = stream(500);
    for _ in 0..50 {
        let truth = settings(&mut stream);
        let standing = race.standing(&gains(&mut stream, &truth, race.most));
        for arm in &standing.arms {
            assert_eq!(arm.helps, arm.corrected_p <= 0.05 && arm.gain.mean > 0.0, "{arm:?}");
            assert!(arm.corrected_p > 0.05 || arm.corrected_p_within > 0.025, "{arm:?}");
        }
    }
    let lost = race.standing(&[vec![f64::NAN; 3]]);
    assert_eq!((lost.arms[0].corrected_p, lost.arms[0].corrected_p_within), (1.0, 1.0));
}

#[test]
fn all_arms_together_say_after_two_seeds_what_one_of_them_cannot() {
    let race = Race { first: 2, ..RACE };
    let bad = vec![-0.5, -0.9];
    assert_eq!(places(&race.standing(std::slice::from_ref(&bad))), [Place::In]);
    // Arms that spread likewise tell how far two seeds can be trusted.
    let others = [1.0, 1.1, 1.2, 1.3].map(|gain| vec![gain, gain + 0.3]);
    let standing = race.standing(&[&others[..], &[bad]].concat());
    assert_eq!(standing.arms[4].place, Place::Useless(2));
    assert_eq!(standing.arms[3].place, Place::In);
}

#[test]
fn arms_leave_while_their_risks_together_stay_below_five_per_cent() {
    // Each of the two has a chance of 3 % to be useful after all: one may go.
    let leader = vec![0.1, 0.5, 0.3];
    let weak = vec![0.1, -0.3, 0.2];
    let standing = RACE.standing(&[leader, weak.clone(), weak]);
    assert_eq!(places(&standing), [Place::In, Place::Useless(3), Place::In]);
}
