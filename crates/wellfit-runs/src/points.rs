//! One column's figures, thinned when there are too many to keep.

/// A column of a run has at most so many points.
///
/// When there are more, every two neighbours become one, as often as needed: of training
/// figures the mean, of others the later one (one that is not finite stays). 100,000 is
/// more than any picture shows and than any judgement needs.
pub(crate) const MOST: usize = 100_000;

/// A figure and where it stands.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Point {
    pub at: f64,
    pub value: f64,
    /// Figures in this mean.
    pub weight: f64,
}

impl Point {
    /// The mean of both, where the later one stands.
    pub(crate) fn mean(self, later: Point) -> Point {
        let weight = self.weight + later.weight;
        let value = (self.value * self.weight + later.value * later.weight) / weight;
        Point { at: later.at, value, weight }
    }

    fn later(self, later: Point) -> Point {
        let lost = !self.value.is_finite() && later.value.is_finite();
        Point { value: if lost { self.value } else { later.value }, ..later }
    }
}

/// A column's figures in the order in which they came.
#[derive(Clone, Debug)]
pub(crate) struct Points {
    points: Vec<Point>,
    /// Whether figures that share a place are averaged; else the last counts.
    averaged: bool,
    /// Rows that make up a point.
    stride: u64,
    /// Rows in the last point.
    open: u64,
    step: Option<f64>,
    ordered: bool,
    most: usize,
    /// What happened on the way.
    pub tally: Tally,
}

/// What happened to a column's figures on the way.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Tally {
    /// Whether they had to be put in order.
    pub sorted: bool,
    /// Figures that another one for the same place took the place of.
    pub replaced: u64,
    /// Figures of other steps at a place that had one already.
    pub crowded: u64,
    /// Rows that make up a point: above 1 when they were thinned.
    pub stride: u64,
    /// All that came.
    pub seen: u64,
}

impl Points {
    /// No points yet. Training figures of several steps of an epoch are `averaged`.
    pub(crate) fn new(averaged: bool) -> Points {
        Points::with_most(averaged, MOST)
    }

    fn with_most(averaged: bool, most: usize) -> Points {
        Points {
            points: Vec::new(),
            averaged,
            stride: 1,
            open: 0,
            step: None,
            ordered: true,
            most,
            tally: Tally { stride: 1, ..Tally::default() },
        }
    }

    /// Whether all came in the order of their places.
    pub(crate) fn is_ordered(&self) -> bool {
        self.ordered && !self.tally.sorted
    }

    /// Where the last figure stands.
    pub(crate) fn last(&self) -> Option<f64> {
        Some(self.points.last()?.at)
    }

    /// Where all stand, in the order in which they came.
    pub(crate) fn places(&self) -> impl Iterator<Item = f64> {
        self.points.iter().map(|point| point.at)
    }

    /// All figures and where they stand, likewise.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Point> {
        self.points.iter()
    }

    /// How many points there are.
    pub(crate) fn len(&self) -> usize {
        self.points.len()
    }

    /// Adds a figure; `step` tells figures of the same place apart.
    pub(crate) fn push(&mut self, at: f64, step: Option<f64>, value: f64) {
        let point = Point { at, value, weight: 1.0 };
        let same_step = step.is_none() || self.step.is_none() || step == self.step;
        self.step = step;
        self.tally.seen += 1;
        if let Some(last) = self.points.last_mut() {
            if last.at == at {
                match same_step {
                    true if same(last.value, value) => return,
                    true => self.tally.replaced += 1,
                    false => self.tally.crowded += 1,
                }
                let mean = self.averaged && (!same_step || last.weight > 1.0);
                *last = if mean { last.mean(point) } else { point };
                return;
            }
            self.ordered &= last.at < at;
            if self.ordered && self.open < self.stride {
                self.open += 1;
                *last = if self.averaged { last.mean(point) } else { last.later(point) };
                return;
            }
        }
        self.points.push(point);
        self.open = 1;
        if self.points.len() >= self.most {
            self.tidy();
            if self.points.len() >= self.most / 2 {
                self.halve();
            }
        }
    }

    /// The same figures where `place` puts them; those that come together there are of
    /// different steps.
    pub(crate) fn moved(&self, place: impl Fn(f64) -> f64) -> Points {
        let mut moved = Points::with_most(self.averaged, self.most);
        for point in &self.points {
            moved.push(place(point.at), Some(point.at), point.value);
        }
        let Tally { sorted, crowded, .. } = moved.tally;
        moved.tally = Tally { sorted: sorted || self.tally.sorted, crowded, ..self.tally };
        moved
    }

    /// All points, strictly ascending.
    pub(crate) fn finish(mut self) -> (Vec<Point>, Tally) {
        self.tidy();
        (self.points, self.tally)
    }

    /// Puts them in order; of equals the later one stays.
    fn tidy(&mut self) {
        if self.ordered {
            return;
        }
        self.tally.sorted = true;
        self.ordered = true;
        self.points.sort_by(|a, b| a.at.total_cmp(&b.at));
        let (tally, averaged) = (&mut self.tally, self.averaged);
        self.points.dedup_by(|later, kept| {
            let equal = later.at == kept.at;
            if equal && !same(later.value, kept.value) {
                tally.replaced += 1;
                let mean = averaged && kept.weight > 1.0;
                *kept = if mean { kept.mean(*later) } else { *later };
            }
            equal
        });
    }

    fn halve(&mut self) {
        let join = if self.averaged { Point::mean } else { Point::later };
        self.points = self
            .points
            .chunks(2)
            .map(|two| two.iter().copied().reduce(join).expect("not empty"))
            .collect();
        self.stride *= 2;
        self.tally.stride = self.stride;
        self.open = self.stride;
    }
}

