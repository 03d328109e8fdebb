//! Singular values without vectors, in f64.
//!
//! Householder reflections make a bidiagonal matrix (Golub & Van Loan, *Matrix
//! Computations*, 4th edition, section 5.4.8; a tall matrix is reduced to a triangle
//! before, section 5.4.9). Its singular values are the positive eigenvalues of a
//! tridiagonal matrix with a zero diagonal (section 8.6.1), which bisection finds by
//! counting (section 8.4.1): it cannot fail, and gives the same bits wherever it runs.
//! Values are right to a few units in the last place of the largest one.

use crate::summary::power_of_two;

/// A matrix at least so many times as tall as wide is made a triangle first.
const TALL: usize = 2;
/// Rows that are reduced together: a block of them stays in cache.
const BLOCK: usize = 32;
/// Values that are bisected side by side.
const LANES: usize = 8;

/// Floating-point operations that the singular values of a matrix with `rows` ≥
/// `columns` take, without those that n² bounds.
pub fn operations(rows: usize, columns: usize) -> f64 {
    let (m, n) = (rows as f64, columns as f64);
    if rows >= TALL * columns {
        2.0 * m * n * n + 8.0 / 3.0 * n * n * n
    } else {
        4.0 * m * n * n - 4.0 / 3.0 * n * n * n
    }
}

/// The singular values, descending, of a matrix that lies in `values` row by row, with
/// at least as many rows as columns and finite values. Its values are overwritten.
pub fn singular_values(values: &mut [f64], columns: usize) -> Vec<f64> {
    if columns == 0 || values.is_empty() {
        return Vec::new();
    }
    let largest = values.iter().fold(0.0f64, |largest, value| largest.max(value.abs()));
    if largest == 0.0 {
        return vec![0.0; columns];
    }
    // Near 1, squares neither overflow nor vanish; a power of two changes no digit. The
    // largest powers have an inverse that is not a normal number: hence the division.
    let scale = power_of_two(largest);
    values.iter_mut().for_each(|value| *value /= scale);
    let rows = values.len() / columns;
    let (diagonal, above) = if rows >= TALL * columns {
        bidiagonal(&mut triangle(values, columns), columns)
    } else {
        bidiagonal(values, columns)
    };
    let mut found = bisect(&diagonal, &above);
    found.iter_mut().for_each(|value| *value *= scale);
    found
}

/// A reflection I − τ·u·uᵀ with u₀ = 1 that maps a vector to (β, 0, …, 0).
struct Reflection {
    beta: f64,
    tau: f64,
}

/// The reflection of a vector; its place is taken by u.
fn reflect(x: &mut [f64]) -> Reflection {
    let first = x[0];
    let rest: f64 = x[1..].iter().map(|value| value * value).sum();
    if rest == 0.0 {
        x[0] = 1.0;
        return Reflection { beta: first, tau: 0.0 };
    }
    let beta = -(first * first + rest).sqrt().copysign(first);
    let scale = 1.0 / (first - beta);
    x[1..].iter_mut().for_each(|value| *value *= scale);
    x[0] = 1.0;
    Reflection { beta, tau: (beta - first) / beta }
}

/// The upper triangle R of a tall matrix A = QR, a square matrix row by row.
fn triangle(values: &[f64], n: usize) -> Vec<f64> {
    let mut r = vec![0.0; n * n];
    let mut block = vec![0.0; BLOCK * n];
    let mut u = [0.0; BLOCK + 1];
    let mut z = vec![0.0; n];
    for rows in values.chunks(BLOCK * n) {
        let block = &mut block[..rows.len()];
        block.copy_from_slice(rows);
        let height = rows.len() / n;
        for j in 0..n {
            let u = &mut u[..=height];
            u[0] = r[j * n + j];
            for (i, value) in u[1..].iter_mut().enumerate() {
                *value = block[i * n + j];
            }
            let Reflection { beta, tau } = reflect(u);
            let top = &mut r[j * n + j + 1..(j + 1) * n];
            let z = &mut z[j + 1..];
            z.copy_from_slice(top);
            for (row, u) in block.chunks_exact(n).zip(&u[1..]) {
                add(z, *u, &row[j + 1..]);
            }
            add(top, -tau, z);
            for (row, u) in block.chunks_exact_mut(n).zip(&u[1..]) {
                add(&mut row[j + 1..], -tau * u, z);
            }
            r[j * n + j] = beta;
        }
    }
    r
}

/// y += a·x
fn add(y: &mut [f64], a: f64, x: &[f64]) {
    for (y, x) in y.iter_mut().zip(x) {
        *y += a * x;
    }
}

