//! `cosine`, `one-cycle(max_lr)`, `step(every)` and `warmup`

use wellfit_train::plan::{OneCycleSettings, Plan, Schedule, ScheduleKind, Warmup};

use super::{Default, Group, Kind, Parameter, Remedy, Value};

pub(super) static COSINE: Remedy = Remedy {
    name: "cosine",
    group: Group::Rate,
    meaning: "lets the learning rate fall along half a cosine over the run",
    formula: "lr(n) = min_lr + (lr − min_lr)·(1 + cos(π(n − 1)/E))/2 in the n-th of E epochs",
    helps: "when the number of epochs is known: the small rates at the end settle the weights. \
            Early stopping may end the run before they come",
    source: "I. Loshchilov, F. Hutter, SGDR: stochastic gradient descent with warm restarts, 2017, \
             https://arxiv.org/abs/1608.03983; \
             https://pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.CosineAnnealingLR.html",
    parameters: &[Parameter {
        name: "min_lr",
        kind: Kind::NonNegative,
        default: Default::Is(Value::Number(0.0)),
        meaning: "the rate that would come after the last epoch",
    }],
    usual: "cosine",
    range: None,
    strength: None,
    falling: false,
    relative: false,
    apply: |arguments, plan| {
        set(plan, ScheduleKind::Cosine { min_lr: arguments.number(0) });
        Ok(())
    },
};

pub(super) static STEP: Remedy = Remedy {
    name: "step",
    group: Group::Rate,
    meaning: "cuts the learning rate after every so many epochs",
    formula: "lr ← lr·factor after every `every` epochs",
    helps: "when it is known after how many epochs the loss settles; reduce-on-plateau finds \
            that out by itself",
    source: "https://pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.StepLR.html",
    parameters: &[
        Parameter {
            name: "every",
            kind: Kind::Count(1),
            default: Default::Required,
            meaning: "epochs between two cuts",
        },
        Parameter {
            name: "factor",
            kind: Kind::Share,
            default: Default::Is(Value::Number(0.1)),
            meaning: "new rate = rate·factor",
        },
    ],
    usual: "step(10)",
    range: None,
    strength: None,
    falling: false,
    relative: false,
    apply: |arguments, plan| {
        let (every, factor) = (arguments.count(0), arguments.number(1));
        set(plan, ScheduleKind::Step { every, factor });
        Ok(())
    },
};

pub(super) static ONE_CYCLE: Remedy = Remedy {
    name: "one-cycle",
    group: Group::Rate,
    meaning: "lets the learning rate rise to a high value and fall again, once over the run",
    formula: "from max_lr/25 to max_lr in the first 30 % of the steps, then to max_lr/(25·10⁴), \
              along cosines; momentum (Adam's β₁) moves the other way, 0.95 to 0.85",
    helps: "to train in fewer epochs: the high rates in the middle act as a regulariser. max_lr \
            is some 3 to 10 times the rate that works without it",
    source: "L. Smith, N. Topin, Super-convergence, 2018, https://arxiv.org/abs/1708.07120; \
             https://pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.OneCycleLR.html",
    parameters: &[Parameter {
        name: "max_lr",
        kind: Kind::Positive,
        default: Default::Required,
        meaning: "the highest rate",
    }],
    usual: "one-cycle(0.01)",
    range: Some("one-cycle(1e-3..1e-1)"),
    strength: Some(0),
    falling: false,
    relative: false,
    apply: |arguments, plan| {
        // It begins with a warm-up of its own.
        let kind = ScheduleKind::OneCycle(OneCycleSettings::new(arguments.number(0)));
        plan.train.schedule = Some(kind.into());
        Ok(())
    },
};

