//! A pickle of tensors, read without running anything.
//!
//! A pickle is a program for a small stack machine
//! (<https://docs.python.org/3/library/pickletools.html>). This machine knows the
//! instructions that `torch.save` writes for a state dict and the handful of classes
//! and functions that occur in one. They are records here, never code: any other name
//! ends the reading with an error that says it.

use std::collections::HashMap;
use std::rc::Rc;

use crate::error::{PickleFault as Fault, shown};

/// An object by its place in [`Pickle::objects`].
pub(crate) type Id = u32;

/// More objects than any state dict has.
const MOST_OBJECTS: usize = 4_000_000;
/// More dimensions than PyTorch's tensors have.
const MOST_DIMENSIONS: usize = 64;
/// No class or function of PyTorch has a longer name.
const LONGEST_NAME: usize = 100;

/// What a pickle held.
pub(crate) struct Pickle {
    pub objects: Vec<Object>,
    pub root: Id,
}

/// An object of a state dict.
#[derive(Debug)]
pub(crate) enum Object {
    /// None, a truth value or a float: nothing that is looked at.
    Other,
    Int(i64),
    Text(Rc<str>),
    Tuple(Vec<Id>),
    List(Vec<Id>),
    Dict(Vec<(Id, Id)>),
    /// A class or function that is allowed, as `module.name`.
    Global(Rc<str>),
    Storage(Rc<Storage>),
    Tensor(Box<Tensor>),
}

/// The values behind tensors.
#[derive(Debug)]
pub(crate) struct Storage {
    /// `torch.FloatStorage`, or `torch.storage.UntypedStorage`.
    pub class: Rc<str>,
    /// The name of its file in the archive.
    pub key: Rc<str>,
    /// Values; bytes of an untyped one.
    pub len: i64,
}

/// A view of a storage.
#[derive(Debug)]
pub(crate) struct Tensor {
    pub storage: Rc<Storage>,
    /// Its type, where the storage does not say: `torch.float8_e5m2`.
    pub dtype: Option<Rc<str>>,
    /// In values.
    pub offset: i64,
    pub shape: Vec<i64>,
    /// In values.
    pub strides: Vec<i64>,
}

impl Pickle {
    /// Reads a pickle to its end.
    pub(crate) fn read(bytes: &[u8]) -> Result<Pickle, Fault> {
        let machine = Machine {
            bytes,
            at: 0,
            start: 0,
            objects: Vec::new(),
            stack: Vec::new(),
            marks: Vec::new(),
            memo: HashMap::new(),
        };
        machine.run()
    }

    pub(crate) fn object(&self, id: Id) -> &Object {
        &self.objects[id as usize]
    }
}

struct Machine<'a> {
    bytes: &'a [u8],
    at: usize,
    /// Where the instruction begins.
    start: usize,
    objects: Vec<Object>,
    stack: Vec<Id>,
    /// Heights of the stack where marks were set.
    marks: Vec<usize>,
    memo: HashMap<u32, Id>,
}

impl<'a> Machine<'a> {
    fn run(mut self) -> Result<Pickle, Fault> {
        loop {
            self.start = self.at;
            match self.byte()? {
                // PROTO, FRAME
                0x80 => {
                    self.byte()?;
                }
                0x95 => {
                    self.take(8)?;
                }
                b'.' => {
                    let root = self.pop()?;
                    return Ok(Pickle { objects: self.objects, root });
                }
                code => self.step(code)?,
            }
        }
    }