/// x·y, in a fixed order.
fn dot(x: &[f64], y: &[f64]) -> f64 {
    let (x, x_rest) = x.as_chunks::<8>();
    let (y, y_rest) = y.as_chunks::<8>();
    let mut sums = [0.0; 8];
    for (x, y) in x.iter().zip(y) {
        for (sum, (x, y)) in sums.iter_mut().zip(x.iter().zip(y)) {
            *sum += x * y;
        }
    }
    let rest: f64 = x_rest.iter().zip(y_rest).map(|(x, y)| x * y).sum();
    sums.iter().sum::<f64>() + rest
}

/// The diagonal of the bidiagonal matrix that has the same singular values, and what
/// stands above it.
///
/// The update of a step, A − p·qᵀ − w·vᵀ, is not made until the next step passes over
/// the matrix anyway: two passes a step instead of four.
fn bidiagonal(a: &mut [f64], n: usize) -> (Vec<f64>, Vec<f64>) {
    let m = a.len() / n;
    let (mut diagonal, mut above) = (Vec::with_capacity(n), Vec::with_capacity(n - 1));
    let (mut p, mut q) = (vec![0.0; m], vec![0.0; n]);
    let (mut w, mut v) = (vec![0.0; m], vec![0.0; n]);
    let mut u = vec![0.0; m];
    let mut z = vec![0.0; n];
    for k in 0..n {
        let factors = u[k..].iter_mut().zip(p[k..].iter().zip(&w[k..]));
        for (row, (u, (p, w))) in a[k * n..].chunks_exact(n).zip(factors) {
            *u = row[k] - p * q[k] - w * v[k];
        }
        let Reflection { beta, tau } = reflect(&mut u[k..]);
        diagonal.push(beta);
        let next = k + 1;
        z[next..].fill(0.0);
        let factors = u[k..].iter().zip(p[k..].iter().zip(&w[k..]));
        for (row, (u, (p, w))) in a[k * n..].chunks_exact_mut(n).zip(factors) {
            update(&mut row[next..], &mut z[next..], *u, (*p, &q[next..]), (*w, &v[next..]));
        }
        z[next..].iter_mut().for_each(|value| *value *= tau);
        p.copy_from_slice(&u);
        q[next..].copy_from_slice(&z[next..]);
        if next == n {
            break;
        }
        let (z, v) = (&z[next..], &mut v[next..]);
        for (v, (a, z)) in v.iter_mut().zip(a[k * n + next..].iter().zip(z)) {
            *v = a - z;
        }
        let Reflection { beta, tau } = reflect(v);
        above.push(beta);
        let zv = dot(z, v);
        let factors = u[next..].iter().zip(&mut w[next..]);
        for (row, (u, w)) in a[next * n..].chunks_exact(n).zip(factors) {
            *w = tau * (dot(&row[next..], v) - u * zv);
        }
    }
    (diagonal, above)
}

/// row −= p·q + w·v, then z += u·row.
fn update(row: &mut [f64], z: &mut [f64], u: f64, (p, q): (f64, &[f64]), (w, v): (f64, &[f64])) {
    for ((a, z), (q, v)) in row.iter_mut().zip(z).zip(q.iter().zip(v)) {
        *a -= p * q + w * v;
        *z += u * *a;
    }
}

/// The singular values of a bidiagonal matrix, descending.
fn bisect(diagonal: &[f64], above: &[f64]) -> Vec<f64> {
    let n = diagonal.len();
    // The squares beside the zero diagonal: d₁², e₁², d₂², e₂², …, dₙ².
    let mut squares = Vec::with_capacity(2 * n);
    for (i, d) in diagonal.iter().enumerate() {
        squares.push(d * d);
        squares.extend(above.get(i).map(|e| e * e));
    }
    let sides = |i: usize| {
        let before = if i > 0 { squares[i - 1].sqrt() } else { 0.0 };
        before + squares.get(i).map_or(0.0, |square| square.sqrt())
    };
    // Gershgorin: no eigenvalue is beyond the largest sum of a row.
    let bound = (0..2 * n).map(sides).fold(0.0, f64::max) * (1.0 + 1e-12);
    let mut found = Vec::with_capacity(n);
    for first in (0..n).step_by(LANES) {
        let ranks: [usize; LANES] = std::array::from_fn(|lane| (first + lane).min(n - 1));
        let (mut low, mut high) = ([0.0; LANES], [bound; LANES]);
        loop {
            let middle: [f64; LANES] =
                std::array::from_fn(|lane| low[lane] + (high[lane] - low[lane]) / 2.0);
            let below = count(&squares, &middle);
            let mut open = false;
            for lane in 0..LANES {
                // 2n eigenvalues, of which n mirror the others.
                if below[lane] as usize > n + ranks[lane] {
                    high[lane] = middle[lane];
                } else {
                    low[lane] = middle[lane];
                }
                let width = high[lane] - low[lane];
                open |= width > f64::EPSILON * high[lane] && width > 1e-18 * bound;
            }
            if !open {
                break;
            }
        }
        let values = (0..LANES).map(|lane| low[lane] + (high[lane] - low[lane]) / 2.0);
        found.extend(values.take(n - first));
    }
    found.reverse();
    found
}

