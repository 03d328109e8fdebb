//! Every number that a verdict turns on, with its reason. Losses are compared in shares of
//! the lowest validation loss, so that no verdict depends on a loss's unit.

/// Rows with a held-out figure from which a trend can be read at all: one to fall from, one
/// to be lowest, one to have risen.
pub const FEWEST_ROWS: usize = 3;

/// Rows from which "still falling" says something: every run falls fast in its first epochs.
pub const FEWEST_ROWS_TO_FALL: usize = 5;

/// Longer runs are averaged down to so many rows: more show no other shape and cost time.
pub const MOST_ROWS: usize = 256;

/// A rise of validation loss within this share of its lowest value is of no consequence:
/// nobody would train again to win it.
pub const MARGIN: f64 = 0.05;

/// A rise begins where it is above this share: the margin that arms of a study are compared by.
pub const BEGUN: f64 = crate::MARGIN;

/// Where the lowest loss is below this share of what guessing gives, changes are measured by
/// that: from 0.001 to 0.002 nothing is lost, and a change by [`MARGIN`] of it is a hundredth
/// of what there was to learn.
pub const SMALL_OF_GUESSING: f64 = 0.2;
/// The same as a share of the first value, where guessing is not known. That one may be
/// anything.
pub const SMALL_OF_FIRST: f64 = 0.02;

/// Training data are fitted when they cost at most this share of what guessing costs (of
/// the first value where that is not known), or
pub const FITTED: f64 = 0.1;
/// when so many of them are right: then the run did not stop too soon.
pub const FITTED_SCORE: f64 = 0.97;

/// Overfitting is said from this confidence on: of healthy runs at most 5 % are called overfit.
pub const DECIDED: f64 = 0.95;

/// Other verdicts are said from this confidence on. Calling a run healthy or underfit wrongly
/// costs less than a false alarm.
pub const LIKELY: f64 = 0.8;
/// That a run stopped too soon is said where it is likelier than not and what is to come is
/// known to within [`HARM`]: to train longer costs nothing but time, and to call the run healthy
/// would say that it is not so.
pub const MORE_LIKELY: f64 = 0.5;

/// A run is healthy when a rise of this share of the lowest loss can be excluded; with more
/// noise than that nobody can tell.
pub const HARM: f64 = 0.1;

/// From this rise on overfitting is of severity 2, of severity 3 from [`SEVERE`] on.
pub const MODERATE: f64 = 0.1;
/// See [`MODERATE`].
pub const SEVERE: f64 = 0.3;

/// The share of rows over which the two ends of a rise are averaged: single rows jump.
pub const WINDOW: f64 = 0.125;

/// What is assumed of the jitter from row to row before the curve is seen, as a share of the
/// loss: 1 % is common for small networks. Matters in short runs only.
pub const PRIOR_JITTER: f64 = 0.01;
/// How many rows that assumption weighs.
pub const PRIOR_ROWS: f64 = 2.0;
/// What a third difference is worth as a degree of freedom: four rows share in it, and the
/// median uses 37 % of what normal noise tells.
pub const DIFFERENCE_WORTH: f64 = 0.33;

/// Rows further than so many standard deviations from the median of their neighbours count
/// as if they were that far.
pub const CLIP: f64 = 3.0;

/// Curves that are drawn to find out what chance does.
pub const DRAWS: usize = 499;

/// The spread of a sample's loss as a share of the mean loss, times √(share of wrong
/// samples): most of a loss comes from the samples that are wrong.
pub const SPREAD_OF_WRONG: f64 = 0.85;
/// The same share where no accuracy is known. Squared errors of normal noise have √2, an
/// exponential distribution 1; losses of classifiers have 2 to 3.
pub const SPREAD: f64 = 2.0;
/// What a sample is worth as a degree of freedom of that spread: losses are as long-tailed as
/// an exponential distribution, whose kurtosis is 9, and a variance is then known as well as
/// from 2/(9 − 1) as many normal values (B. O'Neill, *Some useful moment results in sampling
/// problems*, The American Statistician 68, 2014).
pub const LOSS_WORTH: f64 = 0.25;
/// What is left of the spread in the difference of the same samples between the run's first
/// and last row: √(2(1 − ρ)) with a correlation ρ of 0.68.
pub const PAIRED: f64 = 0.8;

/// What is assumed of a validation set whose size nobody knows: a tenth of the data of a small
/// benchmark. Most sets that people train on hold out more; those that hold out less must say.
pub const ASSUMED_SIZE: usize = 1000;
/// The most that is said of a run whose validation set has an unknown size.
pub const MOST_WITHOUT_SIZE: f64 = 0.95;
/// How sure it is that a run diverged: what is left to doubt is the file.
pub const DIVERGED_CONFIDENCE: f64 = 0.99;

/// Different accuracies that it takes to tell the number of samples by their steps,
pub const FEWEST_STEPS: usize = 3;
/// up to so many samples,
pub const MOST_COUNTED: usize = 1_000_000;
/// where so few grids as coarse would hold them all by chance.
pub const STEPS_BY_CHANCE: f64 = 0.01;

/// A score is unchanged when a change of this much can be excluded, and overconfidence is said
/// of no other.
pub const SAME_SCORE: f64 = 0.03;

/// The gap is large from this share of the validation loss on, or
pub const LARGE_GAP: f64 = 0.3;
/// from this difference of scores on.
pub const LARGE_SCORE_GAP: f64 = 0.05;

