//! Every rule against PyTorch, and what holds for all of them.

use proptest::prelude::*;
use serde::Deserialize;

use super::*;
use crate::plan::{OneCycleSettings, PlateauSettings, Warmup};

/// What every step of a run is told, a plateau having cut nothing.
fn run(train: &Train, steps: usize) -> Vec<StepSettings> {
    let (rates, mut epoch, mut all) = (Rates::new(train, steps), Vec::new(), Vec::new());
    for number in 1..=train.epochs {
        rates.fill(number, train.lr, &mut epoch);
        all.append(&mut epoch);
    }
    all
}

/// A plan's part with this schedule over so many epochs.
fn train(kind: ScheduleKind, warmup: Option<Warmup>, lr: f64, epochs: usize) -> Train {
    Train { schedule: Some(Schedule { kind, warmup }), lr, epochs, ..Train::default() }
}

/// The values were made by `schedules.py`, which stands beside them.
#[test]
fn every_rate_and_momentum_is_the_one_that_pytorch_gives() {
    #[derive(Deserialize)]
    struct Case {
        r#type: String,
        lr: f64,
        epochs: usize,
        steps: usize,
        warmup: Option<WarmupCase>,
        every: Option<usize>,
        factor: Option<f64>,
        min_lr: Option<f64>,
        max_lr: Option<f64>,
        pct_start: Option<f64>,
        div_factor: Option<f64>,
        final_div_factor: Option<f64>,
        cycle_momentum: Option<bool>,
        base_momentum: Option<f64>,
        max_momentum: Option<f64>,
        rates: Vec<f64>,
        momenta: Option<Vec<f64>>,
    }
    #[derive(Deserialize)]
    struct WarmupCase {
        epochs: usize,
        start_factor: f64,
    }
    impl Case {
        fn kind(&self) -> ScheduleKind {
            match self.r#type.as_str() {
                "step" => {
                    ScheduleKind::Step { every: self.every.unwrap(), factor: self.factor.unwrap() }
                }
                "exponential" => ScheduleKind::Exponential { factor: self.factor.unwrap() },
                "cosine" => ScheduleKind::Cosine { min_lr: self.min_lr.unwrap() },
                "one-cycle" => ScheduleKind::OneCycle(OneCycleSettings {
                    max_lr: self.max_lr.unwrap(),
                    pct_start: self.pct_start.unwrap(),
                    div_factor: self.div_factor.unwrap(),
                    final_div_factor: self.final_div_factor.unwrap(),
                    cycle_momentum: self.cycle_momentum.unwrap(),
                    base_momentum: self.base_momentum.unwrap(),
                    max_momentum: self.max_momentum.unwrap(),
                }),
                other => panic!("{other}"),
            }
        }
    }
    let text = include_str!("../../tests/golden/schedules.json");
    let cases: Vec<Case> = serde_json::from_str(text).unwrap();
    assert!(cases.len() >= 125);
    let close = |found: f64, wanted: f64| (found - wanted).abs() <= 1e-12 * wanted;
    for (i, case) in cases.into_iter().enumerate() {
        let warmup = case.warmup.as_ref();
        let warmup = warmup.map(|w| Warmup { epochs: w.epochs, start_factor: w.start_factor });
        let train = train(case.kind(), warmup, case.lr, case.epochs);
        let found = run(&train, case.steps);
        assert_eq!(found.len(), case.rates.len());
        for (step, (found, &wanted)) in found.iter().zip(&case.rates).enumerate() {
            let lr = found.lr;
            assert!(close(lr, wanted), "case {i}, step {step}: {lr} is not {wanted}: {train:?}");
            if matches!(case.kind(), ScheduleKind::Step { .. } | ScheduleKind::Exponential { .. })
                && warmup.is_none()
            {
                assert_eq!(lr, wanted, "case {i}, step {step}");
            }
            match (found.momentum, &case.momenta) {
                (Some(found), Some(all)) => {
                    assert!(close(found, all[step]), "case {i}, step {step}: {found}");
                }
                (found, momenta) => assert!(found.is_none() && momenta.is_none(), "case {i}"),
            }
        }
    }
}