/// Equal, or both NaN.
fn same(a: f64, b: f64) -> bool {
    a == b || (a.is_nan() && b.is_nan())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn pushed(averaged: bool, most: usize, figures: &[(f64, f64)]) -> (Vec<Point>, Tally) {
        let mut points = Points::with_most(averaged, most);
        figures.iter().for_each(|&(at, value)| points.push(at, None, value));
        points.finish()
    }

    #[test]
    fn of_equals_the_last_is_kept() {
        let (points, tally) = pushed(false, 10, &[(1.0, 0.5), (2.0, 0.4), (2.0, 0.3), (1.0, 0.2)]);
        let kept: Vec<_> = points.iter().map(|point| (point.at, point.value)).collect();
        assert_eq!(kept, [(1.0, 0.2), (2.0, 0.3)]);
        assert_eq!((tally.sorted, tally.replaced), (true, 2));
    }

    #[test]
    fn a_figure_that_is_written_twice_is_no_repetition() {
        let (_, tally) =
            pushed(false, 10, &[(1.0, f64::NAN), (1.0, f64::NAN), (2.0, 1.0), (2.0, 1.0)]);
        assert_eq!((tally.sorted, tally.replaced), (false, 0));
    }

    #[test]
    fn steps_of_an_epoch_are_averaged_where_asked() {
        let mut points = Points::new(true);
        for (at, step, value) in
            [(0.0, 9.0, 1.0), (0.0, 19.0, 3.0), (0.0, 29.0, 5.0), (1.0, 39.0, 7.0)]
        {
            points.push(at, Some(step), value);
        }
        let (points, tally) = points.finish();
        assert_eq!(points.iter().map(|point| point.value).collect::<Vec<_>>(), [3.0, 7.0]);
        assert_eq!((tally.crowded, tally.replaced), (2, 0));
    }

    #[test]
    fn a_nan_survives_thinning() {
        let figures: Vec<_> =
            (0..1000).map(|i| (f64::from(i), if i == 333 { f64::NAN } else { 1.0 })).collect();
        for averaged in [true, false] {
            let (points, tally) = pushed(averaged, 16, &figures);
            assert!(tally.stride > 1);
            assert!(points.iter().any(|point| point.value.is_nan()));
        }
    }

    proptest! {
        #[test]
        fn however_many_come_few_are_kept_in_order_and_the_mean_stays(
            most in (2usize..20).prop_map(|half| 2 * half),
            values in prop::collection::vec(-1e3f64..1e3, 1..400),
            averaged: bool,
        ) {
            let figures: Vec<_> = values.iter().enumerate().map(|(i, &v)| (i as f64, v)).collect();
            let (points, tally) = pushed(averaged, most, &figures);
            prop_assert!(points.len() <= most);
            prop_assert!(points.windows(2).all(|two| two[0].at < two[1].at));
            prop_assert_eq!(points.last().unwrap().at, (values.len() - 1) as f64);
            prop_assert_eq!(tally.seen as usize, values.len());
            if averaged {
                let weight: f64 = points.iter().map(|point| point.weight).sum();
                let mean = points.iter().map(|point| point.value * point.weight).sum::<f64>() / weight;
                prop_assert_eq!(weight as usize, values.len());
                prop_assert!((mean - values.iter().sum::<f64>() / values.len() as f64).abs() < 1e-6);
            } else {
                prop_assert_eq!(points.last().unwrap().value, *values.last().unwrap());
            }
        }

        #[test]
        fn any_order_gives_the_same_points(
            mut figures in prop::collection::vec((0u8..200, -1e3f64..1e3), 1..60)
        ) {
            figures.sort_by_key(|&(at, _)| at);
            figures.dedup_by_key(|&mut (at, _)| at);
            let figures: Vec<_> = figures.into_iter().map(|(at, v)| (f64::from(at), v)).collect();
            let mut turned = figures.clone();
            turned.reverse();
            prop_assert_eq!(pushed(false, 1000, &figures).0, pushed(false, 1000, &turned).0);
        }
    }
}
