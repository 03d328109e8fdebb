//! x·mask/(1−p) in training, x in evaluation.

use wellfit_random::Key;

use super::operation::{Operation, Pass};
use super::{Parameter, Real};
use crate::random::{self, Columns};

#[derive(Debug)]
pub(super) struct Dropout {
    /// Values in a sample.
    pub width: usize,
    pub columns: Columns,
    /// Which dropout layer of the network it is.
    pub ordinal: u16,
    pub p: f64,
}

impl Dropout {
    /// What the mask makes of `x`, [rows, width]. A dropped NaN is 0.
    fn apply<T: Real>(&self, x: &[T], y: &mut Vec<T>, pass: Pass) {
        let Pass::Training { seed, step, .. } = pass else {
            return y.extend_from_slice(x);
        };
        let scale = T::from_f64(f64::from(random::dropout_scale(self.p)));
        let key = random::dropout_key(seed, self.ordinal, step);
        let kept = |e| self.keeps(key, e / self.width, e % self.width);
        y.extend(x.iter().enumerate().map(|(e, &x)| if kept(e) { x * scale } else { T::ZERO }));
    }

    fn keeps(&self, key: Key, row: usize, index: usize) -> bool {
        let (width, column) = (self.columns.width(), self.columns.column(index));
        random::keep(key, width, row, column, random::dropout_threshold(self.p))
    }
}

impl<T: Real> Operation<T> for Dropout {
    fn forward(&mut self, x: &[T], y: &mut Vec<T>, _: &mut [Parameter<T>], pass: Pass) {
        self.apply(x, y, pass);
    }

    fn backward(&mut self, _: &[T], dy: &[T], dx: &mut Vec<T>, _: &mut [Parameter<T>], pass: Pass) {
        self.apply(dy, dx, pass);
    }
}