/// How many eigenvalues of the tridiagonal matrix with a zero diagonal lie below each
/// of `at` (Sylvester: as many as pivots of T − x·I are negative).
fn count(squares: &[f64], at: &[f64; LANES]) -> [u32; LANES] {
    // Every point is above 0, and so the first pivot, −x, below.
    let mut pivots = at.map(|x| -x);
    let mut below = [1; LANES];
    for square in squares {
        for ((pivot, below), at) in pivots.iter_mut().zip(&mut below).zip(at) {
            *pivot = -at - square / *pivot;
            // A pivot of 0 stands for one just below 0.
            if *pivot == 0.0 {
                *pivot = -f64::MIN_POSITIVE;
            }
            *below += u32::from(*pivot < 0.0);
        }
    }
    below
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Random values in (−1, 1) that are the same everywhere.
    fn noise(n: usize) -> Vec<f64> {
        let mut state = 1u64;
        let mut next = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (state >> 11) as f64 / (1u64 << 52) as f64 - 1.0
        };
        (0..n).map(|_| next()).collect()
    }

    fn close(found: &[f64], wanted: &[f64]) {
        assert_eq!(found.len(), wanted.len());
        for (a, b) in found.iter().zip(wanted) {
            assert!((a - b).abs() <= 1e-13 * wanted[0], "{found:?} is not {wanted:?}");
        }
    }

    #[test]
    fn known_matrices_have_their_singular_values() {
        close(&singular_values(&mut [3.0, 0.0, 0.0, -4.0], 2), &[4.0, 3.0]);
        close(&singular_values(&mut [1.0, 2.0, 2.0], 1), &[3.0]);
        // [[1, 1], [0, 1]]: the golden ratio and its inverse.
        let golden = (1.0 + 5f64.sqrt()) / 2.0;
        close(&singular_values(&mut [1.0, 1.0, 0.0, 1.0], 2), &[golden, 1.0 / golden]);
        close(&singular_values(&mut [0.0; 6], 2), &[0.0, 0.0]);
        assert!(singular_values(&mut [], 3).is_empty());
    }

    #[test]
    fn a_matrix_of_low_rank_has_zeros() {
        let (x, y) = (noise(40), noise(17));
        let mut values: Vec<f64> = x.iter().flat_map(|a| y.iter().map(move |b| a * b)).collect();
        let norm = |v: &[f64]| dot(v, v).sqrt();
        let found = singular_values(&mut values, 17);
        close(&found[..1], &[norm(&x) * norm(&y)]);
        assert!(found[1..].iter().all(|value| *value < 1e-14 * found[0]), "{found:?}");
    }

    #[test]
    fn tall_and_square_ways_agree() {
        // The same matrix with zeros below it takes the way over a triangle.
        let square = noise(30 * 30);
        let mut tall = square.clone();
        tall.resize(30 * 100, 0.0);
        close(&singular_values(&mut tall, 30), &singular_values(&mut square.clone(), 30));
    }

    #[test]
    fn scale_changes_nothing_but_the_scale() {
        let values = noise(12 * 7);
        let one = singular_values(&mut values.clone(), 7);
        for scale in [1e-300, 1e300] {
            let mut scaled: Vec<f64> = values.iter().map(|v| v * scale).collect();
            let found = singular_values(&mut scaled, 7);
            close(&found.iter().map(|v| v / scale).collect::<Vec<f64>>(), &one);
        }
    }

    proptest! {
        /// Σσ² = Σw², and Σσ⁴ is the squared norm of WᵀW.
        #[test]
        fn the_norms_of_a_matrix_are_those_of_its_singular_values(
            (rows, columns, values) in (1..14usize, 1..14usize).prop_flat_map(|(a, b)| {
                let (rows, columns) = (a.max(b), a.min(b));
                let values = prop::collection::vec(-1.0..1.0f64, rows * columns);
                (Just(rows), Just(columns), values)
            })
        ) {
            let column = |j: usize| (0..rows).map(|i| values[i * columns + j]).collect::<Vec<_>>();
            let mut fourth = 0.0;
            for i in 0..columns {
                for j in 0..columns {
                    fourth += dot(&column(i), &column(j)).powi(2);
                }
            }
            let second: f64 = values.iter().map(|v| v * v).sum();
            let found = singular_values(&mut values.clone(), columns);
            let power = |p| found.iter().map(|s: &f64| s.powi(p)).sum::<f64>();
            prop_assert!((power(2) - second).abs() <= 1e-12 * second.max(1e-12));
            prop_assert!((power(4) - fourth).abs() <= 1e-12 * fourth.max(1e-12));
            prop_assert!(found.windows(2).all(|pair| pair[0] >= pair[1]));
        }
    }
}
