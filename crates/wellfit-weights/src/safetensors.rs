//! The header of a safetensors file: its length in eight bytes, then JSON, then values.
//! <https://huggingface.co/docs/safetensors/index#format>
//!
//! The crate `safetensors` wants the whole file in memory before it reads the header.

use std::cmp::Ordering;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::error::Fault;
use crate::file::{Listing, Skipped, TensorPlace, volume};
use crate::kernel::Order;
use crate::number::Number;

/// No model's header is longer.
const LONGEST: u64 = 1 << 24;
/// The name that holds notes instead of a tensor.
const NOTES: &str = "__metadata__";

/// A tensor as the header describes it.
#[derive(Deserialize)]
struct Described {
    dtype: String,
    shape: Vec<usize>,
    data_offsets: (u64, u64),
}

/// Lists the tensors of a file of `len` bytes, in the order of their names.
pub(crate) fn read(mut file: &File, len: u64) -> Result<Listing, Fault> {
    file.seek(SeekFrom::Start(0))?;
    let mut promised = [0; 8];
    if len < 8 {
        return Err(Fault::HeaderLength { promised: 8, found: len });
    }
    file.read_exact(&mut promised)?;
    let promised = u64::from_le_bytes(promised);
    if promised > len - 8 {
        return Err(Fault::HeaderLength { promised, found: len - 8 });
    }
    if promised > LONGEST {
        return Err(Fault::HeaderTooLong { promised, most: LONGEST });
    }
    let mut header = vec![0; promised as usize];
    file.read_exact(&mut header)?;
    list(&header, 8 + promised, len - 8 - promised)
}

/// Lists what a header describes; values begin at byte `start`, `found` bytes of them.
fn list(header: &[u8], start: u64, found: u64) -> Result<Listing, Fault> {
    let mut entries: Map<String, Value> =
        serde_json::from_slice(header).map_err(|error| Fault::Header(error.to_string()))?;
    let notes = entries.remove(NOTES);
    let order = order(notes.as_ref(), entries.keys());
    let (mut tensors, mut skipped, mut ranges) = (Vec::new(), Vec::new(), Vec::new());
    for (name, value) in entries {
        let described: Described = serde_json::from_value(value)
            .map_err(|error| Fault::tensor(&name, format!("is described wrongly: {error}")))?;
        let Described { dtype, shape, data_offsets: (begin, end) } = described;
        let bytes = end
            .checked_sub(begin)
            .ok_or_else(|| Fault::tensor(&name, format!("ends at {end}, before its {begin}")))?;
        let too_large = || Fault::tensor(&name, format!("has the impossible shape {shape:?}"));
        let count = volume(&shape).ok_or_else(too_large)?;
        if let Some(bits) = bits(&dtype) {
            let needed = count.checked_mul(bits).ok_or_else(too_large)?.div_ceil(8);
            if needed != bytes {
                let reason =
                    format!("needs {needed} bytes ({shape:?} of {dtype}), but has {bytes}");
                return Err(Fault::tensor(&name, reason));
            }
        }
        ranges.push((begin, end, name.clone()));
        match number(&dtype) {
            Some(number) => {
                let offset = start.saturating_add(begin);
                tensors.push(TensorPlace { name, number, shape, count, offset, strides: None });
            }
            None => skipped.push(Skipped { name, dtype, shape }),
        }
    }
    check(ranges, found)?;
    if tensors.is_empty() && skipped.is_empty() {
        return Err(Fault::NoTensors);
    }
    tensors.sort_by(|a, b| by_layer(&a.name, &b.name));
    skipped.sort_by(|a, b| by_layer(&a.name, &b.name));
    Ok(Listing { order, tensors, skipped, left: Vec::new() })
}

/// The tensors must cover the values without a gap and without meeting.
fn check(mut ranges: Vec<(u64, u64, String)>, found: u64) -> Result<(), Fault> {
    ranges.sort();
    let mut at = 0;
    for (begin, end, name) in ranges {
        match begin.cmp(&at) {
            Ordering::Less => {
                return Err(Fault::tensor(&name, "overlaps the tensor before it"));
            }
            Ordering::Greater => {
                let reason = format!("begins at {begin}, but the one before it ends at {at}");
                return Err(Fault::tensor(&name, reason));
            }
            Ordering::Equal => at = end,
        }
    }
    match at.cmp(&found) {
        Ordering::Greater => Err(Fault::Truncated { needed: at, found }),
        Ordering::Less => Err(Fault::Trailing { needed: at, found }),
        Ordering::Equal => Ok(()),
    }
}

