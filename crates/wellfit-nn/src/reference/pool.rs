//! The largest or the mean value of each window, channel by channel.

use super::operation::{Operation, Pass};
use super::windows::Windows;
use super::{Parameter, Real};

#[derive(Debug)]
pub(super) struct MaxPool2d {
    windows: Windows,
    /// For each output, where in its channel the largest value is.
    largest: Vec<usize>,
    margin: f64,
}

impl MaxPool2d {
    pub fn new(windows: Windows) -> Self {
        Self { windows, largest: Vec::new(), margin: f64::INFINITY }
    }
}

impl<T: Real> Operation<T> for MaxPool2d {
    fn forward(&mut self, x: &[T], y: &mut Vec<T>, _: &mut [Parameter<T>], pass: Pass) {
        self.largest.clear();
        for x in x.chunks(self.windows.area()) {
            for (_, place) in self.windows.places() {
                let mut taps = self.windows.taps(place).map(|(_, at)| at);
                let first = taps.next().expect("a window has a tap");
                // The first of equals; a NaN beats every number.
                let wins = |value: T, best: T| value > best || value.to_f64().is_nan();
                let best =
                    taps.fold(first, |best, at| if wins(x[at], x[best]) { at } else { best });
                if let Pass::Training { .. } = pass {
                    let behind = |(_, at): (usize, usize)| (x[best] - x[at]).to_f64();
                    // Equals come from equal sums (such as zeros behind a ReLU), not
                    // from rounding.
                    let gaps = self.windows.taps(place).map(behind).filter(|&gap| gap > 0.0);
                    self.margin = gaps.fold(self.margin, f64::min);
                }
                self.largest.push(best);
                y.push(x[best]);
            }
        }
    }

    fn backward(&mut self, x: &[T], dy: &[T], dx: &mut Vec<T>, _: &mut [Parameter<T>], _: Pass) {
        dx.resize(x.len(), T::ZERO);
        let places = self.windows.count.iter().product();
        let channels = dx.chunks_mut(self.windows.area()).zip(dy.chunks(places));
        for ((dx, dy), largest) in channels.zip(self.largest.chunks(places)) {
            for (&dy, &at) in dy.iter().zip(largest) {
                dx[at] += dy;
            }
        }
    }

    fn margin(&self) -> f64 {
        self.margin
    }
}

#[derive(Debug)]
pub(super) struct AvgPool2d {
    pub windows: Windows,
}

impl AvgPool2d {
    /// Values in a window.
    fn taps<T: Real>(&self) -> T {
        let [height, width] = self.windows.window.kernel;
        T::from_f64((height * width) as f64)
    }
}

impl<T: Real> Operation<T> for AvgPool2d {
    fn forward(&mut self, x: &[T], y: &mut Vec<T>, _: &mut [Parameter<T>], _: Pass) {
        for x in x.chunks(self.windows.area()) {
            for (_, place) in self.windows.places() {
                let sum = self.windows.taps(place).fold(T::ZERO, |sum, (_, at)| sum + x[at]);
                y.push(sum / self.taps());
            }
        }
    }

    fn backward(&mut self, x: &[T], dy: &[T], dx: &mut Vec<T>, _: &mut [Parameter<T>], _: Pass) {
        dx.resize(x.len(), T::ZERO);
        let places = self.windows.count.iter().product();
        for (dx, dy) in dx.chunks_mut(self.windows.area()).zip(dy.chunks(places)) {
            for (i, place) in self.windows.places() {
                for (_, at) in self.windows.taps(place) {
                    dx[at] += dy[i] / self.taps();
                }
            }
        }
    }
}
