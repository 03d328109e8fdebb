//! Protocol buffers, as far as a model file needs them: messages are written field by
//! field. <https://protobuf.dev/programming-guides/encoding/>

/// The kinds of value that a field's tag names.
const VARINT: u64 = 0;
const LENGTH: u64 = 2;
const FIXED32: u64 = 5;

/// A message that is being written.
#[derive(Default)]
pub struct Message(Vec<u8>);

impl Message {
    /// An empty message.
    pub fn new() -> Message {
        Message::default()
    }

    /// What was written.
    pub fn into_bytes(self) -> Vec<u8> {
        self.0
    }

    fn varint(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.0.push(value as u8 | 0x80);
            value >>= 7;
        }
        self.0.push(value as u8);
    }

    fn tag(&mut self, field: u32, kind: u64) {
        self.varint(u64::from(field) << 3 | kind);
    }

    /// An integer; negative ones take ten bytes.
    pub fn int(&mut self, field: u32, value: i64) {
        self.tag(field, VARINT);
        self.varint(value as u64);
    }

    /// A float32.
    pub fn float(&mut self, field: u32, value: f32) {
        self.tag(field, FIXED32);
        self.0.extend(value.to_le_bytes());
    }

    /// Bytes, or UTF-8 text.
    pub fn bytes(&mut self, field: u32, value: impl AsRef<[u8]>) {
        let value = value.as_ref();
        self.tag(field, LENGTH);
        self.varint(value.len() as u64);
        self.0.extend_from_slice(value);
    }

    /// Bytes of a known number that come one by one: a tensor is not held twice.
    pub fn stream(&mut self, field: u32, len: usize, values: impl Iterator<Item = u8>) {
        self.tag(field, LENGTH);
        self.varint(len as u64);
        let begin = self.0.len();
        self.0.reserve(len);
        self.0.extend(values);
        debug_assert_eq!(self.0.len() - begin, len);
    }

    /// A message inside this one.
    pub fn message(&mut self, field: u32, value: Message) {
        self.bytes(field, value.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The examples of the format's description.
    #[test]
    fn fields_are_written_as_the_formats_description_has_them() {
        let mut inner = Message::new();
        inner.int(1, 150);
        let mut message = Message::new();
        message.bytes(2, "testing");
        message.message(3, inner);
        message.float(4, 1.0);
        let wanted = b"\x12\x07testing\x1a\x03\x08\x96\x01\x25\x00\x00\x80\x3f";
        assert_eq!(message.into_bytes(), wanted);
    }

    #[test]
    fn a_negative_integer_takes_ten_bytes() {
        let mut message = Message::new();
        message.int(1, -1);
        let wanted = [[0x08].as_slice(), &[0xff; 9], &[0x01]].concat();
        assert_eq!(message.into_bytes(), wanted);
    }
}
