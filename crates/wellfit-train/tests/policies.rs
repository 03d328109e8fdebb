//! What the loop makes of an engine's figures, with an engine that follows a script.

mod common;

use common::{plan, splits};
use wellfit_nn::{
    DataId, EpochEnd, EpochRun, EpochTally, Evaluation, Layer, Samples, Scores, Session,
    SessionError, State, Tensor,
};
use wellfit_train::plan::{
    Average, EarlyStoppingSettings, Model, PlateauSettings, Schedule, ScheduleKind, SwaStart,
    ThresholdMode, Warmup,
};
use wellfit_train::record::{Event, RunState};
use wellfit_train::{Plan, Run, Trained};

/// Gives the losses of a list, one an epoch; its only weight is the epoch's number.
struct Scripted {
    losses: &'static [f32],
    epoch: usize,
    orders: std::sync::Arc<std::sync::Mutex<Vec<Vec<u32>>>>,
}

impl Session for Scripted {
    fn upload(&mut self, samples: &Samples) -> Result<DataId, SessionError> {
        // The training set has 50 samples, the validation set 37.
        Ok(DataId(samples.len()))
    }

    fn set_threads(&mut self, _: usize) {}

    fn train_epoch(&mut self, _: DataId, run: EpochRun<'_>) -> EpochTally {
        self.orders.lock().unwrap().push(run.order.to_vec());
        self.epoch += 1;
        EpochTally { loss: 1.0, penalty: 0.0, steps: 7, end: EpochEnd::Complete }
    }

    fn evaluate(&mut self, data: DataId) -> Evaluation {
        let loss = self.losses[self.epoch - 1];
        let scores = Scores::Hits(vec![true; data.0]);
        Evaluation {
            loss: f64::from(loss),
            score: 1.0,
            losses: vec![loss; data.0],
            scores,
            predicted: None,
        }
    }

    fn logits(&mut self, _: DataId) -> Vec<f32> {
        Vec::new()
    }

    fn export(&self) -> State {
        let data = vec![self.epoch as f32];
        let parameters = vec![Tensor { name: "0.weight".into(), shape: vec![1], data }];
        State { parameters, slots: Vec::new(), step: self.epoch as u64, sums: Vec::new() }
    }

    fn import(&mut self, _: &State) -> Result<(), SessionError> {
        Ok(())
    }

    fn refresh_statistics(&mut self, _: DataId, _: &[u32]) {}

    fn import_parameters(&mut self, _: &[Tensor]) -> Result<(), SessionError> {
        Ok(())
    }
}

fn follow(plan: &Plan, losses: &'static [f32]) -> (Trained, Vec<Vec<u32>>) {
    let orders = std::sync::Arc::default();
    let session = Scripted { losses, epoch: 0, orders: std::sync::Arc::clone(&orders) };
    let mut run = Run::on(Box::new(session), plan, &splits()).unwrap();
    let never = std::sync::atomic::AtomicBool::new(false);
    while run.next_epoch(&never).is_some() {}
    let orders = orders.lock().unwrap().clone();
    (run.finish(), orders)
}

/// The plan of the tests over so many epochs.
fn over(epochs: usize) -> Plan {
    let mut plan = plan();
    plan.train.epochs = epochs;
    plan
}

#[test]
fn the_articles_schedule_cuts_as_pytorch_does() {
    let mut plan = over(6);
    plan.train.lr = 1e-3;
    plan.train.schedule = Some(
        ScheduleKind::ReduceOnPlateau(PlateauSettings {
            factor: 0.5,
            patience: 0,
            threshold: 1e-3,
            threshold_mode: ThresholdMode::Abs,
            min_lr: 1e-5,
            ..Default::default()
        })
        .into(),
    );
    let (trained, _) = follow(&plan, &[0.50, 0.42, 0.4195, 0.40, 0.41, 0.38]);
    let cuts: Vec<String> = trained.record.events.iter().map(Event::to_string).collect();
    assert_eq!(
        cuts,
        [
            "Epoch     3: reducing learning rate of group 0 to 5.0000e-04.",
            "Epoch     5: reducing learning rate of group 0 to 2.5000e-04.",
        ]
    );
    let rates: Vec<f64> = trained.record.epochs.iter().map(|row| row.lr).collect();
    assert_eq!(rates, [1e-3, 1e-3, 1e-3, 5e-4, 5e-4, 2.5e-4]);
    // 0.4195 is no improvement to the schedule, but it is the lowest so far.
    assert_eq!(trained.record.best_epoch, Some(6));
}

