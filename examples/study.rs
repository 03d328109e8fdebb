//! Compares two remedies with the baseline over three seeds, on part of the embedded
//! sample, and says which of them helps.
//!
//! ```sh
//! cargo run --release --example study
//! ```

use std::path::Path;

use wellfit::data::Subset;
use wellfit::record::Record;
use wellfit::study::{StudyOptions, Trial, Watch, run};
use wellfit::{Layer, Plan, Study, diagnose};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut plan = Plan::new(
        "fashion-mnist-sample",
        vec![
            Layer::Linear { out: 200, bias: true },
            Layer::RELU,
            Layer::Linear { out: 10, bias: true },
        ],
    );
    plan.data.subset = Some(Subset::Count(1000));
    plan.train.epochs = 20;

    let study = Study::new("example", plan, 3)?
        .with_arm("dropout", &["dropout(0.5)"])?
        .with_arm("plateau", &["reduce-on-plateau(0.5, patience=0)"])?;

    // The folder keeps every trial that has ended: started again, the study goes on.
    let options = StudyOptions { watch: &Names, ..StudyOptions::default() };
    let outcome = run(&study, Path::new("runs/example"), &options)?;

    let findings = diagnose(&outcome.records);
    println!("{}", findings.answer.headline);
    for arm in &findings.arms {
        println!("{:<10} {}", arm.name, arm.sentence);
    }
    Ok(())
}

/// Names each trial as it ends.
struct Names;

impl Watch for Names {
    fn finished(&self, trial: &Trial, record: &Record) {
        println!("{}: {}", trial.name, record.state.name());
    }
}
