//! What augmentations make of samples.

use proptest::prelude::*;
use wellfit_data::{Augment, AugmentError, Augmenter, Shape};

const IMAGE: Shape = Shape::Image { channels: 3, height: 6, width: 5 };
const AREA: usize = 30;

/// Sample `i`: each channel is the first times 1, 2, 3; no value is 0.
fn read(i: u32, out: &mut [f32]) {
    for (at, x) in out.iter_mut().enumerate() {
        let (channel, pixel) = (at / AREA, at % AREA);
        *x = (channel + 1) as f32 * (1.0 + ((pixel * 7 + i as usize * 3) % 31) as f32);
    }
}

/// What the samples of an order become in an epoch, position by position.
fn epoch(list: &[Augment], seed: u64, epoch: u64, order: &[u32], batch: usize) -> Vec<Vec<f32>> {
    let augmenter = Augmenter::new(list, IMAGE, seed).unwrap();
    let epoch = augmenter.epoch(epoch, order, batch);
    let value = |position| {
        let mut out = vec![f32::NAN; 3 * AREA];
        // Whatever the last sample left.
        let mut scratch = vec![f32::NAN; epoch.scratch()];
        epoch.values(position, read, &mut out, &mut scratch);
        out
    };
    (0..order.len()).map(value).collect()
}

fn one(augment: Augment, of: u64, sample: u32) -> Vec<f32> {
    epoch(&[augment], 7, of, &[sample], 1).remove(0)
}

fn stored(sample: u32) -> Vec<f32> {
    let mut out = vec![0.0; 3 * AREA];
    read(sample, &mut out);
    out
}

fn all() -> Vec<Augment> {
    vec![
        Augment::Flip { p: 0.5 },
        Augment::FlipVertical { p: 0.5 },
        Augment::Shift { pixels: 2 },
        Augment::Crop { padding: 1 },
        Augment::Rotate { degrees: 30.0 },
        Augment::Zoom { by: 0.3 },
        Augment::Erase { p: 0.5, area: 0.3 },
        Augment::Brightness { by: 0.4 },
        Augment::Contrast { by: 0.4 },
        Augment::Noise { std: 0.1 },
        Augment::Mixup { alpha: 0.4 },
    ]
}

#[test]
fn a_flip_mirrors_every_row_of_every_channel_about_half_the_time() {
    let (mut mirrored, old) = (0, stored(4));
    for of in 1..=400 {
        let new = one(Augment::Flip { p: 0.5 }, of, 4);
        if new == old {
            continue;
        }
        mirrored += 1;
        for (new, old) in new.chunks(5).zip(old.chunks(5)) {
            assert!(new.iter().eq(old.iter().rev()));
        }
    }
    assert!((150..250).contains(&mirrored), "{mirrored}");
    let vertical = one(Augment::FlipVertical { p: 1.0 }, 1, 4);
    for (new, old) in vertical.chunks(AREA).zip(old.chunks(AREA)) {
        assert!(new.chunks(5).eq(old.chunks(5).rev()));
    }
    assert_eq!(one(Augment::Flip { p: 0.0 }, 1, 4), old);
}

#[test]
fn a_shift_moves_by_whole_pixels_and_zeros_come_in() {
    for augment in [Augment::Shift { pixels: 2 }, Augment::Crop { padding: 2 }] {
        let (old, mut seen) = (stored(9), std::collections::BTreeSet::new());
        for of in 1..=300 {
            let new = one(augment, of, 9);
            let fits = |&(down, along): &(isize, isize)| {
                (0..3 * AREA as isize).all(|at| {
                    let (row, column) = (at % 30 / 5 + down, at % 5 + along);
                    let inside = (0..6).contains(&row) && (0..5).contains(&column);
                    let wanted =
                        if inside { old[(at / 30 * 30 + row * 5 + column) as usize] } else { 0.0 };
                    new[at as usize] == wanted
                })
            };
            let moves = (-2..=2).flat_map(|down| (-2..=2).map(move |along| (down, along)));
            let found: Vec<_> = moves.filter(fits).collect();
            assert_eq!(found.len(), 1, "{new:?}");
            seen.extend(found);
        }
        assert_eq!(seen.len(), 25, "every move comes about");
    }
}

