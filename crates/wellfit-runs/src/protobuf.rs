//! As much of protocol buffers as scalars in event files need.
//! <https://protobuf.dev/programming-guides/encoding/>

/// A field's value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Field<'a> {
    Varint(u64),
    Fixed64([u8; 8]),
    Fixed32([u8; 4]),
    Bytes(&'a [u8]),
}

/// A message's fields with their numbers, up to the first that makes no sense.
pub(crate) struct Fields<'a>(pub &'a [u8]);

impl<'a> Fields<'a> {
    fn varint(&mut self) -> Option<u64> {
        let mut value = 0;
        for i in 0..10 {
            let (&byte, rest) = self.0.split_first()?;
            self.0 = rest;
            value |= u64::from(byte & 0x7f).checked_shl(7 * i)?;
            if byte < 0x80 {
                return Some(value);
            }
        }
        None
    }

    fn take(&mut self, len: usize) -> Option<&'a [u8]> {
        let (bytes, rest) = self.0.split_at_checked(len)?;
        self.0 = rest;
        Some(bytes)
    }

    fn field(&mut self) -> Option<(u64, Field<'a>)> {
        let key = self.varint()?;
        let value = match key & 7 {
            0 => Field::Varint(self.varint()?),
            1 => Field::Fixed64(self.take(8)?.try_into().ok()?),
            2 => {
                let len = usize::try_from(self.varint()?).ok()?;
                Field::Bytes(self.take(len)?)
            }
            5 => Field::Fixed32(self.take(4)?.try_into().ok()?),
            _ => return None,
        };
        Some((key >> 3, value))
    }
}

impl<'a> Iterator for Fields<'a> {
    type Item = (u64, Field<'a>);

    fn next(&mut self) -> Option<(u64, Field<'a>)> {
        let field = self.field();
        if field.is_none() {
            self.0 = &[];
        }
        field
    }
}

/// A scalar of an event.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Scalar<'a> {
    pub tag: &'a str,
    pub value: f64,
}

/// An event's step and scalars: `Event { step = 2; summary = 5 { value = 1 } }`.
///
/// Since TensorFlow 2 a scalar is a tensor without dimensions, before it is a
/// `simple_value`; both are read.
pub(crate) fn event(bytes: &[u8]) -> (i64, Vec<Scalar<'_>>) {
    let (mut step, mut scalars) = (0, Vec::new());
    for field in Fields(bytes) {
        match field {
            (2, Field::Varint(value)) => step = value as i64,
            (5, Field::Bytes(summary)) => {
                let values = Fields(summary).filter_map(|field| match field {
                    (1, Field::Bytes(value)) => scalar(value),
                    _ => None,
                });
                scalars.extend(values);
            }
            _ => {}
        }
    }
    (step, scalars)
}

/// `Value { tag = 1; simple_value = 2; tensor = 8 }`.
fn scalar(bytes: &[u8]) -> Option<Scalar<'_>> {
    let (mut tag, mut value) = (None, None);
    for field in Fields(bytes) {
        match field {
            (1, Field::Bytes(bytes)) => tag = std::str::from_utf8(bytes).ok(),
            (2, Field::Fixed32(bytes)) => value = Some(f32::from_le_bytes(bytes).into()),
            (8, Field::Bytes(bytes)) => value = tensor(bytes),
            _ => {}
        }
    }
    Some(Scalar { tag: tag?, value: value? })
}

/// The value of a tensor with one element: `TensorProto { dtype = 1; tensor_content = 4;
/// float_val = 5; double_val = 6; int_val = 7; int64_val = 10 }`.
fn tensor(bytes: &[u8]) -> Option<f64> {
    const FLOAT: u64 = 1;
    const DOUBLE: u64 = 2;
    const INT32: u64 = 3;
    const INT64: u64 = 9;

    let (mut kind, mut content, mut listed) = (0, None, Vec::new());
    for field in Fields(bytes) {
        match field {
            (1, Field::Varint(value)) => kind = value,
            (4, Field::Bytes(bytes)) => content = Some(bytes).filter(|bytes| !bytes.is_empty()),
            (5, Field::Fixed32(bytes)) => listed.push(f32::from_le_bytes(bytes).into()),
            (6, Field::Fixed64(bytes)) => listed.push(f64::from_le_bytes(bytes)),
            (5, Field::Bytes(bytes)) => listed.extend(float(bytes)),
            (6, Field::Bytes(bytes)) => listed.extend(double(bytes)),
            (7 | 10, Field::Varint(value)) => listed.push(value as i64 as f64),
            (7 | 10, Field::Bytes(bytes)) => {
                let mut fields = Fields(bytes);
                listed.extend(
                    fields.varint().filter(|_| fields.0.is_empty()).map(|v| v as i64 as f64),
                );
            }
            _ => {}
        }
    }
    let value = match (kind, content) {
        (FLOAT, Some(bytes)) => float(bytes),
        (DOUBLE, Some(bytes)) => double(bytes),
        (INT32, Some(bytes)) => Some(i32::from_le_bytes(bytes.try_into().ok()?).into()),
        (INT64, Some(bytes)) => Some(i64::from_le_bytes(bytes.try_into().ok()?) as f64),
        _ => None,
    };
    let number = matches!(kind, FLOAT | DOUBLE | INT32 | INT64);
    value.or_else(|| listed.first().copied().filter(|_| number && listed.len() == 1))
}

fn float(bytes: &[u8]) -> Option<f64> {
    Some(f32::from_le_bytes(bytes.try_into().ok()?).into())
}

fn double(bytes: &[u8]) -> Option<f64> {
    Some(f64::from_le_bytes(bytes.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn bytes(number: u64, content: &[u8]) -> Vec<u8> {
        [vec![(number * 8 + 2) as u8, content.len() as u8], content.to_vec()].concat()
    }

    #[test]
    fn both_kinds_of_scalars_are_read() {
        // A field's key is its number times 8, plus 0 for a varint, 5 for four bytes.
        let half = 0.5_f32.to_le_bytes();
        let simple = [bytes(1, b"loss"), vec![2 * 8 + 5], half.to_vec()].concat();
        for tensor in [
            [vec![8, 1], bytes(4, &half)].concat(),
            [vec![8, 1], bytes(5, &half)].concat(),
            [vec![8, 1, 5 * 8 + 5], half.to_vec()].concat(),
            [vec![8, 2], bytes(4, &0.5_f64.to_le_bytes())].concat(),
        ] {
            let tensor = [bytes(1, b"loss"), bytes(8, &tensor)].concat();
            for value in [&simple, &tensor] {
                let event = [vec![2 * 8, 7], bytes(5, &bytes(1, value))].concat();
                let expected = Scalar { tag: "loss", value: 0.5 };
                assert_eq!(super::event(&event), (7, vec![expected]));
            }
        }
    }

    #[test]
    fn tensors_of_several_elements_are_no_scalars() {
        let two = [0.5_f32.to_le_bytes(), 0.25_f32.to_le_bytes()].concat();
        assert_eq!(tensor(&[vec![8, 1], bytes(4, &two)].concat()), None);
        assert_eq!(tensor(&[vec![8, 1], bytes(5, &two)].concat()), None);
        assert_eq!(tensor(&[vec![8, 7], bytes(8, b"words")].concat()), None);
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_harm(bytes: Vec<u8>) {
            event(&bytes);
            scalar(&bytes);
            tensor(&bytes);
        }
    }
}
