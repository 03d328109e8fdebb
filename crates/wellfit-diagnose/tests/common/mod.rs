//! Studies written by hand.

#![allow(dead_code)] // Each test file uses its own part.

use wellfit_nn::Scores;
use wellfit_nn::{Layer, Penalty, PenaltyKind, PenaltyOn};
use wellfit_study::{Arm, DataFacts, JudgeAt, Study, StudyRecords};
use wellfit_train::plan::{Metric, Plan, PlateauSettings, ScheduleKind, ThresholdMode};
use wellfit_train::record::{
    EpochRow, Histogram, Quantiles, Record, RunState, SCHEMA, SampleScores, ScoreKind,
    WeightSummary,
};

/// The article's plan.
pub fn plan() -> Plan {
    let linear = |out| Layer::Linear { out, bias: true };
    Plan::new("fashion-mnist", vec![linear(1000), Layer::RELU, linear(10)])
}

/// With the article's plateau decay.
pub fn plateau(plan: &mut Plan) {
    plan.train.schedule = Some(
        ScheduleKind::ReduceOnPlateau(PlateauSettings {
            monitor: Metric::ValLoss,
            factor: 0.5,
            patience: 0,
            threshold: 1e-3,
            threshold_mode: ThresholdMode::Abs,
            cooldown: 0,
            min_lr: 1e-5,
        })
        .into(),
    );
}

/// With an L1 penalty.
pub fn l1(plan: &mut Plan) {
    plan.train.penalties =
        vec![Penalty { kind: PenaltyKind::L1, lambda: 1e-4, on: PenaltyOn::All }];
}

/// With ten times the learning rate.
pub fn high_rate(plan: &mut Plan) {
    plan.train.lr *= 10.0;
}

/// Nothing changed.
pub fn same(_: &mut Plan) {}

/// One epoch as a test states it: validation loss and accuracy, training loss and
/// accuracy.
pub type Epoch = [f64; 4];

/// A falling, then rising validation loss over 30 epochs: lowest at epoch `best`
/// with `low`, `end` at the last; training accuracy ends at `train`, validation
/// accuracy at `held`.
pub fn course(best: usize, low: f64, end: f64, train: f64, held: f64) -> Vec<Epoch> {
    (1..=30)
        .map(|epoch| {
            let val_loss = if epoch <= best {
                low + 0.2 * (best - epoch) as f64 / best as f64
            } else {
                low + (end - low) * (epoch - best) as f64 / (30 - best) as f64
            };
            let progress = epoch as f64 / 30.0;
            [
                val_loss,
                held - 0.01 * (1.0 - progress),
                0.5 - 0.4 * progress,
                train - 0.1 * (1.0 - progress),
            ]
        })
        .collect()
}

/// The same numbers for every call: five seeds' luck, with mean zero.
pub fn luck(seed: u64) -> f64 {
    [0.3, -0.9, 0.5, 0.9, -0.8][seed as usize % 5]
}

/// A complete trial with these epochs; the kept epoch has the lowest validation loss.
pub fn record(arm: &str, seed: u64, epochs: &[Epoch]) -> Record {
    let rows: Vec<EpochRow> = epochs
        .iter()
        .enumerate()
        .map(|(i, &[val_loss, val_accuracy, train_loss, train_accuracy])| EpochRow {
            epoch: i + 1,
            lr: 1e-3,
            train_loss,
            train_penalty: 0.0,
            train_eval_loss: train_loss,
            score: ScoreKind::Accuracy,
            train_score: train_accuracy,
            val_loss: Some(val_loss),
            val_score: Some(val_accuracy),
            train_seconds: 1.0,
            seconds: 1.25,
            extras: Vec::new(),
        })
        .collect();
    let best = rows.iter().min_by(|a, b| a.val_loss.unwrap().total_cmp(&b.val_loss.unwrap()));
    Record {
        schema: SCHEMA,
        version: "0.1.0".into(),
        instructions: "none".into(),
        plan_hash: String::new(),
        arm: arm.into(),
        seed,
        fold: None,
        state: RunState::Complete,
        best_epoch: best.map(|row| row.epoch),
        score: ScoreKind::Accuracy,
        epochs: rows,
        events: Vec::new(),
        weights: Vec::new(),
        best_samples: None,
        last_samples: None,
        test: None,
        watch: None,
        diagnosis: None,
    }
}

/// A tensor's summary with this spread and largest value.
pub fn tensor(name: &str, shape: &[usize], std: f64, max_abs: f64) -> WeightSummary {
    WeightSummary {
        name: name.into(),
        shape: shape.to_vec(),
        mean: 0.0,
        std,
        kurtosis: 9.0,
        max_abs,
        max_over_std: max_abs / std,
        quantiles: Quantiles { q01: -2.0 * std, q50: 0.0, q99: 2.0 * std, abs999: 4.0 * std },
        near_zero: 0.01,
        histogram: Histogram { width: 0.5, first: -1, counts: vec![1, 1] },
    }
}

