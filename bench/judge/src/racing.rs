//! Races against full studies of the same trials: the same winner for how much less?

use std::cmp::Ordering;

use serde_json::{Value, json};
use wellfit::Study;
use wellfit::findings::MARGIN;
use wellfit::record::Record;
use wellfit::stats::{Estimate, Place, Race, Standing};
use wellfit::study::{Arm, FIRST_LOOK};

use crate::draw::{Group, stream};
use crate::pool::{
    CHECKED, Setting, check_answer, figure, gains, settings, study, train_pool, winner,
};
use crate::results::{Failure, Results, mean, percent, share, table};
use crate::{Size, parallel};

/// Seeds of the full study.
const SEEDS: [usize; 2] = [10, 20];
/// The same winner in at least this share,
const SAME: f64 = 0.95;
/// for at most this share of the training.
const COST: f64 = 0.5;

/// What is compared with the baseline.
const REMEDIES: [(&str, &[&str]); 7] = [
    ("early stopping", &["early-stopping(patience=3)"]),
    ("dropout", &["dropout(0.2)"]),
    ("strong dropout", &["dropout(0.5)"]),
    ("l1", &["l1(1e-3)"]),
    ("l2", &["l2(1e-2)"]),
    ("plateau", &["reduce-on-plateau(0.5, patience=0)"]),
    ("dropout, plateau", &["dropout(0.2)", "reduce-on-plateau(0.5, patience=0)"]),
];

/// A study that was run in full and as a race.
struct Ran {
    full: Option<usize>,
    race: Option<usize>,
    /// Shares of the full study's trials, and of its epochs.
    trials: f64,
    epochs: f64,
    /// What the race's winner truly gains less than the full study's, in shares of the
    /// baseline's loss; 0 for none.
    regret: f64,
    /// Where the interval of each arm lies beside what the pool says, in the full study and
    /// in the race.
    lies: [Vec<Ordering>; 2],
}

/// Runs the studies and keeps their figures.
pub fn run(size: &Size, results: &Results) -> Result<(), Failure> {
    let (mut rows, mut figures) = (Vec::new(), Vec::new());
    for setting in settings()? {
        let arms = arms(&setting)?;
        let pool = train_pool(&setting, &arms, size.race_pool, size.threads)?;
        for (which, most) in SEEDS.into_iter().enumerate() {
            let ran = parallel::map("races", size.threads, size.race_studies, |i| {
                let step = (i * SEEDS.len() + which) as u64;
                let seeds = stream(Group::Study, 1, step).without_replacement(most, size.race_pool);
                race(&setting, &arms, &pool, &seeds, i < CHECKED)
            });
            let ran = ran.into_iter().collect::<Result<Vec<_>, _>>()?;
            let same = share(ran.iter().map(|ran| ran.full == ran.race));
            let found = share(ran.iter().map(|ran| ran.full.is_some()));
            let over = |of: fn(&Ran) -> f64| mean(ran.iter().map(of));
            let (trials, epochs, regret) =
                (over(|ran| ran.trials), over(|ran| ran.epochs), over(|ran| ran.regret));
            let covers = [0, 1].map(|i| {
                share(ran.iter().flat_map(|ran: &Ran| ran.lies[i].iter().map(|lies| lies.is_eq())))
            });
            let reached = same >= SAME && epochs <= COST;
            rows.push(vec![
                setting.name.to_owned(),
                most.to_string(),
                percent(found),
                percent(same),
                percent(trials),
                percent(epochs),
                percent(regret),
                percent(covers[0]),
                percent(covers[1]),
                if reached { "yes" } else { "no" }.to_owned(),
            ]);
            figures.push(json!({
                "setting": setting.name, "pool": size.race_pool, "studies": ran.len(),
                "seeds": most, "arms": REMEDIES.len(), "full_study_has_a_winner": found,
                "same_winner": same, "share_of_trials": trials, "share_of_epochs": epochs,
                "mean_regret": regret, "coverage_full": covers[0], "coverage_race": covers[1],
                "arms_of_full_study": by_arm(&pool, &ran), "reached": reached,
            }));
        }
    }
    let head = [
        "setting",
        "seeds",
        "full study has a winner",
        "same winner",
        "trials run",
        "epochs run",
        "gain lost",
        "full intervals that cover",
        "the race's",
        "reached",
    ];
    let text = format!(
        "{} studies for each row, of a baseline and {} remedies, drawn from a pool of {} seeds of \
         each.\n\n{}",
        size.race_studies,
        REMEDIES.len(),
        size.race_pool,
        table(&head, &rows)
    );
    results.keep("racing", json!(figures), &text)
}

/// Of each arm what its gains are like in the pool, and how many of the full studies'
/// intervals cover their mean, or lie wholly below or above it.
fn by_arm(pool: &[Vec<Record>], ran: &[Ran]) -> Vec<Value> {
    let each = gains(pool).into_iter().zip(REMEDIES).enumerate();
    each.map(|(arm, (gains, (name, _)))| {
        let gains: Vec<f64> = gains.into_iter().filter(|gain| gain.is_finite()).collect();
        let lie = |wanted: Ordering| share(ran.iter().map(|ran| ran.lies[0][arm] == wanted));
        json!({
            "arm": name, "as_the_baseline": share(gains.iter().map(|gain| *gain == 0.0)),
            "skewness": skewness(&gains), "cover": lie(Ordering::Equal),
            "below": lie(Ordering::Less), "above": lie(Ordering::Greater),
        })
    })
    .collect()
}

