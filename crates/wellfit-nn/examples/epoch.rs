//! Times the training pass of an epoch, or an evaluation, for `bench/`.
//!
//! `images` holds the values of the samples, as bytes or as float32 numbers,
//! `labels` one byte a sample. After the work was done once to warm up it says
//! `ready`; then each line on stdin is answered by doing it again and the line
//! `SECONDS LOSS`.
//!
//!     epoch images=FILE labels=FILE input=1x28x28 layers=LIST penalty=none|l1:λ|l2-norm:λ
//!           batch=N threads=N task=train|evaluate [precision=f32|bf16]
//!           [watch=watched|unwatched] [every=EPOCHS]
//!
//! With `watch`, the state is taken out after the epoch, as a run does, and a probe looks
//! at it or does not: the difference is what watching costs. With `every`, so many epochs
//! go before it.
//!
//! Layers: `linear:OUT`, `relu`, `dropout:P`, `conv:OUT:KERNEL:PADDING`, `max-pool:SIZE`,
//! `flatten`, separated by commas. The optimiser is Adam at 1e-3.

use std::collections::HashMap;
use std::error::Error;
use std::io::BufRead;
use std::str::FromStr;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

use wellfit_nn::{
    DataId, EpochRun, Layer, Penalty, PenaltyKind, PenaltyOn, Precision, Probe, Samples, Session,
    Shape, Spec, StepSettings, Steps, Targets, Values, Window, compile, instructions,
};
use wellfit_random::{Key, Purpose};

const RATE: f64 = 1e-3;

fn main() -> Result<(), Box<dyn Error>> {
    let mut job = Job::read(std::env::args().skip(1))?;
    let spec = spec(&mut job)?;
    let samples = samples(&mut job, spec.input.len())?;
    let threads = job.number("threads")?;
    let mut session = compile(&spec, threads)?;
    let mut after = after(&mut job, &spec, &samples, threads)?;
    let every: u64 = job.0.remove("every").map_or(Ok(1), |every| every.parse())?;
    let task = job.take("task")?;
    job.end()?;
    let data = session.upload(&samples)?;
    let mut work: Box<dyn FnMut(u64) -> f64> = match task.as_str() {
        "train" => {
            let mut epoch = training(data, samples.len(), spec.seed);
            Box::new(move |number| {
                let epochs = every * number..every * (number + 1);
                let loss = epochs.map(|number| epoch(session.as_mut(), number)).last();
                after(session.as_ref());
                loss.unwrap_or(f64::NAN)
            })
        }
        "evaluate" => Box::new(move |_| session.evaluate(data).loss),
        other => return Err(format!("no task {other}: train or evaluate").into()),
    };
    work(0);
    println!("ready wellfit {} {}", env!("CARGO_PKG_VERSION"), instructions());
    for (number, line) in std::io::stdin().lock().lines().enumerate() {
        line?;
        let start = Instant::now();
        let loss = work(number as u64 + 1);
        println!("{} {loss}", start.elapsed().as_secs_f64());
    }
    Ok(())
}

/// Epoch after epoch, each in a new order; gives the mean training loss.
fn training(data: DataId, samples: usize, seed: u64) -> impl FnMut(&mut dyn Session, u64) -> f64 {
    let stop = AtomicBool::new(false);
    let mut order: Vec<u32> = (0..samples as u32).collect();
    let steps = Steps::Same(StepSettings::rate(RATE));
    move |session, number| {
        let key = Key { seed, purpose: Purpose::Shuffle, layer: 0, step: number };
        key.stream().shuffle(&mut order);
        session.train_epoch(data, EpochRun { order: &order, steps, stop: &stop, feed: None }).loss
    }
}

/// What is done with a session after an epoch.
type After = Box<dyn FnMut(&dyn Session)>;

/// What comes after each epoch: nothing, the state alone, or a look at it.
fn after(
    job: &mut Job,
    spec: &Spec,
    samples: &Samples,
    threads: usize,
) -> Result<After, Box<dyn Error>> {
    match job.0.remove("watch").as_deref() {
        None => Ok(Box::new(|_| {})),
        Some("unwatched") => Ok(Box::new(|session| {
            std::hint::black_box(session.export());
        })),
        Some("watched") => {
            // As many samples as a run looks at.
            let n = samples.len();
            let seen = (n / 100).clamp(32, 128).min(n);
            let rows = (0..seen).map(|i| (i * n / seen) as u32).collect();
            let seen = Samples { rows: Some(Arc::new(rows)), ..samples.clone() };
            let mut probe = Probe::new(spec, &seen, threads)?;
            Ok(Box::new(move |session| {
                let look = probe.look(&session.export(), StepSettings::rate(RATE));
                std::hint::black_box(look.expect("the session's own state"));
            }))
        }
        Some(other) => Err(format!("watch={other} is neither watched nor unwatched").into()),
    }
}

/// The command line: `key=value`, each asked for once.
struct Job(HashMap<String, String>);

