//! From where on something seen inside a network is a finding, and why from there.

/// Share of a ReLU layer's units that are 0 for every sample looked at.
///
/// A unit that fires for few samples is not dead, and with 32 samples one that fires for
/// 2 % of them looks so half the time: the share of a healthy sparse layer may be large.
/// "As much as 40 % of your network can be dead if the learning rate is too high"
/// (Karpathy, CS231n notes, "Neural Networks Part 1").
pub const DEAD: f64 = 0.5;

/// Share of a layer's values at an end of tanh or the sigmoid, where less than 2 or 4 % of
/// the steepest slope is left.
///
/// With half of them there, most of what the layer could pass back is lost (Glorot and
/// Bengio, "Understanding the difficulty of training deep feedforward neural networks",
/// 2010, section 3, on layers that saturate).
pub const SATURATED: f64 = 0.5;

/// Gradient of the first layer's values over that of the last's.
///
/// Default weights make it shrink by 0.41 a ReLU layer and by 0.14 a sigmoid layer (the
/// root of slope² times the variance 1/3 of a layer's sum): ten ReLU layers still learn
/// and stay above; six sigmoid layers do not. Below it a plain gradient step of the first
/// layer is lost in float32, whose weights have 1.2·10⁻⁷ of relative precision.
pub const VANISHING: f64 = 1e-5;

/// The same ratio, grown: a step that suits the last layer is a thousand times too large
/// for the first (Pascanu, Mikolov and Bengio, "On the difficulty of training recurrent
/// neural networks", 2013, section 2).
pub const EXPLODING: f64 = 1e3;

/// Norm of a step over the norm of the weights, after the first epoch: a hundred times the
/// 10⁻³ that is usual (Karpathy, CS231n notes, "Neural Networks Part 3", ratio of
/// weights to updates).
pub const LARGE_UPDATE: f64 = 0.1;

/// So many looks after the start are needed to say what most steps do: of two, one is that
/// after the first epoch, in which steps are large anyway.
pub const LEAST_LOOKS: usize = 3;

/// The same ratio in the very first step, which Adam takes with its full rate for every weight:
/// no weight is to move by more than its own size.
pub const LARGE_FIRST_UPDATE: f64 = 1.0;

/// The same at its largest: a thousandth of what is usual. A weight needs a million such
/// steps in one direction to become another.
pub const SMALL_UPDATE: f64 = 1e-6;

/// Loss before the first step over ln K, what guessing K classes alike costs. Weights
/// that are right for their layers start near 1.
pub const FIRST_LOSS: f64 = 2.0;

/// Size of the last hidden layer's values over the first's, before the first step, or its
/// inverse: "the variance of activations should stay the same from layer to layer"
/// (Glorot and Bengio, 2010, section 4.2). Default weights lose a factor of 0.41 a ReLU
/// layer, and biases keep the rest alive.
pub const SPREAD: f64 = 1e3;

/// The share of the loss before the first step that must have gone in the best of these
/// epochs at least.
pub const LEAST_FALL: f64 = 0.02;
/// Fewer epochs say nothing about a loss that does not fall.
pub const LEAST_EPOCHS: usize = 3;
/// Where the loss is below this share of what is to be known (the entropy of the classes),
/// or R² above it, there is little left to fall.
pub const LEARNED: f64 = 0.5;

/// Training samples of the largest class for one of the smallest. Studies take balanced
/// accuracy for their primary score earlier, from half of this on: that mends no data.
pub const IMBALANCE: f64 = 10.0;

/// Validation samples that a class must have before it matters that it is never
/// predicted: with ten, even a network that finds each with a chance of 26 % would have
/// predicted it with a chance of 95 %.
pub const CLASS_SAMPLES: u64 = 10;