/// The third central moment in units of the second; NaN where all are the same.
fn skewness(values: &[f64]) -> f64 {
    let middle = mean(values.iter().copied());
    let moment = |power: i32| mean(values.iter().map(|value| (value - middle).powi(power)));
    moment(3) / moment(2).powf(1.5)
}

fn arms(setting: &Setting) -> Result<Vec<Arm>, Failure> {
    let plain = Study::new(setting.name, setting.plan.clone(), 1)?;
    let add = |study: Study, (name, remedies): &(&str, &[&str])| study.with_arm(name, remedies);
    Ok(REMEDIES.iter().try_fold(plain, add)?.arms)
}

/// The full study of these seeds, and the race through the same trials. Whether the full
/// study's winner is what wellfit answers is checked on request.
fn race(
    setting: &Setting,
    arms: &[Arm],
    pool: &[Vec<Record>],
    seeds: &[usize],
    checked: bool,
) -> Result<Ran, Failure> {
    let of_arm = |arm: &Vec<Record>| seeds.iter().map(|&seed| arm[seed].clone()).collect();
    let records: Vec<Vec<Record>> = pool.iter().map(of_arm).collect();
    let baseline: Vec<f64> = records[0].iter().map(figure).collect();
    // What a race knows of the baseline's loss before its first look.
    let level = mean(baseline[..FIRST_LOOK].iter().copied());
    let gains = gains(&records);
    let rules = Race { first: FIRST_LOOK, most: seeds.len(), margin: MARGIN * level };
    let standing = rules.standing(&gains);
    let race = standing.winner;
    let (trials, epochs) = cost(&standing, &records, rules.first);

    // A lost trial of the baseline leaves its mean over the others.
    let ended = baseline.iter().copied().filter(|loss| loss.is_finite());
    let full = winner(&gains, MARGIN * mean(ended));
    if checked {
        check_answer(&study(setting, arms, records), full)?;
    }
    let truth: Vec<f64> = (1..pool.len()).map(|arm| true_gain(&pool[arm], &pool[0])).collect();
    let gain = |arm: Option<usize>| arm.map_or(0.0, |arm| truth[arm]);
    // Trials that are all the baseline's own give an interval without width.
    let lies = |low: f64, high: f64, arm: usize| match truth[arm] {
        truth if low == high && truth.abs() <= MARGIN * level => Ordering::Equal,
        truth if high < truth => Ordering::Less,
        truth if low > truth => Ordering::Greater,
        _ => Ordering::Equal,
    };
    let of_full = gains.iter().enumerate().map(|(arm, gains)| {
        let gains: Vec<f64> = gains.iter().copied().filter(|gain| gain.is_finite()).collect();
        let gain = Estimate::of(gains);
        lies(gain.low, gain.high, arm)
    });
    let of_race = standing.arms.iter().enumerate();
    let of_race = of_race.map(|(arm, runner)| lies(runner.gain.low, runner.gain.high, arm));
    Ok(Ran {
        full,
        race,
        trials,
        epochs,
        regret: (gain(full) - gain(race)) / level,
        lies: [of_full.collect(), of_race.collect()],
    })
}

/// The pool's mean gain over the baseline, seed by seed, over the seeds that ended in both.
fn true_gain(arm: &[Record], baseline: &[Record]) -> f64 {
    let gains = arm.iter().zip(baseline).map(|(arm, base)| figure(base) - figure(arm));
    mean(gains.filter(|gain| gain.is_finite()))
}

/// The trials that a race ran, the baseline's among them, and their epochs, as shares of
/// the full study's.
fn cost(standing: &Standing, records: &[Vec<Record>], first: usize) -> (f64, f64) {
    let most = records[0].len();
    let ran = standing.arms.iter().map(|arm| match arm.place {
        Place::In => arm.gain.values.len().max(first),
        Place::Useless(n) | Place::Behind(n) | Place::Lost(n) => n,
    });
    let ran: Vec<usize> = ran.collect();
    let baseline = ran.iter().copied().max().unwrap_or(0);
    let ran: Vec<usize> = std::iter::once(baseline).chain(ran).collect();
    let epochs = |arm: &[Record]| arm.iter().map(|record| record.epochs.len()).sum::<usize>();
    let spent: usize = records.iter().zip(&ran).map(|(arm, &n)| epochs(&arm[..n])).sum();
    let full: usize = records.iter().map(|arm| epochs(arm)).sum();
    let trials = ran.iter().sum::<usize>() as f64 / (most * records.len()) as f64;
    (trials, spent as f64 / full as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tail_on_one_side_is_skewed() {
        // Of a Bernoulli variable it is (1 − 2p)/√(p(1 − p)).
        let (few, p) = ([0.0, 0.0, 0.0, 1.0], 0.25_f64);
        assert!((skewness(&few) - (1.0 - 2.0 * p) / (p * (1.0 - p)).sqrt()).abs() < 1e-12);
        assert!(skewness(&[1.0, 2.0, 3.0]).abs() < 1e-12);
        assert!(skewness(&[1.0, 1.0]).is_nan());
    }
}
