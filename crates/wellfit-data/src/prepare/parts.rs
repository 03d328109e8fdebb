//! The parts of a split, prepared together.

use std::sync::Arc;

use super::apply::{Part, apply};
use super::fault::PrepareFault;
use super::{Preparation, resample};
use crate::{DataError, DataRequest, Dataset, Features, RawSplits, Splits};

impl RawSplits {
    /// Fits what a plan asks for on the training part, and does it to all parts: parts that
    /// share what was read share what is prepared. Of the training part samples with
    /// outliers are left out, and samples are drawn so that classes are alike, where the
    /// plan asks for it.
    ///
    /// # Errors
    /// As [`Preparation::fit`] and [`Preparation::apply`].
    pub fn prepare(self, request: &DataRequest) -> Result<Splits, DataError> {
        let fitted = Preparation::fit(request, &self.train).map_err(|error| match error {
            DataError::Prepare(fault) => about(fault).into(),
            error => error,
        })?;
        // How samples looked as they were read is remembered from here on.
        let schema = Arc::new(self.train.schema());
        let train = fitted.without_outliers(&self.train)?;
        let parts = [
            (Some("training"), Some(train)),
            (Some("validation"), self.validation),
            (Some("test"), self.test),
        ];
        let [Some(mut train), validation, test] = together(&fitted, &parts)? else {
            unreachable!("every part that there is gets prepared")
        };
        if let Some(how) = request.prepare.resample {
            train = resample(&train, how, request.split_seed)?;
        }
        let train = train.with_schema(schema);
        let (validation_is_test, origin) = (self.validation_is_test, self.origin);
        let preparation = Arc::new(fitted);
        Ok(Splits { train, validation, test, preparation, validation_is_test, origin })
    }
}

/// Says of faults of values that they are in the training set.
fn about(fault: PrepareFault) -> PrepareFault {
    match fault {
        PrepareFault::Missing { .. } | PrepareFault::Infinite { .. } => fault.within("training"),
        fault => fault,
    }
}

/// Prepares each part; what parts share is prepared once.
fn together(
    fitted: &Preparation,
    parts: &[(Option<&'static str>, Option<Dataset>); 3],
) -> Result<[Option<Dataset>; 3], PrepareFault> {
    let mut done: [Option<Dataset>; 3] = [None, None, None];
    for at in 0..parts.len() {
        let (None, (_, Some(set))) = (&done[at], &parts[at]) else { continue };
        let same = |other: &usize| parts[*other].1.as_ref().is_some_and(|other| shares(set, other));
        let places: Vec<usize> = (at..parts.len()).filter(same).collect();
        let of = |place: &usize| {
            let (name, set) = &parts[*place];
            set.as_ref().map(|set| (*name, set))
        };
        let sharing: Vec<Part<'_>> = places.iter().filter_map(of).collect();
        let prepared = apply(fitted, set, &sharing)?;
        for place in places {
            if let Some(raw) = &parts[place].1 {
                let (shape, features) = (prepared.shape, prepared.features.clone());
                done[place] = Some(Dataset { shape, features, ..raw.clone() });
            }
        }
    }
    Ok(done)
}

/// Whether two sets are rows of the same stored samples.
fn shares(a: &Dataset, b: &Dataset) -> bool {
    match (a.features(), b.features()) {
        (Features::Bytes(a), Features::Bytes(b)) => Arc::ptr_eq(a, b),
        (Features::Floats(a), Features::Floats(b)) => Arc::ptr_eq(a, b),
        (Features::Table(a), Features::Table(b)) => Arc::ptr_eq(a, b),
        _ => false,
    }
}