#[test]
fn where_pytorch_divides_by_zero_one_cycle_begins_at_its_highest_rate() {
    let settings = OneCycleSettings { pct_start: 0.1, ..OneCycleSettings::new(0.5) };
    let rates = run(&train(ScheduleKind::OneCycle(settings), None, 1.0, 2), 5);
    assert_eq!((rates[0].lr, rates[0].momentum), (0.5, Some(0.85)));
    let settings = OneCycleSettings { pct_start: 1.0, ..settings };
    let rates = run(&train(ScheduleKind::OneCycle(settings), None, 1.0, 1), 1);
    assert_eq!((rates[0].lr, rates[0].momentum), (0.5, Some(0.85)));
}

#[test]
fn a_plateaus_rate_comes_after_the_warm_up() {
    let kind = ScheduleKind::ReduceOnPlateau(PlateauSettings::default());
    let warmup = Some(Warmup { epochs: 2, start_factor: 0.5 });
    let (rates, mut out) = (Rates::new(&train(kind, warmup, 1.0, 5), 2), Vec::new());
    let mut lr = |epoch| {
        rates.fill(epoch, 0.25, &mut out);
        out.iter().map(|step| step.lr).collect::<Vec<_>>()
    };
    assert_eq!([lr(1), lr(2), lr(3)], [[0.5, 0.625], [0.75, 0.875], [0.25, 0.25]]);
}

#[test]
fn without_a_schedule_every_step_has_the_optimisers_rate() {
    let train = Train { lr: 0.125, epochs: 3, ..Train::default() };
    assert_eq!(run(&train, 2), [StepSettings::rate(0.125); 6]);
}

/// The rules that may follow a warm-up; each starts at the optimiser's rate.
fn decays() -> impl Strategy<Value = ScheduleKind> {
    let factor = 0.01..=1.0f64;
    prop_oneof![
        Just(ScheduleKind::ReduceOnPlateau(PlateauSettings::default())),
        (1usize..9, factor.clone())
            .prop_map(|(every, factor)| ScheduleKind::Step { every, factor }),
        factor.prop_map(|factor| ScheduleKind::Exponential { factor }),
        (0.0..1e-3f64).prop_map(|min_lr| ScheduleKind::Cosine { min_lr }),
    ]
}

prop_compose! {
    fn cycles()(
        max_lr in 1e-6..10.0f64, pct_start in 0.0..=1.0f64, div_factor in 1.0..1e3f64,
        final_div_factor in 1.0..1e6f64,
    ) -> ScheduleKind {
        let default = OneCycleSettings::new(max_lr);
        let settings = OneCycleSettings { pct_start, div_factor, final_div_factor, ..default };
        ScheduleKind::OneCycle(settings)
    }
}

proptest! {
    #[test]
    fn rates_are_finite_and_above_zero_and_momenta_between_their_bounds(
        kind in prop_oneof![decays(), cycles()], lr in 1e-3..10.0f64, epochs in 1usize..40,
        steps in 1usize..40,
    ) {
        for StepSettings { lr, momentum, average } in run(&train(kind, None, lr, epochs), steps) {
            prop_assert!(lr > 0.0 && lr.is_finite(), "{}", lr);
            prop_assert!(momentum.is_none_or(|m| (0.85..=0.95).contains(&m)), "{:?}", momentum);
            prop_assert_eq!(average, 0.0);
        }
    }

    #[test]
    fn a_warm_up_rises_to_the_optimisers_rate_and_the_rule_follows_from_its_beginning(
        kind in decays(), lr in 1e-3..10.0f64, after in 1usize..9, warm in 1usize..9,
        steps in 1usize..20, start_factor in 1e-3..=1.0f64,
    ) {
        let warmup = Some(Warmup { epochs: warm, start_factor });
        let all = run(&train(kind, warmup, lr, warm + after), steps);
        let (rise, rest) = all.split_at(warm * steps);
        prop_assert_eq!(rise[0].lr, lr * start_factor);
        prop_assert!(rise.windows(2).all(|pair| pair[0].lr <= pair[1].lr));
        prop_assert!(rise.last().unwrap().lr <= lr);
        prop_assert_eq!(rest, run(&train(kind, None, lr, after), steps));
    }

    #[test]
    fn decays_never_raise_the_rate(
        kind in decays(), lr in 1e-3..10.0f64, epochs in 1usize..40, steps in 1usize..9,
    ) {
        let all = run(&train(kind, None, lr, epochs), steps);
        prop_assert_eq!(all[0].lr, lr);
        prop_assert!(all.windows(2).all(|pair| pair[0].lr >= pair[1].lr));
    }
}
