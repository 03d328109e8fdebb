//! Labels at the ends of lines, moved apart where they would cover each other.

/// Moves heights apart until each is at least `room` from the next, as little as
/// possible in the order they are in, between `top` and `bottom`.
///
/// Returns the new heights in the order of `wanted`. When not all fit, the last ones
/// of `wanted` get `None`: callers put the important ones first.
pub fn spread(wanted: &[f64], room: f64, top: f64, bottom: f64) -> Vec<Option<f64>> {
    let fit = (((bottom - top) / room).floor().max(0.0) as usize + 1).min(wanted.len());
    let mut order: Vec<usize> = (0..fit).collect();
    order.sort_by(|a, b| wanted[*a].total_cmp(&wanted[*b]));

    // Neighbours that are too close become a block around their mean height, and
    // blocks that then touch become one.
    let mut blocks: Vec<(f64, usize)> = Vec::new();
    let place = |centre: f64, n: usize| {
        let height = (n - 1) as f64 * room;
        (centre - height / 2.0).clamp(top, (bottom - height).max(top))
    };
    for &index in &order {
        blocks.push((wanted[index].clamp(top, bottom.max(top)), 1));
        while let [.., (c1, n1), (c2, n2)] = blocks[..] {
            if place(c1, n1) + n1 as f64 * room <= place(c2, n2) + 1e-9 {
                break;
            }
            let n = n1 + n2;
            let centre = (c1 * n1 as f64 + c2 * n2 as f64) / n as f64;
            blocks.truncate(blocks.len() - 2);
            blocks.push((centre, n));
        }
    }
    let mut heights = vec![None; wanted.len()];
    let mut next = order.into_iter();
    for (centre, n) in blocks {
        let start = place(centre, n);
        for (i, index) in next.by_ref().take(n).enumerate() {
            heights[index] = Some(start + i as f64 * room);
        }
    }
    heights
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_that_do_not_touch_stay_where_they_are() {
        assert_eq!(spread(&[10.0, 50.0], 12.0, 0.0, 100.0), [Some(10.0), Some(50.0)]);
    }

    #[test]
    fn labels_at_one_height_are_set_apart_inside_the_room() {
        for height in [0.0, 50.0, 100.0] {
            let mut got: Vec<f64> =
                spread(&[height; 5], 12.0, 0.0, 100.0).into_iter().flatten().collect();
            got.sort_by(f64::total_cmp);
            assert_eq!(got.len(), 5);
            assert!(got[0] >= 0.0 && got[4] <= 100.0, "{got:?}");
            assert!(got.windows(2).all(|w| w[1] - w[0] >= 12.0 - 1e-6), "{got:?}");
        }
    }

    #[test]
    fn labels_for_which_there_is_no_room_are_left_out_from_the_end() {
        let got = spread(&[5.0; 20], 10.0, 0.0, 50.0);
        assert!(got[..6].iter().all(Option::is_some) && got[6..].iter().all(Option::is_none));
    }
}