impl Job {
    fn read(arguments: impl Iterator<Item = String>) -> Result<Self, String> {
        let pair = |argument: String| match argument.split_once('=') {
            Some((key, value)) => Ok((key.to_owned(), value.to_owned())),
            None => Err(format!("`{argument}` is not `key=value`")),
        };
        arguments.map(pair).collect::<Result<_, _>>().map(Job)
    }

    fn take(&mut self, key: &str) -> Result<String, String> {
        self.0.remove(key).ok_or_else(|| format!("`{key}=…` is missing"))
    }

    fn number(&mut self, key: &str) -> Result<usize, String> {
        let value = self.take(key)?;
        value.parse().map_err(|_| format!("{key}={value} is not a whole number"))
    }

    /// Nothing may be left.
    fn end(&self) -> Result<(), String> {
        self.0.keys().next().map_or(Ok(()), |key| Err(format!("`{key}` is not a key")))
    }
}

/// Network, penalty and batch size.
fn spec(job: &mut Job) -> Result<Spec, String> {
    let input = shape(&job.take("input")?)?;
    let layers: Vec<Layer> = job.take("layers")?.split(',').map(layer).collect::<Result<_, _>>()?;
    let Some(Layer::Linear { out: classes, .. }) = layers.last() else {
        return Err("the last layer must be linear".into());
    };
    Ok(Spec {
        penalties: penalties(&job.take("penalty")?)?,
        batch_size: job.number("batch")?,
        precision: match job.0.remove("precision").as_deref() {
            None | Some("f32") => Precision::F32,
            Some("bf16") => Precision::Bf16,
            Some(other) => return Err(format!("no precision {other}: f32 or bf16")),
        },
        ..Spec::new(input, *classes, layers)
    })
}

/// `784` or `1x28x28`.
fn shape(text: &str) -> Result<Shape, String> {
    match values(text, 'x', text)?[..] {
        [features] => Ok(Shape::Flat(features)),
        [channels, height, width] => Ok(Shape::Image { channels, height, width }),
        _ => Err(format!("input={text} is neither FEATURES nor CHANNELSxHEIGHTxWIDTH")),
    }
}

fn layer(text: &str) -> Result<Layer, String> {
    let (name, rest) = text.split_once(':').unwrap_or((text, ""));
    if let ("dropout", Ok(p)) = (name, rest.parse()) {
        return Ok(Layer::Dropout { p });
    }
    let numbers = if rest.is_empty() { Vec::new() } else { values(rest, ':', text)? };
    match (name, &numbers[..]) {
        ("linear", &[out]) => Ok(Layer::Linear { out, bias: true }),
        ("relu", []) => Ok(Layer::RELU),
        ("conv", &[out, kernel, padding]) => {
            Ok(Layer::Conv2d { out, window: Window::square(kernel, 1, padding), bias: true })
        }
        ("max-pool", &[size]) => Ok(Layer::MaxPool2d { window: Window::square(size, size, 0) }),
        ("flatten", []) => Ok(Layer::Flatten),
        _ => Err(format!("`{text}` is no layer")),
    }
}

/// Numbers between separators; `whole` is what an error quotes.
fn values<T: FromStr>(text: &str, separator: char, whole: &str) -> Result<Vec<T>, String> {
    let number = |part: &str| part.parse().map_err(|_| format!("`{part}` in `{whole}`: no number"));
    text.split(separator).map(number).collect()
}

/// `none`, `l1:λ` or `l2-norm:λ`, on all parameters.
fn penalties(text: &str) -> Result<Vec<Penalty>, String> {
    let of = |kind, lambda: &str| {
        let lambda = lambda.parse().map_err(|_| format!("penalty={text}: λ is no number"))?;
        Ok(vec![Penalty { kind, lambda, on: PenaltyOn::All }])
    };
    match text.split_once(':') {
        None if text == "none" => Ok(Vec::new()),
        Some(("l1", lambda)) => of(PenaltyKind::L1, lambda),
        Some(("l2-norm", lambda)) => of(PenaltyKind::L2Norm, lambda),
        _ => Err(format!("penalty={text} is none of none, l1:λ and l2-norm:λ")),
    }
}

/// Bytes count as n/255; four times as many are float32 numbers, little-endian.
fn samples(job: &mut Job, features: usize) -> Result<Samples, Box<dyn Error>> {
    let labels: Vec<u32> = std::fs::read(job.take("labels")?)?.into_iter().map(u32::from).collect();
    let bytes = std::fs::read(job.take("images")?)?;
    let values = if bytes.len() == labels.len() * features * 4 {
        let number = |four: &[u8]| f32::from_le_bytes([four[0], four[1], four[2], four[3]]);
        Values::Floats(Arc::new(bytes.chunks_exact(4).map(number).collect()))
    } else {
        let table = std::array::from_fn(|byte| byte as f32 / 255.0);
        Values::Bytes(Arc::new(bytes), Arc::new(table))
    };
    let targets = Targets::Classes(Arc::new(labels));
    Ok(Samples { features, values, targets, rows: None })
}
