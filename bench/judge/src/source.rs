//! Data made for the benchmark: of each source as many fresh samples as one likes.

use wellfit::Dataset;
use wellfit::data::{Features, Preparation, Scale, Shape, Splits, Targets};

use crate::draw::{Draws, Group, stream};

/// Where made samples come from: all of one source follow one law.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Source {
    /// What a target is made from.
    pub law: Law,
    /// Inputs of a sample.
    pub inputs: usize,
    /// Classes; 0 for a number to predict.
    pub classes: usize,
    /// Standard deviation of what is added: to a number; to the scores of classes before
    /// the largest is taken; for [`Law::Clusters`] to the inputs.
    pub noise: f64,
    /// Share of labels that are drawn anew.
    pub label_noise: f64,
    /// Decides the law's own numbers.
    pub seed: u64,
}

/// What a target is made from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Law {
    /// Weighted sums of the inputs.
    Linear,
    /// A random network with a hidden layer of 8 tanh units.
    Teacher,
    /// Two clusters for each class.
    Clusters,
}

const HIDDEN: usize = 8;
const CLUSTERS: usize = 2;

impl Source {
    /// Numbers that a network gives: one for each class, or one.
    pub fn outputs(&self) -> usize {
        self.classes.max(1)
    }

    /// The law's own numbers.
    fn weights(&self) -> Vec<f64> {
        let n = match self.law {
            Law::Linear => self.outputs() * self.inputs,
            Law::Teacher => HIDDEN * self.inputs + self.outputs() * HIDDEN,
            Law::Clusters => self.outputs() * CLUSTERS * self.inputs,
        };
        let mut draws = stream(Group::Source, self.seed, 0);
        (0..n).map(|_| draws.normal()).collect()
    }

    /// `n` samples. Parts of different numbers are independent draws of the same law.
    pub fn draw(&self, part: u64, n: usize) -> Dataset {
        let weights = self.weights();
        let mut draws = stream(Group::Samples, self.seed, part);
        let mut labels = stream(Group::LabelNoise, self.seed, part);
        let mut values = Vec::with_capacity(n * self.inputs);
        let mut classes = Vec::with_capacity(n);
        let mut numbers = Vec::with_capacity(n);
        for _ in 0..n {
            let (sample, scores) = self.sample(&weights, &mut draws);
            values.extend(sample.iter().map(|&x| x as f32));
            if self.classes == 0 {
                numbers.push(scores[0] as f32);
            } else {
                let flipped = labels.uniform() < self.label_noise;
                let other = labels.below(self.classes);
                classes.push(if flipped { other } else { largest(&scores) } as u32);
            }
        }
        let targets = if self.classes == 0 {
            Targets::numbers(numbers, vec!["y".into()])
        } else {
            Targets::classes(classes, (0..self.classes).map(|class| class.to_string()).collect())
        };
        Dataset::new(Shape::Vector(self.inputs), Features::Floats(values.into()), targets)
            .expect("what is drawn is finite")
    }

    /// A sample's inputs, and its number or the scores of its classes.
    fn sample(&self, weights: &[f64], draws: &mut Draws) -> (Vec<f64>, Vec<f64>) {
        match self.law {
            Law::Linear => self.scored(draws, |x, output| {
                dot(&weights[output * self.inputs..], x) / (self.inputs as f64).sqrt()
            }),
            Law::Teacher => {
                let (first, second) = weights.split_at(HIDDEN * self.inputs);
                let unit =
                    |w: &[f64], x: &[f64]| (2.0 * dot(w, x) / (self.inputs as f64).sqrt()).tanh();
                self.scored(draws, |x, output| {
                    let hidden: Vec<f64> = first.chunks(self.inputs).map(|w| unit(w, x)).collect();
                    dot(&second[output * HIDDEN..], &hidden) / (HIDDEN as f64).sqrt()
                })
            }
            Law::Clusters => {
                let cluster = draws.below(self.outputs() * CLUSTERS);
                let centre = &weights[cluster * self.inputs..][..self.inputs];
                let x = centre.iter().map(|c| c + self.noise * draws.normal()).collect();
                let own = |output| f64::from(u8::from(output == cluster / CLUSTERS));
                (x, (0..self.outputs()).map(own).collect())
            }
        }
    }

    /// Normal inputs, and for each output what `clean` makes of them with the noise added.
    fn scored(
        &self,
        draws: &mut Draws,
        clean: impl Fn(&[f64], usize) -> f64,
    ) -> (Vec<f64>, Vec<f64>) {
        let x: Vec<f64> = (0..self.inputs).map(|_| draws.normal()).collect();
        let mut score = |output| clean(&x, output) + self.noise * draws.normal();
        let scores = (0..self.outputs()).map(&mut score).collect();
        (x, scores)
    }
}

/// The sum of products, as far as both go.
fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn largest(scores: &[f64]) -> usize {
    (1..scores.len()).fold(0, |best, i| if scores[i] > scores[best] { i } else { best })
}

/// The parts of a made set.
pub fn splits(train: Dataset, validation: Option<Dataset>) -> Splits {
    Splits {
        train,
        validation,
        test: None,
        preparation: Preparation::fixed(Scale::None).into(),
        validation_is_test: false,
        origin: "made by the benchmark".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_a_source_differ_and_a_part_is_the_same_always() {
        for (law, classes) in
            [(Law::Linear, 0), (Law::Teacher, 3), (Law::Teacher, 0), (Law::Clusters, 4)]
        {
            let source = Source { law, inputs: 5, classes, noise: 0.1, label_noise: 0.2, seed: 1 };
            let values = |part| match source.draw(part, 20).features() {
                Features::Floats(values) => values.to_vec(),
                Features::Bytes(_) | Features::Table(_) => Vec::new(),
            };
            assert_eq!(values(0), values(0));
            assert_ne!(values(0), values(1));
            assert_eq!(source.draw(0, 20).outputs(), source.outputs());
        }
    }

    #[test]
    fn label_noise_changes_labels_alone() {
        let clean = Source {
            law: Law::Teacher,
            inputs: 5,
            classes: 4,
            noise: 0.1,
            label_noise: 0.0,
            seed: 1,
        };
        let noisy = Source { label_noise: 0.4, ..clean.clone() };
        let labels = |source: &Source| Vec::from_iter(source.draw(0, 2000).labels_in_order());
        let pairs = labels(&clean).into_iter().zip(labels(&noisy));
        let changed = pairs.filter(|(clean, noisy)| clean != noisy).count();
        // 0.4 · 3/4 of 2000.
        assert!((540..660).contains(&changed), "{changed}");
    }
}