/// Scores of `n` samples (an even number) around `loss`, which is their mean.
pub fn samples(epoch: usize, loss: f64, n: usize, spread: f64) -> SampleScores {
    let around = |i: usize| loss + if i.is_multiple_of(2) { spread } else { -spread };
    SampleScores {
        epoch,
        losses: (0..n).map(|i| around(i) as f32).collect(),
        scores: Scores::Hits((0..n).map(|i| !i.is_multiple_of(10)).collect()),
    }
}

/// A study of a baseline whose arms are added one by one.
pub fn study(seeds: u64, baseline: impl Fn(u64) -> Option<Record>) -> StudyRecords {
    let study = Study {
        name: "by hand".into(),
        plan: plan(),
        seeds: (0..seeds).collect(),
        folds: None,
        primary: Metric::ValLoss,
        primary_by_data: false,
        judge_at: JudgeAt::Best,
        racing: false,
        arms: Vec::new(),
    };
    let data = DataFacts {
        source: "fashion-mnist".into(),
        origin: "by hand".into(),
        samples: [60_000, 10_000, 0],
        classes: (0..10).map(|class| class.to_string()).collect(),
        targets: Vec::new(),
        validation_is_test: false,
        class_samples: Vec::new(),
    };
    let records = StudyRecords { study, records: Vec::new(), data, opening: None };
    with_arm(records, "baseline", &[], same, baseline)
}

/// The study with one arm more.
pub fn with_arm(
    mut study: StudyRecords,
    name: &str,
    remedies: &[&str],
    change: impl Fn(&mut Plan),
    trial: impl Fn(u64) -> Option<Record>,
) -> StudyRecords {
    let mut plan = plan();
    change(&mut plan);
    let remedies = remedies.iter().map(|remedy| remedy.to_string()).collect();
    study.study.arms.push(Arm { remedies, ..Arm::plain(name, plan) });
    study.records.push(study.study.seeds.iter().map(|&seed| trial(seed)).collect());
    study
}

/// The article's baseline: it overfits.
pub fn overfit(seed: u64) -> Option<Record> {
    let luck = 0.004 * luck(seed);
    let mut record = record("baseline", seed, &course(9, 0.327 + luck, 0.446 + luck, 0.959, 0.893));
    record.weights = vec![
        tensor("0.weight", &[1000, 784], 0.187 * (1.0 + luck), 2.6),
        tensor("0.bias", &[1000], 0.1, 0.3),
        tensor("2.weight", &[10, 1000], 0.290 * (1.0 - luck), 2.6),
    ];
    Some(record)
}

/// The article's plateau decay: it helps.
pub fn decayed(seed: u64) -> Option<Record> {
    let luck = 0.004 * luck(seed) + 0.002 * luck(seed + 1);
    let accuracy = 0.900 + 0.001 * self::luck(seed + 2);
    Some(record("plateau", seed, &course(14, 0.299 + luck, 0.3005 + luck, 0.947, accuracy)))
}

/// The article's L1: gap smaller, model worse.
pub fn penalised(seed: u64) -> Option<Record> {
    let luck = 0.003 * luck(seed + 3);
    let mut record = record("l1", seed, &course(26, 0.355 + luck, 0.373 + luck, 0.890, 0.868));
    record.weights = vec![
        tensor("1.weight", &[1000, 784], 0.018 * (1.0 + luck), 2.1),
        tensor("3.weight", &[10, 1000], 0.113 * (1.0 + luck), 3.1),
    ];
    Some(record)
}

/// A trial whose loss became NaN in its third epoch.
pub fn diverged(seed: u64) -> Option<Record> {
    let mut record = record("high rate", seed, &course(9, 0.4, 0.5, 0.9, 0.85)[..3]);
    record.epochs[2].val_loss = Some(f64::NAN);
    record.best_epoch = Some(2);
    record.state = RunState::Diverged { epoch: 3, step: Some(17) };
    Some(record)
}

/// A trial whose loss explodes and stays a number.
pub fn exploded(seed: u64) -> Option<Record> {
    let mut record = record("hot", seed, &course(9, 2.5, 2.5, 0.1, 0.1));
    for (i, row) in record.epochs.iter_mut().enumerate() {
        let loss = 1e22 * (i as f64 + 1.0 + luck(seed));
        (row.train_loss, row.train_eval_loss, row.val_loss) = (loss, loss, Some(loss));
    }
    record.best_epoch = Some(1);
    Some(record)
}

/// The article: baseline, plateau decay, L1.
pub fn article() -> StudyRecords {
    let study = study(5, overfit);
    let study =
        with_arm(study, "plateau", &["reduce-on-plateau(0.5, patience=0)"], plateau, decayed);
    with_arm(study, "l1", &["l1(1e-4)"], l1, penalised)
}

/// The same study with its accuracies called R²: regression.
pub fn regression(mut study: StudyRecords) -> StudyRecords {
    study.data.targets = vec!["t0".into()];
    study.data.classes.clear();
    for record in study.records.iter_mut().flatten().flatten() {
        record.score = ScoreKind::R2;
        record.epochs.iter_mut().for_each(|row| row.score = ScoreKind::R2);
        if let Some(test) = &mut record.test {
            test.kind = ScoreKind::R2;
        }
    }
    study
}
