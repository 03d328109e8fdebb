//! Training samples drawn so that classes are alike.

use wellfit_random::{Key, Purpose};

use super::fault::PrepareFault;
use crate::{DataError, Dataset, Resample, Task};

/// Draws samples of a set so that every class that it has is as large as the largest
/// (`Over`) or the smallest (`Under`); in the set's order, by `seed` alone.
///
/// Over: of a class of n samples that is to have m, each occurs ⌊m/n⌋ times, and m mod n of
/// them, drawn evenly, once more. Under: drawn evenly, none twice.
///
/// # Errors
/// When samples have numbers to predict, or would be too many.
pub fn resample(set: &Dataset, how: Resample, seed: u64) -> Result<Dataset, DataError> {
    if set.task() == Task::Regression {
        return Err(PrepareFault::ResampleNumbers.into());
    }
    let mut classes = vec![Vec::new(); set.classes()];
    for (at, label) in (0_u32..).zip(set.labels_in_order()) {
        classes[label as usize].push(at);
    }
    let sizes = || classes.iter().map(Vec::len).filter(|&size| size > 0);
    let wanted = match how {
        Resample::Over => sizes().max(),
        Resample::Under => sizes().min(),
    };
    let wanted = wanted.unwrap_or(0);
    let all = sizes().count() as u64 * wanted as u64;
    if u32::try_from(all).is_err() {
        return Err(PrepareFault::TooManyRows(all).into());
    }
    let mut kept = Vec::with_capacity(all as usize);
    for (class, mut samples) in classes.into_iter().enumerate() {
        if samples.is_empty() {
            continue;
        }
        for _ in 0..wanted / samples.len() {
            kept.extend_from_slice(&samples);
        }
        let more = wanted % samples.len();
        Key { seed, purpose: Purpose::Resample, layer: 0, step: class as u64 }
            .stream()
            .shuffle(&mut samples);
        kept.extend_from_slice(&samples[..more]);
    }
    kept.sort_unstable();
    set.take(&kept)
}