#[test]
fn an_erased_rectangle_is_as_large_as_it_may_be_and_the_same_in_every_channel() {
    let (mut erased, mut largest, old) = (0, 0, stored(2));
    for of in 1..=600 {
        let new = one(Augment::Erase { p: 0.5, area: 0.4 }, of, 2);
        let gone: Vec<usize> = (0..AREA).filter(|&i| new[i] == 0.0).collect();
        let kept = |channel: usize, i: usize| {
            new[channel * AREA + i] == if gone.contains(&i) { 0.0 } else { old[channel * AREA + i] }
        };
        assert!((0..3).all(|channel| (0..AREA).all(|i| kept(channel, i))));
        assert!(gone.len() <= 12, "{} of 30 pixels", gone.len());
        if let (Some(first), Some(last)) = (gone.first(), gone.last()) {
            let (rows, columns) = (last / 5 - first / 5 + 1, last % 5 - first % 5 + 1);
            assert_eq!(rows * columns, gone.len(), "a rectangle");
            erased += 1;
        }
        largest = largest.max(gone.len());
    }
    assert!((240..360).contains(&erased) && largest >= 10, "{erased}, {largest}");
}

#[test]
fn brightness_scales_contrast_keeps_the_mean_and_noise_has_its_spread() {
    let old = stored(1);
    let mean = |values: &[f32]| values.iter().sum::<f32>() / values.len() as f32;
    let (mut factors, mut noises) = (Vec::new(), Vec::new());
    for of in 1..=200 {
        let brighter = one(Augment::Brightness { by: 0.5 }, of, 1);
        let factor = brighter[0] / old[0];
        assert!(brighter.iter().zip(&old).all(|(new, old)| (new / old - factor).abs() < 1e-5));
        factors.push(factor);
        let harder = one(Augment::Contrast { by: 0.5 }, of, 1);
        assert!((mean(&harder) - mean(&old)).abs() < 1e-3);
        let factor = (harder[0] - mean(&old)) / (old[0] - mean(&old));
        assert!((0.5..=1.5).contains(&factor), "{factor}");
        let noisy = one(Augment::Noise { std: 0.25 }, of, 1);
        noises.extend(noisy.iter().zip(&old).map(|(new, old)| f64::from(new - old)));
    }
    assert!(factors.iter().all(|f| (0.5..=1.5).contains(f)));
    assert!(factors.iter().any(|&f| f < 0.6) && factors.iter().any(|&f| f > 1.4));
    let n = noises.len() as f64;
    let mean = noises.iter().sum::<f64>() / n;
    let std = (noises.iter().map(|x| x * x).sum::<f64>() / n).sqrt();
    // Five standard errors of 18,000 draws.
    assert!(mean.abs() < 0.0094 && (std - 0.25).abs() < 0.0066, "{mean}, {std}");
}

/// Channels are read alike: the second stays twice the first, the third three times it.
#[test]
fn whatever_is_done_to_an_image_is_done_to_all_its_channels() {
    for augment in all() {
        if matches!(augment, Augment::Noise { .. } | Augment::Contrast { .. }) {
            continue;
        }
        for of in 1..=20 {
            let new = one(augment, of, 5);
            for (i, first) in new[..AREA].iter().enumerate() {
                let others = [new[AREA + i] / 2.0, new[2 * AREA + i] / 3.0];
                assert!(others.iter().all(|x| (x - first).abs() < 1e-4), "{augment:?}");
            }
        }
    }
}

#[test]
fn a_sample_comes_out_the_same_wherever_it_is_in_the_order() {
    let mut list = all();
    list.pop();
    let order: Vec<u32> = (0..20).collect();
    let other: Vec<u32> = (0..20).rev().collect();
    let (one, two) = (epoch(&list, 3, 2, &order, 4), epoch(&list, 3, 2, &other, 7));
    for (i, values) in one.iter().enumerate() {
        assert_eq!(*values, two[19 - i]);
    }
    assert_ne!(one, epoch(&list, 3, 3, &order, 4), "another epoch");
    assert_ne!(one, epoch(&list, 4, 2, &order, 4), "another seed");
}

/// What is put before it moves no draw of an augmentation; a second of its kind has its own.
#[test]
fn augmentations_draw_for_themselves() {
    let (shift, none) = (Augment::Shift { pixels: 2 }, Augment::Flip { p: 0.0 });
    let order: Vec<u32> = (0..20).collect();
    assert_eq!(epoch(&[shift], 1, 1, &order, 4), epoch(&[none, shift], 1, 1, &order, 4));
    let noise = Augment::Noise { std: 1.0 };
    let twice = epoch(&[noise, noise], 1, 1, &order, 4);
    for (i, once) in epoch(&[noise], 1, 1, &order, 4).iter().enumerate() {
        let old = stored(i as u32);
        let same = |at: &usize| {
            let (first, both) = (once[*at] - old[*at], twice[i][*at] - old[*at]);
            (both - 2.0 * first).abs() < 1e-4
        };
        assert!((0..90).filter(same).count() < 10);
    }
}

