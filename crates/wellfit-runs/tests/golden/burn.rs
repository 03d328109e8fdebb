//! Trains a small network with burn, and says as JSON what burn itself makes of the run:
//! `make.py` builds and runs it with the folder to write to.

use burn::backend::{Autodiff, NdArray};
use burn::data::dataloader::DataLoaderBuilder;
use burn::data::dataloader::batcher::Batcher;
use burn::data::dataset::InMemDataset;
use burn::nn::loss::CrossEntropyLossConfig;
use burn::nn::{Linear, LinearConfig, Relu};
use burn::optim::AdamConfig;
use burn::prelude::*;
use burn::tensor::backend::AutodiffBackend;
use burn::train::metric::{AccuracyMetric, LossMetric};
use burn::train::{
    ClassificationOutput, InferenceStep, Learner, LearnerSummary, MetricSummary,
    SupervisedTraining, TrainOutput, TrainStep,
};

const INPUTS: usize = 8;

#[derive(Module, Debug)]
struct Network<B: Backend> {
    first: Linear<B>,
    second: Linear<B>,
    relu: Relu,
}

impl<B: Backend> Network<B> {
    fn figures(&self, batch: Samples<B>) -> ClassificationOutput<B> {
        let out = self.second.forward(self.relu.forward(self.first.forward(batch.x)));
        let loss = CrossEntropyLossConfig::new().init(&out.device());
        let loss = loss.forward(out.clone(), batch.y.clone());
        ClassificationOutput::new(loss, out, batch.y)
    }
}

impl<B: AutodiffBackend> TrainStep for Network<B> {
    type Input = Samples<B>;
    type Output = ClassificationOutput<B>;

    fn step(&self, batch: Samples<B>) -> TrainOutput<ClassificationOutput<B>> {
        let output = self.figures(batch);
        TrainOutput::new(self, output.loss.backward(), output)
    }
}

impl<B: Backend> InferenceStep for Network<B> {
    type Input = Samples<B>;
    type Output = ClassificationOutput<B>;

    fn step(&self, batch: Samples<B>) -> ClassificationOutput<B> {
        self.figures(batch)
    }
}

type Sample = ([f32; INPUTS], i64);

#[derive(Clone, Debug)]
struct Samples<B: Backend> {
    x: Tensor<B, 2>,
    y: Tensor<B, 1, Int>,
}

#[derive(Clone)]
struct Gather;

impl<B: Backend> Batcher<B, Sample, Samples<B>> for Gather {
    fn batch(&self, samples: Vec<Sample>, device: &B::Device) -> Samples<B> {
        let (x, y): (Vec<_>, Vec<_>) = samples.into_iter().unzip();
        let n = x.len();
        let x = TensorData::new(x.concat(), [n, INPUTS]);
        Samples {
            x: Tensor::from_data(x.convert::<B::FloatElem>(), device),
            y: Tensor::from_data(TensorData::new(y, [n]).convert::<B::IntElem>(), device),
        }
    }
}

/// Noisy classes, from a generator of Lehmer's kind.
fn samples(n: usize, mut state: u64) -> Vec<Sample> {
    let mut uniform = move || {
        state = state * 48271 % 0x7fff_ffff;
        state as f32 / 0x7fff_ffff as f32 * 2.0 - 1.0
    };
    let mut sample = || {
        let x: [f32; INPUTS] = std::array::from_fn(|_| uniform());
        let class = x[0] + x[1] * x[1] + 0.8 * uniform() > 0.3;
        (x, i64::from(class))
    };
    (0..n).map(|_| sample()).collect()
}

fn main() {
    type Inner = NdArray;
    type Outer = Autodiff<Inner>;
    let folder = std::env::args().nth(1).expect("the folder to write to");
    let device = Default::default();
    Outer::seed(&device, 3);

    let train = DataLoaderBuilder::<Outer, _, _>::new(Gather)
        .batch_size(32)
        .shuffle(5)
        .build(InMemDataset::new(samples(200, 11)));
    let valid = DataLoaderBuilder::<Inner, _, _>::new(Gather)
        .batch_size(32)
        .build(InMemDataset::new(samples(100, 12)));
    let network = Network::<Outer> {
        first: LinearConfig::new(INPUTS, 32).init(&device),
        second: LinearConfig::new(32, 2).init(&device),
        relu: Relu::new(),
    };
    SupervisedTraining::new(&folder, train, valid)
        .metrics((AccuracyMetric::new(), LossMetric::new()))
        .with_application_logger(None)
        .num_epochs(4)
        .launch(Learner::new(network, AdamConfig::new().init(), 0.02));

    let summary = LearnerSummary::new(&folder, &["Loss", "Accuracy"]).expect("burn's summary");
    let values = |metrics: &[MetricSummary], name: &str, scale: f64| {
        let metric = metrics.iter().find(|metric| metric.name == name).expect("the metric");
        metric.entries.iter().map(|entry| entry.value * scale).collect::<Vec<_>>()
    };
    let (train, valid) = (&summary.metrics.train, &summary.metrics.valid);
    println!(
        "{{\"train_loss\": {:?}, \"val_loss\": {:?}, \"train_score\": {:?}, \"val_score\": {:?}}}",
        values(train, "Loss", 1.0),
        values(valid, "Loss", 1.0),
        values(train, "Accuracy", 0.01),
        values(valid, "Accuracy", 0.01)
    );
}