    fn step(&mut self, code: u8) -> Result<(), Fault> {
        match code {
            b'(' => self.marks.push(self.stack.len()),
            // NONE, NEWTRUE, NEWFALSE
            b'N' | 0x88 | 0x89 => self.push(Object::Other)?,
            // BININT, BININT1, BININT2
            b'J' => {
                let int = i32::from_le_bytes(self.array()?);
                self.push(Object::Int(int.into()))?;
            }
            b'K' => {
                let int = self.byte()?;
                self.push(Object::Int(int.into()))?;
            }
            b'M' => {
                let int = u16::from_le_bytes(self.array()?);
                self.push(Object::Int(int.into()))?;
            }
            0x8a => self.long()?,
            // BINFLOAT
            b'G' => {
                self.take(8)?;
                self.push(Object::Other)?;
            }
            // BINUNICODE, SHORT_BINUNICODE, BINUNICODE8
            b'X' => {
                let len = u32::from_le_bytes(self.array()?).into();
                self.text(len)?;
            }
            0x8c => {
                let len = self.byte()?.into();
                self.text(len)?;
            }
            0x8d => {
                let len = u64::from_le_bytes(self.array()?);
                self.text(len)?;
            }
            // EMPTY_TUPLE, TUPLE, TUPLE1, TUPLE2, TUPLE3
            b')' => self.push(Object::Tuple(Vec::new()))?,
            b't' => {
                let items = self.pop_to_mark()?;
                self.push(Object::Tuple(items))?;
            }
            0x85..=0x87 => {
                let items = self.pop_many(usize::from(code - 0x84))?;
                self.push(Object::Tuple(items))?;
            }
            // EMPTY_LIST, APPEND, APPENDS
            b']' => self.push(Object::List(Vec::new()))?,
            b'a' => {
                let item = self.pop_many(1)?;
                self.list()?.extend(item);
            }
            b'e' => {
                let items = self.pop_to_mark()?;
                self.list()?.extend(items);
            }
            // EMPTY_DICT, SETITEM, SETITEMS
            b'}' => self.push(Object::Dict(Vec::new()))?,
            b's' => {
                let pair = self.pop_many(2)?;
                self.set(&pair)?;
            }
            b'u' => {
                let pairs = self.pop_to_mark()?;
                self.set(&pairs)?;
            }
            // GLOBAL, STACK_GLOBAL
            b'c' => {
                let (module, name) = (self.line()?, self.line()?);
                self.global(&module, &name)?;
            }
            0x93 => {
                let (name, module) = (self.pop_text()?, self.pop_text()?);
                self.global(&module, &name)?;
            }
            b'R' => self.reduce()?,
            // BUILD: what an OrderedDict has besides its items, such as _metadata.
            b'b' => {
                self.pop()?;
                let top = self.top()?;
                if !matches!(self.objects[top as usize], Object::Dict(_)) {
                    return Err(self.damaged("attributes are set on something other than a dict"));
                }
            }
            b'Q' => self.persistent()?,
            // BINPUT, LONG_BINPUT, MEMOIZE
            b'q' => {
                let key = self.byte()?.into();
                self.remember(key)?;
            }
            b'r' => {
                let key = u32::from_le_bytes(self.array()?);
                self.remember(key)?;
            }
            0x94 => self.remember(self.memo.len() as u32)?,
            // BINGET, LONG_BINGET
            b'h' => {
                let key = self.byte()?.into();
                self.recall(key)?;
            }
            b'j' => {
                let key = u32::from_le_bytes(self.array()?);
                self.recall(key)?;
            }
            code => return Err(Fault::Opcode { code, at: self.start }),
        }
        Ok(())
    }

    fn damaged(&self, what: &'static str) -> Fault {
        Fault::Damaged { at: self.start, what }
    }