#[test]
fn a_blend_has_one_share_a_batch_and_partners_from_it() {
    let list = [Augment::Shift { pixels: 1 }, Augment::Mixup { alpha: 1.0 }];
    let order: Vec<u32> = (0..22).map(|i| (i * 5) % 22).collect();
    let augmenter = Augmenter::new(&list, IMAGE, 5).unwrap();
    let blended = augmenter.epoch(4, &order, 8);
    let shifted = epoch(&list[..1], 5, 4, &order, 8);
    let mixed = epoch(&list, 5, 4, &order, 8);
    let (mut partners, mut shares) = (Vec::new(), Vec::new());
    for (position, &sample) in order.iter().enumerate() {
        let Some((other, share)) = blended.blend(position) else {
            partners.push(sample);
            assert_eq!(mixed[position], shifted[position]);
            continue;
        };
        let at = order.iter().position(|&i| i == other).unwrap();
        assert_eq!(at / 8, position / 8, "of the same batch");
        partners.push(other);
        shares.push((position / 8, share));
        for ((x, own), theirs) in mixed[position].iter().zip(&shifted[position]).zip(&shifted[at]) {
            assert!((x - (share * own + (1.0 - share) * theirs)).abs() < 1e-4);
        }
    }
    shares.dedup();
    assert_eq!(shares.len(), 3, "one for each batch: {shares:?}");
    partners.sort_unstable();
    assert_eq!(partners, (0..22).collect::<Vec<u32>>(), "each is a partner once");
}

#[test]
fn what_does_not_fit_the_samples_is_refused() {
    let new = |list: &[Augment], shape| Augmenter::new(list, shape, 0).map(|_| ());
    let (noise, mixup) = (Augment::Noise { std: 0.1 }, Augment::Mixup { alpha: 0.2 });
    assert_eq!(new(&[noise, mixup], Shape::Vector(3)), Ok(()));
    for augment in all().into_iter().chain([Augment::Cutmix { alpha: 1.0 }]) {
        let error = new(&[noise, augment], Shape::Vector(12));
        if matches!(augment, Augment::Noise { .. } | Augment::Mixup { .. }) {
            assert_eq!(error, Ok(()));
            continue;
        }
        let error = error.unwrap_err();
        assert_eq!(error.index(), 1);
        let message = error.to_string();
        let wanted = format!("{} is for images, but a sample is 12 values", augment.name());
        assert!(message.starts_with(&wanted), "{message}");
    }
    let far = new(&[Augment::Shift { pixels: 5 }], IMAGE).unwrap_err().to_string();
    assert_eq!(far, "shift has pixels = 5, which must be below the 3×6×5 image's smaller side");
    assert_eq!(
        new(&[mixup, Augment::Cutmix { alpha: 1.0 }], IMAGE),
        Err(AugmentError::Twice { index: 1 })
    );
    assert!(matches!(new(&[noise; 257], IMAGE), Err(AugmentError::TooMany { index: 256, .. })));
}

/// These numbers are part of results: they never change without a word in the changelog.
#[test]
fn what_is_drawn_is_known() {
    let mut list = all();
    list.insert(10, Augment::Shift { pixels: 1 });
    let values = epoch(&list, 42, 3, &[3, 1, 4, 0, 2], 3).concat();
    let bytes = values.iter().flat_map(|x| x.to_bits().to_le_bytes());
    let hash = bytes.fold(0xcbf2_9ce4_8422_2325u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    assert_eq!(hash, 0x626a_c213_aa86_2411, "{hash:#x}");
}

fn augments() -> impl Strategy<Value = Vec<Augment>> {
    prop::sample::subsequence(all(), 0..=11)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]
    #[test]
    fn any_list_gives_finite_values_that_depend_on_nothing_else(
        list in augments(), seed: u64, of in 1u64..1 << 32, batch in 1usize..9,
    ) {
        let order: Vec<u32> = (0..9).collect();
        let values = epoch(&list, seed, of, &order, batch);
        prop_assert!(values.iter().flatten().all(|x| x.is_finite()));
        prop_assert_eq!(epoch(&list, seed, of, &order, batch), values);
    }
}