/// The framework in the notes says how its convolutions lie; without notes the names
/// that frameworks give: `0.weight` is PyTorch's, `Conv_0.kernel` Keras' or Flax's.
fn order<'a>(notes: Option<&Value>, names: impl Iterator<Item = &'a String> + Clone) -> Order {
    let is_last = |name: &String, word| name.rsplit(['.', '/']).next() == Some(word);
    let any = |word| names.clone().any(|name| is_last(name, word));
    match notes.and_then(|notes| notes["format"].as_str()) {
        Some("pt") => Order::OutputsFirst,
        Some("tf" | "keras" | "flax" | "jax") => Order::OutputsLast,
        _ => match (any("weight"), any("kernel")) {
            (true, false) => Order::OutputsFirst,
            (false, true) => Order::OutputsLast,
            _ => Order::Guess,
        },
    }
}

fn number(dtype: &str) -> Option<Number> {
    match dtype {
        "F16" => Some(Number::F16),
        "BF16" => Some(Number::BF16),
        "F32" => Some(Number::F32),
        "F64" => Some(Number::F64),
        _ => None,
    }
}

/// Bits of a value, of types that are known.
fn bits(dtype: &str) -> Option<u64> {
    match dtype {
        "F64" | "I64" | "U64" | "C64" => Some(64),
        "F32" | "I32" | "U32" => Some(32),
        "F16" | "BF16" | "I16" | "U16" => Some(16),
        "BOOL" | "I8" | "U8" | "F8_E5M2" | "F8_E4M3" => Some(8),
        _ => None,
    }
}

/// The order in which people list tensors: `2.weight` before `10.weight`, and within a layer
/// its weight before its bias, and other tensors after these.
fn by_layer(a: &str, b: &str) -> Ordering {
    let ((layer, tensor), (other, another)) = (in_layer(a), in_layer(b));
    let rank = |tensor: &str| match tensor {
        "weight" | "kernel" => 0,
        "bias" => 1,
        _ => 2,
    };
    let within = rank(tensor).cmp(&rank(another)).then_with(|| by_number(tensor, another));
    by_number(layer, other).then(within)
}

/// A tensor's layer, and its name there.
fn in_layer(name: &str) -> (&str, &str) {
    name.rfind(['.', '/']).map_or(("", name), |at| (&name[..at], &name[at + 1..]))
}

/// Names in the order in which people count: `2.weight` before `10.weight`.
fn by_number(a: &str, b: &str) -> Ordering {
    let (mut a, mut b) = (a, b);
    loop {
        let (x, y) = (part(a), part(b));
        let is_number = |part: &str| part.starts_with(|c: char| c.is_ascii_digit());
        let order = if is_number(x) && is_number(y) {
            let (m, n) = (x.trim_start_matches('0'), y.trim_start_matches('0'));
            m.len().cmp(&n.len()).then(m.cmp(n)).then(x.len().cmp(&y.len()))
        } else {
            x.cmp(y)
        };
        if order.is_ne() || x.is_empty() {
            return order;
        }
        (a, b) = (&a[x.len()..], &b[y.len()..]);
    }
}

