//! Two rules of a cloud service's debugger, from their public descriptions.
//!
//! <https://docs.aws.amazon.com/sagemaker/latest/dg/overfit.html>,
//! <https://docs.aws.amazon.com/sagemaker/latest/dg/overtraining.html>

use wellfit::record::EpochRow;

/// The overfit rule's ratio.
const RATIO: f64 = 0.1;
/// The overtraining rule's patience on training loss, on validation loss, and what counts
/// as an improvement.
const PATIENCE: [usize; 2] = [5, 10];
const DELTA: f64 = 0.1;

/// A rule and what tables call it.
pub type Rule = (&'static str, fn(&[EpochRow]) -> bool);

/// The rules. The description of overtraining does not say whether one loss that stands
/// still is enough, so both readings are here.
pub const RULES: [Rule; 3] = [
    ("overfit, ratio 0.1", overfit),
    ("overtraining, both stand still", |rows| still(rows).into_iter().all(|still| still)),
    ("overtraining, one stands still", |rows| still(rows).into_iter().any(|still| still)),
];

/// (validation − training) / training loss above the ratio at any epoch.
fn overfit(rows: &[EpochRow]) -> bool {
    let ratio = |row: &EpochRow| Some((row.val_loss? - row.train_loss) / row.train_loss);
    rows.iter().filter_map(ratio).any(|ratio| ratio > RATIO)
}

/// Whether training loss, validation loss ever stood still for the patience.
fn still(rows: &[EpochRow]) -> [bool; 2] {
    let train = rows.iter().map(|row| row.train_loss).collect();
    let val = rows.iter().filter_map(|row| row.val_loss).collect();
    [stood_still(train, PATIENCE[0]), stood_still(val, PATIENCE[1])]
}

fn stood_still(losses: Vec<f64>, patience: usize) -> bool {
    let (mut best, mut waited) = (f64::INFINITY, 0);
    losses.into_iter().any(|loss| {
        if loss < best - DELTA {
            (best, waited) = (loss, 0);
        } else {
            waited += 1;
        }
        waited >= patience
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(losses: &[(f64, f64)]) -> Vec<EpochRow> {
        let row = |(i, &(train_loss, val_loss)): (usize, &(f64, f64))| EpochRow {
            epoch: i + 1,
            lr: 1e-3,
            train_loss,
            train_penalty: 0.0,
            train_eval_loss: train_loss,
            score: wellfit::record::ScoreKind::Accuracy,
            train_score: 0.5,
            val_loss: Some(val_loss),
            val_score: Some(0.5),
            train_seconds: 0.0,
            seconds: 0.0,
            extras: Vec::new(),
        };
        losses.iter().enumerate().map(row).collect()
    }

    #[test]
    fn the_ratio_alarms_from_a_tenth_on() {
        assert!(!overfit(&rows(&[(1.0, 1.09), (0.5, 0.54)])));
        assert!(overfit(&rows(&[(1.0, 1.09), (0.5, 0.56)])));
    }

    #[test]
    fn overtraining_waits_for_its_patience() {
        let falling: Vec<(f64, f64)> = (0..20).map(|i| (9.0 - 0.2 * f64::from(i), 9.0)).collect();
        assert_eq!(still(&rows(&falling)), [false, true]);
        assert_eq!(still(&rows(&falling[..10])), [false, false]);
        assert_eq!(still(&rows(&[(1.0, 1.0); 6])), [true, false]);
    }
}