    fn take(&mut self, len: usize) -> Result<&'a [u8], Fault> {
        let end = self.at.checked_add(len).ok_or(Fault::Truncated)?;
        let bytes = self.bytes.get(self.at..end).ok_or(Fault::Truncated)?;
        self.at = end;
        Ok(bytes)
    }

    fn byte(&mut self) -> Result<u8, Fault> {
        Ok(self.take(1)?[0])
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], Fault> {
        let mut array = [0; N];
        array.copy_from_slice(self.take(N)?);
        Ok(array)
    }

    /// Up to the end of the line.
    fn line(&mut self) -> Result<String, Fault> {
        let rest = &self.bytes[self.at..];
        let len = rest.iter().position(|byte| *byte == b'\n').ok_or(Fault::Truncated)?;
        let line = String::from_utf8_lossy(&rest[..len]).into_owned();
        self.at += len + 1;
        Ok(line)
    }

    fn text(&mut self, len: u64) -> Result<(), Fault> {
        let len = usize::try_from(len).map_err(|_| Fault::Truncated)?;
        let text = String::from_utf8_lossy(self.take(len)?);
        self.push(Object::Text(text.into()))
    }

    /// LONG1: a little-endian number. One of more than eight bytes, such as a random
    /// generator's seed, is no size.
    fn long(&mut self) -> Result<(), Fault> {
        let len = usize::from(self.byte()?);
        let bytes = self.take(len)?;
        if len > 8 {
            return self.push(Object::Other);
        }
        let sign = if bytes.last().is_some_and(|byte| byte & 0x80 != 0) { 0xff } else { 0 };
        let mut wide = [sign; 8];
        wide[..len].copy_from_slice(bytes);
        self.push(Object::Int(i64::from_le_bytes(wide)))
    }

    fn push(&mut self, object: Object) -> Result<(), Fault> {
        if self.objects.len() >= MOST_OBJECTS {
            return Err(Fault::TooMany);
        }
        self.stack.push(self.objects.len() as Id);
        self.objects.push(object);
        Ok(())
    }

    /// The stack above the last mark, or all of it.
    fn floor(&self) -> usize {
        self.marks.last().copied().unwrap_or(0)
    }

    fn pop_many(&mut self, n: usize) -> Result<Vec<Id>, Fault> {
        if self.stack.len() < self.floor() + n {
            return Err(self.damaged("the stack is too short"));
        }
        Ok(self.stack.split_off(self.stack.len() - n))
    }

    fn pop(&mut self) -> Result<Id, Fault> {
        Ok(self.pop_many(1)?[0])
    }

    fn pop_to_mark(&mut self) -> Result<Vec<Id>, Fault> {
        let mark = self.marks.pop().ok_or_else(|| self.damaged("a mark is missing"))?;
        Ok(self.stack.split_off(mark))
    }

    fn top(&self) -> Result<Id, Fault> {
        let top = self.stack.last().filter(|_| self.stack.len() > self.floor());
        top.copied().ok_or_else(|| self.damaged("the stack is too short"))
    }

    fn pop_text(&mut self) -> Result<Rc<str>, Fault> {
        let id = self.pop()?;
        match &self.objects[id as usize] {
            Object::Text(text) => Ok(text.clone()),
            _ => Err(self.damaged("a name is no text")),
        }
    }

    fn list(&mut self) -> Result<&mut Vec<Id>, Fault> {
        let (top, fault) =
            (self.top()?, self.damaged("an item is added to something other than a list"));
        match &mut self.objects[top as usize] {
            Object::List(items) => Ok(items),
            _ => Err(fault),
        }
    }

    /// Keys and values in turn go to the dict on top.
    fn set(&mut self, items: &[Id]) -> Result<(), Fault> {
        let (top, fault) =
            (self.top()?, self.damaged("an item is set in something other than a dict"));
        let (pairs, rest) = items.as_chunks::<2>();
        match &mut self.objects[top as usize] {
            Object::Dict(dict) if rest.is_empty() => {
                dict.extend(pairs.iter().map(|[key, value]| (*key, *value)));
                Ok(())
            }
            _ => Err(fault),
        }
    }

    fn remember(&mut self, key: u32) -> Result<(), Fault> {
        let top = self.top()?;
        self.memo.insert(key, top);
        Ok(())
    }

    fn recall(&mut self, key: u32) -> Result<(), Fault> {
        let id = self.memo.get(&key).ok_or_else(|| self.damaged("nothing was remembered there"))?;
        self.stack.push(*id);
        Ok(())
    }

    fn global(&mut self, module: &str, name: &str) -> Result<(), Fault> {
        if is_allowed(module, name) {
            self.push(Object::Global(format!("{module}.{name}").into()))
        } else {
            Err(Fault::Global(shown(&format!("{module}.{name}"))))
        }
    }

    /// REDUCE: a function and its arguments become what a state dict means by them.
    fn reduce(&mut self) -> Result<(), Fault> {
        let (arguments, function) = (self.pop()?, self.pop()?);
        let Object::Global(function) = &self.objects[function as usize] else {
            return Err(self.damaged("something other than a function is called"));
        };
        let Object::Tuple(arguments) = &self.objects[arguments as usize] else {
            return Err(self.damaged("arguments are no tuple"));
        };
        match (&**function, &arguments[..]) {
            ("collections.OrderedDict", []) => self.push(Object::Dict(Vec::new())),
            ("torch._utils._rebuild_parameter", [data, ..]) => {
                self.stack.push(*data);
                Ok(())
            }
            ("torch._utils._rebuild_tensor_v2", [storage, offset, shape, strides, ..]) => {
                let tensor = self.tensor([*storage, *offset, *shape, *strides], None)?;
                self.push(tensor)
            }
            (
                "torch._utils._rebuild_tensor_v3",
                [storage, offset, shape, strides, _, _, dtype, ..],
            ) => {
                let Object::Global(dtype) = &self.objects[*dtype as usize] else {
                    return Err(self.damaged("a tensor's type is no type"));
                };
                let dtype = Some(dtype.clone());
                let tensor = self.tensor([*storage, *offset, *shape, *strides], dtype)?;
                self.push(tensor)
            }
            _ => Err(self.damaged("a function has other arguments than in a state dict")),
        }
    }

    fn tensor(&self, parts: [Id; 4], dtype: Option<Rc<str>>) -> Result<Object, Fault> {
        let object = |id: Id| &self.objects[id as usize];
        let ints = |id: Id| {
            let Object::Tuple(items) = object(id) else { return None };
            let int = |id: &Id| match object(*id) {
                Object::Int(int) => Some(*int),
                _ => None,
            };
            let fits = items.len() <= MOST_DIMENSIONS;
            fits.then(|| items.iter().map(int).collect::<Option<Vec<i64>>>())?
        };
        let [storage, offset, shape, strides] = parts;
        match (object(storage), object(offset), ints(shape), ints(strides)) {
            (Object::Storage(storage), Object::Int(offset), Some(shape), Some(strides)) => {
                let (storage, offset) = (storage.clone(), *offset);
                Ok(Object::Tensor(Box::new(Tensor { storage, dtype, offset, shape, strides })))
            }
            _ => Err(self.damaged("a tensor's storage, offset, shape or strides are not such")),
        }
    }

    /// BINPERSID: ('storage', class, key, place, length).
    fn persistent(&mut self) -> Result<(), Fault> {
        let id = self.pop()?;
        let fault = self.damaged("a persistent id is no storage");
        let Object::Tuple(parts) = &self.objects[id as usize] else { return Err(fault) };
        let [kind, class, key, _, len] = parts[..] else { return Err(fault) };
        let object = |id: Id| &self.objects[id as usize];
        let storage = match (object(kind), object(class), object(key), object(len)) {
            (Object::Text(kind), Object::Global(class), Object::Text(key), Object::Int(len))
                if **kind == *"storage" =>
            {
                Storage { class: class.clone(), key: key.clone(), len: *len }
            }
            _ => return Err(fault),
        };
        self.push(Object::Storage(storage.into()))
    }
}

