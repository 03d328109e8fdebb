//! `train.average` in a plan file: its settings, read, written, and their rules.

use super::Train;
use super::check::require;
use super::document::Value;
use super::error::PlanError;
use super::section::{Field, Section};
use super::write::number;

/// An average of the weights that takes their place where they are evaluated and
/// saved. The formulas stand in `src/average.rs`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Average {
    /// The exponential moving average over steps.
    Ema {
        /// What stays of the average at a step, at least 0 and below 1. 0.999.
        decay: f64,
    },
    /// Stochastic weight averaging: the plain mean of the weights after each epoch
    /// from a certain one on.
    Swa {
        /// From which. 0.75.
        start: SwaStart,
    },
}

/// The first epoch that counts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum SwaStart {
    /// This one, from 1.
    Epoch(usize),
    /// The first after this share of the run's epochs, at least 0 and below 1.
    Fraction(f64),
}

const DECAY: f64 = 0.999;
const START: SwaStart = SwaStart::Fraction(0.75);

pub(super) fn read_average(mut section: Section<'_>) -> Result<Average, PlanError> {
    let average = match section.need("type")?.choice(&[("ema", true), ("swa", false)])? {
        true => Average::Ema { decay: section.field("decay").map_or(Ok(DECAY), |f| f.number())? },
        false => Average::Swa { start: section.field("start").map_or(Ok(START), read_start)? },
    };
    section.finish()?;
    Ok(average)
}

fn read_start(field: Field<'_>) -> Result<SwaStart, PlanError> {
    match field.node().value {
        Value::Integer(_) => Ok(SwaStart::Epoch(field.count(1)?)),
        Value::Float(share) => Ok(SwaStart::Fraction(share)),
        _ => Err(field.error("must be an epoch such as 20, or a fraction such as 0.75")),
    }
}

pub(super) fn write_average(average: &Average) -> String {
    match average {
        Average::Ema { decay } => format!("{{ type = \"ema\", decay = {} }}", number(*decay)),
        Average::Swa { start: SwaStart::Epoch(epoch) } => {
            format!("{{ type = \"swa\", start = {epoch} }}")
        }
        Average::Swa { start: SwaStart::Fraction(share) } => {
            format!("{{ type = \"swa\", start = {} }}", number(*share))
        }
    }
}

pub(super) fn check_average(average: &Average, train: &Train) -> Result<(), PlanError> {
    let start = "train.average.start";
    match *average {
        Average::Ema { decay } => {
            let ok = (0.0..1.0).contains(&decay);
            require(ok, "train.average.decay", decay, "at least 0 and below 1")
        }
        Average::Swa { start: SwaStart::Epoch(epoch) } => {
            let range = format!("from 1 to train.epochs, {}", train.epochs);
            require((1..=train.epochs).contains(&epoch), start, epoch, &range)
        }
        Average::Swa { start: SwaStart::Fraction(share) } => {
            let range = "at least 0 and, as a fraction, below 1";
            require((0.0..1.0).contains(&share), start, share, range)
        }
    }
}