/// The digits at the start of a name, or what stands before the next digits.
fn part(name: &str) -> &str {
    let digit = |c: char| c.is_ascii_digit();
    let other = |c: char| !c.is_ascii_digit();
    let end = if name.starts_with(digit) { name.find(other) } else { name.find(digit) };
    &name[..end.unwrap_or(name.len())]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn words(header: &str, found: u64) -> String {
        match list(header.as_bytes(), 100, found) {
            Ok(_) => "fine".into(),
            Err(fault) => fault.to_string(),
        }
    }

    #[test]
    fn names_are_counted_as_people_do() {
        let mut names = ["10.weight", "2.weight", "2.bias", "a", "b2", "b10", "b02", ""];
        names.sort_by(|a, b| by_number(a, b));
        assert_eq!(names, ["", "2.bias", "2.weight", "10.weight", "a", "b2", "b02", "b10"]);
        // Longer than any integer type.
        let mut long = ["20000000000000000000000", "3", "10"];
        long.sort_by(|a, b| by_number(a, b));
        assert_eq!(long, ["3", "10", "20000000000000000000000"]);
    }

    #[test]
    fn a_layers_weight_comes_before_its_bias() {
        let mut names = [
            "b",
            "10.weight",
            "2.running_mean",
            "2.bias",
            "2.weight",
            "2.0.weight",
            "block/2/bias",
            "block/2/kernel",
            "block/1/bias",
            "w",
            "bias",
        ];
        names.sort_by(|a, b| by_layer(a, b));
        let listed = [
            "bias",
            "b",
            "w",
            "2.weight",
            "2.bias",
            "2.running_mean",
            "2.0.weight",
            "10.weight",
            "block/1/bias",
            "block/2/kernel",
            "block/2/bias",
        ];
        assert_eq!(names, listed);
    }

    #[test]
    fn a_header_that_lies_about_a_tensor_is_refused_with_its_name() {
        for (header, found, wanted) in [
            (r#"{"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#, 8, "fine"),
            (
                r#"{"w":{"dtype":"F32","shape":[3],"data_offsets":[0,8]}}"#,
                8,
                "tensor w needs 12 bytes",
            ),
            (r#"{"w":{"dtype":"F32","shape":[2],"data_offsets":[8,0]}}"#, 8, "tensor w ends at 0"),
            (
                r#"{"w":{"dtype":"F32","shape":[-2],"data_offsets":[0,8]}}"#,
                8,
                "tensor w is described wrongly",
            ),
            (
                r#"{"w":{"dtype":"F32","shape":[2],"data_offsets":[-8,0]}}"#,
                8,
                "tensor w is described wrongly",
            ),
            (r#"{"w":{"dtype":"F32","shape":[2]}}"#, 8, "missing field `data_offsets`"),
            (
                r#"{"w":{"dtype":"F32","shape":[4294967296,4294967296,16],"data_offsets":[0,8]}}"#,
                8,
                "impossible shape",
            ),
            (
                r#"{"w":{"dtype":"F64","shape":[4611686018427387904],"data_offsets":[0,0]}}"#,
                0,
                "impossible shape",
            ),
            (
                r#"{"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#,
                7,
                "truncated: its tensors need 8",
            ),
            (r#"{"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}"#, 9, "goes on after"),
            (
                r#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}}"#,
                12,
                "tensor b overlaps",
            ),
            (
                r#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[1],"data_offsets":[12,16]}}"#,
                16,
                "tensor b begins at 12, but the one before it ends at 8",
            ),
            (
                r#"{"w":{"dtype":"X9","shape":[2],"data_offsets":[0,18446744073709551615]}}"#,
                8,
                "truncated",
            ),
            ("[]", 0, "header is damaged"),
            ("{", 0, "header is damaged"),
            ("{}", 0, "holds no tensor"),
        ] {
            let got = words(header, found);
            assert!(got.contains(wanted), "{header}: {got}");
        }
    }

    #[test]
    fn the_framework_says_how_convolutions_lie() {
        let with = |format: &str| {
            let header = format!(
                r#"{{"__metadata__":{{"format":"{format}"}},"w":{{"dtype":"I64","shape":[],"data_offsets":[0,8]}}}}"#
            );
            let listing = list(header.as_bytes(), 0, 8).unwrap();
            assert_eq!(listing.skipped[0].dtype, "I64");
            listing.order
        };
        assert_eq!(with("pt"), Order::OutputsFirst);
        assert_eq!(with("flax"), Order::OutputsLast);
        assert_eq!(with("np"), Order::Guess);
    }

    #[test]
    fn without_a_framework_names_say_how_convolutions_lie() {
        let with = |names: &[&str]| {
            let names: Vec<String> = names.iter().map(|name| name.to_string()).collect();
            order(None, names.iter())
        };
        assert_eq!(with(&["0.weight", "0.bias"]), Order::OutputsFirst);
        assert_eq!(with(&["params/Conv_0/kernel", "params/Conv_0/bias"]), Order::OutputsLast);
        assert_eq!(with(&["conv.kernel"]), Order::OutputsLast);
        assert_eq!(with(&["weight", "kernel"]), Order::Guess);
        assert_eq!(with(&["w", "lightweight"]), Order::Guess);
    }

    proptest! {
        #[test]
        fn no_header_makes_it_panic(
            dtype in "F32|F64|I64|F4|Z", shape in prop::collection::vec(any::<usize>(), 0..4),
            begin in any::<u64>(), end in any::<u64>(), found in any::<u64>()
        ) {
            let header = format!(
                r#"{{"w":{{"dtype":"{dtype}","shape":{shape:?},"data_offsets":[{begin},{end}]}}}}"#
            );
            let _ = list(header.as_bytes(), u64::MAX - 4, found);
        }
    }
}
