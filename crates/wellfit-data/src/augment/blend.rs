//! Two samples of a batch made one.
//!
//! For each batch one share λ is drawn from Beta(α, α), and a permutation of the batch that
//! tells every sample its partner. A sample that is its own partner stays as it is.

use wellfit_random::Stream;

use super::beta::beta;
use super::image::Image;

/// How the samples of a batch are blended with their partners.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Blending {
    /// x′ = λ·x + (1−λ)·x̃ (H. Zhang, M. Cisse, Y. N. Dauphin and D. Lopez-Paz, *mixup:
    /// Beyond empirical risk minimization*, ICLR 2018).
    Mix {
        /// λ.
        share: f32,
    },
    /// The partner's values in a rectangle (S. Yun et al., *CutMix: Regularization strategy
    /// to train strong classifiers with localizable features*, ICCV 2019).
    Cut {
        /// Its first row and column.
        from: [usize; 2],
        /// What comes after its last.
        to: [usize; 2],
        /// The share of the image outside it.
        share: f32,
    },
}

impl Blending {
    /// A draw of mixup.
    pub fn mix(alpha: f64, stream: &mut Stream) -> Self {
        Blending::Mix { share: beta(alpha, stream) as f32 }
    }

    /// A draw of cutmix: the rectangle has √(1−λ) of the image's height and of its width,
    /// rounded down, and a centre drawn evenly among the pixels; what of it lies outside is
    /// cut off. The share is then that of the pixels that stay.
    pub fn cut(alpha: f64, Image { height, width }: Image, stream: &mut Stream) -> Self {
        let cut = (1.0 - beta(alpha, stream)).sqrt();
        let mut span = |size: usize| {
            let half = (size as f64 * cut) as usize / 2;
            let centre = stream.below(size as u64) as usize;
            (centre.saturating_sub(half), (centre + half).min(size))
        };
        let ((top, bottom), (left, right)) = (span(height), span(width));
        let inside = ((bottom - top) * (right - left)) as f64;
        let share = (1.0 - inside / (height * width) as f64) as f32;
        Blending::Cut { from: [top, left], to: [bottom, right], share }
    }

    /// The share of the own target.
    pub fn share(self) -> f32 {
        match self {
            Blending::Mix { share } | Blending::Cut { share, .. } => share,
        }
    }

    /// Makes `own` the blend with the partner's values `theirs`; `width` is an image's.
    pub fn apply(self, image: Option<Image>, own: &mut [f32], theirs: &[f32]) {
        match (self, image) {
            (Blending::Mix { share }, _) => {
                let blend = |(x, y): (&mut f32, &f32)| *x = share * *x + (1.0 - share) * *y;
                own.iter_mut().zip(theirs).for_each(blend);
            }
            (Blending::Cut { from: [top, left], to: [bottom, right], .. }, Some(image)) => {
                let mut theirs = theirs.chunks(image.height * image.width);
                image.channels(own, |channel| {
                    let theirs = theirs.next().expect("as many channels");
                    for row in top..bottom {
                        let columns = row * image.width + left..row * image.width + right;
                        channel[columns.clone()].copy_from_slice(&theirs[columns]);
                    }
                });
            }
            (Blending::Cut { .. }, None) => unreachable!("checked: cutmix is for images"),
        }
    }
}

#[cfg(test)]
mod tests {
    use wellfit_random::{Key, Purpose};

    use super::*;

    fn stream(seed: u64) -> Stream {
        Key { seed, purpose: Purpose::Augment, layer: 0, step: 0 }.stream()
    }

    #[test]
    fn the_share_of_a_cut_is_that_of_the_pixels_that_stay() {
        let image = Image { height: 7, width: 5 };
        let (mut none, mut some) = (0, 0);
        for seed in 0..500 {
            let blending = Blending::cut(1.0, image, &mut stream(seed));
            let (mut own, theirs) = (vec![1.0; 2 * 35], vec![0.0; 2 * 35]);
            blending.apply(Some(image), &mut own, &theirs);
            assert_eq!(own[..35], own[35..], "channels are cut alike");
            let stay = own[..35].iter().sum::<f32>() / 35.0;
            assert!((stay - blending.share()).abs() < 1e-6, "{blending:?}");
            none += usize::from(stay == 1.0);
            some += usize::from(stay < 1.0);
        }
        assert!(none > 20 && some > 200, "{none} without a cut, {some} with one");
    }

    #[test]
    fn a_mix_is_the_weighted_mean() {
        let mut own = [1.0, 2.0];
        Blending::Mix { share: 0.25 }.apply(None, &mut own, &[5.0, 10.0]);
        assert_eq!(own, [4.0, 8.0]);
    }
}
