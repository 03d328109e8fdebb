//! Samples that are nearly the same as others.
//!
//! Short vectors are thrown into cells by random directions (M. Datar, N. Immorlica, P. Indyk
//! and V. S. Mirrokni, "Locality-sensitive hashing scheme based on p-stable distributions",
//! 2004); those that share a cell are compared truly. How many pairs are so near by chance is
//! told from how pairs at larger distances grow in number.

use std::collections::HashSet;

use wellfit_stats::format::count as thousands;

use crate::effort::{Draw, drawn, key};
use crate::equal::apart;
use crate::finding::{EXAMPLES, Example, Finding, Kind, Level, Which, figure, percent};
use crate::parts::{Part, Parts};
use crate::profile::Profile;
use crate::sketch::{Scales, Sketch};
use crate::thresholds::{LEAK, NEAR_EXCESS, NEAR_IMAGES, NEAR_LEAST, NEAR_ROWS, REPEATS};
use crate::{Effort, Looked};

/// Entries of a short vector.
const SHORT: usize = 64;
/// Directions that make a cell, and how often cells are made: a pair at the largest distance
/// shares a cell at least once in 94 of 100 cases, a pair half as far nearly always.
const DIRECTIONS: usize = 10;
const TABLES: usize = 5;
/// The width of a cell over the distance that is looked for.
const CELL: f32 = 10.0;
/// How many others of a crowded cell a row is compared with.
const NEIGHBOURS: usize = 32;

/// A row, by part and sample.
type Place = (usize, u32);

/// Looks among `distinct` samples, one of each that are equal.
pub(crate) fn near(
    parts: &Parts<'_>,
    profiles: &[Profile],
    distinct: &[Place],
    effort: Effort,
) -> (Vec<Finding>, Option<Looked>) {
    let scales = Scales::of(parts, profiles);
    // One column of numbers has near neighbours everywhere.
    if scales.numbers() < 2 {
        return (Vec::new(), None);
    }
    let rows = chosen(distinct, effort.near_rows(parts.width()));
    let looked =
        Looked { what: "nearly equal samples".into(), rows: rows.len(), of: distinct.len() };
    let share = if parts.is_images() { NEAR_IMAGES } else { NEAR_ROWS };
    // Two rows drawn at random are √(2·columns) apart, in the columns' scales.
    let radius = share * (2.0 * scales.numbers() as f64).sqrt();
    let space = Space::new(parts, scales, rows, radius as f32);
    let Some(chance) = space.chance(effort.pairs()) else { return (Vec::new(), Some(looked)) };
    let pairs = space.pairs();
    let mut findings = Vec::new();
    for at in 1..parts.parts.len() {
        findings.extend(leaked(&space, at, &pairs, chance, share));
    }
    findings.extend(repeated(&space, &pairs, chance, share));
    (findings, Some(looked))
}

/// At most so many rows: of held-out parts up to half of them.
fn chosen(distinct: &[Place], most: usize) -> Vec<Place> {
    if distinct.len() <= most {
        return distinct.to_vec();
    }
    let (train, held_out): (Vec<Place>, Vec<Place>) = distinct.iter().partition(|row| row.0 == 0);
    let of_held_out = held_out.len().min(most / 2);
    let draw = |rows: &[Place], most, step| -> Vec<Place> {
        let rows_drawn = drawn(rows.len(), most, key(Draw::Near, step));
        rows_drawn.into_iter().map(|at| rows[at as usize]).collect()
    };
    [draw(&train, most - of_held_out, 0), draw(&held_out, of_held_out, 1)].concat()
}

/// Rows with their short vectors.
struct Space<'a> {
    parts: &'a Parts<'a>,
    scales: Scales,
    rows: Vec<Place>,
    short: Vec<f32>,
    len: usize,
    radius: f32,
    /// A number of each row's categories; empty without columns of them.
    categories: Vec<u64>,
}

