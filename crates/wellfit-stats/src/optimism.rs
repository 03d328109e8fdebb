//! How much the best of many flatters itself.

/// What picking the best arm made of its figure.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Optimism {
    /// The arm with the largest mean.
    pub picked: usize,
    /// Its mean.
    pub apparent: f64,
    /// What the best arm gains on values that had no part in picking it.
    pub honest: f64,
}

impl Optimism {
    /// By how much the picked arm's mean is too good: an estimate, which may come out
    /// below zero.
    pub fn bias(&self) -> f64 {
        self.apparent - self.honest
    }
}

/// The optimism of picking the arm with the largest mean of `gains[arm][row][column]`:
/// what the arm gained with a seed (row) on a part of the validation samples (column);
/// more is better, and cells of one row and column belong together in all arms.
///
/// The largest of several means is too large, for it was picked among other reasons
/// for its luck; all the more so the more arms, the less they differ and the fewer
/// the seeds. The honest figure picks without a row and a column and looks at the
/// cell where they cross, for every cell: cross-validation around the choice (S. Varma,
/// R. Simon, *Bias in error estimation when using cross-validation for model
/// selection*, BMC Bioinformatics 7, 2006), in both sources of chance. The bias is
/// then estimated with nearly no bias of its own. Resampling the seeds, as a bootstrap
/// would, takes the differences that were found for the true ones and finds too little
/// where arms are alike. The estimate is a rough one with few seeds.
///
/// With one column there is only the chance of the rows. `None` with fewer than two
/// rows, no arm, tables that differ in shape, or a value that is not finite.
///
/// ```
/// let seeds = |gains: [f64; 3]| gains.iter().map(|&gain| vec![gain]).collect::<Vec<_>>();
/// let found = wellfit_stats::optimism(&[seeds([3.0, 0.0, 0.0]), seeds([0.0, 2.0, 0.0])]).unwrap();
/// assert_eq!((found.picked, found.apparent), (0, 1.0));
/// // No pick does well on the seed that it was made without.
/// assert_eq!(found.honest, 0.0);
/// ```
pub fn optimism(gains: &[Vec<Vec<f64>>]) -> Option<Optimism> {
    let rows = gains.first()?.len();
    let columns = gains.first()?.first()?.len();
    let fits = |row: &Vec<f64>| row.len() == columns && row.iter().all(|gain| gain.is_finite());
    if rows < 2
        || columns == 0
        || !gains.iter().all(|arm| arm.len() == rows && arm.iter().all(fits))
    {
        return None;
    }
    let sums: Vec<Sums> = gains.iter().map(|arm| Sums::of(arm)).collect();
    let mean = |arm: usize| sums[arm].all / (rows * columns) as f64;
    let picked = largest(gains.len(), mean);
    let honest: f64 = (0..rows)
        .flat_map(|row| (0..columns).map(move |column| (row, column)))
        .map(|(row, column)| {
            let chosen = largest(gains.len(), |arm| sums[arm].without(&gains[arm], row, column));
            gains[chosen][row][column]
        })
        .sum();
    Some(Optimism { picked, apparent: mean(picked), honest: honest / (rows * columns) as f64 })
}

/// The sums of an arm's table.
struct Sums {
    all: f64,
    rows: Vec<f64>,
    columns: Vec<f64>,
}

impl Sums {
    fn of(table: &[Vec<f64>]) -> Sums {
        let rows: Vec<f64> = table.iter().map(|row| row.iter().sum()).collect();
        let column = |column: usize| table.iter().map(|row| row[column]).sum();
        let columns = (0..table[0].len()).map(column).collect();
        Sums { all: rows.iter().sum(), rows, columns }
    }

    /// The sum of the cells in no such row and, where there are several, column.
    fn without(&self, table: &[Vec<f64>], row: usize, column: usize) -> f64 {
        let rest = self.all - self.rows[row];
        if self.columns.len() == 1 {
            rest
        } else {
            rest - self.columns[column] + table[row][column]
        }
    }
}

/// The arm with the largest figure, the first of equals.
fn largest(arms: usize, figure: impl Fn(usize) -> f64) -> usize {
    (1..arms).fold(0, |best, arm| if figure(arm) > figure(best) { arm } else { best })
}
