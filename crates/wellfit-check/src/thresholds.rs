//! From where on something in the data is a finding, and why from there.

/// Share of held-out samples that are in training, too, from which that is a warning.
///
/// A network knows those by heart. One in a hundred of them can move an accuracy by a point,
/// which is about what remedies differ by (and what the equivalence margin of a study is).
pub const LEAK: f64 = 0.01;

/// The same share from which figures mean nothing: most of what is measured is memory.
pub const LEAK_MEANINGLESS: f64 = 0.5;

/// Share of training samples that repeat another from which that is a warning: they weigh
/// twice, and a random split puts copies on both sides.
pub const REPEATS: f64 = 0.05;

/// Where chance explains this share of the equal samples found (columns that were
/// independent would give so many), they are no warning: the columns are coarse.
pub const BY_CHANCE: f64 = 0.3;

/// Share of training samples with the features of another but another target, from which
/// that is a warning: so many no network can get right.
pub const CONFLICTS: f64 = 0.01;

/// In regression two targets of equal features contradict each other when they differ by
/// more than so many standard deviations of the target.
pub const CONFLICT_SPREAD: f64 = 1.0;

/// Two images are nearly the same when their distance is this share of that of two images
/// drawn at random: five grey levels a pixel where those differ by a hundred, which is what
/// saving an image again as JPEG does.
pub const NEAR_IMAGES: f64 = 0.05;

/// The same for rows of numbers, by columns scaled to their spread: rounding, or noise in
/// the third digit.
pub const NEAR_ROWS: f64 = 0.01;

/// Pairs so near must be so many times what the density of the data lets expect
/// (P. Grassberger and I. Procaccia, "Measuring the strangeness of strange attractors",
/// Physica D 9, 1983: pairs within r grow as r to the power of the dimension).
pub const NEAR_EXCESS: f64 = 5.0;

/// Fewer samples than this that are nearly another are not worth a line.
pub const NEAR_LEAST: usize = 3;

/// Share of one value from which a column is nearly constant. In 5 of 1000 rows a network
/// can learn little from it, and a validation part of 100 rows may lack the others.
pub const NEARLY_CONSTANT: f64 = 0.995;

/// Rows that are needed to call a column nearly constant or an identifier.
pub const LEAST_ROWS: usize = 50;

/// Share of a column's values that must differ before it is called an identifier. Of whole
/// numbers drawn at random from twice as many as there are rows 79 % differ.
pub const IDENTIFIES: f64 = 0.9;

/// Whole numbers that hardly ever repeat are an identifier when they lie as close as this many to a row,
/// or rise from row to row.
pub const IDENTIFIER_GAP: f64 = 2.0;

/// Accuracy, area under the curve or R², each on rows that it was not fitted on, from which
/// one column alone gives the target away. Real columns are rarely so good: the best single
/// one of scikit-learn's tables has 0.97 (breast cancer) or less.
pub const GIVES_AWAY: f64 = 0.99;

/// Share of what the most frequent class leaves open that the column must close: accuracy
/// alone is high for any column where one class is nearly all.
pub const GIVES_AWAY_SKILL: f64 = 0.95;

/// Rows that are needed for it: below, an honest column of 95 % is without a miss too often.
pub const GIVES_AWAY_ROWS: usize = 80;

/// Training samples of the largest class for one of the smallest: from 10 to 1 on is usually
/// called imbalance (H. He and E. A. Garcia, "Learning from imbalanced data", 2009); the same
/// as what a verdict says of a run.
pub const IMBALANCE: f64 = 10.0;

/// Training samples that a class needs: from fewer a network learns samples, not a class.
pub const CLASS_SAMPLES: usize = 10;

/// Share of missing values in a column from which there is little left of it.
pub const MOSTLY_MISSING: f64 = 0.5;

/// A classifier that tells training from held-out samples must have an area under the
/// curve above ½ by this, with its whole 95 % interval. 0.05 is a shift of one column by
/// 0.18 standard deviations: of less the figures hardly change.
pub const DRIFT: f64 = 0.05;

/// Samples on each side that are needed to ask for it.
pub const DRIFT_ROWS: usize = 40;

/// Shares of classes in two parts differ when their total variation is this, and chance
/// gives as much in fewer than [`RARE`] of cases.
pub const TARGET_DRIFT: f64 = 0.05;

/// Two parts' targets of a regression differ when their distribution functions differ by
/// this somewhere (Kolmogorov and Smirnov's statistic), likewise.
pub const TARGET_DRIFT_KS: f64 = 0.1;

/// How rarely chance may give what is called a difference: in one of a thousand clean sets.
pub const RARE: f64 = 1e-3;

/// Largest over smallest spread of columns that are not scaled: one step of a gradient is
/// then a hundred times too large for the one or too small for the other (Y. LeCun and
/// others, "Efficient BackProp", 1998, section 4.3).
pub const SPREADS: f64 = 100.0;

/// A value is far out when it is beyond a quartile by so many times their distance (J. W.
/// Tukey, "Exploratory Data Analysis", 1977): of normal numbers two in a million.
pub const FAR_OUT: f64 = 3.0;

/// Share of values far out that is worth a note: an exponential distribution has 0.9 %.
pub const FAR_OUT_SHARE: f64 = 0.02;

/// A value so many times the quartiles' distance from the median rules the column's mean and
/// spread: standardised, everything else becomes one number.
pub const EXTREME: f64 = 1000.0;

/// A value that is far out, at an end of its column, and is that of this share of the rows
/// looks like a code (-999, 9999), not like a measurement.
pub const CODE_SHARE: f64 = 0.01;

/// Categories from which a column makes very many features, one each.
pub const MANY_CATEGORIES: usize = 100;

/// Rows a category has on average, below which they are hardly learned.
pub const ROWS_A_CATEGORY: f64 = 10.0;

/// Correlation (its size) from which two columns say the same.
pub const CORRELATED: f64 = 0.99;

/// Skewness (its size) of a target from which few large values rule the squared error: an
/// exponential distribution has 2, a log-normal one with σ = 1 has 6.
pub const SKEWED: f64 = 3.0;

/// Half the width of the 95 % interval of an accuracy of 90 %, from which remedies cannot
/// be told apart: 5 points, below 139 samples.
pub const WIDE: f64 = 0.05;

/// The same that is worth a note: 2 points, below 865 samples.
pub const RATHER_WIDE: f64 = 0.02;

/// Share of held-out samples with a category that training does not have, from which it is
/// a warning.
pub const UNKNOWN_CATEGORIES: f64 = 0.05;