impl<'a> Space<'a> {
    fn new(parts: &'a Parts<'a>, scales: Scales, rows: Vec<Place>, radius: f32) -> Space<'a> {
        let sketch = Sketch::new(parts.width(), SHORT, &mut key(Draw::Directions, 0).stream());
        let len = sketch.len;
        let mut short = vec![0.0; rows.len() * len];
        for (&(part, sample), to) in rows.iter().zip(short.chunks_exact_mut(len)) {
            sketch.row(&scales, &parts.parts[part], sample, to);
        }
        let hash = |&(part, sample): &Place| scales.category_hash(&parts.parts[part], sample);
        let categories = rows.iter().map(hash).collect();
        Space { parts, scales, rows, short, len, radius, categories }
    }

    fn row(&self, at: u32) -> &[f32] {
        &self.short[at as usize * self.len..][..self.len]
    }

    fn place(&self, at: u32) -> (&Part<'a>, u32) {
        let (part, sample) = self.rows[at as usize];
        (&self.parts.parts[part], sample)
    }

    fn short_distance(&self, a: u32, b: u32) -> f32 {
        self.row(a).iter().zip(self.row(b)).map(|(a, b)| (a - b) * (a - b)).sum()
    }

    /// The chance that two rows drawn at random are within the radius; beyond what pairs
    /// show, by the power law of their numbers at larger distances. `None` where too few
    /// pairs have the same categories to tell.
    fn chance(&self, pairs: usize) -> Option<f64> {
        let n = self.rows.len() as u64;
        if n < 20 {
            return None;
        }
        let mut stream = key(Draw::Pairs, 0).stream();
        let mut distances: Vec<f32> = Vec::with_capacity(pairs);
        for _ in 0..pairs {
            let (a, b) = (stream.below(n) as u32, stream.below(n) as u32);
            if a != b && self.categories[a as usize] == self.categories[b as usize] {
                distances.push(self.short_distance(a, b).sqrt());
            }
        }
        distances.sort_unstable_by(f32::total_cmp);
        let outer = (pairs / 100).min(distances.len() / 2);
        let inner = outer / 10;
        if inner < 2 {
            return None;
        }
        let within = distances.partition_point(|&distance| distance <= self.radius);
        if within >= inner {
            return Some(within as f64 / pairs as f64);
        }
        let (r1, r2) = (f64::from(distances[inner - 1]), f64::from(distances[outer - 1]));
        let growth = (outer as f64 / inner as f64).ln() / (r2 / r1).ln();
        let growth = if growth.is_finite() { growth.clamp(1.0, 60.0) } else { 1.0 };
        let share = inner as f64 / pairs as f64;
        Some(share * (f64::from(self.radius) / r1).powf(growth))
    }

    /// Pairs within the radius, the smaller place first, in order.
    fn pairs(&self) -> Vec<(u32, u32)> {
        let mut pairs = HashSet::new();
        let squared = self.radius * self.radius;
        // What a short vector says of a distance is only about right.
        let about = if self.len < self.parts.width() { 2.5 * squared } else { 1.001 * squared };
        for table in 0..TABLES {
            let cells = self.cells(table);
            for cell in cells.chunk_by(|a, b| a.0 == b.0) {
                for (i, &(_, _, a)) in cell.iter().enumerate() {
                    for &(_, _, b) in cell[i + 1..].iter().take(NEIGHBOURS) {
                        if self.short_distance(a, b) > about
                            || pairs.contains(&(a.min(b), a.max(b)))
                        {
                            continue;
                        }
                        let (one, other) = (self.place(a), self.place(b));
                        if self.scales.same_categories(one, other)
                            && self.scales.distance(one, other, squared) <= squared
                        {
                            pairs.insert((a.min(b), a.max(b)));
                        }
                    }
                }
            }
        }
        let mut pairs: Vec<(u32, u32)> = pairs.into_iter().collect();
        pairs.sort_unstable();
        pairs
    }

    /// Each row's cell and its place along one more direction, sorted.
    fn cells(&self, table: usize) -> Vec<(u64, i64, u32)> {
        let mut stream = key(Draw::Directions, 1 + table as u64).stream();
        let mut direction =
            || -> Vec<f32> { (0..self.len).map(|_| stream.normal() as f32).collect() };
        let directions: Vec<Vec<f32>> = (0..=DIRECTIONS).map(|_| direction()).collect();
        let offsets: Vec<f32> = (0..DIRECTIONS).map(|_| stream.uniform() as f32).collect();
        let width = CELL * self.radius;
        let along = |row: &[f32], direction: &[f32]| -> f32 {
            row.iter().zip(direction).map(|(x, g)| x * g).sum()
        };
        let cell = |at: u32| {
            let row = self.row(at);
            let hash = (0..DIRECTIONS).fold(self.categories[at as usize], |hash, d| {
                let step = (along(row, &directions[d]) / width + offsets[d]).floor() as i64;
                (hash ^ step as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(31)
            });
            let order = (along(row, &directions[DIRECTIONS]) / self.radius * 1024.0) as i64;
            (hash, order, at)
        };
        let mut cells: Vec<(u64, i64, u32)> = (0..self.rows.len() as u32).map(cell).collect();
        cells.sort_unstable();
        cells
    }

    fn count(&self, part: usize) -> usize {
        self.rows.iter().filter(|row| row.0 == part).count()
    }

    /// The pair as an example, the later part first.
    fn example(&self, (a, b): (u32, u32)) -> Example {
        let told = |at: u32| {
            let (part, sample) = self.place(at);
            (part.which, part.rows[sample as usize])
        };
        let (first, second) = (told(a), told(b));
        let ((of, sample), (other, other_sample)) = (self.place(a), self.place(b));
        let distance =
            self.scales.distance((of, sample), (other, other_sample), f32::INFINITY).sqrt();
        let typical = (2.0 * self.scales.numbers() as f32).sqrt();
        let share = figure(100.0 * f64::from(distance / typical));
        let value = Some(format!("{share} % of a usual distance apart"));
        Example { value, ..Example::pair(second.max(first), first.min(second)) }
    }

    fn examples(&self, pairs: &[(u32, u32)]) -> Vec<Example> {
        let mut shown: Vec<(f32, (u32, u32))> = pairs
            .iter()
            .map(|&(a, b)| {
                (self.scales.distance(self.place(a), self.place(b), f32::INFINITY), (a, b))
            })
            .collect();
        shown.sort_by(|a, b| a.0.total_cmp(&b.0));
        shown.iter().take(EXAMPLES).map(|&(_, pair)| self.example(pair)).collect()
    }
}