/// The names that a state dict of tensors needs.
fn is_allowed(module: &str, name: &str) -> bool {
    let types = ["float", "bfloat", "int", "uint", "bool", "complex"];
    match module {
        _ if name.len() > LONGEST_NAME => false,
        "collections" => name == "OrderedDict",
        "torch._utils" => {
            ["_rebuild_tensor_v2", "_rebuild_tensor_v3", "_rebuild_parameter"].contains(&name)
        }
        "torch.storage" => name == "UntypedStorage",
        "torch" => name.ends_with("Storage") || types.iter().any(|start| name.starts_with(start)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn fault(bytes: &[u8]) -> Fault {
        Pickle::read(bytes).err().expect("a fault")
    }

    #[test]
    fn plain_values_are_read() {
        // pickletools.dis: {'a': (1, -2), 'b': [300]}
        let bytes = b"\x80\x02}q\x00(X\x01\x00\x00\x00aK\x01J\xfe\xff\xff\xff\x86X\x01\x00\x00\x00b]M\x2c\x01au.";
        let pickle = Pickle::read(bytes).unwrap();
        let Object::Dict(items) = pickle.object(pickle.root) else { panic!("a dict") };
        assert_eq!(items.len(), 2);
        let Object::Tuple(pair) = pickle.object(items[0].1) else { panic!("a tuple") };
        assert!(matches!(pickle.object(pair[1]), Object::Int(-2)));
    }

    #[test]
    fn a_name_that_is_no_part_of_a_state_dict_is_refused_before_anything_is_called() {
        let system = Fault::Global("os.system".into());
        assert_eq!(fault(b"\x80\x02cos\nsystem\nX\x02\x00\x00\x00ls\x85R."), system);
        assert_eq!(fault(b"\x80\x04\x8c\x02os\x8c\x06system\x93."), system);
        for (module, name) in [("builtins", "eval"), ("torch", "load"), ("torch._utils", "x")] {
            let bytes = format!("\u{2}c{module}\n{name}\n.");
            let bytes = [b"\x80", bytes.as_bytes()].concat();
            assert_eq!(fault(&bytes), Fault::Global(format!("{module}.{name}")));
        }
    }

    #[test]
    fn instructions_that_build_objects_are_refused() {
        // INST, OBJ, NEWOBJ, EXT1, PERSID, REDUCE of something else
        for code in [b'i', b'o', 0x81, 0x82, b'P'] {
            assert_eq!(fault(&[0x80, 2, code]), Fault::Opcode { code, at: 2 });
        }
        assert!(matches!(fault(b"\x80\x02K\x01)R."), Fault::Damaged { .. }));
    }

    #[test]
    fn a_pickle_that_ends_too_early_is_truncated() {
        for bytes in
            [&b""[..], b"\x80", b"\x80\x02", b"\x80\x02X\xff\xff\xff\xffab", b"\x80\x02cos"]
        {
            assert_eq!(fault(bytes), Fault::Truncated, "{bytes:?}");
        }
    }

    #[test]
    fn a_stack_that_does_not_fit_is_damaged() {
        for bytes in [
            &b"\x80\x02."[..],
            b"\x80\x02u.",
            b"\x80\x02(.",
            b"\x80\x02\x86.",
            b"\x80\x02]K\x01K\x02s.",
            b"\x80\x02h\x05.",
        ] {
            assert!(matches!(fault(bytes), Fault::Damaged { .. }), "{bytes:?}");
        }
    }

    #[test]
    fn a_pickle_of_millions_of_objects_is_refused() {
        let mut bytes = vec![0x80, 2];
        bytes.resize(MOST_OBJECTS + 10, b')');
        assert_eq!(fault(&bytes), Fault::TooMany);
    }

    proptest! {
        #[test]
        fn no_bytes_make_the_machine_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = Pickle::read(&bytes);
        }

        #[test]
        fn no_order_of_known_instructions_makes_it_panic(
            codes in prop::collection::vec(prop::sample::select(b"(N)t\x85\x86\x87]ae}subQq\x01h\x01RK\x05.".to_vec()), 0..80)
        ) {
            let _ = Pickle::read(&codes);
        }
    }
}