#[test]
fn a_plateau_looks_at_no_epoch_of_the_warm_up_and_cuts_the_rate_after_it() {
    let mut plan = over(6);
    plan.train.lr = 1e-3;
    let settings = PlateauSettings { factor: 0.5, patience: 0, ..Default::default() };
    let warmup = Some(Warmup { epochs: 2, start_factor: 0.5 });
    let kind = ScheduleKind::ReduceOnPlateau(settings);
    plan.train.schedule = Some(Schedule { kind, warmup });
    // Were the warm-up's figures looked at, epoch 3 would be a bad one.
    let (trained, _) = follow(&plan, &[0.1, 0.2, 0.5, 0.4, 0.4, 0.3]);
    let rates: Vec<f64> = trained.record.epochs.iter().map(|row| row.lr).collect();
    // Seven steps an epoch: the last of the second is the 14th of 14 from 0.5 to 1.
    assert!((rates[0] - 1e-3 * (0.5 + 0.5 * 6.0 / 14.0)).abs() < 1e-15, "{rates:?}");
    assert!((rates[1] - 1e-3 * (0.5 + 0.5 * 13.0 / 14.0)).abs() < 1e-15, "{rates:?}");
    assert_eq!(rates[2..], [1e-3, 1e-3, 1e-3, 5e-4]);
    assert_eq!(trained.record.events, [Event::RateCut { epoch: 5, lr: 5e-4 }]);
}

/// Writes down what it is asked, with a weight of its own: 1 in training, 10 on the
/// average, and batch statistics that are 0 until they are refreshed.
struct Listening {
    weight: f32,
    mean: f32,
    said: std::sync::Arc<std::sync::Mutex<Vec<String>>>,
}

impl Listening {
    fn say(&self, what: String) {
        self.said.lock().unwrap().push(what);
    }

    fn weights(&self, weight: f32) -> Vec<Tensor> {
        let tensor = |name: &str, value| {
            let (shape, data) = (vec![1], vec![value]);
            Tensor { name: name.into(), shape, data }
        };
        vec![tensor("0.weight", weight), tensor("1.running_mean", self.mean)]
    }
}

impl Session for Listening {
    fn upload(&mut self, samples: &Samples) -> Result<DataId, SessionError> {
        Ok(DataId(samples.len()))
    }

    fn set_threads(&mut self, _: usize) {}

    fn train_epoch(&mut self, _: DataId, run: EpochRun<'_>) -> EpochTally {
        let shares: Vec<f64> = (0..7).map(|step| run.steps.at(step).average).collect();
        self.say(format!("train from {} with {shares:?}", self.weight));
        EpochTally { loss: 1.0, penalty: 0.0, steps: 7, end: EpochEnd::Complete }
    }

    fn evaluate(&mut self, data: DataId) -> Evaluation {
        self.say(format!("judge {} with mean {}", self.weight, self.mean));
        let (losses, scores) = (vec![self.weight; data.0], Scores::Hits(vec![true; data.0]));
        Evaluation { loss: f64::from(self.weight), score: 1.0, losses, scores, predicted: None }
    }

    fn logits(&mut self, _: DataId) -> Vec<f32> {
        Vec::new()
    }

    fn export(&self) -> State {
        let average = self.weights(10.0).into_iter().take(1).collect();
        // Adam's two slots come first.
        let slots = vec![Vec::new(), Vec::new(), average];
        State { parameters: self.weights(self.weight), slots, step: 0, sums: Vec::new() }
    }

    fn import(&mut self, state: &State) -> Result<(), SessionError> {
        self.import_parameters(&state.parameters)
    }

    fn refresh_statistics(&mut self, _: DataId, order: &[u32]) {
        assert!(order.iter().copied().eq(0..50));
        self.mean = 5.0;
    }