/// How many of `samples` have one of `others` as near, if it were for chance alone.
fn expected(samples: usize, others: usize, chance: f64) -> f64 {
    -(-(others as f64) * chance).exp_m1() * samples as f64
}

/// Whether so many are more than chance gives.
fn is_more(found: usize, expected: f64) -> bool {
    found >= NEAR_LEAST && found as f64 >= NEAR_EXCESS * expected
}

fn told(example: &Example) -> String {
    let name = |part: Option<Which>| part.unwrap_or(Which::Training).name();
    format!(
        "{} row {} and {} row {} are {}",
        name(example.part),
        example.row.unwrap_or(0),
        name(example.other_part),
        example.other_row.unwrap_or(0),
        example.value.as_deref().unwrap_or("near")
    )
}

fn leaked(
    space: &Space<'_>,
    at: usize,
    pairs: &[(u32, u32)],
    chance: f64,
    nearness: f64,
) -> Option<Finding> {
    let part_of = |row: u32| space.rows[row as usize].0;
    let across: Vec<(u32, u32)> = pairs
        .iter()
        .copied()
        .filter(|&(a, b)| {
            [part_of(a), part_of(b)] == [0, at] || [part_of(a), part_of(b)] == [at, 0]
        })
        .collect();
    let held_out = |&(a, b): &(u32, u32)| if part_of(a) == at { a } else { b };
    let found = across.iter().map(held_out).collect::<HashSet<u32>>().len();
    let (of, train) = (space.count(at), space.count(0));
    let expected = expected(of, train, chance);
    if !is_more(found, expected) {
        return None;
    }
    let which = space.parts.parts[at].which;
    let share = found as f64 / of as f64;
    let (level, threshold) =
        if share >= LEAK { (Level::Warning, LEAK) } else { (Level::Note, 0.0) };
    let examples = space.examples(&across);
    let evidence = format!(
        "{} of {} {} samples ({}) are nearly the same as one in training, less than {} % of a \
         usual distance apart; chance gives about {}: {}",
        thousands(found),
        thousands(of),
        which.name(),
        percent(found, of),
        figure(100.0 * nearness),
        figure(expected.round()),
        told(&examples[0])
    );
    let finding = Finding::new(Kind::NearLeak, level, evidence).of(which);
    Some(apart(space.parts, finding.measured(share, threshold).shown_by(examples), which))
}

fn repeated(
    space: &Space<'_>,
    pairs: &[(u32, u32)],
    chance: f64,
    nearness: f64,
) -> Option<Finding> {
    let in_training = |row: u32| space.rows[row as usize].0 == 0;
    let within: Vec<(u32, u32)> =
        pairs.iter().copied().filter(|&(a, b)| in_training(a) && in_training(b)).collect();
    let found = within.iter().map(|pair| pair.1).collect::<HashSet<u32>>().len();
    let of = space.count(0);
    let expected = expected(of, of / 2, chance);
    if !is_more(found, expected) {
        return None;
    }
    let share = found as f64 / of as f64;
    let (level, threshold) =
        if share >= REPEATS { (Level::Warning, REPEATS) } else { (Level::Note, 0.0) };
    let examples = space.examples(&within);
    let evidence = format!(
        "{} of {} training samples ({}) nearly repeat another, less than {} % of a usual \
         distance apart; chance gives about {}: {}",
        thousands(found),
        thousands(of),
        percent(found, of),
        figure(100.0 * nearness),
        figure(expected.round()),
        told(&examples[0])
    );
    Some(
        Finding::new(Kind::NearDuplicates, level, evidence)
            .measured(share, threshold)
            .shown_by(examples)
            .advise(
                "look at some: copies of one thing weigh more than others, and a random split \
                 puts them on both sides",
            ),
    )
}
