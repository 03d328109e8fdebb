//! Trains the article's network on the embedded sample: first with an observer that
//! may stop the run, then with a loop of one's own, which gives the same bits.
//!
//! ```sh
//! cargo run --release --example train
//! ```

use std::sync::atomic::AtomicBool;

use wellfit::data::{Places, load};
use wellfit::record::EpochRow;
use wellfit::{Decision, Layer, Observer, Plan, Run, TrainOptions, predict, train};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut plan = Plan::new(
        "fashion-mnist-sample",
        vec![
            Layer::Linear { out: 1000, bias: true },
            Layer::RELU,
            Layer::Linear { out: 10, bias: true },
        ],
    );
    plan.train.epochs = 10;
    let splits = load(&plan.data, &Places::from_env(None))?;

    let mut observer = UntilItOverfits { lowest: f64::INFINITY };
    let options = TrainOptions { observer: Some(&mut observer), ..TrainOptions::default() };
    let trained = train(&plan, &splits, options)?;
    println!("{}, best epoch {:?}", trained.record.state.name(), trained.record.best_epoch);

    let never = AtomicBool::new(false);
    let mut run = Run::new(&plan, &splits)?;
    while run.rows().len() < trained.record.epochs.len() && run.next_epoch(&never).is_some() {}
    assert_eq!(run.finish().last, trained.last, "the same plan gives the same bits");

    let test = splits.test.as_ref().ok_or("the sample has a test set")?;
    let predictions = predict(&plan, &trained.best, test, &splits.preparation)?;
    for i in 0..3 {
        let class = predictions.class(i);
        let probability = 100.0 * predictions.probabilities(i)[class];
        println!("test image {i}: {} ({probability:.0} %)", test.class_names()[class]);
    }
    Ok(())
}

/// Prints each epoch, and stops once validation loss is a tenth above its lowest.
struct UntilItOverfits {
    lowest: f64,
}

impl Observer for UntilItOverfits {
    fn epoch(&mut self, row: &EpochRow) -> Decision {
        let (train, validation) = (row.train_eval_loss, row.val_loss.unwrap_or(f64::NAN));
        println!(
            "epoch {:2}: training loss {train:.4}, validation loss {validation:.4}",
            row.epoch
        );
        self.lowest = self.lowest.min(validation);
        if validation > 1.1 * self.lowest { Decision::Stop } else { Decision::Continue }
    }
}