    fn import_parameters(&mut self, parameters: &[Tensor]) -> Result<(), SessionError> {
        (self.weight, self.mean) = (parameters[0].data[0], parameters[1].data[0]);
        Ok(())
    }
}

#[test]
fn averaged_weights_are_judged_and_saved_with_statistics_of_their_own() {
    let mut plan = over(3);
    plan.model = Model::new(vec![
        Layer::Linear { out: 3, bias: false },
        Layer::BatchNorm,
        Layer::Linear { out: 3, bias: false },
    ]);
    plan.train.average = Some(Average::Swa { start: SwaStart::Epoch(2) });
    let said = std::sync::Arc::default();
    let session = Listening { weight: 1.0, mean: 0.0, said: std::sync::Arc::clone(&said) };
    let mut run = Run::on(Box::new(session), &plan, &splits()).unwrap();
    let never = std::sync::atomic::AtomicBool::new(false);
    while run.next_epoch(&never).is_some() {}
    let trained = run.finish();
    let judged = |what: &'static str| [what, what];
    let wanted = [
        &["train from 1 with [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]"][..],
        &judged("judge 1 with mean 0"),
        &["train from 1 with [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0]"],
        &judged("judge 10 with mean 5"),
        &["train from 1 with [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.5]"],
        &judged("judge 10 with mean 5"),
    ];
    assert_eq!(*said.lock().unwrap(), wanted.concat());
    let saved = |tensors: &[Tensor]| tensors.iter().map(|t| t.data[0]).collect::<Vec<_>>();
    assert_eq!(trained.record.best_epoch, Some(1));
    assert_eq!((saved(&trained.best), saved(&trained.last)), (vec![1.0, 0.0], vec![10.0, 5.0]));
}

#[test]
fn early_stopping_keeps_the_earliest_best_and_says_when_it_stopped() {
    let mut plan = over(6);
    plan.train.early_stopping = Some(EarlyStoppingSettings { patience: 2, ..Default::default() });
    let (trained, _) = follow(&plan, &[0.5, 0.4, 0.4, 0.6, 0.1, 0.1]);
    assert_eq!(trained.record.state, RunState::StoppedEarly);
    assert_eq!(trained.record.events, [Event::StoppedEarly { epoch: 4 }]);
    assert_eq!(trained.record.best_epoch, Some(2));
    assert_eq!((trained.best[0].data[0], trained.last[0].data[0]), (2.0, 4.0));
}

#[test]
fn patience_that_ends_with_the_last_epoch_leaves_the_run_complete() {
    let mut plan = over(3);
    plan.train.early_stopping = Some(EarlyStoppingSettings { patience: 2, ..Default::default() });
    let (trained, _) = follow(&plan, &[0.5, 0.6, 0.7]);
    assert_eq!(trained.record.state, RunState::Complete);
    assert_eq!((trained.record.events.len(), trained.record.best_epoch), (0, Some(1)));
}

#[test]
fn a_loss_that_is_not_finite_after_the_epoch_ends_the_run_and_keeps_the_best_before() {
    for bad in [&[0.5, 0.6, f32::NAN, 0.1][..], &[0.5, 0.6, f32::INFINITY, 0.1]] {
        let (trained, _) = follow(&over(4), bad);
        assert_eq!(trained.record.state, RunState::Diverged { epoch: 3, step: None });
        assert_eq!(trained.record.epochs.len(), 3);
        assert_eq!((trained.record.best_epoch, trained.best[0].data[0]), (Some(1), 1.0));
    }
}

#[test]
fn each_epoch_has_an_order_of_its_own_that_holds_every_sample_once() {
    let (_, orders) = follow(&over(3), &[1.0; 3]);
    assert_ne!(orders[0], orders[1]);
    assert_ne!(orders[1], orders[2]);
    for mut order in orders {
        order.sort_unstable();
        assert!(order.into_iter().eq(0..50));
    }
    let mut plan = over(2);
    plan.train.shuffle = false;
    let (_, orders) = follow(&plan, &[1.0; 2]);
    assert!(orders.iter().all(|order| order.iter().copied().eq(0..50)));
}
