//! Times the training pass of one epoch, for `bench/run`.
//!
//! Trains 784-1000-10 by Adam on raw values: `IMAGES` holds 784 bytes or float32
//! numbers a sample, `LABELS` one byte a sample. After one epoch to warm up it says
//! `ready`; then each line on stdin is answered by an epoch and the line
//! `SECONDS LOSS`.
//!
//!     epoch IMAGES LABELS BATCH plain|dropout|l1|l2-norm THREADS

use std::error::Error;
use std::io::BufRead;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

use wellfit_nn::{
    EpochRun, Layer, Penalty, PenaltyKind, PenaltyOn, Samples, Shape, Spec, StepSettings, Steps,
    Targets, Values, compile, instructions,
};
use wellfit_random::{Key, Purpose};

const FEATURES: usize = 784;
const CLASSES: usize = 10;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [images, labels, batch, remedy, threads] = &arguments[..] else {
        return Err("usage: epoch IMAGES LABELS BATCH plain|dropout|l1|l2-norm THREADS".into());
    };
    let samples = read(images, labels)?;
    let spec = spec(remedy, batch.parse()?)?;
    let mut session = compile(&spec, threads.parse()?)?;
    let data = session.upload(&samples)?;
    let stop = AtomicBool::new(false);
    let mut order: Vec<u32> = (0..samples.len() as u32).collect();
    let steps = Steps::Same(StepSettings::rate(1e-3));
    let mut epoch = |number| {
        let start = Instant::now();
        let key = Key { seed: spec.seed, purpose: Purpose::Shuffle, layer: 0, step: number };
        key.stream().shuffle(&mut order);
        let tally = session.train_epoch(data, EpochRun { order: &order, steps, stop: &stop });
        (start.elapsed().as_secs_f64(), tally.loss)
    };
    epoch(0);
    println!("ready wellfit {} {}", env!("CARGO_PKG_VERSION"), instructions());
    for (number, line) in std::io::stdin().lock().lines().enumerate() {
        line?;
        let (seconds, loss) = epoch(number as u64 + 1);
        println!("{seconds} {loss}");
    }
    Ok(())
}

/// The article's network with one remedy.
fn spec(remedy: &str, batch_size: usize) -> Result<Spec, String> {
    let linear = |out| Layer::Linear { out, bias: true };
    let mut layers = vec![linear(1000), Layer::RELU, linear(CLASSES)];
    let mut penalties = Vec::new();
    let mut penalty = |kind, lambda| penalties.push(Penalty { kind, lambda, on: PenaltyOn::All });
    match remedy {
        "plain" => {}
        "dropout" => {
            layers.insert(2, Layer::Dropout { p: 0.5 });
            layers.insert(0, Layer::Dropout { p: 0.5 });
        }
        "l1" => penalty(PenaltyKind::L1, 1e-4),
        "l2-norm" => penalty(PenaltyKind::L2Norm, 1e-2),
        other => return Err(format!("no remedy {other}: plain, dropout, l1 or l2-norm")),
    }
    Ok(Spec { penalties, batch_size, ..Spec::new(Shape::Flat(FEATURES), CLASSES, layers) })
}

/// Bytes count as n/255; four times as many are float32 numbers, little-endian.
fn read(images: &str, labels: &str) -> Result<Samples, Box<dyn Error>> {
    let labels = std::fs::read(labels)?.into_iter().map(u32::from).collect::<Vec<_>>();
    let bytes = std::fs::read(images)?;
    let values = if bytes.len() == labels.len() * FEATURES * 4 {
        let number = |four: &[u8]| f32::from_le_bytes([four[0], four[1], four[2], four[3]]);
        Values::Floats(Arc::new(bytes.chunks_exact(4).map(number).collect()))
    } else {
        let table = std::array::from_fn(|byte| byte as f32 / 255.0);
        Values::Bytes(Arc::new(bytes), Arc::new(table))
    };
    let targets = Targets::Classes(Arc::new(labels));
    Ok(Samples { features: FEATURES, values, targets, rows: None })
}