/// Twice the data win about a quarter of the gap between training and validation loss: the
/// optimism of the training loss is as large as the excess of the validation loss, and both
/// go with 1/n (H. Akaike, *A new look at the statistical model identification*, IEEE
/// Transactions on Automatic Control 19, 1974).
pub const OF_GAP: f64 = 0.25;
/// The training set is memorised when that is at least this share of the validation loss or,
/// without losses,
pub const GAIN: f64 = MARGIN;
/// (this share, where the training loss was measured while training, with dropout and
/// augmentation in it and by a network that went on learning: then the gap is not the one that
/// the rule is about) and
pub const GAIN_IN_TRAINING_MODE: f64 = 0.1;
/// when the error on it is at most this share of the validation error (as in 1 wrong of 100
/// against 4), and
pub const MEMORISED: f64 = 0.25;
/// when at least this share of validation samples is wrong: with fewer there is little that
/// a remedy could win; each time where validation fell by less than the [`MARGIN`] over the
/// [last part](LAST_PART) of the run.
pub const MEMORISED_ERROR: f64 = 0.05;

/// What is left of the standard error of a validation figure in its difference to that of
/// another network: √(2(1 − ρ)) with a correlation ρ of 0.88. Healthy means that none is
/// better by [`HARM`].
pub const OTHER_NETWORK: f64 = 0.5;

/// Training is held back too much when the penalty has this share of the training loss, or
pub const PENALTY: f64 = 0.1;
/// when the loss in training mode is this many times that in evaluation mode, or
pub const TRAINING_MODE: f64 = 1.25;
/// when this share of what was learned, from guessing on, is lost in training mode (dropout
/// of 0.7 loses 0.25 to 0.4 of it, of 0.5 less than a tenth);
pub const LOST: f64 = 0.25;
/// each time where training data are not fitted and the gap is at most this share of the validation loss.
pub const NO_GAP: f64 = 0.1;
/// A layer is a bottleneck that passes on fewer numbers than this, whatever is learned: behind a
/// single number everything is a curve over one direction of the inputs; or
/// fewer than there are classes, less one, which is how many discriminants tell them apart
/// (R. A. Fisher, *The use of multiple measurements in taxonomic problems*, Annals of Eugenics 7,
/// 1936).
pub const FEWEST_UNITS: usize = 2;
/// How much such a verdict is worth at most.
pub const HELD_BACK_CONFIDENCE: f64 = 0.85;

/// Training is unstable when the loss on its data, in evaluation mode, jumps by this share
/// from row to row: it has no noise but the steps' own.
pub const JUMPS: f64 = 0.1;

/// A run stopped too soon when validation loss would fall by this share in as many epochs
/// again, and
pub const FAST: f64 = MARGIN;
/// As many epochs again as the run had win at least this many times what its last quarter won.
pub const HALF_AGAIN: f64 = 1.5;
/// No fall goes on unslowed: each quarter of a run falls by at most this part of the last.
pub const SLOWER: f64 = 0.9;
/// when the training loss fell by at least this part of what the validation loss fell by.
pub const WITH_TRAINING: f64 = 0.5;
/// The training loss is measured on more samples and has less luck in it; validation loss falls
/// by about this part of what it falls by,
pub const ALONG: f64 = 0.85;
/// with this standard deviation, in shares of it.
pub const ALONG_DOUBT: f64 = 0.3;
/// The last part of the run in which these falls are looked at.
pub const LAST_PART: f64 = 0.25;

/// A training loss above this share of what guessing gives (ln of the classes) has learned
/// next to nothing, however often it is right. Wrong labels are no excuse: a network that is
/// always as sure as it is often right, `a`, and shares the rest among the other classes, costs
/// −a·ln a − (1 − a)·ln((1 − a)/(classes − 1)), which is less from an accuracy of 0.7 of two
/// classes or 0.4 of ten on. It does not trust yet what it knows.
pub const NEAR_GUESSING: f64 = 0.9;
/// A training R² below this has learned next to nothing.
pub const NEAR_MEAN: f64 = 0.1;
/// Where the classes are not known: a training loss that fell by less than this share since
/// the first row has hardly moved,
pub const HARDLY: f64 = 0.05;
/// unless the training accuracy is this high: then there was little to learn. An accuracy that
/// is lower and rose by less has learned nothing that could be memorised.
pub const HIGH_SCORE: f64 = 0.8;
/// How much such a verdict is worth at most: the first row is not the untrained network.
pub const HARDLY_CONFIDENCE: f64 = 0.85;

/// A training loss this many times its first value, or
pub const EXPLODED: f64 = 1.2;
/// in a run that is shorter than [`FEWEST_ROWS_TO_FALL`] this many times: the means of a few
/// batches jump by tenths from epoch to epoch; or
pub const EXPLODED_SOON: f64 = 3.0;
/// this many times what guessing gives, has diverged, unless it is as low as never before.
pub const WORSE_THAN_GUESSING: f64 = wellfit_study::WORSE_THAN_GUESSING;
/// A validation loss this many times what guessing gives, where training data are not fitted.
pub const FAR_WORSE_THAN_GUESSING: f64 = 5.0;
/// Without a training loss: a validation loss this many times its first value. Overfitting
/// alone takes it well above its start.
pub const EXPLODED_HELD_OUT: f64 = 10.0;

/// Training is unstable when the training loss rises by this share along with the
/// validation loss.
pub const UNSTABLE: f64 = 0.1;

/// Validation loss is noisy when it jumps by this share from row to row.
pub const NOISY: f64 = 0.05;

/// A weight is extreme when it is this many times as large as the largest of as many normal
/// weights would be.
pub const EXTREME_WEIGHT: f64 = 2.0;
