//! The data of a study's trials: read once, split and prepared for each fold.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use wellfit_data::{
    DataError, DataRequest, LoadProgress, Places, RawSource, RawSplits, Sources, Splits,
};

use crate::error::StudyError;
use crate::folds::Folds;
use crate::study::Study;

/// The data of all arms. Without folds the splits of each request are made at once, and
/// what was read is let go. In a cross-validation what was read stays, shared by all folds,
/// and of the splits only so many as running trials need.
#[derive(Debug)]
pub(crate) struct Data {
    folds: Option<Folds>,
    /// The base plan's request first.
    requests: Vec<(DataRequest, Option<Arc<RawSource>>)>,
    made: Mutex<Made>,
}

#[derive(Debug)]
struct Made {
    /// The latest last.
    splits: VecDeque<(usize, Option<usize>, Arc<Splits>)>,
    /// How many are kept.
    most: usize,
}

impl Data {
    /// Reads what the arms ask for, and makes the splits of each request (the first fold's).
    /// `watch` is told how far a large file has been read, `look` sees the base plan's parts
    /// before they are prepared.
    pub(crate) fn read(
        study: &Study,
        places: &Places,
        watch: &dyn Fn(LoadProgress),
        look: impl FnOnce(&DataRequest, &RawSplits) -> Result<(), StudyError>,
    ) -> Result<Data, StudyError> {
        let mut sources = Sources::watched(places, watch);
        let mut requests: Vec<(DataRequest, Option<Arc<RawSource>>)> = Vec::new();
        for request in study.arms.iter().map(|arm| &arm.plan.data) {
            if requests.iter().all(|(known, _)| known != request) {
                requests.push((request.clone(), Some(sources.get(request)?)));
            }
        }
        let made = Made { splits: VecDeque::new(), most: requests.len() };
        let mut data = Data { folds: study.folds, requests, made: Mutex::new(made) };
        if let Some((request, _)) = data.requests.first() {
            look(request, &data.raw(0, study.folds.map(|_| 0))?)?;
        }
        for at in 0..data.requests.len() {
            data.made(at, study.folds.map(|_| 0))?;
        }
        if study.folds.is_none() {
            data.requests.iter_mut().for_each(|(_, source)| *source = None);
        }
        Ok(data)
    }

    /// Lets so many splits stay in memory, where folds make more.
    pub(crate) fn keep(&self, jobs: usize) {
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        made.most = made.most.max(jobs);
    }

    /// What is asked for, each once.
    pub(crate) fn requests(&self) -> impl Iterator<Item = &DataRequest> {
        self.requests.iter().map(|(request, _)| request)
    }

    /// The splits of an arm's request and a fold, made now or before.
    ///
    /// # Errors
    /// When the fold cannot be made or prepared.
    pub(crate) fn splits(
        &self,
        request: &DataRequest,
        fold: Option<usize>,
    ) -> Result<Arc<Splits>, DataError> {
        let found = self.requests.iter().position(|(known, _)| known == request);
        self.made(found.expect("every arm's data were read"), fold)
    }

    fn made(&self, at: usize, fold: Option<usize>) -> Result<Arc<Splits>, DataError> {
        // Held while splits are made: what another trial makes is not made twice.
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        let known = |(of, in_fold, _): &(usize, _, _)| (*of, *in_fold) == (at, fold);
        if let Some(place) = made.splits.iter().position(known)
            && let Some(found) = made.splits.remove(place)
        {
            let splits = found.2.clone();
            made.splits.push_back(found);
            return Ok(splits);
        }
        let splits = Arc::new(self.raw(at, fold)?.prepare(&self.requests[at].0)?);
        made.splits.push_back((at, fold, splits.clone()));
        while made.splits.len() > made.most {
            made.splits.pop_front();
        }
        Ok(splits)
    }

    /// The parts of a request and a fold, before anything is fitted.
    fn raw(&self, at: usize, fold: Option<usize>) -> Result<RawSplits, DataError> {
        let (request, source) = &self.requests[at];
        let source = source.as_ref().expect("splits without folds are made once, and kept");
        match self.folds.zip(fold) {
            Some((folds, fold)) => source.fold(request, folds.fold(fold)),
            None => source.split(request),
        }
    }
}