pub(super) static WARMUP: Remedy = Remedy {
    name: "warmup",
    group: Group::Rate,
    meaning: "begins with a small learning rate that rises to the plan's; a schedule follows it, \
              or the plan's rate",
    formula: "lr·(f + (1 − f)·s/S) in step s, from 0, of the S steps of the warm-up",
    helps: "when the first epochs are rough (large rates, large batches, Adam on few samples). \
            It seldom changes where a quiet run ends",
    source: "P. Goyal et al., Accurate, large minibatch SGD, 2017, \
             https://arxiv.org/abs/1706.02677; \
             https://pytorch.org/docs/stable/generated/torch.optim.lr_scheduler.LinearLR.html",
    parameters: &[
        Parameter {
            name: "epochs",
            kind: Kind::Count(1),
            default: Default::Is(Value::Count(1)),
            meaning: "how long, fewer than the run has",
        },
        Parameter {
            name: "start_factor",
            kind: Kind::Share,
            default: Default::Is(Value::Number(1.0 / 3.0)),
            meaning: "f: the first rate as a share of the plan's",
        },
    ],
    usual: "warmup",
    range: Some("warmup(1..5, 3)"),
    strength: Some(0),
    falling: false,
    relative: false,
    apply: |arguments, plan| {
        let warmup = Warmup { epochs: arguments.count(0), start_factor: arguments.number(1) };
        // Without a schedule the rate stays what it is.
        let rest = plan.train.schedule.map(|schedule| schedule.kind);
        let kind = rest.unwrap_or(ScheduleKind::Exponential { factor: 1.0 });
        plan.train.schedule = Some(Schedule { kind, warmup: Some(warmup) });
        Ok(())
    },
};

/// Sets the schedule; a warm-up that is there stays before it.
pub(super) fn set(plan: &mut Plan, kind: ScheduleKind) {
    let warmup = plan.train.schedule.and_then(|schedule| schedule.warmup);
    plan.train.schedule = Some(Schedule { kind, warmup });
}

#[cfg(test)]
mod tests {
    use super::super::{Call, apply_chain};
    use crate::test_plan::article;
    use wellfit_train::plan::{Schedule, ScheduleKind, Warmup};

    fn schedule(calls: &[&str]) -> Result<Option<Schedule>, String> {
        let calls: Vec<Call> = calls.iter().map(|call| call.parse().unwrap()).collect();
        match apply_chain(&article(), &calls) {
            Ok(plan) => Ok(plan.train.schedule),
            Err(error) => Err(error.to_string()),
        }
    }

    #[test]
    fn a_warm_up_stands_before_a_schedule_in_either_order() {
        let warmup = Some(Warmup { epochs: 2, start_factor: 0.25 });
        let both = Some(Schedule { kind: ScheduleKind::Cosine { min_lr: 0.0 }, warmup });
        assert_eq!(schedule(&["warmup(2, 0.25)", "cosine"]), Ok(both));
        assert_eq!(schedule(&["cosine", "warmup(2, 0.25)"]), Ok(both));
        let plateau = schedule(&["warmup(2)", "reduce-on-plateau"]).unwrap().unwrap();
        assert_eq!(plateau.warmup.map(|warmup| warmup.epochs), Some(2));
    }

    #[test]
    fn without_a_schedule_the_rate_stays_after_the_warm_up() {
        let found = schedule(&["warmup"]).unwrap().unwrap();
        assert_eq!(found.kind, ScheduleKind::Exponential { factor: 1.0 });
    }

    #[test]
    fn one_cycle_takes_no_warm_up_but_its_own() {
        assert_eq!(schedule(&["warmup", "one-cycle(0.01)"]).unwrap().unwrap().warmup, None);
        let error = schedule(&["one-cycle(0.01)", "warmup"]).unwrap_err();
        assert!(error.contains("warmup cannot be applied: train.schedule.warmup"), "{error}");
    }

    #[test]
    fn what_does_not_fit_the_run_is_an_error_with_its_reason() {
        let error = schedule(&["warmup(30)"]).unwrap_err();
        assert!(error.contains("must be below train.epochs, 30"), "{error}");
        let error = schedule(&["cosine(min_lr=1)"]).unwrap_err();
        assert!(error.contains("must be from 0 to train.optimizer.lr"), "{error}");
    }
}
